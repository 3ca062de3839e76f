#include "tautrack/data/replicates.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>

#include <doctest/doctest.h>

#include "tautrack/network/perceptron.hpp"

#include "support/random_problem.hpp"

namespace {

using namespace tautrack;
using support::Random;

/// A problem in which every one of some rows stands `copies` times, moved by up to `by` of each entry, in
/// random order; and which of them each row is.
struct Copied {
  Problem problem;
  std::vector<Index> original;
};

Copied copied(Random& random, Index originals, Index copies, Index s, double by) {
  Matrix rows(originals, s);
  for (Index i = 0; i < originals; ++i)
    for (Index j = 0; j < s; ++j)
      rows(i, j) = random.integer(0, 5) == 0
                       ? 0.0
                       : random.normal() * std::pow(10.0, random.uniform(-3.0, 3.0));
  Copied out;
  const Index L = originals * copies;
  Matrix X(L, s);
  Vector y(L);
  std::vector<Index> order;
  for (Index i = 0; i < L; ++i) order.push_back(i % originals);
  for (Index i = L; i-- > 1;)
    std::swap(order[static_cast<std::size_t>(i)],
              order[static_cast<std::size_t>(random.integer(0, i + 1))]);
  Vector weights(L);
  for (Index i = 0; i < L; ++i) {
    const Index k = order[static_cast<std::size_t>(i)];
    for (Index j = 0; j < s; ++j) X(i, j) = rows(k, j) * (1.0 + by * random.uniform(-1.0, 1.0));
    y(i) = random.uniform(-0.9, 0.9);
    weights(i) = random.uniform(0.5, 2.0);
  }
  out.original = order;
  out.problem = make_problem(X, y);
  out.problem.pattern_weights = weights;
  return out;
}

}  // namespace

TEST_CASE("rows that are equal, or equal up to rounding, are found and no others") {
  Random random(1);
  for (int k = 0; k < 60; ++k) {
    const double by = k % 3 == 0 ? 0.0 : std::pow(10.0, random.uniform(-16.0, -12.7));
    const Copied data = copied(random, 2 + random.integer(0, 6), 1 + random.integer(0, 5),
                               2 + random.integer(0, 4), by);
    const Replicates found = find_replicates(data.problem.X);
    CAPTURE(by);
    const auto L = static_cast<std::size_t>(data.problem.X.rows());
    REQUIRE(found.pattern_of.size() == L);
    bool are_right = true;
    for (std::size_t i = 0; i < L; ++i)
      for (std::size_t j = 0; j < L; ++j)
        are_right = are_right && (found.pattern_of[i] == found.pattern_of[j]) ==
                                     (data.original[i] == data.original[j]);
    CHECK(are_right);
    CHECK(found.patterns() + found.equal + found.rounded == data.problem.X.rows());
    if (by == 0.0) CHECK(found.rounded == 0);
    // Patterns in the order in which they appear, each with its first row.
    for (std::size_t p = 0; p + 1 < found.first.size(); ++p)
      CHECK(found.first[p] < found.first[p + 1]);
    for (std::size_t i = 0; i < L; ++i)
      CHECK(found.first[static_cast<std::size_t>(found.pattern_of[i])] <= static_cast<Index>(i));
  }
}

TEST_CASE("rows at minus infinity are one pattern, and the others are what they are without them") {
  constexpr double low = -std::numeric_limits<double>::infinity();
  Matrix X(7, 2);
  X << 1.0, 1.0, low, 1.0, 2.0, 1.0, low, 1.0, 1.0, 1.0, 2.0 + 4e-16, 1.0, 3.0, 1.0;
  const Replicates found = find_replicates(X);
  CHECK(found.pattern_of == std::vector<Index>{0, 1, 2, 1, 0, 2, 3});
  CHECK(found.equal == 2);
  CHECK(found.rounded == 1);
}

