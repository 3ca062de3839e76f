#include <doctest/doctest.h>

#include "tautrack/tracker/tracker.hpp"

#include "homotopy/natural.hpp"
#include "support/reference_case.hpp"

namespace outlook_test {

using namespace tautrack;
using namespace tautrack::reference;

namespace {

/// Everything that a tracker sees ahead on the path of a reference case, point by point.
struct Seen {
  double tau;
  int tau_direction;
  Outlook outlook;
};
std::vector<Seen> outlooks(const std::string& name, PredictorKind kind = PredictorKind::taylor) {
  const Perceptron network = perceptron(load(name));
  NaturalHomotopy homotopy(network);
  TrackOptions options;
  options.predictor.kind = kind;
  options.max_steps = 40;
  Tracker tracker(homotopy, network.linear_solution(), options);
  std::vector<Seen> seen;
  do seen.push_back({tracker.point().tau, tracker.point().tau_direction, tracker.outlook()});
  while (tracker.advance());
  return seen;
}

}  // namespace

TEST_CASE("a fold ahead is seen before it is reached, and only then") {
  const Json json = load("s2_folds");
  const double fold = number(json["path"]["folds"][0]["tau"]);
  int folds_ahead = 0;
  for (const Seen& at : outlooks("s2_folds")) {
    if (at.outlook.kind != Outlook::Kind::fold) continue;
    ++folds_ahead;
    CHECK(at.outlook.distance > 0.0);
    CHECK(at.outlook.distance <= at.outlook.trusted);
    if (at.tau_direction > 0) CHECK(at.tau < fold);
  }
  CHECK(folds_ahead >= 2);
}

TEST_CASE("growth without bound is seen as a pole at the target") {
  int poles = 0;
  for (const Seen& at : outlooks("s2_diverges_outside")) {
    if (at.outlook.kind != Outlook::Kind::pole) continue;
    ++poles;
    CHECK(std::abs(at.outlook.distance - (1.0 - at.tau)) <= 0.02 * (1.0 - at.tau));
  }
  CHECK(poles >= 5);
}

TEST_CASE("two branches that cross are seen as a pinch") {
  const std::vector<Seen> seen = outlooks("s2_branch");
  CHECK(seen.front().outlook.kind == Outlook::Kind::pinch);
  // A generic path sees nothing of the kind anywhere near.
  for (const Seen& at : outlooks("s3_generic"))
    if (at.outlook.kind == Outlook::Kind::pinch) CHECK(at.outlook.distance > at.outlook.trusted);
}

TEST_CASE("without a series, and at the end of a path, nothing is known") {
  for (const Seen& at : outlooks("s3_generic", PredictorKind::tangent))
    CHECK(at.outlook.kind == Outlook::Kind::unknown);
  CHECK(outlooks("s3_generic").back().outlook.kind == Outlook::Kind::unknown);
}

TEST_CASE("every kind of outlook has a name of its own") {
  CHECK(to_string(Outlook::Kind::unknown) == "unknown");
  CHECK(to_string(Outlook::Kind::clear) == "clear");
  CHECK(to_string(Outlook::Kind::fold) == "fold");
  CHECK(to_string(Outlook::Kind::pinch) == "pinch");
  CHECK(to_string(Outlook::Kind::pole) == "pole");
}

}  // namespace outlook_test
