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

/// Those whose words begin so.
std::vector<ProfilePiece> of(const std::vector<LimitValues>& values, const std::string& words) {
  std::vector<ProfilePiece> found;
  for (const LimitValues& one : values)
    if (one.words.starts_with(words)) found.push_back(one.values);
  return found;
}

}  // namespace

TEST_CASE("a constant beside a known plateau frees all but the slope") {
  const fits::Covariate data = levels({1, 2, 3, 4, 5, 6}, {1.0, 1.3, 0.8, 1.1, 0.9, 1.2});
  // 1/2 sum (y - 1.05)^2 = 0.0875
  const auto at = [&](ParameterKind kind, Index column, const OutputRange& range,
                      double threshold) {
    return of(inference::limit_values(data, Activation::tanh, range, kind, column, threshold),
              "a constant");
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

TEST_CASE(
    "steps: half points between levels, plateaus as far from their means as the energy allows") {
  const fits::Covariate data = levels({1, 2, 3, 4}, {0.0, 0.2, 5.0, 5.4});
  // Between 2 and 3: plateaus 0.1 and 5.2, energy 0.01 + 0.04.
  const auto values = [&](ParameterKind kind, Index column) {
    return of(inference::limit_values(data, Activation::logistic, {}, kind, column, 0.25),
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
  const auto slope = of(
      inference::limit_values(data, Activation::logistic, {}, ParameterKind::weight, 0, threshold),
      "an exponential, without an upper");
  REQUIRE(slope.size() == 1);
  CHECK(slope[0].low < 0.4);
  CHECK(slope[0].high > 0.4);
  CHECK(energy(slope[0].low) == doctest::Approx(threshold).epsilon(1e-6));
  CHECK(energy(slope[0].high) == doctest::Approx(threshold).epsilon(1e-6));
  const auto by_tanh =
      of(inference::limit_values(data, Activation::tanh, {}, ParameterKind::weight, 0, threshold),
         "an exponential");
  REQUIRE(by_tanh.size() == 1);
  CHECK(by_tanh[0].low == doctest::Approx(0.5 * slope[0].low));
  const auto high =
      of(inference::limit_values(data, Activation::logistic, {}, ParameterKind::high, 0, threshold),
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
