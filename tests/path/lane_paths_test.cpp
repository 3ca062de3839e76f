#include "path/lane_paths.hpp"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "tautrack/path/batch.hpp"

#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace lane_paths_test {

using namespace tautrack;
using namespace tautrack::support;

namespace {

constexpr Activation kActivations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                       Activation::erf};

/// Inputs normal, the last column ones; targets well within the range of the activation.
Perceptron plain_network(Index L, Index s, std::uint64_t seed, PerceptronOptions options = {}) {
  Random random(seed);
  Matrix X(L, s);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = 1.5 * random.normal();
    y(i) = random.uniform(-0.9, 0.9);
  }
  X.col(s - 1).setOnes();
  if (options.activation == Activation::logistic) y = 0.5 * y.array() + 0.5;
  return Perceptron(make_problem(X, y), options);
}

/// Hard ones of many kinds.
Perceptron mixed_network(std::uint64_t seed) {
  Problem problem = random_problem(seed);
  PerceptronOptions options;
  options.activation = kActivations[seed % 4];
  if (seed % 3 == 1) options.ridge = 0.01;
  if (seed % 5 == 2) problem.pattern_weights = Vector::LinSpaced(problem.y.size(), 0.5, 3.0);
  if (seed % 7 == 3) problem.offset = Vector::LinSpaced(problem.y.size(), -0.5, 0.5);
  if (options.activation == Activation::logistic) problem.y = 0.5 * problem.y.array() + 0.5;
  return Perceptron(problem, options);
}

/// Whether two reports of a path are the same to the last bit.
bool is_same(const NaturalPath& path, const NaturalPath& other) {
  if (path.status != other.status || path.message != other.message ||
      path.points.size() != other.points.size() || path.folds.size() != other.folds.size() ||
      path.end.has_value() != other.end.has_value() || path.work.steps != other.work.steps ||
      path.work.rejected != other.work.rejected ||
      path.work.evaluations != other.work.evaluations ||
      path.work.passes_over_data != other.work.passes_over_data)
    return false;
  for (std::size_t k = 0; k < path.points.size(); ++k) {
    const NaturalPoint &a = path.points[k], &b = other.points[k];
    if (a.kind != b.kind || a.tau != b.tau || a.one_minus_tau != b.one_minus_tau ||
        a.arclength != b.arclength || a.weights != b.weights || a.energy != b.energy ||
        a.morse_index != b.morse_index)
      return false;
  }
  if (!path.end) return true;
  const PathEnd &a = *path.end, &b = *other.end;
  return a.weights == b.weights && a.energy == b.energy && a.gradient_norm == b.gradient_norm &&
         a.gradient_scale == b.gradient_scale && a.last_newton_step == b.last_newton_step &&
         a.eigenvalues == b.eigenvalues && a.morse_index == b.morse_index && a.status == b.status;
}

/// What a report of lanes must have in common with another one.
void check_agrees(const Perceptron& network, const NaturalPath& path, const NaturalPath& other) {
  REQUIRE(path.status == other.status);
  REQUIRE(path.message == other.message);
  REQUIRE(path.folds.size() == other.folds.size());
  REQUIRE(path.end.has_value() == other.end.has_value());
  if (!path.end) return;
  const PathEnd &a = *path.end, &b = *other.end;
  const Vector v = network.coordinates(b.weights);
  // Rounding of H moves a solution by as much more as the Hessian is small.
  const double allowed = 1e-12 * (1.0 + v.norm()) +
                         1e-14 * b.gradient_scale / std::abs(b.nearest_eigenvalue.value_or(1e-300));
  REQUIRE((network.coordinates(a.weights) - v).norm() <= allowed);
  REQUIRE(a.energy == doctest::Approx(b.energy).epsilon(1e-12));
  REQUIRE(a.gradient_norm <= 4e-15 * a.gradient_scale);
  REQUIRE(a.gradient_scale == doctest::Approx(b.gradient_scale).epsilon(1e-8));
  REQUIRE(a.eigenvalues.size() == b.eigenvalues.size());
  REQUIRE((a.eigenvalues - b.eigenvalues).norm() <=
          (1e-12 + 10.0 * allowed) * b.eigenvalues.norm());
  REQUIRE(a.morse_index == b.morse_index);
  REQUIRE(a.status == b.status);
  for (std::size_t k = 1; k < path.points.size(); ++k) {
    REQUIRE(path.points[k].arclength > path.points[k - 1].arclength);
    if (path.folds.empty())
      REQUIRE(path.points[k].one_minus_tau <= path.points[k - 1].one_minus_tau);
  }
  REQUIRE(path.points.back().weights == a.weights);
  const NaturalPoint &start = path.points.front(), &other_start = other.points.front();
  REQUIRE(start.kind == PointKind::start);
  REQUIRE((start.weights - other_start.weights).norm() <=
          1e-12 * (1.0 + other_start.weights.norm()));
  REQUIRE(start.energy == doctest::Approx(other_start.energy).epsilon(1e-12));
}

