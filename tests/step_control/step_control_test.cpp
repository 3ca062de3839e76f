#include "step_control/step_control.hpp"

#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

namespace step_control_test {

namespace {

using tautrack::StepControl;
using tautrack::StepControlOptions;
using tautrack::StepMeasures;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Round numbers, so that every expected step can be worked out by hand.
StepControlOptions round_options() {
  StepControlOptions options;
  options.initial = 0.25;
  options.min = 0.001;
  options.max = 8.0;
  options.shrink = 0.5;
  options.grow = 2.0;
  options.contraction = 0.04;
  options.distance = 0.01;
  options.displacement = 0.09;
  options.angle = 0.2;
  options.skew = 0.16;
  options.tolerance = 3.0;
  return options;
}

/// Every measure exactly at its wanted value.
StepMeasures wanted(double step) {
  StepMeasures measures;
  measures.step = step;
  measures.contraction = 0.04;
  measures.distance = 0.01;
  measures.displacement = 0.09;
  measures.angle = 0.2;
  measures.skew = 0.16;
  return measures;
}

/// A measure and the power of the step with which it grows.
struct Measure {
  const char* name;
  double StepMeasures::*value;
  double StepControlOptions::*option;
  double power;
};
constexpr Measure all_measures[] = {
    {"contraction", &StepMeasures::contraction, &StepControlOptions::contraction, 2.0},
    {"distance", &StepMeasures::distance, &StepControlOptions::distance, 2.0},
    {"displacement", &StepMeasures::displacement, &StepControlOptions::displacement, 2.0},
    {"angle", &StepMeasures::angle, &StepControlOptions::angle, 1.0},
    {"skew", &StepMeasures::skew, &StepControlOptions::skew, 2.0},
};

/// The step after an accepted one.
double after_accepting(const StepMeasures& measures,
                       const StepControlOptions& options = round_options()) {
  StepControl control(options);
  control.accepted(measures);
  return control.step();
}

}  // namespace

TEST_CASE("the first step is the initial one") {
  CHECK(StepControl(round_options()).step() == 0.25);
  CHECK(StepControl(round_options()).options().max == 8.0);
}

TEST_CASE("a step with all measures as wanted is repeated") {
  CHECK(after_accepting(wanted(0.3)) == doctest::Approx(0.3).epsilon(1e-15).scale(0.0));
}

TEST_CASE("steps on which nothing happens grow by the largest factor, from the step taken") {
  StepMeasures nothing;
  nothing.step = 0.3;
  CHECK(after_accepting(nothing) == 0.6);
  StepControl control(round_options());
  double step = 0.25;
  for (int k = 0; k < 5; ++k) {
    nothing.step = control.step();
    control.accepted(nothing);
    step *= 2.0;
    CHECK(control.step() == step);
  }
  nothing.step = control.step();
  control.accepted(nothing);
  CHECK(control.step() == 8.0);  // max
}

TEST_CASE("each measure alone drives the next step, by the power with which it grows") {
  for (const Measure& measure : all_measures) {
    CAPTURE(measure.name);
    // The others vanish, this one is what a step 1.6 times too long or too short would give.
    StepMeasures measures;
    measures.step = 0.3;
    const double value = round_options().*measure.option;
    measures.*measure.value = value * std::pow(1.6, measure.power);
    CHECK(after_accepting(measures) == doctest::Approx(0.3 / 1.6).epsilon(1e-14).scale(0.0));
    measures.*measure.value = value * std::pow(1.6, -measure.power);
    CHECK(after_accepting(measures) == doctest::Approx(0.3 * 1.6).epsilon(1e-14).scale(0.0));
    // Never beyond shrink and grow.
    measures.*measure.value = value * std::pow(5.0, measure.power);
    CHECK(after_accepting(measures) == doctest::Approx(0.15).epsilon(1e-14).scale(0.0));
    measures.*measure.value = value * std::pow(5.0, -measure.power);
    CHECK(after_accepting(measures) == doctest::Approx(0.6).epsilon(1e-14).scale(0.0));
  }
}

TEST_CASE("the worst measure decides") {
  for (const Measure& measure : all_measures) {
    CAPTURE(measure.name);
    StepMeasures measures = wanted(0.3);
    measures.*measure.value *= std::pow(1.25, measure.power);
    CHECK(after_accepting(measures) == doctest::Approx(0.24).epsilon(1e-14).scale(0.0));
    measures = wanted(0.3);
    measures.*measure.value *= std::pow(0.8, measure.power);
    CHECK(after_accepting(measures) == doctest::Approx(0.3).epsilon(1e-14).scale(0.0));
  }
}

TEST_CASE("a step is acceptable up to the tolerance times each wanted value and not beyond") {
  const StepControl control(round_options());
  CHECK(control.acceptable(StepMeasures{}));
  CHECK(control.acceptable(wanted(0.3)));
  for (const Measure& measure : all_measures) {
    CAPTURE(measure.name);
    const double limit = 3.0 * round_options().*measure.option;
    StepMeasures measures;
    measures.*measure.value = 0.999 * limit;
    CHECK(control.acceptable(measures));
    measures.*measure.value = 1.001 * limit;
    CHECK_FALSE(control.acceptable(measures));
    measures.*measure.value = infinity;
    CHECK_FALSE(control.acceptable(measures));
    measures.*measure.value = not_a_number;
    CHECK_FALSE(control.acceptable(measures));
  }
}

TEST_CASE("a refused step is shortened by the factor, from the length that was refused") {
  StepControl control(round_options());
  CHECK(control.refused(0.25));
  CHECK(control.step() == 0.125);
  CHECK(control.refused(0.125));
  CHECK(control.step() == 0.0625);
  CHECK(control.refused(0.04));  // a step that had been cut short before it was refused
  CHECK(control.step() == 0.02);
}

TEST_CASE("refusals end below the smallest step and not before") {
  StepControl control(round_options());
  int refusals = 0;
  while (control.refused(control.step())) {
    ++refusals;
    REQUIRE(control.step() >= 0.001);
    REQUIRE(refusals < 100);
  }
  CHECK(refusals == 7);  // 0.25 / 2^7 = 0.00195, 0.25 / 2^8 = 0.00098
  CHECK(control.step() < 0.001);
  StepControl at_the_end(round_options());
  CHECK(at_the_end.refused(0.002));  // exactly the smallest
}

TEST_CASE("right after a refusal a step does not grow, after that it does again") {
  StepMeasures nothing;
  StepControl control(round_options());
  control.refused(0.25);
  nothing.step = 0.125;
  control.accepted(nothing);
  CHECK(control.step() == 0.125);
  control.accepted(nothing);
  CHECK(control.step() == 0.25);
  // It may still shrink right after a refusal.
  control.refused(0.25);
  StepMeasures measures = wanted(0.125);
  measures.angle *= 1.25;
  control.accepted(measures);
  CHECK(control.step() == doctest::Approx(0.1).epsilon(1e-14).scale(0.0));
}

TEST_CASE("accepted steps stay between smallest and largest") {
  StepMeasures nothing;
  nothing.step = 6.0;
  CHECK(after_accepting(nothing) == 8.0);
  StepMeasures much = wanted(0.0015);
  much.angle *= 10.0;
  CHECK(after_accepting(much) == 0.001);
}

TEST_CASE("the predictor's advice bounds the next step") {
  StepMeasures nothing;
  nothing.step = 0.3;
  nothing.limit = 0.4;
  CHECK(after_accepting(nothing) == 0.4);
  nothing.limit = 0.1;
  CHECK(after_accepting(nothing) == 0.1);
  nothing.limit = 1.0;
  CHECK(after_accepting(nothing) == 0.6);
}

TEST_CASE("advice below the smallest step does not make the step smaller than that") {
  StepMeasures nothing;
  nothing.step = 0.3;
  nothing.limit = 0.0001;
  CHECK(after_accepting(nothing) == 0.001);
}

TEST_CASE(
    "driven by a measure that grows with a power of the step, control settles at the wanted "
    "value") {
  // A curve of curvature 3: a step ds turns the tangent by 3 ds.
  StepControl control(round_options());
  for (int k = 0; k < 20; ++k) {
    StepMeasures measures;
    measures.step = control.step();
    measures.angle = 3.0 * measures.step;
    if (control.acceptable(measures))
      control.accepted(measures);
    else
      control.refused(measures.step);
  }
  CHECK(3.0 * control.step() == doctest::Approx(0.2).epsilon(1e-12).scale(0.0));
}

TEST_CASE("each step control option that breaks its rule is named") {
  CHECK(StepControlOptions{}.invalid_reason() == std::nullopt);
  CHECK(round_options().invalid_reason() == std::nullopt);
  const auto complaint = [](double StepControlOptions::*field, double value) {
    StepControlOptions options = round_options();
    options.*field = value;
    return options.invalid_reason().value_or("usable");
  };
  const auto named = [&](const char* name, double StepControlOptions::*field, double value) {
    CAPTURE(name);
    CAPTURE(value);
    CHECK(complaint(field, value).find(std::string("step control ") + name + " ") == 0);
  };
  for (const double bad : {0.0, -1.0, not_a_number}) named("min", &StepControlOptions::min, bad);
  for (const double bad : {0.0005, -1.0, infinity, not_a_number})
    named("max", &StepControlOptions::max, bad);
  for (const double bad : {0.0005, 8.5, not_a_number})
    named("initial", &StepControlOptions::initial, bad);
  for (const double bad : {0.0, 1.0, -0.5, not_a_number})
    named("shrink", &StepControlOptions::shrink, bad);
  for (const double bad : {1.0, 0.5, infinity, not_a_number})
    named("grow", &StepControlOptions::grow, bad);
  for (const double bad : {0.0, 1.0, not_a_number}) {
    named("contraction", &StepControlOptions::contraction, bad);
    named("angle", &StepControlOptions::angle, bad);
    named("skew", &StepControlOptions::skew, bad);
  }
  for (const double bad : {0.0, -1.0, infinity, not_a_number}) {
    named("distance", &StepControlOptions::distance, bad);
    named("displacement", &StepControlOptions::displacement, bad);
  }
  for (const double bad : {1.0, 0.5, infinity, not_a_number})
    named("tolerance", &StepControlOptions::tolerance, bad);
  // The value is in the sentence.
  CHECK(complaint(&StepControlOptions::grow, 0.5).find("0.5") != std::string::npos);
  // Bounds that belong to the range.
  CHECK(complaint(&StepControlOptions::initial, 8.0) == "usable");
  CHECK(complaint(&StepControlOptions::initial, 0.001) == "usable");
  StepControlOptions fixed_step = round_options();
  fixed_step.min = fixed_step.initial = fixed_step.max;
  CHECK(fixed_step.invalid_reason() == std::nullopt);
}

}  // namespace step_control_test
