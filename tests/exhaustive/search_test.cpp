#include "tautrack/exhaustive/search.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <doctest/doctest.h>

#include "support/random_problem.hpp"
#include "support/reference_case.hpp"

namespace search_test {

namespace {

using namespace tautrack;
using reference::Json;
using reference::load;
using reference::number;
using reference::vector;
using support::Random;

Problem problem_of(const Json& json) {
  const Json& rows = json["X"];
  Matrix X(static_cast<Index>(rows.size()), static_cast<Index>(rows[0].size()));
  for (std::size_t i = 0; i < rows.size(); ++i)
    X.row(static_cast<Index>(i)) = vector(rows[i]).transpose();
  return make_problem(X, vector(json["y"]));
}

PerceptronOptions network_of(const Json& json) {
  PerceptronOptions options;
  options.activation = *activation_from_name(json["activation"].get<std::string>());
  return options;
}

SearchOptions quiet() {
  SearchOptions options;
  options.seconds = 300.0;  // a limit for slow machines; what is tested does not depend on it
  return options;
}

/// The point of the list nearest to w.
const StationaryPoint& nearest(const SearchResult& result, const Vector& w) {
  REQUIRE(!result.points.empty());
  return *std::min_element(result.points.begin(), result.points.end(),
                           [&](const StationaryPoint& a, const StationaryPoint& b) {
                             return (a.weights - w).norm() < (b.weights - w).norm();
                           });
}

/// Every point of the reference is in the result, with its index.
void check_holds(const SearchResult& result, const Json& points) {
  for (const Json& truth : points) {
    const Vector w = vector(truth["w"]);
    const StationaryPoint& point = nearest(result, w);
    CHECK(reference::relative_error(point.weights, w) <= 1e-12);
    // The reference has 30 digits and is rounded to doubles here.
    CHECK((point.weights - w).norm() <= point.radius + 1e-15 * w.norm());
    REQUIRE(point.morse_index);
    CHECK(*point.morse_index == truth["index"].get<int>());
    CHECK(point.status == PointStatus::certified);
    CHECK(point.energy == doctest::Approx(number(truth["E"])).epsilon(1e-12).scale(1e-3));
  }
}

int index_sum(const SearchResult& result) {
  int sum = 0;
  for (const StationaryPoint& point : result.points) sum += *point.morse_index % 2 == 0 ? 1 : -1;
  return sum;
}

/// One neuron with k^n minima and (2k - 1)^n stationary points (after Auer, Herbster & Warmuth,
/// 1995): along each axis k patterns, each ten times the one before. The axes are those of an
/// orthogonal matrix times an integer, so that all numbers are exact in doubles.
Problem exponential_minima(Index n, Index k) {
  Matrix axes(n, n);
  if (n == 2)
    axes << 3, 4, -4, 3;
  else
    axes << 1, 2, 2, 2, 1, -2, 2, -2, 1;
  Matrix X(n * k, n);
  Vector y(n * k);
  Random random(1);
  for (Index a = 0; a < n; ++a) {
    double size = 0.5 + static_cast<double>(random.integer(0, 65)) / 64.0;
    for (Index j = 0; j < k; ++j, size *= 10.0) {
      X.row(a * k + j) = size * axes.row(a);
      y(a * k + j) = static_cast<double>(random.integer(26, 39)) / 64.0;
    }
  }
  return make_problem(X, y);
}

bool are_equal(const SearchResult& a, const SearchResult& b) {
  if (a.points.size() != b.points.size() || a.boxes != b.boxes ||
      a.undecided_count != b.undecided_count)
    return false;
  for (std::size_t i = 0; i < a.points.size(); ++i)
    if (a.points[i].weights != b.points[i].weights || a.points[i].radius != b.points[i].radius ||
        a.points[i].morse_index != b.points[i].morse_index)
      return false;
  return true;
}

}  // namespace

TEST_CASE("the list of a reference case with one or two weights is found and proven") {
  for (const std::string& name : reference::small_cases()) {
    const Json json = load(name);
    if (json["s"].get<int>() > 2 || name == "s2_auer_k2") continue;
    CAPTURE(name);
    const Problem problem = problem_of(json);
    const PerceptronOptions network = network_of(json);
    const SearchResult result = search_exhaustively(Perceptron(problem, network), quiet());
    CHECK(result.finished);
    CHECK(result.undecided.empty());
    CHECK(result.points.size() == json["stationary_points_at_tau_1"].size());
    check_holds(result, json["stationary_points_at_tau_1"]);
    const Range ends = range(network.activation);
    const bool inside = problem.y.minCoeff() > ends.low && problem.y.maxCoeff() < ends.high;
    if (inside) {
      CHECK(result.region_holds_all);
      CHECK(index_sum(result) == 1);
    }
  }
}

TEST_CASE("without a finite stationary point the search proves that there is none") {
  for (const char* const name : {"s2_diverges_at_range", "s2_diverges_outside"}) {
    const Json json = load(name);
    const SearchResult result =
        search_exhaustively(Perceptron(problem_of(json), network_of(json)), quiet());
    CHECK(result.finished);
    CHECK(result.region_holds_all);
    CHECK(result.points.empty());
  }
}

TEST_CASE("rows that are parallel only up to rounding have stationary points far out") {
  // Nine points are those of the problem that was meant. In that of the doubles as they are, rows 1
  // and 2 (3 and 4) are not quite parallel: eight more points lie where their pull along the
  // hyperplane balances the exponentially small one of the other two rows.
  const Json json = load("s2_auer_k2");
  const SearchResult result =
      search_exhaustively(Perceptron(problem_of(json), network_of(json)), quiet());
  CHECK(result.finished);
  CHECK(result.region_holds_all);
  CHECK(result.points.size() == 17);
  CHECK(index_sum(result) == 1);
  check_holds(result, json["stationary_points_at_tau_1"]);
  // A solution of the 60-digit equations for these doubles, of index 1.
  Vector far(2);
  far << 14.951090362460125, 9.9057935542242513;
  const StationaryPoint& point = nearest(result, far);
  CHECK(reference::relative_error(point.weights, far) <= 1e-14);
  CHECK(*point.morse_index == 1);
  // In a box around the points that were meant there are no others.
  SearchOptions options = quiet();
  options.box = Box{Vector::Constant(2, -10.0), Vector::Constant(2, 10.0)};
  const SearchResult near =
      search_exhaustively(Perceptron(problem_of(json), network_of(json)), options);
  CHECK(near.finished);
  CHECK(near.points.size() == json["stationary_points_at_tau_1"].size());
  CHECK_FALSE(near.region_holds_all);
}

TEST_CASE("the lists with three weights that multistart found are complete") {
  for (const char* const name : {"s3_folds", "s3_generic"}) {
    const Json json = load(name);
    const SearchResult result =
        search_exhaustively(Perceptron(problem_of(json), network_of(json)), quiet());
    CHECK(result.finished);
    CHECK(result.region_holds_all);
    CHECK(result.points.size() == json["stationary_points_at_tau_1"].size());
    check_holds(result, json["stationary_points_at_tau_1"]);
    CHECK(index_sum(result) == 1);
  }
}

TEST_CASE("exponentially many minima are all found") {
  const SearchResult two = search_exhaustively(Perceptron(exponential_minima(2, 3)), quiet());
  CHECK(two.finished);
  CHECK(two.region_holds_all);
  REQUIRE(two.points.size() == 25);
  const auto count = [&](StationaryKind kind) {
    return std::count_if(two.points.begin(), two.points.end(),
                         [&](const StationaryPoint& point) { return point.kind == kind; });
  };
  CHECK(count(StationaryKind::minimum) == 9);
  CHECK(count(StationaryKind::saddle) == 12);
  CHECK(count(StationaryKind::maximum) == 4);
  CHECK(std::is_sorted(
      two.points.begin(), two.points.end(),
      [](const StationaryPoint& a, const StationaryPoint& b) { return a.energy < b.energy; }));
  const SearchResult three = search_exhaustively(Perceptron(exponential_minima(3, 2)), quiet());
  CHECK(three.finished);
  CHECK(three.points.size() == 27);
}

TEST_CASE("with one weight the points are the sign changes of the gradient") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const Index L = random.integer(2, 12);
    Matrix X(L, 1);
    Vector y(L);
    PerceptronOptions network;
    network.activation = static_cast<Activation>(seed % 4);
    const Range ends = range(network.activation);
    for (Index i = 0; i < L; ++i) {
      X(i, 0) = random.normal() * std::pow(10.0, random.uniform(-1.0, 1.0));
      y(i) = ends.low + (ends.high - ends.low) * random.uniform(0.02, 0.98);
    }
    const SearchResult result =
        search_exhaustively(Perceptron(make_problem(X, y), network), quiet());
    CHECK(result.finished);
    CHECK(result.region_holds_all);
    const auto gradient = [&](double w) {
      // times a positive number that keeps it from underflow
      double sum = 0.0;
      for (Index i = 0; i < L; ++i) {
        const ActivationValues sigma = evaluate(network.activation, X(i, 0) * w);
        sum += sigma.first * (sigma.value - y(i)) * X(i, 0);
      }
      return sum;
    };
    const double low = result.region.low(0), high = result.region.high(0);
    std::vector<double> changes;
    constexpr int steps = 20000;
    double before = gradient(low), w_before = low;
    for (int k = 1; k <= steps; ++k) {
      const double a = std::asinh(100.0 * low), b = std::asinh(100.0 * high);
      const double w = std::sinh(a + (b - a) * k / steps) / 100.0;
      const double here = gradient(w);
      if (here == 0.0) continue;
      if ((before < 0.0) != (here < 0.0)) changes.push_back(0.5 * (w + w_before));
      before = here;
      w_before = w;
    }
    REQUIRE(result.points.size() == changes.size());
    std::vector<double> points;
    for (const StationaryPoint& point : result.points) points.push_back(point.weights(0));
    std::sort(points.begin(), points.end());
    for (std::size_t k = 0; k < points.size(); ++k)
      CHECK(std::abs(points[k] - changes[k]) <= 1e-2 * (std::abs(points[k]) + 0.01));
  }
}

