#include "tautrack/geometry/curvature_supremum.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/LU>
#include <doctest/doctest.h>

#include "tautrack/geometry/curvature.hpp"
#include "tautrack/geometry/curvature_bound.hpp"
#include "tautrack/geometry/data_manifold.hpp"

#include "geometry/curvature_supremum_search.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace tautrack::curvature_supremum_test {
namespace {

Perceptron network_of(const Matrix& X, const PerceptronOptions& options = {},
                      const Vector& pattern_weights = {}) {
  Problem problem = make_problem(X, Vector::Zero(X.rows()));
  problem.pattern_weights = pattern_weights;
  return Perceptron(problem, options);
}

Matrix matrix(Index columns, std::initializer_list<double> numbers) {
  Matrix X(static_cast<Index>(numbers.size()) / columns, columns);
  Index i = 0;
  for (const double number : numbers) {
    X(i / columns, i % columns) = number;
    ++i;
  }
  return X;
}

Vector vector(std::initializer_list<double> numbers) { return matrix(1, numbers); }

Matrix surface_inputs() { return matrix(2, {2.0, 0.3, -0.4, 1.8, 1.0, 1.2}); }

PerceptronOptions with(Activation activation) {
  PerceptronOptions options;
  options.activation = activation;
  return options;
}

PerceptronOptions with_ridge(double ridge, bool standardised = false) {
  PerceptronOptions options;
  options.ridge = ridge;
  options.ridge_standardised = standardised;
  return options;
}

double curvature_at(const Perceptron& network, double tau, const Vector& w) {
  return largest_curvature(DataManifold(network, tau).at(network.coordinates(w))).value;
}

bool near(double a, double b, double tolerance = 1e-11) {
  return std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b));
}

bool is_finite_weights(const CurvatureSupremum& result) {
  return std::all_of(result.signs.begin(), result.signs.end(), [](int s) { return s == 0; });
}

/// The largest of so many curvatures at random weights, most of them where something curves.
double largest_at_random(const Perceptron& network, double tau, int count,
                         support::Random& random) {
  double largest = 0.0;
  const Index n = network.unknowns();
  const Matrix A = network.space().basis();
  for (int k = 0; k < count; ++k) {
    Vector v(n);
    for (Index j = 0; j < n; ++j) v(j) = random.normal();
    const double size = (A * v).cwiseAbs()(random.integer(0, A.rows()));
    if (!(size > 0.0)) continue;
    v *= random.uniform(0.1, 4.0) / size;
    CurvatureOptions options;
    options.starts = 2;
    largest = std::max(largest, largest_curvature(DataManifold(network, tau).at(v), options).value);
  }
  return largest;
}

}  // namespace

TEST_CASE("the surface has its largest curvature at these weights (geometry, F3)") {
  struct Row {
    double tau, value;
    Vector w;
  };
  const Row rows[] = {{.5, 0.3375684548326504, vector({-0.7748620557023898, 1.396386655244177})},
                      {.8, 1.12847966051505, vector({1.18823307787444, -2.190718018968502})},
                      {.9, 2.385233015416606, vector({-1.466810698896502, 2.748055194864887})}};
  const Perceptron network = network_of(surface_inputs());
  for (const Row& row : rows) {
    const CurvatureSupremum result = curvature_supremum(network, row.tau);
    CHECK(result.bounded == true);
    CHECK(near(result.best, row.value));
    CHECK(std::min((result.weights - row.w).norm(), (result.weights + row.w).norm()) <= 1e-6);
    CHECK(is_finite_weights(result));
    CHECK(result.signs.size() == 3);
    CHECK(result.upper == CurvatureBounds(network).at(row.tau).value);
    CHECK(result.upper >= result.best);
    CHECK(result.way_out.size() == 0);
    CHECK(near(curvature_at(network, row.tau, result.weights), result.best));
  }
}

