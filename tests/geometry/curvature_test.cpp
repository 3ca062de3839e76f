#include "tautrack/geometry/curvature.hpp"

#include <cmath>
#include <numbers>

#include <Eigen/Eigenvalues>
#include <doctest/doctest.h>

#include "tautrack/geometry/data_manifold.hpp"

#include "support/random_problem.hpp"

namespace tautrack::curvature_test {
namespace {

Perceptron network_of(const Matrix& X, const Vector& y, const PerceptronOptions& options = {}) {
  return Perceptron(make_problem(X, y), options);
}

Matrix plane_inputs() { return (Matrix(2, 1) << 3.0, 1.0).finished(); }
Matrix surface_inputs() { return (Matrix(3, 2) << 2.0, 0.3, -0.4, 1.8, 1.0, 1.2).finished(); }
Vector vector(std::initializer_list<double> numbers) {
  Vector v(static_cast<Index>(numbers.size()));
  Index i = 0;
  for (const double number : numbers) v(i++) = number;
  return v;
}

ManifoldPoint point_at(const Matrix& X, const Vector& y, double tau, const Vector& w) {
  const Perceptron network = network_of(X, y);
  return DataManifold(network, tau).at(network.coordinates(w));
}

bool near(double a, double b, double tolerance = 1e-11) {
  return std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b));
}

}  // namespace

TEST_CASE("principal curvatures of the surface at three weights (geometry, F1)") {
  struct Row {
    Vector w, z;
    double k1, k2;
  };
  const Row rows[] = {
      {vector({.5, .2}), vector({.7856638590269437, .1586485042974989, .6291451614140355}),
       1.018993801612502, -.1811831584072381},
      {vector({-.6, .7}), vector({-.7573623242165263, .9051482536448664, .235495749538498}),
       1.539187454978992, -.7246729869890335},
      {vector({.3, -1.}), vector({.2913126124515909, -.9579173059590634, -.7162978701990244}),
       .1672295901211738, -1.34116162959781}};
  for (const Row& row : rows) {
    const ManifoldPoint point = point_at(surface_inputs(), Vector::Zero(3), 1.0, row.w);
    for (Index i = 0; i < 3; ++i) CHECK(near(point.position()(i), row.z(i)));
    const PrincipalCurvatures k = principal_curvatures(point, point.normal_basis().col(0));
    CHECK(near(k.values(1), row.k1));
    CHECK(near(k.values(0), row.k2));
    CHECK(near(largest_curvature(point).value, std::max(row.k1, -row.k2)));
  }
  const ManifoldPoint first = point_at(surface_inputs(), Vector::Zero(3), 1.0, rows[0].w);
  const Vector normal = first.normal_basis().col(0);
  CHECK(near(normal(0), -.6743481324749229));
  CHECK(near(normal(1), -.2438566179969515));
  CHECK(near(normal(2), .696985327023943));
}

TEST_CASE("curvature grows without bound on the surface at tau = 1 (geometry, F1)") {
  const double expected[] = {6.521296663905141, 79.596451159898, 12294.02581950283};
  double factor = 1.0;
  for (const double k : expected) {
    factor *= 2.0;
    const ManifoldPoint point =
        point_at(surface_inputs(), Vector::Zero(3), 1.0, factor * vector({1.0, .3}));
    CHECK(near(largest_curvature(point).value, k));
  }
}

TEST_CASE(
    "curvature of the plane curve with ratio 0.7 grows like exp(0.8 w) (geometry, section 1)") {
  const Matrix X = (Matrix(2, 1) << 1.0, 0.7).finished();
  const auto k = [&](double w) {
    return largest_curvature(point_at(X, Vector::Zero(2), 1.0, Vector::Constant(1, w))).value;
  };
  CHECK(near(k(8.0), 184.221733298, 1e-11));
  CHECK(near(k(16.0), 110882.891361, 1e-11));
  for (const double w : {20.0, 60.0, 150.0})
    CHECK(near(k(w), 0.3 / 0.98 * std::exp(0.8 * w), 1e-3));
}

TEST_CASE("the vertex of the plane curve (geometry, F2)") {
  const ManifoldPoint vertex =
      point_at(plane_inputs(), Vector::Zero(2), 1.0, vector({0.5426038909337228}));
  CHECK(near(largest_curvature(vertex).value, 2.257711945754515));
  CHECK(near(vertex.position()(0), .9257493095167148));
  CHECK(near(vertex.position()(1), .4949564840070014));
  const Vector n = vertex.normal_basis().col(0);
  const double kappa = principal_curvatures(vertex, n).values(0);
  CHECK(near(kappa, 2.257711945754515));
  const Vector cusp = vertex.position() + n / kappa;
  CHECK(near(cusp(0), .5406391167200073));
  CHECK(near(cusp(1), .7137574145021415));
}

TEST_CASE("three feet of y = (0.3, 0.8): rho, 1/k and their product (geometry, section 3)") {
  const double rows[3][4] = {
      {0.220118359530102, 0.6464807169664771, 1.871765942650058, 0.3453854470987893},
      {0.6518884564806395, 0.6986823439094119, 0.5003783990027118, 1.396307964736154},
      {0.9452290672384478, 0.6959391041554388, 1.143573647926625, 0.6085651811033097}};
  for (const auto& row : rows) {
    const ManifoldPoint foot = point_at(plane_inputs(), vector({.3, .8}), 1.0, vector({row[0]}));
    const double k = largest_curvature(foot).value;
    CHECK(near(foot.distance(), row[1]));
    CHECK(near(1.0 / k, row[2]));
    CHECK(near(foot.distance() * k, row[3]));
    CHECK(foot.coefficients(foot.residual()).norm() <= 1e-13);
  }
}

}  // namespace tautrack::curvature_test
