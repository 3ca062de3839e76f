#include "exhaustive/contribution.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tautrack::exhaustive {

namespace {

/// Inputs over which the signs of phi'' are looked for first lie between sinh(k / 2), |k| at most this.
constexpr int kFirstPlaces = 24;

/// Where phi'' changes its sign is found to this, relative to one or to the input.
constexpr double kPlace = 1e-4;

/// Intervals looked at for the signs of phi''.
constexpr int kMostLooks = 600;

/// Pieces that one interval is taken apart into; more are enclosed without slope.
constexpr std::size_t kMostPieces = 12;

/// Inner places where phi is looked at for the best slope, and halvings towards it.
constexpr int kSamples = 7, kSlopeHalvings = 12;

/// Steps to where a tangent has the slope that is asked for.
constexpr int kTangentSteps = 2;

}  // namespace

/// A part of an interval over which phi'' has a sign, or none that is known.
struct Contribution::Piece {
  double low, high;
  PointBounds at_low, at_high;
  int sign;
};

Contribution::Contribution(const OddSigmoid& sigmoid, const Target& target)
    : sigmoid_(sigmoid), target_(target), y_(proof::middle(target.value)) {
  struct Part {
    Interval x;
    int sign;
  };
  // From the left to the right; what has no sign is halved.
  std::vector<Part> waiting, done;
  const auto place = [](int k) { return std::sinh(0.5 * k); };
  for (int k = kFirstPlaces; k-- > -kFirstPlaces;) waiting.push_back({{place(k), place(k + 1)}, 0});
  for (int looks = 0; !waiting.empty(); ++looks) {
    Part part = waiting.back();
    waiting.pop_back();
    if (looks < kMostLooks) part.sign = sigmoid.bend_sign(part.x, target);
    const double cut = proof::middle(part.x);
    if (part.sign != 0 || looks >= kMostLooks ||
        !(proof::width_of(part.x) > kPlace * (1.0 + std::abs(cut)))) {
      if (!done.empty() && done.back().sign == part.sign)
        done.back().x = hull(done.back().x, part.x);
      else
        done.push_back(part);
      continue;
    }
    waiting.push_back({{cut, part.x.upper()}, 0});
    waiting.push_back({{part.x.lower(), cut}, 0});
  }
  signs_.push_back(0);
  for (const Part& part : done) {
    places_.push_back(part.x.lower());
    signs_.push_back(part.sign);
  }
  places_.push_back(done.back().x.upper());
  signs_.push_back(0);
  for (const double x : places_) at_.push_back(sigmoid.at_point(x, target));
}

/// The slope with which max - min of phi(x) - slope x is least, which is a convex function of it, over some places.
double Contribution::best_slope(const Interval& x) const {
  constexpr int count = kSamples + 2;
  std::array<double, count> at{}, phi{};
  double least = 0.0, most = 0.0;
  for (int k = 0; k < count; ++k) {
    const auto j = static_cast<std::size_t>(k);
    at[j] = x.lower() + (x.upper() - x.lower()) * k / (count - 1);
    phi[j] = sigmoid_.rounded(at[j], y_).phi;
    if (k == 0) continue;
    const double slope = (phi[j] - phi[j - 1]) / (at[j] - at[j - 1]);
    least = k == 1 ? slope : std::min(least, slope);
    most = k == 1 ? slope : std::max(most, slope);
  }
  for (int step = 0; step < kSlopeHalvings; ++step) {
    const double slope = 0.5 * (least + most);
    std::size_t low = 0, high = 0;
    for (std::size_t j = 1; j < count; ++j) {
      const double value = phi[j] - slope * at[j];
      if (value < phi[low] - slope * at[low]) low = j;
      if (value > phi[high] - slope * at[high]) high = j;
    }
    // The distance of both changes by at[low] - at[high] with the slope.
    (at[low] > at[high] ? most : least) = slope;
  }
  return 0.5 * (least + most);
}

/// phi(x) - slope x over a piece.
Interval Contribution::rest(const Piece& piece, double slope) const {
  const Interval at_low = piece.at_low.phi - Interval(slope) * piece.low;
  const Interval at_high = piece.at_high.phi - Interval(slope) * piece.high;
  const Interval x(piece.low, piece.high);
  const Interval ends = hull(at_low, at_high);
  if (piece.sign == 0) {
    const PatternBounds bounds = sigmoid_.bounds(x, target_, 0.0);
    Interval range = bounds.phi - Interval(slope) * x;
    // The mean-value theorem.
    meet(range, at_low + (bounds.slope - slope) * Interval(0.0, above(piece.high - piece.low)));
    return range;
  }
  // The ends are on one side of it, any tangent on the other; the best one touches where the slope is the one that is
  // asked for.
  const double turn = piece.sign;
  double low = piece.low, high = piece.high;
  double rise_low = turn * (proof::middle(piece.at_low.slope) - slope);
  double rise_high = turn * (proof::middle(piece.at_high.slope) - slope);
  double t = rise_low >= 0.0 ? low : high;
  PointBounds at = rise_low >= 0.0 ? piece.at_low : piece.at_high;
  if (rise_low < 0.0 && rise_high > 0.0) {
    for (int step = 1;; ++step) {
      t = low + (high - low) * (rise_low / (rise_low - rise_high));
      if (!(t > low && t < high)) t = 0.5 * (low + high);
      if (step == kTangentSteps) break;
      const double rise = turn * (sigmoid_.rounded(t, y_).slope - slope);
      (rise < 0.0 ? low : high) = t;
      (rise < 0.0 ? rise_low : rise_high) = rise;
    }
    at = sigmoid_.at_point(t, target_);
  }
  const Interval tangent = (at.phi - Interval(slope) * t) + (at.slope - slope) * (x - t);
  return piece.sign > 0 ? Interval(std::min(tangent.lower(), ends.lower()), ends.upper())
                        : Interval(ends.lower(), std::max(tangent.upper(), ends.upper()));
}

Strip Contribution::strip(const Interval& x) const {
  const auto first = std::upper_bound(places_.begin(), places_.end(), x.lower());
  const auto last = std::lower_bound(first, places_.end(), x.upper());
  const auto inside = static_cast<std::size_t>(last - first);
  if (inside + 1 > kMostPieces || !(proof::width_of(x) > 0.0)) {
    const PatternBounds bounds = sigmoid_.bounds(x, target_, 0.0);
    return {0.0, bounds.phi};
  }
  auto k = static_cast<std::size_t>(first - places_.begin());
  const PointBounds at_low = sigmoid_.at_point(x.lower(), target_);
  const PointBounds at_high = sigmoid_.at_point(x.upper(), target_);
  Strip strip;
  strip.slope = inside == 0 && signs_[k] != 0
                    ? (proof::middle(at_high.phi) - proof::middle(at_low.phi)) / proof::width_of(x)
                    : best_slope(x);
  if (!std::isfinite(strip.slope)) strip.slope = 0.0;
  Piece piece{x.lower(), x.upper(), at_low, at_high, 0};
  for (std::size_t j = 0; j <= inside; ++j, ++k) {
    piece.sign = signs_[k];
    piece.high = j < inside ? places_[k] : x.upper();
    piece.at_high = j < inside ? at_[k] : at_high;
    const Interval part = rest(piece, strip.slope);
    strip.rest = j == 0 ? part : hull(strip.rest, part);
    piece.low = piece.high;
    piece.at_low = piece.at_high;
  }
  return strip;
}

}  // namespace tautrack::exhaustive
