#include <cmath>

#include <doctest/doctest.h>

#include "tautrack/path/natural_path.hpp"

#include "support/reference_case.hpp"

namespace real_data_test {

using namespace tautrack;
using namespace tautrack::reference;

namespace {

/// Weights for standardised columns (mean 0, population standard deviation 1; bias last) from those
/// for the raw columns.
Vector standardised(const Matrix& X, const Vector& w) {
  Vector out = w;
  const Index bias = w.size() - 1;
  for (Index j = 0; j < bias; ++j) {
    const double mean = X.col(j).mean();
    const double deviation =
        std::sqrt((X.col(j).array() - mean).square().sum() / static_cast<double>(X.rows()));
    out(j) = w(j) * deviation;
    out(bias) += w(j) * mean;
  }
  return out;
}

void check_real(const Problem& problem, const std::string& reference_name) {
  const Json json = load(reference_name);
  const Json& truth = json["path"];
  const Perceptron network(problem);
  for (const auto kind :
       {PredictorKind::taylor, PredictorKind::tangent, PredictorKind::davidenko}) {
    CAPTURE(reference_name);
    CAPTURE(to_string(kind));
    TrackOptions options;
    options.predictor.kind = kind;
    const NaturalPath path = track_natural(network, options);
    REQUIRE(path.ok());
    CHECK(relative_error(standardised(problem.X, path.points.front().weights),
                         vector(truth["w0"])) <= 1e-10);
    CHECK(relative_error(standardised(problem.X, path.end->weights), vector(truth["w1"])) <= 1e-10);
    CHECK(path.end->energy == doctest::Approx(number(truth["E1"])).epsilon(1e-12).scale(0.0));
    CHECK(path.end->morse_index == truth["index1"].get<int>());
    CHECK(path.end->status == "converged");
    REQUIRE(path.folds.size() == truth["fold_taus"].size());
    const Json& sequence = truth["index_sequence_along_path"];
    for (std::size_t i = 0; i < path.folds.size(); ++i) {
      CHECK(std::abs(path.folds[i].point.tau - number(truth["fold_taus"][i])) <= 1e-12);
      CHECK(path.folds[i].index_before == sequence[i].get<int>());
      CHECK(path.folds[i].index_after == sequence[i + 1].get<int>());
    }
    CHECK(path.branch_points.empty());
    CHECK(path.work.passes_over_data >= path.work.evaluations);
  }
}

}  // namespace

TEST_CASE(
    "iris from the bundled file: the paths of setosa and versicolor agree with the reference") {
  const Dataset dataset = iris();
  REQUIRE(dataset.problems.size() == 3);
  check_real(dataset.problems[0], "real_iris_setosa_vs_rest");
  check_real(dataset.problems[1], "real_iris_versicolor_vs_rest");
}

TEST_CASE(
    "breast cancer from the raw file: six folds between 0.9997 and 0.9999 and the end point") {
  DatasetOptions options;
  options.positive = "benign";
  const Dataset dataset = read_csv(std::string(TAUTRACK_TEST_DATA) + "/breast_cancer.csv", options);
  REQUIRE(dataset.problems.size() == 1);
  check_real(dataset.problems[0], "real_breast_cancer");
}

}  // namespace real_data_test