TEST_CASE("where the supremum lies on a limit stratum it is the limit along rays to it") {
  // A pattern of small weight bends most when all others are straight.
  int on_strata = 0;
  for (std::uint64_t seed = 0; seed < 20 && on_strata < 5; ++seed) {
    support::Random random(seed);
    Matrix X(4, 2);
    for (Index i = 0; i < X.size(); ++i) X(i / 2, i % 2) = random.normal();
    const Perceptron network = network_of(X, {}, vector({0.01, 1.0, 1.0, 1.0}));
    const CurvatureSupremum result = curvature_supremum(network, 0.9);
    if (is_finite_weights(result)) continue;
    ++on_strata;
    Index free = -1;
    for (Index i = 0; i < 4; ++i)
      if (result.signs[static_cast<std::size_t>(i)] == 0) free = i;
    REQUIRE(free >= 0);
    Vector d = vector({-X(free, 1), X(free, 0)}).normalized();
    const Vector rates = X * d;
    const Index other = free == 0 ? 1 : 0;
    if (rates(other) * result.signs[static_cast<std::size_t>(other)] < 0.0) d = -d;
    for (Index i = 0; i < 4; ++i)
      if (i != free) CHECK((X * d)(i)*result.signs[static_cast<std::size_t>(i)] > 0.0);
    double slowest = 1e300;
    for (Index i = 0; i < 4; ++i)
      if (i != free) slowest = std::min(slowest, std::abs((X * d)(i)));
    for (const double t : {60.0, 120.0})
      CHECK(near(curvature_at(network, 0.9, result.weights + t / slowest * d), result.best, 1e-10));
  }
  CHECK(on_strata == 5);
}

TEST_CASE("a limit stratum of one pattern is the curve of a pattern and a straight line") {
  // All patterns but the free one are linear with slope 1 - tau, and its curvature follows from two
  // numbers: with b the squared norm of x_1 in the metric of the others, |P_N e_1|^2 = 1 / (1 + f'^2 b).
  const Perceptron network = network_of(matrix(2, {0.1, 0.0, 3.0, 1.0, 1.0, -2.0, 2.0, 2.0}));
  const double tau = 0.95;
  const Matrix X = matrix(2, {3.0, 1.0, 1.0, -2.0, 2.0, 2.0});
  const Vector x = vector({0.1, 0.0});
  const Matrix G = (1.0 - tau) * (1.0 - tau) * X.transpose() * X;
  const double b = x.dot(G.inverse() * x);
  double largest = 0.0;
  for (int k = 1; k < 40000; ++k) {
    const double t = std::tanh(k * 1e-4), slope = 1.0 - tau * t * t;
    const double second = 2.0 * tau * t * (1.0 - t * t);
    const double along = b / (1.0 + slope * slope * b);
    largest = std::max(largest, second * along / std::sqrt(1.0 + slope * slope * b));
  }
  const supremum::Rows rows = supremum::distinct_rows(network);
  bool complete = false;
  const std::vector<supremum::Flat> flats = supremum::proper_flats(rows, 100, complete);
  CHECK(complete);
  REQUIRE(flats.size() == 4);
  SupremumOptions options;
  supremum::Budget budget(options);
  CHECK(flats[0].free == std::vector<Index>{0});
  const double value = supremum::highest_peak(rows, flats[0], tau, options, budget).value;
  CHECK(value >= largest);
  CHECK(near(value, largest, 1e-7));
  CHECK(curvature_supremum(network, tau).best >= value);
}

TEST_CASE(
    "strata of the surface at tau = 0.8 (geometry, F3), and their values are limits along rays") {
  const Perceptron network = network_of(surface_inputs());
  const supremum::Rows rows = supremum::distinct_rows(network);
  SupremumOptions options;
  supremum::Budget budget(options);
  bool complete = false;
  std::vector<double> values;
  for (const supremum::Flat& flat : supremum::proper_flats(rows, 100, complete)) {
    const supremum::Peak peak = supremum::highest_peak(rows, flat, 0.8, options, budget);
    values.push_back(peak.value);
    const Vector out = vector({-flat.span(1, 0), flat.span(0, 0)});
    const DataManifold manifold(network, 0.8);
    CHECK(near(largest_curvature(manifold.at(peak.v + 400.0 * out)).value, peak.value));
    CHECK(near(largest_curvature(manifold.at(peak.v - 400.0 * out)).value, peak.value));
  }
  std::sort(values.begin(), values.end());
  REQUIRE(values.size() == 3);
  CHECK(std::abs(values[0] - .5760) <= 1e-4);
  CHECK(std::abs(values[1] - .6192) <= 1e-4);
  CHECK(std::abs(values[2] - .8492) <= 1e-4);
}