/// Whether lanes follow a path to its end, alone.
bool is_for_lanes(const Perceptron& network) {
  if (!LanePaths::take(network)) return false;
  const TrackOptions options;
  LanePaths lanes(network, options);
  lanes.put(0, {&network, nullptr});
  do lanes.step();
  while (lanes.outcome(0) == LanePaths::Outcome::going);
  return lanes.outcome(0) == LanePaths::Outcome::arrived;
}

}  // namespace

TEST_CASE("lanes: a batch of hard problems of all kinds has the ends of one path after another") {
  std::vector<Perceptron> networks;
  for (std::uint64_t seed = 0; seed < sampled(4000U); ++seed)
    networks.push_back(mixed_network(seed));
  const std::vector<NaturalPath> paths = track_natural_batch(networks);
  std::size_t arrived = 0, in_lanes = 0, folding = 0;
  for (std::size_t i = 0; i < networks.size(); ++i) {
    CAPTURE(i);
    const NaturalPath alone = track_natural(networks[i]);
    check_agrees(networks[i], paths[i], alone);
    arrived += alone.ok() && LanePaths::take(networks[i]) ? 1U : 0U;
    if (is_for_lanes(networks[i])) {
      ++in_lanes;
      REQUIRE(alone.ok());
      REQUIRE(alone.folds.empty());
    } else {
      // It was left to track_natural().
      REQUIRE(is_same(paths[i], alone));
    }
    folding += alone.folds.empty() ? 0U : 1U;
  }
  CHECK(10 * in_lanes > 7 * arrived);
  CHECK(folding > 0);
}

TEST_CASE("lanes: shapes up to the limits, all activations, with ridge and without") {
  for (const auto& size : {std::pair{10, 3}, {50, 6}, {128, 6}, {1, 1}, {3, 2}, {17, 5}, {20, 7}}) {
    for (std::size_t kind = 0; kind < 8; ++kind) {
      CAPTURE(size.first);
      CAPTURE(size.second);
      CAPTURE(kind);
      PerceptronOptions options;
      options.activation = kActivations[kind % 4];
      options.ridge = kind < 4 ? 0.0 : 0.1;
      std::vector<Perceptron> networks;
      for (std::uint64_t seed = 0; seed < 25; ++seed)
        networks.push_back(plain_network(size.first, size.second, seed, options));
      const std::vector<NaturalPath> paths = track_natural_batch(networks);
      int in_lanes = 0;
      for (std::size_t i = 0; i < networks.size(); ++i) {
        check_agrees(networks[i], paths[i], track_natural(networks[i]));
        in_lanes += is_for_lanes(networks[i]) ? 1 : 0;
      }
      CHECK(in_lanes >= (size.second <= kernels::most_lane_columns ? 20 : 0));
    }
  }
}