TEST_CASE("complete lists have the sum of signs that topology forces") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed + 1000);
    const Index L = random.integer(3, 8);
    Matrix X(L, 2);
    Vector y(L);
    PerceptronOptions network;
    network.activation = static_cast<Activation>(seed % 4);
    const Range ends = range(network.activation);
    network.ridge = seed % 2 == 0 ? 0.0 : std::pow(10.0, random.uniform(-4.0, 0.0));
    network.ridge_standardised = seed % 8 == 3;
    for (Index i = 0; i < L; ++i) {
      for (Index j = 0; j < 2; ++j) X(i, j) = 3.0 * random.normal();
      // beyond the range too, where the ridge term bounds the weights
      const double beyond = network.ridge > 0.0 && !network.ridge_standardised ? 0.3 : -0.02;
      y(i) = ends.low + (ends.high - ends.low) * random.uniform(-beyond, 1.0 + beyond);
    }
    CAPTURE(seed);
    const SearchResult result =
        search_exhaustively(Perceptron(make_problem(X, y), network), quiet());
    CHECK(result.finished);
    CHECK(result.region_holds_all);
    CHECK(index_sum(result) == 1);
    const Perceptron perceptron(make_problem(X, y), network);
    Perceptron::Workspace work(perceptron);
    Vector H(2);
    for (const StationaryPoint& point : result.points) {
      const Vector v = perceptron.coordinates(point.weights);
      const double scale = perceptron.gradient(v, 1.0, work, H);
      CHECK(H.norm() <= 1e-10 * scale);
      CHECK((point.weights.array() >= result.region.low.array()).all());
      CHECK((point.weights.array() <= result.region.high.array()).all());
    }
  }
}

