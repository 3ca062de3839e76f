#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <Eigen/Eigenvalues>

#include "tautrack/events/morse_index.hpp"
#include "tautrack/tracker/options.hpp"

#include "core/decompositions.hpp"
#include "predictor/approximant.hpp"
#include "predictor/taylor.hpp"

namespace tautrack::monotone {

inline constexpr int kMostUnknowns = 8;

/// Orders after which it is looked how far the series reaches.
inline constexpr std::array<int, 3> kOrders = {8, 11, 14};
inline constexpr int kMostOrders = kOrders.back();

/// |H| below this multiple of its scale is rounding.
inline constexpr double kRounding = 8.0 * std::numeric_limits<double>::epsilon();

inline std::size_t at_index(int k) { return static_cast<std::size_t>(k); }

/// Whether q stays above `least` on [0, a], by its Bernstein coefficients.
inline bool stays_above(const Denominator& q, double a, double least) {
  const double q_1 = q[1] * a, q_2 = q[2] * a * a, q_3 = q[3] * a * a * a;
  return q[0] > least && q[0] + q_1 / 3.0 > least && q[0] + (2.0 * q_1 + q_2) / 3.0 > least &&
         q[0] + q_1 + q_2 + q_3 > least;
}

/// Eigenvalues of a symmetric matrix, ascending, from its lower triangle; empty when there are none.
template <class Square>
Vector eigenvalues_of(const Square& H) {
  if constexpr (Square::SizeAtCompileTime == Eigen::Dynamic) {
    const SymmetricEigen solver = symmetric_eigenvalues(H);
    return solver.info() == Eigen::Success ? Vector(solver.eigenvalues()) : Vector();
  }
  // One size for all, because every one of them takes a compiler long.
  using Bounded =
      Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, kMostUnknowns, kMostUnknowns>;
  const Eigen::SelfAdjointEigenSolver<Bounded> solver(H, Eigen::EigenvaluesOnly);
  return solver.info() == Eigen::Success ? Vector(solver.eigenvalues()) : Vector();
}

/// Cholesky factors of a symmetric matrix.
template <int n>
class Factors {
 public:
  /// Of H - shift I, from the lower triangle. @return false when that is not positive definite.
  [[nodiscard]] bool compute(const Eigen::Matrix<double, n, n>& matrix, double shift) {
    const double* const H = matrix.data();
    for (int j = 0; j < n; ++j) {
      double pivot = H[j * n + j] - shift;
      for (int k = 0; k < j; ++k) pivot -= L_[k][j] * L_[k][j];
      if (!(pivot > 0.0)) return false;
      inverse_[j] = 1.0 / std::sqrt(pivot);
      for (int i = j + 1; i < n; ++i) {
        double sum = H[j * n + i];
        for (int k = 0; k < j; ++k) sum -= L_[k][i] * L_[k][j];
        L_[j][i] = sum * inverse_[j];
      }
    }
    return true;
  }

  void solve_in_place(Eigen::Matrix<double, n, 1>& x) const {
    for (int j = 0; j < n; ++j) {
      x(j) *= inverse_[j];
      for (int i = j + 1; i < n; ++i) x(i) -= L_[j][i] * x(j);
    }
    for (int j = n - 1; j >= 0; --j) {
      for (int i = j + 1; i < n; ++i) x(j) -= L_[j][i] * x(i);
      x(j) *= inverse_[j];
    }
  }

 private:
  double L_[n][n];     ///< Column by column.
  double inverse_[n];  ///< One over the diagonal.
};

/// The same of any size.
template <>
class Factors<Eigen::Dynamic> {
 public:
  [[nodiscard]] bool compute(Matrix H, double shift) {
    H.diagonal().array() -= shift;
    factors_ = cholesky(H);
    return factors_.info() == Eigen::Success;
  }

  void solve_in_place(Vector& x) const { x = tautrack::solve(factors_, x); }

