#include "explore/descent.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/decompositions.hpp"

namespace tautrack {

namespace {

constexpr int kMaxIterations = 400;

/// The largest change of a node input in one step, relative to one unit or its size.
constexpr double kFirstReach = 0.5;
constexpr double kLargestReach = 4.0;
constexpr double kSmallestReach = 1e-12;

/// A Newton step this short, relative like the above, is the last one.
constexpr double kConverged = 1e-9;

/// Node inputs of this root mean square are on their way to infinity.
constexpr double kDescentFarAway = 1e5;

}  // namespace

Descender::Descender(const AnyNetwork& network)
    : network_(network),
      work_(network),
      H_(network.unknowns()),
      H_tau_(network.unknowns()),
      H_v_(network.unknowns(), network.unknowns()),
      shifted_(network.unknowns(), network.unknowns()) {}

Descent Descender::descend(const Vector& start, const StopCondition& stop) {
  Descent out;
  out.v = start;
  out.energy = network_.energy(start, 1.0, work_);
  const double far_away = kDescentFarAway * std::sqrt(network_.total_pattern_weight());
  double reach = kFirstReach;
  double last_damping = 0.0;
  SymmetricEigen eigen;
  for (int iteration = 0; iteration < kMaxIterations && !stop.is_met(); ++iteration) {
    const double scale = network_.derivatives(out.v, 1.0, work_, H_, H_v_, H_tau_);
    const double bound = H_v_.cwiseAbs().colwise().sum().maxCoeff();  // on the largest eigenvalue
    if (!std::isfinite(bound)) return out;
    const double floor = 16.0 * std::numeric_limits<double>::epsilon() * bound;
    const bool at_rest = H_.norm() <= 8.0 * std::numeric_limits<double>::epsilon() * scale;
    // Eigenvectors take many times as long as a factorisation and are needed where H_v is not positive definite, or the step
    // is to be shortened.
    bool is_decomposed = false;
    Vector gradient;
    const auto decompose = [&] {
      if (is_decomposed) return true;
      symmetric_eigen(H_v_, eigen);
      is_decomposed = eigen.info() == Eigen::Success;
      if (is_decomposed) gradient = eigen.eigenvectors().transpose() * H_;
      return is_decomposed;
    };
    const auto step_for = [&](double damping) -> Vector {
      return -(eigen.eigenvectors() *
               gradient.cwiseQuotient(
                   (eigen.eigenvalues().cwiseAbs().array().max(floor) + damping).matrix()));
    };
    shifted_ = H_v_;
    shifted_.diagonal().array() -= floor;
    bool convex = cholesky(shifted_).info() == Eigen::Success;
    Vector step;
    if (convex) {
      step = -solve(cholesky(H_v_), H_);
    } else {
      if (!decompose()) return out;
      convex = eigen.eigenvalues()(0) > floor;
      step = step_for(0.0);
    }
    double length = network_.relative_displacement(out.v, step, work_);
    if (convex && (length <= kConverged || at_rest)) {
      out.v += step;
      out.end = Descent::End::minimum;
      return out;
    }
    // At rest without a minimum: the energy has faded into rounding.
    if (at_rest || out.v.norm() > far_away) {
      out.end = Descent::End::ran_away;
      out.direction = step;
      return out;
    }
    // The damping that keeps the step within reach, to a factor of two.
    double damping = 0.0;
    for (;;) {
      if (length > reach) {
        if (!decompose()) return out;
        const double largest = eigen.eigenvalues().cwiseAbs().maxCoeff();
        damping = std::max(1e-16 * largest, 1e-2 * last_damping);
        while (length > reach && damping < 1e20 * largest) {
          damping *= 4.0;
          step = step_for(damping);
          length = network_.relative_displacement(out.v, step, work_);
        }
        last_damping = damping;
      }
      double energy = network_.energy(out.v + step, 1.0, work_);
      // Next to a saddle a step only doubles the distance from it; energies take less time than Hessians.
      while (!convex && energy < out.energy && 2.0 * length <= reach) {
        const double beyond = network_.energy(out.v + 2.0 * step, 1.0, work_);
        if (!(beyond < energy)) break;
        step *= 2.0;
        length *= 2.0;
        energy = beyond;
      }
      const double rounding = 4.0 * std::numeric_limits<double>::epsilon() * out.energy;
      if (energy < out.energy || (convex && energy <= out.energy + rounding)) {
        out.v += step;
        out.direction = step;
        const double gain = out.energy - energy;
        const double predicted = -H_.dot(step) - 0.5 * step.dot(H_v_ * step);
        out.energy = energy;
        if (gain > 0.5 * predicted) reach = std::min(kLargestReach, 2.0 * reach);
        if (gain < 0.1 * predicted) reach *= 0.5;
        break;
      }
      reach = 0.25 * std::min(reach, length);
      if (reach < kSmallestReach) return out;
    }
  }
  return out;
}

}  // namespace tautrack
