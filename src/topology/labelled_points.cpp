#include "tautrack/topology/labelled_points.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "data/csv_table.hpp"
#include "data/text_input.hpp"

namespace tautrack {

namespace {

using detail::CsvCell;
using detail::CsvTable;
using detail::in_quotes;
using detail::list_in_quotes;
using detail::NumberReading;
using detail::read_number;
using detail::Reading;

constexpr std::size_t kMostLabels = 100;

/// Which column is the label; nothing without labels.
std::optional<std::size_t> label_column(const CsvTable& table, std::size_t coordinates,
                                        const std::string& label) {
  const std::vector<std::string>& columns = table.columns();
  std::optional<std::size_t> chosen;
  if (!label.empty()) {
    const auto found = std::find(columns.begin(), columns.end(), label);
    if (found == columns.end())
      table.fail(1, "there is no column " + in_quotes(label) +
                        " to be the label; the columns are " + list_in_quotes(columns));
    chosen = static_cast<std::size_t>(found - columns.begin());
  } else if (columns.size() == coordinates + 1) {
    chosen = coordinates;
  }
  const std::size_t found = columns.size() - (chosen ? 1 : 0);
  if (found != coordinates)
    table.fail(1, "the table has " + counted(static_cast<long long>(columns.size()), "column") +
                      ", but " + counted(static_cast<long long>(coordinates), "coordinate") +
                      (label.empty() ? " and at most one label are wanted"
                                     : " beside the label are wanted"));
  return chosen;
}

double coordinate_in(const CsvTable& table, std::size_t column) {
  const CsvCell& cell = table.row()[column];
  if (cell.text.empty()) table.fail_in_column(cell.line, column, "the cell is empty");
  const NumberReading number = read_number(cell.text);
  if (number.reading == Reading::number) return number.value;
  std::string rule = in_quotes(cell.text);
  if (number.reading == Reading::not_finite)
    rule += " is not a finite number";
  else if (number.reading == Reading::out_of_range)
    rule += " is outside the range of double precision";
  else
    rule = table.why_no_number(cell.text);
  table.fail_in_column(cell.line, column, rule);
}

/// Sorts labels, joins equal numbers and renumbers the rows.
void put_in_order(LabelledPoints& points) {
  const std::vector<std::string> labels = std::move(points.labels);
  std::vector<double> values;
  for (const std::string& label : labels)
    if (const NumberReading number = read_number(label); number.reading == Reading::number)
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

std::string read_all(const std::string& path) {
  const detail::File file = detail::open_file(path);
  std::string bytes, chunk(std::size_t{1} << 20U, '\0');
  while (const std::size_t read = std::fread(chunk.data(), 1, chunk.size(), file.get()))
    bytes.append(chunk, 0, read);
  if (std::ferror(file.get()) != 0)
    throw DataError(path + ": the file cannot be read: " + detail::failure_reason());
  return bytes;
}

}  // namespace

Matrix LabelledPoints::with_label(std::size_t label) const {
  std::vector<Index> rows;
  for (std::size_t i = 0; i < label_of_row.size(); ++i)
    if (label_of_row[i] == label) rows.push_back(static_cast<Index>(i));
  return points(rows, Eigen::all);
}

LabelledPoints read_points(const std::string& path, Index coordinates, const std::string& label) {
  return parse_points(read_all(path), path, coordinates, label);
}

LabelledPoints parse_points(std::string_view text, const std::string& source, Index coordinates,
                            const std::string& label) {
  if (coordinates < 1) throw DataError(source + ": at least one coordinate is wanted");
  CsvTable table(text, source);
  const std::vector<std::string>& names = table.columns();
  const auto is_number = [](const std::string& name) {
    return read_number(name).reading == Reading::number;
  };
  if (std::all_of(names.begin(), names.end(), is_number))
    table.fail(1, "every field is a number, but the first line must be a header of column names");
  const std::optional<std::size_t> label_at =
      label_column(table, static_cast<std::size_t>(coordinates), label);

  LabelledPoints result;
  result.source = source;
  for (std::size_t column = 0; column < names.size(); ++column)
    if (column != label_at) result.columns.push_back(names[column]);
  if (label_at) result.label_column = names[*label_at];
  result.points.resize(table.rows_at_most(), coordinates);
  std::map<std::string, std::size_t, std::less<>> numbers;
  Index rows = 0;
  for (; table.next_row(); ++rows) {
    Index coordinate = 0;
    for (std::size_t column = 0; column < names.size(); ++column) {
      if (column != label_at) {
        result.points(rows, coordinate++) = coordinate_in(table, column);
        continue;
      }
      const CsvCell& cell = table.row()[column];
      if (cell.text.empty()) table.fail_in_column(cell.line, column, "the cell is empty");
      const auto [entry, is_new] = numbers.emplace(cell.text, result.labels.size());
      if (is_new) result.labels.emplace_back(cell.text);
      if (result.labels.size() > kMostLabels)
        table.fail_in_column(cell.line, column,
                             "there are more than " + std::to_string(kMostLabels) +
                                 " different labels, so this seems to be no label column");
      result.label_of_row.push_back(entry->second);
    }
  }
  if (rows == 0) table.fail("there is a header, but no row follows it");
  result.points.conservativeResize(rows, Eigen::NoChange);
  put_in_order(result);
  return result;
}

}  // namespace tautrack
