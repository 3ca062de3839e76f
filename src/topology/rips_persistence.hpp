#pragma once

#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/topology/persistent_homology.hpp"

namespace tautrack::detail {

/// Thrown where a stop condition is met, also through GUDHI, which has no other way out. Does not
/// leave persistent_homology().
struct HomologyStopped {};

/// @throws HomologyStopped once the condition is met.
inline void look_at(const StopCondition& stop) {
  if (stop.is_met()) throw HomologyStopped();
}

/// An edge of a graph with its length.
struct WeightedEdge {
  int from = 0, to = 0;  ///< from < to
  double length = 0.0;
};

/// Intervals of a complex as far as a budget goes.
struct RipsOutcome {
  bool fits = false;     ///< Whether the complex is within the budget at least at scale 0.
  bool is_whole = true;  ///< Whether no edge had to be left out.
  double scale = 0.0;    ///< Of the longest edge that was not left out.
  long edges = 0, simplices = 0;
  std::vector<HomologyInterval> intervals;  ///< In no order.
};

/// Persistent homology of the flag complexes of a graph whose vertices 0 ... vertices - 1 are born at
/// 0, up to the largest scale at which the complex is within options.simplices. Only in a library
/// with GUDHI. Looks at options.stop for each edge and simplex; but for reading and sorting edges
/// (0.3 s for 2000 points) and for listing simplices (0.05 s for a million).
/// @throws HomologyStopped
[[nodiscard]] RipsOutcome rips_persistence(int vertices, const std::vector<WeightedEdge>& edges,
                                           const HomologyOptions& options);

}  // namespace tautrack::detail
