#pragma once

#include <Eigen/Core>

/// Vocabulary shared by every room.
///
/// Shape letters used in all comments: L patterns, s weights (the bias counts as one), n unknowns
/// of a homotopy (for a perceptron the rank of X). X is L x s, y and z are L, w is s.
namespace tautrack {

using Index = Eigen::Index;
using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

/// Highest order of a Taylor series that any room works with.
inline constexpr int max_series_order = 24;

}  // namespace tautrack
