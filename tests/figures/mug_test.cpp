#include "figures/mug.hpp"

#include <cmath>
#include <random>
#include <stdexcept>

#include <doctest/doctest.h>

#include "figures/mug_solid.hpp"
#include "figures/mug_still.hpp"

namespace {

using namespace tautrack;
using namespace tautrack::program;

/// The voxels of a cube of 32 whose middles, in [-1, 1]^3, are in the solid.
template <class Solid>
VoxelSet voxels(const Solid& solid) {
  constexpr Index n = 32;
  VoxelSet set({n, n, n});
  const auto place = [](Index i) { return -1.0 + (2.0 * static_cast<double>(i) + 1.0) / n; };
  for (Index k = 0; k < n; ++k)
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < n; ++i)
        if (solid(place(i), place(j), place(k))) set.add(i, j, k);
  return set;
}

TEST_CASE("Euler characteristics of solids of voxels are those of their shapes") {
  const auto radius = [](double x, double y, double z) { return std::hypot(x, y, z); };
  const VoxelSet ball = voxels([&](double x, double y, double z) { return radius(x, y, z) < 0.8; });
  CHECK(ball.euler_characteristic() == 1);
  CHECK(ball.components() == 1);

  const VoxelSet shell = voxels(
      [&](double x, double y, double z) { return radius(x, y, z) < 0.9 && radius(x, y, z) > 0.5; });
  CHECK(shell.euler_characteristic() == 2);
  CHECK(shell.components() == 1);

  const VoxelSet torus = voxels(
      [](double x, double y, double z) { return std::hypot(std::hypot(x, y) - 0.6, z) < 0.25; });
  CHECK(torus.euler_characteristic() == 0);
  CHECK(torus.components() == 1);

  const VoxelSet two_balls = voxels([&](double x, double y, double z) {
    return radius(x - 0.5, y, z) < 0.3 || radius(x + 0.5, y, z) < 0.3;
  });
  CHECK(two_balls.euler_characteristic() == 2);
  CHECK(two_balls.components() == 2);

  const VoxelSet nothing = voxels([](double, double, double) { return false; });
  CHECK(nothing.euler_characteristic() == 0);
  CHECK(nothing.components() == 0);

  const VoxelSet everything = voxels([](double, double, double) { return true; });
  CHECK(everything.euler_characteristic() == 1);
  CHECK(everything.components() == 1);
}

TEST_CASE("closed cubes that share a corner touch") {
  VoxelSet set({2, 2, 2});
  set.add(0, 0, 0);
  set.add(1, 1, 1);
  CHECK(set.count() == 2);
  CHECK(set.euler_characteristic() == 1);
  CHECK(set.components() == 1);
  CHECK_THROWS_AS(set.add(2, 0, 0), std::invalid_argument);
  CHECK_THROWS_AS(VoxelSet({0, 1, 1}), std::invalid_argument);
}

TEST_CASE("the solid is one piece with one tunnel from the mug to the torus") {
  for (const double t : {0.0, 0.25, 0.475, 0.5, 0.525, 0.75, 1.0}) {
    const VoxelSet set = mug_voxels(t);
    CHECK(set.euler_characteristic() == 0);
    CHECK(set.components() == 1);
    CHECK(set.count() > 10000);
  }
}

TEST_CASE("a blend of the levels of mug and torus does not keep the topology") {
  const MugSolid mug(0.0), torus(1.0);
  bool changes = false;
  for (const double t : {0.3, 0.5, 0.7}) {
    const VoxelSet set = voxels([&](double x, double y, double z) {
      const SolidPoint p(-0.7 + 1.5 * x, 1.1 * y, 1.3 * z);
      return (1.0 - t) * mug.level(p) + t * torus.level(p) <= 0.0;
    });
    changes = changes || set.euler_characteristic() != 0 || set.components() != 1;
  }
  CHECK(changes);
}

TEST_CASE("the level changes by no more than the distance of two points") {
  std::mt19937_64 engine(1);
  std::uniform_real_distribution<double> place(-2.0, 2.0);
  for (const double t : {0.0, 0.4, 0.8, 1.0}) {
    const MugSolid solid(t);
    for (int i = 0; i < 500; ++i) {
      const SolidPoint p(place(engine), place(engine), place(engine));
      const SolidPoint q(place(engine), place(engine), place(engine));
      CHECK(std::abs(solid.level(p) - solid.level(q)) <= (p - q).norm() + 1e-12);
    }
  }
  CHECK_THROWS_AS(MugSolid(1.1), std::invalid_argument);
  CHECK_THROWS_AS(MugSolid(std::nan("")), std::invalid_argument);
}

TEST_CASE("a still shows the parts of the solid on white ground") {
  const auto seen = [](const Matrix& still, StillPart part) {
    const auto code = static_cast<double>(part);
    return (still.array() >= code && still.array() <= code + brightest).count();
  };
  const Matrix mug = mug_still(0.0, 48, 40), torus = mug_still(1.0, 48, 40);
  for (const Matrix& still : {mug, torus}) {
    CHECK(still.rows() == 40);
    CHECK(still.cols() == 48);
    CHECK(seen(still, StillPart::body) + seen(still, StillPart::handle) +
              seen(still, StillPart::ground) ==
          still.size());
    CHECK(still(0, 0) == static_cast<double>(StillPart::ground) + brightest);
    CHECK(seen(still, StillPart::handle) > 50);
  }
  CHECK(seen(mug, StillPart::body) > 300);
  CHECK(seen(torus, StillPart::body) == 0);
  CHECK_THROWS_AS(static_cast<void>(mug_still(0.0, 0, 10)), std::invalid_argument);
}

}  // namespace
