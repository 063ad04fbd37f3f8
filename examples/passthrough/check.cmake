# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# Runs a program and compares what it did.
#
#   cmake -D STATUS=0 [-D OUT=regex;...] [-D OUT_NOT=regex;...] [-D ERR=regex;...] [-D JSON=path=value;...]
#         -P check.cmake -- PROGRAM ARGUMENT...
#
# Each OUT stands in its standard output and each ERR in its standard error; without ERR that is empty. With JSON the output
# is one document; a path is its members joined by dots, and the value what string(JSON ... GET) gives.

cmake_minimum_required(VERSION 3.24)

set(command "")
set(after FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(number RANGE ${last})
  if(after)
    list(APPEND command "${CMAKE_ARGV${number}}")
  elseif("${CMAKE_ARGV${number}}" STREQUAL "--")
    set(after TRUE)
  endif()
endforeach()

execute_process(COMMAND ${command} RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err)

function(fail reason)
  list(JOIN command " " text)
  message("${text}\n--- status ${status}, standard output:\n${out}--- standard error:\n${err}---")
  message(FATAL_ERROR "${reason}")
endfunction()

if(NOT status STREQUAL STATUS)
  fail("status ${status} instead of ${STATUS}")
endif()
foreach(expected IN LISTS OUT)
  if(NOT out MATCHES "${expected}")
    fail("the output does not match ${expected}")
  endif()
endforeach()
foreach(unexpected IN LISTS OUT_NOT)
  if(out MATCHES "${unexpected}")
    fail("the output matches ${unexpected}")
  endif()
endforeach()
foreach(expected IN LISTS ERR)
  if(NOT err MATCHES "${expected}")
    fail("standard error does not match ${expected}")
  endif()
endforeach()
if("${ERR}" STREQUAL "" AND NOT err STREQUAL "")
  fail("standard error is not empty")
endif()
foreach(expected IN LISTS JSON)
  string(REGEX MATCH "^([^=]*)=(.*)$" expected "${expected}")
  set(value "${CMAKE_MATCH_2}")
  string(REPLACE "." ";" path "${CMAKE_MATCH_1}")
  string(JSON found ERROR_VARIABLE problem GET "${out}" ${path})
  if(problem)
    fail("JSON: ${problem}")
  endif()
  if(NOT found STREQUAL value)
    fail("JSON: ${CMAKE_MATCH_1} is ${found} instead of ${value}")
  endif()
endforeach()
