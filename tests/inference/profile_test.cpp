// Profile intervals: R's, closed forms, and all curves of a dense grid below the threshold.

#include "tautrack/inference/profile.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tautrack/fits/fitted_range.hpp"
#include "tautrack/network/perceptron.hpp"

#include "inference/least_energy.hpp"
#include "support/random_curves.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace profile_test {

using namespace tautrack;
using nlohmann::json;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Rows (x, 1).
Problem problem_of(const std::vector<double>& x, const std::vector<double>& y) {
  const auto L = static_cast<Index>(x.size());
  Matrix X(L, 2);
  Vector targets(L);
  for (Index i = 0; i < L; ++i) {
    X.row(i) << x[static_cast<std::size_t>(i)], 1.0;
    targets(i) = y[static_cast<std::size_t>(i)];
  }
  return make_problem(X, targets, "y", {"x", "(bias)"});
}

AllFits fits_of(const Problem& problem, const OutputRange& range,
                Activation activation = Activation::logistic) {
  FitOptions options;
  options.seconds = options.explore.seconds = 600.0;
  if (!range.is_known()) return find_all_fits(problem, activation, range, options);
  PerceptronOptions perceptron;
  perceptron.activation = activation;
  return find_all_fits(Perceptron(problem, perceptron), options);
}

const ProfileInterval& interval(const ProfileIntervals& intervals, const std::string& name) {
  for (const ProfileInterval& found : intervals.parameters)
    if (found.name == name) return found;
  FAIL("no interval of " << name);
  return intervals.parameters.front();
}

double low_of(const ProfileInterval& interval) { return interval.low.value_or(-kInfinity); }
double high_of(const ProfileInterval& interval) { return interval.high.value_or(kInfinity); }

bool says(const ProfileInterval& interval, const std::string& words) {
  return std::any_of(
      interval.remarks.begin(), interval.remarks.end(),
      [&](const std::string& remark) { return remark.find(words) != std::string::npos; });
}

/// Least squares fit of low and high to shares s in (0, 1), and what is left.
struct Plateaus {
  double low = 0.0, high = 0.0, energy = 0.0;
  double low_stiffness = 0.0, high_stiffness = 0.0;  ///< The other one fitted again.
  double height_stiffness = 0.0;                     ///< Of high - low.
};
Plateaus plateaus_for(const Vector& s, const Vector& y) {
  const double aa = (1.0 - s.array()).square().sum(), bb = s.squaredNorm();
  const double ab = ((1.0 - s.array()) * s.array()).sum();
  const double ya = (y.array() * (1.0 - s.array())).sum(), yb = y.dot(s);
  const double determinant = aa * bb - ab * ab;
  Plateaus found;
  found.low = (ya * bb - yb * ab) / determinant;
  found.high = (yb * aa - ya * ab) / determinant;
  found.energy =
      0.5 * (y.array() - found.low * (1.0 - s.array()) - found.high * s.array()).square().sum();
  found.low_stiffness = determinant / bb;
  found.high_stiffness = determinant / aa;
  found.height_stiffness = (s.array() - s.mean()).square().sum();
  return found;
}

}  // namespace

TEST_CASE("profile intervals are those of R, to a hundredth of their width") {
  std::ifstream file(TAUTRACK_TEST_DATA "/profile_intervals.json");
  const json sets = json::parse(file)["sets"];
  REQUIRE(sets.size() == 10);
  for (const json& set : sets) {
    const std::string name = set["name"];
    CAPTURE(name);
    const Problem problem = problem_of(set["x"], set["y"]);
    const AllFits fits = fits_of(problem, {});
    const ProfileIntervals intervals = profile_intervals({problem, Activation::logistic, {}}, fits);
    REQUIRE(intervals.reason.empty());
    // R prints fewer digits than it has, and interpolates its profile by splines.
    const char* const names[3] = {"low", "high", "half point"};
    const char* const keys[3] = {"low_interval", "high_interval", "half_point_interval"};
    for (int k = 0; k < 3; ++k) {
      const json& expected = set[keys[k]];
      const double width = expected[1].get<double>() - expected[0].get<double>();
      const ProfileInterval& found = interval(intervals, names[k]);
      CAPTURE(found.name);
      CHECK(found.is_resolved);
      CHECK(found.pieces.size() == 1);
      CHECK(std::abs(low_of(found) - expected[0].get<double>()) <= 0.01 * width);
      CHECK(std::abs(high_of(found) - expected[1].get<double>()) <= 0.01 * width);
    }
  }
}

