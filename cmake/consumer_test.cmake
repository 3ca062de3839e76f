# Installs the build, then configures, builds and runs tests/consumer against the installed package
# and the installed program. Everything happens in <build>/consumer_test, which is emptied first.
#
#   cmake -DBUILD_DIR=... -DCONFIG=Release -DCONSUMER_DIR=<source>/tests/consumer
#         -DGENERATOR=Ninja -DCXX_COMPILER=... -P cmake/consumer_test.cmake
cmake_minimum_required(VERSION 3.25)

foreach(variable BUILD_DIR CONFIG CONSUMER_DIR GENERATOR CXX_COMPILER)
  if(NOT ${variable})
    message(FATAL_ERROR "consumer_test.cmake needs -D${variable}=...")
  endif()
endforeach()

set(scratch "${BUILD_DIR}/consumer_test")
set(prefix "${scratch}/prefix")
file(REMOVE_RECURSE "${scratch}")

function(run what)
  message(STATUS "${what}")
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "The consumer test failed (${what}: ${result}).")
  endif()
endfunction()

run("install" "${CMAKE_COMMAND}" --install "${BUILD_DIR}" --config "${CONFIG}" --prefix "${prefix}")

foreach(file LICENSE README.md docs/theory.md)
  file(GLOB found "${prefix}/*/doc/*/${file}" "${prefix}/*/*/doc/*/${file}")
  if(NOT found)
    message(FATAL_ERROR "${file} was not installed.")
  endif()
endforeach()

# The user's own registries and environment could point to another tautrack: leave them out.
run("configure" "${CMAKE_COMMAND}" -S "${CONSUMER_DIR}" -B "${scratch}/build" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}" "-DCMAKE_BUILD_TYPE=${CONFIG}"
    "-DCMAKE_PREFIX_PATH=${prefix}" -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF)
file(STRINGS "${scratch}/build/CMakeCache.txt" found REGEX "^tautrack_DIR:")
string(FIND "${found}" "${prefix}" position)
if(position EQUAL -1)
  message(FATAL_ERROR "The consumer found another tautrack: ${found}")
endif()

run("build" "${CMAKE_COMMAND}" --build "${scratch}/build" --config "${CONFIG}")
run("run" "${CMAKE_COMMAND}" --build "${scratch}/build" --config "${CONFIG}" --target run)

# The examples of the README are the ones that were just built.
file(READ "${CONSUMER_DIR}/../../README.md" readme)
foreach(example fit.cpp own_problem.cpp)
  file(READ "${CONSUMER_DIR}/${example}" text)
  string(FIND "${readme}" "${text}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "README.md does not contain tests/consumer/${example} as it is.")
  endif()
endforeach()

foreach(name tautrack tautrack.exe)  # beside it may be the program of the figures
  if(EXISTS "${prefix}/bin/${name}")
    run("installed program" "${prefix}/bin/${name}" --help)
  endif()
endforeach()
