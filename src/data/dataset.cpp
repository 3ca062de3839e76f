#include "tautrack/data/dataset.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "csv_table.hpp"
#include "tautrack_iris_csv.hpp"

namespace tautrack {
namespace {

using detail::in_quotes;

/// "y has size 2, but the number of rows of X is 3".
std::string sizes_disagree(const std::string& what, Index size, const std::string& lines_of_X,
                           Index count) {
  return what + " has size " + std::to_string(size) + ", but the number of " + lines_of_X +
         " of X is " + std::to_string(count);
}

}  // namespace

Dataset iris(const DatasetOptions& options) {
  return parse_csv(detail::iris_csv, "bundled iris data", options);
}

void check(const Problem& problem) {
  const Index patterns = problem.X.rows();
  const Index weights = problem.X.cols();
  const auto fail = [&problem](const std::string& rule) {
    throw DataError("problem " + in_quotes(problem.name) + ": " + rule);
  };
  const auto fail_in_row = [&fail](Index row, const std::string& rule) {
    fail("row " + std::to_string(row + 1) + " (counted from 1): " + rule);
  };
  const Vector& y = problem.y;
  const Vector& omega = problem.pattern_weights;
  if (patterns < 1 || weights < 1)
    fail("X is " + std::to_string(patterns) + " x " + std::to_string(weights) +
         ", but at least one row and one column are needed");
  if (y.size() != patterns) fail(sizes_disagree("y", y.size(), "rows", patterns));
  if (omega.size() != 0 && omega.size() != patterns)
    fail(sizes_disagree("pattern_weights", omega.size(), "rows", patterns));
  const Vector& offset = problem.offset;
  if (offset.size() != 0 && offset.size() != patterns)
    fail(sizes_disagree("offset", offset.size(), "rows", patterns));
  if (static_cast<Index>(problem.columns.size()) != weights)
    fail(sizes_disagree("columns", static_cast<Index>(problem.columns.size()), "columns", weights));

  for (Index column = 0; column < weights; ++column) {
    if (problem.X.col(column).allFinite()) continue;
    for (Index row = 0; row < patterns; ++row)
      if (!std::isfinite(problem.X(row, column)))
        fail_in_row(row, "column " + in_quotes(problem.columns[static_cast<std::size_t>(column)]) +
                             " is not finite");
  }
  for (Index row = 0; row < patterns; ++row) {
    if (!std::isfinite(y(row))) fail_in_row(row, "y is not finite");
    if (omega.size() != 0 && !(std::isfinite(omega(row)) && omega(row) > 0.0))
      fail_in_row(row, "the pattern weight is not positive and finite");
    if (offset.size() != 0 && !std::isfinite(offset(row)))
      fail_in_row(row, "the known part of the node input is not finite");
  }
}

void need_no_offset(const Problem& problem, std::string_view what) {
  if (problem.offset.size() > 0)
    throw std::invalid_argument(std::string(what) +
                                " takes node inputs that are free, but here a part of each is "
                                "known, as where weights are held");
}

Problem make_problem(Matrix X, Vector y, std::string name, std::vector<std::string> columns,
                     Vector pattern_weights) {
  if (columns.empty())
    for (Index column = 1; column <= X.cols(); ++column)
      columns.push_back('x' + std::to_string(column));
  Problem problem{std::move(name), std::move(columns), std::move(X), std::move(y),
                  std::move(pattern_weights)};
  check(problem);
  return problem;
}

}  // namespace tautrack
