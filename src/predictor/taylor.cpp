#include "predictor/taylor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/numbers.hpp"
#include "predictor/approximant.hpp"

namespace tautrack {

namespace {

/// A linearisation within this distance of the point serves the series: its error in the
/// coefficients is of that order.
constexpr double kReach = 1e-4;

/// The same where a Hessian costs more than so many passes, until it has spoiled a step of the path.
constexpr double kFarReach = 1e-3;
constexpr double kDearHessian = 2.0;

/// Part of a step within which a zero of dtau/da is the fold that the step started from.
constexpr double kSameFold = 1e-3;

/// A zero of dtau/da this close to the end of a step makes the sign of tau's direction there a
/// matter of luck.
constexpr double kNearEnd = 0.9;

/// The next zero or extremum of dtau/da is looked for from this multiple of the last one on: beyond
/// the rounding of a zero, and for extrema, which are only looked at, farther beyond it.
constexpr double kPastTurn = 1.0 + 1e-12, kPastExtremum = 1.0 + 1e-9;

/// Extrema of dtau/da that are looked at within a step; by experience.
constexpr int kExtrema = 8;

/// A step at whose end dtau/da is not told from zero is made so much shorter, so often: to a sixth.
constexpr double kRetreat = 0.8;
constexpr int kRetreats = 8;

/// dtau/da is told from zero by this multiple of its error.
constexpr double kFoldMargin = 4.0;

/// A pole this close to the target, relative to the way there, is one at the target.
constexpr double kSamePole = 0.02;

/// Singularities at a smaller angle to the real axis are a pinch.
constexpr double kPinch = 0.2;

/// Rounding of a proposed and of a corrected tau, relative to tau: eight times that of both.
constexpr double kTauNoise = 8.0 * std::numeric_limits<double>::epsilon();

/// The curve z(a) = (x, tau) from an accepted point by its Taylor coefficients,
///
///     B z_k = (-[a^k] H(z(a)) with z_k = 0, 0),   B = [H_x H_tau; tangent'],
///
/// with one matrix for all orders (the asymptotic numerical method: Cochelin, Damil & Potier-Ferry
/// 1994), in the arclength along the tangent or, where that reaches further, in the length of x.
class TaylorPredictor final : public Predictor {
 public:
  TaylorPredictor(const PredictorOptions& options, Corrector& corrector)
      : tolerance_(options.series_tolerance),
        corrector_(corrector),
        n_(corrector.homotopy().size()),
        max_order_(options.max_order > 0 ? options.max_order : order_by_cost()),
        reach_(corrector.homotopy().linearisation_cost() > kDearHessian ? kFarReach : kReach),
        x_(n_),
        rest_(n_),
        z_(n_ + 1),
        base_(n_ + 1),
        by_arclength_(n_),
        by_unknowns_(n_) {}

  void aim(double tau) override { target_ = tau; }

  void pass_folds() override { passes_folds_ = true; }

  /// A series from a linearisation beside the point becomes one at the point.
  [[nodiscard]] bool improve() override {
    const bool can = curve_ != nullptr && borrowed_from_ > 0.0;
    if (can) {
      curve_ = nullptr;
      reach_ = kReach;
    }
    exact_ = can;
    return can;
  }

  [[nodiscard]] bool predict(const PathPoint& from, double step, Prediction& out) override {
    if (!starts_at(from) && !expand(from)) return false;
    double h = std::min(step, curve_->trusted());
    const double start = from.kind == PointKind::fold ? kSameFold * h : 0.0;
    turn_.reset();
    if (!passes_folds_) turn_ = curve_->tau_slope().first_root(start, h);
    if (turn_) {
      if (const auto second = curve_->tau_slope().first_root(*turn_ * kPastTurn, h)) {
        h = 0.5 * (*turn_ + *second);
      } else if (*turn_ > kNearEnd * h) {
        h = (2.0 * kNearEnd - 1.0) * *turn_;
        turn_.reset();
      }
    }
    if (!turn_ && !passes_folds_) {
      const double clear = clear_of_folds(h, from.tau_direction);
      if (clear < h && improve()) return predict(from, step, out);
      h = clear;
    }
    step_ = h;
    set(h, out);
    out.next_step = kInfinity;
    out.turns = turn_.has_value();
    return out.x.allFinite() && std::isfinite(out.tau);
  }

