#include "tautrack/data/held_weights.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/certify/path_certificate.hpp"
#include "tautrack/exhaustive/search.hpp"
#include "tautrack/fits/all_fits.hpp"
#include "tautrack/geometry/data_manifold.hpp"
#include "tautrack/geometry/plane_curve.hpp"
#include "tautrack/geometry/uniqueness.hpp"
#include "tautrack/path/natural_path.hpp"

#include "support/epidemic.hpp"
#include "support/needs_flint.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace held_fits_test {

namespace {

using namespace tautrack;
using support::needs_flint;
using support::Random;
using support::sampled;

constexpr Activation activations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                      Activation::erf};

PerceptronOptions options_with(Activation activation) {
  PerceptronOptions options;
  options.activation = activation;
  return options;
}

/// Inputs that are whole numbers of quarters, so that X d is exact for such a d.
Problem quarters(Index L, Index s, double beyond, std::uint64_t seed, Activation activation) {
  Random random(seed);
  Matrix X(L, s);
  Vector y(L), omega(L);
  const Range ends = range(activation);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = 0.25 * std::round(6.0 * random.normal());
    if (X.row(i).isZero()) X(i, 0) = 1.0;
    y(i) = ends.low + (ends.high - ends.low) * random.uniform(0.02 - beyond, 0.98 + beyond);
    omega(i) = random.uniform(0.5, 2.0);
  }
  return make_problem(X, y, "y", {}, omega);
}

/// The same problem in weights w - d: node inputs X w are X (w - d) + X d.
Problem moved(const Problem& problem, const Vector& d) {
  Problem other = problem;
  other.offset = problem.X * d;
  return other;
}

Vector shift(Index s) {
  return Vector::NullaryExpr(s, [](Index j) { return j % 2 == 0 ? 1.5 : -0.75; });
}

double largest(const Vector& x) { return x.size() > 0 ? x.cwiseAbs().maxCoeff() : 0.0; }

/// The energy of the weights by its definition.
double energy_of(const Problem& problem, Activation activation, const Vector& w) {
  double sum = 0.0;
  for (Index i = 0; i < problem.y.size(); ++i) {
    const double u =
        problem.X.row(i).dot(w) + (problem.offset.size() > 0 ? problem.offset(i) : 0.0);
    const double r = evaluate(activation, u).value - problem.y(i);
    sum += (problem.pattern_weights.size() > 0 ? problem.pattern_weights(i) : 1.0) * r * r;
  }
  return 0.5 * sum;
}

/// Fits of a problem in weights that are moved by d, against those of the problem.
void check_moved(const AllFits& fits, const AllFits& plain, const Vector& d) {
  CHECK(fits.level == plain.level);
  CHECK(fits.expected_index_sum == plain.expected_index_sum);
  REQUIRE(fits.points.size() == plain.points.size());
  for (std::size_t k = 0; k < fits.points.size(); ++k) {
    const StationaryPoint &a = fits.points[k], &b = plain.points[k];
    CHECK(largest(a.weights + d - b.weights) <= 1e-9 * (1.0 + largest(b.weights)));
    CHECK(a.energy == doctest::Approx(b.energy).epsilon(1e-10));
    CHECK(a.morse_index == b.morse_index);
    CHECK(a.status == b.status);
  }
  REQUIRE(fits.at_infinity.size() == plain.at_infinity.size());
  for (std::size_t k = 0; k < fits.at_infinity.size(); ++k) {
    const InfinitePoint &a = fits.at_infinity[k], &b = plain.at_infinity[k];
    CHECK(a.energy == doctest::Approx(b.energy).epsilon(1e-8));
    CHECK(a.signs == b.signs);
    CHECK(a.local_infimum == b.local_infimum);
  }
  CHECK(fits.global_minimum == plain.global_minimum);
  CHECK(fits.infimum_at_infinity == plain.infimum_at_infinity);
  CHECK(fits.strata.none_exists == plain.strata.none_exists);
  CHECK(fits.strata.complete == plain.strata.complete);
  CHECK(fits.strata.no_finite_point == plain.strata.no_finite_point);
}

}  // namespace

