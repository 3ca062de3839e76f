#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include <boost/math/policies/policy.hpp>
#include <boost/math/tools/toms748_solve.hpp>

namespace tautrack {

/// A zero of a continuous function lies between two numbers, or is both of them.
struct Bracket {
  double low, high;
  [[nodiscard]] double width() const { return high - low; }
  [[nodiscard]] double middle() const { return low + 0.5 * width(); }
};

/// The zero of f between two numbers at which its signs differ, to rounding or as far as f has values: algorithm 748 (Alefeld,
/// Potra & Shi, ACM Trans. Math. Softw. 21, 1995).
/// @param f A value that is not finite ends the search.
/// @param at_low, at_high f there. Of one sign: the bracket is returned as it is.
template <class F>
Bracket narrowed(const F& f, Bracket bracket, double at_low, double at_high) {
  if (at_low == 0.0) return {bracket.low, bracket.low};
  if (at_high == 0.0) return {bracket.high, bracket.high};
  bool is_over = false;
  const auto value = [&](double x) {
    const double result = f(x);
    is_over = is_over || !std::isfinite(result);
    if (is_over) return 0.0;
    if (result == 0.0)
      bracket = {x, x};
    else
      ((result < 0.0) == (at_low < 0.0) ? bracket.low : bracket.high) = x;
    return result;
  };
  const auto is_narrow = [](double low, double high) {
    return std::nextafter(low, std::numeric_limits<double>::infinity()) >= high;
  };
  namespace policies = boost::math::policies;
  using Quiet = policies::policy<policies::domain_error<policies::ignore_error>,
                                 policies::evaluation_error<policies::ignore_error>>;
  std::uintmax_t most = 200;
  (void)boost::math::tools::toms748_solve(value, bracket.low, bracket.high, at_low, at_high,
                                          is_narrow, most, Quiet());
  return bracket;
}

}  // namespace tautrack
