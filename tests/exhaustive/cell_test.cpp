#include "exhaustive/cell.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <Eigen/Dense>
#include <doctest/doctest.h>

#include "tautrack/exhaustive/search.hpp"
#include "tautrack/explore/explore.hpp"

#include "network/traits.hpp"
#include "support/random_problem.hpp"

namespace cell_test {

namespace {

using namespace tautrack;
using namespace tautrack::exhaustive;
using support::Random;

/// A stationary point by Newton's method; nothing: it does not come to one.
std::optional<Vector> newton(const Perceptron& network, Vector v) {
  Perceptron::Workspace work(network);
  const Index n = v.size();
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  for (int step = 0; step < 60; ++step) {
    network.derivatives(v, 1.0, work, H, H_v, H_tau);
    Vector move = H_v.fullPivLu().solve(H);
    if (!move.allFinite()) return std::nullopt;
    if (move.norm() <= 1e-14 * (1.0 + v.norm())) {
      // Well conditioned, so that it is where doubles say.
      const Vector sizes = H_v.jacobiSvd().singularValues();
      if (sizes(n - 1) < 1e-3 * sizes(0) || v.norm() > 30.0) return std::nullopt;
      return network.weights(v);
    }
    if (move.norm() > 1.0) move /= move.norm();
    v -= move;
  }
  return std::nullopt;
}

struct Case {
  Perceptron network;
  Rows rows;
};

Case random_case(Random& random, std::uint64_t seed) {
  const Index s = random.integer(1, 5), L = random.integer(s + 1, 14);
  PerceptronOptions options;
  options.activation = static_cast<Activation>(seed % 4);
  const Range ends = range(options.activation);
  options.ridge = seed % 3 == 0 ? 0.05 : 0.0;
  Matrix X(L, s);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
    y(i) = ends.low + (ends.high - ends.low) * random.uniform(0.05, 0.95);
  }
  Problem problem = make_problem(X, y);
  if (seed % 5 == 0) {
    problem.offset = Vector(L);
    for (double& entry : problem.offset) entry = random.uniform(-0.5, 0.5);
  }
  const std::vector<Interval> penalty(static_cast<std::size_t>(s), Interval(options.ridge));
  return {Perceptron(problem, options),
          Rows(X, y, Vector::Ones(L), problem.offset, penalty, traits(options.activation).form)};
}

/// Whether x_i.w is within the inputs of the cell, up to rounding.
bool holds(const Rows& rows, const Cell& cell, const Vector& scaled) {
  for (int i = 0; i < rows.size(); ++i) {
    double u = 0.0;
    for (int j = 0; j < rows.weights(); ++j) u += rows.row(i)[j] * scaled(j);
    const Interval& own = cell.inputs[static_cast<std::size_t>(i)];
    const double rounding = 1e-10 * (1.0 + std::abs(u));
    if (u < own.lower() - rounding || u > own.upper() + rounding) return false;
  }
  return true;
}

}  // namespace

TEST_CASE(
    "a stationary point is in every cell that is left of one that holds it, until it is proven") {
  int followed = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const Case problem = random_case(random, seed);
    const Rows& rows = problem.rows;
    const int n = rows.weights();
    Vector start(n);
    for (double& entry : start) entry = 2.0 * random.normal();
    const auto w = newton(problem.network, start);
    if (!w) continue;
    Bases bases(rows);
    const SignTest signs(rows);
    const std::vector<Contribution> contributions = contributions_of(rows);
    Examiner examiner(rows, signs, contributions, bases);
    Vector scaled(n);
    for (int j = 0; j < n; ++j) scaled(j) = (*w)(j) / rows.scale(j);
    for (int trial = 0; trial < 8; ++trial) {
      // The point is anywhere in boxes of all shapes.
      Point box;
      for (int j = 0; j < n; ++j) {
        const double width = std::pow(10.0, random.uniform(-4.0, 2.0));
        const double low = scaled(j) - width * random.uniform(0.02, 0.98);
        box[static_cast<std::size_t>(j)] = {low, low + width};
      }
      Cell cell = Examiner::cell_of(rows, bases, box);
      REQUIRE(holds(rows, cell, scaled));
      bool is_found = false;
      for (int step = 0; step < 400 && !is_found; ++step) {
        const Verdict verdict = examiner.examine(cell);
        REQUIRE(verdict != Verdict::excluded);
        REQUIRE(verdict != Verdict::undecided);
        if (verdict == Verdict::found) {
          for (int j = 0; j < n; ++j) {
            const Interval& weight = examiner.found().weights[static_cast<std::size_t>(j)];
            CHECK(std::abs(proof::middle(weight) - scaled(j)) <=
                  1e-9 * (1.0 + std::abs(scaled(j))));
          }
          is_found = true;
          ++followed;
        } else if (!holds(rows, cell, scaled)) {
          REQUIRE(holds(rows, examiner.second_half(), scaled));
          cell = examiner.second_half();
        }
      }
      REQUIRE(is_found);
    }
  }
  CHECK(followed >= 100);
}

