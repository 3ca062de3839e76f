#include "exhaustive/cell.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "proof/sigmoid.hpp"

namespace tautrack::exhaustive {

namespace {

// None of the following is part of a proof: they decide what is tried, and how often.

/// A row that leaves less than this of what its basis implies for it says something about the basis.
constexpr double kTellsMore = 0.99;

/// An exchange of rows of the basis must shrink the parallelepiped by this, so that exchanges end.
constexpr double kLeastGain = 1.1;

/// Rounds of shrinking one cell, which go on as long as one leaves less than this of its volume.
constexpr int kMostRounds = 6;
constexpr double kWorthARound = 0.6;

/// Linear programmes for the row that is to be cut, after each of which that makes it shorter all is tried again.
constexpr int kMostProgrammes = 3;

/// Krawczyk's operator is applied where the lines around the contributions nearly contract, or where the cell is so small
/// that rounding may be what keeps them from it.
constexpr double kNearlyContracts = 1.2, kFine = 1e-3;

/// Contraction of Krawczyk's operator below which a single point is looked for.
constexpr double kContracts = 0.9;

}  // namespace

Examiner::Examiner(const Rows& rows, const SignTest& signs,
                   const std::vector<Contribution>& contributions, Bases& bases)
    : rows_(rows),
      signs_(signs),
      bases_(bases),
      linearised_(rows, contributions),
      pulls_(rows, bases),
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

Point Examiner::coordinates(const Cell& cell) const {
  Point q;
  for (std::size_t j = 0; j < static_cast<std::size_t>(n_); ++j)
    q[j] = cell.inputs[static_cast<std::size_t>(cell.basis->rows[j])];
  return q;
}

/// The basis with another row in one place; nullptr when the rows are dependent.
BasisPointer Examiner::exchanged(const Basis& basis, std::size_t place, int row) {
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
    BasisPointer basis = exchanged(*cell.basis, best_place, best_row);
    if (basis == nullptr) return;
    cell.basis = std::move(basis);
  }
}

/// Exchanges rows of the basis for others that contribute far more to the gradient, unless the
/// parallelepiped would grow too much. The component of the gradient along a coordinate does not
/// contain the other rows of the basis: exactly, however much larger their contributions are. Near
/// a stratum at infinity nothing else shows what the saturated patterns do.
bool Examiner::prefer_dominant_rows(Cell& cell) {
  constexpr double far_more = 3.0, most_growth = 50.0;
  const BasisPointer before = cell.basis;
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
    BasisPointer basis = exchanged(*cell.basis, weakest, best_row);
    if (basis == nullptr) break;
    cell.basis = std::move(basis);
  }
  return cell.basis != before;
}

/// Makes the inputs consistent with each other; false when the cell is empty.
bool Examiner::propagate(Cell& cell) {
  const Basis& basis = *cell.basis;
  Point q = coordinates(cell);
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

/// Gauss-Seidel on Y H (q - m) = -Y G(m) (Hansen & Sengupta 1981), and Krawczyk's box.
/// @param shrunk Times what is left of the volume.
Examiner::Effect Examiner::newton_step(Cell& cell, double& shrunk) {
  const auto n = static_cast<std::size_t>(n_);
  const Point Q = coordinates(cell);
  Point K;
  double contraction = 0.0;
  set_centre(Q);
  bound_with_centre(cell);
  if (!krawczyk(*cell.basis, Q, K, contraction)) return Effect::nothing;
  Point next = Q;
  for (std::size_t j = 0; j < n; ++j) {
    if (!meet(next[j], K[j])) return Effect::empties;
    const Interval& diagonal = YH_[j * n + j];
    if (excludes_zero(diagonal)) {
      Interval sum = step_[j];
      for (std::size_t k = 0; k < n; ++k)
        if (k != j) sum += YH_[j * n + k] * (next[k] - centre_[k]);
      if (!meet(next[j], centre_[j] - sum / diagonal)) return Effect::empties;
    }
    shrunk *= width_of(next[j]) / width_of(Q[j]);
  }
  for (std::size_t j = 0; j < n; ++j)
    cell.inputs[static_cast<std::size_t>(cell.basis->rows[j])] = next[j];
  return contraction < kContracts && certify(cell) ? Effect::proves : Effect::shrinks;
}

/// Makes the cell smaller as long as that pays.
Examiner::Effect Examiner::shrink(Cell& cell) {
  const auto n = static_cast<std::size_t>(n_);
  for (int round = 0; round < kMostRounds; ++round) {
    improve_basis(cell);
    if (!propagate(cell)) return Effect::empties;
    bound_rows(*cell.basis, cell.inputs);
    if (signs_.excludes(sign_) || gradient_excludes(cell)) return Effect::empties;
    if (round == 0 && pulls_.excludes(cell.basis, cell.inputs, sign_)) return Effect::empties;
    if (prefer_dominant_rows(cell)) {
      lift_components(*cell.basis);
      if (gradient_excludes(cell)) return Effect::empties;
    }
    double shrunk = 1.0;
    bool is_near = true;
    if (linearised_.set(*cell.basis, cell.inputs, bounds_, lift_)) {
      const Point before = coordinates(cell);
      if (!linearised_.contract(cell.inputs) || linearised_.excludes() || !propagate(cell))
        return Effect::empties;
      is_near = linearised_.contraction() < kNearlyContracts;
      bool is_fine = true;
      for (std::size_t j = 0; j < n; ++j) {
        const int row = cell.basis->rows[j];
        const Interval& q = cell.inputs[static_cast<std::size_t>(row)];
        shrunk *= width_of(q) / width_of(before[j]);
        is_fine = is_fine && extent(rows_.shifted(row, q)) <= kFine;
      }
      is_near = is_near || is_fine;
    }
    if (is_near) {
      bound_rows(*cell.basis, cell.inputs);
      const Effect effect = newton_step(cell, shrunk);
      if (effect != Effect::shrinks) return effect;
    }
    if (!(shrunk < kWorthARound)) break;
  }
  return Effect::nothing;
}

Verdict Examiner::examine(Cell& cell) {
  for (int programme = 0;; ++programme) {
    const Effect effect = shrink(cell);
    if (effect == Effect::empties) return Verdict::excluded;
    if (effect == Effect::proves) return Verdict::found;
    const int row = programme < kMostProgrammes ? row_to_cut(cell) : -1;
    if (row < 0) break;
    const Effect of_row = bound_row(cell, row);
    if (of_row == Effect::empties) return Verdict::excluded;
    if (of_row == Effect::nothing) break;
  }
  if (!rows_.has_ridge()) {
    bound_rows(*cell.basis, cell.inputs);
    for (int j = 0; j < n_; ++j)
      if (ratio_excludes(cell, j)) return Verdict::excluded;
  }
  return split(cell) ? Verdict::split : Verdict::undecided;
}

}  // namespace tautrack::exhaustive
