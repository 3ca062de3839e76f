#include "exhaustive/cell.hpp"

#include <cmath>
#include <limits>

#include "core/decompositions.hpp"
#include "core/small_inverse.hpp"
#include "proof/sigmoid.hpp"

namespace tautrack::exhaustive {

namespace {

/// Size of a range of inputs on the scale of asinh: lengths near zero, ratios far out.
double extent(const Interval& u) { return std::asinh(u.upper()) - std::asinh(u.lower()); }

/// Half the width of the strip around the root of a row's contribution that is cut out: outside the
/// sign of the contribution is sure, and a stationary point with a zero residual lies well inside.
constexpr double kStrip = 0.02;

bool is_zero(const Interval& x) { return x.lower() == 0.0 && x.upper() == 0.0; }

/// Extent below which a cell is not cut.
constexpr double kSmallestExtent = 1e-8;

// None of the following is part of a proof: they decide what is tried, and how often.

/// A row that leaves less than this of what its basis implies for it says something about the basis.
constexpr double kTellsMore = 0.99;

/// An exchange of rows of the basis must shrink the parallelepiped by this, so that exchanges end.
constexpr double kLeastGain = 1.1;

/// Rows of a Hessian smaller than this have no inverse in the range of double.
constexpr double kSmallestRow = 1e-290;

/// Newton's method towards a stationary point: its steps, how far it may leave the cell in widths of it and
/// in rounding, and the step, in the same units, at which it ends.
constexpr int kNewtonSteps = 12;
constexpr double kFarthest = 1.5, kNoises = 2.0, kRoundedPoint = 1e-12, kLastStep = 1e-3;

/// Room around the cell and the point, in widths, in rounding of the gradient and of the point itself, so that
/// Krawczyk's box lies inside.
constexpr double kRoom = 0.1, kRoundedBox = 1e-14, kLeastRoom = 1e-200;

/// The same around the enclosure of the point, which is made smaller as long as it shrinks by this, so often.
constexpr double kTightRoom = 0.05, kTightRounded = 1e-16, kLeastTightRoom = 1e-250;
constexpr double kShrinks = 0.9;
constexpr int kTightenings = 40;

/// Rounds of shrinking one cell, which go on as long as one leaves less than this of its volume.
constexpr int kMostRounds = 6;
constexpr double kWorthARound = 0.6;

/// Contraction of Krawczyk's operator below which a single point is looked for.
constexpr double kContracts = 0.9;

}  // namespace

Examiner::Examiner(const Rows& rows, const SignTest& signs, Bases& bases)
    : rows_(rows),
      signs_(signs),
      bases_(bases),
      n_(rows.weights()),
      bounds_(static_cast<std::size_t>(rows.size())),
      sign_(static_cast<std::size_t>(rows.size())),
      lift_(static_cast<std::size_t>(rows.size()), 0.0),
      dominance_(static_cast<std::size_t>(rows.size())),
      inputs_(static_cast<std::size_t>(rows.size())) {}

Cell Examiner::cell_of(const Rows& rows, Bases& bases, const Point& box) {
  Cell cell;
  std::array<int, kMaxWeights> members{};
  for (int j = 0; j < rows.weights(); ++j)
    members[static_cast<std::size_t>(j)] = rows.patterns() + j;
  cell.basis = bases.find(members);
  for (int i = 0; i < rows.size(); ++i) {
    Interval u(0.0);
    for (int j = 0; j < rows.weights(); ++j)
      u += Interval(rows.row(i)[j]) * box[static_cast<std::size_t>(j)];
    cell.inputs.push_back(i < rows.patterns() ? u
                                              : box[static_cast<std::size_t>(i - rows.patterns())]);
  }
  return cell;
}

Point Examiner::box_of(const Rows& rows, const Basis& basis, const Point& q) {
  Point box;
  const int n = rows.weights();
  for (int j = 0; j < n; ++j) {
    Interval w(0.0);
    for (int k = 0; k < n; ++k)
      w += basis.inverse[static_cast<std::size_t>(j * n + k)] * q[static_cast<std::size_t>(k)];
    box[static_cast<std::size_t>(j)] = w;
  }
  return box;
}

Point Examiner::box_of(const Rows& rows, const Cell& cell) {
  Point q;
  for (int j = 0; j < rows.weights(); ++j)
    q[static_cast<std::size_t>(j)] =
        cell.inputs[static_cast<std::size_t>(cell.basis->rows[static_cast<std::size_t>(j)])];
  Point box = box_of(rows, *cell.basis, q);
  for (int j = 0; j < rows.weights(); ++j)
    meet(box[static_cast<std::size_t>(j)],
         cell.inputs[static_cast<std::size_t>(rows.patterns() + j)]);
  return box;
}

/// The basis with another row in one place; nullptr when the rows are dependent.
const Basis* Examiner::exchanged(const Basis& basis, std::size_t place, int row) {
  std::array<int, kMaxWeights> members = basis.rows;
  members[place] = row;
  // In order again, so that every basis has one name.
  for (; place > 0 && members[place - 1] > members[place]; --place)
    std::swap(members[place - 1], members[place]);
  for (; place + 1 < static_cast<std::size_t>(n_) && members[place] > members[place + 1]; ++place)
    std::swap(members[place], members[place + 1]);
  return bases_.find(members);
}

/// Exchanges rows of the basis for others as long as the parallelepiped gets smaller.
void Examiner::improve_basis(Cell& cell) {
  for (int exchange = 0; exchange < 2 * n_; ++exchange) {
    double best = kLeastGain;
    int best_row = -1;
    std::size_t best_place = 0;
    for (int i = 0; i < rows_.size(); ++i) {
      const double width = width_of(cell.inputs[static_cast<std::size_t>(i)]);
      for (int j = 0; j < n_; ++j) {
        const auto place = static_cast<std::size_t>(j);
        const double of_basis =
            width_of(cell.inputs[static_cast<std::size_t>(cell.basis->rows[place])]);
        const double gain =
            cell.basis->sizes[static_cast<std::size_t>(i * n_ + j)] * of_basis / width;
        if (gain > best) {
          best = gain;
          best_row = i;
          best_place = place;
        }
      }
    }
    if (best_row < 0) return;
    const Basis* const basis = exchanged(*cell.basis, best_place, best_row);
    if (basis == nullptr) return;
    cell.basis = basis;
  }
}

/// Exchanges rows of the basis for others that contribute far more to the gradient, unless the
/// parallelepiped would grow too much. The component of the gradient along a coordinate does not
/// contain the other rows of the basis: exactly, however much larger their contributions are. Near
/// a stratum at infinity nothing else shows what the saturated patterns do.
bool Examiner::prefer_dominant_rows(Cell& cell) {
  constexpr double far_more = 3.0, most_growth = 50.0;
  const Basis* const before = cell.basis;
  for (int i = 0; i < rows_.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    dominance_[k] = -std::numeric_limits<double>::infinity();
    if (i < rows_.patterns())
      dominance_[k] =
          proof::log_slope(rows_.sigmoid().shape(), mignitude(rows_.shifted(i, cell.inputs[k])));
    else if (rows_.is_active(i))
      dominance_[k] = std::log(rows_.linear(i - rows_.patterns()).upper());
  }
  for (int exchange = 0; exchange < 2 * n_; ++exchange) {
    std::size_t weakest = 0;
    double best = far_more;
    int best_row = -1;
    for (std::size_t place = 0; place < static_cast<std::size_t>(n_); ++place) {
      const auto member = static_cast<std::size_t>(cell.basis->rows[place]);
      for (int i = 0; i < rows_.size(); ++i) {
        const auto k = static_cast<std::size_t>(i);
        const double lead = std::min(dominance_[k] - dominance_[member], 1e300);
        const double size = cell.basis->sizes[k * static_cast<std::size_t>(n_) + place];
        if (!(lead > best) ||
            !(width_of(cell.inputs[k]) <= most_growth * size * width_of(cell.inputs[member])))
          continue;
        best = lead;
        best_row = i;
        weakest = place;
      }
    }
    if (best_row < 0) break;
    const Basis* const basis = exchanged(*cell.basis, weakest, best_row);
    if (basis == nullptr) break;
    cell.basis = basis;
  }
  return cell.basis != before;
}

/// Makes the inputs consistent with each other; false when the cell is empty.
bool Examiner::propagate(Cell& cell) {
  const Basis& basis = *cell.basis;
  Point q;
  for (std::size_t j = 0; j < static_cast<std::size_t>(n_); ++j)
    q[j] = cell.inputs[static_cast<std::size_t>(basis.rows[j])];
  for (int i = 0; i < rows_.size(); ++i) {
    const Interval* c = &basis.coefficients[static_cast<std::size_t>(i * n_)];
    Interval& own = cell.inputs[static_cast<std::size_t>(i)];
    const Interval implied = input(basis, i, n_, q);
    if (!meet(own, implied)) return false;
    if (!(width_of(own) < kTellsMore * width_of(implied))) continue;
    // What the row says about the basis.
    for (int j = 0; j < n_; ++j) {
      if (!excludes_zero(c[j])) continue;
      Interval rest = own;
      for (int k = 0; k < n_; ++k)
        if (k != j) rest -= c[k] * q[static_cast<std::size_t>(k)];
      if (!meet(q[static_cast<std::size_t>(j)], rest / c[j])) return false;
    }
  }
  for (std::size_t j = 0; j < static_cast<std::size_t>(n_); ++j)
    cell.inputs[static_cast<std::size_t>(basis.rows[j])] = q[j];
  return true;
}

void Examiner::bound_rows(const Basis& basis, const std::vector<Interval>& inputs) {
  for (int i = 0; i < rows_.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    PatternBounds& row = bounds_[k];
    if (i < rows_.patterns()) {
      const Interval input = rows_.shifted(i, inputs[k]);
      lift_[k] = rows_.sigmoid().lift(mignitude(input));
      row = rows_.sigmoid().bounds(input, rows_.target(i), lift_[k]);
      row.phi *= rows_.factor(i);
      row.slope *= rows_.factor(i);
    } else {
      const Interval& factor = rows_.linear(i - rows_.patterns());
      row.slope = factor;
      row.phi = factor * inputs[k];
      row.residual_sign = factor.lower() > 0.0 ? sign_of(inputs[k]) : 0;
    }
    sign_[k] = row.residual_sign;
  }
  lift_components(basis);
}

/// Where all rows that a component of the gradient is made of are far out, it would underflow: it
/// is computed times the exponential of the least of their lifts.
void Examiner::lift_components(const Basis& basis) {
  is_lifted_ = false;
  for (int j = 0; j < n_; ++j) {
    double least = std::numeric_limits<double>::infinity();
    for (int i = 0; i < rows_.size(); ++i)
      if (rows_.is_active(i) && !is_zero(basis.coefficients[static_cast<std::size_t>(i * n_ + j)]))
        least = std::min(least, lift_[static_cast<std::size_t>(i)]);
    component_lift_[static_cast<std::size_t>(j)] = std::isfinite(least) ? least : 0.0;
  }
  for (const double lift : lift_) is_lifted_ = is_lifted_ || lift > 0.0;
}

/// What comes times the exponential of the lift of row k, times that of a smaller lift instead.
Interval Examiner::lowered(const Interval& x, std::size_t k, double lift) const {
  if (!is_lifted_ || lift_[k] == lift) return x;
  const Interval exponent = Interval(lift) - lift_[k];
  return x * exponential(exponent);
}

bool Examiner::gradient_excludes(const Cell& cell) const {
  const Basis& basis = *cell.basis;
  for (int j = 0; j < n_; ++j) {
    Interval G(0.0);
    for (int i = 0; i < rows_.size(); ++i) {
      const auto k = static_cast<std::size_t>(i);
      const Interval& c = basis.coefficients[static_cast<std::size_t>(i * n_ + j)];
      if (rows_.is_active(i) && !is_zero(c)) G += c * lowered(bounds_[k].phi, k, lift_of(j));
    }
    if (excludes_zero(G)) return true;
  }
  return false;
}

/// G_j divided by S' of the pattern that matters most: where all S' are small, their ratios are
/// exponentials of differences of inputs, which are linear in q and hardly wider than the cell.
bool Examiner::ratio_excludes(const Cell& cell, int j) const {
  const Basis& basis = *cell.basis;
  const auto coefficient = [&](int i, int k) -> const Interval& {
    return basis.coefficients[static_cast<std::size_t>(i * n_ + k)];
  };
  int pivot = -1;
  double most = -std::numeric_limits<double>::infinity();
  for (int i = 0; i < rows_.patterns(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    const Interval x = rows_.shifted(i, cell.inputs[k]);
    if (sign_[k] == 0 || !excludes_zero(x)) continue;
    const double size = proof::log_slope(rows_.sigmoid().shape(), middle(x)) +
                        std::log(basis.sizes[static_cast<std::size_t>(i * n_ + j)] *
                                 rows_.factor(i) * magnitude(bounds_[k].residual));
    if (size > most) {
      most = size;
      pivot = i;
    }
  }
  if (pivot < 0) return false;
  const Interval z = rows_.shifted(pivot, cell.inputs[static_cast<std::size_t>(pivot)]);
  const double z_side = z.lower() > 0.0 ? 1.0 : -1.0;
  Interval sum(0.0);
  for (int i = 0; i < rows_.patterns(); ++i) {
    const Interval& c = coefficient(i, j);
    if (is_zero(c)) continue;
    const auto k = static_cast<std::size_t>(i);
    Interval term = c * (bounds_[k].residual * rows_.factor(i));
    if (i != pivot) {
      const Interval x = rows_.shifted(i, cell.inputs[k]);
      Interval distance = abs(x) - abs(z);
      if (excludes_zero(x)) {
        const double x_side = x.lower() > 0.0 ? 1.0 : -1.0;
        Interval linear = x_side * rows_.offset(i) - z_side * rows_.offset(pivot);
        for (int l = 0; l < n_; ++l)
          linear += (x_side * coefficient(i, l) - z_side * coefficient(pivot, l)) *
                    cell.inputs[static_cast<std::size_t>(basis.rows[static_cast<std::size_t>(l)])];
        meet(distance, linear);
      }
      const auto ratio = proof::slope_ratio(rows_.sigmoid().shape(), x, z, distance);
      if (!ratio) return false;
      term *= *ratio;
    }
    sum += term;
  }
  return excludes_zero(sum);
}

/// @param symmetric Entry (j, k) times the exponential of the mean of the lifts of components j and
/// k, otherwise of that of j.
void Examiner::hessian(const Basis& basis, bool symmetric, Square& H) const {
  for (int j = 0; j < n_ * n_; ++j) H[static_cast<std::size_t>(j)] = 0.0;
  for (int i = 0; i < rows_.size(); ++i) {
    if (!rows_.is_active(i)) continue;
    const auto row = static_cast<std::size_t>(i);
    const Interval* c = &basis.coefficients[static_cast<std::size_t>(i * n_)];
    const Interval& slope = bounds_[row].slope;
    for (int j = 0; j < n_; ++j) {
      if (is_zero(c[j])) continue;
      H[static_cast<std::size_t>(j * n_ + j)] += square(c[j]) * lowered(slope, row, lift_of(j));
      for (int k = 0; k < j; ++k) {
        if (is_zero(c[k])) continue;
        const Interval product = c[j] * c[k];
        const double mean = 0.5 * (lift_of(j) + lift_of(k));
        Interval& lower = H[static_cast<std::size_t>(j * n_ + k)];
        Interval& upper = H[static_cast<std::size_t>(k * n_ + j)];
        const Interval term = product * lowered(slope, row, symmetric ? mean : lift_of(j));
        lower += term;
        upper += symmetric || lift_of(j) == lift_of(k) ? term
                                                       : product * lowered(slope, row, lift_of(k));
      }
    }
  }
}

/// The inverse of the middle of H, rounded; false when there is none.
bool Examiner::precondition(const Square& H, SquareDouble& Y) const {
  static_assert(kMaxWeights <= kLargestSmallInverse);
  const auto n = static_cast<std::size_t>(n_);
  SquareDouble M, inverse;
  for (std::size_t j = 0; j < n * n; ++j) M[j] = middle(H[j]);
  // Rows and columns of order one: Hessians are often graded.
  std::array<double, kMaxWeights> by_row{}, by_column{};
  for (std::size_t j = 0; j < n; ++j) {
    double size = 0.0;
    for (std::size_t k = 0; k < n; ++k) size = std::max(size, std::abs(M[j * n + k]));
    if (!(size > kSmallestRow)) return false;
    by_row[j] = 1.0 / size;
    for (std::size_t k = 0; k < n; ++k) M[j * n + k] *= by_row[j];
  }
  for (std::size_t k = 0; k < n; ++k) {
    double size = 0.0;
    for (std::size_t j = 0; j < n; ++j) size = std::max(size, std::abs(M[j * n + k]));
    if (!(size > kSmallestRow)) return false;
    by_column[k] = 1.0 / size;
    for (std::size_t j = 0; j < n; ++j) M[j * n + k] *= by_column[k];
  }
  if (small_inverse(n_).invert(M.data(), inverse.data()) == 0) return false;
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < n; ++k) {
      Y[j * n + k] = by_column[j] * inverse[k * n + j] * by_row[k];
      if (!std::isfinite(Y[j * n + k])) return false;
    }
  }
  return true;
}

