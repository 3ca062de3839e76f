#include "corrector/bordered_krylov.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "core/text.hpp"

namespace tautrack {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A border that makes a smaller angle with the curve's normal plane than this leaves the bordered
/// matrix singular.
constexpr double kParallel = 1e-14;

std::optional<std::string> check_tolerance(const char* name, double value) {
  if (value > 0.0 && value <= 1e-3) return std::nullopt;
  return std::string("krylov ") + name + " must lie in (0, 1e-3], got " + number(value);
}

int budget_for(Index n, const KrylovOptions& options) {
  if (options.max_iterations > 0) return options.max_iterations;
  // In exact arithmetic n would do; a matrix far from clusters of eigenvalues takes several times that.
  constexpr Index for_each_unknown = 20, least = 100, most = 10000;
  return static_cast<int>(std::clamp<Index>(for_each_unknown * n, least, most));
}

}  // namespace

std::optional<std::string> KrylovOptions::invalid_reason() const {
  if (auto reason = check_tolerance("correction_tolerance", correction_tolerance)) return reason;
  if (auto reason = check_tolerance("series_tolerance", series_tolerance)) return reason;
  if (auto reason = check_tolerance("tangent_tolerance", tangent_tolerance)) return reason;
  if (max_iterations < 0)
    return "krylov max_iterations must be >= 0, got " + std::to_string(max_iterations);
  return std::nullopt;
}

BorderedKrylov::BorderedKrylov(Index n, SymmetricProduct product, const KrylovOptions& options)
    : n_(n),
      product_(std::move(product)),
      options_(options),
      budget_(budget_for(n, options)),
      inner_(n),
      outer_(n + 1),
      augmented_([this](const Vector& p, Vector& out) { multiply(p, out); }),
      diagonal_(n),
      H_tau_(n),
      border_(n + 1),
      augmented_diagonal_(n + 1),
      part_(n),
      image_(n),
      right_(n),
      particular_(n + 1),
      augmented_right_(n + 1),
      tangent_(n + 1) {}

void BorderedKrylov::multiply(const Vector& p, Vector& out) {
  part_ = p.head(n_);
  product_(part_, image_);
  out.head(n_) = image_ + p(n_) * H_tau_;
  out(n_) = H_tau_.dot(part_) + corner_ * p(n_);
}

bool BorderedKrylov::run(const SymmetricProduct& product, Minres& minres, const Vector& diagonal,
                         const Vector& b, Vector& x, double wanted, double noise) {
  const MinresResult result = minres.solve(product, diagonal, b, x, wanted, budget_);
  iterations_ += result.iterations;
  const bool is_solved =
      result.converged || (result.is_least_squares && result.euclidean_residual <= noise);
  gave_up_ = !is_solved;
  return is_solved && x.allFinite();
}

bool BorderedKrylov::factor(const Vector& diagonal, const Vector& H_tau, const Vector& border,
                            const MetricScales& scales) {
  assert(diagonal.size() == n_ && H_tau.size() == n_ && border.size() == n_ + 1);
  has_tangent_ = tangent_failed_ = gave_up_ = false;
  scales_ = scales;
  const double length = metric_norm(border, scales);
  if (!(length > 0.0) || !std::isfinite(length)) return false;
  if (!(diagonal.minCoeff() > 0.0) || !diagonal.allFinite() || !H_tau.allFinite()) return false;
  diagonal_ = diagonal;
  H_tau_ = H_tau;
  border_ = border / length;
  tau_border_ = border_.head(n_).isZero(0.0);
  double size = (H_tau.array().square() / diagonal.array()).sum();
  if (!std::isfinite(size)) return false;
  if (!(size > 0.0)) size = 1.0;  // H does not depend on tau
  augmented_diagonal_ << diagonal, size;
  // A border beside the tangent tells the sign of H_tau' t_x / t_tau.
  if (!tau_border_) hint_ = border_;
  const double side = hint_.size() > 0 ? H_tau_.dot(hint_.head(n_)) * hint_(n_) : 0.0;
  corner_ = side > 0.0 ? size : -size;
  return true;
}

bool BorderedKrylov::find_tangent() {
  if (has_tangent_ || tangent_failed_) return has_tangent_;
  augmented_right_.setZero();
  augmented_right_(n_) = 1.0;
  tangent_.setZero();
  if (hint_.size() > 0) {
    // The multiple of the hint with the smallest residual.
    multiply(hint_, particular_);
    const auto weight = augmented_diagonal_.cwiseInverse();
    const double square = particular_.cwiseAbs2().dot(weight);
    const double product = particular_(n_) / augmented_diagonal_(n_);
    if (square > 0.0 && std::isfinite(square)) tangent_ = (product / square) * hint_;
  }
  const double wanted =
      options_.tangent_tolerance * Minres::norm(augmented_right_, augmented_diagonal_);
  has_tangent_ =
      run(augmented_, outer_, augmented_diagonal_, augmented_right_, tangent_, wanted, 0.0);
  tangent_failed_ = !has_tangent_;
  if (tangent_failed_) return false;
  const double length = metric_norm(tangent_, scales_);
  const double angle = metric_dot(border_, tangent_, scales_) / length;
  if (!(length > 0.0) || !std::isfinite(angle)) {
    has_tangent_ = false;
    tangent_failed_ = true;
    return false;
  }
  tangent_ *= (angle < 0.0 ? -1.0 : 1.0) / length;
  hint_ = tangent_;
  // K is regular as long as the two terms of its last row do not cancel.
  if (H_tau_.dot(tangent_.head(n_)) * tangent_(n_) * corner_ < 0.0) corner_ = -corner_;
  return true;
}

bool BorderedKrylov::tangent(Vector& t) {
  t.resize(n_ + 1);
  if (!find_tangent()) {
    t.setConstant(kNaN);
    return false;
  }
  t = tangent_;
  return true;
}

bool BorderedKrylov::solve(const Vector& right, double last, double tolerance, double noise,
                           Vector& z) {
  assert(right.size() == n_);
  z.resize(n_ + 1);
  if (tau_border_) {
    // tau is given: one system with H_x.
    const double tau = last * scales_.parameter * scales_.parameter / border_(n_);
    right_ = right - tau * H_tau_;
    image_.setZero();
    if (run(product_, inner_, diagonal_, right_, image_,
            tolerance * Minres::norm(right_, diagonal_), noise)) {
      z << image_, tau;
      return true;
    }
    z.setConstant(kNaN);
    return false;
  }
  if (find_tangent()) {
    augmented_right_ << right, 0.0;
    particular_.setZero();
    if (run(augmented_, outer_, augmented_diagonal_, augmented_right_, particular_,
            tolerance * Minres::norm(augmented_right_, augmented_diagonal_), noise)) {
      const double angle = metric_dot(border_, tangent_, scales_);
      if (std::abs(angle) > kParallel) {
        z = particular_ + ((last - metric_dot(border_, particular_, scales_)) / angle) * tangent_;
        if (z.allFinite()) return true;
      }
    }
  }
  z.setConstant(kNaN);
  return false;
}

}  // namespace tautrack
