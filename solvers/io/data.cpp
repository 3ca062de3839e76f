#include "io/data.hpp"

#include <memory>
#include <utility>

#include "tautrack/ranks/rows.hpp"

#include "io/csv_field.hpp"

namespace tautrack::program {
namespace {

constexpr Index most_dense_weights = 1000;
constexpr double most_dense_bytes = 1e9;
constexpr Index most_listed_columns = 1000;

}  // namespace

std::string ProblemView::column(Index column) const {
  return dense_ ? dense_->columns[static_cast<std::size_t>(column)] : column_name(*sparse_, column);
}

bool ProblemView::lists_columns() const { return dense_ || weights() <= most_listed_columns; }

StandardisedWeights ProblemView::standardised() const {
  if (all_) return all_->standardised;
  return dense_ ? StandardisedWeights(dense_->X) : StandardisedWeights(*sparse_->X);
}

std::string csv_columns(const Data& data) {
  const ProblemView first = data.problem(0);
  std::string columns;
  for (Index column = 0; column < first.weights(); ++column)
    columns += ',' + csv_field(first.column(column));
  return columns + '\n';
}

ProblemView Data::problem(std::size_t i) const {
  ProblemView view = sparse ? ProblemView(sparse->problems[i]) : ProblemView(dense.problems[i]);
  if (!all_rows.empty()) view.set_all_rows(all_rows[i]);
  if (table) view.set_table(*table, i);
  return view;
}

void keep_rows(Data& data, int rank, int size) {
  for (Problem& problem : data.dense.problems) {
    const Matrix& X = problem.X;
    data.all_rows.push_back({X.rows(), StandardisedWeights(X)});
    problem = rows_of(problem, rows_of_rank(X.rows(), rank, size));
  }
}

SparseDataset to_sparse(const Dataset& dataset) {
  SparseDataset out{dataset.source, {}};
  const Matrix* last = nullptr;
  std::shared_ptr<const SparseMatrix> X;
  for (const Problem& problem : dataset.problems) {
    const bool is_shared =
        last != nullptr && last->rows() == problem.X.rows() && *last == problem.X;
    if (!is_shared) X = std::make_shared<const SparseMatrix>(problem.X.sparseView());
    last = &problem.X;
    out.problems.push_back(
        {problem.name, problem.columns, X, problem.y, problem.pattern_weights, false});
  }
  return out;
}

Dataset to_dense(const SparseDataset& dataset) {
  Dataset out{dataset.source, {}};
  for (const SparseProblem& problem : dataset.problems) {
    std::vector<std::string> columns;
    for (Index column = 0; column < problem.X->cols(); ++column)
      columns.push_back(column_name(problem, column));
    out.problems.push_back(
        {problem.name, std::move(columns), Matrix(*problem.X), problem.y, problem.pattern_weights});
  }
  return out;
}

bool is_small(const SparseDataset& dataset) {
  const SparseMatrix& X = *dataset.problems.front().X;
  const double bytes = static_cast<double>(X.rows()) * static_cast<double>(X.cols()) *
                       static_cast<double>(dataset.problems.size() * sizeof(double));
  return X.cols() <= most_dense_weights && bytes <= most_dense_bytes;
}

}  // namespace tautrack::program
