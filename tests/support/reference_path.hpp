#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tautrack/data/dataset.hpp"

#include "support/double_double.hpp"

namespace tautrack::support {

/// How carefully the reference goes.
struct ReferenceOptions {
  double step = 1.0;           ///< Factor of all limits of a step: 0.5 is twice as careful.
  double least_delta = 1e-40;  ///< 1 - tau at which weights that grow steadily are infinite.
  double last_delta = 1e-240;  ///< Where the path is left when they do not.
  int max_steps = 50000;
};

enum class ReferenceEnd { finite, infinite, unresolved };

/// What the reference found out about a natural path.
struct ReferencePath {
  ReferenceEnd end = ReferenceEnd::unresolved;
  std::string reason;               ///< Of an unresolved end.
  std::vector<double> fold_deltas;  ///< 1 - tau of each fold, in the order met.
  Vector node_inputs;               ///< L: u at tau = 1; else where the path was left.
  Vector growth;                    ///< L: du / dlog(1 / (1 - tau)) where the path was left.
  double delta = 1.0;               ///< 1 - tau from where the end was recognised.
  long steps = 0;
  long evaluations = 0;
};

/// Follows the natural path of a tanh network in double-double numbers (31 digits) by small steps, and shares nothing
/// with the library but the data. Unknowns are v, with u = A v and orthonormal columns A, and p = log(1 / delta), delta
/// = 1 - tau: each decade of delta is as long as any other, and delta is never rounded against 1. What the residual and
/// the derivatives are summed from are tails of tanh, not differences from 1.
///
/// Where patterns saturate, the terms of the equations differ by many powers of ten. The basis of v is therefore turned
/// from time to time such that the pattern of the largest slope f_u has one coordinate, the next one two, and so on:
/// equation j then holds only the smaller patterns from the j-th on, and a pattern that is free keeps all of its digits
/// while others run to infinity.
class ReferenceTracker {
 public:
  explicit ReferenceTracker(const Problem& problem, const ReferenceOptions& options = {})
      : options_(options),
        patterns_(static_cast<std::size_t>(problem.X.rows())),
        targets_(problem.y.data(), problem.y.data() + problem.y.size()),
        weights_(patterns_, 1.0),
        scale_(patterns_, 1.0) {
    if (problem.pattern_weights.size() > 0)
      std::copy_n(problem.pattern_weights.data(), patterns_, weights_.begin());
    orthogonalise(problem.X);
  }

  ReferencePath run() {
    if (!start()) return unresolved("no least-squares solution");
    double h = kFirstStep;
    while (path_.steps < options_.max_steps) {
      h = step(h);
      if (h < kSmallestStep) return unresolved("step too small");
      if (here_.p.high < 0.0) return unresolved("returned to the start");
      if (arrived()) return path_;
      if (here_.p.high >= -std::log(options_.least_delta) && runs_off()) return path_;
      if (here_.p.high >= -std::log(options_.last_delta))
        return unresolved("neither a finite end nor steady growth");
    }
    return unresolved("too many steps");
  }

 private:
  using Long = DoubleDouble;

  // Limits of a step, which ReferenceOptions::step scales.
  static constexpr double kAngle = 0.02;          ///< Between tangents.
  static constexpr double kAngleAtFold = 0.0025;  ///< The same where p hardly changes.
  static constexpr double kChordAngle = 0.005;  ///< Between the chord and the mean of the tangents.
  static constexpr double kNodeMove = 0.1;      ///< |du_i| / (1 + |u_i|)
  static constexpr double kSlopeMove = 0.15;    ///< Of log f_u or log(f_u / delta).
  static constexpr double kParameterMove = 0.5;  ///< Of p.
  static constexpr double kPrediction = 0.0025;  ///< First correction by Newton's method.
  // Other constants.
  static constexpr double kFirstStep = 1e-3;
  static constexpr double kSmallestStep = 1e-13;
  static constexpr double kContraction = 0.2;  ///< From one step of Newton's method to the next.
  static constexpr double kConverged = 1e-13;  ///< A step after which the error is its square.
  static constexpr int kNewtonSteps = 8;
  static constexpr double kFlatPart = 0.25;  ///< A step in whose middle dp falls below this part of
                                             ///< that at its ends may hide two folds.
  static constexpr double kFoldSlope = 1e-10;   ///< |dp/da| at a fold.
  static constexpr double kAtRest = 1e-3;       ///< |du/dp|
  static constexpr double kFree = 1e3;          ///< f_u / delta that is sigma' rather than delta
  static constexpr double kFallOfDelta = 0.49;  ///< |du/dp| with which sigma' falls like delta: 1/2

