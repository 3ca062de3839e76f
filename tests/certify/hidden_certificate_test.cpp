#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/network/hidden_layer.hpp"

#include "amplitude/point_proof.hpp"
#include "certify/hidden_energy.hpp"
#include "support/needs_flint.hpp"
#include "support/random_problem.hpp"
#include "support/reference_case.hpp"

namespace hidden_certificate_test {

using namespace tautrack;
using proof::Arithmetic;
using tautrack::support::Random;

namespace {

constexpr Activation kActivations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                       Activation::erf};

struct Shape {
  Index units, outputs;
  OutputNode output;
  UnitOrigin origin;
  std::optional<double> bias;
};
const std::vector<Shape> kShapes{{1, 1, OutputNode::linear, UnitOrigin::zero, {}},
                                 {1, 1, OutputNode::linear, UnitOrigin::high, 0.2},
                                 {2, 1, OutputNode::sigmoid, UnitOrigin::zero, {}},
                                 {3, 2, OutputNode::linear, UnitOrigin::low, {}},
                                 {2, 2, OutputNode::sigmoid, UnitOrigin::low, 0.1}};

/// Weighted patterns, columns of different scales, and a different penalty on each block.
HiddenLayer random_network(const Shape& shape, Activation activation, std::uint64_t seed) {
  Random random(seed);
  const Index L = 7;
  Matrix X(L, 3), targets(L, shape.outputs);
  Vector omega(L);
  for (Index i = 0; i < L; ++i) {
    X.row(i) << 3.0 * random.normal(), random.normal(), 1.0;
    for (Index k = 0; k < shape.outputs; ++k) targets(i, k) = random.uniform(-1.0, 1.0);
    omega(i) = random.uniform(0.5, 2.0);
  }
  HiddenLayerOptions options;
  options.units = shape.units;
  options.activation = activation;
  options.output = shape.output;
  options.origin = shape.origin;
  options.held_output_bias = shape.bias;
  options.ridge_hidden = 0.3;
  options.ridge_output = 0.07;
  if (!shape.bias) options.ridge_bias = 0.02;
  options.start_ridge = 5.0;  // gone at tau = 1
  return {make_problem(X, targets.col(0), "random", {}, omega), targets, options};
}

HiddenLayerOptions all_penalised(double ridge, const std::string& output) {
  HiddenLayerOptions options;
  options.units = 2;
  options.output = output == "linear" ? OutputNode::linear : OutputNode::sigmoid;
  options.ridge_hidden = options.ridge_output = options.ridge_bias = ridge;
  return options;
}

HiddenLayer xor_network(double ridge) {
  Matrix X(4, 3);
  X << -1, -1, 1, -1, 1, 1, 1, -1, 1, 1, 1, 1;
  return HiddenLayer(make_problem(X, Vector{{-0.9, 0.9, 0.9, -0.9}}), all_penalised(ridge, "tanh"));
}

Matrix with_bias(const Matrix& X) {
  Matrix out(X.rows(), X.cols() + 1);
  out << X, Vector::Ones(X.rows());
  return out;
}

/// Two patterns x = +-1 with targets +-1/2 and one unit without a bias: E = (b tanh w - 1/2)^2 + rho/2 (w^2 + b^2).
HiddenLayer two_patterns(double ridge) {
  Matrix X(2, 1);
  X << 1.0, -1.0;
  HiddenLayerOptions options;
  options.held_output_bias = 0.0;
  options.ridge_hidden = options.ridge_output = ridge;
  return HiddenLayer(make_problem(X, Vector{{0.5, -0.5}}), options);
}

}  // namespace

