#include "infinity/tails.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "tautrack/tracker/tracker.hpp"

#include "core/decompositions.hpp"
#include "core/products.hpp"
#include "core/text.hpp"
#include "infinity/stratum.hpp"
#include "network/log_slope.hpp"
#include "network/residual.hpp"

namespace tautrack::infinity {

namespace {

/// A path whose node inputs change by less than this part of themselves per unit of log(1/delta) is about to
/// arrive: the rest of the way is as long, since its changes are proportional to delta. Newton's method goes
/// that far at once.
constexpr double kArrivingRate = 1e-4;

/// Newton's method to the end: steps, and how far the last one may move a node input.
constexpr int kArrivalBudget = 12;
constexpr double kAtTheEnd = 1e-10;

/// All steps together move no node input by more, relative to its size: ten times what the rate promises.
constexpr double kFarthestArrival = 10.0 * kArrivingRate;

/// Newton's method for the free patterns starts at a distance of about delta: squared, that is rounding.
constexpr int kSettlingSteps = 2;

/// What p is raised by to be at tau = 1: delta falls to a rounding of itself.
constexpr double kToTheEnd = 38.0;

/// A path that comes back from tau = 1 is left at this multiple of the delta at which its tails were taken up,
/// so that it is not taken up at once again.
constexpr double kBack = 100.0;

/// Beyond it a double no longer tells p from p plus a step. Slopes and delta are in logarithms, so that it
/// does not matter that they are below all numbers before.
constexpr double kLastP = 1e6;

/// At the delta where tails are taken up free patterns have converged to far less than this, per unit of
/// log(1/delta), and rounding moves them by less.
constexpr double kSettledRate = 1e-5;

/// A unit of the metric is this part of p once p is larger: about where tails are taken up.
constexpr double kUnitOfP = 25.0;

/// Places at which a sum of algebraic tails is looked at: ratio of two of them, first and last relative to
/// the distance at which node inputs double.
constexpr double kPlaceRatio = 1.25, kFirstPlace = 1e-3, kLastPlace = 1e9;

/// Accepted and refused steps: some five per unit of p, and as many for folds.
constexpr int kMostTailSteps = 5000;

/// Slope, and residual and its derivative by delta at tau = 1, of one saturated pattern.
struct Tail {
  LogSlope slope;
  double first, r, wing;
};

/// See follow_tails().
class TailHomotopy {
 public:
  /// @param u_0 Of these patterns, at z = 0. @param k One row each.
  TailHomotopy(const Perceptron& network, std::vector<Index> patterns, Vector u_0, Matrix k,
               double length)
      : network_(network),
        ends_(range(network.options().activation)),
        patterns_(std::move(patterns)),
        u_0_(std::move(u_0)),
        k_(std::move(k)),
        length_(length) {}

  [[nodiscard]] Index size() const { return k_.cols(); }
  [[nodiscard]] bool symmetric() const { return true; }

  void derivatives(const Vector& z, double p, Vector& h, Matrix& h_z, Vector& h_p) {
    const double delta = std::exp(-p);
    h.setZero();
    h_z.setZero();
    h_p.setZero();
    scale_ = 0.0;
    const Vector u = inputs(z);
    for (Index i = 0; i < u.size(); ++i) {
      const Tail tail = tail_of(i, u(i));
      const double omega = network_.pattern_weights()(at(i));
      const double r = tail.r + delta * tail.wing;
      // f_u / delta: sigma' / delta, and what is left of the linear network.
      const double steep = std::exp(tail.slope.log + p);
      const double slope = steep + (1.0 - tail.first);
      // r f_u / delta = c_0 / delta + c_1 + c_2 delta, and delta = exp(-p).
      const double by_p = tail.r * steep - delta * tail.wing * (1.0 - tail.first);
      const double bend = slope * slope * delta + r * (1.0 - delta) * tail.slope.bend * steep;
      const Vector k = k_.row(i).transpose();
      h += omega * r * slope * k;
      h_p += omega * by_p * k;
      h_z += omega * bend * k * k.transpose();
      scale_ += omega * std::abs(r * slope) * k.norm();
    }
  }

  [[nodiscard]] double residual_scale(const Vector&, double) const { return scale_; }

  [[nodiscard]] static std::string where(double p) { return "log(1/(1 - tau)) = " + number(p); }

