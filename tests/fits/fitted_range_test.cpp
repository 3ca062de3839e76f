// All sigmoids with fitted plateaus: published and computed fits, what cannot be fitted, and random data against
// Newton's method from a dense grid of starts.

#include "tautrack/fits/fitted_range.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "amplitude/levels.hpp"
#include "fits/covariate.hpp"
#include "fits/curve_points.hpp"
#include "support/long_curve.hpp"
#include "support/random_curves.hpp"
#include "support/slow_build.hpp"

namespace fitted_range_test {

using namespace tautrack;
using nlohmann::json;
using support::LongCurve;

namespace {

/// Rows (x, 1).
Problem problem_of(const std::vector<double>& x, const std::vector<double>& y) {
  const auto L = static_cast<Index>(x.size());
  Matrix X(L, 2);
  Vector targets(L);
  for (Index i = 0; i < L; ++i) {
    X.row(i) << x[static_cast<std::size_t>(i)], 1.0;
    targets(i) = y[static_cast<std::size_t>(i)];
  }
  return make_problem(X, targets);
}

AllFits fits_of(const std::vector<double>& x, const std::vector<double>& y,
                const OutputRange& range = {}, Activation activation = Activation::logistic) {
  FitOptions options;
  options.seconds = options.explore.seconds = 600.0;
  return find_all_fits(problem_of(x, y), activation, range, options);
}

bool is_near(double value, double expected, double tolerance) {
  return std::abs(value - expected) <= tolerance * std::abs(expected);
}

bool says(const std::string& text, const char* word) {
  return text.find(word) != std::string::npos;
}

json reference() {
  std::ifstream file(std::string(TAUTRACK_TEST_DATA) + "/reference/amplitude.json");
  REQUIRE(file);
  return json::parse(file);
}

void check_four_parameters(const json& set) {
  CAPTURE(set.at("name").get<std::string>());
  const AllFits fits = fits_of(set.at("x"), set.at("y"), {}, Activation::tanh);
  CAPTURE(fits.level_reason);
  CHECK(fits.level == Completeness::complete);
  // The sum is not known where data tie at a step: rounded levels on the plateaus do.
  CHECK(fits.expected_index_sum.has_value() == !says(set.at("name"), "steep"));
  if (fits.expected_index_sum) CHECK(fits.index_sum == 1);
  const json& points = set.at("points");
  REQUIRE(fits.points.size() == points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const StationaryPoint& point = fits.points[i];
    CHECK(is_near(point.energy, points[i].at("energy"), 1e-12));
    CHECK(point.morse_index == points[i].at("index").get<int>());
    CHECK(point.status == PointStatus::certified);
    // The reference has b > 0, as low < high says.
    CHECK(is_near(point.weights(0), points[i].at("w")[0], 1e-10));
    CHECK(is_near(point.weights(1), points[i].at("w")[1], 1e-10));
    REQUIRE(point.range);
    const double height = point.range->high - point.range->low;
    CHECK(std::abs(point.range->low - points[i].at("low").get<double>()) <= 1e-10 * height);
    CHECK(std::abs(point.range->high - points[i].at("high").get<double>()) <= 1e-10 * height);
  }
  std::size_t limits = 0;
  for (const char* kind : {"exponentials", "steps"})
    for (const json& limit : set.at(kind)) {
      const auto found = std::find_if(
          fits.at_infinity.begin(), fits.at_infinity.end(), [&](const InfinitePoint& infinite) {
            return is_near(infinite.energy, limit.at("energy"), 1e-11) &&
                   (!limit.contains("rate") ||
                    (infinite.exponential &&
                     is_near(infinite.exponential->rate(0), limit.at("rate"), 1e-10)));
          });
      const bool is_infimum = limit.value("infimum", true);
      CHECK((found != fits.at_infinity.end()) == is_infimum);
      if (!is_infimum) continue;
      ++limits;
      CHECK(found->local_infimum == true);
    }
  CHECK(fits.at_infinity.size() == limits);
  CHECK(fits.global_is_proven);
  const json& best = set.at("best");
  const bool is_finite = best.at("where") == "finite";
  CHECK(fits.global_minimum.has_value() == is_finite);
  CHECK(fits.infimum_at_infinity == !is_finite);
  CHECK(is_near(is_finite ? fits.points.front().energy : fits.at_infinity.front().energy,
                best.at("energy"), 1e-11));
}

}  // namespace

TEST_CASE("Fitted range: infima that are left out of the list are those of the largest energies") {
  std::size_t left_out = 0;
  for (std::uint64_t seed = 0; seed < support::sampled(60U); ++seed) {
    CAPTURE(seed);
    const support::RandomCurve curve = support::random_curve(seed);
    OutputRange range;
    if (seed % 3 == 1) range.low = -0.1;
    if (seed % 3 == 2) range.high = 1.1;
    const auto data = fits::covariate_of(problem_of(curve.x, curve.y));
    REQUIRE(data);
    const fits::CurveTerms terms(*data, Activation::logistic, range);
    const auto found = amplitude::find_curve_fits(terms.levels(), 100000, {});
    std::vector<amplitude::CurveLimit> kept = found.limits;
    constexpr std::size_t most = 2;
    const std::size_t missing = terms.keep_lowest(kept, most);
    CHECK(kept.size() + missing == found.limits.size());
    const auto energies = [&](const std::vector<amplitude::CurveLimit>& limits) {
      std::vector<double> values;
      for (const amplitude::CurveLimit& limit : limits)
        if (limit.is_infimum == true && !limit.is_exponential)
          values.push_back(terms.limit(limit).energy);
      std::sort(values.begin(), values.end());
      return values;
    };
    std::vector<double> all = energies(found.limits);
    CHECK(missing == all.size() - std::min(all.size(), most));
    all.resize(all.size() - missing);
    const std::vector<double> lowest = energies(kept);
    REQUIRE(lowest.size() == all.size());
    for (std::size_t k = 0; k < all.size(); ++k)
      CHECK(lowest[k] == doctest::Approx(all[k]).epsilon(1e-12));
    left_out += missing;
  }
  CHECK(left_out > (support::kSlowBuild ? 0 : 15));
}

TEST_CASE(
    "Fitted range: ten thousand levels, stopped early: steps are all there, the lowest listed") {
  support::Random random(5);
  std::vector<double> x, y;
  for (int i = 0; i < 10000; ++i) {
    x.push_back(random.uniform(-3.0, 3.0));
    y.push_back(std::tanh(x.back()) + 0.1 * random.normal());
  }
  FitOptions options;
  options.explore.stop = StopCondition::after_looks(10500);
  const AllFits fits = find_all_fits(problem_of(x, y), Activation::tanh, {}, options);
  CHECK(fits.level == Completeness::heuristic);
  CHECK(fits.unlisted_limits > 0);
  CHECK(fits.at_infinity.size() == 500);
  CHECK(fits.unique == Answer::no);
  CHECK(says(fits.unique_reason,
             (std::to_string(fits.at_infinity.size() + fits.unlisted_limits) + " limits").c_str()));
}

TEST_CASE("fitted plateaus: all points and limits of the reference sets") {
  const json sets = reference();
  for (const json& set : sets.at("four")) check_four_parameters(set);
}

TEST_CASE("known foot: Rat42 to its certified digits, DNase and Puromycin") {
  const json sets = reference();
  for (const json& set : sets.at("three")) {
    CAPTURE(set.at("name").get<std::string>());
    const AllFits fits = fits_of(set.at("x"), set.at("y"), {0.0, {}});
    CAPTURE(fits.level_reason);
    CHECK(fits.level == Completeness::complete);
    CHECK_FALSE(fits.expected_index_sum);
    REQUIRE(fits.points.size() == 1);
    const StationaryPoint& point = fits.points[0];
    CHECK(is_near(point.energy, set.at("energy"), 1e-12));
    CHECK(is_near(point.weights(0), set.at("w1"), 1e-10));
    CHECK(is_near(point.weights(1), set.at("w0"), 1e-10));
    REQUIRE(point.range);
    CHECK(point.range->low == 0.0);
    CHECK(is_near(point.range->high, set.at("A"), 1e-10));
    CHECK(point.morse_index == set.at("morse_index").get<int>());
  }
  // NIST StRD, Rat42: b1, b2, b3 and the residual sum of squares.
  const json& rat42 = sets.at("three").at(0);
  const AllFits fits = fits_of(rat42.at("x"), rat42.at("y"), {0.0, {}});
  REQUIRE(fits.points.size() == 1);
  CHECK(is_near(fits.points[0].range->high, 7.2462237576e1, 1e-10));
  CHECK(is_near(-fits.points[0].weights(1), 2.6180768402, 1e-10));
  CHECK(is_near(fits.points[0].weights(0), 6.7359200066e-2, 1e-10));
  CHECK(is_near(2.0 * fits.points[0].energy, 8.0565229338, 1e-10));
}

TEST_CASE("fits from public questions") {
  SUBCASE("per cent, with a known foot") {
    std::vector<double> x;
    for (int i = 0; i < 13; ++i) x.push_back(30.0 + 5.0 * i);
    const AllFits fits =
        fits_of(x, {0.3, 1.5, 4.1, 10.1, 21.9, 39, 4, 58.2, 77, 89.6, 95, 98.3, 100}, {0.0, {}});
    CHECK(fits.level == Completeness::complete);
    REQUIRE(fits.global_minimum);
    const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
    CHECK(is_near(best.range->high, 106.70945652, 1e-9));
    CHECK(is_near(best.weights(0), 0.13550867, 1e-7));
    CHECK(is_near(best.weights(1), -8.8048318, 1e-7));
    CHECK(is_near(2.0 * best.energy, 1515.9711, 1e-7));
  }
  SUBCASE("per cent, with zeros at the foot") {
    const std::vector<double> x{0, 1, 2, 3, 4, 5, 6, 7}, y{0, 0, 0, 5, 40, 88, 99, 100};
    const AllFits fits = fits_of(x, y, {0.0, {}});
    CAPTURE(fits.level_reason);
    CHECK(fits.level == Completeness::complete);
    CHECK(fits.unique == Answer::yes);
    REQUIRE(fits.points.size() == 1);
    // From long double, by the normal equations.
    const LongCurve curve(x, y, std::vector<double>(8, 1.0), 0.0);
    const LongCurve::Line line{fits.points[0].weights(0), fits.points[0].weights(1)};
    CHECK(is_near(static_cast<double>(curve.fit(line).energy), fits.points[0].energy, 1e-12));
    CHECK(curve.index(line) == 0);
  }
  SUBCASE("ELISA, four parameters of the logarithm") {
    std::vector<double> x;
    for (const double dose : {40, 100, 250, 400, 600, 800, 1150, 1400})
      x.push_back(std::log10(dose));
    const AllFits fits =
        fits_of(x, {0.1879, 0.4257, 0.80975, 1.3038, 1.64305, 1.94055, 2.21605, 2.3917});
    CHECK(fits.level == Completeness::complete);
    REQUIRE(fits.global_minimum);
    const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
    CHECK(is_near(best.range->low, 0.12607108, 1e-7));
    CHECK(is_near(best.range->high, 3.01209223, 1e-8));
    CHECK(is_near(-best.weights(1) / best.weights(0), 2.7400248, 1e-7));
    CHECK(is_near(best.weights(0), 3.1286483, 1e-7));
    CHECK(is_near(2.0 * best.energy, 0.0073841945, 1e-7));
  }
  SUBCASE("five points that fall: a step with one dose on its way") {
    const AllFits fits = fits_of({473, 523, 573, 623, 673}, {104, 103, 95, 79, 83});
    CAPTURE(fits.level_reason);
    CHECK(fits.infimum_at_infinity);
    CHECK(is_near(2.0 * fits.at_infinity.front().energy, 8.5, 1e-14));
    CHECK(fits.at_infinity.front().local_infimum == true);
    CHECK(fits.at_infinity.front().range->low == 81.0);
    CHECK(fits.at_infinity.front().range->high == 103.5);
    CHECK(says(fits.global_reason, "573"));
  }
}

TEST_CASE("fitted plateaus: what cannot be fitted is said") {
  SUBCASE("equal targets") {
    CHECK_THROWS_AS(fits_of({1, 2, 3, 4, 5}, {2, 2, 2, 2, 2}), DataError);
  }
  SUBCASE("both ends known") {
    CHECK_THROWS_AS(fits_of({1, 2, 3, 4, 5}, {0.1, 0.2, 0.5, 0.7, 0.9}, {0.0, 1.0}),
                    std::invalid_argument);
  }
  SUBCASE("too few levels") {
    const AllFits fits = fits_of({1, 2, 2, 3}, {1, 2, 2.5, 4});
    CHECK(fits.points.empty());
    CHECK(fits.unique == Answer::no);
    CHECK(says(fits.unique_reason, "3 levels"));
    const AllFits two = fits_of({1, 1, 2, 2}, {1, 2, 2.5, 4}, {0.0, {}});
    CHECK(two.points.empty());
    CHECK(says(two.unique_reason, "2 levels"));
  }
  SUBCASE("everything on the wrong side of the known end") {
    for (const bool is_low : {true, false}) {
      const double sign = is_low ? 1.0 : -1.0;
      for (const std::vector<double>& y : {std::vector<double>{-1.0, -2.0, -0.5, -3.0},
                                           std::vector<double>{-1.0, 0.5, -1.0, -0.2}}) {
        std::vector<double> targets;
        double energy = 0.0;
        for (const double value : y) {
          targets.push_back(7.0 + sign * value);
          energy += 0.5 * value * value;
        }
        const AllFits fits =
            fits_of({1, 2, 3, 4}, targets, is_low ? OutputRange{7.0, {}} : OutputRange{{}, 7.0});
        CAPTURE(fits.level_reason);
        CHECK(fits.points.empty());
        REQUIRE(fits.at_infinity.size() == 1);
        CHECK(fits.infimum_at_infinity);
        CHECK(fits.at_infinity[0].local_infimum == true);
        CHECK(fits.at_infinity[0].kind() == LimitKind::constant);
        CHECK(is_near(fits.at_infinity[0].energy, energy, 1e-14));
        CHECK(says(fits.global_reason, "height is zero"));
      }
    }
  }
  SUBCASE("targets on a straight line") {
    for (const Activation activation : {Activation::tanh, Activation::erf}) {
      const AllFits fits =
          fits_of({1, 2, 3, 5, 8, 9}, {0.1, 0.3, 0.5, 0.9, 1.5, 1.7}, {}, activation);
      CHECK(fits.points.empty());
      CHECK_FALSE(fits.global_minimum);
      CHECK(says(fits.global_reason, "straight line"));
      CHECK_FALSE(fits.unique_reason.empty());
    }
  }
  SUBCASE("columns that depend on others change nothing") {
    Matrix X(9, 3), more(9, 6);
    Vector y(9);
    for (Index i = 0; i < 9; ++i) {
      const double a = static_cast<double>(i % 3), b = static_cast<double>(i / 3);
      X.row(i) << a, b, 1.0;
      more.row(i) << a, 2.0 * a, 0.0, b, 3.0, 1.0;
      y(i) =
          1.0 / (1.0 + std::exp(-2.0 * a + b + 0.5)) + 0.02 * std::cos(static_cast<double>(5 * i));
    }
    FitOptions options;
    options.seconds = options.explore.seconds = 600.0;
    const auto all = [&](const Matrix& inputs) {
      return find_all_fits(make_problem(inputs, y), Activation::logistic, {}, options);
    };
    const AllFits fits = all(X), again = all(more);
    REQUIRE(fits.points.size() >= 1);
    REQUIRE(fits.points.size() == again.points.size());
    CHECK(fits.at_infinity.size() == again.at_infinity.size());
    for (std::size_t k = 0; k < fits.points.size(); ++k) {
      CHECK(is_near(again.points[k].energy, fits.points[k].energy, 1e-12));
      // Weights of minimum norm are rounded, and no radius is proven of them.
      CHECK(again.points[k].status == PointStatus::converged);
      CHECK(says(again.points[k].reason, "depend on each other"));
      const Vector apart = more * again.points[k].weights - X * fits.points[k].weights;
      CHECK(apart.norm() <= 1e-9);
    }
    Matrix zero(9, 4);
    zero << X.leftCols(1), Vector::Zero(9), X.rightCols(2);
    const AllFits same = all(zero);
    REQUIRE(same.points.size() == fits.points.size());
    for (std::size_t k = 0; k < fits.points.size(); ++k) {
      CHECK(same.points[k].status == fits.points[k].status);
      CHECK(same.points[k].weights(1) == 0.0);
      CHECK(same.points[k].weights(0) == fits.points[k].weights(0));
    }
  }
  SUBCASE("fewer different rows than unknowns") {
    Matrix X(4, 3);
    X << 0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1;
    const AllFits fits =
        find_all_fits(make_problem(X, Vector{{1.0, 2.0, 2.5, 7.0}}), Activation::tanh, {});
    CHECK(fits.points.empty());
    CHECK(says(fits.unique_reason, "4 different rows and 5 unknowns"));
  }
  SUBCASE("two inputs, another activation: points are proven, lists are not") {
    Matrix X(6, 3);
    X << 0, 0, 1, 1, 0, 1, 2, 1, 1, 3, 0, 1, 4, 2, 1, 5, 1, 1;
    const AllFits two = find_all_fits(make_problem(X, Vector{{0.1, 0.2, 0.6, 0.7, 1.1, 1.0}}),
                                      Activation::logistic, {});
    CHECK(two.level == Completeness::heuristic);
    CHECK(two.unique != Answer::yes);
    CHECK_FALSE(two.global_is_proven);
    const AllFits erf =
        fits_of({1, 2, 3, 4, 5, 6}, {0.1, 0.2, 0.6, 0.7, 1.1, 1.0}, {}, Activation::erf);
    CHECK(erf.level == Completeness::heuristic);
    CHECK(erf.unique == Answer::unknown);
  }
}

TEST_CASE("fitted plateaus: columns, weights, units and the known end are only names") {
  const std::vector<double> x{-2, -1, 0, 0.5, 1, 2, 3}, y{0.1, 0.3, 0.4, 0.9, 1.2, 1.1, 1.3};
  const AllFits plain = fits_of(x, y);
  REQUIRE(plain.points.size() == 1);
  const Vector w = plain.points[0].weights;
  const double low = plain.points[0].range->low, high = plain.points[0].range->high;
  const auto check = [&](const AllFits& fits, double slope, double bias, double energy) {
    REQUIRE(fits.points.size() == 1);
    CHECK(is_near(fits.points[0].weights(0), slope, 1e-11));
    CHECK(is_near(fits.points[0].weights(1), bias, 1e-11));
    CHECK(is_near(fits.points[0].energy, energy, 1e-11));
    CHECK(is_near(fits.points[0].range->low, low, 1e-11));
    CHECK(is_near(fits.points[0].range->high, high, 1e-11));
    CHECK(fits.level == Completeness::complete);
    CHECK((fits.points[0].eigenvalues.array() > 0.0).all());
  };
  const double energy = plain.points[0].energy;
  check(plain, w(0), w(1), energy);
  check(fits_of(x, y, {}, Activation::tanh), 0.5 * w(0), 0.5 * w(1), energy);
  // The bias first, of -2, and the rows in another order, with a row cut into two weights.
  Matrix X(8, 2);
  Vector targets(8), weights = Vector::Constant(8, 3.0);
  for (Index i = 0; i < 8; ++i) {
    const auto k = static_cast<std::size_t>(i == 7 ? 3 : 6 - i);
    X.row(i) << -2.0, x[k];
    targets(i) = y[k];
  }
  weights(3) = 1.25;
  weights(7) = 1.75;
  Problem turned = make_problem(X, targets);
  turned.pattern_weights = weights;
  check(find_all_fits(turned, Activation::logistic, {}), w(1) / -2.0, w(0), 3.0 * energy);
  // Known ends where the fit has them: a stationary point still.
  check(fits_of(x, y, {low, {}}), w(0), w(1), energy);
  check(fits_of(x, y, {{}, high}), w(0), w(1), energy);
  // A constant is added to the energy.
  CHECK(is_near(find_all_fits(problem_of(x, y), Activation::logistic, {}, {}, 2.0).points[0].energy,
                energy + 2.0, 1e-12));
  // Upside down, and from the other end.
  std::vector<double> negative, back;
  for (std::size_t i = 0; i < x.size(); ++i) {
    negative.push_back(-y[i]);
    back.push_back(-x[i]);
  }
  const AllFits down = fits_of(x, negative);
  CHECK(is_near(down.points[0].weights(0), -w(0), 1e-11));
  CHECK(is_near(down.points[0].range->low, -high, 1e-11));
  const AllFits mirrored = fits_of(back, y);
  CHECK(is_near(mirrored.points[0].weights(0), -w(0), 1e-11));
  CHECK(is_near(mirrored.points[0].weights(1), w(1), 1e-11));
}

namespace {

/// What came of a run of random data.
struct Tally {
  int count = 0, complete = 0, one_infimum = 0, undecided = 0, disagreements = 0;
  double seconds = 0.0, worst = 0.0;  // for who runs it by hand
  std::uint64_t slowest = 0;
};

double energy_at(const LongCurve& curve, double slope, double intercept) {
  return static_cast<double>(curve.fit({slope, intercept}).energy);
}

/// Points against long doubles: the true one within the radius, energy, plateaus and index.
void check_point(const StationaryPoint& point, const LongCurve& curve, bool turned,
                 double constant) {
  CAPTURE(point.weights.transpose());
  LongCurve::Line line{point.weights(0), point.weights(1)};
  if (turned) line = {-line.slope, -line.intercept};
  const auto near = curve.stationary_near(line, 40.0L);
  if (near) {
    const double off = std::hypot(static_cast<double>(near->slope - line.slope),
                                  static_cast<double>(near->intercept - line.intercept));
    CHECK(off <= point.radius + 1e-15 * point.weights.norm());
  }
  const auto fit = curve.fit(line);
  CHECK(std::abs(static_cast<double>(fit.energy) + constant - point.energy) <=
        1e-12 * point.energy + 1e-28);
  if (const auto index = curve.index(line)) CHECK(point.morse_index == *index);
  if (point.eigenvalues.size() > 0)
    CHECK((point.eigenvalues.array() < 0.0).count() == point.morse_index.value_or(-1));
}

/// Limits against their definition: the energy of the outputs they name, and that towards which the energy goes along
/// their ray.
void check_limit(const InfinitePoint& limit, const Problem& problem, const OutputRange& range) {
  REQUIRE(limit.range);
  CAPTURE(limit.reason);
  double energy = 0.0;
  for (Index i = 0; i < problem.X.rows(); ++i) {
    const double input = problem.X.row(i).dot(limit.weights);
    const int sign = limit.signs[static_cast<std::size_t>(i)];
    const double share = sign > 0 ? 1.0 : sign < 0 ? 0.0 : 1.0 / (1.0 + std::exp(-input));
    const double output = limit.exponential
                              ? limit.exponential->offset +
                                    limit.exponential->factor *
                                        std::exp(problem.X.row(i).dot(limit.exponential->rate))
                              : limit.range->low + share * (limit.range->high - limit.range->low);
    energy += 0.5 * (output - problem.y(i)) * (output - problem.y(i));
    const double along = problem.X.row(i).dot(limit.direction);
    CHECK((sign == 0 ? std::abs(along) < 1e-12 * problem.X.row(i).norm() : sign * along > 0.0));
  }
  CHECK(std::abs(energy - limit.energy) <= 1e-9 * (energy + 1e-12));
  double least = std::numeric_limits<double>::infinity();
  for (Index i = 0; i < problem.X.rows(); ++i) {
    const double along = std::abs(problem.X.row(i).dot(limit.direction));
    if (limit.signs[static_cast<std::size_t>(i)] != 0) least = std::min(least, along);
  }
  // All that is saturated has an input of 14 at least, less that of the weights.
  const double far = 14.0 + (problem.X * limit.weights).cwiseAbs().maxCoeff();
  const double near = energy_of_best_range(problem, Activation::logistic, range,
                                           limit.weights + far / least * limit.direction);
  CHECK(std::abs(near - limit.energy) <= 1e-3 * (limit.energy + problem.y.squaredNorm()));
}

/// Whether the lists agree.
bool check_curve(const support::RandomCurve& data, const OutputRange& range, std::uint64_t seed,
                 bool by_hand, Tally& tally) {
  const int half_points = by_hand ? 12 : 7;
  const auto start = std::chrono::steady_clock::now();
  const AllFits fits = fits_of(data.x, data.y, range);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (seconds > tally.worst) tally.slowest = seed;
  tally.worst = std::max(tally.worst, seconds);
  tally.seconds += seconds;
  CAPTURE(fits.level_reason);
  ++tally.count;
  if (std::getenv("TAUTRACK_CURVES_SAY") != nullptr && fits.level != Completeness::complete)
    MESSAGE(seed, " (", static_cast<int>(data.kind), ", J = ", support::levels_of(data).x.size(),
            ", ", seconds, " s): ", fits.level_reason);
  const bool is_complete = fits.level == Completeness::complete;
  tally.complete += is_complete ? 1 : 0;
  // A known high end is a known low one upside down.
  const support::CurveLevels levels = support::levels_of(data);
  std::vector<double> targets = levels.y;
  std::optional<double> low = range.low;
  if (range.high) {
    for (double& y : targets) y = -y;
    low = -*range.high;
  }
  const bool turned = range.high.has_value();
  // The inputs as they are taken: gaps that are equal but for rounding are made equal.
  const amplitude::Levels taken(levels.x, levels.y, levels.weights, nullptr);
  const LongCurve curve(taken.value, targets, levels.weights, low);
  for (const StationaryPoint& point : fits.points) check_point(point, curve, turned, levels.energy);
  if (fits.expected_index_sum && is_complete) CHECK(fits.index_sum == *fits.expected_index_sum);

  const Problem problem = problem_of(data.x, data.y);
  for (const InfinitePoint& limit : fits.at_infinity) check_limit(limit, problem, range);

  int minima = 0;
  bool agrees = true;
  for (const LongCurve::Line& line : curve.search(half_points, half_points)) {
    const auto fit = curve.fit(line);
    minima += curve.index(line) == 0 ? 1 : 0;
    const Range plateaus{
        std::min(static_cast<double>(fit.low), static_cast<double>(fit.low + fit.height)), 0.0};
    const bool is_known =
        std::any_of(fits.points.begin(), fits.points.end(), [&](const StationaryPoint& point) {
          const LongCurve::Line own{point.weights(0), point.weights(1)};
          return curve.are_same(line, own) || curve.are_same(line, {-own.slope, -own.intercept});
        });
    CAPTURE(static_cast<double>(line.slope));
    CAPTURE(static_cast<double>(line.intercept));
    CAPTURE(plateaus.low);
    if (is_complete) CHECK(is_known);
    agrees = agrees && (is_known || !is_complete);
    if (fits.global_is_proven) {
      const double best = fits.infimum_at_infinity
                              ? fits.at_infinity.front().energy
                              : fits.points[static_cast<std::size_t>(*fits.global_minimum)].energy;
      CHECK(static_cast<double>(fit.energy) + levels.energy >= best * (1.0 - 1e-10) - 1e-25);
    }
  }
  std::size_t infima = 0;
  for (const StationaryPoint& point : fits.points) infima += point.morse_index == 0 ? 1 : 0;
  for (const InfinitePoint& limit : fits.at_infinity)
    (limit.local_infimum ? infima : infima) += limit.local_infimum.value_or(false) ? 1 : 0;
  const bool any_open =
      std::any_of(fits.at_infinity.begin(), fits.at_infinity.end(),
                  [](const InfinitePoint& limit) { return !limit.local_infimum; });
  tally.undecided += any_open ? 1 : 0;
  tally.one_infimum += is_complete && !any_open && infima == 1 ? 1 : 0;
  if (fits.unique == Answer::yes) {
    CHECK(infima == 1);
    CHECK(minima <= 1);
    agrees = agrees && minima <= 1;
  }
  if (is_complete && !any_open) {
    CHECK(infima >= 1);
    // Nothing lies below the lowest.
    double lowest = std::numeric_limits<double>::infinity();
    for (const StationaryPoint& point : fits.points) lowest = std::min(lowest, point.energy);
    for (const InfinitePoint& limit : fits.at_infinity) lowest = std::min(lowest, limit.energy);
    const double first = data.x.front(), width = data.x.back() - first;
    for (int i = 0; i < 40; ++i)
      for (int k = 0; k < 30; ++k)
        for (const double sign : {1.0, -1.0}) {
          const double half = first + width * (-0.5 + 2.0 * i / 39.0);
          const double slope = sign * std::pow(10.0, -1.0 + 4.0 * k / 29.0) / width;
          if (low && curve.fit({slope, -slope * half}).height < 0.0L) continue;
          const double energy = energy_at(curve, slope, -slope * half) + levels.energy;
          if (!(energy >= lowest * (1.0 - 1e-10) - 1e-25)) {
            CAPTURE(slope);
            CAPTURE(half);
            CHECK(energy >= lowest);
            agrees = false;
          }
        }
  }
  if (!agrees) ++tally.disagreements;
  return agrees;
}

bool check_random(std::uint64_t seed, bool by_hand, Tally& tally) {
  const support::RandomCurve data = support::random_curve(seed);
  CAPTURE(seed);
  CAPTURE(static_cast<int>(data.kind));
  // Ties take long: a search that cannot end.
  if (!by_hand && data.kind == support::CurveKind::rounded && support::levels_of(data).x.size() > 7)
    return true;
  // Every third with a known end.
  OutputRange range;
  const double least = *std::min_element(data.y.begin(), data.y.end());
  const double most = *std::max_element(data.y.begin(), data.y.end());
  if (least == most) return true;
  if (seed % 6 == 2) range.low = least + 0.1 * (most - least) * (seed % 4 == 0 ? 1.0 : -1.0);
  if (seed % 6 == 5) range.high = most + 0.1 * (most - least) * (seed % 4 == 1 ? 1.0 : -1.0);
  return check_curve(data, range, seed, by_hand, tally);
}

/// Per cent in whole numbers, nothing below 0 or above 100, with one of the two known.
bool check_per_cent(std::uint64_t seed, bool by_hand, Tally& tally) {
  support::RandomCurve data = support::random_curve(seed);
  CAPTURE(seed);
  for (double& y : data.y) y = std::clamp(std::round(130.0 * y - 15.0), 0.0, 100.0);
  if (*std::min_element(data.y.begin(), data.y.end()) ==
      *std::max_element(data.y.begin(), data.y.end()))
    return true;
  const OutputRange range = seed % 2 == 0 ? OutputRange{0.0, {}} : OutputRange{{}, 100.0};
  return check_curve(data, range, seed, by_hand, tally);
}

}  // namespace

TEST_CASE("sides whose targets are all the same leave no gap in the proof") {
  struct Flat {
    std::vector<double> x, y;
  };
  const std::vector<double> even{0, 1, 2, 3, 4, 5, 6, 7};
  // Steps with and without a level on the way, in the middle and at an end, with gaps that let either side decide.
  const std::vector<Flat> sets{{even, {0, 0, 0, 60, 100, 100, 100, 100}},
                               {even, {0, 0, 0, 0, 100, 100, 100, 100}},
                               {even, {0, 70, 100, 100, 100, 100, 100, 100}},
                               {even, {0, 0, 4, 30, 70, 100, 100, 100}},
                               {{0.48, 0.94, 2.3, 4.32, 4.88, 5.44}, {0, 0, 4, 100, 100, 100}},
                               {{0.6, 1.95, 2.92, 4.7, 6.84, 9.07}, {0, 0, 0, 0, 50, 70}},
                               {{0.5, 1.1, 1.8, 2.4, 3.8, 5.3, 6.5}, {0, 0, 10, 30, 70, 100, 100}}};
  for (const Flat& set : sets)
    for (const bool falls : {false, true})
      for (const OutputRange& range :
           {OutputRange{}, OutputRange{0.0, {}}, OutputRange{{}, 100.0}}) {
        support::RandomCurve curve;
        curve.x = set.x;
        curve.y = set.y;
        if (falls) std::reverse(curve.y.begin(), curve.y.end());
        CAPTURE(set.y[1]);
        CAPTURE(set.y[2]);
        CAPTURE(falls);
        CAPTURE(range.low.value_or(-1.0));
        Tally tally;
        check_curve(curve, range, 0, false, tally);
        CHECK(tally.complete == 1);
        CHECK(tally.undecided == 0);
        CHECK(tally.disagreements == 0);
      }
}

// More of them: TAUTRACK_CURVES=1000 tautrack_tests --test-case="random data*"
TEST_CASE("random data: the list agrees with Newton's method from a grid of starts") {
  const char* const wanted = std::getenv("TAUTRACK_CURVES");
  const char* const first = std::getenv("TAUTRACK_CURVES_FROM");
  const std::uint64_t from = first != nullptr ? std::stoul(first) : 0;
  const auto count = wanted != nullptr ? std::stoul(wanted) : support::sampled<std::uint64_t>(12);
  Tally tally, per_cent;
  for (std::uint64_t seed = from; seed < from + count; ++seed)
    check_random(seed, wanted != nullptr, tally);
  CHECK(tally.disagreements == 0);
  for (std::uint64_t seed = from; seed < from + count; ++seed)
    check_per_cent(seed, wanted != nullptr, per_cent);
  CHECK(per_cent.disagreements == 0);
  if (!support::kSlowBuild) CHECK(2 * per_cent.complete > per_cent.count);
  if (wanted != nullptr)
    MESSAGE(tally.count, " sets, ", tally.complete, " complete, ", tally.one_infimum,
            " with one infimum, ", tally.undecided, " with undecided limits, ", tally.disagreements,
            " disagreements; mean ", tally.seconds / tally.count, " s, worst ", tally.worst,
            " s at seed ", tally.slowest, "; per cent: ", per_cent.count, " sets, ",
            per_cent.complete, " complete, ", per_cent.undecided, " with undecided limits, mean ",
            per_cent.seconds / per_cent.count, " s, worst ", per_cent.worst, " s at seed ",
            per_cent.slowest);
}

}  // namespace fitted_range_test
