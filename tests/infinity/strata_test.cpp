#include "tautrack/infinity/strata.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <string_view>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <doctest/doctest.h>

#include "tautrack/path/natural_path.hpp"

#include "infinity/arrangement.hpp"
#include "infinity/free_minima.hpp"
#include "infinity/linear_programme.hpp"
#include "support/random_problem.hpp"
#include "support/reference_case.hpp"

namespace strata_test {

using namespace tautrack;
using support::Random;

namespace {

using Signs = std::vector<int>;

Matrix column(std::initializer_list<double> numbers) {
  Matrix X(static_cast<Index>(numbers.size()), 1);
  std::copy(numbers.begin(), numbers.end(), X.data());
  return X;
}

Vector vector(std::initializer_list<double> numbers) { return column(numbers).col(0); }

PerceptronOptions with(Activation activation) {
  PerceptronOptions options;
  options.activation = activation;
  return options;
}

InfimumTest one_weight(std::initializer_list<double> x, std::initializer_list<double> y,
                       Activation activation = Activation::tanh) {
  return test_infimum(Perceptron(make_problem(column(x), vector(y)), with(activation)),
                      Signs(x.size(), 1));
}

Matrix random_rows(Random& random, Index L, Index s) {
  Matrix X(L, s);
  for (Index i = 0; i < L; ++i) {
    const double scale = std::pow(10.0, random.uniform(-0.5, 0.5));
    for (Index j = 0; j < s; ++j) X(i, j) = scale * random.normal();
  }
  return X;
}

/// Random rows and targets, some of which lie beyond the range of tanh.
Problem random_beyond(Random& random, Index L, Index s) {
  Vector y(L);
  for (Index i = 0; i < L; ++i) y(i) = random.uniform(-1.8, 1.8);
  return make_problem(random_rows(random, L, s), y);
}

/// sigma(u) for tanh, logistic and arctan as distance to the end of the range on the side of u.
long double tail(Activation activation, long double u) {
  const long double a = std::abs(u);
  if (activation == Activation::erf) return std::erfc(std::sqrt(std::acos(-1.0L)) / 2 * a);
  if (activation == Activation::arctan) {
    const long double half_pi = std::acos(0.0L);
    return std::atan(1 / (half_pi * a)) / half_pi;
  }
  const long double e = std::exp(activation == Activation::tanh ? -2 * a : -a);
  return (activation == Activation::tanh ? 2 : 1) * e / (1 + e);
}

/// E(w) less the energy of the limit with these signs, without cancellation in saturated patterns;
/// `inputs` are the node inputs of the free patterns in the limit.
long double rise(const Problem& problem, Activation activation, const Signs& signs,
                 const Vector& inputs, const Vector& w) {
  const Range ends = range(activation);
  long double sum = 0;
  for (Index i = 0; i < problem.y.size(); ++i) {
    const int sign = signs[static_cast<std::size_t>(i)];
    long double u = 0;
    for (Index j = 0; j < w.size(); ++j)
      u += static_cast<long double>(problem.X(i, j)) * static_cast<long double>(w(j));
    const long double end_here = u < 0 ? ends.low : ends.high;
    const long double t = tail(activation, u);
    const long double y = problem.y(i);
    const long double omega = problem.pattern_weights.size() > 0 ? problem.pattern_weights(i) : 1.0;
    const long double end = sign < 0 ? ends.low : ends.high;
    if (sign != 0 && sign * u > 0) {
      sum += omega * (sign * (y - end) * t + t * t / 2);
      continue;
    }
    const long double r = (u < 0 ? end_here + t : end_here - t) - y;
    long double limit = end - y;
    if (sign == 0) {
      const long double side = inputs(i) < 0 ? ends.low : ends.high;
      const long double there = tail(activation, inputs(i));
      limit = (inputs(i) < 0 ? side + there : side - there) - y;
    }
    sum += omega * (r * r - limit * limit) / 2;
  }
  return sum;
}

std::size_t count_free(const infinity::Face& face) { return face.free.size(); }

std::vector<long> face_counts(const Matrix& rows) {
  std::vector<long> counts(static_cast<std::size_t>(rows.rows()) + 1, 0);
  const infinity::Arrangement arrangement = infinity::arrangement_of(rows);
  std::set<std::vector<signed char>> seen;
  CHECK(infinity::for_each_face(arrangement, [&](const infinity::Face& face) {
    ++counts[count_free(face)];
    CHECK(seen.insert(face.signs).second);
    const Vector values = arrangement.normals.transpose() * face.inside;
    for (Index c = 0; c < values.size(); ++c) {
      const int sign = face.signs[static_cast<std::size_t>(c)];
      if (sign == 0) {
        CHECK(std::abs(values(c)) <= 1e-9);
        CHECK((arrangement.normals.col(c).transpose() * face.kernel).norm() <= 1e-9);
      } else {
        CHECK(sign * values(c) > 0.0);
      }
    }
    return true;
  }));
  counts.resize(static_cast<std::size_t>(rows.cols()));
  return counts;
}

long binomial(long n, long k) {
  if (k < 0 || k > n) return 0;
  long value = 1;
  for (long i = 0; i < k; ++i) value = value * (n - i) / (i + 1);
  return value;
}

const InfinitePoint* find(const StrataResult& result, const Signs& signs) {
  for (const InfinitePoint& point : result.infima)
    if (point.signs == signs) return &point;
  return nullptr;
}

/// The signs, the energy and the free patterns of a point at infinity are what they should be.
void check_point(const Problem& problem, const PerceptronOptions& options,
                 const InfinitePoint& point) {
  CHECK(point.direction.norm() == doctest::Approx(1.0).epsilon(1e-14));
  const Vector along = problem.X * point.direction;
  const Vector inputs = problem.X * point.weights;
  const Range ends = range(options.activation);
  double energy = 0.0;
  Vector gradient = Vector::Zero(problem.X.cols());
  double size = 0.0;
  for (Index i = 0; i < along.size(); ++i) {
    const int sign = point.signs[static_cast<std::size_t>(i)];
    const double omega = problem.pattern_weights.size() > 0 ? problem.pattern_weights(i) : 1.0;
    const double length = problem.X.row(i).norm();
    if (sign == 0) {
      CHECK(std::abs(along(i)) <= 1e-12 * length);
      const ActivationValues sigma = evaluate(options.activation, inputs(i));
      energy += 0.5 * omega * std::pow(sigma.value - problem.y(i), 2);
      gradient += omega * sigma.first * (sigma.value - problem.y(i)) * problem.X.row(i).transpose();
      size += omega * sigma.first * length;
    } else {
      CHECK(sign * along(i) > 0.0);
      energy += 0.5 * omega * std::pow((sign < 0 ? ends.low : ends.high) - problem.y(i), 2);
    }
  }
  CHECK(gradient.norm() <= 1e-11 * size);
  CHECK(point.energy == doctest::Approx(energy).epsilon(1e-12).scale(0.0));
  CHECK(point.found_by == "enumeration of strata");
}

/// X as a block beside rows of further columns whose targets are inside the range: X decides.
Problem embedded(const Problem& problem, Index more) {
  const Index L = problem.X.rows(), s = problem.X.cols();
  Matrix X = Matrix::Zero(L + more, s + more);
  X.topLeftCorner(L, s) = problem.X;
  X.bottomRightCorner(more, more).setIdentity();
  Vector y = Vector::Constant(L + more, 0.25);
  y.head(L) = problem.y;
  return make_problem(X, y);
}

}  // namespace

TEST_CASE("rows in general position have the known number of strata with k free patterns") {
  Random random(1);
  CHECK(face_counts(random_rows(random, 1, 1)) == std::vector<long>{2});
  CHECK(face_counts(random_rows(random, 3, 2)) == std::vector<long>{6, 6});
  CHECK(face_counts(random_rows(random, 4, 2)) == std::vector<long>{8, 8});
  CHECK(face_counts(random_rows(random, 4, 3)) == std::vector<long>{14, 24, 12});
  CHECK(face_counts(random_rows(random, 5, 3)) == std::vector<long>{22, 40, 20});
  for (const Index s : {2, 3}) {
    for (Index L = s; L <= 12; ++L) {
      CAPTURE(L);
      const std::vector<long> counts = face_counts(random_rows(random, L, s));
      for (Index k = 0; k < s; ++k) {
        long cells = 0;
        for (Index i = 0; i < s - k; ++i) cells += binomial(L - k - 1, i);
        CHECK(counts[static_cast<std::size_t>(k)] == 2 * binomial(L, k) * cells);
      }
    }
  }
}

TEST_CASE("nearly parallel rows lose no stratum") {
  for (const double angle : {1e-3, 1e-6, 1e-9}) {
    CAPTURE(angle);
    Matrix plane(3, 2);
    plane << 1.0, 0.0, std::cos(angle), std::sin(angle), 0.3, -2.0;
    CHECK(face_counts(plane) == std::vector<long>{6, 6});
    Matrix space(4, 3);
    space << 1.0, 0.0, 0.0, std::cos(angle), std::sin(angle), 0.0, 0.3, -2.0, 1.0, -0.7, 0.4, 1.5;
    CHECK(face_counts(space) == std::vector<long>{14, 24, 12});
  }
}

TEST_CASE("strata of rows in special position follow from Euler's formula") {
  // Three planes through one axis, and one across: 8 vertices, 18 arcs, 12 cells.
  Matrix X(4, 3);
  X << 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0;
  const infinity::Arrangement arrangement = infinity::arrangement_of(X);
  std::vector<long> by_dimension(4, 0), by_free(4, 0);
  infinity::for_each_face(arrangement, [&](const infinity::Face& face) {
    ++by_dimension[static_cast<std::size_t>(face.kernel.cols())];
    ++by_free[count_free(face)];
    return true;
  });
  CHECK(by_dimension == std::vector<long>{0, 8, 18, 12});
  CHECK(by_free == std::vector<long>{12, 18, 6, 2});
  // Parallel and opposite rows share a plane; a zero row has none.
  Matrix parallel(5, 2);
  parallel << 1.0, 2.0, 3.0, 6.0, -0.5, -1.0, 2.0, 0.0, 0.0, 0.0;
  const StrataResult result =
      enumerate_strata(Perceptron(make_problem(parallel, vector({1.5, 1.5, -1.5, 1.5, 0.5}))));
  CHECK(result.complete);
  CHECK(result.strata == 8);
  for (const InfinitePoint& point : result.infima) CHECK(point.signs[4] == 0);
}

TEST_CASE(
    "a linear programme is solved, also with another objective, and knows when it cannot be") {
  Matrix A(3, 2);
  A << 1.0, 2.0, 3.0, 1.0, 1.0, 0.0;
  infinity::LinearProgramme programme(A, vector({4.0, 6.0, 0.0}), 100.0);
  const infinity::LinearSolution solution = programme.minimise(vector({1.0, 1.0}));
  if (!can_solve_linear_programmes()) {
    CHECK_FALSE(solution.optimal);
    return;
  }
  REQUIRE(solution.optimal);  // at the corner x + 2y = 4, 3x + y = 6
  CHECK(solution.value == doctest::Approx(2.8));
  CHECK(solution.x(0) == doctest::Approx(1.6));
  CHECK(programme.minimise(vector({1.0, 0.0})).value == doctest::Approx(0.0));
  CHECK(programme.minimise(vector({0.0, 1.0})).value == doctest::Approx(-48.0));
  CHECK_FALSE(infinity::LinearProgramme(column({1.0, -1.0}), vector({1.0, 0.0}), 5.0)
                  .minimise(vector({1.0}))
                  .optimal);
}

TEST_CASE("two patterns: the end (1, 1) is an infimum exactly if the slow target is at least one") {
  for (const double y1 : {-3.0, -1.0, 0.0, 0.5, 0.999, 1.0, 1.3, 3.0}) {
    for (const double y2 : {-2.0, 0.0, 0.5, 1.0 - 1e-9, 1.0, 1.0 + 1e-9, 1.2, 4.0}) {
      CAPTURE(y1);
      CAPTURE(y2);
      const InfimumTest test = one_weight({3.0, 1.0}, {y1, y2});
      CHECK(test.is_stratum);
      CHECK(test.direction(0) == 1.0);
      CHECK(test.local_infimum == (y2 >= 1.0));
      CHECK((test.way_in.size() == 1) == (y2 < 1.0));
      CHECK_FALSE(test.reason.empty());
    }
  }
}

TEST_CASE("a vertex that is no infimum has a way in along which the energy falls") {
  const Problem problem = make_problem(column({3.0, 1.0}), vector({3.0, 0.5}));
  const InfimumTest test = test_infimum(Perceptron(problem), {1, 1});
  REQUIRE(test.local_infimum == false);
  for (const double t : {2.0, 5.0, 20.0, 100.0})
    CHECK(rise(problem, Activation::tanh, {1, 1}, Vector::Zero(2), t * test.way_in) < 0.0L);
  const StrataResult result = enumerate_strata(Perceptron(problem));
  CHECK(result.complete);
  CHECK(result.strata == 2);
  CHECK(result.infima.empty());
  CHECK_FALSE(result.none_exists);
  CHECK_FALSE(result.no_finite_point);
}

TEST_CASE("beside a neutral pattern the rate of a bad one is compared with twice its rate") {
  CHECK(one_weight({3.0, 1.0}, {0.5, 1.0}).local_infimum == true);
  CHECK(one_weight({2.001, 1.0}, {0.5, 1.0}).local_infimum == true);
  CHECK(one_weight({1.999, 1.0}, {0.5, 1.0}).local_infimum == false);
  const InfimumTest tie = one_weight({2.0, 1.0}, {0.5, 1.0});
  CHECK(tie.is_stratum);
  CHECK_FALSE(tie.local_infimum.has_value());
  CHECK(tie.reason.find("equal") != std::string::npos);
  // Pattern weights and the size of the target change nothing.
  const Problem heavy =
      make_problem(column({2.001, 1.0}), vector({-50.0, 1.0}), "y", {}, vector({1e6, 1e-6}));
  CHECK(test_infimum(Perceptron(heavy), {1, 1}).local_infimum == true);
}

TEST_CASE("the tails of the activation set the factor of neutral patterns") {
  CHECK(one_weight({2.001, 1.0}, {0.5, 1.0}, Activation::logistic).local_infimum == true);
  CHECK(one_weight({1.999, 1.0}, {0.5, 1.0}, Activation::logistic).local_infimum == false);
  CHECK(one_weight({1.415, 1.0}, {0.5, 1.0}, Activation::erf).local_infimum == true);
  CHECK(one_weight({1.414, 1.0}, {0.5, 1.0}, Activation::erf).local_infimum == false);
  CHECK(one_weight({1.001, 1.0}, {0.5, 1.1}, Activation::erf).local_infimum == true);
  CHECK(one_weight({0.999, 1.0}, {0.5, 1.1}, Activation::erf).local_infimum == false);
  // arctan: the sum of excess / rate decides, here (y_1 - 1) / 3 + (y_2 - 1).
  CHECK(one_weight({3.0, 1.0}, {0.5, 1.17}, Activation::arctan).local_infimum == true);
  CHECK(one_weight({3.0, 1.0}, {0.5, 1.16}, Activation::arctan).local_infimum == false);
  CHECK(one_weight({3.0, 1.0}, {0.5, 1.0}, Activation::arctan).local_infimum == false);
  CHECK_FALSE(one_weight({4.0, 1.0}, {0.0, 1.25}, Activation::arctan).local_infimum.has_value());
}

TEST_CASE("the verdict on one-weight problems is the one that the energy gives far out") {
  Random random(7);
  for (const Activation activation :
       {Activation::tanh, Activation::logistic, Activation::erf, Activation::arctan}) {
    CAPTURE(to_string(activation));
    const double reach = activation == Activation::arctan ? 1e7 : 25.0;
    int infima = 0;
    for (int k = 0; k < 60; ++k) {
      const Index L = random.integer(2, 5);
      Matrix X(L, 1);
      Vector y(L);
      for (Index i = 0; i < L; ++i) {
        X(i, 0) = 1.0 + static_cast<double>(random.integer(0, 12)) / 4.0;
        y(i) = k % 3 == 0 && i == 0 ? 1.0 : random.uniform(0.2, 1.8);
      }
      const Problem problem = make_problem(X, y);
      const Signs signs(static_cast<std::size_t>(L), 1);
      const InfimumTest test = test_infimum(Perceptron(problem, with(activation)), signs);
      if (!test.local_infimum) continue;
      infima += *test.local_infimum ? 1 : 0;
      const long double there =
          rise(problem, activation, signs, Vector::Zero(L), Vector::Constant(1, reach));
      CHECK((there > 0.0L) == *test.local_infimum);
    }
    CHECK(infima > 5);
  }
}

TEST_CASE("signs that no direction has are no stratum") {
  Matrix X(3, 2);
  X << 1.0, 0.0, 0.0, 1.0, 1.0, 1.0;
  const Problem problem = make_problem(X, vector({1.2, 1.2, 1.2}));
  const auto is_stratum = [&](const Signs& signs) {
    return test_infimum(Perceptron(problem), signs).is_stratum;
  };
  CHECK_FALSE(is_stratum({0, 0, 1}));
  CHECK_FALSE(is_stratum({0, 1, -1}));
  CHECK(is_stratum({0, 1, 1}));
  CHECK(is_stratum({1, -1, 0}));
  if (!can_solve_linear_programmes()) {
    const InfimumTest test = test_infimum(Perceptron(problem), {1, 1, 1});
    CHECK_FALSE(test.local_infimum.has_value());
    CHECK(test.reason.find("without Clp") != std::string::npos);
    return;
  }
  CHECK_FALSE(is_stratum({1, 1, -1}));
  CHECK(is_stratum({1, 1, 1}));
  CHECK(is_stratum({1, -1, -1}));
  CHECK_FALSE(test_infimum(Perceptron(problem), {1, 1, -1}).local_infimum.has_value());
  // Members of a pair of opposite rows cannot have the same sign, a zero row has none.
  Matrix opposite(3, 2);
  opposite << 1.0, 2.0, -1.0, -2.0, 0.0, 0.0;
  const Problem second = make_problem(opposite, vector({1.2, -1.2, 0.1}));
  CHECK_FALSE(test_infimum(Perceptron(second), {1, 1, 0}).is_stratum);
  CHECK_FALSE(test_infimum(Perceptron(second), {1, 0, 0}).is_stratum);
  CHECK_FALSE(test_infimum(Perceptron(second), {1, -1, 1}).is_stratum);
  CHECK(test_infimum(Perceptron(second), {1, -1, 0}).local_infimum == true);
}

TEST_CASE("patterns with equal or opposite rows count as one with the mean of their targets") {
  for (const double sign : {1.0, -1.0}) {
    CAPTURE(sign);
    const Matrix X = column({1.0, sign});
    const Signs ends{1, sign > 0.0 ? 1 : -1};
    CHECK(
        test_infimum(Perceptron(make_problem(X, vector({3.0, 0.5 * sign}))), ends).local_infimum ==
        true);
    CHECK(
        test_infimum(Perceptron(make_problem(X, vector({1.2, 0.5 * sign}))), ends).local_infimum ==
        false);
    CHECK(
        test_infimum(Perceptron(make_problem(X, vector({1.5, 0.5 * sign}))), ends).local_infimum ==
        true);
    CHECK(test_infimum(
              Perceptron(make_problem(X, vector({1.2, 0.5 * sign}), "y", {}, vector({3.0, 1.0}))),
              ends)
              .local_infimum == true);
    CHECK(enumerate_strata(Perceptron(make_problem(X, vector({1.2, 0.5 * sign})))).none_exists);
    CHECK(enumerate_strata(Perceptron(make_problem(X, vector({3.0, 0.5 * sign})))).no_finite_point);
  }
  // logistic: the opposite of y is 1 - y
  const Problem problem = make_problem(column({1.0, -1.0}), vector({1.4, 0.3}));
  CHECK(test_infimum(Perceptron(problem, with(Activation::logistic)), {1, -1}).local_infimum ==
        true);
}

TEST_CASE("reference: targets beyond the range, separable") {
  const auto json = reference::load("s2_diverges_outside");
  const Perceptron network = reference::perceptron(json);
  Matrix X(network.patterns(), 2);
  for (Index i = 0; i < X.rows(); ++i)
    X.row(i) = reference::vector(json["X"][static_cast<std::size_t>(i)]).transpose();
  const Problem problem = make_problem(X, network.targets());
  const StrataResult result = enumerate_strata(Perceptron(problem));
  CHECK(result.complete);
  CHECK(result.strata == 20);
  CHECK(result.no_finite_point);
  REQUIRE_FALSE(result.infima.empty());
  CHECK(result.infima[0].energy == doctest::Approx(0.663818359375).epsilon(1e-14).scale(0.0));
  CHECK(result.infima[0].signs == Signs{-1, 1, -1, 1, 1});
  CHECK(result.infima[0].local_infimum == true);
  check_point(problem, {}, result.infima[0]);
}

TEST_CASE("reference: targets at the ends of the range, separable") {
  const auto json = reference::load("s2_diverges_at_range");
  const Perceptron network = reference::perceptron(json);
  Matrix X(network.patterns(), 2);
  for (Index i = 0; i < X.rows(); ++i)
    X.row(i) = reference::vector(json["X"][static_cast<std::size_t>(i)]).transpose();
  const StrataResult result = enumerate_strata(Perceptron(make_problem(X, network.targets())));
  CHECK(result.complete);
  CHECK(result.no_finite_point);
  REQUIRE_FALSE(result.infima.empty());
  CHECK(result.infima[0].energy == 0.0);
  CHECK(result.infima[0].signs == Signs{-1, -1, -1, -1, 1, -1});
  CHECK(result.infima[0].local_infimum == true);
}

TEST_CASE("reference: the path diverges, although its limit lies above a finite minimum") {
  const auto json = reference::load("s2_diverges_mixed");
  const Perceptron network = reference::perceptron(json);
  Matrix X(network.patterns(), 2);
  for (Index i = 0; i < X.rows(); ++i)
    X.row(i) = reference::vector(json["X"][static_cast<std::size_t>(i)]).transpose();
  const Problem problem = make_problem(X, network.targets());
  const StrataResult result = enumerate_strata(Perceptron(problem));
  CHECK(result.complete);
  CHECK_FALSE(result.no_finite_point);
  CHECK_FALSE(result.none_exists);
  for (const InfinitePoint& point : result.infima) check_point(problem, {}, point);
  if (!can_solve_linear_programmes()) return;
  const Signs signs{1, -1, -1, -1};
  const InfimumTest test = test_infimum(Perceptron(problem), signs);
  REQUIRE(test.is_stratum);
  REQUIRE(test.local_infimum == false);
  CHECK(find(result, signs) == nullptr);
  bool falls = false;
  for (double t = 1.0; t < 1e3; t *= 1.5)
    falls =
        falls || rise(problem, Activation::tanh, signs, Vector::Zero(4), t * test.way_in) < 0.0L;
  CHECK(falls);
}

TEST_CASE("no direction, near or far, leads below a limit that is called an infimum") {
  if (!can_solve_linear_programmes()) return;
  Random random(11);
  long infima = 0, not_infima = 0;
  for (int k = 0; k < 40; ++k) {
    CAPTURE(k);
    const Index s = 2 + k % 2;
    const Problem problem = random_beyond(random, s + random.integer(1, 5), s);
    const Perceptron network(problem);
    const StrataResult result = enumerate_strata(Perceptron(problem));
    REQUIRE(result.complete);
    for (const InfinitePoint& point : result.infima) {
      check_point(problem, {}, point);
      REQUIRE(point.local_infimum == true);
      const InfimumTest test = test_infimum(Perceptron(problem), point.signs);
      CHECK(test.is_stratum);
      CHECK(test.local_infimum == true);
      ++infima;
      const Vector inputs = problem.X * point.weights;
      std::vector<Index> free;
      for (Index i = 0; i < problem.y.size(); ++i)
        if (point.signs[static_cast<std::size_t>(i)] == 0) free.push_back(i);
      for (int trial = 0; trial < 300; ++trial) {
        Vector v = point.direction;  // another direction of the cone, with u moved a little
        Vector w = point.weights;
        for (Index j = 0; j < s; ++j) {
          v(j) += random.uniform(0.0, 1.5) * random.normal();
          w(j) += 1e-3 * random.normal();
        }
        if (!free.empty()) {
          const Matrix X_free = problem.X(free, Eigen::all);
          v -= X_free.completeOrthogonalDecomposition().solve(X_free * v);
        }
        double rate = std::numeric_limits<double>::infinity();
        for (Index i = 0; i < problem.y.size(); ++i)
          if (const int sign = point.signs[static_cast<std::size_t>(i)]; sign != 0)
            rate = std::min(rate, sign * problem.X.row(i).dot(v));
        if (!(rate > 1e-3)) continue;
        // So far out that constants no longer play a part but where rates nearly tie.
        w += random.uniform(60.0, 200.0) / rate * v;
        const long double there = rise(problem, Activation::tanh, point.signs, inputs, w);
        CHECK(there >= 0.0L);
      }
    }
    // All cells, met by chance: where the verdict is no, its way in leads down.
    std::set<Signs> seen;
    for (int trial = 0; trial < 200; ++trial) {
      Vector v(s);
      for (Index j = 0; j < s; ++j) v(j) = random.normal();
      Signs signs;
      for (Index i = 0; i < problem.y.size(); ++i)
        signs.push_back(problem.X.row(i).dot(v) < 0.0 ? -1 : 1);
      if (!seen.insert(signs).second) continue;
      const InfimumTest test = test_infimum(Perceptron(problem), signs);
      REQUIRE(test.is_stratum);
      REQUIRE(test.local_infimum.has_value());
      CHECK(*test.local_infimum == (find(result, signs) != nullptr));
      if (*test.local_infimum) continue;
      ++not_infima;
      const Vector rates = problem.X * test.way_in;
      double slowest = std::numeric_limits<double>::infinity();
      for (Index i = 0; i < rates.size(); ++i)
        slowest = std::min(slowest, signs[static_cast<std::size_t>(i)] * rates(i));
      REQUIRE(slowest > 0.0);
      bool falls = false;
      for (double t = 1.0 / slowest; t < 2000.0 / slowest && !falls; t *= 1.5)
        falls = rise(problem, Activation::tanh, signs, Vector::Zero(rates.size()),
                     t * test.way_in) < 0.0L;
      CHECK(falls);
    }
  }
  CHECK(infima > 50);
  CHECK(not_infima > 100);
}

TEST_CASE(
    "every descent that runs away ends at an infimum of the list, or where another way in leads "
    "down") {
  if (!can_solve_linear_programmes()) return;
  Random random(5);
  int runaways = 0, at_infima = 0;
  for (int k = 0; k < 24; ++k) {
    CAPTURE(k);
    const Index s = 1 + k % 3;
    const Problem problem = random_beyond(random, s + random.integer(1, 5), s);
    const Perceptron network(problem);
    Perceptron::Workspace work(network);
    const StrataResult result = enumerate_strata(Perceptron(problem));
    REQUIRE(result.complete);
    const double lowest =
        result.infima.empty() ? std::numeric_limits<double>::infinity() : result.infima[0].energy;
    for (int trial = 0; trial < 25; ++trial) {
      Vector v(s), H(s), H_tau(s);
      for (Index j = 0; j < s; ++j)
        v(j) = std::pow(10.0, random.uniform(-1.0, 1.0)) * random.normal();
      Matrix H_v(s, s);
      double energy = network.energy(v, 1.0, work);
      bool finite = false;
      for (int step = 0; step < 400 && !finite; ++step) {
        network.derivatives(v, 1.0, work, H, H_v, H_tau);
        const Eigen::SelfAdjointEigenSolver<Matrix> eigen(H_v);
        const Vector sizes = eigen.eigenvalues().cwiseAbs();
        if (sizes.maxCoeff() < 1e-100) break;
        Vector move =
            -(eigen.eigenvectors() * (eigen.eigenvectors().transpose() * H)
                                         .cwiseQuotient(sizes.cwiseMax(1e-14 * sizes.maxCoeff())));
        const double change = network.relative_displacement(v, move, work);
        finite = change < 1e-9 && eigen.eigenvalues()(0) > 0.0;
        if (change > 1.0) move /= change;
        int halving = 0;
        while (network.energy(v + move, 1.0, work) > energy && halving++ < 30) move *= 0.5;
        if (halving > 30) break;
        v += move;
        energy = network.energy(v, 1.0, work);
      }
      if (finite || network.node_inputs(v).cwiseAbs().maxCoeff() < 30.0) continue;
      ++runaways;
      // It may still be on its way down, but no limit is lower than the lowest one.
      CHECK(energy >= lowest - 1e-9);
      const bool known = std::any_of(
          result.infima.begin(), result.infima.end(),
          [&](const InfinitePoint& point) { return std::abs(point.energy - energy) <= 1e-6; });
      at_infima += known ? 1 : 0;
      if (known) continue;
      // An open set of starts may run to a limit in one direction although other directions lead to
      // lower energies next to it.
      const Vector u = network.node_inputs(v);
      Signs signs;
      std::vector<Index> free, saturated;
      for (Index i = 0; i < u.size(); ++i) {
        const bool is_free = std::abs(u(i)) < 5.0;
        signs.push_back(is_free ? 0 : (u(i) < 0.0 ? -1 : 1));
        (is_free ? free : saturated).push_back(i);
      }
      const InfimumTest test = test_infimum(Perceptron(problem), signs);
      REQUIRE(test.is_stratum);
      REQUIRE(test.local_infimum == false);
      Vector foot = Vector::Zero(s);
      if (!free.empty())
        foot = Matrix(problem.X(free, Eigen::all)).completeOrthogonalDecomposition().solve(u(free));
      const Problem rest = make_problem(problem.X(saturated, Eigen::all), problem.y(saturated));
      Signs rest_signs;
      for (const Index i : saturated) rest_signs.push_back(signs[static_cast<std::size_t>(i)]);
      const double slowest = (rest.X * test.way_in).cwiseAbs().minCoeff();
      bool falls = false;
      for (double t = 1.0 / slowest; t < 5000.0 / slowest && !falls; t *= 1.5)
        falls = rise(rest, Activation::tanh, rest_signs, Vector::Zero(rest.y.size()),
                     foot + t * test.way_in) < 0.0L;
      CHECK(falls);
    }
  }
  CHECK(runaways > 100);
  CHECK(at_infima > 80);
}

TEST_CASE("separable data with targets beyond the range have no finite stationary point") {
  Random random(3);
  for (int k = 0; k < 20; ++k) {
    CAPTURE(k);
    const Index s = random.integer(1, 7);
    const Index L = s + random.integer(1, 8);
    const Matrix X = random_rows(random, L, s);
    Vector truth(s);
    for (Index j = 0; j < s; ++j) truth(j) = random.normal();
    Vector y = X * truth;
    for (Index i = 0; i < L; ++i) y(i) = (y(i) < 0.0 ? -1.0 : 1.0) * random.uniform(1.0, 1.5);
    const Problem problem = make_problem(X, y);
    const StrataResult result = enumerate_strata(Perceptron(problem));
    if (s <= 3 || can_solve_linear_programmes()) CHECK(result.no_finite_point);
    CHECK_FALSE(result.none_exists);
    CHECK(result.complete == (s <= 3));
    if (s > 3) {
      CHECK(result.infima.empty());
      CHECK(result.message.find("rank") != std::string::npos);
      continue;
    }
    // The infimum over all weights is the best one at infinity.
    REQUIRE_FALSE(result.infima.empty());
    const Perceptron network(problem);
    Perceptron::Workspace work(network);
    for (int trial = 0; trial < 200; ++trial) {
      Vector w(s);
      for (Index j = 0; j < s; ++j) w(j) = 10.0 * random.normal();
      CHECK(network.energy(network.coordinates(w), 1.0, work) >= result.infima[0].energy - 1e-12);
    }
    const Vector far = result.infima[0].weights + 1e6 * result.infima[0].direction;
    CHECK(network.energy(network.coordinates(far), 1.0, work) ==
          doctest::Approx(result.infima[0].energy).epsilon(1e-10));
  }
}

TEST_CASE("the linear programme finds no finite stationary point exactly where a stratum says so") {
  if (!can_solve_linear_programmes()) return;
  Random random(17);
  int yes = 0, no = 0;
  for (int k = 0; k < 120; ++k) {
    CAPTURE(k);
    const Index s = random.integer(1, 4);
    Problem problem = random_beyond(random, s + random.integer(0, 4), s);
    if (k % 2 == 0)
      for (Index i = 0; i < problem.y.size(); ++i)
        problem.y(i) = problem.y(i) < 0.0 ? -1.0 : 1.0 + static_cast<double>(random.integer(0, 2));
    const bool by_strata = enumerate_strata(Perceptron(problem)).no_finite_point;
    (by_strata ? yes : no) += 1;
    CHECK(enumerate_strata(Perceptron(embedded(problem, 4))).no_finite_point == by_strata);
  }
  CHECK(yes > 20);
  CHECK(no > 20);
}

TEST_CASE("a direction that leaves interior patterns and some others alone is enough") {
  Matrix X(4, 2);
  X << 1.0, 0.0, 2.0, 0.0, 0.0, 1.0, 0.0, -3.0;
  // Only the second weight needs to run away; the first has a minimum of its own.
  CHECK(
      enumerate_strata(Perceptron(make_problem(X, vector({0.3, 0.5, 1.1, -1.4})))).no_finite_point);
  CHECK_FALSE(
      enumerate_strata(Perceptron(make_problem(X, vector({0.3, 0.5, 1.1, 1.4})))).no_finite_point);
  CHECK(enumerate_strata(Perceptron(make_problem(X, vector({1.3, -1.5, 1.1, -1.4}))))
            .no_finite_point);
  const Problem large = embedded(make_problem(X, vector({1.3, -1.5, 1.1, -1.4})), 3);
  CHECK(enumerate_strata(Perceptron(large)).no_finite_point == can_solve_linear_programmes());
}

TEST_CASE("targets inside the range leave nothing at infinity, for any rank") {
  Random random(9);
  for (const Index s : {1, 2, 3, 6}) {
    Vector y(s + 4);
    for (Index i = 0; i < y.size(); ++i) y(i) = random.uniform(-0.999, 0.999);
    const Problem problem = make_problem(random_rows(random, s + 4, s), y);
    const StrataResult result = enumerate_strata(Perceptron(problem));
    CHECK(result.none_exists);
    CHECK(result.complete);
    CHECK(result.infima.empty());
    CHECK_FALSE(result.no_finite_point);
    // One target below zero is outside the range of the logistic.
    if (y.minCoeff() < 0.0)
      CHECK_FALSE(enumerate_strata(Perceptron(problem, with(Activation::logistic))).none_exists);
  }
}

TEST_CASE("free patterns bring all their local minima to infinity") {
  // geometry of X = (3, 1)', y = (0.3, 0.8): two minima, at known distances.
  Matrix X(3, 2);
  X << 0.0, 3.0, 0.0, 1.0, 2.0, 0.0;
  const Problem problem = make_problem(X, vector({0.3, 0.8, 1.2}));
  const StrataResult result = enumerate_strata(Perceptron(problem));
  REQUIRE(result.infima.size() == 2);
  CHECK(result.searched == 0);
  const double distances[] = {0.6464807169664771, 0.6959391041554388};
  const double weights[] = {0.220118359530102, 0.9452290672384478};
  for (std::size_t k = 0; k < 2; ++k) {
    const InfinitePoint& point = result.infima[k];
    check_point(problem, {}, point);
    CHECK(point.signs == Signs{0, 0, 1});
    CHECK(point.local_infimum == true);
    CHECK(point.energy == doctest::Approx(0.5 * distances[k] * distances[k] + 0.02).epsilon(1e-14));
    CHECK(std::abs(point.weights(0)) <= 1e-14);
    CHECK(point.weights(1) == doctest::Approx(weights[k]).epsilon(1e-13));
    CHECK(point.direction(0) == doctest::Approx(1.0).epsilon(1e-14));
  }
}

TEST_CASE("free patterns of two planes decouple: each pair of their minima counts") {
  Matrix X = Matrix::Zero(5, 3);
  X << 0.0, 3.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 3.0, 0.0, 1.0 / 3.0, 1.0, 2.0, 0.5, 0.5;
  const Problem problem = make_problem(X, vector({0.3, 0.8, 0.3, 0.8, 1.2}));
  const StrataResult result = enumerate_strata(Perceptron(problem));
  const auto both = [&] {
    long count = 0;
    for (const InfinitePoint& point : result.infima) {
      check_point(problem, {}, point);
      if (point.signs == Signs{0, 0, 0, 0, 1}) ++count;
    }
    return count;
  };
  CHECK(both() == 4);
  CHECK(result.infima[0].energy ==
        doctest::Approx(0.6464807169664771 * 0.6464807169664771 + 0.02).epsilon(1e-13));
}

TEST_CASE("free patterns of three planes through one axis are searched for minima") {
  Matrix X(4, 3);
  X << 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.3, -0.2, 1.0;
  const Problem problem = make_problem(X, vector({0.3, 0.4, -0.5, 1.3}));
  const StrataResult result = enumerate_strata(Perceptron(problem));
  CHECK(result.complete);
  CHECK(result.searched == 1);
  CHECK(result.message.find("may miss") != std::string::npos);
  const InfinitePoint* point = find(result, {0, 0, 0, 1});
  REQUIRE(point != nullptr);
  check_point(problem, {}, *point);
  const NaturalPath free =
      track_natural(Perceptron(make_problem(X.topLeftCorner(3, 2), problem.y.head(3))));
  REQUIRE(free.ok());
  CHECK(point->energy == doctest::Approx(free.end->energy + 0.045).epsilon(1e-12));
  // Of all weights that give the free patterns their inputs, the shortest.
  Vector shorter(3);
  shorter << free.end->weights, 0.0;
  CHECK((point->weights - shorter).norm() <= 1e-9);
}

TEST_CASE(
    "two weights: a grid of starts finds both minima of a decoupled problem and its products") {
  Matrix X(5, 2);
  X << 3.0, 0.0, 1.0, 0.0, 0.0, 3.0, 0.0, 1.0, 1e-3, 1e-3;
  const std::vector<Vector> minima = infinity::minima_of_two_weights(
      Perceptron(make_problem(X, vector({0.3, 0.8, 0.3, 0.8, 0.0}))), {});
  REQUIRE(minima.size() == 4);
  CHECK(minima[0](0) == doctest::Approx(0.220118359530102).epsilon(1e-4));
  CHECK(minima[3](1) == doctest::Approx(0.9452290672384478).epsilon(1e-4));
}

TEST_CASE("one weight: all local minima are found") {
  const auto minima = [](std::initializer_list<double> x, std::initializer_list<double> y,
                         Activation activation = Activation::tanh) {
    return infinity::minima_of_one_weight(
        Perceptron(make_problem(column(x), vector(y)), with(activation)));
  };
  const std::vector<double> two = minima({3.0, 1.0}, {0.0, 0.95});
  REQUIRE(two.size() == 2);
  CHECK(two[0] == doctest::Approx(0.1058973272369207).epsilon(1e-14));
  CHECK(two[1] == doctest::Approx(1.808913031682786).epsilon(1e-14));
  CHECK(minima({3.0, 1.0}, {0.2, 1.2}).empty());
  CHECK(minima({3.0, 1.0}, {1.5, 1.5}).empty());
  CHECK(minima({3.0, -1.0}, {0.0, 0.0}) == std::vector<double>{0.0});
  CHECK(minima({2.0, -2.0}, {0.5, -0.7})[0] == doctest::Approx(0.5 * std::atanh(0.6)));
  CHECK(minima({2.0}, {0.9}, Activation::logistic)[0] == doctest::Approx(0.5 * std::log(9.0)));
  CHECK(minima({2.0}, {0.5}, Activation::arctan)[0] ==
        doctest::Approx(1.0 / std::acos(-1.0)).epsilon(1e-14));
  const double by_erf = minima({2.0}, {0.7}, Activation::erf)[0];
  CHECK(evaluate(Activation::erf, 2.0 * by_erf).value == doctest::Approx(0.7).epsilon(1e-14));
  for (const std::string_view name : activation_names()) {
    CAPTURE(name);
    const Activation activation = *activation_from_name(name);
    const Range ends = range(activation);
    for (const double y : {ends.low, ends.high, ends.low - 0.25, ends.high + 0.25}) {
      CAPTURE(y);
      CHECK(minima({2.0}, {y}, activation).empty());
      CHECK(minima({2.0, 2.0}, {y, y}, activation).empty());
      CHECK(minima({2.0, -2.0}, {y, ends.low + ends.high - y}, activation).empty());
    }
  }
  // Patterns of very different slopes each leave their step.
  const std::vector<double> far = minima({1e4, 1.0, 1e-4}, {0.2, 0.4, 0.6});
  CHECK(far.size() == 3);
  // The slopes at the minima are zero.
  Random random(2);
  for (int k = 0; k < 30; ++k) {
    const Index L = random.integer(2, 6);
    Matrix X(L, 1);
    Vector y(L);
    for (Index i = 0; i < L; ++i) {
      X(i, 0) = std::pow(10.0, random.uniform(-1.0, 1.0)) * random.normal();
      y(i) = random.uniform(-0.95, 0.95);
    }
    const std::vector<double> found =
        infinity::minima_of_one_weight(Perceptron(make_problem(X, y)));
    CHECK_FALSE(found.empty());
    CHECK(std::is_sorted(found.begin(), found.end()));
  }
}

TEST_CASE("scales of the columns and dependent columns change nothing") {
  if (!can_solve_linear_programmes()) return;
  Random random(21);
  for (int k = 0; k < 6; ++k) {
    const Problem problem = random_beyond(random, 6, 3);
    Matrix X(6, 4);
    X << problem.X * vector({1e6, 1.0, 1e-6}).asDiagonal(), problem.X.col(0) - problem.X.col(1);
    const Problem other = make_problem(X, problem.y);
    const StrataResult a = enumerate_strata(Perceptron(problem));
    const StrataResult b = enumerate_strata(Perceptron(other));
    CHECK(a.strata == b.strata);
    REQUIRE(a.infima.size() == b.infima.size());
    for (std::size_t i = 0; i < a.infima.size(); ++i) {
      CHECK(a.infima[i].energy == doctest::Approx(b.infima[i].energy).epsilon(1e-10));
      CHECK(a.infima[i].signs == b.infima[i].signs);
    }
  }
}

TEST_CASE("the logistic on half the targets has the same infima at a quarter of the energy") {
  Random random(22);
  for (int k = 0; k < 6; ++k) {
    const Problem problem = random_beyond(random, 6, 2 + k % 2);
    const Problem other = make_problem(2.0 * problem.X, 0.5 * (problem.y.array() + 1.0).matrix());
    const StrataResult a = enumerate_strata(Perceptron(problem));
    const StrataResult b = enumerate_strata(Perceptron(other, with(Activation::logistic)));
    REQUIRE(a.infima.size() == b.infima.size());
    for (std::size_t i = 0; i < a.infima.size(); ++i) {
      CHECK(b.infima[i].energy == doctest::Approx(0.25 * a.infima[i].energy).epsilon(1e-12));
      CHECK(a.infima[i].signs == b.infima[i].signs);
    }
  }
}

TEST_CASE("a tie of rates over a cone is left undecided and stays in the list") {
  if (!can_solve_linear_programmes()) return;
  // Rates a, b, and a + b of the bad pattern, whose minimum over a, b >= 1/2 (neutral) is one.
  Matrix X(3, 2);
  X << 1.0, 0.0, 0.0, 1.0, 1.0, 1.0;
  const Problem problem = make_problem(X, vector({1.0, 1.0, 0.5}));
  const InfimumTest test = test_infimum(Perceptron(problem), {1, 1, 1});
  CHECK(test.is_stratum);
  CHECK_FALSE(test.local_infimum.has_value());
  const StrataResult result = enumerate_strata(Perceptron(problem));
  const InfinitePoint* point = find(result, {1, 1, 1});
  REQUIRE(point != nullptr);
  CHECK_FALSE(point->local_infimum.has_value());
  CHECK(point->energy == doctest::Approx(0.125).epsilon(1e-15));
  // Good patterns a, b: the minimum is two. A slower bad pattern: less than one.
  CHECK(
      test_infimum(Perceptron(make_problem(X, vector({1.1, 1.1, 0.5}))), {1, 1, 1}).local_infimum ==
      true);
  X.row(2) *= 0.499;
  CHECK(
      test_infimum(Perceptron(make_problem(X, vector({1.1, 1.1, 0.5}))), {1, 1, 1}).local_infimum ==
      false);
}

TEST_CASE("arctan over a cone: proven where the linear programmes or a direction suffice") {
  if (!can_solve_linear_programmes()) return;
  Matrix X(3, 2);
  X << 1.0, 0.0, 0.0, 1.0, 1.0, 1.0;
  const auto verdict = [&](double y1, double y2, double y3) {
    return test_infimum(Perceptron(make_problem(X, vector({y1, y2, y3})), with(Activation::arctan)),
                        {1, 1, 1});
  };
  // e1 / a + e2 / b + e3 / (a + b) > 0 for all a, b > 0 exactly if (sqrt e1 + sqrt e2)^2 > -e3.
  CHECK(verdict(1.3, 1.3, 0.5).local_infimum == true);
  CHECK(verdict(1.1, 1.1, 0.5).local_infimum == false);
  // Between the two: either undecided or right.
  for (double e = 0.02; e < 1.0; e += 0.05) {
    for (double e3 = 0.02; e3 < 3.0; e3 += 0.1) {
      const InfimumTest test = verdict(1.0 + e, 1.0 + 2.0 * e, 1.0 - e3);
      const double most = std::pow(std::sqrt(e) + std::sqrt(2.0 * e), 2);
      if (test.local_infimum) CHECK(*test.local_infimum == (most > e3));
    }
  }
}

TEST_CASE("random verdicts for erf and arctan hold against the energy far out") {
  if (!can_solve_linear_programmes()) return;
  Random random(31);
  for (const Activation activation : {Activation::erf, Activation::arctan}) {
    CAPTURE(to_string(activation));
    int decided = 0;
    for (int k = 0; k < 60; ++k) {
      const Problem problem = random_beyond(random, random.integer(3, 7), 2);
      Vector v(2);
      v << random.normal(), random.normal();
      Signs signs;
      for (Index i = 0; i < problem.y.size(); ++i)
        signs.push_back(problem.X.row(i).dot(v) < 0.0 ? -1 : 1);
      const InfimumTest test = test_infimum(Perceptron(problem, with(activation)), signs);
      REQUIRE(test.is_stratum);
      if (!test.local_infimum) continue;
      ++decided;
      const auto far = [&](const Vector& way) {
        double rate = std::numeric_limits<double>::infinity();
        for (Index i = 0; i < problem.y.size(); ++i)
          rate = std::min(rate, signs[static_cast<std::size_t>(i)] * problem.X.row(i).dot(way));
        if (!(rate > 1e-6))
          return rise(problem, activation, signs, Vector::Zero(problem.y.size()), 1e9 * v);
        const double size = activation == Activation::erf ? 12.0 : 1e8;
        return rise(problem, activation, signs, Vector::Zero(problem.y.size()), size / rate * way);
      };
      if (!*test.local_infimum) {
        CHECK(far(test.way_in) < 0.0L);
        continue;
      }
      for (int trial = 0; trial < 50; ++trial) {
        Vector way(2);
        way << random.normal(), random.normal();
        bool in_cone = true;
        for (Index i = 0; i < problem.y.size(); ++i)
          in_cone =
              in_cone && signs[static_cast<std::size_t>(i)] * problem.X.row(i).dot(way) > 1e-3;
        if (in_cone) CHECK(far(way) > 0.0L);
      }
    }
    CHECK(decided > 20);
  }
}

TEST_CASE("with a ridge nothing is at infinity") {
  const Problem problem = make_problem(column({3.0, 1.0}), vector({1.5, 1.5}));
  PerceptronOptions options;
  options.ridge = 1e-3;
  const InfimumTest test = test_infimum(Perceptron(problem, options), {1, 1});
  CHECK(test.is_stratum);
  CHECK(test.local_infimum == false);
  CHECK(test.way_in(0) == 1.0);
  const StrataResult result = enumerate_strata(Perceptron(problem, options));
  CHECK(result.none_exists);
  CHECK(result.complete);
  CHECK_FALSE(result.no_finite_point);
  CHECK(result.infima.empty());
}

TEST_CASE(
    "a bias without penalty runs to infinity exactly if the mean target is beyond the range") {
  Matrix X(4, 3);
  X << 0.3, 1.0, -2.0, -1.2, 0.5, -2.0, 2.0, 0.1, -2.0, 0.4, -1.0, -2.0;
  PerceptronOptions options;
  options.ridge = 0.1;
  options.ridge_standardised = true;
  const auto enumerate = [&](double shift) {
    return enumerate_strata(Perceptron(
        make_problem(X, vector({0.4 + shift, 1.2 + shift, 0.9 + shift, 1.5 + shift})), options));
  };
  const StrataResult beyond = enumerate(0.1);
  CHECK(beyond.complete);
  CHECK(beyond.strata == 2);
  REQUIRE(beyond.infima.size() == 1);
  CHECK(beyond.infima[0].local_infimum == true);
  CHECK(beyond.infima[0].signs == Signs{1, 1, 1, 1});
  CHECK(beyond.infima[0].direction == vector({0.0, 0.0, -1.0}));
  CHECK(beyond.infima[0].weights == Vector::Zero(3));
  CHECK(beyond.infima[0].energy ==
        doctest::Approx(0.5 * (0.25 + 0.09 + 0.0 + 0.36)).epsilon(1e-14));
  CHECK(enumerate(-0.1).infima.empty());
  const InfimumTest tie = test_infimum(
      Perceptron(make_problem(X, vector({0.5, 1.5, 0.5, 1.5})), options), {1, 1, 1, 1});
  CHECK(tie.is_stratum);
  CHECK_FALSE(tie.local_infimum.has_value());
  CHECK(
      test_infimum(Perceptron(make_problem(X, vector({1.0, 1.0, 1.0, 1.5})), options), {1, 1, 1, 1})
          .local_infimum == true);
  if (!can_solve_linear_programmes()) return;
  const InfimumTest penalised = test_infimum(
      Perceptron(make_problem(X, vector({1.5, 1.5, 1.5, 1.5})), options), {1, -1, 1, 1});
  if (penalised.is_stratum) CHECK(penalised.local_infimum == false);
}

TEST_CASE("budgets and the stop token end the enumeration, which says so") {
  Random random(4);
  const Problem problem = random_beyond(random, 10, 3);
  StrataOptions options;
  options.max_strata = 50;
  StrataResult result = enumerate_strata(Perceptron(problem), options);
  CHECK_FALSE(result.complete);
  CHECK(result.strata == 50);
  CHECK(result.message.find("max_strata") != std::string::npos);
  // As many as there are is enough.
  const long all = enumerate_strata(Perceptron(problem)).strata;
  CHECK(all == 90 + 180 + 92);
  options.max_strata = all;
  CHECK(enumerate_strata(Perceptron(problem), options).complete);
  std::stop_source source;
  source.request_stop();
  options.stop = source.get_token();
  result = enumerate_strata(Perceptron(problem), options);
  CHECK_FALSE(result.complete);
  CHECK(result.strata == 0);
  CHECK(result.message.find("stopped") != std::string::npos);
  StrataOptions hurried;
  hurried.seconds = 1e-12;
  result = enumerate_strata(Perceptron(problem), hurried);
  CHECK_FALSE(result.complete);
  CHECK(result.message.find("time") != std::string::npos);
}

TEST_CASE("an enumeration that is cut off anywhere has a part of the limits and is not complete") {
  Random random(4);
  const Problem problem = random_beyond(random, 5, 3);
  const StrataResult whole = enumerate_strata(Perceptron(problem));
  REQUIRE(whole.complete);
  long looks = 0;
  for (long step = 1;; looks += step, step = 1 + looks / 64) {
    StrataOptions options;
    options.stop = StopCondition::after_looks(looks);
    const StrataResult result = enumerate_strata(Perceptron(problem), options);
    if (result.complete) {
      CHECK(result.infima.size() == whole.infima.size());
      CHECK(result.strata == whole.strata);
      break;
    }
    CHECK(result.message.find("the time was used up") != std::string::npos);
    CHECK((!result.no_finite_point || whole.no_finite_point));
    for (const InfinitePoint& limit : result.infima) {
      const auto same = [&](const InfinitePoint& other) {
        return other.signs == limit.signs && other.energy == limit.energy;
      };
      // What is left undecided may turn out to be no infimum.
      if (limit.local_infimum) CHECK(std::any_of(whole.infima.begin(), whole.infima.end(), same));
    }
  }
  CHECK(looks > 50);
}

TEST_CASE("no finite point is claimed of a linear programme that was cut off" *
          doctest::skip(!can_solve_linear_programmes())) {
  // Separable in four dimensions, where nothing but the linear programme can tell.
  Random random(7);
  const Matrix X = random_rows(random, 24, 4);
  Vector y(24);
  for (Index i = 0; i < 24; ++i) y(i) = X(i, 0) + X(i, 3) > 0.0 ? 1.0 : -1.0;
  const Perceptron network(make_problem(X, y));
  CHECK(enumerate_strata(network).no_finite_point);
  for (long looks = 0; looks < 2; ++looks) {
    StrataOptions options;
    options.stop = StopCondition::after_looks(looks);
    const StrataResult cut = enumerate_strata(network, options);
    CHECK_FALSE(cut.no_finite_point);
    CHECK_FALSE(cut.complete);
    CHECK(cut.message.find("the time was used up") != std::string::npos);
  }
}

TEST_CASE("options that break their rules are refused") {
  const Problem problem = make_problem(column({1.0}), vector({2.0}));
  StrataOptions options;
  options.max_strata = 0;
  CHECK_THROWS_AS(enumerate_strata(Perceptron(problem), options), std::invalid_argument);
  options.max_strata = 1;
  options.seconds = 0.0;
  CHECK_THROWS_WITH_AS(enumerate_strata(Perceptron(problem), options), "seconds must be > 0, got 0",
                       std::invalid_argument);
  CHECK_THROWS_AS(test_infimum(Perceptron(make_problem(column({0.0}), vector({2.0}))), {1}),
                  DataError);
}

}  // namespace strata_test
