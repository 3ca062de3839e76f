#include "pictures/landscape.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/data/dataset.hpp"

#include "pictures/mesh.hpp"
#include "pictures/weight_plane.hpp"

namespace {

using namespace tautrack::program;
using tautrack::Matrix;
using tautrack::Vector;

constexpr PlaneView square{{-2.0, 2.0, -2.0, 2.0}, 600.0, 600.0};

/// Minima at (+-1, 0), a saddle at the origin.
double two_wells(double x, double y) { return (x * x - 1.0) * (x * x - 1.0) + 2.0 * y * y; }

}  // namespace

TEST_CASE(
    "contours lie at their energies, in a valley a hundred times narrower than the view too") {
  const auto valley = [](double x, double y) {
    const double across = 50.0 * (y - 0.3 * x);
    return std::tanh(across * across) + 0.1 * x * x;
  };
  const Landscape landscape(valley, square, {0.0}, false, 60000);
  const std::vector<Polyline> curves = landscape.contours({0.05, 0.3});
  REQUIRE_FALSE(curves.empty());
  for (const Polyline& curve : curves) {
    for (const auto& [x, y] : curve.points) CHECK(std::abs(valley(x, y) - curve.energy) < 0.03);
  }
  // One closed curve around the lowest point for each energy.
  CHECK(std::count_if(curves.begin(), curves.end(), [](const Polyline& curve) {
          return curve.points.front() == curve.points.back();
        }) >= 1);
}

TEST_CASE("levels are a bijection of energies, and their ticks are round") {
  const Landscape landscape(two_wells, square, {}, true, 5000);
  for (const double energy : {0.001, 0.1, 1.0, 8.0})
    CHECK(landscape.energy_at(landscape.level(energy)) == doctest::Approx(energy));
  CHECK(landscape.level(0.0) == doctest::Approx(-Landscape::depth).epsilon(1e-3));
  CHECK(landscape.ticks().size() >= 4);
  CHECK(landscape.ticks().widest() < 5.0);
}

TEST_CASE("steepest descents lead from a saddle to both minima, ascents to the border") {
  const std::vector<PlanePoint> points{{-1.0, 0.0, 0}, {1.0, 0.0, 0}, {0.0, 0.0, 1}};
  const std::vector<Polyline> descents = steepest_curves(two_wells, square, points, false, 100000);
  REQUIRE(descents.size() == 2);
  std::vector<double> ends;
  for (const Polyline& curve : descents) {
    CHECK(std::abs(curve.points.front()[0]) < 1e-12);
    ends.push_back(curve.points.back()[0]);
    for (std::size_t k = 1; k < curve.points.size(); ++k)
      CHECK(two_wells(curve.points[k][0], curve.points[k][1]) <=
            two_wells(curve.points[k - 1][0], curve.points[k - 1][1]) + 1e-9);
  }
  std::sort(ends.begin(), ends.end());
  CHECK(ends[0] == doctest::Approx(-1.0));
  CHECK(ends[1] == doctest::Approx(1.0));
  for (const Polyline& curve : steepest_curves(two_wells, square, points, true, 100000))
    CHECK(std::abs(curve.points.back()[1]) > 1.9);
}

TEST_CASE("a steepest descent is the gradient flow, not a straight line") {
  // The flow of -grad (x^2 - y^2 / 2 ...)/2 from the saddle follows the valley y = x^2 of a bent well.
  const auto bent = [](double x, double y) {
    const double off = y - x * x;
    return 20.0 * off * off + (x * x - 1.0) * (x * x - 1.0);
  };
  const std::vector<PlanePoint> points{{-1.0, 1.0, 0}, {1.0, 1.0, 0}, {0.0, 0.0, 1}};
  for (const Polyline& curve : steepest_curves(bent, square, points, false, 100000)) {
    CHECK(std::abs(std::abs(curve.points.back()[0]) - 1.0) < 1e-9);
    for (const auto& [x, y] : curve.points) CHECK(std::abs(y - x * x) < 0.1);
  }
}

