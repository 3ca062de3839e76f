#include "figures/spirals.hpp"

#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "figure_checks.hpp"
#include "figures/layers.hpp"
#include "figures/spirals_network.hpp"
#include "figures/spirals_training.hpp"

namespace {

using namespace tautrack;
using namespace tautrack::program;

Vector margins(const Vector& parameters) {
  const SpiralData data = spiral_data(full_twist);
  return SpiralNetwork(parameters).outputs(data.points).cwiseProduct(data.labels);
}

TEST_CASE("the listed network takes the spirals apart by four homeomorphisms") {
  const SpiralNetwork network(listed_spiral_parameters());
  const double determinants[] = {3.026546201682108, 1.0291080858828223, 20.393361744502574,
                                 4.057775444674961};
  for (std::size_t k = 0; k < 4; ++k) {
    const Layer& layer = network.hidden().layers()[k];
    CHECK(layer.determinant() == doctest::Approx(determinants[k]).epsilon(1e-13));
    CHECK(layer.homeomorphism().answer == Homeomorphism::yes);
  }
  CHECK(network.hidden().homeomorphism().answer == Homeomorphism::yes);
  CHECK(margins(listed_spiral_parameters()).minCoeff() ==
        doctest::Approx(3.6415389423047).epsilon(1e-12));
  const Matrix line = network.separating_line(2.0);
  for (const auto& point : line.colwise())
    CHECK(std::abs(network.direction().dot(point) + network.offset()) <= 1e-13);
}

TEST_CASE("the gradient of the training loss is the limit of its difference quotients") {
  const SpiralData data = spiral_data(4.0);
  std::mt19937_64 engine(1);
  std::normal_distribution<double> normal;
  for (const double spread : {0.0, 0.1}) {
    Vector parameters = listed_spiral_parameters();
    for (double& entry : parameters) entry = 0.4 * entry + spread * normal(engine);
    Vector gradient, unused;
    REQUIRE(std::isfinite(spiral_loss(data, parameters, gradient)));
    for (Index i = 0; i < parameters.size(); ++i) {
      const Vector step = 1e-6 * Vector::Unit(parameters.size(), i);
      const double quotient = (spiral_loss(data, parameters + step, unused) -
                               spiral_loss(data, parameters - step, unused)) /
                              2e-6;
      CHECK(std::abs(quotient - gradient(i)) <= 1e-8 * (1.0 + gradient.norm()));
    }
  }
}

TEST_CASE("the training loss is infinite where a layer would turn the plane over") {
  Vector parameters = listed_spiral_parameters(), gradient;
  parameters.segment<2>(0).swap(parameters.segment<2>(2));
  CHECK(std::isinf(spiral_loss(spiral_data(1.0), parameters, gradient)));
}

TEST_CASE("the minimiser finds the minimum of Rosenbrock's valley") {
  const GradientFunction valley = [](const Vector& x, Vector& gradient) {
    const double a = 1.0 - x(0), b = x(1) - x(0) * x(0);
    gradient = Vector{{-2.0 * a - 400.0 * x(0) * b, 200.0 * b}};
    return a * a + 100.0 * b * b;
  };
  const Minimised found = minimise(valley, Vector{{-1.2, 1.0}}, 1e-10, 200);
  CHECK((found.x - Vector::Ones(2)).norm() <= 1e-8);
  CHECK(found.iterations < 100);
}

TEST_CASE("the minimiser stops where it starts outside the domain or at a minimum") {
  const GradientFunction barrier = [](const Vector& x, Vector& gradient) {
    gradient = Vector{{1.0 - 1.0 / x(0)}};
    return x(0) > 0.0 ? x(0) - std::log(x(0)) : std::numeric_limits<double>::infinity();
  };
  CHECK(minimise(barrier, Vector{{-1.0}}, 1e-12, 100).iterations == 0);
  CHECK(minimise(barrier, Vector{{1.0}}, 1e-12, 100).iterations == 0);
  CHECK(minimise(barrier, Vector{{1e-6}}, 1e-10, 100).x(0) == doctest::Approx(1.0));
}

TEST_CASE("a trained network takes the spirals apart, and the same one for the same seed") {
  const SpiralTraining trained = train_spirals(1);
  CHECK(trained.separates);
  CHECK(margins(trained.parameters).minCoeff() > 0.0);
  const SpiralNetwork network(trained.parameters);
  CHECK(network.hidden().homeomorphism().answer == Homeomorphism::yes);
  CHECK(train_spirals(1).parameters == trained.parameters);
}

TEST_CASE("the figures of the spirals hold their checks") {
  check_figure(make_spirals({}));
  check_figure(make_layers({}));
  FigureRequest request;
  request.train = true;
  request.seed = 1;
  check_figure(make_spirals(request));
}

/// Spirals of so many turns as a user's problem.
Problem spirals_problem(double turns, Index count) {
  constexpr double pi = 3.14159265358979323846;
  const SpiralData data = spiral_data(2.0 * pi * turns, count);
  return make_problem(data.points.transpose(), data.labels, "label");
}

const FigureCheck& check_named(const Figure& figure, std::string_view words) {
  for (const FigureCheck& check : figure.checks)
    if (check.what.find(words) != std::string::npos) return check;
  throw std::runtime_error("no such check");
}

TEST_CASE("the score of the user's points is a check, and the determinant keeps its sign") {
  FigureRequest request;
  bool is_any_wrong = false;
  request.problem = spirals_problem(1.25, 120);
  for (const std::uint64_t seed : {1, 2, 7}) {  // 7: det J rounds to something negative
    CAPTURE(seed);
    request.seed = seed;
    const Figure figure = make_layers(request);
    // All layers are homeomorphisms that keep the orientation, by their training.
    CHECK(check_named(figure, "homeomorphisms").holds());
    CHECK(check_named(figure, "the sign of det J").holds());
    const FigureCheck& score = check_named(figure, "on their side");
    CHECK(score.reference == 240.0);
    CHECK(score.value <= 240.0);
    const bool separates = score.value == 240.0;
    CHECK(score.holds() == separates);
    is_any_wrong = is_any_wrong || !separates;
    CHECK((figure.caption.find("a gap between points") != std::string::npos) == separates);
    CHECK((figure.caption.find("do not separate them") != std::string::npos) == !separates);
  }
  CHECK(is_any_wrong);
}

}  // namespace
