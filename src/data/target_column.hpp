#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/data/dataset.hpp"

#include "table_cells.hpp"

namespace tautrack::detail {

/// Class labels in sorted order, the line where each is first, and the class of each row.
struct Classes {
  std::vector<std::string> labels;
  std::vector<Index> lines;
  std::vector<std::size_t> class_of_row;
};

/// Collects a column of labels row by row.
class LabelColumn {
 public:
  /// Appends a row with the label of this cell.
  void add(const CsvCell& cell);

  /// The classes. Labels sort as numbers when all are numbers, and then equal numbers ("1" and "1.0")
  /// are one class, named as it is written first; else they sort by bytes.
  [[nodiscard]] Classes classes(const CsvTable& table) const;

 private:
  std::vector<std::string> labels_;  ///< In the order of appearance.
  std::vector<Index> lines_;         ///< Where each appears first.
  std::map<std::string, std::size_t, std::less<>> numbers_;
  std::vector<std::size_t> label_of_row_;
};

/// Collects a target column row by row and finds out whether it holds numbers or labels.
class TargetColumn {
 public:
  TargetColumn(const CsvTable& table, std::size_t column, const DatasetOptions& options,
               bool takes_log)
      : table_(table),
        column_(column),
        labels_wanted_(options.classes),
        labels_meant_(options.classes || !options.positive.empty()) {
    if (takes_log) log_.emplace(column);
  }

  /// Takes the target cell of the current row.
  /// @param row Of the rows that are kept.
  void add_row(Index row);

  /// Leaves out the current row.
  void drop() { drop_row(table_, dropped_); }

  [[nodiscard]] std::size_t column() const noexcept { return column_; }
  [[nodiscard]] const DroppedRows& dropped() const noexcept { return dropped_; }
  /// The rows that have a target.
  [[nodiscard]] const std::vector<Index>& rows() const noexcept { return rows_; }

  /// Whether the target is a number, and not a label, in every row so far.
  [[nodiscard]] bool is_numeric() const noexcept { return first_is_number_ && !labels_wanted_; }

  /// Of a numeric target, its logarithm if that is wanted.
  [[nodiscard]] Vector numbers() const;

  /// Of a target of labels.
  [[nodiscard]] Classes classes() const { return labels_.classes(table_); }

 private:
  /// Refuses a column in which the cell and the first one are a number and a text.
  [[noreturn]] void fail_as_mixed(const CsvCell& cell) const;

  const CsvTable& table_;
  std::size_t column_;
  bool labels_wanted_;
  bool labels_meant_;  ///< The options say that the cells are labels, whatever they look like.
  std::optional<Logarithm> log_;
  Index first_line_ = 0;  ///< 0 before the first row.
  std::string first_text_;
  bool first_is_number_ = false;
  std::vector<double> numbers_;
  LabelColumn labels_;
  std::vector<Index> rows_;
  DroppedRows dropped_;
};

/// The classes that get a problem of their own.
/// @throws DataError when there are none, or the labels are most likely a mistake.
[[nodiscard]] std::vector<std::size_t> positive_classes(const CsvTable& table, std::size_t target,
                                                        const Classes& classes,
                                                        const DatasetOptions& options);

/// Desired outputs of the class against the rest.
[[nodiscard]] Vector desired_outputs(const Classes& classes, std::size_t positive,
                                     const DatasetOptions& options);

}  // namespace tautrack::detail