TEST_CASE("a given box holds the points inside it and no others") {
  const Json json = load("s2_multimin");
  SearchOptions options = quiet();
  options.box = Box{Vector::Constant(2, -0.5), Vector::Constant(2, 0.25)};
  const SearchResult result =
      search_exhaustively(Perceptron(problem_of(json), network_of(json)), options);
  CHECK(result.finished);
  CHECK_FALSE(result.region_holds_all);
  std::size_t inside = 0;
  for (const Json& truth : json["stationary_points_at_tau_1"]) {
    const Vector w = vector(truth["w"]);
    if (w.minCoeff() < -0.5 || w.maxCoeff() > 0.25) continue;
    ++inside;
    CHECK(reference::relative_error(nearest(result, w).weights, w) <= 1e-12);
  }
  CHECK(inside > 0);
  CHECK(inside < json["stationary_points_at_tau_1"].size());
  CHECK(result.points.size() == inside);
}

TEST_CASE("a point on the side of a given box is found") {
  // One pattern a weight: the residuals are zero at w = 0.
  SearchOptions options = quiet();
  options.box = Box{Vector::Constant(2, 0.0), Vector::Constant(2, 1.0)};
  const Problem problem = make_problem(Matrix::Identity(2, 2), Vector::Zero(2));
  const SearchResult result = search_exhaustively(Perceptron(problem), options);
  CHECK(result.finished);
  REQUIRE(result.points.size() == 1);
  CHECK(result.points[0].weights.norm() <= 1e-15);
}

