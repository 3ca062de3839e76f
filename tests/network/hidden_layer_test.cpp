#include "tautrack/network/hidden_layer.hpp"

#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/events/morse_index.hpp"

#include "support/random_problem.hpp"
#include "support/reference_case.hpp"

namespace hidden_layer_test {

using namespace tautrack;
using tautrack::support::Random;

namespace {

using Complex = std::complex<double>;
using ComplexMatrix = Eigen::MatrixXcd;
using ComplexVector = Eigen::VectorXcd;

HiddenLayerOptions shaped(Index units, Activation activation, OutputNode output) {
  HiddenLayerOptions options;
  options.units = units;
  options.activation = activation;
  options.output = output;
  return options;
}

Problem random_problem(Index L, std::uint64_t seed) {
  Random random(seed);
  Matrix X(L, 3);
  Vector y(L), omega(L);
  for (Index i = 0; i < L; ++i) {
    X.row(i) << 20.0 * random.normal() + 3.0, random.normal(), 1.0;
    y(i) = random.uniform(-1.0, 1.0);
    omega(i) = random.uniform(0.5, 2.0);
  }
  return make_problem(X, y, "random", {}, omega);
}

/// sigma and sigma' in the complex plane.
void evaluate_complex(Activation activation, Complex u, Complex& value, Complex& slope) {
  const double quarter = 0.25 * std::numbers::pi;
  switch (activation) {
    case Activation::tanh:
      value = std::tanh(u);
      slope = 1.0 - value * value;
      return;
    case Activation::logistic:
      value = 1.0 / (1.0 + std::exp(-u));
      slope = value * (1.0 - value);
      return;
    default:
      value = std::atan(2.0 * quarter * u) / (2.0 * quarter);
      slope = 1.0 / (1.0 + 4.0 * quarter * quarter * u * u);
  }
}

/// H at a complex point by the chain rule in the user's units, put into coordinates by A and output_unit().
ComplexVector complex_gradient(const HiddenLayer& network, const ComplexVector& x, Complex tau) {
  const Index L = network.patterns(), h = network.units(), K = network.outputs();
  const Index n = network.space().rank();
  const Matrix A = network.space().basis();
  const HiddenLayerOptions& options = network.options();
  const double unit = network.output_unit();
  const Range ends = range(options.activation);
  const double origin = options.origin == UnitOrigin::low    ? ends.low
                        : options.origin == UnitOrigin::high ? ends.high
                                                             : 0.0;
  const ComplexMatrix B = unit * x.segment(n * h, h * K).reshaped(h, K);
  const Matrix M = network.space().norm_matrix(Vector());
  ComplexVector H = ComplexVector::Zero(x.size());
  for (Index i = 0; i < L; ++i) {
    ComplexVector f(h), slope(h), back = ComplexVector::Zero(h);
    for (Index j = 0; j < h; ++j) {
      const Complex u = (A.row(i).cast<Complex>() * x.segment(j * n, n))(0) +
                        (network.has_offset() ? network.offsets()(i) : 0.0);
      evaluate_complex(options.activation, u, f(j), slope(j));
      f(j) = (1.0 - tau) * u + tau * f(j) - origin;
      slope(j) = 1.0 - tau + tau * slope(j);
    }
    for (Index k = 0; k < K; ++k) {
      Complex p = options.held_output_bias ? Complex(*options.held_output_bias)
                                           : unit * x(n * h + h * K + k);
      for (Index j = 0; j < h; ++j) p += f(j) * B(j, k);
      Complex z = p, gain = 1.0;
      if (options.output == OutputNode::sigmoid) {
        evaluate_complex(options.activation, p, z, gain);
        z = (1.0 - tau) * p + tau * z;
        gain = 1.0 - tau + tau * gain;
      }
      const Complex e = network.pattern_weights()(i) * gain * (z - network.targets()(k * L + i));
      for (Index j = 0; j < h; ++j) H(n * h + k * h + j) += unit * f(j) * e;
      if (!options.held_output_bias) H(n * h + h * K + k) += unit * e;
      back += B.col(k) * e;
    }
    for (Index j = 0; j < h; ++j)
      H.segment(j * n, n) += slope(j) * back(j) * A.row(i).transpose().cast<Complex>();
  }
  const Complex start = (1.0 - tau) * options.start_ridge;
  for (Index j = 0; j < h; ++j)
    H.segment(j * n, n) +=
        (options.ridge_hidden + start) * (M.cast<Complex>() * x.segment(j * n, n));
  H.segment(n * h, h * K) += (options.ridge_output + start) * unit * unit * x.segment(n * h, h * K);
  return H;
}

/// Coefficient m of H along the curve with these terms, by Cauchy's integral over a circle.
Vector cauchy(const HiddenLayer& network, const Matrix& terms, const Vector& taus, int m) {
  constexpr int points = 64;
  constexpr double radius = 0.5;
  ComplexVector sum = ComplexVector::Zero(terms.rows());
  for (int p = 0; p < points; ++p) {
    const Complex a = std::polar(radius, 2.0 * std::numbers::pi * p / points);
    ComplexVector x = ComplexVector::Zero(terms.rows());
    Complex tau = 0.0;
    for (Index k = terms.cols() - 1; k >= 0; --k) {
      x = x * a + terms.col(k).cast<Complex>();
      tau = tau * a + taus(k);
    }
    sum += complex_gradient(network, x, tau) * std::pow(a, -m);
  }
  return sum.real() / points;
}

double gradient_error(const HiddenLayer& network, const Vector& x) {
  HiddenLayer::Workspace work(network);
  Vector H(network.unknowns());
  const double scale = network.gradient(x, 1.0, work, H);
  return H.norm() / scale;
}

std::optional<int> index_at(const HiddenLayer& network, const Vector& x) {
  HiddenLayer::Workspace work(network);
  const Index n = network.unknowns();
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  network.derivatives(x, 1.0, work, H, H_x, H_tau);
  return MorseIndex().count(H_x);
}

/// Of the reference: W1 (with bias), W2, v1, v2, output bias, the order of weights().
void check_reference_points(const HiddenLayer& network, const reference::Json& list,
                            const char* size) {
  HiddenLayer::Workspace work(network);
  for (const auto& entry : list) {
    const Vector w = reference::vector(entry["weights"]);
    const Vector x = network.coordinates(w);
    const double energy = reference::number(entry["energy"]);
    CAPTURE(energy);
    CHECK(gradient_error(network, x) <= 1e-13);
    CHECK(network.energy(x, 1.0, work) == doctest::Approx(energy).epsilon(1e-13));
    CHECK(index_at(network, x) == entry["morse_index"].get<int>());
    CHECK(network.orbit_size(x) == entry[size].get<double>());
    const Vector form = network.canonical(x);
    CHECK(network.energy(form, 1.0, work) == doctest::Approx(energy).epsilon(1e-13));
    CHECK(network.canonical(form) == form);
    CHECK(network.output_weights(form).minCoeff() >= 0.0);
  }
}

HiddenLayerOptions all_penalised(const reference::Json& run, const std::string& output) {
  HiddenLayerOptions options =
      shaped(2, Activation::tanh, output == "linear" ? OutputNode::linear : OutputNode::sigmoid);
  options.ridge_hidden = options.ridge_output = options.ridge_bias = run["ridge"].get<double>();
  return options;
}

Matrix with_bias(const Matrix& X) {
  Matrix out(X.rows(), X.cols() + 1);
  out << X, Vector::Ones(X.rows());
  return out;
}

}  // namespace

TEST_CASE("series of a hidden layer agree with Cauchy's integrals up to order nine") {
  constexpr int last = 8;
  for (const Activation activation : {Activation::tanh, Activation::logistic, Activation::arctan}) {
    for (const OutputNode output : {OutputNode::linear, OutputNode::sigmoid}) {
      // 0: one unit and one output beside an offset.
      for (const Index shape : {0, 1, 2}) {
        CAPTURE(to_string(activation));
        CAPTURE(static_cast<int>(output));
        CAPTURE(shape);
        const Index K = std::max<Index>(1, shape);
        HiddenLayerOptions options = shaped(shape + 1, activation, output);
        options.start_ridge = 0.2;
        options.ridge_output = 0.1;
        options.origin = K == 2 ? UnitOrigin::low : UnitOrigin::zero;
        if (K == 2) options.held_output_bias = 0.3;
        Problem problem = random_problem(30, 3);
        if (shape == 0 && output == OutputNode::linear)
          problem.offset = 0.3 * problem.X.col(0) - 0.2 * problem.y;
        Matrix targets(30, K);
        for (Index k = 0; k < K; ++k)
          targets.col(k) = problem.y.array() * static_cast<double>(k + 1);
        const HiddenLayer network(problem, targets, options);
        HiddenLayer::Workspace work(network);
        const Index n = network.unknowns();
        Random random(5);
        Matrix terms(n, last + 1);
        Vector taus(last + 1), H(n), rest(n);
        for (int k = 0; k <= last; ++k) {
          for (Index i = 0; i < n; ++i) terms(i, k) = random.normal();
          // Poles of the activations stay outside of the circle.
          const double size = k == 0 ? 0.8 : 0.15 * std::pow(0.8, k);
          terms.col(k) *= size / network.relative_displacement(Vector::Zero(n), terms.col(k), work);
          taus(k) = k == 0 ? 0.7 : 0.2 * random.normal();
        }
        const double scale = network.gradient(terms.col(0), taus(0), work, H);
        for (int k = 1; k <= last; ++k) {
          network.append_series(k, terms.col(k), taus(k), work, rest);
          const Vector expected = cauchy(network, terms.leftCols(k + 1), taus.head(k + 1), k + 1);
          CHECK((rest - expected).norm() <= 1e-12 * scale * std::pow(2.0, k + 1));
        }
      }
    }
  }
}

TEST_CASE("the stationary points of XOR are those of the reference, with index and orbit") {
  const reference::Json json = reference::load("hidden_xor");
  Matrix X(4, 3);
  X << -1, -1, 1, -1, 1, 1, 1, -1, 1, 1, 1, 1;
  const Vector y = (Vector(4) << -0.9, 0.9, 0.9, -0.9).finished();
  for (const auto& run : json["runs"]) {
    const HiddenLayer network(make_problem(X, y), all_penalised(run, "tanh"));
    check_reference_points(network, run["list"], "size_under_hidden_group");
    // w = 0 is the one solution of the linear network, and stays one.
    CHECK(network.linear_solution().norm() == 0.0);
  }
}

TEST_CASE("stationary points of networks with two units are those of the reference") {
  const reference::Json json = reference::load("hidden_two_units");
  for (const auto& run : json["runs"]) {
    const HiddenLayer network(
        make_problem(with_bias(reference::matrix(run["X"])), reference::vector(run["y"])),
        all_penalised(run, run["output"].get<std::string>()));
    check_reference_points(network, run["list"], "size");
  }
}

TEST_CASE("one unit starts at the linear fit, shrunk by the penalty") {
  // Orthonormal after centring: two points of a column of mean zero, and a bias.
  Matrix X(4, 2);
  X << -0.5, 1, -0.5, 1, 0.5, 1, 0.5, 1;
  const Vector y = (Vector(4) << 1.0, 2.0, 4.0, 5.0).finished();
  const double sigma = X.col(0).dot(y);  // 3
  HiddenLayerOptions options;
  options.start_ridge = 0.75;
  const HiddenLayer network(make_problem(X, y), options);
  const Vector x = network.linear_solution();
  const double b = std::sqrt(sigma - 0.75);
  CHECK(network.output_weights(x)(0, 0) == doctest::Approx(b).epsilon(1e-14));
  CHECK(network.hidden_weights(x)(0, 0) == doctest::Approx(b).epsilon(1e-14));
  CHECK(std::abs(network.hidden_weights(x)(1, 0)) <= 1e-14);
  CHECK(network.output_bias(x)(0) == doctest::Approx(3.0).epsilon(1e-14));
  const Range ends = network.plateaus(x);
  CHECK(ends.low == doctest::Approx(3.0 - b).epsilon(1e-14));
  CHECK(ends.high == doctest::Approx(3.0 + b).epsilon(1e-14));

  options.start_ridge = 3.0;
  CHECK_THROWS_WITH_AS((void)HiddenLayer(make_problem(X, y), options).linear_solution(),
                       doctest::Contains("no linear signal"), DataError);
  CHECK_THROWS_WITH_AS(
      (void)HiddenLayer(make_problem(X, Vector::Constant(4, 0.1)), options).linear_solution(),
      doctest::Contains("all targets are equal"), DataError);
  options.start_ridge = 0.0;
  options.ridge_hidden = 0.1;
  CHECK_THROWS_AS((void)HiddenLayer(make_problem(X, y), options).linear_solution(),
                  std::invalid_argument);
}

TEST_CASE("a known plateau is held and the other one is fitted") {
  Matrix X(5, 2);
  X << -2, 1, -1, 1, 0, 1, 1, 1, 2, 1;
  Vector y(5);
  for (const Activation activation :
       {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
    const Range ends = range(activation);
    for (Index i = 0; i < 5; ++i)
      y(i) = 20.0 + 80.0 * (evaluate(activation, 1.5 * X(i, 0) - 0.5).value - ends.low) /
                        (ends.high - ends.low);
    for (const auto& [low, high] :
         {std::pair<std::optional<double>, std::optional<double>>{20.0, {}},
          {{}, 100.0},
          {{}, {}}}) {
      HiddenLayerOptions options = amplitude_model(activation, {low, high});
      const HiddenLayer network(make_problem(X, y), options);
      CHECK(network.has_free_bias() == (!low && !high));
      Vector w(network.has_free_bias() ? 4 : 3);
      w.head(3) << 1.5, -0.5, 80.0 / (ends.high - ends.low);
      if (w.size() == 4) w(3) = 20.0 - w(2) * ends.low;
      const Vector x = network.coordinates(w);
      HiddenLayer::Workspace work(network);
      CHECK(network.energy(x, 1.0, work) <= 1e-24);
      CHECK((network.node_outputs(x, 1.0) - y).norm() <= 1e-12);
      CHECK(network.plateaus(x).low == doctest::Approx(20.0).epsilon(1e-14));
      CHECK(network.plateaus(x).high == doctest::Approx(100.0).epsilon(1e-14));

      // The data say which sign the amplitude has at the start.
      options.start_ridge = 1e-3;
      const HiddenLayer start(make_problem(X, y), options);
      const Vector solution = start.linear_solution();
      HiddenLayer::Workspace other(start);
      Vector H(start.unknowns());
      const double scale = start.gradient(solution, 0.0, other, H);
      CHECK(H.norm() <= 1e-13 * scale);
      CHECK(start.output_weights(solution)(0, 0) > 0.0);
    }
  }
  CHECK_THROWS_AS((void)amplitude_model(Activation::tanh, {0.0, 1.0}), std::invalid_argument);
}

TEST_CASE("turning a unit over changes nothing where that is a symmetry") {
  const Problem problem = random_problem(20, 9);
  Random random(2);
  for (const Activation activation : {Activation::tanh, Activation::logistic}) {
    for (const bool is_held : {false, true}) {
      HiddenLayerOptions options = shaped(3, activation, OutputNode::linear);
      if (is_held) options.held_output_bias = 0.5;
      const HiddenLayer network(problem, options);
      CHECK(network.has_sign_symmetry() == (activation == Activation::tanh || !is_held));
      Vector x(network.unknowns());
      for (double& entry : x) entry = random.normal();
      const Vector form = network.canonical(x);
      HiddenLayer::Workspace work(network);
      CHECK(network.energy(form, 1.0, work) ==
            doctest::Approx(network.energy(x, 1.0, work)).epsilon(1e-12));
      CHECK(network.orbit_size(x) == (network.has_sign_symmetry() ? 48.0 : 6.0));
      const Index n = network.space().rank();
      Vector equal = x;  // two equal units, one dead
      equal.segment(n, n) = equal.head(n);
      equal(3 * n + 1) = equal(3 * n);
      equal.segment(2 * n, n).setZero();
      equal(3 * n + 2) = 0.0;
      CHECK(network.orbit_size(equal) == (network.has_sign_symmetry() ? 12.0 : 3.0));
    }
  }
}

TEST_CASE("unusable options and data of a hidden layer are refused with their names") {
  const Problem problem = random_problem(6, 1);
  HiddenLayerOptions options;
  options.units = 0;
  CHECK_THROWS_WITH_AS(HiddenLayer(problem, options), doctest::Contains("units"),
                       std::invalid_argument);
  options = {};
  options.ridge_output = -1.0;
  CHECK_THROWS_WITH_AS(HiddenLayer(problem, options), doctest::Contains("ridge_output"),
                       std::invalid_argument);
  options = {};
  options.start_centre = Vector::Ones(2);
  options.start_ridge = 1.0;
  CHECK_THROWS_WITH_AS(HiddenLayer(problem, options), doctest::Contains("start_centre"),
                       std::invalid_argument);
  CHECK_THROWS_AS(HiddenLayer(problem, Matrix(5, 1), {}), DataError);
  CHECK_THROWS_AS((void)HiddenLayer(problem).with_targets(Vector::Zero(7)), DataError);
  const HiddenLayer moved = HiddenLayer(problem).with_targets(2.0 * problem.y);
  CHECK(moved.targets() == 2.0 * problem.y);
}

TEST_CASE("an off-centre ridge at the start pulls to its centre, and is gone at tau = 1") {
  const Problem problem = random_problem(12, 4);
  HiddenLayerOptions options = shaped(2, Activation::tanh, OutputNode::linear);
  const HiddenLayer plain(problem, options);
  options.start_ridge = 0.5;
  options.start_centre = Vector::LinSpaced(9, -1.0, 1.0);
  const HiddenLayer network(problem, options);
  const Vector x = network.coordinates(Vector::LinSpaced(9, 0.3, 1.3));
  const double square = (network.weights(x) - options.start_centre).head(8).squaredNorm();
  HiddenLayer::Workspace work(network), other(plain);
  CHECK(network.energy(x, 0.2, work) - plain.energy(x, 0.2, other) ==
        doctest::Approx(0.8 * 0.25 * square).epsilon(1e-12));
  CHECK(network.energy(x, 1.0, work) ==
        doctest::Approx(plain.energy(x, 1.0, other)).epsilon(1e-14));
  CHECK_THROWS_AS((void)network.linear_solution(), std::invalid_argument);
}

}  // namespace hidden_layer_test
