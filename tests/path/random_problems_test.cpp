#include <cmath>
#include <map>
#include <numeric>

#include <doctest/doctest.h>

#include "tautrack/path/natural_path.hpp"

#include "homotopy/natural.hpp"
#include "support/one_weight_curve.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace random_problems_test {

using namespace tautrack;
using namespace tautrack::support;

namespace {

constexpr std::uint64_t kProblems = sampled(4000);
constexpr std::uint64_t kOneWeightProblems = sampled(600);

NaturalPath tracked(const Perceptron& network, PredictorKind kind) {
  TrackOptions options;
  options.predictor.kind = kind;
  return track_natural(network, options);
}

/// What holds along every path, whatever the problem.
void check_invariants(const Perceptron& network, const NaturalPath& path) {
  NaturalHomotopy homotopy(network);
  const Index n = network.unknowns();
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  int direction = 1;
  for (std::size_t k = 1; k < path.points.size(); ++k) {
    const NaturalPoint& point = path.points[k];
    REQUIRE(point.weights.allFinite());
    REQUIRE(std::isfinite(point.energy));
    REQUIRE(point.arclength > path.points[k - 1].arclength);
    // Between folds tau is monotone.
    REQUIRE((point.tau - path.points[k - 1].tau) * direction >= 0.0);
    if (point.kind == PointKind::fold) direction = -direction;
  }
  for (const NaturalFold& fold : path.folds) {
    REQUIRE(fold.bracket_low <= fold.bracket_high);
    if (fold.index_before && fold.index_after)
      REQUIRE(std::abs(*fold.index_before - *fold.index_after) == 1);
  }
  // tau alternates between maxima and minima, beginning with a maximum.
  for (std::size_t k = 0; k < path.folds.size(); ++k)
    REQUIRE(path.folds[k].curvature_sign == (k % 2 == 0 ? -1 : 1));
}

}  // namespace

TEST_CASE(
    "random problems: every path ends with a status, arrivals are solutions, predictors agree") {
  std::map<TrackStatus, int> count;
  for (std::uint64_t seed = 0; seed < kProblems; ++seed) {
    const Perceptron network(random_problem(seed));
    const NaturalPath euler = tracked(network, PredictorKind::tangent);
    const NaturalPath davidenko = tracked(network, PredictorKind::davidenko);
    const NaturalPath taylor = tracked(network, PredictorKind::taylor);
    CAPTURE(seed);
    ++count[taylor.status];
    for (const NaturalPath* path : {&euler, &davidenko, &taylor}) {
      check_invariants(network, *path);
      const bool known = path->status == TrackStatus::reached_target ||
                         path->status == TrackStatus::infinite_weights ||
                         path->status == TrackStatus::unresolved_end;
      REQUIRE_MESSAGE(known, path->message);
      REQUIRE(path->end.has_value() == (path->status == TrackStatus::reached_target));
      REQUIRE(path->infinity.has_value() == (path->status == TrackStatus::infinite_weights));
      if (path->end) {
        REQUIRE(path->end->tau == 1.0);
        REQUIRE(path->end->gradient_norm <= 4e-15 * path->end->gradient_scale);
        if (path->end->morse_index)  // folds come in pairs
          REQUIRE((*path->end->morse_index + path->folds.size() + path->branch_points.size()) % 2 ==
                  0);
      }
    }
    for (const NaturalPath* other : {&davidenko, &taylor}) {
      REQUIRE(euler.status == other->status);
      REQUIRE(euler.folds.size() == other->folds.size());
      for (std::size_t k = 0; k < euler.folds.size(); ++k)
        REQUIRE(std::abs(euler.folds[k].point.tau - other->folds[k].point.tau) <= 1e-12);
      if (euler.end && euler.end->status == "converged")
        REQUIRE((euler.end->weights - other->end->weights).norm() <=
                1e-7 * euler.end->weights.norm());
    }
  }
  // A few in a thousand come so close to tau = 1 with such slow drift that double precision ends
  // first.
  CHECK(count[TrackStatus::unresolved_end] * 500 <= static_cast<int>(kProblems));
  CHECK(count[TrackStatus::reached_target] > static_cast<int>(kProblems) / 2);
  CHECK(count[TrackStatus::infinite_weights] > 0);
}

