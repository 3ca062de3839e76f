#include <cmath>

#include <doctest/doctest.h>

#include "tautrack/homotopy/generic.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "support/random_problem.hpp"

namespace hidden_folds_test {

using namespace tautrack;

namespace {

/// tau = g(x) (n = 1) with g' = (x - c)^2 - e + b (4 / (1 + 16 x^2) - 4 / (1 + 16 c^2)): for small e
/// two shallow folds close together, or none, in the middle of a curve that no polynomial is.
struct Shallow {
  double c, e, b;

  template <class Scalar>
  [[nodiscard]] Scalar g(const Scalar& x) const {
    using std::atan;
    const Scalar d = x - c;
    return d * d * d / 3.0 - e * x + b * (atan(4.0 * x) - x * (4.0 / (1.0 + 16.0 * c * c)));
  }
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    H[0] = g(x[0]) - tau;
  }
  [[nodiscard]] double slope(double x) const {
    return (x - c) * (x - c) - e + b * (4.0 / (1.0 + 16.0 * x * x) - 4.0 / (1.0 + 16.0 * c * c));
  }

  /// Changes of sign of g' on [0, 4].
  [[nodiscard]] std::size_t folds() const {
    constexpr int parts = 20000;
    std::size_t count = 0;
    for (int k = 1; k <= parts; ++k)
      if (slope(4.0 * k / parts) * slope(4.0 * (k - 1) / parts) < 0.0) ++count;
    return count;
  }
};

}  // namespace

TEST_CASE("no pair of folds hides within a step of the Taylor predictor, however shallow") {
  support::Random random(1);
  std::size_t all = 0;
  for (int problem = 0; problem < 400; ++problem) {
    const double e = std::pow(10.0, random.uniform(-6.0, -2.0));
    const Shallow curve{random.uniform(0.2, 1.7), e, random.uniform(0.0, 0.02)};
    CAPTURE(problem);
    CAPTURE(curve.c);
    CAPTURE(curve.e);
    CAPTURE(curve.b);
    GenericHomotopy homotopy(1, curve);
    TrackOptions options;
    options.tau_start = curve.g(0.0);
    options.tau_target = curve.g(4.0);
    const PathResult path = track(homotopy, Vector::Zero(1), options);
    REQUIRE(path.ok());
    REQUIRE(path.points.back().x(0) == doctest::Approx(4.0).epsilon(1e-9).scale(0.0));
    REQUIRE(path.folds.size() == curve.folds());
    for (const Fold& fold : path.folds) REQUIRE(std::abs(curve.slope(fold.point.x(0))) <= 1e-12);
    all += path.folds.size();
  }
  CHECK(all > 400);
}

}  // namespace hidden_folds_test
