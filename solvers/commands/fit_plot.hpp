#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/data/dataset.hpp"
#include "tautrack/infinity/infinite_point.hpp"

#include "commands/fit_report.hpp"
#include "io/options.hpp"
#include "pictures/picture.hpp"

namespace tautrack::program {

/// Outputs as a function of the one input: of weights, or of a limit at infinite weights.
struct FittedCurve {
  std::string name;  ///< In the legend.
  std::string style;
  Vector weights;
  double tau = 1.0;
  const InfinitePoint* limit = nullptr;  ///< Then neither weights nor tau count.
  std::optional<Range> range;            ///< Plateaus, where they are not those of the request.
};

/// Whether the outputs are a curve over one input column, a bias beside it or none.
[[nodiscard]] bool has_one_input(const NetworkRequest& request, const Problem& problem);

/// Draws the data and such curves, with a legend above the panel. An input log10(NAME) has an axis in the units of NAME.
/// @param fit Of the first curve: its band and half point are drawn, too; null: neither.
void draw_fits(Picture& picture, const Place& place, const NetworkRequest& request,
               const Problem& problem, const std::vector<FittedCurve>& curves,
               const FitReport* fit = nullptr);

/// Draws the targets over the outputs of a fit, or of a limit that is better, with the line on which they are equal.
/// @param fit, limit One of them may be null.
void draw_observed(Picture& picture, const Place& place, const NetworkRequest& request,
                   const Problem& problem, const FitReport* fit, const InfinitePoint* limit);

}  // namespace tautrack::program
