#pragma once

#include "tautrack/data/dataset.hpp"
#include "tautrack/data/output_range.hpp"
#include "tautrack/fits/all_fits.hpp"
#include "tautrack/network/activation.hpp"

namespace tautrack {

/// All fits of outputs low + (high - low) sigma01(X w) with one or both plateaus fitted: three- and four-parameter
/// logistic curves, and their like with several inputs.
///
/// One input and a bias, tanh or logistic: an interval search over all curves (docs/theory.md, section 13) proves the
/// list of stationary points complete, and limits are listed with a proof of what they are worth: exponentials, when
/// the data show no plateau on one side, and steps, when the slope is infinite. Points have `range`; their
/// weights are those with low < high. `eigenvalues` are those of the Hessian in all unknowns relative to the metric
/// of the outputs (1 for a point with zero residual), and their signs are those of the Hessian.
///
/// Inputs whose gaps are not exact in doubles are rounded in their last digits, so that equal spacing is; level_reason
/// says by how much. What is proven, `radius` included, is proven of these.
///
/// With a known part of the node inputs (Problem::offset) low < high is a restriction, and the list is that of several
/// inputs.
///
/// Else (docs/theory.md, section 14) the points are minima that descents from many starts found, each proven by
/// Krawczyk's operator; the list has level heuristic. Limits are steps, by the faces of the arrangement of the rows
/// (rank of X up to 3; beyond, those that descents ran to), and exponentials, each with what it is worth to first
/// order.
///
/// `exploration.path` is the natural path (see track_amplitude()).
///
/// The verdict of `global_reason` and `unique_reason` names limits in words.
/// @param range At least one end is free.
/// @param constant Added to all energies, for who has merged patterns.
/// @throws DataError when the problem is unusable or all targets are equal; std::invalid_argument when an option breaks
/// its rule or both ends of the range are known.
[[nodiscard]] AllFits find_all_fits(const Problem& problem, Activation activation,
                                    const OutputRange& range, const FitOptions& options = {},
                                    double constant = 0.0);

/// The energy of these weights with the free ends of the range where they fit best: whichever is larger, but beside an offset
/// low <= high.
/// @param weights s
/// @pre At least one end is free.
[[nodiscard]] double energy_of_best_range(const Problem& problem, Activation activation,
                                          const OutputRange& range, const Vector& weights);

}  // namespace tautrack
