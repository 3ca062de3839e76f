// Lower bounds of the energy: each part attacked by sampling, the whole by lists that are proven complete.

#include "tautrack/exhaustive/energy_bound.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/exhaustive/search.hpp"
#include "tautrack/fits/all_fits.hpp"

#include "exhaustive/envelope.hpp"
#include "exhaustive/safe_bound.hpp"
#include "exhaustive/vertex_walk.hpp"
#include "network/traits.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace energy_bound_test {

using namespace tautrack;
using exhaustive::BoundProblem;
using exhaustive::EnergyTerm;
using exhaustive::Envelope;
using exhaustive::Inputs;
using exhaustive::OddSigmoid;
using exhaustive::SafeBound;
using support::Random;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Activation kShapes[] = {Activation::tanh, Activation::arctan, Activation::erf};

EnergyTerm term_of(Activation activation, double target, double factor = 1.0) {
  const OddSigmoid sigmoid(traits(activation).form);
  return EnergyTerm(sigmoid, sigmoid.target(target), factor);
}

/// factor / 2 (S(x) - Y)^2, without the code under test.
double phi(Activation activation, double target, double factor, double x) {
  const double r = evaluate(activation, x).value - target;
  return 0.5 * factor * r * r;
}

/// Places from one end to the other, infinite ends cut at 1e4.
std::vector<double> places(double low, double high, int count) {
  const double from = std::max(low, -1e4), to = std::min(high, 1e4);
  std::vector<double> all;
  for (int k = 0; k <= count; ++k) {
    const double t = static_cast<double>(k) / count;
    all.push_back(std::clamp(from + (to - from) * t, from, to));
    // Densely around zero as well.
    const double s = std::sinh(12.0 * (2.0 * t - 1.0)) * 1e-3;
    if (s >= low && s <= high) all.push_back(s);
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// An interval of many kinds.
void random_interval(Random& random, double& low, double& high) {
  const auto place = [&] { return random.normal() * std::pow(10.0, random.uniform(-2.0, 1.0)); };
  const double a = place(), b = place();
  low = std::min(a, b);
  high = std::max(a, b);
  const double kind = random.uniform(0.0, 1.0);
  if (kind < 0.25) low = -kInfinity;
  if (kind > 0.15 && kind < 0.4) high = kInfinity;
}

double random_target(Random& random) {
  const double kind = random.uniform(0.0, 1.0);
  if (kind < 0.1) return 1.0;
  if (kind < 0.2) return -1.0;
  return random.uniform(-1.3, 1.3);
}

/// A problem with what a bound may meet: offsets, pattern weights, ridges, targets within the range.
struct Case {
  Problem problem;
  PerceptronOptions options;
};
Case random_case(std::uint64_t seed) {
  Random random(seed);
  Case result;
  const Index s = random.integer(1, 4), L = s + random.integer(2, 12);
  result.options.activation = static_cast<Activation>(random.integer(0, 4));
  const Range ends = range(result.options.activation);
  const double height = 0.5 * (ends.high - ends.low), middle = 0.5 * (ends.high + ends.low);
  Matrix X(L, s);
  Vector y(L), w(s);
  for (Index j = 0; j < s; ++j) w(j) = 2.0 * random.normal();
  const double noise = random.uniform(0.05, 1.0);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
    const double clean = evaluate(result.options.activation, X.row(i).dot(w)).value;
    y(i) = std::clamp(clean + height * noise * random.normal(), middle - 0.97 * height,
                      middle + 0.97 * height);
  }
  result.problem = make_problem(X, y);
  if (random.uniform(0.0, 1.0) < 0.3) {
    result.problem.pattern_weights = Vector(L);
    for (Index i = 0; i < L; ++i) result.problem.pattern_weights(i) = random.uniform(0.2, 3.0);
  }
  if (random.uniform(0.0, 1.0) < 0.3) {
    result.problem.offset = Vector(L);
    for (Index i = 0; i < L; ++i) result.problem.offset(i) = 0.5 * random.normal();
  }
  if (random.uniform(0.0, 1.0) < 0.3) {
    result.options.ridge = std::pow(10.0, random.uniform(-3.0, 0.0));
    result.options.ridge_standardised = random.uniform(0.0, 1.0) < 0.5;
  }
  return result;
}

AllFits complete_list(const Perceptron& network) {
  FitOptions options;
  options.seconds = options.explore.seconds = options.search.seconds = 300.0;
  options.exhaustive = true;
  return find_all_fits(network, options);
}

/// Inputs around those of some weights, some of them infinite.
Inputs random_node(Random& random, const Vector& inputs) {
  Inputs node;
  for (Index i = 0; i < inputs.size(); ++i) {
    const double kind = random.uniform(0.0, 1.0);
    node.low.push_back(kind < 0.3 ? -kInfinity : inputs(i) - random.uniform(0.0, 1.5));
    node.high.push_back(kind > 0.2 && kind < 0.5 ? kInfinity
                                                 : inputs(i) + random.uniform(0.0, 1.5));
  }
  return node;
}

bool is_in(const Inputs& node, const Vector& inputs) {
  for (Index i = 0; i < inputs.size(); ++i)
    if (!(node.low[static_cast<std::size_t>(i)] <= inputs(i) &&
          inputs(i) <= node.high[static_cast<std::size_t>(i)]))
      return false;
  return true;
}

}  // namespace

