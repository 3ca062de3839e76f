#include "tautrack/path/amplitude_path.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/data/held_weights.hpp"

#include "support/random_problem.hpp"
#include "support/reference_case.hpp"
#include "support/slow_build.hpp"

namespace amplitude_path_test {

using namespace tautrack;
using tautrack::reference::Json;
using tautrack::support::Random;

namespace {

const Json& sets() {
  static const Json json = reference::load("amplitude_paths");
  return json["sets"];
}

Problem problem_of(const Json& set) {
  const Index L = static_cast<Index>(set["x"].size());
  const bool is_plane = set["x"][0].is_array();
  Matrix X(L, is_plane ? 3 : 2);
  if (is_plane)
    X.leftCols(2) = reference::matrix(set["x"]);
  else
    X.col(0) = reference::vector(set["x"]);
  X.col(X.cols() - 1).setOnes();
  return make_problem(X, reference::vector(set["y"]), set["name"].get<std::string>());
}

/// The scaled problem of docs/theory.md, section 12: |C y| and |X'C y|.
struct Scaled {
  explicit Scaled(const Problem& problem) {
    Matrix X = problem.X;
    for (Index j = 0; j + 1 < X.cols(); ++j) {
      const double low = X.col(j).minCoeff(), high = X.col(j).maxCoeff();
      X.col(j) = (2.0 * X.col(j).array() - low - high) / (high - low);
    }
    half = 0.5 * (problem.y.maxCoeff() - problem.y.minCoeff());
    const Vector centred = (problem.y.array() - problem.y.mean()) / half;
    norm = centred.norm();
    signal = (X.transpose() * centred).norm();
  }
  double half, norm, signal;
};

/// The weights and the range that stand for (a, b, w) of the reference, which scales the data.
struct Expected {
  Expected(const Json& path, const Json& value) {
    const Vector w = reference::vector(value["w"]), mid = reference::vector(path["mid"]),
                 half = reference::vector(path["half"]);
    const Index n = mid.size();
    weights.resize(n + 1);
    weights.head(n) = w.head(n).cwiseQuotient(half);
    weights(n) = w(n) - weights.head(n).dot(mid);
    const double a = reference::number(value["a"]), b = reference::number(value["b"]);
    const double y_mean = reference::number(path["y_mean"]);
    const double y_half = reference::number(path["y_half"]);
    range = {y_mean + y_half * (a - b), y_mean + y_half * (a + b)};
    energy = y_half * y_half * reference::number(value["data_energy"]);
  }
  Vector weights;
  Range range;
  double energy;
};

void check_finite_end(const NaturalPath& path, const Json& set) {
  REQUIRE(path.ok());
  const Json& points = set["points"];
  const auto found = std::find_if(points.begin(), points.end(), [&](const Json& point) {
    return std::abs(reference::number(point["energy"]) - path.end->energy) <=
           1e-10 * path.end->energy;
  });
  REQUIRE(found != points.end());
  CHECK(path.end->morse_index == (*found)["morse_index"].get<int>());
  CHECK((path.end->weights - reference::vector((*found)["w"])).norm() <=
        1e-9 * path.end->weights.norm());
  const double a = reference::number((*found)["a"]), b = reference::number((*found)["b"]);
  CHECK(path.end->range->low == doctest::Approx(a - b).epsilon(1e-9).scale(b));
  CHECK(path.end->range->high == doctest::Approx(a + b).epsilon(1e-9).scale(b));
}

void check_limit(const NaturalPath& path, const Json& set) {
  REQUIRE(path.status == TrackStatus::infinite_weights);
  REQUIRE(path.infinity.has_value());
  const InfinitePoint& limit = *path.infinity;
  if (set["best"]["where"] == "exponential") {
    CHECK(limit.kind() == LimitKind::exponential);
    CHECK(std::count(limit.signs.begin(), limit.signs.end(), 0) ==
          static_cast<long>(limit.signs.size()));
    // The plateau is still of the order of 1e4 away: a guess that is good to a part of that.
    const Json& curve = set["exponential"];
    CHECK(limit.exponential->offset ==
          doctest::Approx(reference::number(curve["A"])).epsilon(0.01));
    CHECK(limit.exponential->factor ==
          doctest::Approx(reference::number(curve["C"])).epsilon(0.01));
    CHECK(limit.exponential->rate(0) ==
          doctest::Approx(reference::number(curve["rate"])).epsilon(0.01));
    CHECK(limit.exponential->rate(1) == 0.0);
    return;
  }
  CHECK(limit.kind() == LimitKind::step);
  CHECK(limit.energy == doctest::Approx(reference::number(set["best"]["energy"])).epsilon(1e-10));
  for (std::size_t i = 0; i < limit.signs.size(); ++i)
    CHECK(limit.signs[i] == (i < limit.signs.size() / 2 ? -1 : 1));
}

Problem dose_response(std::uint64_t seed, double noise, const Vector& shape) {
  Random random(seed);
  const Index L = 12;
  Matrix X(L, 2);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    X.row(i) << static_cast<double>(i), 1.0;
    y(i) =
        shape(0) + shape(1) * std::tanh(shape(2) * (X(i, 0) - shape(3))) + noise * random.normal();
  }
  return make_problem(X, y);
}

}  // namespace

