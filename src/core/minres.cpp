#include "core/minres.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

namespace tautrack {

namespace {

/// The residual may be this multiple of what the recurrence says without a new start.
constexpr double kDrift = 2.0;

/// A residual below this multiple of epsilon |A| |x| is rounding.
constexpr double kRounding = 32.0 * std::numeric_limits<double>::epsilon();

/// |A r| below this multiple of |A| |r| is zero.
constexpr double kStationary = 1e-13;

/// Below this one the iterate is kept: rounding leads away from the least-squares solution of a
/// singular system again, and that shows when |A r| / |r| grows by the factor kLeaving while the
/// residual stays what it is.
constexpr double kNearlyStationary = 1e-7;
constexpr double kLeaving = 1e3;
constexpr double kSameResidual = 0.9;

/// A new start has to shrink the residual at least by this factor to be worth another one.
constexpr double kWorthwhile = 0.5;

}  // namespace

Minres::Minres(Index n)
    : v_before_(n), v_(n), v_next_(n), z_(n), product_(n), w_before_(n), w_(n), best_(n) {}

double Minres::norm(const Vector& r, const Vector& diagonal) {
  return std::sqrt((r.array().square() / diagonal.array()).sum());
}

MinresResult Minres::solve(const SymmetricProduct& product, const Vector& diagonal, const Vector& b,
                           Vector& x, double wanted, int budget) {
  assert(b.size() == v_.size() && x.size() == b.size() && diagonal.size() == b.size());
  MinresResult result;
  size_ = 0.0;
  bool watches = true;
  double last_start = std::numeric_limits<double>::infinity();
  for (;;) {
    // The residual as it is.
    if (x.isZero(0.0)) {
      v_ = b;
    } else {
      product(x, product_);
      v_ = b - product_;
    }
    const double gamma = norm(v_, diagonal);
    result.residual = gamma;
    result.euclidean_residual = v_.norm();
    if (!std::isfinite(gamma)) return result;
    // In coordinates in which D is the identity.
    const double length = std::sqrt(x.cwiseAbs2().dot(diagonal));
    if (gamma <= kDrift * wanted || gamma <= kRounding * size_ * length) {
      result.converged = true;
      result.is_least_squares = false;
      return result;
    }
    if (result.is_least_squares) return result;
    if (result.iterations >= budget || gamma > kWorthwhile * last_start) return result;
    last_start = gamma;
    if (iterate(product, diagonal, x, wanted, budget, watches, result)) continue;
    if (is_best_stationary(product, diagonal, b)) {
      x = best_;
      result.is_least_squares = true;
    } else {
      watches = false;
      last_start = std::numeric_limits<double>::infinity();
    }
  }
}

bool Minres::iterate(const SymmetricProduct& product, const Vector& diagonal, Vector& x,
                     double wanted, int budget, bool watches, MinresResult& result) {
  // Lanczos vectors v (times gamma) and z = D^-1 v; directions w; rotations (c, s).
  v_before_.setZero();
  w_before_.setZero();
  w_.setZero();
  double gamma = result.residual;
  double gamma_before = 1.0;
  double eta = gamma;
  double c_before = 1.0, c = 1.0, s_before = 0.0, s = 0.0;
  bool exhausted = false;
  double least = kNearlyStationary;  // |A r| / (|A| |r|) of best_, and its residual
  double least_eta = 0.0;
  while (std::abs(eta) > wanted && result.iterations < budget && !exhausted) {
    ++result.iterations;
    z_ = v_.cwiseQuotient(diagonal) / gamma;
    product(z_, product_);
    const double delta = z_.dot(product_);
    v_next_ = product_ - (delta / gamma) * v_ - (gamma / gamma_before) * v_before_;
    const double gamma_next = norm(v_next_, diagonal);
    size_ = std::max(size_, std::abs(delta) + gamma_next);
    const double diagonal_entry = c * delta - c_before * s * gamma;
    const double stationarity = std::hypot(diagonal_entry, c * gamma_next) / size_;
    if (stationarity <= kStationary) {
      result.is_least_squares = true;
      return true;
    }
    if (stationarity < least) {
      least = stationarity;
      least_eta = std::abs(eta);
      best_ = x;
    } else if (watches && least_eta > 0.0 && stationarity > kLeaving * least &&
               std::abs(eta) > kSameResidual * least_eta) {
      return false;
    }
    const double pivot = std::hypot(diagonal_entry, gamma_next);
    if (!(pivot > 0.0) || !std::isfinite(pivot)) return true;
    const double above = s * delta + c_before * c * gamma;
    const double twice_above = s_before * gamma;
    w_before_ = (z_ - twice_above * w_before_ - above * w_) / pivot;
    std::swap(w_before_, w_);
    c_before = c;
    s_before = s;
    c = diagonal_entry / pivot;
    s = gamma_next / pivot;
    x += (c * eta) * w_;
    eta *= -s;
    exhausted = !(gamma_next > 0.0);
    std::swap(v_before_, v_);
    std::swap(v_, v_next_);
    gamma_before = gamma;
    gamma = gamma_next;
  }
  return true;
}

bool Minres::is_best_stationary(const SymmetricProduct& product, const Vector& diagonal,
                                const Vector& b) {
  // The recurrence means nothing at the level of rounding: look at the residual itself.
  product(best_, product_);
  v_ = b - product_;
  const double best_residual = norm(v_, diagonal);
  z_ = v_.cwiseQuotient(diagonal);
  product(z_, product_);
  return norm(product_, diagonal) <= kNearlyStationary * size_ * best_residual;
}

}  // namespace tautrack