TEST_CASE("one weight: where the energy is at the threshold") {
  // y = tanh(w x), no bias: E(w) is known.
  const std::vector<double> x{-2.0, -1.0, -0.5, 0.5, 1.0, 2.0};
  const std::vector<double> y{-0.8, -0.6, -0.2, 0.35, 0.5, 0.85};
  Matrix X(6, 1);
  Vector targets(6);
  for (Index i = 0; i < 6; ++i) {
    X(i, 0) = x[static_cast<std::size_t>(i)];
    targets(i) = y[static_cast<std::size_t>(i)];
  }
  const Problem problem = make_problem(X, targets);
  const OutputRange own{-1.0, 1.0};
  const AllFits fits = fits_of(problem, own, Activation::tanh);
  const ProfileIntervals intervals = profile_intervals({problem, Activation::tanh, own}, fits);
  REQUIRE(intervals.parameters.size() == 1);
  const auto energy = [&](double w) {
    double sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double r = std::tanh(w * x[i]) - y[i];
      sum += 0.5 * r * r;
    }
    return sum;
  };
  // F(1, 5; 0.95) = 6.6078909737 (tables).
  const double best = fits.points.front().energy;
  CHECK(intervals.threshold == doctest::Approx(best * (1.0 + 6.6078909737 / 5.0)).epsilon(1e-9));
  const ProfileInterval& w = intervals.parameters.front();
  REQUIRE((w.low && w.high));
  CHECK(energy(*w.low) == doctest::Approx(intervals.threshold).epsilon(1e-9));
  CHECK(energy(*w.high) == doctest::Approx(intervals.threshold).epsilon(1e-9));
  CHECK(*w.low < fits.points.front().weights(0));
  CHECK(*w.high > fits.points.front().weights(0));
}

TEST_CASE(
    "the slope at the half point: its ends are where the least energy with that slope is at the "
    "threshold") {
  std::ifstream file(TAUTRACK_TEST_DATA "/profile_intervals.json");
  const json sets = json::parse(file)["sets"];
  int ends = 0;
  const auto check = [&](const Problem& problem, const OutputRange& range) {
    CAPTURE(range.low.has_value());
    CAPTURE(range.high.has_value());
    const AllFits fits = fits_of(problem, range);
    REQUIRE(fits.global_minimum);
    const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
    const ProfileIntervals intervals =
        profile_intervals({problem, Activation::logistic, range}, fits);
    const ProfileInterval& slope = interval(intervals, "slope");
    CHECK(slope.is_resolved);
    CHECK(slope.pieces.size() == 1);
    for (const auto& end : {slope.low, slope.high}) {
      if (!end) continue;
      ++ends;
      const double least =
          least_energy::least_with(problem, range, slope, *end, best.weights(0), best.weights(1));
      CHECK(least == doctest::Approx(intervals.threshold).epsilon(1e-7));
    }
  };
  for (const std::size_t k : {0, 1, 4, 5}) {
    const std::string name = sets[k]["name"];
    CAPTURE(name);
    const Problem problem = problem_of(sets[k]["x"], sets[k]["y"]);
    const double low = problem.y.minCoeff(), high = problem.y.maxCoeff();
    check(problem, {});
    check(problem, {low, {}});
    check(problem, {{}, high});
    Problem falling = problem;
    falling.X.col(0) *= -1.0;
    check(falling, {});
  }
  CHECK(ends == 32);
}