  struct Point {
    std::vector<Long> v;
    Long p;
    std::vector<double> tangent;  ///< n + 1, of length one in the metric where it was found.
    std::vector<double> u;        ///< L
    std::vector<double> slope;    ///< L: f_u
    int orientation = 0;          ///< Sign of the bordered determinant.
  };

  /// The equations at a point.
  struct Equations {
    std::vector<Long> value;        ///< n: H
    std::vector<Long> jacobian;     ///< n x (n + 1) by rows: H_v, H_p
    std::vector<Long> node_input;   ///< L
    std::vector<Long> residual;     ///< L
    std::vector<Long> slope;        ///< L: f_u
    std::vector<Long> sigma_slope;  ///< L
  };

  /// Orthonormal columns that span those of X, by the modified Gram-Schmidt process, twice; a column
  /// that the ones before it span to 20 digits is left out.
  void orthogonalise(const Matrix& X) {
    constexpr double kDependent = 1e-20;
    std::vector<std::vector<Long>> axes;
    const auto dot = [](const std::vector<Long>& one, const std::vector<Long>& other) {
      Long sum;
      for (std::size_t i = 0; i < one.size(); ++i) sum += one[i] * other[i];
      return sum;
    };
    for (Index j = 0; j < X.cols(); ++j) {
      std::vector<Long> column(patterns_);
      for (std::size_t i = 0; i < patterns_; ++i) column[i] = X(static_cast<Index>(i), j);
      const Long before = square_root(dot(column, column));
      for (int twice = 0; twice < 2; ++twice)
        for (const std::vector<Long>& axis : axes) {
          const Long part = dot(axis, column);
          for (std::size_t i = 0; i < patterns_; ++i) column[i] -= part * axis[i];
        }
      const Long rest = square_root(dot(column, column));
      if (!(rest.high > kDependent * before.high)) continue;
      for (Long& entry : column) entry = entry / rest;
      axes.push_back(std::move(column));
    }
    unknowns_ = axes.size();
    std::vector<Long> rows;
    for (std::size_t i = 0; i < patterns_; ++i)
      for (const std::vector<Long>& axis : axes) rows.push_back(axis[i]);
    set_basis(std::move(rows));
  }

  void set_basis(std::vector<Long> rows) {
    basis_ = std::move(rows);
    rounded_.resize(basis_.size());
    std::transform(basis_.begin(), basis_.end(), rounded_.begin(),
                   [](const Long& entry) { return entry.high; });
    lengths_.assign(patterns_, 0.0);
    for (std::size_t i = 0; i < patterns_; ++i) {
      for (std::size_t j = 0; j < unknowns_; ++j)
        lengths_[i] += rounded_[i * unknowns_ + j] * rounded_[i * unknowns_ + j];
      lengths_[i] = std::sqrt(lengths_[i]);
    }
  }

