#include "format.hpp"

#include <array>
#include <cstdio>

namespace tautrack::peers {

std::string number(const char* format, double value) {
  std::array<char, 128> buffer;
  std::snprintf(buffer.data(), buffer.size(), format, value);
  return buffer.data();
}

std::string duration(double seconds) {
  const bool is_micro = seconds < 1e-3;
  const bool is_milli = !is_micro && seconds < 1.0;
  const double value = seconds * (is_micro ? 1e6 : is_milli ? 1e3 : 1.0);
  return number(value < 10.0    ? "%.2f"
                : value < 100.0 ? "%.1f"
                                : "%.0f",
                value) +
         (is_micro   ? " us"
          : is_milli ? " ms"
                     : " s");
}

}  // namespace tautrack::peers
