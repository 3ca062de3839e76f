#include "fits/limits.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "tautrack/fits/all_fits.hpp"

#include "infinity/patterns.hpp"
#include "infinity/stratum.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace limits_test {

using namespace tautrack;

namespace {

/// One neuron, eight inputs and a bias, 29 rows (stackoverflow.com/questions/19360835).
Perceptron stepmax() {
  DatasetOptions reading;
  reading.bias = true;
  PerceptronOptions options;
  options.activation = Activation::logistic;
  return Perceptron(
      read_csv(std::string(TAUTRACK_TEST_DATA) + "/stepmax.csv", reading).problems.front(),
      options);
}

ExploreOptions counted(long curves) {
  ExploreOptions options;
  options.seconds = 600.0;
  options.max_curves = curves;
  options.certify = false;
  return options;
}

/// What saturated patterns alone cost.
double energy_of_saturated(const Perceptron& network, const std::vector<int>& signs) {
  const Range ends = range(network.options().activation);
  double energy = 0.0;
  for (Index i = 0; i < network.patterns(); ++i) {
    const int sign = signs[static_cast<std::size_t>(i)];
    if (sign == 0) continue;
    const double off = (sign > 0 ? ends.high : ends.low) - network.targets()(i);
    energy += 0.5 * off * off;
  }
  return energy;
}

}  // namespace

TEST_CASE("descents that run off name the strata to which local fits run" *
          doctest::skip(!can_solve_linear_programmes() || support::kSlowBuild)) {
  const Perceptron network = stepmax();
  REQUIRE(network.unknowns() == 9);
  const ExploreOptions options = counted(600);
  const Exploration exploration = explore(network, options);
  const fits::LimitsOfRuns runs = fits::limits_of_runs(network, exploration, options);
  CHECK(runs.left == 0);
  CHECK(runs.strata > 0);
  const auto limit_at = [&](double energy) -> const InfinitePoint& {
    const auto found = std::find_if(runs.limits.begin(), runs.limits.end(), [&](const auto& limit) {
      return std::abs(limit.energy - energy) <= 1e-9;
    });
    REQUIRE(found != runs.limits.end());
    CHECK(found->found_by == "limit of a descent");
    return *found;
  };
  const InfinitePoint& lowest = limit_at(0.0410238546);
  CHECK(&lowest == runs.limits.data());
  CHECK(lowest.local_infimum == true);
  // 40 of 400 Levenberg-Marquardt runs from log-uniform starts come to this one.
  const InfinitePoint& second = limit_at(0.0427951698);
  CHECK(std::count(second.signs.begin(), second.signs.end(), 1) == 16);
  CHECK(std::count(second.signs.begin(), second.signs.end(), -1) == 8);
  for (const std::size_t row : {5, 6, 16, 17, 18}) CHECK(second.signs[row] == 0);
  // Five free patterns that five weights fit: the saturated ones are all that it costs.
  CHECK(second.energy ==
        doctest::Approx(energy_of_saturated(network, second.signs)).epsilon(1e-12));
  CHECK(second.local_infimum == false);
  CHECK(second.reason.find("local fits run to it") != std::string::npos);

  for (const InfinitePoint& limit : runs.limits) {
    // Each is what it says: free patterns at their inputs, saturated ones along the direction.
    CHECK(limit.energy == doctest::Approx(infinity::limit_energy(network, limit.signs,
                                                                 network.inputs() * limit.weights))
                              .epsilon(1e-10));
    const Vector rates = network.inputs() * limit.direction;
    for (Index i = 0; i < network.patterns(); ++i) {
      const int sign = limit.signs[static_cast<std::size_t>(i)];
      if (sign == 0)
        CHECK(std::abs(rates(i)) <= 1e-8 * rates.cwiseAbs().maxCoeff());
      else
        CHECK(sign * rates(i) > 0.0);
    }
    if (limit.found_by != "limit of a descent") CHECK(limit.local_infimum != false);
  }
  // Each once.
  for (std::size_t k = 1; k < runs.limits.size(); ++k)
    CHECK((runs.limits[k].signs != runs.limits[k - 1].signs ||
           runs.limits[k].energy != runs.limits[k - 1].energy));
}

