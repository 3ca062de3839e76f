#pragma once

#include <cmath>
#include <limits>
#include <numbers>

#include "tautrack/core/metric.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/tracker/result.hpp"

#include "core/bordered.hpp"

/// Small homotopies whose curves, folds and branch points are known by hand, shared by tests and
/// benchmarks. None of them brings a metric of its own: lengths are Euclidean, |dx|^2 + dtau^2.
namespace tautrack::known {

/// x^2 + tau^2 = 1 (n = 1). By arclength a from (1, 0), counterclockwise:
///
///     x = cos a,   tau = sin a,   tangent = (-sin a, cos a).
///
/// Folds at (0, 1), where tau is largest (a = pi/2), and at (0, -1). det [H_x H_tau; tangent'] = 2
/// all the way. The curve closes at a = 2 pi. symmetric() is not claimed.
struct Circle {
  static constexpr double fold_arclength = 0.5 * std::numbers::pi;
  static constexpr double fold_tau = 1.0;

  [[nodiscard]] static Index size() { return 1; }
  static void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    H(0) = x(0) * x(0) + tau * tau - 1.0;
    H_x(0, 0) = 2.0 * x(0);
    H_tau(0) = 2.0 * tau;
  }

  [[nodiscard]] static Vector x(double arclength) {
    return Vector::Constant(1, std::cos(arclength));
  }
  [[nodiscard]] static double tau(double arclength) { return std::sin(arclength); }

  /// The accepted point there: tangent counterclockwise, Euclidean metric.
  [[nodiscard]] static PathPoint point(double arclength) {
    PathPoint point;
    point.x = x(arclength);
    point.tau = tau(arclength);
    point.arclength = arclength;
    point.tangent.resize(2);
    point.tangent << -std::sin(arclength), std::cos(arclength);
    point.tau_direction = point.tangent(1) >= 0.0 ? 1 : -1;
    point.orientation = 1;
    return point;
  }

  /// Distance of (x, tau) to the circle.
  [[nodiscard]] static double distance(const Vector& x, double tau) {
    return std::abs(std::hypot(x(0), tau) - 1.0);
  }
};

/// The unit tangent of the circle at the point of that arclength, oriented like `previous` (2).
[[nodiscard]] inline Vector circle_tangent(double arclength, const Vector& previous) {
  Vector H(1), H_tau(1), tangent(2);
  Matrix H_x(1, 1);
  Circle::derivatives(Circle::x(arclength), Circle::tau(arclength), H, H_x, H_tau);
  BorderedMatrix bordered(1);
  if (!bordered.factor(H_x, H_tau, previous, MetricScales{}))
    return Vector::Constant(2, std::numeric_limits<double>::quiet_NaN());
  bordered.tangent(tangent);
  return tangent;
}

/// x^3 - epsilon x - (tau - 1/2) = 0 (n = 1, epsilon > 0): an S-shaped curve tau(x).
///
/// Folds at x = -r with the largest and at x = +r with the smallest tau between them,
///
///     r = sqrt(epsilon / 3),   tau = 1/2 +- (2/3) epsilon r,
///
/// each with d2tau/da2 = -+ 6 r (in the Euclidean metric). From tau = 0 the path passes both. The
/// Morse index is 1 between the folds and 0 outside.
class CubicFolds {
 public:
  explicit CubicFolds(double epsilon) : epsilon_(epsilon) {}

  [[nodiscard]] static Index size() { return 1; }
  [[nodiscard]] static bool symmetric() { return true; }
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) const {
    const double t = x(0);
    H(0) = t * t * t - epsilon_ * t - (tau - 0.5);
    H_x(0, 0) = 3.0 * t * t - epsilon_;
    H_tau(0) = -1.0;
  }
  static void hessian_form_gradient(const Vector& x, double, const Vector& psi, const Vector& phi,
                                    Vector& by_x, double& by_tau) {
    by_x(0) = psi(0) * 6.0 * x(0) * phi(0);
    by_tau = 0.0;
  }

  /// r: the first fold met is at x = -r, the second at x = +r.
  [[nodiscard]] double fold_x() const { return std::sqrt(epsilon_ / 3.0); }
  [[nodiscard]] double first_fold_tau() const { return 0.5 + 2.0 / 3.0 * epsilon_ * fold_x(); }
  [[nodiscard]] double second_fold_tau() const { return 0.5 - 2.0 / 3.0 * epsilon_ * fold_x(); }

  [[nodiscard]] double tau(double x) const { return 0.5 + x * (x * x - epsilon_); }

  /// The only root at this tau (Cardano). @pre tau lies outside the two folds.
  [[nodiscard]] double root(double tau) const {
    const double half = 0.5 * (tau - 0.5);
    const double discriminant = half * half - epsilon_ * epsilon_ * epsilon_ / 27.0;
    const double cube = std::cbrt(half + std::copysign(std::sqrt(discriminant), half));
    return cube + epsilon_ / (3.0 * cube);
  }

 private:
  double epsilon_;
};

