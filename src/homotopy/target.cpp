#include "homotopy/target.hpp"

#include <algorithm>
#include <cassert>

namespace tautrack {

TargetHomotopy::TargetHomotopy(const AnyNetwork& from, const AnyNetwork& to)
    : from_(from),
      to_(to),
      at_from_(from),
      at_to_(to),
      g0_(from.unknowns()),
      g1_(from.unknowns()),
      ignored_(from.unknowns()),
      H0_(from.unknowns(), from.unknowns()),
      H1_(from.unknowns(), from.unknowns()),
      change_(from.unknowns(), max_series_order + 2),
      t_(static_cast<std::size_t>(max_series_order) + 1),
      rest0_(from.unknowns()),
      rest1_(from.unknowns()) {
  assert(from.unknowns() == to.unknowns() && from.patterns() == to.patterns());
}

void TargetHomotopy::derivatives(const Vector& v, double t, Vector& H, Matrix& H_v, Vector& H_t) {
  const double scale0 = from_.derivatives(v, 1.0, at_from_, g0_, H0_, ignored_);
  const double scale1 = to_.derivatives(v, 1.0, at_to_, g1_, H1_, ignored_);
  scale_ = std::abs(1.0 - t) * scale0 + std::abs(t) * scale1;
  H = (1.0 - t) * g0_ + t * g1_;
  H_v = (1.0 - t) * H0_ + t * H1_;
  H_t = g1_ - g0_;
  t_.front() = t;
}

void TargetHomotopy::residual(const Vector& v, double t, Vector& H) {
  const double scale0 = from_.gradient(v, 1.0, at_from_, g0_);
  const double scale1 = to_.gradient(v, 1.0, at_to_, g1_);
  scale_ = std::abs(1.0 - t) * scale0 + std::abs(t) * scale1;
  H = (1.0 - t) * g0_ + t * g1_;
  t_.front() = t;
}

/// With D = grad E1 - grad E0: [a^(k+1)] (grad E0 + t D) = [a^(k+1)] grad E0 + sum_j t_j D_(k+1-j), where
/// t_(k+1) = 0 and D_(k+1) is without v_(k+1). Once v_k is known, D_k = (its rest) + D_v v_k.
double TargetHomotopy::append_series(int k, const Vector& v_k, double t_k, Vector& rest) {
  if (k == 1) {
    change_.col(0) = g1_ - g0_;
    change_.col(1).setZero();
  }
  change_.col(k).noalias() += H1_ * v_k;
  change_.col(k).noalias() -= H0_ * v_k;
  t_[static_cast<std::size_t>(k)] = t_k;
  const double displacement = from_.append_series(k, v_k, 0.0, at_from_, rest0_);
  (void)to_.append_series(k, v_k, 0.0, at_to_, rest1_);
  change_.col(k + 1) = rest1_ - rest0_;
  rest = rest0_;
  for (int j = 0; j <= k; ++j) rest += t_[static_cast<std::size_t>(j)] * change_.col(k + 1 - j);
  return displacement;
}

void TargetHomotopy::hessian_form_gradient(const Vector& v, double t, const Vector& psi,
                                           const Vector& phi, Vector& by_v, double& by_t) {
  Vector by_v0(size()), by_v1(size());
  double ignored = 0.0;
  from_.hessian_form_gradient(v, 1.0, psi, phi, by_v0, ignored);
  to_.hessian_form_gradient(v, 1.0, psi, phi, by_v1, ignored);
  by_v = (1.0 - t) * by_v0 + t * by_v1;
  (void)from_.derivatives(v, 1.0, at_from_, g0_, H0_, ignored_);
  (void)to_.derivatives(v, 1.0, at_to_, g1_, H1_, ignored_);
  by_t = psi.dot((H1_ - H0_) * phi);
}

}  // namespace tautrack
