#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/explore/explore.hpp"
#include "tautrack/network/hidden_layer.hpp"

#include "network/layer_symmetry.hpp"
#include "support/hidden_networks.hpp"
#include "support/random_problem.hpp"
#include "support/reference_case.hpp"
#include "support/slow_build.hpp"

namespace hidden_explore_test {

using namespace tautrack;
using namespace tautrack::support;

namespace {

/// Generous: the tests are about what is found, not about time.
ExploreOptions patient(int quiet_rounds) {
  ExploreOptions options;
  options.seconds = 600.0;
  options.quiet_rounds = quiet_rounds;
  return options;
}

double copies_of(const Exploration& found) {
  double sum = 0.0;
  for (const StationaryPoint& point : found.points) sum += point.copies;
  return sum;
}

/// Every point certified, none a copy of another one, and the signed count of an energy that grows in every direction.
void check_consistent(const HiddenLayer& network, const Exploration& found) {
  CHECK(found.end == ExploreEnd::quiet);
  const LayerSymmetry symmetry(network);
  double index_sum = 0.0;
  bool all_certified = true, all_canonical = true;
  std::vector<Vector> seen;
  for (const StationaryPoint& point : found.points) {
    all_certified = all_certified && point.status == PointStatus::certified && point.radius > 0.0 &&
                    point.radius <= 1e-10;
    all_canonical = all_canonical && point.weights == symmetry.canonical(point.weights);
    index_sum += (*point.morse_index % 2 == 0 ? 1.0 : -1.0) * point.copies;
    const Vector x = network.coordinates(point.weights);
    CHECK(point.copies == symmetry.orbit_size(x));
    CHECK(std::none_of(seen.begin(), seen.end(),
                       [&](const Vector& other) { return symmetry.are_copies(x, other); }));
    seen.push_back(x);
  }
  CHECK(all_certified);
  CHECK(all_canonical);
  CHECK(index_sum == 1.0);
}

/// The list has the points of the reference, and nothing else.
void check_list(const HiddenLayer& network, const Exploration& found, const reference::Json& list) {
  const LayerSymmetry symmetry(network);
  CHECK(found.points.size() == list.size());
  for (const auto& entry : list) {
    const double energy = reference::number(entry["energy"]);
    CAPTURE(energy);
    const Vector x = network.coordinates(reference::vector(entry["weights"]));
    const auto point =
        std::find_if(found.points.begin(), found.points.end(), [&](const StationaryPoint& at) {
          return symmetry.are_copies(x, network.coordinates(at.weights), 1e-7);
        });
    REQUIRE(point != found.points.end());
    CHECK(point->energy == doctest::Approx(energy).epsilon(1e-13));
    CHECK(point->morse_index == entry["morse_index"].get<int>());
  }
}

}  // namespace

TEST_CASE("all stationary points of XOR with a ridge, each certified" * not_in_slow_builds()) {
  const reference::Json run = reference::load("hidden_xor")["runs"][0];
  REQUIRE(run["ridge"].get<double>() == 0.03);
  const HiddenLayer network = exclusive_or(0.03);
  const Exploration found = explore(network, patient(3));
  CHECK(found.points.size() == 12);
  CHECK(copies_of(found) == 289.0);
  check_consistent(network, found);
  check_list(network, found, run["list"]);
  // The natural path stays at zero.
  REQUIRE(found.path.ok());
  CHECK(found.path.end->weights.norm() == 0.0);
}

TEST_CASE("all stationary points of a network with two units, the same on two threads" *
          not_in_slow_builds()) {
  const reference::Json run = reference::load("hidden_two_units")["runs"][2];
  const HiddenLayer network = two_units(run);
  ExploreOptions options = patient(3);
  const Exploration found = explore(network, options);
  CHECK(copies_of(found) == 17.0);
  CHECK(run["points"].get<int>() == 17);
  check_consistent(network, found);
  check_list(network, found, run["list"]);
  options.threads = 2;
  const Exploration together = explore(network, options);
  REQUIRE(together.points.size() == found.points.size());
  for (std::size_t i = 0; i < found.points.size(); ++i) {
    CHECK(together.points[i].weights == found.points[i].weights);
    CHECK(together.points[i].found_by == found.points[i].found_by);
  }
  CHECK(together.curves == found.curves);
}

TEST_CASE("an exploration of several outputs and other activations has the index sum one") {
  for (const Activation activation : {Activation::logistic, Activation::erf}) {
    CAPTURE(to_string(activation));
    Random random(6);
    Matrix X(6, 2), Y(6, 2);
    for (Index i = 0; i < 6; ++i) {
      X.row(i) << random.normal(), 1.0;
      Y.row(i) << 40.0 * X(i, 0) + 10.0 * random.normal(), 20.0 * random.normal();
    }
    HiddenLayerOptions options;
    options.activation = activation;
    options.ridge_hidden = 100.0;
    options.ridge_output = 0.01;  // the bias goes free
    const HiddenLayer network(make_problem(X, Y.col(0)), Y, options);
    const Exploration found = explore(network, patient(2));
    CHECK(copies_of(found) >= 3.0);
    check_consistent(network, found);
  }
}

TEST_CASE("an exploration of a hidden layer starts from given weights and ends with its budget") {
  const reference::Json run = reference::load("hidden_two_units")["runs"][2];
  const HiddenLayer network = two_units(run);
  ExploreOptions options = patient(1);
  options.max_curves = 1;
  const Vector start = reference::vector(run["list"][1]["weights"]);
  const LayerSymmetry symmetry(network);
  const Exploration found = explore(network, options, {start});
  CHECK(found.end == ExploreEnd::budget);
  CHECK(std::any_of(found.points.begin(), found.points.end(), [&](const StationaryPoint& point) {
    return point.found_by == to_string(CurveKind::given) &&
           (point.weights - symmetry.canonical(start)).norm() <= 1e-12;
  }));
  CHECK_THROWS_WITH_AS((void)explore(network, options, {Vector::Zero(3)}),
                       doctest::Contains("9 finite weights"), std::invalid_argument);
}

TEST_CASE("without a ridge on all weights a hidden layer is not explored") {
  Matrix X(4, 2);
  X << -1, 1, 0, 1, 1, 1, 2, 1;
  const Problem problem = make_problem(X, Vector{{0.1, 0.2, 0.4, 0.3}});
  const auto refuses = [&](const HiddenLayerOptions& options) {
    CHECK_THROWS_WITH_AS((void)explore(HiddenLayer(problem, options)),
                         doctest::Contains("form continua"), std::invalid_argument);
  };
  HiddenLayerOptions options;
  refuses(options);
  options.ridge_hidden = 0.1;
  refuses(options);
  options.ridge_hidden = 0.0;
  options.ridge_output = 0.1;
  refuses(options);
  options.ridge_hidden = 0.1;
  CHECK_FALSE(explore(HiddenLayer(problem, options), patient(1)).points.empty());
  options.output = OutputNode::sigmoid;
  refuses(options);
}

}  // namespace hidden_explore_test