TEST_CASE("tilted energies of one pattern are not below their bound, which is sharp") {
  Random random(1);
  for (const Activation activation : kShapes)
    for (int k = 0; k < (support::kSlowBuild ? 60 : 400); ++k) {
      const double target = random_target(random), factor = random.uniform(0.1, 3.0);
      const EnergyTerm term = term_of(activation, target, factor);
      REQUIRE(term.is_usable());
      double low = 0.0, high = 0.0;
      random_interval(random, low, high);
      double tilt = factor * random.normal() * std::pow(10.0, random.uniform(-3.0, 0.3));
      if (!std::isfinite(low)) tilt = std::abs(tilt);
      if (!std::isfinite(high)) tilt = std::isfinite(low) ? -std::abs(tilt) : 0.0;
      if (random.uniform(0.0, 1.0) < 0.1) tilt = 0.0;
      CAPTURE(activation);
      CAPTURE(target);
      CAPTURE(low);
      CAPTURE(high);
      CAPTURE(tilt);
      const double bound = term.least_tilted(low, high, tilt, random.normal());
      double least = kInfinity;
      for (const double x : places(low, high, 3000))
        least = std::min(least, phi(activation, target, factor, x) - tilt * x);
      CAPTURE(bound - least);
      CHECK(bound <= least + 1e-14 * (factor + std::abs(least)));
      // Samples are coarse, and an interval that is infinite has its limit.
      if (std::isfinite(low) && std::isfinite(high))
        CHECK(least - bound <= 1e-4 * factor * (1.0 + (high - low) * (high - low)));
    }
}

TEST_CASE("a tilt that an infinite interval does not allow has no bound") {
  const EnergyTerm term = term_of(Activation::tanh, 0.3);
  CHECK(term.least_tilted(-kInfinity, 1.0, -0.1, 0.0) == -kInfinity);
  CHECK(term.least_tilted(0.0, kInfinity, 0.1, 0.0) == -kInfinity);
  CHECK(term.least_tilted(-kInfinity, kInfinity, 0.0, 0.0) <= 0.0);
}

TEST_CASE("bends are positive between the inflections and nowhere else, and bounded from below") {
  Random random(2);
  for (const Activation activation : kShapes)
    for (int k = 0; k < 100; ++k) {
      const double target = random_target(random);
      const EnergyTerm term = term_of(activation, target);
      CAPTURE(activation);
      CAPTURE(target);
      const auto bend = [&](double x) {  // by differences of the slope
        const double h = 1e-5 * (1.0 + std::abs(x));
        const auto slope = [&](double u) {
          const ActivationValues s = evaluate(activation, u);
          return (s.value - target) * s.first;
        };
        return (slope(x + h) - slope(x - h)) / (2.0 * h);
      };
      for (const double x : places(-6.0, 6.0, 60)) {
        const bool inside = x > term.convex_from() + 1e-3 && x < term.convex_to() - 1e-3;
        const bool outside = x < term.convex_from() - 1e-3 || x > term.convex_to() + 1e-3;
        if (inside) CHECK(bend(x) > -1e-9);
        if (outside) CHECK(bend(x) < 1e-9);
      }
      double low = 0.0, high = 0.0;
      random_interval(random, low, high);
      const double least = term.least_bend(low, high);
      for (const double x : places(std::max(low, -20.0), std::min(high, 20.0), 100))
        if (x >= low && x <= high) CHECK(bend(x) >= least - 1e-7);
    }
}

