#include "amplitude/exponentials.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "amplitude/descents.hpp"
#include "core/decompositions.hpp"
#include "core/products.hpp"

namespace tautrack::amplitude {
namespace {

/// Exponents of starts reach over a range from 1/4 to this.
constexpr double kWidestStart = 16.0;

/// The known part of the exponents of sigmoids, for exponentials with this factor's sign.
Vector exponents_of(const Model& sigmoid, double height) {
  return height * 2.0 * sigmoid.sigmoid.input * sigmoid.offset;
}

/// A start of random slopes with the best offset and factor, the sign of which becomes that of the height; nothing
/// when that is not allowed.
std::optional<Vector> start_of(Model& model, const Model& sigmoid, const Vector& constant,
                               std::optional<double> sign, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  Vector direction(model.X.rows());
  for (Index i = 0; i < direction.size(); ++i) direction(i) = normal(random);
  Vector w = least_squares(model.X, direction);
  Vector u = times(model.X, w);
  const double extent = u.maxCoeff() - u.minCoeff();
  const double size = 0.25 * std::pow(4.0 * kWidestStart, uniform(random));
  if (extent > 0.0) {
    w *= size / extent;
    u *= size / extent;
  }
  if (sigmoid.offset.size() > 0) {
    // What is known belongs to one sign of the factor.
    const double height = sign ? *sign : uniform(random) < 0.5 ? 1.0 : -1.0;
    sign = height;
    model.offset = exponents_of(sigmoid, height);
    u += model.offset;
  } else if (!(extent > 0.0)) {
    return std::nullopt;
  }
  const double top = u.maxCoeff();
  const Vector phi = (u.array() - top).exp();
  const double base_weight = model.low.weight, base_target = model.low.target;
  double factor = 0.0, end = 0.0;
  const Index rows = u.size() + (base_weight > 0.0 ? 1 : 0);
  Matrix columns = Matrix::Zero(rows, model.known_end ? 1 : 2);
  Vector right(rows);
  for (Index i = 0; i < rows; ++i) {
    const bool is_pattern = i < u.size();
    const double root = std::sqrt(is_pattern ? model.omega(i) : base_weight);
    columns(i, 0) = is_pattern ? root * phi(i) : 0.0;
    if (!model.known_end) columns(i, 1) = root;
    right(i) = root * ((is_pattern ? model.y(i) : base_target) -
                       (model.known_end ? *model.known_end : 0.0));
  }
  const Vector best = least_squares(columns, right);
  factor = best(0);
  if (!model.known_end) end = best(1);
  if (factor == 0.0 || !std::isfinite(factor) || (sign && factor * *sign < 0.0))
    return std::nullopt;
  model.held_height = factor > 0.0 ? 1.0 : -1.0;
  w += (std::log(std::abs(factor)) - top) * constant;
  Vector x(model.unknowns());
  if (!model.known_end) x(0) = end;
  x.tail(w.size()) = w;
  return x;
}

/// See exponentials_of(). r is orthogonal to the tangents, and so much of them is taken from e g that little is left:
/// less than is lost in r where the exponential is nearly a straight line.
std::optional<bool> grows_inwards(const Model& model, const PointProof& proof,
                                  Activation activation) {
  const Index first = model.first_weight(), L = model.X.rows(), s = model.X.cols();
  const Frame<Interval> frame = frame_at<Interval>(model, proof.x, proof.V);
  std::vector<Interval> box;
  Interval end = frame.end_at;
  for (Index k = 0; k < proof.reach.size(); ++k) {
    box.emplace_back(-proof.reach(k), proof.reach(k));
    end += frame.end[tautrack::at(k)] * box.back();
  }
  const Vector middle = model.inputs(model.weights(proof.x));
  const double centre = 0.5 * middle.maxCoeff() + 0.5 * middle.minCoeff();
  const Vector e = middle.array().exp();
  const Vector g = activation == Activation::erf ? Vector((middle.array() - centre).square()) : e;
  Matrix tangents(L + 1, first + s);  // the last row: patterns at the end
  Vector right = Vector::Zero(L + 1);
  tangents.setZero();
  for (Index i = 0; i < L; ++i) {
    const double root = std::sqrt(model.omega(i));
    if (first == 1) tangents(i, 0) = root;
    tangents.row(i).tail(s) = root * e(i) * model.X.row(i);
    right(i) = root * e(i) * g(i);
  }
  if (first == 1) tangents(L, 0) = std::sqrt(model.low.weight);
  const Vector part = least_squares(tangents, right);
  Interval sum = 0.0;
  for (Index i = 0; i < L; ++i) {
    const Interval u = node_input(frame, tautrack::at(i), box);
    Interval share = 0.0;
    for (Index j = 0; j < s; ++j) share += Interval(model.X(i, j)) * Interval(part(first + j));
    const Interval grown = proof::exponential(u);
    const Interval r = end + grown * Interval(*model.held_height) - model.y(i);
    const Interval bend =
        activation == Activation::erf ? proof::square(u - Interval(centre)) : grown;
    Interval left = grown * (bend - share);
    if (first == 1) left -= part(0);
    sum += Interval(model.omega(i)) * r * left;
  }
  if (first == 1 && model.low.weight > 0.0)
    sum -= Interval(model.low.weight) * (end - model.low.target) * Interval(part(0));
  sum *= Interval(*model.held_height);
  if (!proof::excludes_zero(sum)) return std::nullopt;
  return sum.upper() < 0.0;
}

}  // namespace

std::vector<ExponentialFit> exponentials_of(const Model& sigmoid, const Vector& constant,
                                            Activation activation, std::optional<double> sign,
                                            int starts, unsigned long seed,
                                            const StopCondition& stop) {
  std::mt19937_64 random(seed);
  Model model = sigmoid;
  model.base = Base::low;
  std::vector<ExponentialFit> found;
  for (int start = 0; start < starts && !stop.is_met(); ++start) {
    std::optional<Vector> x = start_of(model, sigmoid, constant, sign, random);
    if (!x) continue;
    const Descent descent = descend(model, *std::move(x), stop);
    if (!descent.is_minimum) continue;
    const bool is_known = std::any_of(found.begin(), found.end(), [&](const ExponentialFit& other) {
      return other.model.held_height == model.held_height &&
             are_same_inputs(model.X, model.weights(descent.x), other.model.weights(other.proof.x));
    });
    if (is_known) continue;
    ExponentialFit fit;
    fit.model = descent.model;
    fit.proof = prove_point(fit.model, descent.x);
    if (!fit.proof.is_proven || fit.proof.index != 0) continue;
    fit.energy = energy_of_model(fit.model, fit.proof.x);
    fit.is_infimum = grows_inwards(fit.model, fit.proof, activation);
    found.push_back(std::move(fit));
  }
  std::stable_sort(
      found.begin(), found.end(),
      [](const ExponentialFit& a, const ExponentialFit& b) { return a.energy < b.energy; });
  return found;
}

}  // namespace tautrack::amplitude