TEST_CASE("three weights: flats of rank one and two, and dependent rows share one") {
  // Rows 0, 1 and 2 lie in a plane, 3 is parallel to 0.
  const Perceptron network = network_of(
      matrix(3, {1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, -2.0, 0.0, 0.0, 0.3, 0.5, 1.0}));
  const supremum::Rows rows = supremum::distinct_rows(network);
  CHECK(rows.count() == 5);
  CHECK(rows.lines == 4);
  bool complete = false;
  const std::vector<supremum::Flat> flats = supremum::proper_flats(rows, 100, complete);
  CHECK(complete);
  CHECK(flats.size() == 4 + 1 + 3);
  CHECK(std::count_if(flats.begin(), flats.end(), [](const supremum::Flat& flat) {
          return flat.free == std::vector<Index>{0, 1, 2, 3};
        }) == 1);
  CHECK(supremum::proper_flats(rows, 6, complete).size() == 6);
  CHECK(!complete);
}

TEST_CASE("no curvature at random weights exceeds the value found, nor that the certified bound") {
  const Activation activations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                    Activation::erf};
  int problems = 0;
  for (std::uint64_t seed = 0; problems < support::sampled(52); ++seed) {
    const Problem problem = support::random_problem(5000 + seed);
    if (problem.X.cols() > 3 || problem.X.rows() > 8) continue;
    ++problems;
    support::Random random(seed);
    const double tau = random.uniform(.5, .95);
    const Perceptron network(problem, with(activations[seed % 4]));
    const CurvatureSupremum result = curvature_supremum(network, tau);
    CHECK(result.bounded == true);
    CHECK(result.upper >= result.best);
    CHECK(std::isfinite(result.upper));
    CHECK(largest_at_random(network, tau, 1000, random) <= result.best * (1.0 + 1e-6));
  }
}

TEST_CASE("the search does not depend on the seed") {
  for (std::uint64_t problem = 0; problem < support::sampled<std::uint64_t>(6); ++problem) {
    support::Random random(problem);
    Matrix X(5, 2);
    for (Index i = 0; i < X.size(); ++i) X(i / 2, i % 2) = random.normal();
    const Perceptron network = network_of(X);
    SupremumOptions other;
    other.seed = 99;
    const CurvatureSupremum a = curvature_supremum(network, 0.7);
    const CurvatureSupremum b = curvature_supremum(network, 0.7, other);
    CHECK(near(a.best, b.best, 1e-12));
    CHECK(a.best == curvature_supremum(network, 0.7).best);
  }
}

TEST_CASE("weights of patterns scale outputs: a weight of four is the same pattern four times") {
  const Matrix X = surface_inputs();
  Matrix repeated(6, 2);
  repeated << X, X.row(1), -X.row(1), X.row(1);
  const Perceptron weighted = network_of(X, {}, vector({1.0, 4.0, 1.0}));
  const CurvatureSupremum a = curvature_supremum(weighted, 0.8);
  const CurvatureSupremum b = curvature_supremum(network_of(repeated), 0.8);
  CHECK(near(a.best, b.best));
  // All weights c: lengths grow by sqrt(c).
  const CurvatureSupremum c = curvature_supremum(network_of(X, {}, Vector::Constant(3, 9.0)), 0.8);
  CHECK(near(c.best, 1.12847966051505 / 3.0));
}

TEST_CASE("the logistic function is tanh of half its input at half the size") {
  // At tau = 1 exactly; lengths halve, so that curvatures double.
  const CurvatureSupremum a = curvature_supremum(network_of(matrix(1, {3.0, 1.0})), 1.0);
  const CurvatureSupremum b =
      curvature_supremum(network_of(matrix(1, {3.0, 1.0}), with(Activation::logistic)), 1.0);
  CHECK(near(a.best, 2.257711945754515));
  CHECK(near(b.best, 2.0 * a.best));
  CHECK(std::abs(std::abs(a.weights(0)) - 0.5426038909337228) <= 1e-6);
  CHECK(std::abs(std::abs(b.weights(0)) - 2.0 * 0.5426038909337228) <= 1e-6);
  CHECK(b.upper >= b.best);
  CHECK(b.upper <= b.best * 1.001);
}

TEST_CASE("with a ridge the curvature at tau = 1 is bounded, and the less the larger it is") {
  double before = 1e300;
  for (const double ridge : {1e-2, 1e-1, 1.0}) {
    const Perceptron network = network_of(surface_inputs(), with_ridge(ridge));
    const CurvatureSupremum result = curvature_supremum(network, 1.0);
    CHECK(result.bounded == true);
    CHECK(result.best > 0.0);
    CHECK(result.best < before);
    CHECK(result.upper >= result.best);
    support::Random random(1);
    CHECK(largest_at_random(network, 1.0, 2000, random) <= result.best * (1.0 + 1e-9));
    before = result.best;
  }
}

