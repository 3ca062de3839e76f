#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <doctest/doctest.h>

#include "tautrack/exhaustive/search.hpp"
#include "tautrack/explore/explore.hpp"
#include "tautrack/network/hidden_layer.hpp"

#include "network/layer_symmetry.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace hidden_search_test {

namespace {

using namespace tautrack;
using support::not_in_slow_builds;
using support::Random;

SearchOptions patient() {
  SearchOptions options;
  options.seconds = 300.0;  // a limit for slow machines; what is tested does not depend on it
  return options;
}

/// One unit and one input, targets about a sigmoid.
Problem one_input(std::uint64_t seed, Index L) {
  Random random(seed);
  Matrix X(L, 2);
  Vector y(L), omega(L);
  for (Index i = 0; i < L; ++i) {
    X.row(i) << 2.0 * random.normal(), 1.0;
    y(i) = 0.8 * std::tanh(X(i, 0)) + 0.3 * random.normal();
    omega(i) = random.uniform(0.5, 1.5);
  }
  return make_problem(X, y, "y", {}, omega);
}

HiddenLayerOptions penalised(double ridge, Activation activation = Activation::tanh) {
  HiddenLayerOptions options;
  options.activation = activation;
  options.ridge_hidden = options.ridge_output = options.ridge_bias = ridge;
  return options;
}

int index_sum(const std::vector<StationaryPoint>& points) {
  int sum = 0;
  for (const StationaryPoint& point : points) sum += *point.morse_index % 2 == 0 ? 1 : -1;
  return sum;
}

/// What curves find is in the proven list with all its copies, and nothing else is.
void check_same(const SearchResult& proven, const HiddenLayer& network) {
  CAPTURE(proven.message);
  CHECK(proven.finished);
  CHECK(proven.region_holds_all);
  CHECK(proven.undecided_count == 0);
  CHECK(index_sum(proven.points) == 1);
  const Exploration found = explore(network);
  const LayerSymmetry symmetry(network);
  double copies = 0.0;
  for (const StationaryPoint& point : found.points) copies += point.copies;
  REQUIRE(static_cast<double>(proven.points.size()) == copies);
  for (const StationaryPoint& point : proven.points) {
    const Vector x = network.coordinates(point.weights);
    CHECK(point.status == PointStatus::certified);
    for (Index j = 0; j < point.weights.size(); ++j) {
      CHECK(point.weights(j) >= proven.region.low(j));
      CHECK(point.weights(j) <= proven.region.high(j));
    }
    CHECK(
        std::count_if(found.points.begin(), found.points.end(), [&](const StationaryPoint& other) {
          return symmetry.are_copies(network.coordinates(other.weights), x) &&
                 other.morse_index == point.morse_index;
        }) == 1);
  }
}

}  // namespace

