# shellcheck shell=bash
# Sourced by the scripts, not run. After
#
#   . cmake/ensure_packages.sh
#   ensure_packages PART...
#
# the tools and libraries of the named parts are there, or the script has ended with status 1 and one
# sentence on what to do. Parts: build, program, figures, tests, python, mpi, benchmarks, peers,
# curve_peers, growth, format, tidy, sanitizers, coverage. The part python has the packages of the
# tests of the module, too.
#
# On Debian and its relatives missing packages are installed; elsewhere only the tools are looked
# for, and CMake reports a library that it cannot find.

# packages_of PART: the Debian packages of a part, one word each. COMMAND=PACKAGE: the package is
# wanted only if there is no such command (it may have come another way, from another package).
# PACKAGE|PACKAGE: the first that the distribution has.
packages_of() {
  case $1 in
    build) echo "cmake=cmake ninja=ninja-build c++=g++ libeigen3-dev libboost-dev libtbb-dev libflint-arb-dev|libflint-dev coinor-libclp-dev" ;;
    program) echo "libcli11-dev nlohmann-json3-dev libfmt-dev libxxhash-dev libgudhi-dev" ;;
    figures) echo "gnuplot=gnuplot-nox" ;;
    tests) echo "doctest-dev nlohmann-json3-dev" ;;
    python) echo "pybind11-dev python3-dev python3-numpy python3-venv python3-pip python3-setuptools python3-wheel python3-pytest python3-scipy python3-pandas python3-sklearn python3-matplotlib" ;;
    mpi) echo "libopenmpi-dev mpirun=openmpi-bin" ;;
    benchmarks) echo "libbenchmark-dev" ;;
    peers) echo "libceres-dev libcli11-dev libopenblas-dev" ;;
    curve_peers) echo "python3-scipy r-base-core" ;;
    growth) echo "gnuplot=gnuplot-nox jq=jq" ;;
    format) echo "clang-format=clang-format" ;;
    tidy) echo "clang-tidy=clang-tidy" ;;
    sanitizers) echo "clang++=clang libclang-rt-dev" ;;
    coverage) echo "gcovr=gcovr llvm-cov=llvm" ;;
    *) echo "ensure_packages: there is no part '$1'" >&2 && return 1 ;;
  esac
}

is_missing() {
  case $1 in
    *"|"*) is_missing "$(available_of "$1")" ;;
    *=*) ! command -v "${1%%=*}" >/dev/null 2>&1 ;;
    *) [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) != installed ]] ;;
  esac
}

# available_of WORD...: one package a line, of PACKAGE|PACKAGE the first that apt knows, or else the last.
available_of() {
  local word package
  local -a packages
  for word in "$@"; do
    IFS="|" read -r -a packages <<<"$word"
    for package in "${packages[@]}"; do
      if ((${#packages[@]} == 1)); then break; fi
      if LC_ALL=C apt-cache policy "$package" 2>/dev/null | grep 'Candidate: [^(]' >/dev/null; then
        break
      fi
    done
    echo "$package"
  done
}

install_packages() {
  local -a as_root=() packages
  if [[ $(id -u) != 0 ]]; then
    if ! command -v sudo >/dev/null 2>&1; then
      mapfile -t packages < <(available_of "$@")
      echo "Missing packages, and no right to install them. As root, run:" >&2
      echo "  apt-get install ${packages[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive)
  # A package list that cannot be renewed need not matter; the installation decides. A new system knows
  # no package before.
  "${as_root[@]}" apt-get update -qq || true
  mapfile -t packages < <(available_of "$@")
  echo "Installing Debian packages: ${packages[*]}"
  # --no-remove: never at the price of something that the user has installed.
  if ! "${as_root[@]}" apt-get install -y -qq --no-remove --no-install-recommends "${packages[@]}"; then
    echo "Could not install: ${packages[*]}. Install them by hand, then start again." >&2
    exit 1
  fi
}

# The versions that CMakeLists.txt asks for, checked here because the errors of an old CMake or
# compiler are hard to read.
check_tools() {
  local version
  local -a compiler
  read -r -a compiler <<<"${CXX:-c++}"
  version=$(cmake --version | sed -n '1s/[^0-9]*//p')
  if [[ $(printf '%s\n' 3.25 "$version" | sort -V | head -n 1) != 3.25 ]]; then
    echo "CMake $version is too old: 3.25 or newer is needed (Debian 12, Ubuntu 24.04, or" \
      "'pip install cmake')." >&2
    exit 1
  fi
  if ! printf '#include <concepts>\n#include <numbers>\n#include <span>\nint main() {}\n' |
    "${compiler[@]}" -std=c++20 -fsyntax-only -x c++ - 2>/dev/null; then
    echo "${CXX:-c++} does not compile C++20: GCC 11, Clang 14 or newer is needed (choose with" \
      "CXX=...)." >&2
    exit 1
  fi
}

ensure_packages() {
  local part word words
  local -a all=() missing=()
  for part in "$@"; do
    words=$(packages_of "$part") || exit 1
    for word in $words; do
      all+=("${word#*=}")
      if [[ $word == *=* ]] || command -v dpkg-query >/dev/null 2>&1; then
        if is_missing "$word"; then missing+=("${word#*=}"); fi
      fi
    done
  done
  if ((${#missing[@]} > 0)); then
    if command -v apt-get >/dev/null 2>&1; then
      install_packages "${missing[@]}"
    else
      echo "Missing: ${missing[*]}. Needed in all are (names of the Debian packages): ${all[*]}." \
        "Install them with the package manager of this system, then start again." >&2
      exit 1
    fi
  fi
  check_tools
}
