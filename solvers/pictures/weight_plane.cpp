#include "pictures/weight_plane.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <Eigen/LU>
#include <fmt/format.h>

namespace tautrack::program {
namespace {

constexpr std::string_view bias = "(bias)";

double root_mean_square(const Vector& values) {
  return values.norm() / std::sqrt(static_cast<double>(values.size()));
}

/// The Hessian of an energy, in units of `typical` of each coordinate.
Matrix hessian_of(const std::function<double(const Vector&)>& energy, const Vector& at,
                  const Vector& typical) {
  constexpr double step = 1e-3;
  const Index n = at.size();
  const double here = energy(at);
  const auto moved = [&](Index j, double a, Index k, double b) {
    Vector point = at;
    point(j) += a * step * typical(j);
    point(k) += b * step * typical(k);
    return energy(point);
  };
  Matrix hessian(n, n);
  for (Index j = 0; j < n; ++j)
    for (Index k = 0; k < n; ++k)
      hessian(j, k) = j == k ? (moved(j, 1, j, 0) - 2.0 * here + moved(j, -1, j, 0)) / (step * step)
                             : (moved(j, 1, k, 1) - moved(j, 1, k, -1) - moved(j, -1, k, 1) +
                                moved(j, -1, k, -1)) /
                                   (4.0 * step * step);
  return hessian;
}

/// How far from a minimum the energy is seen to rise: where its quadratic part has made up half of what it lies below
/// that of the best constant. In coordinates, each within what is typical of it.
Vector bowl(const Matrix& hessian, double lowest, double constant, const Vector& typical) {
  constexpr double narrowest = 0.1, widest = 4.0;
  const double rise = 0.5 * std::max(0.0, constant - lowest);
  const Matrix inverse = hessian.inverse();
  Vector reach(typical.size());
  for (Index j = 0; j < reach.size(); ++j) {
    const double size = std::sqrt(2.0 * rise * inverse(j, j));
    reach(j) = typical(j) * (std::isfinite(size) ? std::clamp(size, narrowest, widest) : widest);
  }
  return reach;
}

}  // namespace

std::string weight_name(const std::string& column) {
  return column == bias ? "bias" : fmt::format("weight of {}", column);
}

WeightWindow::WeightWindow(std::string label, const std::vector<double>& values, double typical,
                           double bending, double around)
    : label_(std::move(label)), axis_(0.0, 1.0) {
  constexpr double very_different = 30.0, sides = 0.22;
  double smallest = std::numeric_limits<double>::infinity(), largest = typical;
  for (const double value : values) {
    if (value != 0.0) smallest = std::min(smallest, std::abs(value));
    largest = std::max(largest, std::abs(value));
  }
  smallest = std::max(smallest, 0.3 * bending);
  const bool is_logarithmic = std::isfinite(smallest) && largest > very_different * smallest;
  axis_ = WeightAxis(is_logarithmic ? smallest : 0.0, 100.0 * largest);
  if (values.empty()) {
    high_ = axis_.position(4.0 * typical);
    low_ = -high_;
    return;
  }
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  is_positive_ = *least > 0.0;
  is_negative_ = *most < 0.0;
  const double spread = sides * (position(*most) - position(*least));
  low_ = std::min(position(*least) - spread, position(*least - around));
  high_ = std::max(position(*most) + spread, position(*most + around));
  if (!(low_ < high_)) {
    low_ -= position(typical);
    high_ += position(typical);
  }
}

void WeightWindow::keep_side() {
  if (is_positive_) low_ = std::max(low_, 0.0);
  if (is_negative_) high_ = std::min(high_, 0.0);
}

NumberAxis WeightWindow::axis() const {
  return {label_ + (axis_.is_logarithmic() ? " (logarithmic)" : ""), low_, high_, false,
          axis_.ticks()};
}

double WeightPlane::energy_of_constant(const Problem& problem) {
  const Vector weights = problem.pattern_weights.size() > 0
                             ? problem.pattern_weights
                             : Vector(Vector::Ones(problem.y.size()));
  const double mean = weights.dot(problem.y) / weights.sum();
  return 0.5 * weights.dot(Vector((problem.y.array() - mean).square()));
}

WeightPlane::WeightPlane(const Problem& problem, const std::vector<Vector>& points, int best,
                         const Energy& energy, double constant) {
  constexpr double oblique = 0.5;  // place of the bias, in standard deviations of the column
  constexpr double far = 1e5;      // typical weights
  const Index count = problem.X.cols();
  const Vector first = problem.X.col(0);
  const double mean = first.mean(), deviation = root_mean_square(first.array() - mean);
  const auto at_coordinates = [&](const Vector& c) { return energy(at(c)); };
  const auto best_coordinates = [&] { return coordinates(points[static_cast<std::size_t>(best)]); };
  if (count == 2 && problem.columns[1] == bias && deviation > 0.0) {
    shift_ = mean;
    if (best >= 0) {  // Where the slope and the bias of the best fit do not depend on each other.
      const Matrix hessian =
          hessian_of(at_coordinates, best_coordinates(), Vector{{1.0 / deviation, 1.0}});
      const double away = hessian(0, 1) / hessian(1, 1);
      if (std::isfinite(away)) shift_ += deviation * std::clamp(away, -3.0, 3.0);
    }
    shift_ = std::abs(shift_) > oblique * deviation
                 ? roundest(shift_ - 0.05 * deviation, shift_ + 0.05 * deviation)
                 : 0.0;
  }
  Vector typical(count), bending(count);
  std::vector<std::string> labels;
  for (Index j = 0; j < count; ++j) {
    const Vector inputs = j == 0 ? Vector(first.array() - shift_) : Vector(problem.X.col(j));
    const double size = root_mean_square(inputs), largest = inputs.cwiseAbs().maxCoeff();
    typical(j) = size > 0.0 ? 1.0 / size : 1.0;
    bending(j) = largest > 0.0 ? 1.0 / largest : 1.0;
    const std::string& column = problem.columns[static_cast<std::size_t>(j)];
    labels.push_back(j == 1 && shift_ != 0.0
                         ? fmt::format("bias at {} = {:.6g}", problem.columns[0], shift_)
                         : weight_name(column));
  }
  std::vector<Vector> kept;
  for (const Vector& point : points)
    if ((coordinates(point).array() / typical.array()).abs().maxCoeff() <= far)
      kept.push_back(coordinates(point));
  if (kept.empty())
    for (const Vector& point : points) kept.push_back(coordinates(point));
  far_points_ = static_cast<int>(points.size() - kept.size());
  Vector around = Vector::Zero(count);
  if (best >= 0)
    around = bowl(hessian_of(at_coordinates, best_coordinates(), typical),
                  at_coordinates(best_coordinates()), constant, typical);
  else if (!points.empty())
    around = typical;
  for (Index j = 0; j < count; ++j) {
    std::vector<double> values;
    for (const Vector& c : kept) values.push_back(c(j));
    windows_.emplace_back(labels[static_cast<std::size_t>(j)], values, typical(j), bending(j),
                          around(j));
  }
}

Vector WeightPlane::coordinates(const Vector& weights) const {
  Vector result = weights;
  if (shift_ != 0.0) result(1) += shift_ * weights(0);
  return result;
}

Vector WeightPlane::at(Vector coordinates) const {
  if (shift_ != 0.0) coordinates(1) -= shift_ * coordinates(0);
  return coordinates;
}

Vector WeightPlane::place(const Vector& weights) const {
  Vector positions = coordinates(weights);
  for (Index j = 0; j < positions.size(); ++j) positions(j) = window(j).position(positions(j));
  return positions;
}

Vector WeightPlane::weights(const Vector& positions) const {
  Vector result = positions;
  for (Index j = 0; j < result.size(); ++j) result(j) = window(j).value(result(j));
  return at(std::move(result));
}

}  // namespace tautrack::program
