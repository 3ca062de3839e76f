#include "tautrack/certify/certificate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Eigenvalues>
#include <doctest/doctest.h>

#include "tautrack/path/natural_path.hpp"

#include "certify/traced.hpp"
#include "support/needs_flint.hpp"
#include "support/random_problem.hpp"
#include "support/reference_case.hpp"

namespace certificate_test {

using namespace tautrack;
using namespace tautrack::reference;
using tautrack::support::needs_flint;
using tautrack::support::Random;

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr Activation all_activations[] = {Activation::tanh, Activation::logistic,
                                          Activation::arctan, Activation::erf};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Problem problem_of(const Json& json) {
  const Json& rows = json["X"];
  Matrix X(static_cast<Index>(rows.size()), static_cast<Index>(rows[0].size()));
  for (std::size_t i = 0; i < rows.size(); ++i)
    X.row(static_cast<Index>(i)) = vector(rows[i]).transpose();
  return make_problem(X, vector(json["y"]));
}

PerceptronOptions with(Activation activation) {
  PerceptronOptions options;
  options.activation = activation;
  return options;
}

PerceptronOptions options_of(const Json& json) {
  return with(*activation_from_name(json["activation"].get<std::string>()));
}

/// Distance of doubles to a point given by decimal strings.
double distance(const Vector& weights, const Json& truth) {
  long double sum = 0.0L;
  for (Index j = 0; j < weights.size(); ++j) {
    const long double exact = std::strtold(
        truth[static_cast<std::size_t>(j)].get_ref<const std::string&>().c_str(), nullptr);
    const long double error = static_cast<long double>(weights(j)) - exact;
    sum += error * error;
  }
  return static_cast<double>(std::sqrt(sum));
}

/// What long double leaves of that.
double rounding_of(const Vector& weights) { return 1e-18 * weights.norm(); }

/// Determinant of the Gram matrix diag(sqrt(omega)) X, which takes the Hessian in v to that in w.
double gram_determinant(const Perceptron& network, Index s) {
  Matrix R(network.unknowns(), s);
  for (Index j = 0; j < s; ++j) R.col(j) = network.coordinates(Vector::Unit(s, j));
  return std::pow(R.diagonal().prod(), 2);
}

void check_consistent(const Certificate& certificate) {
  CHECK(certificate.reason.empty());
  CHECK(certificate.radius > 0.0);
  CHECK(certificate.unique_within >= certificate.radius);
  REQUIRE(certificate.morse_index);
  const Vector& eigenvalues = certificate.eigenvalues;
  CHECK(std::is_sorted(eigenvalues.begin(), eigenvalues.end()));
  CHECK((eigenvalues.array() < 0.0).count() == *certificate.morse_index);
  CHECK((eigenvalues.array() != 0.0).all());
}

void check_refused(const Certificate& certificate, const Vector& weights) {
  CHECK_FALSE(certificate.certified);
  CHECK_FALSE(certificate.morse_index);
  CHECK(certificate.eigenvalues.size() == 0);
  CHECK(certificate.weights == weights);
  CHECK_FALSE(certificate.reason.empty());
}

/// The end of the natural path, its certificate, and both against double arithmetic.
void check_end_of_path(const Problem& problem, const PerceptronOptions& options) {
  const Perceptron network(problem, options);
  const NaturalPath path = track_natural(network);
  REQUIRE(path.ok());
  Certifier certifier(Perceptron(problem, options));
  const Certificate certificate = certifier.certify(path.end->weights);
  CAPTURE(certificate.reason);
  REQUIRE(certificate.certified);
  check_consistent(certificate);
  CHECK(certificate.morse_index == path.end->morse_index);
  CHECK(relative_error(certificate.weights, path.end->weights) <= 1e-9);
  CHECK(certificate.radius <= 4.0 * epsilon * certificate.weights.norm());
  CHECK(std::abs(certificate.energy - path.end->energy) <=
        1e-13 * (1.0 + path.end->energy) + certificate.energy_radius);
  CHECK(certificate.energy_radius <= 1e-15 * (1.0 + path.end->energy));

  Perceptron::Workspace work(network);
  const Index n = network.unknowns();
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  const Vector v = network.coordinates(certificate.weights);
  network.derivatives(v, 1.0, work, H, H_v, H_tau);
  const Vector eigenvalues = Eigen::SelfAdjointEigenSolver<Matrix>(H_v).eigenvalues();
  CHECK((eigenvalues - certificate.eigenvalues).cwiseAbs().maxCoeff() <=
        1e-10 * eigenvalues.cwiseAbs().maxCoeff());
}

/// Certifies with the Hessian in double, if that does, and with that in balls, and compares the two.
TracedCertificate check_both_ways(const Problem& problem, const PerceptronOptions& options,
                                  const Vector& weights) {
  const TracedCertificate either =
      certify_traced(Perceptron(problem, options), weights, /*only_balls=*/false);
  const TracedCertificate traced =
      certify_traced(Perceptron(problem, options), weights, /*only_balls=*/true);
  CHECK_FALSE(traced.in_double);
  const Certificate& certificate = either.certificate;
  const Certificate& balls = traced.certificate;
  CAPTURE(certificate.reason);
  CAPTURE(balls.reason);
  CHECK(certificate.certified == balls.certified);
  CHECK(certificate.refuted == balls.refuted);
  if (!certificate.certified || !balls.certified) return either;
  check_consistent(certificate);
  CHECK(certificate.precision == balls.precision);
  CHECK(certificate.morse_index == balls.morse_index);
  CHECK((certificate.weights - balls.weights).norm() <= certificate.radius + balls.radius);
  CHECK(certificate.radius <= 2.0 * balls.radius);
  CHECK(certificate.unique_within >= 0.5 * balls.unique_within);
  CHECK(std::abs(certificate.energy - balls.energy) <=
        certificate.energy_radius + balls.energy_radius);
  CHECK(certificate.energy_radius <= 2.0 * balls.energy_radius);
  CHECK((certificate.eigenvalues - balls.eigenvalues)
            .cwiseQuotient(balls.eigenvalues)
            .cwiseAbs()
            .maxCoeff() <= 1e-7);
  return either;
}

/// Seeded, full rank, targets in the range of every activation.
Problem some_problem(std::uint64_t seed, Index L, Index s) {
  Random random(seed);
  Matrix X(L, s);
  Vector y(L);
  Vector omega(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
    X(i, s - 1) = 1.0;
    y(i) = random.uniform(0.1, 0.9);
    omega(i) = random.uniform(0.2, 3.0);
  }
  return make_problem(X, y, "y", {}, omega);
}

}  // namespace

