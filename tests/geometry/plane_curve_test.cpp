#include "tautrack/geometry/plane_curve.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <doctest/doctest.h>

#include "tautrack/geometry/caustic.hpp"
#include "tautrack/geometry/curvature.hpp"
#include "tautrack/path/natural_path.hpp"

#include "support/random_problem.hpp"

namespace tautrack::plane_curve_test {
namespace {

using support::Random;

Matrix column(std::initializer_list<double> numbers) {
  Matrix X(static_cast<Index>(numbers.size()), 1);
  std::copy(numbers.begin(), numbers.end(), X.data());
  return X;
}

Vector vector(std::initializer_list<double> numbers) { return column(numbers).col(0); }

Perceptron plane_network(double y1 = 0.0, double y2 = 0.0) {
  return Perceptron(make_problem(column({3.0, 1.0}), vector({y1, y2})));
}

PlaneCurve plane_curve(double tau) { return PlaneCurve(plane_network(), tau); }

OneWeightPoints points_of(double y1, double y2, double tau) {
  return stationary_points_of_one_weight(plane_network(y1, y2), tau);
}

int count_of(double y1, double y2, double tau) {
  return static_cast<int>(points_of(y1, y2, tau).points.size());
}

bool near(double a, double b, double tolerance = 1e-11) {
  return std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b));
}

bool near(const Vector& a, std::initializer_list<double> b, double tolerance = 1e-11) {
  return (a - vector(b)).norm() <= tolerance * vector(b).norm();
}

/// A problem of one weight whose rows have any size and sign.
Problem random_column(Random& random, Index L, double largest, bool weighted) {
  Matrix X(L, 1);
  Vector y(L), omega(L);
  for (Index i = 0; i < L; ++i) {
    X(i, 0) = std::pow(10.0, random.uniform(-1.0, 1.0)) * (random.uniform(-1.0, 1.0) < 0 ? -1 : 1);
    y(i) = random.uniform(-largest, largest);
    omega(i) = random.uniform(0.2, 3.0);
  }
  return make_problem(X, y, "y", {}, weighted ? omega : Vector());
}

PerceptronOptions with(Activation activation, double ridge = 0.0) {
  PerceptronOptions options;
  options.activation = activation;
  options.ridge = ridge;
  return options;
}

constexpr Activation kActivations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                       Activation::erf};

}  // namespace

TEST_CASE("the vertex, the cusp of the evolute and the slope of kappa at the origin (F2)") {
  const PlaneCurve curve = plane_curve(1.0);
  const std::vector<CurveVertex> vertices = curve.vertices();
  REQUIRE(vertices.size() == 2);
  CHECK(near(vertices[1].weight, 0.5426038909337228));
  CHECK(near(vertices[1].curvature, 2.257711945754515));
  CHECK(near(vertices[1].position, {0.9257493095167148, 0.4949564840070014}));
  CHECK(near(vertices[1].cusp, {0.5406391167200073, 0.7137574145021415}));
  CHECK(near(vertices[0].weight, -0.5426038909337228));
  CHECK(near(vertices[0].cusp, {-0.5406391167200073, -0.7137574145021415}));
  CHECK(near(curve.curvature_derivative(0.0), 1.517893276880822));
  CHECK(curve.curvature(0.0) == 0.0);
  CHECK_FALSE(curve.evolute(0.0));
  CHECK(curve.inflections() == std::vector<double>{0.0});
}

TEST_CASE("vertices, cusps and inflections at tau = 0.9 (geometry, section 6)") {
  const PlaneCurve curve = plane_curve(0.9);
  const std::vector<CurveVertex> vertices = curve.vertices();
  REQUIRE(vertices.size() == 4);
  CHECK(near(vertices[2].weight, 0.4847938212595498));
  CHECK(near(vertices[2].curvature, 1.134830068395936));
  CHECK(near(vertices[2].cusp, {0.333805191262702, 1.081169865806197}));
  CHECK(near(vertices[3].weight, 1.498238497901132));
  CHECK(near(vertices[3].curvature, -1.356238286433674));
  CHECK(near(vertices[3].cusp, {1.834238486458535, 0.4087928893993517}));
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(near(vertices[k].weight, -vertices[3 - k].weight));
    CHECK(near(vertices[k].curvature, -vertices[3 - k].curvature));
    CHECK((vertices[k].cusp + vertices[3 - k].cusp).norm() <= 1e-12);
  }
  const std::vector<double> inflections = curve.inflections();
  REQUIRE(inflections.size() == 3);
  CHECK(near(inflections[0], -0.8355918277847455));
  CHECK(inflections[1] == 0.0);
  CHECK(near(inflections[2], 0.8355918277847455));
}

