#!/usr/bin/env bash
# How the cost of a path grows with the patterns and with the weights: runs the benchmarks of
# bench/growth.cpp, prints the fitted exponents and draws growth.svg in the build folder. Works from
# any folder:
#
#   bash bench/growth.sh [BUILD_FOLDER]     build/release if none is given
set -euo pipefail
build=$(realpath -m -- "${1:-$(dirname -- "${BASH_SOURCE[0]}")/../build/release}")
cd -- "$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
. cmake/ensure_packages.sh

ensure_packages build benchmarks growth
if [[ ! -f $build/CMakeCache.txt ]]; then cmake --preset release -B "$build"; fi
cmake --build "$build" --target tautrack_bench
"$build/tautrack_bench" --benchmark_filter='^growth_' --benchmark_out="$build/growth.json" \
  --benchmark_out_format=json

# points NAME: size and milliseconds, one benchmark a line.
points() {
  jq -r --arg name "growth_in_$1/" '.benchmarks[]
    | select(.run_type == "iteration" and (.name | startswith($name)))
    | if .error_occurred then error(.error_message) else . end
    | "\(.name | ltrimstr($name)) \(.real_time)"' "$build/growth.json" >"$build/growth-$1.dat"
}
points patterns
points weights
gnuplot -d -e "folder = '$build'" bench/growth.gp
echo "Picture: $build/growth.svg"
