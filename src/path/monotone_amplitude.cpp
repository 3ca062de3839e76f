#include "path/monotone_amplitude.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "tautrack/network/activation.hpp"

#include "path/monotone_steps.hpp"

namespace tautrack {

namespace {

constexpr Index kMostPatterns = 128;
constexpr int kMostAmplitudeUnknowns = 6;
/// Patterns are computed with in groups of so many, the last one filled up with such of weight zero.
constexpr std::size_t kLanes = 8;

/// z = c + b f(A v, tau) - y and its equations, see HiddenLayer: x = (v, b, c), the last two in units of
/// output_unit(). What belongs to a pattern lies in rows of as many numbers as there are patterns.
///
/// A sigma of tanh or logistic kind obeys sigma' = 1 - sigma^2 or sigma - sigma^2, so that all Taylor series come from
/// Cauchy products (Griewank & Walther, Evaluating Derivatives, 2008, section 13.2).
template <int unknowns>
class AmplitudeModel {
 public:
  static constexpr int n = unknowns;
  static constexpr bool is_dear = false;
  static constexpr auto orders = monotone::kOrders;
  using Column = Eigen::Matrix<double, n, 1>;
  using Square = Eigen::Matrix<double, n, n>;

  /// Where the ridge goes, near tau = 1, steps are shorter than those of a perceptron.
  static constexpr int most_steps = 8;
  static constexpr std::array<double, 7> shares = {1.0, 0.85, 0.7, 0.55, 0.45, 0.35, 0.25};

  explicit AmplitudeModel(const HiddenLayer& network)
      : network_(network),
        is_logistic_(network.options().activation == Activation::logistic),
        patterns_((network.patterns() + Index{kLanes} - 1) / Index{kLanes} * Index{kLanes}),
        ridge_(network.options().start_ridge),
        unit_(network.output_unit()),
        size_(network.output_unit() > 0.0 ? std::sqrt(network.total_pattern_weight()) : 1.0),
        norm_(network.space().norm_matrix(Vector())) {
    const Matrix basis = network.space().basis();
    const Index L = network.patterns();
    for (int a = 0; a < rank; ++a) fill(basis_[at(a)], basis.col(a), L);
    fill(weight_, network.pattern_weights(), L);
    fill(target_, network.targets(), L);
    fill(row_norm_, Vector(basis.rowwise().norm()), L);
  }

  [[nodiscard]] static Index size() { return n; }
  [[nodiscard]] bool starts_with_identity() const { return false; }
  [[nodiscard]] Column start() {
    Column x = network_.linear_solution();
    derivatives(x, 0.0);
    return x;
  }

  void gradient(const Column& x, double tau) { evaluate(x, tau); }

  void derivatives(const Column& x, double tau) {
    evaluate(x, tau);
    const double b = unit_ * x(rank), rest = 1.0 - tau;
    H_v.setZero();
    H_tau.setZero();
    Row by_v, cross, moved, of_tau;
    double FF = 0.0, F_sum = 0.0, weights = 0.0, tau_b = 0.0, tau_c = 0.0;
    for (Index i = 0; i < patterns_; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double w = weight_[k], F = F_[0][k], D = D_[0][k], e = e_[0][k], s = s_[0][k];
      const double slope = Q_[0][k], q = b * e;
      const double bend = is_logistic_ ? slope * (1.0 - 2.0 * s) : -2.0 * s * slope;
      by_v[k] = w * b * b * D * D + tau * bend * q;
      moved[k] = w * b * D;
      cross[k] = moved[k] * F + D * e;
      const double F_tau = s - U_[0][k], D_tau = slope - 1.0, e_tau = w * b * F_tau;
      of_tau[k] = D_tau * q + D * b * e_tau;
      FF += w * F * F;
      F_sum += w * F;
      weights += w;
      tau_b += F_tau * e + F * e_tau;
      tau_c += e_tau;
    }
    for (int a = 0; a < rank; ++a) {
      const Row& own = basis_[at(a)];
      for (int other = 0; other <= a; ++other)
        H_v(a, other) = dot(own, basis_[at(other)], by_v) + rest * ridge_ * norm_(a, other);
      H_v(rank, a) = unit_ * dot(own, cross);
      H_v(rank + 1, a) = unit_ * dot(own, moved);
      H_tau(a) = dot(own, of_tau);
      for (int other = 0; other < rank; ++other) H_tau(a) -= ridge_ * norm_(a, other) * x(other);
    }
    const double square = unit_ * unit_;
    H_v(rank, rank) = square * (FF + rest * ridge_);
    H_v(rank + 1, rank) = square * F_sum;
    H_v(rank + 1, rank + 1) = square * weights;
    H_tau(rank) = unit_ * tau_b - ridge_ * square * x(rank);
    H_tau(rank + 1) = unit_ * tau_c;
    ++evaluations;
  }

