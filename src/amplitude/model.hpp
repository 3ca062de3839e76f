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

/// Outputs z = end + height phi(X w + offset), one or both plateaus fitted. phi is the activation scaled to (0, 1), counted
/// from the low plateau or from the high one, so that end and end +- height are the plateaus; or it is exp, what
/// is left of a sigmoid when a plateau moves away: then the height is held at +-1, because X has a constant.
/// Without an offset, and with both plateaus fitted, low < high is a choice between two descriptions of one curve; with
/// one it is a restriction, because (height, w, offset) is (-height, -w, -offset).
///
/// The unknowns x are (end, height, w), without what is held.
struct Model {
  Matrix X;         ///< L x s
  Vector offset;    ///< L, a known part of the node inputs, or empty: zero.
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
  [[nodiscard]] double offset_of(Index i) const { return offset.size() > 0 ? offset(i) : 0.0; }
  /// Node inputs of weights w (s): X w + offset.
  [[nodiscard]] Vector inputs(const Vector& w) const;
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

/// Energy 1/2 sum omega (z - y)^2 and its derivatives by coordinates of a frame.
template <class S>
struct Evaluation {
  S energy = 0.0;
  std::vector<S> gradient;  ///< k
  std::vector<S> hessian;   ///< k x k, row by row, both triangles.
  std::vector<S> tangent;   ///< Scratch, k.
};

/// Coordinates z (k) of the unknowns about a point; see frame_at().
template <class S>
struct Frame {
  S end_at = 0.0, height_at = 0.0;
  std::vector<S> end, height;  ///< k, their derivatives.
  std::vector<S> inputs;       ///< L, node inputs at z = 0.
  std::vector<S> rows;         ///< L x k, row by row: their derivatives.
};

namespace detail {

/// phi and its derivatives.
template <class S>
struct Shares {
  S value, first, second;
};

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
  const proof::Tail<S> tail = proof::end_tail(model.sigmoid, from_low, u);
  const S slope = scaled(tail.slope, per_range);
  const S centred =
      from_low ? tail.distance - S(model.sigmoid.height) : S(model.sigmoid.height) - tail.distance;
  const S curved = slope * bend(model.sigmoid, u, centred, [&] { return u * tail.slope; });
  return {scaled(tail.distance, from_low ? per_range : -per_range), slope, curved};
}

/// Adds a pattern: omega r to the gradient along its tangent T = dz/dx, T T' and r times second derivatives to the Hessian.
/// @param row n, du/dx; empty: u does not move.
template <class S>
void add_pattern(const Model& model, const Frame<S>& frame, const S& height, const S& omega,
                 const S& r, const Shares<S>& phi, const S* row, Evaluation<S>& at) {
  using proof::scaled;
  const std::size_t n = frame.height.size();
  const S force = omega * r;
  at.energy = at.energy + scaled(force * r, 0.5);
  const S slope = height * phi.first;
  const S lift = force * phi.first;              // of d height du
  const S turn = force * (height * phi.second);  // of du du
  for (std::size_t j = 0; j < n; ++j) {
    S tangent = frame.end[j] + frame.height[j] * phi.value;
    if (row != nullptr) tangent = tangent + slope * row[j];
    at.tangent[j] = std::move(tangent);
  }
  for (std::size_t j = 0; j < n; ++j) {
    at.gradient[j] = at.gradient[j] + force * at.tangent[j];
    const S pushed = omega * at.tangent[j];
    const S turned = row != nullptr ? turn * row[j] + lift * frame.height[j] : S(0.0);
    const S lifted = row != nullptr ? lift * row[j] : S(0.0);
    for (std::size_t k = j; k < n; ++k) {
      S& entry = at.hessian[j * n + k];
      entry = entry + pushed * at.tangent[k];
      if (row == nullptr) continue;
      entry = entry + turned * row[k];
      if (!model.held_height) entry = entry + lifted * frame.height[k];
    }
  }
}

}  // namespace detail

