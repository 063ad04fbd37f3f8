// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Standard output as a terminal: whether it takes colours, and how wide it is.
#pragma once

#include <string>
#include <string_view>

#include "options.hpp"

namespace passthrough {

enum class Ink { plain, bold, dim, green, yellow, red };

class Terminal {
 public:
  explicit Terminal(Color color);
  /// `text` in this ink; unchanged where colours are off.
  [[nodiscard]] std::string paint(Ink ink, std::string_view text) const;
  /// Columns; 112 where standard output is no terminal.
  [[nodiscard]] std::size_t width() const { return width_; }

 private:
  bool color_ = false;
  std::size_t width_ = 112;
};

}  // namespace passthrough
