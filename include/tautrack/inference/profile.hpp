#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/fits/all_fits.hpp"
#include "tautrack/inference/fit_statistics.hpp"

namespace tautrack {

/// How intervals are looked for.
struct ProfileOptions {
  double level = 0.95;  ///< In (0, 1).
  double seconds =
      60.0;             ///< > 0. Intervals that are not reached by then are said to be unfinished.
  int max_steps = 400;  ///< > 0. Of the tracker, for each end.
  int threads = 1;      ///< >= 1. No result depends on it.
  StopCondition stop;

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// What is at one end of a piece of a region.
enum class ProfileEnd {
  reached,  ///< The energy is at the threshold.
  limit,    ///< Values there belong to a limit with an energy below the threshold, and end with it.
  unbounded,  ///< It stays below the threshold however far the value goes.
  lost        ///< Not known; the reason says why.
};

[[nodiscard]] std::string_view to_string(ProfileEnd end) noexcept;

/// Values, next to each other, for which the best fit that has them is below the threshold.
struct ProfilePiece {
  double low = 0.0,
         high =
             0.0;  ///< -infinity and infinity where unbounded; the last that is known where lost.
  ProfileEnd low_end = ProfileEnd::lost, high_end = ProfileEnd::lost;
};

/// The region of one parameter.
struct ProfileInterval {
  ParameterKind kind = ParameterKind::weight;
  Index column = 0;
  std::string name;
  std::vector<ProfilePiece>
      pieces;  ///< Ascending, without overlaps; the first one need not have the estimate.
  /// From the first piece to the last; nothing where that is unbounded or not known.
  std::optional<double> low, high;
  /// No end is lost, and nothing was left out beyond which there may be more; `remarks` say what.
  bool is_resolved = false;
  std::vector<std::string>
      remarks;  ///< Sentences: why an end is unbounded or lost, that there are several pieces.
  /// Estimate -+ t times the standard error, beside it; nothing without a standard error.
  std::optional<double> linear_low, linear_high;
};

struct ProfileIntervals {
  double level = 0.0;
  double threshold =
      0.0;  ///< E (1 + F / (L - p)), F the quantile of Fisher's F with 1 and L - p degrees of freedom.
  std::vector<ProfileInterval>
      parameters;      ///< One for each of FitStatistics::parameters; or empty.
  std::string reason;  ///< One sentence why there are none; empty when there are.
};

/// Profile intervals (Bates & Watts, Nonlinear Regression Analysis, 1988, section 6.1): of each weight and fitted
/// plateau, and of the half point and the slope there, the values theta for which
///
///     min { E(x) : x with the parameter = theta }  <=  E_best (1 + F(1, L - p; level) / (L - p)).
///
/// The curve of constrained minima starts at a fit and is followed by the Tracker both ways, with theta for its
/// parameter, to where the energy is exactly at the threshold. Where theta turns back (a fold, at which the constrained
/// minimum ends) the way goes on from the minimum below, with theta as it is. This is done from each minimum of the list
/// that is below the threshold, once along each curve, and limits of the list that are contribute the values that they
/// have, which may be unbounded; so the answer is as complete as the list is. Where a plateau is fitted and a part of the
/// node inputs is known (weights that are held), low < high is a restriction, and intervals of more than one weight are not
/// called resolved.
///
/// @param fits All fits of the model without a ridge, with finite weights for the best.
/// @throws std::invalid_argument when an option breaks its rule, sizes disagree, or fits.global_minimum is empty.
[[nodiscard]] ProfileIntervals profile_intervals(const SigmoidModel& model, const AllFits& fits,
                                                 const ProfileOptions& options = {});

}  // namespace tautrack
