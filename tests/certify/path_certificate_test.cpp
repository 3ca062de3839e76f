#include "tautrack/certify/path_certificate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <Eigen/LU>
#include <Eigen/QR>
#include <doctest/doctest.h>

#include "tautrack/certify/certificate.hpp"

#include "certify/path_series.hpp"
#include "certify/path_traced.hpp"
#include "network/traits.hpp"
#include "support/needs_flint.hpp"
#include "support/one_weight_curve.hpp"
#include "support/random_problem.hpp"
#include "support/reference_case.hpp"

namespace path_certificate_test {

using namespace tautrack;
using namespace tautrack::reference;
using tautrack::support::needs_flint;
using tautrack::support::Random;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Problem problem_of(const Json& json) { return make_problem(matrix(json["X"]), vector(json["y"])); }

PerceptronOptions options_of(const Json& json) {
  PerceptronOptions options;
  options.activation = *activation_from_name(json["activation"].get<std::string>());
  return options;
}

NaturalPath path_of(const Problem& problem, const PerceptronOptions& network = {},
                    const TrackOptions& track = {}) {
  return track_natural(Perceptron(problem, network), track);
}

/// What holds for every certificate.
void check_consistent(const PathCertificate& certificate, const NaturalPath& path) {
  CHECK(certificate.certified == certificate.reason.empty());
  CHECK(certificate.folds.has_value() == certificate.folds_reason.empty());
  CHECK(certificate.points_passed <= path.points.size());
  CHECK(certificate.tubes <= certificate.trials);
  for (std::size_t i = 1; i < certificate.pieces.size(); ++i)
    CHECK(certificate.pieces[i].tau_from == certificate.pieces[i - 1].tau_to);
  for (const ProvenPiece& piece : certificate.pieces) {
    if (piece.direction > 0) CHECK(piece.tau_to > piece.tau_from);
    if (piece.direction < 0) CHECK(piece.tau_to < piece.tau_from);
  }
  if (certificate.certified) {
    CHECK(path.ok());
    CHECK(certificate.points_passed == path.points.size());
    CHECK(certificate.proven_until > path.end->tau);
    CHECK(certificate.end_radius < 1e-6 * (1.0 + path.end->weights.norm()));
    CHECK(certificate.narrowest_tube > 0.0);
    if (certificate.folds) CHECK(*certificate.folds == static_cast<int>(path.folds.size()));
  }
}

PathCertificate certify(const Problem& problem, const PerceptronOptions& network = {}) {
  const NaturalPath path = path_of(problem, network);
  const PathCertificate certificate = certify_path(Perceptron(problem, network), path);
  check_consistent(certificate, path);
  return certificate;
}

/// The record with another end.
NaturalPath with_end(NaturalPath path, const Vector& weights) {
  path.end->weights = weights;
  path.points.back().weights = weights;
  return path;
}

}  // namespace

TEST_CASE("reference paths are certified with all their folds" * needs_flint()) {
  for (const std::string& name : small_cases()) {
    CAPTURE(name);
    const Json json = load(name);
    const Problem problem = problem_of(json);
    const NaturalPath path = path_of(problem, options_of(json));
    const PathCertificate certificate = certify_path(Perceptron(problem, options_of(json)), path);
    check_consistent(certificate, path);
    if (name == "s2_branch") {
      // Two branches cross: there is no regular curve to the end.
      CHECK_FALSE(certificate.certified);
      CHECK(certificate.proven_until < number(json["path"]["branch_points"][0]["tau"]));
      CHECK(certificate.proven_until > 0.5);
      CHECK(contains(certificate.reason, "no tube can be proven"));
      CHECK(*certificate.stopped_from > 0.0);
      CHECK(*certificate.stopped_to != *certificate.stopped_from);
    } else if (contains(name, "diverges")) {
      CHECK_FALSE(certificate.certified);
      CHECK(contains(certificate.reason, "the record has no end"));
      CHECK(certificate.proven_until > 0.999);
      CHECK(certificate.largest_tau < 1.0);
    } else {
      CHECK(certificate.certified);
      REQUIRE(certificate.folds.has_value());
      CHECK(*certificate.folds == static_cast<int>(json["path"]["folds"].size()));
      CHECK(relative_error(path.end->weights, vector(json["path"]["end"]["w"])) < 1e-9);
    }
  }
}

