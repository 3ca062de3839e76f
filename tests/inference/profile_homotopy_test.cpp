// Constrained stationary points on slices: derivatives and series against differences of what is one order lower.

#include "inference/profile_homotopy.hpp"

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/network/hidden_layer.hpp"

#include "core/decompositions.hpp"
#include "support/derivative_check.hpp"
#include "support/random_problem.hpp"

namespace profile_homotopy_test {

using namespace tautrack;
using inference::ProfileHomotopy;
using inference::Slice;
using support::Random;
using support::relative_error;

namespace {

Vector random_vector(Random& random, Index n) {
  Vector result(n);
  for (double& entry : result) entry = random.uniform(-1.0, 1.0);
  return result;
}
Matrix random_matrix(Random& random, Index rows, Index columns) {
  Matrix result(rows, columns);
  for (Index j = 0; j < columns; ++j) result.col(j) = random_vector(random, rows);
  return result;
}

/// H along y(s), t(s) with these coefficients.
Vector along(ProfileHomotopy& homotopy, const std::vector<Vector>& y, const std::vector<double>& t,
             double s) {
  Vector at = Vector::Zero(y.front().size());
  double parameter = 0.0;
  for (std::size_t k = y.size(); k-- > 0;) {
    at = s * at + y[k];
    parameter = s * parameter + t[k];
  }
  Vector H(at.size());
  homotopy.residual(at, parameter, H);
  return H;
}

/// Coefficient `order` of a function of s, from a polynomial through its values at Chebyshev's points.
template <class Function>
Vector coefficient(const Function& f, int order) {
  constexpr int kDegree = 14;
  constexpr double kReach = 0.2;
  Matrix powers(kDegree + 1, kDegree + 1);
  Matrix values(kDegree + 1, f(0.0).size());
  for (int i = 0; i <= kDegree; ++i) {
    const double q = std::cos((i + 0.5) * std::acos(-1.0) / (kDegree + 1));
    for (int k = 0; k <= kDegree; ++k) powers(i, k) = std::pow(q, k);
    values.row(i) = f(kReach * q).transpose();
  }
  const Matrix found = powers.fullPivLu().solve(values);
  return found.row(order).transpose() / std::pow(kReach, order);
}

/// Of a curve with both plateaus fitted: 4 unknowns, slices of 3.
void check(const Slice& slice, bool has_zero, Random& random) {
  Matrix X(7, 2);
  Vector y(7);
  for (Index i = 0; i < 7; ++i) {
    X.row(i) << static_cast<double>(i) - 2.5, 1.0;
    y(i) = 1.0 + std::tanh(0.6 * X(i, 0)) + random.uniform(-0.2, 0.2);
  }
  const AnyNetwork network{
      HiddenLayer(make_problem(X, y), amplitude_model(Activation::logistic, {}))};
  REQUIRE(network.unknowns() == 4);
  inference::ZeroDoseTerm zero;
  zero.form = random_vector(random, 4);
  zero.slope = random_vector(random, 4);
  zero.shift = 0.4;
  zero.weight = 2.0;
  ProfileHomotopy homotopy(network, slice, has_zero ? &zero : nullptr);
  const Index n = homotopy.size();
  REQUIRE(n == 3);
  const std::vector<Vector> path{random_vector(random, n), random_vector(random, n),
                                 random_vector(random, n), random_vector(random, n)};
  const std::vector<double> t{0.3, 0.7, -0.4, 0.2};

  Vector H(n), H_t(n), residual(n);
  Matrix H_y(n, n), differences(n, n);
  const auto residual_at = [&](const Vector& at, double parameter) -> Matrix {
    homotopy.residual(at, parameter, residual);
    return residual;
  };
  for (Index j = 0; j < n; ++j)
    differences.col(j) = support::sixth_order_difference(
        [&](double s) { return residual_at(path[0] + s * Vector::Unit(n, j), t[0]); }, 4e-3);
  const Matrix by_t = support::sixth_order_difference(
      [&](double s) { return residual_at(path[0], t[0] + s); }, 4e-3);
  homotopy.derivatives(path[0], t[0], H, H_y, H_t);
  CHECK(relative_error(H, residual_at(path[0], t[0])) <= 1e-13);
  CHECK(relative_error(H_y, differences) <= 1e-9);
  CHECK(relative_error(H_t, by_t) <= 1e-9);
  // H is the gradient of the energy, and its slope dE/dt.
  const Matrix energies = support::sixth_order_difference(
      [&](double s) -> Matrix {
        return Matrix::Constant(1, 1, homotopy.energy(path[0], t[0] + s));
      },
      4e-3);
  CHECK(homotopy.slope(path[0], t[0]) == doctest::Approx(energies(0, 0)).epsilon(1e-9));
  for (Index j = 0; j < n; ++j) {
    const Matrix by_y = support::sixth_order_difference(
        [&](double s) -> Matrix {
          return Matrix::Constant(1, 1, homotopy.energy(path[0] + s * Vector::Unit(n, j), t[0]));
        },
        4e-3);
    CHECK(H(j) == doctest::Approx(by_y(0, 0)).epsilon(1e-8));
  }

  const Vector psi = random_vector(random, n), phi = random_vector(random, n);
  const auto form_at = [&](const Vector& at, double parameter) -> Matrix {
    homotopy.derivatives(at, parameter, H, H_y, H_t);
    return Matrix::Constant(1, 1, psi.dot(H_y * phi));
  };
  Vector form_by_y(n), form_differences(n);
  double form_by_t = 0.0;
  for (Index j = 0; j < n; ++j)
    form_differences(j) = support::sixth_order_difference(
        [&](double s) { return form_at(path[0] + s * Vector::Unit(n, j), t[0]); }, 4e-3)(0, 0);
  const Matrix form_difference_t =
      support::sixth_order_difference([&](double s) { return form_at(path[0], t[0] + s); }, 4e-3);
  homotopy.hessian_form_gradient(path[0], t[0], psi, phi, form_by_y, form_by_t);
  CHECK(relative_error(form_by_y, form_differences) <= 1e-8);
  CHECK(form_by_t == doctest::Approx(form_difference_t(0, 0)).epsilon(1e-8));

  std::vector<Vector> rests;
  homotopy.residual(path[0], t[0], H);
  for (int k = 1; k <= 3; ++k) {
    rests.emplace_back(n);
    static_cast<void>(homotopy.append_series(k, path[static_cast<std::size_t>(k)],
                                             t[static_cast<std::size_t>(k)], rests.back()));
  }
  for (std::size_t k = 1; k <= 3; ++k) {
    CAPTURE(k);
    const std::vector<Vector> some(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(k) + 1);
    const std::vector<double> times(t.begin(), t.begin() + static_cast<std::ptrdiff_t>(k) + 1);
    const Vector expected = coefficient([&](double s) { return along(homotopy, some, times, s); },
                                        static_cast<int>(k) + 1);
    CHECK(relative_error(rests[k - 1], expected) <= 1e-6);
  }
}

}  // namespace

TEST_CASE("slices of all kinds have the derivatives and the series of what they say") {
  Random random(7);
  Slice slice;
  slice.M = random_matrix(random, 4, 3);
  slice.shift = random_vector(random, 4);
  slice.origin = random_vector(random, 4);
  for (const bool has_zero : {false, true}) {
    CAPTURE(has_zero);
    Slice straight = slice;
    check(straight, has_zero, random);
    Slice turning = slice;
    turning.turn = random_matrix(random, 4, 3);
    check(turning, has_zero, random);
    Slice product = slice;
    product.M.col(0).setZero();
    product.product =
        inference::ProductParameter{random_vector(random, 4), random_vector(random, 4), 0.8, 1.7};
    check(product, has_zero, random);
  }
}

}  // namespace profile_homotopy_test
