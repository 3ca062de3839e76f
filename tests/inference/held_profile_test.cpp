// Profile intervals of fitted plateaus beside weights that are held: ends and regions against least energies of searches
// that know nothing of derivatives or curves, the plateaus by their normal equations.

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/fits/fitted_range.hpp"
#include "tautrack/inference/profile.hpp"

#include "support/slow_build.hpp"

namespace held_profile_test {

using namespace tautrack;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Problem problem_of(Matrix X, Vector y, Vector offset) {
  Problem problem = make_problem(std::move(X), std::move(y));
  problem.offset = std::move(offset);
  return problem;
}

ProfileIntervals intervals_of(const Problem& problem, const OutputRange& range, const AllFits& fits,
                              Activation activation = Activation::logistic) {
  return profile_intervals({problem, activation, range}, fits);
}

AllFits fits_of(const Problem& problem, const OutputRange& range,
                Activation activation = Activation::logistic) {
  FitOptions options;
  options.seconds = options.explore.seconds = 600.0;
  return find_all_fits(problem, activation, range, options);
}

/// The part of the way from the low plateau to the high one at a node input.
double share_of(Activation activation, double u) {
  constexpr double pi = 3.14159265358979323846;
  switch (activation) {
    case Activation::tanh:
      return 1.0 / (1.0 + std::exp(-2.0 * u));
    case Activation::arctan:
      return u < 0.0 ? std::atan(2.0 / (pi * -u)) / pi : 0.5 + std::atan(0.5 * pi * u) / pi;
    case Activation::erf:
      return 0.5 * std::erfc(-0.5 * std::sqrt(pi) * u);
    default:
      return 1.0 / (1.0 + std::exp(-u));
  }
}

/// The least energy of weights w with these plateaus known, the others where they fit best, but never low > high.
double energy_of(const Problem& problem, const OutputRange& range, const Vector& w,
                 Activation activation = Activation::logistic) {
  const Vector u = problem.X * w + problem.offset;
  const Vector share = u.unaryExpr([&](double input) { return share_of(activation, input); });
  const Vector left = u.unaryExpr([&](double input) { return share_of(activation, -input); });
  const Vector& y = problem.y;
  const auto energy = [&](double low, double high) {
    return 0.5 * (low * left + high * share - y).squaredNorm();
  };
  // low = high, where it is known or at the mean.
  const double meeting = range.low ? *range.low : range.high ? *range.high : y.mean();
  const double constant = energy(meeting, meeting);
  double low = 0.0, high = 0.0;
  if (range.low && range.high) {
    if (!(*range.low < *range.high)) return kInfinity;
    return energy(*range.low, *range.high);
  }
  if (range.low) {
    low = *range.low;
    high = share.dot(Vector(y - low * left)) / share.squaredNorm();
  } else if (range.high) {
    high = *range.high;
    low = left.dot(Vector(y - high * share)) / left.squaredNorm();
  } else {
    // About the mean of the part that most are far from.
    const bool from_high = share.mean() > 0.5;
    const Vector& part = from_high ? left : share;
    const Vector centred = part.array() - part.mean();
    const double slope = centred.dot(y) / centred.squaredNorm();
    const double base = y.mean() - slope * part.mean();
    low = from_high ? base + slope : base;
    high = from_high ? base : base + slope;
  }
  return low < high && std::isfinite(low) && std::isfinite(high) ? energy(low, high) : constant;
}

/// The least energy of one weight with a parameter at a value: a dense grid, and golden sections from its best.
double least_of_one(const Problem& problem, OutputRange range, const ProfileInterval& parameter,
                    double value, Activation activation = Activation::logistic) {
  const auto at_weight = [&](double w) {
    return energy_of(problem, range, Vector::Constant(1, w), activation);
  };
  if (parameter.kind == ParameterKind::weight) return at_weight(value);
  (parameter.kind == ParameterKind::low ? range.low : range.high) = value;
  const auto place = [](int k) { return std::sinh(k * 5e-3) * 0.01; };
  int best = 0;
  double lowest = kInfinity;
  for (int k = -2000; k <= 2000; ++k) {
    const double energy = at_weight(place(k));
    if (!(energy < lowest)) continue;
    lowest = energy;
    best = k;
  }
  constexpr double golden = 0.6180339887498949;
  double low = place(best - 1), high = place(best + 1);
  for (int step = 0; step < 90; ++step) {
    const double a = high - golden * (high - low), b = low + golden * (high - low);
    const bool is_left = at_weight(a) < at_weight(b);
    (is_left ? high : low) = is_left ? b : a;
  }
  return std::min(lowest, at_weight(0.5 * (low + high)));
}

/// The same of two weights: a grid that narrows about its best, from the weights of the fit on.
double least_of_two(const Problem& problem, OutputRange range, const ProfileInterval& parameter,
                    double value, const Vector& start) {
  if (parameter.kind == ParameterKind::low) range.low = value;
  if (parameter.kind == ParameterKind::high) range.high = value;
  Vector best = start;
  if (parameter.kind == ParameterKind::weight) best(parameter.column) = value;
  double lowest = energy_of(problem, range, best);
  Vector width = 3.0 * (best.cwiseAbs().array() + 0.1);
  for (int round = 0; round < 60; ++round) {
    const Vector centre = best;
    const int steps = 20;
    for (int a = -steps; a <= steps; ++a)
      for (int b = -steps; b <= steps; ++b) {
        Vector w = centre;
        w(0) += width(0) * a / steps;
        w(1) += width(1) * b / steps;
        if (parameter.kind == ParameterKind::weight) w(parameter.column) = value;
        const double energy = energy_of(problem, range, w);
        if (!(energy < lowest)) continue;
        lowest = energy;
        best = w;
      }
    width *= 0.6;
  }
  return lowest;
}

using Least = std::function<double(const ProfileInterval&, double)>;

/// Counts of what was seen.
struct Seen {
  int reached = 0, unbounded = 0, unresolved = 0;
};

/// Ends that are reached are at the threshold, and a little beyond them is above; what is between is below; and far out
/// unbounded ends are below, too.
void check_ends(const ProfileInterval& interval, double threshold, double excess,
                const Least& least, Seen& seen) {
  CAPTURE(interval.name);
  REQUIRE(!interval.pieces.empty());
  if (!interval.is_resolved) {
    ++seen.unresolved;
    CHECK_FALSE(interval.remarks.empty());
  }
  for (const ProfilePiece& piece : interval.pieces) {
    CAPTURE(piece.low);
    CAPTURE(piece.high);
    for (const double side : {-1.0, 1.0}) {
      const double end = side < 0.0 ? piece.low : piece.high;
      const ProfileEnd kind = side < 0.0 ? piece.low_end : piece.high_end;
      if (kind == ProfileEnd::unbounded) ++seen.unbounded;
      if (kind != ProfileEnd::reached) continue;
      ++seen.reached;
      CHECK(std::abs(least(interval, end) - threshold) <= 1e-6 * excess);
    }
    if (std::isfinite(piece.low) && std::isfinite(piece.high))
      for (const double part : {0.02, 0.3, 0.6, 0.98})
        CHECK(least(interval, piece.low + part * (piece.high - piece.low)) <
              threshold + 1e-6 * excess);
  }
}

/// No value beyond the ends of a resolved interval has an energy below the threshold; far out where there is no end there
/// are some.
void check_beyond(const ProfileInterval& interval, double threshold, double excess,
                  const Least& least) {
  if (!interval.is_resolved) return;
  CAPTURE(interval.name);
  const double low = interval.pieces.front().low, high = interval.pieces.back().high;
  const double width = std::isfinite(low) && std::isfinite(high) ? high - low
                       : std::isfinite(low)                      ? std::abs(low)
                                                                 : std::abs(high);
  for (double by = 1e-3; by < 1e3; by *= 1.7) {
    if (std::isfinite(low)) CHECK(least(interval, low - by * width) >= threshold - 1e-6 * excess);
    if (std::isfinite(high)) CHECK(least(interval, high + by * width) >= threshold - 1e-6 * excess);
  }
}

void check_one_weight(const Problem& problem, const OutputRange& range, Seen& seen,
                      Activation activation = Activation::logistic) {
  const AllFits fits = fits_of(problem, range, activation);
  if (!fits.global_minimum) return;
  const ProfileIntervals intervals = intervals_of(problem, range, fits, activation);
  if (!intervals.reason.empty()) return;
  const double best = fits.points[static_cast<std::size_t>(*fits.global_minimum)].energy;
  const double excess = intervals.threshold - best;
  REQUIRE(intervals.parameters.size() == (range.low || range.high ? 2U : 3U));
  const Least least = [&](const ProfileInterval& parameter, double value) {
    return least_of_one(problem, range, parameter, value, activation);
  };
  for (const ProfileInterval& interval : intervals.parameters) {
    check_ends(interval, intervals.threshold, excess, least, seen);
    check_beyond(interval, intervals.threshold, excess, least);
  }
}

}  // namespace

