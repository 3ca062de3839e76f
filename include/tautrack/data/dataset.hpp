#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/data_error.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/data/table.hpp"

namespace tautrack {

/// One regression problem: inputs, desired outputs, and the names a report needs.
struct Problem {
  std::string name;                  ///< Class label, or the target column of a numeric target.
  std::vector<std::string> columns;  ///< s names in the order of X; the bias, if any, is last.
  Matrix X;                          ///< L x s, in the user's units; a bias is a column of ones.
  Vector y;                          ///< L desired outputs.
  Vector pattern_weights;  ///< L positive weights of the squared residuals; empty: all one.
  /// L, a known part of each node input, u = X w + offset; empty: zero. See data/held_weights.hpp.
  Vector offset = {};
};

/// Several problems with the same columns of inputs: several outputs decouple.
struct Dataset {
  std::string source;  ///< File name or "bundled iris data", for messages.
  std::vector<Problem>
      problems;  ///< At least one. They share X unless rows were left out for some.
  std::optional<TableFacts> table = {};  ///< How the table was read that they are from, if any.
};

/// How a table becomes problems: a text target (or any with `classes`) gives one problem per class,
/// class against rest; two classes give one problem; a numeric target gives one regression problem.
/// Several targets give the problems of each; those of classes are then named COLUMN=LABEL.
struct DatasetOptions : TableOptions {
  /// Target column; empty: the last one that the other options do not name.
  std::string target;
  std::vector<std::string>
      targets;  ///< Several; none of them is an input. Needs an empty `target`.
  /// The same of every column that the other options do not name. Needs `columns` or `one_hot`.
  bool all_targets = false;
  bool classes = false;         ///< Take targets for class labels, whatever their cells look like.
  std::string positive;         ///< Two classes: the positive one; empty: the last in sorted order.
                                ///< More classes: the only one to get a problem; empty: all do.
  bool bias = true;             ///< Append a column of ones, named "(bias)".
  double low = -0.9;            ///< Desired output of "not in the class". Finite, low < high.
  double high = 0.9;            ///< Desired output of "in the class". Finite.
  std::string pattern_weights;  ///< Column of positive pattern weights; empty: none.
  /// Inputs of texts or numbers that become columns of zeros and ones named COLUMN=VALUE, one for
  /// each value in sorted order, but for the first one when there is a bias. At most 50 values.
  std::vector<std::string> one_hot;
  /// Inputs or numeric targets of which log10 is taken; they are then named log10(COLUMN).
  std::vector<std::string> log;
  /// Whether an input of `log` may be zero where it is the only one and there is a bias: it becomes minus infinity
  /// (data/zero_doses.hpp). Else zeros are refused.
  bool zero_doses = false;
};

/// Reads a table: a header line, quoted fields and doubled quotes as in RFC 4180, LF or CRLF, a
/// UTF-8 byte-order mark is skipped, numbers independent of the locale.
///
/// Separators: when the header has a comma outside quotes, columns are separated by the first of
/// comma, semicolon and tab that splits every line into the same number of fields, at least two;
/// else by the first of semicolon, tab and blanks that does. Lines of nothing but separators do not
/// count. A run of blanks (spaces; a tab between two fields is none) is one separator, and blanks at
/// the ends of a line are none; each of the others is one. When none of them does, columns are
/// separated by commas. A first line sep=X, as spreadsheets write it, says what separates columns.
///
/// The decimal sign is the point, but for tables not separated by commas in which all numbers that
/// have a sign have a comma; a table with both, or in which the commas may all stand between
/// thousands, is refused. With the decimal comma points are refused.
///
/// The first line names the columns, each by another name; columns at its end may have none if
/// their cells are empty. Every column that is used for nothing else is an input and holds a finite
/// decimal number in each row; empty cells, nan and inf are refused unless rows with missing cells
/// are left out. A row in which an input or the pattern weight is missing, or every target, is left
/// out for all targets, else for those that are missing. A target whose cells are all numbers is
/// numeric, one whose cells are all texts holds labels, and a mixture is refused unless `classes` is
/// set. Labels sort by bytes, or by value when all of them are numbers (then 1 and 1.0 are one
/// label). Blanks around a field do not belong to it. Blank lines are skipped, and so are lines of
/// separators after the last row. So many labels that they are most likely a mistake are refused,
/// with their number, unless `positive` picks one. So are, unless `classes` or `positive` says that
/// they are meant, labels more than half of which look like numbers (5%, 0,5, 1.000,5, $3, or
/// several numbers in one cell), and four labels or more of which more than half occur in one row
/// only.
///
/// Notes question inputs that count the rows from 0 or 1, and those of whole numbers that are named
/// like an identifier (id, nr, row, well, ...) and all different, or named just that.
///
/// Cost: linear in the length of the text; memory for the text and for X, once more per problem.
/// @throws DataError naming file, line, column and rule.
[[nodiscard]] Dataset read_csv(const std::string& path, const DatasetOptions& options = {});

/// The same from text in memory; `source` stands for the file name in messages.
[[nodiscard]] Dataset parse_csv(std::string_view text, const std::string& source,
                                const DatasetOptions& options = {});

/// The bundled default: Fisher's iris data (1936), one problem per species, 150 x 5.
/// @throws DataError when the options do not fit these data; never with the default ones.
[[nodiscard]] Dataset iris(const DatasetOptions& options = {});

/// The one place that knows what a usable problem is: at least one pattern and one column, sizes
/// that agree, finite entries (of the offset, too), positive pattern weights.
/// @throws DataError naming row and column and the rule that is broken.
void check(const Problem& problem);

/// For what takes node inputs u = X w alone.
/// @throws std::invalid_argument when a part of them is known, with a sentence that names `what`.
void need_no_offset(const Problem& problem, std::string_view what);

/// A problem from numbers already in memory, checked once for sizes and finiteness.
/// Column names default to x1, x2, ...; pattern weights may be left empty.
/// @throws DataError when a size disagrees, an entry is not finite or a pattern weight not
/// positive.
[[nodiscard]] Problem make_problem(Matrix X, Vector y, std::string name = "y",
                                   std::vector<std::string> columns = {},
                                   Vector pattern_weights = {});

}  // namespace tautrack
