# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors

add_test(NAME unit/examples/show_order/picture
         COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:show_order>
                 -D PICTURE=${CMAKE_CURRENT_LIST_DIR}/vfio_order.svg -P ${CMAKE_CURRENT_LIST_DIR}/check.cmake
)
# Known bad: a picture of another order.
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/stale.svg" "<svg><title>c0&#45;&gt;c1</title></svg>")
add_test(NAME unit/examples/show_order/stale_picture
         COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:show_order>
                 -D PICTURE=${CMAKE_CURRENT_BINARY_DIR}/stale.svg -P ${CMAKE_CURRENT_LIST_DIR}/check.cmake
)
add_test(NAME unit/examples/show_order/unknown_format COMMAND show_order --format xml)
set_tests_properties(unit/examples/show_order/stale_picture PROPERTIES PASS_REGULAR_EXPRESSION "is out of date")
set_tests_properties(unit/examples/show_order/unknown_format PROPERTIES PASS_REGULAR_EXPRESSION "xml not in")
set_tests_properties(unit/examples/show_order/picture unit/examples/show_order/stale_picture
                     unit/examples/show_order/unknown_format PROPERTIES LABELS unit TIMEOUT 30
)
