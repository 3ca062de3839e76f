#include "tautrack/network/perceptron.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>

#include <Eigen/LU>
#include <Eigen/SVD>
#include <doctest/doctest.h>

#include "support/derivative_check.hpp"
#include "support/long_activation.hpp"

namespace perceptron_test {

namespace {

using tautrack::Activation;
using tautrack::DataError;
using tautrack::Index;
using tautrack::make_problem;
using tautrack::Matrix;
using tautrack::Perceptron;
using tautrack::PerceptronOptions;
using tautrack::Problem;
using tautrack::Vector;
using tautrack::support::activate;
using tautrack::support::relative_error;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr Activation all_activations[] = {Activation::tanh, Activation::logistic,
                                          Activation::arctan, Activation::erf};

/// A problem of L patterns and s weights from a fixed seed: normally distributed inputs of
/// different sizes and offsets, the last column the bias, targets in the range of every activation
/// or outside.
Problem random_problem(Index L, Index s, unsigned seed, bool weighted = false) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(0.25, 4.0);
  Matrix X = Matrix::NullaryExpr(L, s, [&] { return normal(engine); });
  for (Index j = 0; j + 1 < s; ++j)
    X.col(j) = (X.col(j).array() + static_cast<double>(j)) * std::pow(3.0, static_cast<double>(j));
  X.col(s - 1).setOnes();
  const Vector y = Vector::NullaryExpr(L, [&] { return 0.7 * normal(engine); });
  const Vector omega =
      weighted ? Vector(Vector::NullaryExpr(L, [&] { return uniform(engine); })) : Vector();
  return make_problem(X, y, "random", {}, omega);
}

/// Coordinates of moderate size from a fixed seed: node inputs of the order of one.
Vector random_point(const Perceptron& network, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  const double size =
      std::sqrt(static_cast<double>(network.patterns()) / static_cast<double>(network.unknowns()));
  return Vector::NullaryExpr(network.unknowns(), [&] { return size * normal(engine); });
}

PerceptronOptions options_with(Activation activation, double ridge = 0.0,
                               bool standardised = false) {
  PerceptronOptions options;
  options.activation = activation;
  options.ridge = ridge;
  options.ridge_standardised = standardised;
  return options;
}

/// The equations of the header once more, in the weights w, the user's units and long double,
/// pattern by pattern and from the textbook formulas of the activations.
class Naive {
 public:
  using Real = long double;
  using LongVector = Eigen::Matrix<Real, Eigen::Dynamic, 1>;
  using LongMatrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;

  Naive(const Problem& problem, const PerceptronOptions& options)
      : X_(problem.X.cast<Real>()),
        y_(problem.y.cast<Real>()),
        omega_(LongVector::Ones(problem.y.size())),
        penalty_(LongVector::Constant(problem.X.cols(), options.ridge)),
        activation_(options.activation) {
    if (problem.pattern_weights.size() > 0) omega_ = problem.pattern_weights.cast<Real>();
    if (options.ridge_standardised) {
      // A pattern of weight two counts twice, here as everywhere.
      const Real patterns = omega_.sum();
      for (Index j = 0; j < X_.cols(); ++j) {
        const Real mean = X_.col(j).dot(omega_) / patterns;
        const LongVector centred = (X_.col(j).array() - mean).matrix();
        penalty_(j) *= centred.cwiseAbs2().dot(omega_) / patterns;
      }
    }
  }

  struct Derivatives {
    Real energy = 0;
    LongVector gradient, gradient_by_tau;  // s
    LongMatrix hessian;                    // s x s
  };

  [[nodiscard]] Derivatives at(const Vector& w_double, double tau_double) const {
    const LongVector w = w_double.cast<Real>();
    const Real tau = tau_double;
    Derivatives d;
    d.energy = penalty_.dot(w.cwiseAbs2()) / 2;
    d.gradient = penalty_.cwiseProduct(w);
    d.gradient_by_tau = LongVector::Zero(w.size());
    d.hessian = penalty_.asDiagonal();
    for (Index i = 0; i < y_.size(); ++i) {
      const LongVector x = X_.row(i);
      const Real u = x.dot(w);
      Real sigma = 0, first = 0, second = 0;
      activate(activation_, u, sigma, first, second);
      const Real residual = (1 - tau) * u + tau * sigma - y_(i);
      const Real slope = (1 - tau) + tau * first;
      d.energy += omega_(i) * residual * residual / 2;
      d.gradient += omega_(i) * slope * residual * x;
      d.hessian += omega_(i) * (slope * slope + tau * second * residual) * x * x.transpose();
      d.gradient_by_tau += omega_(i) * ((first - 1) * residual + slope * (sigma - u)) * x;
    }
    return d;
  }