TEST_CASE("the proven folds of paths with one weight are those of the explicit curve" *
          needs_flint()) {
  int folds = 0;
  std::vector<std::uint64_t> seeds{288, 600, 676, 940, 2196, 2932};  // These fold.
  for (std::uint64_t seed = 1; seed <= 100; ++seed) seeds.push_back(seed);
  for (const std::uint64_t seed : seeds) {
    CAPTURE(seed);
    const Problem problem = support::random_problem(seed);
    if (problem.X.cols() != 1) continue;
    const NaturalPath path = path_of(problem);
    if (!path.ok()) continue;
    const PathCertificate certificate = certify_path(Perceptron(problem), path);
    check_consistent(certificate, path);
    CHECK(certificate.certified);
    const support::OneWeightCurve curve(problem.X.col(0), problem.y);
    REQUIRE(certificate.folds.has_value());
    CHECK(*certificate.folds == static_cast<int>(curve.fold_deltas().size()));
    folds += *certificate.folds;
  }
  CHECK(folds >= 14);
}

TEST_CASE("random problems of all activations are certified" * needs_flint()) {
  int certified = 0;
  int arrived = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Problem problem = support::random_problem(seed);
    PerceptronOptions network;
    network.activation = static_cast<Activation>(seed % 4);
    if (seed % 5 == 0) {
      network.ridge = 1e-3;
      network.ridge_standardised = seed % 2 == 0 && problem.X.rows() >= problem.X.cols();
    }
    if (seed % 3 == 0) {
      Random random(seed);
      problem.pattern_weights.resize(problem.X.rows());
      for (double& omega : problem.pattern_weights) omega = random.uniform(0.1, 3.0);
    }
    const NaturalPath path = path_of(problem, network);
    const PathCertificate certificate = certify_path(Perceptron(problem, network), path);
    check_consistent(certificate, path);
    arrived += path.ok() ? 1 : 0;
    certified += certificate.certified ? 1 : 0;
  }
  CHECK(arrived > 50);
  CHECK(certified == arrived);
}

TEST_CASE("dependent columns and fewer patterns than weights are certified" * needs_flint()) {
  const Json json = load("rank_deficient");
  CHECK(certify(problem_of(json)).certified);
  Random random(7);
  Matrix X(3, 5);
  Vector y(3);
  for (Index i = 0; i < 3; ++i) {
    for (Index j = 0; j < 5; ++j) X(i, j) = random.normal();
    y(i) = random.uniform(-0.8, 0.8);
  }
  CHECK(certify(make_problem(X, y)).certified);
  PerceptronOptions network;
  network.ridge = 0.01;
  CHECK(certify(make_problem(X, y), network).certified);
  // Independent, but not to rank_tolerance.
  Matrix almost(4, 2);
  almost << 1.0, 1.0, 2.0, 2.0 + 0x1p-44, -1.0, -1.0, 0.5, 0.5;
  const PathCertificate refused =
      certify(make_problem(almost, Vector::Constant(4, 0.25)), PerceptronOptions());
  CHECK_FALSE(refused.certified);
  CHECK(contains(refused.reason, "rank"));
  CHECK(refused.tubes == 0);
}

TEST_CASE("an earlier target is certified, and another end there is refused" * needs_flint()) {
  const Json json = load("s2_folds");
  const Problem problem = problem_of(json);
  for (const double tau : {0.3, 0.7}) {
    CAPTURE(tau);
    TrackOptions track;
    track.tau_target = tau;
    const NaturalPath path = path_of(problem, {}, track);
    const PathCertificate certificate = certify_path(Perceptron(problem), path);
    check_consistent(certificate, path);
    CHECK(certificate.certified);
    const PathCertificate other =
        certify_path(Perceptron(problem), with_end(path, path.end->weights * (1.0 + 1e-4)));
    CHECK_FALSE(other.certified);
    CHECK(contains(other.reason, "at another point"));
  }
}