TEST_CASE("one weight beside a held one: intervals agree with least energies on dense grids") {
  std::mt19937_64 random(20250117);
  std::uniform_real_distribution<double> uniform;
  std::normal_distribution<double> normal;
  Seen seen;
  const int problems = support::sampled(16);
  for (int k = 0; k < problems; ++k) {
    CAPTURE(k);
    const Index L = 7 + k % 6;
    Vector x(L), y(L);
    const double from = k % 3 == 0 ? -1.5 : k % 3 == 1 ? 0.0 : 0.5;
    const double slope = 0.6 + uniform(random), start = -3.0 * uniform(random);
    const double noise = k % 4 == 0 ? 0.4 : 0.05;
    for (Index i = 0; i < L; ++i) {
      x(i) = from + 0.7 * static_cast<double>(i);
      const double u = slope * x(i) + start;
      y(i) = std::round(1e3 * (2.0 / (1.0 + std::exp(-u)) + noise * normal(random))) / 1e3;
    }
    OutputRange range;
    if (k % 3 == 1) range.low = 0.0;
    if (k % 3 == 2) range.high = 2.0;
    const bool holds_bias = k % 8 < 5;
    check_one_weight(holds_bias
                         ? problem_of(x, y, Vector::Constant(L, start + 0.2 * normal(random)))
                         : problem_of(Vector::Ones(L), y, (slope + 0.1 * normal(random)) * x),
                     range, seen,
                     k % 2 == 0   ? Activation::logistic
                     : k % 8 == 1 ? Activation::erf
                     : k % 8 == 3 ? Activation::arctan
                                  : Activation::tanh);
  }
  if (!support::kSlowBuild) {
    CHECK(seen.reached >= 30);
    CHECK(seen.unbounded >= 2);
    CHECK(seen.unresolved <= 4);
  }
}

