#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/network/perceptron.hpp"

namespace series_test {

namespace {

using tautrack::Activation;
using tautrack::Index;
using tautrack::Matrix;
using tautrack::max_series_order;
using tautrack::Perceptron;
using tautrack::PerceptronOptions;
using tautrack::Vector;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr Activation all_activations[] = {Activation::tanh, Activation::logistic,
                                          Activation::arctan, Activation::erf};

/// Coefficients of 1, a, a^2, ...
using Real = long double;
using Coefficients = std::vector<Real>;

Coefficients product(const Coefficients& x, const Coefficients& y) {
  Coefficients z(x.size(), 0.0L);
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; i + j < z.size(); ++j) z[i + j] += x[i] * y[j];
  return z;
}

/// sigma^(k)(u) / k! and, one order less, those of sigma'.
Coefficients taylor(Activation activation, Real u, std::size_t size) {
  const Real pi = std::numbers::pi_v<Real>;
  Coefficients s(size + 1, 0.0L), d(size + 1, 0.0L);
  switch (activation) {
    case Activation::tanh:
    case Activation::logistic: {
      // s' = d and d' = (b - 2 s) d, with b = 0 (tanh) or 1: the tail keeps its digits.
      const bool is_tanh = activation == Activation::tanh;
      s[0] = is_tanh ? std::tanh(u) : 1 / (1 + std::exp(-u));
      d[0] = is_tanh ? 1 / (std::cosh(u) * std::cosh(u))
                     : 1 / ((1 + std::exp(-u)) * (1 + std::exp(u)));
      for (std::size_t k = 0; k < size; ++k) {
        s[k + 1] = d[k] / static_cast<Real>(k + 1);
        Real sum = is_tanh ? 0.0L : d[k];
        for (std::size_t j = 0; j <= k; ++j) sum -= 2 * s[j] * d[k - j];
        d[k + 1] = sum / static_cast<Real>(k + 1);
      }
      break;
    }
    case Activation::arctan: {
      // d (1 + c^2 (u + h)^2) = 1 with c = pi / 2.
      const Real c = pi / 2;
      s[0] = std::atan(c * u) / c;
      for (std::size_t k = 0; k <= size; ++k) {
        Real sum = k == 0 ? 1.0L : 0.0L;
        if (k >= 1) sum -= 2 * c * c * u * d[k - 1];
        if (k >= 2) sum -= c * c * d[k - 2];
        d[k] = sum / (1 + c * c * u * u);
        if (k < size) s[k + 1] = d[k] / static_cast<Real>(k + 1);
      }
      break;
    }
    case Activation::erf:
      // d' = -pi/2 (u + h) d
      s[0] = std::erf(std::sqrt(pi) * u / 2);
      d[0] = std::exp(-pi * u * u / 4);
      for (std::size_t k = 0; k < size; ++k) {
        s[k + 1] = d[k] / static_cast<Real>(k + 1);
        d[k + 1] = -pi / 2 * (u * d[k] + (k >= 1 ? d[k - 1] : 0.0L)) / static_cast<Real>(k + 1);
      }
      break;
  }
  s.resize(size);
  return s;
}

/// The series of outer(u(a)), outer given by its Taylor coefficients at u_0: Horner's rule.
Coefficients composed(const Coefficients& outer, Coefficients u) {
  u[0] = 0.0L;
  Coefficients sum(u.size(), 0.0L);
  for (std::size_t k = outer.size(); k-- > 0;) {
    sum = product(sum, u);
    sum[0] += outer[k];
  }
  return sum;
}

/// Coefficient `order` of H(v(a), tau(a)), and the sum of the absolute values of what it is summed
/// from, pattern by pattern in long double. v holds one coefficient a column.
struct Expected {
  Vector value;
  double size = 0.0;
};
Expected coefficient(const Perceptron& network, const Matrix& v, const Vector& tau, int order) {
  const auto size = static_cast<std::size_t>(order + 1);
  const Matrix A = network.space().basis();
  Coefficients t(size, 0.0L);
  for (Index k = 0; k < tau.size(); ++k) t[static_cast<std::size_t>(k)] = tau(k);
  Expected expected{Vector::Zero(network.unknowns()), 0.0};
  Eigen::Matrix<Real, Eigen::Dynamic, 1> sum(network.unknowns());
  sum.setZero();
  for (Index i = 0; i < network.patterns(); ++i) {
    Coefficients u(size, 0.0L);
    for (Index k = 0; k < v.cols(); ++k)
      u[static_cast<std::size_t>(k)] = A.row(i).cast<Real>().dot(v.col(k).cast<Real>());
    const Coefficients outer = taylor(network.options().activation, u[0], size + 1);
    Coefficients slope(size);
    for (std::size_t k = 0; k < size; ++k) slope[k] = static_cast<Real>(k + 1) * outer[k + 1];
    const Coefficients s = composed(Coefficients(outer.begin(), outer.end() - 1), u);
    const Coefficients d = composed(slope, u);
    Coefficients p(size), e(size);
    for (std::size_t k = 0; k < size; ++k) {
      p[k] = s[k] - u[k];
      e[k] = d[k] - (k == 0 ? 1.0L : 0.0L);
    }
    Coefficients r = product(t, p), D = product(t, e);
    for (std::size_t k = 0; k < size; ++k) r[k] += u[k];
    r[0] -= network.targets()(i);
    D[0] += 1.0L;
    const Real omega = network.pattern_weights()(i);
    sum += omega * product(D, r)[size - 1] * A.row(i).cast<Real>().transpose();
    for (std::size_t k = 0; k < size; ++k)
      expected.size +=
          static_cast<double>(omega * std::abs(D[k] * r[size - 1 - k])) * A.row(i).norm();
  }
  expected.value = sum.cast<double>();
  return expected;
}

Perceptron random_network(Activation activation, Index L, Index s, double ridge = 0.0) {
  std::mt19937_64 engine(static_cast<std::uint64_t>(7 * L + s));
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(0.25, 4.0);
  PerceptronOptions options;
  options.activation = activation;
  options.ridge = ridge;
  options.mixed_precision = false;
  const Matrix X = Matrix::NullaryExpr(L, s, [&] { return normal(engine); });
  const Vector y = Vector::NullaryExpr(L, [&] { return 0.7 * normal(engine); });
  const Vector omega = Vector::NullaryExpr(L, [&] { return uniform(engine); });
  return Perceptron(tautrack::make_problem(X, y, "random", {}, omega), options);
}

/// Coefficients of a curve: node inputs of the order of one, falling with k.
struct Curve {
  Matrix v;
  Vector tau;
};
Curve random_curve(const Perceptron& network, int order, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  Curve curve{Matrix(network.unknowns(), order + 1), Vector(order + 1)};
  const double size =
      std::sqrt(static_cast<double>(network.patterns()) / static_cast<double>(network.unknowns()));
  for (int k = 0; k <= order; ++k) {
    const double fall = size * std::pow(0.6, k);
    for (Index j = 0; j < network.unknowns(); ++j) curve.v(j, k) = fall * normal(engine);
    curve.tau(k) = k == 0 ? 0.8 : 0.3 * std::pow(0.6, k) * normal(engine);
  }
  return curve;
}

/// Largest error of `rest` for orders up to that of the curve, in units of epsilon times what the
/// coefficient is summed from.
double largest_error(const Perceptron& network, const Curve& curve, Perceptron::Workspace& work) {
  Vector H(network.unknowns()), rest(network.unknowns());
  network.gradient(curve.v.col(0), curve.tau(0), work, H);
  double largest = 0.0;
  for (int k = 1; k < curve.tau.size(); ++k) {
    network.append_series(k, curve.v.col(k), curve.tau(k), work, rest);
    const Expected expected =
        coefficient(network, curve.v.leftCols(k + 1), curve.tau.head(k + 1), k + 1);
    largest = std::max(largest, (rest - expected.value).norm() / (epsilon * expected.size));
  }
  return largest;
}

}  // namespace

