#include "tautrack/data/output_range.hpp"

#include <cmath>
#include <sstream>

namespace tautrack {

namespace {

std::string all_digits(double value) {
  std::ostringstream text;
  text.precision(17);
  text << value;
  return text.str();
}

}  // namespace

std::optional<std::string> OutputRange::invalid_reason() const {
  for (const std::optional<double>& end : {low, high})
    if (end && !std::isfinite(*end))
      return "an end of the range is not finite: " + all_digits(*end);
  if (!is_known() || *low < *high) return std::nullopt;
  return "the low end of the range, " + all_digits(*low) + ", is not below the high one, " +
         all_digits(*high);
}

}  // namespace tautrack
