#include "tautrack/topology/persistent_homology.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <stop_token>

#include <doctest/doctest.h>

namespace persistent_homology_test {

namespace {

using namespace tautrack;
using std::numbers::pi;

constexpr double infinity = std::numeric_limits<double>::infinity();

using Betti = std::array<int, max_homology_dimension + 1>;

/// Cases that only a library with GUDHI can pass.
auto needs_gudhi() { return doctest::skip(!has_persistent_homology()); }

/// n points at equal distances on a circle of radius 1, one a row.
Matrix polygon(Index n) {
  Matrix points(n, 2);
  for (Index i = 0; i < n; ++i) {
    const double angle = 2.0 * pi * static_cast<double>(i) / static_cast<double>(n);
    points.row(i) << std::cos(angle), std::sin(angle);
  }
  return points;
}

/// Points with normal coordinates.
Matrix normal_points(Index rows, Index columns, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  return Matrix::NullaryExpr(rows, columns, [&] { return normal(engine); });
}

Matrix sphere(Index n, unsigned seed) {
  Matrix points = normal_points(n, 3, seed);
  points.rowwise().normalize();
  return points;
}

/// The product of two unit circles in R^4, at random angles.
Matrix clifford_torus(Index n, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> angle(0.0, 2.0 * pi);
  Matrix points(n, 4);
  for (Index i = 0; i < n; ++i) {
    const double u = angle(engine), v = angle(engine);
    points.row(i) << std::cos(u), std::sin(u), std::cos(v), std::sin(v);
  }
  return points;
}

Matrix stacked(const Matrix& a, const Matrix& b) {
  Matrix all(a.rows() + b.rows(), a.cols());
  all << a, b;
  return all;
}

HomologyOptions up_to(int dimension, Index points = 400) {
  HomologyOptions options;
  options.dimension = dimension;
  options.points = points;
  return options;
}

/// The bars of one dimension.
std::vector<HomologyInterval> bars(const PersistentHomology& homology, int dimension) {
  std::vector<HomologyInterval> result;
  for (const HomologyInterval& bar : homology.intervals)
    if (bar.dimension == dimension) result.push_back(bar);
  return result;
}

/// The Betti numbers of points, which have to be clear.
Betti clear_betti(const Matrix& points, const HomologyOptions& options) {
  const PersistentHomology homology = persistent_homology(points, options);
  REQUIRE_MESSAGE(homology.ok(), homology.message);
  const BettiDecision decision = decide_betti(homology);
  for (const BettiEvidence& one : decision.evidence) CHECK_MESSAGE(one.clear, one.reason);
  return decision.numbers;
}

bool is_ambiguous(const Matrix& points, const HomologyOptions& options) {
  const BettiDecision decision = decide_betti(persistent_homology(points, options));
  CHECK(decision.clear == (decision.doubt() == nullptr));
  return !decision.clear;
}

TEST_CASE("the loop of a square is there from its side to its diagonal" * needs_gudhi()) {
  const Matrix square{{0.0, 0.0}, {1.0, 0.0}, {1.0, 1.0}, {0.0, 1.0}};
  const PersistentHomology homology = persistent_homology(square);
  REQUIRE(homology.ok());
  CHECK(homology.sample == std::vector<Index>{0, 1, 2, 3});
  CHECK(homology.covering_radius == 0.0);
  const auto components = bars(homology, 0), loops = bars(homology, 1);
  REQUIRE(components.size() == 4);
  CHECK(components[0].death == infinity);
  for (std::size_t i = 1; i < 4; ++i) CHECK(components[i].death == 1.0);
  REQUIRE(loops.size() == 1);
  CHECK(loops[0].birth == 1.0);
  CHECK(loops[0].death == std::sqrt(2.0));
  CHECK(bars(homology, 2).empty());
  CHECK(homology.betti(0.5) == Betti{4, 0, 0});
  CHECK(homology.betti(1.0) == Betti{1, 1, 0});
  CHECK(homology.betti(1.4) == Betti{1, 1, 0});
  CHECK(homology.betti(1.42) == Betti{1, 0, 0});
  // Four points are too few to tell.
  CHECK(is_ambiguous(square, {}));
}

TEST_CASE("the loop of a regular polygon dies where its chords span a triangle" * needs_gudhi()) {
  // The Rips complex of n points on a circle is a circle until a chord over a third of the points,
  // rounded up, appears (Adamaszek & Adams 2017).
  for (const Index n : {5, 6, 7, 12, 20, 61}) {
    CAPTURE(n);
    const PersistentHomology homology = persistent_homology(polygon(n), up_to(1));
    REQUIRE(homology.ok());
    const auto loops = bars(homology, 1);
    REQUIRE(loops.size() == 1);
    const double steps = std::ceil(static_cast<double>(n) / 3.0);
    CHECK(loops[0].birth == doctest::Approx(2.0 * std::sin(pi / static_cast<double>(n))));
    CHECK(loops[0].death == doctest::Approx(2.0 * std::sin(pi * steps / static_cast<double>(n))));
  }
}

TEST_CASE("circles, also noisy ones, are one component and one loop" * needs_gudhi()) {
  CHECK(clear_betti(polygon(40), up_to(2)) == Betti{1, 1, 0});
  const Matrix noisy = polygon(120) + 0.05 * normal_points(120, 2, 3);
  CHECK(clear_betti(noisy, up_to(1)) == Betti{1, 1, 0});
  // A loop in space is one, too.
  Matrix in_space = Matrix::Zero(60, 3);
  in_space.leftCols(2) = polygon(60);
  in_space.col(2) = 0.3 * in_space.col(0).cwiseProduct(in_space.col(1));
  CHECK(clear_betti(in_space, up_to(2)) == Betti{1, 1, 0});
}

TEST_CASE("two circles, apart and linked by a point, are told from each other" * needs_gudhi()) {
  Matrix right = polygon(40);
  right.col(0).array() += 3.0;
  CHECK(clear_betti(stacked(polygon(40), right), up_to(1)) == Betti{2, 2, 0});
  right.col(0).array() -= 1.0;  // they touch in (1, 0)
  CHECK(clear_betti(stacked(polygon(40), right), up_to(1)) == Betti{1, 2, 0});
}

TEST_CASE("spheres have a void and no loop" * needs_gudhi()) {
  CHECK(clear_betti(sphere(400, 1), up_to(2, 150)) == Betti{1, 0, 1});
}

TEST_CASE("a torus has two loops and a void" * needs_gudhi()) {
  CHECK(clear_betti(clifford_torus(4000, 1), up_to(2, 300)) == Betti{1, 2, 1});
}

TEST_CASE("clusters are components, whatever their size" * needs_gudhi()) {
  Matrix all(0, 2);
  std::mt19937_64 engine(2);
  std::uniform_real_distribution<double> place(-1.0, 1.0);
  double x = 0.0;
  for (const Index size : {30, 60, 200}) {
    Matrix cluster = Matrix::NullaryExpr(size, 2, [&] { return place(engine); });
    cluster.col(0).array() += x;
    x += 10.0;
    all = stacked(all, cluster);
  }
  CHECK(clear_betti(all, up_to(0)) == Betti{3, 0, 0});
  CHECK(clear_betti(1e-200 * all, up_to(0)) == Betti{3, 0, 0});
  CHECK(clear_betti(1e200 * all, up_to(0)) == Betti{3, 0, 0});
}

TEST_CASE("a disc has neither hole nor parts" * needs_gudhi()) {
  std::mt19937_64 engine(5);
  std::uniform_real_distribution<double> place(-1.0, 1.0);
  Matrix disc(2000, 2);
  for (Index i = 0; i < disc.rows();) {
    disc.row(i) << place(engine), place(engine);
    if (disc.row(i).norm() <= 1.0) ++i;
  }
  CHECK(clear_betti(disc, up_to(1, 200)) == Betti{1, 0, 0});
}

TEST_CASE("a hole of the size of the gaps between points is ambiguous" * needs_gudhi()) {
  // Clusters at about their own diameter from each other.
  CHECK(is_ambiguous(Matrix{{0.0}, {1.0}, {2.0}, {3.7}, {4.7}, {5.7}}, up_to(0)));
  CHECK(is_ambiguous(polygon(6), up_to(1)));
  const BettiDecision decision = decide_betti(persistent_homology(polygon(6), up_to(1)));
  REQUIRE(decision.doubt() != nullptr);
  CHECK(decision.doubt()->reason.starts_with("ambiguous"));
}

TEST_CASE("points that are all the same are one component" * needs_gudhi()) {
  const Matrix same = Matrix::Constant(50, 3, 1.5);
  const PersistentHomology homology = persistent_homology(same);
  REQUIRE(homology.ok());
  CHECK(homology.sample.size() == 1);
  CHECK(decide_betti(homology).numbers == Betti{1, 0, 0});
  CHECK(decide_betti(homology).clear);
  CHECK(clear_betti(Matrix::Zero(1, 1), {}) == Betti{1, 0, 0});
  // Copies do not change anything else either.
  CHECK(clear_betti(stacked(polygon(30), polygon(30)), up_to(1)) == Betti{1, 1, 0});
}

TEST_CASE("bars that count are those of the numbers" * needs_gudhi()) {
  const PersistentHomology homology = persistent_homology(polygon(40), up_to(1));
  const std::vector<bool> counted = decide_betti(homology).counted(homology);
  REQUIRE(counted.size() == homology.intervals.size());
  CHECK(std::count(counted.begin(), counted.end(), true) == 2);
  CHECK(counted.front());
  CHECK(counted.back());  // the loop
}

TEST_CASE("bars are sorted, and all of them are finite but one" * needs_gudhi()) {
  const PersistentHomology homology = persistent_homology(normal_points(80, 3, 9));
  REQUIRE(homology.ok());
  int infinite = 0;
  for (std::size_t i = 0; i < homology.intervals.size(); ++i) {
    const HomologyInterval& bar = homology.intervals[i];
    CHECK(bar.birth < bar.death);
    infinite += bar.death == infinity ? 1 : 0;
    if (i == 0) continue;
    const HomologyInterval& before = homology.intervals[i - 1];
    CHECK(before.dimension <= bar.dimension);
    if (before.dimension == bar.dimension) CHECK(before.length() >= bar.length());
  }
  CHECK(infinite == 1);
  CHECK(bars(homology, 0).size() == 80);
}

TEST_CASE("a largest scale leaves bars open" * needs_gudhi()) {
  HomologyOptions options = up_to(1);
  options.scale = 1.0;
  const PersistentHomology homology = persistent_homology(polygon(20), options);
  REQUIRE(homology.ok());
  CHECK(homology.scale == 1.0);
  REQUIRE(bars(homology, 1).size() == 1);
  CHECK(bars(homology, 1)[0].death == infinity);
  // Also where the complex has no triangle at all.
  options.scale = 0.35;
  const PersistentHomology cycle = persistent_homology(polygon(20), options);
  CHECK(cycle.betti(0.33) == Betti{1, 1, 0});
  CHECK(decide_betti(cycle).numbers[0] == 1);
}

TEST_CASE("a budget lowers the largest scale, and then ends the computation with a sentence" *
          needs_gudhi()) {
  const Matrix points = normal_points(150, 3, 2);
  HomologyOptions options = up_to(2);
  const PersistentHomology whole = persistent_homology(points, options);
  REQUIRE(whole.ok());
  CHECK(whole.is_whole);
  options.simplices = whole.simplices / 2;
  const PersistentHomology part = persistent_homology(points, options);
  REQUIRE(part.ok());
  CHECK_FALSE(part.is_whole);
  CHECK(part.simplices <= options.simplices);
  CHECK(part.scale < whole.scale);
  for (const double part_of : {0.3, 0.6, 0.99})
    CHECK(part.betti(part_of * part.scale) == whole.betti(part_of * part.scale));

  options.simplices = 100;
  const PersistentHomology none = persistent_homology(points, options);
  CHECK(none.status == HomologyStatus::too_large);
  CHECK_FALSE(none.ok());
  CHECK(none.message.find("100 simplices") != std::string::npos);
  CHECK(none.intervals.empty());
  CHECK_THROWS_AS(static_cast<void>(decide_betti(none)), std::invalid_argument);
  const PersistentHomology wide = persistent_homology(Matrix::Random(6000, 2000), up_to(0, 2000));
  CHECK(wide.status == HomologyStatus::too_large);
}

TEST_CASE("a stop is heard at every stage, and leaves a status and no bars" * needs_gudhi()) {
  const Matrix points = normal_points(60, 3, 9);
  for (const int dimension : {0, 2}) {
    CAPTURE(dimension);
    HomologyOptions options = up_to(dimension, 50);
    PersistentHomology whole = persistent_homology(points, options);
    REQUIRE(whole.ok());
    if (dimension > 0) {  // Too few for the whole complex.
      options.simplices = whole.simplices / 2;
      whole = persistent_homology(points, options);
      REQUIRE(whole.ok());
      CHECK_FALSE(whole.is_whole);
    }
    long looks = 0, stopped_without_sample = 0, stopped = 0;
    for (;; looks += 1 + looks / 10) {
      CAPTURE(looks);
      options.stop = StopCondition::after_looks(looks);
      const PersistentHomology part = persistent_homology(points, options);
      if (part.ok()) {
        CHECK(part.sample == whole.sample);
        CHECK(part.simplices == whole.simplices);
        CHECK(part.intervals.size() == whole.intervals.size());
        break;
      }
      ++stopped;
      CHECK(part.status == HomologyStatus::stopped);
      CHECK(part.message == "the barcode was not finished, because the time was used up");
      CHECK(part.intervals.empty());
      CHECK_THROWS_AS(static_cast<void>(decide_betti(part)), std::invalid_argument);
      // The sample is there as soon as it is found.
      stopped_without_sample += part.sample.empty() ? 1 : 0;
      CHECK(part.sample.empty() == (looks < 50));
      if (!part.sample.empty()) CHECK(part.sample == whole.sample);
    }
    CHECK(stopped > stopped_without_sample);
    // Once a point, and then once an edge and a simplex at least.
    CHECK(looks > (dimension == 0 ? 50 : whole.simplices));
  }
  std::stop_source source;
  source.request_stop();
  HomologyOptions options;
  options.stop = source.get_token();
  const PersistentHomology none = persistent_homology(points, options);
  CHECK(none.status == HomologyStatus::stopped);
  CHECK(none.message == "the barcode was not finished, because the run was stopped");
  CHECK(none.sample.empty());
  CHECK(to_string(HomologyStatus::stopped) == "stopped");
}

TEST_CASE("without GUDHI the status says what is missing") {
  const PersistentHomology homology = persistent_homology(polygon(6));
  if (has_persistent_homology()) {
    CHECK(homology.ok());
  } else {
    CHECK(homology.status == HomologyStatus::unavailable);
    CHECK(homology.message.find("libgudhi-dev") != std::string::npos);
  }
  CHECK(PersistentHomology().status == HomologyStatus::not_started);
  CHECK(to_string(HomologyStatus::too_large) == "too large");
}

TEST_CASE("farthest points are spread, the same every time, and tell how well they cover") {
  Matrix line(101, 1);
  for (Index i = 0; i < 101; ++i) line(i, 0) = static_cast<double>(i);
  double radius = -1.0;
  CHECK(farthest_points(line, 3, radius) == std::vector<Index>{0, 50, 100});
  CHECK(radius == 25.0);
  CHECK(farthest_points(line, 5, radius) == std::vector<Index>{0, 25, 50, 75, 100});
  CHECK(radius == 12.0);
  CHECK(farthest_points(line, 500, radius).size() == 101);
  CHECK(radius == 0.0);
  const Matrix cloud = normal_points(500, 3, 4);
  const std::vector<Index> chosen = farthest_points(cloud, 40, radius);
  CHECK(farthest_points(cloud, 40, radius) == chosen);
  double covering = 0.0, spread = infinity;
  for (Index i = 0; i < cloud.rows(); ++i) {
    double nearest = infinity;
    for (const Index j : chosen) {
      nearest = std::min(nearest, (cloud.row(i) - cloud.row(j)).norm());
      for (const Index k : chosen)
        if (k != j) spread = std::min(spread, (cloud.row(k) - cloud.row(j)).norm());
    }
    covering = std::max(covering, nearest);
  }
  CHECK(radius == doctest::Approx(covering));
  CHECK(spread >= radius);
}

TEST_CASE("thinning keeps the shape" * needs_gudhi()) {
  const PersistentHomology homology = persistent_homology(polygon(5000), up_to(1, 60));
  CHECK(homology.sample.size() == 60);
  CHECK(homology.covering_radius > 0.0);
  CHECK(homology.covering_radius < 0.12);
  CHECK(decide_betti(homology).numbers == Betti{1, 1, 0});
}

TEST_CASE("points and options that cannot be used are refused") {
  double radius = 0.0;
  CHECK_THROWS_AS(static_cast<void>(persistent_homology(Matrix(0, 2))), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(persistent_homology(Matrix(3, 0))), std::invalid_argument);
  Matrix bad = polygon(5);
  bad(2, 1) = std::nan("");
  CHECK_THROWS_AS(static_cast<void>(persistent_homology(bad)), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(farthest_points(bad, 2, radius)), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(farthest_points(polygon(3), 0, radius)), std::invalid_argument);
  const auto refused = [](auto change) {
    HomologyOptions options;
    change(options);
    CHECK(options.invalid_reason().has_value());
    CHECK_THROWS_AS(static_cast<void>(persistent_homology(polygon(5), options)),
                    std::invalid_argument);
  };
  refused([](HomologyOptions& o) { o.dimension = 3; });
  refused([](HomologyOptions& o) { o.dimension = -1; });
  refused([](HomologyOptions& o) { o.points = 0; });
  refused([](HomologyOptions& o) { o.points = 1000000; });
  refused([](HomologyOptions& o) { o.simplices = 0; });
  refused([](HomologyOptions& o) { o.scale = 0.0; });
  refused([](HomologyOptions& o) { o.scale = std::nan(""); });
  refused([](HomologyOptions& o) { o.field = 9; });
  CHECK_FALSE(HomologyOptions().invalid_reason().has_value());
  if (has_persistent_homology())
    CHECK_THROWS_AS(static_cast<void>(decide_betti(persistent_homology(polygon(5)), 1.0)),
                    std::invalid_argument);
}

TEST_CASE("Betti numbers are written in brackets") { CHECK(betti_text({1, 2, 1}) == "(1, 2, 1)"); }

}  // namespace

}  // namespace persistent_homology_test