TEST_CASE(
    "every stationary point of the references is certified, with its index and apart from all "
    "others" *
    needs_flint()) {
  int points = 0;
  for (const std::string& name : small_cases()) {
    CAPTURE(name);
    const Json json = load(name);
    const Problem problem = problem_of(json);
    const PerceptronOptions options = options_of(json);
    const Perceptron network(problem, options);
    const double gram = gram_determinant(network, problem.X.cols());
    Certifier certifier(Perceptron(problem, options));
    std::vector<Certificate> found;
    for (const Json& truth : json["stationary_points_at_tau_1"]) {
      CAPTURE(truth.dump());
      const Certificate certificate = certifier.certify(vector(truth["w"]));
      CAPTURE(certificate.reason);
      REQUIRE(certificate.certified);
      check_consistent(certificate);
      CHECK(*certificate.morse_index == truth["index"].get<int>());
      CHECK(certificate.precision == CertifyOptions().first_precision);
      CHECK(distance(certificate.weights, truth["w"]) <=
            certificate.radius + rounding_of(certificate.weights));
      CHECK(certificate.radius <= 2.0 * epsilon * certificate.weights.norm());
      const double energy_error = static_cast<double>(
          std::abs(std::strtold(truth["E"].get_ref<const std::string&>().c_str(), nullptr) -
                   static_cast<long double>(certificate.energy)));
      CHECK(energy_error <= certificate.energy_radius + 1e-18 * certificate.energy);
      CHECK(certificate.energy_radius <= 2.0 * epsilon * certificate.energy);
      CHECK(certificate.eigenvalues.prod() * gram ==
            doctest::Approx(vector(truth["eigenvalues"]).prod()).epsilon(1e-9).scale(0.0));
      found.push_back(certificate);
      ++points;
    }
    for (const Certificate& one : found) {
      for (const Certificate& other : found) {
        if (&one == &other) continue;
        const double apart = (one.weights - other.weights).norm();
        CHECK(apart > one.radius + other.radius);
        CHECK(apart + other.radius > one.unique_within);
      }
    }
  }
  CHECK(points >= 70);
}

