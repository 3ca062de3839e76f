// Statistics of fits: those of R, and derivatives by differences.

#include "tautrack/inference/fit_statistics.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/fits/fitted_range.hpp"
#include "tautrack/geometry/amplitude_manifold.hpp"
#include "tautrack/geometry/curvature.hpp"
#include "tautrack/geometry/data_manifold.hpp"
#include "tautrack/network/perceptron.hpp"

namespace fit_statistics_test {

using namespace tautrack;

namespace {

/// Immunoassay, run 1 of R's DNase: log of the concentration, density.
Problem immunoassay() {
  const std::vector<double> conc{0.04882812, 0.04882812, 0.19531250, 0.19531250, 0.390625, 0.390625,
                                 0.78125,    0.78125,    1.5625,     1.5625,     3.125,    3.125,
                                 6.25,       6.25,       12.5,       12.5};
  const std::vector<double> density{0.017, 0.018, 0.121, 0.124, 0.206, 0.215, 0.377, 0.374,
                                    0.614, 0.609, 1.019, 1.001, 1.334, 1.364, 1.730, 1.710};
  Matrix X(16, 2);
  Vector y(16);
  for (Index i = 0; i < 16; ++i) {
    X.row(i) << std::log(conc[static_cast<std::size_t>(i)]), 1.0;
    y(i) = density[static_cast<std::size_t>(i)];
  }
  return make_problem(X, y, "density", {"log conc", "(bias)"});
}

const FitParameter& parameter(const FitStatistics& statistics, const std::string& name) {
  for (const FitParameter& found : statistics.parameters)
    if (found.name == name) return found;
  FAIL("no parameter " << name);
  return statistics.parameters.front();
}

}  // namespace

TEST_CASE("standard errors of a four-parameter curve are those of R") {
  const Problem problem = immunoassay();
  const AllFits fits = find_all_fits(problem, Activation::logistic, OutputRange{});
  REQUIRE(fits.global_minimum);
  const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
  const FitStatistics statistics =
      fit_statistics({problem, Activation::logistic, {}}, {best.weights, *best.range});
  // summary(nls(density ~ SSfpl(log(conc), A, B, xmid, scal), DNase[DNase$Run == 1, ])), R 4.2.2.
  CHECK(statistics.degrees_of_freedom == 12);
  CHECK(statistics.sum_of_squares == doctest::Approx(0.004707255).epsilon(1e-6));
  const auto agrees = [&](const char* name, double estimate, double error) {
    CAPTURE(name);
    const FitParameter& found = parameter(statistics, name);
    CHECK(found.estimate == doctest::Approx(estimate).epsilon(1e-6));
    REQUIRE(found.standard_error);
    CHECK(*found.standard_error == doctest::Approx(error).epsilon(1e-5));
  };
  agrees("low", -0.007897217, 0.01719971);
  agrees("high", 2.377239195, 0.10951638);
  agrees("half point", 1.507403217, 0.10207988);
  // scal = 1 / w: d w = - d scal / scal^2
  agrees("log conc", 1.0 / 1.062578815, 0.05699607 / (1.062578815 * 1.062578815));
  CHECK(statistics.residuals.isApprox(problem.y - statistics.fitted));
  CHECK(0.5 * statistics.sum_of_squares == doctest::Approx(best.energy).epsilon(1e-9));
}

TEST_CASE("the same curve by tanh has the same plateaus, half point, slope and errors") {
  const Problem problem = immunoassay();
  FitStatistics both[2];
  const Activation activations[2] = {Activation::logistic, Activation::tanh};
  for (int k = 0; k < 2; ++k) {
    const AllFits fits = find_all_fits(problem, activations[k], OutputRange{});
    const StationaryPoint& best =
        fits.points.at(static_cast<std::size_t>(fits.global_minimum.value()));
    both[k] = fit_statistics({problem, activations[k], {}}, {best.weights, *best.range});
  }
  for (const char* name : {"low", "high", "half point", "slope"}) {
    const FitParameter &a = parameter(both[0], name), &b = parameter(both[1], name);
    CHECK(a.estimate == doctest::Approx(b.estimate).epsilon(1e-9));
    CHECK(a.standard_error.value() == doctest::Approx(b.standard_error.value()).epsilon(1e-7));
    CHECK(a.hessian_standard_error.value() ==
          doctest::Approx(b.hessian_standard_error.value()).epsilon(1e-7));
  }
}

TEST_CASE("the Jacobian is the derivative of the outputs") {
  Matrix X(5, 3);
  X << 0.3, -1.2, 1.0, 1.4, 0.2, 1.0, -0.7, 0.9, 1.0, 2.0, -0.4, 1.0, 0.0, 3.0, 1.0;
  Vector y(5), offset(5);
  y << 1.0, 2.0, 4.0, 3.0, 5.0;
  offset << 0.1, 0.0, -0.2, 0.3, 0.0;
  Problem problem = make_problem(X, y);
  problem.offset = offset;
  for (const Activation activation :
       {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
    const SigmoidModel model{problem, activation, {}};
    Vector weights(3);
    weights << 0.7, -0.4, 0.2;
    const FittedSigmoid fit{weights, {1.5, 6.0}};
    const Matrix J = sigmoid_jacobian(model, fit, X, offset);
    REQUIRE(J.cols() == 5);
    const double h = 1e-6;
    for (Index j = 0; j < 5; ++j) {
      FittedSigmoid above = fit, below = fit;
      if (j < 3) {
        above.weights(j) += h;
        below.weights(j) -= h;
      } else {
        (j == 3 ? above.range.low : above.range.high) += h;
        (j == 3 ? below.range.low : below.range.high) -= h;
      }
      const Vector difference = (sigmoid_outputs(above, activation, X, offset) -
                                 sigmoid_outputs(below, activation, X, offset)) /
                                (2.0 * h);
      CHECK((J.col(j) - difference).cwiseAbs().maxCoeff() < 1e-8);
    }
  }
}

TEST_CASE("what has no standard errors says why") {
  const Problem problem = immunoassay();
  Vector weights(2);
  weights << 0.94, -1.42;
  const SigmoidModel model{problem, Activation::logistic, {}};
  const FitStatistics penalised = fit_statistics(model, {weights, {0.0, 2.4}}, 0.1);
  CHECK_FALSE(penalised.standard_error);
  CHECK(penalised.reason.find("penalised") != std::string::npos);
  Problem few = make_problem(problem.X.topRows(4), problem.y.head(4));
  CHECK(fit_statistics({few, Activation::logistic, {}}, {weights, {0.0, 2.4}})
            .reason.find("not determined") != std::string::npos);
  Matrix twice(16, 3);
  twice << problem.X, problem.X.col(0);
  const Problem dependent = make_problem(twice, problem.y);
  Vector three(3);
  three << 0.47, -1.42, 0.47;
  const FitStatistics of_dependent =
      fit_statistics({dependent, Activation::logistic, OutputRange{0.0, 2.4}}, {three, {0.0, 2.4}});
  CHECK(of_dependent.degrees_of_freedom == 14);
  CHECK(of_dependent.reason.find("not determined") != std::string::npos);
  CHECK_THROWS_AS((void)fit_statistics(model, {three, {0.0, 2.4}}), std::invalid_argument);
  CHECK_THROWS_AS((void)fit_statistics(model, {weights, {2.4, 0.0}}), std::invalid_argument);
}

TEST_CASE("pattern weights are as good as repeated rows, but for the degrees of freedom") {
  const Problem problem = immunoassay();
  Vector weights(2);
  weights << 0.94, -1.42;
  const FittedSigmoid fit{weights, {0.0, 2.4}};
  Problem weighted = problem;
  weighted.pattern_weights = Vector::Constant(16, 2.0);
  const FitStatistics once = fit_statistics({problem, Activation::logistic, {}}, fit);
  const FitStatistics twice = fit_statistics({weighted, Activation::logistic, {}}, fit);
  // s^2 doubles and (J'J)^-1 halves.
  CHECK(twice.sum_of_squares == doctest::Approx(2.0 * once.sum_of_squares));
  CHECK(twice.rmse == doctest::Approx(once.rmse));
  CHECK(twice.parameters[0].standard_error.value() ==
        doctest::Approx(once.parameters[0].standard_error.value()));
  CHECK(t_factor(0.95, 12) == doctest::Approx(2.17881282966723));  // tables
}

namespace {

/// Inderjit, J. C. Streibig & M. Olofsdotter, Physiol. Plant. 114 (2002); R: drc::ryegrass. log10 of the dose.
Problem ryegrass() {
  const std::vector<double> dose{0,    0,    0,    0,    0,    0,    0.94, 0.94,
                                 0.94, 1.88, 1.88, 1.88, 3.75, 3.75, 3.75, 7.5,
                                 7.5,  7.5,  15,   15,   15,   30,   30,   30};
  const std::vector<double> root{7.58,      8,         8.3285714, 7.25,      7.375,     7.9625,
                                 8.3555556, 6.9142857, 7.75,      6.8714286, 6.45,      5.9222222,
                                 1.925,     2.8857143, 4.2333333, 1.1875,    0.8571429, 1.0571429,
                                 0.6875,    0.525,     0.825,     0.25,      0.22,      0.44};
  Problem problem{"root", {"log10(dose)", "(bias)"}, Matrix(24, 2), Vector(24), {}};
  for (Index i = 0; i < 24; ++i) {
    problem.X.row(i) << std::log10(dose[static_cast<std::size_t>(i)]), 1.0;
    problem.y(i) = root[static_cast<std::size_t>(i)];
  }
  return problem;
}

}  // namespace

TEST_CASE("doses of zero are observations of a plateau, with R's standard errors") {
  const Problem problem = ryegrass();
  const AllFits fits = find_all_fits(problem, Activation::logistic, OutputRange{});
  REQUIRE(fits.global_minimum);
  const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
  const SigmoidModel model{problem, Activation::logistic, {}};
  const FittedSigmoid fit{best.weights, *best.range};
  const FitStatistics statistics = fit_statistics(model, fit);
  CHECK(statistics.reason.empty());
  CHECK(statistics.degrees_of_freedom == 20);
  // nls in Hill's form, summary: from J'J.
  CHECK(statistics.sum_of_squares == doctest::Approx(5.4002146501616).epsilon(1e-9));
  const auto error = [&](const std::string& name) {
    return *parameter(statistics, name).standard_error;
  };
  CHECK(error("log10(dose)") == doctest::Approx(1.0555713403979).epsilon(1e-5));
  CHECK(error("low") == doctest::Approx(0.2095060404497).epsilon(1e-5));
  CHECK(error("high") == doctest::Approx(0.1897332604851).epsilon(1e-5));
  CHECK(error("half point") == doctest::Approx(0.0263916454772).epsilon(1e-5));
  // drm with LL.4, summary: from the Hessian.
  const auto hessian_error = [&](const std::string& name) {
    return *parameter(statistics, name).hessian_standard_error;
  };
  CHECK(hessian_error("log10(dose)") / std::log(10.0) == doctest::Approx(0.46506).epsilon(1e-4));
  CHECK(hessian_error("low") == doctest::Approx(0.21219).epsilon(1e-4));
  CHECK(hessian_error("high") == doctest::Approx(0.18857).epsilon(1e-4));
  CHECK(hessian_error("half point") * std::log(10.0) * 3.05795 ==
        doctest::Approx(0.18573).epsilon(1e-4));
  // The curve falls: they are on the high plateau.
  for (Index i = 0; i < 6; ++i) {
    CHECK(statistics.fitted(i) == best.range->high);
    CHECK(statistics.residuals(i) == problem.y(i) - best.range->high);
  }
  const Matrix J = sigmoid_jacobian(model, fit, problem.X);
  for (Index i = 0; i < 6; ++i) CHECK(J.row(i) == Vector{{0.0, 0.0, 0.0, 1.0}}.transpose());
  Matrix zero(1, 2);
  zero << problem.X(0, 0), 1.0;
  CHECK(output_errors(model, fit, statistics, zero)(0) ==
        doctest::Approx(error("high")).epsilon(1e-12));
}

TEST_CASE("the curvature of parameter effects is that of the data manifold") {
  const auto check = [](const Linearisation& found, const ManifoldPoint& point) {
    const BatesWatts expected = bates_watts(point, {});
    CHECK(found.parameter_effects ==
          doctest::Approx(expected.rho * expected.parameter_effects).epsilon(1e-6));
    CHECK(found.threshold == doctest::Approx(expected.threshold).epsilon(1e-12));
  };
  Problem problem = immunoassay();
  for (const bool is_weighted : {false, true}) {
    CAPTURE(is_weighted);
    if (is_weighted) problem.pattern_weights = Vector::LinSpaced(16, 0.5, 3.0);
    for (const OutputRange& range : {OutputRange{}, OutputRange{0.0, {}}, OutputRange{{}, 2.5}}) {
      CAPTURE(range.low.has_value());
      CAPTURE(range.high.has_value());
      const AllFits fits = find_all_fits(problem, Activation::logistic, range);
      REQUIRE(fits.global_minimum);
      const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
      const FitStatistics statistics =
          fit_statistics({problem, Activation::logistic, range}, {best.weights, *best.range});
      REQUIRE(statistics.linearisation);
      const auto point =
          AmplitudeManifold(problem, Activation::logistic, range).at({best.weights, *best.range});
      REQUIRE(point);
      check(*statistics.linearisation, *point);
    }
  }
  // Both plateaus known, and no fit: the curvature is that of any point.
  Problem known = immunoassay();
  known.y /= 2.4;
  PerceptronOptions options;
  options.activation = Activation::logistic;
  const Perceptron network(known, options);
  const Vector weights{{0.9, -1.4}};
  const FitStatistics statistics =
      fit_statistics({known, Activation::logistic, {0.0, 1.0}}, {weights, {0.0, 1.0}});
  REQUIRE(statistics.linearisation);
  check(*statistics.linearisation, DataManifold(network, 1.0).at(network.coordinates(weights)));
}

TEST_CASE("curvature with doses of zero is that with doses that are far down on the plateau") {
  const Problem problem = ryegrass();
  const AllFits fits = find_all_fits(problem, Activation::logistic, OutputRange{});
  REQUIRE(fits.global_minimum);
  const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
  const FitStatistics statistics =
      fit_statistics({problem, Activation::logistic, {}}, {best.weights, *best.range});
  REQUIRE(statistics.linearisation);
  Problem far = problem;
  for (Index i = 0; i < 24; ++i)
    if (!std::isfinite(far.X(i, 0))) far.X(i, 0) = -10.0;
  const auto point =
      AmplitudeManifold(far, Activation::logistic, {}).at({best.weights, *best.range});
  REQUIRE(point);
  const BatesWatts expected = bates_watts(*point, {});
  CHECK(statistics.linearisation->parameter_effects ==
        doctest::Approx(expected.rho * expected.parameter_effects).epsilon(1e-6));
}

}  // namespace fit_statistics_test
