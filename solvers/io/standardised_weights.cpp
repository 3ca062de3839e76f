#include "io/standardised_weights.hpp"

#include <algorithm>
#include <cmath>

#include "tautrack/data/zero_doses.hpp"

namespace tautrack::program {

StandardisedWeights::StandardisedWeights(const Matrix& all)
    : scales_(all.cols()), means_(Vector::Zero(all.cols())) {
  const bool has_zero = has_zero_doses(all);
  const Matrix positive = has_zero ? Matrix(all(positive_doses(all), Eigen::all)) : Matrix();
  const Matrix& X = has_zero ? positive : all;
  for (Index column = 0; column < X.cols(); ++column) {
    const auto entries = X.col(column).array();
    if (entries.minCoeff() == entries.maxCoeff()) {
      scales_(column) = entries(0);
      if (entries(0) != 0.0) constant_ = column;
    } else {
      means_(column) = entries.mean();
      scales_(column) = std::sqrt((entries - means_(column)).square().mean());
    }
  }
}

StandardisedWeights::StandardisedWeights(const SparseMatrix& X)
    : scales_(Vector::Zero(X.cols())), means_(Vector::Zero(X.cols())) {
  const auto rows = static_cast<double>(X.rows());
  Vector stored = Vector::Zero(X.cols());
  Vector least = Vector::Zero(X.cols());
  Vector largest = Vector::Zero(X.cols());
  const auto for_each = [&X](const auto& take) {
    for (Index row = 0; row < X.rows(); ++row)
      for (SparseMatrix::InnerIterator entry(X, row); entry; ++entry)
        take(entry.col(), entry.value());
  };
  for_each([&](Index column, double value) {
    const bool is_first = stored(column) == 0.0;
    stored(column) += 1.0;
    means_(column) += value / rows;
    least(column) = is_first ? value : std::min(least(column), value);
    largest(column) = is_first ? value : std::max(largest(column), value);
  });
  for_each([&](Index column, double value) {
    const double difference = value - means_(column);
    scales_(column) += difference * difference / rows;
  });
  for (Index column = 0; column < X.cols(); ++column) {
    const double zeros = rows - stored(column);
    if (zeros > 0.0) {
      least(column) = std::min(least(column), 0.0);
      largest(column) = std::max(largest(column), 0.0);
    }
    if (least(column) == largest(column)) {
      scales_(column) = least(column);
      means_(column) = 0.0;
      if (least(column) != 0.0) constant_ = column;
    } else {
      scales_(column) = std::sqrt(scales_(column) + zeros / rows * means_(column) * means_(column));
    }
  }
}

Vector StandardisedWeights::sizes(const Vector& weights) const {
  return weights.cwiseProduct(scales_).cwiseAbs();
}

Vector StandardisedWeights::operator()(const Vector& weights) const {
  Vector standardised = weights.cwiseProduct(scales_);
  if (constant_) standardised(*constant_) += weights.dot(means_);
  return standardised;
}

}  // namespace tautrack::program