TEST_CASE("the result is the same with one and with two threads") {
  for (const char* const name : {"s2_ends_at_maximum", "s3_folds"}) {
    const Json json = load(name);
    SearchOptions options = quiet();
    const SearchResult one =
        search_exhaustively(Perceptron(problem_of(json), network_of(json)), options);
    options.threads = 2;
    const SearchResult two =
        search_exhaustively(Perceptron(problem_of(json), network_of(json)), options);
    CHECK(one.finished);
    CHECK(are_equal(one, two));
  }
}

TEST_CASE("a search that is cut off anywhere is not finished, also in the bound of its region") {
  const Problem problem = problem_of(load("s2_folds"));
  const SearchResult whole = search_exhaustively(Perceptron(problem), quiet());
  REQUIRE(whole.finished);
  long cut = 0;
  for (long looks = 0;; looks += 1 + looks / 32) {
    SearchOptions options = quiet();
    options.stop = StopCondition::after_looks(looks);
    const SearchResult result = search_exhaustively(Perceptron(problem), options);
    CHECK(result.points.size() <= whole.points.size());
    if (result.finished) {
      CHECK(result.region_holds_all == whole.region_holds_all);
      CHECK(result.points.size() == whole.points.size());
      break;
    }
    ++cut;
    CHECK(result.undecided_count > 0);
    CHECK(result.message.find("the time was used up") != std::string::npos);
    if (looks == 0) {
      CHECK_FALSE(result.region_holds_all);
      CHECK(result.region_reason.find("unfinished") != std::string::npos);
    }
  }
  CHECK(cut > 10);
}

