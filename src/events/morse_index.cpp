#include "tautrack/events/morse_index.hpp"

#include <cmath>
#include <limits>

#include <Eigen/Eigenvalues>

namespace tautrack {

namespace {

double rounding(const Matrix& H_x) {
  return 4.0 * static_cast<double>(H_x.rows()) * std::numeric_limits<double>::epsilon();
}

}  // namespace

bool MorseIndex::compute(const Matrix& H_x) {
  if (!H_x.allFinite()) return false;
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(H_x, Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) return false;
  eigenvalues_ = solver.eigenvalues();
  return true;
}

std::optional<int> MorseIndex::count(const Matrix& H_x, double relative_error) {
  if (!compute(H_x)) return std::nullopt;
  const double largest = eigenvalues_.cwiseAbs().maxCoeff();
  if (!(eigenvalues_.cwiseAbs().minCoeff() > (rounding(H_x) + relative_error) * largest))
    return std::nullopt;
  return static_cast<int>((eigenvalues_.array() < 0.0).count());
}

std::optional<int> MorseIndex::count_without_smallest(const Matrix& H_x) {
  if (!compute(H_x)) return std::nullopt;
  Index smallest = 0;
  const double largest = eigenvalues_.cwiseAbs().maxCoeff();
  eigenvalues_.cwiseAbs().minCoeff(&smallest);
  int negative = 0;
  for (Index j = 0; j < eigenvalues_.size(); ++j) {
    if (j == smallest) continue;
    if (!(std::abs(eigenvalues_(j)) > rounding(H_x) * largest)) return std::nullopt;
    if (eigenvalues_(j) < 0.0) ++negative;
  }
  return negative;
}

}  // namespace tautrack