TEST_CASE("lanes: on every kind of processor") {
  std::vector<Perceptron> networks;
  for (std::uint64_t seed = 0; seed < 60; ++seed) networks.push_back(plain_network(10, 3, seed));
  for (std::uint64_t seed = 0; seed < 60; ++seed) networks.push_back(mixed_network(seed));
  const std::vector<NaturalPath> best = track_natural_batch(networks);
  for (const kernels::Kernels* const* kernels = kernels::available(); *kernels != nullptr;
       ++kernels) {
    CAPTURE((*kernels)->name);
    kernels::force(*kernels);
    const std::vector<NaturalPath> paths = track_natural_batch(networks);
    kernels::force(nullptr);
    for (std::size_t i = 0; i < networks.size(); ++i) {
      CAPTURE(i);
      check_agrees(networks[i], paths[i], best[i]);
    }
  }
}

TEST_CASE("lanes: a path does not depend on threads, on the order, or on those beside it") {
  std::vector<Perceptron> networks;
  for (std::uint64_t seed = 0; seed < 203; ++seed)
    networks.push_back(seed % 3 == 0 ? mixed_network(seed) : plain_network(10, 3, seed));
  const std::vector<Perceptron> backwards(networks.rbegin(), networks.rend());
  for (const kernels::Kernels* const* kernels = kernels::available(); *kernels != nullptr;
       ++kernels) {
    CAPTURE((*kernels)->name);
    kernels::force(*kernels);
    const std::vector<NaturalPath> paths = track_natural_batch(networks);
    const std::vector<NaturalPath> reversed = track_natural_batch(backwards);
    std::vector<NaturalPath> alone;
    for (const Perceptron& network : networks)
      alone.push_back(track_natural_batch(std::span(&network, 1)).front());
    std::vector<std::vector<NaturalPath>> shared;
    for (const int threads : {2, 3}) shared.push_back(track_natural_batch(networks, {}, threads));
    kernels::force(nullptr);
    for (std::size_t i = 0; i < networks.size(); ++i) {
      CAPTURE(i);
      REQUIRE(is_same(reversed[networks.size() - 1 - i], paths[i]));
      REQUIRE(is_same(alone[i], paths[i]));
      for (const std::vector<NaturalPath>& by_threads : shared)
        REQUIRE(is_same(by_threads[i], paths[i]));
    }
  }
}

TEST_CASE("lanes: many targets over the same inputs are as many networks") {
  const Perceptron network = plain_network(10, 3, 7);
  Matrix targets(10, 150);
  Random random(11);
  for (Index j = 0; j < targets.cols(); ++j)
    for (Index i = 0; i < targets.rows(); ++i) targets(i, j) = random.uniform(-0.9, 0.9);
  std::vector<Perceptron> networks;
  for (Index j = 0; j < targets.cols(); ++j)
    networks.push_back(network.with_targets(targets.col(j)));
  const std::vector<NaturalPath> one_by_one = track_natural_batch(networks);
  for (const int threads : {1, 2}) {
    const std::vector<NaturalPath> paths = track_natural_batch(network, targets, {}, threads);
    REQUIRE(paths.size() == networks.size());
    for (std::size_t j = 0; j < paths.size(); ++j) REQUIRE(is_same(paths[j], one_by_one[j]));
  }
  targets(3, 70) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS((void)track_natural_batch(network, targets), DataError);
  CHECK_THROWS_AS((void)track_natural_batch(network, targets.topRows(9)), DataError);
}

TEST_CASE("lanes: a compact batch holds the same paths") {
  std::vector<Perceptron> networks;
  for (std::uint64_t seed = 0; seed < 200; ++seed) networks.push_back(mixed_network(seed));
  const std::vector<NaturalPath> paths = track_natural_batch(networks);
  for (const int threads : {1, 3}) {
    const BatchPaths compact = track_natural_compact(networks, {}, threads);
    REQUIRE(compact.size() == paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) {
      CAPTURE(i);
      const NaturalPath& path = paths[i];
      REQUIRE(is_same(compact.path(i), path));
      REQUIRE(compact.status(i) == path.status);
      REQUIRE(compact.ok(i) == path.ok());
      REQUIRE(compact.folds(i) == static_cast<Index>(path.folds.size()));
      REQUIRE(compact.weights(i).size() == (path.end ? path.end->weights.size() : 0));
      if (!path.end) {
        REQUIRE(std::isnan(compact.energy(i)));
        continue;
      }
      REQUIRE(compact.weights(i) == path.end->weights);
      REQUIRE(compact.energy(i) == path.end->energy);
    }
  }
  const Matrix targets = networks[0].targets();
  CHECK(is_same(track_natural_compact(networks[0], targets).path(0), paths[0]));
}