/// (tau - 1/2) x - x^3 = 0 (n = 1). Two branches cross at (0, 1/2):
///
///     x = 0, along which tau grows, and tau = 1/2 + x^2, which turns there.
///
/// Along x = 0 the Morse index falls from 1 to 0 at tau = 1/2; along the other branch it is 1.
struct Pitchfork {
  static constexpr double branch_tau = 0.5;

  [[nodiscard]] static Index size() { return 1; }
  [[nodiscard]] static bool symmetric() { return true; }
  static void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    const double t = x(0);
    H(0) = (tau - 0.5) * t - t * t * t;
    H_x(0, 0) = tau - 0.5 - 3.0 * t * t;
    H_tau(0) = t;
  }
  static void hessian_form_gradient(const Vector& x, double, const Vector& psi, const Vector& phi,
                                    Vector& by_x, double& by_tau) {
    by_x(0) = psi(0) * -6.0 * x(0) * phi(0);
    by_tau = psi(0) * phi(0);
  }
};

/// x (x - (tau - 1/2)) = 0 (n = 1). Two straight branches cross at (0, 1/2): x = 0, along which the
/// Morse index rises from 0 to 1, and x = tau - 1/2, along which it falls from 1 to 0.
struct Transcritical {
  static constexpr double branch_tau = 0.5;

  [[nodiscard]] static Index size() { return 1; }
  [[nodiscard]] static bool symmetric() { return true; }
  static void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    const double t = x(0);
    H(0) = t * (t - (tau - 0.5));
    H_x(0, 0) = 2.0 * t - (tau - 0.5);
    H_tau(0) = -t;
  }
  static void hessian_form_gradient(const Vector&, double, const Vector& psi, const Vector& phi,
                                    Vector& by_x, double& by_tau) {
    by_x(0) = psi(0) * 2.0 * phi(0);
    by_tau = psi(0) * -phi(0);
  }
};

/// The gradient in x (n = 2) of  p^3/3 - (3/4 - tau) p + (q - tau)^2/2  with p = (x_0 + x_1) /
/// sqrt(2) and q = (x_0 - x_1) / sqrt(2). The curve, by p:
///
///     p^2 = 3/4 - tau,   q = tau.
///
/// One fold, at p = 0: tau = 3/4 = q, H_x (1, 1)' = 0, d2tau/da2 = -2 (in the Euclidean metric).
/// The eigenvalues of H_x are 2 p, towards (1, 1), and 1: the Morse index is 0 for p > 0 and 1 for
/// p < 0.
struct TiltedParabola {
  static constexpr double fold_tau = 0.75;

  [[nodiscard]] static Index size() { return 2; }
  [[nodiscard]] static bool symmetric() { return true; }
  static void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    const double c = std::sqrt(0.5);
    const double p = c * (x(0) + x(1));
    const double q = c * (x(0) - x(1));
    const double by_p = p * p - (0.75 - tau);
    const double by_q = q - tau;
    H << c * (by_p + by_q), c * (by_p - by_q);
    H_x << p + 0.5, p - 0.5, p - 0.5, p + 0.5;
    H_tau << 0.0, 2.0 * c;
  }
  static void hessian_form_gradient(const Vector&, double, const Vector& psi, const Vector& phi,
                                    Vector& by_x, double& by_tau) {
    // psi' H_x phi = 2 p (psi . e) (phi . e) + ..., e = (1, 1) / sqrt(2), and p = x . e
    by_x.setConstant(std::sqrt(0.5) * psi.sum() * phi.sum());
    by_tau = 0.0;
  }

  [[nodiscard]] static Vector x(double p) {
    const double c = std::sqrt(0.5);
    const double q = tau(p);
    Vector x(2);
    x << c * (p + q), c * (p - q);
    return x;
  }
  [[nodiscard]] static double tau(double p) { return 0.75 - p * p; }

  /// The start of the path at tau = 0.
  [[nodiscard]] static Vector start() { return x(std::sqrt(0.75)); }
};

}  // namespace tautrack::known
