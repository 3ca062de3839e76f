#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"

namespace tautrack::support {

/// The natural path of a tanh perceptron with one weight, from its explicit form: for fixed w
///
///     H(w) = sum x (S + delta g) (t + delta h - y),  delta = 1 - tau, u = x w, t = tanh u, g =
///     t^2,
///                                                     S = 1 - t^2, h = u - t
///
/// is quadratic in delta, so the whole curve is delta(w), two roots for every w: no derivative, no
/// Newton method and no continuation. An independent check of the tracker.
class OneWeightCurve {
 public:
  OneWeightCurve(const Vector& x, const Vector& y) : x_(x), y_(y) { trace(); }

  /// delta at the extrema met along the path.
  [[nodiscard]] const std::vector<double>& fold_deltas() const { return folds_; }

  /// Weight where the path first meets tau = 1; nothing when w grows without bound.
  [[nodiscard]] std::optional<double> end() const { return end_; }

 private:
  struct Roots {
    double low;
    double high;
  };

  void coefficients(double w, double& a, double& b, double& c) const {
    a = b = c = 0.0;
    for (Index i = 0; i < x_.size(); ++i) {
      const double u = x_(i) * w;
      const double e = std::exp(-2.0 * std::abs(u));
      const double t = std::tanh(u);
      const double S = 4.0 * e / ((1.0 + e) * (1.0 + e));
      const double h = u - t;
      a += x_(i) * t * t * h;
      b += x_(i) * (S * h + t * t * (t - y_(i)));
      c += x_(i) * S * (t - y_(i));
    }
  }

  [[nodiscard]] std::optional<Roots> roots(double w) const {
    double a, b, c;
    coefficients(w, a, b, c);
    const double discriminant = b * b - 4.0 * a * c;
    if (discriminant < 0.0) return std::nullopt;
    const double q = -0.5 * (b + std::copysign(std::sqrt(discriminant), b));
    return Roots{std::min(q / a, c / q), std::max(q / a, c / q)};
  }

  void trace() {
    double w = x_.dot(y_) / x_.squaredNorm();
    double delta = 1.0;
    double a, b, c;
    coefficients(w, a, b, c);
    // dw/d(-delta) = (2 a + b) / |x|^2 at the start
    double direction = 2.0 * a + b > 0.0 ? 1.0 : -1.0;
    double step = 1e-9;
    double sense = -1.0;
    double extreme = 1.0;
    const double unit = 0.1 / x_.cwiseAbs().maxCoeff();
    bool high_root = false;
    bool chosen = false;
    for (int k = 0; k < 2000000; ++k) {
      const double next = w + direction * step * (std::abs(w) + unit);
      const auto found = roots(next);
      double value;
      if (!found) {
        // The two roots meet before `next`: the curve turns in w. Close in, then change root.
        if (step > 1e-10) {
          step *= 0.5;
          continue;
        }
        direction = -direction;
        high_root = !high_root;
        const auto here = roots(w);
        if (!here) return;
        value = high_root ? here->high : here->low;
        step = 1e-9;
      } else {
        if (!chosen) {
          high_root = std::abs(found->high - 1.0) < std::abs(found->low - 1.0);
          chosen = true;
        }
        value = high_root ? found->high : found->low;
        if (std::abs(value - delta) > 5e-3 * std::max({delta, std::abs(value), 1e-6}) &&
            step > 1e-10) {
          step *= 0.5;
          continue;
        }
        if (value <= 0.0) {
          end_ = w + (next - w) * delta / (delta - value);
          return;
        }
        w = next;
        step = std::min(1.5 * step, 1e-3);
      }
      delta = value;
      if ((delta - extreme) * sense > 0.0) {
        extreme = delta;
      } else if (std::abs(delta - extreme) > 1e-9 * extreme) {
        folds_.push_back(extreme);
        sense = -sense;
        extreme = delta;
      }
      if (delta < 1e-12) return;
    }
  }

  Vector x_, y_;
  std::vector<double> folds_;
  std::optional<double> end_;
};

}  // namespace tautrack::support
