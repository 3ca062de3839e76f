#pragma once

#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/data/output_range.hpp"
#include "tautrack/infinity/infinite_point.hpp"
#include "tautrack/network/activation.hpp"

#include "amplitude/descents.hpp"
#include "fits/range_verdict.hpp"

namespace tautrack::fits {

/// Limits of amplitude models.
struct AmplitudeLimits {
  std::vector<NamedLimit> limits;  ///< By energy: infima to first order, or undecided.
  long strata = 0;                 ///< Looked at.
  long searched =
      0;  ///< Problems of free patterns whose minima were searched for from many starts.
  bool complete = false;  ///< Every stratum was looked at.
  std::string message;    ///< One sentence.
};

/// The limits of sigmoids with fitted plateaus and any number of inputs at which the energy may have an infimum:
/// steps, with or without free patterns, on the faces of the arrangement of the patterns (rank of X up to 3; beyond,
/// those that descents ran to), and exponentials, on all patterns or on a face of their convex hull while the others
/// are at the plateau that stays.
///
/// On each stratum the plateaus are fitted again. What a step is worth then is decided by the same criterion as with
/// known plateaus (infinity/criterion.hpp), because to first order a plateau at its mean does not move; a plateau of one
/// group of equal patterns follows it, and that group counts nothing. (docs/theory.md, section 14)
/// Without a constant in the column space of X both plateaus can move away, and of one weight the group of patterns that
/// saturates last can keep an output while one plateau does. Beside a known part of the node inputs low < high is a
/// restriction, and the height can vanish.
/// @param ran_off Descents of the whole problem that came to no minimum, low < high.
/// @param lowest The lowest energy that any descent came to, low < high; infinity without any.
[[nodiscard]] AmplitudeLimits limits_of_amplitude(const Problem& problem, Activation activation,
                                                  const OutputRange& range,
                                                  const std::vector<amplitude::Descent>& ran_off,
                                                  double lowest, unsigned long seed,
                                                  const StopCondition& stop);

}  // namespace tautrack::fits
