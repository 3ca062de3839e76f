#!/usr/bin/env bash
# From a fresh clone to a first result: installs what is missing, builds the program and follows the
# homotopy paths of the bundled iris data. Needs no argument, works from any folder, may be repeated.
# Result and picture: iris-path.json and iris-path.svg in the checkout.
#
# TAUTRACK_CMAKE_ARGS: further arguments for the CMake configuration.
set -euo pipefail
cd -- "$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
. cmake/ensure_packages.sh

echo "== 1/3 Packages"
ensure_packages build program figures

echo "== 2/3 Building build/release/tautrack"
if [[ -f build/release/build.ninja ]]; then
  # Configured before, perhaps with the tests: keep every choice made then.
  arguments="-S . -B build/release -DTAUTRACK_BUILD_PROGRAM=ON"
else
  arguments="--preset release -DTAUTRACK_BUILD_TESTS=OFF -DTAUTRACK_BUILD_BENCHMARKS=OFF"
fi
read -r -a arguments <<<"$arguments ${TAUTRACK_CMAKE_ARGS:-}"
cmake "${arguments[@]}"
cmake --build build/release --target tautrack_program

echo "== 3/3 Running: tautrack track --json iris-path.json --plot iris-path.svg"
rm -f iris-path.json iris-path.svg
status=0
build/release/tautrack track --json iris-path.json --plot iris-path.svg || status=$?
case $status in
  0) echo "Exit status 0: every path reached tau = 1. The end of the output above says what such ends"
     echo "are worth as fits; build/release/tautrack solve looks for the best one." ;;
  1) echo "Exit status 1: something is unresolved or infinite; the output above says what." ;;
  2) echo "Exit status 2: the input or an option is unusable; nothing was written." ;;
  *) echo "Exit status $status: the program broke down; please report this." ;;
esac
if [[ -s iris-path.json ]]; then echo "Result:  $PWD/iris-path.json"; fi
if [[ -s iris-path.svg ]]; then echo "Picture: $PWD/iris-path.svg"; fi
exit "$status"