TEST_CASE("a bias that goes free of the ridge makes the curvature unbounded at tau = 1") {
  const Perceptron network =
      network_of(matrix(2, {1.0, 1.0, 2.0, 1.0, -0.5, 1.0}), with_ridge(0.1, true));
  const CurvatureSupremum result = curvature_supremum(network, 1.0);
  REQUIRE(result.bounded == false);
  double before = 1.0;
  for (const double t : {3.0, 5.0, 7.0}) {
    const double k = curvature_at(network, 1.0, t * result.way_out);
    CHECK(k > 2.0 * before);
    before = k;
  }
}

TEST_CASE("rows in general position have unbounded curvature at tau = 1, along way_out") {
  const auto grows = [](const Perceptron& network, double from, double to) {
    const CurvatureSupremum result = curvature_supremum(network, 1.0);
    CHECK(result.bounded == false);
    CHECK(std::isinf(result.best));
    CHECK(std::isinf(result.upper));
    CHECK(result.weights.size() == 0);
    CHECK(result.signs.empty());
    CHECK(!result.message.empty());
    REQUIRE(result.way_out.size() > 0);
    CHECK(near(result.way_out.norm(), 1.0));
    const double first = curvature_at(network, 1.0, from * result.way_out);
    const double second = curvature_at(network, 1.0, 0.5 * (from + to) * result.way_out);
    const double third = curvature_at(network, 1.0, to * result.way_out);
    CHECK(second > first);
    CHECK(third > second);
    return std::pair(std::log(second / first), std::log(third / second));
  };
  const auto [a, b] = grows(network_of(surface_inputs()), 10.0, 30.0);
  CHECK(near(a, b, 1e-2));  // exponential
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    support::Random random(seed);
    const Index n = 2 + static_cast<Index>(seed % 3);
    Matrix X(n + 1 + static_cast<Index>(seed % 2), n);
    for (Index i = 0; i < X.size(); ++i) X(i / n, i % n) = random.normal();
    grows(network_of(X), 10.0, 30.0);
    grows(network_of(X, with(Activation::erf)), 4.0, 10.0);
  }
}

TEST_CASE("the exponent along way_out is that of the rates") {
  // Rates 0.7 (slow) and 1 (fast): k grows like exp(2 (2 * 0.7 - 1) w).
  const Perceptron network = network_of(matrix(1, {1.0, 0.7}));
  const CurvatureSupremum result = curvature_supremum(network, 1.0);
  REQUIRE(result.bounded == false);
  const double growth = std::log(curvature_at(network, 1.0, 24.0 * result.way_out) /
                                 curvature_at(network, 1.0, 16.0 * result.way_out));
  CHECK(near(growth, 0.8 * 8.0, 1e-3));
}

TEST_CASE("a curve is bounded at tau = 1 if and only if no other rate is below twice the slowest") {
  struct Row {
    Matrix X;
    bool bounded;
  };
  const Row rows[] = {
      {matrix(1, {1.0, 2.0}), true},        {matrix(1, {1.0, -1.0, 2.5}), true},
      {matrix(1, {1.0, 1.999}), false},     {matrix(1, {1.0, 1.001}), false},
      {matrix(1, {0.0, 2.0, 3.0}), false},  {matrix(1, {0.0, 1.0, -4.0, 7.0}), true},
      {matrix(1, {-1.0, 3.0, 1.5}), false}, {matrix(1, {0.01, 0.02, 30.0}), true}};
  for (const Row& row : rows)
    for (const Activation activation : {Activation::tanh, Activation::logistic}) {
      const Perceptron network = network_of(row.X, with(activation));
      const CurvatureSupremum result = curvature_supremum(network, 1.0);
      CHECK(result.bounded == row.bounded);
      if (!row.bounded) continue;
      double largest = 0.0;
      const double slow =
          row.X.cwiseAbs().unaryExpr([](double x) { return x > 0.0 ? x : 1e9; }).minCoeff();
      const double fast = row.X.cwiseAbs().maxCoeff();
      for (int k = 0; k <= 4000; ++k) {
        const double w = 0.01 / fast * std::pow(1800.0 * fast / slow, k / 4000.0);
        largest = std::max(largest, curvature_at(network, 1.0, vector({w})));
      }
      CHECK(largest <= result.best * (1.0 + 1e-9));
      CHECK(largest >= result.best * (1.0 - 1e-3));
      CHECK(result.upper >= result.best);
      CHECK(result.upper <= result.best * 1.001);
    }
}

