#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// The supremum of |k|max over all weights, finite and infinite: 1 / reach (docs/theory.md, section
/// 5).
struct CurvatureSupremum {
  /// Whether it is finite; nothing: not decided.
  std::optional<bool> bounded;
  double best = 0.0;   ///< Largest value found, a lower end; infinity only when bounded is false.
  double upper = 0.0;  ///< Certified upper end; infinity without one. See CurvatureBounds.
  std::string upper_from;
  Vector weights;  ///< s, user's units, where `best` is attained; empty when unbounded.
  std::vector<int>
      signs;            ///< L: 0 at finite weights; where `best` belongs to a limit stratum, -1 and
                        ///< +1 for its saturated patterns. Empty when unbounded.
  Vector way_out;       ///< s: a direction along which it grows without bound; empty when bounded.
  std::string message;  ///< One sentence, with the reason when it is unbounded.
};

/// Effort of the search.
struct SupremumOptions {
  int starts = 200;   ///< > 0. Points looked at first, for each dimension of a stratum.
  int polished = 10;  ///< > 0. The best of them that are followed to a local maximum, likewise.
  long max_strata = 2000;  ///< > 0. Limit strata that are looked at.
  double seconds = 10.0;   ///< > 0.
  std::uint64_t seed = 0;
  StopCondition stop;  ///< Ends the search early, with what it has.

  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// @throws std::invalid_argument when tau is not in [0, 1] or an option breaks its rule.
[[nodiscard]] CurvatureSupremum curvature_supremum(const Perceptron& network, double tau,
                                                   const SupremumOptions& options = {});

}  // namespace tautrack
