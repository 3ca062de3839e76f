#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/data/output_range.hpp"
#include "tautrack/network/activation.hpp"

#include "core/numbers.hpp"
#include "proof/interval.hpp"
#include "proof/sigmoid.hpp"

/// Amplitude models with any number of inputs: one formula for what is searched in doubles and proven in intervals
/// or balls.
namespace tautrack::amplitude {

using proof::Interval;

/// The plateau that outputs are counted from. Near it nothing cancels, however far away the other one is.
enum class Base { low, high };

/// Patterns that are saturated for good, put together: their weight and mean target.
struct Saturated {
  double weight = 0.0, target = 0.0;
};

/// Outputs z = end + height phi(X w), one or both plateaus fitted. phi is the activation scaled to (0, 1), counted
/// from the low plateau or from the high one, so that end and end +- height are the plateaus; or it is exp, what
/// is left of a sigmoid when a plateau moves away: then the height is held at +-1, because X has a constant.
///
/// The unknowns x are (end, height, w), without what is held.
struct Model {
  Matrix X;         ///< L x s
  Vector y, omega;  ///< L
  Saturated low, high;
  std::optional<double> known_end;
  std::optional<double> held_height;  ///< Then phi is exp.
  Base base = Base::low;
  proof::Sigmoid sigmoid;

