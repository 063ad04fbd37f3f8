// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A sequence diagram for a terminal: a column for each thread, time from top to bottom, the place in the source at the right.
// Threads that do not fit side by side share one column of text behind narrow lifelines.
//
//   release                       open
//   ├ lock kvm_lock               │                            kvm_vfio.hpp:31
//   │                             ├ lock group_lock            kvm_vfio.hpp:44
//   ╳ waits for group_lock        │                            kvm_vfio.hpp:32
//   ┆                             ╳ waits for kvm_lock         kvm_vfio.hpp:45
//
// UTF-8. A character is taken to be one column wide.
#pragma once

#include <algorithm>

#include "devlock/check/report/rows.hpp"

namespace devlock::check::detail {

/// Columns of a UTF-8 text.
inline std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) {
    width += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
  }
  return width;
}

/// The pieces of a text that fit in `width` columns, broken at spaces where there are any.
inline std::vector<std::string> wrapped(std::string text, std::size_t width) {
  std::vector<std::string> lines;
  while (width_of(text) > width) {
    std::size_t end = 0;  // bytes that fit
    for (std::size_t columns = 0; end != text.size(); ++end) {
      columns += (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U ? 1U : 0U;
      if (columns > width) {
        break;
      }
    }
    const std::size_t space = text.rfind(' ', end);
    const bool at_space = space != std::string::npos && space != 0;
    lines.push_back(text.substr(0, at_space ? space : end));
    text.erase(0, at_space ? space + 1 : end);
  }
  lines.push_back(std::move(text));
  return lines;
}

class Diagram {
 public:
  static constexpr std::size_t columns = 100;

  Diagram(const std::vector<std::string>& threads, std::vector<Row> rows, std::string end)
      : threads_(threads), rows_(std::move(rows)), end_(std::move(end)), waits_(threads.size(), false) {
    for (Row& row : rows_) {
      if (row.times != 1) {
        row.text += " ×" + std::to_string(row.times);
      }
      place_ = std::max(place_, width_of(row.where));
    }
    place_ = std::min<std::size_t>(place_, 30);
  }

  [[nodiscard]] std::string text() {
    const std::size_t room = (columns - place_ - 1) / threads_.size();
    if (room >= 22) {
      beside_each_other(room);
    } else {
      behind_lifelines();
    }
    if (!end_.empty()) {
      out_ += end_ + '\n';
    }
    return std::move(out_);
  }

 private:
  static const char* sign(Row::Kind kind) {
    switch (kind) {
      case Row::Kind::waits: return "╳";
      case Row::Kind::fails: return "▶";
      case Row::Kind::refused: return "┝";
      default: return "├";
    }
  }
  [[nodiscard]] const char* line_of(std::size_t thread) const { return waits_[thread] ? "┆" : "│"; }
  static void pad(std::string& line, std::size_t width) {
    const std::size_t now = width_of(line);
    line.append(now < width ? width - now : 0, ' ');
  }
  void finish(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    out_ += line + '\n';
  }

  void beside_each_other(std::size_t room) {
    std::vector<std::size_t> ends;  // where each column ends
    std::size_t end = 0;
    for (std::size_t thread = 0; thread != threads_.size(); ++thread) {
      std::size_t natural = width_of(threads_[thread]);
      for (const Row& row : rows_) {
        natural = row.thread == thread && row.kind != Row::Kind::remark ? std::max(natural, width_of(row.text) + 2) : natural;
      }
      end += std::min(room, natural + 3);
      ends.push_back(end);
    }
    heads(ends);
    for (const Row& row : rows_) {
      if (row.kind == Row::Kind::remark) {
        finish("  … " + row.text);
        continue;
      }
      const std::size_t begin = row.thread == 0 ? 0 : ends[row.thread - 1];
      bool first = true;
      for (const std::string& piece : wrapped(row.text, ends[row.thread] - begin - 3)) {
        std::string line;
        for (std::size_t thread = 0; thread != threads_.size(); ++thread) {
          if (thread == row.thread) {
            line += std::string(first ? sign(row.kind) : line_of(thread)) + (first ? " " : "   ") + piece;
          } else {
            line += line_of(thread);
          }
          pad(line, ends[thread]);
        }
        finish(line + ' ' + (first ? row.where : ""));
        first = false;
        waits_[row.thread] = row.kind == Row::Kind::waits;
      }
    }
  }
  void heads(const std::vector<std::size_t>& ends) {
    std::vector<std::vector<std::string>> names;
    std::size_t height = 1;
    for (std::size_t thread = 0; thread != threads_.size(); ++thread) {
      names.push_back(wrapped(threads_[thread], ends[thread] - (thread == 0 ? 0 : ends[thread - 1]) - 1));
      height = std::max(height, names.back().size());
    }
    for (std::size_t i = 0; i != height; ++i) {
      std::string line;
      for (std::size_t thread = 0; thread != threads_.size(); ++thread) {
        const std::size_t above = height - names[thread].size();
        line += i >= above ? names[thread][i - above] : std::string();
        pad(line, ends[thread]);
      }
      finish(line);
    }
  }

  void behind_lifelines() {
    std::size_t name = 0;
    for (const std::string& thread : threads_) {
      name = std::max(name, width_of(thread));
    }
    name = std::min<std::size_t>(name, 20);
    const std::size_t lives = 2 * threads_.size() + 1;
    const std::size_t room = columns > lives + name + place_ + 22 ? columns - lives - name - place_ - 4 : 20;
    for (const Row& row : rows_) {
      if (row.kind == Row::Kind::remark) {
        finish("  … " + row.text);
        continue;
      }
      bool first = true;
      for (const std::string& piece : wrapped(row.text, room)) {
        std::string line;
        for (std::size_t thread = 0; thread != threads_.size(); ++thread) {
          line += std::string(thread == row.thread && first ? sign(row.kind) : line_of(thread)) + ' ';
        }
        pad(line, lives);
        line += first ? wrapped(threads_[row.thread], name).front() : "";
        pad(line, lives + name + 2);
        line += piece;
        pad(line, lives + name + 2 + room);
        finish(line + ' ' + (first ? row.where : ""));
        first = false;
        waits_[row.thread] = row.kind == Row::Kind::waits;
      }
    }
  }

  const std::vector<std::string>& threads_;
  std::vector<Row> rows_;
  std::string end_;
  std::vector<bool> waits_;
  std::size_t place_ = 0;
  std::string out_;
};

}  // namespace devlock::check::detail
