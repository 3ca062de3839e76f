#include "tautrack/explore/explore.hpp"

#include <algorithm>
#include <cmath>
#include <stop_token>

#include <doctest/doctest.h>

#include "tautrack/certify/certificate.hpp"

#include "support/exponential_minima.hpp"
#include "support/random_problem.hpp"
#include "support/reference_case.hpp"
#include "support/slow_build.hpp"

namespace explore_test {

using namespace tautrack;
using namespace tautrack::support;

namespace {

constexpr std::uint64_t kRidgeProblems = sampled(10);
constexpr std::uint64_t kFadingProblems = sampled(5);

/// Generous: the tests are about what is found, not about time.
ExploreOptions patient() {
  ExploreOptions options;
  options.seconds = 600.0;
  return options;
}

std::vector<long> counts_by_index(const Exploration& exploration, int s) {
  std::vector<long> counts(static_cast<std::size_t>(s) + 1, 0);
  for (const StationaryPoint& point : exploration.points)
    ++counts.at(static_cast<std::size_t>(point.morse_index.value()));
  return counts;
}

int index_sum(const Exploration& exploration) {
  int sum = 0;
  for (const StationaryPoint& point : exploration.points)
    sum += *point.morse_index % 2 == 0 ? 1 : -1;
  return sum;
}

/// |grad E| at the weights, in long double and in the units of the problem, relative to what it is
/// summed from.
double gradient_by_hand(const Problem& problem, double ridge, const Vector& weights) {
  const Index s = problem.X.cols();
  double worst = 0.0;
  for (Index j = 0; j < s; ++j) {
    long double sum = static_cast<long double>(ridge) * weights(j);
    long double size = std::abs(sum);
    for (Index i = 0; i < problem.X.rows(); ++i) {
      long double u = 0.0L;
      long double terms = 0.0L;  // that u is summed from: the weights are rounded
      for (Index k = 0; k < s; ++k) {
        const long double product = static_cast<long double>(problem.X(i, k)) * weights(k);
        u += product;
        terms += std::abs(product);
      }
      const long double cosh = std::cosh(u);
      const long double term =
          problem.X(i, j) / (cosh * cosh) * (std::tanh(u) - static_cast<long double>(problem.y(i)));
      sum += term;
      size += (std::abs(term) + std::abs(problem.X(i, j) / (cosh * cosh))) * (1.0L + terms);
    }
    worst = std::max(worst, static_cast<double>(std::abs(sum) / size));
  }
  return worst;
}

Problem ridge_problem(std::uint64_t seed, PerceptronOptions& network) {
  Random random(seed);
  const Index L = random.integer(4, 16);
  const Index s = random.integer(1, 5);
  Matrix X(L, s);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    const double scale = std::pow(10.0, random.uniform(-1.0, 1.0));
    for (Index j = 0; j < s; ++j) X(i, j) = scale * random.normal();
    y(i) = random.uniform(-0.95, 0.95);
  }
  network.ridge = std::pow(10.0, random.uniform(-5.0, -1.0));
  return make_problem(X, y);
}

}  // namespace

TEST_CASE("the exponential-minima family: every point of every index, each certified") {
  const std::vector<std::pair<int, int>> sizes =
      !kSlowBuild ? std::vector<std::pair<int, int>>{{2, 3}, {3, 3}, {4, 3}, {3, 4}, {5, 2}}
                  : std::vector<std::pair<int, int>>{{2, 3}, {3, 2}};
  for (const auto& size : sizes) {
    const int s = size.first, k = size.second;
    for (const bool mixed : {false, true}) {
      const std::uint64_t seed = mixed ? 2 : 1;
      CAPTURE(s);
      CAPTURE(k);
      CAPTURE(mixed);
      const Exploration found =
          explore(Perceptron(exponential_minima(s, k, seed, mixed)), patient());
      CHECK(found.end == ExploreEnd::quiet);
      CHECK(counts_by_index(found, s) == exponential_minima_counts(s, k));
      if (Certifier::available())
        CHECK(std::all_of(found.points.begin(), found.points.end(), [](const auto& point) {
          return point.status == PointStatus::certified && point.radius > 0.0;
        }));
    }
  }
}