TEST_CASE("feet, their energies and the count map of the plane (geometry, F2 and count map)") {
  const OneWeightPoints three = points_of(0.3, 0.8, 1.0);
  REQUIRE(three.points.size() == 3);
  CHECK(near(three.points[0].weight, 0.220118359530102));
  CHECK(near(three.points[1].weight, 0.6518884564806395));
  CHECK(near(three.points[2].weight, 0.9452290672384478));
  CHECK(three.minima() == 2);
  CHECK(three.maxima() == 1);
  CHECK(three.points[1].index == 1);
  CHECK(three.is_whole);
  const OneWeightPoints one = points_of(0.6, 0.6, 1.0);
  REQUIRE(one.points.size() == 1);
  CHECK(near(one.points[0].weight, 0.368790628370712));
  CHECK(near(one.points[0].energy, 0.05108003045319));
  const OneWeightPoints on_axis = points_of(0.0, 0.95, 1.0);
  REQUIRE(on_axis.points.size() == 3);
  CHECK(near(on_axis.points[0].weight, 0.1058973272369207));
  CHECK(near(on_axis.points[1].weight, 0.6004029001762481));
  CHECK(near(on_axis.points[2].weight, 1.808913031682786));
  CHECK(count_of(-1.0, 0.92, 1.0) == 3);
  CHECK(count_of(-1.0, 1.5, 1.0) == 2);
  CHECK(count_of(0.2, 1.2, 1.0) == 0);
  CHECK(count_of(1.5, 1.5, 1.0) == 0);
  CHECK(count_of(0.2, 1.2, 0.9) == 3);
  CHECK(count_of(0.3, 0.8, 0.9) == 1);
  CHECK(count_of(1.5, 1.5, 0.9) == 1);
  CHECK_FALSE(points_of(1.5, 1.5, 1.0).is_whole);
}

TEST_CASE("the number of finite stationary points changes by one across the walls y_2 = +-1") {
  for (const double y1 : {-1.5, -0.7, 0.0, 0.4, 0.8, 1.6})
    for (const double wall : {-1.0, 1.0}) {
      const int inside = count_of(y1, wall * (1.0 - 1e-6), 1.0);
      const int outside = count_of(y1, wall * (1.0 + 1e-6), 1.0);
      CHECK(std::abs(inside - outside) == 1);
      CHECK(inside % 2 == 1);
      // At tau < 1 there is no wall.
      CHECK(count_of(y1, wall * (1.0 - 1e-6), 0.9) == count_of(y1, wall * (1.0 + 1e-6), 0.9));
    }
}

TEST_CASE("targets an exact end of the range away: a neutral slow row has no stationary point") {
  // X = (3, 1), y = (.5, 1): the path goes to infinity like 1/4 log 1/delta.
  CHECK(count_of(0.5, 1.0, 1.0) == 0);
  CHECK(count_of(1.0, 1.0, 1.0) == 0);
  CHECK(count_of(0.0, 0.0, 1.0) == 1);
  CHECK(points_of(0.0, 0.0, 1.0).points[0].weight == 0.0);
  const OneWeightPoints finite = points_of(3.0, 0.5, 1.0);
  REQUIRE(finite.points.size() == 1);
  CHECK(near(finite.points[0].weight, 0.9035847153637583));
  CHECK(near(finite.points[0].energy, 2.041413287178499));
}

