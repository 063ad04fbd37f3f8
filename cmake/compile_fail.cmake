# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Tries one file with one compiler, without making an object.
#
#   cmake -D MODE=refused|accepted -D COMPILER=path -D FAMILY=gcc|clang -D SOURCE=file -D FLAGS=list -P compile_fail.cmake
#
# accepted: the file compiles without a warning.
# refused:  the compiler rejects the file, and only then is its message compared with the file's own lines:
#   // EXPECT: text            stands in the first three lines of the message
#   // EXPECT-ANYWHERE: text   stands in it
#   // EXPECT-NOT: text        does not stand in it
#   // MAX-LINES: 10           the message has fewer lines than that
# The first three lines are counted without excerpts of the source and without lines that only say where the compiler
# came from; MAX-LINES counts all but excerpts. Written EXPECT-gcc:, MAX-LINES-clang: and so on, a line counts for that family only. A file without an
# EXPECT line for the family fails. In both modes
#   // FLAGS: -Wthread-safety -Werror   adds flags; FLAGS-clang: those of one family
#   // ONLY: clang                      (read where tests are registered) tries the file with that family only
#
# What it does not check: that the message names the line to mend.

cmake_minimum_required(VERSION 3.24)

# Takes the first line off the variable `text`. Not a list: messages contain semicolons and brackets.
macro(next_line text line)
  string(FIND "${${text}}" "\n" _end)
  if(_end EQUAL -1)
    set(${line} "${${text}}")
    set(${text} "")
  else()
    string(SUBSTRING "${${text}}" 0 ${_end} ${line})
    math(EXPR _end "${_end} + 1")
    string(SUBSTRING "${${text}}" ${_end} -1 ${text})
  endif()
endmacro()

# Compilers differ in `> >`.
function(normalise text)
  set(value "${${text}}")
  while(value MATCHES "> >")
    string(REPLACE "> >" ">>" value "${value}")
  endwhile()
  set(${text} "${value}" PARENT_SCOPE)
endfunction()

if(NOT EXISTS "${SOURCE}")
  if(SOURCE MATCHES "\\.fixed\\.cpp$")
    message(FATAL_ERROR "${SOURCE} is missing: every refused file has a corrected sibling that compiles")
  endif()
  message(FATAL_ERROR "${SOURCE} is missing: every corrected file has a sibling that is refused")
endif()

# Numbered variables, not a list, for the same reason.
set(expectations 0)
set(max_lines 0)
file(READ "${SOURCE}" rest)
while(NOT rest STREQUAL "")
  next_line(rest line)
  if(line MATCHES "^// FLAGS(-(gcc|clang))?: *(.*[^ ]) *$")
    if(NOT CMAKE_MATCH_2 OR CMAKE_MATCH_2 STREQUAL FAMILY)
      separate_arguments(extra UNIX_COMMAND "${CMAKE_MATCH_3}")
      list(APPEND FLAGS ${extra})
    endif()
  elseif(line MATCHES "^// EXPECT(-ANYWHERE|-NOT)?(-(gcc|clang))?: *(.*[^ ]) *$")
    if(NOT CMAKE_MATCH_3 OR CMAKE_MATCH_3 STREQUAL FAMILY)
      math(EXPR expectations "${expectations} + 1")
      set(kind_${expectations} "EXPECT${CMAKE_MATCH_1}")
      set(text_${expectations} "${CMAKE_MATCH_4}")
      normalise(text_${expectations})
    endif()
  elseif(line MATCHES "^// MAX-LINES(-(gcc|clang))?: *([1-9][0-9]*) *$")
    if(NOT CMAKE_MATCH_2 OR CMAKE_MATCH_2 STREQUAL FAMILY)
      set(max_lines "${CMAKE_MATCH_3}")
    endif()
  elseif(line MATCHES "^ *// *(EXPECT|FLAGS|MAX-LINES)")
    message(FATAL_ERROR "${SOURCE}: not understood: ${line}")
  endif()
endwhile()

list(APPEND FLAGS -std=c++20 -fsyntax-only -Wall -Wextra -fmessage-length=0)
if(FAMILY STREQUAL "gcc")
  list(APPEND FLAGS -fdiagnostics-color=never -fno-diagnostics-show-caret)
else()
  list(APPEND FLAGS -fno-color-diagnostics -fno-caret-diagnostics)
endif()
if(MODE STREQUAL "accepted")
  list(APPEND FLAGS -Wpedantic -Wshadow -Wconversion -Werror)
endif()

set(ENV{LC_ALL} C)
execute_process(
  COMMAND "${COMPILER}" ${FLAGS} "${SOURCE}"
  RESULT_VARIABLE exit_code
  OUTPUT_VARIABLE message
  ERROR_VARIABLE message
  TIMEOUT 120
)

function(fail reason)
  list(JOIN FLAGS " " flags)
  message("${COMPILER} ${flags} ${SOURCE}\n${message}")
  message(FATAL_ERROR "${SOURCE}: ${reason}")
endfunction()

if(NOT exit_code MATCHES "^[0-9]+$")
  fail("the compiler did not run: ${exit_code}")
endif()
if(MODE STREQUAL "accepted")
  if(NOT exit_code EQUAL 0)
    fail("should compile, but the compiler refuses it")
  endif()
  return()
endif()

# First the refusal, then its text.
if(exit_code EQUAL 0)
  fail("should be refused, but it compiles")
endif()
if(message MATCHES "No such file or directory|file not found|nternal compiler error|PLEASE submit a bug report")
  fail("refused for a reason of its own: a file is missing or the compiler broke")
endif()

normalise(message)
set(head "")
set(kept 0)
set(lines 0)
set(rest "${message}")
while(NOT rest STREQUAL "")
  next_line(rest line)
  # What is left of the excerpts, and clang's count of errors.
  if(NOT line MATCHES "^ *$|^[0-9]+ (errors?|warnings?)( and [0-9]+ errors?)? generated")
    math(EXPR lines "${lines} + 1")
  endif()
  if(kept LESS 3 AND NOT line MATCHES "^ *$|^In file included from|^ +from |: In [^:]*( '.*'|namespace scope):?$|: At global scope:$"
     AND NOT line MATCHES "required (from|by)|In (instantiation|substitution) of|note: (in instantiation|while )")
    string(APPEND head "${line}\n")
    math(EXPR kept "${kept} + 1")
  endif()
endwhile()

set(positive 0)
foreach(number RANGE 1 ${expectations})
  if(number GREATER expectations)
    break()
  endif()
  set(kind "${kind_${number}}")
  set(text "${text_${number}}")
  if(kind STREQUAL "EXPECT-NOT")
    string(FIND "${message}" "${text}" place)
    if(NOT place EQUAL -1)
      fail("the message contains \"${text}\" (${kind})")
    endif()
  else()
    math(EXPR positive "${positive} + 1")
    if(kind STREQUAL "EXPECT")
      string(FIND "${head}" "${text}" place)
      set(where "the first three lines of the message do not contain")
    else()
      string(FIND "${message}" "${text}" place)
      set(where "the message does not contain")
    endif()
    if(place EQUAL -1)
      message("--- first three lines:\n${head}---")
      fail("${where} \"${text}\" (${kind})")
    endif()
  endif()
endforeach()
if(positive EQUAL 0)
  fail("it has no EXPECT line for ${FAMILY}")
endif()
if(max_lines AND NOT lines LESS max_lines)
  fail("the message has ${lines} lines, and should have fewer than ${max_lines}")
endif()
