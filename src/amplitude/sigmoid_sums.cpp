#include "amplitude/sigmoid_sums.hpp"

#include <algorithm>
#include <cmath>

namespace tautrack::amplitude {
namespace {

/// More than the rounding of the few operations that a node input takes.
constexpr double kInputRounding = 0x1p-48;
/// More than that of a term of a sum, beside the number of terms: some fifty operations, and an exponential.
constexpr double kTermRoundings = 400.0;

/// The middle of an interval and the least radius about it, moved up.
void split(const Interval& side, double& middle, double& radius) {
  middle = proof::middle(side);
  radius = std::max(side.upper() - middle, middle - side.lower());
  radius += (radius + std::abs(middle)) * 0x1p-50 + proof::kUnderflow;
}

}  // namespace

SigmoidSums::SigmoidSums(const Levels& levels) : levels_(levels), level_(levels.size()) {
  const std::size_t J = levels.size();
  for (std::vector<double>* array : {&x_, &x_off_, &y_, &y_off_}) array->resize(J);
  for (std::size_t j = 0; j < J; ++j) {
    split(levels.x[j], x_[j], x_off_[j]);
    split(levels.y[j], y_[j], y_off_[j]);
    total_ += levels.weight[j];
  }
  total_ += levels.zero_weight;
}

EquationForms SigmoidSums::bulk(std::size_t pivot, const Interval& slope, const Interval& half) {
  const Quadratic by_slope = Quadratic::variable(slope, true),
                  by_half = Quadratic::variable(half, false);
  const double w = by_slope.centre(), w_radius = by_slope.first();
  const double h = by_half.centre(), h_radius = by_half.second();
  const double largest = std::abs(w) + w_radius;
  for (std::size_t j = 0; j < level_.size(); ++j) {
    Level& level = level_[j];
    level.lever = x_[j] - h;
    level.centre = w * level.lever;
    level.off = largest * (x_off_[j] + (std::abs(x_[j]) + std::abs(h) + h_radius) * kInputRounding);
    level.distance = x_[j] - x_[pivot];
    level.distance_off = x_off_[j] + x_off_[pivot] + std::abs(level.distance) * 0x1p-50;
  }
  return sums({w_radius, -w * h_radius, -w_radius * h_radius});
}

EquationForms SigmoidSums::steep(std::size_t pivot, const Interval& slope, const Interval& input) {
  const Quadratic by_slope = Quadratic::variable(slope, true),
                  by_input = Quadratic::variable(input, false);
  const double w = by_slope.centre(), w_radius = by_slope.first();
  const double v = by_input.centre(), v_radius = by_input.second();
  const double largest = std::abs(w) + w_radius;
  for (std::size_t j = 0; j < level_.size(); ++j) {
    Level& level = level_[j];
    level.distance = x_[j] - x_[pivot];
    level.distance_off = x_off_[j] + x_off_[pivot] + std::abs(level.distance) * 0x1p-50;
    level.lever = level.distance;
    level.centre = v + w * level.lever;
    level.off = largest * (level.distance_off + std::abs(level.distance) * kInputRounding) +
                (std::abs(v) + v_radius) * kInputRounding;
  }
  return sums({w_radius, v_radius, 0.0});
}

Quadratic SigmoidSums::form(const Moments& moments, const Place& place, double error) {
  const double p = place.first, q = place.second, m = place.mixed;
  const auto& [value, d1, d2, d3] = moments;
  // Of degree three: e1^3, e1^2 e2, e1 e2^2, e2^3. Of m^2 e1^2 e2^2 / 2 nothing is kept.
  const double k30 = p * p * p * d3[3] / 6.0, k03 = q * q * q * d3[0] / 6.0;
  const double k21 = 0.5 * p * p * q * d3[2] + p * m * d2[1];
  const double k12 = 0.5 * p * q * q * d3[1] + q * m * d2[0];
  const double rest = 0.25 * (std::abs(k30) + std::abs(k03)) +
                      0.5 * (std::abs(k21) + std::abs(k12)) + 0.5 * m * m * std::abs(d2[0]);
  return {value[0],
          p * d1[1] + (0.75 * k30 + 0.5 * k12),
          q * d1[0] + (0.75 * k03 + 0.5 * k21),
          0.5 * p * p * d2[2],
          p * q * d2[1] + m * d1[0],
          0.5 * q * q * d2[0],
          error + rest,
          std::abs(m * d1[0])};
}

EquationForms SigmoidSums::sums(const Place& place) {
  const std::size_t J = level_.size();
  // Of s, s', s s' with weights, and these times targets, distances from the pivot, and both.
  Moments s{}, ys{}, t{}, yt{}, st{}, xt{}, xyt{}, xst{};
  double s_error = 0.0, ys_error = 0.0, t_error = 0.0, yt_error = 0.0;
  double xt_error = 0.0, xyt_error = 0.0;
  const double rounding = (static_cast<double>(J) + kTermRoundings) * proof::kRounding;
  for (std::size_t j = 0; j < J; ++j) {
    const Level& level = level_[j];
    const double weight = levels_.weight[j];
    // s and 1 - s without cancellation.
    const double e = std::exp(-std::abs(level.centre));
    const double large = 1.0 / (1.0 + e), small = e * large;
    const double t0 = small * large;
    const double q = level.centre > 0.0 ? small - large : large - small;
    const double s0 = level.centre > 0.0 ? large : small;
    const double t1 = t0 * q, t2 = t0 * (1.0 - 6.0 * t0), t3 = t1 * (1.0 - 12.0 * t0);
    const double t4 = t0 * (1.0 - t0 * (30.0 - 120.0 * t0));
    // What is left out.
    const double linear = std::abs(place.first * level.lever) + std::abs(place.second);
    const double reach = linear + std::abs(place.mixed) + level.off;
    const double growth = std::exp(reach);
    const double most = std::min(0.25, t0 * growth) * (1.0 + 64.0 * proof::kLibraryError);
    const double squared = reach * reach;
    const double mixed_rest = t0 * (squared * reach - linear * linear * linear) / 6.0;
    const double error =
        weight * ((mixed_rest + most * (squared * squared / 16.0 + level.off)) * (1.0 + rounding) +
                  (t0 * growth) * rounding + proof::kUnderflow);
    const double y = y_[j], x = level.distance;
    const double y_size = std::abs(y), x_size = std::abs(x);
    // Numbers that are known to their last digits only.
    const double y_off = weight * y_off_[j], x_off = weight * level.distance_off;
    s_error += error + weight * s0 * rounding;
    ys_error += y_size * (error + weight * s0 * rounding) + y_off;
    t_error += error;
    yt_error += y_size * error + y_off * most;
    xt_error += x_size * error + x_off * most;
    xyt_error +=
        x_size * y_size * error + (y_off * x_size + x_off * y_size + x_off * y_off_[j]) * most;

    const double lever = level.lever;
    const std::array<double, 4> power{weight, weight * lever, weight * (lever * lever),
                                      weight * (lever * lever * lever)};
    const std::array<double, 4> of_t{t0, t1, t2, t3};
    const std::array<double, 4> of_st{0.5 * (t0 - t1), 0.5 * (t1 - t2), 0.5 * (t2 - t3),
                                      0.5 * (t3 - t4)};
    s[0][0] += weight * s0;
    ys[0][0] += weight * (y * s0);
    for (std::size_t k = 0; k < 4; ++k) {
      const double a = of_t[k], ya = y * a, xa = x * a, xya = x * ya, b = of_st[k], xb = x * b;
      for (std::size_t m = 0; m < 4; ++m) {
        t[k][m] += a * power[m];
        yt[k][m] += ya * power[m];
        xt[k][m] += xa * power[m];
        xyt[k][m] += xya * power[m];
        st[k][m] += b * power[m];
        xst[k][m] += xb * power[m];
      }
    }
  }
  // s has t for a derivative.
  for (std::size_t k = 0; k < 3; ++k) {
    s[k + 1] = t[k];
    ys[k + 1] = yt[k];
  }
  const double by_sums = 1.0 + 4.0 * rounding;
  const Quadratic sum_s = form(s, place, s_error * by_sums);
  Quadratic sum_ys = form(ys, place, ys_error * by_sums);
  const Quadratic sum_t = form(t, place, t_error * by_sums);
  const auto equation = [&](const Moments& with_y, double y_error, const Moments& with_s,
                            double error, const Quadratic& alone, const Quadratic& size,
                            const Quadratic& mean) {
    // The size of the centred s times <r, t>.
    const Quadratic product = form(with_s, place, error * by_sums);
    return form(with_y, place, y_error * by_sums) * size -
           sum_ys * (levels_.has_known_offset() ? product : product - mean * alone);
  };
  // By the number that is the sum of weights but for rounding.
  const Quadratic mean =
      sum_s * (Quadratic(1.0) * (1.0 / total_) + Quadratic::around_zero(rounding / total_));
  Quadratic size = sum_s - sum_t;
  if (levels_.top_weight > 0.0) {
    sum_ys = sum_ys + Quadratic(levels_.zero_y * levels_.top_weight);
    size = size + Quadratic(levels_.top_weight);
  }
  if (!levels_.has_known_offset()) size = size - mean * sum_s;
  return {equation(yt, yt_error, st, t_error, sum_t, size, mean),
          equation(xyt, xyt_error, xst, xt_error, form(xt, place, xt_error * by_sums), size, mean)};
}

}  // namespace tautrack::amplitude
