# vseal_room(NAME SOURCES file... [DEPS room...] [LIBS target...])
#
# A room is the static library vseal_NAME of src/NAME/. DEPS are the rooms that it may include; they
# are checked against src/rooms.txt, the one table of allowed arrows, which the layering test reads
# too. LIBS are libraries from outside, private to the room.
file(STRINGS "${CMAKE_CURRENT_SOURCE_DIR}/src/rooms.txt" VSEAL_ROOM_TABLE REGEX "^[a-z]")

function(vseal_room name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  set(allowed "")
  foreach(row IN LISTS VSEAL_ROOM_TABLE)
    if(row MATCHES "^${name}:(.*)$")
      string(STRIP "${CMAKE_MATCH_1}" allowed)
      string(REPLACE " " ";" allowed "${allowed}")
    endif()
  endforeach()
  add_library(vseal_${name} STATIC ${arg_SOURCES})
  target_include_directories(vseal_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(vseal_${name} PRIVATE vseal_options ${arg_LIBS})
  foreach(dep IN LISTS arg_DEPS)
    if(NOT dep IN_LIST allowed)
      message(FATAL_ERROR "src/${name} links ${dep}, which src/rooms.txt does not allow")
    endif()
    target_link_libraries(vseal_${name} PUBLIC vseal_${dep})
  endforeach()
endfunction()

# vseal_test(NAME SOURCES file... [DEPS room...] [LIBS target...])
# A GoogleTest binary; each of its tests becomes a ctest.
function(vseal_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  target_include_directories(${name}_test PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${name}_test PRIVATE VSEAL_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  list(TRANSFORM arg_DEPS PREPEND vseal_)
  target_link_libraries(${name}_test PRIVATE vseal_options ${arg_DEPS} ${arg_LIBS} GTest::gmock_main)
  gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600)
endfunction()