  [[nodiscard]] bool meet(const PathPoint& from, double tau, Prediction& out) override {
    if (!starts_at(from)) return false;
    Polynomial difference = curve_->tau_numerator();
    for (int j = 0; j <= curve_->denominator().degree(); ++j)
      difference[j] -= (tau - from.tau) * curve_->denominator()[j];
    // A path that starts from this tau leaves it: that zero is none.
    const auto a =
        (tau == from.tau ? difference.over_argument() : difference).first_root(0.0, step_);
    if (!a) return false;
    set(*a, out);
    out.tau = tau;
    return true;
  }

  [[nodiscard]] bool turning_point(const PathPoint& from, Prediction& out) override {
    if (!starts_at(from) || !turn_) return false;
    set(*turn_, out);
    return true;
  }

  [[nodiscard]] Outlook outlook(const PathPoint& from) override {
    Outlook out;
    if (!starts_at(from)) return out;
    out.trusted = curve_->trusted();
    // Folds first: they are on the real curve, and no singularities of it.
    const double horizon = Approximant::furthest * out.trusted;
    const double start = from.kind == PointKind::fold ? kSameFold * out.trusted : 0.0;
    if (const auto turn = curve_->tau_slope().first_root(start, out.trusted)) {
      out.kind = Outlook::Kind::fold;
      out.distance = *turn;
      return out;
    }
    Approximant by_tau(n_);
    if (std::isfinite(target_) && (target_ - from.tau) * from.tau_direction > 0.0 &&
        by_tau.reparametrise(by_arclength_, by_arclength_.order(), scales_,
                             Approximant::Parameter::tau)) {
      by_tau.fit(by_arclength_.order(), scales_, 1.0, tolerance_);
      const std::complex<double> pole = by_tau.nearest_pole();
      const double to_target = std::abs(target_ - from.tau) / scales_.parameter;
      if (std::abs(pole - to_target) <= kSamePole * to_target) {
        out.kind = Outlook::Kind::pole;
        out.distance = pole.real() * scales_.parameter;
        return out;
      }
    }
    const std::complex<double> nearest = curve_->nearest_pole();
    const bool ahead = nearest.real() > 0.0 && std::abs(nearest) <= horizon;
    if (ahead && std::abs(nearest.imag()) <= kPinch * nearest.real()) {
      out.kind = Outlook::Kind::pinch;
      out.distance = nearest.real();
    } else {
      out.kind = Outlook::Kind::clear;
    }
    return out;
  }

 private:
  /// Orders are worth their passes as long as they save steps: with steps of length eps^(1/K) and c
  /// passes a linearisation the cost (c + K) eps^(-1/K) of a unit of length is least where
  /// K^2 = (c + K) log(1/eps).
  [[nodiscard]] int order_by_cost() const {
    const double digits = std::log(1.0 / tolerance_);
    const double c = corrector_.homotopy().linearisation_cost();
    const double best = 0.5 * (digits + std::sqrt(digits * digits + 4.0 * digits * c));
    return static_cast<int>(std::clamp(best, double{kMinSeriesOrder}, double{max_series_order}));
  }

  /// Where a step of length h without a turn should end: where dtau/da, at a minimum or at the end,
  /// comes as close to zero as its error, behind which two folds could hide. The error of the series
  /// grows like a^(K-1); that of a borrowed linearisation is there from the start. The next series,
  /// from there, sees clearly.
  [[nodiscard]] double clear_of_folds(double h, int direction) const {
    const Polynomial& slope = curve_->tau_slope();
    const Polynomial& q = curve_->denominator();
    const double trusted = curve_->trusted();
    const int order = curve_->order();
    const double at_end = order * curve_->allowed(trusted) / trusted;
    const auto is_sure = [&](double a) {
      const double error =
          kFoldMargin * (at_end * std::pow(a / trusted, order - 1) + borrowed_from_);
      const double below = q(a);
      return direction * slope(a) > error * scales_.parameter * below * below;
    };
    const Polynomial bend = Polynomial::quotient_derivative(slope, q, 2);
    double low = 0.0;
    for (int k = 0; k < kExtrema; ++k) {
      const auto extremum = bend.first_root(low, h);
      if (!extremum) break;
      if (!is_sure(*extremum)) return *extremum;
      low = *extremum * kPastExtremum;
    }
    for (int k = 0; k < kRetreats && !is_sure(h); ++k) h *= kRetreat;
    return h;
  }

  [[nodiscard]] bool starts_at(const PathPoint& from) const {
    return curve_ != nullptr && from.tau == base_(n_) && from.x == base_.head(n_);
  }

