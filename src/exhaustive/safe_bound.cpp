#include "exhaustive/safe_bound.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "proof/rounding.hpp"

namespace tautrack::exhaustive {
namespace {

/// Multipliers this small, relative to the largest, are taken for zero where their sign is wrong or may become so.
constexpr double kNoMultiplier = 1e-9;
/// Halvings to where an interval can be cut, and how far before the place it is.
constexpr int kCutHalvings = 50;
constexpr double kBeforeCut = 1e-9;
/// Farthest place that a cut of an infinite interval is looked for at.
constexpr double kFarthestCut = 1e8;
/// Cuts of less than this part of an interval are not made.
constexpr double kWorthCutting = 1e-3;
/// By which a matrix is moved, relative to its trace, for a Cholesky factorisation in doubles to prove that it is positive
/// definite: more than gamma_(n+1) / (1 - gamma_(n+1)) for all n that occur (Rump, Verification of positive
/// definiteness, BIT 46, 2006).
constexpr double kCholeskyShift = 1e-12;

bool is_finite_interval(const Inputs& inputs, std::size_t i) {
  return std::isfinite(inputs.low[i]) && std::isfinite(inputs.high[i]);
}

/// Encloses the c with sum_k c_k x_(member k) = e in these columns, as many as members: c = Y e + d with |d| <= theta / (1 -
/// theta) |Y e| and theta = |1 - Y B|, whatever Y is. Nothing: the rows are nearly dependent.
std::optional<std::vector<Interval>> enclose_combination(const Matrix& X,
                                                         const std::vector<Index>& columns,
                                                         const std::vector<std::size_t>& members,
                                                         const std::vector<Interval>& e) {
  const auto m = static_cast<Index>(columns.size());
  Matrix B(m, m);
  for (Index k = 0; k < m; ++k)
    for (Index j = 0; j < m; ++j)
      B(j, k) = X(static_cast<Index>(members[static_cast<std::size_t>(k)]),
                  columns[static_cast<std::size_t>(j)]);
  const Matrix Y = inverse_of(B);
  if (!Y.allFinite()) return std::nullopt;
  double theta = 0.0, size = 0.0;
  std::vector<Interval> c(columns.size(), Interval(0.0));
  for (Index k = 0; k < m; ++k) {
    Interval sum = 0.0;
    for (Index l = 0; l < m; ++l) {
      Interval entry = k == l ? Interval(1.0) : Interval(0.0);
      for (Index j = 0; j < m; ++j) entry -= Interval(Y(k, j)) * B(j, l);
      sum += proof::abs(entry);
    }
    theta = std::max(theta, sum.upper());
    Interval& own = c[static_cast<std::size_t>(k)];
    for (Index j = 0; j < m; ++j) own += Interval(Y(k, j)) * e[static_cast<std::size_t>(j)];
    size = std::max(size, proof::magnitude(own));
  }
  if (!(theta < 0.5) || !std::isfinite(size)) return std::nullopt;
  const double room = (Interval(theta) / (1.0 - Interval(theta)) * size).upper();
  for (Interval& own : c) own = proof::widened(own, room);
  return c;
}

}  // namespace

double largest_input(const BoundProblem& problem, const Inputs& inputs, std::size_t row, int sign,
                     const std::vector<std::size_t>& members) {
  std::vector<Index> columns(static_cast<std::size_t>(problem.weights()));
  std::iota(columns.begin(), columns.end(), Index{0});
  std::vector<Interval> e;
  for (const Index j : columns) e.emplace_back(sign * problem.X(static_cast<Index>(row), j));
  const auto c = enclose_combination(problem.X, columns, members, e);
  if (!c) return kInfinity;
  const auto offset = [&](std::size_t i) {
    return problem.offset.empty() ? Interval(0.0) : problem.offset[i];
  };
  Interval sum = Interval(static_cast<double>(sign)) * offset(row);
  for (std::size_t k = 0; k < members.size(); ++k) {
    const std::size_t i = members[k];
    const Interval& own = (*c)[k];
    // The largest of own times an input: by the side that it pulls to, or by both.
    double most = -kInfinity;
    for (const bool is_high : {false, true}) {
      const double end = is_high ? inputs.high[i] : inputs.low[i];
      const bool counts = is_high ? own.upper() > 0.0 : own.lower() < 0.0;
      if (!counts) continue;
      if (!std::isfinite(end)) return kInfinity;
      most = std::max(most, (own * end).upper());
    }
    if (most == -kInfinity) most = 0.0;  // own is zero
    sum += Interval(most) - own * offset(i);
  }
  return sum.upper();
}

SafeBound::SafeBound(const BoundProblem& problem, const Inputs& inputs, Vector multipliers,
                     const Vector& near)
    : problem_(problem), near_(near) {
  const std::size_t L = problem.patterns();
  multipliers_.resize(L);
  for (std::size_t i = 0; i < L; ++i) multipliers_[i] = multipliers(static_cast<Index>(i));
  choose_signs(inputs);
  if (!correct(inputs)) multipliers_.assign(L, Interval(0.0));
  Interval sum = problem.constant;
  least_.resize(L);
  for (std::size_t i = 0; i < L; ++i) {
    least_[i] = least(i, inputs.low[i], inputs.high[i], near_(static_cast<Index>(i)));
    sum += least_[i];
    if (!problem.offset.empty()) sum += multipliers_[i] * problem.offset[i];
  }
  // min over w_j of e_j w_j + penalty_j / 2 w_j^2
  for (Index j = 0; j < problem.weights(); ++j) {
    const Interval& penalty = problem.penalty[static_cast<std::size_t>(j)];
    if (penalty.upper() == 0.0) continue;
    Interval left = 0.0;
    for (std::size_t i = 0; i < L; ++i)
      left += multipliers_[i] * problem.X(static_cast<Index>(i), j);
    sum -= 0.5 * (proof::square(left) / penalty);
  }
  value_ = std::isfinite(sum.lower()) ? sum.lower() : -kInfinity;
}

double SafeBound::least(std::size_t i, double low, double high, double near) const {
  const EnergyTerm& term = problem_.terms[i];
  const Interval& mu = multipliers_[i];
  const double one = term.least_tilted(low, high, mu.lower(), near);
  // At each x it is linear in mu.
  return mu.is_point() ? one : std::min(one, term.least_tilted(low, high, mu.upper(), near));
}

void SafeBound::choose_signs(const Inputs& inputs) {
  for (std::size_t i = 0; i < multipliers_.size(); ++i) {
    const double mu = multipliers_[i].lower();
    if ((!std::isfinite(inputs.low[i]) && mu < 0.0) || (!std::isfinite(inputs.high[i]) && mu > 0.0))
      multipliers_[i] = 0.0;
  }
}

/// Changes some multipliers so that sum mu_i x_ij = 0 in all columns j that are not penalised. False: there are none that
/// may be changed.
bool SafeBound::correct(const Inputs& inputs) {
  const std::size_t L = multipliers_.size();
  std::vector<Index> open;
  for (Index j = 0; j < problem_.weights(); ++j)
    if (problem_.penalty[static_cast<std::size_t>(j)].upper() == 0.0) open.push_back(j);
  const auto m = static_cast<Index>(open.size());
  if (m == 0) return true;
  double largest = 0.0;
  for (const Interval& mu : multipliers_) largest = std::max(largest, proof::magnitude(mu));
  if (largest == 0.0) return true;
  // Rows that may be changed, by elimination with the largest pivots.
  std::vector<std::size_t> members;
  Matrix rest(0, m);
  {
    std::vector<std::size_t> may;
    for (std::size_t i = 0; i < L; ++i)
      if (is_finite_interval(inputs, i) ||
          proof::magnitude(multipliers_[i]) > kNoMultiplier * largest)
        may.push_back(i);
    if (static_cast<Index>(may.size()) < m) return false;
    rest.resize(static_cast<Index>(may.size()), m);
    for (std::size_t k = 0; k < may.size(); ++k)
      for (Index j = 0; j < m; ++j)
        rest(static_cast<Index>(k), j) =
            problem_.X(static_cast<Index>(may[k]), open[static_cast<std::size_t>(j)]);
    // Columns of one size.
    for (Index j = 0; j < m; ++j) {
      const double size = rest.col(j).cwiseAbs().maxCoeff();
      if (!(size > 0.0)) return false;
      rest.col(j) /= size;
    }
    for (Index j = 0; j < m; ++j) {
      Index row = 0, column = 0;
      const double pivot = rest.cwiseAbs().maxCoeff(&row, &column);
      if (!(pivot > 1e-12)) return false;
      members.push_back(may[static_cast<std::size_t>(row)]);
      const Vector factor = rest.col(column) / rest(row, column);
      const Eigen::RowVectorXd line = rest.row(row);
      rest.noalias() -= factor * line;
      rest.row(row).setZero();
      rest.col(column).setZero();
    }
  }
  std::vector<Interval> missing(open.size(), Interval(0.0));
  for (std::size_t i = 0; i < L; ++i) {
    if (multipliers_[i].lower() == 0.0 && multipliers_[i].upper() == 0.0) continue;
    for (std::size_t j = 0; j < open.size(); ++j)
      missing[j] -= multipliers_[i] * problem_.X(static_cast<Index>(i), open[j]);
  }
  const auto change = enclose_combination(problem_.X, open, members, missing);
  if (!change) return false;
  for (std::size_t k = 0; k < members.size(); ++k) {
    const std::size_t i = members[k];
    const Interval changed = multipliers_[i] + (*change)[k];
    if (!is_finite(changed)) return false;
    if ((!std::isfinite(inputs.low[i]) && changed.lower() < 0.0) ||
        (!std::isfinite(inputs.high[i]) && changed.upper() > 0.0))
      return false;
    multipliers_[i] = changed;
  }
  return true;
}

void SafeBound::tighten(Inputs& inputs, double energy) const {
  if (value_ == -kInfinity) return;
  for (std::size_t i = 0; i < multipliers_.size(); ++i) {
    // With more than this in pattern i the energy is above.
    const double most = (Interval(energy) - value_ + least_[i]).upper();
    if (!(most < kInfinity)) continue;
    const EnergyTerm& term = problem_.terms[i];
    const double mu = proof::middle(multipliers_[i]);
    const auto tilted = [&](double x) { return term.at(x).value - mu * x; };
    double& low = inputs.low[i];
    double& high = inputs.high[i];
    const double near = std::clamp(near_(static_cast<Index>(i)), low, high);
    if (!(tilted(near) <= most)) continue;
    for (const bool is_low : {true, false}) {
      double& end = is_low ? low : high;
      double outer = end;
      if (!std::isfinite(end)) {
        double step = 1.0;
        const double side = is_low ? -1.0 : 1.0;
        for (outer = near + side; step < kFarthestCut && !(tilted(outer) > most); step *= 2.0)
          outer = near + side * 2.0 * step;
        if (!(tilted(outer) > most)) continue;
      } else if (!(tilted(end) > most)) {
        continue;
      }
      double inner = near;
      for (int k = 0; k < kCutHalvings && std::abs(outer - inner) > kBeforeCut; ++k) {
        const double x = 0.5 * (outer + inner);
        (tilted(x) > most ? outer : inner) = x;
      }
      const double cut = outer + (outer - inner) * 2.0 + (is_low ? -kBeforeCut : kBeforeCut);
      if (!(is_low ? cut > low : cut < high)) continue;
      if (std::isfinite(end) && std::abs(cut - end) < kWorthCutting * (high - low)) continue;
      const double beyond = is_low ? least(i, low, cut, cut) : least(i, cut, high, cut);
      if (beyond > most) end = cut;
    }
  }
}

bool is_convex(const BoundProblem& problem, const Inputs& inputs) {
  const Index L = problem.X.rows(), n = problem.weights();
  Vector least(L);
  for (Index i = 0; i < L; ++i) {
    const auto k = static_cast<std::size_t>(i);
    least(i) = problem.terms[k].least_bend(inputs.low[k], inputs.high[k]);
    if (!std::isfinite(least(i))) return false;
  }
  // Z' (sum least_i x_i x_i' + penalty) Z with b_i = Z' x_i rounded, errors of which are bounded; whatever Z is, where that is
  // positive definite the bracket is.
  const Matrix& Z = problem.inverse_R;
  const Matrix b = problem.X * Z, sizes = problem.X.cwiseAbs() * Z.cwiseAbs();
  const double of_product = 2.0 * proof::kRounding * static_cast<double>(n + 2);
  const double of_sum = 2.0 * proof::kRounding * static_cast<double>(L + n + 8);
  Matrix G = b.transpose() * least.asDiagonal() * b;
  // |b error| <= of_product sizes; |b| <= (1 + of_product) sizes.
  Matrix errors = sizes.transpose() * least.cwiseAbs().asDiagonal() * sizes;
  errors *= 4.0 * of_product + 4.0 * of_sum;
  for (Index j = 0; j < n; ++j) {
    const double penalty = problem.penalty[static_cast<std::size_t>(j)].lower();
    if (!(penalty > 0.0)) continue;
    const Vector row = Z.row(j).transpose();
    G += penalty * row * row.transpose();
    errors += (4.0 * of_sum * penalty) * row.cwiseAbs() * row.cwiseAbs().transpose();
  }
  const double shift = 2.0 * errors.norm() + kCholeskyShift * G.cwiseAbs().trace();
  if (!std::isfinite(shift)) return false;
  G.diagonal().array() -= shift;
  return cholesky(G).info() == Eigen::Success;
}

}  // namespace tautrack::exhaustive
