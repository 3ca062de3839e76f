#pragma once

#ifdef TAUTRACK_WITH_FLINT

#include <limits>
#include <vector>

#include "tautrack/core/types.hpp"

#include "certify/ball.hpp"

/// Rigorous bounds from plain double arithmetic, rounded to nearest: a sum of k products in any order,
/// with or without fused multiply-add, is off by at most gamma_k = k u / (1 - k u) times the sum of
/// their sizes, u = 2^-53, plus what underflows (Higham, Accuracy and Stability of Numerical
/// Algorithms, 2002, sections 3.1 and 2.1).
namespace tautrack::ball {

/// u
constexpr double kRounding = 0.5 * std::numeric_limits<double>::epsilon();

/// More than all that underflows in a sum of fewer than 2^50 products.
constexpr double kUnderflow = std::numeric_limits<double>::min();

/// A sum of `terms` non-negative products, computed in double and perhaps rooted or multiplied a few
/// times more, comes to at least its true value when multiplied by this.
inline double slack(Index terms) { return 1.0 + 2.0 * kRounding * static_cast<double>(terms + 16); }

/// M x or more, of any exponent. @pre M >= 0.
[[nodiscard]] std::vector<Bound> product_above(const Eigen::Ref<const Matrix>& M,
                                               const std::vector<Bound>& x);

/// M' x or more. @pre M >= 0.
[[nodiscard]] std::vector<Bound> transposed_product_above(const Eigen::Ref<const Matrix>& M,
                                                          const std::vector<Bound>& x);

}  // namespace tautrack::ball

#endif
