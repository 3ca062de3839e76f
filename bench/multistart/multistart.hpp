#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "tautrack/data/dataset.hpp"

#include "local_fit.hpp"
#include "point_table.hpp"

namespace tautrack::multistart {

/// Where local fits start. The natural scale is the length of w at which the node inputs of a random
/// direction are of size one (root mean square over patterns and directions).
enum class Starts {
  normal,      ///< w ~ N(0, I) in the units of the data.
  scaled,      ///< The same times the natural scale.
  log_uniform  ///< A random direction, |w| log-uniform over 1e-3 to 1e3 natural scales.
};

inline constexpr std::array<Starts, 3> all_starts = {Starts::normal, Starts::scaled,
                                                     Starts::log_uniform};

/// "N(0, 1)", "scaled N(0, 1)", "log-uniform".
[[nodiscard]] std::string_view to_string(Starts starts) noexcept;

struct MultistartOptions {
  Starts starts = Starts::scaled;
  FitMethod method = FitMethod::tiny;
  std::uint64_t seed = 0;  ///< The n-th start depends on it and on nothing else.
  int threads = 1;         ///< >= 1.
  double seconds = 5.0;    ///< Wall time.
  const PointTable* expected =
      nullptr;  ///< All minima there are, if known: ends when all are found.
};

struct MultistartRun {
  PointTable minima;             ///< Distinct ones.
  std::vector<double> found_at;  ///< When each was found, in seconds from the start, ascending.
  long fits = 0;
  long false_ends = 0;  ///< See FitEnd.
  long saddles = 0;
  long unfinished = 0;
  long unexpected = 0;  ///< Minima that are not among the expected ones; not in `minima`.
  double best_energy = std::numeric_limits<double>::infinity();
  double seconds = 0.0;

  /// How many of the minima were found within this time.
  [[nodiscard]] long found_within(double seconds_from_start) const;
};

/// Fits from random starts until the time is used up or all expected minima are found.
/// @param problem Without pattern weights.
[[nodiscard]] MultistartRun multistart(const Problem& problem, const MultistartOptions& options);

/// Which of the two solvers finds more minima a second on one thread, in a short trial from the same
/// starts.
struct Trial {
  FitMethod method = FitMethod::tiny;
  double tiny_fit = 0.0;  ///< Seconds a fit.
  double full_fit = 0.0;
};
[[nodiscard]] Trial try_methods(const Problem& problem, std::uint64_t seed);

}  // namespace tautrack::multistart
