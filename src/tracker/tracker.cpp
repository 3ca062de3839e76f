#include "tautrack/tracker/tracker.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "tautrack/events/morse_index.hpp"
#include "tautrack/events/segment.hpp"

#include "core/checked.hpp"
#include "core/text.hpp"
#include "corrector/newton.hpp"
#include "events/branch_point.hpp"
#include "events/fold.hpp"
#include "predictor/predictor.hpp"
#include "step_control/step_control.hpp"

namespace tautrack {

namespace {

using Clock = std::chrono::steady_clock;

/// A step within which dtau/da dips below this fraction of the smaller of its values at the ends is
/// looked at with a shorter step.
constexpr double kDeepestDip = 0.5;

/// Below this length a step is no longer refused for what it might hide: two events nearer to each
/// other than this are one.
constexpr double kFinest = 1e-6;

/// Refusals in a row after which a branch point ahead is suspected.
constexpr int kRefusalsBeforeLeap = 3;

/// A fold nearer to a tau that was asked for than this, in units of the metric, is the landing there:
/// Newton's method at fixed tau is singular at a fold.
constexpr double kSameTau = 1e-8;

/// A step shorter than this that cannot land looks for a fold before the landing.
constexpr double kNextToFold = 1e-2;

/// The tau part of a tangent has a sign when it is this multiple of the distance to where the
/// tangent was computed.
constexpr double kSureSign = 30.0;

/// Relative error of H_x at a distance of one, in the metric: how fast H_x may change.
constexpr double kHessianChange = 100.0;

/// The curve is closed where it comes back to its start to this, in the metric.
constexpr double kSameStart = 1e-6;

/// Next to a fold the tau part of a unit tangent is below this: the root of kSameTau, with room.
constexpr double kNearlyTurned = 1e-2;

/// Tau turns at a branch point whose tangent has this part, at most, of the tau parts of those on both sides.
constexpr double kTurnsThere = 1e-2;

/// A chord of more steps than this has jumped.
constexpr double kLongestChord = 3.0;

/// A leap over a branch point goes to these multiples of its distance, once the condition has fallen by
/// at least this part of itself in one step, from which the distance follows.
constexpr double kLeaps[] = {2.0, 4.0, 8.0, 16.0, 64.0};
constexpr double kClearFall = 0.5;

/// A bordered matrix worse than this has lost rank.
constexpr double kSingular = 1e-15;

/// Chords between tangents are compared by the predictors of low order, so that the tangents have to
/// be exact: no factorisation is used again.
CorrectorOptions corrector_options(const TrackOptions& options, HomotopyRef homotopy) {
  CorrectorOptions corrector = options.corrector;
  if (!follows_series(options.predictor, homotopy)) corrector.reuse = 0.0;
  return corrector;
}

}  // namespace

struct Tracker::State {
  State(HomotopyRef homotopy_in, const TrackOptions& options_in)
      : homotopy(homotopy_in),
        options(options_in),
        corrector(homotopy_in, corrector_options(options_in, homotopy_in)),
        predictor(make_predictor(options_in.predictor, corrector)),
        control(options_in.step),
        forward(options_in.tau_target > options_in.tau_start ? 1 : -1),
        has_series(follows_series(options_in.predictor, homotopy_in)) {
    if (!options.locate_folds) predictor->pass_folds();
    // A series knows how far it goes.
    if (has_series) control.start_with(options.step.max);
    stops = options.landings;
    ends = std::isfinite(options.tau_target);
    if (ends) stops.push_back(options.tau_target);
    std::sort(stops.begin(), stops.end());
    const Index n = homotopy.size();
    prediction.x.resize(n);
    prediction.direction.resize(n + 1);
    next.x.resize(n);
    next.tangent.resize(n + 1);
    guess.resize(n);
    direction.resize(n + 1);
  }

  void start(const Vector& x0);
  bool advance();
  void finish(TrackStatus status, std::string message);