TEST_CASE("natural paths of amplitude models pass the reference's points and have its ends") {
  for (const Json& set : sets()) {
    CAPTURE(set["name"].get<std::string>());
    const Problem problem = problem_of(set);
    const Scaled scaled(problem);
    AmplitudePathOptions model;
    model.start_ridge = reference::number(set["path"]["rho"]) / scaled.signal;
    TrackOptions options;
    options.landings = {0.25, 0.5, 0.75, 0.9};
    const NaturalPath path = track_amplitude(problem, model, options);
    CHECK(path.folds.empty());
    CHECK(path.branch_points.empty());
    for (const Json& value : set["path"]["values"]) {
      const double tau = value["tau"].get<double>();
      CAPTURE(tau);
      const Expected expected(set["path"], value);
      const auto point = std::find_if(path.points.begin(), path.points.end(),
                                      [&](const NaturalPoint& at) { return at.tau == tau; });
      REQUIRE(point != path.points.end());
      CHECK((point->weights - expected.weights).norm() <= 1e-9 * expected.weights.norm());
      const double width = expected.range.high - expected.range.low;
      CHECK(std::abs(point->range->low - expected.range.low) <= 1e-9 * width);
      CHECK(std::abs(point->range->high - expected.range.high) <= 1e-9 * width);
      CHECK(point->energy == doctest::Approx(expected.energy).epsilon(1e-9));
      CHECK(point->morse_index == value["morse_index"].get<int>());
    }
    // The same end from ten times the ridge that is the default and from that.
    for (const double ridge : {model.start_ridge, AmplitudePathOptions{}.start_ridge}) {
      AmplitudePathOptions other;
      other.start_ridge = ridge;
      const NaturalPath again = track_amplitude(problem, other);
      if (set["best"].is_null() || set["best"]["where"] == "finite")
        check_finite_end(again, set);
      else
        check_limit(again, set);
    }
  }
}

TEST_CASE("residuals and amplitudes along a path stay within the bounds of the theorem") {
  for (const Json& set : sets()) {
    const Problem problem = problem_of(set);
    const Scaled scaled(problem);
    for (const Activation activation : {Activation::tanh, Activation::logistic}) {
      CAPTURE(set["name"].get<std::string>());
      AmplitudePathOptions model;
      model.activation = activation;
      const double rho = model.start_ridge * scaled.signal;
      const Range ends = range(activation);
      const NaturalPath path = track_amplitude(problem, model);
      for (const NaturalPoint& point : path.points) {
        const double r = std::sqrt(2.0 * point.energy) / scaled.half;
        CHECK(r <= scaled.norm * (1.0 + 1e-12));
        const double b =
            (point.range->high - point.range->low) / ((ends.high - ends.low) * scaled.half);
        CHECK(b > 0.0);
        CHECK(b <= scaled.norm / (2.0 * std::sqrt(point.one_minus_tau * rho)));
      }
    }
  }
}

TEST_CASE("no path depends on the units of inputs and outputs") {
  for (const double noise : {0.02, 0.3}) {
    const Problem problem = dose_response(5, noise, (Vector(4) << 3.0, 2.0, 0.4, 6.0).finished());
    const NaturalPath path = track_amplitude(problem);
    Matrix X = problem.X;
    X.col(0) = 1e4 + 1e-3 * X.col(0).array();
    X.col(1) *= 7.0;
    const NaturalPath other = track_amplitude(make_problem(X, -1e5 + 1e3 * problem.y.array()));
    REQUIRE(path.ok());
    REQUIRE(other.ok());
    CHECK(other.end->energy == doctest::Approx(1e6 * path.end->energy).epsilon(1e-8));
    CHECK(other.end->weights(0) == doctest::Approx(1e3 * path.end->weights(0)).epsilon(1e-7));
    CHECK(other.end->range->low ==
          doctest::Approx(-1e5 + 1e3 * path.end->range->low).epsilon(1e-9));
    // The other way up: the same curve, falling.
    const NaturalPath down = track_amplitude(make_problem(problem.X, -problem.y));
    REQUIRE(down.ok());
    CHECK(down.end->weights(0) == doctest::Approx(-path.end->weights(0)).epsilon(1e-9));
    CHECK(down.end->range->low == doctest::Approx(-path.end->range->high).epsilon(1e-9));
  }
}

