#include "auer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <stdexcept>

#include <Eigen/QR>

namespace tautrack::multistart {

namespace {

constexpr double kRatio = 10.0;      ///< Between the scales of one axis.
constexpr double kCondition = 10.0;  ///< Of the matrix that mixes columns, at most.
constexpr int kGridPoints = 20000;   ///< On one axis, to separate the stationary points.

/// The patterns of one axis.
struct Axis {
  Vector x, y;  ///< k

  /// dE/dw at weight w.
  [[nodiscard]] double slope(double w) const {
    double sum = 0.0;
    for (Index j = 0; j < x.size(); ++j) {
      const double cosh = std::cosh(x(j) * w);
      sum += x(j) / cosh / cosh * (std::tanh(x(j) * w) - y(j));
    }
    return sum;
  }

  /// All stationary weights in rising order: minima and maxima in turn.
  [[nodiscard]] std::vector<double> stationary() const {
    // Outside the dips of the single patterns all terms of the slope have one sign.
    const Eigen::ArrayXd dips = y.array().atanh() / x.array();
    const double low = std::log(0.9 * dips.minCoeff());
    const double step = (std::log(1.1 * dips.maxCoeff()) - low) / kGridPoints;
    std::vector<double> found;
    double left = std::exp(low);
    for (int i = 1; i <= kGridPoints; ++i) {
      const double right = std::exp(low + i * step);
      if ((slope(left) < 0.0) != (slope(right) < 0.0)) found.push_back(bisect(left, right));
      left = right;
    }
    return found;
  }

 private:
  [[nodiscard]] double bisect(double left, double right) const {
    const bool is_negative_left = slope(left) < 0.0;
    for (double middle = std::midpoint(left, right); left < middle && middle < right;
         middle = std::midpoint(left, right))
      ((slope(middle) < 0.0) == is_negative_left ? left : right) = middle;
    return left;
  }
};

Axis random_axis(int k, std::mt19937_64& engine) {
  std::uniform_int_distribution<int> base(32, 96);
  std::uniform_int_distribution<int> target(26, 38);
  Axis axis{Vector(k), Vector(k)};
  double scale = base(engine) / 64.0;
  for (int j = 0; j < k; ++j, scale *= kRatio) {
    axis.x(j) = scale;
    axis.y(j) = target(engine) / 64.0;
  }
  return axis;
}

Matrix random_orthogonal(Index s, std::mt19937_64& engine) {
  std::normal_distribution<double> normal;
  Matrix gaussian(s, s);
  for (double& entry : gaussian.reshaped()) entry = normal(engine);
  const Eigen::HouseholderQR<Matrix> qr(gaussian);
  return qr.householderQ();
}

}  // namespace

AuerProblem make_auer_problem(const AuerShape& shape, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  const Index s = shape.s;
  const Index k = shape.k;
  std::vector<Axis> axes;
  std::vector<std::vector<double>> places;
  for (Index a = 0; a < s; ++a) {
    axes.push_back(random_axis(shape.k, engine));
    places.push_back(axes.back().stationary());
    if (places.back().size() != static_cast<std::size_t>(2 * k - 1))
      throw std::logic_error("an axis has " + std::to_string(places.back().size()) +
                             " stationary points instead of " + std::to_string(2 * k - 1));
  }

  // Columns: X = C T; weights: w = T^-1 c.
  const Matrix Q = random_orthogonal(s, engine);
  Matrix T = Q;
  Matrix inverse = Q.transpose();
  if (shape.inputs == Inputs::mixed) {
    const Matrix left = random_orthogonal(s, engine);
    const Matrix right = random_orthogonal(s, engine);
    std::uniform_real_distribution<double> logarithm(0.0, std::log(kCondition));
    Vector stretch(s);
    for (double& entry : stretch) entry = std::exp(logarithm(engine));
    T = Q * left * stretch.asDiagonal() * right.transpose();
    inverse = right * stretch.cwiseInverse().asDiagonal() * left.transpose() * Q.transpose();
  }

  std::vector<Index> rows(static_cast<std::size_t>(k * s));
  std::iota(rows.begin(), rows.end(), Index{0});
  std::shuffle(rows.begin(), rows.end(), engine);
  Matrix X(k * s, s);
  Vector y(k * s);
  for (Index i = 0; i < k * s; ++i) {
    const Index row = rows[static_cast<std::size_t>(i)];
    const Axis& axis = axes[static_cast<std::size_t>(row / k)];
    X.row(i) = axis.x(row % k) * T.row(row / k);
    y(i) = axis.y(row % k);
  }

  AuerProblem out{make_problem(std::move(X), std::move(y)), {}};
  // One stationary weight on each axis, in all combinations; every second one is a maximum.
  std::vector<std::size_t> digits(static_cast<std::size_t>(s), 0);
  for (bool is_over = false; !is_over;) {
    Vector c(s);
    int index = 0;
    for (std::size_t a = 0; a < digits.size(); ++a) {
      c(static_cast<Index>(a)) = places[a][digits[a]];
      index += static_cast<int>(digits[a] % 2);
    }
    out.points.push_back({inverse * c, index});
    is_over = true;
    for (std::size_t a = 0; a < digits.size() && is_over; ++a) {
      digits[a] = (digits[a] + 1) % places[a].size();
      is_over = digits[a] == 0;
    }
  }
  return out;
}

std::vector<long> expected_by_index(const AuerShape& shape) {
  std::vector<long> counts;
  long binomial = 1;
  for (int j = 0; j <= shape.s; ++j) {
    long count = binomial;
    for (int i = 0; i < shape.s; ++i) count *= i < j ? shape.k - 1 : shape.k;
    counts.push_back(count);
    binomial = binomial * (shape.s - j) / (j + 1);
  }
  return counts;
}

std::string to_string(const AuerShape& shape) {
  return "s = " + std::to_string(shape.s) + ", k = " + std::to_string(shape.k) +
         (shape.inputs == Inputs::mixed ? ", mixed" : ", rotated");
}

}  // namespace tautrack::multistart
