#include "tautrack/inference/prediction.hpp"

#include <cmath>

#include "network/inverse.hpp"

namespace tautrack {
namespace {

/// Node inputs, each way, beyond which outputs are plateaus.
constexpr double kFarthest = 40.0;
/// Places in between, in equal steps.
constexpr int kPlaces = 2000;
constexpr int kHalvings = 60;

}  // namespace

InversePrediction inverse_prediction(const SigmoidModel& model, const FittedSigmoid& fit,
                                     const Matrix& covariance, const SingleInput& columns,
                                     double factor, double response, double variance) {
  InversePrediction result;
  const double slope = fit.weights(columns.input);
  const double shift = fit.weights(columns.bias) * columns.bias_value;
  const Range own = range(model.activation);
  const double share = (response - fit.range.low) / (fit.range.high - fit.range.low);
  if (slope != 0.0 && share > 0.0 && share < 1.0)
    result.estimate =
        (inverse_sigmoid(model.activation, own.low + share * (own.high - own.low)) - shift) / slope;
  if (slope == 0.0) return result;
  Matrix row(1, 2);
  row(0, columns.bias) = columns.bias_value;
  FitStatistics statistics;
  statistics.covariance = covariance;
  const auto is_in = [&](double u) {
    row(0, columns.input) = (u - shift) / slope;
    const double miss = sigmoid_outputs(fit, model.activation, row)(0) - response;
    const double error = output_errors(model, fit, statistics, row)(0);
    return std::abs(miss) <= factor * std::sqrt(error * error + variance);
  };
  const auto place = [](int k) { return -kFarthest + 2.0 * kFarthest * k / kPlaces; };
  const auto border = [&](double in, double out) {
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = 0.5 * (in + out);
      (is_in(middle) ? in : out) = middle;
    }
    return in;
  };
  std::optional<double> first, last;  // node inputs of the set
  const auto take = [&](double u) {
    if (!first || u < *first) first = u;
    if (!last || u > *last) last = u;
  };
  for (int k = 0; k <= kPlaces; ++k)
    if (is_in(place(k))) take(place(k));
  if (result.estimate) take(*result.estimate * slope + shift);
  if (!first) {
    result.is_empty = true;
    return result;
  }
  const double step = 2.0 * kFarthest / kPlaces;
  std::optional<double> low, high;  // in node inputs
  if (*first > -kFarthest) low = border(*first, *first - step);
  if (*last < kFarthest) high = border(*last, *last + step);
  const auto input = [&](const std::optional<double>& u) {
    return u ? std::optional((*u - shift) / slope) : std::nullopt;
  };
  result.low = slope > 0.0 ? input(low) : input(high);
  result.high = slope > 0.0 ? input(high) : input(low);
  return result;
}

}  // namespace tautrack