 private:
  LongMatrix X_;
  LongVector y_, omega_, penalty_;
  Activation activation_;
};

/// W with w = weights(v) = W v.
Matrix weights_map(const Perceptron& network, Index s) {
  Matrix W(s, network.unknowns());
  for (Index j = 0; j < network.unknowns(); ++j)
    W.col(j) = network.weights(Vector::Unit(network.unknowns(), j));
  return W;
}

/// Everything a Perceptron says about one point.
struct Evaluation {
  double energy = 0.0;
  double scale = 0.0;
  Vector H, H_tau;
  Matrix H_v;
};

Evaluation evaluation(const Perceptron& network, const Vector& v, double tau) {
  Perceptron::Workspace work(network);
  const Index n = network.unknowns();
  Evaluation e{0.0, 0.0, Vector(n), Vector(n), Matrix(n, n)};
  e.energy = network.energy(v, tau, work);
  e.scale = network.derivatives(v, tau, work, e.H, e.H_v, e.H_tau);
  return e;
}

/// Largest relative error of energy, H, H_v and H_tau against the naive implementation. With w = W
/// v the chain rule gives H = W' grad, H_v = W' Hess W.
double error_against_naive(const Problem& problem, const PerceptronOptions& options, double tau,
                           unsigned seed, double size = 1.0) {
  const Perceptron network(problem, options);
  const Vector v = size * random_point(network, seed);
  const Evaluation e = evaluation(network, v, tau);
  const Matrix W = weights_map(network, problem.X.cols());
  const Naive::LongMatrix W_long = W.cast<long double>();
  const Naive::Derivatives naive = Naive(problem, options).at(network.weights(v), tau);
  const double energy = static_cast<double>(naive.energy);
  const Vector H = (W_long.transpose() * naive.gradient).cast<double>();
  const Vector H_tau = (W_long.transpose() * naive.gradient_by_tau).cast<double>();
  const Matrix H_v = (W_long.transpose() * naive.hessian * W_long).cast<double>();
  return std::max({std::abs(e.energy - energy) / energy, relative_error(e.H, H),
                   relative_error(e.H_v, H_v), relative_error(e.H_tau, H_tau)});
}

/// Newton's method for H = 0 at this tau from v, as far as it goes.
Vector stationary_point(const Perceptron& network, Vector v, double tau) {
  for (int k = 0; k < 50; ++k) {
    const Evaluation e = evaluation(network, v, tau);
    v -= e.H_v.fullPivLu().solve(e.H);
  }
  return v;
}

/// The sentence with which a perceptron is refused: the kind of exception, then its text.
std::string refusal(const Problem& problem, const PerceptronOptions& options = {}) {
  try {
    const Perceptron network(problem, options);
  } catch (const std::invalid_argument& error) {
    return std::string("invalid_argument: ") + error.what();
  } catch (const DataError& error) {
    return std::string("DataError: ") + error.what();
  }
  return "accepted";
}

bool starts_with(const std::string& text, const std::string& start) {
  return text.rfind(start, 0) == 0;
}

}  // namespace

TEST_CASE("one pattern, one weight: energy and derivatives by hand") {
  // u = 2 w, so A = 1 and v = u.
  const Problem problem =
      make_problem(Matrix::Constant(1, 1, 2.0), Vector::Constant(1, 0.25), "one");
  const Perceptron network(problem, options_with(Activation::tanh));
  CHECK(network.patterns() == 1);
  CHECK(network.unknowns() == 1);
  CHECK(network.weights(Vector::Constant(1, 0.5))(0) == doctest::Approx(0.25));
  CHECK(network.coordinates(Vector::Constant(1, 0.25))(0) == doctest::Approx(0.5));
  CHECK(network.node_inputs(Vector::Constant(1, 0.5))(0) == doctest::Approx(0.5));
  const double u = 0.5, tau = 0.75, t = std::tanh(u), d = 1.0 - t * t;
  const double r = 0.25 * u + 0.75 * t - 0.25, slope = 0.25 + 0.75 * d;
  const Evaluation e = evaluation(network, Vector::Constant(1, u), tau);
  CHECK(e.energy == doctest::Approx(0.5 * r * r).epsilon(1e-14).scale(0.0));
  CHECK(e.H(0) == doctest::Approx(slope * r).epsilon(1e-14).scale(0.0));
  CHECK(e.H_v(0, 0) ==
        doctest::Approx(slope * slope - 0.75 * 2.0 * t * d * r).epsilon(1e-14).scale(0.0));
  CHECK(e.H_tau(0) == doctest::Approx((d - 1.0) * r + slope * (t - u)).epsilon(1e-14).scale(0.0));
}

TEST_CASE("energy and derivatives agree with a naive long double implementation") {
  for (const Activation activation : all_activations) {
    for (const bool weighted : {false, true}) {
      for (const double tau : {0.0, 0.4, 1.0, 1.3}) {
        const auto name = tautrack::to_string(activation);
        CAPTURE(name);
        CAPTURE(weighted);
        CAPTURE(tau);
        const Problem problem = random_problem(40, 4, 1, weighted);
        CHECK(error_against_naive(problem, options_with(activation), tau, 2) <= 1e-12);
        CHECK(error_against_naive(problem, options_with(activation, 0.3), tau, 3) <= 1e-12);
        CHECK(error_against_naive(problem, options_with(activation, 0.3, true), tau, 4) <= 1e-12);
      }
    }
  }
}

TEST_CASE("energy and derivatives agree with the naive implementation among saturated units") {
  for (const Activation activation : all_activations) {
    for (const double tau : {0.9, 1.0 - 1e-6, 1.0}) {
      const auto name = tautrack::to_string(activation);
      CAPTURE(name);
      CAPTURE(tau);
      // Node inputs of the order of five; targets inside, at and outside the ends of the range.
      Problem problem = random_problem(40, 4, 1);
      for (Index i = 0; i < 40; ++i) problem.y(i) = 0.5 * static_cast<double>(i % 7 - 3);
      const PerceptronOptions options = options_with(activation);
      CHECK(error_against_naive(problem, options, tau, 2, 5.0) <= 1e-12);
    }
  }
}

