#include "tautrack/geometry/caustic.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <doctest/doctest.h>

#include "tautrack/geometry/curvature.hpp"
#include "tautrack/path/natural_path.hpp"

#include "support/random_problem.hpp"

namespace tautrack::caustic_test {
namespace {

using support::Random;

Matrix surface_inputs() { return (Matrix(3, 2) << 2.0, 0.3, -0.4, 1.8, 1.0, 1.2).finished(); }

bool near(double a, double b, double tolerance = 1e-11) {
  return std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b));
}

constexpr Activation kActivations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                       Activation::erf};

/// A network with any activation, pattern weights and, every other time, a ridge.
Perceptron random_network(Random& random, int k, Index L, Index s) {
  Matrix X(L, s);
  Vector y(L), omega(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
    y(i) = random.uniform(-1.2, 1.2);
    omega(i) = random.uniform(0.3, 2.5);
  }
  PerceptronOptions options;
  options.activation = kActivations[k / 2 % 4];
  options.ridge = k % 2 == 1 ? random.uniform(0.05, 0.5) : 0.0;
  return Perceptron(make_problem(X, y, "y", {}, omega), options);
}

Vector random_vector(Random& random, Index n, double size) {
  Vector v(n);
  for (double& entry : v) entry = size * random.normal();
  return v;
}

Matrix hessian(const Perceptron& network, const Vector& v, double tau) {
  const Index n = network.unknowns();
  Perceptron::Workspace work(network);
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  network.derivatives(v, tau, work, H, H_v, H_tau);
  return H_v;
}

Vector gradient(const Perceptron& network, const Vector& v, double tau) {
  Perceptron::Workspace work(network);
  Vector H(network.unknowns());
  (void)network.gradient(v, tau, work, H);
  return H;
}

/// The network with targets that make v a stationary point, at the signed distance d along a normal.
/// Without a ridge.
Perceptron with_foot(const Perceptron& network, const Vector& v, double tau, const Vector& nu) {
  const Vector target = DataManifold(network, tau).position(v) + nu;
  return network.with_targets(target.cwiseQuotient(network.pattern_weights().cwiseSqrt()));
}

}  // namespace

TEST_CASE("a target at a focal point of any codimension makes the Hessian singular") {
  Random random(1);
  int focal = 0;
  for (int k = 0; k < 40; k += 2) {  // no ridge: the targets of its rows are zero
    const Index s = 1 + k % 3, L = s + 1 + random.integer(0, 4);
    const double tau = k % 5 == 0 ? 1.0 : random.uniform(0.2, 1.0);
    const Perceptron network = random_network(random, k, L, s);
    const Vector v = random_vector(random, s, 1.0);
    const ManifoldPoint point = DataManifold(network, tau).at(v);
    const Vector normal = point.normal_part(random_vector(random, L, 1.0));
    for (const FocalPoint& found : focal_points(point, normal)) {
      ++focal;
      CHECK(near(found.distance * found.curvature, 1.0));
      CHECK(point.coefficients(found.position - point.position()).norm() <=
            1e-11 * std::abs(found.distance));
      CHECK(std::abs(focal_determinant(point, found.position - point.position())) <= 1e-9);
      const Perceptron at_focus = with_foot(network, v, tau, found.position - point.position());
      const Matrix H = hessian(at_focus, v, tau);
      const Eigen::SelfAdjointEigenSolver<Matrix> eigen(H);
      const double size = 1.0 + H.norm();
      CHECK(eigen.eigenvalues().cwiseAbs().minCoeff() <=
            1e-11 * size * (1.0 + std::abs(found.distance)));
      CHECK((H * found.direction).norm() <= 1e-10 * size * found.direction.norm());
      // On both sides of the focal point the index differs by one.
      const auto index_at = [&](double part) {
        const Vector nu = part * (found.position - point.position());
        return morse_index(DataManifold(with_foot(network, v, tau, nu), tau).at(v));
      };
      REQUIRE(index_at(0.999999));
      REQUIRE(index_at(1.000001));
      CHECK(*index_at(1.000001) - *index_at(0.999999) == 1);
    }
  }
  CHECK(focal >= 30);
}

