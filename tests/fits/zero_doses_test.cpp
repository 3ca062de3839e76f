// Doses of zero: a row far below all others says the same, reference numbers of R, and no curve near a limit that is
// called an infimum is better.

#include "tautrack/fits/zero_doses.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/data/zero_doses.hpp"
#include "tautrack/fits/fitted_range.hpp"
#include "tautrack/network/perceptron.hpp"

#include "support/long_curve.hpp"
#include "support/random_curves.hpp"
#include "support/slow_build.hpp"

namespace zero_doses_test {

using namespace tautrack;
using support::LongCurve;
using Long = LongCurve::Long;

namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

struct Rows {
  std::vector<double> x, y;
};

/// Rows (x, 1).
Problem problem_of(const Rows& rows) {
  const auto L = static_cast<Index>(rows.x.size());
  Problem problem{"y", {"log10(dose)", "(bias)"}, Matrix(L, 2), Vector(L), {}};
  for (Index i = 0; i < L; ++i) {
    problem.X.row(i) << rows.x[static_cast<std::size_t>(i)], 1.0;
    problem.y(i) = rows.y[static_cast<std::size_t>(i)];
  }
  return problem;
}

FitOptions long_options() {
  FitOptions options;
  options.seconds = options.explore.seconds = 600.0;
  return options;
}

AllFits fits_of(const Rows& rows, const OutputRange& range) {
  const Problem problem = problem_of(rows);
  if (!range.is_known()) return find_all_fits(problem, Activation::logistic, range, long_options());
  // The targets are in (0, 1), the logistic range.
  PerceptronOptions perceptron;
  perceptron.activation = Activation::logistic;
  return with_zero_doses(
      find_all_fits(Perceptron(without_zero_doses(problem), perceptron), long_options()), problem,
      Activation::logistic, {*range.low, *range.high});
}

/// Roots of ryegrass: Inderjit, J. C. Streibig & M. Olofsdotter, Physiol. Plant. 114 (2002); R: drc::ryegrass.
Rows ryegrass() {
  const std::vector<double> dose{0,    0,    0,    0,    0,    0,    0.94, 0.94,
                                 0.94, 1.88, 1.88, 1.88, 3.75, 3.75, 3.75, 7.5,
                                 7.5,  7.5,  15,   15,   15,   30,   30,   30};
  Rows rows;
  for (const double d : dose) rows.x.push_back(std::log10(d));
  rows.y = {7.58,      8,         8.3285714, 7.25,      7.375, 7.9625,    8.3555556, 6.9142857,
            7.75,      6.8714286, 6.45,      5.9222222, 1.925, 2.8857143, 4.2333333, 1.1875,
            0.8571429, 1.0571429, 0.6875,    0.525,     0.825, 0.25,      0.22,      0.44};
  return rows;
}

doctest::Approx near(double value, double tolerance) {
  return doctest::Approx(value).epsilon(tolerance);
}

}  // namespace

TEST_CASE("the four-parameter curve of ryegrass is that of R") {
  const AllFits fits = fits_of(ryegrass(), {});
  CHECK(fits.level == Completeness::complete);
  CHECK(fits.expected_index_sum == 1);
  CHECK(fits.index_sum == 1);
  CHECK(fits.global_is_proven);
  CHECK(fits.unique == Answer::yes);
  REQUIRE(fits.points.size() == 1);
  const StationaryPoint& best = fits.points[0];
  // nls in Hill's form low + (high - low) / (1 + exp(b (log10(dose) - log10(ED50)))), log10(0) = -Inf.
  CHECK(2.0 * best.energy == near(5.4002146501616, 1e-9));
  CHECK(-best.weights(0) == near(6.866835269924, 1e-6));
  CHECK(best.range->low == near(0.481409950951, 1e-7));
  CHECK(best.range->high == near(7.792962327878, 1e-8));
  CHECK(-best.weights(1) / best.weights(0) == near(0.485431113981, 1e-7));
}