TEST_CASE("the folds of three natural paths lie on the caustic (geometry, table of paths)") {
  struct Row {
    double y1, y2;
    double folds[2][2];
  };
  const Row rows[] = {
      {.4, .9, {{.4156587404998703, .9608017649578813}, {.6020435266606967, .9506170631172932}}},
      {.3, 1.05, {{.3756016468841551, .9413466815689154}, {.5959549508248111, .9212502649600272}}},
      {.2, 1.2, {{.3386711267173852, .9347273414249298}, {.5934993157399669, .8984743990894525}}}};
  for (const Row& row : rows) {
    const Perceptron network = plane_network(row.y1, row.y2);
    const NaturalPath path = track_natural(network);
    REQUIRE(path.folds.size() == 2);
    for (std::size_t k = 0; k < 2; ++k) {
      const NaturalFold& fold = path.folds[k];
      const double w = fold.point.weights(0), tau = fold.point.tau;
      CHECK(near(w, row.folds[k][0]));
      CHECK(near(tau, row.folds[k][1]));
      // |kappa| rho = 1 and y = z + n / kappa.
      const PlaneCurve curve(network, tau);
      const std::optional<Vector> centre = curve.evolute(w);
      REQUIRE(centre);
      CHECK((*centre - network.targets()).norm() <= 1e-9);
      CHECK(std::abs(std::abs(curve.curvature(w)) * (network.targets() - curve.position(w)).norm() -
                     1.0) <= 1e-9);
      const Vector v = network.coordinates(fold.point.weights);
      const ManifoldPoint foot = DataManifold(network, tau).at(v);
      CHECK(std::abs(focal_determinant(foot, foot.residual())) <= 1e-9);
      const FoldConditions conditions = fold_conditions(network, v, tau);
      CHECK(conditions.is_fold(1e-3));
      CHECK(std::abs(conditions.eigenvalue) <= 1e-9 * conditions.eigenvalue_scale);
      const double turning = -conditions.nondegeneracy / conditions.transversality;
      CHECK((turning > 0.0 ? 1 : -1) == fold.curvature_sign);
      // One double point at the fold: three on one side of it, one on the other.
      const double side = fold.curvature_sign * 1e-6;
      const std::size_t before = stationary_points_of_one_weight(network, tau - side).points.size();
      const std::size_t behind = stationary_points_of_one_weight(network, tau + side).points.size();
      CHECK(before == 1);
      CHECK(behind == 3);
    }
  }
  const NaturalPath first = track_natural(plane_network(.4, .9));
  CHECK(near(first.folds[0].point.energy, .2351733009086438));
  CHECK(near(first.folds[1].point.energy, .238167759607053));
  REQUIRE(first.end);
  CHECK(near(first.end->weights(0), 1.439894532008681));
  CHECK(near(first.end->energy, .1798076949388165));
  CHECK(count_of(.4, .9, 1.0) == 1);
  CHECK(near(points_of(.4, .9, 1.0).points[0].weight, 1.439894532008681));
  CHECK(near(points_of(.4, .9, 0.0).points[0].weight, .21));
  CHECK_FALSE(track_natural(plane_network(.3, 1.05)).end);
  CHECK_FALSE(track_natural(plane_network(.2, 1.2)).end);
}

TEST_CASE(
    "parallel curves fold beyond 1 / |k|max, in a swallowtail with its cusps on the evolute") {
  for (const double tau : {0.9, 1.0}) {
    const PlaneCurve curve = plane_curve(tau);
    double largest = 0.0;
    for (const CurveVertex& vertex : curve.vertices())
      largest = std::max(largest, std::abs(vertex.curvature));
    for (const double side : {-1.0, 1.0}) {
      CHECK(curve.parallel_cusps(side * 0.999 / largest).empty());
      CHECK(curve.parallel_cusps(side * 1.001 / largest).size() == 2);
      const double d = side * (tau < 1.0 ? 1.1 : 1.8) / largest;
      const std::vector<double> cusps = curve.parallel_cusps(d);
      REQUIRE(cusps.size() == 2);
      for (const double w : cusps) {
        CHECK(near(1.0, d * curve.curvature(w)));
        CHECK((*curve.evolute(w) - curve.parallel(w, d)).norm() <= 1e-11);
        // The velocity of the parallel curve turns round.
        const double h = 1e-4;
        const Vector before = curve.parallel(w, d) - curve.parallel(w - h, d);
        const Vector behind = curve.parallel(w + h, d) - curve.parallel(w, d);
        CHECK(before.dot(behind) < 0.0);
      }
    }
    CHECK(curve.parallel_cusps(0.0).empty());
  }
}

