#include "tautrack/data/zero_doses.hpp"

#include <cmath>
#include <limits>

#include "tautrack/data/single_input.hpp"

namespace tautrack {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

}  // namespace

bool is_zero_dose(const Matrix& X, Index row) {
  return (X.row(row).array() == kMinusInfinity).any();
}

bool has_zero_doses(const Matrix& X) { return (X.array() == kMinusInfinity).any(); }

std::vector<Index> positive_doses(const Matrix& X) {
  std::vector<Index> rows;
  for (Index row = 0; row < X.rows(); ++row)
    if (!is_zero_dose(X, row)) rows.push_back(row);
  return rows;
}

Problem without_zero_doses(const Problem& problem) {
  const std::vector<Index> rows = positive_doses(problem.X);
  Problem finite{problem.name, problem.columns, problem.X(rows, Eigen::all), problem.y(rows), {}};
  if (problem.pattern_weights.size() > 0) finite.pattern_weights = problem.pattern_weights(rows);
  if (problem.offset.size() > 0) finite.offset = problem.offset(rows);
  return finite;
}

Vector node_inputs(const Matrix& X, const Vector& w, const Vector& offset) {
  Vector u = X * w;
  for (double& entry : u)
    if (std::isnan(entry)) entry = kMinusInfinity;  // 0 times that
  if (offset.size() > 0) u += offset;
  return u;
}

void check_with_zero_doses(const Problem& problem) {
  const bool has_sizes = problem.y.size() == problem.X.rows();
  if (!has_sizes || !has_zero_doses(problem.X) || !single_input(problem.X)) {
    check(problem);
    return;
  }
  // What is not finite otherwise is told with its row.
  Problem finite = problem;
  for (double& entry : finite.X.reshaped())
    if (entry == kMinusInfinity) entry = 0.0;
  check(finite);
  const Matrix positive = without_zero_doses(problem).X;
  if (positive.rows() == 0 || !single_input(positive))
    throw DataError("problem \"" + problem.name +
                    "\": beside doses of zero there are no two different ones");
}

}  // namespace tautrack
