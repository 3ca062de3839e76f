#include "tautrack/data/model_inputs.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "table_cells.hpp"

namespace tautrack {
namespace {

using detail::CsvTable;
using detail::Reading;

/// How a column of the model comes from one of the table.
struct InputSource {
  enum class Kind { constant, number, logarithm, value } kind = Kind::constant;
  std::size_t column = 0;
  std::string value;  ///< That is one, all others are zero.
};

std::optional<std::size_t> find_column(const CsvTable& table, std::string_view name) {
  const auto found = std::find(table.columns().begin(), table.columns().end(), name);
  if (found == table.columns().end()) return std::nullopt;
  return static_cast<std::size_t>(found - table.columns().begin());
}

InputSource source_of(const CsvTable& table, const std::string& name) {
  using Kind = InputSource::Kind;
  if (const auto column = find_column(table, name)) return {Kind::number, *column, {}};
  if (name == detail::bias_name) return {};
  constexpr std::string_view log = "log10(";
  if (name.size() > log.size() && name.starts_with(log) && name.back() == ')')
    if (const auto column = find_column(
            table, std::string_view(name).substr(log.size(), name.size() - log.size() - 1)))
      return {Kind::logarithm, *column, {}};
  for (std::size_t at = name.find('='); at != std::string::npos; at = name.find('=', at + 1))
    if (const auto column = find_column(table, std::string_view(name).substr(0, at)))
      return {Kind::value, *column, name.substr(at + 1)};
  (void)detail::column_named(table, name, "an input of the fit");  // refuses it
  return {};
}

/// @param is_dose It is the only input: zero is minus infinity (zero_doses.hpp).
double logarithm(const CsvTable& table, std::size_t column, bool is_dose) {
  const double number = detail::number_in(table, column);
  if (!(is_dose ? number >= 0.0 : number > 0.0))
    table.fail_in_column(table.row()[column].line, column,
                         is_dose ? "the logarithm is taken, and a negative number has none"
                                 : "the logarithm is taken, and only a positive number has one");
  return std::log10(number);
}

bool has_value(const CsvTable& table, std::size_t column, const std::string& value) {
  const std::string_view text = table.row()[column].text;
  if (text == value) return true;
  const detail::NumberReading wanted = detail::read_number(value), read = table.number(text);
  return wanted.reading == Reading::number && read.reading == Reading::number &&
         wanted.value == read.value;
}

}  // namespace

ModelInputs parse_model_inputs(std::string_view text, const std::string& source,
                               const std::vector<std::string>& names, const TableOptions& options) {
  CsvTable table(text, source, options);
  detail::require_header_of_names(table);
  std::vector<InputSource> sources;
  std::vector<std::size_t> numeric;
  std::vector<bool> is_used(table.columns().size());
  for (const std::string& name : names) {
    sources.push_back(source_of(table, name));
    const InputSource& last = sources.back();
    if (last.kind == InputSource::Kind::constant) continue;
    is_used[last.column] = true;
    if (last.kind != InputSource::Kind::value) numeric.push_back(last.column);
  }
  table.choose_decimal(numeric);
  ModelInputs inputs;
  for (std::size_t j = 0; j < is_used.size(); ++j)
    if (!is_used[j]) inputs.unused.push_back(table.columns()[j]);
  const bool is_dose =
      names.size() == 2 && std::find(names.begin(), names.end(), detail::bias_name) != names.end();
  std::vector<double> cells;
  Index rows = 0;
  for (; table.next_row(); ++rows)
    for (const InputSource& from : sources) switch (from.kind) {
        case InputSource::Kind::constant:
          cells.push_back(1.0);
          break;
        case InputSource::Kind::number:
          cells.push_back(detail::number_in(table, from.column));
          break;
        case InputSource::Kind::logarithm:
          cells.push_back(logarithm(table, from.column, is_dose));
          break;
        case InputSource::Kind::value:
          cells.push_back(has_value(table, from.column, from.value) ? 1.0 : 0.0);
          break;
      }
  if (rows == 0) table.fail("it has a header and no rows");
  using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  inputs.X = Eigen::Map<const Rows>(cells.data(), rows, static_cast<Index>(names.size()));
  return inputs;
}

ModelInputs read_model_inputs(const std::string& path, const std::vector<std::string>& names,
                              const TableOptions& options) {
  return parse_model_inputs(detail::read_file(path), path, names, options);
}

}  // namespace tautrack
