#include "tautrack/path/audit.hpp"

#include <doctest/doctest.h>

#include "support/random_problem.hpp"

namespace audit_test {

using namespace tautrack;
using namespace tautrack::support;

namespace {

/// Three weights, two folds 0.002 apart in tau.
Problem two_close_folds() {
  Matrix X(8, 3);
  X << 2.576, 2.899, 0.133, -1.529, -2.184, 0.063, -2.044, -2.874, 0.399, 0.267, 1.093, -1.828,
      0.010, -0.129, -3.012, 1.076, 0.641, 4.778, 0.406, -0.289, 2.466, 0.398, 1.818, -0.731;
  Vector y(8);
  y << -0.7774, -0.6204, 0.5382, 0.8705, -0.5903, 0.8000, -0.8037, 0.4913;
  return make_problem(X, y);
}

/// One weight; its path has two folds (reference s1_folds).
Problem one_weight() {
  Matrix X(7, 1);
  X << -48, -64, -960, 3, 31, 28, -100;
  Vector y(7);
  y << -0.09375, -0.890625, -0.453125, 0.125, 0.90625, -0.265625, -0.671875;
  return make_problem(X, y);
}

}  // namespace

TEST_CASE("a path that folds is confirmed, one without a mark is looked at only when all are") {
  const Perceptron folding(one_weight());
  NaturalPath path = track_natural(folding);
  REQUIRE(path.folds.size() == 2);
  const double energy = path.end->energy;
  PathAudit audit = audit_path(folding, {}, AuditLevel::suspects, path);
  CHECK(audit.verdict == AuditVerdict::confirmed);
  CHECK(audit.message.starts_with("the path folds"));
  CHECK(audit.more_steps > 0);
  CHECK(path.end->energy == energy);

  audit = audit_path(folding, {}, AuditLevel::none, path);
  CHECK(audit.verdict == AuditVerdict::unsuspicious);
  CHECK(audit.more_steps == 0);

  const Perceptron plain(random_problem(1));
  NaturalPath straight = track_natural(plain);
  REQUIRE(straight.ok());
  REQUIRE(straight.folds.empty());
  REQUIRE(straight.work.rejected == 0);
  CHECK(audit_path(plain, {}, AuditLevel::suspects, straight).more_steps == 0);
  CHECK(audit_path(plain, {}, AuditLevel::all, straight).verdict == AuditVerdict::confirmed);
}

TEST_CASE("a path with the end, a fold or a point of another one is found out and replaced") {
  const Perceptron network(two_close_folds());
  const NaturalPath right = track_natural(network);
  REQUIRE(right.ok());
  REQUIRE(right.folds.size() == 2);

  NaturalPath wrong = right;
  wrong.end->weights(0) += 0.01;
  CHECK(path_difference(network, right, wrong).find("other points") != std::string::npos);
  PathAudit audit = audit_path(network, {}, AuditLevel::suspects, wrong);
  CHECK(audit.verdict == AuditVerdict::replaced);
  CHECK(wrong.end->energy == doctest::Approx(right.end->energy).epsilon(1e-12));
  CHECK(path_difference(network, right, wrong).empty());

  wrong = right;
  wrong.folds.pop_back();
  audit = audit_path(network, {}, AuditLevel::suspects, wrong);
  CHECK(audit.verdict == AuditVerdict::replaced);
  CHECK(audit.message.find("one has 1 fold, the other 2") != std::string::npos);
  CHECK(wrong.folds.size() == 2);

  wrong = right;
  wrong.folds[1].point.tau -= 1e-4;
  CHECK(audit_path(network, {}, AuditLevel::all, wrong).verdict == AuditVerdict::replaced);

  // Some of the points on the way are compared.
  wrong = right;
  for (NaturalPoint& point : wrong.points) point.weights(1) += 0.01;
  audit = audit_path(network, {}, AuditLevel::all, wrong);
  CHECK(audit.verdict == AuditVerdict::replaced);
  CHECK(audit.message.find("they are at other points") != std::string::npos);
}

TEST_CASE("a failed path claims nothing and is left alone") {
  const Perceptron network(two_close_folds());
  TrackOptions options;
  options.max_steps = 3;
  NaturalPath path = track_natural(network, options);
  REQUIRE(path.status == TrackStatus::max_steps_reached);
  CHECK(audit_path(network, options, AuditLevel::all, path).more_steps == 0);
}

TEST_CASE("random paths are the ones that tighter steps give") {
  int folding = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    const Perceptron network(random_problem(seed));
    NaturalPath path = track_natural(network);
    const bool claims = path.ok() || path.status == TrackStatus::infinite_weights;
    const PathAudit audit = audit_path(network, {}, AuditLevel::all, path);
    CAPTURE(audit.message);
    CHECK(audit.verdict == (claims ? AuditVerdict::confirmed : AuditVerdict::unsuspicious));
    folding += path.folds.empty() ? 0 : 1;
  }
  CHECK(folding > 0);
}

TEST_CASE("a stop close below a fold is reached each time the path comes by") {
  // Newton's method at fixed tau starts there within rounding of the point: what its steps do then is
  // noise and no contraction.
  const Perceptron network(two_close_folds());
  TrackOptions options;
  options.step.contraction *= 0.3;
  options.predictor.series_tolerance *= 1e-3;
  const double fold = track_natural(network).folds.at(0).point.tau;
  for (const double distance : {1e-4, 1e-5, 1e-6, 7.3e-7, 1e-7, 1e-8, 1e-9}) {
    CAPTURE(distance);
    options.landings = {0.85248788830329392, fold - distance, 0.98935967813270187};
    const NaturalPath path = track_natural(network, options);
    CAPTURE(path.message);
    CHECK(path.ok());
    int stops = 0;
    for (const NaturalPoint& point : path.points)
      stops += point.kind == PointKind::landing && point.tau == options.landings[1] ? 1 : 0;
    CHECK(stops == 3);
  }
}

}  // namespace audit_test
