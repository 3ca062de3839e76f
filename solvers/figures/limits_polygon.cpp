#include "limits_polygon.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <numeric>

#include "tautrack/data/replicates.hpp"

namespace tautrack::program {
namespace {

using Shares = LimitsPolygon::Shares;

constexpr int halvings = 60;  ///< Of an interval, nearly to the last digit.

/// Where a function that rises from below zero to above it is zero.
template <class Function>
double rising_root(double low, double high, const Function& function) {
  for (int i = 0; i < halvings; ++i) {
    const double middle = 0.5 * (low + high);
    (function(middle) < 0.0 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

/// log(1 + e^u)
double softplus(double u) { return std::max(u, 0.0) + std::log1p(std::exp(-std::abs(u))); }

/// Shares of which the logarithms are known up to a constant.
Shares shares_of(std::vector<double> logarithms) {
  const double largest = *std::max_element(logarithms.begin(), logarithms.end());
  double sum = 0.0;
  for (double& share : logarithms) sum += share = std::exp(share - largest);
  for (double& share : logarithms) share /= sum;
  return logarithms;
}

}  // namespace

LimitsPolygon::LimitsPolygon(const Problem& problem) {
  const MergedProblem merged = merge_replicates(std::make_shared<const Problem>(problem));
  const Problem& levels = *merged.problem;
  replicates_ = merged.energy;
  const Index J = levels.X.rows();
  levels_.assign(levels.X.col(0).begin(), levels.X.col(0).end());
  const Vector weights =
      levels.pattern_weights.size() > 0 ? levels.pattern_weights : Vector(Vector::Ones(J));
  const double mean = levels.y.dot(weights) / weights.sum();
  for (Index j = 0; j < J; ++j) {
    targets_.push_back(levels.y(j) - mean);
    weights_.push_back(weights(j));
    constant_ += 0.5 * weights(j) * targets_.back() * targets_.back();
  }
  double narrowest = levels_.back() - levels_.front();
  for (std::size_t j = 0; j + 1 < levels_.size(); ++j) {
    corners_.push_back(0.5 * (levels_[j] + levels_[j + 1]));
    narrowest = std::min(narrowest, levels_[j + 1] - levels_[j]);
  }
  constexpr double all = 40.0;  // e^-40 is below rounding
  largest_rate_ = all / narrowest;
  constant_ += replicates_;
}

Shares LimitsPolygon::sigmoid(double w, double c) const {
  Shares logarithms;
  for (std::size_t j = 0; j + 1 < levels_.size(); ++j) {
    // sigma(v) - sigma(u) = e^v (1 - e^(u - v)) / ((1 + e^u) (1 + e^v)), without cancellation
    const double u = w * levels_[j] + c, v = w * levels_[j + 1] + c;
    logarithms.push_back(v + std::log(-std::expm1(u - v)) - softplus(u) - softplus(v));
  }
  return shares_of(std::move(logarithms));
}

Shares LimitsPolygon::exponential(double rate) const {
  Shares logarithms;
  for (std::size_t j = 0; j + 1 < levels_.size(); ++j) {
    const double gap = levels_[j + 1] - levels_[j];
    // The share of the gap is |e^(rate gap) - 1| at its lower end, as one of the length of the gap for rate 0.
    const double growth = std::abs(rate) * gap;
    const double nearer = rate > 0.0 ? levels_[j + 1] : levels_[j];
    logarithms.push_back(rate * nearer +
                         std::log(growth > 0.0 ? gap * -std::expm1(-growth) / growth : gap));
  }
  return shares_of(std::move(logarithms));
}

Shares LimitsPolygon::step(double across) const {
  Shares shares(corners_.size(), 0.0);
  const auto above = std::upper_bound(corners_.begin(), corners_.end(), across);
  const auto right =
      std::clamp<std::ptrdiff_t>(above - corners_.begin(), 1, std::ssize(corners_) - 1);
  const auto j = static_cast<std::size_t>(right);
  const double part =
      std::clamp((across - corners_[j - 1]) / (corners_[j] - corners_[j - 1]), 0.0, 1.0);
  shares[j - 1] = 1.0 - part;
  shares[j] = part;
  return shares;
}

double LimitsPolygon::energy(const Shares& shares) const {
  // phi rises from 0 to 1; the fit of a + b phi.
  std::vector<double> phi(1, 0.0);
  std::partial_sum(shares.begin(), shares.end(), std::back_inserter(phi));
  double total = 0.0, mean = 0.0;
  for (std::size_t j = 0; j < phi.size(); ++j) {
    total += weights_[j];
    mean += weights_[j] * phi[j];
  }
  mean /= total;
  double product = 0.0, square = 0.0;
  for (std::size_t j = 0; j < phi.size(); ++j) {
    product += weights_[j] * (phi[j] - mean) * targets_[j];
    square += weights_[j] * (phi[j] - mean) * (phi[j] - mean);
  }
  double energy = replicates_;
  for (std::size_t j = 0; j < phi.size(); ++j) {
    const double residual = targets_[j] - product / square * (phi[j] - mean);
    energy += 0.5 * weights_[j] * residual * residual;
  }
  return energy;
}

double LimitsPolygon::mean(const Shares& shares) const {
  return std::inner_product(shares.begin(), shares.end(), corners_.begin(), 0.0);
}

double LimitsPolygon::variance(const Shares& shares) const {
  const double centre = mean(shares);
  double sum = 0.0;
  for (std::size_t j = 0; j < shares.size(); ++j)
    sum += shares[j] * (corners_[j] - centre) * (corners_[j] - centre);
  return sum;
}

double LimitsPolygon::rate_of_mean(double across) const {
  return rising_root(-largest_rate_, largest_rate_,
                     [&](double rate) { return mean(exponential(rate)) - across; });
}

double LimitsPolygon::lower_edge(double across) const {
  const double half = 0.5 * (corners_.back() - corners_.front());
  const auto arc = [&](double corner) {
    const double from_middle = (corner - corners_.front()) / half - 1.0;
    return -std::sqrt(std::max(0.0, 1.0 - from_middle * from_middle));
  };
  const Shares shares = step(across);
  double edge = 0.0;
  for (std::size_t j = 0; j < shares.size(); ++j)
    if (shares[j] > 0.0) edge += shares[j] * arc(corners_[j]);
  return edge;
}

PolygonPlace LimitsPolygon::place(const Shares& shares, double across, double rate) const {
  const double lowest = variance(step(across));
  const double span = variance(exponential(rate)) - lowest;
  const double part = span > 0.0 ? std::clamp((variance(shares) - lowest) / span, 0.0, 1.0) : 0.0;
  // Exactly zero on the upper edge, without a sign.
  return {across, part < 1.0 ? lower_edge(across) * (1.0 - std::sqrt(part)) : 0.0};
}

PolygonPlace LimitsPolygon::place(const Shares& shares) const {
  const double across = mean(shares);
  return place(shares, across, rate_of_mean(across));
}

double LimitsPolygon::best_rate() const {
  const auto energy_of = [&](double rate) { return energy(exponential(rate)); };
  constexpr int count = 2001;
  int best = 0;
  const auto rate = [&](int i) {  // dense around the straight line
    const double at = 2.0 * i / (count - 1) - 1.0;
    return largest_rate_ * at * at * at;
  };
  for (int i = 0; i < count; ++i)
    if (energy_of(rate(i)) < energy_of(rate(best))) best = i;
  double low = rate(std::max(best - 1, 0)), high = rate(std::min(best + 1, count - 1));
  for (int i = 0; i < halvings; ++i) {
    const double third = (high - low) / 3.0;
    if (energy_of(low + third) < energy_of(high - third))
      high -= third;
    else
      low += third;
  }
  return 0.5 * (low + high);
}

void LimitsPolygon::walk_up(
    double across, int steps,
    const std::function<void(const PolygonPlace&, double energy)>& see) const {
  see({across, lower_edge(across)}, energy(step(across)));
  const double rate = rate_of_mean(across);
  double narrowest = levels_.back() - levels_.front();
  for (std::size_t j = 0; j + 1 < levels_.size(); ++j)
    narrowest = std::min(narrowest, levels_[j + 1] - levels_[j]);
  constexpr double far = 800.0;  // beyond it exp() is zero or infinite
  for (int i = 1; i < steps; ++i) {
    // From steep to flat; the slope is that of the exponential where the half point is infinitely far.
    const double w = std::abs(rate) - 2.0 / narrowest * std::log(static_cast<double>(i) / steps);
    // The larger c, the earlier the curve rises.
    const double c = rising_root(-w * levels_.back() - far, -w * levels_.front() + far,
                                 [&](double at) { return across - mean(sigmoid(w, at)); });
    const Shares shares = sigmoid(w, c);
    see(place(shares, across, rate), energy(shares));
  }
  see({across, 0.0}, energy(exponential(rate)));
}

}  // namespace tautrack::program