  void start_series(double tau) {
    tau_ = tau;
    std::copy_n(U_[0].begin(), at_patterns(), u_size_.begin());
    b_[0] = unit_ * last_(rank);
  }

  void append_series(int k, const Column& x_k, Column& rest) {
    const std::size_t now = at(k), next = at(k + 1);
    if (k == 1) begin_order(1);
    const double c = unit_ * x_k(rank + 1), b_now = unit_ * x_k(rank), b_0 = b_[0];
    const double keep = 1.0 - tau_, sign = is_logistic_ ? 1.0 : 0.0;
    b_[now] = b_now;
    displacement_ = output_displacement(last_, x_k);
    set_inputs(x_k, U_[now]);
    double by_b = 0.0, by_c = 0.0;
    for (std::size_t p = 0; p < at_patterns(); ++p) {
      const double u = U_[now][p];
      displacement_ = std::max(displacement_, std::abs(u) / (1.0 + std::abs(u_size_[p])));
      // What order k was lacking without x_k.
      const double s = u * Q_[0][p], Q = s * (sign - 2.0 * s_[0][p]);
      const double F = keep * u + tau_ * s;
      const double e = weight_[p] * (c + b_now * F_[0][p] + b_0 * F);
      s_[now][p] += s;
      Q_[now][p] += Q;
      F_[now][p] += F;
      D_[now][p] += tau_ * Q;
      e_[now][p] += e;
      q_[now][p] += b_now * e_[0][p] + b_0 * e;
    }
    begin_order(k + 1);
    Row of_v;
    for (std::size_t p = 0; p < at_patterns(); p += kLanes) {
      Lanes sum{}, product{};
      for (std::size_t j = 0; j <= next; ++j)
        for (std::size_t l = 0; l < kLanes; ++l) {
          sum[l] += D_[j][p + l] * q_[next - j][p + l];
          product[l] += F_[j][p + l] * e_[next - j][p + l];
        }
      for (std::size_t l = 0; l < kLanes; ++l) {
        of_v[p + l] = sum[l];
        by_b += product[l];
        by_c += e_[next][p + l];
      }
    }
    for (int a = 0; a < rank; ++a) {
      rest(a) = dot(basis_[at(a)], of_v);
      for (int other = 0; other < rank; ++other) rest(a) -= ridge_ * norm_(a, other) * x_k(other);
    }
    rest(rank) = unit_ * by_b - ridge_ * unit_ * unit_ * x_k(rank);
    rest(rank + 1) = unit_ * by_c;
    ++passes;
  }

  [[nodiscard]] double displacement() const { return displacement_; }
  [[nodiscard]] double total_weight() const { return network_.total_pattern_weight(); }

  Column H, H_tau;  ///< Of the last evaluation, as all that follows.
  Square H_v;       ///< Its lower triangle.
  double scale = 0.0, energy = 0.0;
  long evaluations = 0, passes = 0;

 private:
  static constexpr int rank = n - 2;
  static constexpr std::size_t kOrdersKept = monotone::kMostOrders + 1;
  using Row = std::array<double, static_cast<std::size_t>(kMostPatterns)>;
  using Orders = std::array<Row, kOrdersKept>;
  using Lanes = std::array<double, kLanes>;

  [[nodiscard]] std::size_t at_patterns() const { return static_cast<std::size_t>(patterns_); }

  [[nodiscard]] static std::size_t at(int k) { return static_cast<std::size_t>(k); }

  template <class Values>
  void fill(Row& row, const Values& values, Index count) const {
    for (Index i = 0; i < patterns_; ++i)
      row[static_cast<std::size_t>(i)] = i < count ? values(i) : 0.0;
  }

  [[nodiscard]] double dot(const Row& x, const Row& y) const {
    return Eigen::Map<const Eigen::ArrayXd>(x.data(), patterns_)
        .cwiseProduct(Eigen::Map<const Eigen::ArrayXd>(y.data(), patterns_))
        .sum();
  }
  [[nodiscard]] double dot(const Row& x, const Row& y, const Row& z) const {
    return (Eigen::Map<const Eigen::ArrayXd>(x.data(), patterns_) *
            Eigen::Map<const Eigen::ArrayXd>(y.data(), patterns_) *
            Eigen::Map<const Eigen::ArrayXd>(z.data(), patterns_))
        .sum();
  }

