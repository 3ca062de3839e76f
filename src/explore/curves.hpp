#pragma once

#include <optional>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/path/natural_path.hpp"

#include "homotopy/natural.hpp"
#include "homotopy/newton.hpp"
#include "homotopy/target.hpp"
#include "network/any_network.hpp"

namespace tautrack {

class Landscape;

using AnyNaturalHomotopy = BasicNaturalHomotopy<AnyNetwork>;

/// Where a curve meets the equations grad E = 0.
struct Landing {
  Vector v;  ///< n
  std::optional<int> morse_index;
};

/// How the tracing of one half of a curve ended.
enum class TraceEnd {
  closed,    ///< Back at the start.
  ran_away,  ///< What is left of the equations has faded into rounding, or the weights are beyond
             ///< all bounds.
  left,      ///< The parameter is out of the range that is of interest.
  failed,    ///< The tracker could not go on.
  budget     ///< Steps, or `stop`, which is looked at at every accepted point.
};

/// One half of a curve: what it met, in order.
struct HalfTrace {
  TraceEnd end = TraceEnd::failed;
  std::vector<Landing> landings;
  Vector v;        ///< n, where it was left.
  Vector tangent;  ///< n, there, the way it was going.
  long steps = 0;  ///< Refused ones included.
};

/// The curve grad E = lambda a through the stationary point v both ways, as far as it leads: lambda > 0
/// first. The other half is missing when the first came back to the start or met the budget.
/// @param homotopy With its direction a set. @param max_steps Of one half.
[[nodiscard]] std::vector<HalfTrace> trace_newton_curve(NewtonHomotopy& homotopy, const Vector& v,
                                                        const Landscape& landscape, int max_steps,
                                                        const StopCondition& stop);

/// The curve of stationary points for targets y + t d through the one v at t = 0, both ways like the
/// above.
/// @param homotopy From the targets y to y + d.
[[nodiscard]] std::vector<HalfTrace> trace_target_curve(TargetHomotopy& homotopy, const Vector& v,
                                                        int max_steps, const StopCondition& stop);

/// The curve of stationary points from v, one for the targets of `start`, while these move to those of the network,
/// and beyond as long as it comes back.
[[nodiscard]] HalfTrace trace_from_anywhere(const AnyNetwork& start, const AnyNetwork& network,
                                            const Vector& v, int max_steps,
                                            const StopCondition& stop);

/// The natural homotopy from an arrival v at tau = 1 on, as long as it comes back there.
[[nodiscard]] HalfTrace trace_beyond_arrival(const AnyNetwork& network, const Vector& v,
                                             double far_away, int max_steps,
                                             const StopCondition& stop);

/// The other branches at the branch points of a natural path, both ways, and the branches that leave
/// them in turn, to where they first meet tau = 1 or leave (0, 1).
[[nodiscard]] std::vector<HalfTrace> trace_branches(const AnyNetwork& network,
                                                    const NaturalPath& path, int max_steps,
                                                    const StopCondition& stop);

}  // namespace tautrack
