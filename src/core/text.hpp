#pragma once

#include <cstdio>
#include <string>

namespace tautrack {

/// A number as messages show it: short, but never 0.000000 for what is not zero.
inline std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

}  // namespace tautrack