/// Coordinates about x: x + V z.
/// @param V n x k
template <class S>
[[nodiscard]] Frame<S> frame_at(const Model& model, const Vector& x, const Matrix& V) {
  const Index L = model.X.rows(), s = model.X.cols(), first = model.first_weight(), n = V.cols();
  Frame<S> frame;
  frame.end_at = S(model.end(x));
  frame.height_at = S(model.height(x));
  for (Index k = 0; k < n; ++k) {
    frame.end.push_back(model.known_end ? S(0.0) : S(V(0, k)));
    frame.height.push_back(model.held_height ? S(0.0) : S(V(first - 1, k)));
  }
  for (Index i = 0; i < L; ++i) {
    S u = S(model.X(i, 0)) * S(x(first));
    for (Index j = 1; j < s; ++j) u = u + S(model.X(i, j)) * S(x(first + j));
    if (model.offset.size() > 0) u = u + S(model.offset(i));
    frame.inputs.push_back(std::move(u));
    for (Index k = 0; k < n; ++k) {
      S sum = S(model.X(i, 0)) * S(V(first, k));
      for (Index j = 1; j < s; ++j) sum = sum + S(model.X(i, j)) * S(V(first + j, k));
      frame.rows.push_back(std::move(sum));
    }
  }
  return frame;
}

/// The node input of pattern i at z (k).
template <class S>
[[nodiscard]] S node_input(const Frame<S>& frame, std::size_t i, const std::vector<S>& z) {
  S u = frame.inputs[i];
  for (std::size_t k = 0; k < z.size(); ++k) u = u + frame.rows[i * z.size() + k] * z[k];
  return u;
}

/// E and its derivatives by z. Node inputs are formed from the rows of X V, so that boxes in z are not widened by what
/// cancels between weights.
/// @pre S is double, Interval or Real.
template <class S>
[[nodiscard]] Evaluation<S> evaluate_model(const Model& model, const Frame<S>& frame,
                                           const std::vector<S>& z) {
  const std::size_t n = z.size();
  Evaluation<S> at;
  at.gradient.assign(n, S(0.0));
  at.tangent.assign(n, S(0.0));
  at.hessian.assign(n * n, S(0.0));
  S end = frame.end_at, height = frame.height_at;
  for (std::size_t k = 0; k < n; ++k) {
    end = end + frame.end[k] * z[k];
    height = height + frame.height[k] * z[k];
  }
  for (std::size_t i = 0; i < frame.inputs.size(); ++i) {
    const detail::Shares<S> phi = detail::shares(model, node_input(frame, i, z));
    const auto row = static_cast<Index>(i);
    const S r = (end + height * phi.value) - S(model.y(row));
    detail::add_pattern(model, frame, height, S(model.omega(row)), r, phi, &frame.rows[i * n], at);
  }
  for (const bool is_low : {true, false}) {
    const Saturated& group = is_low ? model.low : model.high;
    if (!(group.weight > 0.0)) continue;
    const bool at_end = is_low == (model.base == Base::low);
    const detail::Shares<S> phi{S(at_end ? 0.0 : (is_low ? -1.0 : 1.0)), S(0.0), S(0.0)};
    const S r = (end + height * phi.value) - S(group.target);
    detail::add_pattern<S>(model, frame, height, S(group.weight), r, phi, nullptr, at);
  }
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t k = 0; k < j; ++k) at.hessian[j * n + k] = at.hessian[k * n + j];
  return at;
}

/// The same by x at one point, in doubles.
[[nodiscard]] Evaluation<double> evaluate_model(const Model& model, const Vector& x);

/// The energy alone.
[[nodiscard]] double energy_of_model(const Model& model, const Vector& x);

/// From one base to the other; x moves with it. @pre No end is known, and phi is not exp.
void turn_base(Model& model, Vector& x);

/// The form of x with low < high: a negative height becomes positive weights turned. @return false when it has none:
/// the height is zero, or negative beside a known end, saturated patterns or an offset.
[[nodiscard]] bool turn_upright(Model& model, Vector& x);

}  // namespace tautrack::amplitude
