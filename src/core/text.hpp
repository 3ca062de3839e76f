#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace tautrack {

/// A number as messages show it: short, but never 0.000000 for what is not zero.
inline std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

/// "1 fold", "2 folds".
inline std::string counted(long long count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace tautrack
