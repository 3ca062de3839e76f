#include "figures/holes.hpp"

#include <cmath>
#include <stdexcept>

#include <doctest/doctest.h>

#include "figure_checks.hpp"
#include "figures/holes_complex.hpp"

namespace {

using namespace tautrack;
using namespace tautrack::program;

PixelSet frame() { return {60, 60, Vector{{-1.5, -1.5}}, Vector{{1.5, 1.5}}}; }

/// Adds the pixels with low <= distance of their middles from a point <= high.
void add_ring(PixelSet& set, double x, double y, double low, double high) {
  for (Index row = 0; row < set.height(); ++row)
    for (Index column = 0; column < set.width(); ++column) {
      const double px = -1.5 + (static_cast<double>(column) + 0.5) * set.pixel_width();
      const double py = -1.5 + (static_cast<double>(row) + 0.5) * set.pixel_height();
      const double distance = std::hypot(px - x, py - y);
      if (distance >= low && distance <= high) set.add(column, row);
    }
}

TEST_CASE("Euler characteristics of discs and rings of pixels are components minus holes") {
  PixelSet nothing = frame();
  CHECK(nothing.euler_characteristic() == 0);
  CHECK(nothing.components() == 0);

  PixelSet disc = frame();
  add_ring(disc, 0.0, 0.0, 0.0, 1.0);
  CHECK(disc.euler_characteristic() == 1);
  CHECK(disc.components() == 1);

  PixelSet annulus = frame();
  add_ring(annulus, 0.1, 0.0, 0.5, 1.0);
  CHECK(annulus.euler_characteristic() == 0);
  CHECK(annulus.components() == 1);

  PixelSet two = frame();
  add_ring(two, -0.8, 0.0, 0.0, 0.5);
  add_ring(two, 0.8, 0.0, 0.0, 0.5);
  CHECK(two.euler_characteristic() == 2);
  CHECK(two.components() == 2);

  PixelSet eight = frame();
  add_ring(eight, -0.6, 0.0, 0.3, 0.7);
  add_ring(eight, 0.6, 0.0, 0.3, 0.7);
  CHECK(eight.euler_characteristic() == -1);
  CHECK(eight.components() == 1);
}

TEST_CASE("closed pixels that share a corner touch") {
  PixelSet set = frame();
  set.add(3, 3);
  set.add(4, 4);
  CHECK(set.euler_characteristic() == 1);
  CHECK(set.components() == 1);
  // Four around an empty one close a hole.
  set.add(3, 5);
  set.add(2, 4);
  CHECK(set.euler_characteristic() == 0);
  CHECK(set.components() == 1);
}

TEST_CASE("pixels at the edge of the frame count in full") {
  PixelSet set(2, 1, Vector{{0.0, 0.0}}, Vector{{2.0, 1.0}});
  set.add_point(0.5, 0.5);
  set.add_point(1.5, 0.5);
  set.add_point(2.5, 0.5);   // outside
  set.add_point(-0.1, 0.5);  // outside
  CHECK(set.euler_characteristic() == 1);
  REQUIRE(set.runs().size() == 1);
  CHECK(set.runs()[0].x_low == 0.0);
  CHECK(set.runs()[0].x_high == 2.0);
}

TEST_CASE("frames without pixels and pixels outside are refused") {
  CHECK_THROWS_AS(PixelSet(0, 1, Vector::Zero(2), Vector::Ones(2)), std::invalid_argument);
  CHECK_THROWS_AS(PixelSet(1, 1, Vector::Ones(2), Vector::Ones(2)), std::invalid_argument);
  PixelSet set = frame();
  CHECK_THROWS_AS(set.add(60, 0), std::invalid_argument);
}

TEST_CASE("the annulus keeps its hole in the homeomorphism and loses it in the fold") {
  check_figure(make_holes({}));
}

}  // namespace