 private:
  Cholesky factors_;
};

/// Whether options leave a path to this: all of it, by Taylor series of up to so many orders, and no point on the way is
/// asked for.
inline bool asked_for(const TrackOptions& options, int orders = kMostOrders) {
  const PredictorOptions& predictor = options.predictor;
  return predictor.kind == PredictorKind::taylor &&
         (predictor.max_order == 0 || predictor.max_order >= orders) && options.tau_start == 0.0 &&
         options.tau_target == 1.0 && options.landings.empty() && !options.tau_back &&
         options.step.max >= 1.0;
}

/// Steps along a natural path as a function of tau, with the memory and the equations of a model:
///
///     n, Column, Square    unknowns, or Eigen::Dynamic, and vectors and matrices of so many
///     size()               the same
///     is_dear              Hessians are: see below
///     orders               after which it is looked how far the series reaches, ascending
///     most_steps           a path that takes more is for the tracker, which chooses them with more care
///     shares               parts of the way to tau = 1 that a step may have, in falling order, the first one 1
///     start()              a point next to the solution at tau = 0, with its H and H_v set
///     starts_with_identity()  H_v is I there, and need not be factored
///     gradient(v, tau)     sets H, scale, energy
///     derivatives(v, tau)  the same, H_tau and the lower triangle of H_v
///     slopes(v, tau)       the same without H_v; where Hessians are dear
///     rough_derivatives(v, tau), rough_error()  all of them, H_v to this error relative to its largest column sum; likewise
///     displacement()       relative change of what moves most, between the last two points or by the last term
///     start_series(tau)    from the last point
///     append_series(k, v_k, rest)  [tau^(k + 1)] H with v_(k + 1) = 0
///     total_weight()       see BasicNaturalHomotopy::scales()
///
/// Where Hessians are dear there is one a step, at the predicted end, and one more, which is not rough, at tau = 1. The
/// series of the next step stands on that one, from which its own point is a Newton step away, and so does what is said of
/// the point half way.
template <class Model>
class MonotoneSteps {
 public:
  /// Keeps references.
  MonotoneSteps(Model& model, const TrackOptions& options) : model_(model), options_(options) {}

  using Column = typename Model::Column;
  using Square = typename Model::Square;

  /// An accepted point, and the sizes of v and tau in its metric: see BasicNaturalHomotopy.
  struct Node {
    double tau = 0.0;
    double arclength = 0.0;
    double energy = 0.0;
    double unknown = 1.0;
    double parameter = 1.0;
    Column v;
    Column slope;  ///< dv/dtau
  };

  /// From tau = 0 to 1; false when a condition fails.
  [[nodiscard]] bool track() {
    if (!start()) return false;
    while (node().tau < 1.0) {
      if (is_stopped() || steps_ == std::min(Model::most_steps, options_.max_steps) || !expand() ||
          !check_half_way() || !take_step())
        return false;
    }
    return true;
  }

  /// Points of the path so far: steps() + 1.
  [[nodiscard]] int steps() const { return steps_; }
  [[nodiscard]] const Node& node(int i) const { return nodes_[at_index(i)]; }
  [[nodiscard]] double last_newton_step() const { return last_step_; }

 private:
  static constexpr int n = Model::n;

  [[nodiscard]] const Node& node() const { return nodes_[at_index(steps_)]; }

  /// Looked at where it may take long.
  [[nodiscard]] bool is_stopped() const {
    if constexpr (Model::is_dear) return options_.stop.is_met();
    return false;
  }

  [[nodiscard]] Index size() const { return model_.size(); }

  [[nodiscard]] bool is_rounding() const { return model_.H.norm() <= kRounding * model_.scale; }

  /// Whether H_v is positive definite beyond doubt. Its factors, shifted by rounding, are as good as
  /// those of H_v.
  /// @param error Of H_v, relative to its largest column sum.
  [[nodiscard]] bool factor(double error = 0.0) {
    double bound = 0.0;  // on the largest eigenvalue
    for (Index j = 0; j < size(); ++j) {
      double sum = 0.0;
      for (Index i = 0; i < size(); ++i)
        sum += std::abs(i < j ? model_.H_v(j, i) : model_.H_v(i, j));
      bound = std::max(bound, sum);
    }
    if (!std::isfinite(bound) || !model_.H.allFinite() || !model_.H_tau.allFinite()) return false;
    is_identity_ = false;
    return factor_.compute(model_.H_v, (MorseIndex::margin(size()) + error) * bound);
  }

  [[nodiscard]] Column solve(Column x) const {
    if (!is_identity_) factor_.solve_in_place(x);
    return x;
  }

  // ----------------------------------------------------------------------------------- steps

  /// The linear solution.
  bool start() {
    is_identity_ = model_.starts_with_identity();
    Column v = model_.start();
    if (!is_identity_ && !factor_.compute(model_.H_v, 0.0)) return false;
    for (int step = 0;; ++step) {
      v -= solve(model_.H);
      model_.derivatives(v, 0.0);
      if (is_rounding()) break;
      if (step == 2 || !model_.H.allFinite()) return false;
    }
    if (!is_identity_ && !factor()) return false;
    set_node(nodes_[0], v, 0.0);
    return node().unknown > 0.0 && node().slope.allFinite();
  }

  /// After derivatives().
  void set_node(Node& out, const Column& v, double tau) const {
    out.v = v;
    out.tau = tau;
    out.energy = model_.energy;
    out.slope = -solve(model_.H_tau);
    out.unknown = std::sqrt(model_.total_weight() + v.squaredNorm());
    out.parameter = 1.0 - tau;
  }