  /// H and its derivatives at v, p = log(1 / delta).
  void evaluate(const std::vector<Long>& v, const Long& delta) {
    ++path_.evaluations;
    const std::size_t n = unknowns_;
    Equations& e = equations_;
    e.value.assign(n, Long());
    e.jacobian.assign(n * (n + 1), Long());
    e.node_input.resize(patterns_);
    e.residual.resize(patterns_);
    e.slope.resize(patterns_);
    e.sigma_slope.resize(patterns_);
    const Long tau = Long(1.0) - delta;
    for (std::size_t i = 0; i < patterns_; ++i) {
      const Long* row = &basis_[i * n];
      Long u;
      for (std::size_t j = 0; j < n; ++j) u += row[j] * v[j];
      const double sign = u.high < 0.0 ? -1.0 : 1.0;
      const Long fall = exponential(u * (-2.0 * sign));
      const Long part = Long(1.0) / (fall + 1.0);
      const Long tail = fall * part * 2.0;  // 1 - |tanh u|
      const Long sigma = (Long(1.0) - tail) * sign;
      const Long first = tail * part * 2.0;  // sech^2 u
      const Long f_delta = u - sigma;
      const Long r = delta * f_delta + ((Long(sign) - targets_[i]) - tail * sign);
      const Long D = delta + tau * first;
      const Long bend = tau * sigma * first * (-2.0);  // f_uu
      const Long g = D * r * weights_[i];
      const Long curvature = (D * D + bend * r) * weights_[i];
      const Long drift = -(delta * ((Long(1.0) - first) * r + D * f_delta)) * weights_[i];
      for (std::size_t j = 0; j < n; ++j) {
        e.value[j] += row[j] * g;
        const Long factor = row[j] * curvature;
        for (std::size_t k = j; k < n; ++k) e.jacobian[j * (n + 1) + k] += factor * row[k];
        e.jacobian[j * (n + 1) + n] += row[j] * drift;
      }
      e.node_input[i] = u;
      e.residual[i] = r;
      e.slope[i] = D;
      e.sigma_slope[i] = first;
    }
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t k = 0; k < j; ++k) e.jacobian[j * (n + 1) + k] = e.jacobian[k * (n + 1) + j];
  }

  /// Solves for several right-hand sides (columns of `right`, size x count by rows) by elimination with scaled rows;
  /// both are overwritten. Returns the sign of the determinant, 0 when a pivot is zero.
  static int solve(std::vector<Long>& matrix, std::vector<Long>& right, std::size_t size) {
    const std::size_t count = right.size() / size;
    int sign = 1;
    std::vector<double> largest(size, 0.0);
    for (std::size_t j = 0; j < size; ++j)
      for (std::size_t k = 0; k < size; ++k)
        largest[j] = std::max(largest[j], std::abs(matrix[j * size + k].high));
    for (std::size_t k = 0; k < size; ++k) {
      std::size_t pivot = k;
      for (std::size_t j = k; j < size; ++j)
        if (std::abs(matrix[j * size + k].high) / largest[j] >
            std::abs(matrix[pivot * size + k].high) / largest[pivot])
          pivot = j;
      if (!(std::abs(matrix[pivot * size + k].high) > 0.0)) return 0;
      if (pivot != k) {
        std::swap_ranges(&matrix[k * size], &matrix[k * size] + size, &matrix[pivot * size]);
        std::swap_ranges(&right[k * count], &right[k * count] + count, &right[pivot * count]);
        std::swap(largest[k], largest[pivot]);
        sign = -sign;
      }
      if (matrix[k * size + k].high < 0.0) sign = -sign;
      const Long inverse = Long(1.0) / matrix[k * size + k];
      for (std::size_t j = k + 1; j < size; ++j) {
        const Long factor = matrix[j * size + k] * inverse;
        if (factor.high == 0.0) continue;
        for (std::size_t m = k + 1; m < size; ++m)
          matrix[j * size + m] -= factor * matrix[k * size + m];
        for (std::size_t m = 0; m < count; ++m)
          right[j * count + m] -= factor * right[k * count + m];
      }
    }
    for (std::size_t k = size; k-- > 0;) {
      const Long inverse = Long(1.0) / matrix[k * size + k];
      for (std::size_t m = 0; m < count; ++m) {
        for (std::size_t j = k + 1; j < size; ++j)
          right[k * count + m] -= matrix[k * size + j] * right[j * count + m];
        right[k * count + m] = right[k * count + m] * inverse;
      }
    }
    return sign;
  }

  /// Changes of the node inputs in units of 1 + |u_i| at the last point, along a direction of (v, p).
  template <class Entries>
  std::vector<double> moves(const Entries& direction) const {
    std::vector<double> out(patterns_, 0.0);
    for (std::size_t i = 0; i < patterns_; ++i) {
      for (std::size_t j = 0; j < unknowns_; ++j)
        out[i] += rounded_[i * unknowns_ + j] * static_cast<double>(direction[j]);
      out[i] /= scale_[i];
    }
    return out;
  }
  double length(const std::vector<double>& direction) const {
    double square = direction[unknowns_] * direction[unknowns_];
    for (const double move : moves(direction)) square += move * move;
    return std::sqrt(square);
  }
  /// The row of the bordered matrix that measures displacements along a direction.
  std::vector<double> border(const std::vector<double>& direction) const {
    std::vector<double> row(unknowns_ + 1, 0.0);
    const std::vector<double> move = moves(direction);
    for (std::size_t i = 0; i < patterns_; ++i)
      for (std::size_t j = 0; j < unknowns_; ++j)
        row[j] += rounded_[i * unknowns_ + j] * move[i] / scale_[i];
    row[unknowns_] = direction[unknowns_];
    return row;
  }

