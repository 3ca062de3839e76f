#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/data/dataset.hpp"

#include "auer.hpp"
#include "multistart.hpp"

namespace tautrack::multistart {

struct ContestOptions {
  int threads = 2;       ///< Of multistart, and of explore() besides one. >= 1.
  double seconds = 5.0;  ///< Of multistart, at least; as long as explore() if that is longer. Zero
                         ///< leaves multistart out.
  double explore_seconds = 300.0;  ///< After which explore() has to end.
};

/// What one contender did.
struct Entry {
  std::string who;
  double seconds = 0.0;             ///< Until it ended.
  std::optional<double> all_after;  ///< Seconds until all minima were found, if they were.
  long minima = 0;                  ///< Distinct ones.
  long in_explore_time = 0;         ///< Of these, in the time of explore() with as many threads.
  double best_energy = 0.0;
  long fits = 0;             ///< Multistart only.
  double false_share = 0.0;  ///< Of the fits.
  bool claims = false;       ///< Says on evidence that it has all stationary points.
  bool is_wrong = false;     ///< It misses some that are known.
};

/// All contenders on one problem.
struct Contest {
  std::vector<Entry> entries;  ///< In an order that is the same for all problems.
  long minima = 0;             ///< There are, or found by anyone where that is not known.
  std::vector<std::string> remarks;
  std::vector<std::string> failures;  ///< What explore() did wrong; one sentence each.
};

/// explore() and multistart from all kinds of starts, on a problem whose stationary points are known.
[[nodiscard]] Contest run_contest(const AuerShape& shape, std::uint64_t seed, FitMethod method,
                                  const ContestOptions& options);

/// The same where nothing is known beforehand; multistart takes as long as explore().
[[nodiscard]] Contest run_contest(const Problem& problem, std::uint64_t seed, FitMethod method,
                                  const ContestOptions& options);

}  // namespace tautrack::multistart