TEST_CASE("what is further apart than rounding stays apart") {
  Random random(2);
  for (const double by : {1e-11, 1e-9, 1e-6}) {
    const Copied data = copied(random, 4, 3, 3, 0.0);
    Matrix X = data.problem.X;
    for (Index i = 0; i < X.rows(); ++i) X.row(i) *= 1.0 + by * static_cast<double>(i);
    CHECK_FALSE(find_replicates(X).any());
  }
  Matrix X(4, 2);
  X << 1.0, 0.0, 1.0, 1e-13, 0.3, 1.0, 0.1 + 0.2, 1.0;
  const Replicates found = find_replicates(X);
  CHECK(found.patterns() ==
        3);  // 1e-13 is more than the last digit of 1, the last two rows are equal
  REQUIRE(found.rounded_pair);
  CHECK(*found.rounded_pair == std::pair<Index, Index>(3, 2));
  CHECK(find_replicates(X, 0.0).patterns() == 4);
  // 0.1 + 0.2 - 0.3 in a column of ones is zero to rounding.
  Matrix Z(2, 2);
  Z << 0.0, 1.0, 0.1 + 0.2 - 0.3, 1.0;
  CHECK(find_replicates(Z).patterns() == 2);  // in a column of its own size it is a number
  Matrix W(3, 2);
  W << 0.0, 1.0, 0.1 + 0.2 - 0.3, 1.0, 1.0, 1.0;
  CHECK(find_replicates(W).patterns() == 2);
  CHECK_THROWS_AS((void)find_replicates(X, -1.0), std::invalid_argument);
  CHECK_THROWS_AS((void)find_replicates(X, std::nan("")), std::invalid_argument);
  CHECK(find_replicates(Matrix(0, 2)).patterns() == 0);
}

TEST_CASE("a merged problem has the energy, the gradient and the Hessian of the problem as given") {
  Random random(3);
  for (int k = 0; k < 20; ++k) {
    const Copied data = copied(random, 4 + random.integer(0, 4), 2 + random.integer(0, 3), 2, 0.0);
    const auto given = std::make_shared<const Problem>(data.problem);
    const MergedProblem merged = merge_replicates(given);
    REQUIRE(merged.replicates.any());
    CHECK(merged.energy > 0.0);
    PerceptronOptions options;
    options.activation = static_cast<Activation>(k % 4);
    if (k % 2 == 1) options.ridge = 0.1;
    if (k % 4 == 3) options.ridge_standardised = true;
    const Perceptron before(given, options), after(merged.problem, options);
    REQUIRE(before.unknowns() == after.unknowns());
    Perceptron::Workspace work_before(before), work_after(after);
    Vector weights(2);
    for (double& w : weights) w = 0.01 * random.normal();
    const Vector v = before.coordinates(weights), u = after.coordinates(weights);
    const double energy = before.energy(v, 1.0, work_before);
    CHECK(after.energy(u, 1.0, work_after) + merged.energy ==
          doctest::Approx(energy).epsilon(1e-12));
    const auto slope = [&](const Perceptron& network, Perceptron::Workspace& work,
                           const Vector& at) {
      Vector H(2), H_tau(2);
      Matrix H_v(2, 2);
      network.derivatives(at, 1.0, work, H, H_v, H_tau);
      const Vector probe = network.coordinates(Vector::Unit(2, 0));
      return std::pair(H.dot(probe), probe.dot(H_v * probe));
    };
    const auto [g, h] = slope(before, work_before, v);
    const auto [g_merged, h_merged] = slope(after, work_after, u);
    CHECK(g_merged == doctest::Approx(g).epsilon(1e-9).scale(std::abs(h)));
    CHECK(h_merged == doctest::Approx(h).epsilon(1e-9));
  }
}

TEST_CASE("a problem without replicates is returned as it is") {
  Random random(4);
  const auto given = std::make_shared<const Problem>(copied(random, 7, 1, 3, 0.0).problem);
  const MergedProblem merged = merge_replicates(given);
  CHECK(merged.problem == given);
  CHECK(merged.energy == 0.0);
  // Equal targets keep their value to the last digit, and nothing is added to the energy.
  Problem twice = *given;
  twice.X.row(3) = twice.X.row(1);
  twice.y(3) = twice.y(1) = 0.1;
  twice.pattern_weights.setConstant(0.7);
  const MergedProblem equal = merge_replicates(std::make_shared<const Problem>(twice));
  CHECK(equal.problem->y(1) == 0.1);
  CHECK(equal.energy == 0.0);
  CHECK(equal.problem->pattern_weights(1) == 1.4);
}
