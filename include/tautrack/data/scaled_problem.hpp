#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/data/output_range.hpp"
#include "tautrack/data/svmlight.hpp"

namespace tautrack {

/// Outputs that run from `low` to `high` in the user's units instead of from l to h, the own range of an
/// activation. With unit = (high - low) / (h - l) a target y of the user is
///
///     y' = l + (y - low) / unit,
///
/// and a network fits low + unit (f(Xw) - l) to y where it fits f(Xw) to y'. Its weights, their stationary
/// points, Morse indices and taus are the same; with r and w in the user's units,
///
///     1/2 |r|^2 + ridge/2 |w|^2 = unit^2 (1/2 |r'|^2 + (ridge / unit^2)/2 |w|^2).
///
/// So gradients, Hessians and their eigenvalues scale as energies do, by unit^2; distances between outputs
/// (residuals, radii of curvature, the reach) by unit; curvatures by 1 / unit; products of the two not at all.
/// Whatever is proven is proven of the doubles y'.
class OutputScale {
 public:
  /// The own range itself: nothing changes.
  OutputScale() = default;

  /// @param own Range of the activation; both ends known.
  /// @param range Of the user; both ends known.
  /// @throws std::invalid_argument unless both are usable, and their widths such that squares of their
  /// quotient are numbers of full precision: between 1e-150 and 1e150.
  OutputScale(const OutputRange& own, const OutputRange& range);

  [[nodiscard]] bool is_identity() const noexcept { return is_identity_; }
  [[nodiscard]] double unit() const noexcept { return unit_; }
  [[nodiscard]] double low() const noexcept { return low_; }
  [[nodiscard]] double high() const noexcept { return high_; }

  /// y' of a target. Targets at an end of the range become exactly that end of the own range, those inside stay
  /// inside and those outside outside, however near the end they are.
  [[nodiscard]] double target(double y) const noexcept;
  [[nodiscard]] Vector targets(const Vector& y) const;

  /// The output in the user's units of one in those of the activation.
  [[nodiscard]] double output(double own) const noexcept;

  /// The ridge with which energies are those of the user's ridge, divided by unit^2.
  /// @throws std::invalid_argument where that is too large or too small for a number of full precision.
  [[nodiscard]] double ridge(double users) const;

  [[nodiscard]] double energy(double own) const noexcept { return square_ * own; }
  [[nodiscard]] double distance(double own) const noexcept { return unit_ * own; }
  [[nodiscard]] double curvature(double own) const noexcept { return own / unit_; }

 private:
  bool is_identity_ = true;
  double own_low_ = 0.0, own_high_ = 1.0;  // Not looked at by the identity.
  double low_ = 0.0, high_ = 1.0;
  double unit_ = 1.0, square_ = 1.0;
};

/// The problem with targets y' in place of y; the problem as given where the scale is the identity.
/// @throws DataError when a target is too large for a number in these units.
[[nodiscard]] std::shared_ptr<const Problem> scale_targets(std::shared_ptr<const Problem> given,
                                                           const OutputScale& scale);

/// The same of sparse inputs, which are shared.
[[nodiscard]] SparseProblem scale_targets(const SparseProblem& given, const OutputScale& scale);

/// Targets beyond the ends of a range, which no output reaches however large the weights are. (One at the end
/// itself is approached.)
struct UnreachableTargets {
  Index count = 0;
  Index of = 0;             ///< All targets.
  std::vector<Index> rows;  ///< The first few, from 0.
  double lowest = 0.0;      ///< Of all targets.
  double highest = 0.0;
  bool below = false;  ///< Some are below the low end,
  bool above = false;  ///< some above the high one.
};

/// @param range An end without a number excludes nothing.
/// @param most_rows Most that are named.
/// @return Nothing when all can be reached.
[[nodiscard]] std::optional<UnreachableTargets> unreachable_targets(const Vector& y,
                                                                    const OutputRange& range,
                                                                    std::size_t most_rows = 5);

}  // namespace tautrack
