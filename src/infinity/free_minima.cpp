#include "infinity/free_minima.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <optional>

#include <Eigen/LU>

#include "tautrack/geometry/plane_curve.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "core/decompositions.hpp"
#include "core/products.hpp"
#include "corrector/newton.hpp"
#include "homotopy/natural.hpp"
#include "network/inverse.hpp"

namespace tautrack::infinity {

namespace {

/// A path nearer to tau = 1 than this that has not arrived leads to infinity, or takes very long.
constexpr double kLeft = 1e-13;

/// A descent: steps, how often one is halved, and how far one goes in units of the node inputs: not
/// much further than the energy is like its quadratic model.
constexpr int kMostSteps = 200, kMostHalvings = 40;
constexpr double kLongest = 2.0;

/// Eigenvalues of the Hessian are taken as at least this part of the largest, so that steps are
/// finite; below the second, at the end, they are zero to rounding and the point no strict minimum.
constexpr double kSmallest = 1e-12, kSingular = 1e-13;

/// A descent has arrived when its step is this short, relative to a unit of the node inputs or
/// their size; the corrector then may not go further than kNear, or it goes to another point.
constexpr double kArrived = 1e-7, kNear = 1e-3;

/// Starts at which two patterns have their targets: of the first so many patterns, no two of whose
/// rows make an angle smaller than this, with targets at least this part of the range inside of it.
constexpr Index kMostPaired = 12;
constexpr double kParallel = 1e-6, kMargin = 0.02;

/// Minimisers nearer than this, relative to a unit of the node inputs or their size, are one: the
/// corrector leaves them off by rounding alone.
constexpr double kSameMinimum = 1e-6;

/// Minimiser found from x by Newton's method with the Hessian shifted to be positive definite and
/// the step shortened until the energy falls; nothing when it runs away or does not get there.
std::optional<Vector> descend(NaturalHomotopy& homotopy, Corrector& corrector, Vector x) {
  const Index n = x.size();
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  double energy = homotopy.energy(x, 1.0);
  bool arrived = false;
  for (int iteration = 0; iteration < kMostSteps && !arrived; ++iteration) {
    homotopy.derivatives(x, 1.0, H, H_x, H_tau);
    const SymmetricEigen eigen = symmetric_eigen(H_x);
    const Vector& values = eigen.eigenvalues();
    const double floor = kSmallest * values.cwiseAbs().maxCoeff();
    const Vector gradient = transposed_times(eigen.eigenvectors(), H);
    const Vector step =
        -times(eigen.eigenvectors(), gradient.cwiseQuotient(values.cwiseAbs().cwiseMax(floor)));
    if (!step.allFinite()) return std::nullopt;
    double part = std::min(1.0, kLongest / homotopy.displacement(x, step));
    arrived = homotopy.displacement(x, step) <= kArrived && values(0) > 0.0;
    for (int halving = 0;; ++halving) {
      const Vector trial = x + part * step;
      const double there = homotopy.energy(trial, 1.0);
      if (there <= energy) {
        x = trial;
        energy = there;
        break;
      }
      if (halving == kMostHalvings || arrived) {
        arrived = true;
        break;
      }
      part *= 0.5;
    }
  }
  if (!arrived) return std::nullopt;
  const Vector before = x;
  double tau = 1.0;
  if (!corrector.correct(x, tau, Constraint::fixed_tau, {}, homotopy.scales(x, 1.0), true)
           .converged)
    return std::nullopt;
  if (!(homotopy.displacement(before, x - before) <= kNear)) return std::nullopt;
  homotopy.derivatives(x, 1.0, H, H_x, H_tau);
  const SymmetricEigen eigen = symmetric_eigenvalues(H_x);
  if (!(eigen.eigenvalues()(0) > kSingular * eigen.eigenvalues()(n - 1))) return std::nullopt;
  return x;
}

/// The end of the natural path, if it arrives at tau = 1.
std::optional<Vector> end_of_path(NaturalHomotopy& homotopy, const Vector& linear_solution,
                                  const StopCondition& stop) {
  Tracker tracker(homotopy, linear_solution);
  for (const PathPoint& point : tracker) {
    if (point.tau < 1.0 && 1.0 - point.tau < kLeft)
      tracker.stop(TrackStatus::unresolved_end, "the weights seem to grow without bound");
    else if (stop.is_met())
      tracker.stop(TrackStatus::stopped_by_observer, stop.reason());
  }
  if (!tracker.result().ok()) return std::nullopt;
  return tracker.point().x;
}

}  // namespace

std::vector<double> minima_of_one_weight(const Perceptron& network) {
  assert(network.columns() == 1 && network.options().ridge == 0.0);
  const Vector x = network.inputs().col(0);
  const Vector& omega = network.pattern_weights();
  const double steepest = x.cwiseAbs().maxCoeff();
  assert(x.cwiseAbs().minCoeff() > 0.0);
  // Patterns of one node input, up to its sign.
  const bool are_alike = steepest == x.cwiseAbs().minCoeff() && !network.has_offset();
  if (are_alike) {
    const Range ends = range(network.options().activation);
    double sum = 0.0, total = 0.0;
    for (Index i = 0; i < x.size(); ++i) {
      const double y = network.targets()(i);
      sum += omega(i) * (x(i) > 0.0 ? y : ends.low + ends.high - y);
      total += omega(i);
    }
    if (!(sum / total > ends.low && sum / total < ends.high)) return {};
    const double u = inverse_sigmoid(network.options().activation, sum / total);
    if (!std::isfinite(u)) return {};
    return {u / steepest};
  }
  std::vector<double> minima;
  for (const OneWeightPoint& point : stationary_points_of_one_weight(network, 1.0).points)
    if (point.index == 0) minima.push_back(point.weight);
  return minima;
}

std::vector<Vector> minima_of_two_weights(const Perceptron& free, const StopCondition& stop) {
  assert(free.unknowns() == 2 && free.options().ridge == 0.0);
  NaturalHomotopy homotopy(free);
  Corrector corrector(homotopy, {});
  const Matrix A = free.space().basis();
  const Activation activation = free.options().activation;
  const Range ends = range(activation);

  std::vector<Vector> starts;
  if (std::optional<Vector> end = end_of_path(homotopy, free.linear_solution(), stop))
    starts.push_back(*std::move(end));
  const double margin = kMargin * (ends.high - ends.low);
  for (Index i = 0; i < std::min(A.rows(), kMostPaired); ++i) {
    for (Index j = 0; j < i; ++j) {
      Eigen::Matrix2d pair;
      pair << A.row(i), A.row(j);
      if (!(std::abs(pair.determinant()) > kParallel * A.row(i).norm() * A.row(j).norm())) continue;
      const auto wanted = [&](Index k) {
        return inverse_sigmoid(activation, std::clamp(free.targets()(k), ends.low + margin,
                                                      ends.high - margin)) -
               free.offset(k);
      };
      starts.push_back(pair.inverse() * Eigen::Vector2d(wanted(i), wanted(j)));
    }
  }
  constexpr int angles = 20, radii = 6;
  const double shortest = A.rowwise().norm().minCoeff();
  const double longest = A.rowwise().norm().maxCoeff();
  for (int k = 0; k < radii; ++k) {
    // From half a unit of the steepest pattern to four units of the flattest one.
    const double radius = 0.5 / longest * std::pow(8.0 * longest / shortest, k / (radii - 1.0));
    for (int j = 0; j < angles; ++j) {
      const double angle = 2.0 * std::numbers::pi * (j + 0.5 * (k % 2)) / angles;
      starts.emplace_back(radius * Eigen::Vector2d(std::cos(angle), std::sin(angle)));
    }
  }

  std::vector<Vector> found;
  for (const Vector& start : starts) {
    if (stop.is_met()) break;
    const std::optional<Vector> minimum = descend(homotopy, corrector, start);
    if (!minimum) continue;
    const bool known = std::any_of(found.begin(), found.end(), [&](const Vector& other) {
      return homotopy.displacement(other, *minimum - other) <= kSameMinimum;
    });
    if (!known) found.push_back(*minimum);
  }
  std::sort(found.begin(), found.end(), [&](const Vector& a, const Vector& b) {
    return homotopy.energy(a, 1.0) < homotopy.energy(b, 1.0);
  });
  for (Vector& point : found) point = free.weights(point);
  return found;
}

}  // namespace tautrack::infinity