TEST_CASE("a target at the end of the range leaves the tail of the sigmoid, not zero") {
  struct Case {
    Activation activation;
    double u, y;
  };
  for (const Case& c :
       {Case{Activation::tanh, 30.0, 1.0}, Case{Activation::tanh, -30.0, -1.0},
        Case{Activation::logistic, 40.0, 1.0}, Case{Activation::logistic, -40.0, 0.0},
        Case{Activation::arctan, 1e9, 1.0}, Case{Activation::arctan, -1e9, -1.0},
        Case{Activation::erf, 8.0, 1.0}, Case{Activation::erf, -8.0, -1.0}}) {
    const auto name = tautrack::to_string(c.activation);
    CAPTURE(name);
    CAPTURE(c.u);
    const Perceptron network(make_problem(Matrix::Ones(1, 1), Vector::Constant(1, c.y)),
                             options_with(c.activation));
    const tautrack::ActivationValues sigma = evaluate(c.activation, c.u);
    REQUIRE(sigma.tail > 0.0);
    REQUIRE(sigma.tail < 1e-9);
    const double r = c.u > 0.0 ? -sigma.tail : sigma.tail;
    const Evaluation e = evaluation(network, Vector::Constant(1, c.u), 1.0);
    const auto near = [](double expected) {
      return doctest::Approx(expected).epsilon(1e-14).scale(0.0);
    };
    CHECK(e.energy == near(0.5 * r * r));
    CHECK(e.H(0) == near(sigma.first * r));
    CHECK(e.H_v(0, 0) == near(sigma.first * sigma.first + sigma.second * r));
    CHECK(std::abs(e.H(0)) <= e.scale);
    Perceptron::Workspace work(network);
    Vector H(1);
    CHECK(network.gradient(Vector::Constant(1, c.u), 1.0, work, H) == near(e.scale));
    CHECK(H(0) == near(e.H(0)));
  }
}

TEST_CASE("the naive comparison notices another ridge, activation or pattern weight") {
  const Problem problem = random_problem(40, 4, 1);
  const Vector v = random_point(Perceptron(problem), 2);
  const Evaluation plain = evaluation(Perceptron(problem), v, 0.4);
  const auto differs = [&](const Problem& other, const PerceptronOptions& options) {
    const Evaluation e = evaluation(Perceptron(other, options), v, 0.4);
    return std::abs(e.energy - plain.energy) > 1e-6 && (e.H - plain.H).norm() > 1e-6 &&
           (e.H_v - plain.H_v).norm() > 1e-6;
  };
  CHECK(differs(problem, options_with(Activation::arctan)));
  CHECK(differs(problem, options_with(Activation::tanh, 0.3)));
  CHECK(differs(random_problem(40, 4, 1, true), options_with(Activation::tanh)));
  CHECK_FALSE(differs(problem, options_with(Activation::tanh)));
}

TEST_CASE("dependent columns: energy and derivatives belong to the smallest weights") {
  Problem problem = random_problem(30, 4, 5);
  problem.X.col(2) = problem.X.col(0) - 2.0 * problem.X.col(3);
  for (const double ridge : {0.0, 0.7}) {
    CAPTURE(ridge);
    const PerceptronOptions options = options_with(Activation::tanh, ridge);
    CHECK(Perceptron(problem, options).unknowns() == 3);
    CHECK(error_against_naive(problem, options, 0.8, 6) <= 1e-12);
  }
}

TEST_CASE("the block size of the passes over the data does not show") {
  for (const Index L : {1, 2, 255, 256, 257, 511, 512, 513, 600}) {
    for (const bool weighted : {false, true}) {
      CAPTURE(L);
      CAPTURE(weighted);
      const Problem problem = random_problem(L, 3, 7, weighted);
      CHECK(Perceptron(problem).unknowns() == std::min<Index>(L, 3));
      CHECK(error_against_naive(problem, options_with(Activation::tanh), 0.6, 8) <= 1e-12);
      const Perceptron network(problem);
      Perceptron::Workspace work(network);
      const Vector v = random_point(network, 9), dv = random_point(network, 10);
      const Vector u = network.node_inputs(v), du = network.node_inputs(dv);
      const double expected = (du.array().abs() / (1.0 + u.array().abs())).maxCoeff();
      CHECK(network.relative_displacement(v, dv, work) ==
            doctest::Approx(expected).epsilon(1e-13).scale(0.0));
    }
  }
}

TEST_CASE("evaluations leave nothing behind in the workspace") {
  const Perceptron network(random_problem(300, 4, 17));
  Perceptron::Workspace work(network);
  const Vector v = random_point(network, 18), other = random_point(network, 19);
  const double before = network.energy(v, 0.5, work);
  Vector H(4), again(4), H_tau(4);
  Matrix H_v(4, 4);
  network.gradient(v, 0.5, work, H);
  network.derivatives(other, 0.9, work, again, H_v, H_tau);
  (void)network.relative_displacement(other, v, work);
  CHECK(network.energy(v, 0.5, work) == before);
  network.gradient(v, 0.5, work, again);
  CHECK(again == H);
}

TEST_CASE("at tau = 0 the linear solution is stationary, and it is the least-squares one") {
  for (const bool weighted : {false, true}) {
    CAPTURE(weighted);
    const Problem problem = random_problem(60, 5, 20, weighted);
    const Perceptron network(problem);
    const Vector v = network.linear_solution();
    const Evaluation e = evaluation(network, v, 0.0);
    CHECK(e.H.norm() <= 4.0 * epsilon * e.scale);
    const Vector root = network.pattern_weights().cwiseSqrt();
    const Matrix X = root.asDiagonal() * problem.X;
    const Vector expected = Eigen::JacobiSVD<Matrix>(X, Eigen::ComputeThinU | Eigen::ComputeThinV)
                                .solve(root.cwiseProduct(problem.y));
    CHECK((network.weights(v) - expected).norm() <= 1e-12 * expected.norm());
  }
}