TEST_CASE("weights that are off by rounding and more lead to the same certificate" *
          needs_flint()) {
  for (const std::string& name : small_cases()) {
    CAPTURE(name);
    const Json json = load(name);
    Certifier certifier(Perceptron(problem_of(json), options_of(json)));
    Random random(3);
    for (const Json& truth : json["stationary_points_at_tau_1"]) {
      const Vector weights = vector(truth["w"]);
      const Certificate exact = certifier.certify(weights);
      Vector off = weights;
      for (Index j = 0; j < off.size(); ++j) off(j) *= 1.0 + 1e-7 * random.uniform(-1.0, 1.0);
      const Certificate certificate = certifier.certify(off);
      CAPTURE(certificate.reason);
      REQUIRE(certificate.certified);
      CHECK(certificate.morse_index == exact.morse_index);
      CHECK((certificate.weights - exact.weights).norm() <= certificate.radius + exact.radius);
      CHECK(certificate.radius <= 2.0 * epsilon * weights.norm());
      CHECK(relative_error(certificate.eigenvalues, exact.eigenvalues) <= 1e-10);
    }
  }
}

TEST_CASE("points that are no solutions are refused" * needs_flint()) {
  for (const Activation activation : all_activations) {
    CAPTURE(to_string(activation));
    const Problem problem = some_problem(5, 12, 3);
    Certifier certifier(Perceptron(problem, with(activation)));
    Random random(7);
    for (int k = 0; k < 30; ++k) {
      CAPTURE(k);
      Vector weights(3);
      const double size = std::pow(10.0, random.uniform(-2.0, 3.0));
      for (Index j = 0; j < 3; ++j) weights(j) = size * random.normal();
      const Certificate certificate = certifier.certify(weights);
      check_refused(certificate, weights);
    }
  }
}

TEST_CASE(
    "where the gradient vanishes to rounding but nothing is stationary, nothing is certified" *
    needs_flint()) {
  const Matrix X = (Matrix(5, 2) << 1.0, 1.0, 1.5, 1.0, 1.25, 1.0, 2.0, 1.0, 1.75, 1.0).finished();
  const Vector y = (Vector(5) << 0.3, 0.6, 0.2, 0.7, 0.4).finished();
  const Problem problem = make_problem(X, y);
  for (const Activation activation : all_activations) {
    CAPTURE(to_string(activation));
    Certifier certifier(Perceptron(problem, with(activation)));
    for (const double size : {12.0, 40.0, 400.0, 1e5}) {
      CAPTURE(size);
      // u from size to twice the size: the gradient is of order exp(-2 size) or less
      const Vector weights = (Vector(2) << size, 0.0).finished();
      const Certificate certificate = certifier.certify(weights);
      CAPTURE(certificate.reason);
      check_refused(certificate, weights);
      // farther out the ratio of the eigenvalues alone is below what 2048 bits resolve
      if (size <= 40.0) {
        CHECK(certificate.refuted);
        CHECK(contains(certificate.reason, "no stationary point near"));
      }
    }
  }
}