  bool expand(const PathPoint& from) {
    curve_ = nullptr;
    borrowed_from_ = 0.0;
    if (!exact_ && corrector_.is_near(from.x, from.tau, from.scales, reach_))
      borrowed_from_ = corrector_.linearisation_distance(from.x, from.tau, from.scales);
    else if (!corrector_.evaluate(from.x, from.tau))
      return false;
    exact_ = false;
    if (!corrector_.refactor(from.tangent, from.scales)) return false;
    const HomotopyRef homotopy = corrector_.homotopy();
    base_ << from.x, from.tau;
    scales_ = from.scales;
    corrector_.tangent(z_);
    double excess = 1.0;
    int order = 0;
    while (z_.allFinite()) {
      ++order;
      by_arclength_.term(order) = z_;
      if (order == max_order_ || may_reach_target(from, order, excess)) {
        approximate(from, order, excess);
        if (order == max_order_ || reaches_target(from)) return true;
      }
      x_ = z_.head(n_);
      const double displacement = homotopy.append_series(order, x_, z_(n_), rest_);
      const double ratio = displacement / metric_norm(z_, scales_);
      excess = std::isfinite(ratio) ? std::max(1.0, ratio) : 1.0;
      rest_ = -rest_;
      corrector_.solve(rest_, 0.0, z_);
    }
    if (order < kMinSeriesOrder) return false;
    approximate(from, order, excess);
    return true;
  }

  /// Whether it is worth looking if the terms so far lead to the target: every other order, when the
  /// last one is small enough for the least arclength that it takes to get there.
  [[nodiscard]] bool may_reach_target(const PathPoint& from, int order, double excess) const {
    if (order < kMinSeriesOrder || order % 2 != 0) return false;
    const double needed = std::abs(target_ - from.tau) / scales_.parameter / Approximant::furthest;
    const double last = excess * metric_norm(z_, scales_);
    return last * std::pow(needed, order) <= tolerance_;
  }

  /// Takes the parameter in which the terms so far reach further.
  void approximate(const PathPoint& from, int order, double excess) {
    by_arclength_.fit(order, scales_, excess, tolerance_);
    curve_ = &by_arclength_;
    if (reaches_target(from)) return;
    if (!by_unknowns_.reparametrise(by_arclength_, order, scales_)) return;
    by_unknowns_.fit(order, scales_, excess, tolerance_);
    if (by_unknowns_.distance(by_unknowns_.trusted(), scales_) >
        by_arclength_.distance(by_arclength_.trusted(), scales_))
      curve_ = &by_unknowns_;
  }

  /// Whether the trusted piece of curve meets the tau that the path is aimed at.
  [[nodiscard]] bool reaches_target(const PathPoint& from) const {
    const double reached = from.tau + curve_->tau(curve_->trusted());
    return target_ > from.tau ? reached >= target_ : reached <= target_;
  }

  void set(double a, Prediction& out) {
    curve_->at(a, scales_, z_, out.direction);
    out.x = base_.head(n_) + z_.head(n_);
    out.tau = base_(n_) + z_(n_);
    out.step = a;
    // Next to tau = 1 the rounding of tau itself is a distance to be reckoned with.
    const double rounding = kTauNoise * std::abs(out.tau) / scales_.parameter;
    out.agreement = series_agreement * curve_->allowed(a) + rounding;
    out.agreement_angle = series_agreement_angle * tolerance_ + rounding / a;
  }

  double tolerance_;
  Corrector& corrector_;
  Index n_;
  int max_order_;
  double reach_;  ///< Largest distance to a linearisation that the series may stand on.
  double target_ = kInfinity;
  bool passes_folds_ = false;

  Vector x_, rest_, z_;  ///< Scratch.
  Vector base_;          ///< n + 1, the point expanded at.
  MetricScales scales_;
  Approximant by_arclength_, by_unknowns_;
  const Approximant* curve_ = nullptr;  ///< The better one; none before the first expansion.
  double borrowed_from_ = 0.0;          ///< Distance to the linearisation that it stands on.
  bool exact_ = false;                  ///< For the next one that shall be zero.
  double step_ = 0.0;                   ///< Of the last proposal.
  std::optional<double> turn_;          ///< Zero of dtau/da within it.
};

}  // namespace

std::unique_ptr<Predictor> make_taylor_predictor(const PredictorOptions& options,
                                                 Corrector& corrector) {
  return std::make_unique<TaylorPredictor>(options, corrector);
}

}  // namespace tautrack
