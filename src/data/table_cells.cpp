#include "table_cells.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "tautrack/core/nearest_name.hpp"

#include "number_fault.hpp"
#include "text_input.hpp"

namespace tautrack::detail {
namespace {

/// Of rows of which there may be many so many lines are named.
constexpr Index kMostLines = 5;

/// Of a zero in the only input.
constexpr const char* kDoseAdvice =
    "'tautrack solve' takes a dose of zero for an observation of the plateau there; else ";

/// Fewer rows than this are not taken for numbers of rows.
constexpr Index kFewRows = 3;

/// Words of names of identifiers.
constexpr std::array<std::string_view, 13> kIdentifierWords = {
    "id",   "nr",    "no",     "index",   "row", "rep",        "replicate",
    "well", "plate", "sample", "subject", "obs", "observation"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_identifier(const std::string& word) {
  return std::find(kIdentifierWords.begin(), kIdentifierWords.end(), word) !=
         kIdentifierWords.end();
}

/// The words of a name in lower case: "SubjectID no. 3" has subject, id, no and 3.
std::vector<std::string> words_of(const std::string& name) {
  std::vector<std::string> words(1);
  char last = ' ';
  for (const char c : name) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool is_letter = is_upper || (c >= 'a' && c <= 'z') || static_cast<signed char>(c) < 0;
    const bool is_digit = c >= '0' && c <= '9';
    const bool begins = !is_letter && !is_digit ? true : is_upper && last >= 'a' && last <= 'z';
    if (begins && !words.back().empty()) words.emplace_back();
    if (is_letter || is_digit) words.back() += lower(c);
    last = c;
  }
  return words;
}

}  // namespace

void require_header_of_names(const CsvTable& table) {
  const std::vector<std::string>& names = table.columns();
  if (std::all_of(names.begin(), names.end(), is_like_number))
    table.fail_in_header(
        "every field is a number, but the first line must be a header of column names");
}

std::size_t column_named(const CsvTable& table, const std::string& name, const std::string& role) {
  const std::vector<std::string>& columns = table.columns();
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
  const std::string likely = nearest_name(name, columns);
  table.fail_in_header("there is no column " + in_quotes(name) + " to be " + role +
                       (likely.empty() ? "" : "; did you mean " + in_quotes(likely) + "?") +
                       "; the columns are " + list_in_quotes(columns));
}

std::size_t ColumnRoles::assign(const std::string& name, const std::string& role) {
  const std::size_t column = column_named(table_, name, role);
  std::string& own = roles_[column];
  if (own == role)
    table_.fail_in_header("column " + in_quotes(name) + " is named twice to be " + role);
  if (!own.empty())
    table_.fail_in_header("column " + in_quotes(name) + " cannot be both " + role + " and " + own);
  own = role;
  return column;
}

std::vector<std::size_t> ColumnRoles::others() const {
  std::vector<std::size_t> columns;
  for (std::size_t column = 0; column < roles_.size(); ++column)
    if (roles_[column].empty()) columns.push_back(column);
  return columns;
}

NumberReading reading_in(const CsvTable& table, std::size_t column) {
  const CsvCell& cell = table.row()[column];
  if (cell.text.empty())
    table.fail_in_column(cell.line, column, "the cell is empty" + table.missing_advice(cell.text));
  const NumberReading number = table.number(cell.text);
  if (number.reading == Reading::not_finite)
    table.fail_in_column(
        cell.line, column,
        in_quotes(cell.text) + " is not a finite number" + table.missing_advice(cell.text));
  if (number.reading == Reading::out_of_range)
    table.fail_in_column(cell.line, column,
                         in_quotes(cell.text) + " is outside the range of double precision");
  return number;
}

double number_in(const CsvTable& table, std::size_t column, std::string_view advice) {
  const NumberReading number = reading_in(table, column);
  if (number.reading == Reading::number) return number.value;
  const CsvCell& cell = table.row()[column];
  const NumberFault fault = number_fault_of(cell.text);
  std::string what_to_do = table.missing_advice(cell.text);
  const std::string why = table.why_no_number(cell.text);
  const bool is_said = !what_to_do.empty() || !why.ends_with(" is not a number");
  if (!is_said)
    what_to_do =
        fault == NumberFault::none ? std::string(advice) : std::string(": ") + remedy_for(fault);
  table.fail_in_column(cell.line, column, why + what_to_do);
}

void drop_row(const CsvTable& table, DroppedRows& dropped) {
  if (dropped.count++ < kMostLines) dropped.lines.push_back(table.row().front().line);
}

double Logarithm::operator()(const CsvTable& table, double number) {
  const CsvCell& cell = table.row()[column_];
  if (number < 0.0)
    table.fail_in_column(cell.line, column_,
                         in_quotes(cell.text) + " is negative and has no logarithm (--log)");
  if (number == 0.0) drop_row(table, zeros_);
  return std::log10(number);
}

void Logarithm::require_no_zeros(const CsvTable& table, bool is_dose) const {
  if (zeros_.count == 0) return;
  std::string lines;
  for (const Index line : zeros_.lines) lines += (lines.empty() ? "" : ", ") + std::to_string(line);
  if (zeros_.count > static_cast<Index>(zeros_.lines.size())) lines += ", ...";
  const std::string& name = table.columns()[column_];
  table.fail_in_column(zeros_.lines.front(), column_,
                       "0 has no logarithm, and " + std::to_string(zeros_.count) +
                           (zeros_.count == 1 ? " row has it (line " : " rows have it (lines ") +
                           lines + "): " + (is_dose ? kDoseAdvice : "") + "take " +
                           (zeros_.count == 1 ? "it" : "them") +
                           " out of the table, or use no --log " + as_option(name));
}

IdentifierWatch::IdentifierWatch(const std::string& name) : name_(name), likeness_(Likeness::none) {
  const std::vector<std::string> words = words_of(name);
  if (std::any_of(words.begin(), words.end(), is_identifier)) likeness_ = Likeness::word;
  const bool is_one = words.size() == 1 || (words.size() == 2 && words.back().empty());
  if (is_one && likeness_ == Likeness::word) likeness_ = Likeness::whole;
}

void IdentifierWatch::see(Index row, double number) {
  ++rows_;
  counts_from_0_ = counts_from_0_ && number == static_cast<double>(row);
  counts_from_1_ = counts_from_1_ && number == static_cast<double>(row + 1);
  is_whole_ = is_whole_ && number == std::floor(number);
  if (likeness_ == Likeness::word && is_whole_ && is_different_)
    is_different_ = seen_.insert(number).second;
}

std::optional<std::string> IdentifierWatch::note(bool is_only) const {
  if (rows_ < kFewRows) return std::nullopt;
  const bool is_count = (counts_from_0_ || counts_from_1_) && !is_only;
  const bool is_named =
      is_whole_ && (likeness_ == Likeness::whole || (likeness_ == Likeness::word && is_different_));
  if (!is_count && !is_named) return std::nullopt;
  return "column " + in_quotes(name_) + " looks like " +
         (is_count ? "a row number" : "an identifier") + ": --ignore " + as_option(name_) +
         " leaves it out";
}

}  // namespace tautrack::detail
