#include "events/fold.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <Eigen/LU>
#include <boost/math/tools/toms748_solve.hpp>

#include "tautrack/events/morse_index.hpp"

#include "core/numbers.hpp"

namespace tautrack {

namespace {

/// Evaluations of the corrected curve that one bracketing may cost.
constexpr std::uintmax_t kBracketBudget = 60;

/// Width of the bracket, relative to the segment, at which Newton's method takes over.
constexpr double kFoldHandOver = 1e-3;

/// A second fold nearer to the first than this part of a segment is not told from it.
constexpr double kNextFold = 1e-6;

/// How many widths of the bracket a fold may be away from where the bracket says that it is.
constexpr double kBracketWidths = 2.0;

/// Newton steps: from a bracket as wide as kFoldHandOver a few suffice; twelve by experience.
constexpr int kFoldNewtonBudget = 12;

/// A step this short leads to rounding, convergence being quadratic: then one that is no shorter than
/// kFoldStalled of it is rounding.
constexpr double kFoldConverged = 1e-7, kFoldStalled = 0.5;

/// Steps that may be longer than the ones before: the first ones have to find phi.
constexpr int kFoldSettling = 2;

/// Width of the last bracket, relative to the segment: rounding, or where tangents come from a Krylov
/// method the tolerance that it has for them.
constexpr double kDenseWidth = 4.0 * kEpsilon, kKrylovWidth = 1e-10;

/// No bracket is told to be narrower than this part of the segment: rounding of places within it.
constexpr double kLeastWidth = 1e-12;

/// What the bracket of a fold without bracketing is widened by, relative to the step: well above the
/// rounding of arclengths, by experience.
constexpr double kPolishedWidth = 1e-9;

/// The way to a fold may differ by this part from what the bracket says, since both are lengths of
/// approximations of the curve; more, by experience, is another branch.
constexpr double kFoldMismatch = 0.2;

/// The corrected curve over a segment as a function of theta.
class CorrectedSegment {
 public:
  CorrectedSegment(const Segment& segment, Corrector& corrector)
      : segment_(segment),
        corrector_(corrector),
        x_(segment.first().x.size()),
        normal_(x_.size() + 1),
        tangent_(x_.size() + 1) {}

  /// Point and tangent at theta; dtau/da there, or nothing if the corrector failed.
  std::optional<double> tau_slope(double theta, bool polish = false) {
    segment_.at(theta, x_, tau_, normal_);
    const Correction correction =
        corrector_.correct(x_, tau_, Constraint::hyperplane, normal_, segment_.scales(), polish);
    if (!correction.converged ||
        !corrector_.settle(x_, tau_, normal_, segment_.scales(), correction))
      return std::nullopt;
    corrector_.tangent(tangent_);
    return tangent_(x_.size());
  }

  [[nodiscard]] const Vector& x() const { return x_; }
  [[nodiscard]] double tau() const { return tau_; }
  [[nodiscard]] const Vector& tangent() const { return tangent_; }

 private:
  const Segment& segment_;
  Corrector& corrector_;
  Vector x_, normal_, tangent_;
  double tau_ = 0.0;
};

/// A bracket of the zero of dtau/da, in theta.
struct Bracket {
  double low;
  double high;
};

/// Thrown through the root finder, which knows no other way to stop; never leaves this file.
struct CorrectorFailed {};

std::optional<Bracket> bracket(CorrectedSegment& curve, double before, Bracket start,
                               double slope_at_low, double slope_at_high, double width) {
  const auto slope = [&](double theta) {
    const auto value = curve.tau_slope(theta);
    if (!value) throw CorrectorFailed{};
    return *value * before;  // positive before the fold, negative behind it
  };
  const auto narrow = [width](double low, double high) { return high - low <= width; };
  std::uintmax_t budget = kBracketBudget;
  try {
    double at_low = slope_at_low * before;
    double at_high = slope_at_high * before;
    if (!(at_low > 0.0)) {
      // A segment that starts at a fold has slope zero there; the zero looked for is the next one.
      for (double theta = 0.5; !(at_low > 0.0); theta *= 0.5) {
        if (theta < kNextFold) return std::nullopt;
        at_low = slope(theta);
        start.low = theta;
        if (!(at_low > 0.0)) {
          start.high = theta;
          at_high = at_low;
        }
      }
    }
    const auto [low, high] = boost::math::tools::toms748_solve(slope, start.low, start.high, at_low,
                                                               at_high, narrow, budget);
    return Bracket{low, high};
  } catch (const CorrectorFailed&) {
    return std::nullopt;
  } catch (const std::runtime_error&) {
    return std::nullopt;  // the ends of the bracket no longer differ in sign: rounding
  } catch (const std::domain_error&) {
    return std::nullopt;
  }
}

/// Newton's method on the minimally augmented system, started at a point of the curve near the
/// fold.
class MinimallyAugmented {
 public:
  MinimallyAugmented(Corrector& corrector, const MetricScales& scales)
      : corrector_(corrector),
        scales_(scales),
        n_(corrector.H().size()),
        bordered_(n_),
        null_system_(n_),
        scaled_(n_, n_),
        border_(Vector::Zero(n_ + 1)),
        zero_(Vector::Zero(n_)),
        null_(n_ + 1),
        row_(n_ + 1),
        step_(n_ + 1),
        by_x_(n_) {}