TEST_CASE("lanes: data without a path beside others change nothing about those") {
  std::vector<Perceptron> good, all;
  std::vector<std::size_t> place;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    good.push_back(plain_network(10, 3, seed));
    place.push_back(all.size());
    all.push_back(good.back());
    // Dependent columns, targets that overflow, inputs near the ends of what a double holds.
    const Problem& problem = make_problem(good.back().inputs(), good.back().targets());
    Problem dependent = problem, wild = problem, tiny = problem;
    dependent.X.col(1) = 2.0 * dependent.X.col(0);
    wild.y *= 1e200;
    tiny.X.row(0) *= 1e-150;
    tiny.X.row(1) *= 1e100;
    all.emplace_back(dependent);
    all.emplace_back(wild);
    all.emplace_back(tiny);
  }
  const std::vector<NaturalPath> alone = track_natural_batch(good);
  const std::vector<NaturalPath> together = track_natural_batch(all);
  for (std::size_t i = 0; i < good.size(); ++i) REQUIRE(is_same(together[place[i]], alone[i]));
  for (std::size_t i = 0; i < all.size(); ++i) {
    CAPTURE(i);
    check_agrees(all[i], together[i], track_natural(all[i]));
  }
}

TEST_CASE("lanes: a batch that is stopped keeps what has arrived and says so of the rest") {
  std::vector<Perceptron> networks;
  for (std::uint64_t seed = 0; seed < 200; ++seed) networks.push_back(plain_network(10, 3, seed));
  TrackOptions options;
  options.stop = StopCondition::after_looks(0);
  for (const NaturalPath& path : track_natural_batch(networks, options))
    CHECK(path.status == TrackStatus::stopped_by_observer);
  options.stop = StopCondition::after_looks(5);
  const std::vector<NaturalPath> all = track_natural_batch(networks);
  for (const int threads : {1, 2}) {
    options.stop = StopCondition::after_looks(5);
    const std::vector<NaturalPath> paths = track_natural_batch(networks, options, threads);
    std::size_t arrived = 0, stopped = 0;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (paths[i].ok()) CHECK(is_same(paths[i], all[i]));
      arrived += paths[i].ok() ? 1U : 0U;
      stopped += paths[i].status == TrackStatus::stopped_by_observer ? 1U : 0U;
    }
    CHECK(arrived > 0);
    CHECK(stopped > 0);
    CHECK(arrived + stopped == paths.size());
  }
}

TEST_CASE("lanes: what they do not take is followed as ever") {
  std::vector<Perceptron> networks;
  for (std::uint64_t seed = 0; seed < 20; ++seed) networks.push_back(plain_network(10, 3, seed));
  networks.push_back(plain_network(140, 3, 1));  // too many patterns
  networks.push_back(plain_network(40, 9, 1));   // too many unknowns
  std::vector<TrackOptions> asked(4);
  asked[1].landings = {0.5};
  asked[2].tau_target = 0.7;
  asked[3].predictor.kind = PredictorKind::tangent;
  for (const TrackOptions& options : asked) {
    const std::vector<NaturalPath> paths = track_natural_batch(networks, options);
    const std::size_t first = &options == &asked[0] ? networks.size() - 2 : 0;
    for (std::size_t i = first; i < networks.size(); ++i)
      CHECK(is_same(paths[i], track_natural(networks[i], options)));
  }
  TrackOptions one_step;
  one_step.max_steps = 1;
  const std::vector<NaturalPath> paths = track_natural_batch(networks, one_step);
  for (std::size_t i = 0; i < networks.size(); ++i)
    CHECK((paths[i].ok() ? paths[i].work.steps == 1
                         : paths[i].status == track_natural(networks[i], one_step).status));
}

}  // namespace lane_paths_test