TEST_CASE("append_series() gives the coefficients of H along the curve up to the highest order") {
  for (const Activation activation : all_activations) {
    const auto name = tautrack::to_string(activation);
    CAPTURE(name);
    const int order = max_series_order;
    for (const Index n : {1, 3, 8, 9, 20}) {
      CAPTURE(n);
      const Perceptron network = random_network(activation, 25, n);
      Perceptron::Workspace work(network);
      CHECK(largest_error(network, random_curve(network, order, 1), work) <= 100.0);
    }
  }
}

TEST_CASE("a ridge term, pattern weights and several parts of the patterns change nothing else") {
  const int order = 6;
  for (const double ridge : {0.0, 0.5}) {
    const Perceptron network = random_network(Activation::tanh, 4000, 70, ridge);
    Perceptron::Workspace work(network);
    CHECK(largest_error(network, random_curve(network, order, 2), work) <= 100.0);
  }
}

TEST_CASE("a series starts again with k = 1, after another evaluation or the same one") {
  const Perceptron network = random_network(Activation::tanh, 20, 4);
  Perceptron::Workspace work(network), other(network);
  const Curve curve = random_curve(network, 3, 3), other_curve = random_curve(network, 5, 4);
  Vector H(4), rest(4), again(4);
  const auto series = [&](Perceptron::Workspace& space, Vector& result) {
    for (int k = 1; k <= 3; ++k)
      network.append_series(k, curve.v.col(k), curve.tau(k), space, result);
  };
  network.gradient(curve.v.col(0), curve.tau(0), other, H);
  series(other, rest);
  (void)largest_error(network, other_curve, work);
  network.gradient(curve.v.col(0), curve.tau(0), work, H);
  series(work, again);
  CHECK(again == rest);
  series(work, again);
  CHECK(again == rest);
  // derivatives() leaves the same point behind.
  Matrix H_v(4, 4);
  Vector H_tau(4);
  network.derivatives(curve.v.col(0), curve.tau(0), work, H, H_v, H_tau);
  series(work, again);
  CHECK((again - rest).norm() <= 1e-13 * rest.norm());
}

}  // namespace series_test