TEST_CASE("a known plateau is kept: Rat42 with three parameters, as NIST has it") {
  // NIST StRD Rat42 (Ratkowsky 1983): b1 / (1 + exp(b2 - b3 x)), certified values.
  Matrix X(9, 2);
  X << 9, 1, 14, 1, 21, 1, 28, 1, 42, 1, 57, 1, 63, 1, 70, 1, 79, 1;
  const Vector y =
      (Vector(9) << 8.93, 10.8, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08).finished();
  for (const bool is_mirrored : {false, true}) {
    AmplitudePathOptions model;
    model.activation = Activation::logistic;
    (is_mirrored ? model.range.high : model.range.low) = 0.0;
    const double sign = is_mirrored ? -1.0 : 1.0;
    const NaturalPath path = track_amplitude(make_problem(X, sign * y), model);
    REQUIRE(path.ok());
    CHECK(path.end->morse_index == 0);
    CHECK(2.0 * path.end->energy == doctest::Approx(8.0565229338).epsilon(1e-10));
    CHECK(path.end->weights(0) == doctest::Approx(sign * 6.7359200066e-02).epsilon(1e-9));
    CHECK(path.end->weights(1) == doctest::Approx(-sign * 2.6180768402).epsilon(1e-9));
    CHECK((is_mirrored ? path.end->range->high : path.end->range->low) == 0.0);
    CHECK((is_mirrored ? -path.end->range->low : path.end->range->high) ==
          doctest::Approx(72.462237576).epsilon(1e-10));
  }
  // Data below the number that is said to be the low plateau: it is the high one.
  AmplitudePathOptions model;
  model.range.low = 0.0;
  const NaturalPath path = track_amplitude(make_problem(X, -y), model);
  REQUIRE(path.ok());
  CHECK(path.end->range->high == 0.0);
  CHECK(path.end->weights(0) < 0.0);
}

TEST_CASE("the limits of other activations are told as they are") {
  for (const Json& set : sets()) {
    if (set["name"] != "wave" && set["name"] != "steep, no point in the rise") continue;
    CAPTURE(set["name"].get<std::string>());
    AmplitudePathOptions model;
    for (const Activation activation :
         {Activation::logistic, Activation::arctan, Activation::erf}) {
      CAPTURE(to_string(activation));
      model.activation = activation;
      const NaturalPath path = track_amplitude(problem_of(set), model);
      REQUIRE(path.status == TrackStatus::infinite_weights);
      if (set["name"] != "wave") {
        check_limit(path, set);
      } else if (activation == Activation::arctan) {
        CHECK_FALSE(path.infinity.has_value());
        CHECK(path.message.find("hyperbola") != std::string::npos);
      } else {
        REQUIRE(path.infinity.has_value());
        CHECK(path.infinity->kind() == LimitKind::exponential);
        CHECK(path.infinity->exponential->rate(0) == doctest::Approx(0.1148).epsilon(0.05));
      }
    }
  }
}

TEST_CASE("a level in the rise of a step stays free") {
  // Two plateaus and one level between them: its value fits exactly.
  Matrix X(10, 2);
  Vector y(10);
  const double levels[] = {0.0, 0.0, 0.5, 1.0, 1.0};
  for (Index i = 0; i < 10; ++i) {
    X.row(i) << static_cast<double>(i / 2), 1.0;
    y(i) = levels[i / 2] + (i % 2 == 0 ? 0.1 : -0.1);
  }
  y(2) -= 0.02;
  y(6) += 0.02;
  const NaturalPath path = track_amplitude(make_problem(X, y));
  REQUIRE(path.status == TrackStatus::infinite_weights);
  REQUIRE(path.infinity.has_value());
  CHECK(path.infinity->kind() == LimitKind::step_with_free_patterns);
  CHECK(path.infinity->signs == std::vector<int>{-1, -1, -1, -1, 0, 0, 1, 1, 1, 1});
  const Vector along = X * path.infinity->direction;
  CHECK(along.segment(4, 2).norm() <= 1e-12);
  CHECK(along.head(4).maxCoeff() < 0.0);
  CHECK(along.tail(4).minCoeff() > 0.0);
}