  /// The series from node(), and how far to go with it.
  bool expand() {
    Column rest = Column::Zero(size());
    model_.start_series(node().tau);
    term_[1] = node().slope;
    int order = 1;
    for (const int last : Model::orders) {
      for (; order < last; ++order) {
        if (is_stopped()) return false;
        model_.append_series(order, term_[at_index(order)], rest);
        term_[at_index(order + 1)] = -solve(rest);
      }
      approximate(order);
      if (is_trusted(node().parameter)) {
        reach_ = node().parameter;
        return true;
      }
      // What is far from it will not get there.
      if (plain_ < 0.5 * node().parameter / Approximant::furthest) break;
    }
    for (const double share : Model::shares) {
      reach_ = share * node().parameter;
      if (is_trusted(reach_)) return true;
    }
    return false;
  }

  /// Sets the approximant of the terms so far.
  void approximate(int order) {
    order_ = order;
    const double by_unknown = 1.0 / (node().unknown * node().unknown);
    const double by_parameter = 1.0 / (node().parameter * node().parameter);
    const auto product = [&](int i, int j) {
      return term_[at_index(i)].dot(term_[at_index(j)]) * by_unknown +
             (i == 1 && j == 1 ? by_parameter : 0.0);
    };
    const double last = product(order, order), before = product(order - 1, order - 1);
    const double ratio = model_.displacement() / std::sqrt(before);
    excess_ = std::isfinite(ratio) ? std::max(1.0, ratio) : 1.0;
    const auto reach = [&](double square, int k) {
      return std::exp(std::log(tolerance() / (excess_ * std::sqrt(square))) / k);
    };
    plain_ = std::min(reach(before, order - 1), reach(last, order));

    TermProducts products{};
    for (int i = 0; i < fitted_terms; ++i)
      for (int j = 0; j <= i; ++j)
        products[at_index(i)][at_index(j)] = products[at_index(j)][at_index(i)] =
            product(order - 2 - i, order - 2 - j);
    denominator_ = fit_denominator(products, growth_of_terms(product(1, 1), before, last, order));
    set_numerator();
  }

  void set_numerator() {
    for (int k = 1; k <= order_; ++k) {
      Column& sum = numerator_[at_index(k)];
      sum = term_[at_index(k)];
      for (int j = 1; j <= std::min(denominator_degree, k - 1); ++j)
        sum += denominator_[at_index(j)] * term_[at_index(k - j)];
    }
    last_ = excess_ * numerator_[at_index(order_)].norm() / node().unknown;
    before_ = excess_ * numerator_[at_index(order_ - 1)].norm() / node().unknown;
  }

  /// Whether the approximant may be used up to a step of length a; becomes the plain series where
  /// that is the better one.
  [[nodiscard]] bool is_trusted(double a) {
    double power = 1.0;
    for (int k = 1; k < order_; ++k) power *= a;
    if (a <= Approximant::furthest * plain_ && stays_above(denominator_, a, smallest_denominator) &&
        std::max(before_, last_ * a) * power <= tolerance() * denominator(a))
      return true;
    if (!(a <= plain_)) return false;
    denominator_ = {1.0};
    set_numerator();
    return true;
  }

  [[nodiscard]] double denominator(double a) const {
    return denominator_[0] + a * (denominator_[1] + a * (denominator_[2] + a * denominator_[3]));
  }

  /// The approximant and its derivative at a distance of a.
  void predict(double a, Column& v, Column& slope) const {
    const double q = denominator(a);
    const double q_slope =
        denominator_[1] + a * (2.0 * denominator_[2] + a * 3.0 * denominator_[3]);
    Column offset = Column::Zero(size());
    slope = Column::Zero(size());
    for (int k = order_; k >= 1; --k) {
      slope = slope * a + k * numerator_[at_index(k)];
      offset = offset * a + numerator_[at_index(k)];
    }
    offset *= a / q;
    slope = (slope - offset * q_slope) / q;
    v = node().v + offset;
  }

  [[nodiscard]] double tolerance() const { return options_.predictor.series_tolerance; }
  [[nodiscard]] double agreement() const { return series_agreement * tolerance(); }

  /// Half of the angle between the tangents (slope, 1) in the metric of node(); exact for small ones.
  [[nodiscard]] double half_angle(const Column& slope, const Column& other) const {
    const double ratio = node().parameter / node().unknown;
    const double by = 1.0 / std::sqrt(1.0 + slope.squaredNorm() * ratio * ratio);
    const double by_other = 1.0 / std::sqrt(1.0 + other.squaredNorm() * ratio * ratio);
    const double along = by - by_other;
    const double gap = (by * slope - by_other * other).squaredNorm() * ratio * ratio;
    return std::asin(std::min(1.0, 0.5 * std::sqrt(gap + along * along)));
  }

