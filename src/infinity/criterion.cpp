#include "infinity/criterion.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/numbers.hpp"
#include "core/products.hpp"
#include "infinity/linear_programme.hpp"
#include "network/traits.hpp"

namespace tautrack::infinity {

namespace {

/// Ratios of rates nearer to one than this are equal, and sums over rates that cancel to this part
/// are zero: linear programmes hold their constraints to 1e-10.
constexpr double kTie = 1e-9;

/// A sum of excesses that cancels to this part is zero: targets are differences from decimal
/// numbers.
constexpr double kCancelled = 1e-12;

/// Part of the way from the minimiser of a rate towards one that a direction is moved into the open
/// cone: the rate stays below one, and the others become positive.
constexpr double kInwards = 0.5;

/// Rays from the minimiser towards the inside of the cone, each this part of the one before, until
/// the direction is the minimiser but for what a linear programme is off.
constexpr double kNextRay = 0.25, kLastRay = 1e-6;

constexpr const char* kNoBad =
    "every saturated pattern wants an output at or beyond the end of the range";
constexpr const char* kNoGood = "every saturated pattern wants an output inside the range";
constexpr const char* kFast =
    "the patterns that want an output inside the range saturate faster than those that do not";
constexpr const char* kSlow =
    "a pattern that wants an output inside the range saturates too slowly";
constexpr const char* kTied = "the rates of saturation are equal: the first order does not decide";
constexpr const char* kNoSolver =
    "several directions lead to this limit: a linear programme would have to decide, and the "
    "library was built without Clp";
constexpr const char* kOutOfTime = "the criterion was left unfinished when time was up";
constexpr const char* kSolverFailed = "the linear programme of the criterion could not be solved";

/// Of the patterns that resist, at the point where their rates are `rates`: M(v).
double resistance(const Cone& cone, const Vector& rates, double neutral_factor) {
  double least = kInfinity;
  for (Index i = 0; i < rates.size(); ++i) {
    if (cone.excess(i) > 0.0) least = std::min(least, rates(i));
    if (cone.excess(i) == 0.0) least = std::min(least, neutral_factor * rates(i));
  }
  return least;
}

double slowest_bad(const Cone& cone, const Vector& rates) {
  double least = kInfinity;
  for (Index i = 0; i < rates.size(); ++i)
    if (cone.excess(i) < 0.0) least = std::min(least, rates(i));
  return least;
}

/// Whether v is in the open cone.
bool is_open(const Cone& cone, const Vector& v) {
  return times(cone.rates, v).minCoeff() > 0.0 &&
         (cone.followed.rows() == 0 || times(cone.followed, v).minCoeff() > 0.0);
}

/// m_b for one bad pattern after the other.
class Ratios {
 public:
  Ratios(const Cone& cone, double neutral_factor, const StopCondition& stop)
      : cone_(cone),
        stop_(stop),
        length_(cone.rates.rowwise().norm()),
        scale_(largest_bound(cone, length_, neutral_factor)),
        programme_(constraints(cone, length_), bounds(cone, length_, neutral_factor) / scale_,
                   kInfinity) {}

  /// Nothing if the solver gives up; v attains it.
  std::optional<double> operator()(Index bad, Vector& v) {
    const LinearSolution solution =
        programme_.minimise(cone_.rates.row(bad).transpose() / length_(bad), stop_);
    if (!solution.optimal) return std::nullopt;
    v = solution.x * scale_;
    return solution.value * scale_ * length_(bad);
  }

 private:
  /// Rates scaled to length one, and those that need only be positive.
  static Matrix constraints(const Cone& cone, const Vector& length) {
    Matrix rows(cone.rates.rows() + cone.followed.rows(), cone.rates.cols());
    rows.topRows(cone.rates.rows()) = length.cwiseInverse().asDiagonal() * cone.rates;
    if (cone.followed.rows() > 0) rows.bottomRows(cone.followed.rows()) = unit_rows(cone.followed);
    return rows;
  }
  /// Of the rows scaled to length one: 1 over the length for good patterns, and so on.
  static Vector bounds(const Cone& cone, const Vector& length, double neutral_factor) {
    Vector bound = Vector::Zero(length.size() + cone.followed.rows());
    for (Index i = 0; i < length.size(); ++i) {
      if (cone.excess(i) > 0.0) bound(i) = 1.0 / length(i);
      if (cone.excess(i) == 0.0 && std::isfinite(neutral_factor))
        bound(i) = 1.0 / (neutral_factor * length(i));
    }
    return bound;
  }
  static double largest_bound(const Cone& cone, const Vector& length, double neutral_factor) {
    const double largest = bounds(cone, length, neutral_factor).maxCoeff();
    return largest > 0.0 ? largest : 1.0;
  }