  /// Why the step was not taken, as the end of a sentence; empty when `next` was accepted.
  const char* try_step(double step);

  [[nodiscard]] const PathPoint& current() const { return result.points.back(); }
  /// Morse index of the stretch of curve that current() lies on, if known.
  [[nodiscard]] std::optional<int> index_here() const {
    if (current().morse_index) return current().morse_index;
    return turns_since_index == 0 ? last_index : std::nullopt;
  }
  [[nodiscard]] std::optional<double> first_stop_towards(double to) const;
  [[nodiscard]] std::optional<double> first_stop_within();
  bool complete(PathPoint& point, const Correction& correction, const Vector& forwards,
                const MetricScales& scales);
  void set_tangent(PathPoint& point, const Vector& forwards, const MetricScales& scales);
  /// A tangent that the one at `next` should make an acute angle with.
  [[nodiscard]] const Vector& forwards() const {
    return has_series ? proposal->direction : current().tangent;
  }
  const char* correct_step(double step);
  const char* land(double tau);
  bool turn_at_fold();
  void aim();
  Outlook outlook();
  // Of the candidate `next`, with the step from current() to it; each like try_step().
  const char* look_for_events(double step);
  const char* measure(const Segment& segment, double step);
  [[nodiscard]] const char* check_without_events(bool finest) const;
  const char* locate_event(const Segment& segment, bool finest);
  const char* explain_index(const Segment& segment, bool finest);
  [[nodiscard]] static bool turns_at(const BranchPoint& at, const Segment& segment);
  bool leap_over_branch_point();
  bool is_turning_at_landing();
  void accept();
  [[nodiscard]] bool is_closed();
  /// Angle between the proposed direction and the tangent at `next`.
  [[nodiscard]] double angle_to_proposal() const {
    const MetricScales& scales = current().scales;
    const double factor = 1.0 / metric_norm(next.tangent, scales);
    return 2.0 * std::asin(std::min(
                     1.0, 0.5 * metric_norm(next.tangent * factor - proposal->direction, scales)));
  }

  HomotopyRef homotopy;
  TrackOptions options;
  Corrector corrector;
  std::unique_ptr<Predictor> predictor;
  StepControl control;
  MorseIndex morse;
  int forward;       ///< +1 when tau runs upwards from start to target.
  bool ends = true;  ///< There is a target.
  bool has_series;   ///< Proposals come with an error of their own: the curve must agree with them.
  std::vector<double> stops;  ///< Landings and the target, ascending.

  Prediction prediction;                     ///< Of the whole step.
  Prediction turning;                        ///< The fold that it goes around.
  Prediction meeting;                        ///< Where it meets a tau that was asked for.
  const Prediction* proposal = &prediction;  ///< The one that `next` is checked against.
  Vector guess, direction;                   ///< Of a landing; n and n + 1.
  Vector border;                             ///< Scratch; n + 1.
  Vector move;                               ///< From the guess to the corrected point; n.
  PathPoint next;                            ///< The candidate.
  StepMeasures measures;                     ///< Of the candidate.
  std::optional<Fold> fold;
  std::optional<BranchPoint> branch;
  std::optional<int> last_index;  ///< At the last point where it is known.
  int index_direction = 0;        ///< Direction of tau there.
  int turns_since_index = 0;      ///< Events since then after which it is not known.
  bool branch_open = false;       ///< The last of those is a branch point.