void Examiner::gradient_at(const Basis& basis, const std::array<double, kMaxWeights>& q,
                           Point& G) const {
  Point point;
  for (std::size_t j = 0; j < static_cast<std::size_t>(n_); ++j) point[j] = q[j];
  for (std::size_t j = 0; j < static_cast<std::size_t>(n_); ++j) G[j] = 0.0;
  for (int i = 0; i < rows_.size(); ++i) {
    if (!rows_.is_active(i)) continue;
    const auto k = static_cast<std::size_t>(i);
    const Interval* c = &basis.coefficients[static_cast<std::size_t>(i * n_)];
    const Interval u = input(basis, i, n_, point);
    const Interval phi =
        i < rows_.patterns()
            ? rows_.factor(i) * rows_.sigmoid().phi(rows_.shifted(i, u), rows_.target(i), lift_[k])
            : rows_.linear(i - rows_.patterns()) * u;
    for (int j = 0; j < n_; ++j)
      if (!is_zero(c[j])) G[static_cast<std::size_t>(j)] += c[j] * lowered(phi, k, lift_of(j));
  }
}

bool Examiner::krawczyk(const Basis& basis, const Point& Q, Point& K, double& contraction) {
  Square H;
  SquareDouble Y;
  hessian(basis, false, H);
  if (!precondition(H, Y)) return false;
  Point G;
  gradient_at(basis, centre_, G);
  contraction = 0.0;
  for (int j = 0; j < n_; ++j) {
    Interval step(0.0), rest(0.0);
    double sum = 0.0;
    for (int k = 0; k < n_; ++k) {
      const auto l = static_cast<std::size_t>(k);
      const double y = Y[static_cast<std::size_t>(j * n_ + k)];
      step += y * G[l];
      Interval product(0.0);
      for (int m = 0; m < n_; ++m)
        product +=
            Y[static_cast<std::size_t>(j * n_ + m)] * H[static_cast<std::size_t>(m * n_ + k)];
      YH_[static_cast<std::size_t>(j * n_ + k)] = product;
      const Interval off = (j == k ? 1.0 : 0.0) - product;
      rest += off * (Q[l] - centre_[l]);
      sum += magnitude(off) * width_of(Q[l]);
    }
    const auto place = static_cast<std::size_t>(j);
    step_[place] = step;
    K[place] = centre_[place] - step + rest;
    if (!is_finite(K[place])) return false;
    contraction = std::max(contraction, sum / width_of(Q[place]));
  }
  return true;
}

