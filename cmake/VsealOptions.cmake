# Compiler settings that every target of the project shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
find_program(VSEAL_CCACHE ccache)
if(VSEAL_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${VSEAL_CCACHE}")
endif()

add_library(vseal_options INTERFACE)
# The same bits for any compiler's contraction habits: an FMA stands in the source or not at all.
target_compile_options(vseal_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overlapping copies in std::string's operator+ (GCC bug 105651), and unset members in
  # moved optionals (80635). Clang, which checks both, builds the project too.
  target_compile_options(vseal_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
if(VSEAL_SANITIZE)
  target_compile_options(vseal_options INTERFACE -fsanitize=${VSEAL_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(vseal_options INTERFACE -fsanitize=${VSEAL_SANITIZE})
endif()
