#include <cmath>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/core/communicator.hpp"
#include "tautrack/network/hidden_layer.hpp"
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

TEST_CASE("networks with a hidden layer keep the promises of a network") {
  struct Shape {
    Index units, outputs;
    OutputNode output;
    UnitOrigin origin;
    std::optional<double> bias;
    bool has_offset = false;
  };
  const std::vector<Shape> shapes{{1, 1, OutputNode::linear, UnitOrigin::zero, {}},
                                  {1, 1, OutputNode::linear, UnitOrigin::zero, {}, true},
                                  {1, 1, OutputNode::linear, UnitOrigin::low, 0.2, true},
                                  {1, 1, OutputNode::linear, UnitOrigin::low, 0.2},
                                  {1, 1, OutputNode::linear, UnitOrigin::high, 0.2},
                                  {2, 1, OutputNode::sigmoid, UnitOrigin::zero, {}},
                                  {3, 2, OutputNode::linear, UnitOrigin::low, {}},
                                  {2, 2, OutputNode::sigmoid, UnitOrigin::zero, 0.0}};
  for (const Activation activation :
       {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
    for (const Shape& shape : shapes) {
      for (const bool is_penalised : {false, true}) {
        const Index L = is_penalised ? 60 : 530;
        CAPTURE(to_string(activation));
        CAPTURE(shape.units);
        CAPTURE(shape.outputs);
        CAPTURE(static_cast<int>(shape.origin));
        CAPTURE(L);
        HiddenLayerOptions options;
        options.units = shape.units;
        options.activation = activation;
        options.output = shape.output;
        options.origin = shape.origin;
        options.held_output_bias = shape.bias;
        CAPTURE(shape.has_offset);
        if (shape.units == 1 && (shape.bias || shape.has_offset)) options.start_ridge = 0.01;
        if (is_penalised) {
          options.ridge_hidden = 0.03;
          options.ridge_output = 0.2;
          options.start_ridge = 0.1;
          // What turns a unit over must go free where no closed form is known.
          if (!shape.bias && shape.origin == UnitOrigin::zero) options.ridge_bias = 0.05;
        }
        Problem problem = any_problem(L, static_cast<std::uint64_t>(L));
        if (shape.has_offset) problem.offset = 0.3 * problem.X.col(1) + 0.2 * problem.X.col(4);
        Matrix targets(L, shape.outputs);
        for (Index k = 0; k < shape.outputs; ++k)
          targets.col(k) =
              problem.y.array() * (k == 0 ? 1.0 : -0.5) + 0.3 * problem.X.col(0).array();
        check_at_many_places(HiddenLayer(problem, targets, options));
      }
    }
  }
}

}  // namespace every_network_test