  /// Newton's method across `direction`, until the error is that of the arithmetic; the tangent on the way. Nothing
  /// when the first correction exceeds `largest` or convergence is not quadratic.
  std::optional<Point> correct(Point point, const std::vector<double>& direction, double largest) {
    const std::size_t n = unknowns_;
    const std::vector<double> row = border(direction);
    std::vector<Long> matrix;
    std::vector<Long> right;
    double last = largest;
    for (int k = 0; k < kNewtonSteps; ++k) {
      evaluate(point.v, exponential(-point.p));
      matrix = equations_.jacobian;
      matrix.insert(matrix.end(), row.begin(), row.end());
      right.assign(2 * (n + 1), Long());
      for (std::size_t j = 0; j < n; ++j) right[2 * j] = -equations_.value[j];
      right[2 * n + 1] = 1.0;
      point.orientation = solve(matrix, right, n + 1);
      if (point.orientation == 0) return std::nullopt;
      std::vector<double> change(n + 1);
      for (std::size_t j = 0; j <= n; ++j) change[j] = right[2 * j].high;
      double size = std::abs(change[n]);
      for (const double move : moves(change)) size = std::max(size, std::abs(move));
      if (!(size <= (k == 0 ? largest : std::max(kContraction * last, kConverged))))
        return std::nullopt;
      for (std::size_t j = 0; j < n; ++j) point.v[j] += right[2 * j];
      point.p += right[2 * n];
      last = size;
      if (size <= kConverged) {
        point.tangent.resize(n + 1);
        for (std::size_t j = 0; j <= n; ++j) point.tangent[j] = right[2 * j + 1].high;
        const double norm = length(point.tangent);
        for (double& entry : point.tangent) entry /= norm;
        point.u.resize(patterns_);
        point.slope.resize(patterns_);
        for (std::size_t i = 0; i < patterns_; ++i) {
          point.u[i] = equations_.node_input[i].high;
          point.slope[i] = equations_.slope[i].high;
        }
        return point;
      }
    }
    return std::nullopt;
  }

  /// The linear solution at delta = 1 and the tangent towards smaller delta.
  bool start() {
    std::vector<double> along(unknowns_ + 1, 0.0);
    along[unknowns_] = 1.0;
    Point zero;
    zero.v.assign(unknowns_, Long());
    constexpr double kAnywhere = 1e300;  // the equations are linear there
    std::optional<Point> found = correct(zero, along, kAnywhere);
    if (!found) return false;
    here_ = *found;
    turn_basis();
    measure();
    found = correct(here_, along, 1.0);
    if (!found) return false;
    here_ = *found;
    return true;
  }

  /// The metric is that of the last point.
  void measure() {
    for (std::size_t i = 0; i < patterns_; ++i) scale_[i] = 1.0 + std::abs(here_.u[i]);
  }

  /// Cubic through two points with their tangents; `part` from the first (0) to the second (1) or beyond.
  Point on_cubic(const Point& first, const Point& second, double distance, double part) const {
    const double q = part * part;
    const double rise = q * (3.0 - 2.0 * part);
    const double first_slope = distance * part * (1.0 - part) * (1.0 - part);
    const double second_slope = distance * q * (part - 1.0);
    Point point;
    point.v.resize(unknowns_);
    for (std::size_t j = 0; j < unknowns_; ++j)
      point.v[j] = first.v[j] + (second.v[j] - first.v[j]) * rise + first.tangent[j] * first_slope +
                   second.tangent[j] * second_slope;
    point.p = first.p + (second.p - first.p) * rise + first.tangent[unknowns_] * first_slope +
              second.tangent[unknowns_] * second_slope;
    return point;
  }