namespace {

/// The rows of random data with doses of zero near one plateau or anywhere, and the same with these far below, and so far
/// that they are on their plateau for all curves that are looked at near limits.
struct RandomRows {
  Rows rows, far, further;
  double range = 1.0;
};
RandomRows random_rows(std::uint64_t seed) {
  const support::RandomCurve curve = support::random_curve(seed);
  support::Random random(seed + 77);
  RandomRows result;
  result.range = curve.x.back() - curve.x.front();
  const double base = random.uniform(0.0, 1.0) < 0.7 ? curve.y.front() : random.normal();
  const Index zeros = random.integer(1, 5);
  for (Index k = 0; k < zeros; ++k) {
    const double y = curve.kind == support::CurveKind::rounded ? std::round(base)
                                                               : base + 0.05 * random.normal();
    result.rows.x.push_back(kMinusInfinity);
    result.far.x.push_back(curve.x.front() - 1e3 * result.range);
    result.further.x.push_back(curve.x.front() - 1e9 * result.range);
    for (Rows* const rows : {&result.rows, &result.far, &result.further}) rows->y.push_back(y);
  }
  for (Rows* const rows : {&result.rows, &result.far, &result.further}) {
    rows->x.insert(rows->x.end(), curve.x.begin(), curve.x.end());
    rows->y.insert(rows->y.end(), curve.y.begin(), curve.y.end());
  }
  return result;
}

/// The curve in the terms of LongCurve: of an upper end that is known upside down.
LongCurve long_curve(const Rows& rows, const OutputRange& range) {
  if (range.low) return {rows.x, rows.y, {}, *range.low};
  if (!range.high) return {rows.x, rows.y, {}};
  std::vector<double> turned = rows.y;
  for (double& y : turned) y = -y;
  return {rows.x, turned, {}, -*range.high};
}
LongCurve::Line line_of(const Vector& weights, const OutputRange& range) {
  const LongCurve::Line line{weights(0), weights(1)};
  const bool is_turned = range.high || (!range.low && line.slope < 0.0L);
  return is_turned ? LongCurve::Line{-line.slope, -line.intercept} : line;
}

/// What a grid of starts finds with the row that is far away, but for what is flat there.
std::vector<LongCurve::Line> search(const LongCurve& curve, const RandomRows& data, bool both) {
  std::vector<LongCurve::Line> found;
  const Long low = data.rows.x.back() - data.range, range = data.range;
  constexpr int halves = 24, slopes = 14;
  for (int i = 0; i < halves; ++i)
    for (int k = 0; k < slopes; ++k)
      for (const Long sign : {1.0L, -1.0L}) {
        if (sign < 0.0L && !both) continue;
        const Long half = low + range * (-0.5L + 2.0L * (static_cast<Long>(i) + 0.37L) / halves);
        const Long slope = sign * 1.0L / range * std::pow(300.0L, static_cast<Long>(k) / slopes);
        auto line = curve.stationary_near({slope, -slope * half}, 20.0L);
        if (!line || std::abs(line->slope * range) < 0.05L) continue;
        const LongCurve::Fit fit = curve.fit(*line);
        if (!std::isfinite(fit.height) || std::abs(fit.height) < 1e-9L) continue;
        if (both ? fit.height < 0.0L : line->slope < 0.0L) continue;
        const bool is_known =
            std::any_of(found.begin(), found.end(),
                        [&](const LongCurve::Line& other) { return curve.are_same(*line, other); });
        if (!is_known) found.push_back(*line);
      }
  return found;
}

/// How many curves near a limit have less energy.
int better_nearby(const InfinitePoint& limit, const RandomRows& data, const OutputRange& range) {
  const LongCurve curve = long_curve(data.further, range);
  int better = 0, asked = 0;
  Long lowest = limit.energy - 1e-12L * (1.0L + limit.energy);
  const auto ask = [&](Long slope, Long intercept) {
    const LongCurve::Fit fit = curve.fit({slope, intercept});
    if (!std::isfinite(fit.energy) || ((range.low || range.high) && fit.height < 0.0L)) return;
    ++asked;
    if (fit.energy < lowest) ++better;
  };
  std::vector<Long> levels;
  for (const double x : data.rows.x)
    if (std::isfinite(x) && (levels.empty() || x > levels.back())) levels.push_back(x);
  // As LongCurve has it.
  const bool is_turned = range.high || (!range.low && limit.direction(0) < 0.0);
  const Long turn = is_turned ? -1.0L : 1.0L;
  const Long intercept = turn * limit.weights(1);
  std::vector<int> signs = limit.signs;
  if (is_turned)
    for (int& sign : signs) sign = -sign;
  bool others_agree = true;
  for (std::size_t i = 0; i < signs.size(); ++i)
    if (std::isfinite(data.rows.x[i]) && signs[i] != signs.back()) others_agree = false;
  if (limit.exponential) {
    const Long rate = limit.exponential->rate(0);
    CHECK(rate > 0.0L);
    for (const Long off : {-1e-3L, 0.0L, 1e-3L})
      for (const Long e : {1e-4L, 1e-3L}) {
        const Long slope = rate * (1.0L + off);
        ask(slope, std::log(e) - slope * levels.back());
      }
  } else if (others_agree && signs.back() == 0) {
    for (const Long w : {1e-5L, 1e-4L, 1e-3L})
      for (const Long off : {-1e-3L, 0.0L, 1e-3L})
        ask((signs.front() < 0 ? w : -w) / data.range, intercept + off);
  } else if (others_agree) {
    // Near one output, on a foot or a shoulder of any slope.
    const bool is_high = signs.back() > 0;
    for (const Long w : {0.01L, 0.1L, 0.5L, 1.0L, 2.0L, 5.0L, 10.0L, 30.0L, 100.0L})
      for (const Long e : {1e-3L, 1e-4L}) {
        const Long slope = (signs.front() < 0 ? w : -w) / data.range;
        const Long first = (slope > 0.0L) == is_high ? levels.front() : levels.back();
        ask(slope, (is_high ? -std::log(e) : std::log(e)) - slope * first);
      }
  } else {
    const Long place = -limit.direction(1) / limit.direction(0);
    const Long side = turn * limit.direction(0) > 0.0L ? 1.0L : -1.0L;
    Long before = 1e9L * data.range, after = before;
    for (const Long x : levels) {
      if (x < place - 1e-9L * data.range) before = std::min(before, place - x);
      if (x > place + 1e-9L * data.range) after = std::min(after, x - place);
    }
    const Long gap = std::min(before, after);
    const bool has_free = std::find(signs.begin(), signs.end(), 0) != signs.end();
    // Of a free level's neighbours one decides, by exp(-w gap) or its square: here for slopes that numbers still tell.
    const Long ratio = std::max(before, after) / gap;
    const bool is_told = ratio < 1.0L + 1e-9L || (ratio > 1.3L && ratio < 1.6L) || ratio > 2.6L;
    if (has_free && !is_told) return 0;
    // A free level stays where it is, or nearly so.
    const auto input = [&](Long slope, Long off) {
      return has_free ? intercept + 1e-4L * off - slope * place : -slope * (place + off * gap);
    };
    const Long steep = side * 1e5L / gap;
    const Long energy = curve.fit({steep, input(steep, 0.0L)}).energy;
    CHECK(static_cast<double>(energy) == near(limit.energy, 1e-12));
    lowest = energy - 1e-17L * (1.0L + energy);
    for (const Long w : {26.0L, 30.0L})
      for (const Long off : {-0.3L, 0.0L, 0.3L}) ask(side * w / gap, input(side * w / gap, off));
  }
  CHECK(asked > 0);
  return better;
}

struct Seen {
  int complete = 0, curves = 0, infima = 0, zero_steps = 0;
};

void check_random(std::uint64_t seed, const OutputRange& range, Seen& seen) {
  CAPTURE(seed);
  CAPTURE(range.low.has_value());
  CAPTURE(range.high.has_value());
  const RandomRows data = random_rows(seed);
  const AllFits fits = fits_of(data.rows, range);
  const LongCurve curve = long_curve(data.far, range);
  const bool is_complete = fits.level == Completeness::complete;
  seen.complete += is_complete ? 1 : 0;
  if (is_complete && fits.expected_index_sum) CHECK(fits.index_sum == 1);
  double best = std::numeric_limits<double>::infinity();
  for (const StationaryPoint& point : fits.points) {
    const LongCurve::Line line = line_of(point.weights, range);
    // A gentle curve is flat at no place that is so near.
    if (std::abs(line.slope * data.range) < 0.05L) continue;
    ++seen.curves;
    const LongCurve::Fit fit = curve.fit(line);
    CHECK(static_cast<double>(fit.energy) == near(point.energy, 1e-9));
    const LongCurve::Gradient gradient = curve.gradient(line, curve.places(line));
    for (const Long slope : gradient.value)
      CHECK(std::abs(slope) < 1e-9L * (1.0L + fit.height * fit.height));
    const std::optional<int> index = curve.index(line);
    if (index && point.morse_index) CHECK(*index == *point.morse_index);
    best = std::min(best, point.energy);
  }
  for (const InfinitePoint& limit : fits.at_infinity) {
    best = std::min(best, limit.energy);
    if (limit.local_infimum != true || limit.range->low == limit.range->high) continue;
    ++seen.infima;
    CAPTURE(limit.reason);
    CHECK(better_nearby(limit, data, range) == 0);
    if (limit.reason.find("minus infinity") != std::string::npos) ++seen.zero_steps;
  }
  if (!is_complete) return;
  for (const LongCurve::Line& line : search(curve, data, range.low || range.high)) {
    const double energy = static_cast<double>(curve.fit(line).energy);
    CAPTURE(static_cast<double>(line.slope));
    CAPTURE(static_cast<double>(line.intercept));
    CHECK(std::any_of(fits.points.begin(), fits.points.end(), [&](const StationaryPoint& point) {
      return std::abs(point.energy - energy) <= 1e-9 * (1.0 + energy) &&
             curve.are_same(line_of(point.weights, range), line, 1e-5L);
    }));
    CHECK(energy >= best - 1e-9 * (1.0 + best));
  }
}

}  // namespace

