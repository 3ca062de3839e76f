#include "tautrack/network/layer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/names.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "network/inverse.hpp"
#include "proof/exact_rank.hpp"
#include "proof/rounding.hpp"

namespace tautrack {

namespace {

using proof::kRounding;

constexpr NameTable<Homeomorphism, 3> kAnswers{{
    {Homeomorphism::yes, "yes"},
    {Homeomorphism::no, "no"},
    {Homeomorphism::undecided, "undecided"},
}};

constexpr NameTable<InverseStatus, 3> kStatuses{{
    {InverseStatus::found, "found"},
    {InverseStatus::outside_range, "outside the range"},
    {InverseStatus::singular, "singular"},
}};

void check_points(const Eigen::Ref<const Matrix>& points, Index size, const char* what) {
  if (points.rows() != size)
    throw std::invalid_argument(std::string(what) + " must have " + std::to_string(size) +
                                " coordinates each, got " + std::to_string(points.rows()));
  if (!points.allFinite()) throw std::invalid_argument(std::string(what) + " must be finite");
}

void check_square(const Layer& layer) {
  if (layer.inputs() != layer.outputs())
    throw std::invalid_argument("a layer with an inverse must be square, got " +
                                std::to_string(layer.inputs()) + " inputs and " +
                                std::to_string(layer.outputs()) + " outputs");
}

double node(Activation activation, double u, double tau) {
  if (tau == 1.0) return evaluate(activation, u).value;
  return (1.0 - tau) * u + tau * evaluate(activation, u).value;
}

double node_slope(Activation activation, double u, double tau) {
  return (1.0 - tau) + tau * evaluate(activation, u).first;
}

/// W x + b for every column x.
Matrix node_inputs(const Layer& layer, const Matrix& points) {
  Matrix u = (layer.weights() * points).colwise() + layer.bias();
  if (!u.allFinite()) throw std::invalid_argument("W x + b must not overflow");
  return u;
}

/// The node inputs u with f(u, tau) = y; nothing where a component is outside the range.
std::optional<Vector> inverse_nodes(Activation activation, const Vector& y, double tau,
                                    Index& outside) {
  Vector u(y.size());
  for (Index i = 0; i < y.size(); ++i) {
    u(i) = inverse_node(activation, tau, y(i));
    if (!std::isfinite(u(i))) {
      outside = i;
      return std::nullopt;
    }
  }
  return u;
}

/// A lower bound of the smallest singular value of W, all rounding counted in; 0: none is known.
/// |W^-1| <= |R| / (1 - |I - R W|) for any R with |I - R W| < 1. A sum of n products is off by at
/// most gamma_n times the sum of their sizes (Higham, Accuracy and Stability, 2002, section 3.1).
double singular_value_bound(const Matrix& W) {
  const Index n = W.rows();
  const Matrix R = inverse_of(W);
  if (!R.allFinite()) return 0.0;
  const auto terms = static_cast<double>(n);
  const double gamma = 2.0 * (terms + 2.0) * kRounding;
  const double slack = 1.0 + 4.0 * (terms * terms + 16.0) * kRounding;
  const double underflow = terms * std::numeric_limits<double>::min();
  const Matrix rest = Matrix::Identity(n, n) - R * W;
  const Matrix sizes = R.cwiseAbs() * W.cwiseAbs();
  const Matrix bounds =
      ((rest.cwiseAbs() + gamma * sizes) * slack).array() + (underflow + kRounding * kRounding);
  const double distance = bounds.stableNorm() * slack;
  const double norm = R.stableNorm() * slack;
  if (!(distance < 1.0) || !std::isfinite(norm)) return 0.0;
  const double bound = (1.0 - distance) / norm * (1.0 - 8.0 * kRounding);
  return bound > std::numeric_limits<double>::min() ? bound : 0.0;
}

/// Whether W has full rank, in exact arithmetic; nothing where that is not to be had.
std::optional<bool> has_full_rank([[maybe_unused]] const Matrix& W) {
#ifdef TAUTRACK_WITH_FLINT
  constexpr Index most = 100;
  if (W.rows() <= most) return proof::exact_rank(W) == W.rows();
#endif
  return std::nullopt;
}

double spectral_norm(const Matrix& A) {
  if (!A.allFinite()) return kInfinity;
  return singular_values(A)(0);
}

std::string units(Index count) { return std::to_string(count) + (count == 1 ? " unit" : " units"); }

std::string fewer_units(Index from, Index to) {
  return "it maps " + units(from) + " to " + std::to_string(to) +
         ", and a continuous map to fewer dimensions is not injective (invariance of domain)";
}

std::string more_units(Index from, Index to) {
  return "it maps " + units(from) + " to " + std::to_string(to) +
         ", and no continuous injective map to more dimensions is onto an open set (invariance of "
         "domain)";
}

}  // namespace

std::string_view to_string(Homeomorphism answer) noexcept { return name_of(kAnswers, answer); }

std::string_view to_string(InverseStatus status) noexcept { return name_of(kStatuses, status); }

Layer::Layer(Matrix W, Vector b, Activation activation)
    : W_(std::move(W)), b_(std::move(b)), activation_(activation) {
  if (W_.size() == 0) throw std::invalid_argument("W must have at least one row and one column");
  if (b_.size() != W_.rows())
    throw std::invalid_argument("b must have as many entries as W has rows, " +
                                std::to_string(W_.rows()) + ", got " + std::to_string(b_.size()));
  if (!W_.allFinite() || !b_.allFinite()) throw std::invalid_argument("W and b must be finite");
}

Matrix Layer::apply(const Matrix& points, double tau) const {
  require_tau(tau);
  check_points(points, inputs(), "points");
  const Matrix u = node_inputs(*this, points);
  return u.unaryExpr([&](double input) { return node(activation_, input, tau); });
}

double Layer::condition() const {
  const Vector values = singular_values(W_);
  const double smallest = values(values.size() - 1);
  return smallest > 0.0 ? values(0) / smallest : std::numeric_limits<double>::infinity();
}

Matrix Layer::jacobian(const Vector& x, double tau) const {
  require_tau(tau);
  check_points(x, inputs(), "x");
  const Vector u = node_inputs(*this, x);
  return u.unaryExpr([&](double input) {
            return node_slope(activation_, input, tau);
          }).asDiagonal() *
         W_;
}

Matrix Layer::inverse_jacobian(const Vector& x, double tau) const {
  require_tau(tau);
  check_square(*this);
  check_points(x, inputs(), "x");
  const Vector u = node_inputs(*this, x);
  return inverse_of(W_) * u.unaryExpr([&](double input) {
                             return 1.0 / node_slope(activation_, input, tau);
                           }).asDiagonal();
}

Preimage Layer::inverse(const Vector& y, double tau) const {
  require_tau(tau);
  check_points(y, outputs(), "y");
  if (inputs() != outputs())
    return {InverseStatus::singular, {}, "the layer has no inverse because it is not square"};
  Index outside = 0;
  const auto u = inverse_nodes(activation_, y, tau, outside);
  if (!u)
    return {InverseStatus::outside_range,
            {},
            "component " + std::to_string(outside + 1) + " is " + number(y(outside)) +
                ", outside the open range of the layer"};
  Vector x = solve_square(W_, Vector(*u - b_));
  if (!x.allFinite() || !(singular_value_bound(W_) > 0.0))
    return {InverseStatus::singular, {}, "W is singular to working precision"};
  return {InverseStatus::found, std::move(x), ""};
}

double Layer::determinant() const {
  check_square(*this);
  return determinant_of(W_);
}

HomeomorphismVerdict Layer::homeomorphism() const {
  if (outputs() < inputs()) return {Homeomorphism::no, 0.0, fewer_units(inputs(), outputs())};
  if (outputs() > inputs()) return {Homeomorphism::no, 0.0, more_units(inputs(), outputs())};
  const double bound = singular_value_bound(W_);
  if (bound > 0.0)
    return {Homeomorphism::yes, bound,
            "W is not singular, for its smallest singular value is at least " + number(bound)};
  const auto full = has_full_rank(W_);
  if (!full) return {Homeomorphism::undecided, 0.0, "W is singular, or too close to it to tell"};
  if (*full)
    return {Homeomorphism::yes, 0.0,
            "W is not singular in exact arithmetic, but close to a singular matrix"};
  return {Homeomorphism::no, 0.0, "W is singular: the layer maps whole lines to points"};
}

double Layer::largest_inverse_slope(const Matrix& points, double tau) const {
  return LayerStack({*this}).largest_inverse_slope(points, tau);
}

double Layer::inverse_slope_bound(const Vector& low, const Vector& high, double tau) const {
  require_tau(tau);
  check_square(*this);
  check_points(low, inputs(), "low");
  check_points(high, inputs(), "high");
  if (!(low.array() <= high.array()).all())
    throw std::invalid_argument("low must be at most high in every coordinate");
  // f' falls with |u|.
  const Vector middle = W_ * (0.5 * low + 0.5 * high) + b_;
  const Vector reach = W_.cwiseAbs() * (0.5 * high - 0.5 * low);
  const Vector largest = middle.cwiseAbs() + reach;
  return spectral_norm(
      inverse_of(W_) *
      largest.unaryExpr([&](double u) { return 1.0 / node_slope(activation_, u, tau); })
          .asDiagonal());
}

LayerStack::LayerStack(std::vector<Layer> layers) : layers_(std::move(layers)) {
  if (layers_.empty()) throw std::invalid_argument("a stack must have at least one layer");
  for (std::size_t k = 1; k < layers_.size(); ++k)
    if (layers_[k].inputs() != layers_[k - 1].outputs())
      throw std::invalid_argument("layer " + std::to_string(k + 1) + " must take the " +
                                  std::to_string(layers_[k - 1].outputs()) +
                                  " outputs of the layer before, but has " +
                                  std::to_string(layers_[k].inputs()) + " inputs");
}

Matrix LayerStack::apply(const Matrix& points, double tau) const {
  Matrix images = layers_.front().apply(points, tau);
  for (std::size_t k = 1; k < layers_.size(); ++k) images = layers_[k].apply(images, tau);
  return images;
}

std::vector<Matrix> LayerStack::stages(const Matrix& points, double tau) const {
  std::vector<Matrix> all{points};
  for (const Layer& layer : layers_) all.push_back(layer.apply(all.back(), tau));
  return all;
}

Matrix LayerStack::jacobian(const Vector& x, double tau) const {
  Matrix product = layers_.front().jacobian(x, tau);
  Vector point = x;
  for (std::size_t k = 1; k < layers_.size(); ++k) {
    point = layers_[k - 1].apply(point, tau);
    product = layers_[k].jacobian(point, tau) * product;
  }
  return product;
}

Preimage LayerStack::inverse(const Vector& y, double tau) const {
  Preimage result{InverseStatus::found, y, ""};
  for (std::size_t k = layers_.size(); k-- > 0;) {
    result = layers_[k].inverse(result.x, tau);
    if (result.ok()) continue;
    result.message = "layer " + std::to_string(k + 1) + ": " + result.message;
    break;
  }
  return result;
}

HomeomorphismVerdict LayerStack::homeomorphism() const {
  const Index n = inputs();
  HomeomorphismVerdict result{Homeomorphism::yes, kInfinity, ""};
  for (std::size_t k = 0; k < layers_.size(); ++k)
    if (layers_[k].outputs() < n)
      return {Homeomorphism::no, 0.0,
              "up to layer " + std::to_string(k + 1) + " " + fewer_units(n, layers_[k].outputs())};
  if (outputs() > n) return {Homeomorphism::no, 0.0, more_units(n, outputs())};
  for (std::size_t k = 0; k < layers_.size(); ++k) {
    if (layers_[k].outputs() > n)
      return {Homeomorphism::undecided, 0.0,
              "layer " + std::to_string(k + 1) + " is none, for " +
                  more_units(layers_[k].inputs(), layers_[k].outputs()) +
                  "; whether the whole is one nothing here decides"};
    // If the layers before are injective, their image is open and has parts of the lines that a
    // singular W maps to points.
    const HomeomorphismVerdict one = layers_[k].homeomorphism();
    if (one.answer == Homeomorphism::no)
      return {one.answer, 0.0, "layer " + std::to_string(k + 1) + ": " + one.reason};
    if (one.answer == Homeomorphism::undecided && result.answer == Homeomorphism::yes)
      result = {one.answer, 0.0, "layer " + std::to_string(k + 1) + ": " + one.reason};
    result.smallest_singular_value =
        std::min(result.smallest_singular_value, one.smallest_singular_value);
  }
  if (result.answer == Homeomorphism::yes) result.reason = "every layer is one: no W is singular";
  return result;
}

double LayerStack::largest_inverse_slope(const Matrix& points, double tau) const {
  require_tau(tau);
  for (const Layer& layer : layers_) check_square(layer);
  check_points(points, inputs(), "points");
  const std::vector<Matrix> at = stages(points, tau);
  double largest = 0.0;
  for (Index j = 0; j < points.cols(); ++j) {
    Matrix product = layers_.front().inverse_jacobian(points.col(j), tau);
    for (std::size_t k = 1; k < layers_.size(); ++k)
      product = product * layers_[k].inverse_jacobian(at[k].col(j), tau);
    largest = std::max(largest, spectral_norm(product));
  }
  return largest;
}

}  // namespace tautrack
