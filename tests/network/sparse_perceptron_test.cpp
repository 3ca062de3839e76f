#include "tautrack/network/sparse_perceptron.hpp"

#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "tautrack/network/perceptron.hpp"

#include "support/random_problem.hpp"

namespace sparse_perceptron_test {

using namespace tautrack;
using tautrack::support::Random;

namespace {

constexpr Activation kAll[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                               Activation::erf};

/// L x 6 with zeros, offsets and other units in the columns, a constant column and pattern weights.
Problem mixed_problem(Index L) {
  Random random(11);
  Matrix X = Matrix::Zero(L, 6);
  Vector y(L), omega(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < 5; ++j)
      if (random.uniform(0.0, 1.0) < 0.6)
        X(i, j) = std::pow(10.0, static_cast<double>(j) - 2.0) * (random.normal() + 0.5);
    X(i, 5) = 1.0;
    y(i) = random.uniform(-0.9, 0.9);
    omega(i) = random.uniform(0.5, 2.0);
  }
  return make_problem(X, y, "mixed", {}, omega);
}

SparseProblem sparse(const Problem& problem) {
  return make_sparse_problem(SparseMatrix(problem.X.sparseView()), problem.y, problem.name, {},
                             problem.pattern_weights);
}

PerceptronOptions with(Activation activation, double ridge = 0.0, bool standardised = false) {
  PerceptronOptions options;
  options.activation = activation;
  options.ridge = ridge;
  options.ridge_standardised = standardised;
  return options;
}

/// Some weights with node inputs of a few units.
Vector some_weights() {
  Vector w(6);
  w << 30.0, -8.0, 0.6, 0.05, -0.007, 0.4;
  return w;
}

double error(const Vector& value, const Vector& truth) {
  return (value - truth).norm() / truth.norm();
}

}  // namespace

TEST_CASE(
    "energy, gradient and parameter derivative are the dense network's in other coordinates") {
  const Problem problem = mixed_problem(700);
  for (const auto activation : kAll) {
    for (const double ridge : {0.0, 0.7}) {
      CAPTURE(to_string(activation));
      const Perceptron dense(problem, with(activation, ridge));
      const SparsePerceptron network(sparse(problem), with(activation, ridge));
      REQUIRE(network.unknowns() == 6);
      Perceptron::Workspace dense_work(dense);
      SparsePerceptron::Workspace work(network);
      const Vector w = some_weights();
      const Vector v = network.coordinates(w);
      CHECK(error(network.weights(v), w) <= 1e-15);
      CHECK(error(network.node_inputs(v), problem.X * w) <= 1e-14);
      for (const double tau : {0.0, 0.4, 1.0}) {
        const Vector q = dense.coordinates(w);
        CHECK(network.energy(v, tau, work) ==
              doctest::Approx(dense.energy(q, tau, dense_work)).epsilon(1e-12));
        Vector H(6), H_tau(6), G(6), G_tau(6), out(6), diagonal(6);
        Matrix G_v(6, 6), H_v(6, 6);
        dense.derivatives(q, tau, dense_work, G, G_v, G_tau);
        const double scale = network.gradient(v, tau, work, H);
        network.parameter_derivative(work, H_tau);
        // dE/dv_j = dE/dq . dq/dv_j
        Matrix change(6, 6);
        for (Index j = 0; j < 6; ++j) {
          change.col(j) = dense.coordinates(network.weights(Vector::Unit(6, j)));
          network.hessian_product(work, Vector::Unit(6, j), out);
          H_v.col(j) = out;
        }
        CHECK((H - change.transpose() * G).norm() <= 1e-14 * scale);
        CHECK(error(H_tau, change.transpose() * G_tau) <= 1e-10);
        CHECK((H_v - change.transpose() * G_v * change).norm() <= 1e-10 * H_v.norm());
        CHECK((H_v - H_v.transpose()).norm() <= 1e-14 * H_v.norm());
        network.positive_diagonal(work, diagonal);
        CHECK(diagonal.minCoeff() > 0.0);
        for (Index j = 0; j < 6; ++j) CHECK(diagonal(j) >= H_v(j, j) * (1.0 - 1e-12));
        if (tau == 0.0) CHECK(error(diagonal, H_v.diagonal()) <= 1e-12);
      }
    }
  }
}

