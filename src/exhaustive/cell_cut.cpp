#include <cmath>

#include "core/small_inverse.hpp"
#include "exhaustive/cell.hpp"

// The part of an examiner that bounds the row to be cut, and cuts.
namespace tautrack::exhaustive {

namespace {

/// Half the width of the strip around the root of a row's contribution that is cut out: outside the
/// sign of the contribution is sure, and a stationary point with a zero residual lies well inside.
constexpr double kStrip = 0.1;

/// Extent below which a cell is not cut.
constexpr double kSmallestExtent = 1e-8;

// None of the following is part of a proof: they decide what is tried.

/// A row whose inputs have more than kShort is cut as if they had so many times that where its sign is open.
constexpr double kOpen = 2.0, kShort = 0.1;

/// Cuts are to shrink the parallelepiped of some basis.
constexpr double kLeastCutGain = 1.0;

/// Sides of rows that leave less than this of the parallelepiped are in the programme; a coordinate this near to its
/// end, in half widths, is at it; and a row that is left with less than this is worth another round.
constexpr double kClips = 0.999, kAtEnd = 1.0 - 1e-9, kShorter = 0.8;

}  // namespace

/// Bounds the inputs of one row over the polytope that all rows make, on both sides: the rows that an optimal vertex lies
/// on are all that a linear programme is asked for, and what they imply is enclosed, whatever they are (Neumaier &
/// Shcherbina, Safe bounds in linear and mixed-integer linear programming, Math. Program. 99, 2004).
Examiner::Effect Examiner::bound_row(Cell& cell, int row) {
  const Basis& basis = *cell.basis;
  const auto n = static_cast<std::size_t>(n_);
  std::array<double, kMaxWeights> middle_of{}, unit{}, x{}, gain{};
  for (std::size_t j = 0; j < n; ++j) {
    const Interval& q = cell.inputs[static_cast<std::size_t>(basis.rows[j])];
    middle_of[j] = middle(q);
    unit[j] = 0.5 * width_of(q);
    if (!(unit[j] > 0.0)) return Effect::nothing;
  }
  // x: q from its middle, in half widths.
  names_.clear();
  programme_.begin(n_);
  for (int i = 0; i < rows_.size(); ++i) {
    const double* const c = &basis.middles[static_cast<std::size_t>(i) * n];
    double at = 0.0, reach = 0.0;
    for (std::size_t j = 0; j < n; ++j) {
      at += c[j] * middle_of[j];
      reach += std::abs(c[j]) * unit[j];
    }
    const Interval& u = cell.inputs[static_cast<std::size_t>(i)];
    for (const double sign : {1.0, -1.0}) {
      const double side = sign > 0.0 ? u.upper() - at : at - u.lower();
      if (!(side < kClips * reach)) continue;
      double* const a = programme_.add();
      for (std::size_t j = 0; j < n; ++j) a[j] = sign * c[j] * unit[j];
      a[n] = side;
      names_.push_back(i);
    }
  }
  if (names_.empty()) return Effect::nothing;
  Interval& own = cell.inputs[static_cast<std::size_t>(row)];
  const Interval before = own;
  for (const double sign : {1.0, -1.0}) {
    const double* const c = &basis.middles[static_cast<std::size_t>(row) * n];
    for (std::size_t j = 0; j < n; ++j) gain[j] = sign * c[j] * unit[j];
    if (!programme_.solve(gain.data(), 1.0, x.data())) continue;
    std::array<int, kMaxWeights> members{};
    std::size_t count = 0;
    for (const int k : programme_.tight()) members[count++] = names_[static_cast<std::size_t>(k)];
    // The others are coordinates at the ends of their reach.
    for (std::size_t j = 0; j < n && count < n; ++j)
      if (std::abs(x[j]) >= kAtEnd) members[count++] = basis.rows[j];
    if (count < n) continue;
    SquareDouble M, inverse;
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t j = 0; j < n; ++j)
        M[k * n + j] = basis.middles[static_cast<std::size_t>(members[k]) * n + j];
    if (small_inverse(n_).invert(M.data(), inverse.data()) == 0) continue;
    Interval bound(0.0);
    Point rest;
    for (std::size_t j = 0; j < n; ++j)
      rest[j] = basis.coefficients[static_cast<std::size_t>(row) * n + j];
    for (std::size_t k = 0; k < n; ++k) {
      double lambda = 0.0;  // lambda' M = c'; inverse is column-major
      for (std::size_t j = 0; j < n; ++j) lambda += c[j] * inverse[k * n + j];
      if (!std::isfinite(lambda)) return Effect::nothing;
      const auto i = static_cast<std::size_t>(members[k]);
      bound += lambda * cell.inputs[i];
      for (std::size_t j = 0; j < n; ++j) rest[j] -= lambda * basis.coefficients[i * n + j];
    }
    for (std::size_t j = 0; j < n; ++j)
      bound += rest[j] * cell.inputs[static_cast<std::size_t>(basis.rows[j])];
    if (!meet(own, bound)) return Effect::empties;
  }
  return width_of(own) < kShorter * width_of(before) ? Effect::shrinks : Effect::nothing;
}

