# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Compiles probe.cpp at -O2 with and without the validator. Without it: `ours` is the machine code of `theirs`, no symbol of the
# validator and no name of a source file is in the object. With it: all three are otherwise, so the comparison can fail.
#
#   cmake -D COMPILER=path -D SOURCE=probe.cpp -D FLAGS=list -P gone.cmake

cmake_minimum_required(VERSION 3.24)

function(compile result)
  execute_process(
    COMMAND "${COMPILER}" ${FLAGS} -std=c++20 -O2 ${ARGN} -S -o - "${SOURCE}"
    RESULT_VARIABLE exit_code
    OUTPUT_VARIABLE text
    ERROR_VARIABLE message
    TIMEOUT 120
  )
  if(NOT exit_code EQUAL 0)
    message(FATAL_ERROR "${SOURCE} does not compile with ${ARGN}:\n${message}")
  endif()
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

# The instructions of one function, with labels numbered as they come.
function(instructions result text name)
  string(FIND "${text}" "\n${name}:" begin)
  string(FIND "${text}" "\t.size\t${name}," end)
  if(begin EQUAL -1 OR end LESS begin)
    message(FATAL_ERROR "no function ${name}")
  endif()
  math(EXPR length "${end} - ${begin}")
  string(SUBSTRING "${text}" ${begin} ${length} body)
  string(REGEX REPLACE "[ \t]+# [^\n]*" "" body "${body}")
  string(REGEX REPLACE "\n[ \t]*\\.[a-z_0-9]+[ \t][^\n]*" "" body "${body}")
  string(REPLACE "${name}" "function" body "${body}")
  string(REGEX MATCHALL "\\.?L[A-Za-z_]*[0-9]+(_[0-9]+)?" labels "${body}")
  list(REMOVE_DUPLICATES labels)
  set(number 0)
  foreach(label IN LISTS labels)
    math(EXPR number "${number} + 1")
    string(REGEX REPLACE "([.])" "\\\\\\1" pattern "${label}")
    string(REGEX REPLACE "${pattern}([^A-Za-z0-9_]|$)" "<${number}>\\1" body "${body}")
  endforeach()
  string(REGEX REPLACE "\n<[0-9]+>:" "\n<>:" body "${body}")
  if(NOT body MATCHES "pthread_mutex_lock" OR NOT body MATCHES "work")
    message(FATAL_ERROR "nothing to compare in ${name}:${body}")
  endif()
  set(${result} "${body}" PARENT_SCOPE)
endfunction()

function(judge text expected)
  instructions(ours "${text}" ours)
  instructions(theirs "${text}" theirs)
  if(ours STREQUAL theirs)
    set(code TRUE)
  else()
    set(code FALSE)
  endif()
  set(symbols TRUE)
  if(text MATCHES "8validate")
    set(symbols FALSE)
  endif()
  set(names TRUE)
  if(text MATCHES "\\.(string|ascii|asciz)[ \t]+\"[^\"\n]*\\.[ch]pp")
    set(names FALSE)
  endif()
  foreach(fact IN ITEMS code symbols names)
    if(NOT ${fact} STREQUAL expected)
      message("--- ours:${ours}\n--- theirs:${theirs}")
      message(FATAL_ERROR "${fact}: ${${fact}}, expected ${expected}")
    endif()
  endforeach()
endfunction()

compile(off -DDEVLOCK_VALIDATE=0)
judge("${off}" TRUE)
compile(release -DNDEBUG)
if(NOT release STREQUAL off)
  message(FATAL_ERROR "with NDEBUG the validator is not gone")
endif()
compile(on -DDEVLOCK_VALIDATE=1)
judge("${on}" FALSE)
