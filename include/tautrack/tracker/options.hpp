#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/corrector/options.hpp"
#include "tautrack/predictor/options.hpp"
#include "tautrack/step_control/options.hpp"

namespace tautrack {

/// A direction of travel.
struct Heading {
  Vector tangent;         ///< n + 1, (dx, dtau), of any length but zero.
  int tau_direction = 1;  ///< +1 or -1: whether tau grows or falls; at a fold, from there on.
};

/// Everything a user may set for one path.
struct TrackOptions {
  double tau_start = 0.0;
  /// != tau_start. The path ends when it first gets there, or beyond tau_start on the other side.
  /// Infinite: it sets out in that direction and has no end of its own; the caller stops it.
  double tau_target = 1.0;
  /// Where the path ends on the side of the start; nothing: at tau_start. A path that is taken up in its
  /// middle may fold back beyond where it was taken up.
  std::optional<double> tau_back;
  /// How far Newton's method may move the start, in the homotopy's metric: beyond it lies another point.
  /// > 0.
  double start_reach = 1e-3;
  /// Where the path sets out to from its start; nothing: along the curve towards tau_target. With it the
  /// start may be a fold, and tau may fall first.
  std::optional<Heading> heading;
  /// Taus at which the path stops exactly, each time; strictly between where it ends, if that is finite.
  std::vector<double> landings;
  /// false: folds are passed like other points, for curves whose parameter means nothing by itself.
  /// Needs the Taylor predictor, whose series tells where the landings are.
  bool locate_folds = true;
  PredictorOptions predictor;
  CorrectorOptions corrector;
  StepControlOptions step;
  /// Looked at before each step that is tried; once it is met the run ends as by an observer.
  /// With rows split among ranks it must be met on all of them at the same look, or never.
  StopCondition stop;
  int max_steps = 20000;  ///< > 0. Budget of accepted and refused steps together.

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

}  // namespace tautrack