/// The row with the largest extent, or -1; rows the sign of whose contribution is not known count for more, for what is
/// proven of signs alone reaches far. Cutting a row that depends on many coordinates at once would hardly make the
/// parallelepiped smaller, and is done only where there is no other.
int Examiner::row_to_cut(const Cell& cell) const {
  const auto n = static_cast<std::size_t>(n_);
  const Point q = coordinates(cell);
  const auto gain = [&](std::size_t i) {
    double most = 0.0;
    for (std::size_t j = 0; j < n; ++j)
      most = std::max(most, cell.basis->sizes[i * n + j] * width_of(q[j]));
    return 2.0 * most / width_of(cell.inputs[i]);
  };
  for (const double least_gain : {kLeastCutGain, 0.0}) {
    int row = -1;
    double largest = kSmallestExtent;
    for (int i = 0; i < rows_.size(); ++i) {
      const auto k = static_cast<std::size_t>(i);
      const Interval& u = cell.inputs[k];
      if (!rows_.is_active(i) || gain(k) < least_gain) continue;
      double size = extent(rows_.shifted(i, u));
      if (rows_.root(i) && overlap(*rows_.root(i), u) && size > kShort) size *= kOpen;
      if (size > largest) {
        largest = size;
        row = i;
      }
    }
    if (row >= 0) return row;
  }
  return -1;
}

bool Examiner::split(Cell& cell) {
  const int row = row_to_cut(cell);
  if (row < 0) return false;
  const auto k = static_cast<std::size_t>(row);
  const Interval u = cell.inputs[k];
  const double offset = middle(rows_.offset(row));
  double cut =
      std::sinh(0.5 * (std::asinh(u.lower() + offset) + std::asinh(u.upper() + offset))) - offset;
  if (rows_.root(row) && extent(rows_.shifted(row, u)) > 4.0 * kStrip) {
    const double low = rows_.root(row)->lower() - kStrip;
    const double high = rows_.root(row)->upper() + kStrip;
    const bool low_inside = low > u.lower() && low < u.upper();
    const bool high_inside = high > u.lower() && high < u.upper();
    if (low_inside && (!high_inside || std::abs(low - cut) < std::abs(high - cut)))
      cut = low;
    else if (high_inside)
      cut = high;
  }
  if (!(cut > u.lower() && cut < u.upper())) cut = middle(u);
  if (!(cut > u.lower() && cut < u.upper())) return false;
  cell.share *= 0.5;
  second_half_ = cell;
  cell.inputs[k] = {u.lower(), cut};
  second_half_.inputs[k] = {cut, u.upper()};
  return true;
}

}  // namespace tautrack::exhaustive
