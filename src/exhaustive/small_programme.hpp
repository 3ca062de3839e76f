#pragma once

#include <cstddef>
#include <vector>

namespace tautrack::exhaustive {

/// A linear programme in a handful of variables: the largest gain.x with rows.x <= sides and |x_j| <= reach, by
/// Seidel's algorithm (Small-dimensional linear programming and convex hulls made easy, Discrete Comput. Geom. 6,
/// 1991), which takes time in proportion to the rows. Rounded: what it says is to be checked.
class SmallProgramme {
 public:
  /// A programme in d variables, at most eight, without rows.
  void begin(int d) {
    d_ = d;
    rows_.clear();
  }
  /// The next row; d + 1 numbers to be set.
  double* add() {
    const std::size_t width = static_cast<std::size_t>(d_) + 1;
    rows_.resize(rows_.size() + width);
    return rows_.data() + rows_.size() - width;
  }
  /// @param gain d numbers. @param x d, set. @return false when it is infeasible, or seems so.
  [[nodiscard]] bool solve(const double* gain, double reach, double* x);

  /// The rows that hold x where it is, at most d; those of reach are not among them.
  [[nodiscard]] const std::vector<int>& tight() const { return tight_; }

 private:
  [[nodiscard]] bool solve(int d, std::vector<double>& rows, const double* gain, double reach,
                           double* x);

  int d_ = 0;
  std::vector<double> rows_;
  std::vector<std::vector<double>>
      level_;                      ///< By dimension less one: the rows on the side of one of more.
  std::vector<std::size_t> held_;  ///< By dimension: the row of that level which x is on, if any.
  std::vector<int> tight_;
};

}  // namespace tautrack::exhaustive