TEST_CASE("far out an arctan bends no more than its tail does there") {
  constexpr double pi = 3.14159265358979323846;
  Random random(12);
  for (int k = 0; k < 200; ++k) {
    const double target = random.uniform(-0.95, 0.95), factor = random.uniform(0.2, 3.0);
    const double near = std::pow(10.0, random.uniform(3.05, 7.0)),
                 far = near * random.uniform(1.0, 3.0);
    const double sign = k % 2 == 0 ? 1.0 : -1.0;
    const EnergyTerm term = term_of(Activation::arctan, target, factor);
    const double least = sign > 0.0 ? term.least_bend(near, far) : term.least_bend(-far, -near);
    CAPTURE(target);
    CAPTURE(near);
    for (const double x : {near, 0.5 * (near + far), far}) {
      const double q = 0.25 * pi * pi * x * x, slope = 1.0 / (1.0 + q);
      const double second = -sign * 0.5 * pi * pi * x * slope * slope;
      const double rest = sign - target - sign * (2.0 / pi) * std::atan(2.0 / (pi * x));
      const double bend = factor * (slope * slope + second * rest);
      CHECK(bend >= least * (1.0 + 1e-12));
      if (x == near) CHECK(least >= 1.3 * bend);
    }
  }
}

TEST_CASE("envelopes are the lower convex hulls of many samples") {
  Random random(3);
  for (const Activation activation : kShapes)
    for (int k = 0; k < (support::kSlowBuild ? 20 : 120); ++k) {
      const double target = random_target(random);
      const EnergyTerm term = term_of(activation, target);
      double low = random.uniform(-8.0, 4.0), high = low + random.uniform(0.01, 8.0);
      const Envelope envelope(term, low, high);
      CAPTURE(activation);
      CAPTURE(target);
      CAPTURE(low);
      CAPTURE(high);
      // Andrew's monotone chain.
      std::vector<std::pair<double, double>> hull;
      const int count = 4000;
      for (int i = 0; i <= count; ++i) {
        const double x = low + (high - low) * i / count;
        const std::pair<double, double> point(x, phi(activation, target, 1.0, x));
        while (hull.size() >= 2) {
          const auto& a = hull[hull.size() - 2];
          const auto& b = hull.back();
          if ((b.first - a.first) * (point.second - a.second) >
              (b.second - a.second) * (point.first - a.first))
            break;
          hull.pop_back();
        }
        hull.push_back(point);
      }
      double last_slope = -kInfinity;
      for (std::size_t i = 0; i + 1 < hull.size(); ++i) {
        const double x = 0.5 * (hull[i].first + hull[i + 1].first);
        const double y = 0.5 * (hull[i].second + hull[i + 1].second);
        const EnergyTerm::At at = envelope.at(term, x);
        CHECK(std::abs(at.value - y) <= 1e-6);
        CHECK(at.slope >= last_slope - 1e-9);
        last_slope = at.slope;
      }
    }
  // On the whole line only a constant is convex and bounded.
  const EnergyTerm term = term_of(Activation::tanh, 0.4);
  const Envelope everywhere(term, -kInfinity, kInfinity);
  // Where phi falls to its end the envelope follows it there.
  const EnergyTerm falling = term_of(Activation::tanh, 1.2);
  const Envelope from_concave(falling, -2.0, kInfinity);
  CHECK(from_concave.at(falling, -2.0).value ==
        doctest::Approx(phi(Activation::tanh, 1.2, 1.0, -2.0)));
  CHECK(from_concave.at(falling, 5.0).value ==
        doctest::Approx(phi(Activation::tanh, 1.2, 1.0, 5.0)));
  for (const double x : {-30.0, -1.0, 0.5, 40.0})
    CHECK(std::abs(everywhere.at(term, x).value) < 1e-13);
}

