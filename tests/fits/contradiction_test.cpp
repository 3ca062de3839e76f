// No two statements about one problem may contradict each other, whoever makes them: the search along curves, the
// exhaustive search, the limits at infinity and geometry; on problems that are made to lead them astray.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/data/replicates.hpp"
#include "tautrack/fits/all_fits.hpp"
#include "tautrack/geometry/curvature_supremum.hpp"
#include "tautrack/geometry/uniqueness.hpp"

#include "support/adversarial_problem.hpp"
#include "support/slow_build.hpp"

namespace contradiction_test {

using namespace tautrack;
using support::AdversarialProblem;

namespace {

/// data_sensitivity up to which the rounded weights are those of the point for all that is asked here.
constexpr double kSurelyKnown = 1e-6;

/// Two enclosures of the same eigenvalue, which promise some eight digits, differ by less than this part of it.
constexpr double kSameEigenvalue = 1e-6;

/// Budgets that do not look at the clock.
FitOptions options_of(bool exhaustive) {
  FitOptions options;
  options.exhaustive = exhaustive;
  options.seconds = options.explore.seconds = 600.0;
  options.search.seconds = options.strata.seconds = 600.0;
  options.explore.quiet_rounds = 2;
  options.explore.max_curves = 60;
  options.search.max_boxes = 5000;
  options.bound.max_nodes = 300;
  options.bound.seconds = 600.0;
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

/// Kind, Morse index and eigenvalues of a point say the same.
void check_point(const StationaryPoint& point, Index unknowns) {
  CHECK(point.kind == kind_of(point.morse_index, unknowns));
  CAPTURE(point.found_by);
  CAPTURE(point.weights.transpose());
  CAPTURE(point.eigenvalues.transpose());
  if (point.eigenvalues.size() == 0 && !Certifier::available()) return;
  REQUIRE(point.eigenvalues.size() == unknowns);
  CHECK(std::is_sorted(point.eigenvalues.begin(), point.eigenvalues.end()));
  if (point.morse_index) {
    CHECK((point.eigenvalues.array() < 0.0).count() == *point.morse_index);
    CHECK((point.eigenvalues.array() > 0.0).count() == unknowns - *point.morse_index);
  }
}

/// No certificate denies a point that the search proves, if rounding its weights moves it little.
void check_certificate(Certifier& certifier, const StationaryPoint& point) {
  if (point.status != PointStatus::certified || point.data_sensitivity > kSurelyKnown) return;
  const Certificate certificate = certifier.certify(point.weights);
  CAPTURE(certificate.reason);
  CAPTURE(point.weights.transpose());
  CAPTURE(point.data_sensitivity);
  CHECK_FALSE(certificate.refuted);
  if (!certificate.certified) return;
  CHECK(certificate.morse_index == point.morse_index);
  CAPTURE(point.eigenvalues.transpose());
  CAPTURE(certificate.eigenvalues.transpose());
  REQUIRE(certificate.eigenvalues.size() == point.eigenvalues.size());
  CHECK(((certificate.eigenvalues - point.eigenvalues).array().abs() <=
         kSameEigenvalue * certificate.eigenvalues.array().abs())
            .all());
}

/// What one list says against itself.
void check_alone(const Perceptron& network, const AllFits& fits) {
  Certifier certifier(network);
  for (const StationaryPoint& point : fits.points) check_certificate(certifier, point);
  for (const StationaryPoint& point : fits.points) check_point(point, network.unknowns());
  const auto points = certified(fits);
  CHECK_FALSE(says(fits.level_reason, "contradict"));
  if (fits.certificate) CHECK_FALSE(says(fits.certificate->message, "contradict"));
  if (fits.strata.no_finite_point) CHECK(points.empty());
  const auto size = static_cast<int>(fits.points.size());
  for (const Link& link : fits.exploration.links) {
    CHECK(link.from < size);
    CHECK(link.to < size);
    CHECK((link.from < 0 || link.from != link.to));
  }
  if (fits.unique == Answer::yes)
    CHECK(
        std::count_if(points.begin(), points.end(),
                      [](const StationaryPoint* point) {
                        return point->kind == StationaryKind::minimum &&
                               !point->is_beyond_precision();
                      }) +
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
    check_alone(network, searched);
    check_alone(network, followed);
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
  const auto count = static_cast<std::uint64_t>(
      wanted != nullptr ? std::stoul(wanted) : support::sampled<std::uint64_t>(32));
  for (std::uint64_t seed = 0; seed < count; ++seed) check_problem(seed);
}

TEST_CASE(
    "points that only the last digits of the data make have eigenvalues with the proven signs") {
  // Three bundles of parallel rows, whose columns a random matrix mixes: in exact arithmetic they meet in planes.
  support::Random random(2);
  constexpr Index s = 3, rows = support::kSlowBuild ? 3 : 4;
  Matrix axes(s, s);
  for (Index i = 0; i < s; ++i)
    for (Index j = 0; j < s; ++j) axes(i, j) = random.normal();
  Matrix X(s * rows, s);
  for (Index i = 0; i < s; ++i)
    for (Index k = 0; k < rows; ++k)
      X.row(rows * i + k) = std::pow(10.0, static_cast<double>(k)) * axes.row(i);
  const Perceptron network(make_problem(X, Vector::Constant(s * rows, 0.75)));
  SearchOptions options;
  options.seconds = 600.0;
  const SearchResult result = search_exhaustively(network, options);
  CHECK(result.finished);
  CHECK(result.points.size() > (support::kSlowBuild ? 100 : 300));
  double farthest = 0.0;
  for (const StationaryPoint& point : result.points) {
    check_point(point, s);
    farthest = std::max(farthest, point.weights.norm());
  }
  CHECK(farthest > 1e15);
}

TEST_CASE(
    "rows that differ by one rounding are one pattern; kept apart, they have three stationary "
    "points") {
  Matrix X(3, 2);
  X << 0.3, 1.0, 0.30000000000000004, 1.0, 1.0, 1.0;
  const auto given = std::make_shared<const Problem>(make_problem(X, Vector{{0.2, 0.21, 0.5}}));
  const MergedProblem merged = merge_replicates(given);
  CHECK(merged.replicates.rounded == 1);
  CHECK(merged.energy == doctest::Approx(2.5e-5));
  const AllFits once = find_all_fits(Perceptron(merged.problem), options_of(true));
  CHECK(once.unique == Answer::yes);
  CHECK(once.points.size() == 1);
  const Perceptron apart(given);
  const AllFits fits = find_all_fits(apart, options_of(true));
  CHECK(fits.unique == Answer::no);
  CHECK(fits.points.size() == 3);
  check_geometry(apart, fits);
}

TEST_CASE("a subsystem that is nearly but not exactly dependent ends the proof of convexity") {
  Matrix X(6, 4);
  X << 1, 0, 0, 0, 1, 1e-13, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1;
  const Perceptron network(make_problem(X, Vector{{0.2, 0.21, 0.1, 0.3, -0.3, 0.01}}));
  const AllFits followed = find_all_fits(network, options_of(false));
  CHECK(followed.unique == Answer::unknown);
  const AllFits searched = find_all_fits(network, options_of(true));
  CHECK(searched.unique == Answer::no);
  CHECK(searched.points.size() == 3);
  // The same with the two rows exactly equal: they are skipped, and there is one point.
  X(1, 1) = 0.0;
  const Perceptron equal(make_problem(X, network.targets()));
  CHECK(find_all_fits(equal, options_of(false)).unique == Answer::yes);
}

TEST_CASE("no finite point is ruled out where a direction falls only to rounding") {
  Matrix X(3, 2);
  X << 1, 0, 1, 1e-11, 0, 1;
  const AllFits fits =
      find_all_fits(Perceptron(make_problem(X, Vector{{0.2, -0.5, 1.0}})), options_of(true));
  CHECK_FALSE(fits.strata.no_finite_point);
  CHECK(certified(fits).size() == 2);
  // Where the rows are equal it falls, exactly.
  X(1, 1) = 0.0;
  const AllFits falls =
      find_all_fits(Perceptron(make_problem(X, Vector{{0.2, -0.5, 1.0}})), options_of(true));
  CHECK(falls.strata.no_finite_point);
  CHECK(falls.points.empty());
  CHECK(falls.level == Completeness::complete);
}

TEST_CASE("minima that tie by symmetry are all lowest") {
  Matrix X(5, 3);
  X << 0, 0, 1, 1, 0, 1, 0, 1, 1, -1, 0, 1, 0, -1, 1;
  Problem problem = make_problem(X, Vector{{0.98, 0, 0, 0, 0}});
  problem.pattern_weights = Vector{{12, 1, 1, 1, 1}};
  FitOptions options = options_of(true);
  options.search.max_boxes = 2000000;
  const AllFits fits = find_all_fits(Perceptron(problem), options);
  CHECK(fits.points.size() == 9);
  CHECK(fits.level == Completeness::complete);
  CHECK(fits.global_is_proven);
  CHECK(says(fits.global_reason, "4 minima have this energy"));
}

}  // namespace contradiction_test
