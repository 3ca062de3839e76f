#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

#include "exhaustive/energy_term.hpp"

namespace tautrack::exhaustive {

/// The energy as a sum over patterns of functions of one number each,
///
///     E = sum_i phi_i(x_i.w + offset_i) + 1/2 sum_j penalty_j w_j^2,
///
/// x_i and offset_i in units of the odd sigmoid S, in the columns that are independent.
struct BoundProblem {
  /// @param reason One sentence, when there is no such problem.
  [[nodiscard]] static std::optional<BoundProblem> make(const Perceptron& network,
                                                        std::string& reason);

  [[nodiscard]] std::size_t patterns() const { return terms.size(); }
  [[nodiscard]] Index weights() const { return X.cols(); }

  OddSigmoid sigmoid;
  std::vector<Index> columns;     ///< n, of the network.
  Matrix X;                       ///< L x n
  Matrix X_all;                   ///< L x s, with the columns that depend on others.
  std::vector<Interval> offset;   ///< L, or none.
  std::vector<Interval> penalty;  ///< n; 0 exactly where a weight goes free.
  std::vector<EnergyTerm> terms;  ///< L
  double constant = 0.0;          ///< What patterns without inputs add; a lower bound.
  double constant_above = 0.0;    ///< The same, an upper bound.

  // Rounded, of the convex problems: node inputs are Q v + shift.
  Matrix Q;          ///< L x n, orthonormal columns.
  Matrix inverse_R;  ///< n x n, w = inverse_R v.
  Vector shift;      ///< L
  Matrix ridge;      ///< n x n, in v.

 private:
  explicit BoundProblem(const OddSigmoid& odd) : sigmoid(odd) {}
};

/// One interval for each node input; its ends may be infinite.
struct Inputs {
  std::vector<double> low, high;  ///< L
};

/// Encloses the energy of weights (of the columns of the problem).
[[nodiscard]] Interval energy_at(const BoundProblem& problem, const Vector& weights);

}  // namespace tautrack::exhaustive
