#include "infinity/free_minima.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>

#include <Eigen/LU>
#include <boost/math/tools/toms748_solve.hpp>

#include "tautrack/corrector/newton.hpp"
#include "tautrack/homotopy/natural.hpp"
#include "tautrack/path/natural_path.hpp"

#include "core/decompositions.hpp"
#include "core/products.hpp"
#include "network/inverse.hpp"
#include "network/residual.hpp"

namespace tautrack::infinity {

namespace {

/// E' and E'' of a problem of one weight.
class OneWeight {
 public:
  OneWeight(const Problem& problem, Activation activation)
      : problem_(problem), activation_(activation), ends_(range(activation)) {}

  [[nodiscard]] double slope(double w) const {
    double sum = 0.0;
    for (Index i = 0; i < problem_.y.size(); ++i) {
      const double x = problem_.X(i, 0);
      const ActivationValues sigma = evaluate(activation_, x * w);
      sum += omega(i) * x * sigma.first * residual(sigma, ends_, x * w, 1.0, problem_.y(i));
    }
    return sum;
  }

  [[nodiscard]] double curvature(double w) const {
    double sum = 0.0;
    for (Index i = 0; i < problem_.y.size(); ++i) {
      const double x = problem_.X(i, 0);
      const ActivationValues sigma = evaluate(activation_, x * w);
      sum += omega(i) * x * x *
             (sigma.first * sigma.first +
              sigma.second * residual(sigma, ends_, x * w, 1.0, problem_.y(i)));
    }
    return sum;
  }

 private:
  [[nodiscard]] double omega(Index i) const {
    return problem_.pattern_weights.size() > 0 ? problem_.pattern_weights(i) : 1.0;
  }

