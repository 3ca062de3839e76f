#pragma once

#include <string>

#include "commands/layers.hpp"
#include "io/json_fwd.hpp"

/// Results of `tautrack layers` as text.
namespace tautrack::program {

/// Summary for a person.
[[nodiscard]] std::string text_report(const LayersRequest& request, const CarriedData& carried);

/// Everything but the points, for programs.
[[nodiscard]] Json report_of(const LayersRequest& request, const CarriedData& carried);

/// The same as text. Infinite and undefined numbers are null.
[[nodiscard]] std::string json_report(const LayersRequest& request, const CarriedData& carried);

/// The points after each layer, one row each; layer 0 are the data. Numbers read back as the same
/// doubles.
[[nodiscard]] std::string csv_report(const CarriedData& carried);

/// The points after each layer and their barcodes, as a picture.
[[nodiscard]] std::string plot_report(const LayersRequest& request, const CarriedData& carried);

}  // namespace tautrack::program
