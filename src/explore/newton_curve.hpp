#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/homotopy/newton.hpp"

namespace tautrack {

/// Where a curve meets the equations grad E = 0.
struct Landing {
  Vector v;  ///< n
  std::optional<int> morse_index;
};

/// How the tracing of one half of a curve ended.
enum class TraceEnd {
  closed,    ///< Back at the start.
  ran_away,  ///< lambda has faded into rounding, or the weights are beyond all bounds.
  failed,    ///< The tracker could not go on.
  budget     ///< Steps, or `should_stop`.
};

/// One half of a curve: what it met, in order.
struct HalfTrace {
  TraceEnd end = TraceEnd::failed;
  std::vector<Landing> landings;
  Vector v;        ///< n, where it was left.
  Vector tangent;  ///< n, there, the way it was going.
};

struct CurveTrace {
  /// lambda > 0 first. The other one is missing when the first came back to the start.
  std::vector<HalfTrace> halves;
  long steps = 0;  ///< Refused ones included.
};

/// Traces the curve grad E = lambda a through the stationary point v both ways, as far as it leads.
/// @param homotopy With its direction a set. @param max_steps Of one half.
[[nodiscard]] CurveTrace trace_newton_curve(NewtonHomotopy& homotopy, const Vector& v,
                                            int max_steps,
                                            const std::function<bool()>& should_stop);

}  // namespace tautrack
