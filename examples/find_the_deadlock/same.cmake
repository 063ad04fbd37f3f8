# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Two processes say the same, byte for byte, but for the seconds.
#
#   cmake -D PROGRAM=find_the_deadlock -P same.cmake

foreach(argument IN ITEMS "" --mermaid)
  foreach(number IN ITEMS 1 2)
    execute_process(COMMAND "${PROGRAM}" ${argument} OUTPUT_VARIABLE text RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
      message(FATAL_ERROR "${PROGRAM} ${argument} ended with ${status}:\n${text}")
    endif()
    string(REGEX REPLACE "[0-9]+\\.[0-9]+ s" "seconds" text_${number} "${text}")
  endforeach()
  if(NOT text_1 STREQUAL text_2)
    message(FATAL_ERROR "two runs differ:\n${text_1}\nand\n${text_2}")
  endif()
endforeach()
