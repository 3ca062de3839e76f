#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "tautrack/core/types.hpp"
#include "tautrack/homotopy/homotopy.hpp"

/// Compares what a homotopy says about its derivatives with differences of what it says one
/// derivative lower. Every number is a largest error relative to the largest entry of what is
/// compared (or to one when all of them are smaller); it is not a number when any entry is not
/// finite.
namespace tautrack::support {

/// Steps of the differences: about 1/200 of the length over which the homotopy bends.
struct DifferenceSteps {
  double unknown = 4e-3;
  double parameter = 4e-3;
};

struct DerivativeErrors {
  double H_x = 0.0;        ///< H_x against differences of H.
  double H_tau = 0.0;      ///< H_tau against differences of H.
  double symmetry = 0.0;   ///< H_x against its transpose; 0 when symmetric() is not claimed.
  double form_by_x = 0.0;  ///< hessian_form_gradient against differences of psi' H_x phi.
  double form_by_tau = 0.0;
  [[nodiscard]] double largest() const {
    double worst = 0.0;
    for (const double error : {H_x, H_tau, symmetry, form_by_x, form_by_tau}) {
      if (std::isnan(error)) return error;
      worst = std::max(worst, error);
    }
    return worst;
  }
};

/// d/dt of f(t), a Matrix or Vector, at t = 0: the central difference of order six,
/// sum_k c_k (f(k h) - f(-k h)) / h with c = 3/4, -3/20, 1/60.
template <class Function>
[[nodiscard]] Matrix sixth_order_difference(const Function& f, double h) {
  Matrix sum = 45.0 * (f(h) - f(-h));
  sum -= 9.0 * (f(2.0 * h) - f(-2.0 * h));
  sum += f(3.0 * h) - f(-3.0 * h);
  return sum / (60.0 * h);
}

/// Largest |a - b|, relative to the largest |b| when that exceeds one.
[[nodiscard]] inline double relative_error(const Matrix& a, const Matrix& b) {
  if (!a.allFinite() || !b.allFinite()) return std::numeric_limits<double>::quiet_NaN();
  return (a - b).cwiseAbs().maxCoeff() / std::max(1.0, b.cwiseAbs().maxCoeff());
}

/// All errors at (x, tau); psi and phi (n) are the vectors of hessian_form_gradient.
[[nodiscard]] inline DerivativeErrors check_derivatives(HomotopyRef homotopy, const Vector& x,
                                                        double tau, const Vector& psi,
                                                        const Vector& phi,
                                                        const DifferenceSteps& steps = {}) {
  const Index n = homotopy.size();
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  const auto residual = [&](const Vector& point, double parameter) -> Matrix {
    homotopy.derivatives(point, parameter, H, H_x, H_tau);
    return H;
  };
  const auto form = [&](const Vector& point, double parameter) -> Matrix {
    homotopy.derivatives(point, parameter, H, H_x, H_tau);
    return Matrix::Constant(1, 1, psi.dot(H_x * phi));
  };
  Matrix H_x_differences(n, n);
  Vector by_x(n), by_x_differences(n);
  double by_tau = 0.0;
  for (Index j = 0; j < n; ++j) {
    const auto along = [&](double t) -> Vector { return x + t * Vector::Unit(n, j); };
    H_x_differences.col(j) =
        sixth_order_difference([&](double t) { return residual(along(t), tau); }, steps.unknown);
    by_x_differences(j) =
        sixth_order_difference([&](double t) { return form(along(t), tau); }, steps.unknown)(0, 0);
  }
  const Matrix H_tau_differences =
      sixth_order_difference([&](double t) { return residual(x, tau + t); }, steps.parameter);
  const Matrix by_tau_differences =
      sixth_order_difference([&](double t) { return form(x, tau + t); }, steps.parameter);
  homotopy.hessian_form_gradient(x, tau, psi, phi, by_x, by_tau);
  homotopy.derivatives(x, tau, H, H_x, H_tau);  // last: the differences used the same storage

  DerivativeErrors errors;
  errors.H_x = relative_error(H_x, H_x_differences);
  errors.H_tau = relative_error(H_tau, H_tau_differences);
  if (homotopy.symmetric()) errors.symmetry = relative_error(H_x, H_x.transpose());
  errors.form_by_x = relative_error(by_x, by_x_differences);
  errors.form_by_tau = relative_error(Matrix::Constant(1, 1, by_tau), by_tau_differences);
  return errors;
}

}  // namespace tautrack::support
