#include "pictures/axis.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace tautrack::program;

/// The names in a list of gnuplot's: ('a' 1, 'b' 2).
std::vector<std::string> names_of(const Ticks& ticks) {
  const std::string text = ticks.text();
  std::vector<std::string> names;
  for (std::size_t open = text.find('\''); open != std::string::npos;) {
    const std::size_t close = text.find('\'', open + 1);
    if (close > open + 1) names.push_back(text.substr(open + 1, close - open - 1));
    open = text.find('\'', close + 1);
  }
  return names;
}

}  // namespace

TEST_CASE("numbers of an axis do not meet, whatever its range and width") {
  constexpr double letter = 13.3;
  for (const double high : {1e-15, 3e-7, 0.02, 1.0, 7.3, 1234.5, 632000.0, 4.1e9, 2.9e21})
    for (const double part : {1.0, 0.3, 0.02})
      for (const double pixels : {120.0, 240.0, 580.0, 1300.0})
        for (const bool is_upright : {false, true})
          for (const bool is_logarithmic : {false, true}) {
            CAPTURE(high);
            CAPTURE(part);
            CAPTURE(pixels);
            CAPTURE(is_upright);
            CAPTURE(is_logarithmic);
            const NumberAxis axis{"x", high * (1.0 - part) + (is_logarithmic ? 1e-6 * high : 0.0),
                                  high, is_logarithmic};
            const Ticks ticks = axis.fitting_ticks(pixels, letter, is_upright);
            CHECK(ticks.size() >= 1);
            CHECK(ticks.size() <= 12);
            if (!is_logarithmic)
              CHECK_FALSE(ticks.is_crowded(pixels / (axis.high - axis.low), letter, is_upright));
          }
}

TEST_CASE("numbers of an axis are round and short") {
  const auto names = [](double low, double high) {
    return names_of(NumberAxis{"x", low, high}.fitting_ticks(600.0, 13.3, false));
  };
  CHECK(names(0.0, 1.0) == std::vector<std::string>{"0", "0.2", "0.4", "0.6", "0.8", "1"});
  CHECK(names(-1.1e6, 2.2e6) ==
        std::vector<std::string>{"-1e6", "-5e5", "0", "5e5", "1e6", "1.5e6", "2e6"});
  CHECK(names(0.0, 2.1e-7) == std::vector<std::string>{"0", "5e-8", "1e-7", "1.5e-7", "2e-7"});
  CHECK(tick_text(1e-6) == "1e-6");
  CHECK(tick_text(0.25) == "0.25");
  CHECK(tick_text(150000.0) == "1.5e5");
  CHECK(tick_text(-1e16) == "-1e16");
}

TEST_CASE("the roundest number between two has the fewest digits") {
  CHECK(roundest(0.35, 0.61) == doctest::Approx(0.5));
  CHECK(roundest(0.8921, 0.8935) == doctest::Approx(0.893));
  CHECK(roundest(1200.0, 2600.0) == doctest::Approx(2000.0));
  CHECK(roundest(-3.0, 4.0) == 0.0);
  CHECK(roundest(7.0, 7.0) == 7.0);
  CHECK(roundest(-37.0, -22.0) == doctest::Approx(-30.0));
}

TEST_CASE("axes of energies are logarithmic where they differ by orders of magnitude") {
  EnergyAxis narrow, wide, exact;
  for (const double energy : {2.0, 3.0}) narrow.see(energy);
  for (const double energy : {0.001, 0.18, std::numeric_limits<double>::quiet_NaN()})
    wide.see(energy);
  for (const double energy : {1e-33, 0.2}) exact.see(energy);  // zero up to rounding
  CHECK_FALSE(narrow.axis().is_logarithmic);
  CHECK(wide.axis().is_logarithmic);
  CHECK(wide.axis().low > 0.0);
  CHECK(wide.axis().high > 0.18);
  CHECK_FALSE(exact.axis().is_logarithmic);
  CHECK(EnergyAxis().axis().low < EnergyAxis().axis().high);
}

TEST_CASE("what happens close to tau = 1 stays in view, be it of the weights or of the energy") {
  const auto path = [](double way_late, double energy_late) {
    PathView view;
    view.points = {{0.0, 0.0, 1.0}, {0.9, 1.0 - way_late, 1.0 - energy_late}, {1.0, 1.0, 0.5}};
    return TauAxis(view);
  };
  CHECK_FALSE(path(0.1, 0.6).is_logarithmic());
  CHECK(path(0.9, 0.6).is_logarithmic());
  CHECK(path(0.1, 0.1).is_logarithmic());
  const TauAxis late = path(0.9, 0.6);
  CHECK(late.position(0.0) < late.position(0.9));
  CHECK(late.position(0.999) < late.position(1.0));
  PathView folds;
  folds.points = {{0.0, 0.0, 1.0}, {0.999, 0.9, 0.9}, {1.0, 1.0, 0.5}};
  folds.folds = {0.999};
  CHECK(TauAxis(folds).is_logarithmic());
}
