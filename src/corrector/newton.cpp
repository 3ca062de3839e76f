#include "tautrack/corrector/newton.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/text.hpp"

namespace tautrack {

namespace {

/// |H| below this multiple of epsilon times its scale is rounding.
constexpr double kRounding = 8.0 * std::numeric_limits<double>::epsilon();

/// Twice the rounding of tau relative to tau.
constexpr double kTauRounding = 2.0 * std::numeric_limits<double>::epsilon();

/// A Newton step longer than this is no rounding error, whatever the residual: the system is
/// singular to working precision (saturated units) and the point means nothing.
constexpr double kLargestRoundingStep = 1e-5;

/// Where everything that H is made of is smaller, H is zero because it underflows.
constexpr double kUnderflow = 1e-280;

}  // namespace

std::optional<std::string> CorrectorOptions::invalid_reason() const {
  if (!(tolerance > 0.0 && tolerance <= 1e-3))
    return "corrector tolerance must lie in (0, 1e-3], got " + number(tolerance);
  if (!(max_contraction > 0.0 && max_contraction < 1.0))
    return "corrector max_contraction must lie in (0, 1), got " + number(max_contraction);
  if (max_iterations <= 0)
    return "corrector max_iterations must be > 0, got " + std::to_string(max_iterations);
  return std::nullopt;
}

Corrector::Corrector(HomotopyRef homotopy, const CorrectorOptions& options)
    : homotopy_(homotopy),
      options_(options),
      H_(homotopy.size()),
      H_tau_(homotopy.size()),
      step_(homotopy.size() + 1),
      tau_axis_(Vector::Unit(homotopy.size() + 1, homotopy.size())),
      H_x_(homotopy.size(), homotopy.size()),
      bordered_(homotopy.size()) {}

bool Corrector::evaluate(const Vector& x, double tau) {
  homotopy_.derivatives(x, tau, H_, H_x_, H_tau_);
  ++evaluations_;
  if (!H_.allFinite() || !H_x_.allFinite() || !H_tau_.allFinite()) return false;
  residual_scale_ = homotopy_.residual_scale(x, tau, H_x_, H_tau_);
  return true;
}

bool Corrector::linearise(const Vector& x, double tau, const Vector& border,
                          const MetricScales& scales) {
  if (!evaluate(x, tau)) return false;
  ++factorisations_;
  return bordered_.factor(H_x_, H_tau_, border, scales);
}

Correction Corrector::correct(Vector& x, double& tau, Constraint constraint, const Vector& normal,
                              const MetricScales& scales, bool polish) {
  const Index n = x.size();
  assert(n == H_.size());
  const bool fixed = constraint == Constraint::fixed_tau;
  assert(fixed || normal.size() == n + 1);
  Correction result;
  double previous = std::numeric_limits<double>::infinity();
  bool polishing = false;
  for (int k = 0; k < options_.max_iterations; ++k) {
    if (!linearise(x, tau, fixed ? tau_axis_ : normal, scales)) {
      result.failure = "the derivatives at an iterate are not finite or vanish";
      return result;
    }
    bordered_.solve(H_, 0.0, step_);
    if (!step_.allFinite()) {
      result.failure = "the bordered matrix is singular at an iterate";
      return result;
    }
    if (fixed) step_(n) = 0.0;
    if (!(std::max(residual_scale_, H_x_.cwiseAbs().maxCoeff() * scales.unknown) > kUnderflow)) {
      result.failure = "H and H_x underflow at an iterate: the units are saturated";
      return result;
    }
    const double length = metric_norm(step_, scales);
    const double residual = H_.norm();
    // A step of tau below its own rounding is lost, and with it the contraction.
    const double lost = fixed ? 0.0 : kTauRounding * std::abs(tau) / scales.parameter;
    const bool rounding = (residual <= kRounding * residual_scale_ || length <= lost) &&
                          length <= kLargestRoundingStep;
    if (polishing && length >= 0.5 * previous) return result;  // converged before: rounding reached
    result.iterations = k + 1;
    if (k == 0) result.first_step = length;
    if (k == 1 && previous > 10.0 * lost) result.contraction = length / previous;
    if (k > 0 && !rounding && !polishing && length > options_.max_contraction * previous) {
      result.failure = "Newton's method does not contract";
      return result;
    }
    x -= step_.head(n);
    if (!fixed) tau -= step_(n);
    result.last_step = length;
    result.error = rounding ? length : length * length;
    result.residual = residual;
    result.residual_scale = residual_scale_;
    if (length <= options_.tolerance || rounding) {
      result.converged = true;
      // At the level of rounding the steps still shrink for a while.
      const bool go_on = polish || length > options_.tolerance;
      if (!go_on || length <= std::numeric_limits<double>::epsilon()) return result;
      polishing = true;
    }
    previous = length;
  }
  if (!result.converged) result.failure = "Newton's method takes too many iterations";
  return result;
}

}  // namespace tautrack
