#include "tautrack/geometry/plane_curve.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <string>

#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/toms748_solve.hpp>

#include "core/checked.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "network/inverse.hpp"
#include "network/residual.hpp"
#include "network/traits.hpp"

namespace tautrack {

namespace {

/// Rounding of a sum in units of epsilon times the size of its terms.
constexpr double kSumRounding = 8.0;

/// The grid: first step in units of the width of the steepest pattern, and distance of far
/// neighbours relative to their size.
constexpr double kFirst = 0.05, kRatio = 0.02;

/// Function values of one root, and of one minimum with its relative precision in bits.
constexpr std::uintmax_t kRootBudget = 200, kMinimumBudget = 100;
constexpr int kMinimumBits = 30;

/// Relative difference of |x_1| and |x_2| that is rounding.
constexpr double kSame = 1e-14;

/// Size below which numbers may have lost digits to underflow.
constexpr double kUnderflow = 1e-290;

/// Size of scaled weights beyond which nothing changes, short of overflow.
constexpr double kFarthest = 1e150;

/// A sum, and what it may be off by rounding.
struct Sum {
  double value = 0.0;
  double rounding = 0.0;

  [[nodiscard]] int sign() const noexcept {
    if (!(std::abs(value) > rounding)) return 0;
    return value > 0.0 ? 1 : -1;
  }
};

/// The zero of f in [low, high], where it has the given values of opposite sign.
template <class F>
double zero(const F& f, double low, double high, double at_low, double at_high) {
  std::uintmax_t budget = kRootBudget;
  const auto [a, b] = boost::math::tools::toms748_solve(
      [&](double x) { return f(x).value; }, low, high, at_low, at_high,
      boost::math::tools::eps_tolerance<double>(), budget);
  return 0.5 * (a + b);
}

/// All changes of sign of f (a function that returns a Sum) between ascending breakpoints.
/// Breakpoints without a sure sign are passed over; one alone at which f is zero exactly is the
/// zero.
/// @param values Of f at the breakpoints.
template <class F>
std::vector<double> zeros(const F& f, const std::vector<double>& breaks,
                          const std::vector<Sum>& values) {
  std::vector<double> result;
  double low = 0.0, exact = 0.0;
  Sum at_low;
  int passed = 0;
  for (std::size_t k = 0; k < breaks.size(); ++k) {
    const double x = breaks[k];
    const Sum& here = values[k];
    if (here.sign() == 0) {
      exact = here.value == 0.0 ? x : std::numeric_limits<double>::quiet_NaN();
      ++passed;
      continue;
    }
    if (at_low.sign() * here.sign() < 0)
      result.push_back(
          passed == 1 && std::isfinite(exact) ? exact : zero(f, low, x, at_low.value, here.value));
    low = x;
    at_low = here;
    passed = 0;
  }
  return result;
}

template <class F>
std::vector<Sum> values_at(const F& f, const std::vector<double>& breaks) {
  std::vector<Sum> values;
  values.reserve(breaks.size());
  for (const double x : breaks) values.push_back(f(x));
  return values;
}

template <class F>
std::vector<double> zeros(const F& f, const std::vector<double>& breaks) {
  return zeros(f, breaks, values_at(f, breaks));
}

/// Breakpoints with the zeros of f between them.
template <class F>
std::vector<double> with_zeros(const F& f, const std::vector<double>& breaks) {
  std::vector<double> result = breaks;
  const std::vector<double> found = zeros(f, breaks);
  result.insert(result.end(), found.begin(), found.end());
  std::sort(result.begin(), result.end());
  return result;
}

/// Breakpoints with the places between them at which |f| has a minimum, seen on the breakpoints.
template <class F>
std::vector<double> with_minima(const F& f, const std::vector<double>& breaks) {
  std::vector<double> result = breaks;
  const std::vector<Sum> values = values_at(f, breaks);
  for (std::size_t k = 1; k + 1 < breaks.size(); ++k) {
    const int sign = values[k].sign();
    if (sign == 0 || values[k - 1].sign() != sign || values[k + 1].sign() != sign) continue;
    const double here = std::abs(values[k].value);
    if (!(here < std::abs(values[k - 1].value) && here <= std::abs(values[k + 1].value))) continue;
    std::uintmax_t budget = kMinimumBudget;
    result.push_back(
        boost::math::tools::brent_find_minima([&](double x) { return sign * f(x).value; },
                                              breaks[k - 1], breaks[k + 1], kMinimumBits, budget)
            .first);
  }
  std::sort(result.begin(), result.end());
  return result;
}

/// Breakpoints for one weight in units of the steepest pattern, between two ends.
/// @param low, high low <= high; nothing beyond kFarthest.
std::vector<double> sinh_grid(double low, double high) {
  low = std::clamp(low, -kFarthest, kFarthest);
  high = std::clamp(high, -kFarthest, kFarthest);
  std::vector<double> grid{low};
  const double first = std::asinh(low / kFirst), last = std::asinh(high / kFirst);
  const double begin = std::floor(first / kRatio) + 1.0, end = std::ceil(last / kRatio) - 1.0;
  for (double k = begin; k <= end; ++k) {
    const double x = kFirst * std::sinh(kRatio * k);
    if (x > grid.back() && x < high) grid.push_back(x);
  }
  if (high > low) grid.push_back(high);
  return grid;
}

/// The union of such grids around several places: what happens near each of them is seen.
std::vector<double> sinh_grids(double low, double high, const std::vector<double>& centres) {
  std::vector<double> grid;
  for (const double centre : centres)
    for (const double x : sinh_grid(low - centre, high - centre))
      grid.push_back(std::clamp(centre + x, low, high));
  std::sort(grid.begin(), grid.end());
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  return grid;
}

/// The number of weights; x_i of all patterns in `inputs` when it is one.
Vector inputs_of_one_weight(const Perceptron& network) {
  const Index s = network.weights(Vector::Zero(network.unknowns())).size();
  if (s != 1) throw std::invalid_argument("one weight is needed, got " + std::to_string(s));
  return network.space().basis().col(0) * network.coordinates(Vector::Ones(1))(0);
}

/// The factor p of the ridge term p/2 w^2.
double ridge_of_one_weight(const Perceptron& network) {
  if (network.penalty().size() == 0) return 0.0;
  const double scale = network.coordinates(Vector::Ones(1))(0);
  return network.penalty()(0, 0) * scale * scale;
}

/// Largest |x_i|, and the smallest one that is not zero.
struct Slopes {
  double steepest = 0.0;
  double flattest = kInfinity;
};

Slopes slopes_of(const Vector& x) {
  Slopes result;
  for (const double entry : x) {
    if (entry == 0.0) continue;
    result.steepest = std::max(result.steepest, std::abs(entry));
    result.flattest = std::min(result.flattest, std::abs(entry));
  }
  return result;
}

}  // namespace

/// What the curvature at one scaled weight is made of.
struct PlaneCurve::Bends {
  std::array<double, 2> t{}, l{}, m{};
  double speed = 0.0;  ///< |dz/d(scaled w)|
  double noise = 0.0;  ///< Relative rounding of l and m.