void Examiner::set_centre(const Point& Q) {
  for (std::size_t j = 0; j < static_cast<std::size_t>(n_); ++j) centre_[j] = middle(Q[j]);
}

/// Bounds of the rows for the hull of the cell and the centre: the centre of the parallelepiped
/// need not lie in the cell, and the mean-value theorem looks at all points in between.
void Examiner::bound_with_centre(const Cell& cell) {
  Point at;
  for (std::size_t j = 0; j < static_cast<std::size_t>(n_); ++j) at[j] = centre_[j];
  bool is_inside_cell = true;
  for (int i = 0; i < rows_.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    const Interval u = input(*cell.basis, i, n_, at);
    inputs_[k] = cell.inputs[k];
    if (subset(u, inputs_[k])) continue;
    inputs_[k] = hull(inputs_[k], u);
    is_inside_cell = false;
  }
  if (!is_inside_cell) bound_rows(*cell.basis, inputs_);
}

bool Examiner::bound_box(const Basis& basis, const Point& Q) {
  for (int i = 0; i < rows_.size(); ++i) {
    inputs_[static_cast<std::size_t>(i)] = input(basis, i, n_, Q);
    if (!is_finite(inputs_[static_cast<std::size_t>(i)])) return false;
  }
  bound_rows(basis, inputs_);
  return true;
}

