#include "tautrack/homotopy/generic.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/tracker/tracker.hpp"

#include "support/derivative_check.hpp"
#include "support/generic_problems.hpp"
#include "support/known_problems.hpp"

namespace generic_test {

namespace {

using tautrack::Fold;
using tautrack::GenericHomotopy;
using tautrack::HomotopyRef;
using tautrack::Index;
using tautrack::Matrix;
using tautrack::PathResult;
using tautrack::PredictorKind;
using tautrack::TrackOptions;
using tautrack::TrackStatus;
using tautrack::Vector;
using tautrack::known::Circle;
using tautrack::known::CircleEquation;
using tautrack::known::CubicEquation;
using tautrack::known::CubicFolds;
using tautrack::known::TiltedParabola;
using tautrack::known::TiltedParabolaEquations;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr int highest = 20;  ///< Order to which series are compared.

/// Elementary functions of two unknowns and tau.
struct Elementary {
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    using std::exp, std::sin, std::tanh;
    H[0] = exp(x[0]) * tanh(x[1]) - tau;
    H[1] = sin(tau * x[0]) / (1.0 + x[1] * x[1]);
  }
};

/// One function of one unknown, without tau.
template <int which>
struct Single {
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar&, std::span<Scalar> H) const {
    using std::exp, std::log, std::sin, std::sqrt, std::tanh;
    if constexpr (which == 0) H[0] = exp(x[0]);
    if constexpr (which == 1) H[0] = tanh(x[0]);
    if constexpr (which == 2) H[0] = sin(x[0]);
    if constexpr (which == 3) H[0] = x[0] / (1.0 + x[0]);
    if constexpr (which == 4) H[0] = sqrt(x[0]);
    if constexpr (which == 5) H[0] = log(x[0]);
  }
};

/// x tau: both move.
struct Product {
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    H[0] = x[0] * tau;
  }
};

/// Coefficients of orders 2 to `highest` of H along (x, tau) as append_series() gives them: the one
/// of order k without x_k and tau_k.
std::vector<double> series(HomotopyRef homotopy, const std::vector<double>& x,
                           const std::vector<double>& tau) {
  Vector H(1), H_tau(1), rest(1);
  Matrix H_x(1, 1);
  homotopy.derivatives(Vector::Constant(1, x[0]), tau[0], H, H_x, H_tau);
  std::vector<double> coefficients;
  for (int k = 1; k < highest; ++k) {
    const auto i = static_cast<std::size_t>(k);
    const double size = homotopy.append_series(k, Vector::Constant(1, i < x.size() ? x[i] : 0.0),
                                               i < tau.size() ? tau[i] : 0.0, rest);
    CHECK(size == 0.0);
    coefficients.push_back(rest(0));
  }
  return coefficients;
}

/// Along x = x_0 + a every coefficient is one of the function; compared with a closed form.
template <int which>
void compare(double x_0, const std::function<double(int)>& exact) {
  CAPTURE(which);
  CAPTURE(x_0);
  GenericHomotopy homotopy(1, Single<which>{});
  const std::vector<double> found = series(homotopy, {x_0, 1.0}, {0.0});
  double size = 1e-300;  // what neighbours cancel from
  for (int k = 2; k <= highest; ++k) {
    CAPTURE(k);
    size = std::max(std::abs(exact(k)), std::max(std::abs(exact(k - 1)), std::abs(exact(k - 2))));
    CHECK(std::abs(found[static_cast<std::size_t>(k - 2)] - exact(k)) <= 1e-11 * size);
  }
}

double factorial(int k) { return std::tgamma(k + 1.0); }

}  // namespace

TEST_CASE("a generic homotopy offers what the Taylor predictor and chord steps need") {
  GenericHomotopy homotopy(2, Elementary{});
  const HomotopyRef ref(homotopy);
  CHECK(ref.size() == 2);
  CHECK(ref.has_series());
  CHECK(ref.has_residual());
  CHECK_FALSE(ref.symmetric());
  CHECK_FALSE(ref.has_last_displacement());
}

TEST_CASE("derivatives agree with closed forms") {
  GenericHomotopy homotopy(2, Elementary{});
  for (const double a : {-0.7, 0.0, 1.3}) {
    for (const double b : {-2.0, 0.4}) {
      for (const double tau : {0.0, 0.6, 1.0}) {
        CAPTURE(a);
        CAPTURE(b);
        CAPTURE(tau);
        Vector H(2), H_tau(2);
        Matrix H_x(2, 2);
        homotopy.derivatives(Vector{{a, b}}, tau, H, H_x, H_tau);
        const double t = std::tanh(b);
        const double q = 1.0 / (1.0 + b * b);
        const Vector expected{{std::exp(a) * t - tau, std::sin(tau * a) * q}};
        Matrix expected_x(2, 2);
        expected_x << std::exp(a) * t, std::exp(a) * (1.0 - t * t), tau * std::cos(tau * a) * q,
            -2.0 * b * std::sin(tau * a) * q * q;
        const Vector expected_tau{{-1.0, a * std::cos(tau * a) * q}};
        CHECK((H - expected).norm() <= 8.0 * epsilon * (1.0 + expected.norm()));
        CHECK((H_x - expected_x).norm() <= 8.0 * epsilon * (1.0 + expected_x.norm()));
        CHECK((H_tau - expected_tau).norm() <= 8.0 * epsilon * (1.0 + expected_tau.norm()));
      }
    }
  }
}

