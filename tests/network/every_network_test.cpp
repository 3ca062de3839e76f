#include <cmath>

#include <doctest/doctest.h>

#include "tautrack/core/communicator.hpp"
#include "tautrack/network/perceptron.hpp"
#include "tautrack/network/sparse_perceptron.hpp"

#include "support/network_suite.hpp"
#include "support/random_problem.hpp"

namespace every_network_test {

using namespace tautrack;
using tautrack::support::NetworkSuite;
using tautrack::support::Random;

namespace {

/// L x 5: zeros, offsets and other units in the columns, a constant one, pattern weights, and targets
/// inside and outside the ranges.
Problem any_problem(Index L, std::uint64_t seed) {
  Random random(seed);
  Matrix X = Matrix::Zero(L, 5);
  Vector y(L), omega(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < 4; ++j)
      if (random.uniform(0.0, 1.0) < 0.7)
        X(i, j) = std::pow(10.0, static_cast<double>(j) - 2.0) * (random.normal() + 0.5);
    X(i, 4) = 1.0;
    y(i) = random.uniform(-1.2, 1.2);
    omega(i) = random.uniform(0.5, 2.0);
  }
  return make_problem(X, y, "any", {}, omega);
}

template <class Network>
void check_at_many_places(const Network& network) {
  Random random(7);
  for (const double tau : {0.0, 0.5, 1.0, 1.2}) {
    CAPTURE(tau);
    Vector x(network.unknowns());
    for (double& entry : x) entry = random.normal();
    typename Network::Workspace work(network, 1);
    x *= 2.0 / network.relative_displacement(Vector::Zero(x.size()), x, work);
    NetworkSuite<Network>(network, x, tau).check();
  }
}

}  // namespace

TEST_CASE("every network with every activation keeps the promises of a network") {
  OneRank one;
  for (const Activation activation :
       {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
    for (const double ridge : {0.0, 0.3}) {
      for (const Index L : {6, 60, 700}) {
        CAPTURE(to_string(activation));
        CAPTURE(ridge);
        CAPTURE(L);
        PerceptronOptions options;
        options.activation = activation;
        options.ridge = ridge;
        options.ridge_standardised = L == 60;
        const Problem problem = any_problem(L, static_cast<std::uint64_t>(L));
        check_at_many_places(Perceptron(problem, options));
        check_at_many_places(Perceptron(problem, options, one));
        check_at_many_places(
            SparsePerceptron(make_sparse_problem(SparseMatrix(problem.X.sparseView()), problem.y,
                                                 problem.name, {}, problem.pattern_weights),
                             options));
      }
    }
  }
}

}  // namespace every_network_test
