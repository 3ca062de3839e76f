#include "tautrack/certify/path_certificate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "tautrack/certify/certificate.hpp"

#include "certify/path_tube.hpp"
#include "core/checked.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"

namespace tautrack {

std::optional<std::string> PathCertifyOptions::invalid_reason() const {
  if (max_tubes <= 0) return "max_tubes must be > 0, got " + std::to_string(max_tubes);
  if (max_trials <= 0) return "max_trials must be > 0, got " + std::to_string(max_trials);
  constexpr int least = std::numeric_limits<double>::digits;
  constexpr int most = 1 << 16;
  if (max_precision < least || max_precision > most)
    return "max_precision must lie in [" + std::to_string(least) + ", " + std::to_string(most) +
           "], got " + std::to_string(max_precision);
  return std::nullopt;
}

#ifdef TAUTRACK_WITH_FLINT

namespace {

using proof::Interval;
using proof::magnitude;
using proof::sign_of;
using tube::ExactProblem;
using tube::Failure;
using tube::Gate;
using tube::Tube;

/// Length of the first tube that is tried, and after every gain of precision at the start: too long as
/// a rule, and halved until it is proven.
constexpr double kFirstLength = 0.25;

/// Bits of the first balls: the next multiple of a word that is clearly more than the 53 of doubles.
constexpr int kFirstBallPrecision = 128;

/// Contraction that the length of the next tube aims at.
constexpr double kWanted = 0.15;

/// A tube this many times shorter than the last one is not too long but too imprecise.
constexpr double kSuspicious = 0x1p-10;

/// Shorter tubes than this, relative to the node inputs and to 1 - tau, are not tried.
constexpr double kShortest = 1e-13;

/// How far recorded points may be from the curve, in the same units.
constexpr double kRecorded = 1e-6;

/// What recorded points may be away besides, over the scale of delta: four times the rounding of tau.
constexpr double kRecordedTau = 0x1p-51;

/// A target within this many lengths is the midpoint of the next tube: rather a tube that is somewhat
/// long than two short ones.
constexpr double kArrival = 1.4;

/// The midpoint goes one part in so many of the way to a target farther off: the tube, twice as long,
/// ends before it.
constexpr double kApproach = 3.0;

/// How far ahead, in lengths, the target is looked for: a tube ends at two. Pieces of that, each with
/// one crossing as a rule, and halvings to the last bit of a double.
constexpr double kLookAhead = 2.4;
constexpr int kLookAheadPieces = 8, kCrossingHalvings = 60;

/// Smallest unit of delta as long as there is no tube to take it from: not zero.
constexpr double kSmallestScale = 1e-300;

/// How many times the spread of the solutions Newton's method may lead away from the centre curve, which
/// may be as far from them as that; by experience.
constexpr double kSpreads = 4.0;

/// A tube is this much longer than the way back to the gate, so that the gate lies within it.
constexpr double kOverlap = 1.01;

/// How the length may change from one tube to the next; by experience.
constexpr double kMostShrink = 0.5, kMostGrowth = 1.8;

/// Where a tube may be left, relative to its end: nearer to it more is known of tau, and less is gained.
constexpr double kExits[] = {1.0, 0.8, 0.6, 0.4};

/// Doublings of a piece of tube that starts at rounding: it is longer than any tube in the end.
constexpr int kDoublings = 60;

/// A solution whose enclosure is wider than this part of the distance it is judged by may be known better
/// with more precision.
constexpr double kVague = 0.25;

/// Tubes that contract less are not worth their length: where they end little is known of the curve.
constexpr double kMostContraction = 0.5;

/// How often a tube is shortened for the sake of a fold.
constexpr int kFoldTrials = 10;

double power_of_two_near(double x) { return std::exp2(std::round(std::log2(x))); }

class Walk {
 public:
  Walk(const Perceptron& network, const NaturalPath& path, const PathCertifyOptions& options);

  PathCertificate run();

 private:
  /// The next tube: where its midpoint is to be.
  struct Plan {
    Vector x;
    double length = 0.0;
    bool arrives = false;
  };
  /// A piece of the curve in a tube, and what is known of tau along it.
  struct Arc {
    double low = 0.0, high = 0.0;
    int sign = 0;           ///< Of ddelta/da at `high`; 0: not known.
    bool monotone = false;  ///< The same all along.
    std::optional<int> folds;
  };