TEST_CASE("all fits with a known part X d of the node inputs are those without it, moved by d" *
          needs_flint()) {
  FitOptions options;
  options.seconds = 300.0;  // a limit for slow machines
  options.explore.quiet_rounds = 2;
  for (const Activation activation : activations) {
    for (std::uint64_t seed = 1; seed <= sampled(std::uint64_t{4}); ++seed) {
      CAPTURE(to_string(activation));
      CAPTURE(seed);
      // Targets inside the range, and beyond it: then limits with free patterns, too.
      const double beyond = seed % 2 == 0 ? 0.25 : 0.0;
      const Problem problem = quarters(5, 2, beyond, 10 + seed, activation);
      const Vector d = shift(2);
      const AllFits plain = find_all_fits(Perceptron(problem, options_with(activation)), options);
      const AllFits fits =
          find_all_fits(Perceptron(moved(problem, d), options_with(activation)), options);
      check_moved(fits, plain, d);
      CHECK_FALSE(fits.certificate.has_value());
    }
  }
}

TEST_CASE("natural paths with a known part X d are those without it, moved by d") {
  for (const Activation activation : activations) {
    for (std::uint64_t seed = 1; seed <= sampled(std::uint64_t{20}); ++seed) {
      CAPTURE(to_string(activation));
      CAPTURE(seed);
      const Problem problem = quarters(9, 3, seed % 3 == 0 ? 0.3 : 0.0, 70 + seed, activation);
      const Vector d = shift(3);
      const Perceptron network(moved(problem, d), options_with(activation));
      const NaturalPath plain = track_natural(Perceptron(problem, options_with(activation)));
      const NaturalPath path = track_natural(network);
      CHECK(path.status == plain.status);
      REQUIRE(path.folds.size() == plain.folds.size());
      for (std::size_t k = 0; k < path.folds.size(); ++k)
        CHECK(path.folds[k].point.one_minus_tau ==
              doctest::Approx(plain.folds[k].point.one_minus_tau).epsilon(1e-8));
      CHECK(largest(path.points.front().weights + d - plain.points.front().weights) <= 1e-12);
      REQUIRE(path.end.has_value() == plain.end.has_value());
      if (path.end) {
        CHECK(path.end->energy == doctest::Approx(plain.end->energy).epsilon(1e-9));
        CHECK(path.end->morse_index == plain.end->morse_index);
      }
      REQUIRE(path.infinity.has_value() == plain.infinity.has_value());
      if (path.infinity) {
        CHECK(path.infinity->energy == doctest::Approx(plain.infinity->energy).epsilon(1e-8));
        CHECK(path.infinity->signs == plain.infinity->signs);
        CHECK(path.infinity->local_infimum == plain.infinity->local_infimum);
      }
    }
  }
}

TEST_CASE("paths with a known part of the node inputs are proven" * needs_flint()) {
  for (const Activation activation : activations) {
    for (std::uint64_t seed = 1; seed <= sampled(std::uint64_t{4}); ++seed) {
      CAPTURE(seed);
      const Problem problem = quarters(7, 2, 0.0, 30 + seed, activation);
      const Perceptron plain(problem, options_with(activation));
      const Perceptron network(moved(problem, shift(2)), options_with(activation));
      const PathCertificate expected = certify_path(plain, track_natural(plain));
      const PathCertificate certificate = certify_path(network, track_natural(network));
      CHECK(certificate.certified == expected.certified);
      CHECK(certificate.folds == expected.folds);
      // The path of another network is none of this one.
      CHECK_FALSE(certify_path(network, track_natural(plain)).certified);
    }
  }
}

