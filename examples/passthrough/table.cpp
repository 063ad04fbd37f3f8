// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// The report as a table: one row for each step, aligned, with the reason of each answer that is not ok below it.
#include <fmt/core.h>

#include <algorithm>

#include "report.hpp"
#include "terminal.hpp"

namespace passthrough {
namespace {

constexpr std::size_t gap = 2;

double ms(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

std::string milliseconds(Clock::duration time) {
  return fmt::format("{:.2f}", ms(time));
}

// Columns that a text takes: code points, of which only the multiplication sign is beyond ASCII here.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

struct Row {
  std::string start, took, thread, operation, answer;
  const Step* step;
};

Ink ink(Mark mark) {
  switch (mark) {
    case Mark::ok: return Ink::green;
    case Mark::expected: return Ink::yellow;
    case Mark::skipped: return Ink::dim;
    case Mark::failed: return Ink::red;
  }
  return Ink::plain;
}

std::string answer(const Step& step) {
  std::string text = "ok";
  if (step.error) {
    text = fmt::format("{} ({})", to_string(step.error->error_class), devlock::errno_name(step.error->error_number));
  }
  if (step.mark == Mark::skipped || step.mark == Mark::failed) {
    text = (step.mark == Mark::skipped ? "skipped: " : "FAILED: ") + text;
  }
  return step.count > 1 ? fmt::format("{} ×{}", text, step.count) : text;
}

// The device and the group that all this is about stand in the title.
std::string operation(const Step& step, const Report& report) {
  const bool named = step.object.empty() || step.object == to_string(report.device) ||
                     step.object == fmt::format("group {}", report.summary.group);
  return named ? step.operation : step.operation + ' ' + step.object;
}

// Words, joined by `between` where they fit into `width` columns, else on a new line.
std::vector<std::string> wrapped(const std::vector<std::string>& words, std::string_view between, std::size_t width) {
  std::vector<std::string> lines;
  for (const std::string& word : words) {
    if (lines.empty() || columns(lines.back()) + between.size() + columns(word) > width) {
      lines.push_back(word);
    } else {
      lines.back() += std::string(between) + word;
    }
  }
  return lines;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

class Table {
 public:
  Table(const Report& report, const Terminal& terminal) : terminal_(terminal) {
    rows_.push_back({"ms", "took", "thread", "operation", "answer", nullptr});
    for (const Step& step : report.steps) {
      rows_.push_back({milliseconds(step.first - report.begin), milliseconds(step.last - step.first), step.thread,
                       operation(step, report), answer(step), &step});
    }
    for (const Row& row : rows_) {
      widen(start_, row.start);
      widen(took_, row.took);
      widen(thread_, row.thread);
      widen(operation_, row.operation);
      widen(answer_, row.answer);
    }
  }

  void print() {
    for (const Row& row : rows_) {
      if (row.step == nullptr) {
        fmt::print("{}\n", terminal_.paint(Ink::bold, line(row) + (beside() ? "held" : "")));
        continue;
      }
      std::string held = beside() ? "-" : "";
      std::vector<std::string> more = held_lines(*row.step);
      if (beside() && !more.empty()) {
        held = more.front();
        more.erase(more.begin());
      }
      fmt::print("{}{}\n", line(row), held);
      for (const std::string& text : more) {
        fmt::print("{:{}}{}\n", "", indent_of_held(), text);
      }
      print_reason(*row.step);
    }
  }

 private:
  static void widen(std::size_t& width, std::string_view text) { width = std::max(width, columns(text)); }
  static std::string pad(std::size_t width, std::string_view text) {
    return std::string(width - columns(text) + gap, ' ');
  }

  [[nodiscard]] std::size_t indent_of_operation() const { return start_ + took_ + thread_ + 3 * gap; }
  [[nodiscard]] std::size_t end_of_answer() const { return indent_of_operation() + operation_ + answer_ + 2 * gap; }
  // Where the terminal is narrow, what is held stands below its row.
  [[nodiscard]] bool beside() const { return end_of_answer() + least_room <= terminal_.width(); }
  [[nodiscard]] std::size_t indent_of_held() const { return beside() ? end_of_answer() : indent_of_operation() + gap; }

  [[nodiscard]] std::vector<std::string> held_lines(const Step& step) const {
    std::vector<std::string> names;
    for (const std::string_view name : step.held) {
      names.push_back(std::string(names.empty() && !beside() ? "held: " : "") + std::string(name) +
                      (name == step.held.back() ? "" : ","));
    }
    return wrapped(names, " ", terminal_.width() - indent_of_held());
  }
  [[nodiscard]] std::string line(const Row& row) const {
    return fmt::format("{:>{}}  {:>{}}  {}{}{}{}{}{}", row.start, start_, row.took, took_, row.thread,
                       pad(thread_, row.thread), row.operation, pad(operation_, row.operation),
                       terminal_.paint(row.step == nullptr ? Ink::plain : ink(row.step->mark), row.answer),
                       pad(answer_, row.answer));
  }
  // Once: the rows of the other threads say the same.
  void print_reason(const Step& step) {
    if (!step.error || step.error->reason.empty() || step.error->reason == reason_) {
      return;
    }
    reason_ = step.error->reason;
    const std::size_t indent = indent_of_operation() + gap;
    for (const std::string& text : wrapped(words_of(reason_), " ", terminal_.width() - indent)) {
      fmt::print("{:{}}{}\n", "", indent, terminal_.paint(Ink::dim, text));
    }
  }

  static constexpr std::size_t least_room = 24;

  const Terminal& terminal_;
  std::vector<Row> rows_;
  std::string reason_;  // printed last
  std::size_t start_ = 6, took_ = 6, thread_ = 0, operation_ = 0, answer_ = 0;
};

std::string plural(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string duration(double milliseconds) {
  return milliseconds < 1 ? fmt::format("{:.0f} µs", milliseconds * 1000) : fmt::format("{:.1f} ms", milliseconds);
}

std::string given_back(const Summary& summary) {
  return fmt::format("Given back to {} with {}", summary.driver.empty() ? "no driver" : summary.driver,
                     summary.override.empty() ? "no driver_override" : "driver_override " + summary.override);
}

}  // namespace

void print_table(const Report& report) {
  const Terminal terminal(report.options.color);
  const Summary& summary = report.summary;
  const std::string group = summary.group < 0 ? "" : fmt::format(" in IOMMU group {}", summary.group);
  fmt::print("{}\n\n", terminal.paint(Ink::bold, fmt::format("{}{} on {}, {}", to_string(report.device), group,
                                                             report.options.on_linux ? "this machine" : "the simulator",
                                                             plural(report.options.threads, "reset thread"))));
  Table(report, terminal).print();
  if (report.error) {
    fmt::print("\n");
    return;  // the error itself goes to standard error
  }
  if (!summary.closing.empty()) {
    fmt::print("\n{}\n", terminal.paint(Ink::green, summary.closing));
    return;
  }
  const std::string lines[] = {
      fmt::format("done: {}, {} answered contended while the unbind waited, {} refused after the unplug request.",
                  plural(summary.facts.resets, "reset"), summary.facts.contended, summary.facts.refused),
      fmt::format("The unbind ended {} after the close. {}.", duration(summary.unbind_after_close_ms),
                  given_back(summary))};
  fmt::print("\n");
  for (const std::string& line : lines) {
    for (const std::string& text : wrapped(words_of(line), " ", terminal.width())) {
      fmt::print("{}\n", terminal.paint(Ink::green, text));
    }
  }
}

}  // namespace passthrough
