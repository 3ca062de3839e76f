#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/metric.hpp"
#include "tautrack/core/types.hpp"

#include "core/products.hpp"
#include "network/any_network.hpp"

namespace tautrack::inference {

/// A parameter that is the product of two numbers which x is linear in: with q = y_0 / length their points are
///
///     e^q first + (start + t) e^-q second.
struct ProductParameter {
  Vector first, second;  ///< n
  double start = 0.0;    ///< The parameter at the fit.
  double length = 1.0;   ///< Of dx/dq there.
};

/// Coordinates y (n - 1, fewer beside what is held) of the points of a network at which a parameter is t more than at the fit:
///
///     x = (M + t turn) y + shift t + origin,
///
/// and where the parameter is a product the two terms of that. Column 0 of M is zero then, and there is no turn.
struct Slice {
  Matrix M;       ///< n x (n - 1)
  Matrix turn;    ///< n x (n - 1); empty: zero.
  Vector shift;   ///< n
  Vector origin;  ///< n
  std::optional<ProductParameter> product;
  Vector upright;  ///< n: only points with upright' x > 0 are of the model; empty: all.
  double unit =
      1.0;  ///< What a length of t means something against: the standard error of the parameter.
};

/// What rows with an input of minus infinity add to the energy of the others: they observe a plateau, which is linear in x,
///
///     weight/2 (form' x + shift)^2 + constant,
///
/// as long as the weight of the input, slope' x, is positive.
struct ZeroDoseTerm {
  Vector form, slope;  ///< n
  double shift = 0.0, weight = 0.0, constant = 0.0;
};

/// H(y, t) = dE/dy at tau = 1 on such slices: curves of it are those of constrained stationary points.
class ProfileHomotopy {
 public:
  /// Keep references: all must outlive the homotopy.
  /// @param zero Null: there are no such rows.
  ProfileHomotopy(const AnyNetwork& network, const Slice& slice, const ZeroDoseTerm* zero)
      : network_(&network),
        slice_(&slice),
        zero_(zero),
        work_(network),
        unused_(network.unknowns()) {}

  [[nodiscard]] Index size() const { return slice_->M.cols(); }
  [[nodiscard]] bool symmetric() const { return true; }

  [[nodiscard]] Vector point(const Vector& y, double t) const {
    Vector x = slice_->origin + slice_->shift * t;
    x += times(slice_->M, y);
    if (has_turn()) x += t * times(slice_->turn, y);
    if (slice_->product) {
      const ProductParameter& p = *slice_->product;
      const double q = y(0) / p.length;
      x += std::exp(q) * p.first + (p.start + t) * std::exp(-q) * p.second;
    }
    return x;
  }
  [[nodiscard]] double energy(const Vector& y, double t) {
    const Vector x = point(y, t);
    const double energy = network_->energy(x, 1.0, work_);
    if (zero_ == nullptr) return energy;
    const double miss = zero_->form.dot(x) + zero_->shift;
    return energy + 0.5 * zero_->weight * miss * miss + zero_->constant;
  }
  /// Whether doses of zero are on the side that they are on at the fit, and plateaus are where they belong.
  [[nodiscard]] bool is_on_side(const Vector& y, double t) const {
    if (zero_ == nullptr && slice_->upright.size() == 0) return true;
    const Vector x = point(y, t);
    return (zero_ == nullptr || zero_->slope.dot(x) > 0.0) &&
           (slice_->upright.size() == 0 || slice_->upright.dot(x) > 0.0);
  }
  /// dE/dt along a curve of constrained stationary points: at constant y.
  [[nodiscard]] double slope(const Vector& y, double t) {
    Vector g(network_->unknowns());
    const Vector x = point(y, t);
    network_->gradient(x, 1.0, work_, g);
    if (zero_ != nullptr) add_zero_to(x, g);
    return g.dot(by_t(y));
  }

  void derivatives(const Vector& y, double t, Vector& H, Matrix& H_y, Vector& H_t) {
    evaluate(y, t);
    const Matrix map = this->map(y, t);
    const Vector step = by_t(y);
    H = transposed_times(map, gradient_);
    H_y = product(map.transpose(), product(hessian_, map));
    H_t = transposed_times(map, times(hessian_, step));
    if (has_turn()) H_t += transposed_times(slice_->turn, gradient_);
    if (!slice_->product) return;
    // d2x/dy_0^2 and d2x/dy_0 dt.
    const ProductParameter& p = *slice_->product;
    const double q = y(0) / p.length, on_second = std::exp(-q) * p.second.dot(gradient_);
    H_y(0, 0) +=
        (std::exp(q) * p.first.dot(gradient_) + (p.start + t) * on_second) / (p.length * p.length);
    H_t(0) -= on_second / p.length;
  }