  /// out = A v
  void set_inputs(const Column& x, Row& out) const {
    for (Index i = 0; i < patterns_; ++i) {
      const auto p = static_cast<std::size_t>(i);
      double sum = 0.0;
      for (int a = 0; a < rank; ++a) sum += basis_[at(a)][p] * x(a);
      out[p] = sum;
    }
  }

  [[nodiscard]] double output_displacement(const Column& x, const Column& dx) const {
    return std::max(std::abs(dx(rank)) / (size_ + std::abs(x(rank))),
                    std::abs(dx(rank + 1)) / (size_ + std::abs(x(rank + 1))));
  }

  /// H, its scale, the energy and what the last move displaced.
  void evaluate(const Column& x, double tau) {
    const double b = unit_ * x(rank), c = unit_ * x(rank + 1), rest = 1.0 - tau;
    Row before, by_v;
    if (has_point_)
      std::copy_n(U_[0].begin(), at_patterns(), before.begin());
    else
      before.fill(0.0);
    set_inputs(x, U_[0]);
    const double length = x.template head<rank>().norm();
    double moved = 0.0, sum_e = 0.0, sum_Fe = 0.0, square = 0.0, sum = 0.0;
    for (Index i = 0; i < patterns_; ++i) {
      const auto p = static_cast<std::size_t>(i);
      const double u = U_[0][p];
      // As in the tails of evaluate(): slopes do not cancel.
      const double small = std::exp(-std::abs(is_logistic_ ? u : 2.0 * u));
      const double share = 1.0 / (1.0 + small);
      const double slope01 = small * share * share;
      const double s = is_logistic_ ? (u > 0.0 ? share : small * share)
                                    : std::copysign(-std::expm1(-2.0 * std::abs(u)) * share, u);
      const double slope = is_logistic_ ? slope01 : 4.0 * slope01;
      const double F = rest * u + tau * s, D = rest + tau * slope;
      const double r = c + b * F - target_[p], e = weight_[p] * r;
      s_[0][p] = s;
      Q_[0][p] = slope;
      F_[0][p] = F;
      D_[0][p] = D;
      e_[0][p] = e;
      q_[0][p] = b * e;
      by_v[p] = D * b * e;
      sum_e += e;
      sum_Fe += F * e;
      square += e * r;
      moved = std::max(moved, std::abs(u - before[p]) / (1.0 + std::abs(before[p])));
      // As HiddenLayer::Evaluation::scale().
      const double bend = is_logistic_ ? slope * (1.0 - 2.0 * s) : -2.0 * s * slope;
      const double norm = row_norm_[p], size_b = std::abs(b);
      const double size = std::abs(c) + std::abs(target_[p]) + size_b * std::abs(F);
      const double error = weight_[p] * size, shift = size_b * D * weight_[p] * norm * length;
      sum += unit_ * error + length * norm * norm * std::abs(tau * bend * b * e) +
             size_b * norm * D * (error + shift) + unit_ * std::abs(F) * (error + shift) +
             unit_ * D * norm * length * std::abs(e);
    }
    for (int a = 0; a < rank; ++a) H(a) = dot(basis_[at(a)], by_v);
    const Column ridge = penalty(x);
    H(rank) = unit_ * sum_Fe;
    H(rank + 1) = unit_ * sum_e;
    H += (rest * ridge_) * ridge;
    scale = sum + rest * ridge_ * (norm_.norm() * length + unit_ * unit_ * std::abs(x(rank)));
    energy = 0.5 * square + 0.5 * rest * ridge_ * x.dot(ridge);
    displacement_ = has_point_ ? std::max(moved, output_displacement(last_, x - last_))
                               : std::numeric_limits<double>::infinity();
    has_point_ = true;
    last_ = x;
    ++passes;
  }

  /// The gradient of half of |W|^2 + b^2.
  [[nodiscard]] Column penalty(const Column& x) const {
    Column out = Column::Zero();
    for (int a = 0; a < rank; ++a)
      for (int other = 0; other < rank; ++other) out(a) += norm_(a, other) * x(other);
    out(rank) = unit_ * unit_ * x(rank);
    return out;
  }