  [[nodiscard]] double tangential() const { return t[0] * t[0] * l[0] + t[1] * t[1] * l[1]; }

  /// l_2 - l_1
  [[nodiscard]] Sum turn() const {
    return {l[1] - l[0], kUnderflow + noise * (std::abs(l[0]) + std::abs(l[1]))};
  }

  /// Its derivative: l' = m - l^2.
  [[nodiscard]] Sum turn_derivative() const {
    return {(m[1] - m[0]) - (l[1] - l[0]) * (l[1] + l[0]),
            kUnderflow + noise * (std::abs(m[0]) + std::abs(m[1]) + l[0] * l[0] + l[1] * l[1])};
  }

  /// m_2 - m_1 - 3 (l_2 - l_1)(t_1^2 l_1 + t_2^2 l_2)
  [[nodiscard]] Sum turn_of_curvature() const {
    const double sizes = std::abs(l[0]) + std::abs(l[1]);
    return {
        (m[1] - m[0]) - 3.0 * (l[1] - l[0]) * tangential(),
        kUnderflow +
            noise * (std::abs(m[0]) + std::abs(m[1]) +
                     3.0 * sizes * (t[0] * t[0] * std::abs(l[0]) + t[1] * t[1] * std::abs(l[1])))};
  }

  /// kappa, of any scale of w.
  [[nodiscard]] double curvature() const {
    return speed > 0.0 ? t[0] * t[1] / speed * turn().value : 0.0;
  }
};

PlaneCurve::PlaneCurve(const Perceptron& network, double tau)
    : rows_{}, activation_(network.options().activation), tau_(tau) {
  network.need_all_patterns("geometry");
  network.need_no_offset("geometry");
  require_tau(tau);
  const Vector x = inputs_of_one_weight(network);
  const double ridge = ridge_of_one_weight(network);
  const Index ambient = x.size() + (network.penalty().size() > 0 ? 1 : 0);
  if (ambient != 2)
    throw std::invalid_argument("a plane is needed, but the ambient space has dimension " +
                                std::to_string(ambient));
  const Slopes slopes = slopes_of(x);
  steepest_ = slopes.steepest;
  flattest_ = slopes.flattest / slopes.steepest;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto row = static_cast<Index>(i);
    rows_[i] = row < x.size()
                   ? Row{std::sqrt(network.pattern_weights()(row)), x(row) / steepest_, tau}
                   : Row{std::sqrt(ridge) / steepest_, 1.0, 0.0};
  }
  const double a = std::abs(rows_[0].input), b = std::abs(rows_[1].input);
  const bool is_same = rows_[0].tau == rows_[1].tau && std::abs(a - b) <= kSame;
  straight_ = tau == 0.0 || is_same || a == 0.0 || b == 0.0 || rows_[1].root == 0.0;
}