TEST_CASE("all stationary points of one hidden unit are those that curves find") {
  for (const Activation activation :
       {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
    CAPTURE(to_string(activation));
    const HiddenLayer network(one_input(3, 7), penalised(0.2, activation));
    check_same(search_exhaustively(network, patient()), network);
  }
  // No ridge on the bias, a held one, another origin, a smaller ridge.
  HiddenLayerOptions free_bias = penalised(0.2);
  free_bias.ridge_bias = 0.0;
  HiddenLayerOptions held = penalised(0.2);
  held.ridge_bias = 0.0;
  held.held_output_bias = 0.3;
  held.origin = UnitOrigin::low;
  for (const HiddenLayerOptions& options : {free_bias, held, penalised(0.05)}) {
    const HiddenLayer network(one_input(4, 7), options);
    check_same(search_exhaustively(network, patient()), network);
  }
}

TEST_CASE("the search takes several outputs, sigmoid outputs, two units and an offset" *
          not_in_slow_builds()) {
  const Problem problem = one_input(5, 7);
  Matrix targets(7, 2);
  targets << problem.y, problem.X.col(0).cwiseAbs();
  const HiddenLayer outputs(problem, targets, penalised(0.3));
  check_same(search_exhaustively(outputs, patient()), outputs);

  HiddenLayerOptions sigmoid = penalised(1.0);
  sigmoid.output = OutputNode::sigmoid;
  const HiddenLayer saturating(problem, sigmoid);
  check_same(search_exhaustively(saturating, patient()), saturating);

  HiddenLayerOptions two = penalised(0.3);
  two.units = 2;
  const HiddenLayer units(make_problem(problem.X.leftCols(1), problem.y), two);
  check_same(search_exhaustively(units, patient()), units);

  Problem beside = problem;
  beside.offset = 0.4 * problem.X.col(0);
  const HiddenLayer offset(beside, penalised(0.2));
  check_same(search_exhaustively(offset, patient()), offset);
}

TEST_CASE("the result of a search does not depend on threads") {
  const HiddenLayer network(one_input(6, 7), penalised(0.2));
  SearchOptions options = patient();
  const SearchResult one = search_exhaustively(network, options);
  options.threads = 3;
  const SearchResult three = search_exhaustively(network, options);
  CHECK(one.boxes == three.boxes);
  REQUIRE(one.points.size() == three.points.size());
  for (std::size_t k = 0; k < one.points.size(); ++k)
    CHECK(one.points[k].weights == three.points[k].weights);
}

TEST_CASE("a given box is searched where nothing is penalised, too") {
  // An exact sigmoid: within the box it is the only place with a zero gradient.
  Matrix X(9, 2);
  Vector y(9);
  for (Index i = 0; i < 9; ++i) {
    X.row(i) << 0.5 * static_cast<double>(i) - 2.0, 1.0;
    y(i) = 0.3 + 1.5 * std::tanh(1.2 * X(i, 0) - 0.4);
  }
  const HiddenLayer network(make_problem(X, y));
  SearchOptions options = patient();
  options.box = Box{Vector{{0.6, -1.0, 0.5, -1.0}}, Vector{{2.0, 0.5, 3.0, 1.0}}};
  const SearchResult result = search_exhaustively(network, options);
  CAPTURE(result.message);
  CHECK(result.finished);
  CHECK_FALSE(result.region_holds_all);
  REQUIRE(result.points.size() == 1);
  CHECK((result.points[0].weights - Vector{{1.2, -0.4, 1.5, 0.3}}).norm() <= 1e-9);
  CHECK(result.points[0].morse_index == 0);
  // Beside it there is none.
  options.box->low(0) = 1.3;
  const SearchResult empty = search_exhaustively(network, options);
  CHECK(empty.finished);
  CHECK(empty.points.empty());
}

TEST_CASE("what a search cannot take is said, and a stop is heard") {
  const Problem problem = one_input(7, 7);
  CHECK(search_exhaustively(HiddenLayer(problem)).message.find("needs a ridge above zero") !=
        std::string::npos);
  HiddenLayerOptions sigmoid = penalised(0.1);
  sigmoid.output = OutputNode::sigmoid;
  sigmoid.ridge_bias = 0.0;
  CHECK(search_exhaustively(HiddenLayer(problem, sigmoid)).message.find("output bias") !=
        std::string::npos);
  HiddenLayerOptions many = penalised(0.1);
  many.units = 3;
  CHECK(search_exhaustively(HiddenLayer(problem, many)).message.find("at most") !=
        std::string::npos);
  SearchOptions options;
  options.box = Box{Vector::Zero(3), Vector::Ones(3)};
  CHECK_THROWS_AS((void)search_exhaustively(HiddenLayer(problem), options), std::invalid_argument);
  SearchOptions stopped;
  stopped.stop = StopCondition::after_looks(400);
  const SearchResult cut = search_exhaustively(HiddenLayer(problem, penalised(0.1)), stopped);
  CHECK_FALSE(cut.finished);
  CHECK(cut.undecided_count > 0);
  SearchOptions few = patient();
  few.max_boxes = 10;
  CHECK(search_exhaustively(HiddenLayer(problem, penalised(0.1)), few).boxes == 10);
}

}  // namespace hidden_search_test