TEST_CASE("a pitchfork point is refused as degenerate, from wherever Newton's method comes" *
          needs_flint()) {
  // At w = (a, a), tanh a = 1/2, all u are a, so that sigma' = 3/4, sigma'' = -3/4: the gradient is
  // zero, and so is sigma'^2 + sigma'' (sigma - y) where y = -1/4, hence the Hessian along (1, -1).
  const Matrix X = (Matrix(3, 2) << 1.0, 0.0, 0.0, 1.0, 0.5, 0.5).finished();
  const Vector y = (Vector(3) << -0.25, -0.25, 2.0).finished();
  Certifier certifier(Perceptron(make_problem(X, y)));
  const double a = std::atanh(0.5);
  for (const double off : {0.0, 1e-12, 1e-6, 1e-4}) {
    for (const double along : {0.0, 1e-9}) {
      CAPTURE(off);
      CAPTURE(along);
      const Vector weights = (Vector(2) << a + along + off, a + along - off).finished();
      const Certificate certificate = certifier.certify(weights);
      check_refused(certificate, weights);
      CAPTURE(certificate.reason);
      CHECK(contains(certificate.reason, "degenerate"));
    }
  }
}

TEST_CASE("a saddle whose eigenvalues are one and minus 1e-27 gets its index" * needs_flint()) {
  // Two axes. On the first the patterns (1, 1 + alpha) and (2, -1) balance at exp(-2 w) = alpha / 2
  // up to a relative alpha: nearer the second pushes back, farther out the first pulls on, so this is
  // a maximum. The second axis has the minimum tanh w = 1/2.
  for (const double alpha : {0x1p-20, 0x1p-44, 0x1p-52}) {
    for (const double turn : {0.0, 1.0}) {
      CAPTURE(alpha);
      CAPTURE(turn);
      Matrix axes(3, 2);
      axes << 1.0, 0.0, 2.0, 0.0, 0.0, 1.0;
      Matrix turned(2, 2);
      turned << 1.0, turn, -turn, 1.0;  // exact in doubles
      const Vector y = (Vector(3) << 1.0 + alpha, -1.0, 0.5).finished();
      Certifier certifier(Perceptron(make_problem(axes * turned, y)));
      const Vector w = (Vector(2) << -0.5 * std::log(0.5 * alpha), std::atanh(0.5)).finished();
      const Vector weights = turned.transpose() * w / (1.0 + turn * turn);
      const Certificate certificate = certifier.certify(weights);
      CAPTURE(certificate.reason);
      REQUIRE(certificate.certified);
      check_consistent(certificate);
      CHECK(*certificate.morse_index == 1);
      // q = alpha / 2: E'' = -2 q d/dq of 8 q^2 (1 - y) - 4 q (alpha + 2 q), y = -1: -4 alpha^2,
      // and |(1, 2)|^2 = 5 takes it to orthonormal coordinates
      CHECK(certificate.eigenvalues(0) ==
            doctest::Approx(-0.8 * alpha * alpha).epsilon(1e-5).scale(0.0));
      CHECK(certificate.eigenvalues(1) == doctest::Approx(0.5625).epsilon(1e-12));
      CHECK(relative_error(certificate.weights, weights) <= 1e-5);
    }
  }
}

TEST_CASE("weights may be off by more along a flat strip than elsewhere" * needs_flint()) {
  // The two axes of the case before. Node inputs of the first axis are about 16 and 32.
  const double alpha = 0x1p-44;
  const Matrix X = (Matrix(3, 2) << 1.0, 0.0, 2.0, 0.0, 0.0, 1.0).finished();
  const Vector y = (Vector(3) << 1.0 + alpha, -1.0, 0.5).finished();
  Certifier certifier(Perceptron(make_problem(X, y)));
  const Vector weights = (Vector(2) << -0.5 * std::log(0.5 * alpha), std::atanh(0.5)).finished();
  const Certificate exact = certifier.certify(weights);
  REQUIRE(exact.certified);
  for (const double off : {-0.05, 0.05}) {
    CAPTURE(off);
    const Certificate flat = certifier.certify(weights + off * Vector::Unit(2, 0));
    CAPTURE(flat.reason);
    REQUIRE(flat.certified);
    CHECK((flat.weights - exact.weights).norm() <= flat.radius + exact.radius);
    const Vector astray = weights + off * Vector::Unit(2, 1);
    const Certificate steep = certifier.certify(astray);
    check_refused(steep, astray);
    CHECK(contains(steep.reason, "no stationary point near"));
  }
}

