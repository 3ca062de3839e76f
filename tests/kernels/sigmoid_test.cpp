#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/panels.hpp"

namespace sigmoid_test {

namespace {

using tautrack::Activation;
using tautrack::ActivationValues;
using tautrack::Index;
using tautrack::Matrix;
using tautrack::test::for_each_instruction_set;

namespace kernels = tautrack::kernels;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr std::array<Activation, 4> all_activations{Activation::tanh, Activation::logistic,
                                                    Activation::arctan, Activation::erf};

/// The loops' sigmoids at all u; one column per kernels::SigmoidArray.
Matrix evaluated(const kernels::Kernels& loops, Activation activation, std::vector<double> u) {
  const auto count = static_cast<Index>(u.size());
  u.resize((u.size() + 7) / 8 * 8, 0.0);
  const auto padded = static_cast<Index>(u.size());
  const kernels::Network view = tautrack::network_view(activation, nullptr, nullptr, 0, 0);
  const kernels::Numbers memory = kernels::numbers(padded * (1 + kernels::sigmoid_arrays));
  std::copy(u.begin(), u.end(), memory.get());
  loops.evaluate(view, memory.get(), padded, memory.get() + padded);
  return Matrix::Map(memory.get() + padded, padded, kernels::sigmoid_arrays).topRows(count);
}

/// Whether a and b agree to so many epsilon; in the range of subnormal numbers, absolutely.
bool agree(double a, double b, double epsilons) {
  if (a == b) return true;
  return std::abs(a - b) <= epsilons * epsilon * std::abs(b) + 1e-323;
}

}  // namespace

TEST_CASE("vectorised sigmoids agree with evaluate() to a few epsilon, deep in the tails as well") {
  std::mt19937_64 engine(1);
  std::vector<double> points{0.0,
                             1e-310,
                             1e-300,
                             1e-20,
                             1e-8,
                             0.17,
                             0.35,
                             1.0,
                             18.0,
                             340.0,
                             354.0,
                             360.0,
                             372.0,
                             380.0,
                             700.0,
                             744.0,
                             746.0,
                             1e4,
                             1e300,
                             std::numeric_limits<double>::max(),
                             std::numeric_limits<double>::infinity()};
  for (const double reach : {0.5, 5.0, 40.0, 800.0}) {
    std::uniform_real_distribution<double> uniform(0.0, reach);
    for (int i = 0; i < 500; ++i) points.push_back(uniform(engine));
  }
  const std::size_t half = points.size();
  for (std::size_t i = 0; i < half; ++i) points.push_back(-points[i]);
  for_each_instruction_set([&](const kernels::Kernels& loops) {
    for (const Activation activation : all_activations) {
      const auto name = tautrack::to_string(activation);
      CAPTURE(loops.name);
      CAPTURE(name);
      const Matrix values = evaluated(loops, activation, points);
      for (std::size_t k = 0; k < points.size(); ++k) {
        const auto i = static_cast<Index>(k);
        const ActivationValues expected = evaluate(activation, points[k]);
        CAPTURE(points[k]);
        CHECK(agree(values(i, kernels::sigmoid_value), expected.value, 8.0));
        CHECK(agree(values(i, kernels::sigmoid_slope), expected.first, 8.0));
        CHECK(agree(values(i, kernels::sigmoid_second), expected.second, 12.0));
        CHECK(agree(values(i, kernels::sigmoid_tail), expected.tail, 8.0));
        const double size = expected.first * (2.0 + 6.0 * expected.first);
        if (activation == Activation::tanh || activation == Activation::logistic)
          CHECK(std::abs(values(i, kernels::sigmoid_third) - expected.third) <=
                16.0 * epsilon * size + 1e-323);
        else
          CHECK(values(i, kernels::sigmoid_third) == expected.third);
        if (expected.first > 1e-290)
          CHECK(agree(values(i, kernels::sigmoid_bend), expected.second / expected.first, 16.0));
        CHECK_FALSE(std::isnan(values(i, kernels::sigmoid_bend)));
      }
    }
  });
}

TEST_CASE("vectorised sigmoids are exact at zero, odd to the last bit, and keep a NaN") {
  for_each_instruction_set([&](const kernels::Kernels& loops) {
    CAPTURE(loops.name);
    const Matrix tanh = evaluated(loops, Activation::tanh,
                                  {0.0, std::numeric_limits<double>::quiet_NaN(), 0.3, -0.3, 1.7,
                                   -1.7, 30.0, -30.0, 800.0, -800.0});
    CHECK(tanh(0, kernels::sigmoid_value) == 0.0);
    CHECK(tanh(0, kernels::sigmoid_slope) == 1.0);
    for (Index array = 0; array < kernels::sigmoid_arrays; ++array)
      CHECK(std::isnan(tanh(1, array)));
    for (const Index i : {2, 4, 6, 8}) {
      CHECK(tanh(i, kernels::sigmoid_value) == -tanh(i + 1, kernels::sigmoid_value));
      CHECK(tanh(i, kernels::sigmoid_slope) == tanh(i + 1, kernels::sigmoid_slope));
    }
    CHECK(tanh(8, kernels::sigmoid_value) == 1.0);
    const Matrix logistic = evaluated(loops, Activation::logistic, {0.0});
    CHECK(logistic(0, kernels::sigmoid_value) == 0.5);
    CHECK(logistic(0, kernels::sigmoid_slope) == 0.25);
  });
}

}  // namespace sigmoid_test
