#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/inference/profile.hpp"

#include "fits/covariate.hpp"

namespace tautrack::inference {

/// Values of a parameter near which there are curves with energies as near as one likes to a limit's below a threshold.
struct LimitValues {
  ProfilePiece values;
  double energy = 0.0;  ///< Of the limit, the lowest if there are many.
  std::string words;    ///< With the energy: "a straight line, E = 3".
};

struct ParameterPlace {
  ParameterKind kind = ParameterKind::weight;
  Index column = 0;  ///< Of a weight.
};

/// Those of one input and a bias (docs/theory.md, section 16): of steps, with and without a level on the way, and
/// where a plateau is fitted of exponentials, of the straight line, and of the constant beside a known plateau. What
/// has no infimum there counts, too. Not of the exponentials and hyperbolas of arctan.
/// @param threshold In the energies of the levels and the constant of the covariate.
/// @param stop Once it is met exponentials are missing.
/// @return For each of the parameters.
[[nodiscard]] std::vector<std::vector<LimitValues>> limit_values(
    const fits::Covariate& data, Activation activation, const OutputRange& range,
    const std::vector<ParameterPlace>& parameters, double threshold,
    const StopCondition& stop = {});

/// From limits that a list has, of any number of inputs: only what they say themselves.
[[nodiscard]] std::vector<LimitValues> limit_values(const std::vector<InfinitePoint>& limits,
                                                    ParameterKind kind, Index column,
                                                    double threshold);

/// That of the constant at which fitted plateaus meet, beside a known part of the node inputs or without a bias: any
/// weights have it. Nothing when it is not below the threshold.
[[nodiscard]] std::optional<LimitValues> constant_values(const Problem& problem,
                                                         const OutputRange& range,
                                                         ParameterKind kind, double threshold);

}  // namespace tautrack::inference
