#include "tautrack/data/output_range.hpp"

#include <cmath>
#include <sstream>

namespace tautrack {

std::optional<std::string> OutputRange::invalid_reason() const {
  std::ostringstream reason;
  reason.precision(17);
  for (const std::optional<double>& end : {low, high})
    if (end && !std::isfinite(*end)) {
      reason << "an end of the range is not finite: " << *end;
      return reason.str();
    }
  if (!is_known() || *low < *high) return std::nullopt;
  reason << "the low end of the range, " << *low << ", is not below the high one, " << *high;
  return reason.str();
}

}  // namespace tautrack
