// Inverse predictions against closed forms.

#include "tautrack/inference/prediction.hpp"

#include <cmath>

#include <doctest/doctest.h>

namespace prediction_test {

using namespace tautrack;

namespace {

double logit(double p) { return std::log(p / (1.0 - p)); }

struct Case {
  Problem problem;
  FittedSigmoid fit;
  SingleInput columns;

  /// 1 + 4 logistic(slope x - 1.5)
  explicit Case(double slope) : problem{}, fit{Vector(2), {1.0, 5.0}} {
    fit.weights << slope, -1.5;
  }
  [[nodiscard]] SigmoidModel model() const { return {problem, Activation::logistic, {}}; }
  [[nodiscard]] double input_at(double y) const {
    return (logit((y - 1.0) / 4.0) + 1.5) / fit.weights(0);
  }
};

}  // namespace

TEST_CASE("without errors of the curve the ends are the inputs at the response -+ its own error") {
  for (const double slope : {2.0, -0.5}) {
    CAPTURE(slope);
    const Case curve(slope);
    const InversePrediction found = inverse_prediction(curve.model(), curve.fit, Matrix::Zero(4, 4),
                                                       curve.columns, 2.0, 3.5, 0.04);
    REQUIRE((found.estimate && found.low && found.high));
    CHECK(*found.estimate == doctest::Approx(curve.input_at(3.5)));
    CHECK(*found.low == doctest::Approx(std::min(curve.input_at(3.1), curve.input_at(3.9))));
    CHECK(*found.high == doctest::Approx(std::max(curve.input_at(3.1), curve.input_at(3.9))));
  }
}

TEST_CASE("errors of the curve alone: the response is at the edge of the band there") {
  const Case curve(2.0);
  Matrix half(4, 4);
  half << 0.1, 0.0, 0.0, 0.0, -0.02, 0.2, 0.0, 0.0, 0.01, 0.03, 0.05, 0.0, 0.0, -0.02, 0.01, 0.04;
  const Matrix covariance = half * half.transpose();
  const InversePrediction found =
      inverse_prediction(curve.model(), curve.fit, covariance, curve.columns, 2.0, 2.2, 0.0);
  REQUIRE((found.estimate && found.low && found.high));
  CHECK(*found.low < *found.estimate);
  CHECK(*found.high > *found.estimate);
  FitStatistics statistics;
  statistics.covariance = covariance;
  for (const double x : {*found.low, *found.high}) {
    Matrix row(1, 2);
    row << x, 1.0;
    const double z = sigmoid_outputs(curve.fit, Activation::logistic, row)(0);
    const double error = output_errors(curve.model(), curve.fit, statistics, row)(0);
    CHECK(std::abs(z - 2.2) == doctest::Approx(2.0 * error).epsilon(1e-6));
  }
}

TEST_CASE("near a plateau the interval has one end, beyond it there is no input") {
  const Case curve(2.0);
  const Matrix none = Matrix::Zero(4, 4);
  const InversePrediction near_high =
      inverse_prediction(curve.model(), curve.fit, none, curve.columns, 2.0, 4.95, 0.01);
  CHECK(near_high.estimate);
  CHECK(near_high.low);
  CHECK_FALSE(near_high.high);
  const InversePrediction above =
      inverse_prediction(curve.model(), curve.fit, none, curve.columns, 2.0, 5.1, 0.01);
  CHECK_FALSE(above.estimate);
  CHECK(above.low.value() == doctest::Approx(curve.input_at(4.9)));
  CHECK_FALSE(above.high);
  const InversePrediction far_above =
      inverse_prediction(curve.model(), curve.fit, none, curve.columns, 2.0, 9.0, 0.01);
  CHECK(far_above.is_empty);
  CHECK_FALSE(far_above.low);
  const Case falling(-2.0);
  const InversePrediction turned =
      inverse_prediction(falling.model(), falling.fit, none, falling.columns, 2.0, 4.95, 0.01);
  CHECK_FALSE(turned.low);
  CHECK(turned.high);
}

}  // namespace prediction_test
