#pragma once

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/data/output_range.hpp"
#include "tautrack/fits/all_fits.hpp"
#include "tautrack/network/activation.hpp"

namespace tautrack::fits {

/// Fits of an amplitude model with any number of inputs and any activation: minima by descents from many starts, each
/// proven; limits by their strata. The list is heuristic. See find_all_fits().
/// @param certify Whether points are to be proven. @param constant Added to all energies.
void find_by_descents(AllFits& fits, const Problem& problem, Activation activation,
                      const OutputRange& range, unsigned long seed, bool certify, double constant,
                      const StopCondition& stop);

/// Adds the minimum that a descent from these weights (s) comes to, if it is proven and not in the list.
void add_minimum_near(AllFits& fits, const Problem& problem, Activation activation,
                      const OutputRange& range, const Vector& weights, double constant);

}  // namespace tautrack::fits
