#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/path/natural_path.hpp"

#include "support/random_problem.hpp"
#include "support/reference_case.hpp"

namespace sparse_test {

using namespace tautrack;
using tautrack::support::Random;

namespace {

SparseProblem sparse(const Problem& problem) {
  return make_sparse_problem(SparseMatrix(problem.X.sparseView()), problem.y, problem.name, {},
                             problem.pattern_weights);
}

/// L x s, a share of the entries zero; targets within the range of tanh, far from any perceptron's.
Problem random_sparse_problem(std::uint64_t seed, Index L, Index s, double density) {
  Random random(seed);
  Matrix X = Matrix::Zero(L, s);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j)
      if (random.uniform(0.0, 1.0) < density) X(i, j) = 1.5 * random.normal();
    X(i, i % s) = 1.5 * random.normal();  // no column is zero
    y(i) = random.uniform(-0.9, 0.9);
  }
  return make_problem(X, y);
}

double relative_error(const Vector& value, const Vector& truth) {
  return (value - truth).norm() / truth.norm();
}

/// Same end, same folds. @return number of folds.
std::size_t check_same_path(const NaturalPath& sparse, const NaturalPath& dense) {
  CHECK(sparse.status == dense.status);
  REQUIRE(sparse.folds.size() == dense.folds.size());
  for (std::size_t i = 0; i < dense.folds.size(); ++i) {
    const NaturalFold& fold = sparse.folds[i];
    const NaturalFold& truth = dense.folds[i];
    CHECK(std::abs(fold.point.tau - truth.point.tau) <= 1e-12);
    CHECK(relative_error(fold.point.weights, truth.point.weights) <= 1e-6);
    CHECK(fold.curvature_sign == truth.curvature_sign);
    CHECK(std::abs(std::abs(fold.tangent.dot(truth.tangent)) - 1.0) <= 1e-9);
    CHECK_FALSE(fold.index_before.has_value());
  }
  REQUIRE(sparse.end.has_value() == dense.end.has_value());
  if (dense.end) {
    CHECK(relative_error(sparse.end->weights, dense.end->weights) <= 1e-9);
    CHECK(sparse.end->energy == doctest::Approx(dense.end->energy).epsilon(1e-12).scale(0.0));
    CHECK(sparse.end->status == "unclassified");
    CHECK_FALSE(sparse.end->morse_index.has_value());
    CHECK(sparse.end->eigenvalues.size() == 0);
    // Congruent Hessians have the same signs.
    if (sparse.end->lowest_eigenvalue < 0.0) CHECK(dense.end->lowest_eigenvalue < 0.0);
  }
  return dense.folds.size();
}

}  // namespace

TEST_CASE("a sparse network has the path of the dense one: 50 to 300 patterns, 3 to 30 weights") {
  struct Size {
    Index L, s;
    double density;
  };
  for (const Size& size : {Size{50, 3, 0.8}, Size{100, 10, 0.4}, Size{300, 30, 0.1}}) {
    const Index L = size.L, s = size.s;
    const double density = size.density;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(L);
      CAPTURE(seed);
      const Problem problem = random_sparse_problem(seed, L, s, density);
      check_same_path(track_natural(SparsePerceptron(sparse(problem))),
                      track_natural(Perceptron(problem)));
    }
  }
}

TEST_CASE("activations, ridge and pattern weights are those of the dense network") {
  Problem problem = random_sparse_problem(1, 60, 5, 0.6);
  Random random(2);
  problem.pattern_weights.resize(60);
  for (double& weight : problem.pattern_weights) weight = random.uniform(0.5, 2.0);
  for (const auto activation :
       {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
    for (const bool standardised : {false, true}) {
      PerceptronOptions options;
      options.activation = activation;
      options.ridge = 0.5;
      options.ridge_standardised = standardised;
      CAPTURE(to_string(activation));
      check_same_path(track_natural(SparsePerceptron(sparse(problem), options)),
                      track_natural(Perceptron(problem, options)));
    }
  }
}

TEST_CASE("the folds of the reference cases are found without a Hessian") {
  std::size_t folds = 0;
  for (const std::string& name : reference::small_cases()) {
    CAPTURE(name);
    const reference::Json json = reference::load(name);
    if (!json["path"]["reaches_tau_1"].get<bool>() || json["path"].contains("branch_points"))
      continue;
    const Matrix X = [&] {
      const reference::Json& rows = json["X"];
      Matrix out(static_cast<Index>(rows.size()), static_cast<Index>(rows[0].size()));
      for (std::size_t i = 0; i < rows.size(); ++i)
        out.row(static_cast<Index>(i)) = reference::vector(rows[i]).transpose();
      return out;
    }();
    PerceptronOptions options;
    options.activation = *activation_from_name(json["activation"].get<std::string>());
    const Problem problem = make_problem(X, reference::vector(json["y"]));
    folds += check_same_path(track_natural(SparsePerceptron(sparse(problem), options)),
                             track_natural(Perceptron(problem, options)));
  }
  CHECK(folds == 18);
}

TEST_CASE("random problems that fold: the same folds and ends as with a Hessian") {
  std::size_t paths = 0;
  std::size_t folds = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Problem problem = support::random_problem(seed);
    // Within the range of tanh, and no interpolation: that has energy zero.
    if (problem.y.cwiseAbs().maxCoeff() >= 0.95 || problem.X.rows() <= problem.X.cols()) continue;
    CAPTURE(seed);
    const NaturalPath dense = track_natural(Perceptron(problem));
    if (!dense.ok()) continue;
    ++paths;
    folds += check_same_path(track_natural(SparsePerceptron(sparse(problem))), dense);
  }
  CHECK(paths >= 100);
  CHECK(folds >= 10);
}