TEST_CASE("the list of every reference case, by curves and descents alone") {
  const std::vector<std::string> names = sampled(reference::small_cases());
  CHECK(names.size() == (kSlowBuild ? 5 : 18));
  for (const std::string& name : names) {
    const reference::Json json = reference::load(name);
    CAPTURE(name);
    const Perceptron network = reference::perceptron(json);
    const Problem problem =
        make_problem(reference::matrix(json["X"]), reference::vector(json["y"]));
    const Exploration found = explore(Perceptron(problem, network.options()), patient());
    const reference::Json& list = json["stationary_points_at_tau_1"];
    REQUIRE(found.points.size() == list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      const Vector truth = reference::vector(list[i]["w"]);
      // Both lists are by energy; energies that are equal may come in either order.
      const auto match =
          std::find_if(found.points.begin(), found.points.end(), [&](const StationaryPoint& point) {
            return reference::relative_error(point.weights, truth) <= 1e-9;
          });
      REQUIRE(match != found.points.end());
      CHECK(match->morse_index == list[i]["index"].get<int>());
      CHECK(match->energy == doctest::Approx(reference::number(list[i]["E"])).epsilon(1e-12));
    }
  }
}

TEST_CASE("with a ridge the sum of (-1)^index is one, and every point is one") {
  long points = 0;
  for (std::uint64_t seed = 0; seed < kRidgeProblems; ++seed) {
    CAPTURE(seed);
    PerceptronOptions network;
    const Problem problem = ridge_problem(seed, network);
    const Exploration found = explore(Perceptron(problem, network), patient());
    CHECK(index_sum(found) == 1);
    for (const StationaryPoint& point : found.points)
      CHECK(gradient_by_hand(problem, network.ridge, point.weights) <= 1e-14);
    points += static_cast<long>(found.points.size());
  }
  CHECK(points >= 2 * static_cast<long>(kRidgeProblems));  // at least two each on average
}

TEST_CASE("the same seed gives the same list on one thread and on several") {
  const Problem problem = exponential_minima(3, 3, 7);
  ExploreOptions options = patient();
  options.seed = 11;
  const Exploration alone = explore(Perceptron(problem), options);
  for (const int threads : {2, 3}) {
    options.threads = threads;
    const Exploration together = explore(Perceptron(problem), options);
    REQUIRE(together.points.size() == alone.points.size());
    for (std::size_t i = 0; i < alone.points.size(); ++i) {
      CHECK(together.points[i].weights == alone.points[i].weights);
      CHECK(together.points[i].found_by == alone.points[i].found_by);
    }
    REQUIRE(together.links.size() == alone.links.size());
    for (std::size_t i = 0; i < alone.links.size(); ++i) {
      CHECK(together.links[i].from == alone.links[i].from);
      CHECK(together.links[i].to == alone.links[i].to);
    }
    CHECK(together.curves == alone.curves);
    CHECK(together.escapes.size() == alone.escapes.size());
  }
}

TEST_CASE("links name points, and descents lead from saddles to minima below them") {
  const Exploration found = explore(Perceptron(exponential_minima(3, 3, 5)), patient());
  const auto size = static_cast<int>(found.points.size());
  int descents = 0;
  for (const Link& link : found.links) {
    REQUIRE(link.from < size);
    REQUIRE(link.to < size);
    REQUIRE(link.from != link.to);
    if (link.kind != CurveKind::descent || link.from < 0) continue;
    ++descents;
    const auto& from = found.points[static_cast<std::size_t>(link.from)];
    const auto& to = found.points[static_cast<std::size_t>(link.to)];
    CHECK(*from.morse_index > 0);
    CHECK(*to.morse_index == 0);
    CHECK(to.energy < from.energy);
  }
  // Every saddle of index one joins two minima here.
  CHECK(descents >= 2 * 54);
  CHECK(std::is_sorted(found.points.begin(), found.points.end(),
                       [](const auto& a, const auto& b) { return a.energy < b.energy; }));
}

