#pragma once

#include <vector>

#include "exhaustive/contribution.hpp"
#include "exhaustive/rows.hpp"

namespace tautrack::exhaustive {

/// Those of all patterns; nothing for a single weight, where they are of no use.
[[nodiscard]] std::vector<Contribution> contributions_of(const Rows& rows);

/// The gradient over a cell with the contribution of each row between two parallel lines,
///
///     G(q) = sum_i c_i (slope_i (c_i.q + offset_i) + rest_i),    rest_i in an interval,
///
/// one unknown number a row, so that what the components of G have in common is kept: for any vector v,
///
///     v.G = v.g + (A v).p + sum_i (v.c_i) r_i,    A = sum_i slope_i c_i c_i',    q = middle + p,
///
/// with g and A known and p, r_i between -radius and radius. A v for which that cannot be zero proves that there is
/// no stationary point; one with A v = c_l tells how far x_l.w can be from its middle (affine arithmetic: Stolfi &
/// de Figueiredo, Self-Validated Numerical Methods, 1997; preconditioning as in Neumaier, Interval Methods for Systems
/// of Equations, 1990, chapter 4). All sums are in doubles with a bound of their rounding.
class Linearised {
 public:
  /// Both are to outlive it. @param contributions Those of the patterns, see contributions_of().
  Linearised(const Rows& rows, const std::vector<Contribution>& contributions);

  /// @param inputs size(), of x_i.w. @param bounds size(), of the contributions over them or over more, factors included
  /// and times the exponentials of the lifts. @param lift size(). @return false when nothing can be said here.
  [[nodiscard]] bool set(const Basis& basis, const std::vector<Interval>& inputs,
                         const std::vector<PatternBounds>& bounds, const std::vector<double>& lift);

  /// Makes the inputs smaller where that loses no stationary point. @return false: there is none.
  [[nodiscard]] bool contract(std::vector<Interval>& inputs);

  /// Whether a v is found with which v.G cannot be zero.
  [[nodiscard]] bool excludes();

  /// Of what the last contract() said of the rows, the largest part of what the cell had.
  [[nodiscard]] double contraction() const { return contraction_; }

 private:
  /// v.g and the largest that the rest of v.G can be, rounding of both included.
  struct Form {
    double centre, radius;
  };
  [[nodiscard]] Form form(const double* v, const double* without) const;
  [[nodiscard]] const double* row(int i) const {
    return &basis_->middles[static_cast<std::size_t>(i * n_)];
  }

  const Rows& rows_;
  const std::vector<Contribution>& contributions_;
  std::size_t n_;
  const Basis* basis_ = nullptr;
  std::vector<int> active_;
  std::vector<double> slope_, radius_;
  std::vector<double> c_;  ///< n x active: component by component.
  std::array<double, kMaxWeights> q_{}, reach_{}, g_{}, g_size_{}, spread_{};
  std::array<double, kMaxWeights * kMaxWeights> A_{}, A_size_{}, Y_{};
  double rounding_ = 0.0, contraction_ = 0.0;
};

}  // namespace tautrack::exhaustive
