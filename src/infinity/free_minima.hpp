#pragma once

#include <vector>

#include "tautrack/data/dataset.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack::infinity {

/// The local minima at tau = 1 of a problem of one weight (s = 1, no zero row), ascending.
///
/// Method: zeros of the gradient between breakpoints, where it goes from negative to positive.
/// Breakpoints are a sinh-spaced grid, from a tenth of the width of the steepest pattern to where
/// the flattest one has saturated to the end of double precision, and the zeros of the second
/// derivative between grid points; brackets are closed with TOMS 748 (Alefeld, Potra & Shi 1995).
/// Two minima are missed only where the second derivative changes sign twice between neighbours of
/// the grid. A pattern alone, or several of the same |x_i|, are solved in closed form.
[[nodiscard]] std::vector<double> minima_of_one_weight(const Problem& problem,
                                                       Activation activation);

/// The local minima at tau = 1 of a problem of rank two without ridge, by energy, in its weights.
///
/// Method: the end of the natural path and descents (Newton with a shifted Hessian) from a polar
/// grid and from the weights that give two patterns the outputs they want, each end confirmed by
/// the corrector. A search, without a guarantee.
[[nodiscard]] std::vector<Vector> minima_of_two_weights(const Problem& problem,
                                                        const PerceptronOptions& network);

}  // namespace tautrack::infinity
