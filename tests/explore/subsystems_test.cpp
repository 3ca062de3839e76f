#include "explore/subsystems.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/exhaustive/search.hpp"
#include "tautrack/explore/explore.hpp"

#include "support/exponential_minima.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace subsystems_test {

using namespace tautrack;
using namespace tautrack::support;

namespace {

/// L patterns with s inputs of size three and targets inside the range of all activations.
Problem scattered(Index L, Index s, std::uint64_t seed) {
  Random random(seed);
  Matrix X(L, s);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = 3.0 * random.normal();
    y(i) = random.uniform(0.05, 0.9);
  }
  return make_problem(X, y);
}

/// The same with s - 1 inputs and a bias, and the noisy outputs of a perceptron.
Problem noisy(Index L, Index s, std::uint64_t seed) {
  Random random(seed);
  Matrix X(L, s);
  Vector w(s), y(L);
  for (double& weight : w) weight = 1.5 * random.normal();
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = j + 1 < s ? random.normal() : 1.0;
    y(i) = std::clamp(std::tanh(X.row(i).dot(w)) + 0.2 * random.normal(), -0.95, 0.95);
  }
  return make_problem(X, y);
}

std::vector<Vector> all_places(const Perceptron& network) {
  const Subsystems far(network);
  std::vector<Vector> places;
  for (std::uint32_t line = 0; line < far.lines(); ++line)
    for (Vector& v : far.on_line(line)) places.push_back(std::move(v));
  return places;
}

PerceptronOptions with(Activation activation, double ridge = 0.0) {
  PerceptronOptions options;
  options.activation = activation;
  options.ridge = ridge;
  return options;
}

}  // namespace

TEST_CASE("two patterns that move on the line of a third: the zeros of one function") {
  // u = (w_1, w_2, -2 w_2): w_1 is at its target on the line of the first, where E'(w_2) is a function of one number.
  const Problem problem =
      make_problem(Matrix{{1.0, 0.0}, {0.0, 1.0}, {0.0, -20.0}}, Vector{{0.3, 0.6, 0.5}});
  const Perceptron network(problem);
  const auto slope = [](double t) {
    const auto psi = [](double u, double y) {
      return (std::tanh(u) - y) / (std::cosh(u) * std::cosh(u));
    };
    return psi(t, 0.6) - 20.0 * psi(-20.0 * t, 0.5);
  };
  std::vector<double> zeros;
  const double step = 1e-4;
  for (int k = -50000; k < 50000; ++k) {
    double low = step * k, high = step * (k + 1);
    if (slope(low) * slope(high) >= 0.0) continue;
    for (int i = 0; i < 60; ++i) {
      const double middle = 0.5 * (low + high);
      (slope(low) * slope(middle) <= 0.0 ? high : low) = middle;
    }
    zeros.push_back(low);
  }
  REQUIRE(zeros.size() == 3);
  CHECK(Subsystems(network).lines() == 3);
  const std::vector<Vector> places = Subsystems(network).on_line(0);
  REQUIRE(places.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    const Vector w = network.weights(places[k]);
    CHECK(w(0) == doctest::Approx(std::atanh(0.3)).epsilon(1e-12));
    CHECK(w(1) == doctest::Approx(zeros[k]).epsilon(1e-9));
  }
}