TEST_CASE("symmetric data: the branches of a pitchfork on the natural path are found") {
  // Patterns in pairs that are mirror images under w1 <-> w2.
  const reference::Json json = reference::load("s2_branch");
  const Problem problem = make_problem(reference::matrix(json["X"]), reference::vector(json["y"]));
  ExploreOptions options = patient();
  options.quiet_rounds = 1;
  options.max_curves = 1;  // before any Newton curve: the natural path and its branches alone
  const Exploration found = explore(Perceptron(problem), options);
  const auto by_branch = std::count_if(
      found.points.begin(), found.points.end(),
      [](const StationaryPoint& point) { return point.found_by == "branch of the natural path"; });
  CHECK(by_branch == 2);
  CHECK(std::count_if(found.links.begin(), found.links.end(),
                      [](const Link& link) { return link.kind == CurveKind::branch; }) == 2);
}

TEST_CASE("no false point where the gradient fades: targets beyond the range, saturated patterns") {
  for (std::uint64_t seed = 0; seed < kFadingProblems; ++seed) {
    CAPTURE(seed);
    const Problem problem = random_problem(seed);
    ExploreOptions options = patient();
    options.certify = seed % 2 == 0;
    const Exploration found = explore(Perceptron(problem), options);
    for (const StationaryPoint& point : found.points) {
      REQUIRE(point.morse_index.has_value());
      Certifier certifier{Perceptron(problem)};
      if (Certifier::available()) CHECK(certifier.certify(point.weights).certified);
    }
  }
}

TEST_CASE("a point that the caller knows is a start, and what is no point is thrown away") {
  const reference::Json json = reference::load("s1_many");
  const Problem problem = make_problem(reference::matrix(json["X"]), reference::vector(json["y"]));
  const Vector last = reference::vector(json["stationary_points_at_tau_1"].back()["w"]);
  ExploreOptions options = patient();
  options.max_curves = 1;
  const Exploration found = explore(Perceptron(problem), options, {last, last * 1.5});
  CHECK(std::any_of(found.points.begin(), found.points.end(), [&](const StationaryPoint& point) {
    return point.found_by == "given" && reference::relative_error(point.weights, last) <= 1e-12;
  }));
  if (Certifier::available()) CHECK(found.spurious > 0);
  CHECK_THROWS_AS((void)explore(Perceptron(problem), options, {Vector::Zero(3)}),
                  std::invalid_argument);
}

TEST_CASE("budgets end a run with what it has") {
  const Problem problem = exponential_minima(4, 3, 3);
  ExploreOptions options = patient();
  SUBCASE("curves") { options.max_curves = 40; }
  SUBCASE("points") { options.max_points = 50; }
  SUBCASE("seconds") { options.seconds = 1e-3; }
  const Exploration found = explore(Perceptron(problem), options);
  CHECK(found.end == ExploreEnd::budget);
  CHECK(found.points.size() < 625);
  CHECK(found.message.find("the budget is used up") != std::string::npos);
  for (const StationaryPoint& point : found.points) CHECK(point.morse_index.has_value());
}

TEST_CASE("a run that is cancelled keeps what it has") {
  const Problem problem = exponential_minima(4, 3, 3);
  std::stop_source source;
  ExploreOptions options = patient();
  options.stop = source.get_token();
  long reports = 0;
  options.progress = [&](long points, long, int) {
    ++reports;
    CHECK(points > 0);
    source.request_stop();
  };
  const Exploration found = explore(Perceptron(problem), options);
  CHECK(found.end == ExploreEnd::cancelled);
  CHECK(reports >= 1);
  CHECK(found.rounds == 1);
  CHECK_FALSE(found.points.empty());
}