/// Looks for one stationary point, proves that it is the only one in a box around the cell, and
/// encloses it tightly.
bool Examiner::certify(const Cell& cell) {
  const Basis& basis = *cell.basis;
  const auto n = static_cast<std::size_t>(n_);
  Point Q;
  std::array<double, kMaxWeights> q{};
  for (std::size_t j = 0; j < n; ++j) {
    Q[j] = cell.inputs[static_cast<std::size_t>(basis.rows[j])];
    q[j] = middle(Q[j]);
  }
  // Newton's method, not to leave the neighbourhood of the cell; `noise` is what rounding leaves
  // open.
  std::array<double, kMaxWeights> noise{};
  for (int iteration = 0; iteration < kNewtonSteps; ++iteration) {
    Point at;
    for (std::size_t j = 0; j < n; ++j) at[j] = q[j];
    if (!bound_box(basis, at)) return false;
    Square H;
    SquareDouble Y;
    hessian(basis, false, H);
    if (!precondition(H, Y)) return false;
    Point G;
    gradient_at(basis, q, G);
    double move = 0.0;
    for (std::size_t j = 0; j < n; ++j) {
      double step = 0.0;
      noise[j] = 0.0;
      for (std::size_t k = 0; k < n; ++k) {
        step += Y[j * n + k] * middle(G[k]);
        noise[j] += std::abs(Y[j * n + k]) * width_of(G[k]);
      }
      q[j] -= step;
      const double width = width_of(Q[j]);
      if (!(std::abs(q[j] - middle(Q[j])) <=
            kFarthest * width + kNoises * noise[j] + kRoundedPoint * std::abs(q[j])))
        return false;
      move = std::max(move, std::abs(step) / (width + noise[j] + 1e-300));
    }
    if (move <= kLastStep) break;
  }
  for (std::size_t j = 0; j < n; ++j) {
    Q[j] = hull(Q[j], Interval(q[j]));
    Q[j] = widened(Q[j], kRoom * width_of(Q[j]) + kNoises * noise[j] +
                             kRoundedBox * magnitude(Q[j]) + kLeastRoom);
  }
  Point K;
  double contraction = 0.0;
  set_centre(Q);
  if (!bound_box(basis, Q) || !krawczyk(basis, Q, K, contraction)) return false;
  for (std::size_t j = 0; j < n; ++j)
    if (!is_inside(K[j], Q[j])) return false;
  found_.basis = &basis;
  found_.unique_in = Q;
  // Again and again on the enclosure, a little wider so that rounding does not stop it early.
  for (int iteration = 0; iteration < kTightenings; ++iteration) {
    Point tight, next;
    bool better = false;
    for (std::size_t j = 0; j < n; ++j)
      tight[j] = widened(
          K[j], kTightRoom * width_of(K[j]) + kTightRounded * magnitude(K[j]) + kLeastTightRoom);
    set_centre(tight);
    if (!bound_box(basis, tight) || !krawczyk(basis, tight, next, contraction)) break;
    for (std::size_t j = 0; j < n; ++j) {
      const double before = width_of(K[j]);
      if (!meet(K[j], next[j])) return false;
      better = better || width_of(K[j]) < kShrinks * before;
    }
    if (!better) break;
  }
  found_.solution = K;
  found_.weights = box_of(rows_, basis, K);
  if (!bound_box(basis, K)) return false;
  Square H;
  hessian(basis, true, H);
  const auto index = morse_index(H);
  if (!index) return false;
  found_.morse_index = *index;
  return true;
}

