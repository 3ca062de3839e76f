#include "path/monotone_steps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "tautrack/events/morse_index.hpp"

#include "core/decompositions.hpp"
#include "predictor/approximant.hpp"
#include "predictor/taylor.hpp"

namespace tautrack::monotone {

namespace {

/// |H| below this multiple of its scale is rounding.
constexpr double kRounding = 8.0 * std::numeric_limits<double>::epsilon();

/// Whether q stays above `least` on [0, a], by its Bernstein coefficients.
bool stays_above(const Denominator& q, double a, double least) {
  const double q_1 = q[1] * a, q_2 = q[2] * a * a, q_3 = q[3] * a * a * a;
  return q[0] > least && q[0] + q_1 / 3.0 > least && q[0] + (2.0 * q_1 + q_2) / 3.0 > least &&
         q[0] + q_1 + q_2 + q_3 > least;
}

/// n numbers, few and known to the compiler, not set at first. Not a vector of Eigen's, because each of its
/// expressions takes a compiler a while for each n.
template <int n>
class SmallColumn {
 public:
  SmallColumn() = default;
  explicit SmallColumn(const double* x) { std::copy_n(x, n, x_); }

  [[nodiscard]] double* data() { return x_; }
  [[nodiscard]] const double* data() const { return x_; }
  [[nodiscard]] double& operator[](int i) { return x_[i]; }
  [[nodiscard]] double operator[](int i) const { return x_[i]; }

  SmallColumn& operator-=(const SmallColumn& other) {
    for (int i = 0; i < n; ++i) x_[i] -= other.x_[i];
    return *this;
  }
  /// Adds a multiple of another.
  void add(double by, const SmallColumn& other) {
    for (int i = 0; i < n; ++i) x_[i] += by * other.x_[i];
  }
  void negate() {
    for (double& x : x_) x = -x;
  }
  [[nodiscard]] double distance(const SmallColumn& other) const {
    SmallColumn gap;
    for (int i = 0; i < n; ++i) gap.x_[i] = x_[i] - other.x_[i];
    return gap.norm();
  }

  [[nodiscard]] double dot(const SmallColumn& other) const {
    if constexpr (n == 1) return x_[0] * other.x_[0];
    // Two sums side by side, as vector units have them, and what is left over.
    double sum = pairs<0, n / 2>(other, 0) + pairs<0, n / 2>(other, 1);
    if (n % 2 == 1) sum += x_[n - 1] * other.x_[n - 1];
    return sum;
  }
  [[nodiscard]] double squared_norm() const { return dot(*this); }
  [[nodiscard]] double norm() const { return std::sqrt(squared_norm()); }
  [[nodiscard]] bool all_finite() const {
    return std::all_of(x_, x_ + n, [](double x) { return std::isfinite(x); });
  }

 private:
  /// Sum of x_i y_i over every other i: `count` of them, from pair `first`.
  template <int first, int count>
  [[nodiscard]] double pairs(const SmallColumn& other, int lane) const {
    if constexpr (count <= 1) {
      return x_[2 * first + lane] * other.x_[2 * first + lane];
    } else {
      return pairs<first, count / 2>(other, lane) +
             pairs<first + count / 2, count - count / 2>(other, lane);
    }
  }

  alignas(16) double x_[n];
};

/// Cholesky factors of a small symmetric matrix.
template <int n>
class SmallCholesky {
 public:
  /// Of H - shift I, from the lower triangle (column by column). @return false when that is not
  /// positive definite.
  [[nodiscard]] bool compute(const double* H, double shift) {
    for (int j = 0; j < n; ++j) {
      double pivot = H[j * n + j] - shift;
      for (int k = 0; k < j; ++k) pivot -= L_[k][j] * L_[k][j];
      if (!(pivot > 0.0)) return false;
      inverse_[j] = 1.0 / std::sqrt(pivot);
      for (int i = j + 1; i < n; ++i) {
        double sum = H[j * n + i];
        for (int k = 0; k < j; ++k) sum -= L_[k][i] * L_[k][j];
        L_[j][i] = sum * inverse_[j];
      }
    }
    return true;
  }

  void solve_in_place(double* x) const {
    for (int j = 0; j < n; ++j) {
      x[j] *= inverse_[j];
      for (int i = j + 1; i < n; ++i) x[i] -= L_[j][i] * x[j];
    }
    for (int j = n - 1; j >= 0; --j) {
      for (int i = j + 1; i < n; ++i) x[j] -= L_[j][i] * x[i];
      x[j] *= inverse_[j];
    }
  }

