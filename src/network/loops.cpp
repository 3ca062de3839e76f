#include "network/loops.hpp"

#include "network/traits.hpp"

namespace tautrack {

namespace {

/// The sigmoids without a vectorised form, one by one.
void evaluate_lanes(kernels::Sigmoid sigmoid, const double* u, kernels::Count count, double* out) {
  const Activation activation =
      sigmoid == kernels::Sigmoid::arctan ? Activation::arctan : Activation::erf;
  for (kernels::Count i = 0; i < count; ++i) {
    const ActivationValues sigma = evaluate(activation, u[i]);
    out[kernels::sigmoid_value * count + i] = sigma.value;
    out[kernels::sigmoid_slope * count + i] = sigma.first;
    out[kernels::sigmoid_second * count + i] = sigma.second;
    out[kernels::sigmoid_third * count + i] = sigma.third;
    out[kernels::sigmoid_bend * count + i] = sigma.first == 0.0 ? 0.0 : sigma.second / sigma.first;
    out[kernels::sigmoid_tail * count + i] = sigma.tail;
  }
}

}  // namespace

kernels::Network network_view(Activation activation, const double* panels, const double* patterns,
                              kernels::Count rows, kernels::Count columns) {
  const Range ends = range(activation);
  return {panels,   patterns,  rows,          columns, traits(activation).kernel,
          ends.low, ends.high, evaluate_lanes};
}

}  // namespace tautrack