  [[nodiscard]] Vector scale_at(const Vector& x) const;
  bool start();
  [[nodiscard]] Plan plan() const;
  /// One more tube, or a shorter length for the next trial. @return false when the walk is over.
  bool advance();
  void fail(Failure failure, double length);
  [[nodiscard]] bool raise_precision();
  [[nodiscard]] std::optional<Arc> arc(double low, bool arrives);
  void accept(const Arc& arc);
  /// Whether the solution at the target is the end of the record; if not, whether more precision may show
  /// that it is.
  [[nodiscard]] bool identify(const Arc& arc, bool& is_vague);
  bool stop(const std::string& why);
  [[nodiscard]] double tau_now() const;

  const NaturalPath& path_;
  const PathCertifyOptions& options_;
  ExactProblem problem_;
  Tube tube_;
  PathCertificate result_;
  std::vector<Vector> record_;  ///< z, delta of the recorded points
  Interval target_;             ///< Of delta.
  double target_middle_ = 0.0;
  std::optional<Gate> gate_;  ///< Where the last tube is left.
  double length_ = kFirstLength;
  double last_length_ = kFirstLength;
  int precision_ = 53;
  int sign_ = -1;  ///< Of ddelta/da at the gate; 0: not known.
  int fold_trials_ = 0;
};

Walk::Walk(const Perceptron& network, const NaturalPath& path, const PathCertifyOptions& options)
    : path_(path), options_(options), problem_(network), tube_(problem_), target_(0.0) {
  const Index n = problem_.unknowns();
  for (const NaturalPoint& point : path.points) {
    if (point.weights.size() != network.columns())
      throw std::invalid_argument("recorded points must have " + std::to_string(network.columns()) +
                                  " weights, got " + std::to_string(point.weights.size()));
    Vector x(n + 1);
    x << problem_.coordinates(point.weights), 1.0 - point.tau;
    record_.push_back(x);
  }
  if (path.end) {
    target_middle_ = 1.0 - path.end->tau;
    // Exact for tau >= 1/2.
    target_ = path.end->tau >= 0.5 ? Interval(target_middle_) : 1.0 - Interval(path.end->tau);
  }
  result_.folds = 0;
}

Vector Walk::scale_at(const Vector& x) const {
  const Index n = problem_.unknowns();
  Vector scale = Vector::Constant(
      n + 1,
      power_of_two_near(std::sqrt(problem_.total_pattern_weight() + x.head(n).squaredNorm())));
  // At the target itself lengths are those of the tube before.
  const double delta = std::abs(x(n));
  const double least = gate_ ? gate_->frame.scale(n) * std::min(1.0, length_) : kSmallestScale;
  scale(n) = power_of_two_near(std::max(delta, least));
  return scale;
}

double Walk::tau_now() const { return result_.proven_until; }

bool Walk::stop(const std::string& why) {
  result_.reason = why;
  return false;
}

bool Walk::raise_precision() {
  const int next = precision_ == 53 ? kFirstBallPrecision : 2 * precision_;
  if (next > options_.max_precision) return false;
  precision_ = next;
  return true;
}

bool Walk::start() {
  const Index n = problem_.unknowns();
  Vector x(n + 1);
  x << problem_.network().linear_solution(), 1.0;
  Vector forward = Vector::Zero(n + 1);
  forward(n) = -1.0;
  if (!x.allFinite() || !tube_.place(x, scale_at(x), forward, true, 1.0))
    return stop("Newton's method does not converge at the linear solution");
  for (;;) {
    tube_.enclose(precision_);
    while (length_ > kShortest) {
      if (result_.trials++ >= options_.max_trials)
        return stop("the budget of " + counted(options_.max_trials, "trial") +
                    " is used up at tau = 0");
      if (tube_.prove(length_, Vector::Zero(n)) == Failure::none) {
        // The curve passes delta = 1 within the tube, from above: there it is the linear solution,
        // since that is the only one.
        const std::optional<Arc> piece = arc(-length_, false);
        if (piece && tube_.delta(-length_, -length_).lower() > 1.0 &&
            tube_.delta(piece->high, piece->high).upper() < 1.0) {
          accept(*piece);
          return true;
        }
      }
      length_ *= 0.5;
    }
    if (!raise_precision()) return stop("no tube contains the linear solution");
    length_ = kFirstLength;
  }
}

Walk::Plan Walk::plan() const {
  const Index n = problem_.unknowns();
  const Gate& gate = *gate_;
  Plan plan;
  plan.length = length_;
  // Where the centre curve, continued, meets the target.
  const auto height = [&](double a) { return centre(gate.frame, gate.a + a)(n) - target_middle_; };
  double crossing = std::numeric_limits<double>::infinity();
  if (path_.end) {
    double low = 0.0;
    for (int k = 1; k <= kLookAheadPieces; ++k) {
      double high = kLookAhead * length_ * k / kLookAheadPieces;
      if (!(height(high) < 0.0)) {
        low = high;
        continue;
      }
      for (int step = 0; step < kCrossingHalvings; ++step) {
        const double middle = 0.5 * (low + high);
        (height(middle) < 0.0 ? high : low) = middle;
      }
      crossing = high;
      break;
    }
  }
  if (crossing <= kArrival * length_) {
    plan.arrives = true;
    plan.length = crossing;
  } else {
    plan.length = std::min(length_, crossing / kApproach);
  }
  plan.x = centre(gate.frame, gate.a + plan.length);
  if (plan.arrives) plan.x(n) = target_middle_;
  return plan;
}

void Walk::fail(Failure failure, double length) {
  const bool imprecise = failure == Failure::imprecise || length < kSuspicious * last_length_;
  if (imprecise && raise_precision()) {
    length_ = last_length_;
    return;
  }
  length_ = 0.5 * length;
}

bool Walk::advance() {
  const Index n = problem_.unknowns();
  if (options_.stop.is_met())
    return stop(std::string(options_.stop.reason()) + " at tau = " + number(tau_now()));
  if (result_.tubes >= options_.max_tubes)
    return stop("the budget of " + counted(options_.max_tubes, "tube") +
                " is used up at tau = " + number(tau_now()));
  if (result_.trials >= options_.max_trials)
    return stop("the budget of " + counted(options_.max_trials, "trial") +
                " is used up at tau = " + number(tau_now()));
  if (length_ < kShortest)
    return stop(
        "next to tau = " + number(tau_now()) +
        " no tube can be proven: the curve comes close to a singular point or another branch, "
        "or " +
        std::to_string(precision_) + " bits do not suffice");
  ++result_.trials;
  const Plan next = plan();
  const Gate& gate = *gate_;
  if (!next.x.allFinite()) {
    fail(Failure::too_long, next.length);
    return true;
  }
  const Vector forward = gate.frame.F.col(n) + gate.frame.F.leftCols(n) * [&] {
    Vector slope = Vector::Zero(n);
    const double a = gate.a;
    for (int k = tube::kDegree; k >= 1; --k) slope = k * gate.frame.curve.col(k) + a * slope;
    return slope;
  }();
  const double most = next.length + kSpreads * gate.spread.sum();
  if (!tube_.place(next.x, scale_at(next.x), forward, next.arrives, most)) {
    fail(Failure::too_long, next.length);
    return true;
  }
  tube_.enclose(precision_);
  const Tube::Entry entry = tube_.entry(gate);
  const double length = kOverlap * -entry.a.lower();
  Vector least(n);
  for (Index j = 0; j < n; ++j) least(j) = magnitude(entry.b[at(j)]);
  if (!entry.is_forward || !(entry.a.upper() < 0.0) || !std::isfinite(length) ||
      !least.allFinite()) {
    fail(Failure::too_long, next.length);
    return true;
  }
  const Failure failure = tube_.prove(length, least);
  if (failure != Failure::none || !(tube_.contraction() <= kMostContraction) ||
      !(least.array() < tube_.box().array()).all()) {
    fail(failure == Failure::none ? Failure::too_long : failure, next.length);
    return true;
  }
  const std::optional<Arc> piece = arc(entry.a.lower(), next.arrives);
  if (!piece) {
    fail(Failure::too_long, next.length);
    return true;
  }
  if (next.arrives) {
    bool is_vague = false;
    if (!identify(*piece, is_vague)) return is_vague && raise_precision();
  }
  accept(*piece);
  last_length_ = next.length;
  // The contraction grows at least like the third power of the length.
  length_ =
      next.length * std::clamp(std::cbrt(kWanted / tube_.contraction()), kMostShrink, kMostGrowth);
  if (next.arrives) {
    result_.certified = true;
    return false;
  }
  return path_.end.has_value() || result_.points_passed < record_.size() ||
         stop("the record has no end at which the curve could arrive");
}

std::optional<Walk::Arc> Walk::arc(double low, bool arrives) {
  const double length = tube_.length();
  Arc arc;
  arc.low = low;
  for (const double part : kExits) {
    arc.high = part * length;
    if (!arrives && !tube_.is_sharp(arc.high)) continue;
    const Interval rate = tube_.delta_rate(low, arc.high);
    arc.folds.reset();
    arc.monotone = sign_of(rate) != 0;
    if (arc.monotone) {
      arc.sign = sign_of(rate);
      if (sign_ == arc.sign) arc.folds = 0;
    } else if (sign_ != 0) {
      arc.sign = sign_of(tube_.delta_rate(arc.high, arc.high));
      if (arc.sign != 0 && tube_.delta_curvature_sign() != 0) arc.folds = arc.sign == sign_ ? 0 : 1;
    }
    if (arrives) {
      // The curve crosses the target once, downwards, and was above it all the time before.
      if (arc.monotone && arc.sign < 0 && tube_.delta(low, low).lower() > target_.upper() &&
          tube_.delta(arc.high, arc.high).upper() < target_.lower())
        return arc;
      continue;
    }
    if (!(tube_.delta(low, arc.high).lower() > target_.upper())) continue;
    if (arc.folds || !result_.folds) return arc;
  }
  if (arrives || !result_.folds || ++fold_trials_ < kFoldTrials) return std::nullopt;
  // The curve is proven; how often it folds here is not.
  arc.high = length;
  arc.folds.reset();
  arc.monotone = false;
  arc.sign = sign_of(tube_.delta_rate(length, length));
  if (tube_.delta(low, length).lower() > target_.upper() && tube_.is_sharp(length)) return arc;
  return std::nullopt;
}

void Walk::accept(const Arc& arc) {
  ++result_.tubes;
  result_.precision = std::max(result_.precision, precision_);
  const double narrowest = tube_.box().minCoeff();
  result_.narrowest_tube =
      result_.tubes == 1 ? narrowest : std::min(result_.narrowest_tube, narrowest);
  gate_ = tube_.gate(arc.high);
  const double tau = 1.0 - proof::middle(tube_.delta(arc.high, arc.high));
  if (arc.folds) {
    if (result_.folds) *result_.folds += *arc.folds;
    fold_trials_ = 0;
  } else if (result_.folds) {
    result_.folds.reset();
    result_.folds_reason =
        "near tau = " + number(tau) + " it is not proven how often tau turns along the curve";
  }
  sign_ = arc.sign;
  const int direction = arc.monotone ? -arc.sign : 0;
  if (result_.pieces.empty() || result_.pieces.back().direction != direction)
    result_.pieces.push_back({result_.proven_until, tau, direction});
  result_.pieces.back().tau_to = tau;
  result_.proven_until = tau;
  result_.largest_tau = std::max(result_.largest_tau, 1.0 - tube_.delta(arc.low, arc.high).lower());
  while (result_.points_passed < record_.size()) {
    const Vector& x = record_[result_.points_passed];
    const Tube::Place place = tube_.locate(x);
    const double tolerance = kRecorded + kRecordedTau / tube_.frame().scale(problem_.unknowns());
    if (!(place.a >= arc.low - tolerance && place.a <= arc.high + tolerance &&
          place.outside <= tolerance))
      break;
    ++result_.points_passed;
  }
}

bool Walk::identify(const Arc& arc, bool& is_vague) {
  // delta = target between low and high.
  const double slope = proof::middle(tube_.delta_rate(0.0, 0.0));
  const double middle = (target_middle_ - proof::middle(tube_.delta(0.0, 0.0))) / slope;
  double low = arc.low;
  double high = arc.high;
  double room = kEpsilon;
  for (int k = 0; k < kDoublings; ++k, room *= 2.0) {
    const double from = std::max(arc.low, middle - room);
    const double to = std::min(arc.high, middle + room);
    if (from < to && tube_.delta(from, from).lower() > target_.upper() &&
        tube_.delta(to, to).upper() < target_.lower()) {
      low = from;
      high = to;
      break;
    }
  }
  const std::vector<Interval> z = tube_.solutions(low, high);
  const Vector& recorded = path_.end->weights;
  result_.end_radius = problem_.distance(z, recorded);
  // How well the point is known.
  const Index n = problem_.unknowns();
  Vector centre(n);
  for (Index j = 0; j < n; ++j) centre(j) = proof::middle(z[at(j)]);
  const double blur = problem_.distance(z, problem_.network().weights(centre));
  const std::string elsewhere = "the curve meets tau = " + number(path_.end->tau) +
                                " at another point than the end of the record, " +
                                number(result_.end_radius) + " away or less";
  if (path_.end->tau == 1.0) {
    const Certificate end = Certifier(problem_.network()).certify(recorded);
    if (!end.certified)
      return stop("the end of the record is not proven to be a fit: " + end.reason);
    is_vague = blur > kVague * end.unique_within;
    if (!(problem_.distance(z, end.weights) <= end.unique_within)) return stop(elsewhere);
  } else {
    const Vector expected = problem_.coordinates(recorded);
    const double most =
        kRecorded * std::sqrt(problem_.total_pattern_weight() + expected.squaredNorm());
    double square = 0.0;
    double blur_square = 0.0;
    for (Index j = 0; j < n; ++j) {
      square += std::pow(magnitude(z[at(j)] - expected(j)), 2);
      blur_square += std::pow(proof::width_of(z[at(j)]), 2);
    }
    is_vague = std::sqrt(blur_square) > kVague * most;
    if (!(std::sqrt(square) <= most)) return stop(elsewhere);
  }
  result_.reason.clear();
  return true;
}

PathCertificate Walk::run() {
  if (!problem_.obstacle().empty()) {
    result_.reason = problem_.obstacle();
  } else if (record_.empty()) {
    result_.reason = "there is no recorded path";
  } else if (start()) {
    while (advance()) {
    }
  }
  if (result_.tubes == 0) {
    result_.folds.reset();
    if (result_.folds_reason.empty()) result_.folds_reason = "nothing is proven";
  }
  if (result_.certified && result_.points_passed < record_.size()) {
    result_.certified = false;
    result_.reason = "the record leaves the curve: point " +
                     std::to_string(result_.points_passed + 1) +
                     " of it, at tau = " + number(path_.points[result_.points_passed].tau) +
                     ", does not lie on the curve after the points before";
  }
  if (result_.certified && result_.folds &&
      *result_.folds != static_cast<int>(path_.folds.size())) {
    result_.certified = false;
    result_.reason = "the curve has " + counted(*result_.folds, "fold") +
                     ", of which the record has " + std::to_string(path_.folds.size());
  }
  if (!result_.certified) {
    result_.end_radius = 0.0;
    if (result_.points_passed > 0)
      result_.stopped_from = path_.points[result_.points_passed - 1].tau;
    if (result_.points_passed < record_.size())
      result_.stopped_to = path_.points[result_.points_passed].tau;
  }
  result_.evaluations = tube_.evaluations();
  return result_;
}

}  // namespace

PathCertificate certify_path(const Perceptron& network, const NaturalPath& path,
                             const PathCertifyOptions& options) {
  checked(options);
  network.need_all_patterns("a proof of a path");
  return Walk(network, path, options).run();
}

#else

PathCertificate certify_path(const Perceptron& network, const NaturalPath&,
                             const PathCertifyOptions& options) {
  checked(options);
  network.need_all_patterns("a proof of a path");
  PathCertificate result;
  result.reason = result.folds_reason = "tautrack was built without FLINT, which certificates need";
  return result;
}

#endif

}  // namespace tautrack
