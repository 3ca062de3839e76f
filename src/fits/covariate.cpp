#include "fits/covariate.hpp"

#include <algorithm>
#include <numeric>

#include "tautrack/data/single_input.hpp"
#include "tautrack/data/zero_doses.hpp"

namespace tautrack::fits {
std::optional<Covariate> covariate_of(const Problem& problem) {
  need_no_offset(problem, "a curve with fitted plateaus");
  const Matrix& X = problem.X;
  const auto columns = single_input(X);
  if (!columns) return std::nullopt;
  Covariate data;
  data.input = columns->input;
  data.bias = columns->bias;
  data.bias_value = columns->bias_value;
  std::vector<Index> order(static_cast<std::size_t>(X.rows()));
  std::iota(order.begin(), order.end(), Index{0});
  const auto value = [&](Index row) { return X(row, data.input); };
  std::stable_sort(order.begin(), order.end(),
                   [&](Index a, Index b) { return value(a) < value(b); });
  const auto weight = [&](Index row) {
    return problem.pattern_weights.size() > 0 ? problem.pattern_weights(row) : 1.0;
  };
  data.level_of.resize(order.size());
  const bool has_zero = has_zero_doses(X);
  for (std::size_t k = 0; k < order.size();) {
    std::size_t end = k;
    const bool is_zero = has_zero && k == 0;
    double total = 0.0, sum = 0.0;
    // Relative to the first target, so that equal targets have themselves for a mean.
    const double origin = problem.y(order[k]);
    for (; end < order.size() && value(order[end]) == value(order[k]); ++end) {
      total += weight(order[end]);
      sum += weight(order[end]) * (problem.y(order[end]) - origin);
      data.level_of[static_cast<std::size_t>(order[end])] = is_zero ? kZeroDose : data.size();
    }
    const double mean = origin + sum / total;
    for (std::size_t i = k; i < end; ++i) {
      const double deviation = problem.y(order[i]) - mean;
      data.energy += 0.5 * weight(order[i]) * deviation * deviation;
    }
    if (is_zero) {
      data.zero = {mean, total};
    } else {
      data.values.push_back(value(order[k]));
      data.means.push_back(mean);
      data.weights.push_back(total);
    }
    k = end;
  }
  return data;
}

}  // namespace tautrack::fits
