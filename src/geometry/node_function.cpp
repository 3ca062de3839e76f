#include "geometry/node_function.hpp"

#include <algorithm>
#include <cmath>

#include "core/numbers.hpp"
#include "network/inverse.hpp"
#include "network/residual.hpp"
#include "network/traits.hpp"

namespace tautrack {

namespace {

/// Inputs beyond this, in units of the largest |sigma''|, are one cell; sigma is constant there.
constexpr double kFarInput = 64.0;

double largest_magnitude(const Span& u) { return std::max(std::abs(u.low), std::abs(u.high)); }

double smallest_magnitude(const Span& u) {
  return u.low <= 0.0 && u.high >= 0.0 ? 0.0 : std::min(std::abs(u.low), std::abs(u.high));
}

/// f', f'' and f - y at one input.
struct NodeValues {
  double u, slope, second, residual;
};

/// A cell between two inputs, and bounds of what is known of f over it: f' falls with |u|, |f''| has
/// one maximum on each side of zero, f - y rises.
struct Cell {
  NodeValues low, high;
  double slope_at_zero, peak, second_at_peak;

  [[nodiscard]] Span slopes() const {
    const bool has_zero = low.u <= 0.0 && high.u >= 0.0;
    return {std::min(low.slope, high.slope),
            has_zero ? slope_at_zero : std::max(low.slope, high.slope)};
  }
  [[nodiscard]] Span seconds() const {
    Span result{std::min(low.second, high.second), std::max(low.second, high.second)};
    // f'' has the sign of -u.
    if (low.u < -peak && -peak < high.u) result.high = second_at_peak;
    if (low.u < peak && peak < high.u) result.low = -second_at_peak;
    return result;
  }
};

Span product(const Span& a, const Span& b) {
  const auto times = [](double x, double y) { return x == 0.0 || y == 0.0 ? 0.0 : x * y; };
  const double p = times(a.low, b.low), q = times(a.low, b.high), r = times(a.high, b.low),
               s = times(a.high, b.high);
  return {std::min({p, q, r, s}), std::max({p, q, r, s})};
}

}  // namespace

std::pair<double, double> largest_second(Activation activation) {
  const double u = traits(activation).bend_peak;
  return {u, std::abs(evaluate(activation, u).second)};
}

double largest_third(Activation activation) { return std::abs(evaluate(activation, 0.0).third); }

double NodeFunction::value(double u) const {
  return (1.0 - tau_) * u + tau_ * evaluate(activation_, u).value;
}

double NodeFunction::slope(double u) const {
  if (std::isinf(u)) return 1.0 - tau_;
  return (1.0 - tau_) + tau_ * evaluate(activation_, u).first;
}

double NodeFunction::second(double u) const {
  return std::isinf(u) ? 0.0 : tau_ * evaluate(activation_, u).second;
}

double NodeFunction::residual(double u, double y) const {
  const Range ends = range(activation_);
  if (std::isinf(u)) return tau_ < 1.0 ? u : (u > 0.0 ? ends.high : ends.low) - y;
  return tautrack::residual(evaluate(activation_, u), ends, u, tau_, y);
}

double NodeFunction::inverse(double y) const { return inverse_node(activation_, tau_, y); }

Span NodeFunction::slopes(const Span& u) const {
  return {slope(largest_magnitude(u)), slope(smallest_magnitude(u))};
}

Span NodeFunction::seconds(const Span& u) const {
  const auto [peak, second_at_peak] = largest_second(activation_);
  const NodeValues low{u.low, 0.0, second(u.low), 0.0}, high{u.high, 0.0, second(u.high), 0.0};
  return Cell{low, high, 0.0, peak, tau_ * second_at_peak}.seconds();
}

/// Calls see(cell) for the finite part of an interval in so many cells, and for what is beyond.
template <class See>
void NodeFunction::for_each_cell(const Span& u, double y, int cells, const See& see) const {
  const std::pair<double, double> largest = largest_second(activation_);
  const double far = kFarInput * largest.first;
  const auto values_at = [&](double at) {
    if (std::isinf(at)) return NodeValues{at, slope(at), 0.0, residual(at, y)};
    const ActivationValues s = evaluate(activation_, at);
    return NodeValues{at, (1.0 - tau_) + tau_ * s.first, tau_ * s.second,
                      tautrack::residual(s, range(activation_), at, tau_, y)};
  };
  const auto visit = [&](const NodeValues& low, const NodeValues& high) {
    see(Cell{low, high, slope(0.0), largest.first, tau_ * largest.second});
  };
  const double low = std::clamp(u.low, -far, far), high = std::clamp(u.high, -far, far);
  NodeValues before = values_at(low);
  if (u.low < low) visit(values_at(u.low), values_at(std::min(u.high, low)));
  if (high > low) {
    for (int k = 1; k <= cells; ++k) {
      const NodeValues next = values_at(k == cells ? high : low + (high - low) * k / cells);
      visit(before, next);
      before = next;
    }
  } else if (u.low == u.high) {
    visit(before, before);
  }
  if (u.high > high) visit(values_at(std::max(u.low, high)), values_at(u.high));
}

namespace {

/// Lower bound of f'^2 + f'' (f - y) over a cell.
double least_convexity_of(const Cell& cell, double y) {
  const Span seconds = cell.seconds();
  double bent = product(seconds, {cell.low.residual, cell.high.residual}).low;
  if (!std::isfinite(bent)) {
    // Where f grows for ever, f'' falls faster: |f''| |f - y| is largest at the near end, or nearly.
    const double near = std::min(std::abs(cell.low.u), std::abs(cell.high.u));
    bent = -2.0 * std::max(-seconds.low, seconds.high) * (std::abs(y) + 1.0 + near);
  }
  const double slope = cell.slopes().low;
  return slope * slope + bent;
}

}  // namespace

double NodeFunction::least_convexity(const Span& u, double y, int cells) const {
  double least = kInfinity;
  for_each_cell(u, y, cells,
                [&](const Cell& cell) { least = std::min(least, least_convexity_of(cell, y)); });
  return least;
}

double NodeFunction::convexity_loss(const Span& u, double y, double theta, int cells) const {
  const std::pair<double, double> largest = largest_second(activation_);
  const NodeValues at_theta{theta, slope(theta), second(theta), residual(theta, y)};
  const double aim = at_theta.slope * at_theta.slope;
  double loss = 0.0;
  for_each_cell(u, y, cells, [&](const Cell& cell) {
    const double least = least_convexity_of(cell, y);
    if (aim <= least) return;
    // The mean value theorem in r = f - y, d(f'^2 + f'' r) / dr = 3 f'' + f''' r / f', is good near
    // theta, the quotient itself away from it.
    const Cell with_theta{cell.low.u < theta ? cell.low : at_theta,
                          cell.high.u > theta ? cell.high : at_theta, cell.slope_at_zero,
                          largest.first, tau_ * largest.second};
    const Span second = with_theta.seconds();
    const double residuals =
        std::max(std::abs(with_theta.low.residual), std::abs(with_theta.high.residual));
    double bound = 3.0 * std::max(std::abs(second.low), std::abs(second.high)) +
                   tau_ * largest_third(activation_) * residuals / with_theta.slopes().low;
    if (std::isnan(bound)) bound = kInfinity;
    double nearest = 0.0;
    if (cell.low.u > theta) nearest = cell.low.residual;
    if (cell.high.u < theta) nearest = -cell.high.residual;
    if (nearest > 0.0) bound = std::min(bound, (aim - least) / nearest);
    loss = std::max(loss, bound);
  });
  return loss;
}

Span NodeFunction::pulls(const Span& u, double y, double theta, int cells) const {
  const NodeValues at_theta{theta, slope(theta), 0.0, 0.0};
  Span result{kInfinity, 0.0};
  for_each_cell(u, y, cells, [&](const Cell& cell) {
    const Cell with_theta{cell.low.u < theta ? cell.low : at_theta,
                          cell.high.u > theta ? cell.high : at_theta, cell.slope_at_zero, 0.0, 0.0};
    const Span slope = cell.slopes();
    Span secant = with_theta.slopes();
    // Away from theta the quotient of the residual itself is sharper.
    const double from = cell.low.u - theta, to = cell.high.u - theta;
    if (from > 0.0 && std::isfinite(to)) {
      secant.low = std::max(secant.low, cell.low.residual / to);
      secant.high = std::min(secant.high, cell.high.residual / from);
    } else if (to < 0.0 && std::isfinite(from)) {
      secant.low = std::max(secant.low, cell.high.residual / from);
      secant.high = std::min(secant.high, cell.low.residual / to);
    }
    result.low = std::min(result.low, slope.low * secant.low);
    result.high = std::max(result.high, slope.high * secant.high);
  });
  return result;
}

}  // namespace tautrack
