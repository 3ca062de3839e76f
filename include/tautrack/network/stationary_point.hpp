#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "tautrack/core/types.hpp"
#include "tautrack/network/activation.hpp"

namespace tautrack {

/// How far it is known that a stationary point exists.
enum class PointStatus {
  certified,  ///< Proven: exactly one within the stated radius, with the stated Morse index.
  converged,  ///< Newton's method converged to rounding; nothing is proven.
  failed      ///< No point could be confirmed here; the reason says why.
};

[[nodiscard]] std::string_view to_string(PointStatus status) noexcept;

/// What the signs of the eigenvalues of the Hessian say.
enum class StationaryKind { minimum, saddle, maximum, degenerate };

[[nodiscard]] std::string_view to_string(StationaryKind kind) noexcept;

/// The kind of a point with this Morse index among n eigenvalues; degenerate without one.
[[nodiscard]] StationaryKind kind_of(std::optional<int> morse_index, Index n) noexcept;

/// From this data_sensitivity on a point exists only through the last digits of the data: the outputs of the
/// patterns that hold it there change as much as activations do.
inline constexpr double kBeyondPrecision = 0.1;

/// A stationary point of the energy at tau = 1: a projection of y on the data manifold.
struct StationaryPoint {
  Vector weights;  ///< s, user's units.
  double energy = std::numeric_limits<double>::quiet_NaN();
  StationaryKind kind = StationaryKind::degenerate;
  std::optional<int> morse_index;  ///< Negative eigenvalues; nothing when one has no sure sign.
  /// n, of the Hessian in orthonormal coordinates, ascending, with the signs that morse_index says. Empty only
  /// where the index is proven, ball arithmetic is missing, and rounding has changed a sign.
  Vector eigenvalues;
  PointStatus status = PointStatus::failed;
  std::string reason;    ///< Why it is not certified; empty when it is.
  double radius = 0.0;   ///< Certified: the true point lies within this distance of `weights`.
  std::string found_by;  ///< In words, such as "natural path".
  /// By how much a node input may change when each number of X changes in its last digit: max_i sum_j
  /// |x_ij w_j| 2^-52. Zero where nobody has asked.
  double data_sensitivity = 0.0;
  /// Plateaus of the outputs, low < high, where an end of the range is fitted.
  std::optional<Range> range;
  /// Points that symmetries of the network and of the data make of this one, itself among them, where such a family
  /// is told once. Inexact beyond 2^53.
  double copies = 1.0;

  [[nodiscard]] bool is_beyond_precision() const { return data_sensitivity > kBeyondPrecision; }
};

}  // namespace tautrack