  [[nodiscard]] bool agrees(const Column& predicted, const Column& slope) const {
    const StepControlOptions& rule = options_.step;
    return 2.0 * half_angle(predicted, slope) <=
           std::min(series_agreement_angle * tolerance(), rule.tolerance * rule.angle);
  }

  /// Whether the curve is where it is expected half way. Where Hessians are dear that is asked of the one before, and again of
  /// the one at the predicted end; for the tangent neither is good enough.
  bool check_half_way() {
    Column v, slope;
    const double a = 0.5 * reach_;
    predict(a, v, slope);
    if constexpr (Model::is_dear) {
      model_.gradient(v, node().tau + a);
      half_way_ = model_.H;
      return is_near(half_way_);
    } else {
      model_.derivatives(v, node().tau + a);
      return factor() && is_near(model_.H) && agrees(slope, -solve(model_.H_tau));
    }
  }

  /// Whether a solution is near to where H is.
  [[nodiscard]] bool is_near(const Column& H) const {
    return solve(H).norm() <= agreement() * node().unknown;
  }

  /// H_v at the predicted end, and its factors.
  bool linearise(const Column& v, double tau) {
    if constexpr (Model::is_dear) {
      model_.rough_derivatives(v, tau);
      return factor(model_.rough_error()) && is_near(half_way_);
    } else {
      model_.derivatives(v, tau);
      return factor();
    }
  }

  /// All that is known of the end of a step.
  bool evaluate_end(const Column& v, double tau) {
    if constexpr (Model::is_dear) {
      if (tau < 1.0) {
        model_.slopes(v, tau);
        return model_.H.allFinite() && model_.H_tau.allFinite();
      }
    }
    model_.derivatives(v, tau);
    return factor();
  }

  /// To the end of the step, by Newton's method as Corrector does it.
  bool take_step() {
    const bool arrives = reach_ == node().parameter;
    const double tau = arrives ? 1.0 : node().tau + reach_;
    Column v, slope;
    predict(reach_, v, slope);
    const Column guess = v;
    const CorrectorOptions& rule = options_.corrector;
    const double unknown = node().unknown;
    double previous = std::numeric_limits<double>::infinity();
    double displacement = 0.0, contraction = 0.0;
    bool renew = true, converged = false;
    for (int k = 0; !converged; ++k) {
      if (k == rule.max_iterations || is_stopped()) return false;
      if (renew) {
        if (!linearise(v, tau)) return false;
      } else {
        model_.gradient(v, tau);
      }
      if (k > 0) displacement += model_.displacement();
      const Column step = solve(model_.H);
      const double length = step.norm() / unknown;
      if (!(length <= agreement())) return false;
      const bool rounding = is_rounding();
      if (k > 0 && !rounding && length > rule.max_contraction * previous) return false;
      if (k == 1 && !rounding) contraction = length / previous;
      v -= step;
      last_step_ = length;
      // What is left is rounding: after this step, or after another at this contraction.
      const double next = k > 0 ? length * (length / previous) : length;
      converged = rounding || (arrives ? next <= std::numeric_limits<double>::epsilon()
                                       : length <= rule.tolerance);
      renew = length > rule.reuse;
      previous = length;
    }
    if (!evaluate_end(v, tau)) return false;
    Node& next = nodes_[at_index(steps_ + 1)];
    set_node(next, v, tau);
    const StepControlOptions& control = options_.step;
    const double half = half_angle(node().slope, next.slope);
    const double chord = std::hypot(reach_ / node().parameter, (v - node().v).norm() / unknown);
    const double length = half > 1e-4 ? chord * half / std::sin(half) : chord;  // as in Segment
    const bool accepted =
        (v - guess).norm() <=
            std::min(agreement(), control.tolerance * control.distance) * unknown &&
        displacement + model_.displacement() <=
            std::min(agreement(), control.tolerance * control.displacement) &&
        contraction <= control.tolerance * control.contraction && agrees(slope, next.slope) &&
        length <= control.max && std::isfinite(model_.energy);
    next.arclength = node().arclength + length;
    ++steps_;
    return accepted;
  }

  Model& model_;
  const TrackOptions& options_;

  std::array<Node, Model::most_steps + 1> nodes_;
  int steps_ = 0;

  std::array<Column, Model::orders.back() + 1> term_,
      numerator_;  ///< Coefficients of powers of tau.
  Denominator denominator_{1.0};
  int order_ = 0;
  double excess_ = 1.0;               ///< See Approximant.
  double plain_ = 0.0;                ///< How far the plain series reaches.
  double last_ = 0.0, before_ = 0.0;  ///< Sizes of the last two terms of the numerator.
  double reach_ = 0.0;                ///< Length of the step.
  double last_step_ = 0.0;

  Column half_way_;  ///< H half way, where Hessians are dear.

  Factors<n> factor_;
  bool is_identity_ = false;  ///< In place of factor_.
};

}  // namespace tautrack::monotone
