#include "fits/curve_descents.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "core/decompositions.hpp"
#include "core/numbers.hpp"

namespace tautrack::fits {
namespace {

constexpr int kDescentSteps = 300;
/// |H| below this times what it is summed from is rounding.
constexpr double kRoundedGradient = 1e3 * kEpsilon;
/// A minimum whose least eigenvalue is below this, relative to the largest, is not told from a place on the way to a
/// limit.
constexpr double kFlat = 1e-11;
/// Nor one with node inputs beyond this: sigmoids are saturated to rounding there.
constexpr double kFarInput = 35.0;
/// Minima nearer than this, relative, are the same: Newton's method leaves much less.
constexpr double kSameMinimum = 1e-6;
/// Node inputs of starts reach from 1/2 to this.
constexpr double kLargestStart = 20.0;

/// One network and what its evaluations need.
class CurveDescent {
 public:
  explicit CurveDescent(const HiddenLayer& network)
      : network_(network),
        work_(network),
        H_(network.unknowns()),
        H_x_(network.unknowns(), network.unknowns()),
        H_tau_(network.unknowns()) {}

  /// The point that a descent from x comes to; nothing when it runs off.
  std::optional<StationaryPoint> minimum_from(Vector x, double& energy) {
    const Index n = network_.unknowns();
    energy = network_.energy(x, 1.0, work_);
    double damping = 1e-2;
    for (int step = 0; step < kDescentSteps; ++step) {
      const double scale = network_.derivatives(x, 1.0, work_, H_, H_x_, H_tau_);
      const SymmetricEigen eigen = symmetric_eigen(H_x_);
      const Vector values = eigen.eigenvalues().cwiseAbs();
      if (H_.norm() <= kRoundedGradient * scale) return judge(x, eigen.eigenvalues(), energy);
      // Along each eigenvector downhill.
      const Vector components = eigen.eigenvectors().transpose() * H_;
      bool moved = false;
      for (int trial = 0; trial < 40 && !moved; ++trial) {
        Vector move(n);
        for (Index k = 0; k < n; ++k)
          move(k) = -components(k) / (values(k) + damping * values.maxCoeff());
        const Vector next = x + eigen.eigenvectors() * move;
        const double lower = network_.energy(next, 1.0, work_);
        moved = lower < energy;
        if (moved) {
          x = next;
          energy = lower;
        }
        damping = moved ? std::max(0.1 * damping, 1e-15) : std::max(4.0 * damping, 1e-15);
      }
      if (!moved) {  // the energy is rounding; the gradient decides
        network_.derivatives(x, 1.0, work_, H_, H_x_, H_tau_);
        for (int newton = 0; newton < 3; ++newton) {
          x -= solve_square(H_x_, H_);
          if (!x.allFinite()) return std::nullopt;
          network_.derivatives(x, 1.0, work_, H_, H_x_, H_tau_);
        }
        energy = network_.energy(x, 1.0, work_);
        return judge(x, symmetric_eigen(H_x_).eigenvalues(), energy);
      }
    }
    return std::nullopt;
  }

 private:
  std::optional<StationaryPoint> judge(const Vector& x, const Vector& eigenvalues, double energy) {
    const double scale = network_.gradient(x, 1.0, work_, H_);
    const bool is_minimum = eigenvalues(0) > kFlat * eigenvalues(eigenvalues.size() - 1);
    const bool is_near = network_.node_inputs(x).cwiseAbs().maxCoeff() < kFarInput;
    if (!(H_.norm() <= 1e3 * kRoundedGradient * scale) || !is_minimum || !is_near)
      return std::nullopt;
    const Vector form = network_.has_sign_symmetry() ? network_.canonical(x) : x;
    StationaryPoint point;
    point.weights = network_.hidden_weights(form).col(0);
    point.range = network_.plateaus(form);
    if (!(point.range->low < point.range->high)) return std::nullopt;
    point.energy = energy;
    point.kind = StationaryKind::minimum;
    point.morse_index = 0;
    point.eigenvalues = eigenvalues;
    point.status = PointStatus::converged;
    point.reason = "several inputs, or an activation without proofs for fitted plateaus";
    point.found_by = "descent";
    point.data_sensitivity =
        kEpsilon * (network_.inputs().cwiseAbs() * point.weights.cwiseAbs()).maxCoeff();
    return point;
  }

  const HiddenLayer& network_;
  HiddenLayer::Workspace work_;
  Vector H_;
  Matrix H_x_;
  Vector H_tau_;
};

/// A start: random slopes, and the plateaus that fit best to them.
Vector random_start(const HiddenLayer& network, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  const Index rank = network.space().rank();
  Vector x = Vector::Zero(network.unknowns());
  for (Index k = 0; k < rank; ++k) x(k) = normal(random);
  const double largest = network.node_inputs(x).cwiseAbs().maxCoeff();
  const double size = 0.5 * std::pow(2.0 * kLargestStart, uniform(random));
  if (largest > 0.0) x.head(rank) *= size / largest;
  // z is linear in the rest.
  x(rank) = 1.0;
  const Vector with = network.node_outputs(x, 1.0).col(0);
  x(rank) = 0.0;
  const Vector without = network.node_outputs(x, 1.0).col(0);
  const bool free = network.has_free_bias();
  Matrix columns(with.size(), free ? 2 : 1);
  columns.col(0) = with - without;
  if (free) {
    x(rank + 1) += 1.0;
    columns.col(1) = network.node_outputs(x, 1.0).col(0) - without;
    x(rank + 1) -= 1.0;
  }
  const Vector root = network.pattern_weights().cwiseSqrt();
  const Vector best = least_squares(Matrix(root.asDiagonal() * columns),
                                    Vector(root.cwiseProduct(network.targets() - without)));
  x(rank) = best(0);
  if (free) x(rank + 1) += best(1);
  return x;
}

}  // namespace

CurveDescents descend_curves(const HiddenLayer& network, int starts, unsigned long seed,
                             const StopCondition& stop) {
  std::mt19937_64 random(seed);
  CurveDescents found;
  found.lowest_off = kInfinity;
  CurveDescent descent(network);
  for (; found.starts < starts && !stop.is_met(); ++found.starts) {
    double energy = 0.0;
    auto point = descent.minimum_from(random_start(network, random), energy);
    if (!point) {
      ++found.ran_off;
      found.lowest_off = std::min(found.lowest_off, energy);
      continue;
    }
    const bool is_known =
        std::any_of(found.minima.begin(), found.minima.end(), [&](const StationaryPoint& other) {
          return (other.weights - point->weights).norm() <=
                 kSameMinimum * (1.0 + point->weights.norm());
        });
    if (!is_known) found.minima.push_back(std::move(*point));
  }
  std::stable_sort(
      found.minima.begin(), found.minima.end(),
      [](const StationaryPoint& a, const StationaryPoint& b) { return a.energy < b.energy; });
  return found;
}

}  // namespace tautrack::fits
