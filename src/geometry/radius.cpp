#include "tautrack/geometry/radius.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "network/inverse.hpp"
#include "network/traits.hpp"

namespace tautrack {

namespace {

/// Ratio of singular values from which rows count as dependent.
constexpr double kDependentRow = 1e-13;

/// By how much an end of an interval is moved outwards, relative to it.
constexpr double kWider = 1e-9;

/// max (a + moment)(Y - a) over 0 <= a <= Y, or at a = 0 when nothing is known of a.
double largest_pull(double Y, double moment, bool is_linear) {
  if (!is_linear || !(Y > moment)) return moment * Y;
  const double half = 0.5 * (Y + moment);
  return half * half;
}

/// The U with delta U (delta U - Y) = B.
double input_bound(double Y, double B, double delta) {
  if (!(delta > 0.0)) return kInfinity;
  return (Y + std::hypot(Y, 2.0 * std::sqrt(B))) / (2.0 * delta);
}

/// R of v = R w, n x s.
Matrix coordinate_map(const Perceptron& network) {
  const Index n = network.unknowns();
  const Index s = network.weights(Vector::Zero(n)).size();
  Matrix R(n, s);
  for (Index j = 0; j < s; ++j) R.col(j) = network.coordinates(Vector::Unit(s, j));
  return R;
}

double smallest_singular_value(const Matrix& M) {
  const Vector values = singular_values(M);
  return values(values.size() - 1);
}

/// |v| <= this by the ridge alone, when the negative terms add up to B.
double ridge_bound(const Perceptron& network, double B) {
  if (network.penalty().size() == 0) return kInfinity;
  const SymmetricEigen eigen = symmetric_eigenvalues(network.penalty());
  const double least = eigen.eigenvalues()(0);
  constexpr double of_eigenvalues = 64.0 * std::numeric_limits<double>::epsilon();
  const double rounding = of_eigenvalues * eigen.eigenvalues()(eigen.eigenvalues().size() - 1);
  return least > rounding ? std::sqrt(B / (least - rounding)) : kInfinity;
}

/// The rows that restrict w, user's units: those that are not zero, and those of a ridge.
Matrix restricting_rows(const Perceptron& network, const Matrix& R) {
  const Matrix A = network.space().basis();
  std::vector<Index> kept;
  for (Index i = 0; i < A.rows(); ++i)
    if (A.row(i).cwiseAbs().maxCoeff() > 0.0) kept.push_back(i);
  Matrix X = A(kept, Eigen::all) * R;
  const Matrix& penalty = network.penalty();
  if (penalty.size() == 0) return X;
  const SymmetricEigen eigen = symmetric_eigen(penalty);
  const Vector roots = eigen.eigenvalues().cwiseMax(0.0).cwiseSqrt();
  std::vector<Index> penalised;
  for (Index j = 0; j < roots.size(); ++j)
    if (roots(j) > kDependentRow * roots.maxCoeff()) penalised.push_back(j);
  const Matrix directions = roots.asDiagonal() * eigen.eigenvectors().transpose() * R;
  Matrix rows(X.rows() + static_cast<Index>(penalised.size()), X.cols());
  rows << X, directions(penalised, Eigen::all);
  return rows;
}

/// binom(rows, n), infinity when beyond the range of double.
double subsets_of(Index rows, Index n) {
  double count = 1.0;
  for (Index i = 0; i < n && std::isfinite(count); ++i)
    count *= static_cast<double>(rows - i) / static_cast<double>(i + 1);
  return count;
}

/// Moves to the next subset of 0 .. count - 1 in lexicographic order; false behind the last one.
bool next_subset(std::vector<Index>& subset, Index count) {
  const auto size = static_cast<Index>(subset.size());
  for (Index k = size - 1; k >= 0; --k) {
    auto& member = subset[static_cast<std::size_t>(k)];
    if (member >= count - size + k) continue;
    ++member;
    for (Index j = k + 1; j < size; ++j)
      subset[static_cast<std::size_t>(j)] = subset[static_cast<std::size_t>(j - 1)] + 1;
    return true;
  }
  return false;
}

/// Smallest singular value over all n independent rows.
double smallest_over_subsets(const Matrix& rows, Index n) {
  std::vector<Index> subset(static_cast<std::size_t>(n));
  for (Index k = 0; k < n; ++k) subset[static_cast<std::size_t>(k)] = k;
  double smallest = kInfinity;
  do {
    const Vector values = singular_values(rows(subset, Eigen::all));
    const double value = values(n - 1);
    if (value > kDependentRow * values(0)) smallest = std::min(smallest, value);
  } while (next_subset(subset, rows.rows()));
  return smallest;
}

}  // namespace

double largest_slope_moment(Activation activation) noexcept {
  return traits(activation).largest_moment;
}

RadiusBound radius_bound(const Perceptron& network, double tau) {
  network.need_all_patterns("geometry");
  network.need_no_offset("geometry");
  require_tau(tau);
  const Index L = network.patterns();
  const double delta = 1.0 - tau;
  const Activation activation = network.options().activation;
  const double moment = tau * largest_slope_moment(activation);
  const Vector& omega = network.pattern_weights();
  const Vector Y = (network.targets().array() - tau * evaluate(activation, 0.0).value).abs();
  Vector pulls(L);
  double plain = 0.0;
  for (Index i = 0; i < L; ++i) {
    pulls(i) = omega(i) * largest_pull(Y(i), moment, delta > 0.0);
    plain += omega(i) * Y(i) * (Y(i) + moment);
  }
  // With the sum before i, below: the sum over all others without cancellation.
  Vector behind = Vector::Zero(L);
  for (Index i = L - 1; i > 0; --i) behind(i - 1) = behind(i) + pulls(i);
  const double by_ridge = ridge_bound(network, behind(0) + pulls(0));
  const double by_length =
      delta > 0.0 ? Y.cwiseProduct(omega.cwiseSqrt()).stableNorm() / (delta * std::sqrt(delta))
                  : kInfinity;
  const double length = std::min(by_ridge, by_length);
  const Vector norms = network.space().basis().rowwise().norm();
  RadiusBound result{std::min(input_bound(Y.maxCoeff(), plain / omega.minCoeff(), delta),
                              norms.maxCoeff() * by_ridge),
                     Vector::Zero(L), length, 0.0};
  double before = 0.0;
  for (Index i = 0; i < L; ++i) {
    if (norms(i) > 0.0)
      result.per_input(i) =
          std::min(input_bound(Y(i), (before + behind(i)) / omega(i), delta), norms(i) * length);
    before += pulls(i);
  }
  const Vector sizes = result.per_input.cwiseProduct(omega.cwiseSqrt());
  if (sizes.allFinite()) result.coordinates = std::min(length, sizes.stableNorm());
  result.weights = result.coordinates / smallest_singular_value(coordinate_map(network));
  return result;
}

std::optional<InteriorBound> interior_bound(const Perceptron& network, double budget) {
  network.need_all_patterns("geometry");
  network.need_no_offset("geometry");
  if (!(budget > 0.0)) throw std::invalid_argument("budget must be > 0, got " + number(budget));
  const Activation activation = network.options().activation;
  const Range ends = range(activation);
  const Matrix A = network.space().basis();
  double eta = 0.0;
  for (Index i = 0; i < network.patterns(); ++i) {
    if (!(A.row(i).cwiseAbs().maxCoeff() > 0.0)) continue;
    const double y = network.targets()(i);
    if (!(y > ends.low && y < ends.high)) return std::nullopt;
    eta = std::max({eta, std::abs(y), std::abs(inverse_sigmoid(activation, y))});
  }
  const Index n = network.unknowns();
  const Matrix rows = restricting_rows(network, coordinate_map(network));
  if (!(subsets_of(rows.rows(), n) <= budget) || !std::isfinite(eta)) return std::nullopt;
  InteriorBound result{0.0, eta, smallest_over_subsets(rows, n), 0.0};
  result.ratio = rows.rowwise().norm().maxCoeff() / result.singular;
  result.weights = eta / result.singular;
  for (Index k = 2; k <= n; ++k) result.weights *= result.ratio * std::sqrt(static_cast<double>(k));
  if (!std::isfinite(result.weights)) return std::nullopt;
  return result;
}

Interval interval_of_one_weight(const Perceptron& network, double tau) {
  network.need_all_patterns("geometry");
  require_tau(tau);
  const Matrix R = coordinate_map(network);
  if (R.cols() != 1)
    throw std::invalid_argument("one weight is needed, got " + std::to_string(R.cols()));
  const Matrix A = network.space().basis();
  const double width = 1.0 / (A.col(0).cwiseAbs().maxCoeff() * std::abs(R(0, 0)));
  Interval result{kInfinity, -kInfinity};
  const auto include = [&](double w) {
    result.low = std::min(result.low, w);
    result.high = std::max(result.high, w);
  };
  for (Index i = 0; i < network.patterns(); ++i) {
    const double x = A(i, 0) * R(0, 0);
    if (x == 0.0) continue;
    include((inverse_node(network.options().activation, tau, network.targets()(i)) -
             network.offset(i)) /
            x);
  }
  if (network.penalty().size() > 0) include(0.0);
  if (std::isfinite(result.low)) result.low -= kWider * (std::abs(result.low) + width);
  if (std::isfinite(result.high)) result.high += kWider * (std::abs(result.high) + width);
  return result;
}

}  // namespace tautrack
