#include "infinity/falling_direction.hpp"

#include <algorithm>
#include <cmath>

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/products.hpp"
#include "infinity/linear_programme.hpp"
#include "proof/exact_rank.hpp"
#include "proof/interval.hpp"
#include "proof/rounding.hpp"

namespace tautrack::infinity {

namespace {

/// Rates in the unit box that a linear programme leaves below this are meant to be zero, and so are
/// all of them unless their sum is ten times as large: it holds its constraints to 1e-10.
constexpr double kZeroRate = 1e-7;

/// Rows of length one whose least singular value is above this are independent for sure.
constexpr double kSurelyIndependent = 1e-10;

/// The means of the targets of all groups that move are at or beyond the ends that they go to.
bool ends_attract(const Perceptron& network, const Patterns& patterns,
                  const std::vector<int>& signs) {
  const Range ends = range(network.options().activation);
  const std::vector<int> of_rows = pattern_signs(patterns, signs);
  std::vector<char> all_beyond(signs.size(), 1);
  std::vector<proof::Interval> excess(signs.size(), 0.0);
  for (std::size_t i = 0; i < of_rows.size(); ++i) {
    if (of_rows[i] == 0) continue;
    const auto g = static_cast<std::size_t>(patterns.group[i]);
    const auto row = static_cast<Index>(i);
    const double y = network.targets()(row), end = of_rows[i] > 0 ? ends.high : ends.low;
    if (of_rows[i] * (y - end) < 0.0) all_beyond[g] = 0;
    excess[g] += network.pattern_weights()(row) * (of_rows[i] * (proof::Interval(y) - end));
  }
  for (std::size_t g = 0; g < signs.size(); ++g)
    if (signs[g] != 0 && all_beyond[g] == 0 && !(excess[g].lower() > 0.0)) return false;
  return true;
}

/// One row of X of each group, of length about one; and what it was multiplied with.
Matrix unit_rows_of_groups(const Perceptron& network, const Patterns& patterns) {
  Matrix rows(patterns.count(), network.columns());
  std::vector<char> known(static_cast<std::size_t>(patterns.count()), 0);
  for (std::size_t i = 0; i < patterns.group.size(); ++i) {
    const Index g = patterns.group[i];
    if (g < 0 || known[static_cast<std::size_t>(g)] != 0) continue;
    known[static_cast<std::size_t>(g)] = 1;
    rows.row(g) = patterns.orientation[i] * network.inputs().row(static_cast<Index>(i));
  }
  // Powers of two, so that nothing is rounded.
  for (Index g = 0; g < rows.rows(); ++g)
    rows.row(g) *= std::exp2(-std::round(std::log2(rows.row(g).stableNorm())));
  return rows;
}

/// How far a direction of length one is from one that these rows do not change; infinity where it is not
/// known.
double distance_to_kernel(const Matrix& rows, const Vector& direction) {
  if (rows.rows() == 0) return 0.0;
  const Index s = rows.cols();
  // The most independent ones.
  PivotedQr qr = pivoted_qr(rows.transpose());
  qr.setThreshold(kSurelyIndependent);
  const Index r = qr.rank();
  if (r == 0 || r == s) return kInfinity;
  std::vector<Index> independent;
  for (Index k = 0; k < r; ++k) independent.push_back(qr.colsPermutation().indices()(k));
  if (r < rows.rows()) {
#ifdef TAUTRACK_WITH_FLINT
    if (proof::exact_rank(rows) != r) return kInfinity;
#else
    return kInfinity;
#endif
  }
  const Matrix X = rows_of(rows, independent);
  const double rounding = 4.0 * static_cast<double>((r + s) * (r + s)) * kEpsilon;
  const double least = singular_values(X)(r - 1) - rounding * X.norm();
  if (!(least > kSurelyIndependent)) return kInfinity;
  return (times(X, direction).norm() + rounding * X.norm()) / least;
}

}  // namespace

bool falls_everywhere(const Perceptron& network, const Patterns& patterns,
                      const std::vector<int>& signs, const Vector& direction) {
  const double length = direction.stableNorm();
  if (!(length > 0.0) || !std::isfinite(length) || !ends_attract(network, patterns, signs))
    return false;
  const Vector d = direction / length;
  const Matrix rows = unit_rows_of_groups(network, patterns);
  if (!rows.allFinite()) return false;
  std::vector<Index> still;
  for (Index g = 0; g < patterns.count(); ++g)
    if (signs[static_cast<std::size_t>(g)] == 0) still.push_back(g);
  if (static_cast<Index>(still.size()) == patterns.count()) return false;
  const double off = distance_to_kernel(rows_of(rows, still), d);
  const double rounding = 4.0 * static_cast<double>(network.columns() + 2) * kEpsilon;
  const Vector rates = times(rows, d);
  for (Index g = 0; g < patterns.count(); ++g) {
    const int sign = signs[static_cast<std::size_t>(g)];
    if (sign == 0) continue;
    const double norm = rows.row(g).norm();
    if (!(sign * rates(g) > 2.0 * norm * (off + rounding))) return false;
  }
  return true;
}

bool has_no_finite_point(const Perceptron& network, const Patterns& patterns,
                         const StopCondition& stop) {
  std::vector<Index> interior, outer;
  for (Index g = 0; g < patterns.count(); ++g)
    (patterns.is_interior(g) ? interior : outer).push_back(g);
  if (outer.empty()) return false;
  Matrix kernel = null_space(rows_of(patterns.rows, interior));
  if (kernel.cols() == 0) return false;
  // Rows of length one, rates that must not be negative.
  Matrix B(static_cast<Index>(outer.size()), kernel.cols());
  std::vector<Index> members;  // of the groups
  for (const Index g : outer) {
    if (stop.is_met()) return false;
    const Vector unit = patterns.rows.row(g).transpose().normalized();
    const Vector part = transposed_times(kernel, unit);
    if (part.norm() <= kInSpan) continue;
    const double sign = patterns.excess_high(g) >= 0.0 ? 1.0 : -1.0;
    B.row(static_cast<Index>(members.size())) = sign * part.transpose().normalized();
    members.push_back(g);
  }
  B.conservativeResize(static_cast<Index>(members.size()), Eigen::NoChange);
  if (B.rows() == 0) return false;
  const auto falls_along = [&](const Vector& v, const std::vector<Index>& zero) {
    std::vector<int> signs(static_cast<std::size_t>(patterns.count()), 0);
    for (std::size_t k = 0; k < members.size(); ++k)
      if (!std::binary_search(zero.begin(), zero.end(), static_cast<Index>(k)))
        signs[static_cast<std::size_t>(members[k])] =
            patterns.excess_high(members[k]) >= 0.0 ? 1 : -1;
    return falls_everywhere(network, patterns, signs, network.weights(v));
  };
  if (kernel.cols() == 1) {
    const Vector v = kernel.col(0);
    return (B.minCoeff() > 0.0 && falls_along(v, {})) ||
           (B.maxCoeff() < 0.0 && falls_along(-v, {}));
  }
  LinearProgramme programme(B, Vector::Zero(B.rows()), 1.0);
  const LinearSolution solution = programme.minimise(-B.colwise().sum().transpose(), stop);
  if (!solution.optimal || !(-solution.value > 10.0 * kZeroRate)) return false;
  // Rates that are zero up to the solver's tolerance are made zero; the others must stay positive.
  const Vector rates = times(B, solution.x);
  std::vector<Index> zero;
  for (Index i = 0; i < rates.size(); ++i)
    if (rates(i) <= kZeroRate) zero.push_back(i);
  const Matrix stay = null_space(rows_of(B, zero));
  if (stay.cols() == 0) return false;
  const Vector inner = times(stay, transposed_times(stay, solution.x));
  return zero.size() < members.size() && falls_along(times(kernel, inner), zero);
}

}  // namespace tautrack::infinity
