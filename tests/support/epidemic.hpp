#pragma once

#include <cmath>

#include "tautrack/data/dataset.hpp"

namespace tautrack::support {

/// Cases of COVID-19 in the world on the days from 2019-12-31 to 2020-04-05 (European Centre for Disease
/// Prevention and Control), the data of the task "Logistic curve fitting in epidemiology" of Rosetta Code. Its
/// model K / (1 + (K - n0) / n0 exp(-r t)) has one parameter, r: it is the logistic function of r t + b, b known.
inline constexpr int epidemic_cases[] = {
    27,     27,     27,     44,     44,     59,     59,      59,      59,     59,     59,
    59,     59,     60,     60,     61,     61,     66,      83,      219,    239,    392,
    534,    631,    897,    1350,   2023,   2820,   4587,    6067,    7823,   9826,   11946,
    14554,  17372,  20615,  24522,  28273,  31491,  34933,   37552,   40540,  43105,  45177,
    60328,  64543,  67103,  69265,  71332,  73327,  75191,   75723,   76719,  77804,  78812,
    79339,  80132,  80995,  82101,  83365,  85203,  87024,   89068,   90664,  93077,  95316,
    98172,  102133, 105824, 109695, 114232, 118610, 125497,  133852,  143227, 151367, 167418,
    180096, 194836, 213150, 242364, 271106, 305117, 338133,  377918,  416845, 468049, 527767,
    591704, 656866, 715353, 777796, 851308, 928436, 1000249, 1082054, 1174652};

inline constexpr double epidemic_capacity = 7.8e9;  ///< K

/// b
inline double epidemic_bias() { return std::log(27.0 / (epidemic_capacity - 27.0)); }

/// The answer, with 40 digits (mpmath) and rounded.
inline constexpr double epidemic_rate = 0.1123021757040396;

/// Days and a bias; shares of the capacity for targets.
inline Problem epidemic_problem() {
  const auto days = static_cast<Index>(std::size(epidemic_cases));
  Matrix X(days, 2);
  Vector y(days);
  for (Index i = 0; i < days; ++i) {
    X.row(i) << static_cast<double>(i), 1.0;
    y(i) = epidemic_cases[i] / epidemic_capacity;
  }
  return make_problem(X, y, "cases", {"day", "(bias)"});
}

}  // namespace tautrack::support