TEST_CASE("random data have the fits of those with a row far below") {
  Seen seen;
  const int count = support::sampled(6);
  for (int seed = 0; seed < count; ++seed) check_random(static_cast<std::uint64_t>(seed), {}, seen);
  CHECK(seen.complete >= count / 2);
  CHECK(seen.curves > 0);
  CHECK(seen.infima > 0);
}

TEST_CASE("and so they have with one end known, for curves of either direction") {
  Seen seen;
  const int count = support::sampled(2);
  for (int seed = 0; seed < count; ++seed) {
    check_random(static_cast<std::uint64_t>(seed) + 100, {-0.3, std::nullopt}, seen);
    check_random(static_cast<std::uint64_t>(seed) + 200, {std::nullopt, 1.2}, seen);
  }
  CHECK(seen.complete >= count);
  CHECK(seen.curves > 0);
  CHECK(seen.infima > 0);
}

TEST_CASE("pattern weights of doses of zero are repeated rows") {
  Rows rows = ryegrass();
  Problem weighted = problem_of(rows);
  weighted.pattern_weights = Vector::Ones(24);
  weighted.pattern_weights(2) = 3.0;
  rows.x.insert(rows.x.end(), 2, kMinusInfinity);
  rows.y.insert(rows.y.end(), 2, rows.y[2]);
  const AllFits fits = find_all_fits(weighted, Activation::tanh, {}, long_options());
  const AllFits repeated = find_all_fits(problem_of(rows), Activation::tanh, {}, long_options());
  REQUIRE(fits.points.size() == 1);
  REQUIRE(repeated.points.size() == 1);
  CHECK(fits.points[0].energy == near(repeated.points[0].energy, 1e-12));
  CHECK(fits.points[0].range->high == near(repeated.points[0].range->high, 1e-12));
}