TEST_CASE(
    "the ends of natural paths are certified for every activation, penalty and pattern weights" *
    needs_flint()) {
  for (const Activation activation : all_activations) {
    for (const bool weighted : {false, true}) {
      for (const double ridge : {0.0, 1e-3, 0.5}) {
        for (const bool standardised : {false, true}) {
          CAPTURE(to_string(activation));
          CAPTURE(weighted);
          CAPTURE(ridge);
          CAPTURE(standardised);
          Problem problem = some_problem(11, 15, 4);
          if (!weighted) problem.pattern_weights.resize(0);
          PerceptronOptions options = with(activation);
          options.ridge = ridge;
          options.ridge_standardised = standardised;
          check_end_of_path(problem, options);
        }
      }
    }
  }
}

TEST_CASE("targets beyond the range and inputs of very different sizes are certified, too" *
          needs_flint()) {
  int ends = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    const Problem problem = support::random_problem(seed);
    if (problem.X.rows() < problem.X.cols()) continue;
    const Perceptron network(problem);
    const NaturalPath path = track_natural(network);
    if (!path.ok() || !path.end || path.infinity) continue;
    Certifier certifier{Perceptron(problem)};
    const Certificate certificate = certifier.certify(path.end->weights);
    CAPTURE(certificate.reason);
    REQUIRE(certificate.certified);
    check_consistent(certificate);
    CHECK(certificate.morse_index == path.end->morse_index);
    ++ends;
  }
  CHECK(ends >= 30);
}

TEST_CASE("where columns depend on each other the point of least norm is certified" *
          needs_flint()) {
  const Json json = load("rank_deficient");
  Certifier certifier(Perceptron(problem_of(json), options_of(json)));
  const Json& truth = json["reduced_problem"]["stationary_points_at_tau_1"][0];
  const Vector kernel = (Vector(2) << 2.0, 1.0).finished();
  const Certificate certificate = certifier.certify(vector(truth["minimum_norm_w"]));
  CAPTURE(certificate.reason);
  REQUIRE(certificate.certified);
  check_consistent(certificate);
  CHECK(*certificate.morse_index == 0);
  CHECK(certificate.eigenvalues.size() == 1);
  CHECK(distance(certificate.weights, truth["minimum_norm_w"]) <=
        certificate.radius + rounding_of(certificate.weights));
  CHECK(certificate.radius <= 2.0 * epsilon * certificate.weights.norm());
  // another point of the same family
  const Certificate same = certifier.certify(certificate.weights + 3.0 * kernel);
  REQUIRE(same.certified);
  CHECK((same.weights - certificate.weights).norm() <= same.radius + certificate.radius);
}

TEST_CASE("columns that depend on each other only to rounding are refused" * needs_flint()) {
  Problem problem = problem_of(load("rank_deficient"));
  problem.X.col(1) = problem.X.col(0) / 3.0;
  const Perceptron network(problem);
  REQUIRE(network.unknowns() == 1);
  const NaturalPath path = track_natural(network);
  REQUIRE(path.ok());
  Certifier certifier{Perceptron(problem)};
  const Certificate certificate = certifier.certify(path.end->weights);
  check_refused(certificate, path.end->weights);
  CHECK(contains(certificate.reason, "rank 2"));
}