  const Problem& problem_;
  Activation activation_;
  Range ends_;
};

/// The zero of f in [low, high], where it has the given values of opposite sign.
template <class F>
double zero(const F& f, double low, double high, double at_low, double at_high) {
  std::uintmax_t iterations = 200;
  const auto [a, b] = boost::math::tools::toms748_solve(
      f, low, high, at_low, at_high, boost::math::tools::eps_tolerance<double>(), iterations);
  return 0.5 * (a + b);
}

std::vector<double> grid_of_one_weight(double steepest, double flattest, double saturated) {
  constexpr double first = 0.1;
  constexpr double ratio = 0.05;  // of far neighbours, less one
  std::vector<double> grid{0.0};
  const double end = std::asinh(saturated / first * (steepest / flattest));
  for (double t = ratio; t < end + ratio; t += ratio) {
    grid.push_back(first / steepest * std::sinh(t));
    grid.push_back(-grid.back());
  }
  std::sort(grid.begin(), grid.end());
  return grid;
}

/// Minimiser found from x by Newton's method with the Hessian shifted to be positive definite and
/// the step shortened until the energy falls; nothing when it runs away or does not get there.
std::optional<Vector> descend(NaturalHomotopy& homotopy, Corrector& corrector, Vector x) {
  constexpr int budget = 200;
  const Index n = x.size();
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  double energy = homotopy.energy(x, 1.0);
  bool arrived = false;
  for (int iteration = 0; iteration < budget && !arrived; ++iteration) {
    homotopy.derivatives(x, 1.0, H, H_x, H_tau);
    const SymmetricEigen eigen = symmetric_eigen(H_x);
    const Vector& values = eigen.eigenvalues();
    const double floor = 1e-12 * values.cwiseAbs().maxCoeff();
    const Vector gradient = transposed_times(eigen.eigenvectors(), H);
    const Vector step =
        -times(eigen.eigenvectors(), gradient.cwiseQuotient(values.cwiseAbs().cwiseMax(floor)));
    if (!step.allFinite()) return std::nullopt;
    // Not much further than a unit of the node input that changes most.
    double part = std::min(1.0, 2.0 / homotopy.displacement(x, step));
    arrived = homotopy.displacement(x, step) <= 1e-7 && values(0) > 0.0;
    for (int halving = 0;; ++halving) {
      const Vector trial = x + part * step;
      const double there = homotopy.energy(trial, 1.0);
      if (there <= energy) {
        x = trial;
        energy = there;
        break;
      }
      if (halving == 40 || arrived) {
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
  if (!(homotopy.displacement(before, x - before) <= 1e-3)) return std::nullopt;
  homotopy.derivatives(x, 1.0, H, H_x, H_tau);
  const SymmetricEigen eigen = symmetric_eigenvalues(H_x);
  if (!(eigen.eigenvalues()(0) > 1e-13 * eigen.eigenvalues()(n - 1))) return std::nullopt;
  return x;
}

}  // namespace

std::vector<double> minima_of_one_weight(const Problem& problem, Activation activation) {
  assert(problem.X.cols() == 1);
  const Vector x = problem.X.col(0);
  const double steepest = x.cwiseAbs().maxCoeff();
  const double flattest = x.cwiseAbs().minCoeff();
  assert(flattest > 0.0);
  const Range ends = range(activation);
  if (steepest == flattest) {
    double sum = 0.0, total = 0.0;
    for (Index i = 0; i < x.size(); ++i) {
      const double omega = problem.pattern_weights.size() > 0 ? problem.pattern_weights(i) : 1.0;
      sum += omega * (x(i) > 0.0 ? problem.y(i) : ends.low + ends.high - problem.y(i));
      total += omega;
    }
    const double u = inverse_sigmoid(activation, std::clamp(sum / total, ends.low, ends.high));
    if (!std::isfinite(u) || !(sum / total > ends.low && sum / total < ends.high)) return {};
    return {u / steepest};
  }

  const OneWeight energy(problem, activation);
  const auto slope = [&](double w) { return energy.slope(w); };
  const auto curvature = [&](double w) { return energy.curvature(w); };
  std::vector<double> breaks = grid_of_one_weight(steepest, flattest, saturated_input(activation));
  const std::size_t grid = breaks.size();
  double before = curvature(breaks[0]);
  for (std::size_t k = 1; k < grid; ++k) {
    const double here = curvature(breaks[k]);
    if ((before < 0.0 && here > 0.0) || (before > 0.0 && here < 0.0))
      breaks.push_back(zero(curvature, breaks[k - 1], breaks[k], before, here));
    before = here;
  }
  std::sort(breaks.begin(), breaks.end());
  std::vector<double> minima;
  double low = 0.0, at_low = 0.0;  // the last point where the slope is not zero
  for (const double w : breaks) {
    const double here = slope(w);
    if (here == 0.0) continue;
    if (at_low < 0.0 && here > 0.0) minima.push_back(zero(slope, low, w, at_low, here));
    low = w;
    at_low = here;
  }
  return minima;
}

std::vector<Vector> minima_of_two_weights(const Problem& problem,
                                          const PerceptronOptions& network) {
  PerceptronOptions options = network;
  options.ridge = 0.0;
  const Perceptron free(problem, options);
  assert(free.unknowns() == 2);
  NaturalHomotopy homotopy(free);
  Corrector corrector(homotopy, {});
  const Matrix A = free.space().basis();
  const Range ends = range(options.activation);

  std::vector<Vector> starts;
  const NaturalPath path = track_natural(free);
  if (path.ok()) starts.push_back(free.coordinates(path.end->weights));
  constexpr Index most_pairs = 12;
  const double margin = 0.02 * (ends.high - ends.low);
  for (Index i = 0; i < std::min(A.rows(), most_pairs); ++i) {
    for (Index j = 0; j < i; ++j) {
      Eigen::Matrix2d pair;
      pair << A.row(i), A.row(j);
      if (!(std::abs(pair.determinant()) > 1e-6 * A.row(i).norm() * A.row(j).norm())) continue;
      const auto wanted = [&](Index k) {
        return inverse_sigmoid(options.activation, std::clamp(free.targets()(k), ends.low + margin,
                                                              ends.high - margin));
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
    const std::optional<Vector> minimum = descend(homotopy, corrector, start);
    if (!minimum) continue;
    const bool known = std::any_of(found.begin(), found.end(), [&](const Vector& other) {
      return homotopy.displacement(other, *minimum - other) <= 1e-6;
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
