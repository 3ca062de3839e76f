#include "tautrack/path/natural_path.hpp"

#include <cmath>
#include <stdexcept>

#include "tautrack/events/morse_index.hpp"
#include "tautrack/infinity/recognition.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "core/text.hpp"
#include "events/nearest_eigenvalue.hpp"
#include "homotopy/natural.hpp"
#include "path/monotone_path.hpp"

namespace tautrack {

namespace {

/// Closer to tau = 1 than this the path has either arrived or its limit should have been
/// recognised.
constexpr double kLastDelta = 1e-13;

/// A recognised limit is believed when the path has come this close to tau = 1 with it, or cannot go
/// on: a solution at very large weights looks like one until the path arrives there.
constexpr double kBelieved = 1e-10;

/// And when it has taken this many points more without arriving.
constexpr int kMorePoints = 30;

/// Rounding of tau, 1e-16 out of 1 - tau, makes ever shorter steps this close to tau = 1; a path
/// that needs more points than this there is going nowhere.
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
                                                const RecognitionOptions& options,
                                                std::string& why_not) {
    return recognise_infinite_weights(network, point, options, why_not);
  }
};

template <>
struct Limits<SparsePerceptron> {
  static constexpr int close_points = 20;  ///< The series needs few, and each costs much.
  static std::optional<InfinitePoint> recognise(const SparsePerceptron&, const PathPoint&,
                                                const RecognitionOptions&, std::string& why_not) {
    why_not = "infinite weights are not recognised in matrix-free mode";
    return std::nullopt;
  }
};