TEST_CASE("the known start of an epidemic, its end fitted" * support::not_in_slow_builds()) {
  // Rosetta Code, Logistic curve fitting in epidemiology: cases of the first 49 days.
  const std::array<double, 49> cases{
      27,    27,    27,    44,    44,    59,    59,    59,    59,    59,    59,    59,    59,
      60,    60,    61,    61,    66,    83,    219,   239,   392,   534,   631,   897,   1350,
      2023,  2820,  4587,  6067,  7823,  9826,  11946, 14554, 17372, 20615, 24522, 28273, 31491,
      34933, 37552, 40540, 43105, 45177, 60328, 64543, 67103, 69265, 71332};
  Vector day(49), y(49);
  for (Index i = 0; i < 49; ++i) {
    day(i) = static_cast<double>(i);
    y(i) = 1e-4 * cases[static_cast<std::size_t>(i)];
  }
  Seen seen;
  for (const double bias : {-9.0, std::log(27.0 / (7.8e9 - 27.0))})
    for (const bool is_low_known : {true, false}) {
      CAPTURE(bias);
      CAPTURE(is_low_known);
      OutputRange range;
      if (is_low_known) range.low = 0.0;
      check_one_weight(problem_of(day, y, Vector::Constant(49, bias)), range, seen);
    }
  CHECK(seen.reached >= 8);
  CHECK(seen.unresolved == 0);
}

TEST_CASE("a weight that is held at nothing, and a column with no known part") {
  Vector x(9), y(9);
  for (Index i = 0; i < 9; ++i) {
    x(i) = -2.0 + 0.5 * static_cast<double>(i);
    y(i) = 1.0 + 2.0 / (1.0 + std::exp(-1.5 * x(i))) + 0.05 * std::sin(7.0 * x(i));
  }
  const Problem without = problem_of(x, y, {});
  const AllFits fits = fits_of(without, {});
  REQUIRE(fits.global_minimum);
  const ProfileIntervals intervals = intervals_of(without, {}, fits);
  REQUIRE(intervals.parameters.size() == 3);
  const double best = fits.points[static_cast<std::size_t>(*fits.global_minimum)].energy;
  Problem zeros = without;
  zeros.offset = Vector::Zero(9);
  Seen seen;
  for (const ProfileInterval& interval : intervals.parameters)
    check_ends(
        interval, intervals.threshold, intervals.threshold - best,
        [&](const ProfileInterval& parameter, double value) {
          return least_of_one(zeros, {}, parameter, value);
        },
        seen);
  CHECK(seen.reached == 6);
  CHECK(seen.unresolved == 0);
}

TEST_CASE("a known part X d of the node inputs moves intervals of weights by d") {
  Matrix X(12, 3);
  Vector y(12), d(3);
  d << 0.5, -0.25, 1.0;
  for (Index i = 0; i < 12; ++i) {
    const double a = static_cast<double>(i % 4), b = static_cast<double>(i / 4);
    X.row(i) << a, b, 1.0;
    y(i) =
        1.0 + 2.0 / (1.0 + std::exp(-(1.5 * a + b - 2.5))) + 0.03 * std::sin(7.0 * (a + 3.0 * b));
  }
  const Problem plain = problem_of(X, y, {}), held = problem_of(X, y, X * d);
  const ProfileIntervals expected = intervals_of(plain, {}, fits_of(plain, {}));
  const ProfileIntervals found = intervals_of(held, {}, fits_of(held, {}));
  REQUIRE(found.parameters.size() == 5);
  for (std::size_t k = 0; k < 5; ++k) {
    const ProfileInterval &a = found.parameters[k], &b = expected.parameters[k];
    CAPTURE(a.name);
    const double moved = a.kind == ParameterKind::weight ? d(a.column) : 0.0;
    REQUIRE(a.pieces.size() == b.pieces.size());
    CHECK(a.low.has_value() == b.low.has_value());
    CHECK(a.high.has_value() == b.high.has_value());
    if (a.low && b.low) CHECK(*a.low + moved == doctest::Approx(*b.low).epsilon(1e-6));
    if (a.high && b.high) CHECK(*a.high + moved == doctest::Approx(*b.high).epsilon(1e-6));
  }
}