TEST_CASE("one weight: folds and end points are those of the explicit curve") {
  std::size_t folds = 0;
  int infinite = 0;
  std::vector<std::uint64_t> seeds(kOneWeightProblems);
  std::iota(seeds.begin(), seeds.end(), std::uint64_t{0});
  seeds.push_back(29207);  // looks like infinite weights from w = 100 on, and ends at w = 152.6
  for (const std::uint64_t seed : seeds) {
    Random random(seed + 77777);
    const Index L = random.integer(2, 8);
    Vector x(L), y(L);
    const double largest = random.uniform(0.0, 1.0) < 0.7 ? 0.99 : 1.3;
    for (Index i = 0; i < L; ++i) {
      x(i) = std::pow(10.0, random.uniform(-1.5, 1.5));
      y(i) = random.uniform(0.0, 1.0) < 0.7 ? random.uniform(0.2, largest)
                                            : random.uniform(-largest, largest);
    }
    const OneWeightCurve curve(x, y);
    const Perceptron network(make_problem(Matrix(x), y));
    for (const auto kind :
         {PredictorKind::taylor, PredictorKind::tangent, PredictorKind::davidenko}) {
      CAPTURE(seed);
      CAPTURE(to_string(kind));
      const NaturalPath path = tracked(network, kind);
      REQUIRE(path.ok() == curve.end().has_value());
      REQUIRE(path.folds.size() == curve.fold_deltas().size());
      for (std::size_t k = 0; k < path.folds.size(); ++k)
        REQUIRE(1.0 - path.folds[k].point.tau ==
                doctest::Approx(curve.fold_deltas()[k]).epsilon(1e-4).scale(0.0));
      if (path.ok())
        REQUIRE(path.end->weights(0) == doctest::Approx(*curve.end()).epsilon(1e-3).scale(0.0));
      folds += path.folds.size();
      infinite += path.ok() ? 0 : 1;
    }
  }
  CHECK(folds > kOneWeightProblems / 10);
  CHECK(infinite > 0);
}

TEST_CASE("symmetric data: every branch point is passed, reported and told from a fold") {
  int branch_points = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed + 991);
    const Index pairs = random.integer(1, 5);
    Matrix X(2 * pairs, 2);
    Vector y(2 * pairs);
    for (Index i = 0; i < pairs; ++i) {
      const double a = 3.0 * random.normal();
      const double b = 3.0 * random.normal();
      X.row(2 * i) << a, b;
      X.row(2 * i + 1) << b, a;
      y(2 * i) = y(2 * i + 1) = random.uniform(-0.95, 0.95);
    }
    const Perceptron network(make_problem(X, y));
    const NaturalPath euler = tracked(network, PredictorKind::tangent);
    const NaturalPath davidenko = tracked(network, PredictorKind::davidenko);
    const NaturalPath taylor = tracked(network, PredictorKind::taylor);
    CAPTURE(seed);
    REQUIRE(euler.ok());
    for (const NaturalPath* other : {&davidenko, &taylor}) {
      REQUIRE(other->ok());
      REQUIRE(euler.branch_points.size() == other->branch_points.size());
      REQUIRE(euler.folds.size() == other->folds.size());
      for (std::size_t k = 0; k < euler.branch_points.size(); ++k)
        REQUIRE(std::abs(euler.branch_points[k].point.tau - other->branch_points[k].point.tau) <=
                1e-12);
    }
    for (std::size_t k = 0; k < euler.branch_points.size(); ++k) {
      const NaturalBranchPoint& branch = euler.branch_points[k];
      ++branch_points;
      // The symmetric path stays symmetric; the other branch leaves it across.
      REQUIRE(std::abs(branch.point.weights(0) - branch.point.weights(1)) <=
              1e-7 * branch.point.weights.norm());
      if (branch.index_before && branch.index_after)
        REQUIRE(std::abs(*branch.index_before - *branch.index_after) == 1);
      REQUIRE(branch.other_tangent);
      REQUIRE(std::abs((*branch.other_tangent)(0) + (*branch.other_tangent)(1)) <= 1e-6);
    }
  }
  CHECK(branch_points > 0);
}

}  // namespace random_problems_test