TEST_CASE("slopes of all activations: ends at the threshold, and tanh's are the logistic ones") {
  const Problem problem = problem_of({1, 2, 3, 4, 5, 6, 7, 8, 9},
                                     {0.31, 0.22, 0.87, 2.05, 4.18, 4.91, 5.34, 5.05, 5.2});
  const double pi = std::acos(-1.0);
  const std::vector<std::pair<Activation, least_energy::Shape>> shapes{
      {Activation::logistic, {}},
      {Activation::tanh, {[](double u) { return 1.0 / (1.0 + std::exp(-2.0 * u)); }, 0.5}},
      {Activation::erf, {[&](double u) { return 0.5 * std::erfc(-0.5 * std::sqrt(pi) * u); }, 0.5}},
      {Activation::arctan, {[&](double u) { return 0.5 + std::atan(0.5 * pi * u) / pi; }, 0.5}}};
  std::vector<double> ends;
  for (const auto& [activation, shape] : shapes) {
    const std::string name(to_string(activation));
    CAPTURE(name);
    const AllFits fits = fits_of(problem, {}, activation);
    REQUIRE(fits.global_minimum);
    const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
    const ProfileIntervals intervals = profile_intervals({problem, activation, {}}, fits);
    const ProfileInterval& slope = interval(intervals, "slope");
    CHECK(slope.is_resolved);
    for (const auto& end : {slope.low, slope.high}) {
      REQUIRE(end);
      ends.push_back(*end);
      const double least = least_energy::least_with(problem, {}, slope, *end, best.weights(0),
                                                    best.weights(1), shape);
      CHECK(least == doctest::Approx(intervals.threshold).epsilon(1e-7));
    }
  }
  REQUIRE(ends.size() == 8);
  CHECK(ends[2] == doctest::Approx(ends[0]).epsilon(1e-9));
  CHECK(ends[3] == doctest::Approx(ends[1]).epsilon(1e-9));
}

TEST_CASE("with both plateaus known the slope is a quarter of the weight and their distance") {
  const Problem problem =
      problem_of({1, 2, 3, 4, 5, 6, 7, 8}, {0.1, 0.05, 0.3, 0.45, 0.7, 0.75, 0.97, 0.9});
  const OutputRange range{0.0, 1.0};
  const ProfileIntervals intervals =
      profile_intervals({problem, Activation::logistic, range}, fits_of(problem, range));
  const ProfileInterval& weight = interval(intervals, "x");
  const ProfileInterval& slope = interval(intervals, "slope");
  REQUIRE((slope.low && slope.high));
  CHECK(*slope.low == doctest::Approx(0.25 * *weight.low).epsilon(1e-14));
  CHECK(*slope.high == doctest::Approx(0.25 * *weight.high).epsilon(1e-14));
  for (const double end : {*slope.low, *slope.high}) {
    const double least = least_energy::least_with(problem, range, slope, end, 4.0 * end, 0.0);
    CHECK(least == doctest::Approx(intervals.threshold).epsilon(1e-7));
  }
  // A step that is good enough leaves both open, and says so.
  const Problem steep = problem_of({1, 2, 3, 4, 5, 6}, {0.02, 0.0, 0.03, 0.98, 0.99, 0.97});
  const ProfileIntervals of_steep =
      profile_intervals({steep, Activation::logistic, range}, fits_of(steep, range));
  CHECK_FALSE(interval(of_steep, "slope").high);
  CHECK(interval(of_steep, "slope").low);
  CHECK(says(interval(of_steep, "slope"), "a step at 3"));
}

