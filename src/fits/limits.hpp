#pragma once

#include <vector>

#include "tautrack/explore/explore.hpp"
#include "tautrack/infinity/infinite_point.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack::fits {

/// What became of the strata that curves and descents ran to.
struct LimitsOfRuns {
  /// By energy; local infima or not decided to be none, and limits that descents ran to all the same.
  std::vector<InfinitePoint> limits;
  long strata = 0;  ///< Looked at.
  long left = 0;    ///< Named, but not looked at: time was up.
};

/// The limits at infinite weights that the curves and descents of an exploration ran to, each judged like those of
/// an enumeration: what ran away names strata, of which the problems of the free patterns are solved, from where it was
/// left and by an exploration of their own.
/// @param options Of the exploration; its stop ends this, too, and its progress is not called.
[[nodiscard]] LimitsOfRuns limits_of_runs(const Perceptron& network, const Exploration& exploration,
                                          const ExploreOptions& options);

}  // namespace tautrack::fits