TEST_CASE("a last level that is off the plateau of all the others is a step before it") {
  Matrix X(6, 2);
  X << 0, 1, 1, 1, 2, 1, 3, 1, 4, 1, 5, 1;
  const Vector y = (Vector(6) << 0.0, 0.1, -0.1, 0.05, -0.05, 1.0).finished();
  for (const double sign : {1.0, -1.0}) {
    const NaturalPath path = track_amplitude(make_problem(X, sign * y));
    REQUIRE(path.infinity.has_value());
    CHECK(path.infinity->kind() == LimitKind::step);
    CHECK(path.infinity->energy == doctest::Approx(0.0125).epsilon(1e-12));
    CHECK(path.infinity->range->high - path.infinity->range->low ==
          doctest::Approx(1.0).epsilon(1e-12));
  }
}

TEST_CASE("a pattern of weight two is two patterns") {
  Matrix X(6, 2), twice(7, 2);
  X << 0, 1, 1, 1, 2, 1, 3, 1, 4, 1, 5, 1;
  twice << X.row(0), X;
  const Vector y = (Vector(6) << 0.0, 0.1, 0.5, 0.8, 1.0, 0.9).finished();
  Vector y_twice(7);
  y_twice << y(0), y;
  Vector omega = Vector::Ones(6);
  omega(0) = 2.0;
  const NaturalPath weighted = track_amplitude(make_problem(X, y, "y", {}, omega));
  const NaturalPath doubled = track_amplitude(make_problem(twice, y_twice));
  REQUIRE(weighted.ok());
  REQUIRE(doubled.ok());
  CHECK(weighted.end->energy == doctest::Approx(doubled.end->energy).epsilon(1e-12));
  CHECK((weighted.end->weights - doubled.end->weights).norm() <= 1e-10);
}

TEST_CASE("paths in a few steps as functions of tau are those of the tracker") {
  // With an observer it is the tracker that follows them.
  const auto see = [](const PathPoint&) { return true; };
  int compared = 0, quick = 0;
  for (const Activation activation : {Activation::tanh, Activation::logistic})
    for (std::uint64_t seed = 0; seed < support::sampled<std::uint64_t>(60); ++seed) {
      CAPTURE(seed);
      Random random(seed);
      const Vector shape = (Vector(4) << random.uniform(-2.0, 2.0), random.uniform(0.5, 3.0),
                            random.uniform(0.2, 1.5), random.uniform(2.0, 9.0))
                               .finished();
      const Problem problem = dose_response(seed + 1, seed % 3 == 0 ? 0.5 : 0.05, shape);
      AmplitudePathOptions model;
      model.activation = activation;
      const NaturalPath path = track_amplitude(problem, model);
      const NaturalPath tracked = track_amplitude(problem, model, {}, see);
      CHECK(path.status == tracked.status);
      if (!path.ok() || !tracked.ok()) continue;
      ++compared;
      const bool is_quick = path.points.size() != tracked.points.size() ||
                            path.points[1].tau != tracked.points[1].tau;
      quick += is_quick ? 1 : 0;
      CHECK((path.end->weights - tracked.end->weights).norm() <=
            1e-9 * tracked.end->weights.norm());
      CHECK(path.end->energy == doctest::Approx(tracked.end->energy).epsilon(1e-12));
      CHECK(path.end->morse_index == tracked.end->morse_index);
      CHECK((path.end->eigenvalues - tracked.end->eigenvalues).norm() <=
            1e-9 * tracked.end->eigenvalues.norm());
      const double width = tracked.end->range->high - tracked.end->range->low;
      CHECK(std::abs(path.end->range->low - tracked.end->range->low) <= 1e-9 * width);
      CHECK(std::abs(path.end->range->high - tracked.end->range->high) <= 1e-9 * width);
      CHECK(path.end->gradient_norm <= 1e-12 * path.end->gradient_scale);
      if (!is_quick) continue;
      // Points on the way are solutions, too: at the same tau.
      TrackOptions options;
      for (std::size_t i = 1; i + 1 < path.points.size(); ++i)
        options.landings.push_back(path.points[i].tau);
      const NaturalPath landed = track_amplitude(problem, model, options);
      for (const NaturalPoint& point : path.points) {
        const auto same = std::find_if(
            landed.points.begin(), landed.points.end(),
            [&](const NaturalPoint& at) { return std::abs(at.tau - point.tau) <= 1e-15; });
        REQUIRE(same != landed.points.end());
        CHECK((point.weights - same->weights).norm() <= 1e-8 * same->weights.norm());
        CHECK(point.energy == doctest::Approx(same->energy).epsilon(1e-8));
      }
    }
  CHECK(compared > 0);
  CHECK(quick > compared / 2);  // or nothing was tested
}