TEST_CASE("a landing is exact, also on the way back from a fold") {
  const reference::Json json = reference::load("s1_folds");
  const Vector y = reference::vector(json["y"]);
  Matrix X(y.size(), 1);
  for (Index i = 0; i < y.size(); ++i)
    X(i, 0) = reference::number(json["X"][static_cast<std::size_t>(i)][0]);
  const Problem problem = make_problem(X, y);
  const Perceptron network(problem);
  const NaturalPath plain = track_natural(network);
  REQUIRE(plain.folds.size() == 2);
  TrackOptions options;
  options.landings = {0.5 * (plain.folds[0].point.tau + plain.folds[1].point.tau)};
  const NaturalPath path = track_natural(SparsePerceptron(sparse(problem)), options);
  const NaturalPath truth = track_natural(network, options);
  const auto landings = [&](const NaturalPath& of) {
    std::vector<double> out;
    for (const NaturalPoint& point : of.points)
      if (point.kind == PointKind::landing && point.tau == options.landings[0])
        out.push_back(point.weights(0));
    return out;
  };
  REQUIRE(landings(path).size() == 3);
  REQUIRE(landings(truth).size() == 3);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(landings(path)[i] == doctest::Approx(landings(truth)[i]).epsilon(1e-10));
}

TEST_CASE("the other predictors follow a sparse network, too") {
  const Problem problem = random_sparse_problem(3, 50, 3, 0.8);
  const NaturalPath truth = track_natural(Perceptron(problem));
  for (const auto kind : {PredictorKind::tangent, PredictorKind::davidenko}) {
    TrackOptions options;
    options.predictor.kind = kind;
    check_same_path(track_natural(SparsePerceptron(sparse(problem)), options), truth);
  }
}

TEST_CASE("a zero column has the weight zero and changes nothing else") {
  const Problem problem = random_sparse_problem(4, 40, 4, 0.8);
  Matrix X(40, 5);
  X << problem.X.leftCols(2), Vector::Zero(40), problem.X.rightCols(2);
  const NaturalPath path = track_natural(SparsePerceptron(sparse(make_problem(X, problem.y))));
  const NaturalPath truth = track_natural(Perceptron(problem));
  REQUIRE(path.ok());
  CHECK(path.end->weights(2) == 0.0);
  Vector others(4);
  others << path.end->weights.head(2), path.end->weights.tail(2);
  CHECK(relative_error(others, truth.end->weights) <= 1e-9);
}

TEST_CASE("dependent columns: same outputs and energy, and the end is said to be degenerate") {
  const Problem problem = random_sparse_problem(5, 40, 3, 0.8);
  Matrix X(40, 4);
  X << problem.X, problem.X.col(0) - 2.0 * problem.X.col(2);
  const NaturalPath path = track_natural(SparsePerceptron(sparse(make_problem(X, problem.y))));
  const NaturalPath truth = track_natural(Perceptron(problem));
  INFO(path.message);
  REQUIRE(path.ok());
  CHECK(relative_error(X * path.end->weights, problem.X * truth.end->weights) <= 1e-9);
  CHECK(path.end->energy == doctest::Approx(truth.end->energy).epsilon(1e-12));
  CHECK(path.end->status == "degenerate");
}

TEST_CASE("infinite weights are no arrival, and it is said that they are not recognised") {
  const reference::Json json = reference::load("s2_diverges_outside");
  const reference::Json& rows = json["X"];
  Matrix X(static_cast<Index>(rows.size()), 2);
  for (std::size_t i = 0; i < rows.size(); ++i)
    X.row(static_cast<Index>(i)) = reference::vector(rows[i]).transpose();
  const NaturalPath path =
      track_natural(SparsePerceptron(sparse(make_problem(X, reference::vector(json["y"])))));
  CHECK_FALSE(path.ok());
  CHECK_FALSE(path.infinity.has_value());
  CAPTURE(path.message);
  CHECK(path.message.find("infinite weights are not recognised in matrix-free mode") !=
        std::string::npos);
}

TEST_CASE("a Krylov solver that runs out of its budget is the reason why a path ends") {
  const Problem problem = random_sparse_problem(6, 100, 20, 0.3);
  TrackOptions options;
  options.corrector.krylov.max_iterations = 2;
  const NaturalPath path = track_natural(SparsePerceptron(sparse(problem)), options);
  CHECK_FALSE(path.ok());
  CHECK(path.message.find("the Krylov solver does not converge within its budget of iterations") !=
        std::string::npos);
}

TEST_CASE("a thousand weights: Krylov iterations are counted and no matrix is formed") {
  const NaturalPath path =
      track_natural(SparsePerceptron(sparse(random_sparse_problem(7, 4000, 1000, 0.01))));
  REQUIRE(path.ok());
  CHECK(path.end->status == "unclassified");
  REQUIRE(path.end->nearest_eigenvalue.has_value());
  CHECK(*path.end->nearest_eigenvalue != 0.0);
  CHECK(path.end->gradient_norm <= 1e-14 * path.end->gradient_scale);
  CHECK(path.work.krylov_iterations > 0);
  CHECK(path.work.passes_over_data >= path.work.krylov_iterations);
}

}  // namespace sparse_test
