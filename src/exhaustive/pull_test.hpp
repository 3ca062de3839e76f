#pragma once

#include <vector>

#include "exhaustive/rows.hpp"
#include "exhaustive/small_programme.hpp"

namespace tautrack::exhaustive {

/// A place w' that everything in a cell of weights pulls to or away from: (w - w').grad E > 0 for all w in the cell. As
///
///     (w - w').grad E = sum_i contribution_i(x_i.w) (x_i.w - x_i.w'),
///
/// and a contribution is negative below its root and positive above, no term is negative if x_i.w' is the root of each
/// row whose inputs in the cell reach over it, and is on the other side of the inputs than the contribution pulls to for
/// the others. Finding w' is a linear programme. Nothing but signs counts, so that cells may be as large and as far out
/// as they like; a w' far out is a direction in which all pull the same way.
class PullTest {
 public:
  PullTest(const Rows& rows, Bases& bases);

  /// @param signs size() of the contributions: -1, 0 (not sure) or 1.
  [[nodiscard]] bool excludes(const BasisPointer& basis, const std::vector<Interval>& inputs,
                              const std::vector<int>& signs);

 private:
  [[nodiscard]] bool proves(const Basis& basis, const Point& place,
                            const std::vector<Interval>& inputs,
                            const std::vector<int>& signs) const;

  const Rows& rows_;
  Bases& bases_;
  std::size_t n_;
  std::vector<int> order_;  ///< Of the active rows, shuffled.
  SmallProgramme programme_;
};

}  // namespace tautrack::exhaustive
