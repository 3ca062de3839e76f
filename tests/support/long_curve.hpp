#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

namespace tautrack::support {

/// Curves z = a + b / (1 + exp(-(w x + c))) of one covariate with fitted plateaus in long doubles, by the formulas of
/// variable projection (G. H. Golub & V. Pereyra, SIAM J. Numer. Anal. 10, 1973): for what is found by other means.
/// Plain, and independent of the library.
class LongCurve {
 public:
  using Long = long double;

  struct Fit {
    Long low = 0.0L, height = 0.0L, energy = 0.0L;
    std::vector<Long> residual;   ///< y - z
    std::vector<Long> log_slope;  ///< log sigma'
    std::vector<Long> input;      ///< u
    std::vector<Long> output;     ///< sigma(u), or that less one
  };
  struct Line {
    Long slope = 0.0L, intercept = 0.0L;
  };

  /// @param low Nothing: the plateau at u -> -infinity is fitted.
  LongCurve(std::vector<double> x, std::vector<double> y, std::vector<double> weights,
            std::optional<double> low = {})
      : x_(x.begin(), x.end()),
        y_(y.begin(), y.end()),
        weight_(weights.begin(), weights.end()),
        low_(low) {
    if (weight_.empty()) weight_.assign(x_.size(), 1.0L);
  }

  [[nodiscard]] std::size_t size() const { return x_.size(); }

  [[nodiscard]] Fit fit(const Line& line) const {
    Fit fit;
    // From the end that more levels are near to, so that nothing is lost there.
    std::vector<Long> phi;
    Long sum_of_inputs = 0.0L;
    for (const Long x : x_) sum_of_inputs += std::tanh(line.slope * x + line.intercept);
    const bool from_high = !low_ && sum_of_inputs > 0.0L;
    for (const Long x : x_) {
      const Long u = line.slope * x + line.intercept;
      fit.input.push_back(u);
      phi.push_back(from_high ? -logistic(-u) : logistic(u));
      fit.log_slope.push_back(-std::abs(u) - 2.0L * std::log1p(std::exp(-std::abs(u))));
    }
    Long total = 0.0L, mean_phi = 0.0L, mean_y = low_ ? static_cast<Long>(*low_) : 0.0L;
    if (!low_) {
      for (std::size_t i = 0; i < size(); ++i) {
        total += weight_[i];
        mean_phi += weight_[i] * phi[i];
        mean_y += weight_[i] * y_[i];
      }
      mean_phi /= total;
      mean_y /= total;
    }
    Long product = 0.0L, squares = 0.0L;
    for (std::size_t i = 0; i < size(); ++i) {
      product += weight_[i] * (phi[i] - mean_phi) * (y_[i] - mean_y);
      squares += weight_[i] * (phi[i] - mean_phi) * (phi[i] - mean_phi);
    }
    fit.output = phi;
    fit.height = product / squares;
    fit.low = mean_y - fit.height * (mean_phi + (from_high ? 1.0L : 0.0L));
    for (std::size_t i = 0; i < size(); ++i) {
      const Long r = y_[i] - mean_y - fit.height * (phi[i] - mean_phi);
      fit.residual.push_back(r);
      fit.energy += 0.5L * weight_[i] * r * r;
    }
    return fit;
  }

  /// dE by the inputs of two places, which takes the place of slope and intercept: u is linear between them.
  struct Places {
    Long first = 0.0L, second = 0.0L;
  };
  /// The place of the half point's nearest level, and the nearest level to the half point but that one.
  [[nodiscard]] Places places(const Line& line) const {
    const Long half = -line.intercept / line.slope;
    Places nearest{x_.front(), x_.front()};
    for (const Long x : x_)
      if (std::abs(x - half) < std::abs(nearest.first - half)) nearest.first = x;
    bool any = false;
    for (const Long x : x_)
      if (x != nearest.first && (!any || std::abs(x - half) < std::abs(nearest.second - half))) {
        nearest.second = x;
        any = true;
      }
    return nearest;
  }

