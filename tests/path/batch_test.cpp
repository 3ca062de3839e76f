#include "tautrack/path/batch.hpp"

#include <doctest/doctest.h>

#include "support/random_problem.hpp"

namespace batch_test {

using namespace tautrack;
using namespace tautrack::support;

TEST_CASE("threads within the passes over large data change no bit of a path") {
  Random random(5);
  Matrix X(30000, 6);
  Vector y(30000);
  for (Index i = 0; i < X.rows(); ++i) {
    for (Index j = 0; j < X.cols(); ++j) X(i, j) = random.normal();
    y(i) = random.uniform(-0.9, 0.9);
  }
  const Perceptron network(make_problem(X, y));
  const NaturalPath alone = track_natural(network);
  REQUIRE(alone.ok());
  for (const int threads : {2, 3}) {
    const NaturalPath together = track_natural(network, {}, {}, threads);
    REQUIRE(together.points.size() == alone.points.size());
    for (std::size_t k = 0; k < alone.points.size(); ++k) {
      CHECK(together.points[k].tau == alone.points[k].tau);
      CHECK(together.points[k].weights == alone.points[k].weights);
    }
    CHECK(together.end->energy == alone.end->energy);
  }
  CHECK_THROWS_AS((void)track_natural(network, {}, {}, 0), std::invalid_argument);
}

TEST_CASE("a batch may be empty, and what is unusable is refused once for all") {
  CHECK(track_natural_batch({}).empty());
  std::vector<Perceptron> networks;
  for (std::uint64_t seed = 0; seed < 20; ++seed) networks.emplace_back(random_problem(seed));
  TrackOptions options;
  options.tau_target = 2.0;
  CHECK_THROWS_AS((void)track_natural_batch(networks, options, 2), std::invalid_argument);
  CHECK_THROWS_AS((void)track_natural_batch(networks, {}, 0), std::invalid_argument);
}

}  // namespace batch_test
