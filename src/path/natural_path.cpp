#include "tautrack/path/natural_path.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "tautrack/infinity/recognition.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "core/checked.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "events/nearest_eigenvalue.hpp"
#include "homotopy/natural.hpp"
#include "infinity/tails.hpp"
#include "path/end_eigenvalues.hpp"
#include "path/monotone_path.hpp"

namespace tautrack {

namespace {

/// Closer to tau = 1 than this, far within the layer of the metric, a path has landed or is going nowhere.
constexpr double kLastDelta = 1e-25;

/// Here a path that has not arrived is followed on by the tails of its saturated patterns: far below the
/// 1 - tau where the directions of the free ones settle, far above rounding.
constexpr double kTailDelta = 1e-11;

/// A recognised limit is believed when the path has come this close to tau = 1 with it, or cannot go
/// on: a solution at very large weights looks like one until the path arrives there.
constexpr double kBelieved = 1e-10;

/// And when it has taken this many points more without arriving.
constexpr int kMorePoints = 30;

/// Rounding of H makes ever shorter steps this close to tau = 1; a path that needs more points than
/// Limits::close_points there is going nowhere.
constexpr double kCloseDelta = 1e-9;

/// When the tracker cannot go on this close to tau = 1, the recognition is asked once more with its
/// distances relaxed to where the path stands.
constexpr double kRelaxedDelta = 1e-6;

/// The recognition of a network's limits.
template <EnergyNetwork Network>
struct Limits;

template <>
struct Limits<Perceptron> {
  static constexpr int close_points = 3000;  ///< See kCloseDelta.
  static std::optional<InfinitePoint> recognise(const Perceptron& network, const PathPoint& point,
                                                double delta, const RecognitionOptions& options,
                                                std::string& why_not) {
    return recognise_infinite_weights(network, point, delta, options, why_not);
  }
  static std::optional<infinity::TailPath> follow_tails(const Perceptron& network,
                                                        const PathPoint& point, double delta,
                                                        const infinity::IsLimit& is_limit,
                                                        const StopCondition& stop,
                                                        std::string& why_not) {
    return infinity::follow_tails(network, point, delta, is_limit, stop, why_not);
  }
};

/// Of networks whose limits nobody recognises.
template <EnergyNetwork Network>
struct NoLimits {
  static std::optional<InfinitePoint> recognise(const Network&, const PathPoint&, double,
                                                const RecognitionOptions&, std::string& why_not) {
    why_not = MatrixFreeNetwork<Network> ? "infinite weights are not recognised in matrix-free mode"
                                         : "infinite weights of a hidden layer are not recognised";
    return std::nullopt;
  }
  static std::optional<infinity::TailPath> follow_tails(const Network&, const PathPoint&, double,
                                                        const infinity::IsLimit&,
                                                        const StopCondition&, std::string&) {
    return std::nullopt;
  }
};

template <>
struct Limits<SparsePerceptron> : NoLimits<SparsePerceptron> {
  static constexpr int close_points = 20;  ///< The series needs few, and each costs much.
};

template <>
struct Limits<HiddenLayer> : NoLimits<HiddenLayer> {
  static constexpr int close_points = 3000;
};

/// Eigenvalues of the Hessian at the end of a path, as far as they can be had.
template <EnergyNetwork Network>
void classify(BasicNaturalHomotopy<Network>& homotopy, const PathPoint& from, PathEnd& out) {
  set_eigenvalues(homotopy, from, out);
}

void classify(SparseNaturalHomotopy& homotopy, const PathPoint& from, PathEnd& out) {
  const Index n = homotopy.size();
  Vector H(n), diagonal(n);
  homotopy.residual(from.x, from.tau, H);
  out.gradient_norm = H.norm();
  homotopy.preconditioner(diagonal);
  const SpectrumEstimate estimate = estimate_spectrum(
      [&homotopy](const Vector& p, Vector& image) { homotopy.hessian_product(p, image); },
      diagonal);
  out.nearest_eigenvalue = estimate.nearest;
  out.lowest_eigenvalue = estimate.lowest;
  out.status = estimate.is_singular ? "degenerate" : "unclassified";
}

/// The parameter that the tracker follows a path by: tau - 1 where the path may come near tau = 1, see
/// BasicNaturalHomotopy, else tau.
class Parameter {
 public:
  explicit Parameter(const TrackOptions& options)
      : origin_(options.tau_target > kHalfWay ? 1.0 : 0.0), asked_for_(options.landings) {
    asked_for_.push_back(options.tau_start);
    asked_for_.push_back(options.tau_target);
  }