TEST_CASE("the enclosed energy of a hidden layer is the one that is fitted, with its derivatives") {
  for (const Activation activation : kActivations) {
    for (std::size_t index = 0; index < kShapes.size(); ++index) {
      CAPTURE(to_string(activation));
      CAPTURE(index);
      const HiddenLayer network = random_network(kShapes[index], activation, 3 + index);
      const HiddenEnergy energy(network);
      const Index n = network.unknowns();
      REQUIRE(energy.weights() == n);
      Random random(index);
      Vector w(n);
      for (double& entry : w) entry = random.normal();
      // By x: g_x = T' g_w for w = T x.
      Matrix T(n, n);
      for (Index k = 0; k < n; ++k) T.col(k) = network.weights(Vector::Unit(n, k));
      const Vector x = network.coordinates(w);
      HiddenLayer::Workspace work(network);
      Vector H(n), H_tau(n);
      Matrix H_x(n, n);
      network.derivatives(x, 1.0, work, H, H_x, H_tau);
      const proof::EnclosedEnergy::Rounded at = energy.at(w);
      CHECK((T.transpose() * at.gradient - H).norm() <= 1e-13 * (1.0 + H.norm()));
      CHECK((T.transpose() * at.hessian * T - H_x).norm() <= 1e-13 * H_x.norm());

      // In a frame: what is at any place of the box is enclosed, in both arithmetics.
      Matrix V(n, n);
      for (double& entry : V.reshaped()) entry = random.normal();
      const Vector reach = Vector::LinSpaced(n, 1e-3, 1e-2);
      for (const Arithmetic arithmetic : {Arithmetic::intervals, Arithmetic::balls}) {
        if (arithmetic == Arithmetic::balls && !Certifier::available()) continue;
        for (const bool is_point : {true, false}) {
          const Vector box = is_point ? Vector(Vector::Zero(n)) : reach;
          const proof::EnclosedEnergy::Enclosed over = energy.over(w, V, box, arithmetic);
          for (int trial = 0; trial < 3; ++trial) {
            Vector z(n);
            for (Index k = 0; k < n; ++k) z(k) = box(k) * random.uniform(-1.0, 1.0);
            const Vector place = w + V * z;
            const proof::EnclosedEnergy::Rounded there = energy.at(place);
            const Vector g = V.transpose() * there.gradient;
            const Matrix G = V.transpose() * there.hessian * V;
            // The points' own rounding.
            const double loose = 1e-12 * (G.cwiseAbs().maxCoeff() + g.cwiseAbs().maxCoeff());
            const double E = network.energy(network.coordinates(place), 1.0, work);
            bool is_enclosed = over.energy.lower() - loose <= E && E <= over.energy.upper() + loose;
            bool is_tight = true;
            for (Index k = 0; k < n; ++k) {
              const proof::Interval& of_g = over.gradient[static_cast<std::size_t>(k)];
              is_enclosed =
                  is_enclosed && of_g.lower() - loose <= g(k) && g(k) <= of_g.upper() + loose;
              for (Index l = 0; l < n; ++l) {
                const proof::Interval& of_G = over.hessian[static_cast<std::size_t>(k * n + l)];
                is_enclosed = is_enclosed && of_G.lower() - loose <= G(k, l) &&
                              G(k, l) <= of_G.upper() + loose;
                is_tight = is_tight && proof::width_of(of_G) <= loose;
              }
            }
            CHECK(is_enclosed);
            if (is_point) CHECK(is_tight);
          }
        }
      }
    }
  }
}

TEST_CASE("reference points of two hidden units are certified, with index and energy") {
  const auto check = [](const HiddenLayer& network, const reference::Json& list) {
    Certifier certifier(network);
    for (const auto& entry : list) {
      const double energy = reference::number(entry["energy"]);
      CAPTURE(energy);
      const Vector truth = reference::vector(entry["weights"]);
      const Certificate certificate = certifier.certify(truth);
      CAPTURE(certificate.reason);
      REQUIRE(certificate.certified);
      CHECK(certificate.precision == 53);  // intervals suffice
      CHECK(certificate.morse_index == entry["morse_index"].get<int>());
      CHECK(std::abs(certificate.energy - energy) <= certificate.energy_radius + 2e-14);
      CHECK(certificate.energy_radius <= 1e-12);
      CHECK((certificate.weights - truth).norm() <= certificate.radius + 1e-12);
      CHECK(certificate.radius <= 1e-9);
      CHECK(certificate.unique_within >= 1e-7);
      REQUIRE(certificate.eigenvalues.size() == network.unknowns());
      CHECK((certificate.eigenvalues.array() < 0.0).count() == *certificate.morse_index);
      // From nearby to the same one.
      const Certificate again = certifier.certify(truth.array() + 1e-7);
      REQUIRE(again.certified);
      CHECK((again.weights - certificate.weights).norm() <= again.radius + certificate.radius);
    }
  };
  const reference::Json of_xor = reference::load("hidden_xor");
  for (const auto& run : of_xor["runs"])
    check(xor_network(run["ridge"].get<double>()), run["list"]);
  const reference::Json of_two_units = reference::load("hidden_two_units");
  for (const auto& run : of_two_units["runs"])
    check(HiddenLayer(
              make_problem(with_bias(reference::matrix(run["X"])), reference::vector(run["y"])),
              all_penalised(run["ridge"].get<double>(), run["output"].get<std::string>())),
          run["list"]);
}

