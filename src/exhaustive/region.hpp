#pragma once

#include <string>

#include "tautrack/core/stop_condition.hpp"

#include "exhaustive/rows.hpp"

namespace tautrack::exhaustive {

/// Where to look, in the scaled weights of Rows.
struct Region {
  Point box;
  bool holds_all = false;  ///< Proven: no stationary point lies outside.
  bool is_empty = false;   ///< Proven: no stationary point lies anywhere.
  std::string reason;
};

/// A region that holds all stationary points, by the first of these that applies.
///
/// 1. Nothing is stationary: signs alone exclude every w (SignTest with the signs of the patterns
///    whose target is not inside the range).
/// 2. All targets inside the range: let theta_i be the x_i.w with sigma(theta_i + offset_i) = y_i. A
///    stationary point solves the linear least-squares problem x_i.w = theta_i with the pattern
///    weights omega_i sigma'(u_i) (sigma(u_i) - y_i) / (x_i.w - theta_i), all of them positive (where
///    x_i.w = theta_i the limit, sigma'^2). A least-squares solution is a convex combination of the
///    solutions of its n x n subsystems (Jacobi 1841; Ben-Tal & Teboulle, A geometric property of
///    the least squares solution of linear equations, Linear Algebra Appl. 139, 1990), and these
///    do not depend on the pattern weights: their hull holds every stationary point. A ridge term
///    is one more row for each weight, with theta = 0.
/// 3. Ridge on every weight: 0 = w.grad E >= sum_j ridge_j w_j^2 - sum_i factor_i (m + |offset_i|) (1 + |Y_i|)
///    with m = max x S'(x), because |S(x) - Y| <= 1 + |Y| and S' <= 1.
///
/// Otherwise the box that holds |u| <= 50 for independent patterns of small inputs, and no proof;
/// the same where `stop` is met before 2. is done.
[[nodiscard]] Region find_region(const Rows& rows, const SignTest& signs,
                                 const StopCondition& stop);

}  // namespace tautrack::exhaustive
