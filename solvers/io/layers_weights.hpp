#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tautrack/network/layer.hpp"

#include "io/json_fwd.hpp"

namespace tautrack::program {

/// Reads layers from JSON: an array of objects, or an object whose field "layers" is one. Each has
///
///     "W"           rows of numbers, one row a unit
///     "b"           one number a unit
///     "activation"  optional: the name of one, tanh by itself
///
/// and takes as many inputs as the one before has units.
/// @throws UsageError naming file, line or layer, field and rule.
[[nodiscard]] std::vector<Layer> read_layers(const std::string& path);

/// The same from text in memory; `source` stands for the file name in messages.
[[nodiscard]] std::vector<Layer> parse_layers(std::string_view text, const std::string& source);

/// The hidden layer of the best fit in the JSON report of `solve --hidden`, and behind it the outputs if they are sigmoids.
/// @param problem Its name; empty: the only one.
/// @throws UsageError as above, and where there is no such fit.
[[nodiscard]] std::vector<Layer> read_fitted_layers(const std::string& path,
                                                    const std::string& problem);

/// The same of a problem of such a report.
[[nodiscard]] std::vector<Layer> fitted_layers(const Json& solved, const std::string& source);

}  // namespace tautrack::program
