# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# The picture of the order is up to date: the SVG beside this file has the nodes and arrows that show_order prints now. Nodes and arrows
# are compared, not bytes, since every version of graphviz draws them a little differently.
#
#   cmake -D PROGRAM=show_order -D PICTURE=vfio_order.svg -P check.cmake

execute_process(COMMAND "${PROGRAM}" --format dot OUTPUT_VARIABLE dot RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} --format dot ended with ${status}")
endif()
file(READ "${PICTURE}" svg)

# A lone bracket in an element would join list elements.
string(REPLACE "[" "(" dot "${dot}")
string(REGEX MATCHALL "c[0-9]+ -> c[0-9]+" declared "${dot}")
string(REGEX MATCHALL "label=\"[^\"]+\"" classes "${dot}")
list(LENGTH declared edge_count)
list(LENGTH classes class_count)
if(edge_count LESS 10 OR class_count LESS 10)
  message(FATAL_ERROR "show_order printed ${class_count} classes and ${edge_count} edges; that is not the shipped order")
endif()

string(REPLACE "&#45;" "-" svg "${svg}")
string(REPLACE "&gt;" ">" svg "${svg}")
set(problems "")
foreach(edge IN LISTS declared)
  string(REPLACE " " "" title "${edge}")
  if(NOT svg MATCHES "<title>${title}</title>")
    string(APPEND problems "  no arrow ${title}\n")
  endif()
endforeach()
foreach(class IN LISTS classes)
  string(REGEX REPLACE ".*\"([^\"]+)\"" "\\1" name "${class}")
  string(REPLACE "." "\\." pattern "${name}")
  if(NOT svg MATCHES ">${pattern}</text>")
    string(APPEND problems "  no class ${name}\n")
  endif()
endforeach()
string(REGEX MATCHALL "<title>c[0-9]+->c[0-9]+</title>" drawn "${svg}")
list(LENGTH drawn drawn_count)
if(NOT drawn_count EQUAL edge_count)
  string(APPEND problems "  ${drawn_count} arrows drawn, ${edge_count} declared\n")
endif()
if(problems)
  message(FATAL_ERROR "${PICTURE} is out of date:\n${problems}draw it again: show_order --format dot | dot -Tsvg > ${PICTURE}")
endif()
message(STATUS "${class_count} classes and ${edge_count} edges, all in the picture")
