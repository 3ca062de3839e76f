#include <cmath>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <doctest/doctest.h>

#include "tautrack/geometry/curvature.hpp"
#include "tautrack/geometry/curvature_bound.hpp"
#include "tautrack/geometry/data_manifold.hpp"
#include "tautrack/geometry/plane_curve.hpp"

#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

/// The theorems that the certificates rest on, attacked (geometry, section 3).
namespace tautrack::lemmas_test {
namespace {

constexpr Activation kActivations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                       Activation::erf};

Perceptron random_network(support::Random& random, Index L, Index s, int kind) {
  Matrix X(L, s);
  const double scale = std::pow(10.0, random.uniform(-1.0, 0.7));
  for (double& entry : X.reshaped()) entry = scale * random.normal();
  PerceptronOptions options;
  options.activation = kActivations[kind % 4];
  return Perceptron(make_problem(X, Vector::Zero(L)), options);
}

Vector random_coordinates(support::Random& random, Index n, double low, double high) {
  Vector v(n);
  for (double& entry : v) entry = std::pow(10.0, random.uniform(low, high)) * random.normal();
  return v;
}

/// Newton's method for grad E = 0 at fixed tau with steps of bounded length; false if it fails.
bool find_stationary_point(const Perceptron& network, double tau, Vector& v) {
  const Index n = network.unknowns();
  Perceptron::Workspace work(network);
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  for (int iteration = 0; iteration < 60; ++iteration) {
    const double scale = network.derivatives(v, tau, work, H, H_v, H_tau);
    const Vector step = H_v.fullPivLu().solve(H);
    if (!step.allFinite()) return false;
    if (step.norm() < 1e-11 * (1.0 + v.norm())) return H.norm() < 1e-10 * scale;
    v -= std::min(1.0, 1.5 * (1.0 + v.norm()) / step.norm()) * step;
    if (!(v.norm() < 1e6)) return false;
  }
  return false;
}

}  // namespace

TEST_CASE("no chord of a data manifold is normal to it at an end (lemma 1), on 60,000 chords") {
  support::Random random(1);
  double smallest = 1.0;
  for (int k = 0; k < 300; ++k) {
    const Index s = random.integer(1, 5), L = s + random.integer(0, 8);
    const Perceptron network = random_network(random, L, s, k);
    const DataManifold manifold(network, k % 3 == 0 ? 1.0 : random.uniform(0.0, 1.0));
    for (int i = 0; i < 20; ++i) {
      const Vector from = random_coordinates(random, s, -1.0, 1.0);
      const ManifoldPoint point = manifold.at(from);
      const Matrix Q = point.basis();
      for (int j = 0; j < 10; ++j) {
        const Vector to = random_coordinates(random, s, -1.0, 1.0);
        const Vector chord = manifold.position(to) - point.position();
        const Vector moved = network.node_inputs(to) - point.node_inputs();
        // <z2 - z1, J h>, every term of which is positive.
        const double product = chord.cwiseProduct(point.gains()).dot(moved);
        CHECK(product >= 0.0);
        if (chord.norm() > 1e-12)
          smallest = std::min(smallest, (Q.transpose() * chord).norm() / chord.norm());
      }
    }
  }
  CHECK(smallest > 0.0);
  CHECK(smallest < 0.1);  // some come near
}

TEST_CASE("no tangent vector is orthogonal to another tangent space (lemma 2)") {
  support::Random random(2);
  for (int k = 0; k < 300; ++k) {
    const Index s = random.integer(1, 5), L = s + random.integer(0, 8);
    const Perceptron network = random_network(random, L, s, k);
    const DataManifold manifold(network, random.uniform(0.0, 0.99));
    const Matrix one = manifold.at(random_coordinates(random, s, -1.0, 1.0)).basis();
    const Matrix other = manifold.at(random_coordinates(random, s, -1.0, 1.0)).basis();
    // The cosines of the principal angles are the singular values.
    const Matrix product = one.transpose() * other;
    CHECK((product.transpose() * product).llt().info() == Eigen::Success);
    CHECK(std::abs(product.determinant()) > 0.0);
  }
}

TEST_CASE("inside the tube there is no second stationary point, for 2000 targets") {
  support::Random random(3);
  int targets = 0, arrivals = 0;
  for (int k = 0; k < support::sampled(200); ++k) {
    const Index s = random.integer(1, 4), L = s + random.integer(1, 4);
    const Perceptron network = random_network(random, L, s, k);
    const double tau = random.uniform(0.5, 0.99);
    const double radius = 0.999 / CurvatureBounds(network).at(tau).value;
    const DataManifold manifold(network, tau);
    for (int i = 0; i < 10; ++i) {
      const Vector v = random_coordinates(random, s, -0.5, 1.0);
      const ManifoldPoint point = manifold.at(v);
      const Vector normal = largest_curvature(point).normal;
      if (normal.size() == 0) continue;
      const Perceptron shifted = network.with_targets((point.position() + radius * normal).head(L));
      ++targets;
      for (int start = 0; start < 12; ++start) {
        Vector w = start < 4 ? Vector(v + random_coordinates(random, s, -1.0, 0.0))
                             : random_coordinates(random, s, -1.0, 1.5);
        if (!find_stationary_point(shifted, tau, w)) continue;
        ++arrivals;
        CHECK((w - v).norm() <= 1e-6 * (1.0 + v.norm()));
      }
    }
  }
  CHECK(targets >= support::sampled(1900));
  CHECK(arrivals >= support::sampled(5000));
}

TEST_CASE("inside the tube of one weight every list of stationary points has one entry") {
  support::Random random(4);
  int at_the_edge = 0;
  for (int k = 0; k < support::sampled(150); ++k) {
    const Perceptron network = random_network(random, random.integer(2, 7), 1, k);
    const double tau = random.uniform(0.5, 0.99);
    const DataManifold manifold(network, tau);
    const double bound = CurvatureBounds(network).at(tau).value;
    const Vector v = random_coordinates(random, 1, -0.5, 1.0);
    const ManifoldPoint point = manifold.at(v);
    const Vector normal = largest_curvature(point).normal;
    if (normal.size() == 0) continue;
    for (const double part : {0.5, 0.999, 8.0}) {
      const Perceptron shifted = network.with_targets(point.position() + part / bound * normal);
      const OneWeightPoints list = stationary_points_of_one_weight(shifted, tau);
      if (part < 1.0) CHECK(list.points.size() == 1);
      if (part > 1.0 && list.points.size() > 1) ++at_the_edge;
    }
  }
  CHECK(at_the_edge > support::sampled(10));  // outside of the tube there may be more
}

}  // namespace tautrack::lemmas_test