TEST_CASE(
    "where a constant is not worse than an F test allows, slopes and half points are anything") {
  const Problem problem =
      problem_of({1, 2, 3, 4, 5, 6, 7, 8}, {0.9, 1.2, 0.8, 1.1, 1.3, 0.7, 1.15, 1.0});
  const AllFits fits = fits_of(problem, {});
  if (!fits.global_minimum) return;
  const ProfileIntervals intervals = profile_intervals({problem, Activation::logistic, {}}, fits);
  const double constant = 0.5 * (problem.y.array() - problem.y.mean()).square().sum();
  REQUIRE(constant < intervals.threshold);
  for (const char* name : {"x", "(bias)", "half point", "slope"}) {
    CAPTURE(name);
    const ProfileInterval& found = interval(intervals, name);
    CHECK(found.is_resolved);
    CHECK_FALSE(found.low);
    CHECK_FALSE(found.high);
  }
}

TEST_CASE("ends that never come are said, with what is in the way") {
  // A step with one level on the way, and little noise: the slope has no upper end.
  const Problem steep =
      problem_of({1, 2, 3, 4, 5, 6, 7, 8}, {0.1, -0.1, 0.1, 0.0, 5.0, 9.9, 10.1, 10.0});
  const ProfileIntervals of_steep =
      profile_intervals({steep, Activation::logistic, {}}, fits_of(steep, {}));
  CHECK_FALSE(interval(of_steep, "x").high);
  CHECK(says(interval(of_steep, "x"), "a step at 5"));
  CHECK(interval(of_steep, "low").high);
  CHECK(interval(of_steep, "half point").low);
  // No upper plateau to be seen.
  const Problem growing =
      problem_of({0, 1, 2, 3, 4, 5, 6, 7}, {1.0, 1.5, 2.1, 3.2, 4.3, 6.1, 8.2, 11.0});
  const ProfileIntervals of_growing =
      profile_intervals({growing, Activation::logistic, {}}, fits_of(growing, {}));
  CHECK_FALSE(interval(of_growing, "high").high);
  CHECK(interval(of_growing, "high").low);
  CHECK(says(interval(of_growing, "high"), "without an upper plateau"));
  CHECK_FALSE(interval(of_growing, "half point").high);
}

TEST_CASE("an end at zero has no sign") {
  // Sigmoids that flatten into a straight line stay below the threshold: the slope's end is zero, from above.
  const Problem problem = problem_of({1, 2, 3, 4, 5, 6}, {10, 25, 35, 75, 85, 88});
  const ProfileIntervals intervals =
      profile_intervals({problem, Activation::logistic, {}}, fits_of(problem, {}));
  const ProfileInterval& weight = intervals.parameters.front();
  REQUIRE(weight.low == 0.0);
  CHECK_FALSE(std::signbit(*weight.low));
}

TEST_CASE("no interval without degrees of freedom") {
  const Problem problem = problem_of({1, 2, 3, 4}, {0.1, 0.5, 1.9, 2.2});
  const AllFits fits = fits_of(problem, {});
  if (!fits.global_minimum) return;
  const ProfileIntervals intervals = profile_intervals({problem, Activation::logistic, {}}, fits);
  CHECK(intervals.parameters.empty());
  CHECK(intervals.reason.find("degrees of freedom") != std::string::npos);
}

TEST_CASE("no interval around a fit that is exact") {
  // Without a bias all outputs of weight 0 are 0.
  const Problem problem = make_problem(Matrix{{1.0}, {2.0}, {3.0}}, Vector::Zero(3), "y", {"x"});
  const OutputRange range{-1.0, 1.0};
  const AllFits fits = fits_of(problem, range, Activation::tanh);
  REQUIRE(fits.global_minimum);
  const ProfileIntervals intervals = profile_intervals({problem, Activation::tanh, range}, fits);
  CHECK(intervals.parameters.empty());
  CHECK(intervals.reason == "the fit is exact up to rounding, and profiles need residuals");
}