 private:
  double L_[n][n];     ///< Column by column.
  double inverse_[n];  ///< One over the diagonal.
};

/// Steps along the path, with the metric of BasicNaturalHomotopy.
template <int n>
class MonotoneSteps {
 public:
  /// Keeps references.
  MonotoneSteps(Equations& model, const TrackOptions& options) : model_(model), options_(options) {
    nodes_.reserve(at_index(model.most_steps + 1));
  }

  [[nodiscard]] std::optional<Steps> track() {
    if (!start()) return std::nullopt;
    const int most_steps = std::min(model_.most_steps, options_.max_steps);
    for (int steps = 0; node().tau < 1.0; ++steps)
      if (steps == most_steps || !expand() || !check_half_way() || !take_step())
        return std::nullopt;
    Steps result;
    result.nodes.reserve(nodes_.size());
    result.last_newton_step = last_step_;
    for (const Place& place : nodes_)
      result.nodes.push_back(
          {place.tau, place.arclength, place.energy, Eigen::Map<const Vector>(place.v.data(), n)});
    return result;
  }

 private:
  using Column = SmallColumn<n>;

  /// An accepted point, and the sizes of v and tau in its metric.
  struct Place {
    double tau = 0.0;
    double arclength = 0.0;
    double energy = 0.0;
    double unknown = 1.0;
    double parameter = 1.0;
    Column v;
    Column slope;  ///< dv/dtau
  };

  [[nodiscard]] const Place& node() const { return nodes_.back(); }

  [[nodiscard]] Column H() const { return Column(model_.H.data()); }
  [[nodiscard]] Column H_tau() const { return Column(model_.H_tau.data()); }

  [[nodiscard]] bool is_rounding() const { return H().norm() <= kRounding * model_.scale; }

  /// Whether H_v is positive definite beyond doubt. Its factors, shifted by rounding, are as good as
  /// those of H_v.
  [[nodiscard]] bool factor() {
    double bound = 0.0;  // on the largest eigenvalue
    for (int j = 0; j < n; ++j) {
      double sum = 0.0;
      for (int i = 0; i < n; ++i)
        sum += std::abs(model_.H_v[at_index(i < j ? j + i * n : i + j * n)]);
      bound = std::max(bound, sum);
    }
    if (!std::isfinite(bound) || !H().all_finite() || !H_tau().all_finite()) return false;
    return factor_.compute(model_.H_v.data(), MorseIndex::margin(n) * bound);
  }

  [[nodiscard]] Column solve(Column x) const {
    if (!is_identity_) factor_.solve_in_place(x.data());
    return x;
  }

  [[nodiscard]] Column solve_negative(Column x) const {
    x.negate();
    return solve(x);
  }

  // ----------------------------------------------------------------------------------- steps

  /// The linear solution.
  bool start() {
    is_identity_ = model_.starts_with_identity();
    Column v;
    model_.start(v.data());
    if (!is_identity_ && !factor_.compute(model_.H_v.data(), 0.0)) return false;
    for (int step = 0;; ++step) {
      v -= solve(H());
      model_.derivatives(v.data(), 0.0);
      if (is_rounding()) break;
      if (step == 2 || !H().all_finite()) return false;
    }
    if (!is_identity_ && !factor()) return false;
    nodes_.push_back(place_of(v, 0.0));
    return node().unknown > 0.0 && node().slope.all_finite();
  }

  /// After derivatives().
  [[nodiscard]] Place place_of(const Column& v, double tau) const {
    Place place;
    place.v = v;
    place.tau = tau;
    place.energy = model_.energy;
    place.slope = solve_negative(H_tau());
    place.unknown = std::sqrt(model_.total_weight() + v.squared_norm());
    place.parameter = 1.0 - tau;
    return place;
  }

  /// The series from node(), and how far to go with it.
  bool expand() {
    Column rest;
    model_.start_series(node().tau);
    term_[1] = node().slope;
    int order = 1;
    for (const int last : kOrders) {
      for (; order < last; ++order) {
        model_.append_series(order, term_[at_index(order)].data(), rest.data());
        term_[at_index(order + 1)] = solve_negative(rest);
      }
      approximate(order);
      if (is_trusted(node().parameter)) {
        reach_ = node().parameter;
        return true;
      }
      // What is far from it will not get there.
      if (plain_ < 0.5 * node().parameter / Approximant::furthest) break;
    }
    for (const double share : model_.shares) {
      reach_ = share * node().parameter;
      if (is_trusted(reach_)) return true;
    }
    return false;
  }

