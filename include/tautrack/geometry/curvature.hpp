#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tautrack/core/types.hpp"
#include "tautrack/geometry/data_manifold.hpp"

namespace tautrack {

/// Principal curvatures of a data manifold in one normal direction: eigenvalues of the shape operator.
/// Positive: the manifold bends towards the normal.
struct PrincipalCurvatures {
  Vector values;      ///< n, ascending, per unit of ambient length.
  Matrix directions;  ///< n x n, column j: v-direction a with |J a| = 1 of curvature j.
};

/// @param normal m; normalised here. Only its normal part counts at a point that is not stationary.
/// Cost: m n^2 + O(n^3). Source: docs/theory.md, section 4.
[[nodiscard]] PrincipalCurvatures principal_curvatures(const ManifoldPoint& point,
                                                       const Vector& normal);

/// How the largest curvature was found.
enum class CurvatureMethod {
  flat,          ///< Nothing curves: m = n, or tau = 0.
  curve,         ///< n = 1: closed form.
  hypersurface,  ///< m = n + 1: eigenvalues of the one shape operator.
  ellipse,       ///< n = 2: farthest point of the curvature ellipse, roots of a quartic.
  pencil,        ///< m = n + 2: largest shape operator over the circle of normals, by bisection
                 ///< with bounds.
  ascent         ///< Alternating ascent from many starts: a lower bound.
};

[[nodiscard]] std::string_view to_string(CurvatureMethod method) noexcept;

/// |k|max = max over unit normals nu of |S_nu| = max over unit tangents p of |II(p, p)|.
struct LargestCurvature {
  double value =
      0.0;  ///< Attained by `direction`; the maximum itself unless the method is `ascent`.
  double upper = 0.0;  ///< >= the maximum, to rounding; equals `value` where that is the maximum.
  CurvatureMethod method = CurvatureMethod::flat;
  std::string upper_from;  ///< What the upper bound rests on, a few words.
  Vector
      direction;  ///< n, v-direction of length one on the manifold, |J a| = 1; may be empty when flat.
  Vector normal;  ///< m, II(p, p) / |II(p, p)|; empty when flat.
};

/// Effort of largest_curvature() where no closed form applies; of large problems (m n of some millions)
/// it takes less than is allowed here, about a second.
struct CurvatureOptions {
  int starts = 32;       ///< > 0. Of the ascent; the first ones are the patterns that bend most.
  int iterations = 200;  ///< > 0. Of one ascent.
  double tolerance = 1e-14;  ///< > 0. Relative growth at which an ascent ends.
  std::uint64_t seed = 0;

  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// Source: docs/theory.md, sections 4 and 6.
/// Cost of an ascent: 4 m n for each iteration, with O(m n^2) instead where n is small.
/// @throws std::invalid_argument when an option breaks its rule.
[[nodiscard]] LargestCurvature largest_curvature(const ManifoldPoint& point,
                                                 const CurvatureOptions& options = {});

/// Intrinsic and parameter-effects curvature of Bates & Watts (J. R. Stat. Soc. B 42, 1980): the
/// largest normal and tangential part of the acceleration along unit tangent vectors.
struct BatesWatts {
  double intrinsic = 0.0;  ///< |k|max, as largest_curvature() finds it.
  double parameter_effects =
      0.0;  ///< max |P_T acceleration(p, p)|, by ascent: a lower bound. Of the parameters
            ///< v: weights, and plateaus where they are fitted.
  double rho =
      0.0;  ///< Standard radius s_hat sqrt(n), s_hat^2 = |y - z|^2 / (m - n); 0 when m = n.
  double threshold = 0.0;  ///< 1 / (2 sqrt(F(n, m - n; 0.95))): below it a relative curvature
                           ///< (times rho) is small (Bates & Watts 1980, section 3); 0 when m = n.
};
[[nodiscard]] BatesWatts bates_watts(const ManifoldPoint& point, const LargestCurvature& largest,
                                     const CurvatureOptions& options = {});

}  // namespace tautrack