  PathResult result;
  Clock::time_point began = Clock::now();
};

// ------------------------------------------------------------------------------------------- start

void Tracker::State::start(const Vector& x0) {
  const Index n = homotopy.size();
  result.status = TrackStatus::running;
  result.message = "the path goes on";
  PathPoint point;
  point.kind = PointKind::start;
  point.x = x0;
  point.tau = options.tau_start;
  const std::optional<Heading>& heading = options.heading;
  const int sets_out = heading ? heading->tau_direction : forward;
  point.tangent = heading ? heading->tangent : Vector(Vector::Unit(n + 1, n) * forward);
  point.tau_direction = sets_out;
  point.scales = homotopy.scales(point.x, point.tau);
  point.tangent /= metric_norm(point.tangent, point.scales);
  const Correction correction = corrector.correct(
      point.x, point.tau, heading ? Constraint::hyperplane : Constraint::fixed_tau, point.tangent,
      point.scales, /*polish=*/true);
  if (!correction.converged || correction.first_step > options.start_reach) {
    result.points.push_back(std::move(point));
    finish(TrackStatus::invalid_start,
           "the start is not on the curve at " + homotopy.where(options.tau_start) +
               (correction.converged
                    ? ": Newton's method moved it by " + number(correction.first_step) +
                          " in the metric, more than start_reach = " + number(options.start_reach)
                    : std::string(": ") + correction.failure));
    return;
  }
  if (!complete(point, correction, Vector(point.tangent), point.scales)) {
    result.points.push_back(std::move(point));
    finish(TrackStatus::invalid_start,
           "the curve has no tangent at the start: [H_x H_tau] has lost rank");
    return;
  }
  point.tau_direction = sets_out;
  last_index = point.morse_index;
  index_direction = sets_out;
  result.points.push_back(std::move(point));
}

/// The tangent and the orientation that the corrector's last linearisation gives, in the direction
/// of travel.
void Tracker::State::set_tangent(PathPoint& point, const Vector& forwards,
                                 const MetricScales& scales) {
  corrector.tangent(point.tangent);
  point.orientation = corrector.determinant_sign();
  if (metric_dot(point.tangent, forwards, scales) < 0.0) {
    point.tangent *= -1.0;
    point.orientation = -point.orientation;
  }
}

/// Fills in what the corrector's last linearisation knows about a corrected point. Where that was
/// made at some distance and its answers are too close to call there is a new one.
bool Tracker::State::complete(PathPoint& point, const Correction& correction,
                              const Vector& forwards, const MetricScales& scales) {
  const Index n = point.x.size();
  double distance = correction.linearisation_distance;
  set_tangent(point, forwards, scales);
  if (!point.tangent.allFinite()) return false;
  point.morse_index.reset();
  if (homotopy.symmetric())
    point.morse_index = morse.count(corrector.H_x(), kHessianChange * distance);
  const bool unsure = (options.locate_folds || point.kind != PointKind::regular) &&
                      (std::abs(point.tangent(n)) < kSureSign * distance * scales.parameter ||
                       (homotopy.symmetric() && !point.morse_index));
  if (unsure) {
    border = point.tangent;
    if (!corrector.settle(point.x, point.tau, border, scales, correction)) return false;
    set_tangent(point, forwards, scales);
    if (!point.tangent.allFinite()) return false;
    distance = std::min(distance, correction.error);
    if (homotopy.symmetric())
      point.morse_index = morse.count(corrector.H_x(), kHessianChange * distance);
  }
  point.newton_step = correction.last_step;
  point.error = correction.error;
  point.residual = correction.residual;
  point.residual_scale = correction.residual_scale;
  point.reciprocal_condition = corrector.reciprocal_condition();
  point.scales = homotopy.scales(point.x, point.tau);
  if (!(point.scales.unknown > 0.0) || !(point.scales.parameter > 0.0)) return false;
  point.tangent /= metric_norm(point.tangent, point.scales);
  point.tau_direction = point.tangent(n) < 0.0 ? -1 : 1;
  return true;
}

// ------------------------------------------------------------------------------------------- steps

/// The first tau that was asked for on the way from current() to `to`.
std::optional<double> Tracker::State::first_stop_towards(double to) const {
  const bool rises = to > current().tau;
  double from = current().tau;
  // A fold that lies on such a tau up to rounding is the landing there.
  if (current().kind == PointKind::fold)
    from += (rises ? 1.0 : -1.0) * kSameTau * current().scales.parameter;
  if (rises) {
    const auto it = std::upper_bound(stops.begin(), stops.end(), from);
    if (it != stops.end() && *it <= to) return *it;
  } else {
    const auto it = std::lower_bound(stops.begin(), stops.end(), from);
    if (it != stops.begin() && *std::prev(it) >= to) return *std::prev(it);
  }
  return std::nullopt;
}

/// The first tau that was asked for on the proposed step, whichever way tau turns on it.
std::optional<double> Tracker::State::first_stop_within() {
  std::optional<double> first;
  double nearest = std::numeric_limits<double>::infinity();
  for (const double stop : stops) {
    if (!predictor->meet(current(), stop, meeting) || !(meeting.step < nearest)) continue;
    nearest = meeting.step;
    first = stop;
  }
  return first;
}

const char* Tracker::State::try_step(double step) {
  const PathPoint& from = current();
  fold.reset();
  branch.reset();
  aim();
  if (!predictor->predict(from, step, prediction))
    return corrector.solver_failed() ? Corrector::solver_failure
                                     : "the tangent field is singular or not finite on the way";
  proposal = &prediction;
  measures = {};
  measures.step = prediction.step;
  measures.limit = prediction.next_step;
  // A predictor that shortens its step on its own is bound by the same smallest step.
  if (prediction.step < control.options().min)
    return "the tangent field is singular or not finite on the way";

  if (!options.locate_folds) {
    if (const auto stop = first_stop_within()) return land(*stop);
    return correct_step(step);
  }
  // Up to the end of the step, or to the fold that the series turns at.
  const bool has_fold = prediction.turns && predictor->turning_point(from, turning);
  const Prediction& end = has_fold ? turning : prediction;
  if (const auto stop = first_stop_towards(end.tau)) {
    // The way there passes a tau that was asked for: aim at it instead. A short step that cannot may
    // have a fold before it.
    next.x = end.x;
    next.tau = end.tau;
    next.tangent = end.direction;
    const char* refusal = land(*stop);
    if (*refusal == '\0' || step > kNextToFold) return refusal;
    fold.reset();
    branch.reset();
  }
  if (has_fold && turn_at_fold()) return "";
  fold.reset();
  return correct_step(step);
}

/// Takes the end of the proposed step for `next`.
const char* Tracker::State::correct_step(double step) {
  const PathPoint& from = current();
  proposal = &prediction;
  next.kind = PointKind::regular;
  next.x = prediction.x;
  next.tau = prediction.tau;
  measures.step = prediction.step;
  const Correction correction = corrector.correct(next.x, next.tau, Constraint::hyperplane,
                                                  prediction.direction, from.scales);
  if (!correction.converged) return correction.failure;
  if (!complete(next, correction, forwards(), from.scales))
    return "the tangent at the new point is not defined";
  measures.contraction = correction.contraction;
  measures.distance = correction.first_step;
  measures.displacement = correction.displacement;
  return look_for_events(step);
}

/// Tells the predictor which tau comes next.
void Tracker::State::aim() {
  const double beyond = current().tau_direction * std::numeric_limits<double>::infinity();
  predictor->aim(first_stop_towards(beyond).value_or(beyond));
}

Outlook Tracker::State::outlook() {
  if (result.status != TrackStatus::running) return {};
  aim();
  if (!predictor->predict(current(), control.step(), prediction)) return {};
  return predictor->outlook(current());
}

/// Takes the fold at which the series turns for `next`. @return false if there is none, or none that
/// the path could have come to.
bool Tracker::State::turn_at_fold() {
  const PathPoint& from = current();
  fold = polish_fold(from, turning, corrector);
  if (!fold || fold->point.orientation != from.orientation || first_stop_towards(fold->point.tau))
    return false;
  const auto here = index_here();
  if (here && fold->index_before && *here != *fold->index_before) return false;
  if (here) fold->index_before = here;
  next = fold->point;
  measures.step = turning.step;
  return true;
}

/// Replaces `next` by the point of the curve with exactly this tau, which lies between current()
/// and next, and takes it through the same checks as any step.
const char* Tracker::State::land(double tau) {
  const PathPoint& from = current();
  double share = 1.0;
  if (predictor->meet(from, tau, meeting)) {
    guess = meeting.x;
    measures.step = meeting.step;
    proposal = &meeting;
  } else {
    share = (tau - from.tau) / (next.tau - from.tau);
    const Segment segment(from, next);
    double near = 0.0;
    segment.at(segment.theta_at_tau(tau), guess, near, direction);
  }
  next.x = guess;
  next.tau = tau;
  next.kind = PointKind::landing;
  const Correction correction =
      corrector.correct(next.x, next.tau, Constraint::fixed_tau, {}, from.scales, /*polish=*/true);
  if (!correction.converged) return correction.failure;
  if (!complete(next, correction, forwards(), from.scales))
    return "the tangent at the new point is not defined";
  measures.contraction = correction.contraction;
  move = next.x - guess;
  measures.distance = move.norm() / from.scales.unknown;
  measures.displacement = correction.displacement;
  measures.step *= std::min(1.0, std::abs(share));
  if (options.locate_folds && is_turning_at_landing()) return "";
  return look_for_events(measures.step);
}

/// Whether the landing `next` is a fold: there tau touches what was asked for. Takes the fold for `next`.
bool Tracker::State::is_turning_at_landing() {
  const Index n = next.x.size();
  if (!(std::abs(next.tangent(n)) < kNearlyTurned * next.scales.parameter)) return false;
  Prediction near = *proposal;
  near.x = next.x;
  near.tau = next.tau;
  near.direction = next.tangent;
  near.agreement = near.agreement_angle = kNearlyTurned;
  fold = polish_fold(current(), near, corrector);
  if (fold && std::abs(fold->point.tau - next.tau) <= kSameTau * next.scales.parameter &&
      fold->point.orientation == current().orientation) {
    next = fold->point;
    return true;
  }
  fold.reset();
  return false;
}

/// Decides on the candidate `next`: accepted as it is, replaced by a fold or a landing that lies
/// before it, or refused.
const char* Tracker::State::look_for_events(double step) {
  const Segment segment(current(), next);
  const bool finest = segment.length() <= kFinest;
  if (const char* refusal = measure(segment, step); *refusal != '\0') return refusal;
  if (!options.locate_folds) return check_without_events(finest);
  if (const char* refusal = locate_event(segment, finest); *refusal != '\0') return refusal;
  // A stop that the corrected point, or the fold before it, has passed.
  if (fold) {
    const auto stop = first_stop_towards(fold->point.tau);
    if (stop && std::abs(fold->point.tau - *stop) > kSameTau * fold->point.scales.parameter) {
      if (next.kind == PointKind::landing) return "tau turns beyond the tau that was asked for";
      next = fold->point;
      fold.reset();
      return land(*stop);
    }
  } else if (next.kind != PointKind::landing) {
    if (const auto stop = first_stop_towards(next.tau)) {
      branch.reset();
      return land(*stop);
    }
  }
  return explain_index(segment, finest);
}

/// How far `next` is from what was proposed, and whether that is little enough.
const char* Tracker::State::measure(const Segment& segment, double step) {
  const PathPoint& from = current();
  if (has_series) {
    measures.angle = angle_to_proposal();
    if (std::max(measures.distance, measures.displacement) > proposal->agreement ||
        measures.angle > proposal->agreement_angle)
      return "the corrected point disagrees with the series";
  } else {
    measures.angle = segment.angle();
    // Points next to the curve instead of on it tilt a short chord; that is no jump.
    measures.skew =
        std::max(0.0, segment.skew() - 2.0 * (from.error + next.error) / segment.length());
    // The chord against the mean of the tangents once more, in the homotopy's own terms: a jump in
    // an unknown that is small beside others does not turn the tangent as a whole.
    segment.chord_defect(move);
    measures.displacement = std::max(measures.displacement, homotopy.displacement(next.x, move));
  }
  if (!control.acceptable(measures)) {
    const StepControlOptions& wanted = control.options();
    if (measures.contraction > wanted.tolerance * wanted.contraction)
      return "Newton's method contracts too slowly";
    if (measures.displacement > wanted.tolerance * wanted.displacement ||
        measures.distance > wanted.tolerance * wanted.distance)
      return "the corrector moves too far";
    if (measures.angle > wanted.tolerance * wanted.angle) return "the tangent turns too far";
    return "the chord of the step disagrees with the tangents at its ends";
  }
  if (!has_series && segment.length() > kLongestChord * step)
    return "the corrected point is too far away";
  return "";
}

/// On a curve without branch points orientation, direction of tau and Morse index change together.
const char* Tracker::State::check_without_events(bool finest) const {
  if (finest) return "";
  if (next.orientation != current().orientation) return "the orientation changes";
  if (next.morse_index && last_index && (*next.morse_index - *last_index) % 2 != 0 &&
      next.tau_direction == index_direction)
    return "the Morse index changes without a fold";
  return "";
}

/// Finds the fold or branch point that the signs at both ends ask for.
const char* Tracker::State::locate_event(const Segment& segment, bool finest) {
  const PathPoint& from = current();
  const bool flips = next.orientation != from.orientation;
  const bool turns = next.tau_direction != from.tau_direction;
  if (has_series && turns != proposal->turns && !finest)
    return "the direction of tau disagrees with the series";
  if (flips) {
    // Both change where the path comes to a branch point along a branch that turns there.
    branch = locate_branch_point(segment, corrector);
    if (!branch)
      return turns ? "tau turns and the orientation changes in one step"
                   : "the orientation changes without a branch point";
    if (turns && !finest && !turns_at(*branch, segment))
      return "tau turns in the step elsewhere than at its branch point";
    branch->index_before = index_here();
  } else if (turns) {
    fold = locate_fold(segment, corrector);
    if (!fold) return "the direction of tau changes without a fold on a connected curve";
    const auto here = index_here();
    if (here && fold->index_before && *here != *fold->index_before && !finest)
      return "the Morse index at the fold contradicts the one before it";
    if (here) fold->index_before = here;
  } else if (!finest && !has_series) {
    // Two folds can hide between two points with the same direction of tau.
    if (segment.tau_may_turn_twice(from.tau_direction, kDeepestDip) || prediction.turns)
      return "tau may turn twice within the step";
  }
  return "";
}

/// Whether it is at the branch point that tau turns within the step: there its tangent has no part along tau.
bool Tracker::State::turns_at(const BranchPoint& at, const Segment& segment) {
  const Index n = at.point.x.size();
  const double largest =
      std::max(std::abs(segment.first().tangent(n)), std::abs(segment.second().tangent(n)));
  return std::abs(at.point.tangent(n)) <= kTurnsThere * largest;
}

/// The Morse index changes by one at a fold and at a simple branch point, and nowhere else.
const char* Tracker::State::explain_index(const Segment& segment, bool finest) {
  if (fold || !next.morse_index || !last_index) return "";
  const int change = std::abs(*next.morse_index - *last_index);
  if (branch) {
    const bool is_explained = change <= turns_since_index + branch->multiplicity;
    return is_explained || finest ? "" : "the Morse index changes by more than at a branch point";
  }
  if ((change - turns_since_index) % 2 == 0 && change <= turns_since_index) return "";
  if (!finest) return "the Morse index changes without a fold or branch point";
  branch = locate_multiple_branch_point(segment, change, corrector);
  branch->index_before = last_index;
  // The next step starts from `next`, not from where the corrector was used last.
  if (!corrector.linearise(next.x, next.tau, next.tangent, current().scales))
    return "the derivatives next to a branch point are not finite";
  return "";
}

/// On the way into a branch point the bordered matrix becomes singular and ever shorter steps only
/// lead deeper into its neighbourhood. Its distance follows from the condition at the last two
/// points, which falls linearly; a step to the other side is tried, under all the checks of a step.
bool Tracker::State::leap_over_branch_point() {
  if (result.points.size() < 2) return false;
  const PathPoint& before = result.points[result.points.size() - 2];
  const double fall = before.reciprocal_condition - current().reciprocal_condition;
  if (!(fall > kClearFall * before.reciprocal_condition)) return false;
  const double distance =
      (current().arclength - before.arclength) * current().reciprocal_condition / fall;
  for (const double factor : kLeaps) {
    const double step = factor * distance;
    if (step < options.step.min || step > options.step.max) continue;
    if (*try_step(step) == '\0' && branch) return true;
    ++result.work.rejected;
  }
  return false;
}

void Tracker::State::accept() {
  const double arclength = current().arclength;
  const double length = Segment(current(), next).length();
  next.arclength = arclength + length;
  if (branch) {
    ++turns_since_index;
    branch_open = true;
    result.branch_points.push_back(std::move(*branch));
  }
  if (fold) {
    next = fold->point;
    last_index = fold->index_after;
    turns_since_index = last_index ? 0 : turns_since_index + 1;
    result.folds.push_back(std::move(*fold));
  }
  if (next.morse_index) {
    // With several events since the index was last known, it belongs to none of them.
    if (turns_since_index == 1) {
      if (branch_open)
        result.branch_points.back().index_after = next.morse_index;
      else
        result.folds.back().index_after = next.morse_index;
    }
    branch_open = false;
    last_index = next.morse_index;
    index_direction = next.tau_direction;
    turns_since_index = 0;
  }
  ++result.work.steps;
  result.points.push_back(next);
}

/// Whether the last step passes the start in the direction in which the path set out.
bool Tracker::State::is_closed() {
  const PathPoint& start = result.points.front();
  if (result.folds.empty() || current().tau_direction != start.tau_direction) return false;
  const PathPoint& before = result.points[result.points.size() - 2];
  if ((start.tau - before.tau) * (start.tau - current().tau) > 0.0) return false;
  const Segment segment(before, current());
  double tau = 0.0;
  segment.at(segment.theta_at_tau(start.tau), guess, tau, direction);
  if (!((guess - start.x).norm() <= segment.length() * start.scales.unknown)) return false;
  tau = start.tau;
  const Correction correction =
      corrector.correct(guess, tau, Constraint::fixed_tau, {}, start.scales, /*polish=*/true);
  return correction.converged && (guess - start.x).norm() <= kSameStart * start.scales.unknown;
}

bool Tracker::State::advance() {
  if (result.status != TrackStatus::running) return false;
  const PathPoint& from = current();
  int refusals = 0;
  for (;;) {
    if (options.stop.is_met()) {
      finish(TrackStatus::stopped_by_observer,
             "the path was left at " + homotopy.where(from.tau) + ", as " + options.stop.reason());
      return false;
    }
    if (result.work.steps + result.work.rejected >= options.max_steps) {
      finish(TrackStatus::max_steps_reached, "the budget of " + counted(options.max_steps, "step") +
                                                 " is used up at " + homotopy.where(from.tau) +
                                                 "; max_steps allows more");
      return false;
    }
    const double step = control.step();
    const char* refusal = try_step(step);
    if (*refusal == '\0') break;
    ++result.work.rejected;
    if (predictor->improve()) continue;
    if (++refusals == kRefusalsBeforeLeap && leap_over_branch_point()) break;
    if (!control.refused(std::min(step, measures.step > 0.0 ? measures.step : step))) {
      const bool singular = from.reciprocal_condition < kSingular;
      finish(singular ? TrackStatus::singular_jacobian : TrackStatus::step_too_small,
             "at " + homotopy.where(from.tau) + " no step down to " + number(options.step.min) +
                 " is acceptable: " + refusal +
                 (singular ? "; [H_x H_tau] has lost rank there" : ""));
      return false;
    }
  }
  accept();
  const bool is_at_target =
      current().kind == PointKind::fold
          ? ends && std::abs(current().tau - options.tau_target) <=
                        kSameTau * current().scales.parameter
          : current().kind == PointKind::landing && current().tau == options.tau_target;
  const double back = options.tau_back.value_or(options.tau_start);
  const bool before_start = ends && (current().tau - back) * forward < 0.0;
  // Folds and landings end a step early: they say nothing about the next one.
  if (current().kind == PointKind::regular) control.accepted(measures);
  if (has_series && refusals == 0) control.start_with(options.step.max);
  if (is_at_target) {
    finish(TrackStatus::reached_target,
           "the path reached " + homotopy.where(options.tau_target) + " after " +
               counted(static_cast<long long>(result.folds.size()), "fold") +
               (current().kind == PointKind::fold ? ", the last of them there" : ""));
  } else if (before_start) {
    finish(TrackStatus::returned_to_start,
           "tau left the range on the side of the start, at " + homotopy.where(current().tau));
  } else if (is_closed()) {
    finish(TrackStatus::closed_curve,
           "the curve is closed: it came back to its start after " +
               counted(static_cast<long long>(result.folds.size()), "fold"));
  }
  return true;
}

void Tracker::State::finish(TrackStatus status, std::string message) {
  result.status = status;
  result.message = std::move(message);
  result.work.factorisations = corrector.factorisations();
  result.work.evaluations = corrector.evaluations();
  result.work.krylov_iterations = corrector.krylov_iterations();
  result.work.seconds = std::chrono::duration<double>(Clock::now() - began).count();
}

// --------------------------------------------------------------------------------- public
// interface

Tracker::Tracker(HomotopyRef homotopy, const Vector& x0, const TrackOptions& options) {
  checked(options);
  if (options.heading && options.heading->tangent.size() != homotopy.size() + 1)
    throw std::invalid_argument("a heading has one entry for each unknown and one for tau");
  if (homotopy.size() <= 0 || x0.size() != homotopy.size())
    throw std::invalid_argument("the start has " + std::to_string(x0.size()) +
                                " entries where the homotopy has " +
                                std::to_string(homotopy.size()) + " unknowns");
  if (!options.locate_folds && !homotopy.has_series())
    throw std::invalid_argument("locate_folds = false needs a homotopy that brings a series");
  state_ = std::make_unique<State>(homotopy, options);
  state_->start(x0);
}

Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;
Tracker& Tracker::operator=(Tracker&&) noexcept = default;

bool Tracker::advance() { return state_->advance(); }

const PathPoint& Tracker::point() const { return state_->current(); }

Outlook Tracker::outlook() { return state_->outlook(); }

void Tracker::stop(TrackStatus status, std::string message) {
  if (state_->result.status == TrackStatus::running) state_->finish(status, std::move(message));
}

const PathResult& Tracker::result() const { return state_->result; }

PathResult Tracker::take_result() { return std::move(state_->result); }

Tracker::iterator Tracker::begin() {
  iterator first(*this);
  first.done_ = state_->result.status == TrackStatus::invalid_start;
  return first;
}

PathResult track(HomotopyRef homotopy, const Vector& x0, const TrackOptions& options,
                 const Observer& observer) {
  Tracker tracker(homotopy, x0, options);
  for (const PathPoint& point : tracker)
    if (observer && !observer(point))
      tracker.stop(TrackStatus::stopped_by_observer, "the observer stopped the run");
  return tracker.take_result();
}

}  // namespace tautrack
