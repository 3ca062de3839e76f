#pragma once

#include <optional>
#include <vector>

#include "exhaustive/bound_problem.hpp"

namespace tautrack::exhaustive {

/// A lower bound of the energy in a node that is proven, with what it says of each pattern.
class SafeBound {
 public:
  /// @param multipliers L, of any quality. @param near L, inputs where the minima may be.
  SafeBound(const BoundProblem& problem, const Inputs& inputs, Vector multipliers,
            const Vector& near);

  /// No w with inputs in the node has less energy.
  [[nodiscard]] double value() const { return value_; }

  /// Takes from the intervals inputs with which the energy is proven to be above `energy`.
  void tighten(Inputs& inputs, double energy) const;

 private:
  /// mu_i, of which some are known as an interval only.
  [[nodiscard]] double least(std::size_t i, double low, double high, double near) const;
  void choose_signs(const Inputs& inputs);
  [[nodiscard]] bool correct(const Inputs& inputs);

  const BoundProblem& problem_;
  Vector near_;
  std::vector<Interval> multipliers_;
  std::vector<double> least_;
  double value_ = 0.0;
};

/// Proven: the input of a row, times `sign`, is at most this wherever the inputs of the node are, by the coefficients with
/// which the row is a combination of the members; infinity when nothing is proven.
[[nodiscard]] double largest_input(const BoundProblem& problem, const Inputs& inputs,
                                   std::size_t row, int sign,
                                   const std::vector<std::size_t>& members);

/// Whether the energy is proven to be strictly convex on the set of all w with inputs in these intervals.
[[nodiscard]] bool is_convex(const BoundProblem& problem, const Inputs& inputs);

}  // namespace tautrack::exhaustive