  /// All of order k that does not need x_k.
  void begin_order(int k) {
    const std::size_t now = at(k);
    const double sign = is_logistic_ ? 1.0 : 0.0, constant = k == 1 ? -1.0 : 0.0;
    b_[now] = 0.0;
    std::array<double, kOrdersKept> share;
    for (std::size_t j = 1; j < now; ++j)
      share[j] = static_cast<double>(j) / static_cast<double>(now);
    for (std::size_t p = 0; p < at_patterns(); p += kLanes) {
      Lanes s{}, square{}, r{}, q{};
      for (std::size_t j = 1; j < now; ++j)
        for (std::size_t l = 0; l < kLanes; ++l) {
          s[l] += share[j] * U_[j][p + l] * Q_[now - j][p + l];
          square[l] += s_[j][p + l] * s_[now - j][p + l];
        }
      for (std::size_t l = 0; l < kLanes; ++l) {
        const double Q = (sign - 2.0 * s_[0][p + l]) * s[l] - square[l];
        s_[now][p + l] = s[l];
        Q_[now][p + l] = Q;
        F_[now][p + l] = tau_ * s[l] + (s_[now - 1][p + l] - U_[now - 1][p + l]);
        D_[now][p + l] = constant + tau_ * Q + Q_[now - 1][p + l];
      }
      for (std::size_t j = 0; j < now; ++j)
        for (std::size_t l = 0; l < kLanes; ++l) r[l] += b_[j] * F_[now - j][p + l];
      for (std::size_t l = 0; l < kLanes; ++l) e_[now][p + l] = weight_[p + l] * r[l];
      for (std::size_t j = 0; j < now; ++j)
        for (std::size_t l = 0; l < kLanes; ++l) q[l] += b_[j] * e_[now - j][p + l];
      for (std::size_t l = 0; l < kLanes; ++l) q_[now][p + l] = q[l];
    }
  }

  const HiddenLayer& network_;
  bool is_logistic_;
  Index patterns_;
  double ridge_, unit_, size_;
  Matrix norm_;
  std::array<Row, static_cast<std::size_t>(rank)> basis_;
  Row weight_, target_, row_norm_, u_size_;
  /// Series: node inputs, sigma and its slope, f and its slope, weighted residuals, and these times b.
  Orders U_, s_, Q_, F_, D_, e_, q_;
  std::array<double, kOrdersKept> b_{};
  Column last_ = Column::Zero();
  bool has_point_ = false;
  double tau_ = 0.0, displacement_ = 0.0;
};

template <int n>
std::optional<MonotoneAmplitudePath> track_amplitude_of(const HiddenLayer& network,
                                                        const TrackOptions& options) {
  if (network.unknowns() != n) {
    if constexpr (n < kMostAmplitudeUnknowns) return track_amplitude_of<n + 1>(network, options);
    return std::nullopt;
  }
  AmplitudeModel<n> model(network);
  monotone::MonotoneSteps steps(model, options);
  if (!steps.track()) return std::nullopt;
  MonotoneAmplitudePath path;
  path.eigenvalues = monotone::eigenvalues_of(model.H_v);
  if (path.eigenvalues.size() == 0) return std::nullopt;
  for (int i = 0; i <= steps.steps(); ++i)
    path.nodes.push_back({steps.node(i).tau, steps.node(i).arclength, steps.node(i).v});
  path.gradient_norm = model.H.norm();
  path.gradient_scale = model.scale;
  path.last_newton_step = steps.last_newton_step();
  path.evaluations = model.evaluations;
  path.passes = model.passes;
  return path;
}

}  // namespace

std::optional<MonotoneAmplitudePath> track_monotone_amplitude(const HiddenLayer& network,
                                                              const TrackOptions& options) {
  const HiddenLayerOptions& model = network.options();
  const bool is_amplitude =
      network.units() == 1 && network.outputs() == 1 && model.output == OutputNode::linear &&
      network.has_free_bias() && model.origin == UnitOrigin::zero && model.start_ridge > 0.0 &&
      model.start_centre.size() == 0 && model.ridge_hidden == 0.0 && model.ridge_output == 0.0 &&
      model.ridge_bias == 0.0 && network.patterns() <= kMostPatterns &&
      (model.activation == Activation::tanh || model.activation == Activation::logistic);
  if (!is_amplitude || !monotone::asked_for(options)) return std::nullopt;
  return track_amplitude_of<3>(network, options);
}

}  // namespace tautrack