  [[nodiscard]] bool is_exponential() const { return held_height.has_value(); }
  [[nodiscard]] Index first_weight() const { return (known_end ? 0 : 1) + (held_height ? 0 : 1); }
  [[nodiscard]] Index unknowns() const { return first_weight() + X.cols(); }
  [[nodiscard]] Vector weights(const Vector& x) const { return x.tail(X.cols()); }
  [[nodiscard]] double height(const Vector& x) const {
    return held_height ? *held_height : x(first_weight() - 1);
  }
  [[nodiscard]] double end(const Vector& x) const { return known_end ? *known_end : x(0); }
  [[nodiscard]] Range plateaus(const Vector& x) const {
    const double e = end(x), h = height(x);
    return base == Base::low ? Range{e, e + h} : Range{e - h, e};
  }
};

/// Sigmoids of a problem; the base is the known plateau, or the low one.
[[nodiscard]] Model model_of(const Problem& problem, Activation activation,
                             const OutputRange& range);

/// Energy 1/2 sum omega (z - y)^2 and its derivatives.
template <class S>
struct Evaluation {
  S energy = 0.0;
  std::vector<S> gradient;  ///< n
  std::vector<S> hessian;   ///< n x n, row by row, both triangles.
};

namespace detail {

/// phi and its derivatives.
template <class S>
struct Shares {
  S value, first, second;
};

/// Distance to the end on one side, and the slope.
template <class S>
proof::Tail<S> end_tail(const proof::Sigmoid& sigmoid, bool from_low, const S& u) {
  return proof::tail_over(sigmoid, from_low, u);
}
/// In doubles exp overflows beyond the other end.
[[nodiscard]] inline proof::Tail<double> end_tail(const proof::Sigmoid& sigmoid, bool from_low,
                                                  double u) {
  if ((u > 0.0) != from_low) return proof::tail_over(sigmoid, from_low, u);
  const proof::Tail<double> other = proof::tail_over(sigmoid, !from_low, u);
  return {2.0 * sigmoid.height - other.distance, other.slope};
}

template <class S>
Shares<S> shares(const Model& model, const S& u) {
  using proof::bend;
  using proof::exponential;
  using proof::scaled;
  if (model.is_exponential()) {
    S value = exponential(u);
    return {value, value, value};
  }
  const bool from_low = model.base == Base::low;
  const double per_range = 0.5 / model.sigmoid.height;  // a power of two
  const proof::Tail<S> tail = end_tail(model.sigmoid, from_low, u);
  const S slope = scaled(tail.slope, per_range);
  const S centred =
      from_low ? tail.distance - S(model.sigmoid.height) : S(model.sigmoid.height) - tail.distance;
  const S curved = slope * bend(model.sigmoid, u, centred, [&] { return u * tail.slope; });
  return {scaled(tail.distance, from_low ? per_range : -per_range), slope, curved};
}

/// Adds what depends on the plateaus alone. @param r, phi Of one pattern.
template <class S>
void add_linear(const Model& model, const S& omega, const S& r, const S& phi, Evaluation<S>& at) {
  using proof::scaled;
  const auto n = static_cast<std::size_t>(model.unknowns());
  std::size_t k = 0;
  const S force = omega * r;
  at.energy = at.energy + scaled(force * r, 0.5);
  const bool free_end = !model.known_end;
  if (free_end) {
    at.gradient[k] = at.gradient[k] + force;
    at.hessian[k * n + k] = at.hessian[k * n + k] + omega;
    ++k;
  }
  if (model.held_height) return;
  const S weighted = omega * phi;
  at.gradient[k] = at.gradient[k] + force * phi;
  at.hessian[k * n + k] = at.hessian[k * n + k] + weighted * phi;
  if (free_end) at.hessian[k] = at.hessian[k] + weighted;
}

}  // namespace detail

/// @param x n. @pre S is double, Interval or Real.
template <class S>
[[nodiscard]] Evaluation<S> evaluate_model(const Model& model, const std::vector<S>& x) {
  const auto n = static_cast<std::size_t>(model.unknowns());
  const auto first = static_cast<std::size_t>(model.first_weight());
  const std::size_t s = n - first;
  Evaluation<S> at;
  at.gradient.assign(n, S(0.0));
  at.hessian.assign(n * n, S(0.0));
  const S end = model.known_end ? S(*model.known_end) : x[0];
  const S height = model.held_height ? S(*model.held_height) : x[first - 1];
  const std::size_t row_of_height = first - 1;
  for (Index i = 0; i < model.X.rows(); ++i) {
    S u = S(model.X(i, 0)) * x[first];
    for (std::size_t j = 1; j < s; ++j) u = u + S(model.X(i, static_cast<Index>(j))) * x[first + j];
    const detail::Shares<S> phi = detail::shares(model, u);
    const S omega(model.omega(i));
    const S r = (end + height * phi.value) - S(model.y(i));
    detail::add_linear(model, omega, r, phi.value, at);
    const S slope = height * phi.first;
    const S push = omega * slope;  // what the end makes of a move of u
    const S force = push * r;
    const S turn = push * slope + omega * r * (height * phi.second);
    // A height of its own adds omega (r + height phi) phi'.
    const S mixed = model.held_height ? S(0.0) : omega * phi.first * (r + height * phi.value);
    for (std::size_t j = 0; j < s; ++j) {
      const S x_j(model.X(i, static_cast<Index>(j)));
      const std::size_t row = first + j;
      at.gradient[row] = at.gradient[row] + force * x_j;
      if (!model.known_end) at.hessian[row] = at.hessian[row] + push * x_j;
      if (!model.held_height)
        at.hessian[row_of_height * n + row] = at.hessian[row_of_height * n + row] + mixed * x_j;
      const S turned = turn * x_j;
      for (std::size_t k = j; k < s; ++k)
        at.hessian[row * n + first + k] =
            at.hessian[row * n + first + k] + turned * S(model.X(i, static_cast<Index>(k)));
    }
  }
  for (const bool is_low : {true, false}) {
    const Saturated& group = is_low ? model.low : model.high;
    if (!(group.weight > 0.0)) continue;
    const bool at_end = is_low == (model.base == Base::low);
    const S phi(at_end ? 0.0 : (is_low ? -1.0 : 1.0));
    const S r = (end + height * phi) - S(group.target);
    detail::add_linear(model, S(group.weight), r, phi, at);
  }
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t k = 0; k < j; ++k) at.hessian[j * n + k] = at.hessian[k * n + j];
  return at;
}

/// The energy alone.
[[nodiscard]] double energy_of_model(const Model& model, const Vector& x);

/// From one base to the other; x moves with it. @pre No end is known, and phi is not exp.
void turn_base(Model& model, Vector& x);

/// The form of x with low < high: a negative height becomes positive weights turned. @return false when it has none:
/// the height is zero, or negative beside a known end or saturated patterns.
[[nodiscard]] bool turn_upright(Model& model, Vector& x);

}  // namespace tautrack::amplitude
