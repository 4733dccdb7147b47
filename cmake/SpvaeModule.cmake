# The compiler flags of every target of this project.
# -ffp-contract=off: the same bits on every target; fused multiply-adds are written where wanted.
function(spvae_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                                           -ffp-contract=off)
  if(SPVAE_DEVELOPER)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# Adds a folder's sources to the library and builds one test program from its tests:
#   spvae_module(core SOURCES error.cpp … TESTS random_test.cpp … [TEST_LIBRARIES …])
function(spvae_module name)
  cmake_parse_arguments(MODULE "" "" "SOURCES;TESTS;TEST_LIBRARIES" ${ARGN})
  if(MODULE_SOURCES)
    list(TRANSFORM MODULE_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    target_sources(spvae PRIVATE ${MODULE_SOURCES})
  endif()
  if(SPVAE_TESTS AND MODULE_TESTS)
    set(test spvae_${name}_test)
    add_executable(${test} ${MODULE_TESTS})
    spvae_compile_options(${test})
    target_link_libraries(${test} PRIVATE spvae GTest::gtest_main GTest::gmock ${MODULE_TEST_LIBRARIES})
    include(GoogleTest)
    gtest_discover_tests(${test} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60)
  endif()
endfunction()
