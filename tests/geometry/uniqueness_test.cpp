#include "tautrack/geometry/uniqueness.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "tautrack/fits/all_fits.hpp"
#include "tautrack/geometry/curvature_bound.hpp"
#include "tautrack/geometry/data_manifold.hpp"
#include "tautrack/path/natural_path.hpp"

#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace tautrack::uniqueness_test {
namespace {

/// Inputs and targets of a perceptron with noise: the residual of the fit is about as large.
Problem noisy_problem(std::uint64_t seed, double noise) {
  support::Random random(seed);
  const Index L = random.integer(4, 13), s = random.integer(1, 4);
  Matrix X(L, s);
  Vector w(s), y(L);
  for (Index j = 0; j < s; ++j) w(j) = random.normal() / std::sqrt(static_cast<double>(s));
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
    y(i) = std::tanh(X.row(i).dot(w));
    if (noise > 0.0) y(i) = std::clamp(y(i) + noise * random.normal(), -0.99, 0.99);
  }
  return make_problem(X, y);
}

UniquenessCertificate certificate_at_end(const Perceptron& network) {
  const NaturalPath path = track_natural(network);
  REQUIRE(path.ok());
  return certify_unique(network, network.coordinates(path.end->weights), 1.0);
}

}  // namespace

TEST_CASE("targets on the data manifold have one stationary point, and that is certified") {
  int certified = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Perceptron network(noisy_problem(seed, 0.0));
    const UniquenessCertificate certificate = certificate_at_end(network);
    CHECK(certificate.unique);
    CHECK(certificate.global);
    CHECK(certificate.proof != UniquenessProof::none);
    CHECK(certificate.distance <= 1e-12);
    if (certificate.proof == UniquenessProof::convexity) ++certified;
  }
  CHECK(certified >= 20);  // convexity needs no rounding of the targets
}

TEST_CASE("a certificate is never contradicted by an exhaustive search") {
  int certified = 0, global = 0, single = 0;
  for (std::uint64_t seed = 0; seed < support::sampled<std::uint64_t>(60); ++seed) {
    const double noise = std::pow(10.0, -static_cast<double>(seed % 4));
    const Problem problem = noisy_problem(1000 + seed, noise);
    PerceptronOptions options;
    if (seed % 5 == 0) options.ridge = 0.3;
    const Perceptron network(problem, options);
    const UniquenessCertificate certificate = certificate_at_end(network);
    const SearchResult search = search_exhaustively(network);
    if (!search.finished || !search.region_holds_all) continue;
    if (search.points.size() == 1) ++single;
    CAPTURE(seed);
    if (certificate.unique) {
      ++certified;
      CHECK(search.points.size() == 1);
      CHECK(certificate.proof != UniquenessProof::none);
    } else {
      CHECK(certificate.proof == UniquenessProof::none);
    }
    if (certificate.global) {
      ++global;
      CHECK(std::abs(search.points.front().energy -
                     0.5 * certificate.distance * certificate.distance) <=
            1e-9 * (1e-3 + search.points.front().energy));
    }
  }
  CHECK(certified >= support::sampled(20));
  CHECK(global >= certified);
  CHECK(single > certified);  // the certificate is no oracle
}

TEST_CASE("three feet are certified neither unique nor inside a tube") {
  Matrix X(2, 1);
  X << 3.0, 1.0;
  Vector y(2);
  y << 0.3, 0.8;
  const Perceptron network(make_problem(X, y));
  for (const double w : {0.220118359530102, 0.6518884564806395, 0.9452290672384478}) {
    const UniquenessCertificate certificate =
        certify_unique(network, network.coordinates(Vector::Constant(1, w)), 1.0);
    CHECK_FALSE(certificate.unique);
    CHECK(certificate.proof == UniquenessProof::none);
    CHECK(std::isinf(certificate.curvature_bound));
    CHECK_FALSE(certificate.message.empty());
    CHECK_FALSE(certificate.global_message.empty());
  }
}

