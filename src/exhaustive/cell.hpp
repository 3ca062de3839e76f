#pragma once

#include <cmath>
#include <optional>
#include <vector>

#include "exhaustive/branching.hpp"
#include "exhaustive/linearised.hpp"
#include "exhaustive/pull_test.hpp"
#include "exhaustive/region.hpp"
#include "exhaustive/rows.hpp"
#include "exhaustive/small_programme.hpp"

namespace tautrack::exhaustive {

/// A convex cell of weights: { w : x_i.w in inputs_i for all rows }, which lies in the
/// parallelepiped of the rows of a basis. Cells are cut along rows, so that strips along the
/// hyperplane of a pattern become cells of the right shape and size by themselves.
struct Cell {
  BasisPointer basis;
  std::vector<Interval> inputs;  ///< size(), of x_i.w, without offsets
  double share = 1.0;            ///< Of the search, halved at every cut.
};

/// A stationary point that is proven.
struct Found {
  BasisPointer basis;
  Point unique_in;  ///< Box of q = inputs of the basis that holds no other stationary point.
  Point solution;   ///< Box of q that holds this one.
  Point weights;    ///< The same in scaled weights.
  int morse_index = 0;
};

/// Size of a range of inputs on the scale of asinh: lengths near zero, ratios far out.
inline double extent(const Interval& u) { return std::asinh(u.upper()) - std::asinh(u.lower()); }

inline bool is_zero(const Interval& x) { return x.lower() == 0.0 && x.upper() == 0.0; }

/// Looks at cells. One thread at a time; everything that it is made of is shared.
class Examiner {
 public:
  /// @param bases Bases of `rows`. @param contributions Those of its patterns.
  Examiner(const Rows& rows, const SignTest& signs, const std::vector<Contribution>& contributions,
           Bases& bases);

  /// The cell of all w in a box of scaled weights.
  [[nodiscard]] static Cell cell_of(const Rows& rows, Bases& bases, const Point& box);

  /// Encloses the weights of a cell.
  [[nodiscard]] static Point box_of(const Rows& rows, const Basis& basis, const Point& q);
  [[nodiscard]] static Point box_of(const Rows& rows, const Cell& cell);

  /// The cell shrinks where that is proven to lose no stationary point. After Verdict::split it is
  /// the first half and second_half() the other one.
  [[nodiscard]] Verdict examine(Cell& cell);
  [[nodiscard]] const Found& found() const { return found_; }
  [[nodiscard]] Cell& second_half() { return second_half_; }

 private:
  using Square = std::array<Interval, kMaxWeights * kMaxWeights>;
  using SquareDouble = std::array<double, kMaxWeights * kMaxWeights>;

  enum class Effect { nothing, shrinks, empties, proves };

  [[nodiscard]] Point coordinates(const Cell& cell) const;
  [[nodiscard]] BasisPointer exchanged(const Basis& basis, std::size_t place, int row);
  void improve_basis(Cell& cell);
  [[nodiscard]] bool prefer_dominant_rows(Cell& cell);
  [[nodiscard]] bool propagate(Cell& cell);
  void bound_rows(const Basis& basis, const std::vector<Interval>& inputs);
  void lift_components(const Basis& basis);
  [[nodiscard]] double lift_of(int j) const { return component_lift_[static_cast<std::size_t>(j)]; }
  /// What comes times the exponential of the lift of row k, times that of a smaller lift instead.
  [[nodiscard]] Interval lowered(const Interval& x, std::size_t k, double lift) const {
    if (!is_lifted_ || lift_[k] == lift) return x;
    const Interval exponent = Interval(lift) - lift_[k];
    return x * exponential(exponent);
  }
  [[nodiscard]] bool gradient_excludes(const Cell& cell) const;
  [[nodiscard]] bool ratio_excludes(const Cell& cell, int j) const;
  void hessian(const Basis& basis, bool symmetric, Square& H) const;
  [[nodiscard]] bool precondition(const Square& H, SquareDouble& Y) const;
  void gradient_at(const Basis& basis, const std::array<double, kMaxWeights>& q, Point& G) const;
  void set_centre(const Point& Q);
  void bound_with_centre(const Cell& cell);
  /// Krawczyk's operator for the box Q around the centre, from the bounds of the rows for both.
  [[nodiscard]] bool krawczyk(const Basis& basis, const Point& Q, Point& K, double& contraction);
  [[nodiscard]] bool certify(const Cell& cell);
  [[nodiscard]] bool bound_box(const Basis& basis, const Point& Q);
  [[nodiscard]] std::optional<int> morse_index(const Square& H) const;
  [[nodiscard]] Effect newton_step(Cell& cell, double& shrunk);
  [[nodiscard]] Effect shrink(Cell& cell);
  [[nodiscard]] Effect bound_row(Cell& cell, int row);
  [[nodiscard]] int row_to_cut(const Cell& cell) const;
  [[nodiscard]] bool split(Cell& cell);

  const Rows& rows_;
  const SignTest& signs_;
  Bases& bases_;
  Linearised linearised_;
  PullTest pulls_;
  SmallProgramme programme_;
  std::vector<int> names_;  ///< Rows of the programme.
  int n_;
  std::vector<PatternBounds> bounds_;  ///< Of all rows, the linear ones included.
  std::vector<int> sign_;
  std::vector<double> lift_;       ///< Of the rows, see OddSigmoid::lift().
  std::vector<double> dominance_;  ///< Logarithms of the sizes of the rows' contributions, roughly.
  std::array<double, kMaxWeights> component_lift_{};
  bool is_lifted_ = false;
  std::vector<Interval> inputs_;  ///< Scratch of certify().
  Square YH_{};
  Point step_{};                              ///< Y G(m)
  std::array<double, kMaxWeights> centre_{};  ///< m, where the mean-value form is developed.
  Found found_;
  Cell second_half_;
};

}  // namespace tautrack::exhaustive
