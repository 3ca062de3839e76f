#include "infinity/patterns.hpp"

#include <cmath>
#include <limits>
#include <map>

#include "core/decompositions.hpp"
#include "core/products.hpp"

namespace tautrack::infinity {

namespace {

/// So many times as many rows as columns that a Gram matrix is looked at first, which costs a small part of the
/// orthogonal factors; and the part of its largest eigenvalue above which the smallest is not zero for sure.
constexpr Index kManyRows = 8;
constexpr double kSurelySpanning = 1e-10;

/// The row with its first entry that is not zero made positive, or empty for a zero row.
std::vector<double> canonical(const Matrix& X, Index i, int& orientation) {
  std::vector<double> row;
  orientation = 0;
  for (Index j = 0; j < X.cols(); ++j) {
    const double x = X(i, j);
    if (orientation == 0 && x != 0.0) orientation = x > 0.0 ? 1 : -1;
    row.push_back(x == 0.0 ? 0.0 : orientation * x);
  }
  if (orientation == 0) row.clear();
  return row;
}

}  // namespace

Patterns patterns_of(const Perceptron& network) {
  network.need_all_patterns("a test of infinite weights");
  const Index L = network.patterns();
  const Range ends = range(network.options().activation);
  Patterns patterns;
  patterns.group.assign(static_cast<std::size_t>(L), -1);
  patterns.orientation.assign(static_cast<std::size_t>(L), 1);
  std::map<std::vector<double>, Index> known;
  std::vector<Index> first;
  for (Index i = 0; i < L; ++i) {
    const auto k = static_cast<std::size_t>(i);
    int orientation = 0;
    std::vector<double> row = canonical(network.inputs(), i, orientation);
    if (row.empty()) continue;
    if (network.has_offset()) {
      const double offset = network.offset(i);
      row.push_back(offset == 0.0 ? 0.0 : orientation * offset);
    }
    const auto [entry, is_new] = known.try_emplace(row, static_cast<Index>(first.size()));
    if (is_new) first.push_back(i);
    patterns.group[k] = entry->second;
    patterns.orientation[k] = orientation;
  }
  const Index g = static_cast<Index>(first.size());
  std::vector<int> of_first;  // orientations are relative to the first member
  for (const Index i : first) of_first.push_back(patterns.orientation[static_cast<std::size_t>(i)]);
  for (std::size_t k = 0; k < patterns.group.size(); ++k)
    if (patterns.group[k] >= 0)
      patterns.orientation[k] *= of_first[static_cast<std::size_t>(patterns.group[k])];

  // Row by row from X, so that the error of a short row is small beside it.
  Matrix inverse(network.columns(), network.unknowns());
  for (Index j = 0; j < network.unknowns(); ++j)
    inverse.col(j) = network.weights(Vector::Unit(network.unknowns(), j));
  patterns.rows = product(rows_of(network.inputs(), first), inverse);

  if (network.has_offset()) patterns.offsets = entries_of(network.offsets(), first);
  patterns.targets = Vector::Zero(g);
  patterns.weights = Vector::Zero(g);
  patterns.excess_high = Vector::Zero(g);
  patterns.excess_low = Vector::Zero(g);
  Vector size_high = Vector::Zero(g), size_low = Vector::Zero(g);
  for (Index i = 0; i < L; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const Index j = patterns.group[k];
    if (j < 0) continue;
    const double omega = network.pattern_weights()(i);
    const bool opposite = patterns.orientation[k] < 0;
    const double y = network.targets()(i);
    const double high = omega * (opposite ? ends.low - y : y - ends.high);
    const double low = omega * (opposite ? y - ends.high : ends.low - y);
    patterns.weights(j) += omega;
    patterns.targets(j) += omega * (opposite ? ends.low + ends.high - y : y);
    patterns.excess_high(j) += high;
    patterns.excess_low(j) += low;
    size_high(j) += std::abs(high);
    size_low(j) += std::abs(low);
  }
  patterns.targets = patterns.targets.cwiseQuotient(patterns.weights);
  // A difference of numbers that cancel but for rounding is zero.
  constexpr double rounding = 8.0 * std::numeric_limits<double>::epsilon();
  for (Index j = 0; j < g; ++j) {
    if (std::abs(patterns.excess_high(j)) <= rounding * size_high(j)) patterns.excess_high(j) = 0.0;
    if (std::abs(patterns.excess_low(j)) <= rounding * size_low(j)) patterns.excess_low(j) = 0.0;
  }
  return patterns;
}

std::optional<std::vector<int>> group_signs(const Patterns& patterns,
                                            const std::vector<int>& signs) {
  std::vector<int> of_groups(static_cast<std::size_t>(patterns.count()), 2);
  for (std::size_t i = 0; i < signs.size(); ++i) {
    if (patterns.group[i] < 0) {
      if (signs[i] != 0) return std::nullopt;
      continue;
    }
    int& of_group = of_groups[static_cast<std::size_t>(patterns.group[i])];
    const int sign = patterns.orientation[i] * signs[i];
    if (of_group != 2 && of_group != sign) return std::nullopt;
    of_group = sign;
  }
  return of_groups;
}

std::vector<int> pattern_signs(const Patterns& patterns, const std::vector<int>& of_groups) {
  std::vector<int> signs(patterns.group.size(), 0);
  for (std::size_t i = 0; i < signs.size(); ++i)
    if (patterns.group[i] >= 0)
      signs[i] = patterns.orientation[i] * of_groups[static_cast<std::size_t>(patterns.group[i])];
  return signs;
}

Matrix null_space(const Matrix& rows) {
  const Index n = rows.cols();
  if (rows.rows() == 0) return Matrix::Identity(n, n);
  const Matrix unit = unit_rows(rows);
  if (rows.rows() > kManyRows * n) {
    const SymmetricEigen gram = symmetric_eigenvalues(product(unit.transpose(), unit));
    if (gram.eigenvalues()(0) > kSurelySpanning * gram.eigenvalues()(n - 1)) return Matrix(n, 0);
  }
  PivotedQr qr = pivoted_qr(unit.transpose());
  qr.setThreshold(kInSpan);
  const Matrix Q = orthogonal_times(qr, Matrix::Identity(n, n));
  return Q.rightCols(n - qr.rank());
}

}  // namespace tautrack::infinity