TEST_CASE("a weight that is held at its own optimum changes nothing about the others") {
  for (const Activation activation : {Activation::tanh, Activation::logistic}) {
    const auto problem = std::make_shared<const Problem>(quarters(12, 3, -0.2, 5, activation));
    const NaturalPath path = track_natural(Perceptron(problem, options_with(activation)));
    REQUIRE(path.end);
    const Vector& w = path.end->weights;
    for (Index j = 0; j < 3; ++j) {
      const HeldWeights held(3, {{j, w(j)}});
      const Perceptron network(hold_weights(problem, held), options_with(activation));
      const Vector start = held.fitted(w);
      Perceptron::Workspace work(network);
      Vector H(network.unknowns());
      const double scale = network.gradient(network.coordinates(start), 1.0, work, H);
      CHECK(H.norm() <= 1e-13 * scale);
      CHECK(network.energy(network.coordinates(start), 1.0, work) ==
            doctest::Approx(path.end->energy).epsilon(1e-12));
      if (!Certifier::available()) continue;
      const Certificate certificate = Certifier(network).certify(start);
      REQUIRE(certificate.certified);
      CHECK(largest(certificate.weights - start) <= 1e-11 * (1.0 + largest(w)));
      CHECK(certificate.energy == doctest::Approx(path.end->energy).epsilon(1e-12));
    }
  }
}

TEST_CASE("one pattern with a held bias has the fit of the inverse sigmoid") {
  for (const Activation activation : {Activation::tanh, Activation::logistic}) {
    Matrix X(1, 2);
    X << 1.75, 1.0;
    const double y = 0.375, bias = -0.8;
    const double u = activation == Activation::tanh ? std::atanh(y) : std::log(y / (1.0 - y));
    const auto problem = std::make_shared<const Problem>(make_problem(X, Vector::Constant(1, y)));
    const Perceptron network(hold_weights(problem, HeldWeights(2, {{1, bias}})),
                             options_with(activation));
    const NaturalPath path = track_natural(network);
    REQUIRE(path.end);
    CHECK(path.end->weights(0) == doctest::Approx((u - bias) / 1.75).epsilon(1e-14));
    const AllFits fits = find_all_fits(network);
    REQUIRE(fits.points.size() == 1);
    CHECK(fits.points[0].weights(0) == doctest::Approx((u - bias) / 1.75).epsilon(1e-14));
    if (Certifier::available()) {
      CHECK(fits.level == Completeness::complete);
      CHECK(fits.unique == Answer::yes);
    }
  }
}

TEST_CASE("the interval search with a held bias finds what a fine grid finds" * needs_flint()) {
  SearchOptions options;
  options.seconds = 300.0;
  int several = 0;
  for (const Activation activation : activations) {
    for (std::uint64_t seed = 1; seed <= sampled(std::uint64_t{6}); ++seed) {
      CAPTURE(to_string(activation));
      CAPTURE(seed);
      Random random(900 + seed);
      const Range ends = range(activation);
      Matrix X(4, 2);
      Vector y(4);
      for (Index i = 0; i < 4; ++i) {
        X.row(i) << random.uniform(-4.0, 4.0), 1.0;
        y(i) = ends.low + (ends.high - ends.low) * random.uniform(0.05, 0.95);
      }
      const auto held = hold_weights(std::make_shared<const Problem>(make_problem(X, y)),
                                     HeldWeights(2, {{1, random.uniform(-3.0, 3.0)}}));
      const Perceptron network(held, options_with(activation));
      const SearchResult result = search_exhaustively(network, options);
      REQUIRE(result.finished);
      CHECK(result.region_holds_all);
      if (result.points.size() > 1) ++several;
      // Turns of the energy on the grid; the proven region is small.
      const double low = result.region.low(0), high = result.region.high(0);
      constexpr int steps = 8000;
      std::vector<std::pair<double, int>> turns;  // place, index
      double before = 0.0, here = energy_of(*held, activation, Vector::Constant(1, low));
      for (int k = 1; k <= steps; ++k) {
        const double w = low + (high - low) * k / steps;
        const double next = energy_of(*held, activation, Vector::Constant(1, w));
        if (k > 1 && (here - before) * (next - here) < 0.0)
          turns.emplace_back(w - (high - low) / steps, next > here ? 0 : 1);
        before = here;
        here = next;
      }
      REQUIRE(result.points.size() == turns.size());
      std::vector<std::pair<double, int>> found;
      for (const StationaryPoint& point : result.points)
        found.emplace_back(point.weights(0), *point.morse_index);
      std::sort(found.begin(), found.end());
      for (std::size_t k = 0; k < turns.size(); ++k) {
        CHECK(std::abs(found[k].first - turns[k].first) <= 2.0 * (high - low) / steps);
        CHECK(found[k].second == turns[k].second);
      }
      const OneWeightPoints list = stationary_points_of_one_weight(network, 1.0);
      REQUIRE(list.points.size() == turns.size());
      for (std::size_t k = 0; k < turns.size(); ++k)
        CHECK(list.points[k].weight == doctest::Approx(found[k].first).epsilon(1e-8));
    }
  }
  if (!support::kSlowBuild) CHECK(several > 0);  // few problems need not have any
}

