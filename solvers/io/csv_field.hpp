#pragma once

#include <string>

#include "tautrack/core/types.hpp"

namespace tautrack::program {

/// The text as one CSV field (RFC 4180).
[[nodiscard]] std::string csv_field(const std::string& text);

/// The shortest decimal number that reads back as the same double; empty if it is not finite.
[[nodiscard]] std::string csv_field(double number);

/// The numbers as CSV fields, a comma in front of each, and a line end.
[[nodiscard]] std::string csv_tail(const Vector& numbers);

}  // namespace tautrack::program