/// Eigenvalues of the Hessian at the end of a path, as far as they can be had.
template <EnergyNetwork Network>
void classify(BasicNaturalHomotopy<Network>& homotopy, const PathPoint& from, PathEnd& out) {
  const Index n = homotopy.size();
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  homotopy.derivatives(from.x, from.tau, H, H_v, H_tau);
  out.gradient_norm = H.norm();
  MorseIndex morse;
  out.morse_index = morse.count(H_v);
  out.eigenvalues = morse.eigenvalues(H_v);
  if (out.eigenvalues.size() > 0) {
    Index nearest = 0;
    out.eigenvalues.cwiseAbs().minCoeff(&nearest);
    out.nearest_eigenvalue = out.eigenvalues(nearest);
    out.lowest_eigenvalue = out.eigenvalues(0);
  }
  out.status = out.morse_index ? "converged" : "degenerate";
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

template <EnergyNetwork Network>
class Report {
 public:
  using Homotopy = BasicNaturalHomotopy<Network>;
  Report(const Network& network, Homotopy& homotopy) : network_(network), homotopy_(homotopy) {}

  NaturalPoint point(const PathPoint& from) {
    NaturalPoint out;
    out.kind = from.kind;
    out.tau = from.tau;
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
    out.tau = from.tau;
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

template <EnergyNetwork Network>
NaturalPath track(const Network& network, BasicNaturalHomotopy<Network>& homotopy,
                  const Vector& start, const TrackOptions& options, const Observer& observer) {
  if (!(options.tau_target > 0.0 && options.tau_target <= 1.0))
    throw std::invalid_argument("tau_target of the natural path must lie in (0, 1], got " +
                                number(options.tau_target));
  NaturalPath path;
  Tracker tracker(homotopy, start, options);
  const RecognitionOptions recognition;
  int close_points = 0;
  int more_points = 0;
  std::string why_not = "1 - tau is not small yet";
  for (const PathPoint& point : tracker) {
    if (observer && !observer(point)) {
      tracker.stop(TrackStatus::stopped_by_observer, "the observer stopped the run");
      break;
    }
    // Before tau = 1 all weights are bounded: there is a limit to recognise only on the way to it.
    const double delta = options.tau_target == 1.0 ? 1.0 - point.tau : 1.0;
    if (point.kind == PointKind::fold || delta > recognition.largest_delta || delta <= 0.0)
      continue;
    if (point.tau_direction < 0) path.infinity.reset();
    if (!path.infinity)
      path.infinity = Limits<Network>::recognise(network, point, recognition, why_not);
    if (path.infinity) {
      if (delta <= kBelieved || ++more_points > kMorePoints)
        tracker.stop(TrackStatus::infinite_weights, describe(*path.infinity));
    } else if (delta < kLastDelta ||
               (delta < kCloseDelta && ++close_points > Limits<Network>::close_points)) {
      tracker.stop(TrackStatus::unresolved_end,
                   "the path comes as close to tau = 1 as double precision resolves without "
                   "arriving, and no limit at infinite weights is recognised: " +
                       why_not);
    }
  }
  const PathResult& result = tracker.result();
  path.status = result.status;
  path.message = result.message;
  if (path.ok() || path.status == TrackStatus::stopped_by_observer) path.infinity.reset();
  const bool stuck = path.status == TrackStatus::step_too_small ||
                     path.status == TrackStatus::singular_jacobian ||
                     path.status == TrackStatus::unresolved_end;
  if (stuck && options.tau_target == 1.0 && 1.0 - tracker.point().tau <= kRelaxedDelta) {
    RecognitionOptions relaxed = recognition;
    relaxed.slow_delta = kRelaxedDelta;
    if (!path.infinity)
      path.infinity = Limits<Network>::recognise(network, tracker.point(), relaxed, why_not);
    if (path.infinity) {
      path.status = TrackStatus::infinite_weights;
      path.message = describe(*path.infinity);
    } else if (path.status != TrackStatus::unresolved_end) {
      path.message += "; no limit at infinite weights is recognised: " + why_not;
    }
  }

  Report<Network> report(network, homotopy);
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
NaturalPath track(const Network& network, BasicNaturalHomotopy<Network>& homotopy,
                  const TrackOptions& options, const Observer& observer) {
  if (options.tau_start != 0.0)
    throw std::invalid_argument("the natural path starts at tau = 0, got tau_start = " +
                                number(options.tau_start));
  return track(network, homotopy, network.linear_solution(), options, observer);
}

/// The tracker with a number of threads in each pass.
template <EnergyNetwork Network>
NaturalPath track(const Network& network, const TrackOptions& options, const Observer& observer,
                  int threads) {
  if (threads < 1)
    throw std::invalid_argument("threads must be >= 1, got " + std::to_string(threads));
  BasicNaturalHomotopy<Network> homotopy(network, threads);
  return track(network, homotopy, options, observer);
}

}  // namespace

NaturalPath track_natural(const Perceptron& network, const TrackOptions& options,
                          const Observer& observer, int threads) {
  if (!observer && network.ranks() == nullptr && threads >= 1 && !options.invalid_reason())
    if (std::optional<NaturalPath> path = track_monotone_path(network, options))
      return *std::move(path);
  return track(network, options, observer, threads);
}

NaturalPath resume_natural(const Perceptron& network, const Vector& weights,
                           const TrackOptions& options, const Observer& observer, int threads) {
  if (threads < 1)
    throw std::invalid_argument("threads must be >= 1, got " + std::to_string(threads));
  if (weights.size() != network.columns() || !weights.allFinite())
    throw std::invalid_argument(
        "a path is taken up from as many finite weights as there are columns");
  if (!(options.tau_start >= 0.0 && options.tau_start < options.tau_target))
    throw std::invalid_argument("a path is taken up at a tau in [0, tau_target), got tau_start = " +
                                number(options.tau_start));
  TrackOptions whole = options;
  whole.tau_back = 0.0;
  NaturalHomotopy homotopy(network, threads);
  return track(network, homotopy, network.coordinates(weights), whole, observer);
}

NaturalPath track_natural(const SparsePerceptron& network, const TrackOptions& options,
                          const Observer& observer) {
  SparseNaturalHomotopy homotopy(network);
  return track(network, homotopy, options, observer);
}

}  // namespace tautrack
