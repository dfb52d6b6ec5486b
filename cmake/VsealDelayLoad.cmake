# vseal_delay_load(ROOM NAME=LIBRARY...)
#
# Programs that link the room vseal_ROOM get every function that it calls of the shared libraries
# LIBRARY through tables that vseal::load_delayed(vseal::delayed::NAME) fills, so that the libraries
# are loaded when they are needed and not with the program. Nothing is listed by hand: the tables are
# made from what the room's archive leaves undefined.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(vseal_delay_load room)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${room}_delayed.cc")
  add_custom_command(
    OUTPUT "${source}"
    COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/cmake/delay_load.py" "${source}"
      "$<TARGET_FILE:vseal_${room}>" ${ARGN}
    DEPENDS vseal_${room} "${PROJECT_SOURCE_DIR}/cmake/delay_load.py"
    VERBATIM)
  set_source_files_properties("${source}" PROPERTIES SKIP_LINTING ON)
  add_library(vseal_${room}_delayed STATIC "${source}")
  target_include_directories(vseal_${room}_delayed PRIVATE "${PROJECT_SOURCE_DIR}/src")
  # For those who link the room, not for the room: its archive is there first.
  set_property(TARGET vseal_${room} APPEND PROPERTY INTERFACE_LINK_LIBRARIES vseal_${room}_delayed)
endfunction()
