// Values of parameters near limits, against what the limits are.

#include "inference/limit_values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

namespace limit_values_test {

using namespace tautrack;
using inference::LimitValues;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

fits::Covariate levels(const std::vector<double>& x, const std::vector<double>& y) {
  fits::Covariate data;
  data.values = x;
  data.means = y;
  data.weights.assign(x.size(), 1.0);
  return data;
}

/// Those of one parameter.
std::vector<LimitValues> values_of(const fits::Covariate& data, Activation activation,
                                   const OutputRange& range, ParameterKind kind, Index column,
                                   double threshold) {
  return inference::limit_values(data, activation, range, {{kind, column}}, threshold).front();
}

/// Those whose words begin so.
std::vector<ProfilePiece> of(const std::vector<LimitValues>& values, const std::string& words) {
  std::vector<ProfilePiece> found;
  for (const LimitValues& one : values)
    if (one.words.starts_with(words)) found.push_back(one.values);
  return found;
}

}  // namespace

TEST_CASE("a constant beside a known plateau frees all but the weight") {
  const fits::Covariate data = levels({1, 2, 3, 4, 5, 6}, {1.0, 1.3, 0.8, 1.1, 0.9, 1.2});
  // 1/2 sum (y - 1.05)^2 = 0.0875
  const auto at = [&](ParameterKind kind, Index column, const OutputRange& range,
                      double threshold) {
    return of(values_of(data, Activation::tanh, range, kind, column, threshold), "a constant");
  };
  const OutputRange from_zero{0.0, {}}, to_two{{}, 2.0};
  const auto high = at(ParameterKind::high, 0, from_zero, 0.1);
  REQUIRE(high.size() == 1);
  CHECK(high[0].low == doctest::Approx(1.05));
  CHECK(high[0].high == kInfinity);
  const auto low = at(ParameterKind::low, 0, to_two, 0.1);
  REQUIRE(low.size() == 1);
  CHECK(low[0].low == -kInfinity);
  CHECK(low[0].high == doctest::Approx(1.05));
  const auto slope = at(ParameterKind::weight, 0, from_zero, 0.1);
  REQUIRE(slope.size() == 1);
  CHECK((slope[0].low == 0.0 && slope[0].high == 0.0));
  const auto bias = at(ParameterKind::weight, 1, from_zero, 0.1);
  REQUIRE(bias.size() == 1);
  CHECK((bias[0].low == -kInfinity && bias[0].high == kInfinity));
  CHECK(at(ParameterKind::high, 0, from_zero, 0.08).empty());
  // The data are on the wrong side of the known plateau.
  CHECK(at(ParameterKind::high, 0, OutputRange{3.0, {}}, 0.1).empty());
}

TEST_CASE("all rows on one plateau: what is not that plateau is free") {
  const fits::Covariate data = levels({1, 2, 3, 4, 5, 6}, {1.0, 1.3, 0.8, 1.1, 0.9, 1.2});
  // 1/2 sum (y - 1.05)^2 = 0.0875
  const auto at = [&](ParameterKind kind, Index column, const OutputRange& range,
                      const std::string& which = "lower") {
    return of(values_of(data, Activation::tanh, range, kind, column, 0.1),
              "all rows on the " + which);
  };
  const auto is_all = [](const std::vector<ProfilePiece>& pieces) {
    return pieces.size() == 1 && pieces[0].low == -kInfinity && pieces[0].high == kInfinity;
  };
  for (const OutputRange& range : {OutputRange{}, OutputRange{1.05, {}}}) {
    CHECK(is_all(at(ParameterKind::weight, 0, range)));
    CHECK(is_all(at(ParameterKind::weight, 1, range)));
    CHECK(is_all(at(ParameterKind::slope, 0, range)));
    CHECK(is_all(at(ParameterKind::half_point, 0, range)));
  }
  // 3 (low - 1.05)^2 = 0.0125
  const double reach = std::sqrt(0.0125 / 3.0);
  const auto low = at(ParameterKind::low, 0, {});
  REQUIRE(low.size() == 1);
  CHECK(low[0].low == doctest::Approx(1.05 - reach));
  CHECK(low[0].high == doctest::Approx(1.05 + reach));
  const auto high = at(ParameterKind::high, 0, {});
  REQUIRE(high.size() == 1);
  CHECK(high[0].low == doctest::Approx(1.05 - reach));
  CHECK(high[0].high == kInfinity);
  // The other plateau is where it is: half points are before all levels or behind them, and the bias goes with it, for
  // half points between zero and the levels the other way.
  const OutputRange to_two{{}, 2.0};
  const auto half = at(ParameterKind::half_point, 0, to_two);
  REQUIRE(half.size() == 2);
  CHECK((half[0].low == 6.0 && half[0].high == kInfinity));
  CHECK((half[1].low == -kInfinity && half[1].high == 1.0));
  const auto bias = at(ParameterKind::weight, 1, to_two);
  REQUIRE(bias.size() == 2);
  CHECK(bias[0].high == -kInfinity);
  CHECK(bias[1].low == kInfinity);
  CHECK(is_all(at(ParameterKind::weight, 0, to_two)));
  CHECK(at(ParameterKind::weight, 0, to_two, "upper").empty());
  CHECK(at(ParameterKind::weight, 0, OutputRange{0.0, 2.0}).empty());
  CHECK(is_all(at(ParameterKind::weight, 0, OutputRange{1.05, 2.0})));
}