TEST_CASE("the standardised penalty is the dense network's") {
  const Problem problem = mixed_problem(200);
  const Perceptron dense(problem, with(Activation::tanh, 2.0, true));
  const SparsePerceptron network(sparse(problem), with(Activation::tanh, 2.0, true));
  Perceptron::Workspace dense_work(dense);
  SparsePerceptron::Workspace work(network);
  const Vector w = some_weights();
  CHECK(network.energy(network.coordinates(w), 0.5, work) ==
        doctest::Approx(dense.energy(dense.coordinates(w), 0.5, dense_work)).epsilon(1e-12));
}

TEST_CASE("the linear solution is the least-squares one, with and without a penalty") {
  const Problem problem = mixed_problem(500);
  for (const double ridge : {0.0, 3.0}) {
    const Perceptron dense(problem, with(Activation::tanh, ridge));
    const SparsePerceptron network(sparse(problem), with(Activation::tanh, ridge));
    CHECK(error(network.weights(network.linear_solution()),
                dense.weights(dense.linear_solution())) <= 1e-11);
  }
}

TEST_CASE("the series is the dense network's") {
  const Problem problem = mixed_problem(1300);
  const Perceptron dense(problem);
  const SparsePerceptron network(sparse(problem));
  Perceptron::Workspace dense_work(dense);
  SparsePerceptron::Workspace work(network);
  const Vector w = 0.3 * some_weights();
  Vector H(6), rest(6), dense_rest(6);
  Matrix change(6, 6);
  for (Index j = 0; j < 6; ++j)
    change.col(j) = dense.coordinates(network.weights(Vector::Unit(6, j)));
  for (int round = 0; round < 2; ++round) {  // anew after the first
    network.gradient(network.coordinates(w), 0.9, work, H);
    dense.gradient(dense.coordinates(w), 0.9, dense_work, H);
    for (int k = 1; k <= 12; ++k) {
      const Vector term = some_weights() * (0.1 * std::cos(k));
      const double moved =
          network.append_series(k, network.coordinates(term), 0.03 * k, work, rest);
      const double dense_moved =
          dense.append_series(k, dense.coordinates(term), 0.03 * k, dense_work, dense_rest);
      CHECK(moved == doctest::Approx(dense_moved).epsilon(1e-12));
      CHECK(error(rest, change.transpose() * dense_rest) <= 1e-9);
    }
  }
}

TEST_CASE("columns of zeros are left out, and X may be uncompressed") {
  SparseMatrix X(3, 4);
  X.insert(0, 1) = 2.0;
  X.insert(2, 3) = -1.0;
  X.insert(1, 0) = 0.0;  // stored, and zero all the same
  REQUIRE_FALSE(X.isCompressed());
  const SparsePerceptron network(make_sparse_problem(X, Vector::LinSpaced(3, -0.5, 0.5)));
  CHECK(network.columns() == 4);
  CHECK(network.unknowns() == 2);
  Vector v(2);
  v << 4.0, 3.0;
  Vector w(4);
  w << 0.0, 2.0, 0.0, 3.0;
  CHECK(network.weights(v) == w);
  CHECK(network.coordinates(w) == v);
}

TEST_CASE("X is shared, not copied") {
  SparseProblem problem = sparse(mixed_problem(20));
  const SparsePerceptron network(problem);
  CHECK(&network.inputs() == problem.X.get());
}

TEST_CASE("saturated units: the diagonal stays positive and finite") {
  const Problem problem = mixed_problem(30);
  const SparsePerceptron network(sparse(problem));
  SparsePerceptron::Workspace work(network);
  Vector H(6), d(6);
  network.gradient(network.coordinates(1e4 * some_weights()), 1.0, work, H);
  network.positive_diagonal(work, d);
  CHECK(d.allFinite());
  CHECK(d.minCoeff() > 0.0);
}

TEST_CASE("what is unusable is refused") {
  CHECK_THROWS_AS(SparsePerceptron(make_sparse_problem(SparseMatrix(3, 2), Vector::Ones(3))),
                  DataError);
  CHECK_THROWS_AS(SparsePerceptron(sparse(mixed_problem(5)), with(Activation::tanh, -1.0)),
                  std::invalid_argument);
  SparseProblem nothing;
  CHECK_THROWS_AS(SparsePerceptron{nothing}, DataError);
}

}  // namespace sparse_perceptron_test