TEST_CASE("a cell in which all pulls away from one place is excluded, however large") {
  // x_1.w, x_2.w and their sum, each with the root 0.549...
  Matrix X(3, 2);
  X << 1, 0, 0, 1, 1, 1;
  const Vector y = Vector::Constant(3, 0.5);
  const std::vector<Interval> penalty(2, Interval(0.0));
  const Rows rows(X, y, Vector::Ones(3), Vector(), penalty, traits(Activation::tanh).form);
  Bases bases(rows);
  PullTest pulls(rows, bases);
  const BasisPointer basis = bases.find({0, 1});
  REQUIRE(basis != nullptr);
  const auto excludes = [&](Interval first, Interval second, Interval sum) {
    const std::vector<Interval> inputs{first, second, sum, first, second};
    std::vector<int> signs;
    for (int i = 0; i < 3; ++i) {
      const Interval& u = inputs[static_cast<std::size_t>(i)];
      signs.push_back(u.lower() > 0.55 ? 1 : (u.upper() < 0.54 ? -1 : 0));
    }
    signs.resize(5, 0);
    return pulls.excludes(basis, inputs, signs);
  };
  CHECK(excludes({1.0, 1e8}, {2.0, 1e8}, {3.0, 2e8}));   // all pull down
  CHECK(excludes({-1e3, 1e3}, {2.0, 1e3}, {3.0, 2e3}));  // away from (root, 0)
  CHECK(excludes({-1e3, 1e3}, {2.0, 1e3},
                 {-1e3, 2e3}));  // two are open: away from where both are zero
  CHECK(excludes({-1e3, -1.0}, {2.0, 1e3}, {-1e3, 0.0}));        // away from a place in between
  CHECK_FALSE(excludes({-1.0, 1.0}, {-1.0, 1.0}, {-2.0, 2.0}));  // holds a stationary point
  // The stationary point is at u = u' with 2 pulls up and one down: in this cell.
  CHECK_FALSE(excludes({0.2, 0.5}, {0.2, 0.5}, {0.6, 1.0}));
}

TEST_CASE(
    "with four weights the search finds what the exploration finds, on one thread and on two") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const Index L = 7 + static_cast<Index>(seed);
    Matrix X(L, 4);
    Vector y(L);
    for (Index i = 0; i < L; ++i) {
      for (Index j = 0; j < 4; ++j) X(i, j) = random.normal();
      y(i) = random.uniform(-0.9, 0.9);
    }
    const Perceptron network(make_problem(X, y));
    SearchOptions options;
    options.seconds = 300.0;
    const SearchResult result = search_exhaustively(network, options);
    CHECK(result.finished);
    CHECK(result.region_holds_all);
    int sum = 0;
    for (const StationaryPoint& point : result.points) sum += *point.morse_index % 2 == 0 ? 1 : -1;
    CHECK(sum == 1);
    ExploreOptions explore_options;
    explore_options.seconds = 300.0;
    explore_options.quiet_rounds = 2;
    for (const StationaryPoint& point : explore(network, explore_options).points) {
      double nearest = std::numeric_limits<double>::infinity();
      for (const StationaryPoint& listed : result.points)
        nearest = std::min(nearest, (listed.weights - point.weights).norm());
      CHECK(nearest <= 1e-6 * (1.0 + point.weights.norm()));
    }
    options.threads = 2;
    const SearchResult two = search_exhaustively(network, options);
    CHECK(two.boxes == result.boxes);
    REQUIRE(two.points.size() == result.points.size());
    for (std::size_t k = 0; k < two.points.size(); ++k)
      CHECK(two.points[k].weights == result.points[k].weights);
  }
}

}  // namespace cell_test