TEST_CASE("every curve below the threshold has its numbers in the intervals") {
  const std::uint64_t sets = support::kSlowBuild ? 4 : 16;
  int with_a_fit = 0, ends = 0, unresolved = 0;
  for (std::uint64_t seed = 0; seed < sets; ++seed) {
    CAPTURE(seed);
    const support::RandomCurve data = support::random_curve(seed);
    const Problem problem = problem_of(data.x, data.y);
    const AllFits fits = fits_of(problem, {});
    if (!fits.global_minimum) continue;
    const ProfileIntervals intervals = profile_intervals({problem, Activation::logistic, {}}, fits);
    if (!intervals.reason.empty()) continue;
    ++with_a_fit;
    const ProfileInterval& w = interval(intervals, "x");
    const ProfileInterval& c = interval(intervals, "(bias)");
    const ProfileInterval& low = interval(intervals, "low");
    const ProfileInterval& high = interval(intervals, "high");
    const ProfileInterval& half = interval(intervals, "half point");
    const ProfileInterval& steepness = interval(intervals, "slope");
    for (const ProfileInterval* found : {&w, &c, &low, &high, &half, &steepness})
      if (!found->is_resolved) {
        ++unresolved;
        CHECK_FALSE(found->remarks.empty());
      }
    const auto [first, last] = std::minmax_element(data.x.begin(), data.x.end());
    const double extent = *last - *first;
    // Seen values of each number, to compare ends with.
    double seen[6][2];
    for (auto& ends_seen : seen) {
      ends_seen[0] = kInfinity;
      ends_seen[1] = -kInfinity;
    }
    const int slopes = 120, places = 240;
    bool all_inside = true;
    for (int a = 0; a < slopes; ++a)
      for (int b = 0; b <= places; ++b) {
        const double slope =
            (a % 2 == 0 ? 1.0 : -1.0) * 0.05 * std::pow(2000.0, a / double(slopes)) / extent;
        const double h = *first + extent * (-1.0 + 3.0 * b / double(places));
        const Vector s = (1.0 / (1.0 + (-(slope * (problem.X.col(0).array() - h))).exp())).matrix();
        const Plateaus best = plateaus_for(s, problem.y);
        if (!(best.low < best.high) || !(best.energy < intervals.threshold)) continue;
        const double room = 2.0 * (intervals.threshold - best.energy);
        const double by_low = std::sqrt(room / best.low_stiffness);
        const double by_high = std::sqrt(room / best.high_stiffness);
        const double by_height = std::sqrt(room / best.height_stiffness);
        const double height = best.high - best.low, a_quarter = 0.25 * slope;
        const double values[6][2] = {
            {slope, slope},
            {-slope * h, -slope * h},
            {best.low - by_low, std::min(best.low + by_low, best.high)},
            {std::max(best.high - by_high, best.low), best.high + by_high},
            {h, h},
            {a_quarter * std::max(0.0, height - by_height), a_quarter * (height + by_height)}};
        const ProfileInterval* const all[6] = {&w, &c, &low, &high, &half, &steepness};
        for (int k = 0; k < 6; ++k) {
          const double slack = 1e-7 * (1.0 + std::abs(values[k][0]) + std::abs(values[k][1]));
          // What is not resolved may reach further, and says so.
          all_inside =
              all_inside && (!all[k]->is_resolved ||
                             (std::min(values[k][0], values[k][1]) >= low_of(*all[k]) - slack &&
                              std::max(values[k][0], values[k][1]) <= high_of(*all[k]) + slack));
          seen[k][0] = std::min(seen[k][0], values[k][0]);
          seen[k][1] = std::max(seen[k][1], values[k][1]);
        }
      }
    CHECK(all_inside);
    // An end that is reached is not further out than the grid is coarse.
    const ProfileInterval* const plateaus[2] = {&low, &high};
    for (int k = 0; k < 2; ++k) {
      const ProfilePiece& piece = plateaus[k]->pieces.front();
      if (plateaus[k]->pieces.size() > 1 || piece.low_end != ProfileEnd::reached ||
          piece.high_end != ProfileEnd::reached)
        continue;
      ++ends;
      CHECK(seen[2 + k][0] - piece.low <= 0.2 * (piece.high - piece.low));
      CHECK(piece.high - seen[2 + k][1] <= 0.2 * (piece.high - piece.low));
    }
  }
  if (!support::kSlowBuild) {
    CHECK(with_a_fit >= 5);
    CHECK(ends >= 2);
    CHECK(unresolved == 0);
  }
}