TEST_CASE("doses of zero and a slope of zero: the bias is where the others' output may be") {
  fits::Covariate data = levels({1, 2, 3, 4}, {0.6, 0.8, 0.7, 0.7});
  data.zero = amplitude::ZeroLevel{};
  data.zero->weight = 2.0;
  data.zero->target = 0.1;
  // Others at 0.7: 1/2 (0.01 + 0.01) = 0.01.
  const double threshold = 0.03;
  const auto at = [&](ParameterKind kind, Index column, const OutputRange& range,
                      double below = 0.03) {
    return of(values_of(data, Activation::logistic, range, kind, column, below),
              "a step behind the doses of zero");
  };
  const auto logit = [](double s) { return std::log(s / (1.0 - s)); };
  // Range 0 to 1: the zeros cost 0.01, and 4/2 (m - 0.7)^2 = 0.01 is left to the others.
  const OutputRange unit{0.0, 1.0};
  const double reach = std::sqrt(0.005);
  const auto known = at(ParameterKind::weight, 1, unit);
  REQUIRE(known.size() == 1);
  CHECK(known[0].low == doctest::Approx(logit(0.7 - reach)));
  CHECK(known[0].high == doctest::Approx(logit(0.7 + reach)));
  CHECK(known[0].low_end == ProfileEnd::limit);
  // More than half of the way everywhere: half points are before all doses.
  const auto half = at(ParameterKind::half_point, 0, unit);
  REQUIRE(half.size() == 1);
  CHECK(half[0].high == -kInfinity);
  // The plateau of the zeros fitted: the least energy for a share s of the way from it to 1 is found by looking.
  const OutputRange to_one{{}, 1.0};
  const auto least = [&](double s) {
    double lowest = kInfinity;
    for (int k = -40000; k <= 40000; ++k) {
      const double p = 0.1 + 1e-5 * k, m = (1.0 - s) * p + s;
      lowest = std::min(lowest, 0.01 + (p - 0.1) * (p - 0.1) + 2.0 * (m - 0.7) * (m - 0.7));
    }
    return lowest;
  };
  const auto fitted = at(ParameterKind::weight, 1, to_one);
  REQUIRE(fitted.size() == 1);
  const auto share = [](double u) { return 1.0 / (1.0 + std::exp(-u)); };
  CHECK(least(share(fitted[0].low)) == doctest::Approx(threshold).epsilon(1e-6));
  CHECK(least(share(fitted[0].high)) == doctest::Approx(threshold).epsilon(1e-6));
  CHECK(fitted[0].low < logit(2.0 / 3.0));
  CHECK(fitted[0].high > logit(2.0 / 3.0));
  // Falling from a plateau at 1 to one at 0 the bias has the other sign: zeros 0.9, others 0.3.
  fits::Covariate falling = levels({1, 2, 3, 4}, {0.4, 0.2, 0.3, 0.3});
  falling.zero = data.zero;
  falling.zero->target = 0.9;
  const auto down =
      of(values_of(falling, Activation::logistic, unit, ParameterKind::weight, 1, threshold),
         "a step behind the doses of zero");
  REQUIRE(down.size() == 1);
  CHECK(down[0].low == doctest::Approx(logit(0.3 - reach)));
  CHECK(down[0].high == doctest::Approx(logit(0.3 + reach)));
  // With 0.2 for the others the plateau at 1 is within reach, by half points before the first dose.
  const auto wide = at(ParameterKind::half_point, 0, unit, 0.22);
  REQUIRE(wide.size() == 2);
  CHECK((wide[0].low == -kInfinity && wide[0].high == kInfinity));
  CHECK((wide[1].low == -kInfinity && wide[1].high == 1.0));
  const auto steep = at(ParameterKind::weight, 0, unit, 0.22);
  REQUIRE(steep.size() == 2);
  CHECK((steep[1].low == 0.0 && steep[1].high == kInfinity));
}