TEST_CASE("kappa and its derivative agree with finite differences and with the manifold") {
  Random random(7);
  for (int k = 0; k < 60; ++k) {
    const Activation activation = kActivations[k % 4];
    const double tau = k % 3 == 0 ? 1.0 : random.uniform(0.1, 1.0);
    const Perceptron network(random_column(random, 2, 1.0, k % 2 == 1), with(activation));
    const PlaneCurve curve(network, tau);
    const double unit = 1.0 / network.space().basis().cwiseAbs().maxCoeff() /
                        std::abs(network.coordinates(Vector::Ones(1))(0));
    const double w = random.uniform(-1.5, 1.5) * unit, h = 1e-4 * unit;
    const Vector ahead = (curve.position(w + h) - curve.position(w - h)) / (2.0 * h);
    CHECK(near(curve.speed(w), ahead.norm(), 1e-6));
    CHECK((curve.tangent(w) - ahead.normalized()).norm() <= 1e-6);
    CHECK(std::abs(curve.normal(w).dot(curve.tangent(w))) <= 1e-15);
    const Vector turn = (curve.tangent(w + h) - curve.tangent(w - h)) / (2.0 * h * curve.speed(w));
    CHECK((turn - curve.curvature(w) * curve.normal(w)).norm() <=
          1e-6 * (1.0 + std::abs(curve.curvature(w))));
    const double slope = (curve.curvature(w + h) - curve.curvature(w - h)) / (2.0 * h);
    CHECK(std::abs(slope - curve.curvature_derivative(w)) * unit <=
          1e-5 * (1.0 + std::abs(slope) * unit));
    const ManifoldPoint point =
        DataManifold(network, tau).at(network.coordinates(Vector::Constant(1, w)));
    CHECK(near(principal_curvatures(point, curve.normal(w)).values(0), curve.curvature(w), 1e-9));
    CHECK((point.position() - curve.position(w)).norm() <= 1e-13 * (1.0 + point.position().norm()));
    if (const std::optional<Vector> centre = curve.evolute(w))
      CHECK((focal_points(point, curve.normal(w)).at(0).position - *centre).norm() <=
            1e-9 * centre->norm());
  }
}

TEST_CASE("vertices and inflections are all those that a fine scan of kappa sees") {
  Random random(11);
  int vertices = 0, inflections = 0;
  for (int k = 0; k < 40; ++k) {
    const Activation activation = kActivations[k % 4];
    const double tau = k % 3 == 0 ? 1.0 : random.uniform(0.3, 1.0);
    const Problem problem = random_column(random, 2, 1.0, k % 2 == 1);
    const PlaneCurve curve(Perceptron(problem, with(activation)), tau);
    const double unit = 1.0 / problem.X.cwiseAbs().maxCoeff();
    const auto in_scan = [&](double w) { return std::abs(w) < 12.0 * unit; };
    int extrema = 0, changes = 0;
    double a = 0.0, b = 0.0;
    for (int step = -24001; step <= 24001; step += 2) {
      const double kappa = curve.curvature(0.5e-3 * step * unit);
      if (step > -23998 && (b - a) * (kappa - b) < 0.0) ++extrema;
      if (step > -24001 && b * kappa < 0.0) ++changes;
      a = b;
      b = kappa;
    }
    int found = 0;
    for (const CurveVertex& vertex : curve.vertices()) {
      if (!in_scan(vertex.weight)) continue;
      ++found;
      CHECK(std::abs(curve.curvature_derivative(vertex.weight)) * unit <=
            1e-9 * std::abs(vertex.curvature));
    }
    CHECK(found == extrema);
    vertices += found;
    found = 0;
    for (const double w : curve.inflections()) found += in_scan(w) ? 1 : 0;
    CHECK(found == changes);
    inflections += found;
  }
  CHECK(vertices > 40);
  CHECK(inflections > 20);
}