TEST_CASE(
    "a limit that is no local infimum attracts fits: the energy falls towards it, and is lower "
    "beside it" *
    doctest::skip(!can_solve_linear_programmes())) {
  // Two weights, a pattern each: the first wants the end of the range, the second to stay inside.
  Matrix X(2, 2);
  X << 1.0, 0.0, 0.0, 1.0;
  const Perceptron network(make_problem(X, Vector{{1.0, 0.9}}));
  const infinity::Patterns patterns = infinity::patterns_of(network);
  const std::vector<int> both{1, 1};
  CHECK(test_infimum(network, both).local_infimum == false);
  // What the second gains on the way in, of order exp(-2 w_2), is less than what the first loses, exp(-4 w_1).
  CHECK(infinity::attracts(network, patterns, both, Vector{{10.0, 30.0}}));
  CHECK_FALSE(infinity::attracts(network, patterns, both, Vector{{10.0, 15.0}}));
  CHECK_FALSE(infinity::attracts(network, patterns, both, Vector{{-10.0, 30.0}}));
  Perceptron::Workspace work(network);
  const double limit = infinity::limit_energy(network, both, Vector::Zero(2));
  CHECK(network.energy(network.coordinates(Vector{{4.0, 12.0}}), 1.0, work) > limit);
  CHECK(network.energy(network.coordinates(Vector{{4.0, 6.0}}), 1.0, work) < limit);
}

TEST_CASE("signs at a place are those of its node inputs, free where nothing moved") {
  Matrix X(3, 2);
  X << 1.0, 0.0, 0.0, 1.0, 1.0, 1.0;
  const Perceptron network(make_problem(X, Vector{{1.0, 0.5, 1.0}}));
  // The last step went back a little in the third.
  const std::vector<int> signs =
      infinity::signs_at(network, Vector{{20.0, 0.5}}, Vector{{-1e-3, 0.0}});
  CHECK(signs == std::vector<int>{1, 0, 1});
  CHECK(infinity::signs_along(network, Vector{{-1e-3, 0.0}}) == std::vector<int>{-1, 0, -1});
}

TEST_CASE("where strata are enumerated the list is that of the enumeration") {
  support::Random random(11);
  int compared = 0;
  for (int trial = 0; trial < 6; ++trial) {
    Matrix X(8, 3);
    Vector y(8);
    for (double& entry : X.reshaped()) entry = random.normal();
    for (double& entry : y) entry = random.uniform(-1.5, 1.5);
    const Perceptron network(make_problem(X, y));
    FitOptions options;
    options.seconds = options.explore.seconds = options.strata.seconds = 600.0;
    options.explore.max_curves = 100;
    options.exhaustive = false;
    const AllFits fits = find_all_fits(network, options);
    const StrataResult strata = enumerate_strata(network, options.strata);
    REQUIRE(strata.complete);
    CHECK(fits.strata.message == strata.message);
    REQUIRE(fits.at_infinity.size() == strata.infima.size());
    for (std::size_t k = 0; k < strata.infima.size(); ++k) {
      CHECK(fits.at_infinity[k].signs == strata.infima[k].signs);
      CHECK(fits.at_infinity[k].energy == strata.infima[k].energy);
      CHECK(fits.at_infinity[k].found_by == "enumeration of strata");
      ++compared;
    }
  }
  CHECK(compared > 3);
}

TEST_CASE("beyond the enumeration it is said how many strata there are and were looked at") {
  const Perceptron network = stepmax();
  FitOptions options;
  options.seconds = 600.0;
  options.explore = counted(30);
  const AllFits fits = find_all_fits(network, options);
  CHECK(fits.strata.message.find("of about ") != std::string::npos);
  CHECK(fits.strata.message.find(" strata those were looked at") != std::string::npos);
  CHECK(fits.strata.strata > 0);
  CHECK_FALSE(fits.strata.complete);
  // Those that are none decide nothing.
  for (const InfinitePoint& limit : fits.at_infinity)
    if (limit.local_infimum == false) CHECK(limit.found_by == "limit of a descent");
  // Out of time before the first: all are left, and that is said.
  ExploreOptions explore_options = counted(30);
  const Exploration exploration = explore(network, explore_options);
  explore_options.stop = StopCondition::after_looks(0);
  const fits::LimitsOfRuns none = fits::limits_of_runs(network, exploration, explore_options);
  CHECK(none.limits.empty());
  CHECK(none.strata == 0);
  CHECK(none.left == fits.strata.strata);
}

}  // namespace limits_test
