#pragma once

#include <string>

namespace tautrack::program {

/// The text as one CSV field (RFC 4180).
[[nodiscard]] std::string csv_field(const std::string& text);

/// The shortest decimal number that reads back as the same double; empty if it is not finite.
[[nodiscard]] std::string csv_field(double number);

}  // namespace tautrack::program
