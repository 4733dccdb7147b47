# Run by ctest (tests/CMakeLists.txt): the installed package is whole, and a program outside of this
# tree that says find_package(spvae) builds and runs with it.

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect_file path)
  if(NOT EXISTS ${path})
    message(FATAL_ERROR "${path} was not installed")
  endif()
endfunction()

function(expect_output text)
  string(FIND "${output}" "${text}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "expected \"${text}\" in:\n${output}")
  endif()
endfunction()

set(prefix ${WORK_DIR}/prefix)
file(REMOVE_RECURSE ${WORK_DIR})
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${prefix})

expect_file(${prefix}/bin/spvae)
expect_file(${prefix}/include/spvae/model/spvae.h)
foreach(file README.md train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz
             t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz)
  expect_file(${prefix}/share/spvae/data/mnist/${file})
endforeach()
expect_file(${prefix}/include/spvae/density.h)
foreach(private plot experiment report reference)
  if(EXISTS ${prefix}/include/spvae/${private})
    message(FATAL_ERROR "headers of ${private}, which no program needs, were installed")
  endif()
endforeach()

run(${prefix}/bin/spvae info --json)
expect_output("\"parameters\":413352")
run(${CMAKE_COMMAND} -E env --unset=SPVAE_DATA ${prefix}/bin/spvae train --out ${WORK_DIR}/run
  --max-steps 1 --hidden 2 --latent 1 --samples 1)
expect_output("2,000 validation images")

run(${CMAKE_COMMAND} -S ${SOURCE_DIR}/examples/consumer -B ${WORK_DIR}/consumer -G ${GENERATOR}
  -D CMAKE_PREFIX_PATH=${prefix} -D CMAKE_CXX_COMPILER=${COMPILER}
  -D CMAKE_BUILD_TYPE=${BUILD_TYPE} "-DCMAKE_CXX_FLAGS=${FLAGS}")
run(${CMAKE_COMMAND} --build ${WORK_DIR}/consumer)
run(${WORK_DIR}/consumer/score)
expect_output("413352 parameters")
