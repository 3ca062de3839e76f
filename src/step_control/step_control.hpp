#pragma once

#include <limits>

#include "tautrack/step_control/options.hpp"

namespace tautrack {

/// What a corrected step looked like.
struct StepMeasures {
  double step = 0.0;         ///< Arclength of the step.
  double contraction = 0.0;  ///< As in StepControlOptions.
  double distance = 0.0;
  double displacement = 0.0;
  double angle = 0.0;
  double skew = 0.0;
  double limit =
      std::numeric_limits<double>::infinity();  ///< The predictor's advice for the next step.
};

/// The length of the next step from what became of the last one: numbers in, a number out. The rule
/// is that of Allgower & Georg (Introduction to Numerical Continuation Methods, 2003, section 6.1):
/// every measure is driven to its wanted value, at most `grow` longer, at most `shrink` shorter at
/// a time.
class StepControl {
 public:
  /// @pre options.invalid_reason() is empty.
  explicit StepControl(const StepControlOptions& options)
      : options_(options), step_(options.initial) {}

  [[nodiscard]] double step() const noexcept { return step_; }

  /// Makes the next step this long. @pre min <= step <= max.
  void start_with(double step) noexcept { step_ = step; }
  [[nodiscard]] const StepControlOptions& options() const noexcept { return options_; }

  /// Whether every measure is within tolerance of its wanted value.
  [[nodiscard]] bool acceptable(const StepMeasures& measures) const;

  /// Sets the next step after an accepted one. Right after a refusal the step does not grow.
  void accepted(const StepMeasures& measures);

  /// Sets the next step after a refused one of this length. @return false below options.min.
  bool refused(double step);

 private:
  StepControlOptions options_;
  double step_;
  bool refused_ = false;
};

}  // namespace tautrack
