#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tautrack/geometry/uniqueness.hpp"
#include "tautrack/path/natural_path.hpp"

#include "data.hpp"
#include "options.hpp"

/// Parts of the JSON reports that several subcommands have (docs/reference.md, JSON).
namespace tautrack::program {

using Json = nlohmann::ordered_json;

/// An array of numbers.
[[nodiscard]] Json numbers(const Vector& vector);

/// The value, or null without one.
template <class T>
[[nodiscard]] Json value_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

/// The problem and its network.
[[nodiscard]] Json data_report(const NetworkRequest& request, const ProblemView& problem,
                               const ColumnFacts& facts);

/// A natural path with its points and events.
[[nodiscard]] Json path_report(const NaturalPath& path);

/// Where a path arrived, or null if it did not.
[[nodiscard]] Json end_report(const NaturalPath& path);

/// The limit of a path whose weights grow without bound, or null for others.
[[nodiscard]] Json infinity_report(const NaturalPath& path);

/// What geometry proves of a stationary point, or null.
[[nodiscard]] Json certificate_report(const std::optional<UniquenessCertificate>& certificate);

/// The value as indented text with a line end. Bytes that are not UTF-8 become U+FFFD, numbers that
/// are not finite null.
[[nodiscard]] std::string json_text(const Json& value);

}  // namespace tautrack::program