TEST_CASE(
    "a run that is cut off anywhere has points of the whole list, and says what is not proven") {
  const Problem problem = exponential_minima(3, 2, 3);
  const Exploration whole = explore(Perceptron(problem), patient());
  REQUIRE(whole.end == ExploreEnd::quiet);
  bool has_unproven = false;
  std::size_t last = 0;
  for (long looks = 0; looks < 4000; looks += 1 + looks / 4) {
    CAPTURE(looks);
    ExploreOptions options = patient();
    options.stop = StopCondition::after_looks(looks);
    const Exploration found = explore(Perceptron(problem), options);
    CHECK(found.end == ExploreEnd::budget);
    CHECK(found.rounds <= whole.rounds);
    for (const StationaryPoint& point : found.points) {
      CHECK(std::any_of(whole.points.begin(), whole.points.end(), [&](const auto& other) {
        return other.morse_index == point.morse_index &&
               reference::relative_error(point.weights, other.weights) <= 1e-9;
      }));
      if (point.status == PointStatus::certified) continue;
      CHECK(point.status == PointStatus::converged);
      if (Certifier::available()) CHECK(point.reason.find("unfinished") != std::string::npos);
      has_unproven = true;
    }
    last = found.points.size();
  }
  CHECK(has_unproven);
  CHECK(last > 1);
}

TEST_CASE("the natural path of a large problem is left when time is up") {
  Random random(1);
  Matrix X(400, 12);
  Vector y(400);
  for (double& entry : X.reshaped()) entry = random.normal();
  for (Index i = 0; i < 400; ++i) y(i) = std::tanh(X(i, 0) - X(i, 5)) + 0.1 * random.normal();
  const Perceptron network(make_problem(X, y));
  ExploreOptions options = patient();
  options.stop = StopCondition::after_looks(0);
  const Exploration found = explore(network, options);
  CHECK(found.end == ExploreEnd::budget);
  CHECK(found.points.empty());
  CHECK_FALSE(found.path.ok());
  CHECK(found.path.message.find("the time was used up") != std::string::npos);
  CHECK(found.path.points.size() <= 2);
}

TEST_CASE("options that break their rule are refused by name") {
  const Problem problem = exponential_minima(2, 2, 1);
  ExploreOptions options;
  options.quiet_rounds = 0;
  CHECK_THROWS_WITH_AS((void)explore(Perceptron(problem), options),
                       "quiet_rounds must be > 0, got 0", std::invalid_argument);
  options = {};
  options.seconds = 0.0;
  CHECK_THROWS_WITH_AS((void)explore(Perceptron(problem), options), "seconds must be > 0, got 0",
                       std::invalid_argument);
  options = {};
  options.threads = 0;
  CHECK_THROWS_WITH_AS((void)explore(Perceptron(problem), options), "threads must be >= 1, got 0",
                       std::invalid_argument);
}

TEST_CASE("dependent columns: the list is that of the independent ones") {
  const reference::Json json = reference::load("s1_many");
  const Matrix x = reference::matrix(json["X"]);
  Matrix X(x.rows(), 2);
  X << x, 2.0 * x;
  const Vector y = reference::vector(json["y"]);
  const Exploration one = explore(Perceptron(make_problem(x, y)), patient());
  const Exploration two = explore(Perceptron(make_problem(X, y)), patient());
  REQUIRE(one.points.size() == two.points.size());
  for (std::size_t i = 0; i < one.points.size(); ++i) {
    CHECK(two.points[i].energy == doctest::Approx(one.points[i].energy).epsilon(1e-12));
    CHECK(reference::relative_error(X * two.points[i].weights, x * one.points[i].weights) <= 1e-9);
  }
}

}  // namespace explore_test
