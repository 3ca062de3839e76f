#include "tautrack/data/held_weights.hpp"

#include <limits>
#include <memory>
#include <stdexcept>

#include <doctest/doctest.h>

#include "tautrack/data/replicates.hpp"
#include "tautrack/data/scaled_problem.hpp"
#include "tautrack/ranks/rows.hpp"

namespace held_weights_test {

namespace {

using namespace tautrack;

/// Numbers whose products and sums are exact.
std::shared_ptr<const Problem> three_columns() {
  Matrix X(4, 3);
  X << 1, 2, 1, 3, -1, 1, 0.5, 4, 1, -2, 0, 1;
  return std::make_shared<const Problem>(make_problem(X, Vector::LinSpaced(4, -0.5, 0.25), "y",
                                                      {"a", "b", "(bias)"},
                                                      Vector::LinSpaced(4, 1.0, 2.5)));
}

std::shared_ptr<const Problem> shared(Problem problem) {
  return std::make_shared<const Problem>(std::move(problem));
}

}  // namespace

TEST_CASE("held weights leave the other columns and a known part of the node inputs") {
  const auto given = three_columns();
  const HeldWeights held(3, {{2, 0.25}, {0, -2.0}});
  REQUIRE(held.any());
  CHECK(held.list()[0].column == 0);
  CHECK(held.column(0) == 1);
  const auto reduced = hold_weights(given, held);
  CHECK(reduced->columns == std::vector<std::string>{"b"});
  CHECK(reduced->X == given->X.middleCols(1, 1));
  CHECK(reduced->y == given->y);
  CHECK(reduced->pattern_weights == given->pattern_weights);
  // 1/4 - 2 x, exactly.
  CHECK(reduced->offset == Vector((0.25 - 2.0 * given->X.col(0).array()).matrix()));
  // Held once more, the known parts add up.
  const auto once = hold_weights(given, HeldWeights(3, {{0, -2.0}}));
  const auto twice = hold_weights(once, HeldWeights(2, {{1, 0.25}}));
  CHECK(twice->offset == reduced->offset);

  const Vector all = held.weights(Vector::Constant(1, 7.0));
  CHECK(all == Vector{{-2.0, 7.0, 0.25}});
  CHECK(held.direction(Vector::Constant(1, 7.0)) == Vector{{0.0, 7.0, 0.0}});
  CHECK(held.fitted(all) == Vector::Constant(1, 7.0));
  CHECK((given->X * all - (reduced->X * held.fitted(all) + reduced->offset)).isZero(0.0));
}

TEST_CASE("nothing held changes nothing, and weights held at zero leave no offset") {
  const auto given = three_columns();
  CHECK(hold_weights(given, HeldWeights()) == given);
  CHECK(hold_weights(given, HeldWeights(3, {})) == given);
  const Vector w = Vector::LinSpaced(3, 1.0, 3.0);
  CHECK(HeldWeights().weights(w) == w);
  CHECK(HeldWeights().column(2) == 2);
  const auto reduced = hold_weights(given, HeldWeights(3, {{2, 0.0}}));
  CHECK(reduced->offset.size() == 0);
  CHECK(reduced->X == given->X.leftCols(2));
}

TEST_CASE("held weights that make no sense are refused") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(HeldWeights(2, {{2, 1.0}}),
                       "there is no column 3 whose weight could be held", std::invalid_argument);
  CHECK_THROWS_WITH_AS(HeldWeights(2, {{0, 1.0}, {0, 2.0}}), "the weight of column 1 is held twice",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(HeldWeights(1, {{0, 1.0}}),
                       "every weight is held: none is left to be fitted", std::invalid_argument);
  CHECK_THROWS_AS(HeldWeights(2, {{0, infinity}}), std::invalid_argument);
  Matrix X = Matrix::Constant(2, 2, 1e300);
  const auto large = shared(make_problem(X, Vector::Zero(2)));
  CHECK_THROWS_AS((void)hold_weights(large, HeldWeights(2, {{0, 1e300}})), DataError);
}

TEST_CASE("a problem is checked with its offset") {
  Problem problem = *three_columns();
  problem.offset = Vector::Zero(3);
  CHECK_THROWS_AS(check(problem), DataError);
  problem.offset = Vector::Constant(4, std::numeric_limits<double>::quiet_NaN());
  CHECK_THROWS_AS(check(problem), DataError);
  problem.offset = Vector::Ones(4);
  CHECK_NOTHROW(check(problem));
  CHECK_THROWS_AS(need_no_offset(problem, "this"), std::invalid_argument);
  CHECK(rows_of(problem, {1, 2}).offset == Vector::Ones(2));
  CHECK(rows_of(*three_columns(), {1, 2}).offset.size() == 0);
}

TEST_CASE("rows are one pattern only where their offsets agree") {
  Matrix X(4, 2);
  X << 1, 5, 1, 5, 1, 6, 2, 5;
  Vector y(4);
  y << 0.0, 0.5, 0.25, 0.75;
  const auto given = shared(make_problem(X, y));
  // Without the second column three rows agree, and two of them in its part of the node input.
  const MergedProblem merged = merge_replicates(hold_weights(given, HeldWeights(2, {{1, 0.5}})));
  REQUIRE(merged.problem->y.size() == 3);
  CHECK(merged.replicates.pattern_of == std::vector<Index>{0, 0, 1, 2});
  CHECK(merged.problem->y == Vector{{0.25, 0.25, 0.75}});
  CHECK(merged.problem->offset == Vector{{2.5, 3.0, 2.5}});
  CHECK(merged.problem->pattern_weights == Vector{{2.0, 1.0, 1.0}});
  CHECK(merged.energy == 0.0625);
  // Held at zero the column does not count.
  CHECK(merge_replicates(hold_weights(given, HeldWeights(2, {{1, 0.0}}))).problem->y.size() == 2);
  // Targets in other units leave the offsets as they are.
  const OutputScale scale({-1.0, 1.0}, {0.0, 100.0});
  CHECK(scale_targets(merged.problem, scale)->offset == merged.problem->offset);
}

}  // namespace held_weights_test