PlaneCurve::Bends PlaneCurve::bends_at(double scaled) const {
  scaled = std::clamp(scaled, -kFarthest, kFarthest);
  Bends result;
  std::array<double, 2> velocity{};
  double largest = 0.0;
  for (std::size_t i = 0; i < 2; ++i) {
    const Row& row = rows_[i];
    const ActivationValues s = evaluate(activation_, row.input * scaled);
    const double slope = (1.0 - row.tau) + row.tau * s.first;
    velocity[i] = row.root * row.input * slope;
    if (row.tau == 1.0) {
      const SlopeRatios by_slope = slope_ratios(activation_, row.input * scaled, s);
      result.l[i] = row.input * by_slope.second;
      result.m[i] = row.input * row.input * by_slope.third;
    } else if (slope > 0.0) {
      result.l[i] = row.input * (row.tau * s.second / slope);
      result.m[i] = row.input * row.input * (row.tau * s.third / slope);
    }
    if (row.tau > 0.0) largest = std::max(largest, std::abs(row.input * scaled));
  }
  result.speed = std::hypot(velocity[0], velocity[1]);
  if (result.speed > 0.0)
    for (std::size_t i = 0; i < 2; ++i) result.t[i] = velocity[i] / result.speed;
  result.noise = kSumRounding * kEpsilon * (1.0 + largest);
  return result;
}

std::vector<double> PlaneCurve::grid() const {
  const double end = traits(activation_).saturated_input / flattest_;
  return sinh_grid(-end, end);
}

Vector PlaneCurve::position(double w) const {
  Vector z(2);
  for (std::size_t i = 0; i < 2; ++i) {
    const Row& row = rows_[i];
    const double u = row.input * (steepest_ * w);
    z(static_cast<Index>(i)) =
        row.root * ((1.0 - row.tau) * u + row.tau * evaluate(activation_, u).value);
  }
  return z;
}

Vector PlaneCurve::tangent(double w) const {
  const Bends bends = bends_at(steepest_ * w);
  return (Vector(2) << bends.t[0], bends.t[1]).finished();
}

Vector PlaneCurve::normal(double w) const {
  const Bends bends = bends_at(steepest_ * w);
  return (Vector(2) << -bends.t[1], bends.t[0]).finished();
}

double PlaneCurve::speed(double w) const { return steepest_ * bends_at(steepest_ * w).speed; }

double PlaneCurve::curvature(double w) const {
  return straight_ ? 0.0 : bends_at(steepest_ * w).curvature();
}

double PlaneCurve::curvature_derivative(double w) const {
  if (straight_) return 0.0;
  const Bends bends = bends_at(steepest_ * w);
  if (!(bends.speed > 0.0)) return 0.0;
  return bends.t[0] * bends.t[1] / bends.speed * bends.turn_of_curvature().value * steepest_;
}

std::optional<Vector> PlaneCurve::evolute(double w) const {
  if (straight_) return std::nullopt;
  const Bends bends = bends_at(steepest_ * w);
  const double kappa = bends.curvature();
  if (bends.turn().sign() == 0 || kappa == 0.0) return std::nullopt;
  Vector centre = position(w) + normal(w) / kappa;
  if (!centre.allFinite()) return std::nullopt;
  return centre;
}

Vector PlaneCurve::parallel(double w, double distance) const {
  return position(w) + distance * normal(w);
}

std::vector<double> PlaneCurve::scaled_vertices() const {
  if (straight_) return {};
  const auto slope = [this](double x) { return bends_at(x).turn_of_curvature(); };
  return zeros(slope, with_minima(slope, grid()));
}

std::vector<CurveVertex> PlaneCurve::vertices() const {
  std::vector<CurveVertex> result;
  for (const double scaled : scaled_vertices()) {
    const double w = scaled / steepest_;
    const std::optional<Vector> cusp = evolute(w);
    if (cusp) result.push_back({w, curvature(w), position(w), *cusp});
  }
  return result;
}