  /// Sets the approximant of the terms so far.
  void approximate(int order) {
    order_ = order;
    const double by_unknown = 1.0 / (node().unknown * node().unknown);
    const double by_parameter = 1.0 / (node().parameter * node().parameter);
    const auto product = [&](int i, int j) {
      return term_[at_index(i)].dot(term_[at_index(j)]) * by_unknown +
             (i == 1 && j == 1 ? by_parameter : 0.0);
    };
    const double last = product(order, order), before = product(order - 1, order - 1);
    const double ratio = model_.displacement() / std::sqrt(before);
    excess_ = std::isfinite(ratio) ? std::max(1.0, ratio) : 1.0;
    const auto reach = [&](double square, int k) {
      return std::exp(std::log(tolerance() / (excess_ * std::sqrt(square))) / k);
    };
    plain_ = std::min(reach(before, order - 1), reach(last, order));

    TermProducts products{};
    for (int i = 0; i < fitted_terms; ++i)
      for (int j = 0; j <= i; ++j)
        products[at_index(i)][at_index(j)] = products[at_index(j)][at_index(i)] =
            product(order - 2 - i, order - 2 - j);
    denominator_ = fit_denominator(products, growth_of_terms(product(1, 1), before, last, order));
    set_numerator();
  }

  void set_numerator() {
    for (int k = 1; k <= order_; ++k) {
      Column& sum = numerator_[at_index(k)];
      sum = term_[at_index(k)];
      for (int j = 1; j <= std::min(denominator_degree, k - 1); ++j)
        sum.add(denominator_[at_index(j)], term_[at_index(k - j)]);
    }
    last_ = excess_ * numerator_[at_index(order_)].norm() / node().unknown;
    before_ = excess_ * numerator_[at_index(order_ - 1)].norm() / node().unknown;
  }

  /// Whether the approximant may be used up to a step of length a; becomes the plain series where
  /// that is the better one.
  [[nodiscard]] bool is_trusted(double a) {
    double power = 1.0;
    for (int k = 1; k < order_; ++k) power *= a;
    if (a <= Approximant::furthest * plain_ && stays_above(denominator_, a, smallest_denominator) &&
        std::max(before_, last_ * a) * power <= tolerance() * denominator(a))
      return true;
    if (!(a <= plain_)) return false;
    denominator_ = {1.0};
    set_numerator();
    return true;
  }

  [[nodiscard]] double denominator(double a) const {
    return denominator_[0] + a * (denominator_[1] + a * (denominator_[2] + a * denominator_[3]));
  }

  /// The approximant and its derivative at a distance of a.
  void predict(double a, Column& v, Column& slope) const {
    const double q = denominator(a);
    const double q_slope =
        denominator_[1] + a * (2.0 * denominator_[2] + a * 3.0 * denominator_[3]);
    for (int i = 0; i < n; ++i) {
      double offset = 0.0, rise = 0.0;
      for (int k = order_; k >= 1; --k) {
        const double coefficient = numerator_[at_index(k)][i];
        rise = rise * a + k * coefficient;
        offset = offset * a + coefficient;
      }
      offset *= a / q;
      slope[i] = (rise - offset * q_slope) / q;
      v[i] = node().v[i] + offset;
    }
  }

  [[nodiscard]] double tolerance() const { return options_.predictor.series_tolerance; }
  [[nodiscard]] double agreement() const { return series_agreement * tolerance(); }

  /// Half of the angle between the tangents (slope, 1) in the metric of node(); exact for small ones.
  [[nodiscard]] double half_angle(const Column& slope, const Column& other) const {
    const double ratio = node().parameter / node().unknown;
    const double by = 1.0 / std::sqrt(1.0 + slope.squared_norm() * ratio * ratio);
    const double by_other = 1.0 / std::sqrt(1.0 + other.squared_norm() * ratio * ratio);
    const double along = by - by_other;
    Column difference;
    for (int i = 0; i < n; ++i) difference[i] = by * slope[i] - by_other * other[i];
    const double gap = difference.squared_norm() * ratio * ratio;
    return std::asin(std::min(1.0, 0.5 * std::sqrt(gap + along * along)));
  }

  [[nodiscard]] bool agrees(const Column& predicted, const Column& slope) const {
    const StepControlOptions& rule = options_.step;
    return 2.0 * half_angle(predicted, slope) <=
           std::min(series_agreement_angle * tolerance(), rule.tolerance * rule.angle);
  }

