// No two statements about one problem may contradict each other, whoever makes them: the search along curves, the
// exhaustive search, the limits at infinity and geometry; on problems that are made to lead them astray.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/data/replicates.hpp"
#include "tautrack/fits/all_fits.hpp"
#include "tautrack/geometry/curvature_supremum.hpp"
#include "tautrack/geometry/uniqueness.hpp"

#include "support/adversarial_problem.hpp"

namespace contradiction_test {

using namespace tautrack;
using support::AdversarialProblem;

namespace {

/// Budgets that do not look at the clock.
FitOptions options_of(bool exhaustive) {
  FitOptions options;
  options.exhaustive = exhaustive;
  options.explore.seconds = options.search.seconds = options.strata.seconds = 600.0;
  options.explore.quiet_rounds = 2;
  options.explore.max_curves = 60;
  options.search.max_boxes = 5000;
  return options;
}

std::vector<const StationaryPoint*> certified(const AllFits& fits) {
  std::vector<const StationaryPoint*> points;
  for (const StationaryPoint& point : fits.points)
    if (point.status == PointStatus::certified) points.push_back(&point);
  return points;
}

bool says(const std::string& text, const char* word) {
  return text.find(word) != std::string::npos;
}

/// What one list says against itself.
void check_alone(const AllFits& fits) {
  const auto points = certified(fits);
  CHECK_FALSE(says(fits.level_reason, "contradict"));
  if (fits.certificate) CHECK_FALSE(says(fits.certificate->message, "contradict"));
  if (fits.strata.no_finite_point) CHECK(points.empty());
  if (fits.unique == Answer::yes)
    CHECK(
        std::count_if(
            points.begin(), points.end(),
            [](const StationaryPoint* point) { return point->kind == StationaryKind::minimum; }) +
            std::count_if(fits.at_infinity.begin(), fits.at_infinity.end(),
                          [](const InfinitePoint& limit) { return limit.local_infimum == true; }) ==
        1);
}

/// What one list says against another one of the same problem.
void check_pair(const AllFits& one, const AllFits& other) {
  CHECK_FALSE((one.unique == Answer::yes && other.unique == Answer::no));
  if (one.strata.no_finite_point) CHECK(certified(other).empty());
  if (one.level == Completeness::complete) CHECK(certified(other).size() <= one.points.size());
  if (one.global_is_proven && one.global_minimum) {
    const double lowest = one.points[static_cast<std::size_t>(*one.global_minimum)].energy;
    for (const StationaryPoint* point : certified(other))
      CHECK(point->energy >= lowest - 1e-9 * std::max(1.0, lowest));
  }
}

/// What geometry says against a list.
void check_geometry(const Perceptron& network, const AllFits& fits) {
  SupremumOptions effort;
  effort.starts = 20;
  effort.polished = 2;
  effort.seconds = 600.0;
  const CurvatureSupremum supremum = curvature_supremum(network, 1.0, effort);
  for (const StationaryPoint& point : fits.points) {
    const UniquenessCertificate certificate = certify_unique(
        network, network.coordinates(point.weights), 1.0, {supremum.upper, supremum.upper_from});
    if (certificate.proof == UniquenessProof::zero_residual) continue;
    CAPTURE(certificate.message);
    CAPTURE(certificate.curvature_bound_from);
    if (certificate.unique) CHECK(certified(fits).size() <= 1);
    if (certificate.global && point.kind == StationaryKind::minimum)
      for (const StationaryPoint* other : certified(fits))
        CHECK(other->energy >= point.energy - 1e-9 * std::max(1.0, point.energy));
  }
}

void check_problem(std::uint64_t seed) {
  const AdversarialProblem adversarial = support::adversarial_problem(seed);
  CAPTURE(seed);
  CAPTURE(support::kTrapNames[static_cast<std::size_t>(adversarial.trap)]);
  const auto given = std::make_shared<const Problem>(adversarial.problem);
  // With every pattern once, as the program does it, and with the rows as they are.
  for (const auto& problem : {merge_replicates(given).problem, given}) {
    const Perceptron network(problem, adversarial.options);
    const AllFits searched = find_all_fits(network, options_of(true));
    const AllFits followed = find_all_fits(network, options_of(false));
    check_alone(searched);
    check_alone(followed);
    check_pair(searched, followed);
    check_pair(followed, searched);
    check_geometry(network, searched);
    check_geometry(network, followed);
  }
}

}  // namespace

// More of them: TAUTRACK_ADVERSARIAL=2000 tautrack_tests --test-case="no two statements*"
TEST_CASE("no two statements about adversarial problems contradict each other") {
  const char* const wanted = std::getenv("TAUTRACK_ADVERSARIAL");
  const auto count = static_cast<std::uint64_t>(wanted != nullptr ? std::stoul(wanted) : 64);
  for (std::uint64_t seed = 0; seed < count; ++seed) check_problem(seed);
}

}  // namespace contradiction_test