  /// Node inputs grow like p, or, where sigma' is that of the normal distribution, like its root.
  [[nodiscard]] MetricScales scales(const Vector& z, double p) const {
    return {std::sqrt(network_.total_pattern_weight() + length_ * length_ + z.squaredNorm()),
            std::max(1.0, p / kUnitOfP)};
  }

  [[nodiscard]] double displacement(const Vector& z, const Vector& dz) const {
    return relative(z, rates(dz));
  }

  /// Largest of these changes of node inputs, relative to one unit or their size.
  [[nodiscard]] double relative(const Vector& z, const Vector& du) const {
    return (du.array().abs() / (1.0 + inputs(z).array().abs())).maxCoeff();
  }

  [[nodiscard]] Vector inputs(const Vector& z) const { return u_0_ + times(k_, z); }
  [[nodiscard]] Vector rates(const Vector& dz) const { return times(k_, dz); }

 private:
  [[nodiscard]] Index at(Index i) const { return patterns_[static_cast<std::size_t>(i)]; }

  [[nodiscard]] Tail tail_of(Index i, double u) const {
    const Activation activation = network_.options().activation;
    const ActivationValues s = evaluate(activation, u);
    return {log_slope(activation, u), s.first,
            residual(s, ends_, u, 1.0, network_.targets()(at(i))), u - s.value};
  }

  const Perceptron& network_;
  Range ends_;
  std::vector<Index> patterns_;
  Vector u_0_;
  Matrix k_;
  double length_;
  double scale_ = 0.0;
};

/// The last piece of one path.
class LastPiece {
 public:
  LastPiece(const Perceptron& network, const PathPoint& point, double delta,
            const IsLimit& is_limit, const StopCondition& stop)
      : network_(network), start_(point), delta_(delta), is_limit_(is_limit), stop_(stop) {}

  std::optional<TailPath> follow(std::string& why_not) {
    if (!find_directions()) {
      why_not = "no direction is left that only saturated patterns move";
      return std::nullopt;
    }
    TailHomotopy homotopy(network_, moving_, entries_of(u_, moving_),
                          product(rows_of(A_, moving_), K_), start_.x.norm());
    TrackOptions track;
    track.predictor.kind = PredictorKind::tangent;
    track.tau_start = -std::log(delta_);
    track.tau_back = track.tau_start - std::log(kBack);
    track.tau_target = std::numeric_limits<double>::infinity();
    track.max_steps = kMostTailSteps;
    track.stop = stop_;
    Tracker tracker(homotopy, Vector::Zero(homotopy.size()), track);
    for (const PathPoint& point : tracker) {
      if (point.tau_direction < 0) {
        if (point.tau > *track.tau_back) continue;
        tracker.stop(TrackStatus::returned_to_start, "");
        return path_of(tracker.result(), TailPath::Outcome::returns);
      }
      if (point.kind == PointKind::fold) continue;
      const Vector rate =
          homotopy.rates(point.tangent.head(homotopy.size())) / point.tangent(homotopy.size());
      if (homotopy.relative(point.x, rate) <= kArrivingRate) {
        if (std::optional<PathPoint> end = arrival(homotopy, point)) {
          tracker.stop(TrackStatus::stopped_by_observer, "");
          TailPath path = path_of(tracker.result(), TailPath::Outcome::arrives);
          path.points.push_back(*std::move(end));
          return path;
        }
      } else if (is_away(homotopy.inputs(point.x), rate) && is_limit_(lifted(point))) {
        tracker.stop(TrackStatus::stopped_by_observer, "");
        return path_of(tracker.result(), TailPath::Outcome::departs);
      }
      if (point.tau > kLastP)
        tracker.stop(TrackStatus::unresolved_end, "numbers end before the tails have settled");
    }
    why_not = "along the directions that only saturated patterns move: " + tracker.result().message;
    return std::nullopt;
  }

 private:
  bool find_directions() {
    const Index n = network_.unknowns();
    A_ = network_.space().basis();
    u_ = times(A_, start_.x) + inputs_without_weights(network_);
    const Vector rate = times(A_, start_.tangent.head(n)) * (delta_ / start_.tangent(n));
    std::vector<Index> free;
    for (Index i = 0; i < u_.size(); ++i)
      (std::abs(rate(i)) <= kSettledRate ? free : moving_).push_back(i);
    K_ = directions_leaving(A_, free);
    return K_.cols() > 0 && !moving_.empty();
  }