TEST_CASE("what has no path is told with a status, what is unusable is refused") {
  Matrix X(6, 2);
  X << -3, 1, -2, 1, -1, 1, 1, 1, 2, 1, 3, 1;
  const Vector valley = X.col(0).cwiseAbs2();
  const NaturalPath none = track_amplitude(make_problem(X, valley));
  CHECK(none.status == TrackStatus::invalid_start);
  CHECK(none.message.find("no linear signal") != std::string::npos);
  const NaturalPath equal = track_amplitude(make_problem(X, Vector::Constant(6, 0.1)));
  CHECK(equal.status == TrackStatus::invalid_start);
  CHECK(equal.message.find("equal") != std::string::npos);
  AmplitudePathOptions known;
  known.range = {0.0, 1.0};
  CHECK_THROWS_AS((void)track_amplitude(make_problem(X, valley), known), std::invalid_argument);
  known.range = {};
  known.start_ridge = 1.0;
  CHECK_THROWS_WITH_AS((void)track_amplitude(make_problem(X, valley), known),
                       doctest::Contains("start_ridge"), std::invalid_argument);
  // Symmetric about a point: the path cannot leave the straight line.
  const Vector odd = (Vector(6) << 1, -1, 0, 0, 1, -1).finished();
  const NaturalPath line = track_amplitude(make_problem(X, odd));
  CHECK(line.status == TrackStatus::unresolved_end);
  CHECK(line.message.find("straight line") != std::string::npos);
  // An observer sees every point, and may stop.
  const Problem problem = dose_response(1, 0.05, (Vector(4) << 0.0, 1.0, 0.5, 5.0).finished());
  const auto see = [](const PathPoint&) { return true; };
  const NaturalPath whole = track_amplitude(problem, {}, {}, see);
  std::vector<double> taus;
  const NaturalPath stopped = track_amplitude(problem, {}, {}, [&](const PathPoint& point) {
    taus.push_back(point.tau);
    return taus.size() < 3;
  });
  CHECK(stopped.status == TrackStatus::stopped_by_observer);
  REQUIRE(taus.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(taus[i] == whole.points[i].tau);
}

TEST_CASE("beside held weights the path goes to a fit of the others") {
  // The fit of three weights, of which one after the other is held at its value: the same fit.
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    Random random(seed);
    const Index L = 14;
    Matrix X(L, 3);
    Vector y(L);
    for (Index i = 0; i < L; ++i) {
      X.row(i) << static_cast<double>(i) / 3.0, random.normal(), 1.0;
      y(i) = 2.0 + 5.0 * std::tanh(0.9 * X(i, 0) + 0.5 * X(i, 1) - 2.0) + 0.1 * random.normal();
    }
    const Problem whole = make_problem(X, y);
    for (const OutputRange& range :
         {OutputRange{{}, {}}, OutputRange{-3.5, {}}, OutputRange{{}, 7.5}}) {
      AmplitudePathOptions model;
      model.range = range;
      const NaturalPath path = track_amplitude(whole, model);
      REQUIRE(path.ok());
      for (Index held = 0; held < 3; ++held) {
        CAPTURE(seed);
        CAPTURE(held);
        const HeldWeights weights(3, {{held, path.end->weights(held)}});
        const auto rest = hold_weights(std::make_shared<const Problem>(whole), weights);
        const NaturalPath other = track_amplitude(*rest, model);
        CAPTURE(other.message);
        REQUIRE(other.ok());
        CHECK((weights.weights(other.end->weights) - path.end->weights).norm() <=
              1e-8 * path.end->weights.norm());
        CHECK(other.end->range->low == doctest::Approx(path.end->range->low).epsilon(1e-8));
        CHECK(other.end->range->high == doctest::Approx(path.end->range->high).epsilon(1e-8));
        CHECK(other.end->energy == doctest::Approx(path.end->energy).epsilon(1e-10));
      }
    }
  }
}