std::vector<double> PlaneCurve::inflections() const {
  if (straight_) return {};
  const auto turn = [this](double x) { return bends_at(x).turn(); };
  const auto derivative = [this](double x) { return bends_at(x).turn_derivative(); };
  std::vector<double> result = zeros(turn, with_zeros(derivative, grid()));
  for (double& w : result) w /= steepest_;
  return result;
}

std::vector<double> PlaneCurve::parallel_cusps(double distance) const {
  if (straight_ || distance == 0.0) return {};
  // |z'| (1 - d kappa), finite where kappa is not.
  const auto stretch = [&](double x) {
    const Bends bends = bends_at(x);
    const Sum turn = bends.turn();
    const double scale = distance * bends.t[0] * bends.t[1];
    const double bend = scale * turn.value;
    return Sum{bends.speed - bend,
               bends.noise * (bends.speed + std::abs(bend)) + std::abs(scale) * turn.rounding};
  };
  std::vector<double> breaks = grid();
  const std::vector<double> extrema = scaled_vertices();
  breaks.insert(breaks.end(), extrema.begin(), extrema.end());
  std::sort(breaks.begin(), breaks.end());
  std::vector<double> result = zeros(stretch, breaks);
  for (double& w : result) w /= steepest_;
  return result;
}

namespace {

/// Of the first, second and third order.
using Derivatives = std::array<Sum, 3>;

/// The energy of one weight and its derivatives by the scaled weight.
class OneWeightEnergy {
 public:
  OneWeightEnergy(const Perceptron& network, double tau)
      : activation_(network.options().activation),
        ends_(range(activation_)),
        tau_(tau),
        x_(inputs_of_one_weight(network)),
        y_(network.targets()),
        omega_(network.pattern_weights()) {
    const Slopes slopes = slopes_of(x_);
    steepest_ = slopes.steepest;
    flattest_ = slopes.flattest / slopes.steepest;
    x_ /= steepest_;
    offset_ = Vector::Zero(x_.size());
    for (Index i = 0; i < x_.size(); ++i) offset_(i) = network.offset(i);
    ridge_ = ridge_of_one_weight(network) / steepest_ / steepest_;
  }

  [[nodiscard]] double steepest() const noexcept { return steepest_; }

  /// Scaled weight, in size, from which on the flattest pattern has saturated, and so have all others.
  [[nodiscard]] double saturated() const {
    double farthest = 0.0;
    for (const double centre : centres()) farthest = std::max(farthest, std::abs(centre));
    return farthest + traits(activation_).saturated_input / flattest_;
  }

  /// Scaled weights at which the node inputs of patterns are zero.
  [[nodiscard]] std::vector<double> centres() const {
    std::vector<double> result;
    for (Index i = 0; i < x_.size(); ++i)
      if (x_(i) != 0.0) result.push_back(-offset_(i) / x_(i));
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  }

  [[nodiscard]] double energy(double scaled) const {
    double sum = 0.0;
    for (Index i = 0; i < x_.size(); ++i) {
      const double u = x_(i) * scaled + offset_(i);
      const double r = residual(evaluate(activation_, u), ends_, u, tau_, y_(i));
      sum += omega_(i) * r * r;
    }
    return 0.5 * (sum + ridge_ * scaled * scaled);
  }

  /// The first, second and third derivative, with the size of what rounding acts on: the terms
  /// themselves, the numbers that the residual is made of, and the change of f' with the rounding
  /// of u.
  [[nodiscard]] Derivatives derivatives(double scaled) const {
    Derivatives sum;
    const double delta = 1.0 - tau_;
    for (Index i = 0; i < x_.size(); ++i) {
      const double u = x_(i) * scaled + offset_(i);
      const double size = std::abs(x_(i) * scaled) + std::abs(offset_(i));  // of what is rounded
      const ActivationValues s = evaluate(activation_, u);
      const auto [r, parts] = residual_and_size(s, ends_, u, tau_, y_(i));
      const double f1 = delta + tau_ * s.first, f2 = tau_ * s.second, f3 = tau_ * s.third;
      double factor = omega_(i) * x_(i);
      sum[0].value += factor * (f1 * r);
      sum[0].rounding += std::abs(factor) * (f1 * parts + size * (std::abs(f2 * r) + f1 * f1));
      factor *= x_(i);
      sum[1].value += factor * (f1 * f1 + f2 * r);
      sum[1].rounding += factor * (1.0 + size) * (f1 * f1 + std::abs(f2) * parts);
      factor *= x_(i);
      sum[2].value += factor * (3.0 * f1 * f2 + f3 * r);
      sum[2].rounding +=
          std::abs(factor) * (1.0 + size) * (3.0 * f1 * std::abs(f2) + std::abs(f3) * parts);
    }
    sum[0].value += ridge_ * scaled;
    sum[0].rounding += ridge_ * std::abs(scaled);
    sum[1].value += ridge_;
    sum[1].rounding += ridge_;
    for (Sum& derivative : sum) derivative.rounding *= kSumRounding * kEpsilon;
    return sum;
  }