TEST_CASE("a search that is ended early keeps what it has and lists the rest") {
  const Json json = load("s3_folds");
  const Problem problem = problem_of(json);
  SUBCASE("by its number of boxes") {
    SearchOptions options = quiet();
    options.max_boxes = 300;
    options.max_undecided = 7;
    const SearchResult result = search_exhaustively(Perceptron(problem), options);
    CHECK_FALSE(result.finished);
    CHECK(result.boxes == 300);
    CHECK(result.undecided_count > 7);
    CHECK(result.undecided.size() == 7);
    CHECK(result.points.size() < 23);
    // No point is lost: each is listed, or in a box that is.
    options.max_undecided = 1000000;
    const SearchResult all = search_exhaustively(Perceptron(problem), options);
    CHECK(static_cast<long>(all.undecided.size()) == all.undecided_count);
    for (const Json& truth : json["stationary_points_at_tau_1"]) {
      const Vector w = vector(truth["w"]);
      const bool listed =
          !all.points.empty() && reference::relative_error(nearest(all, w).weights, w) <= 1e-9;
      const bool in_a_box =
          std::any_of(all.undecided.begin(), all.undecided.end(), [&](const Box& box) {
            return (w.array() >= box.low.array()).all() && (w.array() <= box.high.array()).all();
          });
      CHECK((listed || in_a_box));
    }
  }
  SUBCASE("by its time") {
    SearchOptions options;
    options.seconds = 1e-9;
    const SearchResult result = search_exhaustively(Perceptron(problem), options);
    CHECK_FALSE(result.finished);
    CHECK(result.undecided_count == 1);
  }
  SUBCASE("by a stop token, also in the middle") {
    std::stop_source source;
    SearchOptions options = quiet();
    options.stop = source.get_token();
    options.threads = 2;
    double last_share = 0.0;
    int calls = 0;
    options.progress = [&](long boxes, long waiting, double share) {
      CHECK(boxes >= 1);
      CHECK(waiting >= 0);
      CHECK(share >= last_share);
      CHECK(share <= 1.0);
      last_share = share;
      if (++calls == 2) source.request_stop();
    };
    const SearchResult result = search_exhaustively(Perceptron(problem), options);
    CHECK(calls >= 2);
    CHECK_FALSE(result.finished);
    CHECK(result.undecided_count > 0);
    const SearchResult nothing = search_exhaustively(Perceptron(problem), options);
    CHECK(nothing.boxes == 0);
    CHECK(nothing.undecided_count == 1);
  }
}

TEST_CASE("near a degenerate point a box stays undecided or the points are told apart") {
  // The cusp of the caustic of X = (3, 1)': three stationary points meet at this target.
  Matrix X(2, 1);
  X << 3, 1;
  Vector y(2);
  y << 0.5406391167200073, 0.7137574145021415;
  const SearchResult result = search_exhaustively(Perceptron(make_problem(X, y)), quiet());
  CHECK(result.finished == (result.undecided_count == 0));
  bool is_covered = false;
  for (const Box& box : result.undecided)
    is_covered = is_covered || (box.low(0) <= 0.5427 && box.high(0) >= 0.5425);
  for (const StationaryPoint& point : result.points)
    is_covered = is_covered || std::abs(point.weights(0) - 0.5426) <= 1e-3;
  CHECK(is_covered);
}

TEST_CASE("targets on the manifold have one stationary point with zero energy") {
  Matrix X(6, 2);
  X << 1, 2, -3, 1, 0.5, 0.25, 4, -1, 2, 2, -0.125, 3;
  Vector w(2);
  w << 0.375, -0.25;
  const Vector y = (X * w).array().tanh();
  const SearchResult result = search_exhaustively(Perceptron(make_problem(X, y)), quiet());
  CHECK(result.finished);
  REQUIRE(result.points.size() == 1);
  CHECK(reference::relative_error(result.points[0].weights, w) <= 1e-14);
  CHECK(result.points[0].kind == StationaryKind::minimum);
}

TEST_CASE("a pattern of weight two counts as two") {
  const Json json = load("s2_multimin");
  Problem once = problem_of(json);
  once.pattern_weights = Vector::Ones(once.y.size());
  once.pattern_weights(0) = 2.0;
  Matrix X(once.X.rows() + 1, 2);
  X << once.X, once.X.row(0);
  Vector y(X.rows());
  y << once.y, once.y(0);
  const SearchResult weighted = search_exhaustively(Perceptron(once), quiet());
  const SearchResult twice = search_exhaustively(Perceptron(make_problem(X, y)), quiet());
  CHECK(weighted.finished);
  CHECK(twice.finished);
  REQUIRE(weighted.points.size() == twice.points.size());
  for (std::size_t k = 0; k < twice.points.size(); ++k) {
    CHECK(reference::relative_error(weighted.points[k].weights, twice.points[k].weights) <= 1e-12);
    CHECK(weighted.points[k].morse_index == twice.points[k].morse_index);
  }
}