TEST_CASE("what doses of zero cannot be is refused") {
  const Rows two{{kMinusInfinity, 1.0, 1.0, 1.0}, {0.0, 1.0, 2.0, 3.0}};
  CHECK_THROWS_AS((void)find_all_fits(problem_of(two), Activation::logistic, {}), DataError);
  CHECK_THROWS_AS((void)find_all_fits(problem_of(ryegrass()), Activation::erf, {}), DataError);
  CHECK_THROWS_AS(check(problem_of(ryegrass())), DataError);
  Problem wrong = problem_of(ryegrass());
  wrong.X(3, 0) = -kMinusInfinity;
  CHECK_THROWS_AS(check_with_zero_doses(wrong), DataError);
  Problem three = problem_of(ryegrass());
  three.X.conservativeResize(Eigen::NoChange, 3);
  three.X.col(2).setLinSpaced(0.0, 1.0);
  three.columns.emplace_back("x");
  CHECK_THROWS_AS(check_with_zero_doses(three), DataError);
  CHECK_NOTHROW(check_with_zero_doses(problem_of(ryegrass())));
  // Three unknowns of curves that have them on the known plateau, and two levels.
  const Rows few{{kMinusInfinity, 1.0, 2.0}, {0.0, 1.0, 3.0}};
  const AllFits fits = find_all_fits(problem_of(few), Activation::logistic, {0.0, std::nullopt});
  CHECK(fits.level == Completeness::heuristic);
  CHECK(fits.level_reason.starts_with("2 levels of the input and 3 unknowns"));
}

