#include "tautrack/data/replicates.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "core/text.hpp"

namespace tautrack {

namespace {

/// Of each column the size of the largest entry that is finite.
Vector largest_entries(const Matrix& X) {
  return X.array().isFinite().select(X.cwiseAbs(), 0.0).colwise().maxCoeff().transpose();
}

/// Whether row i is the same as row k.
class RowComparison {
 public:
  RowComparison(const Matrix& X, double tolerance)
      : X_(X), tolerance_(tolerance), least_(Vector::Zero(X.cols())) {
    if (tolerance > 0.0 && X.rows() > 0)
      least_ = std::numeric_limits<double>::epsilon() * largest_entries(X);
  }

  [[nodiscard]] bool operator()(Index i, Index k) const {
    for (Index j = 0; j < X_.cols(); ++j) {
      const double a = X_(i, j), b = X_(k, j);
      if (a == b) continue;
      if (std::isinf(a) || std::isinf(b)) return false;
      if (!(std::abs(a - b) <=
            std::max(tolerance_ * std::max(std::abs(a), std::abs(b)), least_(j))))
        return false;
    }
    return true;
  }

  /// No entry of a column differs by more in rows that are the same.
  [[nodiscard]] Vector most() const { return (tolerance_ * largest_entries(X_)).cwiseMax(least_); }

 private:
  const Matrix& X_;
  double tolerance_;
  Vector least_;
};

/// Numbers of which rows that are the same have nearly the same: sums of entries, each column with another
/// factor; and how far apart they may be.
std::pair<Vector, double> keys_of(const Matrix& X, const Vector& most) {
  const Vector sizes = largest_entries(X);
  Vector keys = Vector::Zero(X.rows());
  double gap = 0.0;
  constexpr double golden = 0.61803398874989485;
  for (Index j = 0; j < X.cols(); ++j) {
    const double largest = sizes(j);
    if (!(largest > 0.0)) continue;
    const double turns = golden * static_cast<double>(j + 1);
    const double factor = (0.5 + turns - std::floor(turns)) / largest;
    keys += factor * X.col(j);
    gap += factor * most(j);
  }
  const double rounding = 8.0 * static_cast<double>(X.cols() + 1) * static_cast<double>(X.cols()) *
                          std::numeric_limits<double>::epsilon();
  return {std::move(keys), gap + rounding};
}

}  // namespace

Replicates find_replicates(const Matrix& X, double tolerance) {
  constexpr double largest = 1e-6;
  if (!(tolerance >= 0.0 && tolerance <= largest))
    throw std::invalid_argument("the tolerance of equal rows must be in [0, 1e-6], got " +
                                number(tolerance));
  const Index L = X.rows();
  const RowComparison same(X, tolerance);
  std::vector<Index> leader(static_cast<std::size_t>(L));
  std::iota(leader.begin(), leader.end(), Index{0});
  if (L > 1) {
    const auto [keys, gap] = keys_of(X, same.most());
    std::vector<Index> order = leader;
    std::stable_sort(order.begin(), order.end(),
                     [&keys = keys](Index i, Index k) { return keys(i) < keys(k); });
    // Of the leaders so far, the last ones in this order; rows come in the order of their keys, and in that of
    // the file where keys agree.
    std::vector<Index> leaders;
    for (const Index i : order) {
      bool found = false;
      for (std::size_t back = leaders.size(); back-- > 0 && !found;) {
        const Index k = leaders[back];
        if (keys(i) - keys(k) > gap) break;
        if (!same(i, k)) continue;
        leader[static_cast<std::size_t>(i)] = k;
        found = true;
      }
      if (!found) leaders.push_back(i);
    }
  }
  // The first row of a pattern leads it.
  std::vector<Index> first_of = leader;
  for (Index i = 0; i < L; ++i) {
    Index& first = first_of[static_cast<std::size_t>(leader[static_cast<std::size_t>(i)])];
    first = std::min(first, i);
  }
  Replicates result;
  std::vector<Index> number_of(static_cast<std::size_t>(L), -1);
  for (Index i = 0; i < L; ++i) {
    const Index first = first_of[static_cast<std::size_t>(leader[static_cast<std::size_t>(i)])];
    Index& of_first = number_of[static_cast<std::size_t>(first)];
    if (of_first < 0) {
      of_first = result.patterns();
      result.first.push_back(first);
    } else if (X.row(i) == X.row(first)) {
      ++result.equal;
    } else {
      ++result.rounded;
      if (!result.rounded_pair) result.rounded_pair.emplace(i, first);
    }
    result.pattern_of.push_back(of_first);
  }
  return result;
}

namespace {

/// X, with the offset as one more column.
Matrix with_offset(const Problem& problem) {
  Matrix all(problem.X.rows(), problem.X.cols() + 1);
  all << problem.X, problem.offset;
  return all;
}

}  // namespace

MergedProblem merge_replicates(std::shared_ptr<const Problem> given, double tolerance) {
  const Problem& problem = *given;
  MergedProblem merged;
  merged.replicates =
      find_replicates(problem.offset.size() > 0 ? with_offset(problem) : problem.X, tolerance);
  const Replicates& replicates = merged.replicates;
  if (!replicates.any()) {
    merged.problem = std::move(given);
    return merged;
  }
  auto made = std::make_shared<Problem>();
  Problem& out = *made;
  const Index L = problem.X.rows(), patterns = replicates.patterns();
  const bool is_weighted = problem.pattern_weights.size() > 0;
  const auto weight = [&](Index i) { return is_weighted ? problem.pattern_weights(i) : 1.0; };
  out.name = problem.name;
  out.columns = problem.columns;
  out.X.resize(patterns, problem.X.cols());
  for (Index p = 0; p < patterns; ++p)
    out.X.row(p) = problem.X.row(replicates.first[static_cast<std::size_t>(p)]);
  if (problem.offset.size() > 0) {
    out.offset.resize(patterns);
    for (Index p = 0; p < patterns; ++p)
      out.offset(p) = problem.offset(replicates.first[static_cast<std::size_t>(p)]);
  }
  out.y = Vector::Zero(patterns);
  out.pattern_weights = Vector::Zero(patterns);
  // Means relative to the first target: exact where all are equal.
  const auto pattern = [&](Index i) { return replicates.pattern_of[static_cast<std::size_t>(i)]; };
  const auto first_target = [&](Index p) {
    return problem.y(replicates.first[static_cast<std::size_t>(p)]);
  };
  for (Index i = 0; i < L; ++i) {
    const Index p = pattern(i);
    out.pattern_weights(p) += weight(i);
    out.y(p) += weight(i) * (problem.y(i) - first_target(p));
  }
  for (Index p = 0; p < patterns; ++p)
    out.y(p) = first_target(p) + out.y(p) / out.pattern_weights(p);
  for (Index i = 0; i < L; ++i) {
    const double off = problem.y(i) - out.y(pattern(i));
    merged.energy += 0.5 * weight(i) * off * off;
  }
  merged.problem = std::move(made);
  return merged;
}

}  // namespace tautrack
