#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "tautrack/path/natural_path.hpp"

#include "support/reference_case.hpp"

namespace reference_test {

using namespace tautrack;
using namespace tautrack::reference;

namespace {

constexpr PredictorKind kAll[] = {PredictorKind::taylor, PredictorKind::tangent,
                                  PredictorKind::davidenko};

TrackOptions with(PredictorKind kind) {
  TrackOptions options;
  options.predictor.kind = kind;
  return options;
}

/// The first landing on this tau.
const NaturalPoint* first_passage(const NaturalPath& path, double tau) {
  for (const NaturalPoint& point : path.points)
    if (point.kind == PointKind::landing && point.tau == tau) return &point;
  return nullptr;
}

void check_folds(const NaturalPath& path, const Json& folds) {
  REQUIRE(path.folds.size() == folds.size());
  for (std::size_t i = 0; i < folds.size(); ++i) {
    const NaturalFold& fold = path.folds[i];
    CAPTURE(i);
    const double error = std::abs(fold.point.tau - number(folds[i]["tau"]));
    CHECK(error <= 1e-14);
    CHECK(error <= 100.0 * fold.tau_error);
    CHECK(relative_error(fold.point.weights, vector(folds[i]["w"])) <= 1e-12);
    CHECK(fold.point.energy == doctest::Approx(number(folds[i]["E"])).epsilon(1e-12).scale(0.0));
    CHECK(fold.curvature_sign == (number(folds[i]["d2tau_ds2"]) < 0.0 ? -1 : 1));
    const Vector truth = vector(folds[i]["null_vector"]).normalized();
    CHECK(std::abs(std::abs(fold.tangent.dot(truth)) - 1.0) <= 1e-12);
  }
}

/// The Morse indices met along the path, as the folds and branch points report them.
void check_index_sequence(const NaturalPath& path, const Json& sequence) {
  std::vector<std::pair<double, std::pair<std::optional<int>, std::optional<int>>>> events;
  for (const auto& fold : path.folds)
    events.push_back({fold.point.arclength, {fold.index_before, fold.index_after}});
  for (const auto& branch : path.branch_points)
    events.push_back({branch.point.arclength, {branch.index_before, branch.index_after}});
  std::sort(events.begin(), events.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  REQUIRE(events.size() + 1 == sequence.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    CHECK(events[i].second.first == sequence[i].get<int>());
    CHECK(events[i].second.second == sequence[i + 1].get<int>());
  }
}

}  // namespace

TEST_CASE("the natural path agrees with every reference case, for both predictors") {
  const auto names = small_cases();
  CHECK(names.size() == 18);
  for (const std::string& name : names) {
    const Json json = load(name);
    const Json& truth = json["path"];
    const Perceptron network = perceptron(json);
    for (const auto kind : kAll) {
      CAPTURE(name);
      CAPTURE(to_string(kind));
      TrackOptions options = with(kind);
      options.landings = {0.25, 0.5, 0.75};
      const NaturalPath path = track_natural(network, options);

      CHECK(relative_error(path.points.front().weights, vector(truth["w0"])) <= 1e-13);
      for (const Json& checkpoint : truth["checkpoints_first_passage"]) {
        const NaturalPoint* point = first_passage(path, number(checkpoint["tau"]));
        REQUIRE(point);
        CHECK(relative_error(point->weights, vector(checkpoint["w"])) <= 1e-12);
        CHECK(point->energy == doctest::Approx(number(checkpoint["E"])).epsilon(1e-12).scale(0.0));
        CHECK(point->morse_index == checkpoint["index"].get<int>());
        const auto before = std::count_if(
            path.folds.begin(), path.folds.end(),
            [&](const NaturalFold& fold) { return fold.point.arclength < point->arclength; });
        CHECK(before == checkpoint["folds_before"].get<long>());
      }
      check_folds(path, truth["folds"]);
      const std::size_t branch_points =
          truth.contains("branch_points") ? truth["branch_points"].size() : 0;
      REQUIRE(path.branch_points.size() == branch_points);
      check_index_sequence(path, truth["index_sequence_along_path"]);

      if (truth["reaches_tau_1"].get<bool>()) {
        REQUIRE(path.status == TrackStatus::reached_target);
        REQUIRE(path.end);
        CHECK(relative_error(path.end->weights, vector(truth["end"]["w"])) <= 1e-12);
        CHECK(path.end->energy ==
              doctest::Approx(number(truth["end"]["E"])).epsilon(1e-12).scale(0.0));
        CHECK(path.end->morse_index == truth["end"]["index"].get<int>());
        CHECK(path.end->status == "converged");
        CHECK(path.end->gradient_norm <= 1e-14 * path.end->gradient_scale);
        CHECK_FALSE(path.infinity.has_value());
      } else {
        CHECK(path.status == TrackStatus::infinite_weights);
        CHECK_FALSE(path.ok());
        CHECK_FALSE(path.end.has_value());
        CHECK(path.points.back().tau < 1.0);
      }
    }
  }
}

TEST_CASE(
    "the branch point of symmetric data is located with both tangents and passed straight on") {
  const Json json = load("s2_branch");
  const Json& truth = json["path"]["branch_points"][0];
  for (const auto kind : kAll) {
    const NaturalPath path = track_natural(perceptron(json), with(kind));
    REQUIRE(path.branch_points.size() == 1);
    const NaturalBranchPoint& branch = path.branch_points[0];
    CHECK(std::abs(branch.point.tau - number(truth["tau"])) <= 1e-14);
    CHECK(relative_error(branch.point.weights, vector(truth["w"])) <= 1e-12);
    REQUIRE(branch.other_tangent);
    const Vector other = branch.other_tangent->head(2).normalized();
    CHECK(std::abs(std::abs(other.dot(vector(truth["null_vector"]))) - 1.0) <= 1e-12);
    // The tangents come from central differences of first derivatives.
    CHECK(branch.tangent(0) == doctest::Approx(branch.tangent(1)).epsilon(1e-9).scale(0.0));
    CHECK(branch.followed == "the branch that goes straight on");
    CHECK(path.folds.empty());
  }
}

TEST_CASE(
    "linear growth to infinity has the rate, the direction and both energies of the reference") {
  for (const char* name : {"s2_diverges_outside", "s2_diverges_mixed"}) {
    const Json json = load(name);
    const Json& truth = json["path"]["divergence"];
    for (const auto kind : kAll) {
      CAPTURE(name);
      const NaturalPath path = track_natural(perceptron(json), with(kind));
      REQUIRE(path.infinity);
      const InfinitePoint& limit = *path.infinity;
      CHECK(relative_error(limit.approach->linear_rate,
                           vector(truth["limit_of_one_minus_tau_times_w"])) <= 1e-12);
      CHECK(relative_error(limit.direction, vector(truth["unit_direction"])) <= 1e-12);
      CHECK(limit.approach->energy ==
            doctest::Approx(number(truth["limit_of_E_along_path"])).epsilon(1e-12).scale(0.0));
      CHECK(limit.energy ==
            doctest::Approx(number(truth["E_at_infinity_of_that_direction_at_tau_exactly_1"]))
                .epsilon(1e-12)
                .scale(0.0));
      CHECK(limit.approach->energy < limit.energy);
      for (const Growth growth : limit.approach->growth) CHECK(growth == Growth::linear);
      CHECK(path.message.find("without bound") != std::string::npos);
    }
  }
}

TEST_CASE(
    "logarithmic growth to infinity is recognised where every target is an end of the range") {
  const Json json = load("s2_diverges_at_range");
  for (const auto kind : kAll) {
    const NaturalPath path = track_natural(perceptron(json), with(kind));
    REQUIRE(path.infinity);
    CHECK(path.infinity->energy == 0.0);
    CHECK(path.infinity->local_infimum == true);
    for (const Growth growth : path.infinity->approach->growth) CHECK(growth == Growth::slow);
    const Vector y = vector(json["y"]);
    for (Index i = 0; i < y.size(); ++i)
      CHECK(path.infinity->signs[static_cast<std::size_t>(i)] == static_cast<int>(y(i)));
    // the direction converges like loglog/log only
    CHECK(relative_error(path.infinity->direction,
                         vector(json["path"]["divergence"]["limit_direction"])) <= 0.02);
  }
}

TEST_CASE(
    "a rank-deficient problem gives the minimum-norm weights and names the dependent column") {
  const Json json = load("rank_deficient");
  const Perceptron network = perceptron(json);
  CHECK(network.unknowns() == 1);
  REQUIRE(network.space().dependencies().size() == 1);
  const ColumnDependency& dependency = network.space().dependencies()[0];
  CHECK(dependency.column == 1);
  REQUIRE(dependency.on.size() == 1);
  CHECK(dependency.on[0].first == 0);
  CHECK(dependency.on[0].second == doctest::Approx(-2.0).epsilon(1e-14).scale(0.0));
  const Json& truth = json["reduced_problem"];
  for (const auto kind : kAll) {
    TrackOptions options = with(kind);
    options.landings = {0.25, 0.5, 0.75};
    const NaturalPath path = track_natural(network, options);
    REQUIRE(path.ok());
    CHECK(relative_error(path.end->weights, vector(truth["path"]["end_minimum_norm_w"])) <= 1e-12);
    for (const Json& checkpoint : truth["path"]["checkpoints_first_passage"]) {
      const NaturalPoint* point = first_passage(path, number(checkpoint["tau"]));
      REQUIRE(point);
      // u = X w is that of the reduced problem: w_0 - 2 w_1 is its weight
      CHECK(point->weights(0) - 2.0 * point->weights(1) ==
            doctest::Approx(number(checkpoint["w"][0])).epsilon(1e-12).scale(0.0));
      CHECK(point->energy == doctest::Approx(number(checkpoint["E"])).epsilon(1e-12).scale(0.0));
    }
  }
}

}  // namespace reference_test
