#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include <doctest/doctest.h>

#include "tautrack/fits/all_fits.hpp"

#include "support/hidden_networks.hpp"
#include "support/random_problem.hpp"
#include "support/reference_case.hpp"
#include "support/slow_build.hpp"

namespace hidden_fits_test {

namespace {

using namespace tautrack;
using support::exclusive_or;
using support::not_in_slow_builds;
using support::penalised;
using support::Random;

/// Generous: the tests are about what is found, not about time.
FitOptions patient(int rounds) {
  FitOptions options;
  options.seconds = options.explore.seconds = options.search.seconds = 600.0;
  options.explore.quiet_rounds = rounds;
  return options;
}

double copies_of(const AllFits& fits) {
  double sum = 0.0;
  for (const StationaryPoint& point : fits.points) sum += point.copies;
  return sum;
}

}  // namespace

TEST_CASE("exclusive or has the families of the reference, with all their copies" *
          not_in_slow_builds()) {
  const reference::Json run = reference::load("hidden_xor")["runs"][0];
  // Under the symmetries of the units and of the square.
  const std::vector<double> copies{16, 32, 64, 16, 16, 1, 16, 16, 32, 16, 32, 32};
  const AllFits fits = find_all_fits(exclusive_or(0.03), patient(3));
  CHECK(fits.points.size() == 12);
  CHECK(copies_of(fits) == 289.0);
  CHECK(fits.index_sum == 1);
  CHECK(fits.level == Completeness::index_consistent);
  CHECK_FALSE(fits.global_is_proven);
  for (std::size_t k = 0; k < copies.size(); ++k) {
    const double energy = reference::number(run["list"][k]["energy"]);
    CAPTURE(energy);
    const auto point = std::find_if(
        fits.points.begin(), fits.points.end(),
        [&](const StationaryPoint& at) { return std::abs(at.energy - energy) <= 1e-11 * energy; });
    REQUIRE(point != fits.points.end());
    CHECK(point->morse_index == run["list"][k]["morse_index"].get<int>());
    CHECK(point->copies == copies[k]);
    CHECK(point->status == PointStatus::certified);
  }
  // The tree has w = 0 alone.
  REQUIRE(fits.tree);
  CHECK(std::count_if(fits.reached_by.begin(), fits.reached_by.end(),
                      [](int branch) { return branch >= 0; }) == 1);
  // And at a larger ridge.
  const AllFits fewer = find_all_fits(exclusive_or(0.1), patient(3));
  CHECK(fewer.points.size() == 11);
  CHECK(copies_of(fewer) == 257.0);
}

TEST_CASE("families of made-up networks are those of the reference" * not_in_slow_builds()) {
  const reference::Json json = reference::load("hidden_two_units");
  for (const auto& run : json["runs"]) {
    const HiddenLayer network = support::two_units(run);
    const AllFits fits = find_all_fits(network, patient(6));
    CHECK(fits.points.size() == run["list"].size());
    CHECK(copies_of(fits) == run["points"].get<double>());
    CHECK(fits.index_sum == 1);
    for (std::size_t k = 0; k < std::min(fits.points.size(), run["list"].size()); ++k)
      CHECK(fits.points[k].copies == run["list"][k]["size"].get<double>());
  }
}

TEST_CASE("one unit and one input have a proven list") {
  Random random(3);
  Matrix X(8, 2);
  Vector y(8);
  for (Index i = 0; i < 8; ++i) {
    X.row(i) << random.normal(), 1.0;
    y(i) = std::tanh(2.0 * X(i, 0)) + 0.1 * random.normal();
  }
  const AllFits fits = find_all_fits(
      HiddenLayer(make_problem(X, y), penalised(1, 0.2, OutputNode::linear)), patient(3));
  CHECK(fits.level == Completeness::complete);
  CHECK(fits.global_is_proven);
  CHECK(fits.unique == Answer::yes);
  REQUIRE(fits.points.size() == 2);
  CHECK(fits.points[0].copies == 2.0);
  CHECK(fits.points[1].copies == 1.0);
  CHECK(fits.index_sum == 1);
}

TEST_CASE("units that are dead or equal are named") {
  const HiddenLayer network = exclusive_or(0.1);
  Vector w = Vector::Zero(9);
  w << 1.0, 2.0, 3.0, -1.0, -2.0, -3.0, 0.5, -0.5, 0.1;
  UnitFacts facts = unit_facts(network, w);
  CHECK(facts.dead.empty());
  REQUIRE(facts.equal.size() == 1);
  CHECK(facts.equal[0] == std::vector<Index>{0, 1});
  w.segment(3, 3).setZero();
  w(7) = 0.0;
  facts = unit_facts(network, w);
  CHECK(facts.dead == std::vector<Index>{1});
  CHECK(facts.equal.empty());
}

TEST_CASE("index sums of random networks are one" * not_in_slow_builds()) {
  int sums = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    Random random(40 + seed);
    const Index L = 6 + static_cast<Index>(seed) % 4;
    Matrix X(L, 2);
    Vector y(L);
    for (Index i = 0; i < L; ++i) {
      X.row(i) << random.normal(), 1.0;
      y(i) = random.uniform(-0.9, 0.9);
    }
    const HiddenLayer network(make_problem(X, y), penalised(2, 0.1, OutputNode::linear));
    const AllFits fits = find_all_fits(network, patient(4));
    CHECK(fits.index_sum == 1);
    sums += fits.index_sum == 1 ? 1 : 0;
    for (std::size_t i = 0; i < fits.points.size(); ++i) CHECK(fits.reached_by.size() > i);
  }
  CHECK(sums == 8);
}

TEST_CASE("without a ridge there are continua, which is said") {
  Matrix X(4, 2);
  X << 0, 1, 1, 1, 2, 1, 3, 1;
  const HiddenLayer network(make_problem(X, Vector{{0.0, 0.5, 0.4, 0.9}}));
  CHECK_THROWS_AS((void)find_all_fits(network), std::invalid_argument);
}

}  // namespace hidden_fits_test