TEST_CASE("a straight curve has no vertices, and ratio two has curvature one at its ends") {
  for (const double x2 : {-2.0, 0.0, 2.0}) {
    const PlaneCurve curve(Perceptron(make_problem(column({2.0, x2}), vector({.1, .2}))), 1.0);
    CHECK(curve.is_straight());
    CHECK(curve.vertices().empty());
    CHECK(curve.inflections().empty());
    CHECK(curve.parallel_cusps(1.0).empty());
    CHECK(curve.curvature(0.3) == 0.0);
    CHECK_FALSE(curve.evolute(0.3));
  }
  CHECK(plane_curve(0.0).is_straight());
  const PlaneCurve half(Perceptron(make_problem(column({1.0, 0.5}), vector({0, 0}))), 1.0);
  CHECK_FALSE(half.is_straight());
  for (const double w : {20.0, 100.0, 300.0}) CHECK(near(half.curvature(w), 1.0, 1e-6));
  for (const double w : {-1e300, -800.0, 800.0, 1e5, 1e300}) {
    CHECK(std::isfinite(half.curvature(w)));
    CHECK(std::isfinite(half.curvature_derivative(w)));
    CHECK(half.position(w).allFinite());
    CHECK(half.normal(w).allFinite());
  }
  CHECK(half.vertices().size() == 2);
  CHECK(half.inflections() == std::vector<double>{0.0});
}

TEST_CASE("one pattern with a ridge is a plane curve, too") {
  const double ridge = 0.3;
  const Perceptron network(make_problem(column({2.0}), vector({1.4}), "y", {}, vector({0.5})),
                           with(Activation::tanh, ridge));
  const PlaneCurve curve(network, 1.0);
  const double w = 0.4;
  CHECK(near(curve.position(w)(0), std::sqrt(0.5) * std::tanh(2.0 * w)));
  CHECK(near(std::abs(curve.position(w)(1)), std::sqrt(ridge) * w));
  CHECK(curve.inflections() == std::vector<double>{0.0});
  CHECK(curve.vertices().size() == 2);
  const OneWeightPoints points = stationary_points_of_one_weight(network, 1.0);
  CHECK(points.points.size() == 1);
  CHECK(points.is_whole == false);
}

TEST_CASE("stationary points of one weight are all those that a fine scan sees, each to rounding") {
  Random random(5);
  int total = 0, most = 0;
  for (int k = 0; k < 120; ++k) {
    const Activation activation = kActivations[k % 4];
    const double ridge = k % 5 == 4 ? 0.05 : 0.0;
    const double tau = k % 3 == 0 ? 1.0 : random.uniform(0.5, 1.0);
    const Index L = random.integer(1, 7);
    const Problem problem = random_column(random, L, k % 2 == 0 ? 1.0 : 1.6, k % 4 >= 2);
    const Perceptron network(problem, with(activation, ridge));
    const OneWeightPoints found = stationary_points_of_one_weight(network, tau);
    const double unit = 1.0 / problem.X.cwiseAbs().maxCoeff();
    const double scan = 60.0 * unit;
    Perceptron::Workspace work(network);
    Vector H(1);
    const auto gradient = [&](double w) {
      (void)network.gradient(network.coordinates(Vector::Constant(1, w)), tau, work, H);
      return H(0) * network.coordinates(Vector::Ones(1))(0);
    };
    int changes = 0;
    constexpr int steps = 4001;
    double before = 0.0;
    for (int step = -steps; step <= steps; step += 2) {
      const double t = std::asinh(60.0 / 0.05) * step / steps;
      const double here = gradient(0.05 * unit * std::sinh(t));
      if (before * here < 0.0) ++changes;
      if (here != 0.0) before = here;
    }
    int in_scan = 0, degree = 0;
    for (const OneWeightPoint& point : found.points) {
      CHECK(point.index >= 0);
      degree += point.index == 0 ? 1 : -1;
      CHECK(point.weight >= found.searched.low);
      CHECK(point.weight <= found.searched.high);
      CHECK((point.second_derivative < 0.0) == (point.index == 1));
      const Vector v = network.coordinates(Vector::Constant(1, point.weight));
      const double scale = network.gradient(v, tau, work, H);
      CHECK(std::abs(H(0)) <= 1e-13 * scale);
      CHECK(std::abs(point.energy - network.energy(v, tau, work)) <= 1e-13);
      const double h = 1e-5 * unit;
      const double slope = (gradient(point.weight + h) - gradient(point.weight - h)) / (2.0 * h);
      CHECK(std::abs(point.second_derivative - slope) <=
            1e-4 * (std::abs(slope) + scale / (unit * unit * 1e3)));
      if (std::abs(point.weight) < scan) ++in_scan;
    }
    CHECK(in_scan == changes);
    if (found.is_whole) CHECK(degree == 1);
    total += in_scan;
    most = std::max(most, in_scan);
  }
  CHECK(total > 100);
  CHECK(most >= 3);
}

