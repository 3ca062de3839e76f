#!/usr/bin/env bash
# Four-parameter curves: what scipy's curve_fit and R's nls with a self-starting model make of random data, beside
# the proven lists of `tautrack solve --range free,free`. Works from any folder:
#
#   bash bench/fitted_range/compare.sh [BUILD_FOLDER] [SETS]     build/release and 100 of each kind if none are given
set -euo pipefail
build=$(realpath -m -- "${1:-$(dirname -- "${BASH_SOURCE[0]}")/../../build/release}")
sets=${2:-100}
cd -- "$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)"
. cmake/ensure_packages.sh

ensure_packages build program curve_peers
if [[ ! -f $build/CMakeCache.txt ]]; then cmake --preset release -B "$build"; fi
cmake --build "$build" --target tautrack_program

# Debian's Python, which has the packages.
python=/usr/bin/python3
folder=$build/fitted_range
rm -rf "$folder"
mkdir -p "$folder"
"$python" bench/fitted_range/compare.py make "$folder" "$sets"
start=$(date +%s.%N)
(cd "$folder" && "$build/tautrack" batch manifest.json --run run --records records.jsonl --quiet >report.txt) ||
  [[ $? == 1 ]] # 1: there are data without a finite best fit
echo "tautrack: $("$python" -c "import time; print(round(time.time() - $start, 1))") s"
"$python" bench/fitted_range/compare.py fit "$folder"
Rscript --vanilla bench/fitted_range/nls.R "$folder"
"$python" bench/fitted_range/compare.py table "$folder"
