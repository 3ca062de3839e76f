#include "tautrack/fits/all_fits.hpp"

#include <algorithm>
#include <cmath>
#include <stop_token>

#include <doctest/doctest.h>

#include "tautrack/certify/certificate.hpp"

#include "support/exponential_minima.hpp"
#include "support/notebook.hpp"
#include "support/random_problem.hpp"
#include "support/reference_case.hpp"
#include "support/slow_build.hpp"

namespace all_fits_test {

using namespace tautrack;

namespace {

/// Generous: the tests are about what is found, not about time.
FitOptions patient() {
  FitOptions options;
  options.seconds = options.explore.seconds = options.search.seconds = 600.0;
  options.bound.max_nodes = 500;
  return options;
}

struct Case {
  reference::Json json;
  Problem problem;
  PerceptronOptions network;
};

Case load(const std::string& name) {
  Case out;
  out.json = reference::load(name);
  out.problem = make_problem(reference::matrix(out.json["X"]), reference::vector(out.json["y"]));
  out.network = reference::perceptron(out.json).options();
  return out;
}

const StationaryPoint* find(const AllFits& fits, const Vector& weights, double tolerance) {
  for (const StationaryPoint& point : fits.points)
    if (reference::relative_error(point.weights, weights) <= tolerance) return &point;
  return nullptr;
}

}  // namespace

TEST_CASE("every reference case: the very list, certified, and proven complete where it can be") {
  for (const std::string& name : support::sampled(reference::small_cases())) {
    CAPTURE(name);
    const Case c = load(name);
    const AllFits fits = find_all_fits(Perceptron(c.problem, c.network), patient());
    const reference::Json& list = c.json["stationary_points_at_tau_1"];
    for (const reference::Json& known : list) {
      const StationaryPoint* point = find(fits, reference::vector(known["w"]), 1e-9);
      REQUIRE(point != nullptr);
      CHECK(point->morse_index == known["index"].get<int>());
      CHECK(point->energy == doctest::Approx(reference::number(known["E"])).epsilon(1e-12));
      if (Certifier::available()) CHECK(point->status == PointStatus::certified);
    }
    if (name == "s2_auer_k2") {
      // Its doubles are not exactly rotated axes: far out, beyond the box of its proof, there are eight
      // points more. All of them are proven.
      CHECK(fits.points.size() == 17);
      CHECK(std::count_if(fits.points.begin(), fits.points.end(), [](const auto& point) {
              return point.weights.cwiseAbs().maxCoeff() <= 10.0;
            }) == 9);
    } else {
      CHECK(fits.points.size() == list.size());
    }
    const bool interior = c.problem.y.cwiseAbs().maxCoeff() < 1.0;
    if (interior) {
      CHECK(fits.level == Completeness::complete);
      CHECK(fits.expected_index_sum == 1);
      CHECK(fits.index_sum == 1);
      CHECK(fits.strata.none_exists);
      CHECK(fits.global_minimum.has_value());
    }
  }
}

TEST_CASE("separable data with targets beyond the range: no finite fit at all, and that is said") {
  for (const char* name : {"s2_diverges_outside", "s2_diverges_at_range"}) {
    CAPTURE(name);
    const Case c = load(name);
    const AllFits fits = find_all_fits(Perceptron(c.problem, c.network), patient());
    CHECK(fits.points.empty());
    CHECK(fits.strata.no_finite_point);
    CHECK(fits.level == Completeness::complete);
    CHECK(fits.infimum_at_infinity);
    CHECK_FALSE(fits.global_minimum.has_value());
    REQUIRE_FALSE(fits.at_infinity.empty());
    CHECK(fits.global_reason.find("not attained") != std::string::npos);
    const reference::Json& divergence = c.json["path"]["divergence"];
    const double energy =
        reference::number(divergence.contains("infimum_of_E_at_tau_1")
                              ? divergence["infimum_of_E_at_tau_1"]
                              : divergence["E_at_infinity_of_that_direction_at_tau_exactly_1"]);
    CHECK(fits.at_infinity.front().energy == doctest::Approx(energy).epsilon(1e-10));
  }
}

TEST_CASE("what a list says of infinite weights stands beside what it proves, whatever the rank") {
  const auto says = [](const std::string& text, const char* words) {
    return text.find(words) != std::string::npos;
  };
  support::Random random(4);
  for (const Index s : {2, 3, 4, 5}) {
    CAPTURE(s);
    Matrix X(s + 3, s);
    for (Index i = 0; i < X.rows(); ++i)
      for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
    FitOptions options = patient();
    options.explore.max_curves = 20;
    options.explore.quiet_rounds = 2;
    // Inside the range nothing is at infinity.
    const Vector inside = Vector::Constant(X.rows(), 0.3);
    const AllFits bounded = find_all_fits(Perceptron(make_problem(X, inside)), options);
    CHECK(bounded.strata.none_exists);
    CHECK(says(bounded.strata.message, "no infimum is at infinite weights"));
    CHECK_FALSE(says(bounded.level_reason, "infinite weights"));
    // Separable data beyond it have no finite point, which needs no enumeration.
    const Vector signs = (X * Vector::Ones(s)).cwiseSign();
    const AllFits separable = find_all_fits(Perceptron(make_problem(X, 1.2 * signs)), options);
    CHECK(separable.level == Completeness::complete);
    CHECK(says(separable.level_reason, "no weights are stationary: it is proven"));
    CHECK(separable.strata.complete == (s <= 3));
    CHECK(says(separable.level_reason, "not all limits were looked at") == (s > 3));
    CHECK(says(separable.strata.message, "that curves and descents ran to") == (s > 3));
    // Rows that pull both ways leave it open.
    Matrix both(2 * X.rows(), s);
    both << X, -2.0 * X;
    options.exhaustive = false;
    const Vector beyond = Vector::Constant(both.rows(), 1.2);
    const AllFits open = find_all_fits(Perceptron(make_problem(both, beyond)), options);
    CHECK_FALSE(open.strata.no_finite_point);
    CHECK(open.level == Completeness::heuristic);
    CHECK(says(open.strata.message, "not enumerated") == (s > 3));
  }
}

TEST_CASE("one minimum and a complete list make the fit unique; two certified minima do not") {
  const Case one = load("s2_folds");
  const AllFits unique = find_all_fits(Perceptron(one.problem, one.network), patient());
  CHECK(unique.unique == Answer::yes);
  CHECK(unique.global_is_proven);
  const Case many = load("s2_multimin");
  const AllFits several = find_all_fits(Perceptron(many.problem, many.network), patient());
  CHECK(several.unique == Answer::no);
  CHECK(several.unique_reason == "4 minima at finite weights");
}

TEST_CASE("a lower bound that was stopped goes on from the memo, as the curves do") {
  support::Random random(5);
  Matrix X(40, 4);
  Vector y(40);
  for (Index i = 0; i < 40; ++i) {
    X.row(i) << random.normal(), random.normal(), random.normal(), 1.0;
    y(i) = std::clamp(std::tanh(X.row(i).sum()) + 0.6 * random.normal(), -0.95, 0.95);
  }
  const Perceptron network(make_problem(X, y));
  FitOptions options = patient();
  options.exhaustive = false;
  options.explore.max_curves = 30;
  options.bound.max_nodes = 150;
  const AllFits whole = find_all_fits(network, options);
  REQUIRE(whole.bound.has_value());
  REQUIRE(whole.bound->nodes > 100);
  support::Notebook memo;
  options.explore.memo = &memo;
  FitOptions cut = options;
  std::stop_source source;
  cut.explore.stop = source.get_token();
  cut.bound.progress = [&](double, double, long nodes, long) {
    if (nodes > 40) source.request_stop();
  };
  const AllFits first = find_all_fits(network, cut);
  REQUIRE(first.bound.has_value());
  CHECK(first.bound->nodes < whole.bound->nodes);
  CHECK_FALSE(first.global_is_proven);
  long least = 1000;
  options.bound.progress = [&](double, double, long nodes, long) {
    least = std::min(least, nodes);
  };
  const AllFits second = find_all_fits(network, options);
  CHECK(least > first.bound->nodes);
  REQUIRE(second.bound.has_value());
  CHECK(second.bound->bound == whole.bound->bound);
  CHECK(second.bound->nodes == whole.bound->nodes);
  CHECK(second.bound->message == whole.bound->message);
  CHECK(second.global_is_proven == whole.global_is_proven);
}

TEST_CASE("the interval search is made for four weights, and for five with few patterns") {
  const auto fits_of = [](Index weights, Index patterns, std::optional<bool> exhaustive) {
    support::Random random(3);
    Matrix X(patterns, weights);
    Vector y(patterns);
    for (double& entry : X.reshaped()) entry = random.normal();
    for (double& entry : y) entry = random.uniform(-0.9, 0.9);
    FitOptions options = patient();
    options.exhaustive = exhaustive;
    options.explore.max_curves = 20;
    options.bound.max_nodes = 1;
    return find_all_fits(Perceptron(make_problem(X, y)), options);
  };
  const AllFits four = fits_of(4, 7, {});
  CHECK(four.level == Completeness::complete);
  CHECK(four.index_sum == 1);
  CHECK(fits_of(4, 7, true).points.size() == four.points.size());
  CHECK_FALSE(fits_of(4, 7, false).search.has_value());
  if (!support::kSlowBuild) CHECK(fits_of(5, 7, {}).level == Completeness::complete);
  CHECK_FALSE(fits_of(5, 16, {}).search.has_value());
  CHECK_FALSE(fits_of(6, 8, {}).search.has_value());
}

TEST_CASE("without the exhaustive search the level is never higher than index-consistent") {
  FitOptions options = patient();
  options.exhaustive = false;
  const Case c = load("s2_multimin");
  const AllFits fits = find_all_fits(Perceptron(c.problem, c.network), options);
  CHECK_FALSE(fits.search.has_value());
  CHECK(fits.level == Completeness::index_consistent);
  // What the list does not prove the lower bound does, of a minimum that is proven to exist.
  REQUIRE(fits.bound.has_value());
  CHECK(fits.bound->is_global == Certifier::available());
  CHECK(fits.global_is_proven == Certifier::available());
  // A single minimum is not called unique either.
  const Case one = load("s2_folds");
  CHECK(find_all_fits(Perceptron(one.problem, one.network), options).unique == Answer::unknown);
}

TEST_CASE("geometry proves a good fit of four weights unique and global without any search") {
  support::Random random(5);
  Matrix X(9, 4);
  Vector w(4), y(9);
  for (double& entry : X.reshaped()) entry = random.normal();
  for (double& entry : w) entry = 0.5 * random.normal();
  for (Index i = 0; i < 9; ++i) y(i) = std::tanh(X.row(i).dot(w)) + 0.002 * random.normal();
  FitOptions options = patient();
  options.exhaustive = false;
  const AllFits fits = find_all_fits(Perceptron(make_problem(X, y)), options);
  REQUIRE(fits.certificate.has_value());
  CHECK(fits.certificate->proof == UniquenessProof::convexity);
  CHECK(fits.certificate->global_product < 1.0);
  // A certificate of geometry needs a point that is proven to exist.
  const bool is_proven = Certifier::available();
  CHECK(fits.unique == (is_proven ? Answer::yes : Answer::unknown));
  CHECK(fits.global_is_proven == is_proven);
  if (is_proven) CHECK(fits.unique_reason == fits.certificate->message);
  CHECK(fits.level == Completeness::index_consistent);  // the list itself is not proven by a search
}

TEST_CASE("a run cut short is heuristic and says so") {
  FitOptions options = patient();
  options.exhaustive = false;
  options.explore.max_curves = 30;
  const Problem problem = support::exponential_minima(4, 3, 1);
  const AllFits fits = find_all_fits(Perceptron(problem), options);
  CHECK(fits.exploration.end == ExploreEnd::budget);
  CHECK(fits.level == Completeness::heuristic);
  CHECK(fits.level_reason.find("the budget is used up") != std::string::npos);

  std::stop_source source;
  source.request_stop();
  options = patient();
  options.explore.stop = source.get_token();
  const AllFits cancelled = find_all_fits(Perceptron(problem), options);
  CHECK(cancelled.exploration.end == ExploreEnd::cancelled);
  CHECK(cancelled.level == Completeness::heuristic);
}

TEST_CASE("cut off anywhere, the verdict claims nothing that the whole does not") {
  const Case several = load("s2_multimin"), one = load("s2_folds"),
             away = load("s2_diverges_mixed");
  for (const Case* c : {&several, &one, &away}) {
    CAPTURE(c->problem.name);
    const Perceptron network(c->problem, c->network);
    const AllFits whole = find_all_fits(network, patient());
    int cut = 0;
    for (long looks = 0; looks < 20000; looks += 1 + looks / (support::kSlowBuild ? 1 : 3)) {
      CAPTURE(looks);
      FitOptions options = patient();
      options.explore.stop = StopCondition::after_looks(looks);
      const AllFits fits = find_all_fits(network, options);
      CHECK((fits.unique == Answer::unknown || fits.unique == whole.unique));
      CHECK((!fits.global_is_proven || whole.global_is_proven));
      CHECK((fits.level != Completeness::complete || whole.level == Completeness::complete));
      CHECK((!fits.strata.no_finite_point || whole.strata.no_finite_point));
      CHECK((!fits.strata.complete || whole.strata.complete));
      if (fits.level == Completeness::complete) CHECK(fits.points.size() == whole.points.size());
      if (fits.exploration.end == ExploreEnd::budget) ++cut;
    }
    CHECK(cut > 5);
  }
}

TEST_CASE("parts begin in their order, and a run that is stopped says what it did not look at") {
  const Case c = load("s2_folds");
  FitOptions options = patient();
  std::vector<std::string> parts;
  options.begins = [&](std::string_view part) { parts.emplace_back(part); };
  (void)find_all_fits(Perceptron(c.problem, c.network), options);
  CHECK(parts == std::vector<std::string>{"limits at infinite weights", "search along curves",
                                          "exhaustive search", "verdict"});
  std::stop_source source;
  source.request_stop();
  options.explore.stop = source.get_token();
  support::Random random(1);
  Matrix X(40, 5);
  Vector labels(40);
  for (double& entry : X.reshaped()) entry = random.normal();
  for (double& entry : labels) entry = random.normal() > 0.0 ? 1.0 : -1.0;
  const AllFits stopped = find_all_fits(Perceptron(make_problem(X, labels)), options);
  CHECK(stopped.strata.message.find("were not looked at, as the run was stopped") !=
        std::string::npos);
  CHECK(stopped.unique == Answer::unknown);
  CHECK_FALSE(stopped.search.has_value());
}

TEST_CASE("a box finds what is in it") {
  const Case c = load("s1_many");
  FitOptions options = patient();
  options.exhaustive = true;
  const Vector first = reference::vector(c.json["stationary_points_at_tau_1"][0]["w"]);
  options.search.box = Box{first.array() - 1e-3, first.array() + 1e-3};
  const AllFits fits = find_all_fits(Perceptron(c.problem, c.network), options);
  REQUIRE(fits.search.has_value());
  CHECK(fits.search->finished);
  CHECK(fits.level == Completeness::complete_in_box);
  CHECK(fits.points.size() == 7);  // those outside come from curves
}

TEST_CASE("the index sum is forced where the geometry forces it") {
  const Vector x{{1.0, 3.0}};
  const auto problem = [&](double first, double second) {
    return make_problem(Matrix(x), Vector{{first, second}});
  };
  PerceptronOptions network;
  CHECK(forced_index_sum(Perceptron(problem(0.3, 0.8), network)) == 1);
  CHECK_FALSE(forced_index_sum(Perceptron(problem(0.3, 1.0), network)).has_value());
  CHECK_FALSE(forced_index_sum(Perceptron(problem(-1.5, 0.2), network)).has_value());
  network.activation = Activation::logistic;
  CHECK_FALSE(forced_index_sum(Perceptron(problem(-0.1, 0.8), network)).has_value());
  CHECK(forced_index_sum(Perceptron(problem(0.1, 0.8), network)) == 1);
  network.ridge = 0.1;
  CHECK(forced_index_sum(Perceptron(problem(-0.1, 0.8), network)) == 1);
}

TEST_CASE("targets beyond the range: walls at infinity change the number of finite points") {
  // X = (3, 1): one point inside |y_2| < 1, none or two beyond (docs/figures, counts).
  const Matrix X{{3.0}, {1.0}};
  const auto number_of_points = [&](double y1, double y2) {
    return find_all_fits(Perceptron(make_problem(X, Vector{{y1, y2}})), patient()).points.size();
  };
  CHECK(number_of_points(0.3, 0.8) == 3);
  CHECK(number_of_points(0.6, 0.6) == 1);
  CHECK(number_of_points(0.0, 0.95) == 3);
  CHECK(number_of_points(-1.0, 0.92) == 3);
  CHECK(number_of_points(-1.0, 1.5) == 2);
  CHECK(number_of_points(0.2, 1.2) == 0);
  CHECK(number_of_points(1.5, 1.5) == 0);
}

}  // namespace all_fits_test