  /// Where slices are curved dx/dy changes with y and t, too.
  void hessian_form_gradient(const Vector& y, double t, const Vector& psi, const Vector& phi,
                             Vector& by_y, double& by_t) {
    const Matrix map = this->map(y, t);
    const Vector step = this->by_t(y), along = times(map, psi), across = times(map, phi);
    Vector third(network_->unknowns());
    double by_tau = 0.0;
    network_->hessian_form_gradient(point(y, t), 1.0, along, across, third, by_tau);
    by_y = transposed_times(map, third);
    by_t = step.dot(third);
    if (!is_curved()) return;
    evaluate(y, t);
    // (d map psi)' Hessian (map phi) + (map psi)' Hessian (d map phi)
    const Vector of_along = times(hessian_, along), of_across = times(hessian_, across);
    if (has_turn()) {
      by_t += times(slice_->turn, psi).dot(of_across) + times(slice_->turn, phi).dot(of_along);
      return;
    }
    const ProductParameter& p = *slice_->product;
    const double q = y(0) / p.length, both = psi(0) * phi(0);
    const Vector rise = (std::exp(q) / (p.length * p.length)) * p.first;
    const Vector decay = (std::exp(-q) / (p.length * p.length)) * p.second;
    // d2x/dy_0^2; d2x/dy_0 dt is -length decay.
    const Vector bend = rise + (p.start + t) * decay;
    const Vector mixed = psi(0) * of_across + phi(0) * of_along, of_bend = times(hessian_, bend);
    by_y += both * transposed_times(map, of_bend);
    by_y(0) += bend.dot(mixed) + both * (rise - (p.start + t) * decay).dot(gradient_) / p.length;
    by_t += both * (step.dot(of_bend) + decay.dot(gradient_)) - p.length * decay.dot(mixed);
  }

  void residual(const Vector& y, double t, Vector& H) {
    at_y_ = y;
    at_t_ = t;
    gradient_.resize(network_->unknowns());
    const Vector x = point(y, t);
    scale_ = network_->gradient(x, 1.0, work_, gradient_);
    if (zero_ != nullptr) scale_ += add_zero_to(x, gradient_);
    H = transposed_times(map(y, t), gradient_);
  }

  /// Where slices are curved, x has coefficients that y and t of lower orders make, and what the Hessian does to
  /// these is added.
  [[nodiscard]] double append_series(int k, const Vector& y_k, double t_k, Vector& rest) {
    if (k == 1) begin_series();
    y_.push_back(y_k);
    t_.push_back(t_k);
    const Matrix map = this->map(y_[0], t_[0]);
    const Vector x_k = times(map, y_k) + t_k * by_t(y_[0]) + made_;
    if (is_curved()) g_.push_back(raw_ + times(hessian_, x_k));
    raw_.resize(network_->unknowns());
    const double size = network_->append_series(k, x_k, 0.0, work_, raw_);
    if (!is_curved()) {
      rest = transposed_times(map, raw_);
      return size;
    }
    // Order k + 1 with y_(k+1) = 0 and t_(k+1) = 0: sum_j (coefficient j of the map)' (k + 1 - j of the gradient).
    Vector back = Vector::Zero(slice_->M.cols());
    if (slice_->product)
      append_product(back);
    else
      append_turn(back);
    rest = transposed_times(map, raw_ + times(hessian_, made_)) + back;
    return size;
  }

  [[nodiscard]] double linearisation_cost() const {
    return 1.5 + static_cast<double>(network_->unknowns()) / 18.0;
  }
  [[nodiscard]] double residual_scale(const Vector&, double) const { return scale_; }
  [[nodiscard]] MetricScales scales(const Vector& y, double t) const {
    return {std::sqrt(network_->total_pattern_weight() + y.squaredNorm()),
            std::hypot(slice_->unit, t)};
  }
  [[nodiscard]] double displacement(const Vector& y, const Vector& dy) {
    return network_->relative_displacement(point(y, at_t_), times(map(y, at_t_), dy), work_);
  }
  [[nodiscard]] double last_displacement() const { return work_.last_displacement(); }
  [[nodiscard]] std::string where(double) const { return "a value of the parameter"; }

