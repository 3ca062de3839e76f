#include <cmath>
#include <numbers>
#include <optional>

#include <Eigen/Eigenvalues>
#include <doctest/doctest.h>

#include "tautrack/geometry/curvature.hpp"
#include "tautrack/geometry/data_manifold.hpp"

#include "support/random_problem.hpp"

/// Curvature against what it can be computed from in another way.
namespace tautrack::shape_test {
namespace {

constexpr Activation kActivations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                       Activation::erf};

/// A random network of L patterns and s weights, at a random point and tau.
struct Sample {
  Sample(std::uint64_t seed, Index L, Index s) : random(seed) {
    Matrix X(L, s);
    Vector y(L);
    for (Index i = 0; i < L; ++i) {
      for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
      y(i) = random.uniform(-1.3, 1.3);
    }
    Problem problem = make_problem(X, y);
    if (seed % 3 == 0) {
      problem.pattern_weights.resize(L);
      for (double& omega : problem.pattern_weights) omega = std::pow(10.0, random.uniform(-1, 1));
    }
    options.activation = kActivations[seed % 4];
    if (seed % 7 == 0) options.ridge = std::pow(10.0, random.uniform(-2, 1));
    network.emplace(problem, options);
    tau = seed % 2 == 0 ? 1.0 : random.uniform(0.05, 0.99);
    v.resize(network->unknowns());
    for (double& entry : v) entry = 1.5 * random.normal();
    manifold.emplace(*network, tau);
  }

  [[nodiscard]] Vector unit(Index n) {
    Vector alpha(n);
    do {
      for (double& entry : alpha) entry = random.normal();
    } while (!(alpha.norm() > 1e-3));
    return alpha.normalized();
  }

  support::Random random;
  PerceptronOptions options;
  std::optional<Perceptron> network;
  std::optional<DataManifold> manifold;
  double tau = 0.0;
  Vector v;
};

}  // namespace

TEST_CASE("the Hessian is R'(I - S)R with the shape operator of y - z, on 1000 random problems") {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    support::Random sizes(seed);
    const Index s = sizes.integer(1, 6), L = s + sizes.integer(0, 6);
    Sample sample(seed, L, s);
    const ManifoldPoint point = sample.manifold->at(sample.v);
    const Index n = point.dimension();
    Vector H(n), H_tau(n);
    Matrix H_v(n, n);
    Perceptron::Workspace work(*sample.network);
    sample.network->derivatives(sample.v, sample.tau, work, H, H_v, H_tau);
    const Matrix g = point.metric();
    const Vector& nu = point.residual();
    // J'(y - z) = -H, and the energy is half the squared distance.
    Matrix moves(n, n);
    for (Index j = 0; j < n; ++j) moves.col(j) = point.move(Vector::Unit(n, j));
    const double size = H_v.norm() + g.norm();
    CAPTURE(seed);
    CHECK((moves.transpose() * g * moves - Matrix::Identity(n, n)).norm() <=
          1e-9 + 1e-13 * moves.squaredNorm() * g.norm());
    CHECK((moves.transpose() * H + point.coefficients(nu)).norm() <=
          1e-11 * (1.0 + moves.norm() * H.norm()));
    CHECK(std::abs(sample.network->energy(sample.v, sample.tau, work) -
                   0.5 * point.distance() * point.distance()) <=
          1e-13 * (1.0 + point.distance() * point.distance()));
    const Matrix of_hessian = Matrix::Identity(n, n) - moves.transpose() * H_v * moves;
    CHECK((point.shape_operator(nu) - of_hessian).norm() <=
          1e-11 * (1.0 + moves.squaredNorm() * size));
    const PrincipalCurvatures k = principal_curvatures(point, nu);
    const Eigen::GeneralizedSelfAdjointEigenSolver<Matrix> eigen(H_v, g, Eigen::EigenvaluesOnly);
    for (Index j = 0; j < n; ++j)
      CHECK(std::abs(1.0 - point.distance() * k.values(j) - eigen.eigenvalues()(n - 1 - j)) <=
            1e-10 * (1.0 + moves.squaredNorm() * size));
    const Vector beta = sample.unit(n);
    CHECK((point.shape_product(nu, beta) - point.shape_operator(nu) * beta).norm() <=
          1e-12 * (1.0 + of_hessian.norm()));
  }
}