TEST_CASE("several inputs: what rays from the fits below the threshold pass is in the intervals") {
  const std::uint64_t sets = support::kSlowBuild ? 1 : 10;
  const OutputRange own{-1.0, 1.0};
  int with_several = 0, checked = 0;
  for (std::uint64_t seed = 0; seed < sets; ++seed) {
    CAPTURE(seed);
    support::Random random(seed);
    constexpr Index L = 14, s = 4;
    Matrix X(L, s);
    Vector y(L);
    for (Index i = 0; i < L; ++i) {
      for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
      y(i) = std::tanh(1.5 * X(i, 0) - X(i, 1)) + 0.8 * random.normal();
      y(i) = std::clamp(y(i), -0.95, 0.95);
    }
    const Problem problem = make_problem(X, y);
    FitOptions options;
    options.seconds = options.explore.seconds = 600.0;
    options.exhaustive = false;
    options.bound.max_nodes = 1;
    const AllFits fits = find_all_fits(Perceptron(problem), options);
    if (!fits.global_minimum || fits.infimum_at_infinity) continue;
    const ProfileIntervals intervals = profile_intervals({problem, Activation::tanh, own}, fits);
    const auto energy = [&](const Vector& w) {
      return 0.5 * ((X * w).array().tanh() - y.array()).square().sum();
    };
    std::vector<Vector> below;
    for (const StationaryPoint& point : fits.points)
      if (point.kind == StationaryKind::minimum && point.energy < intervals.threshold)
        below.push_back(point.weights);
    with_several += below.size() > 1 ? 1 : 0;
    for (Index j = 0; j < s; ++j) {
      const ProfileInterval& found = intervals.parameters[static_cast<std::size_t>(j)];
      CAPTURE(found.name);
      const double slack = 1e-7 * (high_of(found) - low_of(found));
      bool all_inside = true;
      for (const Vector& from : below)
        for (int ray = 0; ray < 200; ++ray) {
          Vector direction(s);
          for (double& entry : direction) entry = random.normal();
          double step = 1e-3;
          for (; step < 1e3 && energy(from + step * direction) < intervals.threshold; step *= 1.1) {
            const double value = from(j) + step * direction(j);
            all_inside = all_inside && (!found.is_resolved || (value >= low_of(found) - slack &&
                                                               value <= high_of(found) + slack));
          }
        }
      CHECK(all_inside);
      checked += found.is_resolved && below.size() > 1 ? 1 : 0;
    }
  }
  if (!support::kSlowBuild) {
    CHECK(with_several >= 2);
    CHECK(checked >= 8);
  }
}

TEST_CASE("threads change nothing") {
  const Problem problem =
      problem_of({1, 2, 3, 4, 5, 6, 7, 8}, {0.3, 0.2, 0.9, 2.1, 4.2, 4.9, 5.3, 5.0});
  const AllFits fits = fits_of(problem, {});
  ProfileOptions options;
  const ProfileIntervals one =
      profile_intervals({problem, Activation::logistic, {}}, fits, options);
  options.threads = 2;
  const ProfileIntervals two =
      profile_intervals({problem, Activation::logistic, {}}, fits, options);
  REQUIRE(one.parameters.size() == two.parameters.size());
  for (std::size_t i = 0; i < one.parameters.size(); ++i) {
    CHECK(one.parameters[i].low == two.parameters[i].low);
    CHECK(one.parameters[i].high == two.parameters[i].high);
  }
}

}  // namespace profile_test