 private:
  [[nodiscard]] bool has_turn() const { return slice_->turn.size() > 0; }
  [[nodiscard]] bool is_curved() const { return has_turn() || slice_->product; }
  /// dx/dy
  [[nodiscard]] Matrix map(const Vector& y, double t) const {
    Matrix map = slice_->M;
    if (has_turn()) map += t * slice_->turn;
    if (slice_->product) {
      const ProductParameter& p = *slice_->product;
      const double q = y(0) / p.length;
      map.col(0) = (std::exp(q) * p.first - (p.start + t) * std::exp(-q) * p.second) / p.length;
    }
    return map;
  }
  /// dx/dt
  [[nodiscard]] Vector by_t(const Vector& y) const {
    Vector step = slice_->shift;
    if (has_turn()) step += times(slice_->turn, y);
    if (slice_->product) {
      const ProductParameter& p = *slice_->product;
      step += std::exp(-y(0) / p.length) * p.second;
    }
    return step;
  }

  void begin_series() {
    y_.assign(1, at_y_);
    t_.assign(1, at_t_);
    g_.assign(1, gradient_);
    raw_ = Vector::Zero(network_->unknowns());
    made_ = raw_;
    if (!is_curved()) return;
    AnyNetwork::Workspace work(*network_);
    Vector g(network_->unknowns());
    hessian_.resize(network_->unknowns(), network_->unknowns());
    network_->derivatives(point(at_y_, at_t_), 1.0, work, g, hessian_, unused_);
    add_zero_to_hessian();
    if (!slice_->product) return;
    const double q = at_y_(0) / slice_->product->length;
    growth_ = {std::exp(q), 0.0};
    decay_ = {std::exp(-q), 0.0};
    other_ = {(slice_->product->start + at_t_) * decay_[0], 0.0};
  }
  void append_turn(Vector& back) {
    Vector sum = Vector::Zero(slice_->M.cols());
    for (std::size_t j = 1; j < t_.size(); ++j) {
      const std::size_t other = t_.size() - j;
      sum += t_[j] * y_[other];
      back += t_[j] * transposed_times(slice_->turn, g_[other]);
    }
    made_ = times(slice_->turn, sum);
  }
  /// e^q and e^-q by the recurrences of their derivatives.
  void append_product(Vector& back) {
    const ProductParameter& p = *slice_->product;
    const std::size_t k = t_.size() - 1, next = k + 1;
    const auto q = [&](std::size_t j) { return y_[j](0) / p.length; };
    const double t_0 = p.start + t_[0];
    growth_[k] += growth_[0] * q(k);
    decay_[k] -= decay_[0] * q(k);
    other_[k] += decay_[0] * (t_[k] - t_0 * q(k));
    double growth = 0.0, decay = 0.0, other = 0.0;
    for (std::size_t j = 1; j < next; ++j) {
      const double share = static_cast<double>(j) / static_cast<double>(next) * q(j);
      growth += share * growth_[next - j];
      decay -= share * decay_[next - j];
      other += t_[j] * decay_[next - j];
    }
    other += t_0 * decay;
    growth_.push_back(growth);
    decay_.push_back(decay);
    other_.push_back(other);
    made_ = growth * p.first + other * p.second;
    for (std::size_t j = 1; j <= next; ++j)
      back(0) += (growth_[j] * p.first.dot(g_[next - j]) - other_[j] * p.second.dot(g_[next - j])) /
                 p.length;
  }

  void evaluate(const Vector& y, double t) {
    at_y_ = y;
    at_t_ = t;
    const Index n = network_->unknowns();
    gradient_.resize(n);
    hessian_.resize(n, n);
    const Vector x = point(y, t);
    scale_ = network_->derivatives(x, 1.0, work_, gradient_, hessian_, unused_);
    if (zero_ != nullptr) scale_ += add_zero_to(x, gradient_);
    add_zero_to_hessian();
  }
  /// @return The size of what is added.
  double add_zero_to(const Vector& x, Vector& g) const {
    const double force = zero_->weight * (zero_->form.dot(x) + zero_->shift);
    g += force * zero_->form;
    return std::abs(force) * zero_->form.norm();
  }
  void add_zero_to_hessian() {
    if (zero_ != nullptr) hessian_ += zero_->weight * zero_->form * zero_->form.transpose();
  }

  const AnyNetwork* network_;
  const Slice* slice_;
  const ZeroDoseTerm* zero_;
  AnyNetwork::Workspace work_;
  Vector at_y_;
  double at_t_ = 0.0, scale_ = 0.0;
  Vector gradient_, unused_;  ///< n, by x
  Matrix hessian_;            ///< n x n, by x

  // Of the series so far.
  std::vector<Vector> y_, g_;  ///< Of y, and of the gradient by x.
  std::vector<double> t_;
  Vector raw_;   ///< Coefficient of the gradient of the next order, without that of x.
  Vector made_;  ///< That of x, as far as it is known.
  /// Of e^q, e^-q and (start + t) e^-q; of the last order as far as it is known.
  std::vector<double> growth_, decay_, other_;
};

}  // namespace tautrack::inference