TEST_CASE("the normal of a hypersurface turns as the shape operator says, on 300 random problems") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Index s = 1 + static_cast<Index>(seed % 4);
    Sample sample(1 + 7 * seed % 100000, s + 1, s);
    if (sample.options.ridge > 0.0) continue;
    const ManifoldPoint point = sample.manifold->at(sample.v);
    const Vector normal = point.normal_basis().col(0);
    const Matrix Q = point.basis();
    const Vector alpha = sample.unit(s);
    const Vector a = point.move(alpha);
    const double h = 1e-5 / std::max(1.0, a.norm());
    const auto normal_at = [&](double step) {
      return Vector(sample.manifold->at(sample.v + step * a).normal_basis().col(0));
    };
    const Vector turn =
        (8.0 * (normal_at(h) - normal_at(-h)) - (normal_at(2.0 * h) - normal_at(-2.0 * h))) /
        (12.0 * h);
    const Vector predicted = -(Q * (point.shape_operator(normal) * alpha));
    CAPTURE(seed);
    CHECK((turn - predicted).norm() <= 1e-6 * (1.0 + predicted.norm()) * std::max(1.0, a.norm()));
    CHECK(std::abs(normal.norm() - 1.0) <= 1e-13);
    CHECK((Q.transpose() * normal).norm() <= 1e-12);
  }
}

TEST_CASE("the second fundamental form is the normal part of the acceleration of z") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    support::Random sizes(seed);
    const Index s = sizes.integer(1, 5), L = s + sizes.integer(1, 5);
    Sample sample(seed, L, s);
    const ManifoldPoint point = sample.manifold->at(sample.v);
    const Vector alpha = sample.unit(point.dimension());
    const Vector a = point.move(alpha);
    const double h = 1e-3 / std::max(1.0, a.norm());
    const auto z = [&](double step) { return sample.manifold->position(sample.v + step * a); };
    const Vector acceleration =
        (-z(2.0 * h) + 16.0 * z(h) - 30.0 * z(0.0) + 16.0 * z(-h) - z(-2.0 * h)) / (12.0 * h * h);
    const double room = 1e-6 * (1.0 + a.squaredNorm());
    CAPTURE(seed);
    CHECK((point.acceleration(alpha, alpha) - acceleration).norm() <= room);
    CHECK((point.second_fundamental_form(alpha, alpha) - point.normal_part(acceleration)).norm() <=
          room);
  }
}

