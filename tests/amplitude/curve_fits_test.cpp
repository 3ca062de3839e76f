// Stationary curves where charts meet: each is found once, with its index.

#include "amplitude/curve_fits.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "amplitude/charts.hpp"
#include "support/long_curve.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace curve_fits_test {

using namespace tautrack;
using namespace tautrack::amplitude;
using support::LongCurve;

namespace {

constexpr long kMostBoxes = 100000;
/// Of data without a residual, where a search may not come to an end: what others take is a fraction.
constexpr long kFewBoxes = 2000;

/// The one curve that goes through all data, among those found; the others are no minima of zero energy.
void check_exact(const std::vector<double>& x, double slope, double half,
                 std::optional<double> low) {
  CAPTURE(slope);
  CAPTURE(half);
  CAPTURE(low.has_value());
  std::vector<double> y;
  for (const double at : x)
    y.push_back(low.value_or(0.25) + 1.5 / (1.0 + std::exp(-slope * (at - half))));
  const Levels levels(x, y, std::vector<double>(x.size(), 1.0), low ? &*low : nullptr);
  const CurveFits fits = find_curve_fits(levels, kFewBoxes, {});
  CAPTURE(fits.reason);
  // Where the data determine the curve badly the search may end before it is complete.
  if (!fits.complete && (fits.reason.find("cut off") != std::string::npos ||
                         fits.reason.find("exponentials may be missing") != std::string::npos))
    return;
  // On the border of the chart of gentle slopes itself no box about a curve lies within the chart.
  if (std::abs(slope) != kGentleSlope) CHECK(fits.complete);
  int found = 0;
  for (const StationaryCurve& curve : fits.curves) {
    const double w = proof::middle(curve.slope) / levels.scale;
    const double c = proof::middle(curve.intercept) - w * levels.centre;
    // With a fitted offset a falling curve is a rising one of negative height.
    const double sign = !low && slope < 0.0 ? -1.0 : 1.0;
    if (std::abs(w - sign * slope) > 1e-6 * std::abs(slope)) continue;
    CHECK(std::abs(-c / w - half) <= 1e-6);
    CHECK(curve.index == 0);
    ++found;
  }
  CHECK(found == 1);
  if (fits.complete && fits.index_sum) CHECK(*fits.index_sum == 1);
}

}  // namespace

TEST_CASE("curves on the borders of charts are found once") {
  // On [-1, 1] the data are their own units.
  const std::vector<double> even{-1.0, -0.5, 0.0, 0.5, 1.0}, uneven{-1.0, -0.6, -0.4, 0.2, 1.0};
  const std::vector<double> slopes =
      support::sampled(std::vector<double>{kGentleSlope, 2.51, -1.0});
  for (const auto& x : {even, uneven})
    for (const double slope : slopes)
      // Levels, middles between them, the ends, and beyond.
      for (const double half : {-1.0, 0.3, 1.25})
        for (const bool known : {false, true})
          check_exact(x, slope, half, known ? std::optional<double>(0.25) : std::nullopt);
}

TEST_CASE("indices are those of Hessians by finite differences, in each chart") {
  support::Random random(51);
  int saddles = 0, minima = 0;
  for (int trial = 0; trial < support::sampled(24); ++trial) {
    const bool known = trial % 4 == 3;
    const Index J = random.integer(5, 11);
    std::vector<double> x, y;
    double at = 0.0;
    for (Index j = 0; j < J; ++j) {
      x.push_back(at);
      at += trial % 2 == 0 ? 1.0 : std::exp(random.uniform(-1.0, 0.7));
      y.push_back(random.normal() + (known ? 1.0 : 0.0));
    }
    const double zero = 0.0;
    const std::vector<double> weights(x.size(), 1.0);
    const Levels levels(x, y, weights, known ? &zero : nullptr);
    const CurveFits fits = find_curve_fits(levels, kMostBoxes, {});
    CAPTURE(trial);
    CAPTURE(fits.reason);
    const LongCurve curve(levels.value, y, weights,
                          known ? std::optional<double>(0.0) : std::nullopt);
    for (const StationaryCurve& found : fits.curves) {
      const long double w = static_cast<long double>(proof::middle(found.slope)) / levels.scale;
      const LongCurve::Line line{
          w, static_cast<long double>(proof::middle(found.intercept)) - w * levels.centre};
      const auto index = curve.index(line);
      if (!index || !found.index) continue;
      CHECK(*index == *found.index);
      (*index == 1 ? saddles : minima) += 1;
      // The enclosure is that of a zero of the gradient.
      const auto near = curve.stationary_near(line, 60.0L);
      if (!near) continue;
      const long double slope = near->slope * levels.scale,
                        intercept = near->intercept + near->slope * levels.centre;
      CHECK(std::abs(slope - proof::middle(found.slope)) <=
            0.5L * proof::width_of(found.slope) + 1e-14L * std::abs(slope));
      CHECK(std::abs(intercept - proof::middle(found.intercept)) <=
            0.5L * proof::width_of(found.intercept) + 1e-14L * (1.0L + std::abs(intercept)));
    }
    if (fits.complete && fits.index_sum) CHECK(*fits.index_sum == 1);
  }
  // Few problems need not have any.
  if (support::kSlowBuild) return;
  CHECK(minima > 5);
  CHECK(saddles > 5);
}

TEST_CASE("a search that is cut off says so") {
  const std::vector<double> x{1, 2, 3, 4, 5, 6, 7}, y{0.1, 0.4, 0.2, 0.8, 1.0, 0.7, 1.1};
  const Levels levels(x, y, std::vector<double>(7, 1.0), nullptr);
  CHECK(find_curve_fits(levels, kMostBoxes, {}).complete);
  const CurveFits few = find_curve_fits(levels, 20, {});
  CHECK_FALSE(few.complete);
  CHECK_FALSE(few.reason.empty());
}

}  // namespace curve_fits_test
