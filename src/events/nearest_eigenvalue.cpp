#include "events/nearest_eigenvalue.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <Eigen/Eigenvalues>

namespace tautrack {

namespace {

/// Lanczos steps: they find the ends of a spectrum to some digits, and an estimate is wanted; by
/// experience.
constexpr Index kLanczosSteps = 60;

/// Steps of inverse iteration, by experience, and the relative residual of each: it need not be better
/// than the eigenvector that comes of it.
constexpr int kInverseSteps = 4;
constexpr double kInverseTolerance = 1e-4;

/// Budget of one solution: in exact arithmetic one iteration for every unknown would do, a matrix far
/// from clusters of eigenvalues takes several times that.
constexpr Index kForEachUnknown = 20, kLeastBudget = 200, kLargestBudget = 5000;

/// Zero relative to the largest eigenvalue.
constexpr double kSingular = 100.0 * std::numeric_limits<double>::epsilon();

/// Entries in [-1, 1), the same on every platform.
Vector random_vector(Index n) {
  std::mt19937_64 engine(1);
  Vector x(n);
  for (Index j = 0; j < n; ++j) x(j) = static_cast<double>(engine() >> 11U) * 0x1p-52 - 1.0;
  return x;
}

/// Extreme eigenvalues of the Lanczos matrix: without reorthogonalisation they are those of A all the
/// same, some of them several times (Paige 1980).
void run_lanczos(const SymmetricProduct& product, const Vector& start, SpectrumEstimate& out) {
  const Index n = start.size();
  const Index steps = std::min(kLanczosSteps, n);
  Vector alpha(steps), beta(steps);
  Vector before = Vector::Zero(n), q = start.normalized(), next(n);
  Index count = 0;
  while (count < steps) {
    product(q, next);
    alpha(count) = q.dot(next);
    next -= alpha(count) * q;
    if (count > 0) next -= beta(count - 1) * before;
    beta(count) = next.norm();
    ++count;
    if (!(beta(count - 1) > 0.0)) break;
    before = q;
    q = next / beta(count - 1);
  }
  Eigen::SelfAdjointEigenSolver<Matrix> solver;
  solver.computeFromTridiagonal(alpha.head(count), beta.head(count - 1), Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) return;
  out.lowest = solver.eigenvalues()(0);
  out.largest = solver.eigenvalues().cwiseAbs().maxCoeff();
}

}  // namespace

SpectrumEstimate estimate_spectrum(const SymmetricProduct& product, const Vector& diagonal) {
  const Index n = diagonal.size();
  SpectrumEstimate out;
  Vector q = random_vector(n);
  run_lanczos(product, q, out);
  Minres minres(n);
  Vector x(n), image(n);
  const int budget =
      static_cast<int>(std::clamp(kForEachUnknown * n, kLeastBudget, kLargestBudget));
  q.normalize();
  bool converged = true;
  double nearest = std::numeric_limits<double>::infinity();
  for (int k = 0; k < kInverseSteps && converged; ++k) {
    x.setZero();
    const MinresResult result = minres.solve(product, diagonal, q, x,
                                             kInverseTolerance * Minres::norm(q, diagonal), budget);
    converged = result.converged;
    // A residual that A maps to zero is an eigenvector of zero.
    if (result.is_least_squares) x = minres.residual().cwiseQuotient(diagonal);
    const double length = x.norm();
    if (!(length > 0.0) || !std::isfinite(length)) return out;
    q = x / length;
    product(q, image);
    const double value = q.dot(image);
    // |A q| bounds the eigenvalue nearest to zero, and value is better once q has settled.
    if (result.is_least_squares || image.norm() <= kSingular * out.largest) out.is_singular = true;
    out.lowest = std::min(out.lowest, value);
    nearest = std::copysign(image.norm(), value);
    if (out.is_singular) break;
  }
  if (converged || out.is_singular) out.nearest = nearest;
  return out;
}

}  // namespace tautrack