TEST_CASE("an end that is another fit is refused" * needs_flint()) {
  int swapped = 0;
  for (const char* name : {"s1_many", "s1_folds_multi", "s2_multimin", "s2_auer_k2", "s2_folds4"}) {
    CAPTURE(name);
    const Json json = load(name);
    const Problem problem = problem_of(json);
    const NaturalPath path = path_of(problem);
    REQUIRE(path.ok());
    for (const Json& point : json["stationary_points_at_tau_1"]) {
      const Vector weights = vector(point["w"]);
      if (relative_error(weights, path.end->weights) < 1e-6) continue;
      ++swapped;
      const PathCertificate certificate =
          certify_path(Perceptron(problem), with_end(path, weights));
      CHECK_FALSE(certificate.certified);
      CHECK(contains(certificate.reason, "at another point"));
      CHECK(certificate.tubes > 0);
      // Right points, wrong end.
      NaturalPath only_end = path;
      only_end.end->weights = weights;
      CHECK_FALSE(certify_path(Perceptron(problem), only_end).certified);
    }
  }
  CHECK(swapped >= 5);
}

TEST_CASE("a record that leaves the curve is refused, rounding is not" * needs_flint()) {
  const Json json = load("s2_folds");
  const Problem problem = problem_of(json);
  const NaturalPath path = path_of(problem);
  REQUIRE(path.points.size() > 6);
  for (std::size_t i = 0; i + 1 < path.points.size(); ++i) {
    CAPTURE(i);
    NaturalPath moved = path;
    moved.points[i].weights *= 1.05;
    const PathCertificate certificate = certify_path(Perceptron(problem), moved);
    CHECK_FALSE(certificate.certified);
    CHECK(contains(certificate.reason, "the record leaves the curve"));
    CHECK(certificate.points_passed == i);
    moved.points[i].weights = path.points[i].weights * (1.0 + 1e-12);
    CHECK(certify_path(Perceptron(problem), moved).certified);
  }
  // Points in another order are no path.
  NaturalPath mixed = path;
  std::swap(mixed.points[2], mixed.points[4]);
  CHECK_FALSE(certify_path(Perceptron(problem), mixed).certified);
}

TEST_CASE("a record that misses folds is refused" * needs_flint()) {
  const Json json = load("s2_folds4");
  const Problem problem = problem_of(json);
  NaturalPath path = path_of(problem);
  REQUIRE(path.folds.size() == 4);
  path.folds.resize(2);
  const PathCertificate certificate = certify_path(Perceptron(problem), path);
  CHECK_FALSE(certificate.certified);
  CHECK(contains(certificate.reason, "4 folds, of which the record has 2"));
  CHECK(*certificate.folds == 4);
}

TEST_CASE("where two branches nearly meet each problem gets its own curve" * needs_flint()) {
  const Json json = load("s2_branch");
  Problem up = problem_of(json);
  Problem down = up;
  for (const double epsilon : {1e-3, 1e-6}) {
    CAPTURE(epsilon);
    up.y = down.y = vector(json["y"]);
    up.y(0) += epsilon;
    down.y(0) -= epsilon;
    const NaturalPath path_up = path_of(up);
    const NaturalPath path_down = path_of(down);
    REQUIRE(path_up.ok());
    REQUIRE(path_down.ok());
    CHECK(certify_path(Perceptron(up), path_up).certified);
    CHECK(certify_path(Perceptron(down), path_down).certified);
    // The ends are on different branches, or a little apart on one: either way not those recorded.
    CHECK_FALSE(certify_path(Perceptron(up), path_down).certified);
    CHECK_FALSE(certify_path(Perceptron(down), path_up).certified);
    // A path that changes the branch where they are close.
    NaturalPath jumped = path_up;
    jumped.end = path_down.end;
    while (jumped.points.size() > 1 && jumped.points.back().tau > 0.9) jumped.points.pop_back();
    for (const NaturalPoint& point : path_down.points)
      if (point.tau > 0.9) jumped.points.push_back(point);
    CHECK_FALSE(certify_path(Perceptron(up), jumped).certified);
  }
}

