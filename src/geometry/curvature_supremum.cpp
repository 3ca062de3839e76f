#include "tautrack/geometry/curvature_supremum.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

#include "tautrack/geometry/curvature.hpp"
#include "tautrack/geometry/curvature_bound.hpp"
#include "tautrack/geometry/data_manifold.hpp"

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "geometry/curvature_supremum_infinity.hpp"
#include "geometry/curvature_supremum_search.hpp"

namespace tautrack {

namespace {

using supremum::Budget;
using supremum::Flat;
using supremum::Growth;
using supremum::Peak;
using supremum::Rows;

/// Values that agree to this relative tolerance are the same to rounding.
constexpr double kRounding = 1e-12;

/// How far rounding may carry the value found over the certified one.
constexpr double kSlack = 1e-10;

/// Ascents that start again because the closed form knows a better direction at their end.
constexpr int kAgain = 3;

constexpr const char* kCutOff = "; the search was cut off";

/// Signs of the patterns on a limit stratum, along a direction that leaves the free ones alone.
std::vector<int> signs_on(const Rows& rows, const Flat& flat) {
  constexpr int trials = 100;
  supremum::Random random(0);
  Vector rates;
  for (int trial = 0; trial < trials; ++trial) {
    Vector d = random.direction(rows.dimension());
    d -= flat.span * (flat.span.transpose() * d);
    rates = rows.A * d;
    for (const Index i : flat.free) rates(i) = 0.0;
    const Vector sizes = rows.A.rowwise().norm();
    const auto saturated = (rates.array().abs() > supremum::kEqual * sizes.array()).count();
    if (saturated + static_cast<Index>(flat.free.size()) == rows.count()) break;
  }
  std::vector<int> of_row(static_cast<std::size_t>(rows.count()), 0);
  for (Index i = 0; i < rates.size(); ++i)
    of_row[static_cast<std::size_t>(i)] = rates(i) > 0.0 ? 1 : (rates(i) < 0.0 ? -1 : 0);
  return of_row;
}

/// Of all patterns, from those of the distinct rows.
std::vector<int> signs_of_patterns(const Rows& rows, const Perceptron& network,
                                   const std::vector<int>& of_row) {
  const Matrix A = network.space().basis();
  std::vector<int> signs;
  for (Index i = 0; i < A.rows(); ++i) {
    const Index row = rows.row_of[static_cast<std::size_t>(i)];
    if (row < 0)
      signs.push_back(0);
    else
      signs.push_back(of_row[static_cast<std::size_t>(row)] *
                      (A.row(i).dot(rows.A.row(row)) < 0.0 ? -1 : 1));
  }
  return signs;
}

/// The highest peak at finite weights, with its value from the closed forms where there is one.
Peak highest_at_finite_weights(const Perceptron& network, const Rows& rows, double tau,
                               const SupremumOptions& options, Budget& budget) {
  const Flat all = supremum::whole_space(rows);
  const DataManifold manifold(network, tau);
  Peak peak = supremum::highest_peak(rows, all, tau, options, budget);
  for (int again = 0;; ++again) {
    const LargestCurvature exact = largest_curvature(manifold.at(peak.v));
    if (again < kAgain && exact.value > peak.value * (1.0 + kSlack) && exact.direction.size() > 0 &&
        !budget.is_spent()) {
      const Peak higher = supremum::peak_from(rows, all, tau, peak.v, exact.direction, budget);
      if (higher.value > peak.value) {
        peak = higher;
        continue;
      }
    }
    peak.value = exact.method == CurvatureMethod::ascent && tau < 1.0
                     ? std::max(exact.value, peak.value)
                     : exact.value;
    return peak;
  }
}

void set_nothing_curves(const Perceptron& network, CurvatureSupremum& result) {
  result.bounded = true;
  result.best = result.upper = 0.0;
  result.upper_from = "nothing curves";
  result.message = "the data manifold is flat";
  result.weights = network.weights(Vector::Zero(network.unknowns()));
}

/// Whether all patterns that saturate on the stratum are far out at v: then the same value there is
/// the limit.
bool is_far_out(const Rows& rows, const Flat& flat, double tau, const Vector& v) {
  const Vector u = (rows.A * v).cwiseAbs();
  const double far = supremum::largest_input(rows.activation, tau);
  for (Index i = 0; i < rows.count(); ++i)
    if (!std::binary_search(flat.free.begin(), flat.free.end(), i) && !(u(i) > far)) return false;
  return true;
}

/// tau < 1, or a ridge on all weights: finite weights and limit strata, all of them bounded.
void search_strata(const Perceptron& network, const Rows& rows, double tau,
                   const SupremumOptions& options, Budget& budget, CurvatureSupremum& result) {
  result.bounded = true;
  const Peak finite = highest_at_finite_weights(network, rows, tau, options, budget);
  result.best = finite.value;
  result.weights = network.weights(finite.v);
  bool all_flats = true;
  std::string where = "at finite weights";
  long strata = 0;
  for (const Flat& flat : supremum::proper_flats(rows, options.max_strata, all_flats)) {
    if (budget.is_spent()) break;
    const Peak peak = supremum::highest_peak(rows, flat, tau, options, budget);
    ++strata;
    const bool is_same = std::abs(peak.value - result.best) <= kRounding * result.best;
    const bool is_limit = is_same && result.signs.empty() && is_far_out(rows, flat, tau, finite.v);
    if (!is_limit && !(peak.value > result.best * (1.0 + kRounding))) continue;
    result.best = std::max(result.best, peak.value);
    result.weights = network.weights(peak.v);
    result.signs = signs_of_patterns(rows, network, signs_on(rows, flat));
    where = "on a limit stratum";
  }
  result.message = "the largest value found is attained " + where + "; " + std::to_string(strata) +
                   (strata == 1 ? " limit stratum was" : " limit strata were") + " searched";
  if (!all_flats)
    result.message += strata >= options.max_strata
                          ? ", more were left out"
                          : ", those with three and more independent free patterns were left out";
  if (budget.was_spent()) result.message += kCutOff;
}

/// A product of curves at tau = 1, one for each line of rows: the highest of their peaks.
void search_curves(const Perceptron& network, const Rows& rows, Budget& budget,
                   CurvatureSupremum& result) {
  double upper = 0.0;
  const Index n = rows.dimension();
  for (Index line = 0; line < rows.lines; ++line) {
    std::vector<Index> members;
    for (Index i = 0; i < rows.count(); ++i)
      if (rows.line_of[static_cast<std::size_t>(i)] == line) members.push_back(i);
    const Vector lengths = rows.A(members, Eigen::all).rowwise().norm();
    const supremum::CurvePeak peak =
        supremum::highest_of_curve(rows.activation, lengths, rows.roots(members), budget);
    upper = std::max(upper, peak.upper);
    if (result.weights.size() > 0 && !(peak.value > result.best)) continue;
    result.best = peak.value;
    const Vector unit = rows.A.row(members.front()).transpose().normalized();
    if (std::isfinite(peak.w)) {
      // Inputs of w on this line, zero on the others.
      Matrix units(rows.lines, n);
      for (Index i = 0; i < rows.count(); ++i)
        units.row(rows.line_of[static_cast<std::size_t>(i)]) = rows.A.row(i).normalized();
      units.row(line) = unit.transpose();
      const Vector v = solve_square(units, Vector(peak.w * Vector::Unit(n, line)));
      result.weights = network.weights(v);
      result.signs.clear();
    } else {
      std::vector<int> of_row(static_cast<std::size_t>(rows.count()), 0);
      for (const Index i : members)
        of_row[static_cast<std::size_t>(i)] = rows.A.row(i).dot(unit) < 0.0 ? -1 : 1;
      result.weights = network.weights(Vector::Zero(n));
      result.signs = signs_of_patterns(rows, network, of_row);
    }
  }
  if (upper < result.upper) {
    result.upper = upper;
    result.upper_from = "bounds on intervals of the curve";
  }
}

/// tau = 1 without a ridge on all weights.
void search_at_one(const Perceptron& network, const Rows& rows, const SupremumOptions& options,
                   Budget& budget, CurvatureSupremum& result) {
  const Growth growth = supremum::growth_at_one(rows, network, options, budget);
  result.bounded = growth.bounded;
  if (growth.bounded == false) {
    result.best = kInfinity;
    result.upper = kInfinity;
    result.upper_from = "unbounded";
    result.way_out = network.weights(growth.v).normalized();
    result.message = "the curvature is unbounded: " + growth.reason;
    return;
  }
  const bool is_product = rows.lines == rows.dimension() && rows.ridge.rows() == 0;
  if (growth.bounded == true && is_product) {
    search_curves(network, rows, budget, result);
    result.message = "the curvature is bounded: " + growth.reason;
  } else {
    const Peak peak = highest_at_finite_weights(network, rows, 1.0, options, budget);
    result.best = peak.value;
    result.weights = network.weights(peak.v);
    result.message = (growth.bounded ? "the curvature is bounded: "
                                     : "whether the curvature is bounded is not decided: ") +
                     growth.reason + "; limits at infinity were not searched";
  }
  if (!std::isfinite(result.upper)) result.message += "; no upper bound is known";
  if (budget.was_spent()) result.message += kCutOff;
}

}  // namespace

std::optional<std::string> SupremumOptions::invalid_reason() const {
  if (starts <= 0) return "starts must be > 0, got " + std::to_string(starts);
  if (polished <= 0) return "polished must be > 0, got " + std::to_string(polished);
  if (max_strata <= 0) return "max_strata must be > 0, got " + std::to_string(max_strata);
  if (!(seconds > 0.0)) return "seconds must be > 0, got " + number(seconds);
  return std::nullopt;
}

CurvatureSupremum curvature_supremum(const Perceptron& network, double tau,
                                     const SupremumOptions& options) {
  network.need_all_patterns("geometry");
  network.need_no_offset("geometry");
  require_tau(tau);
  checked(options);
  Budget budget(options);
  const Rows rows = supremum::distinct_rows(network);
  const CurvatureBound bound = CurvatureBounds(network).at(tau);
  CurvatureSupremum result;
  result.upper = bound.value;
  result.upper_from = bound.from;
  if (tau == 0.0 || rows.is_flat())
    set_nothing_curves(network, result);
  else if (tau < 1.0 || rows.ridge.rows() == rows.dimension())
    search_strata(network, rows, tau, options, budget, result);
  else
    search_at_one(network, rows, options, budget, result);
  if (result.signs.empty() && result.bounded != false)
    result.signs.assign(static_cast<std::size_t>(network.patterns()), 0);
  assert(!(result.best > result.upper * (1.0 + kSlack)));
  return result;
}

}  // namespace tautrack