TEST_CASE("fewer patterns than weights: the interpolating weights of least norm" * needs_flint()) {
  const Matrix X = (Matrix(2, 3) << 1.0, 2.0, 3.0, 1.0, 0.0, -1.0).finished();
  const Vector y = (Vector(2) << 0.5, -0.25).finished();
  for (const double ridge : {0.0, 0.125}) {
    CAPTURE(ridge);
    PerceptronOptions options;
    options.ridge = ridge;
    const NaturalPath path = track_natural(Perceptron(make_problem(X, y), options));
    REQUIRE(path.ok());
    Certifier certifier(Perceptron(make_problem(X, y), options));
    const Certificate certificate = certifier.certify(path.end->weights);
    CAPTURE(certificate.reason);
    REQUIRE(certificate.certified);
    check_consistent(certificate);
    CHECK(*certificate.morse_index == 0);
    CHECK(relative_error(certificate.weights, path.end->weights) <= 1e-13);
    if (ridge == 0.0) {
      CHECK(certificate.energy <= certificate.energy_radius);
      CHECK((X * certificate.weights - y.array().atanh().matrix()).norm() <= 1e-15);
    }
  }
}

TEST_CASE("zero weights are certified where they are stationary" * needs_flint()) {
  const Matrix X = (Matrix(3, 2) << 1.0, 0.5, -2.0, 1.0, 0.25, 3.0).finished();
  Certifier certifier(Perceptron(make_problem(X, Vector::Zero(3))));
  const Certificate certificate = certifier.certify(Vector::Zero(2));
  CAPTURE(certificate.reason);
  REQUIRE(certificate.certified);
  check_consistent(certificate);
  CHECK(certificate.weights == Vector::Zero(2));
  CHECK(certificate.radius <= 1e-15);
  CHECK(certificate.unique_within >= 1e-3);
  CHECK(certificate.eigenvalues(0) == doctest::Approx(1.0).epsilon(1e-13));
}

TEST_CASE("breast cancer: the end of the natural path" * needs_flint()) {
  DatasetOptions reading;
  reading.positive = "benign";
  Problem problem =
      read_csv(std::string(TAUTRACK_TEST_DATA) + "/breast_cancer.csv", reading).problems.front();
  const Json truth = load("real_breast_cancer")["path"];
  const Index bias = problem.X.cols() - 1;
  for (Index j = 0; j < bias; ++j) {
    const double mean = problem.X.col(j).mean();
    problem.X.col(j).array() -= mean;
    problem.X.col(j) /=
        std::sqrt(problem.X.col(j).squaredNorm() / static_cast<double>(problem.X.rows()));
  }
  Certifier certifier{Perceptron(problem)};
  const Certificate certificate = certifier.certify(vector(truth["w1"]));
  CAPTURE(certificate.reason);
  REQUIRE(certificate.certified);
  check_consistent(certificate);
  CHECK(*certificate.morse_index == 0);
  CHECK(relative_error(certificate.weights, vector(truth["w1"])) <= 1e-8);
  CHECK(certificate.energy == doctest::Approx(number(truth["E1"])).epsilon(1e-12));
  CHECK(certificate.radius <= 4.0 * epsilon * certificate.weights.norm());
}

TEST_CASE("Hessians in double and in balls lead to the same certificate" * needs_flint()) {
  const std::pair<Index, Index> sizes[] = {{4, 1}, {12, 3}, {40, 8}, {600, 20}};
  for (const std::pair<Index, Index>& size : sizes) {
    for (const Activation activation : all_activations) {
      for (const double ridge : {0.0, 0.25}) {
        CAPTURE(size.first);
        CAPTURE(to_string(activation));
        CAPTURE(ridge);
        const Problem problem = some_problem(17, size.first, size.second);
        PerceptronOptions options = with(activation);
        options.ridge = ridge;
        const NaturalPath path = track_natural(Perceptron(problem, options));
        REQUIRE(path.ok());
        CHECK(check_both_ways(problem, options, path.end->weights).in_double);
      }
    }
  }
}

