#pragma once

#include <memory>
#include <optional>

#include "tautrack/core/column_space.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/data/output_range.hpp"
#include "tautrack/geometry/data_manifold.hpp"
#include "tautrack/network/activation.hpp"

namespace tautrack {

/// Weights and plateaus of a sigmoid, or a change of them.
struct AmplitudeCurve {
  Vector weights;  ///< s, user's units.
  Range range;     ///< Low and high plateau; of a change, by how much each moves.
};

/// The data manifold { low + (high - low) sigma01(X w) } of an amplitude model, one or both plateaus of which are
/// fitted, at tau = 1 (docs/theory.md, section 15): of dimension rank X + 1 or + 2 in R^L, scaled as that of
/// DataManifold: coordinate i times sqrt(omega_i).
///
/// Its points are ManifoldPoints, and curvature.hpp and caustic.hpp apply. The parameters v of these, in which
/// accelerations and moves are told, are the coordinates of the weights (see ColumnSpace), then the low plateau if it
/// is fitted, then the high one. leverages() and largest_bends() of a point multiply to a bound of what its patterns
/// bend, as they do for a perceptron.
///
/// Theorems on all of the manifold do not hold here. It is a cone, or a cylinder over one: curvature grows like
/// 1 / (high - low), so that its reach is zero; and chords may be normal to it, so that even a target on the manifold
/// may have other stationary points (not with one input and a bias).
///
/// Method: the tangent space is spanned by 1 and s (or s alone), s' and s' x. Near an exponential (all patterns at the
/// foot or the shoulder of the sigmoid) and near the straight line these are nearly dependent. For tanh and
/// logistic, with the constant among the columns of X, other spanning functions are taken that are not, each with its
/// second derivatives modulo the tangent space: with d = x.w from the pattern with the largest slope s0 (1 - s0), psi =
/// (e^d - 1) / (1 + s0 (e^d - 1)) in place of s and psi^2 in place of s'; near the straight line also
/// t = (d - sinh d) e^d / (1 + s0 (e^d - 1))^2 in place of d s'. Of these frames that one counts whose columns are
/// least dependent.
class AmplitudeManifold {
 public:
  /// @param range At least one end is free. @param rank_tolerance See ColumnSpace.
  /// @throws DataError when the problem is unusable; std::invalid_argument when both ends of the range are known.
  AmplitudeManifold(Problem problem, Activation activation, const OutputRange& range,
                    double rank_tolerance = 1e-11);

  [[nodiscard]] const Problem& problem() const noexcept { return problem_; }
  [[nodiscard]] const ColumnSpace& space() const noexcept { return space_; }
  [[nodiscard]] Index ambient() const noexcept { return problem_.y.size(); }  ///< m = L
  [[nodiscard]] Index dimension() const noexcept {                            ///< n
    return space_.rank() + (range_.low || range_.high ? 1 : 2);
  }
  [[nodiscard]] Index codimension() const noexcept { return ambient() - dimension(); }
  /// Directions in which the manifold is straight, whatever the normal: one for each fitted plateau.
  [[nodiscard]] Index straight_directions() const noexcept { return dimension() - space_.rank(); }

  /// The curve with these weights and the plateaus that fit best. Where the best height is negative the curve is told
  /// with weights of the other sign, low < high; a plateau that is known then is the other one. Nothing where the best
  /// height is zero to rounding.
  /// @param weights s, finite. Cost: L s.
  [[nodiscard]] std::optional<AmplitudeCurve> best_curve(const Vector& weights) const;

  /// A point of the manifold. Nothing where its tangent space has not the full dimension to rounding (too few
  /// different patterns, or too many that are saturated).
  /// @param curve low < high; the plateau that is known is one of the two.
  /// @throws std::invalid_argument when it is not so. Cost: L n^2.
  [[nodiscard]] std::optional<ManifoldPoint> at(const AmplitudeCurve& curve) const;

  /// The same with the residual of the plateaus that fit best to its weights, which are those of `curve` to rounding:
  /// no digits are lost where plateaus are far away.
  [[nodiscard]] std::optional<ManifoldPoint> at_best(const AmplitudeCurve& curve) const;

  /// Parameters v of a point, or a move of them, in the user's units.
  /// @param near Which plateau is known is that of this curve.
  [[nodiscard]] AmplitudeCurve curve(const Vector& v, const AmplitudeCurve& near) const;

 private:
  enum class Known { none, low, high };

  [[nodiscard]] Known known_end(const Range& range) const;
  [[nodiscard]] std::optional<ManifoldPoint> at(const AmplitudeCurve& curve,
                                                bool fits_plateaus) const;

  Problem problem_;
  Activation activation_;
  OutputRange range_;
  Vector root_;  ///< L, square roots of the pattern weights.
  ColumnSpace space_;
  Matrix basis_;  ///< L x rank
  Vector
      constant_;  ///< rank: basis_ constant_ = 1; empty where 1 is not in the span of the columns.
};

}  // namespace tautrack
