#include "geometry/convexity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "tautrack/geometry/radius.hpp"

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "network/penalty_scale.hpp"

namespace tautrack {

namespace {

/// L n^2 up to which the test is tried.
constexpr double kMostHessianNumbers = 5e7;

/// Operations that the subsystems may take.
constexpr double kMostConvexityOperations = 3e8;

/// Subsystems of unit rows with a smaller determinant are looked at exactly: they are dependent, or the proof
/// ends. So many are, times n^3: a second or two.
constexpr double kClearDeterminant = 1e-10;
constexpr double kMostExactWork = 2e6;

/// Relative error of f^-1(y).
constexpr double kInverseError = 1e-13;

/// Relative room for rounding in boxes, and the part of its norm that the smallest eigenvalue of a
/// Hessian bound must exceed.
constexpr double kRoom = 1e-9, kSurelyConvex = 1e-10;

/// Cells in which a pattern's interval is looked at.
constexpr int kCells = 32;

/// Contractions of one box, and the part of its width that each must take away.
constexpr int kMostContractions = 40;
constexpr double kLeastGain = 0.02;

/// Widths of intervals that are told apart.
constexpr double kFar = 1e3;

double binomial(Index m, Index n) {
  double count = 1.0;
  for (Index k = 0; k < n; ++k) count *= static_cast<double>(m - k) / static_cast<double>(k + 1);
  return count;
}

/// The next subset of {0, ..., m - 1} of the same size in lexical order; false after the last.
bool advance(std::vector<Index>& chosen, Index m) {
  for (std::size_t k = chosen.size(); k-- > 0;) {
    if (chosen[k] + static_cast<Index>(chosen.size() - k) >= m) continue;
    ++chosen[k];
    for (std::size_t l = k + 1; l < chosen.size(); ++l) chosen[l] = chosen[l - 1] + 1;
    return true;
  }
  return false;
}

void widen(Span& span) {
  constexpr double least = 1e-12;  // where both ends are next to zero
  const double room = kRoom * (std::abs(span.low) + std::abs(span.high)) + least;
  span.low -= room;
  span.high += room;
}

}  // namespace

ConvexityTest::ConvexityTest(const Perceptron& network, double tau, const StopCondition& stop)
    : network_(network),
      stop_(stop),
      f_(network.options().activation, tau),
      basis_(verify_basis(network)),
      A_(network.space().basis()),
      theta_(network.patterns()) {
  for (Index i = 0; i < theta_.size(); ++i) theta_(i) = f_.inverse(network.targets()(i));
}

bool ConvexityTest::is_affordable(const Perceptron& network) {
  const double n = static_cast<double>(network.unknowns());
  return static_cast<double>(network.patterns()) * n * n <= kMostHessianNumbers;
}

std::optional<InputBox> ConvexityTest::box_of_all(std::string& why_not) const {
  if (!theta_.allFinite()) {
    why_not = "targets are not inside the range of the outputs";
    return std::nullopt;
  }
  std::optional<InputBox> box = hull_of_subsystems(why_not);
  if (f_.tau() == 1.0) return box;
  // Below tau = 1 there is a bound for any size.
  InputBox bounds = growth_bounds();
  if (!box) return bounds;
  for (std::size_t i = 0; i < box->size(); ++i) {
    (*box)[i].low = std::max((*box)[i].low, bounds[i].low);
    (*box)[i].high = std::min((*box)[i].high, bounds[i].high);
  }
  return box;
}

std::optional<InputBox> ConvexityTest::hull_of_subsystems(std::string& why_not) const {
  const Index L = A_.rows(), n = A_.cols();
  const bool has_ridge = network_.penalty().size() > 0;
  if (!(basis_.error < kRoom)) {
    why_not = "columns are too near to depending on each other to bound the stationary points";
    return std::nullopt;
  }
  // The ridge term has a row for each column that it penalises, whatever its factor.
  std::vector<Index> members;
  Matrix rows = A_;
  Vector right = theta_;
  if (has_ridge) {
    const Index s = network_.columns();
    rows.conservativeResize(L + s, Eigen::NoChange);
    right.conservativeResize(L + s);
    rows.bottomRows(s) = basis_.map;
    right.tail(s).setZero();
    const Vector scale = network_.options().ridge_standardised
                             ? penalty_scale(network_.inputs(), network_.pattern_weights())
                             : Vector(Vector::Ones(s));
    for (Index j = 0; j < s; ++j)
      if (!(scale(j) > 0.0)) rows.row(L + j).setZero();
  }
  for (Index i = 0; i < rows.rows(); ++i) {
    const double norm = rows.row(i).norm();
    if (!(norm > 0.0)) continue;
    rows.row(i) /= norm;
    right(i) /= norm;
    members.push_back(i);
  }
  const auto m = static_cast<Index>(members.size());
  const double each = static_cast<double>(n * n * n + n * L);
  const double subsystems = binomial(m, n);
  if (!(subsystems * each <= kMostConvexityOperations)) {
    why_not = "there are too many square subsystems (" + number(subsystems) +
              ") to bound the stationary points";
    return std::nullopt;
  }
  if ((has_ridge && n < network_.columns()) || !spans_all_inputs(network_)) {
    why_not = "columns depend on each other, which stops the bound of the stationary points";
    return std::nullopt;
  }
  InputBox box(static_cast<std::size_t>(L), Span{kInfinity, -kInfinity});
  std::vector<Index> chosen(static_cast<std::size_t>(n)), subsystem(chosen.size());
  std::iota(chosen.begin(), chosen.end(), Index{0});
  const Vector lengths = A_.rowwise().norm();
  const auto size = static_cast<double>(n);
  Matrix square(n, n);
  Vector theta(n), v(n), u(L);
  Lu lu(n);
  double exact = 0.0;
  do {
    if (stop_.is_met()) {
      why_not = std::string("the bound of the stationary points was left unfinished, as ") +
                stop_.reason();
      return std::nullopt;
    }
    for (Index k = 0; k < n; ++k) {
      const Index row = members[static_cast<std::size_t>(chosen[static_cast<std::size_t>(k)])];
      subsystem[static_cast<std::size_t>(k)] = row;
      square.row(k) = rows.row(row);
      theta(k) = right(row);
    }
    factor(square, lu);
    const auto diagonal = lu.matrixLU().diagonal().cwiseAbs();
    const double determinant = diagonal.prod();
    // The doubles are those of a matrix that differs by `off` from the exact one (Higham 2002, theorem 9.4;
    // the entries of U are at most `largest`). The other singular values of unit rows have a product of at
    // most e^(1/2), so that the least is at least half of what the determinant says.
    const double largest = lu.matrixLU().cwiseAbs().maxCoeff();
    const double off =
        std::sqrt(size) * basis_.error + 4.0 * size * size * size * (1.0 + largest) * kEpsilon;
    const double least = 0.5 * determinant / std::sqrt(std::numbers::e) - off;
    if (!(determinant > kClearDeterminant && 8.0 * size * off < determinant)) {
      exact += size * size * size;
      if (exact <= kMostExactWork && are_dependent(network_, subsystem)) continue;
      why_not = "a square subsystem is too near to a dependent one to bound the stationary points";
      return std::nullopt;
    }
    v = solve(lu, theta);
    u.noalias() = A_ * v;
    if (!u.allFinite()) {
      why_not = "a square subsystem is too ill-conditioned";
      return std::nullopt;
    }
    const double error = 2.0 * (off * v.norm() + kInverseError * theta.norm()) / least +
                         (basis_.error + 2.0 * size * kEpsilon) * v.norm();
    for (Index i = 0; i < L; ++i) {
      Span& span = box[static_cast<std::size_t>(i)];
      span.low = std::min(span.low, u(i) - error * lengths(i));
      span.high = std::max(span.high, u(i) + error * lengths(i));
    }
  } while (advance(chosen, m));
  for (Span& span : box) {
    if (!(span.low <= span.high)) {
      why_not = "all square subsystems are dependent";
      return std::nullopt;
    }
    widen(span);
  }
  return box;
}

InputBox ConvexityTest::growth_bounds() const {
  const RadiusBound bound = radius_bound(network_, f_.tau());
  InputBox box;
  for (const double most : bound.per_input) {
    box.push_back({-most, most});
    widen(box.back());
  }
  return box;
}

InputBox ConvexityTest::box_below(double energy) const {
  InputBox box;
  for (Index i = 0; i < theta_.size(); ++i) {
    const double most = std::sqrt(2.0 * energy / network_.pattern_weights()(i)) * (1.0 + kRoom) +
                        std::numeric_limits<double>::min();
    const double y = network_.targets()(i);
    Span span{f_.inverse(y - most), f_.inverse(y + most)};
    widen(span);
    box.push_back(span);
  }
  return box;
}

double ConvexityTest::convexity_product(double energy) const {
  if (!theta_.allFinite()) return kInfinity;
  const Index L = A_.rows();
  const Vector& omega = network_.pattern_weights();
  Vector slopes(L);
  for (Index i = 0; i < L; ++i) slopes(i) = f_.slope(theta_(i));
  const Vector gains = omega.cwiseProduct(slopes.cwiseAbs2());
  const Matrix K = weighted_metric(gains);
  const Cholesky metric = cholesky(K);
  if (metric.info() != Eigen::Success || !(slopes.minCoeff() > 0.0)) return kInfinity;
  if (!(change_of_metric(K, gains) < kRoom)) return kInfinity;
  const Matrix rows = solve_lower(metric, A_.transpose());
  const InputBox box = box_below(energy);
  double largest = 0.0;
  for (Index i = 0; i < L; ++i) {
    const double leverage = std::min(1.0, gains(i) * rows.col(i).squaredNorm());
    const double loss = f_.convexity_loss(box[static_cast<std::size_t>(i)], network_.targets()(i),
                                          theta_(i), kCells);
    largest = std::max(largest, loss * std::sqrt(leverage * omega(i)) / gains(i));
  }
  return 2.0 * std::sqrt(energy) * largest * (1.0 + kRoom);
}

Matrix ConvexityTest::weighted_metric(const Vector& d) const {
  Matrix K = A_.transpose() * d.asDiagonal() * A_;
  if (network_.penalty().size() > 0) K += network_.penalty();
  return K;
}

double ConvexityTest::change_of_metric(const Matrix& least, const Vector& most) const {
  const SymmetricEigen eigen = symmetric_eigenvalues(least);
  if (eigen.info() != Eigen::Success) return kInfinity;
  const double smallest = eigen.eigenvalues()(0);
  if (!(smallest > kSurelyConvex * least.norm())) return kInfinity;
  // |d K| <= sum d_i (2 + error) error |a_i|^2
  return 3.0 * basis_.error * most.dot(A_.rowwise().squaredNorm()) / smallest;
}

bool ConvexityTest::contract_once(InputBox& box) const {
  const Index L = A_.rows();
  Vector low(L), high(L);
  for (Index i = 0; i < L; ++i) {
    const Span pull =
        f_.pulls(box[static_cast<std::size_t>(i)], network_.targets()(i), theta_(i), kCells);
    low(i) = network_.pattern_weights()(i) * pull.low * (1.0 - kRoom);
    high(i) = network_.pattern_weights()(i) * pull.high * (1.0 + kRoom);
  }
  if (!(low.minCoeff() > 0.0) || !high.allFinite()) return false;
  const Vector middle = low.cwiseProduct(high).cwiseSqrt();
  const Cholesky at_middle = cholesky(weighted_metric(middle));
  const Matrix K = weighted_metric(low);
  const Cholesky least = cholesky(K);
  if (at_middle.info() != Eigen::Success || least.info() != Eigen::Success) return false;
  if (!(change_of_metric(K, high) < kRoom)) return false;
  const Vector v = solve(at_middle, Vector(A_.transpose() * middle.cwiseProduct(theta_)));
  const Vector u = A_ * v;
  const double radius =
      ((theta_ - u).array() * (high.array().sqrt() - low.array().sqrt())).matrix().norm();
  const Matrix solved = solve_lower(least, A_.transpose());
  if (!std::isfinite(radius) || !u.allFinite()) return false;
  double before = 0.0, after = 0.0;
  for (Index i = 0; i < L; ++i) {
    const double most = radius * solved.col(i).norm();
    Span fresh{u(i) - most, u(i) + most};
    widen(fresh);
    Span& span = box[static_cast<std::size_t>(i)];
    before += std::min(span.width(), kFar);
    const Span both{std::max(span.low, fresh.low), std::min(span.high, fresh.high)};
    if (both.low <= both.high) span = both;  // else rounding: the box stays as it is
    after += std::min(span.width(), kFar);
  }
  return after < (1.0 - kLeastGain) * before;
}

void ConvexityTest::contract(InputBox& box) const {
  for (int k = 0; k < kMostContractions && !stop_.is_met(); ++k)
    if (!contract_once(box)) return;
}

bool ConvexityTest::is_convex(const InputBox& box) const {
  const Index L = A_.rows();
  Vector least(L);
  for (Index i = 0; i < L; ++i)
    least(i) = network_.pattern_weights()(i) *
               f_.least_convexity(box[static_cast<std::size_t>(i)], network_.targets()(i), kCells);
  if (!least.allFinite()) return false;
  const Matrix bound = weighted_metric(least);
  const Matrix size = weighted_metric(least.cwiseAbs());
  const SymmetricEigen eigen = symmetric_eigenvalues(bound);
  const double change = 3.0 * basis_.error * least.cwiseAbs().dot(A_.rowwise().squaredNorm());
  return eigen.info() == Eigen::Success && std::isfinite(change) &&
         eigen.eigenvalues()(0) > kSurelyConvex * size.norm() + change;
}

}  // namespace tautrack
