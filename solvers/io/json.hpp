#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tautrack/core/types.hpp"

#include "io/json_fwd.hpp"

namespace tautrack::program {

/// An array of numbers.
[[nodiscard]] Json numbers(const Vector& vector);

/// The value, or null without one.
template <class T>
[[nodiscard]] Json value_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

/// The report of a subcommand on all problems of its data, as text.
[[nodiscard]] std::string report_text(const char* command, const std::string& source,
                                      const Json& options, const Json& problems);

/// The value as indented text with a line end. Bytes that are not UTF-8 become U+FFFD, numbers that
/// are not finite null.
[[nodiscard]] std::string json_text(const Json& value);

}  // namespace tautrack::program
