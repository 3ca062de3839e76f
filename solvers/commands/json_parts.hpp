#pragma once

#include <optional>

#include "tautrack/geometry/uniqueness.hpp"
#include "tautrack/path/natural_path.hpp"

#include "io/data.hpp"
#include "io/json.hpp"
#include "io/options.hpp"

/// Parts of the JSON reports that several subcommands have (docs/reference.md, JSON).
namespace tautrack::program {

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

}  // namespace tautrack::program