TEST_CASE("inputs of very different sizes and columns that depend on each other, both ways" *
          needs_flint()) {
  int in_double = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Problem problem = support::random_problem(seed);
    if (problem.X.rows() < problem.X.cols() + 1) continue;
    if (seed % 3 == 0) {
      Matrix X(problem.X.rows(), problem.X.cols() + 1);
      X << problem.X, 2.0 * problem.X.col(0);
      problem = make_problem(X, problem.y);
    } else if (seed % 3 == 1) {
      problem.X.col(0) *= 1e150;
    }
    const NaturalPath path = track_natural(Perceptron(problem));
    if (!path.ok() || !path.end || path.infinity) continue;
    if (check_both_ways(problem, {}, path.end->weights).in_double) ++in_double;
  }
  CHECK(in_double >= 20);
}

TEST_CASE("where curvature nearly cancels double arithmetic steps back" * needs_flint()) {
  // The pitchfork with y = -1/4 + d: at tanh a = 1/2 + 2 d / 3 the Hessian along (1, -1) is
  // sigma' (1 - 3 tanh^2 a + 2 y tanh a) = -d to first order.
  const Matrix X = (Matrix(3, 2) << 1.0, 0.0, 0.0, 1.0, 0.5, 0.5).finished();
  int in_double = 0;
  int in_balls = 0;
  for (int k = 6; k <= 44; k += 2) {
    for (const double sign : {-1.0, 1.0}) {
      CAPTURE(k);
      CAPTURE(sign);
      const double d = sign * std::ldexp(1.0, -k);
      const Vector y = (Vector(3) << -0.25 + d, -0.25 + d, 2.0).finished();
      const Vector weights = Vector::Constant(2, std::atanh(0.5 + 2.0 * d / 3.0));
      const TracedCertificate traced = check_both_ways(make_problem(X, y), {}, weights);
      CHECK(traced.certificate.morse_index == (sign > 0.0 ? 1 : 0));
      ++(traced.in_double ? in_double : in_balls);
    }
  }
  CHECK(in_double >= 5);
  CHECK(in_balls >= 5);
}

TEST_CASE("along flat strips double arithmetic steps back" * needs_flint()) {
  // The two axes above, turned.
  const Matrix axes = (Matrix(3, 2) << 1.0, 0.0, 2.0, 0.0, 0.0, 1.0).finished();
  const Matrix turned = (Matrix(2, 2) << 1.0, 1.0, -1.0, 1.0).finished();
  int in_double = 0;
  int in_balls = 0;
  for (int k = 8; k <= 52; k += 4) {
    CAPTURE(k);
    const double alpha = std::ldexp(1.0, -k);
    const Vector y = (Vector(3) << 1.0 + alpha, -1.0, 0.5).finished();
    const Vector w = (Vector(2) << -0.5 * std::log(0.5 * alpha), std::atanh(0.5)).finished();
    // up to a relative alpha, too far off where that is large
    const Vector weights = turned.transpose() * w / 2.0;
    const TracedCertificate traced = check_both_ways(make_problem(axes * turned, y), {}, weights);
    if (!traced.certificate.certified) continue;
    CHECK(traced.certificate.morse_index == 1);
    ++(traced.in_double ? in_double : in_balls);
  }
  CHECK(in_double >= 2);
  CHECK(in_balls >= 4);
}

TEST_CASE("the first precision may be any, and the last ends the search" * needs_flint()) {
  const Json json = load("s2_folds");
  const Vector weights = vector(json["stationary_points_at_tau_1"][0]["w"]);
  for (const int bits : {53, 64, 100, 300}) {
    CertifyOptions options;
    options.first_precision = bits;
    options.max_precision = std::max(bits, 128);
    Certifier certifier(Perceptron(problem_of(json), options_of(json)), options);
    const Certificate certificate = certifier.certify(weights);
    CAPTURE(certificate.reason);
    REQUIRE(certificate.certified);
    CHECK(certificate.precision >= bits);
    CHECK(certificate.precision <= options.max_precision);
  }
}

