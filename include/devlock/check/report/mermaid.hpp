// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A sequence diagram as Mermaid text: threads and the objects that they touch are participants, an operation is an arrow. With
// many objects the threads stand alone and operations are notes.
//
// Names are escaped, character by character: whatever they hold, they are names.
#pragma once

#include "devlock/check/report/rows.hpp"

namespace devlock::check::detail {

class Mermaid {
 public:
  static constexpr std::size_t most_objects = 6;

  static std::string text(const History& history, const std::vector<Row>& rows, const std::string& end) {
    std::string out = "sequenceDiagram\n";
    for (std::size_t i = 0; i != history.threads.size(); ++i) {
      out += "  participant t" + std::to_string(i) + " as " + escaped(history.threads[i]) + '\n';
    }
    const bool arrows = history.objects.size() <= most_objects;
    for (std::size_t i = 0; i != history.objects.size() && arrows; ++i) {
      out += "  participant o" + std::to_string(i) + " as " + escaped(history.objects.name(static_cast<int>(i))) + '\n';
    }
    for (const Row& row : rows) {
      out += "  " + line(history, row, arrows) + '\n';
    }
    return end.empty() ? out : out + "  Note over " + everybody(history) + ": " + escaped(end) + '\n';
  }

  /// Letters, digits and harmless signs as they are, the rest by number; "end" alone would close a block.
  static std::string escaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i != text.size(); ++i) {
      const char c = text[i];
      const bool is_end = (text.substr(i, 3) == "end" || text.substr(i, 3) == "End" || text.substr(i, 3) == "END") &&
                          (i == 0 || !is_letter(text[i - 1])) && (i + 3 == text.size() || !is_letter(text[i + 3]));
      const bool plain = is_letter(c) || (c >= '0' && c <= '9') || std::string_view(" _.,()=/-").find(c) != std::string_view::npos;
      // At the front a colon would end the text, and "wrap:" is an instruction.
      const bool plain_colon = c == ':' && !out.empty() && out != "wrap" && out != "nowrap";
      if ((plain && !is_end) || plain_colon) {
        out += c;
      } else if (c == '\n') {
        out += ' ';
      } else {
        out += '#' + std::to_string(static_cast<unsigned char>(c)) + ';';
      }
    }
    return out;
  }

 private:
  // Bytes of a UTF-8 character of several bytes are letters.
  static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80U;
  }
  static std::string everybody(const History& history) {
    return history.threads.size() == 1 ? "t0" : "t0,t" + std::to_string(history.threads.size() - 1);
  }
  static std::string line(const History& history, const Row& row, bool arrows) {
    if (row.kind == Row::Kind::remark) {
      return "Note over " + everybody(history) + ": " + escaped(row.text);
    }
    const std::string thread = 't' + std::to_string(row.thread);
    std::string text = row.text;
    if (row.times != 1) {
      text += " (" + std::to_string(row.times) + " times)";
    }
    if (!arrows || row.object == ObjectTable::none) {
      return "Note over " + thread + ": " + escaped(text + (row.where.empty() ? "" : ", " + row.where));
    }
    // The participant says which object.
    const std::string& object = history.objects.name(row.object);
    const std::size_t at = text.find(' ' + object);
    if (at != std::string::npos) {
      text.erase(at, object.size() + 1);
    }
    const char* arrow = row.kind == Row::Kind::done ? "->>" : "-x";
    return thread + arrow + 'o' + std::to_string(row.object) + ": " +
           escaped(text + (row.where.empty() ? "" : " (" + row.where + ')'));
  }
};

}  // namespace devlock::check::detail
