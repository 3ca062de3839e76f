#include "tautrack/infinity/infinite_point.hpp"

#include <algorithm>

namespace tautrack {

std::string_view to_string(LimitKind kind) noexcept {
  switch (kind) {
    case LimitKind::step:
      return "step";
    case LimitKind::step_with_free_patterns:
      return "step with free patterns";
    case LimitKind::exponential:
      return "exponential";
    case LimitKind::line:
      return "line";
    case LimitKind::constant:
      break;
  }
  return "constant";
}

LimitKind InfinitePoint::kind() const noexcept {
  if (exponential) return LimitKind::exponential;
  if (line) return LimitKind::line;
  if (range && range->low == range->high) return LimitKind::constant;
  const bool is_saturated =
      std::all_of(signs.begin(), signs.end(), [](int sign) { return sign != 0; });
  return is_saturated ? LimitKind::step : LimitKind::step_with_free_patterns;
}

}  // namespace tautrack