TEST_CASE("ends beside held weights are stationary, and limits are what the outputs tend to") {
  int ends = 0, exponentials = 0, steps = 0, others = 0;
  for (int trial = 0; trial < 150; ++trial) {
    CAPTURE(trial);
    Random random(500 + static_cast<std::uint64_t>(trial));
    Vector shape(4);
    shape << 1.0, random.uniform(0.5, 4.0), random.uniform(0.2, 2.0), random.uniform(-2.0, 12.0);
    const Problem given =
        dose_response(900 + static_cast<std::uint64_t>(trial), trial % 3 == 0 ? 0.4 : 0.05, shape);
    // The slope, or the bias, not far from what made the data.
    const double value = trial % 2 == 0 ? shape(2) : -shape(2) * shape(3);
    const HeldWeights held(2, {{trial % 2, value * random.uniform(0.5, 1.5)}});
    const auto problem = hold_weights(std::make_shared<const Problem>(given), held);
    AmplitudePathOptions model;
    if (trial % 5 == 0) model.range.low = 1.0 - shape(1);
    const NaturalPath path = track_amplitude(*problem, model);
    const auto outputs = [&](double w, const Range& range) {
      const Vector u = problem->X.col(0) * w + problem->offset;
      return Vector(range.low + (range.high - range.low) * 0.5 * (1.0 + u.array().tanh()));
    };
    if (path.ok()) {
      ++ends;
      const double w = path.end->weights(0);
      const Range range = *path.end->range;
      CHECK(range.low < range.high);
      const Vector r = outputs(w, range) - problem->y;
      CHECK(0.5 * r.squaredNorm() == doctest::Approx(path.end->energy).epsilon(1e-9));
      const Vector u = problem->X.col(0) * w + problem->offset;
      const Vector low = 0.5 * (1.0 - u.array().tanh()), high = 0.5 * (1.0 + u.array().tanh());
      const Vector slope = 0.5 * (range.high - range.low) * (1.0 - u.array().tanh().square()) *
                           problem->X.col(0).array();
      const double size = r.norm() + 1e-9;
      CHECK(std::abs(r.dot(slope)) <= 1e-8 * size * slope.norm());
      CHECK(std::abs(r.dot(high)) <= 1e-8 * size * high.norm());
      if (!model.range.low) CHECK(std::abs(r.dot(low)) <= 1e-8 * size * low.norm());
    } else if (path.infinity && path.infinity->exponential) {
      ++exponentials;
      // The sigmoid at the last point is near it: rate and factor as its doc says.
      const ExponentialCurve& curve = *path.infinity->exponential;
      const double sign = curve.factor > 0.0 ? 2.0 : -2.0;
      const NaturalPoint& last = path.points.back();
      const Vector near = outputs(last.weights(0), *last.range);
      const Vector limit =
          curve.offset +
          curve.factor *
              (problem->X.col(0).array() * curve.rate(0) + sign * problem->offset.array()).exp();
      CHECK((near - limit).norm() <= 1e-2 * (problem->y.maxCoeff() - problem->y.minCoeff()));
    } else if (path.infinity) {
      ++steps;
      CHECK(path.infinity->energy <= 0.5 * (problem->y.array() - problem->y.mean()).square().sum());
    } else {
      ++others;
      CHECK_FALSE(path.message.empty());
    }
  }
  CAPTURE(others);
  CHECK(ends >= 120);
  CHECK(exponentials > 0);
  CHECK(steps > 0);
}

TEST_CASE("data that run against held weights are no fit with low above high") {
  const Index L = 9;
  Matrix X(L, 1);
  Vector y(L), offset(L);
  for (Index i = 0; i < L; ++i) {
    X(i, 0) = 1.0;
    offset(i) = 0.7 * static_cast<double>(i) - 3.0;
    y(i) = -std::tanh(offset(i) + 0.4);
  }
  Problem problem = make_problem(X, y);
  problem.offset = offset;
  for (const OutputRange& range : {OutputRange{{}, {}}, OutputRange{-2.0, {}}}) {
    AmplitudePathOptions model;
    model.range = range;
    const NaturalPath path = track_amplitude(problem, model);
    CAPTURE(path.message);
    for (const NaturalPoint& point : path.points) CHECK(point.range->low < point.range->high);
    if (path.ok()) CHECK(path.end->range->low < path.end->range->high);
    CHECK_FALSE(path.message.empty());
  }
}

}  // namespace amplitude_path_test