TEST_CASE("the slope at the half point near limits") {
  // A straight line below the threshold: its slopes, as far as the energy allows.
  const fits::Covariate data = levels({0, 1, 2, 3, 4}, {0.1, 0.9, 2.1, 2.9, 4.0});
  // Sxx = 10, Sxy = 9.8; y - 0.98 x - 0.04: 0.06, -0.12, 0.1, -0.08, 0.04, half the squares 0.018.
  const auto line = of(values_of(data, Activation::logistic, {}, ParameterKind::slope, 0, 0.118),
                       "a straight line");
  REQUIRE(line.size() == 1);
  CHECK(line[0].low == doctest::Approx(0.98 - std::sqrt(0.02)));
  CHECK(line[0].high == doctest::Approx(0.98 + std::sqrt(0.02)));
  // Steps and exponentials have none that is finite.
  const auto step = of(values_of(levels({1, 2, 3, 4}, {5.0, 5.4, 0.2, 0.0}), Activation::logistic,
                                 {}, ParameterKind::slope, 0, 0.25),
                       "a step between 2 and 3");
  REQUIRE(step.size() == 1);
  CHECK(step[0].high == -kInfinity);
  std::vector<double> x{0, 1, 2, 3, 4, 5}, y;
  for (const double v : x) y.push_back(1.0 - std::exp(-0.8 * v) + (v == 2.0 ? 0.01 : 0.0));
  const auto rising =
      of(values_of(levels(x, y), Activation::logistic, {}, ParameterKind::slope, 0, 0.001),
         "an exponential, without a lower");
  REQUIRE(rising.size() == 1);
  CHECK(rising[0].low == kInfinity);
}

TEST_CASE("once a stop is asked for, exponentials are missing and steps are not") {
  const fits::Covariate data = levels({0, 1, 2, 3, 4}, {0.05, 0.1, 0.2, 0.4, 0.8});
  const auto words = [&](const StopCondition& stop, const std::string& beginning) {
    return of(inference::limit_values(data, Activation::logistic, {}, {{ParameterKind::low, 0}},
                                      0.1, stop)
                  .front(),
              beginning)
        .size();
  };
  CHECK(words({}, "an exponential") > 0);
  CHECK(words(StopCondition::after_looks(5), "an exponential") == 0);
  CHECK(words({}, "a step") > 0);
  CHECK(words(StopCondition::after_looks(5), "a step") == words({}, "a step"));
}

TEST_CASE(
    "steps: half points between levels, plateaus as far from their means as the energy allows") {
  const fits::Covariate data = levels({1, 2, 3, 4}, {0.0, 0.2, 5.0, 5.4});
  // Between 2 and 3: plateaus 0.1 and 5.2, energy 0.01 + 0.04.
  const auto values = [&](ParameterKind kind, Index column) {
    return of(values_of(data, Activation::logistic, {}, kind, column, 0.25),
              "a step between 2 and 3");
  };
  const auto half = values(ParameterKind::half_point, 0);
  REQUIRE(half.size() == 1);
  CHECK((half[0].low == 2.0 && half[0].high == 3.0));
  const auto low = values(ParameterKind::low, 0);
  REQUIRE(low.size() == 1);
  // Two rows: (low - 0.1)^2 = 0.2
  CHECK(low[0].low == doctest::Approx(0.1 - std::sqrt(0.2)));
  CHECK(low[0].high == doctest::Approx(0.1 + std::sqrt(0.2)));
  const auto slope = values(ParameterKind::weight, 0);
  REQUIRE(slope.size() == 1);
  CHECK(slope[0].low == kInfinity);
  const auto bias = values(ParameterKind::weight, 1);
  REQUIRE(bias.size() == 1);
  CHECK(bias[0].high == -kInfinity);
}