  /// The gradient by the inputs at the places, each over the largest of the terms it is summed from where the slope of
  /// the output is taken relative to that at the place; and the part of it that is not rounding.
  struct Gradient {
    std::array<Long, 2> value{}, relative{};
  };
  [[nodiscard]] Gradient gradient(const Line& line, const Places& at) const {
    const Fit now = fit(line);
    Gradient gradient;
    for (int k = 0; k < 2; ++k) {
      const Long own = k == 0 ? at.first : at.second, other = k == 0 ? at.second : at.first;
      Long sum = 0.0L, size = 0.0L;
      for (std::size_t i = 0; i < this->size(); ++i) {
        // du_i / du_own
        const Long term = -weight_[i] * now.residual[i] * now.height * std::exp(now.log_slope[i]) *
                          (x_[i] - other) / (own - other);
        sum += term;
        size += std::abs(term);
      }
      gradient.value[static_cast<std::size_t>(k)] = sum;
      gradient.relative[static_cast<std::size_t>(k)] = size > 0.0L ? std::abs(sum) / size : 0.0L;
    }
    return gradient;
  }

  [[nodiscard]] static Line line_of(const Places& at, Long first, Long second) {
    const Long slope = (second - first) / (at.second - at.first);
    return {slope, first - slope * at.first};
  }

  /// The Hessian by the inputs of the places, by central differences of the gradient.
  [[nodiscard]] std::array<std::array<Long, 2>, 2> hessian(const Line& line,
                                                           const Places& at) const {
    const Long first = line.slope * at.first + line.intercept,
               second = line.slope * at.second + line.intercept;
    constexpr Long step = 1e-5L;
    std::array<std::array<Long, 2>, 2> h{};
    for (std::size_t k = 0; k < 2; ++k) {
      const auto moved = [&](Long by) {
        return gradient(line_of(at, first + (k == 0 ? by : 0.0L), second + (k == 1 ? by : 0.0L)),
                        at)
            .value;
      };
      const auto plus = moved(step), minus = moved(-step);
      for (std::size_t i = 0; i < 2; ++i) h[i][k] = (plus[i] - minus[i]) / (2.0L * step);
    }
    return h;
  }

  /// Negative eigenvalues of it; nothing where the determinant may be rounding.
  [[nodiscard]] std::optional<int> index(const Line& line) const {
    const auto h = hessian(line, places(line));
    const Long determinant = h[0][0] * h[1][1] - h[0][1] * h[1][0];
    const Long size = std::abs(h[0][0] * h[1][1]) + std::abs(h[0][1] * h[1][0]);
    if (!(std::abs(determinant) > 1e-5L * size)) return std::nullopt;
    if (determinant < 0.0L) return 1;
    return h[0][0] > 0.0L ? 0 : 2;
  }

  /// The same by its formula: the Hessian in all unknowns, the plateaus eliminated.
  [[nodiscard]] std::array<std::array<Long, 2>, 2> exact_hessian(const Line& line,
                                                                 const Places& at) const {
    const Fit now = fit(line);
    // Unknowns: height, offset, two inputs.
    std::array<std::array<Long, 4>, 4> h{};
    for (std::size_t i = 0; i < size(); ++i) {
      const Long d = std::exp(now.log_slope[i]), w = weight_[i], r = now.residual[i];
      const std::array<Long, 2> by{(x_[i] - at.second) / (at.first - at.second),
                                   (x_[i] - at.first) / (at.second - at.first)};
      const Long bend = -d * std::tanh(0.5L * now.input[i]);
      const std::array<Long, 4> t{now.output[i], low_ ? 0.0L : 1.0L, now.height * d * by[0],
                                  now.height * d * by[1]};
      for (std::size_t k = 0; k < 4; ++k)
        for (std::size_t l = 0; l < 4; ++l) h[k][l] += w * t[k] * t[l];
      for (std::size_t k = 0; k < 2; ++k) {
        h[0][k + 2] -= w * r * d * by[k];
        h[k + 2][0] -= w * r * d * by[k];
        for (std::size_t l = 0; l < 2; ++l)
          h[k + 2][l + 2] -= w * r * now.height * bend * by[k] * by[l];
      }
    }
    for (const std::size_t pivot : {std::size_t{1}, std::size_t{0}}) {
      if (pivot == 1 && low_) continue;
      for (std::size_t k = 0; k < 4; ++k) {
        if (k == pivot || (pivot == 0 && k == 1)) continue;
        const Long factor = h[k][pivot] / h[pivot][pivot];
        for (std::size_t l = 0; l < 4; ++l) h[k][l] -= factor * h[pivot][l];
      }
    }
    return {{{h[2][2], h[2][3]}, {h[3][2], h[3][3]}}};
  }

