#pragma once

#include "tautrack/core/types.hpp"

#include "amplitude/model.hpp"

namespace tautrack::amplitude {

/// Eigenvalues, ascending, of the Hessian of 1/2 |z - y|^2 relative to the metric of z: those of J'J + B relative to
/// J'J, which do not depend on coordinates. Empty where J has a zero column.
/// @param tangents L x n, J, rows times the roots of the pattern weights. @param bends n x n, B, residuals times
/// second derivatives; the upper triangle is read.
[[nodiscard]] Vector relative_eigenvalues(Matrix tangents, Matrix bends);

/// The same of a model at x, in all its unknowns.
[[nodiscard]] Vector relative_eigenvalues(const Model& model, const Vector& x);

}  // namespace tautrack::amplitude