TEST_CASE("steps to a known plateau may have no level on it") {
  const fits::Covariate data = levels({1, 2, 3, 4}, {0.1, 0.0, 0.2, 0.5});
  // Rising to 1 the last level is free: plateau 0.1, energy 1/2 (0 + 0.01 + 0.01) = 0.01.
  const auto at = [&](const OutputRange& range, ParameterKind kind, double threshold) {
    return of(values_of(data, Activation::logistic, range, kind, 0, threshold), "a step at 4");
  };
  const auto low = at({{}, 1.0}, ParameterKind::low, 0.04);
  REQUIRE(low.size() == 1);
  // 3/2 (low - 0.1)^2 = 0.03
  CHECK(low[0].low == doctest::Approx(0.1 - std::sqrt(0.02)));
  CHECK(low[0].high == doctest::Approx(0.1 + std::sqrt(0.02)));
  const auto half = at({{}, 1.0}, ParameterKind::half_point, 0.04);
  REQUIRE(half.size() == 1);
  CHECK((half[0].low == 4.0 && half[0].high == 4.0));
  const auto weight = at({0.0, 1.0}, ParameterKind::weight, 0.04);
  REQUIRE(weight.size() == 1);
  CHECK(weight[0].low == kInfinity);
  CHECK(at({0.0, 1.0}, ParameterKind::weight, 0.02).empty());
  // The level is not between the plateaus.
  CHECK(at({{}, 0.4}, ParameterKind::low, 0.04).empty());
  // Fitted, the plateau would be anywhere: that is an exponential.
  CHECK(at({}, ParameterKind::low, 0.04).empty());
}

TEST_CASE("exponentials: rates and offsets below the threshold, each at its energy") {
  const std::vector<double> x{0, 1, 2, 3, 4, 5};
  std::vector<double> y;
  for (const double at : x)
    y.push_back(1.0 + std::exp(0.4 * at) + (static_cast<int>(at) % 2 == 0 ? 0.1 : -0.1));
  const fits::Covariate data = levels(x, y);
  // Best energy for a rate, by the normal equations.
  const auto energy = [&](double rate) {
    double n = 0, g1 = 0, gg = 0, y1 = 0, gy = 0, yy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double g = std::exp(rate * x[i]);
      n += 1;
      g1 += g;
      gg += g * g;
      y1 += y[i];
      gy += g * y[i];
      yy += y[i] * y[i];
    }
    const double factor = (n * gy - g1 * y1) / (n * gg - g1 * g1), offset = (y1 - factor * g1) / n;
    return 0.5 * (yy - offset * y1 - factor * gy);
  };
  const double threshold = 0.1;
  const auto slope =
      of(values_of(data, Activation::logistic, {}, ParameterKind::weight, 0, threshold),
         "an exponential, without an upper");
  REQUIRE(slope.size() == 1);
  CHECK(slope[0].low < 0.4);
  CHECK(slope[0].high > 0.4);
  CHECK(energy(slope[0].low) == doctest::Approx(threshold).epsilon(1e-6));
  CHECK(energy(slope[0].high) == doctest::Approx(threshold).epsilon(1e-6));
  const auto by_tanh = of(
      values_of(data, Activation::tanh, {}, ParameterKind::weight, 0, threshold), "an exponential");
  REQUIRE(by_tanh.size() == 1);
  CHECK(by_tanh[0].low == doctest::Approx(0.5 * slope[0].low));
  const auto high = of(values_of(data, Activation::logistic, {}, ParameterKind::high, 0, threshold),
                       "an exponential");
  REQUIRE(high.size() == 1);
  CHECK(high[0].low == kInfinity);
}

TEST_CASE("limits of a list, of any number of inputs") {
  InfinitePoint step;
  step.weights = Vector::Zero(3);
  step.direction = Vector{{0.6, 0.0, -0.8}};
  step.signs = {1, -1, 1};
  step.energy = 1.0;
  step.reason = "a step; proven";
  InfinitePoint exponential = step;
  exponential.exponential = ExponentialCurve{2.5, -1.0, Vector::Ones(3)};
  exponential.reason = "no lower plateau";
  const std::vector<InfinitePoint> list{step, exponential};
  const auto values = [&](ParameterKind kind, Index column, double threshold = 2.0) {
    return inference::limit_values(list, kind, column, threshold);
  };
  REQUIRE(values(ParameterKind::weight, 0).size() == 1);
  CHECK(values(ParameterKind::weight, 0)[0].values.low == kInfinity);
  CHECK(values(ParameterKind::weight, 0)[0].words == "a step, E = 1");
  CHECK(values(ParameterKind::weight, 1).empty());
  CHECK(values(ParameterKind::weight, 2)[0].values.high == -kInfinity);
  CHECK(values(ParameterKind::low, 0)[0].values.high == -kInfinity);
  CHECK(values(ParameterKind::high, 0)[0].values.low == 2.5);
  CHECK(values(ParameterKind::weight, 0, 0.5).empty());
}

}  // namespace limit_values_test
