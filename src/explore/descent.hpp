#pragma once

#include <optional>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"

#include "network/any_network.hpp"

namespace tautrack {

/// Where a descent came to.
struct Descent {
  enum class End {
    minimum,   ///< Newton's method converged at a point with a positive definite Hessian.
    ran_away,  ///< The energy still falls while node inputs saturate: infinite weights.
    budget     ///< Iterations or the time are used up.
  };
  End end = End::budget;
  Vector v;          ///< n
  Vector direction;  ///< n, the last step.
  double energy = 0.0;
};

/// Minimises E(v, 1) from v by Newton's method in a shrinking and growing trust region, with the signs
/// of the Hessian's negative eigenvalues reversed (Dauphin et al. 2014; the damping is Levenberg's).
/// Owns its scratch.
class Descender {
 public:
  explicit Descender(const AnyNetwork& network);

  /// From a start as it is. @param stop Looked at in every iteration.
  [[nodiscard]] Descent descend(const Vector& start, const StopCondition& stop = {});

 private:
  AnyNetwork network_;
  AnyNetwork::Workspace work_;
  Vector H_, H_tau_;
  Matrix H_v_, shifted_;
};

}  // namespace tautrack