  [[nodiscard]] NaturalParameter kind() const noexcept {
    return origin_ == 0.0 ? NaturalParameter::tau : NaturalParameter::tau_minus_one;
  }

  /// The options in terms of the parameter.
  [[nodiscard]] TrackOptions shifted(TrackOptions options) const {
    options.tau_start -= origin_;
    options.tau_target -= origin_;
    if (options.tau_back) *options.tau_back -= origin_;
    for (double& landing : options.landings) landing -= origin_;
    // Next to tau = 0 two taus may be one.
    std::erase_if(options.landings, [&](double landing) {
      return !(landing > options.tau_back.value_or(options.tau_start));
    });
    return options;
  }

  /// tau, exactly as it was asked for where it was.
  [[nodiscard]] Tau tau(double parameter) const {
    if (origin_ == 0.0) return parameter;
    for (const double tau : asked_for_)
      if (tau - origin_ == parameter) return tau;
    return Tau::before_one(-parameter);
  }

 private:
  /// Below it the difference to 1 is rounded, above it that to 0 would be.
  static constexpr double kHalfWay = 0.5;

  double origin_;
  std::vector<double> asked_for_;
};

template <EnergyNetwork Network>
class Report {
 public:
  using Homotopy = BasicNaturalHomotopy<Network>;
  Report(const Network& network, Homotopy& homotopy, const Parameter& parameter)
      : network_(network), homotopy_(homotopy), parameter_(parameter) {}

  NaturalPoint point(const PathPoint& from) {
    const Tau tau = parameter_.tau(from.tau);
    NaturalPoint out;
    out.kind = from.kind;
    out.tau = tau.value();
    out.one_minus_tau = tau.rest();
    out.arclength = from.arclength;
    out.weights = network_.weights(from.x);
    out.energy = homotopy_.energy(from.x, from.tau);
    out.morse_index = from.morse_index;
    return out;
  }

  NaturalFold fold(const Fold& from) {
    NaturalFold out;
    out.point = point(from.point);
    out.tau_error = from.tau_error;
    out.bracket_low = from.bracket_low;
    out.bracket_high = from.bracket_high;
    out.tangent = network_.weights(from.null_vector).normalized();
    out.index_before = from.index_before;
    out.index_after = from.index_after;
    out.curvature_sign = from.second_derivative < 0.0 ? -1 : 1;
    return out;
  }

  NaturalBranchPoint branch_point(const BranchPoint& from) {
    NaturalBranchPoint out;
    out.point = point(from.point);
    out.bracket_low = from.bracket_low;
    out.bracket_high = from.bracket_high;
    out.tau_error =
        std::max(from.precision * from.point.scales.parameter, kEpsilon * std::abs(out.point.tau));
    out.multiplicity = from.multiplicity;
    out.tangent = tangent(from.point.tangent);
    if (from.other_tangent.size() > 0) out.other_tangent = tangent(from.other_tangent);
    out.index_before = from.index_before;
    out.index_after = from.index_after;
    out.followed = from.followed;
    return out;
  }

  PathEnd end(const PathPoint& from) {
    PathEnd out;
    out.tau = parameter_.tau(from.tau).value();
    out.weights = network_.weights(from.x);
    out.energy = homotopy_.energy(from.x, from.tau);
    classify(homotopy_, from, out);
    out.gradient_scale = homotopy_.residual_scale(from.x, from.tau);
    out.last_newton_step = from.newton_step;
    return out;
  }

 private:
  Vector tangent(const Vector& from) {
    const Index n = network_.unknowns();
    const Vector weights = network_.weights(from.head(n));
    Vector out(weights.size() + 1);
    out << weights, from(n);
    return out.normalized();
  }

