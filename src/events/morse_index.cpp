#include "tautrack/events/morse_index.hpp"

#include <algorithm>
#include <cmath>

#include "core/decompositions.hpp"

namespace tautrack {

namespace {

/// Up to this size plain loops are quicker than a blocked factorisation.
constexpr Index kPlainLoops = 16;

}  // namespace

const Vector& MorseIndex::eigenvalues(const Matrix& H_x) {
  eigenvalues_.resize(0);
  if (!H_x.allFinite()) return eigenvalues_;
  const SymmetricEigen solver = symmetric_eigenvalues(H_x);
  if (solver.info() == Eigen::Success) eigenvalues_ = solver.eigenvalues();
  return eigenvalues_;
}

/// Whether H_x - margin I has a Cholesky factor.
bool MorseIndex::is_positive(const Matrix& H_x, double margin) {
  const Index n = H_x.rows();
  factor_ = H_x;
  factor_.diagonal().array() -= margin;
  if (n > kPlainLoops) return cholesky(factor_).info() == Eigen::Success;
  for (Index k = 0; k < n; ++k) {
    const double pivot = factor_(k, k);
    if (!(pivot > 0.0)) return false;
    for (Index j = k + 1; j < n; ++j) {
      const double factor = factor_(j, k) / pivot;
      for (Index i = j; i < n; ++i) factor_(i, j) -= factor * factor_(i, k);
    }
  }
  return true;
}

/// Eigenvalues of H_x below `shift` as the signs of D in H_x - shift I = L D L' give them (Sylvester); nothing when
/// rounding may be more than `allowed`, a part of the identity: that of L D L' is below margin(n) times the trace of
/// |L| |D| |L'| (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 11.1).
std::optional<int> MorseIndex::count_below(const Matrix& H_x, double shift, double allowed) {
  const Index n = H_x.rows();
  factor_ = H_x;
  factor_.diagonal().array() -= shift;
  double trace = 0.0;
  int below = 0;
  for (Index k = 0; k < n; ++k) {
    const double pivot = factor_(k, k);
    const double reciprocal = 1.0 / pivot;
    double length = 1.0;  // squared, of column k of L
    for (Index j = k + 1; j < n; ++j) {
      const double factor = factor_(j, k) * reciprocal;
      length += factor * factor;
      for (Index i = j; i < n; ++i) factor_(i, j) -= factor * factor_(i, k);
    }
    trace += std::abs(pivot) * length;
    if (pivot < 0.0) ++below;
  }
  if (!(margin(n) * trace <= allowed)) return std::nullopt;
  return below;
}

std::optional<std::pair<int, int>> MorseIndex::count_below_both(const Matrix& H_x, double shift,
                                                                double allowed) {
  const auto minus = count_below(H_x, -shift, allowed);
  if (!minus) return std::nullopt;
  const auto plus = count_below(H_x, shift, allowed);
  if (!plus) return std::nullopt;
  return std::pair(*minus, *plus);
}

std::optional<int> MorseIndex::count(const Matrix& H_x, double relative_error) {
  const double error = margin(H_x.rows()) + relative_error;
  double bound = 0.0;  // on the largest eigenvalue: the largest column sum
  for (Index j = 0; j < H_x.cols(); ++j) bound = std::max(bound, H_x.col(j).cwiseAbs().sum());
  if (!(bound > 0.0)) return std::nullopt;
  if (is_positive(H_x, error * bound)) return 0;
  const double visible = error * bound;
  if (const auto below = count_below_both(H_x, 2.0 * visible, visible))
    if (below->first == below->second) return below->first;
  // No column is longer than the largest eigenvalue is large: one between these has no sign.
  double length = 0.0;
  for (Index j = 0; j < H_x.cols(); ++j)
    length = std::max(length, H_x.col(j).tail(H_x.rows() - j).stableNorm());
  const double hidden = error * length;
  if (const auto below = count_below_both(H_x, 0.5 * hidden, 0.25 * hidden))
    if (below->first != below->second) return std::nullopt;
  const Vector& all = eigenvalues(H_x);
  if (all.size() == 0) return std::nullopt;
  const double largest = all.cwiseAbs().maxCoeff();
  if (!(all.cwiseAbs().minCoeff() > error * largest)) return std::nullopt;
  return static_cast<int>((all.array() < 0.0).count());
}

std::optional<int> MorseIndex::count_without_smallest(const Matrix& H_x) {
  const Vector& all = eigenvalues(H_x);
  if (all.size() == 0) return std::nullopt;
  Index smallest = 0;
  const double largest = all.cwiseAbs().maxCoeff();
  all.cwiseAbs().minCoeff(&smallest);
  int negative = 0;
  for (Index j = 0; j < all.size(); ++j) {
    if (j == smallest) continue;
    if (!(std::abs(all(j)) > margin(H_x.rows()) * largest)) return std::nullopt;
    if (all(j) < 0.0) ++negative;
  }
  return negative;
}

}  // namespace tautrack