TEST_CASE("derivatives agree with differences, the default form of second derivatives included") {
  GenericHomotopy homotopy(2, Elementary{});
  const auto errors = tautrack::support::check_derivatives(homotopy, Vector{{0.4, -0.9}}, 0.7,
                                                           Vector{{0.3, -0.5}}, Vector{{1.1, 0.2}});
  CHECK(errors.H_x <= 1e-10);
  CHECK(errors.H_tau <= 1e-10);
  CHECK(errors.form_by_x <= 1e-8);
  CHECK(errors.form_by_tau <= 1e-8);
}

TEST_CASE("the residual alone is that of the derivatives, to the last bit") {
  GenericHomotopy homotopy(2, Elementary{});
  Vector H(2), alone(2), H_tau(2);
  Matrix H_x(2, 2);
  for (const double tau : {0.0, 0.3, 1.0}) {
    const Vector x{{0.8 - tau, 0.4 + tau}};
    homotopy.derivatives(x, tau, H, H_x, H_tau);
    homotopy.residual(x, tau, alone);
    CHECK((alone - H).norm() <= 2.0 * epsilon);
    CHECK(alone(0) == std::exp(x(0)) * std::tanh(x(1)) - tau);
  }
}

TEST_CASE("the series of elementary functions agree with closed forms up to order 20") {
  for (const double x_0 : {-0.4, 0.0, 1.2}) {
    compare<0>(x_0, [=](int k) { return std::exp(x_0) / factorial(k); });
    compare<2>(x_0, [=](int k) { return std::sin(x_0 + k * std::acos(0.0)) / factorial(k); });
    // x / (1 + x) = 1 - 1 / (1 + x)
    compare<3>(x_0, [=](int k) {
      return k == 0 ? x_0 / (1.0 + x_0) : (k % 2 == 0 ? -1.0 : 1.0) * std::pow(1.0 + x_0, -k - 1);
    });
    // y' = 1 - y^2
    std::vector<double> y{std::tanh(x_0)};
    for (int k = 0; k < highest; ++k) {
      double square = 0.0;
      for (int j = 0; j <= k; ++j)
        square += y[static_cast<std::size_t>(j)] * y[static_cast<std::size_t>(k - j)];
      y.push_back(((k == 0 ? 1.0 : 0.0) - square) / (k + 1));
    }
    compare<1>(x_0, [&](int k) { return y[static_cast<std::size_t>(k)]; });
  }
  for (const double x_0 : {0.5, 3.0}) {
    compare<4>(x_0, [=](int k) {
      double b = std::sqrt(x_0);
      for (int j = 0; j < k; ++j) b *= (0.5 - j) / (j + 1.0) / x_0;
      return b;
    });
    compare<5>(x_0, [=](int k) {
      return k == 0 ? std::log(x_0) : (k % 2 == 0 ? -1.0 : 1.0) * std::pow(x_0, -k) / k;
    });
  }
}

TEST_CASE("the series follows a curve that bends: exp(log(1 + a)) = 1 + a") {
  GenericHomotopy homotopy(1, Single<0>{});
  std::vector<double> x{0.0};
  for (int k = 1; k <= highest; ++k) x.push_back((k % 2 == 0 ? -1.0 : 1.0) / k);
  const std::vector<double> found = series(homotopy, x, {0.0});
  // The whole coefficient vanishes; its part of x_k is left out.
  for (int k = 2; k <= highest; ++k) {
    CAPTURE(k);
    CHECK(std::abs(found[static_cast<std::size_t>(k - 2)] + x[static_cast<std::size_t>(k)]) <=
          1e-12);
  }
}

TEST_CASE("tau moves in the series like an unknown") {
  // (2 + 3 a + a^2) (5 - a + 2 a^2 + a^3)
  GenericHomotopy homotopy(1, Product{});
  const std::vector<double> found = series(homotopy, {2.0, 3.0, 1.0}, {5.0, -1.0, 2.0, 1.0});
  CHECK(found[0] == doctest::Approx(-3.0).epsilon(1e-14).scale(0.0));       // order 2: x_1 tau_1
  CHECK(found[1] == doctest::Approx(6.0 - 1.0).epsilon(1e-14).scale(0.0));  // x_1 tau_2 + x_2 tau_1
  CHECK(found[2] == doctest::Approx(3.0 + 2.0).epsilon(1e-14).scale(0.0));  // x_1 tau_3 + x_2 tau_2
  CHECK(found[3] == doctest::Approx(1.0).epsilon(1e-14).scale(0.0));        // x_2 tau_3
  for (std::size_t k = 4; k < found.size(); ++k) CHECK(std::abs(found[k]) <= 1e-14);
}

