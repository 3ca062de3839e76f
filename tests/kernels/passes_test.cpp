#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "kernels/panels.hpp"
#include "support/long_activation.hpp"

namespace passes_test {

namespace {

using tautrack::Activation;
using tautrack::Index;
using tautrack::Matrix;
using tautrack::Vector;
using tautrack::support::activate;
using tautrack::test::for_each_instruction_set;
using tautrack::test::from_panels;
using tautrack::test::random_matrix;
using tautrack::test::RandomNetwork;

namespace kernels = tautrack::kernels;

using Real = long double;
using LongVector = Eigen::Matrix<Real, Eigen::Dynamic, 1>;
using LongMatrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr Activation all_activations[] = {Activation::tanh, Activation::logistic,
                                          Activation::arctan, Activation::erf};
constexpr Index all_rows[] = {1, 7, 8, 9, 15, 16, 17, 33, 250, 1000};
constexpr Index all_columns[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 20, 23, 100};

/// The equations of Perceptron, pattern by pattern.
struct Plain {
  LongVector H, H_tau, u;
  LongMatrix H_v, size;  ///< size: sum omega (1 + |r|) |a| |a|'.
  Real energy = 0, scale = 0;

  Plain(const RandomNetwork& network, Activation activation, const Vector& v, Real tau)
      : H(LongVector::Zero(v.size())),
        H_tau(LongVector::Zero(v.size())),
        u(network.A.cast<Real>() * v.cast<Real>()),
        H_v(LongMatrix::Zero(v.size(), v.size())),
        size(LongMatrix::Zero(v.size(), v.size())) {
    for (Index i = 0; i < network.A.rows(); ++i) {
      Real sigma = 0, first = 0, second = 0;
      activate(activation, u(i), sigma, first, second);
      const LongVector a = network.A.row(i).cast<Real>();
      const Real omega = network.omega(i);
      const Real r = (1 - tau) * u(i) + tau * sigma - network.y(i);
      const Real gain = (1 - tau) + tau * first;
      const Real c = omega * (gain * gain + tau * second * r);
      H += omega * gain * r * a;
      H_tau += omega * ((first - 1) * r + gain * (sigma - u(i))) * a;
      H_v.noalias() += c * a * a.transpose();
      size.noalias() += omega * (1 + std::abs(r)) * a.cwiseAbs() * a.cwiseAbs().transpose();
      energy += omega * r * r;
      scale += std::abs(omega * gain * r) + std::abs(c) * v.cast<Real>().norm();
    }
  }
};

/// Results of a call of the loops, with memory for them.
struct Result {
  explicit Result(const kernels::Kernels& loops, Index n)
      : H(n),
        H_tau(n),
        H_v(Matrix::Zero(n, n)),
        scratch(kernels::numbers(loops.scratch_size(n) + loops.packing_size(n))) {
    sums.scratch = scratch.get();
    sums.H = H.data();
    sums.H_tau = H_tau.data();
    sums.H_v = H_v.data();
  }
  Vector H, H_tau;
  Matrix H_v;
  kernels::Numbers scratch;
  kernels::Sums sums{};
};

kernels::Numbers point_data(const RandomNetwork& network) {
  const Index size = network.all.last * kernels::panel_rows * kernels::point_arrays;
  kernels::Numbers data = kernels::numbers(size);
  std::fill_n(data.get(), size, 0.0);
  return data;
}

/// By the panels of A, or by its columns.
void check(Activation activation, Index L, Index n, bool by_columns) {
  const RandomNetwork network(activation, L, n);
  const kernels::Network view = by_columns ? network.by_columns() : network.view;
  const Vector v = 2.0 * random_matrix(n, 1, 11), before = random_matrix(n, 1, 12);
  const double tau = 0.8;
  const Plain plain(network, activation, v, tau);
  const Vector u_before = network.A * before;
  const Vector u = network.A * v;
  const double displacement =
      ((u - u_before).array().abs() / (1.0 + u_before.array().abs())).maxCoeff();
  for_each_instruction_set([&](const kernels::Kernels& loops) {
    CAPTURE(loops.name);
    CAPTURE(L);
    CAPTURE(n);
    CAPTURE(by_columns);
    const kernels::Numbers data = point_data(network);
    Result first(loops, n), all(loops, n), gradient(loops, n);
    kernels::Point point{before.data(), tau, 1.0 - tau, before.norm(), data.get()};
    loops.gradient(view, point, network.all, first.sums);
    point.v = v.data();
    point.length = v.norm();
    loops.derivatives(view, point, network.all, all.sums);
    CHECK(all.sums.displacement == doctest::Approx(displacement).epsilon(1e-12).scale(0.0));
    const Matrix left = from_panels(data.get(), L, kernels::point_arrays);
    CHECK((left.col(kernels::point_input) - u).cwiseAbs().maxCoeff() <= 20.0 * epsilon * v.norm());

    const auto scale = static_cast<double>(plain.scale);
    CHECK((all.H - plain.H.cast<double>()).norm() <= 20.0 * epsilon * all.sums.scale);
    CHECK((all.H_tau - plain.H_tau.cast<double>()).norm() <=
          1e-13 * static_cast<double>(plain.size.trace()) * (1.0 + v.norm()));
    const Matrix difference = (all.H_v.cast<Real>() - plain.H_v).cast<double>();
    const Matrix size = plain.size.cast<double>();
    for (Index j = 0; j < n; ++j)
      CHECK((difference.col(j).tail(n - j).array().abs() <=
             1e-13 * (1.0 + v.norm()) * size.col(j).tail(n - j).array())
                .all());
    CHECK(all.sums.scale >= 0.9 * scale);
    CHECK(all.sums.energy ==
          doctest::Approx(static_cast<double>(plain.energy)).epsilon(1e-12).scale(0.0));

    loops.gradient(view, point, network.all, gradient.sums);
    CHECK((gradient.H - plain.H.cast<double>()).norm() <= 20.0 * epsilon * all.sums.scale);
    CHECK(gradient.sums.scale == doctest::Approx(all.sums.scale).epsilon(1e-13).scale(0.0));
    CHECK(gradient.sums.displacement <= 100.0 * epsilon * v.norm());
    Result energy(loops, n);
    loops.energy(view, point, network.all, energy.sums);
    CHECK(energy.sums.energy ==
          doctest::Approx(static_cast<double>(plain.energy)).epsilon(1e-12).scale(0.0));
    if (!by_columns) return;

    // Products in single precision; all else as above.
    Result single(loops, n);
    loops.derivatives_single(view, point, network.all, single.sums);
    CHECK((single.H - all.H).norm() <= 20.0 * epsilon * all.sums.scale);
    CHECK((single.H_tau - all.H_tau).norm() <= 1e-13 * size.trace() * (1.0 + v.norm()));
    for (Index j = 0; j < n; ++j)
      CHECK(((single.H_v - all.H_v).col(j).tail(n - j).array().abs() <=
             3e-5 * (1.0 + v.norm()) * size.col(j).tail(n - j).array())
                .all());
  });
}

}  // namespace

TEST_CASE("gradient and derivatives agree with plain long double loops") {
  for (const Index L : all_rows)
    for (const Index n : all_columns) check(Activation::tanh, L, n, false);
}

TEST_CASE("so they do for every activation") {
  for (const Activation activation : all_activations)
    for (const Index L : {7, 16, 33})
      for (const Index n : {1, 3, 8, 9, 20}) check(activation, L, n, false);
}

TEST_CASE("and by the columns of X in place of panels") {
  for (const Index L : all_rows)
    for (const Index n : all_columns)
      if (n > kernels::most_fixed_columns) check(Activation::tanh, L, n, true);
  for (const Activation activation : all_activations) check(activation, 33, 9, true);
  check(Activation::tanh, 3000, 9, true);  // blocks of 64 panels
}

TEST_CASE("two parts of the patterns add up to all of them") {
  for (const Index n : {3, 20}) {
    const RandomNetwork network(Activation::tanh, 250, n);
    const Vector v = random_matrix(n, 1, 13);
    for_each_instruction_set([&](const kernels::Kernels& loops) {
      CAPTURE(loops.name);
      const kernels::Numbers data = point_data(network);
      const kernels::Point point{v.data(), 0.7, 1.0 - 0.7, v.norm(), data.get()};
      Result whole(loops, n), front(loops, n), back(loops, n);
      loops.derivatives(network.view, point, network.all, whole.sums);
      loops.derivatives(network.view, point, {0, 5}, front.sums);
      loops.derivatives(network.view, point, {5, network.all.last}, back.sums);
      CHECK((front.H + back.H - whole.H).norm() <= 20.0 * epsilon * whole.sums.scale);
      CHECK((front.H_v + back.H_v - whole.H_v).norm() <= 1e-13 * whole.H_v.norm());
      CHECK(front.sums.scale + back.sums.scale ==
            doctest::Approx(whole.sums.scale).epsilon(1e-13).scale(0.0));
      CHECK(std::max(front.sums.displacement, back.sums.displacement) <= 1e-13);
    });
  }
}

TEST_CASE("what is not finite shows in H") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {infinity, -infinity, std::numeric_limits<double>::quiet_NaN()}) {
    for (const Activation activation : all_activations) {
      for (const Index n : {3, 20}) {
        for (const double tau : {0.5, 1.0}) {
          CAPTURE(bad);
          CAPTURE(n);
          CAPTURE(tau);
          const RandomNetwork network(activation, 33, n);
          Vector v = random_matrix(n, 1, 14);
          v(n - 1) = bad;
          for_each_instruction_set([&](const kernels::Kernels& loops) {
            CAPTURE(loops.name);
            for (const kernels::Network& view : {network.view, network.by_columns()}) {
              if (n <= kernels::most_fixed_columns && view.panels == nullptr) continue;
              const kernels::Numbers data = point_data(network);
              const kernels::Point point{v.data(), tau, 1.0 - tau, v.norm(), data.get()};
              Result result(loops, n);
              loops.gradient(view, point, network.all, result.sums);
              CHECK_FALSE(result.H.allFinite());
              CHECK_FALSE(std::isfinite(result.sums.scale));
              loops.derivatives(view, point, network.all, result.sums);
              CHECK_FALSE(result.H.allFinite());
              CHECK_FALSE(std::isfinite(result.sums.scale));
            }
          });
        }
      }
    }
  }
}

}  // namespace passes_test
