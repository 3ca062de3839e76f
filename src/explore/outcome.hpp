#pragma once

#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/explore/memo.hpp"
#include "tautrack/network/stationary_point.hpp"

#include "explore/curves.hpp"
#include "explore/descent.hpp"

namespace tautrack {

/// Whether there is a stationary point where a curve seemed to meet one.
struct Confirmation {
  std::optional<StationaryPoint> point;  ///< Without found_by, and without energy if not certified.
  Vector v;                              ///< n, where the point is.
};

/// Sizes of the vectors in outcomes.
struct OutcomeShape {
  Index unknowns = 0;  ///< n
  Index weights = 0;   ///< s
};

/// What a piece of work came to, as a memo keeps it; without `seconds`.
[[nodiscard]] WorkOutcome to_outcome(const std::vector<HalfTrace>& traces);
[[nodiscard]] WorkOutcome to_outcome(const Descent& descent);
[[nodiscard]] WorkOutcome to_outcome(const Confirmation& confirmation);

/// The other way round, to the bit; nothing when the outcome is none of such work and shape.
template <class Result>
[[nodiscard]] std::optional<Result> from_outcome(const WorkOutcome& outcome,
                                                 const OutcomeShape& shape);
template <>
std::optional<std::vector<HalfTrace>> from_outcome(const WorkOutcome&, const OutcomeShape&);
template <>
std::optional<Descent> from_outcome(const WorkOutcome&, const OutcomeShape&);
template <>
std::optional<Confirmation> from_outcome(const WorkOutcome&, const OutcomeShape&);

}  // namespace tautrack
