#include "tautrack/ranks/rows.hpp"

#include <algorithm>
#include <cassert>

namespace tautrack {

RowRange rows_of_rank(Index rows, int rank, int size) {
  assert(rows >= 0 && rank >= 0 && rank < size);
  const Index each = rows / size;
  const Index more = rows % size;  // ranks that get one more
  const Index first = each * rank + std::min<Index>(rank, more);
  return {first, each + (rank < more ? 1 : 0)};
}

Problem rows_of(const Problem& problem, const RowRange& range) {
  const auto share = [&](const Vector& all) {
    return all.size() > 0 ? Vector(all.segment(range.first, range.count)) : Vector();
  };
  return {problem.name,
          problem.columns,
          problem.X.middleRows(range.first, range.count),
          problem.y.segment(range.first, range.count),
          share(problem.pattern_weights),
          share(problem.offset)};
}

}  // namespace tautrack
