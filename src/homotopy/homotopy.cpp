#include "tautrack/homotopy/homotopy.hpp"

#include <cassert>
#include <cmath>
#include <limits>

#include "core/text.hpp"

namespace tautrack {

std::string HomotopyRef::where(double tau) const {
  return table_->where ? table_->where(object_, tau) : "tau = " + number(tau);
}

void HomotopyRef::hessian_form_gradient(const Vector& x, double tau, const Vector& psi,
                                        const Vector& phi, Vector& by_x, double& by_tau) const {
  if (table_->hessian_form_gradient) {
    table_->hessian_form_gradient(object_, x, tau, psi, phi, by_x, by_tau);
    return;
  }
  assert(!is_matrix_free());
  const Index n = size();
  const double root = std::cbrt(std::numeric_limits<double>::epsilon());
  const MetricScales natural = scales(x, tau);
  Vector H(n), H_tau(n), at = x;
  Matrix H_x(n, n);
  const auto form = [&](const Vector& point, double parameter) {
    derivatives(point, parameter, H, H_x, H_tau);
    return psi.dot(H_x * phi);
  };
  for (Index j = 0; j < n; ++j) {
    const double step = root * std::max(std::abs(x(j)), natural.unknown);
    at(j) = x(j) + step;
    const double above = form(at, tau);
    at(j) = x(j) - step;
    by_x(j) = (above - form(at, tau)) / (2.0 * step);
    at(j) = x(j);
  }
  const double step = root * natural.parameter;
  by_tau = (form(x, tau + step) - form(x, tau - step)) / (2.0 * step);
}

}  // namespace tautrack