 private:
  Activation activation_;
  Range ends_;
  double tau_;
  Vector x_, y_, omega_, offset_;
  double steepest_ = 1.0, flattest_ = 1.0, ridge_ = 0.0;
};

/// The derivatives of the energy at ascending breakpoints.
class Samples {
 public:
  Samples(const OneWeightEnergy& energy, const std::vector<double>& grid) : energy_(energy) {
    insert(grid);
  }

  void insert(const std::vector<double>& more) {
    for (const double x : more) points_.push_back({x, energy_.derivatives(x)});
    std::sort(points_.begin(), points_.end(),
              [](const Point& a, const Point& b) { return a.x < b.x; });
  }

  /// Changes of sign of the derivative of order 1, 2 or 3.
  [[nodiscard]] std::vector<double> zeros_of(std::size_t order) const {
    std::vector<double> x;
    std::vector<Sum> values;
    for (const Point& point : points_) {
      x.push_back(point.x);
      values.push_back(point.derivatives[order - 1]);
    }
    return zeros([&](double at) { return energy_.derivatives(at)[order - 1]; }, x, values);
  }

  /// The first sure sign of the first derivative above or below x; 0 when there is none.
  [[nodiscard]] int sign_beside(double x, bool above) const {
    const auto start = std::lower_bound(points_.begin(), points_.end(), x,
                                        [](const Point& point, double at) { return point.x < at; });
    const auto is_sure = [](const Point& point) { return point.derivatives[0].sign() != 0; };
    if (above) {
      const auto found = std::find_if(start, points_.end(), is_sure);
      return found == points_.end() ? 0 : found->derivatives[0].sign();
    }
    const auto found = std::find_if(std::make_reverse_iterator(start), points_.rend(), is_sure);
    return found == points_.rend() ? 0 : found->derivatives[0].sign();
  }

 private:
  struct Point {
    double x;
    Derivatives derivatives;
  };
  const OneWeightEnergy& energy_;
  std::vector<Point> points_;
};

}  // namespace

int OneWeightPoints::minima() const noexcept {
  return static_cast<int>(
      std::count_if(points.begin(), points.end(), [](const auto& p) { return p.index == 0; }));
}

int OneWeightPoints::maxima() const noexcept {
  return static_cast<int>(
      std::count_if(points.begin(), points.end(), [](const auto& p) { return p.index == 1; }));
}

OneWeightPoints stationary_points_of_one_weight(const Perceptron& network, double tau) {
  network.need_all_patterns("geometry");
  require_tau(tau);
  const OneWeightEnergy energy(network, tau);
  const Interval possible = interval_of_one_weight(network, tau);
  const double unit = energy.steepest(), end = energy.saturated();
  // A finite end may lie further out than where saturation is complete.
  const auto far = [&](double other) {
    return std::isfinite(other) ? std::max(end, 2.0 * std::abs(other * unit)) : end;
  };
  const double low = std::isfinite(possible.low) ? possible.low * unit : -far(possible.high);
  const double high = std::isfinite(possible.high) ? possible.high * unit : far(possible.low);
  OneWeightPoints result;
  result.is_whole = std::isfinite(possible.low) && std::isfinite(possible.high);
  result.searched = {low / unit, high / unit};
  if (!(low <= high)) return result;

  Samples samples(energy, sinh_grids(low, high, energy.centres()));
  samples.insert(samples.zeros_of(3));
  const std::vector<double> extrema = samples.zeros_of(2);
  samples.insert(extrema);
  const auto add = [&](double x, int index) {
    const double second = energy.derivatives(x)[1].value * unit * unit;
    result.points.push_back({x / unit, energy.energy(x), second, index});
  };
  for (const double x : samples.zeros_of(1)) add(x, samples.sign_beside(x, true) > 0 ? 0 : 1);
  for (const double x : extrema) {
    if (energy.derivatives(x)[0].sign() != 0) continue;
    if (samples.sign_beside(x, false) * samples.sign_beside(x, true) > 0) add(x, -1);
  }
  std::sort(result.points.begin(), result.points.end(),
            [](const auto& a, const auto& b) { return a.weight < b.weight; });
  return result;
}

}  // namespace tautrack