TEST_CASE("a series starts at the last evaluated point and starts anew with its first term") {
  GenericHomotopy homotopy(1, Single<0>{});
  Vector H(1), H_tau(1), rest(1);
  Matrix H_x(1, 1);
  const Vector one = Vector::Constant(1, 1.0), zero = Vector::Zero(1);
  homotopy.derivatives(zero, 0.0, H, H_x, H_tau);
  (void)homotopy.append_series(1, one, 0.0, rest);
  CHECK(rest(0) == doctest::Approx(0.5).epsilon(1e-15).scale(0.0));
  (void)homotopy.append_series(2, Vector::Constant(1, 7.0), 0.0, rest);
  homotopy.residual(one, 0.0, H);  // elsewhere
  (void)homotopy.append_series(1, one, 0.0, rest);
  CHECK(rest(0) == doctest::Approx(0.5 * std::exp(1.0)).epsilon(1e-15).scale(0.0));
  (void)homotopy.append_series(2, zero, 0.0, rest);
  CHECK(rest(0) == doctest::Approx(std::exp(1.0) / 6.0).epsilon(1e-14).scale(0.0));
}

TEST_CASE(
    "the first term of a series is the tangent: H_x x_1 + H_tau tau_1 vanishes along a curve") {
  // The circle by its angle from a = 0.6: every coefficient of H vanishes.
  GenericHomotopy homotopy(1, CircleEquation{});
  const double a = 0.6;
  std::vector<double> x, tau;
  for (int k = 0; k <= highest; ++k) {
    x.push_back(std::cos(a + k * std::acos(0.0)) / factorial(k));
    tau.push_back(std::sin(a + k * std::acos(0.0)) / factorial(k));
  }
  const std::vector<double> found = series(homotopy, x, tau);
  for (int k = 2; k <= highest; ++k) {
    CAPTURE(k);
    const auto i = static_cast<std::size_t>(k);
    const double of_last = 2.0 * std::cos(a) * x[i] + 2.0 * std::sin(a) * tau[i];
    CHECK(std::abs(found[i - 2] + of_last) <= 1e-14);
  }
}

TEST_CASE("the folds of a cubic written once are found to full accuracy by every predictor") {
  const double r = std::sqrt(0.1);
  for (const PredictorKind kind :
       {PredictorKind::taylor, PredictorKind::tangent, PredictorKind::davidenko}) {
    const auto name = tautrack::to_string(kind);
    CAPTURE(name);
    GenericHomotopy cubic(1, CubicEquation{0.3});
    TrackOptions options;
    options.predictor.kind = kind;
    const CubicFolds known(0.3);
    const PathResult path = track(cubic, Vector::Constant(1, known.root(0.0)), options);
    REQUIRE_MESSAGE(path.status == TrackStatus::reached_target, path.message);
    REQUIRE(path.folds.size() == 2);
    CHECK(path.branch_points.empty());
    CHECK(std::abs(path.folds[0].point.tau - (0.5 + 0.2 * r)) <= 4e-16);
    CHECK(std::abs(path.folds[1].point.tau - (0.5 - 0.2 * r)) <= 4e-16);
    CHECK(std::abs(path.folds[0].point.x(0) + r) <= 1e-13);
    CHECK(std::abs(path.folds[1].point.x(0) - r) <= 1e-13);
    CHECK(path.folds[0].second_derivative == doctest::Approx(-6.0 * r).epsilon(1e-6).scale(0.0));
    CHECK(path.points.back().tau == 1.0);
    CHECK(std::abs(path.points.back().x(0) - known.root(1.0)) <= 1e-15);
  }
}

TEST_CASE("the Taylor predictor takes far fewer steps than the tangent") {
  const CubicFolds known(0.3);
  GenericHomotopy cubic(1, CubicEquation{0.3});
  TrackOptions tangent;
  tangent.predictor.kind = PredictorKind::tangent;
  const Vector start = Vector::Constant(1, known.root(0.0));
  CHECK(3 * track(cubic, start).work.steps < track(cubic, start, tangent).work.steps);
}

TEST_CASE("two unknowns written once are followed through their fold") {
  for (const PredictorKind kind :
       {PredictorKind::taylor, PredictorKind::tangent, PredictorKind::davidenko}) {
    const auto name = tautrack::to_string(kind);
    CAPTURE(name);
    GenericHomotopy parabola(2, TiltedParabolaEquations{});
    TrackOptions options;
    options.predictor.kind = kind;
    const PathResult path = track(parabola, TiltedParabola::start(), options);
    CHECK(path.status == TrackStatus::returned_to_start);  // tau has its largest value at 3/4
    REQUIRE(path.folds.size() == 1);
    CHECK(std::abs(path.folds[0].point.tau - TiltedParabola::fold_tau) <= 4e-16);
    CHECK(std::abs(std::abs(path.folds[0].null_vector.sum()) - std::sqrt(2.0)) <= 1e-10);
    for (const tautrack::PathPoint& point : path.points) {
      const double p = std::sqrt(0.5) * point.x.sum();
      CHECK((point.x - TiltedParabola::x(p)).norm() <= 1e-9);
      CHECK(std::abs(point.tau - TiltedParabola::tau(p)) <= 1e-9);
    }
  }
}

}  // namespace generic_test
