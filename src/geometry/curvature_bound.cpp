#include "tautrack/geometry/curvature_bound.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>
#include <queue>
#include <vector>

#include "core/column_panels.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "geometry/node_function.hpp"
#include "network/traits.hpp"

namespace tautrack {

namespace {

/// Room for the rounding of a bound.
constexpr double kRoundUp = 1.0 + 1e-12;

/// Gap at which the search in one variable ends, and the cells that it may take.
constexpr double kBoundGap = 1e-4;
constexpr int kMostCells = 4000;

/// Part of the largest penalty below which an eigenvalue of it may be zero.
constexpr double kSurelyPositive = 1e-13;

/// The positive root of a q^2 + b q - c = 0, a, b, c >= 0.
double positive_root(double a, double b, double c) {
  return 2.0 * c / (b + std::sqrt(b * b + 4.0 * a * c));
}

/// |f''| / f'^2 at the input where tanh(rate u)^2 = q, f' = alpha - beta q, |f''| = factor sqrt(q) (1 -
/// q).
double bend_of_tanh(double factor, double alpha, double beta) {
  const double q = positive_root(beta, 3.0 * (alpha - beta), alpha);
  const double slope = alpha - beta * q;
  return factor * std::sqrt(q) * (1.0 - q) / (slope * slope);
}

/// x with 1/x^2 + 4 tau / (tau + delta exp(x^2)) = 2: there is one.
double bend_of_erf(double tau) {
  const double delta = 1.0 - tau;
  constexpr double beyond = 60.0;       // exp(x^2) is no double there
  constexpr int enough_halvings = 100;  // for neighbouring doubles
  double low = 0.0, high = beyond;
  for (int step = 0; step < enough_halvings; ++step) {
    const double x = 0.5 * (low + high);
    const double slope = 1.0 / (x * x) - 2.0 + 4.0 * tau / (tau + delta * std::exp(x * x));
    (slope > 0.0 ? low : high) = x;
  }
  const double x = 0.5 * (low + high), slope = std::exp(-x * x);
  return tau * x * slope / (std::numbers::inv_sqrtpi * std::pow(delta + tau * slope, 2.0));
}

/// Cells of the width of the peak of |f''| to begin with, and the input beyond which a bound that is
/// still infinite stays so.
constexpr double kFirstCells = 16.0, kUnbounded = 1e6;

/// Upper bounds of (|f''| / f') sqrt(b / (1 + (f'^2 - delta^2) b)) over cells of u >= 0.
class LeveragedBend {
 public:
  LeveragedBend(Activation activation, double tau, double b)
      : activation_(activation), f_(activation, tau), b_(b) {}

  /// An upper bound of the maximum, above it by little; infinity where it is not finite.
  [[nodiscard]] double upper() const {
    const double peak = largest_second(activation_).first;
    std::priority_queue<Cell> cells;
    double best = 0.0;
    const double tail = kFirstCells * peak;
    for (double at = 0.0; at < tail; at += peak) cells.push(cell({at, at + peak}, best));
    cells.push(cell({tail, kInfinity}, best));
    for (int count = 0; count < kMostCells; ++count) {
      const Cell top = cells.top();
      if (std::isinf(top.span.high) && std::isinf(top.bound) && top.span.low > kUnbounded)
        return kInfinity;
      if (top.bound <= best * (1.0 + kBoundGap)) break;
      cells.pop();
      const double middle =
          std::isinf(top.span.high) ? 2.0 * top.span.low : 0.5 * (top.span.low + top.span.high);
      cells.push(cell({top.span.low, middle}, best));
      cells.push(cell({middle, top.span.high}, best));
    }
    return cells.top().bound * kRoundUp;
  }

 private:
  struct Cell {
    Span span;
    double bound;
    bool operator<(const Cell& other) const { return bound < other.bound; }
  };

  [[nodiscard]] double leverage(double slope) const {
    const double delta = 1.0 - f_.tau();
    return std::sqrt(b_ / (1.0 + (slope * slope - delta * delta) * b_));
  }

  [[nodiscard]] Cell cell(const Span& span, double& best) const {
    const double tau = f_.tau(), delta = 1.0 - tau;
    const Span slope = f_.slopes(span);
    const double at_low = std::abs(f_.second(span.low)) / slope.high;
    if (slope.high > 0.0) best = std::max(best, at_low * leverage(slope.high));
    const Span second = f_.seconds(span);
    const double simple = -second.low / slope.low;
    // |f''| / f' = (|sigma''| / sigma') tau sigma' / (delta + tau sigma'), the last factor falls.
    const double share = slope.high > 0.0 ? (slope.high - delta) / slope.high : 0.0;
    const double ratio = std::min(largest_ratio_beyond(activation_, span.low), ratio_within(span));
    double bend = share > 0.0 ? ratio * share : 0.0;
    if (delta == 0.0) bend = ratio;
    if (simple < bend) bend = simple;
    return {span, bend * leverage(slope.low)};
  }

  /// sup |sigma''| / sigma' where it grows with u: tanh, logistic and erf.
  [[nodiscard]] double ratio_within(const Span& span) const {
    if (activation_ == Activation::arctan || std::isinf(span.high)) return kInfinity;
    const ActivationValues s = evaluate(activation_, span.high);
    return s.first > 0.0 ? std::abs(s.second) / s.first : kInfinity;
  }