  const Network& network_;
  Homotopy& homotopy_;
  const Parameter& parameter_;
};

/// The sentence for a path whose limit was recognised.
std::string describe(const InfinitePoint& limit) {
  Index high = 0, low = 0, free = 0;
  bool linear = false;
  for (std::size_t i = 0; i < limit.signs.size(); ++i) {
    (limit.signs[i] > 0 ? high : limit.signs[i] < 0 ? low : free) += 1;
    linear = linear || limit.approach->growth[i] == Growth::linear;
  }
  return std::string("the weights grow without bound as tau -> 1, like ") +
         (linear ? "1/(1 - tau)" : "log(1/(1 - tau)) or another slow law") + ": " +
         counted(high, "pattern") + (high == 1 ? " saturates" : " saturate") + " high, " +
         std::to_string(low) + " low, " + std::to_string(free) +
         (free == 1 ? " stays free" : " stay free");
}

/// What becomes of a path next to tau = 1. Before it all weights are bounded: only there can they grow
/// without bound.
template <EnergyNetwork Network>
class Ending {
 public:
  Ending(const Network& network, Tracker& tracker, const StopCondition& stop)
      : network_(network), tracker_(tracker), stop_(stop) {}

  /// Looks at the tracker's next point and stops the tracker where the end is known or out of reach.
  void look_at(const PathPoint& point, double delta) {
    if (point.kind == PointKind::fold || delta > recognition_.largest_delta || delta <= 0.0) return;
    if (point.tau_direction < 0) {
      infinity_.reset();
      tails_tried_ = false;
    }
    if (!infinity_)
      infinity_ = Limits<Network>::recognise(network_, point, delta, recognition_, why_not_);
    if (infinity_) {
      if (delta <= kBelieved || ++more_points_ > kMorePoints)
        tracker_.stop(TrackStatus::infinite_weights, describe(*infinity_));
      return;
    }
    if (delta <= kTailDelta && !tails_tried_ && point.tau_direction > 0) follow_tails(point, delta);
    if (tracker_.result().status == TrackStatus::running &&
        (delta < kLastDelta ||
         (delta < kCloseDelta && ++close_points_ > Limits<Network>::close_points)))
      tracker_.stop(TrackStatus::unresolved_end,
                    "the path comes as close to tau = 1 as double precision resolves without "
                    "arriving" +
                        unrecognised());
  }

  /// Status, message and limit of the path, whose last point is this far from tau = 1.
  void conclude(NaturalPath& path, double delta) {
    const PathResult& result = tracker_.result();
    path.status = result.status;
    path.message = result.message;
    const bool is_stuck = path.status == TrackStatus::step_too_small ||
                          path.status == TrackStatus::singular_jacobian ||
                          path.status == TrackStatus::unresolved_end;
    if (is_stuck && delta <= kRelaxedDelta) {
      RecognitionOptions relaxed = recognition_;
      relaxed.slow_delta = kRelaxedDelta;
      if (!infinity_)
        infinity_ =
            Limits<Network>::recognise(network_, tracker_.point(), delta, relaxed, why_not_);
      if (infinity_) {
        path.status = TrackStatus::infinite_weights;
        path.message = describe(*infinity_);
      } else if (path.status != TrackStatus::unresolved_end) {
        path.message += unrecognised();
      }
    }
    if (path.status == TrackStatus::infinite_weights) path.infinity = std::move(infinity_);
  }

  /// The last piece of the path where it was followed by its tails alone, else empty.
  [[nodiscard]] const infinity::TailPath& tails() const { return tails_; }
  [[nodiscard]] double tails_delta() const { return tails_delta_; }  ///< 1 - tau where it begins.

 private:
  void follow_tails(const PathPoint& point, double delta) {
    using Outcome = infinity::TailPath::Outcome;
    tails_tried_ = true;
    std::optional<infinity::TailPath> tails = Limits<Network>::follow_tails(
        network_, point, delta,
        [this](const PathPoint& far) {
          infinity_ =
              Limits<Network>::recognise(network_, far, -far.tau, recognition_, why_no_tails_);
          return infinity_.has_value();
        },
        stop_, why_no_tails_);
    if (!tails) return;
    switch (tails->outcome) {
      case Outcome::departs:
        tracker_.stop(TrackStatus::infinite_weights, describe(*infinity_));
        break;
      case Outcome::arrives:
        tracker_.stop(TrackStatus::reached_target, "the path arrives");
        break;
      case Outcome::returns:
        tracker_.stop(TrackStatus::returned_to_start, "the path goes on, away from tau = 1");
        break;
    }
    tails_ = std::move(*tails);
    tails_delta_ = delta;
  }

