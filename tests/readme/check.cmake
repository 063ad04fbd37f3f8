# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# The README's first program is refused at its last line, with the words that the README shows for this compiler.
#
#   cmake -D README=... -D COMPILER=... -D LABEL="g++ 12" -D FLAGS=... -D WORK=... -P check.cmake

file(READ "${README}" text)
if(NOT text MATCHES "```cpp\n([^`]+)```")
  message(FATAL_ERROR "${README} has no ```cpp block")
endif()
set(program "${CMAKE_MATCH_1}")
string(REPLACE "+" "\\+" label "${LABEL}")
if(NOT text MATCHES "\n${label}: (readme\\.cpp[^\n]+)\n")
  message(FATAL_ERROR "${README} shows no message of ${LABEL}")
endif()
set(shown "${CMAKE_MATCH_1}")

function(compile result output name program)
  file(WRITE "${WORK}/${name}" "${program}")
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C "${COMPILER}" -std=c++20 -DNDEBUG -fsyntax-only ${FLAGS}
            "${name}"
    WORKING_DIRECTORY "${WORK}"
    RESULT_VARIABLE status
    ERROR_VARIABLE messages
  )
  set(${result} "${status}" PARENT_SCOPE)
  set(${output} "${messages}" PARENT_SCOPE)
endfunction()

compile(status messages readme.cpp "${program}")
if(status EQUAL 0)
  message(FATAL_ERROR "the README's first program compiles; its last line must not")
endif()
string(FIND "${messages}" "${shown}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "${LABEL} prints\n${messages}\nthe README shows\n${shown}")
endif()
string(REGEX MATCHALL "error:" errors "${messages}")
list(LENGTH errors count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "${LABEL} prints ${count} errors, one line is wrong:\n${messages}")
endif()

# Without that line it compiles.
string(REGEX REPLACE "\n[^\n]*// does not compile" "" corrected "${program}")
if(corrected STREQUAL program)
  message(FATAL_ERROR "no line of the README's first program says `// does not compile`")
endif()
compile(status messages corrected.cpp "${corrected}")
if(NOT status EQUAL 0)
  message(FATAL_ERROR "the README's first program does not compile without its last line:\n${messages}")
endif()