TEST_CASE("the linear solution keeps its digits when a column has an offset of a million") {
  // y = 2 + 3 t with t = -3 ... 3 given as 1e6 + t: w = (3, 2 - 3e6).
  Matrix X(7, 2);
  Vector y(7);
  for (Index i = 0; i < 7; ++i) {
    const double t = static_cast<double>(i) - 3.0;
    X.row(i) << 1e6 + t, 1.0;
    y(i) = 2.0 + 3.0 * t;
  }
  const Perceptron exact(make_problem(X, y));
  const Vector v = exact.linear_solution();
  CHECK(exact.unknowns() == 2);
  // Columns of this size rounded in their last bit move the fit by 1e6 epsilon; a Gram matrix would
  // move it by 1e12 epsilon.
  CHECK((exact.node_inputs(v) - y).norm() <= 1e-9 * y.norm());
  CHECK(std::abs(exact.weights(v)(0) - 3.0) <= 1e-9);
  CHECK(std::abs(exact.weights(v)(1) - (2.0 - 3e6)) <= 1e-9 * 3e6);

  // With a residual that is orthogonal to both columns the fit is the same.
  const Vector noise{{1.0, -3.0, 2.0, 0.0, 2.0, -3.0, 1.0}};
  REQUIRE(noise.sum() == 0.0);
  REQUIRE(noise.dot(X.col(0)) == 0.0);
  const Perceptron noisy(make_problem(X, y + noise));
  CHECK((noisy.node_inputs(noisy.linear_solution()) - y).norm() <= 1e-9 * y.norm());
  CHECK(std::abs(noisy.weights(noisy.linear_solution())(0) - 3.0) <= 1e-9);
}

TEST_CASE("dependent columns: the linear solution has the smallest weights") {
  Problem problem = random_problem(12, 5, 21);
  problem.X.col(3) = problem.X.col(1) + problem.X.col(0);
  const Perceptron network(problem);
  CHECK(network.unknowns() == 4);
  const Vector w = network.weights(network.linear_solution());
  const Vector expected =
      Eigen::JacobiSVD<Matrix>(problem.X, Eigen::ComputeThinU | Eigen::ComputeThinV)
          .solve(problem.y);
  CHECK((w - expected).norm() <= 1e-12 * expected.norm());

  // Fewer patterns than weights: the fit is exact.
  const Problem wide = random_problem(3, 5, 22);
  const Perceptron interpolating(wide);
  CHECK(interpolating.unknowns() == 3);
  const Vector v = interpolating.linear_solution();
  CHECK((interpolating.node_inputs(v) - wide.y).norm() <= 1e-14 * wide.y.norm());
}

TEST_CASE("ridge: the linear solution is the closed form in the user's units") {
  for (const bool weighted : {false, true}) {
    for (const double ridge : {1e-3, 1.0, 1e4}) {
      CAPTURE(weighted);
      CAPTURE(ridge);
      const Problem problem = random_problem(30, 4, 23, weighted);
      const Perceptron network(problem, options_with(Activation::tanh, ridge));
      const Vector w = network.weights(network.linear_solution());
      const Matrix WX = network.pattern_weights().asDiagonal() * problem.X;
      const Matrix gram = problem.X.transpose() * WX + ridge * Matrix::Identity(4, 4);
      const Vector expected = gram.fullPivLu().solve(WX.transpose() * problem.y);
      CHECK((w - expected).norm() <= 1e-11 * expected.norm());
      const Evaluation e = evaluation(network, network.linear_solution(), 0.0);
      CHECK(e.H.norm() <= 8.0 * epsilon * e.scale);
    }
  }
}

TEST_CASE("standardised ridge: the penalty does not change with the units and spares the bias") {
  const double ridge = 2.0;
  const Problem problem = random_problem(30, 3, 24);
  const Perceptron network(problem, options_with(Activation::tanh, ridge, true));
  Vector variance(3);
  for (Index j = 0; j < 3; ++j) {
    const double mean = problem.X.col(j).mean();
    variance(j) = (problem.X.col(j).array() - mean).square().mean();
  }
  CHECK(variance(2) == 0.0);
  const Matrix gram = problem.X.transpose() * problem.X + ridge * Matrix(variance.asDiagonal());
  const Vector expected = gram.fullPivLu().solve(problem.X.transpose() * problem.y);
  const Vector w = network.weights(network.linear_solution());
  CHECK((w - expected).norm() <= 1e-11 * expected.norm());

  Problem other_units = problem;
  other_units.X.col(0) *= 1000.0;
  const Perceptron standardised(other_units, options_with(Activation::tanh, ridge, true));
  const Perceptron plain(other_units, options_with(Activation::tanh, ridge));
  const Vector v = network.linear_solution();
  CHECK((standardised.linear_solution() - v).norm() <= 1e-12 * v.norm());
  CHECK((plain.linear_solution() - v).norm() > 1e-3 * v.norm());
}

TEST_CASE("energies and derivatives do not change with the units of the columns") {
  const Problem problem = random_problem(30, 4, 25);
  Problem other_units = problem;
  other_units.X = problem.X * Vector{{1e-6, 1e5, 3.0, 1.0}}.asDiagonal();
  const Perceptron network(problem), other(other_units);
  const Vector v = random_point(network, 26);
  const Evaluation a = evaluation(network, v, 0.7), b = evaluation(other, v, 0.7);
  CHECK(b.energy == doctest::Approx(a.energy).epsilon(1e-12).scale(0.0));
  CHECK((b.H - a.H).norm() <= 1e-12 * a.scale);
  CHECK((b.H_v - a.H_v).norm() <= 1e-12 * a.H_v.norm());
}