  /// Whether from here on all node inputs that change grow and the sum of the tails keeps its sign.
  [[nodiscard]] bool is_away(const Vector& inputs, const Vector& rate) const {
    Vector u = u_, rates = Vector::Zero(u_.size());
    for (std::size_t k = 0; k < moving_.size(); ++k) {
      const auto j = static_cast<Index>(k);
      if (inputs(j) * rate(j) < 0.0) return false;
      u(moving_[k]) = inputs(j);
      rates(moving_[k]) = rate(j);
    }
    return tails_keep_their_sign(network_, moving_, u, rates);
  }

  [[nodiscard]] PathPoint lifted(const PathPoint& from) const {
    PathPoint point = from;
    const double delta = std::exp(-from.tau);
    const Index n = network_.unknowns(), m = from.x.size();
    point.x = start_.x + times(K_, from.x);
    point.tau = -delta;
    point.arclength += start_.arclength;
    point.tangent.resize(n + 1);
    point.tangent << times(K_, from.tangent.head(m)), delta * from.tangent(m);
    point.scales.parameter = delta;
    point.morse_index.reset();  // that of the free patterns is not known
    return point;
  }

  /// The point at tau = 1 that the path is about to come to, if Newton's method gets there.
  [[nodiscard]] std::optional<PathPoint> arrival(TailHomotopy& homotopy,
                                                 const PathPoint& from) const {
    const Index m = homotopy.size();
    Vector h(m), h_p(m);
    Matrix h_z(m, m);
    PathPoint end = from;
    for (int k = 0; k < kArrivalBudget; ++k) {
      homotopy.derivatives(end.x, from.tau + kToTheEnd, h, h_z, h_p);
      const Vector step = solve_square(h_z, h);
      if (!step.allFinite()) return std::nullopt;
      end.x -= step;
      if (homotopy.displacement(end.x, step) > kAtTheEnd) continue;
      const Vector moved = end.x - from.x;
      if (homotopy.displacement(from.x, moved) > kFarthestArrival) return std::nullopt;
      end.arclength += moved.norm() / from.scales.unknown;
      end = lifted(end);
      end.kind = PointKind::landing;
      end.tau = 0.0;
      settle_free_patterns(end.x);
      return end;
    }
    return std::nullopt;
  }

  /// Newton's method at tau = 1 in the directions that the free patterns see: where the tails were taken up
  /// they were a part of delta away from where they end.
  void settle_free_patterns(Vector& x) const {
    const Index n = network_.unknowns(), m = K_.cols();
    if (m == n) return;
    const Matrix C =
        orthogonal_times(householder_qr(K_), Matrix(Matrix::Identity(n, n).rightCols(n - m)));
    Perceptron::Workspace work(network_, 1);
    Vector H(n), H_tau(n);
    Matrix H_v(n, n);
    for (int k = 0; k < kSettlingSteps; ++k) {
      network_.derivatives(x, 1.0, work, H, H_v, H_tau);
      const Vector step =
          solve_square(product(C.transpose(), product(H_v, C)), transposed_times(C, H));
      if (!step.allFinite()) return;
      x -= times(C, step);
    }
  }

  [[nodiscard]] TailPath path_of(const PathResult& result, TailPath::Outcome outcome) const {
    TailPath path;
    path.outcome = outcome;
    for (std::size_t k = 1; k < result.points.size(); ++k)
      path.points.push_back(lifted(result.points[k]));
    for (Fold fold : result.folds) {
      const double delta = std::exp(-fold.point.tau);
      fold.point = lifted(fold.point);
      fold.bracket_low += start_.arclength;
      fold.bracket_high += start_.arclength;
      fold.tau_error *= delta;
      fold.null_vector = times(K_, fold.null_vector);
      fold.index_before.reset();
      fold.index_after.reset();
      path.folds.push_back(std::move(fold));
    }
    // An end may be known where the path was taken up.
    if (path.points.empty() && outcome == TailPath::Outcome::departs)
      path.points.push_back(lifted(result.points.front()));
    return path;
  }

