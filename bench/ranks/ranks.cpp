// Question: what do time and memory of one large problem become when its rows are split among ranks?
// See bench/README.md.
//
//   mpirun -n RANKS tautrack_ranks [PATTERNS [WEIGHTS [plain]]]
//
// Every rank makes its own rows, the same whatever the number of ranks. One row of a table goes to
// standard output. `plain`: a network that knows of no ranks, on one.
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <utility>

#include "tautrack/path/natural_path.hpp"
#include "tautrack/ranks/mpi_communicator.hpp"
#include "tautrack/ranks/rows.hpp"

namespace {

using tautrack::Index;
using Clock = std::chrono::steady_clock;

/// Numbers that depend on the row alone (Steele, Lea & Flood, OOPSLA 2014).
class RowRandom {
 public:
  explicit RowRandom(Index row) : state_(static_cast<std::uint64_t>(row) << 20U) {}
  double uniform() {
    std::uint64_t bits = (state_ += 0x9e3779b97f4a7c15U);
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<double>((bits ^ (bits >> 31U)) >> 11U) * 0x1p-53;
  }
  /// Mean 0, variance 1, nearly normal.
  double normal() {
    double sum = -2.0;
    for (int k = 0; k < 4; ++k) sum += uniform();
    return std::sqrt(3.0) * sum;
  }

 private:
  std::uint64_t state_;
};

/// Rows like those of problems.hpp: X normal with standard deviation 1.5, the last column ones, the
/// targets noisy outputs of a perceptron.
tautrack::Problem make_share(tautrack::RowRange rows, Index weights) {
  tautrack::Matrix X(rows.count, weights);
  tautrack::Vector y(rows.count);
  for (Index i = 0; i < rows.count; ++i) {
    RowRandom random(rows.first + i);
    double u = 0.0;
    for (Index j = 0; j + 1 < weights; ++j) {
      X(i, j) = 1.5 * random.normal();
      u += (j % 2 == 0 ? 1.0 : -1.0) * X(i, j) / std::sqrt(static_cast<double>(weights));
    }
    X(i, weights - 1) = 1.0;
    y(i) = std::tanh(u + 0.3) + 0.1 * random.normal();
  }
  tautrack::Problem problem{"y", {}, std::move(X), std::move(y), {}};
  for (Index j = 1; j <= weights; ++j) problem.columns.push_back("x" + std::to_string(j));
  return problem;
}

struct Figures {
  double construction = 0.0;  ///< s
  double path = 0.0;          ///< s
  tautrack::NaturalPath result;
};

Figures measure(tautrack::Problem share, tautrack::Communicator& ranks, bool is_plain) {
  Figures figures;
  ranks.barrier();
  const auto start = Clock::now();
  const tautrack::Perceptron network(std::make_shared<tautrack::Problem>(std::move(share)), {},
                                     is_plain ? nullptr : &ranks);
  ranks.barrier();
  const auto constructed = Clock::now();
  figures.result = tautrack::track_natural(network);
  ranks.barrier();
  figures.construction = std::chrono::duration<double>(constructed - start).count();
  figures.path = std::chrono::duration<double>(Clock::now() - constructed).count();
  return figures;
}

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

int run(int argc, char** argv) {
  const Index patterns = argc > 1 ? std::atol(argv[1]) : 2'000'000;
  const Index weights = argc > 2 ? std::atol(argv[2]) : 20;
  const bool is_plain = argc > 3 && std::string(argv[3]) == "plain";
  tautrack::MpiCommunicator ranks;
  if (patterns < 1 || weights < 1 || (is_plain && ranks.size() > 1)) {
    if (ranks.rank() == 0)
      std::fprintf(stderr,
                   "usage: tautrack_ranks [PATTERNS [WEIGHTS [plain]]], plain on one rank\n");
    return 2;
  }
  // Of the program itself and of MPI.
  std::array<double, 1> before{peak_megabytes()};
  ranks.maximum(before);
  tautrack::Problem share =
      make_share(tautrack::rows_of_rank(patterns, ranks.rank(), ranks.size()), weights);
  const Figures figures = measure(std::move(share), ranks, is_plain);
  std::array<double, 1> peak{peak_megabytes()};
  ranks.maximum(peak);
  const tautrack::NaturalPath& path = figures.result;
  if (ranks.rank() == 0)
    std::printf("| %s%d | %.2f s | %.2f s | %.0f MB | %.0f MB | %ld | %ld | %.15g |\n",
                is_plain ? "plain, " : "", ranks.size(), figures.construction, figures.path,
                peak[0], before[0], static_cast<long>(path.work.evaluations),
                static_cast<long>(path.work.passes_over_data), path.end ? path.end->energy : NAN);
  return path.ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tautrack_ranks: %s\n", error.what());
    return 2;
  }
}