/// Negative eigenvalues of every symmetric matrix in H: with V near its eigenvectors, V'HV has the
/// same inertia (Sylvester), and that of its diagonal if this dominates (Gershgorin).
std::optional<int> Examiner::morse_index(const Square& H) const {
  Matrix M(n_, n_);
  for (int j = 0; j < n_; ++j)
    for (int k = 0; k < n_; ++k) M(j, k) = middle(H[static_cast<std::size_t>(j * n_ + k)]);
  Vector scale(n_);
  for (int j = 0; j < n_; ++j) {
    const double size = M.row(j).cwiseAbs().maxCoeff();
    if (!(size > kSmallestRow)) return std::nullopt;
    scale(j) = 1.0 / std::sqrt(size);
  }
  for (int j = 0; j < n_; ++j)
    for (int k = 0; k < n_; ++k) M(j, k) *= scale(j) * scale(k);
  const SymmetricEigen solver = symmetric_eigen(M);
  Matrix V = solver.eigenvectors();
  for (int k = 0; k < n_; ++k)
    for (int j = 0; j < n_; ++j)
      V(j, k) *= scale(j) / std::sqrt(std::abs(solver.eigenvalues()(k)) + 1e-300);
  if (!V.allFinite()) return std::nullopt;
  int negative = 0;
  for (int j = 0; j < n_; ++j) {
    Interval diagonal(0.0);
    double others = 0.0;
    for (int k = 0; k < n_; ++k) {
      Interval entry(0.0);
      for (int a = 0; a < n_; ++a) {
        Interval HV(0.0);
        for (int b = 0; b < n_; ++b) HV += H[static_cast<std::size_t>(a * n_ + b)] * V(b, k);
        entry += V(a, j) * HV;
      }
      if (k == j)
        diagonal = entry;
      else
        others = above(others + magnitude(entry));
    }
    if (!(mignitude(diagonal) > others)) return std::nullopt;
    if (diagonal.upper() < 0.0) ++negative;
  }
  return negative;
}

