#include "tautrack/data/held_weights.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/text.hpp"

namespace tautrack {

HeldWeights::HeldWeights(Index columns, std::vector<HeldWeight> held) : held_(std::move(held)) {
  std::sort(held_.begin(), held_.end(),
            [](const HeldWeight& a, const HeldWeight& b) { return a.column < b.column; });
  for (std::size_t k = 0; k < held_.size(); ++k) {
    const auto [column, value] = held_[k];
    const std::string name = "column " + std::to_string(column + 1);
    if (column < 0 || column >= columns)
      throw std::invalid_argument("there is no " + name + " whose weight could be held");
    if (k > 0 && held_[k - 1].column == column)
      throw std::invalid_argument("the weight of " + name + " is held twice");
    if (!std::isfinite(value))
      throw std::invalid_argument("the weight of " + name + " is held at " + number(value) +
                                  ", which is not a finite number");
  }
  if (held_.empty()) return;
  if (static_cast<Index>(held_.size()) == columns)
    throw std::invalid_argument("every weight is held: none is left to be fitted");
  auto next = held_.begin();
  for (Index j = 0; j < columns; ++j) {
    if (next != held_.end() && next->column == j)
      ++next;
    else
      fitted_.push_back(j);
  }
}

Vector HeldWeights::direction(const Vector& fitted) const {
  if (!any()) return fitted;
  Vector all = Vector::Zero(static_cast<Index>(fitted_.size() + held_.size()));
  for (std::size_t j = 0; j < fitted_.size(); ++j) all(fitted_[j]) = fitted(static_cast<Index>(j));
  return all;
}

Vector HeldWeights::weights(const Vector& fitted) const {
  Vector all = direction(fitted);
  for (const HeldWeight& weight : held_) all(weight.column) = weight.value;
  return all;
}

Vector HeldWeights::fitted(const Vector& all) const {
  if (!any()) return all;
  Vector left(static_cast<Index>(fitted_.size()));
  for (std::size_t j = 0; j < fitted_.size(); ++j) left(static_cast<Index>(j)) = all(fitted_[j]);
  return left;
}

std::shared_ptr<const Problem> hold_weights(std::shared_ptr<const Problem> given,
                                            const HeldWeights& held) {
  if (!held.any()) return given;
  const Matrix& X = given->X;
  auto reduced = std::make_shared<Problem>();
  reduced->name = given->name;
  reduced->y = given->y;
  reduced->pattern_weights = given->pattern_weights;
  reduced->X = X(Eigen::all, held.fitted_);
  for (const Index column : held.fitted_)
    reduced->columns.push_back(given->columns[static_cast<std::size_t>(column)]);
  Vector& offset = reduced->offset;
  offset = given->offset.size() > 0 ? given->offset : Vector::Zero(X.rows());
  for (const HeldWeight& weight : held.list()) offset += weight.value * X.col(weight.column);
  for (Index i = 0; i < offset.size(); ++i)
    if (!std::isfinite(offset(i)))
      throw DataError("problem '" + given->name + "': the held weights make a node input of row " +
                      std::to_string(i + 1) + " that is too large for a number");
  if (offset.isZero(0.0)) offset.resize(0);
  return reduced;
}

}  // namespace tautrack
