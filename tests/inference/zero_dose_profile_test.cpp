// Profile intervals of data with doses of zero: at each end the least energy with that value, found by a search of its own,
// is the threshold.

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/data/zero_doses.hpp"
#include "tautrack/fits/fitted_range.hpp"
#include "tautrack/fits/zero_doses.hpp"
#include "tautrack/inference/profile.hpp"
#include "tautrack/network/perceptron.hpp"

#include "inference/least_energy.hpp"

namespace zero_dose_profile_test {

using namespace tautrack;
using least_energy::energy_of;
using least_energy::least_with;

namespace {

/// log10 of the dose, 1; logistic.
Problem problem_of(const std::vector<double>& dose, const std::vector<double>& y) {
  const auto L = static_cast<Index>(dose.size());
  Problem problem{"y", {"log10(dose)", "(bias)"}, Matrix(L, 2), Vector(L), {}};
  for (Index i = 0; i < L; ++i) {
    problem.X.row(i) << std::log10(dose[static_cast<std::size_t>(i)]), 1.0;
    problem.y(i) = y[static_cast<std::size_t>(i)];
  }
  return problem;
}

int check_ends(const Problem& problem, const OutputRange& range) {
  CAPTURE(range.low.has_value());
  CAPTURE(range.high.has_value());
  FitOptions options;
  options.seconds = options.explore.seconds = 600.0;
  AllFits fits;
  Problem scaled = problem;
  if (range.is_known()) {
    // In units of the range.
    PerceptronOptions perceptron;
    perceptron.activation = Activation::logistic;
    const double width = *range.high - *range.low;
    scaled.y = (problem.y.array() - *range.low) / width;
    fits = find_all_fits(Perceptron(without_zero_doses(scaled), perceptron), options);
    for (StationaryPoint& point : fits.points) point.energy *= width * width;
    for (InfinitePoint& limit : fits.at_infinity) limit.energy *= width * width;
    fits =
        with_zero_doses(std::move(fits), problem, Activation::logistic, {*range.low, *range.high});
  } else {
    fits = find_all_fits(problem, Activation::logistic, range, options);
  }
  REQUIRE(fits.global_minimum);
  const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
  const double w = best.weights(0), c = best.weights(1);
  CHECK(energy_of(problem, range, w, c) == doctest::Approx(best.energy).epsilon(1e-9));
  const SigmoidModel model{problem, Activation::logistic, range};
  ProfileOptions asked;
  asked.seconds = 600.0;
  const ProfileIntervals intervals = profile_intervals(model, fits, asked);
  CHECK(intervals.reason.empty());
  int ends = 0;
  for (const ProfileInterval& interval : intervals.parameters) {
    CAPTURE(interval.name);
    CHECK(interval.is_resolved);
    for (const auto& end : {interval.low, interval.high}) {
      if (!end) continue;
      ++ends;
      CHECK(least_with(problem, range, interval, *end, w, c) ==
            doctest::Approx(intervals.threshold).epsilon(1e-6));
    }
  }
  return ends;
}

}  // namespace

TEST_CASE("the ends of intervals with doses of zero are where the least energy is the threshold") {
  // Roots of ryegrass (R: drc::ryegrass).
  const Problem falling = problem_of(
      {0,    0,    0,    0,   0,   0,   0.94, 0.94, 0.94, 1.88, 1.88, 1.88,
       3.75, 3.75, 3.75, 7.5, 7.5, 7.5, 15,   15,   15,   30,   30,   30},
      {7.58,      8,         8.3285714, 7.25,      7.375, 7.9625,    8.3555556, 6.9142857,
       7.75,      6.8714286, 6.45,      5.9222222, 1.925, 2.8857143, 4.2333333, 1.1875,
       0.8571429, 1.0571429, 0.6875,    0.525,     0.825, 0.25,      0.22,      0.44});
  CHECK(check_ends(falling, {}) == 12);
  CHECK(check_ends(falling, {0.0, std::nullopt}) == 10);
  CHECK(check_ends(falling, {std::nullopt, 8.4}) == 10);
  CHECK(check_ends(falling, {0.0, 8.4}) == 8);
  const Problem rising =
      problem_of({0, 0, 1, 2, 4, 8, 16, 32}, {0.05, -0.02, 0.34, 0.47, 0.71, 0.82, 0.90, 0.97});
  CHECK(check_ends(rising, {}) == 12);
  CHECK(check_ends(rising, {std::nullopt, 1.05}) == 10);
}

TEST_CASE("a step behind the doses of zero that is good enough leaves intervals unbounded") {
  const Problem problem = problem_of({0, 0, 0, 1, 2, 4, 8, 16, 32},
                                     {0.05, -0.02, 0.01, 0.60, 0.84, 0.63, 1.05, 0.78, 0.87});
  const AllFits fits = find_all_fits(problem, Activation::logistic, OutputRange{});
  REQUIRE(fits.global_minimum);
  const ProfileIntervals intervals =
      profile_intervals({problem, Activation::logistic, {}}, fits, {});
  // Zeros at their mean, all others at theirs.
  double step = 0.0;
  for (Index i = 0; i < 9; ++i)
    step += 0.5 * std::pow(problem.y(i) - (i < 3 ? 0.04 / 3.0 : 4.77 / 6.0), 2);
  CHECK(step < intervals.threshold);
  const double reach = std::sqrt(2.0 * (intervals.threshold - step) / 3.0);
  for (const ProfileInterval& interval : intervals.parameters) {
    CAPTURE(interval.name);
    if (interval.kind == ParameterKind::low) {
      // At least what the step allows the plateau of the zeros.
      REQUIRE(interval.low.has_value());
      REQUIRE(interval.high.has_value());
      CHECK(*interval.low <= 0.04 / 3.0 - reach);
      CHECK(*interval.high >= 0.04 / 3.0 + reach);
    } else if (interval.kind == ParameterKind::half_point) {
      CHECK_FALSE(interval.low.has_value());
      CHECK_FALSE(interval.high.has_value());
    } else if (interval.name == "log10(dose)") {
      CHECK(interval.low == 0.0);
      CHECK_FALSE(interval.high.has_value());
    }
  }
}

TEST_CASE("where a slope of zero is good enough the bias still ends at the threshold") {
  // Doses that hardly matter, zeros apart from them.
  const Problem problem =
      problem_of({0, 0, 1, 2, 4, 8, 16, 32}, {0.08, 0.14, 0.55, 0.72, 0.58, 0.75, 0.66, 0.78});
  const OutputRange range{std::nullopt, 1.0};
  const AllFits fits = find_all_fits(problem, Activation::logistic, range);
  REQUIRE(fits.global_minimum);
  const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
  const ProfileIntervals intervals =
      profile_intervals({problem, Activation::logistic, range}, fits, {});
  int ends = 0;
  for (const ProfileInterval& interval : intervals.parameters) {
    CAPTURE(interval.name);
    CHECK(interval.is_resolved);
    const bool is_slope = interval.kind == ParameterKind::slope || interval.name == "log10(dose)";
    if (is_slope) {
      CHECK(interval.low == 0.0);
      CHECK(interval.high.has_value());
    }
    if (interval.kind == ParameterKind::half_point) CHECK_FALSE(interval.low.has_value());
    if (interval.name != "(bias)") continue;
    for (const auto& end : {interval.low, interval.high}) {
      REQUIRE(end.has_value());
      ++ends;
      CHECK(least_with(problem, range, interval, *end, best.weights(0), best.weights(1)) ==
            doctest::Approx(intervals.threshold).epsilon(1e-5));
    }
  }
  CHECK(ends == 2);
}

TEST_CASE("a step to a plateau that is known, with the last dose on the way, ends an interval") {
  const std::vector<double> y{0.08, 0.34, 0.2, 0.32, 0.25, 0.45, 0.32, 0.48};
  const Problem problem = problem_of({0, 0, 0, 1, 2, 4, 8, 16}, y);
  const OutputRange range{std::nullopt, 1.0};
  const AllFits fits = find_all_fits(problem, Activation::logistic, range);
  const ProfileIntervals intervals =
      profile_intervals({problem, Activation::logistic, range}, fits, {});
  double mean = 0.0, energy = 0.0;
  for (std::size_t i = 0; i < 7; ++i) mean += y[i] / 7.0;
  for (std::size_t i = 0; i < 7; ++i) energy += 0.5 * (y[i] - mean) * (y[i] - mean);
  REQUIRE(energy < intervals.threshold);
  for (const ProfileInterval& interval : intervals.parameters) {
    CAPTURE(interval.name);
    CHECK(interval.is_resolved);
    if (interval.kind != ParameterKind::low) continue;
    REQUIRE(interval.high.has_value());
    CHECK(*interval.high ==
          doctest::Approx(mean + std::sqrt(2.0 * (intervals.threshold - energy) / 7.0)));
  }
}

}  // namespace zero_dose_profile_test
