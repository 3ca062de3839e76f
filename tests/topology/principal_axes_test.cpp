#include "tautrack/topology/principal_axes.hpp"

#include <cmath>

#include <doctest/doctest.h>

namespace principal_axes_test {

using namespace tautrack;

TEST_CASE("principal axes are those of the ellipse that points lie on") {
  // Four points on the axes of an ellipse turned by the angle of (3, 4) / 5, away from the origin.
  Matrix axes(2, 2);
  axes << 0.6, -0.8,  //
      0.8, 0.6;
  Matrix points(2, 4);
  points << 2.0, -2.0, 0.0, 0.0,  //
      0.0, 0.0, 1.0, -1.0;
  points = axes * points;
  points.row(0).array() += 7.0;
  points.row(1).array() -= 3.0;
  const PrincipalAxes found = principal_axes(points);
  CHECK(std::abs(found.variances(0) - 8.0) <= 1e-13);
  CHECK(std::abs(found.variances(1) - 2.0) <= 1e-13);
  CHECK((found.axes.col(0) - axes.col(0)).norm() <= 1e-13);
  CHECK((found.axes.col(1) + axes.col(1)).norm() <= 1e-13);  // its larger entry is positive
}

TEST_CASE("points on a line vary along one axis") {
  Matrix points(3, 5);
  for (Index j = 0; j < 5; ++j)
    points.col(j) << 1.0 + 2.0 * static_cast<double>(j), 5.0, 1.0 - static_cast<double>(j);
  const PrincipalAxes found = principal_axes(points);
  CHECK(std::abs(found.variances(0) - 50.0) <= 1e-12);
  CHECK(std::abs(found.variances(1)) <= 1e-12);
  CHECK(std::abs(found.variances(2)) <= 1e-12);
  CHECK(std::abs(found.axes(0, 0) - 2.0 / std::sqrt(5.0)) <= 1e-13);
  CHECK(std::abs(found.axes(2, 0) + 1.0 / std::sqrt(5.0)) <= 1e-13);
  CHECK((found.axes.transpose() * found.axes - Matrix::Identity(3, 3)).norm() <= 1e-13);
}

}  // namespace principal_axes_test