TEST_CASE("bounds of nodes hold for weights in them, whatever the multipliers are") {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < (support::kSlowBuild ? 20 : 100); ++seed) {
    const Case one = random_case(seed);
    const Perceptron network(one.problem, one.options);
    Perceptron::Workspace work(network);
    std::string reason;
    const auto problem = BoundProblem::make(network, reason);
    REQUIRE(problem);
    Random random(seed + 1000);
    const Index s = network.columns();
    Vector w(s);
    for (Index j = 0; j < s; ++j) w(j) = 2.0 * random.normal();
    const auto inputs = [&](const Vector& weights) {
      return Vector(problem->X * weights + problem->shift);
    };
    const Inputs node = random_node(random, inputs(w));
    Vector multipliers(problem->X.rows());
    for (Index i = 0; i < multipliers.size(); ++i)
      multipliers(i) = 0.3 * random.normal() * (random.uniform(0.0, 1.0) < 0.7 ? 1.0 : 0.0);
    const SafeBound bound(*problem, node, multipliers, inputs(w));
    Inputs tight = node;
    const double cut_at = network.energy(network.coordinates(w), 1.0, work);
    bound.tighten(tight, cut_at * (1.0 + 1e-12));
    const bool convex = exhaustive::is_convex(*problem, node);
    exhaustive::VertexWalk walk(*problem, node, problem->Q.transpose() * (problem->X * w));
    std::vector<double> largest;
    for (std::size_t i = 0; i < problem->patterns(); ++i)
      for (const int sign : {1, -1}) {
        largest.push_back(kInfinity);
        if (const auto members = walk.extreme(i, sign)) {
          std::vector<std::size_t> rows;
          for (const auto& member : *members) rows.push_back(member.row);
          largest.back() = exhaustive::largest_input(*problem, node, i, sign, rows);
        }
      }
    Vector previous = w;
    double previous_energy = cut_at;
    for (int k = 0; k < 300; ++k) {
      Vector other = w;
      const double size = std::pow(10.0, random.uniform(-2.0, 1.0));
      for (Index j = 0; j < s; ++j) other(j) += size * random.normal();
      const Vector u = inputs(other);
      if (!is_in(node, u)) continue;
      ++compared;
      const double energy = network.energy(network.coordinates(other), 1.0, work);
      CHECK(bound.value() <= energy + 1e-13 * (1.0 + energy));
      if (energy < cut_at) CHECK(is_in(tight, u));
      for (Index i = 0; i < u.size(); ++i) {
        const auto at = 2 * static_cast<std::size_t>(i);
        CHECK(u(i) <= largest[at] + 1e-12 * (1.0 + std::abs(u(i))));
        CHECK(-u(i) <= largest[at + 1] + 1e-12 * (1.0 + std::abs(u(i))));
      }
      if (convex) {
        const Vector middle = 0.5 * (other + previous);
        const double between = network.energy(network.coordinates(middle), 1.0, work);
        CHECK(between <= 0.5 * (energy + previous_energy) + 1e-12);
      }
      previous = other;
      previous_energy = energy;
    }
  }
  CHECK(compared >= (support::kSlowBuild ? 100 : 500));
}

TEST_CASE("the best of a complete list is proven to be, and no other one") {
  int others = 0;
  for (std::uint64_t seed = 0; seed < (support::kSlowBuild ? 5 : 60); ++seed) {
    CAPTURE(seed);
    const Case one = random_case(seed);
    const Perceptron network(one.problem, one.options);
    const AllFits fits = complete_list(network);
    if (fits.level != Completeness::complete || !fits.global_minimum) continue;
    const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
    if (best.status != PointStatus::certified) continue;
    EnergyBoundOptions options;
    options.seconds = 300.0;
    options.max_nodes = 20000;
    const EnergyBound bound =
        bound_energy(network, best.weights, {{best.weights, best.radius}}, options);
    CHECK(bound.is_global);
    CHECK(bound.left == 0);
    CHECK(bound.bound <= best.energy * (1.0 + 1e-13));
    CHECK(bound.bound >= best.energy * (1.0 - 1e-9) - 1e-15);
    CHECK(bound.best >= best.energy * (1.0 - 1e-13));
    for (const StationaryPoint& other : fits.points) {
      if (other.kind != StationaryKind::minimum || other.status != PointStatus::certified ||
          !(other.energy > best.energy * (1.0 + 1e-9) + 1e-12))
        continue;
      ++others;
      options.max_nodes = 500;
      const EnergyBound of_other =
          bound_energy(network, other.weights, {{other.weights, other.radius}}, options);
      CHECK_FALSE(of_other.is_global);
      CHECK(of_other.bound <= best.energy * (1.0 + 1e-13));
      break;
    }
  }
  CHECK(others >= (support::kSlowBuild ? 1 : 8));
}

