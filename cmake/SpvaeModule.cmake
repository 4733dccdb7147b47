# The compiler flags of every target of this project.
# -ffp-contract=off: the same bits on every target; fused multiply-adds are written where wanted.
function(spvae_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                                           -ffp-contract=off)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wcast-align=strict)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # Its warnings about std::string's own memcpy are false alarms (GCC bug 105651); the second one
    # it takes back, as of a system's header, but not in precompiled ones.
    target_compile_options(${target} PRIVATE -Wno-restrict)
    if(SPVAE_PRECOMPILED_HEADERS)
      target_compile_options(${target} PRIVATE -Wno-stringop-overflow)
    endif()
  endif()
  if(SPVAE_DEVELOPER)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# With SPVAE_PRECOMPILED_HEADERS, a target's sources parse these headers once for all.
function(spvae_precompiled_headers target)
  if(SPVAE_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} PRIVATE <algorithm> <filesystem> <string> <vector>
                                                <fmt/format.h> <nlohmann/json.hpp> ${ARGN})
  endif()
endfunction()

# The headers of all test programs, precompiled in the first one that is declared.
function(spvae_test_headers target)
  if(NOT SPVAE_PRECOMPILED_HEADERS)
    return()
  endif()
  get_property(first GLOBAL PROPERTY spvae_test_headers)
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    spvae_precompiled_headers(${target} <gtest/gtest.h> <gmock/gmock.h>)
    set_property(GLOBAL PROPERTY spvae_test_headers ${target})
  endif()
endfunction()

# One GoogleTest program, each of its tests known to ctest as PREFIX.Suite.Name.
# The tests find the data of the source tree, wherever the program stands.
function(spvae_test_program target prefix)
  cmake_parse_arguments(PROGRAM "" "LABEL" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${target} ${PROGRAM_SOURCES})
  spvae_compile_options(${target})
  # Tests are compiled more often than they run: a third of the time.
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_link_libraries(${target} PRIVATE spvae_lab GTest::gtest_main GTest::gmock ${PROGRAM_LIBRARIES})
  spvae_test_headers(${target})
  gtest_discover_tests(${target} TEST_PREFIX ${prefix}. DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${PROGRAM_LABEL}" ENVIRONMENT "SPVAE_DATA=${PROJECT_SOURCE_DIR}/data")
endfunction()

# spvae_library(NAME FOLDER…): a static library of folders of src/spvae.
function(spvae_library name)
  add_library(${name} STATIC)
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # As fast as without: no other library replaces our functions.
    target_compile_options(${name} PRIVATE -fno-semantic-interposition)
  endif()
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
                                            $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  spvae_compile_options(${name})
  spvae_precompiled_headers(${name})
  set(SPVAE_MODULE_LIBRARY ${name})
  foreach(module ${ARGN})
    add_subdirectory(src/spvae/${module})
  endforeach()
endfunction()

# Adds a folder's sources to its library and builds one test program from its tests, and one more
# from those that take longer than a few seconds (label "slow", left out of the fast suite):
#   spvae_module(core SOURCES error.cpp … TESTS random_test.cpp …
#                [SLOW_TESTS …] [TEST_LIBRARIES …])
function(spvae_module name)
  cmake_parse_arguments(MODULE "" "" "SOURCES;TESTS;SLOW_TESTS;TEST_LIBRARIES" ${ARGN})
  if(MODULE_SOURCES)
    list(TRANSFORM MODULE_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    target_sources(${SPVAE_MODULE_LIBRARY} PRIVATE ${MODULE_SOURCES})
  endif()
  if(SPVAE_TESTS AND MODULE_TESTS)
    spvae_test_program(spvae_${name}_test ${name} LABEL fast
      SOURCES ${MODULE_TESTS} LIBRARIES ${MODULE_TEST_LIBRARIES})
  endif()
  if(SPVAE_TESTS AND MODULE_SLOW_TESTS)
    spvae_test_program(spvae_${name}_slow_test ${name} LABEL slow
      SOURCES ${MODULE_SLOW_TESTS} LIBRARIES ${MODULE_TEST_LIBRARIES})
  endif()
endfunction()