TEST_CASE("rows with twice the slowest rate keep curvature sqrt(weights) over the slow weight") {
  // At infinity; here it is the supremum.
  const Perceptron network =
      network_of(matrix(1, {1.0, 2.0, -2.0}), {}, vector({0.25, 300.0, 100.0}));
  double last = 0.0;
  for (const double w : {8.0, 16.0}) last = curvature_at(network, 1.0, vector({w}));
  CHECK(near(last, 20.0 / 0.25, 1e-9));
  const CurvatureSupremum result = curvature_supremum(network, 1.0);
  CHECK(result.bounded == true);
  CHECK(result.best >= last * (1.0 - 1e-12));
}

TEST_CASE("for erf a curve is bounded when other rates exceed sqrt 2 times the slowest") {
  const auto result = [](double ratio) {
    return curvature_supremum(network_of(matrix(1, {1.0, ratio}), with(Activation::erf)), 1.0);
  };
  CHECK(result(1.0).bounded == true);
  CHECK(result(1.2).bounded == false);
  CHECK(result(1.41).bounded == false);
  CHECK(result(1.42).bounded == true);
  CHECK(result(1.9).bounded == true);
  CHECK(!result(std::sqrt(2.0)).bounded.has_value());
  const Perceptron network = network_of(matrix(1, {1.0, 1.5}), with(Activation::erf));
  const CurvatureSupremum best = curvature_supremum(network, 1.0);
  double largest = 0.0;
  for (int k = 0; k < 8000; ++k)
    largest = std::max(largest, curvature_at(network, 1.0, vector({k * 1e-3})));
  CHECK(largest <= best.best * (1.0 + 1e-9));
  CHECK(largest >= best.best * (1.0 - 1e-5));
}

TEST_CASE("for arctan curves are bounded, and surfaces unless they are products of curves") {
  const PerceptronOptions arctan = with(Activation::arctan);
  const Perceptron curve = network_of(matrix(1, {1.0, 1.3, 5.0}), arctan);
  const CurvatureSupremum result = curvature_supremum(curve, 1.0);
  CHECK(result.bounded == true);
  double largest = 0.0;
  for (int k = 0; k <= 4000; ++k)
    largest =
        std::max(largest, curvature_at(curve, 1.0, vector({std::pow(10.0, k / 500.0 - 3.0)})));
  CHECK(largest <= result.best * (1.0 + 1e-9));
  CHECK(largest >= result.best * (1.0 - 1e-4));

  const Perceptron surface = network_of(surface_inputs(), arctan);
  const CurvatureSupremum unbounded = curvature_supremum(surface, 1.0);
  REQUIRE(unbounded.bounded == false);
  const double k1 = curvature_at(surface, 1.0, 1e3 * unbounded.way_out);
  CHECK(near(curvature_at(surface, 1.0, 1e4 * unbounded.way_out), 10.0 * k1, 0.05));
}

TEST_CASE("rows on the axes make a product of curves, bounded if each of them is") {
  const CurvatureSupremum bounded =
      curvature_supremum(network_of(matrix(2, {0.0, 1.0, 3.0, 0.0, 1.0, 0.0, 0.0, 2.0})), 1.0);
  CHECK(bounded.bounded == true);
  CHECK(near(bounded.best, 2.257711945754515));
  CHECK(std::abs(std::abs(bounded.weights(0)) - 0.5426038909337228) <= 1e-6);
  CHECK(bounded.upper >= bounded.best);
  const Perceptron other = network_of(matrix(2, {0.0, 1.0, 3.0, 0.0, 1.0, 0.0, 0.0, 1.5}));
  const CurvatureSupremum unbounded = curvature_supremum(other, 1.0);
  REQUIRE(unbounded.bounded == false);
  CHECK(std::abs(unbounded.way_out(0)) <= 1e-12);
  CHECK(curvature_at(other, 1.0, 20.0 * unbounded.way_out) >
        1e3 * curvature_at(other, 1.0, 10.0 * unbounded.way_out));
}

