#include "tautrack/network/data_symmetry.hpp"

#include <algorithm>
#include <numeric>

#include "core/numbers.hpp"

namespace tautrack {

namespace {

/// Symmetries of the data beyond this number are not looked for.
constexpr std::size_t kMostSymmetries = 10000;

}  // namespace

std::vector<DataSymmetry> data_symmetries(const HiddenLayer& network) {
  const Matrix& X = network.inputs();
  const Index L = X.rows(), s = X.cols(), K = network.outputs();
  DataSymmetry same;
  same.column.resize(at(s));
  std::iota(same.column.begin(), same.column.end(), Index{0});
  same.sign = Vector::Ones(s);
  same.output_sign = Vector::Ones(K);
  std::vector<DataSymmetry> all{same};
  if (network.has_offset()) return all;

  // Columns with the same numbers, up to order, and their negatives; zero has one sign.
  const auto sorted = [](Vector column) {
    column.array() += 0.0;
    std::sort(column.begin(), column.end());
    return column;
  };
  std::vector<Vector> plus, minus;
  for (Index j = 0; j < s; ++j) {
    plus.push_back(sorted(X.col(j)));
    minus.push_back(sorted(-X.col(j)));
  }
  const HiddenLayerOptions& options = network.options();
  const Range ends = range(options.activation);
  const bool may_turn_outputs =
      (options.output == OutputNode::linear || ends.low + ends.high == 0.0) &&
      options.held_output_bias.value_or(0.0) == 0.0;
  const Matrix Y = network.targets().reshaped(L, K);
  const auto table = [&](const DataSymmetry& of) {
    std::vector<std::vector<double>> rows;
    for (Index i = 0; i < L; ++i) {
      std::vector<double>& row = rows.emplace_back();
      for (Index j = 0; j < s; ++j) row.push_back(of.sign(j) * X(i, of.column[at(j)]) + 0.0);
      for (Index k = 0; k < K; ++k) row.push_back(of.output_sign(k) * Y(i, k) + 0.0);
      row.push_back(network.pattern_weights()(i));
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  };
  const auto as_given = table(same);

  std::size_t tried = 0;
  std::vector<bool> is_taken(at(s), false);
  DataSymmetry trial = same;
  const auto try_outputs = [&] {
    const Index signs = may_turn_outputs ? Index{1} << std::min<Index>(K, 10) : 1;
    for (Index bits = 0; bits < signs; ++bits) {
      for (Index k = 0; k < K; ++k) trial.output_sign(k) = (bits >> k) & 1 ? -1.0 : 1.0;
      if (++tried > kMostSymmetries) return;
      const bool is_same = trial.column == same.column && trial.sign == same.sign && bits == 0;
      if (!is_same && table(trial) == as_given) all.push_back(trial);
    }
  };
  const auto assign = [&](const auto& self, Index j) -> void {
    if (tried > kMostSymmetries) return;
    if (j == s) {
      try_outputs();
      return;
    }
    for (Index from = 0; from < s; ++from) {
      if (is_taken[at(from)]) continue;
      for (const double sign : {1.0, -1.0}) {
        if ((sign > 0.0 ? plus : minus)[at(from)] != plus[at(j)]) continue;
        is_taken[at(from)] = true;
        trial.column[at(j)] = from;
        trial.sign(j) = sign;
        self(self, j + 1);
        is_taken[at(from)] = false;
      }
    }
  };
  assign(assign, 0);
  // Of a part of a group counts would be wrong.
  if (tried > kMostSymmetries) all.resize(1);
  return all;
}

}  // namespace tautrack