TEST_CASE("the tube is sqrt 2 / C(tau) wide where nothing sharper is known") {
  Matrix X(2, 1);
  X << 3.0, 1.0;
  Vector y(2);
  y << 0.4, 0.9;
  const Perceptron network(make_problem(X, y));
  const NaturalPath path = track_natural(network);
  REQUIRE(path.folds.size() == 2);
  const PathUniqueness proof = certify_unique_path(network);
  CHECK_FALSE(proof.whole);
  CHECK(proof.until > 0.5);
  CHECK(proof.until < path.folds[1].point.tau);  // three points beyond it
  CHECK(std::abs(proof.distance * CurvatureBounds(network).at(proof.until).value - 1.0) <= 1e-3);
  CHECK(proof.message.find("exactly one") != std::string::npos);
}

TEST_CASE("no fold lies where the path is proven to be the only branch") {
  int proven = 0;
  for (std::uint64_t seed = 0; seed < support::sampled<std::uint64_t>(200); ++seed) {
    const Problem problem = support::random_problem(seed);
    const Perceptron network(problem);
    const PathUniqueness proof = certify_unique_path(network);
    const NaturalPath path = track_natural(network);
    for (const NaturalFold& fold : path.folds) CHECK(fold.point.tau > proof.until);
    if (proof.until > 0.3) ++proven;
    // A curved manifold has no bound at tau = 1, and without curvature all targets inside the range
    // have one solution.
    const bool is_flat = network.patterns() <= network.unknowns();
    CHECK(proof.whole == (is_flat && problem.y.cwiseAbs().maxCoeff() < 1.0));
  }
  CHECK(proven > support::sampled(50));
}

TEST_CASE("with a large ridge the whole path is proven") {
  int whole = 0;
  for (std::uint64_t seed = 0; seed < support::sampled<std::uint64_t>(40); ++seed) {
    PerceptronOptions options;
    options.ridge = 1e4;
    const Perceptron network(support::random_problem(seed), options);
    const PathUniqueness proof = certify_unique_path(network);
    if (!proof.whole) continue;
    ++whole;
    CHECK(proof.until == 1.0);
    CHECK(certificate_at_end(network).unique);
  }
  CHECK(whole >= support::sampled(20));
}

TEST_CASE("tau outside of [0, 1] is refused") {
  const Perceptron network(support::random_problem(3));
  const Vector v = Vector::Zero(network.unknowns());
  CHECK_THROWS_AS((void)certify_unique(network, v, -0.1), std::invalid_argument);
  CHECK_THROWS_AS((void)certify_unique(network, v, std::nan("")), std::invalid_argument);
}

TEST_CASE("proofs that are cut off claim no more than whole ones, and say so") {
  int claims = 0, cut = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Perceptron network(noisy_problem(seed, 0.05));
    const NaturalPath path = track_natural(network);
    if (!path.ok()) continue;
    const Vector v = network.coordinates(path.end->weights);
    const UniquenessCertificate whole = certify_unique(network, v, 1.0);
    claims += whole.global ? 1 : 0;
    for (long looks = 0;; ++looks) {
      const UniquenessCertificate certificate =
          certify_unique(network, v, 1.0, {std::numeric_limits<double>::infinity(), ""},
                         StopCondition::after_looks(looks));
      CHECK((!certificate.unique || whole.unique));
      CHECK((!certificate.global || whole.global));
      if (!certificate.is_cut) {
        CHECK(certificate.unique == whole.unique);
        CHECK(certificate.global == whole.global);
        CHECK(certificate.message == whole.message);
        break;
      }
      ++cut;
      if (looks == 0) CHECK(certificate.message.find("time was used up") != std::string::npos);
      if (!certificate.global)
        CHECK(certificate.global_message.find("time was used up") != std::string::npos);
    }
  }
  CHECK(claims >= 3);
  CHECK(cut > 50);
}

}  // namespace tautrack::uniqueness_test