TEST_CASE("a spent budget is said, and what is proven is kept" * needs_flint()) {
  const Json json = load("s2_folds");
  const Problem problem = problem_of(json);
  const NaturalPath path = path_of(problem);
  PathCertifyOptions options;
  options.max_tubes = 7;
  const PathCertificate tubes = certify_path(Perceptron(problem), path, options);
  check_consistent(tubes, path);
  CHECK_FALSE(tubes.certified);
  CHECK(contains(tubes.reason, "budget of 7 tubes"));
  CHECK(tubes.tubes == 7);
  CHECK(tubes.proven_until > 0.0);
  CHECK(tubes.pieces.size() == 1);
  CHECK(tubes.stopped_to.has_value());
  options = PathCertifyOptions();
  options.max_trials = 9;
  const PathCertificate trials = certify_path(Perceptron(problem), path, options);
  CHECK_FALSE(trials.certified);
  CHECK(contains(trials.reason, "budget of 9 trials"));
  options = PathCertifyOptions();
  options.stop = StopCondition::after_looks(3);
  const PathCertificate stopped = certify_path(Perceptron(problem), path, options);
  check_consistent(stopped, path);
  CHECK_FALSE(stopped.certified);
  CHECK(contains(stopped.reason, "time was used up at tau"));
  CHECK(stopped.proven_until > 0.0);
  CHECK(stopped.tubes < 7);
}

TEST_CASE("the same certificate every time" * needs_flint()) {
  const Json json = load("s3_folds");
  const Problem problem = problem_of(json);
  const NaturalPath path = path_of(problem);
  const PathCertificate a = certify_path(Perceptron(problem), path);
  const PathCertificate b = certify_path(Perceptron(problem), path);
  CHECK(a.certified);
  CHECK(a.tubes == b.tubes);
  CHECK(a.trials == b.trials);
  CHECK(a.evaluations == b.evaluations);
  CHECK(a.narrowest_tube == b.narrowest_tube);
  CHECK(a.end_radius == b.end_radius);
  CHECK(a.proven_until == b.proven_until);
}

TEST_CASE("unusable options and records are refused") {
  const Problem problem = support::random_problem(3);
  const NaturalPath path = path_of(problem);
  PathCertifyOptions options;
  options.max_tubes = 0;
  CHECK_THROWS_AS(static_cast<void>(certify_path(Perceptron(problem), path, options)),
                  std::invalid_argument);
  options = PathCertifyOptions();
  options.max_precision = 52;
  CHECK(contains(*options.invalid_reason(), "max_precision"));
  options = PathCertifyOptions();
  options.max_trials = -1;
  CHECK(contains(*options.invalid_reason(), "max_trials"));
  const PathCertificate nothing = certify_path(Perceptron(problem), NaturalPath());
  CHECK_FALSE(nothing.certified);
  CHECK_FALSE(nothing.reason.empty());
  CHECK_FALSE(nothing.folds.has_value());
  if (!Certifier::available()) {
    CHECK(contains(certify_path(Perceptron(problem), path).reason, "FLINT"));
    return;
  }
  NaturalPath wrong = path;
  wrong.points[0].weights = Vector::Zero(problem.X.cols() + 1);
  CHECK_THROWS_AS(static_cast<void>(certify_path(Perceptron(problem), wrong)),
                  std::invalid_argument);
  NaturalPath infinite = path;
  infinite.points[1].weights.setConstant(std::numeric_limits<double>::quiet_NaN());
  CHECK_FALSE(certify_path(Perceptron(problem), infinite).certified);
}

namespace {

using proof::Interval;
using tube::kDegree;
using tube::PatternSeries;
using tube::Series;

constexpr Activation all_activations[] = {Activation::tanh, Activation::logistic,
                                          Activation::arctan, Activation::erf};

bool have_common_point(const Interval& x, const Interval& y) {
  return x.lower() <= y.upper() && y.lower() <= x.upper();
}

/// A polynomial at all points of an interval, its derivative of that order over the factorial.
Interval value(const Series<Interval>& c, const Interval& a, int order = 0) {
  Interval sum(0.0);
  for (int j = kDegree; j >= order; --j) {
    double binomial = 1.0;
    for (int i = 1; i <= order; ++i) binomial = binomial * (j - order + i) / i;
    sum = sum * a + c[static_cast<std::size_t>(j)] * binomial;
  }
  return sum;
}

}  // namespace