TEST_CASE("the surface over (1, 0), (0, 1) and (1, 1) is bounded at tau = 1: tanh adds up") {
  // z_3 = (z_1 + z_2) / (1 + z_1 z_2) and its two permutations are smooth charts of the closure.
  const Perceptron network = network_of(matrix(2, {1.0, 0.0, 0.0, 1.0, 1.0, 1.0}));
  const CurvatureSupremum result = curvature_supremum(network, 1.0);
  CHECK(result.bounded == true);
  double largest = 0.0;
  for (int k = 0; k < 720; ++k)
    for (const double t : {0.5, 1.0, 2.0, 4.0, 7.0}) {
      const double angle = k * 0.00872664625997;
      largest = std::max(
          largest, curvature_at(network, 1.0, t * vector({std::cos(angle), std::sin(angle)})));
    }
  CHECK(largest < 1.5);
  CHECK(largest <= result.best * (1.0 + 1e-6));
  // Any other coefficient spoils it.
  CHECK(curvature_supremum(network_of(matrix(2, {1.0, 0.0, 0.0, 1.0, 1.0, 1.1})), 1.0).bounded ==
        false);
}

TEST_CASE("as many distinct patterns as weights are flat at every tau") {
  const Matrix square = matrix(2, {1.0, 2.0, 0.5, -1.0});
  const Matrix repeated = matrix(2, {1.0, 2.0, 0.5, -1.0, -1.0, -2.0, 0.0, 0.0});
  for (const double tau : {0.0, 0.5, 1.0})
    for (const Matrix& X : {square, repeated}) {
      const CurvatureSupremum result = curvature_supremum(network_of(X), tau);
      CHECK(result.bounded == true);
      CHECK(result.best == 0.0);
      CHECK(result.upper == 0.0);
      CHECK(result.weights.size() == 2);
    }
  const CurvatureSupremum linear = curvature_supremum(network_of(surface_inputs()), 0.0);
  CHECK(linear.best == 0.0);
  CHECK(linear.bounded == true);
}

TEST_CASE("more weights than three: strata of one and two patterns are searched") {
  support::Random random(4);
  Matrix X(6, 4);
  for (Index i = 0; i < X.size(); ++i) X(i / 4, i % 4) = random.normal();
  const Perceptron network = network_of(X);
  const CurvatureSupremum result = curvature_supremum(network, 0.6);
  CHECK(result.bounded == true);
  CHECK(result.message.find("left out") != std::string::npos);
  CHECK(result.upper >= result.best);
  CHECK(largest_at_random(network, 0.6, 500, random) <= result.best * (1.0 + 1e-6));
}

TEST_CASE("a search that is cut off keeps what it has and says so") {
  const Perceptron network = network_of(surface_inputs());
  SupremumOptions options;
  std::stop_source source;
  source.request_stop();
  options.stop = source.get_token();
  const CurvatureSupremum stopped = curvature_supremum(network, 0.8, options);
  CHECK(stopped.message.find("cut off") != std::string::npos);
  CHECK(stopped.best <= stopped.upper);
  SupremumOptions hasty;
  hasty.seconds = 1e-9;
  for (const double tau : {0.8, 1.0}) {
    const CurvatureSupremum result = curvature_supremum(network, tau, hasty);
    CHECK(!std::isnan(result.best));
    CHECK(!result.message.empty());
  }
  SupremumOptions few;
  few.max_strata = 1;
  CHECK(curvature_supremum(network, 0.8, few).message.find("left out") != std::string::npos);
}

TEST_CASE("options and tau outside their rules are refused") {
  const Perceptron network = network_of(surface_inputs());
  CHECK_THROWS_AS((void)curvature_supremum(network, -0.1), std::invalid_argument);
  CHECK_THROWS_AS((void)curvature_supremum(network, std::nan("")), std::invalid_argument);
  const auto refused = [&](auto change) {
    SupremumOptions options;
    change(options);
    CHECK(options.invalid_reason().has_value());
    CHECK_THROWS_AS((void)curvature_supremum(network, 0.5, options), std::invalid_argument);
  };
  refused([](SupremumOptions& o) { o.starts = 0; });
  refused([](SupremumOptions& o) { o.polished = -1; });
  refused([](SupremumOptions& o) { o.max_strata = 0; });
  refused([](SupremumOptions& o) { o.seconds = 0.0; });
  refused([](SupremumOptions& o) { o.seconds = std::nan(""); });
  CHECK(!SupremumOptions{}.invalid_reason());
}

}  // namespace tautrack::curvature_supremum_test