namespace {

/// E of a curve from 0 to 1 with doses of zero at 0 or 1.
double energy_of_known(const Rows& rows, double w, double c) {
  double energy = 0.0;
  for (std::size_t i = 0; i < rows.x.size(); ++i) {
    const double u = std::isfinite(rows.x[i]) ? w * rows.x[i] + c : (w > 0.0 ? -800.0 : 800.0);
    const double r = rows.y[i] - 1.0 / (1.0 + std::exp(-u));
    energy += 0.5 * r * r;
  }
  return energy;
}

}  // namespace

TEST_CASE("a known range has the energies of both directions, and the limit between them") {
  support::Random random(5);
  int flat = 0;
  for (int trial = 0; trial < support::sampled(12); ++trial) {
    CAPTURE(trial);
    Rows rows;
    const double slope = random.uniform(-3.0, 3.0), zero = random.uniform(0.1, 0.9);
    for (int k = 0; k < 2; ++k) {
      rows.x.push_back(kMinusInfinity);
      rows.y.push_back(std::clamp(zero + 0.05 * random.normal(), 0.01, 0.99));
    }
    for (int j = 0; j < 6; ++j) {
      rows.x.push_back(0.5 * j - 1.2);
      const double s = 1.0 / (1.0 + std::exp(-slope * rows.x.back()));
      rows.y.push_back(std::clamp(s + 0.2 * random.normal(), 0.01, 0.99));
    }
    const AllFits fits = fits_of(rows, {0.0, 1.0});
    CHECK(fits.level == Completeness::complete);
    CHECK(fits.index_sum == 1);
    double best = std::numeric_limits<double>::infinity();
    for (const StationaryPoint& point : fits.points) {
      CHECK(point.energy == near(energy_of_known(rows, point.weights(0), point.weights(1)), 1e-12));
      if (point.kind == StationaryKind::minimum) best = std::min(best, point.energy);
    }
    REQUIRE(fits.at_infinity.size() == 1);
    const InfinitePoint& limit = fits.at_infinity[0];
    ++flat;
    CHECK(limit.local_infimum == true);
    CHECK(limit.weights(0) == 0.0);
    REQUIRE(limit.signs.size() == 8);
    // Doses of zero are low for positive slopes.
    const double side = limit.signs[0] < 0 ? 1.0 : -1.0;
    CHECK(limit.energy == near(energy_of_known(rows, side * 1e-12, limit.weights(1)), 1e-9));
    for (const double w : {1e-4, 1e-3})
      for (const double off : {-1e-3, 0.0, 1e-3})
        CHECK(energy_of_known(rows, side * w, limit.weights(1) + off) > limit.energy);
    best = std::min(best, limit.energy);
    CHECK((fits.global_minimum.has_value() != fits.infimum_at_infinity));
    for (int a = -60; a <= 60; ++a)
      for (int b = -40; b <= 40; ++b) {
        if (a == 0) continue;
        CHECK(energy_of_known(rows, 0.1 * a, 0.2 * b) >= best - 1e-12);
      }
    const double reported = fits.global_minimum
                                ? fits.points[static_cast<std::size_t>(*fits.global_minimum)].energy
                                : limit.energy;
    CHECK(reported == near(best, 1e-14));
  }
  CHECK(flat > 0);
}

}  // namespace zero_doses_test