TEST_CASE("Taylor coefficients of a pattern and their remainders enclose it") {
  Random random(11);
  for (const Activation activation : all_activations) {
    for (int trial = 0; trial < 200; ++trial) {
      const std::string name(to_string(activation));
      CAPTURE(name);
      CAPTURE(trial);
      const tube::Pattern pattern{traits(activation).form, random.uniform(-1.2, 1.2),
                                  random.uniform(0.5, 2.0)};
      const double size = trial % 3 == 0 ? 12.0 : 2.0;
      const double h = random.uniform(0.01, 0.3);
      Series<Interval> u, delta, u_wide, delta_wide;
      for (int k = 0; k <= kDegree; ++k) {
        const auto j = static_cast<std::size_t>(k);
        u[j] = k == 0 ? random.uniform(-size, size) : random.uniform(-1.0, 1.0);
        delta[j] = k == 0 ? random.uniform(0.0, 1.0) : random.uniform(-0.3, 0.3);
      }
      for (int k = 0; k <= kDegree; ++k) {
        u_wide[static_cast<std::size_t>(k)] = value(u, Interval(-h, h), k);
        delta_wide[static_cast<std::size_t>(k)] = value(delta, Interval(-h, h), k);
      }
      PatternSeries<Interval> narrow, wide, there;
      narrow.evaluate(pattern, u, delta, kDegree + 1, 3);
      wide.evaluate(pattern, u_wide, delta_wide, kDegree + 1, 3);
      wide.differentiate(pattern, u_wide[0], delta_wide[0]);
      for (std::size_t k = 0; k <= kDegree + 1; ++k)
        CHECK(have_common_point(narrow.force[k], wide.force[k]));
      for (const double part : {-1.0, -0.4, 0.0, 0.7, 1.0}) {
        const Interval a(part * h);
        Series<Interval> u_there{}, delta_there{};
        u_there[0] = value(u, a);
        delta_there[0] = value(delta, a);
        there.evaluate(pattern, u_there, delta_there, 0, 0);
        there.differentiate(pattern, u_there[0], delta_there[0]);
        const auto encloses = [&](const Series<Interval>& c, const Interval& remainder, int order,
                                  const Interval& exact) {
          Interval sum = remainder;
          for (int k = order - 1; k >= 0; --k) sum = sum * a + c[static_cast<std::size_t>(k)];
          return have_common_point(sum, exact);
        };
        CHECK(encloses(narrow.force, wide.force[kDegree + 1], kDegree + 1, there.force[0]));
        CHECK(encloses(narrow.stiffness, wide.stiffness[3], 3, there.stiffness[0]));
        CHECK(encloses(narrow.by_delta, wide.by_delta[3], 3, there.by_delta[0]));
        CHECK(have_common_point(there.by_uu, wide.by_uu));
        CHECK(have_common_point(there.by_ud, wide.by_ud));
        CHECK(have_common_point(there.by_dd, wide.by_dd));
        // In double, where sigma comes from elsewhere.
        PatternSeries<double> rounded;
        Series<double> u_double{}, delta_double{};
        u_double[0] = proof::middle(u_there[0]);
        delta_double[0] = proof::middle(delta_there[0]);
        rounded.evaluate(pattern, u_double, delta_double, 0, 0);
        const double f = (1.0 - delta_double[0]) * evaluate(activation, u_double[0]).value +
                         delta_double[0] * u_double[0];
        const double f_u =
            (1.0 - delta_double[0]) * evaluate(activation, u_double[0]).first + delta_double[0];
        const double force = pattern.omega * f_u * (f - pattern.target);
        CHECK(rounded.force[0] == doctest::Approx(force).epsilon(1e-12).scale(1.0));
        CHECK(proof::middle(there.force[0]) == doctest::Approx(force).epsilon(1e-12).scale(1.0));
      }
      // Derivatives by differences.
      PatternSeries<double> high, low;
      Series<double> u0{}, d0{};
      const auto slope = [&](bool by_u, const auto& take) {
        constexpr double step = 1e-5;
        u0[0] = proof::middle(u[0]) + (by_u ? step : 0.0);
        d0[0] = proof::middle(delta[0]) + (by_u ? 0.0 : step);
        high.evaluate(pattern, u0, d0, 0, 0);
        u0[0] -= by_u ? 2.0 * step : 0.0;
        d0[0] -= by_u ? 0.0 : 2.0 * step;
        low.evaluate(pattern, u0, d0, 0, 0);
        return doctest::Approx((take(high) - take(low)) / (2.0 * step)).epsilon(1e-7).scale(10.0);
      };
      const auto force = [](const auto& series) { return series.force[0]; };
      const auto stiffness = [](const auto& series) { return series.stiffness[0]; };
      const auto by_delta = [](const auto& series) { return series.by_delta[0]; };
      narrow.differentiate(pattern, u[0], delta[0]);
      CHECK(proof::middle(narrow.stiffness[0]) == slope(true, force));
      CHECK(proof::middle(narrow.by_delta[0]) == slope(false, force));
      CHECK(proof::middle(narrow.by_uu) == slope(true, stiffness));
      CHECK(proof::middle(narrow.by_ud) == slope(false, stiffness));
      CHECK(proof::middle(narrow.by_dd) == slope(false, by_delta));
    }
  }
}

