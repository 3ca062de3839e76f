#include "tautrack/topology/labelled_points.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "data/csv_table.hpp"
#include "data/table_cells.hpp"
#include "data/text_input.hpp"

namespace tautrack {

namespace {

using detail::ColumnRoles;
using detail::CsvCell;
using detail::CsvTable;
using detail::NumberReading;
using detail::Reading;

constexpr std::size_t kMostLabels = 100;

/// Which columns are coordinates, in order, and which one is the label; the rest is not used.
struct PointColumns {
  std::vector<std::size_t> coordinates;
  std::optional<std::size_t> label;
  std::vector<std::string> unused;
};

PointColumns columns_of_points(const CsvTable& table, std::size_t coordinates,
                               const std::string& label, const TableOptions& options) {
  const std::vector<std::string>& names = table.columns();
  ColumnRoles roles(table);
  PointColumns result;
  for (const std::string& name : options.ignore) roles.assign(name, "ignored");
  for (const std::string& name : options.columns)
    result.coordinates.push_back(roles.assign(name, "a coordinate"));
  if (!label.empty()) result.label = roles.assign(label, "the label");
  const std::vector<std::size_t> others = roles.others();
  const bool are_named = !options.columns.empty();
  if (!result.label && others.size() == (are_named ? 1 : coordinates + 1))
    result.label = others.back();
  if (!are_named)
    for (const std::size_t column : others)
      if (column != result.label) result.coordinates.push_back(column);
  if (result.coordinates.size() != coordinates) {
    const std::size_t used = result.coordinates.size() + (!are_named && !label.empty() ? 1 : 0);
    table.fail_in_header(
        "the table has " + counted(static_cast<long long>(used), "column") +
        (options.ignore.empty() && !are_named ? "" : " to use") + ", but " +
        counted(static_cast<long long>(coordinates), "coordinate") +
        (label.empty() ? " and at most one label are wanted" : " beside the label are wanted"));
  }
  for (std::size_t column = 0; column < names.size(); ++column)
    if (column != result.label && std::find(result.coordinates.begin(), result.coordinates.end(),
                                            column) == result.coordinates.end())
      result.unused.push_back(names[column]);
  return result;
}

/// Sorts labels, joins equal numbers and renumbers the rows.
void put_in_order(const CsvTable& table, LabelledPoints& points) {
  const std::vector<std::string> labels = std::move(points.labels);
  std::vector<double> values;
  for (const std::string& label : labels)
    if (const NumberReading number = table.number(label); number.reading == Reading::number)
      values.push_back(number.value);
  const bool all_numbers = values.size() == labels.size();
  std::vector<std::size_t> order(labels.size()), new_number(labels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return all_numbers ? values[a] < values[b] : labels[a] < labels[b];
  });
  points.labels.clear();
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool is_same = i > 0 && all_numbers && values[order[i - 1]] == values[order[i]];
    if (!is_same) points.labels.push_back(labels[order[i]]);
    new_number[order[i]] = points.labels.size() - 1;
  }
  for (std::size_t& label : points.label_of_row) label = new_number[label];
}

}  // namespace

Matrix LabelledPoints::with_label(std::size_t label) const {
  std::vector<Index> rows;
  for (std::size_t i = 0; i < label_of_row.size(); ++i)
    if (label_of_row[i] == label) rows.push_back(static_cast<Index>(i));
  return points(rows, Eigen::all);
}

LabelledPoints read_points(const std::string& path, Index coordinates, const std::string& label,
                           const TableOptions& options) {
  return parse_points(detail::read_file(path), path, coordinates, label, options);
}

LabelledPoints parse_points(std::string_view text, const std::string& source, Index coordinates,
                            const std::string& label, const TableOptions& options) {
  if (coordinates < 1) throw DataError(source + ": at least one coordinate is wanted");
  CsvTable table(text, source, options);
  const std::vector<std::string>& names = table.columns();
  detail::require_header_of_names(table);
  const PointColumns columns =
      columns_of_points(table, static_cast<std::size_t>(coordinates), label, options);
  table.choose_decimal(columns.coordinates);

  LabelledPoints result;
  result.source = source;
  for (const std::size_t column : columns.coordinates) result.columns.push_back(names[column]);
  if (columns.label) result.label_column = names[*columns.label];
  result.table.separator = table.separator();
  result.table.decimal = table.decimal();
  result.table.unused = columns.unused;
  if (!table.decimal_note().empty()) result.table.notes.push_back(table.decimal_note());
  TargetFacts& facts = result.table.targets.emplace_back();
  facts.column = result.label_column;
  // Where a column of the table goes: a coordinate, or nothing.
  std::vector<std::optional<Index>> coordinate_of(names.size());
  for (std::size_t i = 0; i < columns.coordinates.size(); ++i)
    coordinate_of[columns.coordinates[i]] = static_cast<Index>(i);
  const auto is_used = [&](std::size_t column) {
    return coordinate_of[column] || column == columns.label;
  };
  result.points.resize(table.rows_at_most(), coordinates);
  std::map<std::string, std::size_t, std::less<>> numbers;
  Index rows = 0;
  while (table.next_row()) {
    bool lacks_cell = false;
    for (std::size_t column = 0; column < names.size(); ++column)
      lacks_cell = lacks_cell || (is_used(column) && table.is_missing(table.row()[column].text));
    if (lacks_cell) {
      detail::drop_row(table, facts.dropped);
      continue;
    }
    for (std::size_t column = 0; column < names.size(); ++column) {
      if (coordinate_of[column]) {
        result.points(rows, *coordinate_of[column]) = detail::number_in(
            table, column,
            rows > 0
                ? ""
                : " (--ignore " + detail::as_option(names[column]) + " leaves the column out)");
        continue;
      }
      if (column != columns.label) continue;
      const CsvCell& cell = table.row()[column];
      if (cell.text.empty())
        table.fail_in_column(cell.line, column,
                             "the cell is empty" + table.missing_advice(cell.text));
      const auto [entry, is_new] = numbers.emplace(cell.text, result.labels.size());
      if (is_new) result.labels.emplace_back(cell.text);
      if (result.labels.size() > kMostLabels)
        table.fail_in_column(cell.line, column,
                             "there are more than " + std::to_string(kMostLabels) +
                                 " different labels, so this seems to be no label column");
      result.label_of_row.push_back(entry->second);
    }
    ++rows;
  }
  if (rows == 0)
    table.fail(facts.dropped.count > 0 ? "every row lacks a cell that is used, so none is left"
                                       : "there is a header, but no row follows it");
  result.points.conservativeResize(rows, Eigen::NoChange);
  put_in_order(table, result);
  return result;
}

}  // namespace tautrack
