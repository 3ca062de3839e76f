#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/network/activation.hpp"

namespace tautrack {

/// How the input u_i of a pattern behaves along a path as delta = 1 - tau -> 0.
enum class Growth {
  free,   ///< u_i converges.
  slow,   ///< |u_i| grows more slowly than 1/delta: like log(1/delta) for tanh and logistic.
  linear  ///< |u_i| grows like 1/delta.
};

[[nodiscard]] std::string_view to_string(Growth growth) noexcept;

/// How the natural path goes to infinite weights.
struct Approach {
  std::vector<Growth> growth;  ///< L
  double delta = 0.0;          ///< 1 - tau where it was recognised.
  double energy = 0.0;  ///< Limit of E along the path; in the linear regime smaller than that
                        ///< of the limit at tau = 1.
  Vector
      linear_rate;  ///< s, lim (1 - tau) w, user's units; zero without patterns of linear growth.
};

/// What the outputs are at a limit of infinite weights, or of plateaus that move away.
enum class LimitKind {
  step,                     ///< All patterns are saturated.
  step_with_free_patterns,  ///< Some are, the others are not.
  exponential,              ///< One plateau has moved away; see ExponentialCurve.
  line,                     ///< Both have, and the slopes are zero; see LinearCurve.
  constant                  ///< All outputs are the same.
};

/// "step", "step with free patterns", "exponential", "line", "constant".
[[nodiscard]] std::string_view to_string(LimitKind kind) noexcept;

/// Outputs offset + factor exp(x . rate): what is left of a sigmoid of which the data show one plateau. Beside a known
/// part o of the node inputs the exponent is x . rate + k o, k = 2 for tanh and 1 for the logistic function, with the sign
/// of the factor.
struct ExponentialCurve {
  double offset = 0.0;
  double factor = 0.0;
  Vector rate;  ///< s, user's units, with the rate of the bias zero.
};

/// Outputs offset + x . slope: what is left of sigmoids whose slope comes to nothing while both plateaus move away.
struct LinearCurve {
  double offset = 0.0;
  Vector slope;  ///< s, user's units.
};

/// A limit of weights that grow without bound: the ray `weights` + t `direction`, t -> infinity. It
/// is a projection of y on a stratum of the closure of the data manifold (docs/theory.md, section
/// 8): patterns with sign +1 or -1 are saturated and contribute a constant, those with sign 0 are
/// free and form a perceptron of lower dimension, of which `weights` is a stationary point.
///
/// Of a curve that ran away it is the ray along which it was left, and nothing more is known.
struct InfinitePoint {
  Vector weights;    ///< s, user's units; give the free patterns their node inputs.
  Vector direction;  ///< s, user's units, length one. x_i.d has the sign signs[i], and is zero
                     ///< on free patterns.
  std::vector<int> signs;                                    ///< L
  double energy = std::numeric_limits<double>::quiet_NaN();  ///< E of the limit at tau = 1.
  std::optional<bool> local_infimum;  ///< Nothing: the first-order criterion does not decide.
  std::string reason;                 ///< One sentence for the above.
  std::string found_by;
  std::optional<Approach> approach;  ///< Of the limit of a natural path.
  /// Plateaus, low < high, of a limit of a network of which an end of the range is fitted; of a constant both
  /// are its value.
  std::optional<Range> range;
  std::optional<ExponentialCurve> exponential;  ///< What the outputs are instead, if they are one.
  std::optional<LinearCurve> line;              ///< The same.

  [[nodiscard]] LimitKind kind() const noexcept;
};

}  // namespace tautrack
