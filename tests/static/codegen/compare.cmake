# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Compiles two files at -O2 and compares their machine code.
#
#   cmake -D COMPILER=path -D OURS=file -D THEIRS=file -D FLAGS=list -D EXPECT=same|different -P compare.cmake
#
# Compared are the instructions and the exception tables of the assembly, in their order. Labels and the symbols that a file defines
# count by their place, not by name: numbering and mangling differ, since the types do. Symbols from elsewhere count by name. Left out: directives that make no code, and comments.

cmake_minimum_required(VERSION 3.24)

function(normalised result source)
  execute_process(
    COMMAND "${COMPILER}" ${FLAGS} -std=c++20 -O2 -DNDEBUG -S -o - "${source}"
    RESULT_VARIABLE exit_code
    OUTPUT_VARIABLE text
    ERROR_VARIABLE message
    TIMEOUT 120
  )
  if(NOT exit_code EQUAL 0)
    message(FATAL_ERROR "${source} does not compile:\n${message}")
  endif()
  string(PREPEND text "\n")
  string(REGEX REPLACE "[ \t]+(#|//)[ \t][^\n]*" "" text "${text}")
  string(REGEX REPLACE "\n[ \t]*#[^\n]*" "" text "${text}")
  # Not the tables: .byte, .uleb128, .long, .quad stay.
  set(silent "file|ident|type|size|globl|weak|hidden|local|p2align|align|balign|loc|addrsig|addrsig_sym|cfi_[a-z_]+")
  string(REGEX REPLACE "\n[ \t]*\\.(${silent})([ \t][^\n]*)?(\n[ \t]*\\.(${silent})([ \t][^\n]*)?)*" "" text "${text}")
  string(REGEX MATCHALL "(\n[A-Za-z_.$][A-Za-z0-9_.$]*:)+" places "${text}")
  set(number 0)
  foreach(place IN LISTS places)
    math(EXPR number "${number} + 1")
    string(REGEX MATCHALL "[A-Za-z0-9_.$]+" labels "${place}")
    foreach(label IN LISTS labels)
      string(REGEX REPLACE "([.$])" "\\\\\\1" pattern "${label}")
      foreach(twice RANGE 1) # Neighbours share the character between them.
        string(REGEX REPLACE "([^A-Za-z0-9_.$])${pattern}([^A-Za-z0-9_.$])" "\\1<${number}>\\2" text "${text}")
      endforeach()
    endforeach()
    string(REGEX REPLACE "(\n<${number}>:)+" "\n<${number}>:" text "${text}")
  endforeach()
  string(REGEX REPLACE "[ \t]+" " " text "${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

normalised(ours "${OURS}")
normalised(theirs "${THEIRS}")

foreach(side IN ITEMS ours theirs)
  if(NOT ${side} MATCHES "pthread_mutex_(try)?lock" OR NOT ${side} MATCHES "pthread_mutex_unlock")
    message(FATAL_ERROR "nothing to compare, the ${side} side takes no mutex:${${side}}")
  endif()
endforeach()

if(ours STREQUAL theirs)
  set(outcome same)
else()
  set(outcome different)
endif()
if(NOT outcome STREQUAL EXPECT)
  message("--- ${OURS}${ours}\n--- ${THEIRS}${theirs}")
  message(FATAL_ERROR "the machine code is ${outcome}, it should be ${EXPECT}")
endif()
string(REGEX MATCHALL "\n [a-z]" instructions "${ours}")
list(LENGTH instructions count)
message(STATUS "${outcome}, ${count} instructions and directives")
