#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tautrack/core/types.hpp"

/// How tables of text are read, whatever becomes of their columns.
namespace tautrack {

/// What stands between two fields of a line.
enum class Separator {
  comma,
  semicolon,
  tab,
  blanks,  ///< One space or more.
};
[[nodiscard]] std::string_view to_string(Separator separator) noexcept;
[[nodiscard]] std::optional<Separator> separator_from_name(std::string_view name) noexcept;

/// What stands before the decimals of a number.
enum class DecimalSign { point, comma };
[[nodiscard]] std::string_view to_string(DecimalSign sign) noexcept;
[[nodiscard]] std::optional<DecimalSign> decimal_sign_from_name(std::string_view name) noexcept;

/// What becomes of rows with a missing cell in a column that is used.
enum class MissingCells {
  refuse,  ///< The table is refused.
  drop,    ///< They are left out. Then an empty cell, NA, NaN, nan, . and - are missing.
};
[[nodiscard]] std::string_view to_string(MissingCells missing) noexcept;
[[nodiscard]] std::optional<MissingCells> missing_cells_from_name(std::string_view name) noexcept;

/// How a table is read. Columns are named as in its header.
struct TableOptions {
  std::optional<Separator> separator;  ///< Nothing: found from the table.
  std::optional<DecimalSign> decimal;  ///< Nothing: found from the table.
  MissingCells missing = MissingCells::refuse;
  std::vector<std::string> columns;  ///< Inputs, in this order; empty: all that are nothing else.
  std::vector<std::string> ignore;   ///< Columns that are not used.
};

/// Rows that were left out because a cell is missing.
struct DroppedRows {
  Index count = 0;
  std::vector<Index> lines;  ///< Of the first few, where each begins, counted from 1.
};

/// The column that the targets of a problem are from.
struct TargetFacts {
  std::string column;  ///< As in the header. Of points: that of the labels, or empty.
  DroppedRows dropped;
};

/// How a table was read, for reports.
struct TableFacts {
  Separator separator = Separator::comma;
  DecimalSign decimal = DecimalSign::point;
  std::vector<std::string> unused;  ///< Columns of the table that are used for nothing.
  std::string pattern_weights;      ///< Their column; empty: none.
  /// Columns of which each value but one became a column of zeros and ones, and that value.
  std::vector<std::pair<std::string, std::string>> baselines;
  std::vector<std::string> notes;    ///< What is questionable, a sentence each.
  std::vector<TargetFacts> targets;  ///< Of each problem.
};

}  // namespace tautrack