TEST_CASE("the window of weights has its minimum in the middle, and names of columns at its axes") {
  Matrix X(7, 2);
  Vector y(7);
  for (int i = 0; i < 7; ++i) {
    X(i, 0) = 300.0 + i;
    X(i, 1) = 1.0;
    y(i) = std::tanh(0.7 * (i - 3.0));
  }
  const auto energy = [&](const Vector& w) {
    return 0.5 * ((X * w).array().tanh() - y.array()).square().sum();
  };
  const Vector best{{0.7, -0.7 * 303.0}};
  const WeightPlane plane(tautrack::make_problem(X, y, "y", {"temperature", "(bias)"}), {best}, 0,
                          energy, 3.0);
  const Vector at = plane.place(best);
  const Box box = plane.box();
  CHECK(at(0) == doctest::Approx(0.5 * (box.left + box.right)));
  CHECK(at(1) == doctest::Approx(0.5 * (box.bottom + box.top)));
  CHECK(plane.weights(at)(0) == doctest::Approx(best(0)));
  CHECK(plane.weights(at)(1) == doctest::Approx(best(1)));
  CHECK(plane.window(0).axis().label == "weight of temperature");
  CHECK(plane.window(1).axis().label == "bias at temperature = 303");
  // The valley is not oblique there: the energy rises alike on both sides of the axes.
  const double half = 0.5 * box.width(), up = 0.5 * box.height();
  const auto rise = [&](double a, double b) {
    return energy(plane.weights(Vector{{at(0) + a * half, at(1) + b * up}}));
  };
  CHECK(rise(0.2, 0.2) < 4.0 * rise(0.2, -0.2));
  CHECK(rise(0.2, -0.2) < 4.0 * rise(0.2, 0.2));
}

TEST_CASE("the polar grid of a surface reaches all of its boundary") {
  // Patterns of very different steepness: at the largest radius each output comes to both ends while the others stay.
  const Matrix inputs{{100.0, 2.0}, {-40.0, 3.0}, {20.0, -3.0}};
  const PolarGrid grid = polar_grid(inputs);
  const double radius = grid.radii.back();
  Vector before;
  for (const double angle : grid.angles) {
    const Vector outputs =
        (inputs * Vector{{radius * std::cos(angle), radius * std::sin(angle)}}).array().tanh();
    // All but one are at an end, and no step from ray to ray is long.
    std::vector<double> sizes(3);
    for (std::size_t i = 0; i < 3; ++i) sizes[i] = std::abs(outputs(static_cast<int>(i)));
    std::sort(sizes.begin(), sizes.end());
    CHECK(sizes[1] > 0.999);
    if (before.size() > 0) CHECK((outputs - before).lpNorm<Eigen::Infinity>() < 0.8);
    before = outputs;
  }
  CHECK(grid.radii.front() == 0.0);
}

TEST_CASE("a mesh hides what is behind it, and cuts lines there") {
  const Mesh sheet = mesh_of({-1.0, 0.0, 1.0}, {-1.0, 0.0, 1.0}, [](double a, double b) {
    return Point3{a, b, 0.0};
  });
  const Point3 above{0.0, 0.0, 1.0};
  CHECK(sheet.hides({0.2, 0.3, -1.0}, above));
  CHECK_FALSE(sheet.hides({0.2, 0.3, 1.0}, above));
  CHECK_FALSE(sheet.hides({3.0, 0.3, -1.0}, above));
  const CutLines cut = cut_lines({{Point3{0.5, 0.0, -1.0}, Point3{2.5, 0.0, -1.0}}}, sheet, above);
  REQUIRE(cut.hidden.size() == 1);
  REQUIRE(cut.seen.size() == 1);
  CHECK(std::abs(cut.seen.front().front()[0] - 1.0) < 0.1);
}