TEST_CASE("a stationary point is at every place, whatever the activation") {
  if (!Certifier::available()) return;
  for (const Activation activation :
       {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
    CAPTURE(to_string(activation));
    std::size_t seen = 0, proven = 0;
    for (std::uint64_t seed = 0; seed < sampled(std::uint64_t{20}); ++seed) {
      CAPTURE(seed);
      const Perceptron network(scattered(9, 3, seed), with(activation));
      Certifier certifier(network);
      for (const Vector& v : all_places(network)) {
        ++seen;
        const Certificate certificate = certifier.certify(network.weights(v));
        CHECK_FALSE(certificate.refuted);
        if (!certificate.certified) continue;
        ++proven;
        CHECK((network.coordinates(certificate.weights) - v).norm() <= 1e-6 * (1.0 + v.norm()));
      }
    }
    // Where curvatures differ by fifty orders of size a proof may fail.
    CHECK(seen > 0);
    CHECK(100 * proven >= 99 * seen);
  }
}

TEST_CASE("lines: choices of n - 1 rows that are independent, with targets inside the range") {
  CHECK(Subsystems(Perceptron(scattered(9, 3, 1))).lines() == 36);
  CHECK(Subsystems(Perceptron(scattered(9, 1, 1))).lines() == 0);
  CHECK(Subsystems(Perceptron(scattered(9, 3, 1), with(Activation::tanh, 0.1))).lines() == 0);
  CHECK(Subsystems(Perceptron(scattered(100, 5, 1))).lines() == 0);  // C(100, 4) = 3,921,225
  Problem beyond = scattered(9, 3, 1);
  beyond.y(4) = 1.0;
  CHECK(Subsystems(Perceptron(beyond)).lines() == 28);
  // Equal and opposite rows are one pattern.
  Problem twice = scattered(9, 3, 1);
  twice.X.row(3) = twice.X.row(4);
  twice.X.row(5) = -twice.X.row(6);
  CHECK(Subsystems(Perceptron(twice)).lines() == 21);
  // Multiples are not, and have no line together.
  Problem multiple = scattered(4, 3, 1);
  multiple.X.row(1) = 2.0 * multiple.X.row(0);
  const Subsystems far{Perceptron(multiple)};
  CHECK(far.lines() == 6);
  CHECK(far.on_line(0).empty());
}

TEST_CASE("corners: n patterns have their targets") {
  const Problem problem = scattered(6, 3, 4);
  const Perceptron network(problem);
  const Subsystems subsystems(network);
  REQUIRE(subsystems.corners() == 20);
  std::uint32_t number = 0;
  for (Index i = 0; i < 6; ++i)
    for (Index j = i + 1; j < 6; ++j)
      for (Index k = j + 1; k < 6; ++k) {
        const std::optional<Vector> v = subsystems.corner(number++);
        REQUIRE(v.has_value());
        const Vector outputs = (problem.X * network.weights(*v)).array().tanh();
        for (const Index pattern : {i, j, k})
          CHECK(outputs(pattern) == doctest::Approx(problem.y(pattern)).epsilon(1e-10));
      }
  Problem multiple = problem;
  multiple.X.row(1) = 2.0 * multiple.X.row(0);
  CHECK_FALSE(Subsystems(Perceptron(multiple)).corner(0).has_value());
  CHECK(Subsystems(Perceptron(scattered(100, 4, 1))).corners() == 0);  // C(100, 4) = 3,921,225
}

TEST_CASE("with all subsystems an exploration lists what the interval search proves to be all") {
  // Curves from the others do not lead to as many as half of these points.
  std::size_t complete = 0, problems = 0;
  for (std::uint64_t seed = 0; seed < sampled(std::uint64_t{12}); ++seed) {
    CAPTURE(seed);
    const Perceptron network(noisy(10 + static_cast<Index>(seed), 3, seed));
    SearchOptions search;
    search.seconds = 600.0;
    const SearchResult all = search_exhaustively(network, search);
    REQUIRE(all.finished);
    ExploreOptions options;
    options.seconds = 600.0;
    const Exploration found = explore(network, options);
    long sum = 0;
    for (const StationaryPoint& point : found.points)
      sum += point.morse_index.value() % 2 == 0 ? 1 : -1;
    ++problems;
    if (found.points.size() == all.points.size()) {
      ++complete;
      CHECK(sum == 1);
      for (std::size_t i = 0; i < all.points.size(); ++i)
        CHECK(found.points[i].energy == doctest::Approx(all.points[i].energy).epsilon(1e-12));
    }
    CHECK(found.points.size() <= all.points.size());
    CHECK(static_cast<double>(found.points.size()) >= 0.9 * static_cast<double>(all.points.size()));
  }
  CHECK(10 * complete >= 8 * problems);
}

}  // namespace subsystems_test
