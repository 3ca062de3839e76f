#include "tautrack/network/layer.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>

#include <Eigen/LU>
#include <Eigen/SVD>
#include <doctest/doctest.h>

namespace layer_test {

namespace {

using tautrack::Activation;
using tautrack::Homeomorphism;
using tautrack::Index;
using tautrack::InverseStatus;
using tautrack::Layer;
using tautrack::LayerStack;
using tautrack::Matrix;
using tautrack::Preimage;
using tautrack::Vector;

constexpr std::array<Activation, 4> all_activations{Activation::tanh, Activation::logistic,
                                                    Activation::arctan, Activation::erf};

Matrix random_matrix(std::mt19937_64& engine, Index rows, Index columns) {
  std::normal_distribution<double> normal;
  return Matrix::NullaryExpr(rows, columns, [&] { return normal(engine); });
}

Layer random_layer(std::mt19937_64& engine, Index inputs, Index outputs,
                   Activation activation = Activation::tanh) {
  Matrix W = random_matrix(engine, outputs, inputs);
  return {std::move(W), random_matrix(engine, outputs, 1), activation};
}

double smallest_singular_value(const Matrix& A) {
  return Eigen::JacobiSVD<Matrix>(A).singularValues().tail<1>()(0);
}

TEST_CASE("a layer is linear at tau = 0, a sigmoid at tau = 1 and their mean half way") {
  const Layer layer(Matrix{{2.0, -1.0}, {0.5, 3.0}}, Vector{{0.25, -0.5}});
  const Matrix points{{0.1, -0.4, 2.0}, {0.7, 0.2, -1.0}};
  const Matrix u = (layer.weights() * points).colwise() + layer.bias();
  CHECK((layer.apply(points, 0.0) - u).norm() <= 1e-15);
  const Matrix tanh = u.array().tanh();
  CHECK((layer.apply(points) - tanh).norm() <= 1e-15);
  CHECK((layer.apply(points, 0.5) - 0.5 * (u + tanh)).norm() <= 1e-15);
}

TEST_CASE("the Jacobian of a stack is the limit of its difference quotients") {
  std::mt19937_64 engine(1);
  constexpr double h = 1e-6;
  for (const Activation activation : all_activations)
    for (const double tau : {0.0, 0.6, 1.0}) {
      const LayerStack stack(
          {random_layer(engine, 3, 4, activation), random_layer(engine, 4, 2, activation)});
      const Vector x = random_matrix(engine, 3, 1);
      const Matrix J = stack.jacobian(x, tau);
      REQUIRE(J.rows() == 2);
      REQUIRE(J.cols() == 3);
      for (Index j = 0; j < 3; ++j) {
        const Vector step = h * Vector::Unit(3, j);
        const Matrix quotient = (stack.apply(x + step, tau) - stack.apply(x - step, tau)) / (2 * h);
        CHECK((quotient - J.col(j)).norm() <= 1e-8 * (1.0 + J.norm()));
      }
    }
}

TEST_CASE("the inverse of a layer undoes it for every sigmoid and every tau") {
  std::mt19937_64 engine(2);
  for (const Activation activation : all_activations)
    for (const double tau : {0.0, 1e-9, 0.3, 0.9, 0.999999, 1.0})
      for (const Index n : {1, 2, 5}) {
        const Layer layer = random_layer(engine, n, n, activation);
        const Vector x = 0.5 * random_matrix(engine, n, 1);
        const Vector y = layer.apply(x, tau);
        const Preimage back = layer.inverse(y, tau);
        REQUIRE(back.ok());
        // The rounding of y is magnified by |J^-1|.
        const double slope = layer.largest_inverse_slope(x, tau);
        CHECK((back.x - x).norm() <= 1e-14 * (1.0 + slope) * (1.0 + x.norm()));
        CHECK((layer.inverse_jacobian(x, tau) * layer.jacobian(x, tau) - Matrix::Identity(n, n))
                  .norm() <= 1e-11);
      }
}

TEST_CASE("far from zero an inverse for tau < 1 keeps its precision") {
  const Layer layer(Matrix{{1.0}}, Vector{{0.0}});
  for (const double tau : {0.5, 1.0 - 1e-12})
    for (const double x : {1e-300, 1e-3, 20.0, 1e6, -1e200}) {
      const Preimage back = layer.inverse(layer.apply(Vector{{x}}, tau), tau);
      REQUIRE(back.ok());
      const double slope = layer.largest_inverse_slope(Vector{{x}}, tau);
      const double image = std::abs(layer.apply(Vector{{x}}, tau)(0));
      CHECK(std::abs(back.x(0) - x) <= 4e-16 * (std::abs(x) + slope * image));
    }
}

TEST_CASE("points outside the range have no preimage at tau = 1, and one for every smaller tau") {
  const Layer layer(Matrix{{1.0, 2.0}, {0.0, 1.0}}, Vector{{0.5, 0.0}});
  for (const double y : {1.0, -1.0, 1.5, -7.0}) {
    const Preimage none = layer.inverse(Vector{{0.25, y}});
    CHECK(none.status == InverseStatus::outside_range);
    CHECK(none.x.size() == 0);
    CHECK(none.message.find("component 2") != std::string::npos);
    CHECK(layer.inverse(Vector{{0.25, y}}, 0.999).ok());
  }
  CHECK(layer.inverse(Vector{{0.25, std::nextafter(1.0, 0.0)}}).ok());
  const Layer logistic(Matrix{{1.0}}, Vector{{0.0}}, Activation::logistic);
  CHECK(logistic.inverse(Vector{{0.0}}).status == InverseStatus::outside_range);
  CHECK(logistic.inverse(Vector{{1e-300}}).x(0) == doctest::Approx(std::log(1e-300)));
}

TEST_CASE("a W that is singular to working precision has no inverse, a small one has") {
  for (const Matrix& W : {Matrix{{1.0, 2.0}, {2.0, 4.0}}, Matrix{{0.1, 0.7}, {0.3, 2.1}},
                          Matrix{{0.0, 0.0}, {0.0, 1.0}}}) {
    const Layer layer(W, Vector::Zero(2));
    CHECK(layer.inverse(Vector{{0.1, 0.2}}).status == InverseStatus::singular);
    CHECK(layer.largest_inverse_slope(Vector::Zero(2)) > 1e14);
  }
  const Layer small(Matrix{{1e-20, 0.0}, {0.0, 1e20}}, Vector::Zero(2));
  const Preimage back = small.inverse(Vector{{0.5, 0.5}});
  REQUIRE(back.ok());
  CHECK(back.x(0) == doctest::Approx(1e20 * std::atanh(0.5)));
}

TEST_CASE("a square layer with a good W is proven to be a homeomorphism") {
  const auto diagonal = Layer(Matrix{{3.0, 0.0}, {0.0, -0.5}}, Vector::Zero(2)).homeomorphism();
  CHECK(diagonal.answer == Homeomorphism::yes);
  CHECK(diagonal.smallest_singular_value <= 0.5);
  CHECK(diagonal.smallest_singular_value >= 0.49);
  std::mt19937_64 engine(3);
  for (const Index n : {1, 2, 3, 10, 40})
    for (int repeat = 0; repeat < 5; ++repeat) {
      const Layer layer = random_layer(engine, n, n);
      const auto verdict = layer.homeomorphism();
      const double smallest = smallest_singular_value(layer.weights());
      CHECK(verdict.answer == Homeomorphism::yes);
      CHECK(verdict.smallest_singular_value <= smallest * (1.0 + 1e-9));
      CHECK(verdict.smallest_singular_value >= smallest / (1.01 * std::sqrt(double(n))));
    }
}

TEST_CASE("the proof does not depend on the size of W") {
  for (const double size : {1e-290, 1e-20, 1e20, 1e290}) {
    const Layer layer(size * Matrix{{1.2, 0.5}, {-0.4, 1.0}}, Vector::Zero(2));
    const auto verdict = layer.homeomorphism();
    CHECK(verdict.answer == Homeomorphism::yes);
    // The singular values of the matrix at size 1 are 1.3 and 1.08.
    CHECK(verdict.smallest_singular_value > 0.5 * size);
    CHECK(verdict.smallest_singular_value < 1.1 * size);
  }
}

TEST_CASE("a singular W is never said to be a homeomorphism") {
  std::mt19937_64 engine(4);
  std::uniform_int_distribution<int> digit(-9, 9);
  for (const Index n : {2, 3, 6})
    for (int repeat = 0; repeat < 30; ++repeat) {
      // Of rank n - 1 at most, without rounding.
      Matrix A(n, n - 1), B(n - 1, n);
      for (double& entry : A.reshaped()) entry = digit(engine);
      for (double& entry : B.reshaped()) entry = digit(engine);
      CHECK(Layer(A * B, Vector::Zero(n)).homeomorphism().answer != Homeomorphism::yes);
    }
  CHECK(Layer(Matrix::Zero(2, 2), Vector::Zero(2)).homeomorphism().answer != Homeomorphism::yes);
}

TEST_CASE("a nearly singular W is never said to be singular") {
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  for (const double gap : {epsilon, 4.0 * epsilon, 1e-12, 1e-6}) {
    const auto verdict =
        Layer(Matrix{{1.0, 1.0}, {1.0, 1.0 + gap}}, Vector::Zero(2)).homeomorphism();
    CHECK(verdict.answer != Homeomorphism::no);
    CHECK(verdict.smallest_singular_value <= gap);
  }
  // det = 1 exactly, with singular values of 1e8 and 1e-8.
  const double big = 134217728.0;
  const auto verdict =
      Layer(Matrix{{big, big - 1.0}, {big + 1.0, big}}, Vector::Zero(2)).homeomorphism();
  CHECK(verdict.answer != Homeomorphism::no);
}

TEST_CASE("layers that change the width are no homeomorphisms and say why") {
  std::mt19937_64 engine(5);
  const auto wider = random_layer(engine, 2, 3).homeomorphism();
  CHECK(wider.answer == Homeomorphism::no);
  CHECK(wider.reason.find("open set") != std::string::npos);
  const auto narrower = random_layer(engine, 3, 2).homeomorphism();
  CHECK(narrower.answer == Homeomorphism::no);
  CHECK(narrower.reason.find("not injective") != std::string::npos);
}

TEST_CASE("a stack is a homeomorphism if every layer is, and none if one is none") {
  std::mt19937_64 engine(6);
  const Layer good = random_layer(engine, 2, 2), wide = random_layer(engine, 2, 3),
              narrow = random_layer(engine, 3, 2), same = random_layer(engine, 3, 3);
  const Layer folded(Matrix{{1.0, 2.0}, {2.0, 4.0}}, Vector::Zero(2));
  CHECK(LayerStack({good, good}).homeomorphism().answer == Homeomorphism::yes);
  CHECK(LayerStack({good, folded, good}).homeomorphism().answer != Homeomorphism::yes);
  CHECK(LayerStack({good, wide}).homeomorphism().answer == Homeomorphism::no);
  CHECK(LayerStack({narrow, good}).homeomorphism().answer == Homeomorphism::no);
  // Through fewer units and back.
  CHECK(LayerStack({narrow, wide}).homeomorphism().answer == Homeomorphism::no);
  // x -> (x, x) -> 2 x, so to speak: it may well be one.
  CHECK(LayerStack({wide, same, narrow}).homeomorphism().answer == Homeomorphism::undecided);
}

TEST_CASE("the inverse of a stack undoes it and names the layer that has no inverse") {
  std::mt19937_64 engine(7);
  const LayerStack stack({random_layer(engine, 3, 3), random_layer(engine, 3, 3)});
  for (const double tau : {0.0, 0.5, 1.0}) {
    const Vector x = 0.2 * random_matrix(engine, 3, 1);
    const Preimage back = stack.inverse(stack.apply(x, tau), tau);
    REQUIRE(back.ok());
    CHECK((back.x - x).norm() <= 1e-13 * (1.0 + stack.largest_inverse_slope(x, tau)));
  }
  const Preimage none = stack.inverse(Vector{{0.999999, -0.999999, 0.999999}});
  CHECK(none.status == InverseStatus::outside_range);
  CHECK(none.message.find("layer 1") != std::string::npos);
  const LayerStack wide({random_layer(engine, 2, 3)});
  CHECK(wide.inverse(Vector::Zero(3)).status == InverseStatus::singular);
}

TEST_CASE("the inverse is as steep as the Jacobian is flat") {
  std::mt19937_64 engine(8);
  const LayerStack stack({random_layer(engine, 2, 2), random_layer(engine, 2, 2)});
  const Matrix points = random_matrix(engine, 2, 20);
  double largest = 0.0;
  for (const auto& x : points.colwise())
    largest = std::max(largest, 1.0 / smallest_singular_value(stack.jacobian(x)));
  CHECK(stack.largest_inverse_slope(points) == doctest::Approx(largest).epsilon(1e-8));
  // f' = 4 exp(-60) at u = 30.
  const Layer steep(Matrix{{1.0}}, Vector{{0.0}});
  CHECK(steep.largest_inverse_slope(Vector{{30.0}}) ==
        doctest::Approx(0.25 * std::exp(60.0)).epsilon(1e-12));
}

TEST_CASE("over a box the inverse is nowhere steeper than the bound") {
  std::mt19937_64 engine(9);
  for (const double tau : {0.0, 0.7, 1.0}) {
    const Layer layer = random_layer(engine, 2, 2);
    const Vector low{{-0.5, -1.0}}, high{{1.0, 0.25}};
    const Matrix unit = 0.5 * (Matrix::Random(2, 200).array() + 1.0);
    const Matrix points = ((high - low).asDiagonal() * unit).colwise() + low;
    const double bound = layer.inverse_slope_bound(low, high, tau);
    CHECK(layer.largest_inverse_slope(points, tau) <= bound * (1.0 + 1e-12));
    CHECK(layer.inverse_slope_bound(low, low, tau) ==
          doctest::Approx(layer.largest_inverse_slope(low, tau)));
  }
}

TEST_CASE("sizes that do not agree are refused") {
  const Layer layer(Matrix{{1.0, 0.0}, {0.0, 1.0}}, Vector::Zero(2));
  const Layer wide(Matrix::Ones(3, 2), Vector::Zero(3));
  CHECK_THROWS_AS(Layer(Matrix(0, 2), Vector()), std::invalid_argument);
  CHECK_THROWS_AS(Layer(Matrix::Ones(2, 2), Vector::Zero(3)), std::invalid_argument);
  CHECK_THROWS_AS(Layer(Matrix{{std::nan("")}}, Vector::Zero(1)), std::invalid_argument);
  CHECK_THROWS_AS(LayerStack({}), std::invalid_argument);
  CHECK_THROWS_WITH_AS(LayerStack({wide, layer}),
                       "layer 2 must take the 3 outputs of the layer before, but has 2 inputs",
                       std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(layer.apply(Matrix::Zero(3, 4))), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(layer.apply(Matrix::Zero(2, 4), 1.5)), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(layer.apply(Matrix::Zero(2, 4), std::nan(""))),
                  std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(layer.inverse(Vector::Zero(3))), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(wide.determinant()), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(wide.inverse_jacobian(Vector::Zero(2))), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(layer.inverse_slope_bound(Vector::Ones(2), Vector::Zero(2))),
                  std::invalid_argument);
  const Layer large(Matrix::Constant(2, 2, 1e200), Vector::Zero(2));
  CHECK_THROWS_AS(static_cast<void>(large.apply(Matrix::Constant(2, 1, 1e200))),
                  std::invalid_argument);
}

}  // namespace

}  // namespace layer_test