TEST_CASE("a certifier moves, and certifies again what it has certified before") {
  const Json json = load("s3_folds");
  Certifier first(Perceptron(problem_of(json), options_of(json)));
  Certifier second = std::move(first);
  const Vector weights = vector(json["stationary_points_at_tau_1"][4]["w"]);
  const Certificate once = second.certify(weights);
  (void)second.certify(Vector::Constant(3, 1e300));
  const Certificate twice = second.certify(weights);
  CHECK(once.certified == Certifier::available());
  CHECK(twice.certified == once.certified);
  CHECK(twice.weights == once.weights);
  CHECK(twice.radius == once.radius);
  CHECK(twice.unique_within == once.unique_within);
  if (!Certifier::available()) CHECK(contains(once.reason, "FLINT"));
}

TEST_CASE("weights that are not finite are refused with a reason, a wrong number of them throws") {
  const Json json = load("s2_folds");
  Certifier certifier(Perceptron(problem_of(json), options_of(json)));
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    const Certificate certificate = certifier.certify((Vector(2) << 1.0, bad).finished());
    CHECK_FALSE(certificate.certified);
    CHECK(contains(certificate.reason, "not finite"));
  }
  CHECK_THROWS_AS((void)certifier.certify(Vector::Zero(3)), std::invalid_argument);
}

TEST_CASE("options and problems are checked at the door") {
  const Problem problem = problem_of(load("s2_folds"));
  const auto reason = [](int first, int max) {
    CertifyOptions options;
    options.first_precision = first;
    options.max_precision = max;
    return options.invalid_reason();
  };
  CHECK_FALSE(reason(64, 2048));
  CHECK_FALSE(reason(53, 53));
  CHECK(contains(reason(52, 2048).value_or(""), "first_precision"));
  CHECK(contains(reason(128, 64).value_or(""), "first_precision"));
  CHECK(contains(reason(53, 52).value_or(""), "max_precision"));
  CertifyOptions options;
  options.max_precision = 10;
  CHECK_THROWS_AS(Certifier(Perceptron(problem), options), std::invalid_argument);
  PerceptronOptions network;
  network.ridge = -1.0;
  CHECK_THROWS_AS(Certifier(Perceptron(problem, network)), std::invalid_argument);
  Problem bad = problem;
  bad.y(0) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(Certifier(Perceptron(bad)), DataError);
}

TEST_CASE("a proof that is cut off proves nothing and refutes nothing, and can be made later" *
          needs_flint()) {
  for (const char* name : {"s2_folds", "rank_deficient", "s3_generic"}) {
    CAPTURE(name);
    const Json json = load(name);
    const Perceptron network(problem_of(json), options_of(json));
    const NaturalPath path = track_natural(network);
    REQUIRE(path.ok());
    const Vector weights = path.end->weights;
    // A place that is refuted when there is time.
    const Vector elsewhere = weights + Vector::Constant(weights.size(), 0.5);
    const Certificate whole = Certifier(network).certify(weights);
    REQUIRE(whole.certified);
    Certifier resumed(network);
    int cut = 0;
    for (long looks = 0;; ++looks) {
      const Certificate certificate =
          Certifier(network).certify(weights, StopCondition::after_looks(looks));
      if (!certificate.is_cut) {
        CHECK(certificate.certified);
        CHECK(certificate.weights == whole.weights);
        CHECK(certificate.eigenvalues == whole.eigenvalues);
        break;
      }
      ++cut;
      check_refused(certificate, weights);
      CHECK_FALSE(certificate.refuted);
      CHECK(contains(certificate.reason, "unfinished"));
      const Certificate other = resumed.certify(elsewhere, StopCondition::after_looks(looks));
      if (other.is_cut) CHECK_FALSE(other.refuted);
      CHECK_FALSE(other.certified);
    }
    CHECK(cut > network.patterns());
    const Certificate later = resumed.certify(weights);
    CHECK(later.certified);
    CHECK(later.weights == whole.weights);
    CHECK(later.radius == whole.radius);
  }
}

}  // namespace certificate_test