  [[nodiscard]] std::string unrecognised() const {
    return ", and no limit at infinite weights is recognised: " + why_not_ +
           (why_no_tails_.empty() ? "" : "; " + why_no_tails_);
  }

  const Network& network_;
  Tracker& tracker_;
  const StopCondition& stop_;
  RecognitionOptions recognition_;
  std::optional<InfinitePoint> infinity_;
  infinity::TailPath tails_;
  double tails_delta_ = 0.0;
  int close_points_ = 0;
  int more_points_ = 0;
  bool tails_tried_ = false;
  std::string why_not_ = "1 - tau is not small yet";
  std::string why_no_tails_;
};

/// Joins a piece of a path, which begins where the path ends, to it.
void append(PathResult& path, PathResult&& piece) {
  const double arclength = path.points.empty() ? 0.0 : path.points.back().arclength;
  for (PathPoint& point : piece.points) {
    if (point.kind == PointKind::start && !path.points.empty()) continue;
    point.arclength += arclength;
    path.points.push_back(std::move(point));
  }
  const auto shift = [arclength](auto& event) {
    event.point.arclength += arclength;
    event.bracket_low += arclength;
    event.bracket_high += arclength;
  };
  for (Fold& fold : piece.folds) {
    shift(fold);
    path.folds.push_back(std::move(fold));
  }
  for (BranchPoint& branch : piece.branch_points) {
    shift(branch);
    path.branch_points.push_back(std::move(branch));
  }
  path.work.steps += piece.work.steps;
  path.work.rejected += piece.work.rejected;
  path.work.factorisations += piece.work.factorisations;
  path.work.evaluations += piece.work.evaluations;
  path.work.krylov_iterations += piece.work.krylov_iterations;
  path.work.seconds += piece.work.seconds;
}

template <EnergyNetwork Network>
NaturalPath track(const Network& network, const Vector& start, const TrackOptions& options,
                  const Observer& observer, int threads) {
  checked(options);
  if (threads < 1)
    throw std::invalid_argument("threads must be >= 1, got " + std::to_string(threads));
  if (!(options.tau_target > 0.0 && options.tau_target <= 1.0))
    throw std::invalid_argument("tau_target of the natural path must lie in (0, 1], got " +
                                number(options.tau_target));
  const Parameter parameter(options);
  BasicNaturalHomotopy<Network> homotopy(network, threads, BasicNaturalHomotopy<Network>::layer,
                                         parameter.kind());
  NaturalPath path;
  PathResult result;
  TrackOptions piece = parameter.shifted(options);
  double taken_up_by_tails = 0.0;  // at this 1 - tau; 0: the last piece was not
  const auto goes_on = [&](const PathPoint& point) {
    if (!observer) return true;
    PathPoint seen = point;
    seen.tau = parameter.tau(point.tau).value();
    if (!result.points.empty()) seen.arclength += result.points.back().arclength;
    return observer(seen);
  };
  for (Vector from = start;;) {
    Tracker tracker(homotopy, from, piece);
    Ending<Network> ending(network, tracker, options.stop);
    for (const PathPoint& point : tracker) {
      const bool was_seen = point.kind == PointKind::start && !result.points.empty();
      if (!was_seen && !goes_on(point))
        tracker.stop(TrackStatus::stopped_by_observer, "the observer stopped the run");
      else if (options.tau_target == 1.0)
        ending.look_at(point, parameter.tau(point.tau).rest());
    }
    ending.conclude(path, parameter.tau(tracker.point().tau).rest());
    infinity::TailPath tails = ending.tails();
    const auto last_seen = std::find_if(tails.points.begin(), tails.points.end(),
                                        [&](const PathPoint& point) { return !goes_on(point); });
    if (last_seen != tails.points.end()) {
      const double arclength = last_seen->arclength;
      tails.points.erase(last_seen + 1, tails.points.end());
      std::erase_if(tails.folds,
                    [arclength](const Fold& fold) { return fold.point.arclength > arclength; });
      path.status = TrackStatus::stopped_by_observer;
      path.message = "the observer stopped the run";
      path.infinity.reset();
    }
    taken_up_by_tails = ending.tails_delta();
    PathResult whole_piece = tracker.take_result();
    whole_piece.points.insert(whole_piece.points.end(), tails.points.begin(), tails.points.end());
    whole_piece.folds.insert(whole_piece.folds.end(), tails.folds.begin(), tails.folds.end());
    append(result, std::move(whole_piece));
    if (path.status != TrackStatus::returned_to_start ||
        tails.outcome != infinity::TailPath::Outcome::returns || tails.points.empty())
      break;
    // Back from tau = 1.
    const PathPoint& last = result.points.back();
    from = last.x;
    piece.tau_back = piece.tau_back.value_or(piece.tau_start);
    piece.tau_start = last.tau;
    piece.heading = Heading{last.tangent, -1};
  }

  if (path.ok()) {  // The tracker of the last piece does not know the folds of the others.
    path.message = "the path reached " + homotopy.where(piece.tau_target) + " after " +
                   counted(static_cast<long long>(result.folds.size()), "fold");
    if (taken_up_by_tails > 0.0)
      path.message += "; from 1 - tau = " + number(taken_up_by_tails) +
                      " on it was followed by the balance of the patterns that saturate";
  }
  Report<Network> report(network, homotopy, parameter);
  path.points.reserve(result.points.size());
  for (const PathPoint& point : result.points) path.points.push_back(report.point(point));
  for (const Fold& fold : result.folds) path.folds.push_back(report.fold(fold));
  for (const BranchPoint& branch : result.branch_points)
    path.branch_points.push_back(report.branch_point(branch));
  if (path.ok()) path.end = report.end(result.points.back());
  path.work = result.work;
  if (path.end) ++path.work.evaluations;  // for the evidence at the end
  path.work.passes_over_data = homotopy.passes_over_data();
  return path;
}

/// From the linear solution.
template <EnergyNetwork Network>
NaturalPath track(const Network& network, const TrackOptions& options, const Observer& observer,
                  int threads) {
  if (options.tau_start != 0.0)
    throw std::invalid_argument("the natural path starts at tau = 0, got tau_start = " +
                                number(options.tau_start));
  return track(network, network.linear_solution(), options, observer, threads);
}

}  // namespace

Index NaturalPath::folds_before(const NaturalPoint& point) const noexcept {
  return std::count_if(folds.begin(), folds.end(), [&](const NaturalFold& fold) {
    return fold.point.arclength < point.arclength;
  });
}

NaturalPath track_natural(const Perceptron& network, const TrackOptions& options,
                          const Observer& observer, int threads) {
  if (!observer && threads >= 1 && !options.invalid_reason())
    if (std::optional<NaturalPath> path = track_monotone_path(network, options, threads))
      return *std::move(path);
  return track(network, options, observer, threads);
}

NaturalPath resume_natural(const Perceptron& network, const Vector& weights,
                           const TrackOptions& options, const Observer& observer, int threads) {
  if (weights.size() != network.columns() || !weights.allFinite())
    throw std::invalid_argument(
        "a path is taken up from as many finite weights as there are columns");
  if (!(options.tau_start >= 0.0 && options.tau_start < options.tau_target))
    throw std::invalid_argument("a path is taken up at a tau in [0, tau_target), got tau_start = " +
                                number(options.tau_start));
  TrackOptions whole = options;
  whole.tau_back = 0.0;
  return track(network, network.coordinates(weights), whole, observer, threads);
}

NaturalPath resume_natural(const Perceptron& network, const NaturalFold& fold,
                           const TrackOptions& options, const Observer& observer, int threads) {
  if (fold.tangent.size() != network.columns() || fold.curvature_sign == 0)
    throw std::invalid_argument("a path is taken up from a fold of this network's path");
  TrackOptions behind = options;
  behind.tau_start = fold.point.tau;
  Heading& heading = behind.heading.emplace();
  heading.tangent = Vector::Zero(network.unknowns() + 1);
  heading.tangent.head(network.unknowns()) = network.coordinates(fold.tangent);
  heading.tau_direction = fold.curvature_sign;
  return resume_natural(network, fold.point.weights, behind, observer, threads);
}

NaturalPath track_natural(const SparsePerceptron& network, const TrackOptions& options,
                          const Observer& observer) {
  return track(network, options, observer, 1);
}

NaturalPath track_natural(const HiddenLayer& network, const TrackOptions& options,
                          const Observer& observer) {
  return track(network, options, observer, 1);
}

}  // namespace tautrack