TEST_CASE("the Morse index of the curvatures is that of the Hessian, with weights and ridge") {
  Random random(2);
  int indices = 0;
  for (int k = 0; k < 40; ++k) {
    const Index s = 1 + k % 3, L = s + 1 + random.integer(0, 4);
    const double tau = random.uniform(0.5, 1.0);
    Perceptron network = random_network(random, k, L, s);
    const Vector v = random_vector(random, s, 1.0);
    // Any targets that make v stationary.
    const DataManifold manifold(network, tau);
    const ManifoldPoint free = manifold.at(v);
    Vector offset = free.normal_part(random_vector(random, free.ambient(), 8.0));
    if (network.penalty().size() > 0) {
      // Targets of ridge rows are zero, so the rest has J'(y - z) = ridge M v on the patterns.
      const Matrix J = free.gains().head(L).asDiagonal() * network.space().basis();
      const Vector wanted = network.penalty() * v;
      const Vector current = random_vector(random, L, 6.0);
      offset = current + J * (J.transpose() * J).ldlt().solve(wanted - J.transpose() * current);
    }
    const Vector targets = (free.position().head(L) + offset.head(L))
                               .cwiseQuotient(network.pattern_weights().cwiseSqrt());
    network = network.with_targets(targets);
    CHECK(gradient(network, v, tau).norm() <= 1e-12 * (1.0 + targets.norm()));
    const Matrix H = hessian(network, v, tau);
    const Eigen::SelfAdjointEigenSolver<Matrix> eigen(H);
    const int expected = static_cast<int>((eigen.eigenvalues().array() < 0.0).count());
    const ManifoldPoint foot = DataManifold(network, tau).at(v);
    const std::optional<int> index = morse_index(foot);
    REQUIRE(index);
    CHECK(*index == expected);
    indices += *index;
    // det H_v = det J'J det(I - S_{y - z})
    CHECK(near(foot.metric().determinant() * focal_determinant(foot, foot.residual()),
               H.determinant(), 1e-8));
  }
  CHECK(indices > 5);
}

TEST_CASE("both fold conditions are derivatives of the gradient along the null vector") {
  Random random(3);
  for (int k = 0; k < 40; ++k) {
    const Index s = 1 + k % 3, L = s + 1 + random.integer(0, 4);
    const double tau = random.uniform(0.2, 0.95);
    const Perceptron network = random_network(random, k, L, s);
    const Vector v = random_vector(random, s, 1.0);
    const Vector a = random_vector(random, s, 1.0).normalized();
    const FoldConditions conditions = fold_conditions(network, v, tau, 3.0 * a);
    CHECK((conditions.null_vector - a).norm() <= 1e-15);
    const double h = 1e-3;
    const double ahead = a.dot(hessian(network, v + h * a, tau) * a);
    const double behind = a.dot(hessian(network, v - h * a, tau) * a);
    CHECK(std::abs((ahead - behind) / (2.0 * h) - conditions.nondegeneracy) <=
          1e-5 * (1.0 + conditions.nondegeneracy_scale));
    const double later = a.dot(gradient(network, v, tau + h));
    const double earlier = a.dot(gradient(network, v, tau - h));
    CHECK(std::abs((later - earlier) / (2.0 * h) - conditions.transversality) <=
          1e-9 * (1.0 + conditions.transversality_scale));
    CHECK(std::abs(a.dot(hessian(network, v, tau) * a) - conditions.eigenvalue) <=
          1e-12 * (1.0 + conditions.eigenvalue_scale));
    const FoldConditions other = fold_conditions(network, v, tau, -a);
    CHECK(near(other.nondegeneracy, -conditions.nondegeneracy, 1e-9));
    CHECK(near(other.transversality, -conditions.transversality, 1e-9));
  }
}

TEST_CASE(
    "folds of natural paths are ordinary ones on the caustic, with the direction of turning") {
  int folds = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Problem problem = support::random_problem(seed);
    const Perceptron network(problem);
    const NaturalPath path = track_natural(network);
    for (const NaturalFold& fold : path.folds) {
      ++folds;
      const Vector v = network.coordinates(fold.point.weights);
      const ManifoldPoint point = DataManifold(network, fold.point.tau).at(v);
      const Vector kappa = principal_curvatures(point, point.residual()).values;
      CHECK((1.0 - point.distance() * kappa.array()).abs().minCoeff() <= 1e-6);
      const FoldConditions conditions = fold_conditions(network, v, fold.point.tau);
      CHECK(conditions.is_fold(1e-6));
      CHECK_FALSE(conditions.is_fold(2.0));
      CHECK(std::abs(conditions.eigenvalue) <= 1e-7 * conditions.eigenvalue_scale);
      const double turning = -conditions.nondegeneracy / conditions.transversality;
      CHECK((turning > 0.0 ? 1 : -1) == fold.curvature_sign);
    }
  }
  CHECK(folds >= 5);
}