  /// Moves (x, tau) onto the fold. phi on entry: estimate of the null vector, Euclidean length one;
  /// on success the null vector. Leaves psi' H_tau and psi' H_xx [phi, phi] behind.
  bool solve(Vector& x, double& tau, Vector& phi) {
    const HomotopyRef homotopy = corrector_.homotopy();
    double previous = std::numeric_limits<double>::infinity();
    for (int k = 0; k < kFoldNewtonBudget; ++k) {
      if (!corrector_.evaluate(x, tau)) return false;
      const Matrix& H_x = corrector_.H_x();
      // With one unknown H_x vanishes at the fold: H_tau keeps the scale.
      const double size =
          std::max(H_x.cwiseAbs().maxCoeff(),
                   corrector_.H_tau().cwiseAbs().maxCoeff() * scales_.parameter / scales_.unknown);
      if (!(size > 0.0)) return false;
      largest_ = std::max(
          largest_, H_x.norm() * scales_.unknown + corrector_.H_tau().norm() * scales_.parameter);
      scaled_ = H_x / size;
      border_.head(n_) = phi;
      const Vector column = phi;
      const MetricScales plain;
      psi_ = phi;
      if (!null_system_.factor(scaled_, column, border_, plain)) return false;
      null_system_.solve(zero_, 1.0, null_);
      phi = null_.head(n_);
      const double g = null_(n_) * size;
      if (homotopy.symmetric()) {
        psi_ = phi;
      } else {
        scaled_.transposeInPlace();
        if (!null_system_.factor(scaled_, column, border_, plain)) return false;
        null_system_.solve(zero_, 1.0, null_);
        psi_ = null_.head(n_);
      }
      if (!phi.allFinite() || !psi_.allFinite()) return false;
      homotopy.hessian_form_gradient(x, tau, psi_, phi, by_x_, by_tau_);
      // Row of the system: -(by_x, by_tau) . step = -g, as an inner product of the metric.
      row_.head(n_) = -by_x_ * (scales_.unknown * scales_.unknown);
      row_(n_) = -by_tau_ * (scales_.parameter * scales_.parameter);
      const double length = metric_norm(row_, scales_);
      if (!(length > 0.0) || !bordered_.factor(H_x, corrector_.H_tau(), row_, scales_))
        return false;
      bordered_.solve(corrector_.H(), g / length, step_);
      if (!step_.allFinite()) return false;
      const double phi_square = phi.squaredNorm();
      phi.normalize();
      const double moved = metric_norm(step_, scales_);
      if (moved >= kFoldStalled * previous && previous <= kFoldConverged) return true;
      if (k > kFoldSettling && moved > previous) return false;
      x -= step_.head(n_);
      tau -= step_(n_);
      precision = moved;
      psi_H_tau = psi_.dot(corrector_.H_tau());
      psi_H_xx_phi_phi = by_x_.dot(phi) / std::sqrt(phi_square);
      rounding = kEpsilon * corrector_.residual_scale() * psi_.norm();
      // What is left after this step, of quadratic convergence.
      if (moved <= kEpsilon || (k > 0 && moved * (moved / previous) <= kEpsilon)) return true;
      previous = moved;
    }
    return previous <= kFoldConverged;
  }

