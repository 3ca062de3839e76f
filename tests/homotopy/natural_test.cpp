#include "homotopy/natural.hpp"

#include <cmath>
#include <random>

#include <doctest/doctest.h>

#include "support/derivative_check.hpp"

namespace natural_test {

namespace {

using tautrack::HomotopyRef;
using tautrack::Index;
using tautrack::make_problem;
using tautrack::Matrix;
using tautrack::MetricScales;
using tautrack::NaturalHomotopy;
using tautrack::Perceptron;
using tautrack::PerceptronOptions;
using tautrack::Vector;
using tautrack::support::check_derivatives;

static_assert(tautrack::Homotopy<NaturalHomotopy>);

/// L patterns of two inputs and a bias from a fixed seed.
Perceptron random_network(Index L, const PerceptronOptions& options, bool weighted) {
  std::mt19937_64 engine(1);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(0.25, 4.0);
  Matrix X = Matrix::NullaryExpr(L, 3, [&] { return normal(engine); });
  X.col(2).setOnes();
  const Vector y = Vector::NullaryExpr(L, [&] { return normal(engine); });
  const Vector omega =
      weighted ? Vector(Vector::NullaryExpr(L, [&] { return uniform(engine); })) : Vector();
  return Perceptron(make_problem(X, y, "random", {}, omega), options);
}

const Vector point{{1.0, -3.0, 2.5}};
const Vector psi{{0.3, -0.5, 0.8}};
const Vector phi{{1.1, 0.2, -0.4}};

}  // namespace

TEST_CASE("the derivatives of the natural homotopy are those of its network") {
  PerceptronOptions options;
  options.ridge = 0.2;
  const Perceptron network = random_network(30, options, true);
  NaturalHomotopy homotopy(network);
  for (const double tau : {0.0, 0.5, 1.0 - 1e-9, 1.0}) {
    CAPTURE(tau);
    const tautrack::support::DerivativeErrors errors =
        check_derivatives(homotopy, point, tau, psi, phi);
    CHECK(errors.symmetry == 0.0);
    CHECK(errors.largest() <= 1e-10);
  }
}

TEST_CASE("for fixed v, H is quadratic in tau") {
  const Perceptron network = random_network(30, {}, false);
  NaturalHomotopy homotopy(network);
  const auto H_at = [&](double tau) {
    Vector H(3), H_tau(3);
    Matrix H_v(3, 3);
    homotopy.derivatives(point, tau, H, H_v, H_tau);
    return H;
  };
  // Lagrange's parabola through tau = 0, 1/2, 1, taken at 1/4 and 3/4.
  const Vector first = 0.375 * H_at(0.0) + 0.75 * H_at(0.5) - 0.125 * H_at(1.0);
  const Vector last = -0.125 * H_at(0.0) + 0.75 * H_at(0.5) + 0.375 * H_at(1.0);
  CHECK((first - H_at(0.25)).norm() <= 1e-13 * first.norm());
  CHECK((last - H_at(0.75)).norm() <= 1e-13 * last.norm());
  const Vector straight = 0.5 * (H_at(0.0) + H_at(0.5));
  CHECK((straight - H_at(0.25)).norm() > 1e-3 * straight.norm());
}

TEST_CASE("the metric measures node inputs by their size and tau by its distance from one") {
  const Perceptron network = random_network(30, {}, true);
  const NaturalHomotopy homotopy(network);
  const double omega = network.total_pattern_weight();
  CHECK(omega != doctest::Approx(30.0).epsilon(1e-3).scale(0.0));
  CHECK(homotopy.scales(Vector::Zero(3), 0.0).unknown == doctest::Approx(std::sqrt(omega)));
  CHECK(homotopy.scales(Vector{{3.0, 0.0, 4.0}}, 0.0).unknown ==
        doctest::Approx(std::sqrt(omega + 25.0)));
  CHECK(homotopy.scales(point, 0.0).parameter == doctest::Approx(1.0).epsilon(1e-15).scale(0.0));
  CHECK(homotopy.scales(point, 0.75).parameter == doctest::Approx(0.25).epsilon(1e-15).scale(0.0));
  CHECK(homotopy.scales(point, 1.0 - 0x1p-30).parameter ==
        doctest::Approx(0x1p-30).epsilon(1e-6).scale(0.0));
  CHECK(homotopy.scales(point, 1.0).parameter == NaturalHomotopy::layer);
  CHECK(homotopy.scales(point, 1.25).parameter == doctest::Approx(0.25).epsilon(1e-15).scale(0.0));
}

TEST_CASE("the natural homotopy offers everything a tracker may use") {
  const Perceptron network = random_network(30, {}, false);
  NaturalHomotopy homotopy(network);
  const HomotopyRef reference(homotopy);
  CHECK(&homotopy.network() == &network);
  CHECK(reference.size() == 3);
  CHECK(reference.symmetric());
  CHECK(reference.scales(point, 0.5).unknown == homotopy.scales(point, 0.5).unknown);
  CHECK(reference.scales(point, 0.5).parameter == homotopy.scales(point, 0.5).parameter);

  Perceptron::Workspace work(network);
  Vector H(3), H_tau(3), expected_H(3), expected_H_tau(3);
  Matrix H_v(3, 3), expected_H_v(3, 3);
  const double scale =
      network.derivatives(point, 0.5, work, expected_H, expected_H_v, expected_H_tau);
  reference.derivatives(point, 0.5, H, H_v, H_tau);
  CHECK(H == expected_H);
  CHECK(H_v == expected_H_v);
  CHECK(H_tau == expected_H_tau);
  CHECK(reference.residual_scale(point, 0.5, H_v, H_tau) == scale);
  CHECK(reference.displacement(point, psi) == network.relative_displacement(point, psi, work));
  CHECK(reference.displacement(point, psi) > 0.0);
  CHECK(homotopy.energy(point, 0.5) == network.energy(point, 0.5, work));
}

TEST_CASE("passes over the data are counted") {
  const Perceptron network = random_network(30, {}, false);
  NaturalHomotopy homotopy(network);
  CHECK(homotopy.passes_over_data() == 0);
  Vector H(3), H_tau(3), by_v(3);
  Matrix H_v(3, 3);
  double by_tau = 0.0;
  homotopy.derivatives(point, 0.5, H, H_v, H_tau);
  CHECK(homotopy.passes_over_data() == 1);
  (void)homotopy.scales(point, 0.5);
  (void)homotopy.residual_scale(point, 0.5);
  CHECK(homotopy.passes_over_data() == 1);
  (void)homotopy.displacement(point, psi);
  CHECK(homotopy.passes_over_data() == 2);
  (void)homotopy.energy(point, 0.5);
  CHECK(homotopy.passes_over_data() == 3);
  homotopy.hessian_form_gradient(point, 0.5, psi, phi, by_v, by_tau);
  CHECK(homotopy.passes_over_data() == 4);
}

TEST_CASE("two homotopies of one network do not disturb each other") {
  const Perceptron network = random_network(30, {}, false);
  NaturalHomotopy first(network), second(network);
  Vector H(3), H_tau(3);
  Matrix H_v(3, 3);
  first.derivatives(point, 0.5, H, H_v, H_tau);
  const double scale = first.residual_scale(point, 0.5);
  second.derivatives(10.0 * point, 0.9, H, H_v, H_tau);
  CHECK(first.residual_scale(point, 0.5) == scale);
  CHECK(second.residual_scale(point, 0.9) != scale);
  CHECK(first.passes_over_data() == 1);
}

}  // namespace natural_test