TEST_CASE(
    "nodes at the known minimum are done with, on whichever side of it the energy bends down") {
  // The nearer half of an interval may be the one that bends.
  const Case one = random_case(1000109);
  const Perceptron network(one.problem, one.options);
  const AllFits fits = complete_list(network);
  REQUIRE(fits.global_minimum);
  const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
  EnergyBoundOptions options;
  options.seconds = 300.0;
  options.max_nodes = 500;
  CHECK(bound_energy(network, best.weights, {{best.weights, best.radius}}, options).is_global);
}

TEST_CASE("a bound that was stopped goes on where it was, and comes to the same to the bit") {
  Random random(5);
  const Index L = 40, s = 4;
  Matrix X(L, s);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = j + 1 < s ? random.normal() : 1.0;
    y(i) = std::clamp(std::tanh(X.row(i).sum()) + 0.6 * random.normal(), -0.95, 0.95);
  }
  const Perceptron network(make_problem(X, y));
  EnergyBoundOptions options;
  options.seconds = 300.0;
  options.max_nodes = 400;
  const Vector start = Vector::Constant(s, 1.0);
  const EnergyBound whole = bound_energy(network, start, {}, options);
  REQUIRE(whole.nodes > 100);
  const auto check_same = [&](const EnergyBound& other) {
    CHECK(other.bound == whole.bound);
    CHECK(other.best == whole.best);
    CHECK(other.best_weights == whole.best_weights);
    CHECK(other.nodes == whole.nodes);
    CHECK(other.left == whole.left);
    CHECK(other.message == whole.message);
  };
  for (const long after : {1L, 60L, 120L}) {
    CAPTURE(after);
    std::stop_source source;
    std::vector<double> written;
    long reports = 0;
    EnergyBoundOptions cut = options;
    cut.stop = source.get_token();
    cut.progress = [&](double, double, long nodes, long) {
      if (nodes >= after) source.request_stop();
    };
    cut.checkpoint = [&](const std::vector<double>& numbers) {
      written = numbers;
      ++reports;
    };
    const EnergyBound first = bound_energy(network, start, {}, cut);
    CHECK(first.nodes < whole.nodes);
    CHECK(reports == 1);
    REQUIRE(!written.empty());
    EnergyBoundOptions on = options;
    on.resume = written;
    on.threads = 2;
    long least = 1000;
    on.progress = [&](double, double, long nodes, long) { least = std::min(least, nodes); };
    const EnergyBound second = bound_energy(network, start, {}, on);
    check_same(second);
    CHECK(least > first.nodes);
    CHECK(second.seconds >= first.seconds);
    // Another problem's, and what is damaged, is ignored.
    Problem other = make_problem(X, y);
    other.y(0) += 1e-9;
    EnergyBoundOptions fresh = on;
    fresh.max_nodes = 20;
    least = 1000;
    fresh.progress = [&](double, double, long nodes, long) { least = std::min(least, nodes); };
    (void)bound_energy(Perceptron(other), start, {}, fresh);
    CHECK(least <= 16);
    fresh.resume.pop_back();
    least = 1000;
    (void)bound_energy(network, start, {}, fresh);
    CHECK(least <= 16);
  }
  // And between stops, as often as one likes.
  long checkpoints = 0;
  std::vector<double> last;
  EnergyBoundOptions often = options;
  often.checkpoint_seconds = 0.0;
  often.checkpoint = [&](const std::vector<double>& numbers) {
    last = numbers;
    ++checkpoints;
  };
  check_same(bound_energy(network, start, {}, often));
  CHECK(checkpoints > 10);
  often.resume = last;
  check_same(bound_energy(network, start, {}, often));
}

TEST_CASE("minima that tie are the lowest together, and not one of them alone") {
  // Each axis alone has a fit on both sides of zero; the pattern between them wants one of each: E(w, v) = E(v, w).
  const Matrix X = (Matrix(5, 2) << 1, 0, 16, 0, 0, 1, 0, 16, 1, 1).finished();
  const Vector y = (Vector(5) << 0.5, -0.5, 0.5, -0.5, 0.47).finished();
  Problem problem = make_problem(X, y);
  problem.pattern_weights = (Vector(5) << 1, 1, 1, 1, 20).finished();
  const Perceptron network(problem);
  const AllFits fits = complete_list(network);
  REQUIRE(fits.level == Completeness::complete);
  std::vector<KnownMinimum> lowest;
  for (const StationaryPoint& point : fits.points)
    if (point.kind == StationaryKind::minimum &&
        point.energy <= fits.points.front().energy * (1.0 + 1e-12))
      lowest.push_back({point.weights, point.radius});
  REQUIRE(lowest.size() == 2);
  EnergyBoundOptions options;
  options.seconds = 300.0;
  options.max_nodes = 2000;
  const Vector start = fits.points.front().weights;
  CHECK(bound_energy(network, start, lowest, options).is_global);
  lowest.pop_back();
  CHECK_FALSE(bound_energy(network, start, lowest, options).is_global);
}

