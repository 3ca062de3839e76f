#include "figures/homology.hpp"

#include <cmath>
#include <numbers>

#include <doctest/doctest.h>

#include "figure_checks.hpp"
#include "figures/homology_samples.hpp"
#include "figures/layers.hpp"

namespace {

using namespace tautrack;
using namespace tautrack::program;

/// Points of two classes, in the problem form of the figures.
Problem two_classes(Index count) {
  Matrix X(count, 3);
  Vector y(count);
  for (Index i = 0; i < count; ++i) {
    const double angle = 2.4 * static_cast<double>(i);
    const double radius = i % 2 == 0 ? 3.0 : 1.0;
    X.row(i) << 5.0 + radius * std::cos(angle), radius * std::sin(angle), 1.0;
    y(i) = i % 2 == 0 ? 0.9 : -0.9;
  }
  return make_problem(X, y, "outer", {"x", "y", "(bias)"});
}

TEST_CASE("samples of the annulus and of the torus lie on them, evenly") {
  const Matrix annulus = annulus_points(2000);
  CHECK(annulus.rowwise().norm().minCoeff() >= 0.45);
  CHECK(annulus.rowwise().norm().maxCoeff() <= 1.0);
  const Matrix torus = torus_points(4000);
  for (Index i = 0; i < torus.rows(); ++i)
    CHECK(std::hypot(torus.row(i).head<2>().norm() - 2.0, torus(i, 2)) == doctest::Approx(1.0));
  for (const Matrix& points : {annulus, torus}) {
    double radius = 0.0;
    const auto sample = farthest_points(points, 100, radius);
    CHECK(sample.size() == 100);
    // A hundred discs of this radius cover the area, and do not overlap more than three times.
    const double area = points.cols() == 2 ? std::numbers::pi * (1.0 - 0.45 * 0.45)
                                           : 8.0 * std::numbers::pi * std::numbers::pi;
    CHECK(radius * radius * std::numbers::pi * 100.0 > 0.9 * area);
    CHECK(radius * radius * std::numbers::pi * 100.0 < 3.0 * area);
  }
}

TEST_CASE("the figure of homology holds its checks") {
  const Figure figure = make_homology({});
  check_figure(figure);
  if (has_persistent_homology()) {
    CHECK(figure.checks.size() >= 27);
    CHECK(figure.tables.size() == 3);
  } else {
    CHECK(figure.caption.find("libgudhi-dev") != std::string::npos);
    CHECK(figure.tables.size() == 1);
  }
}

TEST_CASE("the figure of layers shows points of two columns and two labels") {
  FigureRequest request;
  request.problem = two_classes(60);
  CHECK_FALSE(layers_refuses(*request.problem).has_value());
  const Figure figure = make_layers(request);
  check_figure(figure);
  CHECK(figure.tables.size() == 3);
  CHECK(figure.html.find("<canvas") != std::string::npos);
}

TEST_CASE("the figure of layers says what it cannot show") {
  Problem problem = two_classes(10);
  problem.y(3) = 0.1;
  CHECK(layers_refuses(problem)->find("two labels") != std::string::npos);
  CHECK(layers_refuses(make_problem(Matrix::Ones(4, 3), Vector::LinSpaced(4, 0.0, 1.0)))
            ->find("two columns") != std::string::npos);
  CHECK(layers_refuses(two_classes(2002))->find("at most 2000") != std::string::npos);
}

}  // namespace
