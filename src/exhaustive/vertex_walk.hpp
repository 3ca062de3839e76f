#pragma once

#include <optional>
#include <vector>

#include "exhaustive/bound_problem.hpp"

namespace tautrack::exhaustive {

/// The simplex method in few dimensions: from vertex to vertex of { v : low <= Q v + shift <= high }, for one linear function
/// after the other. A solver made for many rows would take ten times as long for what here is a handful of dot
/// products with all rows a step.
class VertexWalk {
 public:
  /// @param v Inside, or nearly so. Keeps references.
  VertexWalk(const BoundProblem& problem, const Inputs& inputs, const Vector& v);

  /// A row that holds a vertex in place, and the side that it is on: 1 high, -1 low.
  struct Active {
    std::size_t row;
    int side;
  };

  /// The rows that hold a vertex with the largest `sign` times input of this row: the row is a combination of theirs with
  /// coefficients that pull outwards. Nothing: it is unbounded, or it was given up.
  [[nodiscard]] std::optional<std::vector<Active>> extreme(std::size_t row, int sign);

  /// The inputs of all rows at the last vertex, L.
  [[nodiscard]] const Vector& inputs() const { return u_; }

 private:
  [[nodiscard]] bool find_vertex(const Vector& objective);
  /// How far it goes from v along d, and what is in the way; nothing: no end.
  [[nodiscard]] std::optional<Active> ratio_test(const Vector& d, double& length);
  void move(const Vector& d, double length);
  [[nodiscard]] bool factor();

  const BoundProblem& problem_;
  const Inputs& inputs_;
  Vector v_, u_, along_;
  std::vector<Active> active_;
  Matrix inverse_;  ///< Of the rows of Q that are active.
  int updates_ = 0;
};

}  // namespace tautrack::exhaustive