TEST_CASE("solutions that Newton's method finds lie within the tubes" * needs_flint()) {
  int proven = 0;
  int found = 0;
  int curved = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    const Problem problem = support::random_problem(seed);
    PerceptronOptions options;
    options.activation = static_cast<Activation>(seed % 4);
    options.ridge = seed % 3 == 0 ? 0.01 : 0.0;
    const Perceptron network(problem, options);
    Perceptron::Workspace work(network);
    const Index n = network.unknowns();
    const NaturalPath path = track_natural(network);
    for (const NaturalPoint& point : path.points) {
      if (point.tau > 0.999) continue;
      for (const int precision : {53, 128}) {
        const TracedTube tube =
            trace_tube(Perceptron(problem, options), point.weights, point.tau, precision);
        if (!tube.proven) continue;
        ++proven;
        std::vector<double> deltas;
        for (const TracedTube::Sample& sample : tube.samples) {
          // H = 0 in the hyperplane of the sample, in the equations of the network.
          Vector x = sample.centre;
          Vector H(n), H_tau(n);
          Matrix H_v(n, n), bordered(n + 1, n + 1);
          double step_size = 1.0;
          for (int k = 0; k < 8 && step_size > 1e-13; ++k) {
            network.derivatives(x.head(n), 1.0 - x(n), work, H, H_v, H_tau);
            bordered << H_v, -H_tau, tube.normal.transpose();
            Vector right(n + 1);
            right << -H, tube.normal.dot(sample.centre - x);
            const Vector step = bordered.fullPivLu().solve(right);
            x += step;
            step_size = step.norm();
          }
          if (!(step_size < 1e-9 * (1.0 + x.norm()))) continue;
          ++found;
          const Vector b = tube.F.colPivHouseholderQr().solve(x - sample.centre);
          // Rounding of Newton's method in flat directions aside.
          const double room = 1e-9 * (1.0 + x.norm());
          CHECK((b.cwiseAbs() - sample.spread).maxCoeff() <= room);
          CHECK(x(n) >= sample.delta_low - room);
          CHECK(x(n) <= sample.delta_high + room);
          deltas.push_back(x(n));
          // ddelta/da from the tangent.
          Vector unit = Vector::Zero(n + 1);
          unit(n) = 1.0;
          const Vector tangent = bordered.fullPivLu().solve(unit);
          CHECK(tangent(n) >= tube.rate_low - 1e-6);
          CHECK(tangent(n) <= tube.rate_high + 1e-6);
        }
        if (tube.curvature_sign != 0 && deltas.size() == tube.samples.size() &&
            tube.length > 1e-2) {
          ++curved;
          // Divided differences of neighbours.
          for (std::size_t k = 1; k + 1 < deltas.size(); ++k) {
            const auto& samples = tube.samples;
            const double before = (deltas[k] - deltas[k - 1]) / (samples[k].a - samples[k - 1].a);
            const double after = (deltas[k + 1] - deltas[k]) / (samples[k + 1].a - samples[k].a);
            CHECK((after - before) * tube.curvature_sign >= -1e-9);
          }
        }
      }
    }
  }
  CHECK(proven > 60);
  CHECK(found > 300);
  CHECK(curved > 0);
}

}  // namespace path_certificate_test
