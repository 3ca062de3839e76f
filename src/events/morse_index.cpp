#include "tautrack/events/morse_index.hpp"

#include <algorithm>
#include <limits>

#include <Eigen/Eigenvalues>

namespace tautrack {

std::optional<int> MorseIndex::count(const Matrix& H_x, double relative_error) {
  if (!H_x.allFinite()) return std::nullopt;
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(H_x, Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) return std::nullopt;
  eigenvalues_ = solver.eigenvalues();
  const double largest = eigenvalues_.cwiseAbs().maxCoeff();
  const double rounding =
      4.0 * static_cast<double>(H_x.rows()) * std::numeric_limits<double>::epsilon();
  if (!(eigenvalues_.cwiseAbs().minCoeff() > (rounding + relative_error) * largest))
    return std::nullopt;
  return static_cast<int>((eigenvalues_.array() < 0.0).count());
}

}  // namespace tautrack
