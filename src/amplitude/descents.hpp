#pragma once

#include <optional>
#include <vector>

#include "tautrack/core/stop_condition.hpp"

#include "amplitude/model.hpp"

namespace tautrack::amplitude {

/// Whether weights (s) give the same node inputs (rows of X), to 1e-6 of one or of the largest: Newton's method leaves
/// two that it found of one point much nearer.
[[nodiscard]] bool are_same_inputs(const Matrix& X, const Vector& v, const Vector& w);

/// Where a descent ended.
struct Descent {
  Model model;  ///< Its base may have changed.
  Vector x;
  double energy = 0.0;
  bool is_minimum =
      false;  ///< The gradient is rounding, and the Hessian positive definite beyond rounding.
};

/// Descends by Newton's method with a damping in the weights alone, the plateaus fitted to them at each step (Golub and
/// Pereyra 1973): where a plateau is on its way out the valley is bent in both, and straight in the weights.
[[nodiscard]] Descent descend(Model model, Vector x, const StopCondition& stop);

/// What descents from many starts came to.
struct Descents {
  std::vector<Descent> minima;   ///< By energy, each once, low < high.
  std::vector<Descent> ran_off;  ///< Those that came to no minimum, low < high.
  int starts = 0;
  int upside_down = 0;  ///< Ended with a height of the wrong sign beside a known end.
};

/// Descents from starts of random directions and slopes, with the plateaus that fit best to them.
[[nodiscard]] Descents descend_from_many(const Model& model, int starts, unsigned long seed,
                                         const StopCondition& stop);

}  // namespace tautrack::amplitude
