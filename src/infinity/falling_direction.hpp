#pragma once

#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

#include "infinity/patterns.hpp"

namespace tautrack::infinity {

/// Whether there is, with the doubles of the problem taken exactly, a direction d in which the node inputs of
/// the groups with sign 0 do not change and those of the others go to the end that attracts or is their target:
/// then E falls along d from everywhere, and no finite point is stationary.
///
/// The direction that is given need only be near one. Of the rows that must not change, r are independent
/// for sure and all have exactly rank r; so the given direction is no further than |X_r d| / (least singular
/// value of X_r) from one that does not change them, and along that the other rates keep their signs.
/// @param signs Of the groups. @param direction s, user's units, not zero.
/// @return false, too, where that cannot be told.
[[nodiscard]] bool falls_everywhere(const Perceptron& network, const Patterns& patterns,
                                    const std::vector<int>& signs, const Vector& direction);

/// Whether some direction is of that kind: it is looked for by a linear programme. False, too, when the
/// time for that is up.
[[nodiscard]] bool has_no_finite_point(const Perceptron& network, const Patterns& patterns,
                                       const StopCondition& stop);

}  // namespace tautrack::infinity