  bool check_half_way() {
    Column v, slope;
    const double a = 0.5 * reach_;
    predict(a, v, slope);
    model_.derivatives(v.data(), node().tau + a);
    is_identity_ = false;
    if (!factor()) return false;
    return solve(H()).norm() <= agreement() * node().unknown &&
           agrees(slope, solve_negative(H_tau()));
  }

  /// To the end of the step, by Newton's method as Corrector does it.
  bool take_step() {
    const bool arrives = reach_ == node().parameter;
    const double tau = arrives ? 1.0 : node().tau + reach_;
    Column v, slope;
    predict(reach_, v, slope);
    const Column guess = v;
    const CorrectorOptions& rule = options_.corrector;
    const double unknown = node().unknown;
    double previous = std::numeric_limits<double>::infinity();
    double displacement = 0.0, contraction = 0.0;
    bool renew = true, converged = false;
    for (int k = 0; !converged; ++k) {
      if (k == rule.max_iterations) return false;
      if (renew) {
        model_.derivatives(v.data(), tau);
        if (!factor()) return false;
      } else {
        model_.gradient(v.data(), tau);
      }
      if (k > 0) displacement += model_.displacement();
      const Column step = solve(H());
      const double length = step.norm() / unknown;
      if (!(length <= agreement())) return false;
      const bool rounding = is_rounding();
      if (k > 0 && !rounding && length > rule.max_contraction * previous) return false;
      if (k == 1 && !rounding) contraction = length / previous;
      v -= step;
      last_step_ = length;
      // What is left is rounding: after this step, or after another at this contraction.
      const double next = k > 0 ? length * (length / previous) : length;
      converged = rounding || (arrives ? next <= std::numeric_limits<double>::epsilon()
                                       : length <= rule.tolerance);
      renew = length > rule.reuse;
      previous = length;
    }
    model_.derivatives(v.data(), tau);
    if (!factor()) return false;
    Place next = place_of(v, tau);
    const StepControlOptions& control = options_.step;
    const double half = half_angle(node().slope, next.slope);
    const double chord = std::hypot(reach_ / node().parameter, v.distance(node().v) / unknown);
    const double length = half > 1e-4 ? chord * half / std::sin(half) : chord;  // as in Segment
    const bool accepted =
        v.distance(guess) <=
            std::min(agreement(), control.tolerance * control.distance) * unknown &&
        displacement + model_.displacement() <=
            std::min(agreement(), control.tolerance * control.displacement) &&
        contraction <= control.tolerance * control.contraction && agrees(slope, next.slope) &&
        length <= control.max && std::isfinite(model_.energy);
    next.arclength = node().arclength + length;
    nodes_.push_back(next);
    return accepted;
  }

  Equations& model_;
  const TrackOptions& options_;

  std::vector<Place> nodes_;

  std::array<Column, kMostOrders + 1> term_, numerator_;  ///< Coefficients of powers of tau.
  Denominator denominator_{1.0};
  int order_ = 0;
  double excess_ = 1.0;               ///< See Approximant.
  double plain_ = 0.0;                ///< How far the plain series reaches.
  double last_ = 0.0, before_ = 0.0;  ///< Sizes of the last two terms of the numerator.
  double reach_ = 0.0;                ///< Length of the step.
  double last_step_ = 0.0;

  SmallCholesky<n> factor_;
  bool is_identity_ = false;  ///< In place of factor_.
};

template <int n>
std::optional<Steps> track_with(Equations& equations, const TrackOptions& options) {
  if (equations.n == n) return MonotoneSteps<n>(equations, options).track();
  if constexpr (n < kMostUnknowns) return track_with<n + 1>(equations, options);
  return std::nullopt;
}

}  // namespace

bool asked_for(const TrackOptions& options) {
  const PredictorOptions& predictor = options.predictor;
  return predictor.kind == PredictorKind::taylor &&
         (predictor.max_order == 0 || predictor.max_order >= monotone::kMostOrders) &&
         options.tau_start == 0.0 && options.tau_target == 1.0 && options.landings.empty() &&
         !options.tau_back && options.step.max >= 1.0;
}

Vector Equations::eigenvalues() const {
  const SymmetricEigen eigen = symmetric_eigenvalues(Eigen::Map<const Matrix>(H_v.data(), n, n));
  return eigen.info() == Eigen::Success ? Vector(eigen.eigenvalues()) : Vector();
}

double Equations::gradient_norm() const { return Eigen::Map<const Vector>(H.data(), n).norm(); }

std::optional<Steps> track(Equations& equations, const TrackOptions& options) {
  return track_with<1>(equations, options);
}

}  // namespace tautrack::monotone
