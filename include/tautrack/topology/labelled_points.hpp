#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/data/table.hpp"

namespace tautrack {

/// Points of a table, each with a label or all without.
struct LabelledPoints {
  std::string source;                     ///< File name, for messages.
  std::vector<std::string> columns;       ///< d names of coordinates.
  Matrix points;                          ///< N x d, finite, N >= 1.
  std::string label_column;               ///< Empty without labels.
  std::vector<std::string> labels;        ///< Distinct, in sorted order; empty without labels.
  std::vector<std::size_t> label_of_row;  ///< N numbers of labels; empty without labels.
  TableFacts table;                       ///< How it was read; it has one target, the label.

  /// The points with this label, in order.
  [[nodiscard]] Matrix with_label(std::size_t label) const;
};

/// Reads a table as read_csv() does (a header line, finite decimal numbers), but as points rather
/// than as a regression problem.
///
/// @param coordinates d. A table of d columns that are used has no labels, in one of d + 1 columns the
///        last is the label, or the one that is named.
/// @param label Name of the label column; empty: decided as above.
/// @param options Where they name columns, these are the coordinates, in this order, and the last one
///        that is not used for something else is the label only if there is just one.
/// Labels are texts; when all are numbers, equal ones (1 and 1.0) are one label and they sort by
/// value, else by bytes. More than 100 different ones are refused as a mistake.
/// @throws DataError naming file, line, column and rule.
[[nodiscard]] LabelledPoints read_points(const std::string& path, Index coordinates,
                                         const std::string& label = "",
                                         const TableOptions& options = {});

/// The same from text in memory; `source` stands for the file name in messages.
[[nodiscard]] LabelledPoints parse_points(std::string_view text, const std::string& source,
                                          Index coordinates, const std::string& label = "",
                                          const TableOptions& options = {});

}  // namespace tautrack