TEST_CASE("a target at a cusp of the evolute fails the first fold condition alone") {
  const Perceptron network(
      make_problem((Matrix(2, 1) << 3.0, 1.0).finished(),
                   (Vector(2) << 0.5406391167200073, 0.7137574145021415).finished()));
  const Vector v = network.coordinates(Vector::Constant(1, 0.5426038909337228));
  const FoldConditions conditions = fold_conditions(network, v, 1.0);
  CHECK(std::abs(conditions.eigenvalue) <= 1e-13 * conditions.eigenvalue_scale);
  CHECK(std::abs(conditions.nondegeneracy) <= 1e-12 * conditions.nondegeneracy_scale);
  CHECK(std::abs(conditions.transversality) > 1e-2 * conditions.transversality_scale);
  CHECK_FALSE(conditions.is_fold());
}

TEST_CASE("the determinant of the offset is the ratio of areas of parallel surfaces") {
  Random random(4);
  for (int k = 0; k < 20; ++k) {
    const Index s = 1 + k % 3;
    const Perceptron network = random_network(random, 2 * k, s + 1, s);
    const DataManifold manifold(network, random.uniform(0.3, 1.0));
    const Vector v = random_vector(random, s, 0.7);
    const ManifoldPoint point = manifold.at(v);
    const Vector normal = point.normal_basis().col(0);
    const double d = random.uniform(-1.5, 1.5), h = 1e-4;
    const auto parallel_point = [d](const ManifoldPoint& at) {
      return Vector(at.position() + d * at.normal_basis().col(0));
    };
    Matrix before(s + 1, s + 1), behind(s + 1, s + 1);
    for (Index j = 0; j < s; ++j) {
      const Vector e = h * Vector::Unit(s, j);
      const ManifoldPoint plus = manifold.at(v + e), minus = manifold.at(v - e);
      before.col(j) = (plus.position() - minus.position()) / (2.0 * h);
      behind.col(j) = (parallel_point(plus) - parallel_point(minus)) / (2.0 * h);
    }
    before.col(s) = behind.col(s) = normal;
    const double expected = focal_determinant(point, d * normal);
    CHECK(std::abs(behind.determinant() / before.determinant() - expected) <=
          1e-5 * (1.0 + std::abs(expected)));
  }
}

TEST_CASE("where nothing curves there are no focal points, and arguments are checked") {
  const Perceptron network(make_problem(surface_inputs(), Vector::Zero(3)));
  const ManifoldPoint flat = DataManifold(network, 0.0).at(Vector::Constant(2, 0.4));
  const Vector normal = flat.normal_basis().col(0);
  CHECK(focal_points(flat, normal).empty());
  CHECK(focal_determinant(flat, 5.0 * normal) == 1.0);
  // At the origin tanh has no second derivative.
  const ManifoldPoint origin = DataManifold(network, 1.0).at(Vector::Zero(2));
  CHECK(focal_points(origin, origin.normal_basis().col(0)).empty());
  CHECK(*morse_index(origin) == 0);
  // Directions without a normal part.
  const ManifoldPoint point = DataManifold(network, 1.0).at(Vector::Constant(2, 0.4));
  CHECK(focal_points(point, Vector::Zero(3)).empty());
  CHECK(focal_points(point, point.tangent(Vector::Unit(2, 0))).empty());
  CHECK(focal_points(point, point.normal_basis().col(0)).size() == 2);

  const Perceptron square(make_problem(Matrix::Identity(2, 2), Vector::Zero(2)));
  const ManifoldPoint everywhere = DataManifold(square, 1.0).at(Vector::Constant(2, 0.4));
  CHECK(focal_points(everywhere, Vector::Ones(2)).empty());
  CHECK_THROWS_AS((void)fold_conditions(network, Vector::Zero(2), 2.0), std::invalid_argument);
  CHECK_THROWS_AS((void)fold_conditions(network, Vector::Zero(2), 0.5, Vector::Zero(2)),
                  std::invalid_argument);
}

}  // namespace tautrack::caustic_test