TEST_CASE("a pattern of weight two is a pattern that occurs twice") {
  const Problem once = random_problem(20, 3, 27);
  Vector omega = Vector::Ones(20);
  omega(4) = 2.0;
  Matrix longer(21, 3);
  longer << once.X, once.X.row(4);
  Vector targets(21);
  targets << once.y, once.y(4);
  for (const double ridge : {0.0, 0.4}) {
    CAPTURE(ridge);
    const PerceptronOptions options = options_with(Activation::tanh, ridge);
    const Perceptron weighted(make_problem(once.X, once.y, "y", {}, omega), options);
    const Perceptron repeated(make_problem(longer, targets), options);
    const Perceptron plain(once, options);
    CHECK(weighted.total_pattern_weight() == repeated.total_pattern_weight());
    CHECK(plain.total_pattern_weight() == 20.0);
    const Vector w{{0.3, -0.2, 0.5}};
    const Vector v = weighted.coordinates(w);
    CHECK((v - repeated.coordinates(w)).norm() <= 1e-14 * v.norm());
    const Evaluation a = evaluation(weighted, v, 0.8), b = evaluation(repeated, v, 0.8);
    CHECK(a.energy == doctest::Approx(b.energy).epsilon(1e-13).scale(0.0));
    CHECK((a.H - b.H).norm() <= 1e-13 * a.scale);
    CHECK((a.H_v - b.H_v).norm() <= 1e-13 * a.H_v.norm());
    CHECK((a.H_tau - b.H_tau).norm() <= 1e-13 * a.scale);
    CHECK((weighted.linear_solution() - repeated.linear_solution()).norm() <= 1e-13);
    CHECK(std::abs(evaluation(plain, plain.coordinates(w), 0.8).energy - a.energy) > 1e-4);
  }
}

TEST_CASE("at a solution the residual is rounding by its scale, and next to it it is not") {
  for (const bool weighted : {false, true}) {
    for (const double ridge : {0.0, 0.1}) {
      for (const double tau : {0.0, 0.5, 0.9}) {
        CAPTURE(weighted);
        CAPTURE(ridge);
        CAPTURE(tau);
        const Perceptron network(random_problem(400, 4, 28, weighted),
                                 options_with(Activation::tanh, ridge));
        const Vector v = stationary_point(network, network.linear_solution(), tau);
        const Evaluation at = evaluation(network, v, tau);
        CHECK(at.H.norm() <= 4.0 * epsilon * at.scale);
        const Vector nearby = v + 1e-9 * v.norm() * Vector::Unit(4, 0);
        const Evaluation off = evaluation(network, nearby, tau);
        CHECK(off.H.norm() > 1e3 * epsilon * off.scale);
      }
    }
  }
}

TEST_CASE("the residual is never larger than what it is summed from") {
  for (const double tau : {0.0, 0.5, 1.0, 1.2, 2.0}) {
    for (const double size : {0.1, 1.0, 30.0}) {
      CAPTURE(tau);
      CAPTURE(size);
      const Perceptron network(random_problem(50, 4, 29));
      Perceptron::Workspace work(network);
      const Vector v = size * random_point(network, 30);
      const Evaluation e = evaluation(network, v, tau);
      CHECK(e.H.norm() <= e.scale);
      Vector H(4);
      CHECK(e.H.norm() <= network.gradient(v, tau, work, H));
    }
  }
  // Beyond tau = 1 the node function falls where the unit saturates: f_u = -1/2 at u = 10.
  const Perceptron network(make_problem(Matrix::Ones(1, 1), Vector::Constant(1, 100.0)));
  Perceptron::Workspace work(network);
  const Vector v = Vector::Constant(1, 10.0);
  const Evaluation e = evaluation(network, v, 1.5);
  Vector H(1);
  CHECK(e.H(0) == doctest::Approx(0.5 * 103.5).epsilon(1e-7).scale(0.0));
  CHECK(e.H.norm() <= e.scale);
  CHECK(e.H.norm() <= network.gradient(v, 1.5, work, H));
}

TEST_CASE(
    "a move is measured by the node input that it changes most, relative to one or its size") {
  const Perceptron network(make_problem(Matrix::Identity(2, 2), Vector::Zero(2)));  // A = I
  Perceptron::Workspace work(network);
  const auto displacement = [&](double v_0, double v_1, double dv_0, double dv_1) {
    return network.relative_displacement(Vector{{v_0, v_1}}, Vector{{dv_0, dv_1}}, work);
  };
  CHECK(displacement(0.0, 9.0, 0.5, 1.0) == doctest::Approx(0.5));    // 0.5/1 and 1/10
  CHECK(displacement(9.0, 0.0, 0.5, -1.0) == doctest::Approx(1.0));   // 0.5/10 and 1/1
  CHECK(displacement(-9.0, 4.0, 0.5, 0.2) == doctest::Approx(0.05));  // 0.5/10 and 0.2/5
  CHECK(displacement(1.0, 1.0, 0.0, 0.0) == 0.0);
}