TEST_CASE("infima at infinite weights are bounded, too") {
  int infinite = 0;
  EnergyBoundOptions options;
  options.seconds = 300.0;
  options.max_nodes = 5000;
  for (std::uint64_t seed = 0; seed < (support::kSlowBuild ? 4 : 20); ++seed) {
    CAPTURE(seed);
    Random random(seed);
    Matrix X(7, 2);
    Vector y(7);
    for (Index i = 0; i < 7; ++i) {
      X.row(i) << random.normal(), 1.0;
      y(i) = X(i, 0) + 0.7 * random.normal() > 0.0 ? 1.2 : -1.2;
    }
    const Perceptron network(make_problem(X, y));
    const AllFits fits = complete_list(network);
    if (!fits.infimum_at_infinity || fits.at_infinity.front().local_infimum != true) continue;
    ++infinite;
    const double infimum = fits.at_infinity.front().energy;
    options.infimum = infimum;
    const EnergyBound bound = bound_energy(network, Vector::Zero(2), {}, options);
    CHECK(bound.bound <= infimum * (1.0 + 1e-13));
    CHECK(bound.bound >= infimum * (1.0 - 1e-5));
    CHECK_FALSE(bound.is_global);
  }
  CHECK(infinite >= (support::kSlowBuild ? 1 : 3));
  // An energy that nothing comes near to: all is above it, and no more is claimed.
  {
    const Case one = random_case(5);
    const Perceptron network(one.problem, one.options);
    const double best = complete_list(network).points.front().energy;
    options.infimum = 0.5 * best;
    const EnergyBound above = bound_energy(network, Vector::Zero(network.columns()), {}, options);
    CHECK(above.bound <= 0.5 * best);
    CHECK(above.bound >= 0.5 * best * (1.0 - 1e-5));
  }
  // Classes that a line separates: nothing is below zero, and nothing is to be done.
  const Matrix X = (Matrix(5, 2) << 1, 1, 2, 1, 3, 1, 4, 1, 5, 1).finished();
  const Vector separated = (Vector(5) << -1, -1, 1, 1, 1).finished();
  options.infimum = 0.0;
  const EnergyBound none =
      bound_energy(Perceptron(make_problem(X, separated)), Vector::Zero(2), {}, options);
  CHECK(none.bound == 0.0);
  CHECK(none.nodes <= 1);
}

TEST_CASE("threads change nothing, and what is cut off is still a bound") {
  const Case one = random_case(5);
  const Perceptron network(one.problem, one.options);
  EnergyBoundOptions options;
  options.seconds = 300.0;
  options.max_nodes = 200;
  const Vector start = Vector::Zero(network.columns());
  const EnergyBound serial = bound_energy(network, start, {}, options);
  options.threads = 2;
  const EnergyBound parallel = bound_energy(network, start, {}, options);
  CHECK(serial.bound == parallel.bound);
  CHECK(serial.nodes == parallel.nodes);
  CHECK(serial.best == parallel.best);
  options.stop = StopCondition::after_looks(0);
  const EnergyBound cut = bound_energy(network, start, {}, options);
  CHECK(cut.nodes == 0);
  CHECK(cut.bound == 0.0);
  CHECK(cut.left == 1);
}

TEST_CASE("options and sizes are checked") {
  const Case one = random_case(5);
  const Perceptron network(one.problem, one.options);
  EnergyBoundOptions options;
  options.seconds = 0.0;
  CHECK_THROWS_AS((void)bound_energy(network, Vector::Zero(network.columns()), {}, options),
                  std::invalid_argument);
  CHECK_THROWS_AS((void)bound_energy(network, Vector::Zero(network.columns() + 1)),
                  std::invalid_argument);
}

}  // namespace energy_bound_test
