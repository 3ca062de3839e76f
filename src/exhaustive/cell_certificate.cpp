#include <cmath>

#include "core/decompositions.hpp"
#include "core/small_inverse.hpp"
#include "exhaustive/cell.hpp"

// The part of an examiner that proves stationary points.
namespace tautrack::exhaustive {

namespace {

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

}  // namespace

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
  found_.basis = cell.basis;
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

}  // namespace tautrack::exhaustive