  const Perceptron& network_;
  const PathPoint& start_;
  double delta_;
  const IsLimit& is_limit_;
  const StopCondition& stop_;
  Matrix A_;  ///< L x n
  Vector u_;  ///< L, at the start.
  Matrix K_;  ///< n x m, orthonormal: directions that the free patterns do not see.
  std::vector<Index> moving_;
};

}  // namespace

namespace {

/// omega r sigma' along the direction, of one pattern, in units of exp(unit).
double tail_size(const Perceptron& network, Index i, double u, double rate, double unit) {
  const Activation activation = network.options().activation;
  const double r =
      residual(evaluate(activation, u), range(activation), u, 1.0, network.targets()(i));
  return network.pattern_weights()(i) * r * std::exp(log_slope(activation, u).log - unit) * rate;
}

/// Exponential tails fall in the order of their rates. When all partial sums, the slowest term first, have
/// one sign, so has the sum further out: summation by parts.
bool exponential_tails_keep_their_sign(const Perceptron& network,
                                       const std::vector<Index>& patterns, const Vector& u,
                                       const Vector& rate) {
  struct Term {
    double fall;  ///< -d log|size| along the direction
    double size;
  };
  const Activation activation = network.options().activation;
  double largest = -std::numeric_limits<double>::infinity();  // of the logarithms of the slopes
  for (const Index i : patterns) largest = std::max(largest, log_slope(activation, u(i)).log);
  std::vector<Term> terms;
  for (const Index i : patterns) {
    const LogSlope slope = log_slope(activation, u(i));
    const ActivationValues s = evaluate(activation, u(i));
    const double r = residual(s, range(activation), u(i), 1.0, network.targets()(i));
    // A target at the end itself leaves a tail, which falls as the slope does.
    const double also = r == 0.0 ? slope.bend : s.first / r;
    terms.push_back(
        {-rate(i) * (slope.bend + also), tail_size(network, i, u(i), rate(i), largest)});
  }
  std::sort(terms.begin(), terms.end(),
            [](const Term& a, const Term& b) { return a.fall < b.fall; });
  // Terms below all numbers in proportion to the largest: as if they were not there.
  double sum = 0.0, sign = 0.0;
  for (const Term& term : terms) {
    sum += term.size;
    if (sign == 0.0) sign = term.size;
    if (sign != 0.0 && !(sum * std::copysign(1.0, sign) > 0.0)) return false;
  }
  return sign != 0.0;
}

/// Algebraic tails all fall alike in the end: their sum is looked at from place to place.
bool algebraic_tails_keep_their_sign(const Perceptron& network, const std::vector<Index>& patterns,
                                     const Vector& u, const Vector& rate) {
  double far = 0.0;
  for (const Index i : patterns) far = std::max(far, std::abs(u(i) / rate(i)));
  const auto sum_at = [&](double t) {
    double sum = 0.0;
    for (const Index i : patterns) sum += tail_size(network, i, u(i) + t * rate(i), rate(i), 0.0);
    return sum;
  };
  const double sign = sum_at(0.0);
  if (sign == 0.0 || !std::isfinite(far)) return false;
  for (double t = kFirstPlace * far; t < kLastPlace * far; t *= kPlaceRatio)
    if (!(sum_at(t) * std::copysign(1.0, sign) > 0.0)) return false;
  return true;
}

}  // namespace

bool tails_keep_their_sign(const Perceptron& network, const std::vector<Index>& patterns,
                           const Vector& u, const Vector& rate) {
  if (patterns.empty()) return false;
  return network.options().activation == Activation::arctan
             ? algebraic_tails_keep_their_sign(network, patterns, u, rate)
             : exponential_tails_keep_their_sign(network, patterns, u, rate);
}

std::optional<TailPath> follow_tails(const Perceptron& network, const PathPoint& point,
                                     double delta, const IsLimit& is_limit,
                                     const StopCondition& stop, std::string& why_not) {
  if (network.ranks() != nullptr || network.options().ridge > 0.0 ||
      !(point.tangent(network.unknowns()) > 0.0)) {
    why_not = "the path is not one that could go to infinite weights";
    return std::nullopt;
  }
  return LastPiece(network, point, delta, is_limit, stop).follow(why_not);
}

}  // namespace tautrack::infinity
