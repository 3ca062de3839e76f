#include "corrector/newton.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/text.hpp"

namespace tautrack {

namespace {

/// |H| below this multiple of epsilon times its scale is rounding.
constexpr double kRounding = 8.0 * std::numeric_limits<double>::epsilon();

/// A first residual up to this times its scale may be made of rounding; a step of more than
/// kClearlyLonger times what tau loses to rounding is not.
constexpr double kNoise = 10.0 * kRounding;
constexpr double kClearlyLonger = 10.0;

/// Steps that no longer shrink to this part have reached the level of rounding.
constexpr double kStalled = 0.5;

/// Twice the rounding of tau relative to tau.
constexpr double kTauRounding = 2.0 * std::numeric_limits<double>::epsilon();

/// A Newton step longer than this is no rounding error, whatever the residual: the system is
/// singular to working precision (saturated units) and the point means nothing.
constexpr double kLargestRoundingStep = 1e-5;

/// A linearisation nearer than this to the point is as good as one at the point.
constexpr double kSamePoint = 1e-8;

/// A factorisation that contracts less than this is not used again.
constexpr double kGoodContraction = 0.05;

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
  if (!(reuse >= 0.0 && reuse <= 0.1))
    return "corrector reuse must lie in [0, 0.1], got " + number(reuse);
  return krylov.invalid_reason();
}

Corrector::Corrector(HomotopyRef homotopy, const CorrectorOptions& options)
    : homotopy_(homotopy),
      options_(options),
      H_(homotopy.size()),
      H_tau_(homotopy.size()),
      step_(homotopy.size() + 1),
      tau_axis_(Vector::Unit(homotopy.size() + 1, homotopy.size())),
      linearised_(Vector::Constant(homotopy.size() + 1, std::numeric_limits<double>::infinity())),
      evaluated_(linearised_) {
  const Index n = homotopy.size();
  if (homotopy.is_matrix_free()) {
    diagonal_.resize(n);
    krylov_ = std::make_unique<BorderedKrylov>(
        n, [homotopy](const Vector& p, Vector& out) { homotopy.hessian_product(p, out); },
        options.krylov);
  } else {
    H_x_.resize(n, n);
    bordered_ = std::make_unique<BorderedMatrix>(n);
  }
}

void Corrector::update_residual_scale(const Vector& x, double tau) {
  residual_scale_ = krylov_ ? homotopy_.residual_scale(x, tau, diagonal_.norm(), H_tau_)
                            : homotopy_.residual_scale(x, tau, H_x_, H_tau_);
}

bool Corrector::factor(const Vector& border, const MetricScales& scales) {
  ++factorisations_;
  return krylov_ ? krylov_->factor(diagonal_, H_tau_, border, scales)
                 : bordered_->factor(H_x_, H_tau_, border, scales);
}

bool Corrector::refactor(const Vector& border, const MetricScales& scales) {
  if (krylov_) {
    homotopy_.parameter_derivative(H_tau_);
    homotopy_.preconditioner(diagonal_);
    linearised_ = evaluated_;
  }
  return factor(border, scales);
}

void Corrector::tangent(Vector& t) {
  if (krylov_) {
    static_cast<void>(krylov_->tangent(t));
  } else {
    bordered_->tangent(t);
  }
}

void Corrector::solve(const Vector& right, double last, Vector& z) {
  if (krylov_) {
    static_cast<void>(krylov_->solve(right, last, options_.krylov.series_tolerance, 0.0, z));
  } else {
    bordered_->solve(right, last, z);
  }
}

int Corrector::determinant_sign() const { return krylov_ ? 0 : bordered_->determinant_sign(); }

double Corrector::reciprocal_condition() {
  return krylov_ ? 1.0 : bordered_->reciprocal_condition();
}

bool Corrector::evaluate(const Vector& x, double tau) {
  if (krylov_) {
    homotopy_.residual(x, tau, H_);
    homotopy_.parameter_derivative(H_tau_);
    homotopy_.preconditioner(diagonal_);
  } else {
    homotopy_.derivatives(x, tau, H_, H_x_, H_tau_);
  }
  ++evaluations_;
  linearised_ << x, tau;
  evaluated_ = linearised_;
  if (!H_.allFinite() || !H_x_.allFinite() || !H_tau_.allFinite() || !diagonal_.allFinite())
    return false;
  update_residual_scale(x, tau);
  return true;
}

bool Corrector::linearise(const Vector& x, double tau, const Vector& border,
                          const MetricScales& scales) {
  return evaluate(x, tau) && factor(border, scales);
}

bool Corrector::settle(const Vector& x, double tau, const Vector& border,
                       const MetricScales& scales, const Correction& correction) {
  return correction.linearisation_distance <= kSamePoint || linearise(x, tau, border, scales);
}

double Corrector::distance(const Vector& z, const Vector& x, double tau,
                           const MetricScales& scales) {
  const Index n = x.size();
  return std::hypot((z.head(n) - x).norm() / scales.unknown, (z(n) - tau) / scales.parameter);
}

bool Corrector::is_near(const Vector& x, double tau, const MetricScales& scales,
                        double reach) const {
  return linearisation_distance(x, tau, scales) <= reach &&
         distance(evaluated_, x, tau, scales) <= reach * reach;
}

Correction Corrector::correct(Vector& x, double& tau, Constraint constraint, const Vector& normal,
                              const MetricScales& scales, bool polish) {
  Correction result = iterate(x, tau, constraint, normal, scales, polish);
  if (!krylov_ || !result.converged) return result;
  result.error = std::max(result.error, options_.krylov.correction_tolerance * result.last_step);
  // A point is worth nothing without its tangent, and it is known here why there is none.
  if (!krylov_->tangent(tangent_)) {
    result.converged = false;
    result.failure = solver_failed() ? solver_failure : "the curve has no tangent at the point";
  }
  return result;
}

/// The step of Newton's method from (x, tau), or with `reuse` of the chord method with the factorisation
/// that there is. Returns why there is none, or null.
const char* Corrector::newton_step(const Vector& x, double tau, const Vector& border,
                                   const MetricScales& scales, bool reuse) {
  if (reuse) {
    homotopy_.residual(x, tau, H_);
    evaluated_ << x, tau;
    update_residual_scale(x, tau);
  } else if (!linearise(x, tau, border, scales)) {
    return "the derivatives at an iterate are not finite or vanish";
  }
  if (krylov_) {
    static_cast<void>(krylov_->solve(H_, 0.0, options_.krylov.correction_tolerance,
                                     kRounding * residual_scale_, step_));
  } else {
    bordered_->solve(H_, 0.0, step_);
  }
  if (!step_.allFinite())
    return solver_failed() ? solver_failure : "the bordered matrix is singular at an iterate";
  const double largest = krylov_ ? diagonal_.maxCoeff() : H_x_.cwiseAbs().maxCoeff();
  if (!(std::max(residual_scale_, largest * scales.unknown) > kUnderflow))
    return "H and H_x underflow at an iterate: the units are saturated";
  return nullptr;
}

Correction Corrector::iterate(Vector& x, double& tau, Constraint constraint, const Vector& normal,
                              const MetricScales& scales, bool polish) {
  const Index n = x.size();
  assert(n == H_.size());
  const bool fixed = constraint == Constraint::fixed_tau;
  assert(fixed || normal.size() == n + 1);
  Correction result;
  double previous = std::numeric_limits<double>::infinity();
  double first_residual = 0.0;
  bool polishing = false;
  const bool can_reuse = homotopy_.has_residual();
  const bool keeps_displacement = homotopy_.has_last_displacement();
  double since_linearisation = 0.0;
  bool renew = true;  // linearise at the next iterate
  for (int k = 0; k < options_.max_iterations; ++k) {
    const bool reuses = !renew;
    if (!reuses) since_linearisation = 0.0;
    if (const char* failure = newton_step(x, tau, fixed ? tau_axis_ : normal, scales, reuses)) {
      result.failure = failure;
      return result;
    }
    if (k > 0 && keeps_displacement) result.displacement += homotopy_.last_displacement();
    if (fixed) step_(n) = 0.0;
    const double length = metric_norm(step_, scales);
    const double residual = H_.norm();
    // A step of tau below its own rounding is lost, and with it the contraction.
    const double lost = fixed ? 0.0 : kTauRounding * std::abs(tau) / scales.parameter;
    const bool rounding = (residual <= kRounding * residual_scale_ || length <= lost) &&
                          length <= kLargestRoundingStep;
    if (polishing && length >= kStalled * previous)
      return result;  // converged before: rounding reached
    result.iterations = k + 1;
    if (k == 0) {
      result.first_step = length;
      first_residual = residual;
    }
    // Nor does a first step that rounding has made tell anything about contraction, as on the way to a
    // tau next to a fold. (Along the curve it does: where such steps do not contract, the system is
    // close to singular to working precision.)
    const bool is_noise = fixed && first_residual <= kNoise * residual_scale_;
    if (k == 1 && previous > kClearlyLonger * lost && !is_noise)
      result.contraction = length / previous;
    if (k > 0 && !rounding && !polishing && length > options_.max_contraction * previous) {
      renew = reuses;
      if (renew) continue;  // perhaps the old factorisation is to blame
      result.failure = "Newton's method does not contract";
      return result;
    }
    x -= step_.head(n);
    if (!fixed) tau -= step_(n);
    result.last_step = length;
    since_linearisation += length;
    result.linearisation_distance = since_linearisation;
    result.error = rounding ? length : length * since_linearisation;
    result.residual = residual;
    result.residual_scale = residual_scale_;
    if (length <= options_.tolerance || rounding) {
      result.converged = true;
      // At the level of rounding the steps still shrink for a while.
      const bool go_on = polish || length > options_.tolerance;
      // What the next step would be, at the contraction of this one.
      const double next = k > 0 ? length * (length / previous) : length;
      if (!go_on || next <= std::numeric_limits<double>::epsilon()) return result;
      polishing = true;
    }
    const bool slow = reuses && length > kGoodContraction * previous;
    renew = slow || !(can_reuse && length <= options_.reuse);
    // The Newton step after a slow chord step is measured against the step before that.
    if (!slow) previous = length;
  }
  if (!result.converged) result.failure = "Newton's method takes too many iterations";
  return result;
}

}  // namespace tautrack