TEST_CASE("options that break their rule are refused with the name of the option") {
  const Problem problem = random_problem(10, 2, 31);
  CHECK(refusal(problem) == "accepted");
  CHECK(refusal(problem, options_with(Activation::tanh, 1e300)) == "accepted");
  for (const double ridge : {-1e-300, -1.0, std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity()}) {
    CAPTURE(ridge);
    CHECK(starts_with(refusal(problem, options_with(Activation::tanh, ridge)),
                      "invalid_argument: ridge"));
  }
  for (const double tolerance : {0.0, -1e-9, 1.0, std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(tolerance);
    PerceptronOptions options;
    options.rank_tolerance = tolerance;
    CHECK(starts_with(refusal(problem, options), "invalid_argument: rank_tolerance"));
  }
}

TEST_CASE("unusable data are refused") {
  CHECK(starts_with(refusal(make_problem(Matrix::Zero(5, 2), Vector::Ones(5), "flat")),
                    "DataError: problem 'flat'"));
  Problem problem = random_problem(10, 2, 32);
  problem.X(3, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK(starts_with(refusal(problem), "DataError: "));
  problem = random_problem(10, 2, 32);
  problem.y.conservativeResize(9);
  CHECK(starts_with(refusal(problem), "DataError: "));
  problem = random_problem(10, 2, 32, true);
  problem.pattern_weights(0) = 0.0;
  CHECK(starts_with(refusal(problem), "DataError: "));
}

TEST_CASE("a network keeps the data it was given without copying them") {
  Problem problem = random_problem(10, 3, 43, true);
  const Vector y = problem.y, omega = problem.pattern_weights;
  const double* const data = problem.X.data();
  const Perceptron network(std::move(problem));
  CHECK(network.inputs().data() == data);
  CHECK(network.name() == "random");
  CHECK(network.column_names().size() == 3);
  CHECK(network.columns() == 3);
  CHECK(network.rows() == 10);
  CHECK(network.targets() == y);
  CHECK(network.pattern_weights() == omega);
  CHECK(network.ranks() == nullptr);
  CHECK_NOTHROW(network.need_all_patterns("anything"));
  const Perceptron copy = network, other = network.with_targets(2.0 * y);
  CHECK(copy.inputs().data() == data);
  CHECK(other.inputs().data() == data);
  CHECK(other.targets() == 2.0 * y);
  const auto shared = std::make_shared<Problem>(random_problem(10, 3, 44));
  CHECK(Perceptron(shared).inputs().data() == shared->X.data());
}

TEST_CASE("the accuracy of the rank decision is an option") {
  Problem problem = random_problem(10, 3, 33);
  problem.X.col(1) = problem.X.col(0) * (1.0 + 1e-6) + 1e-6 * problem.X.col(1);
  CHECK(Perceptron(problem).unknowns() == 3);
  PerceptronOptions coarse;
  coarse.rank_tolerance = 1e-3;
  CHECK(Perceptron(problem, coarse).unknowns() == 2);
}

TEST_CASE("a workspace knows how far the node inputs moved between two evaluations") {
  const Perceptron network(random_problem(40, 4, 34));
  Perceptron::Workspace work(network);
  const Vector first = random_point(network, 35), second = random_point(network, 36);
  Vector H(4), H_tau(4);
  Matrix H_v(4, 4);
  CHECK(work.last_displacement() == std::numeric_limits<double>::infinity());
  network.gradient(first, 0.3, work, H);
  CHECK(work.last_displacement() == std::numeric_limits<double>::infinity());
  network.derivatives(second, 0.7, work, H, H_v, H_tau);
  CHECK(work.last_displacement() ==
        doctest::Approx(network.relative_displacement(first, second - first, work))
            .epsilon(1e-13)
            .scale(0.0));
  // Neither of these is an evaluation of H.
  (void)network.energy(first, 0.5, work);
  (void)network.relative_displacement(first, second, work);
  network.gradient(first, 0.9, work, H);
  CHECK(work.last_displacement() ==
        doctest::Approx(network.relative_displacement(second, first - second, work))
            .epsilon(1e-13)
            .scale(0.0));
  network.gradient(first, 0.2, work, H);
  CHECK(work.last_displacement() == 0.0);
  network.gradient(std::numeric_limits<double>::infinity() * first, 0.2, work, H);
  CHECK(work.last_displacement() == std::numeric_limits<double>::infinity());
  Perceptron::Workspace moved = std::move(work);
  network.gradient(first, 0.2, moved, H);
  CHECK(H.allFinite());
}

TEST_CASE("a workspace knows the energy where it was last") {
  for (const Index s : {3, 12}) {
    PerceptronOptions options;
    options.ridge = 0.1;
    const Perceptron network(random_problem(50, s, 42, true), options);
    Perceptron::Workspace work(network), other(network);
    const Vector first = random_point(network, 43), second = random_point(network, 44);
    Vector H(s), H_tau(s);
    Matrix H_v(s, s);
    network.gradient(first, 0.4, work, H);
    CHECK(work.last_energy() == doctest::Approx(network.energy(first, 0.4, other)).epsilon(1e-14));
    network.derivatives(second, 0.7, work, H, H_v, H_tau);
    CHECK(work.last_energy() == doctest::Approx(network.energy(second, 0.7, other)).epsilon(1e-14));
    Vector slope(s), of_tau(s);
    network.slopes(first, 0.4, work, slope, of_tau);
    CHECK(work.last_energy() == doctest::Approx(network.energy(first, 0.4, other)).epsilon(1e-14));
    network.derivatives(first, 0.4, work, H, H_v, H_tau);
    CHECK(slope == H);
    CHECK(of_tau == H_tau);
  }
}

/// The same network with a copy of A in single precision and without.
struct BothPrecisions {
  explicit BothPrecisions(Activation activation, Index L = 900, Index s = 12, unsigned seed = 45)
      : single(with(activation, L, s, seed, true)), plain(with(activation, L, s, seed, false)) {}
  static Perceptron with(Activation activation, Index L, Index s, unsigned seed, bool mixed) {
    PerceptronOptions options;
    options.activation = activation;
    options.mixed_precision = mixed;
    return Perceptron(random_problem(L, s, seed, true), options);
  }
  Perceptron single, plain;
};

TEST_CASE("single precision: large networks have it, unless they are told not to") {
  const BothPrecisions both(Activation::tanh);
  CHECK(both.single.has_single());
  CHECK_FALSE(both.plain.has_single());
  CHECK(both.single.with_targets(Vector::Zero(900)).has_single());
  CHECK_FALSE(Perceptron(random_problem(5000, 8, 46)).has_single());
  CHECK_FALSE(Perceptron(random_problem(200, 12, 47)).has_single());
  // Floats end where weights of patterns need not.
  for (const double weight : {1e-40, 1e40}) {
    Problem problem = random_problem(900, 12, 45, true);
    problem.pattern_weights(7) = weight;
    CHECK_FALSE(Perceptron(problem).has_single());
  }
}

TEST_CASE(
    "single precision: Hessians that are asked for so have six digits, and nothing else differs") {
  for (const Activation activation : all_activations) {
    const BothPrecisions both(activation);
    const Index n = both.plain.unknowns();
    Perceptron::Workspace work(both.plain), single_work(both.single);
    const Vector v = random_point(both.plain, 48);
    Vector H(n), H_tau(n), other_H(n), other_H_tau(n);
    Matrix H_v(n, n), other_H_v(n, n);
    const double scale = both.plain.derivatives(v, 0.8, work, H, H_v, H_tau);
    for (const bool in_single : {false, true}) {
      CHECK(both.single.derivatives(v, 0.8, single_work, other_H, other_H_v, other_H_tau,
                                    in_single) == scale);
      CHECK(other_H == H);
      CHECK(other_H_tau == H_tau);
      CHECK(single_work.last_energy() == work.last_energy());
      CHECK((other_H_v == H_v) == !in_single);
      CHECK((other_H_v - H_v).norm() <= 1e-6 * H_v.norm());
    }
    // Without a copy there is nothing to ask for.
    both.plain.derivatives(v, 0.8, work, H, other_H_v, H_tau, true);
    CHECK(other_H_v == H_v);
  }
}

TEST_CASE("single precision: series have five digits, and all of them where floats end") {
  for (const Activation activation : all_activations) {
    CAPTURE(to_string(activation));
    const BothPrecisions both(activation);
    const Index n = both.plain.unknowns();
    const Vector v = random_point(both.plain, 49), d = 0.3 * random_point(both.plain, 50);
    Vector H(n), rest(n), other(n);
    // Of `orders` orders along v + d a + d a^2 / 2 with d in these units: the largest difference.
    const auto difference = [&](double unit, double delta, int orders) {
      Perceptron::Workspace work(both.plain), single_work(both.single);
      const tautrack::Tau tau = tautrack::Tau::before_one(delta);
      both.plain.gradient(v, tau, work, H);
      both.single.gradient(v, tau, single_work, H);
      double largest = 0.0;
      for (int k = 1; k <= orders; ++k) {
        const Vector v_k = k == 1   ? Vector(unit * d)
                           : k == 2 ? Vector(0.5 * unit * d)
                                    : Vector::Zero(n);
        const double tau_k = k == 1 ? 0.1 : 0.0;
        const double length = both.plain.append_series(k, v_k, tau_k, work, rest);
        const double other_length = both.single.append_series(k, v_k, tau_k, single_work, other);
        CHECK(other_length == doctest::Approx(length).epsilon(1e-6));
        largest = std::max(largest, (other - rest).norm() / rest.norm());
      }
      return largest;
    };
    const double usual = difference(1.0, 0.3, 14);
    CHECK(usual > 0.0);
    CHECK(usual <= 1e-5);
    CHECK(difference(1e20, 0.3, 4) == 0.0);
    CHECK(difference(1.0, 1e-9, 6) == 0.0);
  }
}

/// So large that A is not formed where X may stand for it: the same network with it and without. Columns of different sizes;
/// L is no multiple of a panel.
struct ImpliedAndFormed {
  explicit ImpliedAndFormed(Activation activation, double correlation, bool with_all)
      : implied(with(activation, correlation, with_all, true)),
        formed(with(activation, correlation, with_all, false)) {}
  static Perceptron with(Activation activation, double correlation, bool with_all, bool mixed) {
    constexpr Index L = 23005, s = 12;
    std::mt19937_64 engine(61);
    std::normal_distribution<double> normal;
    Matrix X = Matrix::NullaryExpr(L, s, [&] { return normal(engine); });
    X.col(1) = correlation * X.col(0) + (1.0 - correlation) * X.col(1);
    X.col(2) *= 1e6;
    X.col(3) *= 1e-4;
    X.col(s - 1).setOnes();
    const Vector y = Vector::NullaryExpr(L, [&] { return 0.7 * normal(engine); });
    Problem problem = make_problem(X, y);
    PerceptronOptions options;
    options.activation = activation;
    options.mixed_precision = mixed;
    if (with_all) {
      problem.pattern_weights =
          Vector::NullaryExpr(L, [&] { return 0.2 + std::abs(normal(engine)); });
      problem.offset = Vector::NullaryExpr(L, [&] { return 0.3 * normal(engine); });
      options.ridge = 0.1;
    }
    return Perceptron(problem, options);
  }
  Perceptron implied, formed;
};

TEST_CASE("large networks: X stands for A where it is well conditioned, and all else is the same") {
  for (const Activation activation : all_activations) {
    for (const double correlation : {0.0, 0.8, 0.95}) {
      CAPTURE(to_string(activation));
      CAPTURE(correlation);
      const ImpliedAndFormed both(activation, correlation, correlation > 0.0);
      // 0.95: the columns are 0.05 apart.
      REQUIRE(both.implied.space().is_implied() == (correlation < 0.9));
      CHECK_FALSE(both.formed.space().is_implied());
      CHECK(both.implied.has_single());
      const bool is_implied = both.implied.space().is_implied();
      CHECK((both.implied.single_error() > 1.0) == is_implied);
      const Index n = both.formed.unknowns();
      const Vector v = 0.7 * random_point(both.formed, 62), d = 0.2 * random_point(both.formed, 63);
      Perceptron::Workspace work(both.formed), other(both.implied), by_two(both.implied, 2);
      Vector H(n), H_tau(n), rest(n), other_H(n), other_H_tau(n), other_rest(n);
      Matrix H_v(n, n), other_H_v(n, n);
      for (const double tau : {0.0, 0.6, 1.0}) {
        CAPTURE(tau);
        const double scale = both.formed.derivatives(v, tau, work, H, H_v, H_tau);
        const double other_scale =
            both.implied.derivatives(v, tau, other, other_H, other_H_v, other_H_tau);
        // An upper bound, and of the same size.
        CHECK(other_scale >= 0.9 * scale);
        CHECK(other_scale <= 100.0 * scale);
        CHECK((other_H - H).norm() <= 10.0 * epsilon * (scale + other_scale));
        CHECK((other_H_tau - H_tau).norm() <= 1e-12 * H_tau.norm());
        CHECK((other_H_v - H_v).norm() <= 1e-12 * H_v.norm());
        CHECK(other_H_v.isApprox(other_H_v.transpose(), 1e-14));
        CHECK(other.last_energy() == doctest::Approx(work.last_energy()).epsilon(1e-13));
        both.implied.gradient(v, tau, by_two, rest);
        CHECK((rest - other_H).norm() <= 10.0 * epsilon * other_scale);
        both.implied.derivatives(v, tau, by_two, rest, other_H_v, other_rest, true);
        CHECK((other_H_v - H_v).norm() <= 1e-6 * both.implied.single_error() * H_v.norm());
        CHECK((rest - other_H).norm() <= 10.0 * epsilon * other_scale);
        CHECK(both.implied.energy(v, tau, other) ==
              doctest::Approx(both.formed.energy(v, tau, work)).epsilon(1e-13));
        Vector by_v(n), other_by_v(n);
        double by_tau = 0.0, other_by_tau = 0.0;
        both.formed.hessian_form_gradient(v, tau, d, v, by_v, by_tau);
        both.implied.hessian_form_gradient(v, tau, d, v, other_by_v, other_by_tau);
        CHECK((other_by_v - by_v).norm() <= 1e-11 * (1.0 + by_v.norm()));
        CHECK(other_by_tau == doctest::Approx(by_tau).epsilon(1e-11));
      }
      CHECK((both.implied.node_inputs(v) - both.formed.node_inputs(v)).norm() <=
            1e-13 * both.formed.node_inputs(v).norm());
      CHECK(both.implied.relative_displacement(v, d, other) ==
            doctest::Approx(both.formed.relative_displacement(v, d, work)).epsilon(1e-12));
      CHECK((both.implied.linear_solution() - both.formed.linear_solution()).norm() <=
            1e-12 * both.formed.linear_solution().norm());
      // Series in single precision, and in double where floats end.
      for (const double unit : {1.0, 1e30}) {
        CAPTURE(unit);
        both.formed.gradient(v, 0.6, work, H);
        both.implied.gradient(v, 0.6, other, H);
        for (int k = 1; k <= 4; ++k) {
          const Vector v_k = k == 1 ? Vector(unit * d) : Vector::Zero(n);
          const double tau_k = k == 1 ? 1.0 : 0.0;
          const double length = both.formed.append_series(k, v_k, tau_k, work, rest);
          CHECK(both.implied.append_series(k, v_k, tau_k, other, other_rest) ==
                doctest::Approx(length).epsilon(1e-5));
          CHECK((other_rest - rest).norm() <=
                (unit == 1.0 ? 3e-5 * both.implied.single_error() : 1e-11) * rest.norm());
        }
      }
      const Perceptron targets = both.implied.with_targets(Vector::Zero(both.formed.rows()));
      CHECK(targets.space().is_implied() == is_implied);
      CHECK(targets.energy(v, 0.6, other) ==
            doctest::Approx(
                both.formed.with_targets(Vector::Zero(both.formed.rows())).energy(v, 0.6, work))
                .epsilon(1e-13));
    }
  }
}

TEST_CASE("X stands for A in large networks alone, and not where single precision is refused") {
  std::mt19937_64 engine(64);
  std::normal_distribution<double> normal;
  const Matrix X = Matrix::NullaryExpr(30000, 9, [&] { return normal(engine); });
  const Vector y = X.col(0).array().tanh();
  CHECK(Perceptron(make_problem(X, y)).space().is_implied());
  CHECK_FALSE(Perceptron(make_problem(X.topRows(29000), y.head(29000))).space().is_implied());
  CHECK_FALSE(Perceptron(make_problem(X.leftCols(8), y)).space().is_implied());
  Problem problem = make_problem(X, y);
  problem.pattern_weights = Vector::Ones(30000);
  problem.pattern_weights(3) = 1e-40;
  CHECK_FALSE(Perceptron(problem).space().is_implied());
}

TEST_CASE("where the node inputs are not finite, neither is H") {
  for (const Index s : {3, 20}) {
    const Perceptron network(random_problem(60, s, 37));
    Perceptron::Workspace work(network);
    for (const double bad : {1e308, std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()}) {
      Vector H(s), H_tau(s);
      Matrix H_v(s, s);
      const Vector v = bad * random_point(network, 38);
      network.gradient(v, 0.5, work, H);
      CHECK_FALSE(H.allFinite());
      network.derivatives(v, 0.5, work, H, H_v, H_tau);
      CHECK_FALSE(H.allFinite());
    }
  }
}

TEST_CASE("results do not depend on the number of threads, to the last bit") {
  for (const auto& size : {std::pair<Index, Index>{10, 3}, {1000, 20}, {9000, 70}}) {
    const Index L = size.first, s = size.second;
    CAPTURE(L);
    const Perceptron network(random_problem(L, s, 39, true));
    const Vector v = random_point(network, 40), v_1 = random_point(network, 41);
    Vector H(s), H_tau(s), rest(s), other_H(s), other_H_tau(s), other_rest(s);
    Matrix H_v(s, s), other_H_v(s, s);
    Perceptron::Workspace one(network);
    const double energy = network.energy(v, 0.8, one);
    const double scale = network.derivatives(v, 0.8, one, H, H_v, H_tau);
    const double length = network.append_series(1, v_1, 0.1, one, rest);
    for (const int threads : {1, 2, 3}) {
      CAPTURE(threads);
      Perceptron::Workspace work(network, threads);
      for (int repeat = 0; repeat < 3; ++repeat) {
        CHECK(network.energy(v, 0.8, work) == energy);
        CHECK(network.derivatives(v, 0.8, work, other_H, other_H_v, other_H_tau) == scale);
        CHECK(other_H == H);
        CHECK(other_H_v == H_v);
        CHECK(other_H_tau == H_tau);
        CHECK(network.append_series(1, v_1, 0.1, work, other_rest) == length);
        CHECK(other_rest == rest);
      }
    }
  }
}

}  // namespace perceptron_test
