#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/corrector/options.hpp"
#include "tautrack/predictor/options.hpp"
#include "tautrack/step_control/options.hpp"

namespace tautrack {

/// Everything a user may set for one path.
struct TrackOptions {
  double tau_start = 0.0;
  /// != tau_start. The path ends when it first gets there, or beyond tau_start on the other side.
  /// Infinite: it sets out in that direction and has no end of its own; the caller stops it.
  double tau_target = 1.0;
  /// Where the path ends on the side of the start; nothing: at tau_start. A path that is taken up in its
  /// middle may fold back beyond where it was taken up.
  std::optional<double> tau_back;
  /// Taus at which the path stops exactly, each time; strictly between where it ends, if that is finite.
  std::vector<double> landings;
  /// false: folds are passed like other points, for curves whose parameter means nothing by itself.
  /// Needs the Taylor predictor, whose series tells where the landings are.
  bool locate_folds = true;
  PredictorOptions predictor;
  CorrectorOptions corrector;
  StepControlOptions step;
  int max_steps = 20000;  ///< > 0. Budget of accepted and refused steps together.

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

}  // namespace tautrack
