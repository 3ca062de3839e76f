#include <algorithm>
#include <cmath>
#include <cstdint>

#include <doctest/doctest.h>

#include "tautrack/path/natural_path.hpp"

#include "support/random_problem.hpp"

namespace dear_hessians_test {

using namespace tautrack;
using namespace tautrack::support;

namespace {

/// Noisy outputs of a perceptron of 20 weights on 500 patterns.
Problem noisy_problem(std::uint64_t seed) {
  constexpr Index L = 500, s = 20;
  Random random(seed);
  Matrix X(L, s);
  Vector w(s), y(L);
  for (Index j = 0; j < s; ++j) {
    w(j) = random.normal() / std::sqrt(static_cast<double>(s));
    for (Index i = 0; i < L; ++i) X(i, j) = 1.5 * random.normal();
  }
  for (Index i = 0; i < L; ++i)
    y(i) = std::clamp(std::tanh(X.row(i).dot(w)) + 0.1 * random.normal(), -0.95, 0.95);
  return make_problem(X, y);
}

}  // namespace

TEST_CASE("a Hessian a step is enough where it is dear: one at the start, one more at the end") {
  long evaluations = 0, steps = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    CAPTURE(seed);
    const NaturalPath path = track_natural(Perceptron(noisy_problem(seed)));
    REQUIRE(path.ok());
    CHECK(path.end->gradient_norm <= 4e-15 * path.end->gradient_scale);
    evaluations += path.work.evaluations;
    steps += path.work.steps;
  }
  CHECK(evaluations <=
        steps + 2 * 8 + 4);  // A few series need one at their own point all the same.
}

}  // namespace dear_hessians_test