TEST_CASE("limits at infinity keep the known parts of free patterns") {
  // Weights (a, b) with b held: a -> infinity saturates two patterns, x = 0 stays free and no weight moves it.
  Matrix X(3, 2);
  X << 1.0, 1.0, -1.0, 1.0, 0.0, 1.0;
  const Vector y{{1.0, -1.0, 0.25}};
  const double bias = 0.5;
  const auto problem = std::make_shared<const Problem>(make_problem(X, y));
  const AllFits fits =
      find_all_fits(Perceptron(hold_weights(problem, HeldWeights(2, {{1, bias}}))));
  REQUIRE(fits.at_infinity.size() == 1);
  CHECK(fits.at_infinity[0].energy ==
        doctest::Approx(0.5 * std::pow(std::tanh(bias) - 0.25, 2)).epsilon(1e-14));
  CHECK(fits.at_infinity[0].signs == std::vector<int>{1, -1, 0});
  CHECK(fits.infimum_at_infinity);

  // Two patterns of the same input and different known parts are free, and have one weight between them.
  Matrix Z(4, 3);
  Z << 1, 0, 0, -1, 0, 0, 0, 1, 1, 0, 1, 2;
  const auto wide =
      std::make_shared<const Problem>(make_problem(Z, Vector{{1.0, -1.0, 0.5, 0.75}}));
  const Perceptron network(hold_weights(wide, HeldWeights(3, {{2, 0.3}})));
  const StrataResult strata = enumerate_strata(network);
  double best = 1e300;
  for (int k = -4000; k <= 4000; ++k) {
    const double t = k / 1000.0;
    best = std::min(best, 0.5 * std::pow(std::tanh(t + 0.3) - 0.5, 2) +
                              0.5 * std::pow(std::tanh(t + 0.6) - 0.75, 2));
  }
  const bool is_there =
      std::any_of(strata.infima.begin(), strata.infima.end(), [&](const InfinitePoint& limit) {
        return limit.signs == std::vector<int>{1, -1, 0, 0} && limit.local_infimum == true &&
               std::abs(limit.energy - best) <= 1e-6;
      });
  CHECK(is_there);
}

TEST_CASE("the known start of an epidemic") {
  const auto problem = std::make_shared<const Problem>(support::epidemic_problem());
  const HeldWeights held(2, {{1, support::epidemic_bias()}});
  const Perceptron network(hold_weights(problem, held), options_with(Activation::logistic));
  const NaturalPath path = track_natural(network);
  REQUIRE(path.end);
  const Vector w = held.weights(path.end->weights);
  CHECK(w(0) == doctest::Approx(support::epidemic_rate).epsilon(1e-13));
  CHECK(w(1) == support::epidemic_bias());
  const AllFits fits = find_all_fits(network);
  REQUIRE(fits.global_minimum == 0);
  CHECK(fits.points[0].weights(0) == doctest::Approx(support::epidemic_rate).epsilon(1e-14));
  if (!Certifier::available()) return;
  CHECK(fits.points[0].status == PointStatus::certified);
  CHECK(fits.level == Completeness::complete);
  CHECK(fits.unique == Answer::yes);
  CHECK(fits.global_is_proven);
}

TEST_CASE("geometry refuses known parts of the node inputs") {
  const Perceptron network(moved(quarters(6, 2, 0.0, 3, Activation::tanh), shift(2)));
  const Vector v = Vector::Zero(2);
  CHECK_THROWS_AS(DataManifold(network, 1.0), std::invalid_argument);
  CHECK_THROWS_AS((void)certify_unique(network, v, 1.0), std::invalid_argument);
  CHECK_THROWS_AS((void)certify_unique_path(network), std::invalid_argument);
}

}  // namespace held_fits_test