TEST_CASE("dependent columns are searched in the independent ones") {
  const Json json = load("s1_many");
  const Problem one = problem_of(json);
  Matrix X(one.X.rows(), 2);
  X << one.X, 2.0 * one.X;
  const SearchResult result = search_exhaustively(Perceptron(make_problem(X, one.y)), quiet());
  CHECK(result.finished);
  CHECK(result.points.size() == json["stationary_points_at_tau_1"].size());
  for (const Json& truth : json["stationary_points_at_tau_1"]) {
    const double w = number(truth["w"][0]);
    Vector least(2);
    least << w / 5.0, 2.0 * w / 5.0;
    CHECK(reference::relative_error(nearest(result, least).weights, least) <= 1e-12);
  }
  CHECK(result.region_reason.find("depend") != std::string::npos);
  // More weights than patterns.
  const SearchResult few = search_exhaustively(
      Perceptron(make_problem(Matrix::Ones(1, 3), Vector::Constant(1, 0.5))), quiet());
  CHECK(few.finished);
  REQUIRE(few.points.size() == 1);
  CHECK(few.points[0].weights(2) == doctest::Approx(std::atanh(0.5) / 3.0).epsilon(1e-12));
}

TEST_CASE("what cannot be searched is refused with a sentence") {
  const SearchResult many = search_exhaustively(
      Perceptron(make_problem(Matrix::Identity(7, 7), Vector::Constant(7, 0.5))), quiet());
  CHECK_FALSE(many.finished);
  CHECK_FALSE(many.region_holds_all);
  CHECK(many.message.find("at most 6") != std::string::npos);
  const SearchResult huge = search_exhaustively(
      Perceptron(make_problem(Matrix::Constant(1, 1, 1e40), Vector::Constant(1, 0.5))), quiet());
  CHECK_FALSE(huge.finished);
  CHECK(huge.points.empty());
}

TEST_CASE("options that break a rule are refused") {
  const Problem problem = make_problem(Matrix::Identity(2, 2), Vector::Zero(2));
  const auto refuses = [&](auto&& change) {
    SearchOptions options;
    change(options);
    CHECK(options.invalid_reason().has_value());
    CHECK_THROWS_AS(search_exhaustively(Perceptron(problem), options), std::invalid_argument);
  };
  refuses([](SearchOptions& options) { options.seconds = 0.0; });
  refuses([](SearchOptions& options) { options.max_boxes = 0; });
  refuses([](SearchOptions& options) { options.threads = 0; });
  refuses([](SearchOptions& options) {
    options.box = Box{Vector::Constant(2, 1.0), Vector::Constant(2, 0.0)};
  });
  refuses([](SearchOptions& options) { options.box = Box{Vector::Zero(2), Vector::Ones(3)}; });
  SearchOptions options;
  options.box = Box{Vector::Zero(3), Vector::Ones(3)};
  CHECK_THROWS_AS(search_exhaustively(Perceptron(problem), options), std::invalid_argument);
}

TEST_CASE(
    "a search that may give up finishes where it can, and ends early where it does not get on") {
  const auto search = [](Index weights, Index patterns, bool gives_up, double seconds) {
    support::Random random(4);
    Matrix X(patterns, weights);
    Vector y(patterns);
    for (double& entry : X.reshaped()) entry = random.normal();
    for (double& entry : y) entry = random.uniform(-0.9, 0.9);
    SearchOptions options;
    options.gives_up = gives_up;
    options.seconds = seconds;
    return search_exhaustively(Perceptron(make_problem(X, y)), options);
  };
  const SearchResult easy = search(2, 8, true, 600.0), whole = search(2, 8, false, 600.0);
  CHECK(easy.finished);
  CHECK(easy.boxes == whole.boxes);
  CHECK(easy.points.size() == whole.points.size());
  const SearchResult hopeless = search(4, 60, true, 2.0);
  CHECK_FALSE(hopeless.finished);
  // On a machine that stands still for a second and a half time is up first.
  const bool has_given_up = hopeless.message.find("less was done") != std::string::npos;
  CHECK((has_given_up || hopeless.message.find("time was used up") != std::string::npos));
}

}  // namespace search_test
