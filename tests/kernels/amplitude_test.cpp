// The loops over one sigmoid with a linear output, against the same network as a HiddenLayer, which knows nothing of them.

#include <algorithm>
#include <array>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/network/hidden_layer.hpp"

#include "kernels/panels.hpp"

namespace amplitude_kernels_test {

namespace {

using namespace tautrack;
using tautrack::test::for_each_instruction_set;
using tautrack::test::random_matrix;

constexpr Index kOrders = 8;

/// The patterns of a network as the loops read them, and room for a series.
struct Patterns {
  explicit Patterns(const HiddenLayer& network) {
    const Matrix A = network.space().basis();
    const Index L = A.rows(), n = A.cols(), group = kernels::amplitude_group;
    const Index groups = (L + group - 1) / group, arrays = n + kernels::amplitude_patterns;
    const Index order = kOrders * kernels::amplitude_order_size;
    patterns = kernels::numbers(groups * arrays * group);
    series = kernels::numbers(groups * order);
    std::fill_n(patterns.get(), groups * arrays * group, 0.0);
    std::fill_n(series.get(), groups * order, 0.0);
    for (Index i = 0; i < L; ++i) {
      const auto put = [&](Index array, double value) {
        patterns[static_cast<std::size_t>((i / group * arrays + array) * group + i % group)] =
            value;
      };
      for (Index a = 0; a < n; ++a) put(a, A(i, a));
      put(n + kernels::amplitude_target, network.targets()(i));
      put(n + kernels::amplitude_weight, network.pattern_weights()(i));
      put(n + kernels::amplitude_norm, A.row(i).norm());
    }
    view = {patterns.get(),
            series.get(),
            L,
            n,
            kOrders,
            network.options().activation == Activation::tanh};
  }
  kernels::Numbers patterns, series;
  kernels::Amplitude view{};
};

/// Worst difference relative to the largest entry.
double error(const Vector& value, const Vector& expected) {
  return (value - expected).cwiseAbs().maxCoeff() / expected.cwiseAbs().maxCoeff();
}

}  // namespace

TEST_CASE("derivatives and series of one sigmoid with a linear output are those of the network") {
  for_each_instruction_set([](const kernels::Kernels& loops) {
    CAPTURE(loops.name);
    for (const Activation activation : {Activation::tanh, Activation::logistic})
      for (Index n = 1; n <= kernels::most_amplitude_columns; ++n)
        for (const Index L : {Index{n + 3}, Index{16}, Index{29}}) {
          CAPTURE(n);
          CAPTURE(L);
          const Vector omega = random_matrix(L, 1, 5).array().abs() + 0.25;
          HiddenLayerOptions options;
          options.activation = activation;
          const HiddenLayer network(
              make_problem(random_matrix(L, n, 6), random_matrix(L, 1, 7), "y", {}, omega),
              options);
          Patterns patterns(network);
          const double unit = network.output_unit(), tau = 0.4;
          const Vector x = random_matrix(n + 2, 1, 8);
          const auto gradient = [&](const kernels::AmplitudeSums& sums) {
            Vector H(n + 2);
            H << Vector::Map(sums.v, n), unit * sums.Fe, unit * sums.e;
            return H;
          };

          HiddenLayer::Workspace work(network);
          Vector H(n + 2), H_tau(n + 2);
          Matrix H_x(n + 2, n + 2);
          const double scale = network.derivatives(x, tau, work, H, H_x, H_tau);
          kernels::AmplitudeSums sums{}, alone{};
          const kernels::AmplitudePoint point{
              x.data(), x.head(n).norm(), unit * x(n), unit * x(n + 1), unit, tau, 1.0 - tau,
          };
          loops.amplitude_gradient(patterns.view, point, alone);
          loops.amplitude_derivatives(patterns.view, point, sums);
          CHECK(sums.displacement == 0.0);
          CHECK(error(gradient(sums), H) <= 1e-13);
          CHECK(error(gradient(alone), gradient(sums)) <= 1e-14);
          CHECK(sums.scale == doctest::Approx(scale).epsilon(1e-13));
          CHECK(0.5 * sums.square ==
                doctest::Approx(network.data_energy(x, tau, work)).epsilon(1e-13));
          Matrix square = Matrix::Zero(n + 2, n + 2);
          int entry = 0;
          for (Index a = 0; a < n; ++a) {
            for (Index b = a; b < n; ++b) square(a, b) = square(b, a) = sums.vv[entry++];
            square(a, n) = square(n, a) = unit * sums.vb[a];
            square(a, n + 1) = square(n + 1, a) = unit * sums.vc[a];
          }
          square(n, n) = unit * unit * sums.FF;
          square(n, n + 1) = square(n + 1, n) = unit * unit * sums.F;
          square(n + 1, n + 1) = unit * unit * network.total_pattern_weight();
          CHECK(error(square.reshaped(), H_x.reshaped()) <= 1e-13);
          Vector moved(n + 2);
          moved << Vector::Map(sums.tau_v, n), unit * sums.tau_b, unit * sums.tau_c;
          CHECK(error(moved, H_tau) <= 1e-13);

          std::array<double, kOrders> b{unit * x(n)};
          for (int k = 1; k + 1 < static_cast<int>(kOrders); ++k) {
            CAPTURE(k);
            const Vector x_k = random_matrix(n + 2, 1, static_cast<std::uint64_t>(20 + k));
            Vector rest(n + 2);
            network.append_series(k, x_k, k == 1 ? 1.0 : 0.0, work, rest);
            b[static_cast<std::size_t>(k)] = unit * x_k(n);
            loops.amplitude_series(patterns.view, {k, x_k.data(), b.data(), unit * x_k(n + 1), tau},
                                   sums);
            CHECK(error(gradient(sums), rest) <= 1e-11);
          }
        }
  });
}

}  // namespace amplitude_kernels_test