TEST_CASE("a certificate of a hidden layer agrees with the root of one equation in long double") {
  for (const double ridge : {0.5, 0.05, 1e-4}) {
    CAPTURE(ridge);
    const auto rho = static_cast<long double>(ridge);
    // dE/db = 0 gives b = t / (2 t^2 + rho), t = tanh w; dE/dw changes its sign once for w > 0.
    const auto output = [&](long double w) {
      const long double t = std::tanh(w);
      return t / (2.0L * t * t + rho);
    };
    const auto slope = [&](long double w) {
      const long double t = std::tanh(w), b = output(w);
      return 2.0L * (b * t - 0.5L) * b * (1.0L - t * t) + rho * w;
    };
    long double low = 1e-6L, high = 10.0L;
    REQUIRE(slope(low) < 0.0L);
    REQUIRE(slope(high) > 0.0L);
    for (int i = 0; i < 80; ++i) {
      const long double middle = 0.5L * (low + high);
      (slope(middle) < 0.0L ? low : high) = middle;
    }
    Certifier certifier(two_patterns(ridge));
    const Certificate certificate = certifier.certify(
        Vector{{static_cast<double>(low) + 1e-6, static_cast<double>(output(low)) - 1e-6}});
    REQUIRE(certificate.certified);
    CHECK(certificate.morse_index == 0);
    const long double off_w = certificate.weights(0) - low;
    const long double off_b = certificate.weights(1) - output(low);
    CHECK(std::sqrt(off_w * off_w + off_b * off_b) <= certificate.radius + 1e-17L);
    const long double gap = output(low) * std::tanh(low) - 0.5L;
    const long double energy = gap * gap + 0.5L * rho * (low * low + output(low) * output(low));
    CHECK(std::abs(certificate.energy - energy) <= certificate.energy_radius + 1e-18L);
  }
}

TEST_CASE("a certificate knows on which side of a degenerate point it is") {
  // At zero the Hessian is (rho, -1; -1, rho).
  const Vector zero = Vector::Zero(2);
  const Certificate degenerate = Certifier(two_patterns(1.0)).certify(zero);
  CHECK_FALSE(degenerate.certified);
  CHECK_FALSE(degenerate.refuted);
  CHECK_FALSE(degenerate.reason.empty());
  CHECK(degenerate.weights == zero);
  for (const double side : {-1.0, 1.0}) {
    for (const int bits : {10, 30}) {
      if (bits > 20 && !Certifier::available()) continue;  // intervals are too wide
      const Certificate certificate =
          Certifier(two_patterns(1.0 + side * std::ldexp(1.0, -bits))).certify(zero);
      CAPTURE(certificate.reason);
      REQUIRE(certificate.certified);
      CHECK(certificate.morse_index == (side < 0.0 ? 1 : 0));
      CHECK(certificate.energy == doctest::Approx(0.25).epsilon(1e-14));
    }
  }
}

TEST_CASE("certificates of a hidden layer refuse what is no point, continua, and say why") {
  const HiddenLayer network = xor_network(0.03);
  Certifier certifier(network);
  Vector w = Vector::LinSpaced(9, -1.0, 1.5);
  Certificate certificate = certifier.certify(w);
  CHECK_FALSE(certificate.certified);
  CHECK(certificate.refuted);
  CHECK(certificate.weights == w);
  CHECK(certificate.reason.find("no stationary point is near") != std::string::npos);
  w(4) = std::numeric_limits<double>::quiet_NaN();
  certificate = certifier.certify(w);
  CHECK_FALSE(certificate.certified);
  CHECK(certificate.reason == "the weights are not finite");
  CHECK_THROWS_AS((void)certifier.certify(Vector::Zero(8)), std::invalid_argument);
  certificate = certifier.certify(Vector::Zero(9), StopCondition::after_looks(3));
  CHECK(certificate.is_cut);
  CHECK_FALSE(certificate.certified);

  // Without a ridge every w is stationary where the outputs are the constant: a continuum.
  Matrix X(4, 2);
  X << -1, 1, 0, 1, 1, 1, 2, 1;
  const Vector y{{1.0, 2.0, 4.0, 3.0}};
  const HiddenLayer free(make_problem(X, y), {});
  certificate = Certifier(free).certify(Vector{{0.0, 0.0, 0.0, 2.5}});
  CHECK_FALSE(certificate.certified);
  CHECK_FALSE(certificate.reason.empty());

  // A column twice: a ridge on the hidden weights makes them unique, and the index is the network's.
  Matrix twice(4, 3);
  twice << X, X.col(0);
  HiddenLayerOptions options;
  options.ridge_output = 0.1;
  certificate = Certifier(HiddenLayer(make_problem(twice, y), options)).certify(Vector::Zero(5));
  CHECK_FALSE(certificate.certified);
  options.ridge_hidden = 0.1;
  const HiddenLayer penalised(make_problem(twice, y), options);
  certificate = Certifier(penalised).certify(Vector{{0.0, 0.0, 0.0, 0.0, 2.5}});
  CAPTURE(certificate.reason);
  REQUIRE(certificate.certified);
  CHECK(certificate.eigenvalues.size() == penalised.unknowns());
  // (0.1, q; q, 0.1) with |q| > 0.1 along X'C y, and the rest positive.
  CHECK(certificate.morse_index == 1);
}