bool Examiner::split(Cell& cell) {
  int row = -1;
  double largest = kSmallestExtent;
  for (int i = 0; i < rows_.size(); ++i) {
    if (!rows_.is_active(i)) continue;
    const double size = extent(rows_.shifted(i, cell.inputs[static_cast<std::size_t>(i)]));
    if (size > largest) {
      largest = size;
      row = i;
    }
  }
  if (row < 0) return false;
  const auto k = static_cast<std::size_t>(row);
  const Interval u = cell.inputs[k];
  const double offset = middle(rows_.offset(row));
  double cut =
      std::sinh(0.5 * (std::asinh(u.lower() + offset) + std::asinh(u.upper() + offset))) - offset;
  if (rows_.root(row) && largest > 4.0 * kStrip) {
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

Verdict Examiner::examine(Cell& cell) {
  const auto n = static_cast<std::size_t>(n_);
  for (int round = 0; round < kMostRounds; ++round) {
    improve_basis(cell);
    if (!propagate(cell)) return Verdict::excluded;
    bound_rows(*cell.basis, cell.inputs);
    if (signs_.excludes(sign_) || gradient_excludes(cell)) return Verdict::excluded;
    if (prefer_dominant_rows(cell)) {
      if (!propagate(cell)) return Verdict::excluded;
      bound_rows(*cell.basis, cell.inputs);
      if (gradient_excludes(cell)) return Verdict::excluded;
    }
    if (!rows_.has_ridge())
      for (int j = 0; j < n_; ++j)
        if (ratio_excludes(cell, j)) return Verdict::excluded;
    Point Q, K;
    for (std::size_t j = 0; j < n; ++j)
      Q[j] = cell.inputs[static_cast<std::size_t>(cell.basis->rows[j])];
    double contraction = 0.0;
    set_centre(Q);
    bound_with_centre(cell);
    if (!krawczyk(*cell.basis, Q, K, contraction)) break;
    // Gauss-Seidel on Y H (q - m) = -Y G(m) (Hansen & Sengupta 1981), and Krawczyk's box.
    double shrunk = 1.0;
    Point next = Q;
    for (std::size_t j = 0; j < n; ++j) {
      if (!meet(next[j], K[j])) return Verdict::excluded;
      const Interval& diagonal = YH_[j * n + j];
      if (excludes_zero(diagonal)) {
        Interval sum = step_[j];
        for (std::size_t k = 0; k < n; ++k)
          if (k != j) sum += YH_[j * n + k] * (next[k] - centre_[k]);
        if (!meet(next[j], centre_[j] - sum / diagonal)) return Verdict::excluded;
      }
      shrunk *= width_of(next[j]) / width_of(Q[j]);
    }
    for (std::size_t j = 0; j < n; ++j)
      cell.inputs[static_cast<std::size_t>(cell.basis->rows[j])] = next[j];
    if (contraction < kContracts && certify(cell)) return Verdict::found;
    if (!(shrunk < kWorthARound)) break;
  }
  return split(cell) ? Verdict::split : Verdict::undecided;
}

}  // namespace tautrack::exhaustive