  Activation activation_;
  NodeFunction f_;
  double b_;
};

/// Half the sum of the two largest of bend(b_i) / sqrt(omega_i); bend grows with b.
double half_of_two_largest(const NodeFunction& f, Activation activation, const Vector& b,
                           const Vector& omega) {
  std::vector<Index> order(static_cast<std::size_t>(b.size()));
  std::iota(order.begin(), order.end(), Index{0});
  // Only the largest b matter, and among them few where the weights are alike.
  constexpr std::ptrdiff_t few = 64;
  const auto middle = order.begin() + std::min<std::ptrdiff_t>(few, b.size());
  std::partial_sort(order.begin(), middle, order.end(),
                    [&](Index i, Index j) { return b(i) != b(j) ? b(i) > b(j) : i < j; });
  const double heaviest = 1.0 / std::sqrt(omega.minCoeff());
  double first = 0.0, second = 0.0;
  double last_b = -1.0, last_bend = 0.0;
  for (auto it = order.begin(); it != middle; ++it) {
    const Index i = *it;
    if (b(i) != last_b) {
      last_b = b(i);
      last_bend = LeveragedBend(activation, f.tau(), b(i)).upper();
    }
    if (last_bend * heaviest <= second) return 0.5 * (first + second);
    const double g = last_bend / std::sqrt(omega(i));
    if (g > first) {
      second = first;
      first = g;
    } else {
      second = std::max(second, g);
    }
  }
  // What comes after is at most this.
  if (middle != order.end()) second = std::max(second, last_bend * heaviest);
  return 0.5 * (std::max(first, second) + second);
}

}  // namespace

double largest_bend(Activation activation, double tau) {
  assert(tau >= 0.0 && tau <= 1.0);
  if (tau == 0.0) return 0.0;
  if (tau == 1.0) return kInfinity;
  const double delta = 1.0 - tau;
  switch (activation) {
    case Activation::tanh:
      return bend_of_tanh(2.0 * tau, 1.0, tau);
    case Activation::
        logistic:  // sigma' = (1 - t^2) / 4, |sigma''| = t (1 - t^2) / 4, t = tanh(u / 2)
      return bend_of_tanh(0.25 * tau, delta + 0.25 * tau, 0.25 * tau);
    case Activation::arctan:  // tau pi x / (1 + delta x^2)^2 with x = pi u / 2, at 3 delta x^2 = 1
      return tau * std::numbers::pi / std::sqrt(3.0 * delta) * 9.0 / 16.0;
    case Activation::erf:
      break;
  }
  return bend_of_erf(tau);
}

CurvatureBounds::CurvatureBounds(const Perceptron& network)
    : activation_(network.options().activation),
      unknowns_(network.unknowns()),
      ambient_(network.patterns()),
      weights_(network.pattern_weights()) {
  network.need_all_patterns("geometry");
  network.need_no_offset("geometry");
  if (network.penalty().size() == 0) {
    const Vector norms = Vector::Map(ColumnPanels(network.space()).row_norms(), network.patterns());
    leverages_ = weights_.cwiseProduct(norms.cwiseAbs2()).cwiseMin(1.0);
    return;
  }
  ambient_ += unknowns_;
  const SymmetricEigen eigen = symmetric_eigen(network.penalty());
  penalties_ = eigen.eigenvalues();
  const double least = kSurelyPositive * penalties_.cwiseAbs().maxCoeff();
  penalties_ = (penalties_.array() < least).select(0.0, penalties_);
  squares_ = (network.space().basis() * eigen.eigenvectors()).cwiseAbs2();
}

CurvatureBound CurvatureBounds::at(double tau) const {
  assert(tau >= 0.0 && tau <= 1.0);
  if (ambient_ <= unknowns_) return {0.0, "as many weights as patterns"};
  if (tau == 0.0) return {0.0, "the linear network"};
  const bool has_ridge = penalties_.size() > 0;
  const double delta = 1.0 - tau;
  const double heaviest = 1.0 / std::sqrt(weights_.minCoeff());
  CurvatureBound result{kInfinity, "no bound at tau = 1"};
  const auto offer = [&result](double value, const char* from) {
    if (value * kRoundUp < result.value) result = {value * kRoundUp, from};
  };
  const double C = largest_bend(activation_, tau) * heaviest;
  if (unknowns_ == 1) {
    offer(0.5 * C, "C(tau) / 2, one weight");
    if (!has_ridge && weights_.size() == 2)
      offer(2.0 / (3.0 * std::numbers::sqrt3) * C, "2 C(tau) / (3 sqrt 3), a plane curve");
  } else {
    offer(C / std::numbers::sqrt2, "C(tau) / sqrt 2");
  }
  // G = delta^2 + penalty in its eigenvectors.
  const Vector G = has_ridge ? Vector(penalties_.array() + delta * delta)
                             : Vector(Vector::Constant(1, delta * delta));
  const double smallest = G.minCoeff();
  if (!(smallest > 0.0)) return result;
  const Vector reach = has_ridge ? Vector(squares_ * G.cwiseInverse())
                                 : Vector(leverages_.cwiseQuotient(weights_) / smallest);
  offer(largest_second(activation_).second * tau * std::sqrt(reach.maxCoeff() / smallest),
        "the largest sigma'' and the smallest metric");
  double leveraged = half_of_two_largest(NodeFunction(activation_, tau), activation_,
                                         reach.cwiseProduct(weights_), weights_);
  if (unknowns_ == 1)
    leveraged = LeveragedBend(activation_, tau, reach.cwiseProduct(weights_).maxCoeff()).upper() *
                0.5 * heaviest;
  offer(leveraged, "the leverages that patterns can have");
  return result;
}

}  // namespace tautrack
