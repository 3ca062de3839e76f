#!/usr/bin/env bash
# Installs what is missing, builds program and tests (build/release) and runs all tests. Works from any
# folder; arguments go to ctest:
#
#   bash tests/run.sh -R homotopy      only the tests of the room homotopy
#
# The Python module is built and tested with the rest.
#
# What needs MPI is built and tested where MPI is (Debian: libopenmpi-dev and openmpi-bin). It is not
# installed here: the program of the quickstart would be another one afterwards.
#
# TAUTRACK_CMAKE_ARGS: further arguments for the CMake configuration.
set -euo pipefail
cd -- "$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
. cmake/ensure_packages.sh

ensure_packages build program figures tests python
# The preset switches program and tests on, whatever was configured there before.
read -r -a arguments <<<"--preset release -DTAUTRACK_BUILD_BENCHMARKS=OFF ${TAUTRACK_CMAKE_ARGS:-}"
cmake "${arguments[@]}"
cmake --build --preset release
ctest --preset release --output-on-failure "$@"
