#pragma once

#include <string>

namespace tautrack::peers {

/// One number by a printf format.
[[nodiscard]] std::string number(const char* format, double value);

/// Three digits and a unit.
[[nodiscard]] std::string duration(double seconds);

}  // namespace tautrack::peers
