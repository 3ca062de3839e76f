#include "amplitude/model.hpp"

#include "core/products.hpp"
#include "network/traits.hpp"

namespace tautrack::amplitude {

Model model_of(const Problem& problem, Activation activation, const OutputRange& range) {
  Model model;
  model.X = problem.X;
  model.offset = problem.offset;
  model.y = problem.y;
  model.omega =
      problem.pattern_weights.size() > 0 ? problem.pattern_weights : Vector::Ones(problem.X.rows());
  model.sigmoid = traits(activation).form;
  model.known_end = range.low ? range.low : range.high;
  model.base = range.high ? Base::high : Base::low;
  return model;
}

Vector Model::inputs(const Vector& w) const {
  Vector u = times(X, w);
  if (offset.size() > 0) u += offset;
  return u;
}

Evaluation<double> evaluate_model(const Model& model, const Vector& x) {
  const Frame<double> frame = frame_at<double>(model, x, Matrix::Identity(x.size(), x.size()));
  return evaluate_model(model, frame, std::vector<double>(tautrack::at(x.size()), 0.0));
}

double energy_of_model(const Model& model, const Vector& x) {
  const double end = model.end(x), height = model.height(x);
  const Vector u = model.inputs(model.weights(x));
  double energy = 0.0;
  for (Index i = 0; i < u.size(); ++i) {
    const double r = end + height * detail::shares(model, u(i)).value - model.y(i);
    energy += 0.5 * model.omega(i) * r * r;
  }
  const Range plateaus = model.is_exponential() ? Range{end, end} : model.plateaus(x);
  const double low = plateaus.low - model.low.target, high = plateaus.high - model.high.target;
  return energy + 0.5 * (model.low.weight * low * low + model.high.weight * high * high);
}

void turn_base(Model& model, Vector& x) {
  x(0) += model.base == Base::low ? x(1) : -x(1);
  model.base = model.base == Base::low ? Base::high : Base::low;
}

bool turn_upright(Model& model, Vector& x) {
  const double height = model.height(x);
  if (height > 0.0) return true;
  if (!(height < 0.0) || model.known_end || model.low.weight > 0.0 || model.high.weight > 0.0 ||
      model.offset.size() > 0)
    return false;
  // end + h P(u) = end - h' (1 - P(-u)) with h' = -h: the end is the other plateau.
  x(1) = -height;
  x.tail(model.X.cols()) *= -1.0;
  model.base = model.base == Base::low ? Base::high : Base::low;
  return true;
}

}  // namespace tautrack::amplitude
