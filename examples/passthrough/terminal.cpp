// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Standard output as a terminal.
#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace passthrough {

Terminal::Terminal(Color color) {
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  const char* kind = std::getenv("TERM");
  const bool able = kind != nullptr && std::string_view(kind) != "dumb" && std::getenv("NO_COLOR") == nullptr;
  color_ = color == Color::always || (color == Color::automatic && terminal && able);
  winsize size{};
  if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) {
    width_ = std::max<std::size_t>(size.ws_col, 72);
  }
}

std::string Terminal::paint(Ink ink, std::string_view text) const {
  const char* code = "";
  switch (ink) {
    case Ink::plain: return std::string(text);
    case Ink::bold: code = "1"; break;
    case Ink::dim: code = "2"; break;
    case Ink::green: code = "32"; break;
    case Ink::yellow: code = "33"; break;
    case Ink::red: code = "31"; break;
  }
  return color_ ? std::string("\033[") + code + 'm' + std::string(text) + "\033[0m" : std::string(text);
}

}  // namespace passthrough
