#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/SparseCore>

#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"

namespace tautrack {

/// Sparse inputs, one pattern a row. Indices are int: rows, columns and stored entries each end at
/// the largest int.
using SparseMatrix = Eigen::SparseMatrix<double, Eigen::RowMajor>;

/// One regression problem over sparse inputs. It shares X and never changes it: a copy of a problem
/// costs its vectors, and the problems of several classes cost one X together.
///
/// A row without entries (a pattern of zeros) and a column without entries are legal. Nothing
/// determines the weight of a zero column; the one of least norm is zero.
struct SparseProblem {
  std::string name;                       ///< Class label, or "y" for a numeric target.
  std::vector<std::string> columns;       ///< s names in the order of X; empty: see column_name().
  std::shared_ptr<const SparseMatrix> X;  ///< L x s, in the user's units. Not null.
  Vector y;                               ///< L desired outputs.
  Vector pattern_weights;  ///< L positive weights of the squared residuals; empty: all one.
  bool bias = false;       ///< The last column of X is the bias, a one in every row.
};

/// Several sparse problems over the same X.
struct SparseDataset {
  std::string source;                   ///< File name, for messages.
  std::vector<SparseProblem> problems;  ///< At least one.
};

/// Name of a column, counted from 0: the stored one, or else x1, x2, ... (x17 is the feature with
/// index 17 in the file) and "(bias)" for the bias. Sparse data may have millions of columns:
/// implied names are made when they are asked for and never stored.
/// @pre 0 <= column < s; checked by assert.
[[nodiscard]] std::string column_name(const SparseProblem& problem, Index column);

/// The one place that knows what a usable sparse problem is: at least one pattern and one column,
/// sizes that agree, finite entries, positive pattern weights, a bias column of ones where one is
/// announced.
/// @throws DataError naming row and column and the rule that is broken.
void check(const SparseProblem& problem);

/// A sparse problem from numbers already in memory, checked once. Column names and pattern weights
/// may be left empty. `bias` stays false: it is the caller's to set when the last column is one.
/// @throws DataError as check() does.
[[nodiscard]] SparseProblem make_sparse_problem(SparseMatrix X, Vector y, std::string name = "y",
                                                std::vector<std::string> columns = {},
                                                Vector pattern_weights = {});

/// How labels become problems: numbers to fit, one regression problem named "y" (also when they are
/// only -1 and +1, or 0 and 1: as for a table, a numeric target is a numeric target); or, with
/// `classes`, one problem per class as for a table, named after the label. Fields mean what they
/// mean in DatasetOptions and have its defaults.
struct SvmlightOptions {
  bool bias = DatasetOptions{}.bias;        ///< Append a column of ones, named "(bias)".
  bool classes = DatasetOptions{}.classes;  ///< Treat the numbers as class labels.
  /// Two classes: the positive one; empty: the larger. More: the only one to get a problem; empty:
  /// all do.
  std::string positive;
  /// Desired output of "not in the class". Finite, low < high.
  double low = DatasetOptions{}.low;
  /// Desired output of "in the class". Finite.
  double high = DatasetOptions{}.high;
};

/// Reads sparse data as SVMlight and LIBSVM write them, one pattern a line:
///
///     LABEL INDEX:VALUE INDEX:VALUE ... # comment
///
/// separated by spaces and tabs. Labels and values are finite decimal numbers, independent of the
/// locale. Indices are integers from 1 that increase within a line, the largest one is the number
/// of features: indices up to it that never occur are columns of zeros. A value of 0 counts for
/// that number but is not stored. "qid:N" (N an integer) may stand among the features and is
/// ignored. A # begins a comment anywhere; lines with nothing before it, or nothing at all, are
/// skipped. Lines end with LF or CRLF, and a UTF-8 byte-order mark is skipped.
///
/// Class labels of the same value (1, +1, 1.0) are one class, named as it is written first; classes
/// sort by value. So many that they are most likely a mistake are refused, with their number,
/// unless `positive` picks one.
///
/// Cost: linear in the length of the text, read once. Memory, beside a megabyte of the file (or its
/// longest line, if that is longer): X twice while it is put together, then X once, whatever the
/// number of classes, and y once per class.
/// @throws DataError naming file, line, token (counted from 1, the label) and rule.
[[nodiscard]] SparseDataset read_svmlight(const std::string& path,
                                          const SvmlightOptions& options = {});

/// The same from text in memory; `source` stands for the file name in messages.
[[nodiscard]] SparseDataset parse_svmlight(std::string_view text, const std::string& source,
                                           const SvmlightOptions& options = {});

}  // namespace tautrack
