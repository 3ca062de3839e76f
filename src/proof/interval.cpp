#include "proof/interval.hpp"

namespace tautrack::proof {

Interval Interval::careful_product(Interval x, Interval y) {
  const auto is_unknown = [](Interval z) { return z.low_ != z.low_ || z.high_ != z.high_; };
  if (is_unknown(x) || is_unknown(y)) return {-kInfinity, kInfinity};
  const auto times = [](double p, double q) { return p == 0.0 || q == 0.0 ? 0.0 : p * q; };
  const auto [low, high] = std::minmax({times(x.low_, y.low_), times(x.low_, y.high_),
                                        times(x.high_, y.low_), times(x.high_, y.high_)});
  return {below(low), above(high)};
}

}  // namespace tautrack::proof
