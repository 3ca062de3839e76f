#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/explore/explore.hpp"
#include "tautrack/network/hidden_layer.hpp"

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

/// The points of one orbit under the symmetries of the hidden units.
struct Orbit {
  Vector form;  ///< canonical()
  double size = 0.0;
  int found = 0;
  double energy = 0.0;
  int index = 0;
};

/// The canonical form of weights whose last digits do not decide which of two units comes first.
Vector form_of(const HiddenLayer& network, Vector weights) {
  constexpr double digits = 1e9;
  for (double& entry : weights) entry = std::round(entry * digits) / digits;
  return network.canonical(network.coordinates(weights));
}

std::vector<Orbit> orbits_of(const HiddenLayer& network, const Exploration& found) {
  std::vector<Orbit> orbits;
  for (const StationaryPoint& point : found.points) {
    const Vector x = network.coordinates(point.weights);
    const Vector form = form_of(network, point.weights);
    auto orbit = std::find_if(orbits.begin(), orbits.end(), [&](const Orbit& other) {
      return (other.form - form).norm() <= 1e-7 * (1.0 + form.norm());
    });
    if (orbit == orbits.end()) {
      orbits.push_back({form, network.orbit_size(x), 0, point.energy, *point.morse_index});
      orbit = orbits.end() - 1;
    }
    ++orbit->found;
    CHECK(point.morse_index == orbit->index);
  }
  return orbits;
}

/// Every point certified, whole orbits, and the signed count of an energy that grows in every direction.
void check_consistent(const HiddenLayer& network, const Exploration& found) {
  CHECK(found.end == ExploreEnd::quiet);
  int index_sum = 0;
  bool all_certified = true;
  for (const StationaryPoint& point : found.points) {
    all_certified = all_certified && point.status == PointStatus::certified && point.radius > 0.0 &&
                    point.radius <= 1e-10;
    index_sum += *point.morse_index % 2 == 0 ? 1 : -1;
  }
  CHECK(all_certified);
  CHECK(index_sum == 1);
  for (const Orbit& orbit : orbits_of(network, found)) {
    CAPTURE(orbit.energy);
    CHECK(orbit.found == orbit.size);
  }
}

/// The list has the orbits of the reference, by the energy, and nothing else.
void check_list(const HiddenLayer& network, const Exploration& found, const reference::Json& list,
                const char* size) {
  std::vector<Orbit> orbits = orbits_of(network, found);
  CHECK(orbits.size() >= list.size());
  for (const auto& entry : list) {
    const double energy = reference::number(entry["energy"]);
    CAPTURE(energy);
    const Vector form = form_of(network, reference::vector(entry["weights"]));
    const auto orbit = std::find_if(orbits.begin(), orbits.end(), [&](const Orbit& other) {
      return (other.form - form).norm() <= 1e-7 * (1.0 + form.norm());
    });
    REQUIRE(orbit != orbits.end());
    CHECK(orbit->energy == doctest::Approx(energy).epsilon(1e-13));
    CHECK(orbit->index == entry["morse_index"].get<int>());
    CHECK(orbit->found == entry[size].get<int>());
  }
}

}  // namespace

TEST_CASE("all stationary points of XOR with a ridge, each certified" * not_in_slow_builds()) {
  const reference::Json run = reference::load("hidden_xor")["runs"][0];
  REQUIRE(run["ridge"].get<double>() == 0.03);
  const HiddenLayer network = exclusive_or(0.03);
  const Exploration found = explore(network, patient(3));
  CHECK(found.points.size() == 289);
  check_consistent(network, found);
  check_list(network, found, run["list"], "size_under_hidden_group");
  // The symmetries of the inputs join orbits of the units to twelve.
  std::vector<std::pair<double, int>> levels;
  for (const StationaryPoint& point : found.points)
    if (levels.empty() || std::abs(point.energy - levels.back().first) > 1e-9)
      levels.emplace_back(point.energy, *point.morse_index);
  CHECK(levels.size() == 12);
  REQUIRE(levels.size() == run["list"].size());
  for (std::size_t i = 0; i < levels.size(); ++i) {
    CHECK(levels[i].first ==
          doctest::Approx(reference::number(run["list"][i]["energy"])).epsilon(1e-13));
    CHECK(levels[i].second == run["list"][i]["morse_index"].get<int>());
  }
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
  CHECK(found.points.size() == 17);
  CHECK(run["points"].get<int>() == 17);
  check_consistent(network, found);
  check_list(network, found, run["list"], "size");
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
    CHECK(found.points.size() >= 3);
    check_consistent(network, found);
  }
}

TEST_CASE("an exploration of a hidden layer starts from given weights and ends with its budget") {
  const reference::Json run = reference::load("hidden_two_units")["runs"][2];
  const HiddenLayer network = two_units(run);
  ExploreOptions options = patient(1);
  options.max_curves = 1;
  const Vector start = reference::vector(run["list"][1]["weights"]);
  const Exploration found = explore(network, options, {start});
  CHECK(found.end == ExploreEnd::budget);
  CHECK(std::any_of(found.points.begin(), found.points.end(), [&](const StationaryPoint& point) {
    return point.found_by == to_string(CurveKind::given) && (point.weights - start).norm() <= 1e-12;
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
