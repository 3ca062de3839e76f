#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/column_space.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/data/held_weights.hpp"
#include "tautrack/data/replicates.hpp"
#include "tautrack/data/scaled_problem.hpp"
#include "tautrack/data/svmlight.hpp"

#include "io/standardised_weights.hpp"

namespace tautrack::program {

/// What is known of all rows where a problem has only some of them.
struct AllRows {
  Index patterns;
  StandardisedWeights standardised;
};

/// What reports ask about one problem, dense or sparse. Refers to the problem and copies nothing.
class ProblemView {
 public:
  explicit ProblemView(const Problem& problem) : dense_(&problem) {}
  explicit ProblemView(const SparseProblem& problem) : sparse_(&problem) {}

  /// Says of which rows it has but some.
  void set_all_rows(const AllRows& all) { all_ = &all; }
  /// Says which table it is from, and its number there.
  void set_table(const TableFacts& table, std::size_t number) {
    table_ = &table;
    number_ = number;
  }

  [[nodiscard]] const std::string& name() const { return dense_ ? dense_->name : sparse_->name; }
  [[nodiscard]] Index patterns() const {
    return all_ ? all_->patterns : dense_ ? dense_->X.rows() : sparse_->X->rows();
  }
  /// Of a rank that has but some rows, those of these.
  [[nodiscard]] const Vector& targets() const { return dense_ ? dense_->y : sparse_->y; }
  [[nodiscard]] Index weights() const { return dense_ ? dense_->X.cols() : sparse_->X->cols(); }
  /// Name of a column, counted from 0.
  [[nodiscard]] std::string column(Index column) const;
  /// Whether a file that lists columns by name should: not where there are thousands of names that
  /// are numbers anyway.
  [[nodiscard]] bool lists_columns() const;
  [[nodiscard]] StandardisedWeights standardised() const;
  /// How the table was read that it is from; null: it is from none.
  [[nodiscard]] const TableFacts* table() const { return table_; }
  /// @pre table()
  [[nodiscard]] const TargetFacts& target() const { return table_->targets[number_]; }

 private:
  const Problem* dense_ = nullptr;
  const SparseProblem* sparse_ = nullptr;
  const AllRows* all_ = nullptr;
  const TableFacts* table_ = nullptr;
  std::size_t number_ = 0;
};

/// What is known of the rows and columns of X.
struct DataFacts {
  std::optional<UnreachableTargets> unreachable;  ///< Targets beyond the ends of the range.
  std::optional<Replicates> replicates;           ///< Nothing when rows were not compared.
  double energy_of_replicates = 0.0;              ///< What E is at least, whatever the weights.
  std::optional<Index> rank;                      ///< Nothing when they are used matrix-free.
  std::optional<Index> zero_columns;              ///< Only when they are used matrix-free.
  std::vector<ColumnDependency> dependencies;     ///< Columns that are combinations of others.
  HeldWeights held;  ///< Of the columns; the rank is that of the others.
};

/// How many weights are not held.
[[nodiscard]] inline Index fitted_weights(const ProblemView& problem, const DataFacts& facts) {
  return problem.weights() - static_cast<Index>(facts.held.list().size());
}

/// The problems of one run: all dense, or all sparse and to be tracked matrix-free.
struct Data {
  Dataset dense;  ///< Without problems when `sparse` is there.
  std::optional<SparseDataset> sparse;
  std::vector<AllRows> all_rows;    ///< When the dense problems have but a rank's rows.
  std::optional<TableFacts> table;  ///< How the table was read that they are from, if any.

  [[nodiscard]] bool is_matrix_free() const { return sparse.has_value(); }
  [[nodiscard]] const std::string& source() const { return sparse ? sparse->source : dense.source; }
  [[nodiscard]] std::size_t size() const {
    return sparse ? sparse->problems.size() : dense.problems.size();
  }
  [[nodiscard]] ProblemView problem(std::size_t i) const;
};

/// Names of the columns of the data as CSV fields, a comma in front of each, and a line end.
[[nodiscard]] std::string csv_columns(const Data& data);

/// Leaves a rank its rows of the dense problems, and gives back the memory of the others.
void keep_rows(Data& data, int rank, int size);

/// Dense problems as sparse ones; those with the same X share it.
[[nodiscard]] SparseDataset to_sparse(const Dataset& dataset);

/// Sparse problems as dense ones.
[[nodiscard]] Dataset to_dense(const SparseDataset& dataset);

/// Whether to_dense() gives problems that are well tracked with dense matrices: at most 1000 weights
/// and 1 GB.
[[nodiscard]] bool is_small(const SparseDataset& dataset);

}  // namespace tautrack::program