TEST_CASE("intervals beside held weights have the units of the data") {
  Vector x(10), y(10);
  for (Index i = 0; i < 10; ++i) {
    x(i) = 0.5 * static_cast<double>(i);
    y(i) = 2.0 + 3.0 / (1.0 + std::exp(2.0 - x(i))) + 0.1 * std::sin(9.0 * x(i));
  }
  const auto of = [&](double by_x, double by_y) {
    const Problem problem = problem_of(by_x * x, by_y * y, Vector::Constant(10, -2.0));
    return intervals_of(problem, {}, fits_of(problem, {}));
  };
  const ProfileIntervals one = of(1.0, 1.0);
  const double by_x = 1e-9, by_y = 1e7;
  const ProfileIntervals other = of(by_x, by_y);
  REQUIRE(one.parameters.size() == 3);
  REQUIRE(other.parameters.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    const ProfileInterval &a = one.parameters[k], &b = other.parameters[k];
    CAPTURE(a.name);
    const double unit = a.kind == ParameterKind::weight ? 1.0 / by_x : by_y;
    CHECK(a.is_resolved);
    CHECK(b.is_resolved);
    REQUIRE(a.low.has_value());
    REQUIRE(b.low.has_value());
    REQUIRE(a.high.has_value());
    REQUIRE(b.high.has_value());
    CHECK(*b.low == doctest::Approx(unit * *a.low).epsilon(1e-6));
    CHECK(*b.high == doctest::Approx(unit * *a.high).epsilon(1e-6));
  }
}

TEST_CASE("two weights beside a held one: ends are at the threshold, and not called resolved" *
          support::not_in_slow_builds()) {
  Matrix X(14, 2);
  Vector y(14);
  for (Index i = 0; i < 14; ++i) {
    const double a = static_cast<double>(i % 5) - 1.0, b = static_cast<double>(i / 5);
    X.row(i) << a, b;
    y(i) = 0.5 + 3.0 / (1.0 + std::exp(-(1.2 * a + 0.8 * b - 1.0))) +
           0.08 * std::sin(5.0 * (a + 4 * b));
  }
  Seen seen;
  for (const bool is_low_known : {false, true}) {
    OutputRange range;
    if (is_low_known) range.low = 0.5;
    const Problem problem = problem_of(X, y, Vector::Constant(14, -1.0));
    const AllFits fits = fits_of(problem, range);
    REQUIRE(fits.global_minimum);
    const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
    const ProfileIntervals intervals = intervals_of(problem, range, fits);
    REQUIRE(intervals.parameters.size() == (is_low_known ? 3U : 4U));
    for (const ProfileInterval& interval : intervals.parameters) {
      CHECK_FALSE(interval.is_resolved);
      check_ends(
          interval, intervals.threshold, intervals.threshold - best.energy,
          [&](const ProfileInterval& parameter, double value) {
            return least_of_two(problem, range, parameter, value, best.weights);
          },
          seen);
    }
  }
  CHECK(seen.reached == 14);
}

TEST_CASE("beside a held weight a constant below the threshold leaves the weight free") {
  int seen = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    Vector x(8), y(8);
    for (Index i = 0; i < 8; ++i) {
      x(i) = static_cast<double>(i);
      y(i) = (x(i) > 2.5 ? 1.5 : 1.0) + 0.4 * normal(random);
    }
    const Problem problem = problem_of(x, y, Vector::Constant(8, -2.0));
    const AllFits fits = fits_of(problem, {});
    if (!fits.global_minimum) continue;
    const ProfileIntervals intervals = intervals_of(problem, {}, fits);
    if (!(0.5 * (y.array() - y.mean()).square().sum() < intervals.threshold)) continue;
    ++seen;
    REQUIRE(intervals.parameters.size() == 3);
    CHECK_FALSE(intervals.parameters[0].low.has_value());
    CHECK_FALSE(intervals.parameters[0].high.has_value());
    CHECK(intervals.parameters[0].is_resolved);
  }
  CHECK(seen >= 2);
}

}  // namespace held_profile_test
