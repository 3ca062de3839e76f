// Held weights beside fitted plateaus: what is found against the energy of one weight on a dense grid, against problems
// in which the known part changes nothing, and limits against their least-squares problems.

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/fits/fitted_range.hpp"
#include "tautrack/network/activation.hpp"

#include "support/slow_build.hpp"

namespace held_range_test {

using namespace tautrack;

namespace {

Problem problem_of(Matrix X, Vector y, Vector offset) {
  Problem problem = make_problem(std::move(X), std::move(y));
  problem.offset = std::move(offset);
  return problem;
}

AllFits fits_of(const Problem& problem, Activation activation, const OutputRange& range) {
  FitOptions options;
  options.seconds = options.explore.seconds = 600.0;
  return find_all_fits(problem, activation, range, options);
}

bool is_near(double value, double expected, double tolerance) {
  return std::abs(value - expected) <= tolerance * std::max(std::abs(expected), 1e-9);
}

/// The energy at these node inputs with the best plateaus, low < high; if there are none, with a height of zero.
double energy_at(const Vector& u, const Vector& y, Activation activation,
                 const OutputRange& range) {
  const Range own = tautrack::range(activation);
  Vector s(u.size()),
      rest(u.size());  // the parts of the height over the low plateau and under the high one
  for (Index i = 0; i < u.size(); ++i) {
    const double near = evaluate(activation, u(i)).tail / (own.high - own.low);  // nothing cancels
    s(i) = u(i) < 0.0 ? near : 1.0 - near;
    rest(i) = u(i) < 0.0 ? 1.0 - near : near;
  }
  const bool is_high = range.high || (!range.low && s.mean() > 0.5);
  Vector part = is_high ? Vector(-rest) : s;
  Vector target = y;
  if (range.low || range.high) {
    target.array() -= range.low ? *range.low : *range.high;
  } else {
    part.array() -= part.mean();
    target.array() -= target.mean();
  }
  const double square = part.squaredNorm();
  const double height = square > 0.0 ? std::max(0.0, part.dot(target) / square) : 0.0;
  return 0.5 * (target - height * part).squaredNorm();
}

/// Energies of minima of one weight, on a grid that is fine next to zero and coarse far out, each improved by golden
/// sections; and the lowest of the grid.
struct Scan {
  std::vector<double> minima;
  double lowest = std::numeric_limits<double>::infinity();
};

Scan scan(const Problem& problem, Activation activation, const OutputRange& range) {
  const auto at = [&](double w) {
    return energy_at(problem.X * w + problem.offset, problem.y, activation, range);
  };
  std::vector<double> grid;
  for (int k = -4000; k <= 4000; ++k) grid.push_back(std::sinh(k * 1.5e-3) * 0.2);
  std::vector<double> energy;
  for (const double w : grid) energy.push_back(at(w));
  Scan found;
  for (const double e : energy) found.lowest = std::min(found.lowest, e);
  constexpr double golden = 0.6180339887498949, depth = 1e-10;
  for (std::size_t k = 1; k + 1 < grid.size(); ++k) {
    if (std::abs(grid[k]) < 1e-3) continue;  // heights without bound
    if (!(energy[k] < (1.0 - depth) * energy[k - 1] && energy[k] < (1.0 - depth) * energy[k + 1]))
      continue;
    double low = grid[k - 1], high = grid[k + 1];
    for (int step = 0; step < 80; ++step) {
      const double a = high - golden * (high - low), b = low + golden * (high - low);
      (at(a) < at(b) ? high : low) = at(a) < at(b) ? b : a;
    }
    found.minima.push_back(at(0.5 * (low + high)));
  }
  return found;
}

double lowest_listed(const AllFits& fits) {
  double lowest = std::numeric_limits<double>::infinity();
  for (const StationaryPoint& point : fits.points) lowest = std::min(lowest, point.energy);
  for (const InfinitePoint& limit : fits.at_infinity) lowest = std::min(lowest, limit.energy);
  return lowest;
}

const InfinitePoint* limit_of(const AllFits& fits, LimitKind kind) {
  for (const InfinitePoint& limit : fits.at_infinity)
    if (limit.kind() == kind) return &limit;
  return nullptr;
}

}  // namespace

TEST_CASE("one weight beside a held one: the list agrees with a dense grid") {
  std::mt19937_64 random(20240611);
  std::uniform_real_distribution<double> uniform;
  std::normal_distribution<double> normal;
  const int problems = support::sampled(48);
  for (int k = 0; k < problems; ++k) {
    CAPTURE(k);
    const Index L = 6 + k % 7;
    const Activation activation = k % 2 == 0 ? Activation::tanh : Activation::logistic;
    Vector x(L), y(L);
    const double from = k % 3 == 0 ? -1.0 : k % 3 == 1 ? 0.0 : 0.5;
    const double slope = 0.5 + uniform(random), start = -4.0 * uniform(random);
    const double noise = k % 4 == 0 ? 0.5 : 0.05, sense = k % 5 == 0 ? -2.0 : 2.0;
    for (Index i = 0; i < L; ++i) {
      x(i) = from + 0.5 * static_cast<double>(i);
      const double u = slope * x(i) + start;
      y(i) = std::round(1e3 * (sense / (1.0 + std::exp(-u)) + noise * normal(random))) / 1e3;
    }
    OutputRange range;
    if (k % 3 == 1) range.low = y.minCoeff() - 0.1;
    if (k % 3 == 2) range.high = y.maxCoeff() + 0.1;
    const bool holds_bias = k % 8 < 4;
    const Problem problem = holds_bias
                                ? problem_of(x, y, Vector::Constant(L, -4.0 * uniform(random)))
                                : problem_of(Vector::Ones(L), y, (0.3 + 2.0 * uniform(random)) * x);
    const AllFits fits = fits_of(problem, activation, range);
    CAPTURE(fits.global_reason);
    CHECK(fits.level == Completeness::heuristic);
    CHECK(fits.strata.complete);
    const Scan grid = scan(problem, activation, range);
    CHECK(lowest_listed(fits) <= grid.lowest * (1.0 + 1e-8));
    for (const double energy : grid.minima) {
      CAPTURE(energy);
      const bool is_listed = std::any_of(
          fits.points.begin(), fits.points.end(),
          [&](const StationaryPoint& point) { return is_near(point.energy, energy, 1e-8); });
      CHECK(is_listed);
    }
    for (const StationaryPoint& point : fits.points) {
      CHECK(point.status == PointStatus::certified);
      CHECK(point.range->low < point.range->high);
      CHECK(is_near(
          energy_at(problem.X * point.weights + problem.offset, problem.y, activation, range),
          point.energy, 1e-9));
    }
  }
}

TEST_CASE("a known part X d of the node inputs moves the weights by d and nothing else") {
  Matrix X(9, 3);
  Vector y(9), d(3);
  d << 0.5, -0.25, 1.0;
  for (Index i = 0; i < 9; ++i) {
    const double a = static_cast<double>(i % 3), b = static_cast<double>(i / 3);
    X.row(i) << a, b, 1.0;
    y(i) =
        1.0 + 2.0 / (1.0 + std::exp(-(1.5 * a + b - 2.5))) + 0.05 * std::sin(7.0 * (a + 3.0 * b));
  }
  const AllFits plain = fits_of(problem_of(X, y, {}), Activation::logistic, {});
  const AllFits held = fits_of(problem_of(X, y, X * d), Activation::logistic, {});
  REQUIRE(plain.points.size() >= 1);
  REQUIRE(held.points.size() == plain.points.size());
  for (std::size_t k = 0; k < plain.points.size(); ++k) {
    CHECK(is_near(held.points[k].energy, plain.points[k].energy, 1e-11));
    CHECK((held.points[k].weights + d - plain.points[k].weights).norm() < 1e-7);
  }
  REQUIRE(held.at_infinity.size() == plain.at_infinity.size());
  for (std::size_t k = 0; k < plain.at_infinity.size(); ++k) {
    CHECK(is_near(held.at_infinity[k].energy, plain.at_infinity[k].energy, 1e-9));
    CHECK(held.at_infinity[k].local_infimum == plain.at_infinity[k].local_infimum);
  }
}

TEST_CASE("a weight that is held where the fit has it leaves that fit") {
  Matrix X(10, 2);
  Vector y(10);
  for (Index i = 0; i < 10; ++i) {
    X.row(i) << static_cast<double>(i), 1.0;
    y(i) = 3.0 + 4.0 * std::tanh(0.6 * static_cast<double>(i) - 2.4) +
           0.2 * std::cos(5.0 * static_cast<double>(i));
  }
  const AllFits both = fits_of(make_problem(X, y), Activation::tanh, {});
  REQUIRE(both.global_minimum);
  const StationaryPoint& best = both.points[static_cast<std::size_t>(*both.global_minimum)];
  for (const Index kept : {Index{0}, Index{1}}) {
    const Index held = 1 - kept;
    const Problem problem = problem_of(X.col(kept), y, X.col(held) * best.weights(held));
    const AllFits one = fits_of(problem, Activation::tanh, {});
    REQUIRE(one.global_minimum);
    const StationaryPoint& point = one.points[static_cast<std::size_t>(*one.global_minimum)];
    CHECK(is_near(point.energy, best.energy, 1e-11));
    CHECK(is_near(point.weights(0), best.weights(kept), 1e-7));
    CHECK(is_near(point.range->low, best.range->low, 1e-7));
    CHECK(is_near(point.range->high, best.range->high, 1e-7));
  }
}

TEST_CASE("limits of one weight beside a held one") {
  Vector x(8), y(8);
  for (Index i = 0; i < 8; ++i) x(i) = 0.5 * static_cast<double>(i + 1);
  SUBCASE("an exponential of a known rate is a linear problem") {
    // Convex, with no plateau in sight: A + C exp(2 k x).
    const double rate = 0.4;
    for (Index i = 0; i < 8; ++i)
      y(i) = 1.0 + 0.3 * std::exp(2.0 * rate * x(i)) * (1.0 + 0.02 * (i % 2 == 0 ? 1.0 : -1.0)) +
             0.002 * std::exp(4.0 * rate * x(i));
    const AllFits fits = fits_of(problem_of(Vector::Ones(8), y, rate * x), Activation::tanh, {});
    const InfinitePoint* limit = limit_of(fits, LimitKind::exponential);
    REQUIRE(limit != nullptr);
    CHECK(limit->local_infimum == true);
    CHECK(fits.infimum_at_infinity);
    const Vector e = (2.0 * rate * x).array().exp();
    const double mean_e = e.mean(), mean_y = y.mean();
    const Vector apart = e.array() - mean_e;
    const double factor = apart.dot(y) / apart.squaredNorm();
    CHECK(is_near(limit->exponential->factor, factor, 1e-10));
    CHECK(is_near(limit->exponential->offset, mean_y - factor * mean_e, 1e-10));
    CHECK(is_near(limit->energy,
                  0.5 * (mean_y + factor * (e.array() - mean_e) - y.array()).square().sum(), 1e-9));
  }
  SUBCASE("a straight line, by the bend of the sigmoid at the held bias") {
    // Beside a held bias c < 0 curves with w > 0 are convex there: concave data cannot be followed, but by w < 0, whose
    // curves are convex, too.
    for (const double bias : {-1.0, 1.0}) {
      CAPTURE(bias);
      for (Index i = 0; i < 8; ++i) y(i) = 2.0 * x(i) + 0.3 * bias * x(i) * x(i);
      const AllFits fits =
          fits_of(problem_of(x, y, Vector::Constant(8, bias)), Activation::tanh, {});
      const InfinitePoint* limit = limit_of(fits, LimitKind::line);
      REQUIRE(limit != nullptr);
      CHECK(limit->local_infimum == true);
      const double mean_x = x.mean(), mean_y = y.mean();
      const Vector apart = x.array() - mean_x;
      const double slope = apart.dot(y) / apart.squaredNorm();
      CHECK(is_near(limit->line->slope(0), slope, 1e-11));
      CHECK(is_near(limit->line->offset, mean_y - slope * mean_x, 1e-10));
      CHECK(is_near(limit->energy,
                    0.5 * (mean_y + slope * apart.array() - y.array()).square().sum(), 1e-9));
      // Nearby: a tenth of the slope in the weight.
      const Vector u = (bias + 1e-3 * x.array()).matrix();
      CHECK(energy_at(u, y, Activation::tanh, {}) > limit->energy);
      // Bent the other way it is none.
      const AllFits bent =
          fits_of(problem_of(x, Vector(2.0 * x.array() - 0.3 * bias * x.array().square()),
                             Vector::Constant(8, bias)),
                  Activation::tanh, {});
      CHECK(limit_of(bent, LimitKind::line) == nullptr);
    }
  }
  SUBCASE("the slope and a plateau are infinite together") {
    // One high value at the smallest input, nothing else: w -> -infinity keeps it by a height that grows.
    y << 5.0, 1.2, 1.1, 0.9, 1.0, 0.95, 1.05, 1.0;
    const AllFits fits =
        fits_of(problem_of(x, y, Vector::Constant(8, 1.0)), Activation::logistic, {});
    const double mean = y.tail(7).mean();
    const double energy = 0.5 * (y.tail(7).array() - mean).square().sum();
    const double far = energy_at((1.0 - 60.0 * x.array()).matrix(), y, Activation::logistic, {});
    CHECK(is_near(far, energy, 1e-6));
    // The second level is above the mean of the others: it is better off a little above the plateau.
    const bool is_listed = std::any_of(
        fits.at_infinity.begin(), fits.at_infinity.end(),
        [&](const InfinitePoint& limit) { return is_near(limit.energy, energy, 1e-9); });
    CHECK(!is_listed);
    CHECK(lowest_listed(fits) < energy);
    Vector lower = y;
    lower(1) = 0.8;
    const AllFits below =
        fits_of(problem_of(x, lower, Vector::Constant(8, 1.0)), Activation::logistic, {});
    const double mean_below = lower.tail(7).mean();
    CHECK(std::any_of(
        below.at_infinity.begin(), below.at_infinity.end(), [&](const InfinitePoint& limit) {
          return limit.local_infimum == true && limit.range->low == doctest::Approx(mean_below) &&
                 !std::isfinite(limit.range->high);
        }));
  }
  SUBCASE("the height vanishes where a held slope runs against the targets") {
    for (Index i = 0; i < 8; ++i) y(i) = 3.0 - x(i);
    const AllFits fits = fits_of(problem_of(Vector::Ones(8), y, 2.0 * x), Activation::tanh, {});
    CHECK(fits.points.empty());
    REQUIRE(fits.at_infinity.size() == 1);
    CHECK(fits.at_infinity[0].kind() == LimitKind::constant);
    CHECK(fits.at_infinity[0].local_infimum == true);
    CHECK(is_near(fits.at_infinity[0].energy, 0.5 * (y.array() - y.mean()).square().sum(), 1e-12));
  }
  SUBCASE("all rows at the fitted plateau beside a known one") {
    // Falling data under a rising curve: beside a known low plateau far below, the high one is the mean.
    for (Index i = 0; i < 8; ++i) y(i) = 3.0 - 0.1 * x(i);
    OutputRange range;
    range.low = -5.0;
    const AllFits fits = fits_of(problem_of(Vector::Ones(8), y, 2.0 * x), Activation::tanh, range);
    REQUIRE(!fits.at_infinity.empty());
    const InfinitePoint& limit = fits.at_infinity.front();
    CHECK(limit.local_infimum == true);
    CHECK(is_near(limit.energy, 0.5 * (y.array() - y.mean()).square().sum(), 1e-12));
    CHECK(is_near(limit.range->high, y.mean(), 1e-14));
    CHECK(is_near(lowest_listed(fits), limit.energy, 1e-12));
  }
}

TEST_CASE("the energy of weights beside held ones, with plateaus that may meet and not cross") {
  Vector x(6), y(6);
  x << 0, 1, 2, 3, 4, 5;
  y << 1, 2, 4, 7, 9, 10;
  const Problem problem = problem_of(x, y, Vector::Constant(6, -2.0));
  for (const double w : {-3.0, -0.7, 0.2, 0.9, 5.0}) {
    CAPTURE(w);
    Vector s(6);
    for (Index i = 0; i < 6; ++i) s(i) = 1.0 / (1.0 + std::exp(2.0 - w * x(i)));
    const Vector weights = Vector::Constant(1, w);
    // A line through the points (s, y), unless it falls.
    const Vector ds = s.array() - s.mean(), dy = y.array() - y.mean();
    const double slope = std::max(0.0, ds.dot(dy) / ds.squaredNorm());
    CHECK(is_near(energy_of_best_range(problem, Activation::logistic, {}, weights),
                  0.5 * (dy - slope * ds).squaredNorm(), 1e-12));
    const double height = std::max(0.0, s.dot(y) / s.squaredNorm());
    CHECK(is_near(energy_of_best_range(problem, Activation::logistic, {0.0, {}}, weights),
                  0.5 * (y - height * s).squaredNorm(), 1e-12));
  }
}

TEST_CASE("rows that no free weight moves: a time of zero beside a held start") {
  Vector x(9), y(9);
  for (Index i = 0; i < 9; ++i) {
    x(i) = static_cast<double>(i);
    y(i) = 10.0 + 90.0 / (1.0 + std::exp(3.0 - 0.9 * x(i))) + 0.5 * std::sin(9.0 * x(i));
  }
  const Problem problem = problem_of(x, y, Vector::Constant(9, -3.0));
  const AllFits fits = fits_of(problem, Activation::logistic, {});
  REQUIRE(fits.global_minimum);
  CHECK(fits.strata.complete);
  const Scan grid = scan(problem, Activation::logistic, {});
  REQUIRE(!grid.minima.empty());
  CHECK(is_near(fits.points[0].energy, *std::min_element(grid.minima.begin(), grid.minima.end()),
                1e-9));
  // A jump after zero: the step has the row of zero at sigma01(-3) of the height.
  Vector jump = Vector::Constant(9, 2.0);
  jump(0) = 1.0;
  jump(1) = 2.2;
  jump(3) = 1.9;
  const AllFits step =
      fits_of(problem_of(x, jump, Vector::Constant(9, -3.0)), Activation::logistic, {});
  const double mean = jump.tail(8).mean();
  const auto limit = std::find_if(
      step.at_infinity.begin(), step.at_infinity.end(),
      [](const InfinitePoint& at) { return at.kind() == LimitKind::step_with_free_patterns; });
  REQUIRE(limit != step.at_infinity.end());
  const double share = 1.0 / (1.0 + std::exp(3.0));
  CHECK(is_near(limit->range->high, mean, 1e-13));
  CHECK(is_near(limit->range->low + share * (mean - limit->range->low), 1.0, 1e-12));
  CHECK(is_near(limit->energy, 0.5 * (jump.tail(8).array() - mean).square().sum(), 1e-12));
}

}  // namespace held_range_test
