#pragma once

#include <Eigen/LU>

#include "tautrack/core/metric.hpp"
#include "tautrack/core/types.hpp"

namespace tautrack {

/// The bordered matrix of a curve H(x, tau) = 0,
///
///     B = [ H_x  H_tau ]   n rows
///         [   border   ]   1 row: z -> metric_dot(border, z)
///
/// in scaled unknowns, rows equilibrated, factored once by LU with partial pivoting (2/3 n^3), or
/// inverted where n is a handful. At a fold H_x is singular and B is not; at a branch point B is
/// singular (Keller 1977).
class BorderedMatrix {
 public:
  explicit BorderedMatrix(Index n);

  /// @param border n + 1, not zero. @return false if an entry is not finite or a row is zero.
  bool factor(const Matrix& H_x, const Vector& H_tau, const Vector& border,
              const MetricScales& scales);

  /// Solves B z = (rhs, last). @pre factor() returned true. @param z n + 1, overwritten.
  void solve(const Vector& rhs, double last, Vector& z);

  /// The unit tangent: B t = (0, 1), scaled to length one in the metric, so border . t > 0.
  void tangent(Vector& t);

  /// 1 / condition number of the scaled matrix (1-norm), in [0, 1]; for more than a handful of
  /// unknowns an estimate: never too small, rarely more than three times too large (Higham 1988).
  [[nodiscard]] double reciprocal_condition() const;

  /// Sign of det B: constant along a smooth curve as long as border . tangent > 0 (a positive row
  /// scaling does not change it); it changes at a branch point of odd multiplicity.
  [[nodiscard]] int determinant_sign() const;

 private:
  void factor_small(const Matrix& H_x, const Vector& H_tau, const Vector& border, double by_unknown,
                    double by_parameter);

  Index n_;
  bool small_;  ///< Inverted; else factored in lu_.
  MetricScales scales_;
  Matrix matrix_;
  Vector row_scale_;  ///< n, factors that make the largest entry of each row one.
  Vector right_;      ///< n + 1.
  Vector zero_;       ///< n.
  Matrix inverse_;    ///< Of a small matrix, scales included.
  double reciprocal_condition_ = 0.0;
  int sign_ = 0;
  Eigen::PartialPivLU<Matrix> lu_;
};

}  // namespace tautrack