TEST_CASE("|k|max is the largest value over tangents and over normals, whatever the method") {
  int methods[6] = {};
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    support::Random sizes(seed + 5000);
    const Index s = sizes.integer(1, 6), L = s + sizes.integer(0, 6);
    Sample sample(seed, L, s);
    const ManifoldPoint point = sample.manifold->at(sample.v);
    const Index n = point.dimension();
    const LargestCurvature k = largest_curvature(point);
    ++methods[static_cast<std::size_t>(k.method)];
    CAPTURE(seed);
    CAPTURE(to_string(k.method));
    CHECK(k.value <= k.upper);
    CHECK(k.upper <= point.pattern_bound() * (1.0 + 1e-12));
    if (k.method == CurvatureMethod::flat) {
      CHECK(point.codimension() == 0);
      continue;
    }
    // It is attained, by the direction and by the normal.
    const Eigen::SelfAdjointEigenSolver<Matrix> eigen(point.shape_operator(k.normal),
                                                      Eigen::EigenvaluesOnly);
    CHECK(eigen.eigenvalues().cwiseAbs().maxCoeff() >= k.value * (1.0 - 1e-10));
    CHECK(std::abs(k.direction.dot(point.metric() * k.direction) - 1.0) <= 1e-8);
    // Nothing sampled exceeds it.
    double largest = 0.0;
    for (int trial = 0; trial < 200; ++trial) {
      const double phi = std::numbers::pi * trial / 200.0;
      Vector alpha = sample.unit(n);
      if (n == 2) alpha << std::cos(phi), std::sin(phi);
      largest = std::max(largest, point.second_fundamental_form(alpha, alpha).norm());
    }
    CHECK(largest <= k.value * (1.0 + 1e-9));
    if (n == 2) CHECK(largest >= k.value * (1.0 - 1e-2));
    if (point.codimension() <= 2) {
      const Matrix normals = point.normal_basis();
      double over_normals = 0.0;
      for (int trial = 0; trial < 200; ++trial) {
        const double phi = std::numbers::pi * trial / 200.0;
        Vector nu = normals.col(0);
        if (normals.cols() == 2)
          nu = std::cos(phi) * normals.col(0) + std::sin(phi) * normals.col(1);
        const Eigen::SelfAdjointEigenSolver<Matrix> shape(point.shape_operator(nu),
                                                          Eigen::EigenvaluesOnly);
        over_normals = std::max(over_normals, shape.eigenvalues().cwiseAbs().maxCoeff());
      }
      CHECK(over_normals <= k.value * (1.0 + 1e-9));
      CHECK(over_normals >= k.value * (1.0 - 1e-3));
    }
  }
  for (const int count : methods) CHECK(count > 0);  // each was tried
}

TEST_CASE(
    "Bates and Watts: both parts add up, and a parameter that bends alone is no intrinsic "
    "curvature") {
  // Two equal patterns: the manifold is a straight line, only its parameter is curved.
  Matrix X(2, 1);
  X << 1.0, 1.0;
  Vector y(2);
  y << 0.6, 0.2;
  const Perceptron network(make_problem(X, y));
  const ManifoldPoint point = DataManifold(network, 1.0).at(network.coordinates(Vector::Ones(1)));
  const LargestCurvature k = largest_curvature(point);
  const BatesWatts measures = bates_watts(point, k);
  CHECK(measures.intrinsic <= 1e-14);
  // z = (tanh w)(1, 1): |z''| / |z'|^2 = 2 tanh w / (sqrt 2 (1 - tanh^2 w)).
  const double t = std::tanh(1.0);
  const double expected = 2.0 * t / (std::numbers::sqrt2 * (1.0 - t * t));
  CHECK(std::abs(measures.parameter_effects - expected) <= 1e-12 * expected);
  CHECK(std::abs(measures.rho - point.distance()) <= 1e-14);
  // F(1, 1; 0.95) = 161.4476.
  CHECK(std::abs(measures.threshold - 0.5 / std::sqrt(161.44763879758827)) <= 1e-10);
}

TEST_CASE("points far out have finite curvature or none, never a NaN") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    support::Random sizes(seed);
    const Index s = sizes.integer(1, 5), L = s + sizes.integer(0, 5);
    Sample sample(2 * seed, L, s);  // tau = 1
    for (const double size : {10.0, 100.0, 1e3, 1e6}) {
      const ManifoldPoint point = sample.manifold->at(size * sample.v);
      CurvatureOptions effort;
      effort.starts = 4;
      const LargestCurvature k = largest_curvature(point, effort);
      CHECK(std::isfinite(k.value));
      CHECK(std::isfinite(k.upper));
      CHECK(point.leverages().allFinite());
      CHECK(principal_curvatures(point, point.residual()).values.allFinite());
      CHECK(point.basis().allFinite());
      CHECK(point.metric().allFinite());
    }
  }
}

TEST_CASE("effort that is none is refused") {
  Sample sample(1, 4, 2);
  const ManifoldPoint point = sample.manifold->at(sample.v);
  CurvatureOptions options;
  options.starts = 0;
  CHECK_THROWS_AS((void)largest_curvature(point, options), std::invalid_argument);
  CHECK_THROWS_AS((void)DataManifold(*sample.network, 1.5), std::invalid_argument);
}

}  // namespace tautrack::shape_test