  Point predict(double h) const {
    if (last_distance_ > 0.0)
      return on_cubic(before_, here_, last_distance_, 1.0 + h / last_distance_);
    Point point = here_;
    for (std::size_t j = 0; j < unknowns_; ++j) point.v[j] += here_.tangent[j] * h;
    point.p += here_.tangent[unknowns_] * h;
    return point;
  }

  /// Angle between two directions in the metric of the last point.
  double angle(const std::vector<double>& one, const std::vector<double>& other) const {
    const double one_length = length(one);
    const double other_length = length(other);
    std::vector<double> difference(unknowns_ + 1);
    for (std::size_t j = 0; j <= unknowns_; ++j)
      difference[j] = one[j] / one_length - other[j] / other_length;
    return length(difference);
  }

  std::vector<double> chord(const Point& from, const Point& to) const {
    std::vector<double> out(unknowns_ + 1);
    for (std::size_t j = 0; j < unknowns_; ++j) out[j] = (to.v[j] - from.v[j]).high;
    out[unknowns_] = (to.p - from.p).high;
    return out;
  }

  /// Largest of what the step changes, in units of what is allowed.
  double excess(const Point& next) const {
    const std::vector<double> way = chord(here_, next);
    std::vector<double> mean(unknowns_ + 1);
    const double next_length = length(next.tangent);
    for (std::size_t j = 0; j <= unknowns_; ++j)
      mean[j] = here_.tangent[j] + next.tangent[j] / next_length;
    const double steepness =
        std::max(std::abs(here_.tangent[unknowns_]), std::abs(next.tangent[unknowns_]));
    double out =
        angle(here_.tangent, next.tangent) / std::clamp(0.5 * steepness, kAngleAtFold, kAngle);
    out = std::max(out, angle(way, mean) / kChordAngle);
    out = std::max(out, std::abs(way[unknowns_]) / kParameterMove);
    for (const double move : moves(way)) out = std::max(out, std::abs(move) / kNodeMove);
    for (std::size_t i = 0; i < patterns_; ++i) {
      const double change = std::log(next.slope[i] / here_.slope[i]);
      out =
          std::max(out, std::min(std::abs(change), std::abs(change + way[unknowns_])) / kSlopeMove);
    }
    return out / options_.step;
  }

  /// Whether p may rise and fall within a step that rises at both of its ends (or the other way round).
  bool may_hide_folds(const Point& next, double distance) const {
    const double first = here_.tangent[unknowns_] * distance;
    const double second = next.tangent[unknowns_] * distance;
    if (first * second <= 0.0) return false;
    const double rise = (next.p - here_.p).high;
    // dp of the cubic at part t: first + 2 linear t + 3 cubic t^2
    const double linear = 3.0 * rise - 2.0 * first - second;
    const double cubic = first + second - 2.0 * rise;
    const double lowest = -linear / (3.0 * cubic);
    if (!(lowest > 0.0 && lowest < 1.0)) return false;
    const double slope = first + linear * lowest;
    return slope * first <= 0.0 ||
           std::abs(slope) < kFlatPart * std::min(std::abs(first), std::abs(second));
  }

  /// One step of length h at most; returns the length of the next one, 0 when none was possible.
  double step(double h) {
    measure();
    {
      const double norm = length(here_.tangent);
      for (double& entry : here_.tangent) entry /= norm;
    }
    for (; h >= kSmallestStep; h *= 0.5) {
      const std::optional<Point> next =
          correct(predict(h), here_.tangent, std::min(kPrediction * options_.step, 0.2 * h));
      if (!next || next->orientation != here_.orientation) continue;
      const double distance = length(chord(here_, *next));
      const double part = excess(*next);
      if (part > 1.0 || may_hide_folds(*next, distance)) continue;
      if (here_.tangent[unknowns_] * next->tangent[unknowns_] < 0.0 &&
          !locate_fold(*next, distance))
        continue;
      before_ = std::move(here_);
      here_ = *next;
      last_distance_ = distance;
      ++path_.steps;
      turn_basis();
      constexpr double kGrow = 1.5;
      return h * std::clamp(0.8 / part, 0.5, kGrow);
    }
    return 0.0;
  }

