#include "exhaustive/envelope.hpp"

#include <algorithm>
#include <cmath>

#include "core/numbers.hpp"

namespace tautrack::exhaustive {
namespace {

constexpr int kMostSteps = 60;
/// Tangent points are found to this part of one or their size, and not farther out than that.
constexpr double kTouching = 1e-10, kFarthest = 1e12;

/// Where in [from, to], on which phi is convex, the tangent goes through phi at `end`, which is outside and where phi
/// is concave; nothing: none does.
std::optional<double> tangent_point(const EnergyTerm& term, double end, double from, double to) {
  const double value = term.at(end).value;
  const auto above_end = [&](double t) {
    const EnergyTerm::At at = term.at(t);
    return at.value + at.slope * (end - t) - value;
  };
  // Positive at the inflection, and falls from there.
  double inner = end < from ? from : to, outer = end < from ? to : from;
  if (!std::isfinite(outer)) {
    const double side = outer > 0.0 ? 1.0 : -1.0;
    outer = inner + side;
    for (double step = 1.0; above_end(outer) > 0.0 && step < kFarthest; step *= 2.0)
      outer += side * step;
  }
  if (above_end(outer) > 0.0) return std::nullopt;
  double t = 0.5 * (inner + outer);
  for (int k = 0; k < kMostSteps; ++k) {
    const EnergyTerm::At at = term.at(t);
    const double excess = at.value + at.slope * (end - t) - value;
    (excess > 0.0 ? inner : outer) = t;
    double next = t - excess / (at.bend * (end - t));
    if (!((next - inner) * (next - outer) < 0.0)) next = 0.5 * (inner + outer);
    if (std::abs(next - t) <= kTouching * (1.0 + std::abs(t))) return next;
    t = next;
  }
  return t;
}

}  // namespace

Envelope::Envelope(const EnergyTerm& term, double low, double high) {
  if (!be_curve(term, low, high)) be_line(term, low, high);
}

bool Envelope::be_curve(const EnergyTerm& term, double low, double high) {
  const double p = term.convex_from(), q = term.convex_to();
  if (low >= q || high <= p || low == high) return false;
  left_ = std::max(low, p);
  right_ = std::min(high, q);
  if (low < p) {
    // From minus infinity nothing convex and bounded falls.
    if (!std::isfinite(low)) {
      if (!(term.best() <= right_)) return false;
      left_ = term.best();
    } else {
      const auto point = tangent_point(term, low, p, right_);
      if (!point) return false;
      left_ = *point;
    }
  }
  if (high > q) {
    if (!std::isfinite(high)) {
      if (!(term.best() >= left_)) return false;
      right_ = term.best();
    } else {
      const auto point = tangent_point(term, high, std::max(low, p), q);
      if (!point) return false;
      right_ = *point;
    }
  }
  if (left_ > right_) return false;
  const auto line_at = [&](double x) {
    if (!std::isfinite(x)) return Line{0.0, term.limit(x < 0.0), 0.0};
    const EnergyTerm::At at = term.at(x);
    return Line{x, at.value, at.slope};
  };
  low_ = line_at(left_);
  high_ = line_at(right_);
  return true;
}

void Envelope::be_line(const EnergyTerm& term, double low, double high) {
  left_ = 1.0;
  right_ = 0.0;
  const double at_low = term.value(low), at_high = term.value(high);
  if (std::isfinite(low) && std::isfinite(high))
    low_ = {low, at_low, low < high ? (at_high - at_low) / (high - low) : 0.0};
  else
    low_ = {0.0, std::min(at_low, at_high), 0.0};
}

EnergyTerm::At Envelope::at(const EnergyTerm& term, double x) const {
  if (left_ > right_ || x < left_)
    return {low_.value + low_.slope * (x - low_.place), low_.slope, 0.0};
  if (x > right_) return {high_.value + high_.slope * (x - high_.place), high_.slope, 0.0};
  return term.at(x);
}

}  // namespace tautrack::exhaustive