  /// Whether psi' H_tau, which is zero where branches cross and not at a fold, is more than what the error of
  /// the location makes of it.
  [[nodiscard]] bool is_no_crossing() const {
    return std::abs(psi_H_tau) * scales_.parameter > precision * largest_ * psi_.norm();
  }

  /// Rate of the vanishing eigenvalue along the tangent t, up to a positive factor, for symmetric
  /// H_x.
  [[nodiscard]] double eigenvalue_slope(const Vector& t) const {
    return by_x_.dot(t.head(n_)) + by_tau_ * t(n_);
  }

  double precision = 0.0;  ///< Last Newton step.
  double psi_H_tau = 0.0;
  double psi_H_xx_phi_phi = 0.0;  ///< For phi of length one.
  double rounding = 0.0;          ///< Rounding error of psi' H.

 private:
  Corrector& corrector_;
  MetricScales scales_;
  Index n_;
  BorderedMatrix bordered_;
  BorderedMatrix null_system_;
  Matrix scaled_;
  Vector border_, zero_, null_;
  Vector row_, step_, by_x_, psi_;
  double by_tau_ = 0.0;
  double largest_ = 0.0;  ///< Largest size of [H_x H_tau] in scaled unknowns that was seen.
};

/// Everything about a fold but its place on the path: tangent, orientation, errors and, from the
/// polished location (null if it was not reached), the second derivative and the Morse indices.
bool describe(Fold& fold, const Vector& border, int direction_after, const MetricScales& scales,
              const MinimallyAugmented* augmented, Corrector& corrector) {
  PathPoint& point = fold.point;
  const Index n = point.x.size();
  // The point's own linearisation, bordered by the tangent of the curve nearby.
  if (!corrector.linearise(point.x, point.tau, border, scales)) return false;
  point.kind = PointKind::fold;
  point.tangent.resize(n + 1);
  corrector.tangent(point.tangent);
  if (!point.tangent.allFinite()) return false;
  point.orientation = corrector.determinant_sign();
  point.reciprocal_condition = corrector.reciprocal_condition();
  point.residual = corrector.H().norm();
  point.residual_scale = corrector.residual_scale();
  point.newton_step = fold.precision;
  point.error = fold.precision;
  point.tau_direction = direction_after;
  point.scales = corrector.homotopy().scales(point.x, point.tau);
  point.tangent /= metric_norm(point.tangent, point.scales);
  if (fold.null_vector.dot(point.tangent.head(n)) < 0.0) fold.null_vector *= -1.0;
  if (augmented == nullptr || augmented->psi_H_tau == 0.0) return true;

  const double unknown = point.scales.unknown;
  fold.second_derivative = -augmented->psi_H_xx_phi_phi * unknown * unknown / augmented->psi_H_tau;
  fold.tau_error = std::max(std::abs(augmented->rounding / augmented->psi_H_tau),
                            kEpsilon * std::abs(point.tau)) +
                   std::abs(fold.second_derivative) * fold.precision * fold.precision;
  if (corrector.homotopy().symmetric()) {
    MorseIndex morse;
    if (const auto others = morse.count_without_smallest(corrector.H_x())) {
      // The eigenvalue that vanishes here changes at the rate phi' H_xx [phi, x'].
      const bool rises = augmented->eigenvalue_slope(point.tangent) > 0.0;
      fold.index_before = *others + (rises ? 1 : 0);
      fold.index_after = *others + (rises ? 0 : 1);
    }
  }
  return true;
}

double distance(const Vector& x, double tau, const Vector& to_x, double to_tau,
                const MetricScales& scales) {
  return std::hypot((x - to_x).norm() / scales.unknown, (tau - to_tau) / scales.parameter);
}

}  // namespace

std::optional<Fold> locate_fold(const Segment& segment, Corrector& corrector) {
  const PathPoint& first = segment.first();
  const PathPoint& second = segment.second();
  assert(first.tau_direction * second.tau_direction < 0);
  const Index n = first.x.size();
  const double before = first.tau_direction;
  const double length = segment.length();

  CorrectedSegment curve(segment, corrector);
  auto found =
      bracket(curve, before, {0.0, 1.0}, first.kind == PointKind::fold ? 0.0 : first.tangent(n),
              second.tangent(n), kFoldHandOver);
  if (!found || !curve.tau_slope(0.5 * (found->low + found->high))) return std::nullopt;

  Fold fold;
  fold.point.x = curve.x();
  fold.point.tau = curve.tau();
  fold.null_vector = curve.tangent().head(n).normalized();
  // The extended system needs H_x.
  const bool is_dense = !corrector.homotopy().is_matrix_free();
  std::optional<MinimallyAugmented> augmented;
  if (is_dense) augmented.emplace(corrector, segment.scales());
  // On the curve dtau/da vanishes at the fold, so tau there is known from the bracket to second
  // order.
  const bool polished =
      augmented && augmented->solve(fold.point.x, fold.point.tau, fold.null_vector) &&
      distance(fold.point.x, fold.point.tau, curve.x(), curve.tau(), segment.scales()) <=
          kBracketWidths * std::max(found->high - found->low, kFoldHandOver) * length;
  if (polished) {
    fold.precision = augmented->precision;
  } else {
    const auto low = curve.tau_slope(found->low);
    const auto high = curve.tau_slope(found->high);
    if (!low || !high) return std::nullopt;
    found = bracket(curve, before, *found, *low, *high, is_dense ? kDenseWidth : kKrylovWidth);
    if (!found || !curve.tau_slope(0.5 * (found->low + found->high), /*polish=*/true))
      return std::nullopt;
    fold.point.x = curve.x();
    fold.point.tau = curve.tau();
    fold.null_vector = curve.tangent().head(n).normalized();
    fold.precision = (found->high - found->low) * length;
    fold.second_derivative = -before * std::abs(second.tangent(n) - first.tangent(n)) / length;
    fold.tau_error = std::abs(fold.second_derivative) * fold.precision * fold.precision +
                     corrector.options().tolerance * corrector.options().tolerance;
  }
  if (!describe(fold, curve.tangent(), second.tau_direction, segment.scales(),
                polished ? &*augmented : nullptr, corrector))
    return std::nullopt;

  const double travelled = Segment(first, fold.point).length();
  // The root finder may have hit the zero itself.
  const double width = std::max(found->high - found->low, kLeastWidth) * length;
  fold.point.arclength = first.arclength + travelled;
  fold.bracket_low = fold.point.arclength - width;
  fold.bracket_high = fold.point.arclength + width;
  // A distance from the first point that disagrees with the position in the bracket: another
  // branch.
  const double middle = 0.5 * (found->low + found->high);
  if (std::abs(travelled - middle * length) >
      kFoldMismatch * middle * length + kBracketWidths * kFoldHandOver * length)
    return std::nullopt;
  return fold;
}

std::optional<Fold> polish_fold(const PathPoint& from, const Prediction& guess,
                                Corrector& corrector) {
  if (corrector.homotopy().is_matrix_free()) return std::nullopt;
  const Index n = from.x.size();
  Fold fold;
  fold.point.x = guess.x;
  fold.point.tau = guess.tau;
  fold.null_vector = guess.direction.head(n).normalized();
  MinimallyAugmented augmented(corrector, from.scales);
  if (!augmented.solve(fold.point.x, fold.point.tau, fold.null_vector) ||
      !augmented.is_no_crossing())
    return std::nullopt;
  const double moved = distance(fold.point.x, fold.point.tau, guess.x, guess.tau, from.scales);
  if (!(moved <= guess.agreement)) return std::nullopt;
  fold.precision = augmented.precision;
  if (!describe(fold, guess.direction, -from.tau_direction, from.scales, &augmented, corrector))
    return std::nullopt;
  // tau has a maximum where it grew before, and a minimum where it fell.
  if (!(fold.second_derivative * from.tau_direction < 0.0)) return std::nullopt;
  const Vector turn =
      fold.point.tangent / metric_norm(fold.point.tangent, from.scales) - guess.direction;
  if (!(metric_norm(turn, from.scales) <= guess.agreement_angle)) return std::nullopt;
  const double width = 2.0 * moved + kPolishedWidth * guess.step;
  fold.point.arclength = from.arclength + Segment(from, fold.point).length();
  fold.bracket_low = fold.point.arclength - width;
  fold.bracket_high = fold.point.arclength + width;
  return fold;
}

}  // namespace tautrack