  /// Newton's method on the gradient by the inputs of two places; nothing unless it converges.
  [[nodiscard]] std::optional<Line> stationary_near(Line line, Long farthest_input) const {
    for (int step = 0; step < 60; ++step) {
      const Places at = places(line);
      const auto h = exact_hessian(line, at);
      const Gradient g = gradient(line, at);
      const Long determinant = h[0][0] * h[1][1] - h[0][1] * h[1][0];
      Long move0 = (h[1][1] * g.value[0] - h[0][1] * g.value[1]) / determinant;
      Long move1 = (h[0][0] * g.value[1] - h[1][0] * g.value[0]) / determinant;
      const Long size = std::max(std::abs(move0), std::abs(move1));
      if (!std::isfinite(size)) return std::nullopt;
      if (size > 0.7L) {
        move0 *= 0.7L / size;
        move1 *= 0.7L / size;
      }
      const Long first = line.slope * at.first + line.intercept - move0,
                 second = line.slope * at.second + line.intercept - move1;
      line = line_of(at, first, second);
      if (!(line.slope != 0.0L) || std::max(std::abs(first), std::abs(second)) > farthest_input)
        return std::nullopt;
      if (size < 1e-11L * (1.0L + std::abs(first) + std::abs(second))) {
        const Gradient last = gradient(line, at);
        if (last.relative[0] < 1e-11L && last.relative[1] < 1e-11L) return line;
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  /// The stationary curves that Newton's method finds from a grid of half points and slopes, as they are with a
  /// positive slope (fitted offset), or with a positive height (known offset).
  [[nodiscard]] std::vector<Line> search(int half_points, int slopes) const {
    std::vector<Line> found;
    const Long low = x_.front(), range = x_.back() - x_.front();
    for (int i = 0; i < half_points; ++i)
      for (int k = 0; k < slopes; ++k)
        for (const Long sign : {1.0L, -1.0L}) {
          if (sign < 0.0L && !low_) continue;
          const Long half =
              low + range * (-1.0L + 3.0L * (static_cast<Long>(i) + 0.37L) / half_points);
          const Long slope = sign * 1.5L / range * std::pow(200.0L, static_cast<Long>(k) / slopes);
          auto line = stationary_near({slope, -slope * half}, 20.0L);
          // Nor the straight line, or a constant.
          if (!line || std::abs(line->slope * range) < 1e-5L) continue;
          const Fit fit = this->fit(*line);
          if (!std::isfinite(fit.height) || std::abs(fit.height) < 1e-9L) continue;
          if (low_ && fit.height < 0.0L) continue;
          if (!low_ && line->slope < 0.0L) *line = {-line->slope, -line->intercept};
          const bool is_known = std::any_of(found.begin(), found.end(), [&](const Line& other) {
            return are_same(*line, other);
          });
          if (!is_known) found.push_back(*line);
        }
    return found;
  }

  [[nodiscard]] bool are_same(const Line& a, const Line& b, Long tolerance = 1e-6L) const {
    Long off = 0.0L, size = 1.0L;
    for (const Long x : {x_.front(), x_.back()}) {
      off = std::max(off, std::abs((a.slope - b.slope) * x + a.intercept - b.intercept));
      size = std::max(size, std::abs(a.slope * x + a.intercept));
    }
    return off <= tolerance * size;
  }

 private:
  static Long logistic(Long u) { return 1.0L / (1.0L + std::exp(-u)); }

  std::vector<Long> x_, y_, weight_;
  std::optional<double> low_;
};

}  // namespace tautrack::support