TEST_CASE("a target on the evolute has a double point, one beside it none or two more") {
  for (const double tau : {0.9, 1.0}) {
    const PlaneCurve curve = plane_curve(tau);
    for (const double w : {0.3, 0.45, 0.62, 0.7}) {
      const Vector y = *curve.evolute(w);
      const OneWeightPoints points = points_of(y(0), y(1), tau);
      int doubles = 0;
      for (const OneWeightPoint& point : points.points)
        if (point.index < 0) {
          ++doubles;
          CHECK(near(point.weight, w, 1e-7));
        }
      CHECK(doubles == 1);
      const Vector tangent = curve.tangent(w);
      const double step = 1e-9;
      const int one = count_of(y(0) + step * tangent(0), y(1) + step * tangent(1), tau);
      const int other = count_of(y(0) - step * tangent(0), y(1) - step * tangent(1), tau);
      CHECK(std::abs(one - other) == 2);
      CHECK(one + other == 2 * (static_cast<int>(points.points.size()) - 1) + 2);
    }
  }
}

TEST_CASE("inputs and targets of extreme size come to an end, with finite numbers") {
  for (const double tau : {0.5, 1.0 - 1e-16, 1.0})
    for (const double size : {1e-300, 1e-10, 1.0, 1e100}) {
      const Matrix X = column({1e150, size});
      for (const double y : {1e-200, 0.5, 1.0, 1e100}) {
        const Perceptron network(make_problem(X, vector({y, -y})));
        for (const OneWeightPoint& point : stationary_points_of_one_weight(network, tau).points) {
          CHECK(std::isfinite(point.weight));
          CHECK(std::isfinite(point.energy));
          CHECK_FALSE(std::isnan(point.second_derivative));
        }
      }
      const PlaneCurve curve(Perceptron(make_problem(X, vector({0.0, 0.0}))), tau);
      for (const CurveVertex& vertex : curve.vertices()) CHECK(vertex.cusp.allFinite());
      for (const double w : curve.inflections()) CHECK(std::isfinite(w));
      for (const double w : curve.parallel_cusps(1.0)) CHECK(std::isfinite(w));
      CHECK_FALSE(std::isnan(curve.curvature(1e-150)));
      CHECK_FALSE(std::isnan(curve.curvature_derivative(1e-150)));
    }
}

TEST_CASE("plane curves refuse what is no curve in the plane") {
  const Perceptron plane = plane_network();
  CHECK_THROWS_AS(PlaneCurve(plane, 1.5), std::invalid_argument);
  CHECK_THROWS_AS(PlaneCurve(plane, std::numeric_limits<double>::quiet_NaN()),
                  std::invalid_argument);
  const Perceptron three(make_problem(column({1, 2, 3}), vector({0, 0, 0})));
  CHECK_THROWS_AS(PlaneCurve(three, 1.0), std::invalid_argument);
  const Perceptron two(make_problem(Matrix::Identity(2, 2), vector({0, 0})));
  CHECK_THROWS_AS(PlaneCurve(two, 1.0), std::invalid_argument);
  CHECK_THROWS_AS((void)stationary_points_of_one_weight(two, 1.0), std::invalid_argument);
  CHECK_THROWS_AS((void)stationary_points_of_one_weight(plane, -0.1), std::invalid_argument);
}

}  // namespace tautrack::plane_curve_test
