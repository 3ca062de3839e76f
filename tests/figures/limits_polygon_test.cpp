#include "figures/limits_polygon.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include <Eigen/Dense>
#include <doctest/doctest.h>

namespace {

using namespace tautrack;
using namespace tautrack::program;

constexpr double tiny = 1e-13;

/// Uneven levels, of which the second one occurs twice.
Problem uneven_problem() {
  const std::vector<double> x = {0, 1, 1, 1.5, 3, 4, 7}, y = {0.2, 0.1, 0.5, 1.0, 2.2, 1.9, 3.0};
  Matrix X(7, 2);
  X.col(0) = Eigen::Map<const Vector>(x.data(), 7);
  X.col(1).setOnes();
  return make_problem(X, Eigen::Map<const Vector>(y.data(), 7));
}

/// E of the best a + b phi, by the normal equations.
template <class Function>
double least_squares_energy(const Problem& problem, const Function& phi) {
  Matrix A(problem.X.rows(), 2);
  for (Index i = 0; i < A.rows(); ++i) A.row(i) << 1.0, phi(problem.X(i, 0));
  const Vector best = A.colPivHouseholderQr().solve(problem.y);
  return 0.5 * (A * best - problem.y).squaredNorm();
}

double largest_difference(const LimitsPolygon::Shares& a, const LimitsPolygon::Shares& b) {
  double largest = 0.0;
  for (std::size_t j = 0; j < a.size(); ++j) largest = std::max(largest, std::abs(a[j] - b[j]));
  return largest;
}

}  // namespace

TEST_CASE("energies over the polygon of limits are those of least squares") {
  const Problem problem = uneven_problem();
  const LimitsPolygon polygon(problem);
  const auto logistic = [](double u) { return 1.0 / (1.0 + std::exp(-u)); };
  for (const double w : {0.01, 0.3, 1.0, 4.0})
    for (const double h : {-3.0, 1.2, 5.0}) {
      CAPTURE(w);
      CAPTURE(h);
      CHECK(polygon.energy(polygon.sigmoid(w, -w * h)) ==
            doctest::Approx(least_squares_energy(problem, [&](double x) {
              return logistic(w * (x - h));
            })).epsilon(1e-9));
    }
  for (const double rate : {-1.0, -0.2, 0.5})
    CHECK(polygon.energy(polygon.exponential(rate)) ==
          doctest::Approx(least_squares_energy(problem, [&](double x) {
            return std::exp(rate * x);
          })).epsilon(1e-12));
  CHECK(polygon.energy_of_line() ==
        doctest::Approx(least_squares_energy(problem, [](double x) { return x; })).epsilon(1e-12));
  const Vector residual = problem.y.array() - problem.y.mean();
  CHECK(polygon.energy_of_constant() ==
        doctest::Approx(0.5 * residual.squaredNorm()).epsilon(1e-12));
  CHECK(polygon.energy(polygon.step(2.25)) ==
        doctest::Approx(least_squares_energy(problem, [](double x) {
          return x > 2.0 ? 1.0 : 0.0;
        })).epsilon(1e-12));
  // At the best rate none beside it is better.
  const double rate = polygon.best_rate(), best = polygon.energy(polygon.exponential(rate));
  for (const double other : {rate - 1e-4, rate + 1e-4, -3.0, -0.5, 0.0, 0.5, 3.0})
    CHECK(polygon.energy(polygon.exponential(other)) >= best);
}

TEST_CASE("far out sigmoids are exponentials, and steep ones steps") {
  const LimitsPolygon polygon(uneven_problem());
  CHECK(largest_difference(polygon.sigmoid(0.7, -60.0), polygon.exponential(0.7)) < tiny);
  CHECK(largest_difference(polygon.sigmoid(0.7, 60.0), polygon.exponential(-0.7)) < tiny);
  CHECK(largest_difference(polygon.sigmoid(200.0, -200.0 * 2.2), polygon.step(2.25)) < tiny);
  // At a level that is free, 1.5 at logistic(0) = 1/2.
  const LimitsPolygon::Shares free = polygon.sigmoid(200.0, -200.0 * 1.5);
  CHECK(largest_difference(free, {0.0, 0.5, 0.5, 0.0, 0.0}) < tiny);
  CHECK(largest_difference(free, polygon.step(0.5 * (1.25 + 2.25))) < tiny);
  for (const LimitsPolygon::Shares& shares :
       {polygon.sigmoid(1e-6, 0.0), polygon.sigmoid(700.0, 1e4), polygon.exponential(-900.0),
        polygon.exponential(1e-300)})
    CHECK(std::accumulate(shares.begin(), shares.end(), 0.0) == doctest::Approx(1.0).epsilon(tiny));
}

TEST_CASE("the picture of the polygon has one place for each curve") {
  const LimitsPolygon polygon(uneven_problem());
  const std::vector<double>& corners = polygon.corners();
  REQUIRE(corners.size() == 5);
  for (const double corner : corners) {
    const PolygonPlace place = polygon.place(polygon.step(corner));
    CHECK(place.across == doctest::Approx(corner).epsilon(tiny));
    CHECK(place.down == doctest::Approx(polygon.lower_edge(corner)).epsilon(1e-6));
  }
  for (int k = 1; k < 40; ++k) {
    const double across = corners.front() + (corners.back() - corners.front()) * k / 40;
    CAPTURE(across);
    double last = -2.0, lowest = 0.0;
    int count = 0;
    polygon.walk_up(across, 20, [&](const PolygonPlace& place, double energy) {
      CHECK(place.across == doctest::Approx(across).epsilon(1e-9));
      // Steeper ones lie lower; next to the edge to rounding.
      CHECK(place.down > last - 1e-7);
      CHECK(energy > 0.0);
      if (count++ == 0) lowest = place.down;
      last = place.down;
    });
    CHECK(count == 21);
    CHECK(lowest == polygon.lower_edge(across));
    CHECK(last == 0.0);
  }
}
