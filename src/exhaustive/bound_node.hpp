#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "core/number_row.hpp"
#include "core/numbers.hpp"
#include "exhaustive/relaxation.hpp"

namespace tautrack::exhaustive {

/// Which child of a split.
enum Side : std::size_t { low_side, high_side };

/// A split of a node.
struct Split {
  std::size_t pattern = 0;
  double gap =
      0.0;  ///< By how much function and envelope differed there; zero: it was made for something else.
  double bound = -kInfinity;  ///< Of the node that was split.
};

/// A node of the tree of a lower bound.
struct BoundNode {
  Inputs inputs;
  double bound = -kInfinity;
  Vector v;         ///< n, where its convex problem begins, and ...
  SidePulls pulls;  ///< ... with these multipliers.
  long number = 0;  ///< In the order in which they are made.
  Split made_by;
  Side side = low_side;
};

/// The order of a heap whose first node has the least bound.
struct WorstFirst {
  bool operator()(const BoundNode& a, const BoundNode& b) const {
    return a.bound != b.bound ? a.bound > b.bound : a.number > b.number;
  }
};

/// What splits of each pattern have gained (pseudo-costs: Benichou et al., Experiments in mixed-integer linear programming,
/// Math. Program. 1, 1971; Achterberg, Koch & Martin, Branching rules revisited, Oper. Res. Lett. 33, 2005).
class SplitGains {
 public:
  explicit SplitGains(std::size_t patterns) : of_pattern_(patterns) {}

  /// What a split of the pattern can be expected to gain on this side, relative to the gap: the mean of what it did and,
  /// counted once, of what all did.
  [[nodiscard]] double rate(std::size_t pattern, Side side) const;

  /// @param bound Of the child that a split made, after it was looked at.
  void learn(const Split& split, Side side, double bound);

  void write(NumberWriter& writer) const;
  void read(NumberReader& reader);

 private:
  struct Gain {
    double sum = 0.0;  ///< Over splits, of what the bound rose by, relative to the gap.
    long splits = 0;
  };
  using Gains = std::array<Gain, 2>;  ///< By sides.

  std::vector<Gains> of_pattern_;
  Gains of_all_;
};

void write(const BoundNode& node, NumberWriter& writer);

/// @return A node of a problem with so many patterns and weights; unless the reader stays sound it is none.
[[nodiscard]] BoundNode read_node(NumberReader& reader, std::size_t patterns, Index weights);

}  // namespace tautrack::exhaustive