TEST_CASE("certificates agree with the proofs of amplitude models") {
  int points = 0;
  const auto check = [&](const Problem& problem, Activation activation, const OutputRange& range,
                         const Vector& w, double low, double high, int index, double energy) {
    const HiddenLayer network(problem, amplitude_model(activation, range));
    const Range ends = tautrack::range(activation);
    const double b = (high - low) / (ends.high - ends.low);
    Vector weights(w.size() + (range.low ? 1 : 2));
    weights.head(w.size()) = w;
    weights(w.size()) = b;
    if (!range.low) weights(w.size() + 1) = low - b * ends.low;
    const amplitude::Model model = amplitude::model_of(problem, activation, range);
    Vector x(model.unknowns());
    if (!range.low) x(0) = low;
    x(model.first_weight() - 1) = high - low;
    x.tail(w.size()) = w;
    const amplitude::PointProof proven = amplitude::prove_point(model, x);
    const Certificate certificate = Certifier(network).certify(weights);
    CAPTURE(problem.name);
    CAPTURE(certificate.reason);
    REQUIRE(proven.is_proven);
    REQUIRE(certificate.certified);
    ++points;
    CHECK(certificate.morse_index == index);
    CHECK(proven.index == index);
    CHECK((certificate.weights.head(w.size()) - model.weights(proven.x)).norm() <=
          certificate.radius + proven.radius);
    CHECK(std::abs(certificate.energy - proof::middle(proven.energy)) <=
          certificate.energy_radius + proof::width_of(proven.energy));
    CHECK(certificate.energy == doctest::Approx(energy).epsilon(1e-12));
  };
  const reference::Json json = reference::load("amplitude");
  const auto problem_of = [](const reference::Json& set) {
    return make_problem(with_bias(Matrix(reference::vector(set["x"]))), reference::vector(set["y"]),
                        set["name"].get<std::string>());
  };
  for (const auto& set : json["four"])
    for (const auto& point : set["points"])
      check(problem_of(set), Activation::tanh, {}, reference::vector(point["w"]),
            reference::number(point["low"]), reference::number(point["high"]),
            point["index"].get<int>(), reference::number(point["energy"]));
  for (const auto& set : json["three"])
    check(problem_of(set), Activation::logistic, {0.0, {}},
          Vector{{reference::number(set["w1"]), reference::number(set["w0"])}}, 0.0,
          reference::number(set["A"]), set["morse_index"].get<int>(),
          reference::number(set["energy"]));
  CHECK(points >= 12);
}

TEST_CASE("balls certify what intervals of doubles are too wide for" *
          doctest::skip(!Certifier::available())) {
  // Near a pitchfork the least eigenvalue at zero is 2^-50, below what doubles resolve beside the other, two.
  const HiddenLayer network = two_patterns(1.0 + 0x1p-50);
  CertifyOptions intervals_only;
  intervals_only.max_precision = 64;
  CHECK_FALSE(Certifier(network, intervals_only).certify(Vector::Zero(2)).certified);
  const Certificate certificate = Certifier(network).certify(Vector::Zero(2));
  CAPTURE(certificate.reason);
  REQUIRE(certificate.certified);
  CHECK(certificate.precision == 192);
  CHECK(certificate.morse_index == 0);
}

}  // namespace hidden_certificate_test