  const Cone& cone_;
  const StopCondition& stop_;
  Vector length_;
  double scale_;
  LinearProgramme programme_;
};

/// v moved into the open cone, by so much of `inside` that r_b grows from `value` half way to one.
Vector moved_inside(const Cone& cone, Index bad, double value, const Vector& v) {
  return v + kInwards * (1.0 - value) / cone.rates.row(bad).dot(cone.inside) * cone.inside;
}

Verdict judge_fast_tails(const Cone& cone, double neutral_factor, const StopCondition& stop) {
  const Vector rates = times(cone.rates, cone.inside);
  const double good = resistance(cone, rates, neutral_factor);
  const double bad = slowest_bad(cone, rates);
  if (bad < (1.0 - kTie) * good) return {false, kSlow, cone.inside};
  if (cone.inside.size() == 1) {
    if (bad > (1.0 + kTie) * good) return {true, kFast, {}};
    return {std::nullopt, kTied, {}};
  }
  if (!have_linear_programmes()) return {std::nullopt, kNoSolver, {}};

  std::vector<Index> order;  // the slowest ones first: they decide soonest
  for (Index i = 0; i < rates.size(); ++i)
    if (cone.excess(i) < 0.0) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return rates(a) < rates(b); });
  Ratios ratio(cone, neutral_factor, stop);
  const char* undecided = nullptr;
  for (const Index b : order) {
    if (stop.is_met()) return {std::nullopt, kOutOfTime, {}};
    Vector v;
    const std::optional<double> value = ratio(b, v);
    if (!value) {
      undecided = kSolverFailed;
      continue;
    }
    if (*value > 1.0 + kTie) continue;
    if (*value < 1.0 - kTie) {
      const Vector way = moved_inside(cone, b, std::max(*value, 0.0), v);
      const Vector there = times(cone.rates, way);
      if (is_open(cone, way) && slowest_bad(cone, there) < resistance(cone, there, neutral_factor))
        return {false, kSlow, way};
    }
    undecided = kTied;
  }
  if (undecided != nullptr) return {std::nullopt, undecided, {}};
  return {true, kFast, {}};
}

/// F(v) and the sum of the sizes of its terms.
double balance(const Cone& cone, const Vector& v, double& size) {
  const Vector terms = cone.excess.cwiseQuotient(times(cone.rates, v));
  size = terms.cwiseAbs().sum();
  return terms.sum();
}

Verdict judge_algebraic_tails(const Cone& cone, const StopCondition& stop) {
  constexpr const char* falls =
      "along a direction the patterns that want an output inside the range outweigh the others";
  constexpr const char* rises =
      "the patterns that want an output beyond the range outweigh the others in every direction";
  double size = 0.0;
  const double F = balance(cone, cone.inside, size);
  if (F < -kTie * size) return {false, falls, cone.inside};
  if (cone.inside.size() == 1) {
    if (F > kTie * size) return {true, rises, {}};
    return {std::nullopt, "the tails of the patterns cancel to first order", {}};
  }
  if (!have_linear_programmes()) return {std::nullopt, kNoSolver, {}};
  double least_good = kInfinity;
  for (Index i = 0; i < cone.excess.size(); ++i)
    if (cone.excess(i) > 0.0) least_good = std::min(least_good, cone.excess(i));
  Ratios ratio(cone, kInfinity, stop);
  double pull = 0.0;
  for (Index b = 0; b < cone.excess.size(); ++b) {
    if (cone.excess(b) >= 0.0) continue;
    if (stop.is_met()) return {std::nullopt, kOutOfTime, {}};
    Vector v;
    const std::optional<double> value = ratio(b, v);
    if (!value) return {std::nullopt, kSolverFailed, {}};
    pull += *value > 0.0 ? -cone.excess(b) / *value : kInfinity;
    // Rays from the minimiser towards the inside.
    const double unit = v.norm() / cone.inside.norm();
    for (double part = 1.0; part > kLastRay; part *= kNextRay) {
      const Vector way = v + part * unit * cone.inside;
      if (is_open(cone, way) && balance(cone, way, size) < -kTie * size) return {false, falls, way};
    }
  }
  if (pull < (1.0 - kTie) * least_good) return {true, rises, {}};
  return {std::nullopt, "the first-order criterion for algebraic tails does not decide", {}};
}

}  // namespace

Cone cone_of(const Patterns& patterns, const std::vector<int>& signs, const Matrix& basis) {
  std::vector<Index> saturated;
  for (std::size_t g = 0; g < signs.size(); ++g)
    if (signs[g] != 0) saturated.push_back(static_cast<Index>(g));
  Cone cone;
  const Index q = static_cast<Index>(saturated.size());
  cone.rates.resize(q, basis.cols());
  cone.excess.resize(q);
  for (Index i = 0; i < q; ++i) {
    const Index g = saturated[static_cast<std::size_t>(i)];
    const int sign = signs[static_cast<std::size_t>(g)];
    cone.rates.row(i) =
        sign * transposed_times(basis, patterns.rows.row(g).transpose()).transpose();
    cone.excess(i) = patterns.excess(g, sign);
  }
  return cone;
}

Verdict judge(const Cone& cone, Activation activation, const StopCondition& stop) {
  if (cone.excess.minCoeff() >= 0.0) return {true, kNoBad, {}};
  if (cone.excess.maxCoeff() < 0.0) return {false, kNoGood, cone.inside};
  switch (traits(activation).tails) {
    case Tails::exponential:
      return judge_fast_tails(cone, 2.0, stop);
    case Tails::gaussian:
      return judge_fast_tails(cone, std::numbers::sqrt2, stop);
    case Tails::algebraic:
      break;
  }
  return judge_algebraic_tails(cone, stop);
}

Verdict judge_with_ridge(const Cone& cone, bool has_offset) {
  if (cone.excess.minCoeff() >= 0.0)
    return {true, "every pattern wants an output at or beyond the end of the range", {}};
  if (has_offset && cone.excess.maxCoeff() >= 0.0)
    return {
        std::nullopt,
        "the known parts of the node inputs weigh the patterns: the first order does not decide",
        {}};
  const double sum = cone.excess.sum();
  if (std::abs(sum) <= kCancelled * cone.excess.cwiseAbs().sum())
    return {std::nullopt,
            "the mean of the targets is the end of the range: the first order does not decide",
            {}};
  if (sum > 0.0) return {true, "the mean of the targets lies beyond the end of the range", {}};
  return {false, "the mean of the targets lies inside the range", {}};
}

}  // namespace tautrack::infinity