  /// The root of dp between the last point and `next`, by the regula falsi (Illinois).
  bool locate_fold(const Point& next, double distance) {
    double low = 0.0;
    double high = 1.0;
    double low_slope = here_.tangent[unknowns_];
    double high_slope = next.tangent[unknowns_];
    constexpr int kTries = 60;
    for (int k = 0; k < kTries; ++k) {
      const double part = low + (high - low) * low_slope / (low_slope - high_slope);
      std::vector<double> direction(unknowns_ + 1);
      for (std::size_t j = 0; j <= unknowns_; ++j)
        direction[j] = here_.tangent[j] + part * (next.tangent[j] - here_.tangent[j]);
      const std::optional<Point> found =
          correct(on_cubic(here_, next, distance, part), direction, kPrediction);
      if (!found) return false;
      const double slope = found->tangent[unknowns_];
      if (std::abs(slope) <= kFoldSlope) {
        path_.fold_deltas.push_back(exponential(-found->p).high);
        return true;
      }
      if (slope * low_slope > 0.0) {
        low = part;
        low_slope = slope;
        high_slope *= 0.5;
      } else {
        high = part;
        high_slope = slope;
        low_slope *= 0.5;
      }
    }
    return false;
  }

  /// Patterns whose rows span all unknowns, in the order of growing |u|, and so of falling slopes.
  std::vector<std::size_t> leading_patterns() const {
    const std::size_t n = unknowns_;
    std::vector<std::size_t> order(patterns_);
    for (std::size_t i = 0; i < patterns_; ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      return std::abs(here_.u[a]) < std::abs(here_.u[b]);
    });
    std::vector<std::size_t> leading;
    std::vector<double> spanned;
    constexpr double kIndependent = 1e-6;  // part of a row that the ones before do not span
    for (const std::size_t i : order) {
      std::vector<double> row(&rounded_[i * n], &rounded_[i * n] + n);
      for (std::size_t k = 0; k < leading.size(); ++k) {
        double dot = 0.0;
        for (std::size_t j = 0; j < n; ++j) dot += row[j] * spanned[k * n + j];
        for (std::size_t j = 0; j < n; ++j) row[j] -= dot * spanned[k * n + j];
      }
      double rest = 0.0;
      for (const double entry : row) rest += entry * entry;
      rest = std::sqrt(rest);
      if (!(rest > kIndependent * lengths_[i])) continue;
      for (double& entry : row) entry /= rest;
      leading.push_back(i);
      spanned.insert(spanned.end(), row.begin(), row.end());
      if (leading.size() == n) break;
    }
    return leading;
  }

  /// Turns the basis when other patterns than before have by far the largest slopes or the smallest inputs.
  void turn_basis() {
    const std::size_t n = unknowns_;
    const std::vector<std::size_t> leading = leading_patterns();
    if (leading.size() < n) return;
    constexpr double kFar = 10.0;
    bool turn = leading_.empty();
    for (std::size_t k = 0; !turn && k < n; ++k) {
      const std::size_t now = leading[k];
      const std::size_t then = leading_[k];
      turn = here_.slope[now] > kFar * here_.slope[then] ||
             1.0 + std::abs(here_.u[then]) > kFar * (1.0 + std::abs(here_.u[now]));
    }
    if (!turn) return;
    leading_ = leading;
    std::vector<Long> axes;  // n x n by rows: the new ones in the old coordinates
    for (std::size_t k = 0; k < n; ++k) {
      std::vector<Long> row(&basis_[leading[k] * n], &basis_[leading[k] * n] + n);
      for (int twice = 0; twice < 2; ++twice)
        for (std::size_t m = 0; m < k; ++m) {
          Long dot;
          for (std::size_t j = 0; j < n; ++j) dot += row[j] * axes[m * n + j];
          for (std::size_t j = 0; j < n; ++j) row[j] -= dot * axes[m * n + j];
        }
      Long square;
      for (const Long& entry : row) square += entry * entry;
      const Long norm = square_root(square);
      for (const Long& entry : row) axes.push_back(entry / norm);
    }
    std::vector<Long> rows(basis_.size());
    for (std::size_t i = 0; i < patterns_; ++i) turn_vector(axes, &basis_[i * n], &rows[i * n]);
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t j = k + 1; j < n; ++j) rows[leading[k] * n + j] = 0.0;
    set_basis(std::move(rows));
    for (Point* point : {&before_, &here_}) turn_point(axes, *point);
  }

  void turn_vector(const std::vector<Long>& axes, const Long* from, Long* to) const {
    for (std::size_t k = 0; k < unknowns_; ++k) {
      Long dot;
      for (std::size_t j = 0; j < unknowns_; ++j) dot += axes[k * unknowns_ + j] * from[j];
      to[k] = dot;
    }
  }
  void turn_point(const std::vector<Long>& axes, Point& point) const {
    if (point.v.empty()) return;
    std::vector<Long> turned(unknowns_);
    turn_vector(axes, point.v.data(), turned.data());
    point.v = turned;
    if (point.tangent.empty()) return;
    const std::vector<Long> tangent(point.tangent.begin(), point.tangent.end() - 1);
    turn_vector(axes, tangent.data(), turned.data());
    for (std::size_t j = 0; j < unknowns_; ++j) point.tangent[j] = turned[j].high;
  }

  /// Whether the path from here to delta = 0 is proven, up to the arithmetic, to end at a finite point.
  bool arrived() {
    const std::size_t n = unknowns_;
    constexpr double kSteep = 0.02;
    constexpr double kNear = 0.3;   // of the way to the end, in units of 1 + |u_i|
    constexpr double kLater = 0.5;  // in p, from one try to the next
    const double steepness = here_.tangent[n];
    if (steepness < kSteep || here_.p.high < next_try_) return false;
    for (const double move : moves(here_.tangent))
      if (std::abs(move) > kNear * steepness) return false;
    next_try_ = here_.p.high + kLater;
    std::vector<Long> v = here_.v;
    for (std::size_t j = 0; j < n; ++j) v[j] += here_.tangent[j] / steepness;
    return newton_at_target(v) && is_led_to(v);
  }

  /// H_v and, as right-hand sides, `count` columns.
  bool solve_at_target(std::vector<Long>& right) const {
    const std::size_t n = unknowns_;
    std::vector<Long> matrix(n * n);
    for (std::size_t j = 0; j < n; ++j)
      std::copy_n(&equations_.jacobian[j * (n + 1)], n, &matrix[j * n]);
    return solve(matrix, right, n) != 0;
  }

  bool newton_at_target(std::vector<Long>& v) {
    double last = 1.0;
    for (int k = 0; k < kNewtonSteps; ++k) {
      evaluate(v, 0.0);
      std::vector<Long> right = equations_.value;
      if (!solve_at_target(right)) return false;
      double size = 0.0;
      for (const double move : moves(right)) size = std::max(size, std::abs(move));
      if (!(size <= std::max(kContraction * last, kConverged))) return false;
      for (std::size_t j = 0; j < unknowns_; ++j) v[j] -= right[j];
      last = size;
      if (size <= kConverged) return true;
    }
    return false;
  }

  /// Whether for every delta from that of the last point to 0 there is exactly one solution within a ball around the
  /// solution v at delta = 0 that holds the last point: the map v -> v - H_v^-1 H(v, delta), H_v at v and delta = 0,
  /// contracts it into itself.
  bool is_led_to(const std::vector<Long>& v) {
    const std::size_t n = unknowns_;
    evaluate(v, 0.0);
    std::vector<Long> right(n * patterns_);  // columns: the rows of A
    for (std::size_t i = 0; i < patterns_; ++i)
      for (std::size_t j = 0; j < n; ++j) right[j * patterns_ + i] = basis_[i * n + j];
    if (!solve_at_target(right)) return false;
    const double delta = exponential(-here_.p).high;
    std::vector<double> gain(patterns_, 0.0);  // |H_v^-1 a_i| times the pattern's weight
    double displaced = 0.0;
    for (std::size_t j = 0; j < n; ++j) displaced += std::pow((v[j] - here_.v[j]).high, 2);
    double shift = 0.0;  // |H_v^-1 H(v, delta)| at most
    for (std::size_t i = 0; i < patterns_; ++i) {
      for (std::size_t j = 0; j < n; ++j) gain[i] += std::pow(right[j * patterns_ + i].high, 2);
      gain[i] = weights_[i] * std::sqrt(gain[i]);
      const double u = std::abs(equations_.node_input[i].high);
      const double r = std::abs(equations_.residual[i].high);
      const double first = equations_.sigma_slope[i].high;
      shift += gain[i] * delta * (r + first * u + delta * u);
    }
    const double radius = 2.0 * std::max(std::sqrt(displaced), shift);
    double contraction = 0.0;
    for (std::size_t i = 0; i < patterns_; ++i)
      contraction += gain[i] * lengths_[i] * curvature_change(i, lengths_[i] * radius, delta);
    if (!(contraction <= 0.5)) return false;
    finish(v, delta);
    path_.end = ReferenceEnd::finite;
    return true;
  }

  /// Bound of the change of f_u^2 + f_uu r from (u_i, delta = 0) when u_i changes by at most `move` and delta grows to
  /// the given one, for tanh: |sigma''| <= 2 sigma', |sigma'''| <= 4 sigma'.
  double curvature_change(std::size_t i, double move, double delta) const {
    const double u = std::abs(equations_.node_input[i].high);
    const double cosh = std::cosh(std::min(std::max(u - move, 0.0), 300.0));
    const double first = 1.0 / (cosh * cosh);
    const double slope = delta + first;
    const double r = std::abs(equations_.residual[i].high) + slope * move + delta * (u + move);
    return move * (3.0 * slope * 2.0 * first + 4.0 * first * r) +
           delta * (2.0 * slope + 2.0 * first * r + 2.0 * first * (u + move));
  }

  /// Node inputs at v and rates of growth.
  void finish(const std::vector<Long>& v, double delta) {
    path_.delta = delta;
    path_.node_inputs.resize(static_cast<Index>(patterns_));
    path_.growth.resize(static_cast<Index>(patterns_));
    const std::vector<double> move = moves(here_.tangent);
    for (std::size_t i = 0; i < patterns_; ++i) {
      Long u;
      for (std::size_t j = 0; j < unknowns_; ++j) u += basis_[i * unknowns_ + j] * v[j];
      path_.node_inputs(static_cast<Index>(i)) = u.high;
      path_.growth(static_cast<Index>(i)) = move[i] * scale_[i] / here_.tangent[unknowns_];
    }
  }

  /// Whether each pattern is at rest, with a slope that delta no longer changes, or saturates at least as fast as delta
  /// falls: sigma' ~ exp(-2 |u|). A pattern that saturates more slowly, comes back, or rests far out where its slope is
  /// delta alone, will at some smaller delta be one that decides.
  bool runs_off() {
    finish(here_.v, exponential(-here_.p).high);
    bool grows = false;
    for (std::size_t i = 0; i < patterns_; ++i) {
      const double u = path_.node_inputs(static_cast<Index>(i));
      const double rate = std::copysign(1.0, u) * path_.growth(static_cast<Index>(i));
      if (std::abs(rate) < kAtRest) {
        if (here_.slope[i] < kFree * path_.delta) return false;
        continue;
      }
      if (rate < kFallOfDelta) return false;
      grows = true;
    }
    if (grows) path_.end = ReferenceEnd::infinite;
    return grows;
  }

  ReferencePath unresolved(const std::string& reason) {
    if (!here_.tangent.empty()) finish(here_.v, exponential(-here_.p).high);
    path_.reason = reason;
    return path_;
  }

  ReferenceOptions options_;
  std::size_t patterns_;              ///< L
  std::size_t unknowns_ = 0;          ///< n
  std::vector<double> targets_;       ///< L
  std::vector<double> weights_;       ///< L: of the patterns
  std::vector<double> scale_;         ///< L: 1 + |u_i| at the last point
  std::vector<Long> columns_;         ///< L x n by rows: A as it was first
  std::vector<Long> triangle_;        ///< n x n: X = A R
  std::vector<Long> basis_;           ///< L x n by rows: A
  std::vector<double> rounded_;       ///< The same in double.
  std::vector<double> lengths_;       ///< L: of its rows
  std::vector<std::size_t> leading_;  ///< Patterns from which the basis was made.
  Equations equations_;
  Point before_;
  Point here_;
  double last_distance_ = 0.0;
  double next_try_ = 0.3;  ///< p at which an end may be recognised.
  ReferencePath path_;
};

/// The natural path of a problem, for tanh and without ridge.
inline ReferencePath reference_path(const Problem& problem, const ReferenceOptions& options = {}) {
  return ReferenceTracker(problem, options).run();
}

}  // namespace tautrack::support
