#include "target_column.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "number_fault.hpp"

namespace tautrack::detail {
namespace {

/// More classes than this are taken for a mistake: each would become a problem with its own X.
constexpr std::size_t most_classes = 100;

/// Fewer labels than this may each occur once: there may be so few patterns.
constexpr std::size_t kFewLabels = 4;

/// Refuses labels that are most likely no classes: more than half of them look like numbers, or
/// occur in one row only.
void require_likely_classes(const CsvTable& table, std::size_t target, const Classes& classes) {
  const std::size_t count = classes.labels.size();
  const std::string if_meant =
      " (--classes takes every cell for a label, --positive picks one class)";

  const auto is_like_number = [](const std::string& label) {
    return number_fault_of(label) != NumberFault::none;
  };
  const auto like_numbers = static_cast<std::size_t>(
      std::count_if(classes.labels.begin(), classes.labels.end(), is_like_number));
  if (2 * like_numbers > count) {
    std::size_t first = count;  // In the file.
    for (std::size_t i = 0; i < count; ++i)
      if (is_like_number(classes.labels[i]) &&
          (first == count || classes.lines[i] < classes.lines[first]))
        first = i;
    const NumberFault fault = number_fault_of(classes.labels[first]);
    table.fail_in_column(
        classes.lines[first], target,
        "the label " + in_quotes(classes.labels[first]) +
            " looks like a number but is none: " + remedy_for(fault) +
            (fault == NumberFault::separator ? table.uneven_separator() : std::string()) +
            if_meant);
  }

  if (count < kFewLabels) return;
  std::vector<std::size_t> rows_of(count);
  for (const std::size_t label : classes.class_of_row) ++rows_of[label];
  const auto single =
      static_cast<std::size_t>(std::count(rows_of.begin(), rows_of.end(), std::size_t{1}));
  if (2 * single > count)
    table.fail_in_column(
        target, std::to_string(single) + " of " + std::to_string(count) +
                    " labels occur in one row only, so they are most likely no classes: separate "
                    "columns by commas, and write numbers with a decimal point and without units "
                    "or percent signs" +
                    table.uneven_separator() + if_meant);
}

/// The class with this label, written as in the file or, for numbers, in any other way.
std::size_t class_labelled(const CsvTable& table, std::size_t target, const Classes& classes,
                           const std::string& label) {
  const std::vector<std::string>& labels = classes.labels;
  auto found = std::find(labels.begin(), labels.end(), label);
  const NumberReading wanted = table.number(label);
  if (found == labels.end() && wanted.reading == Reading::number)
    found = std::find_if(labels.begin(), labels.end(), [&](const std::string& candidate) {
      const NumberReading number = table.number(candidate);
      return number.reading == Reading::number && number.value == wanted.value;
    });
  if (found == labels.end())
    table.fail_in_column(target, "there is no label " + in_quotes(label) + "; the labels are " +
                                     list_in_quotes(labels));
  return static_cast<std::size_t>(found - labels.begin());
}

}  // namespace

void LabelColumn::add(const CsvCell& cell) {
  auto found = numbers_.find(cell.text);
  if (found == numbers_.end()) {
    found = numbers_.emplace(cell.text, labels_.size()).first;
    labels_.emplace_back(cell.text);
    lines_.push_back(cell.line);
  }
  label_of_row_.push_back(found->second);
}

Classes LabelColumn::classes(const CsvTable& table) const {
  std::vector<double> values;
  for (const std::string& label : labels_) {
    const NumberReading number = table.number(label);
    if (number.reading == Reading::number) values.push_back(number.value);
  }
  const bool all_numbers = values.size() == labels_.size();

  std::vector<std::size_t> order(labels_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return all_numbers ? values[a] < values[b] : labels_[a] < labels_[b];
  });

  Classes result;
  std::vector<std::size_t> class_of_label(labels_.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool is_same = i > 0 && all_numbers && values[order[i - 1]] == values[order[i]];
    if (!is_same) {
      result.labels.push_back(labels_[order[i]]);
      result.lines.push_back(lines_[order[i]]);
    }
    class_of_label[order[i]] = result.labels.size() - 1;
  }
  result.class_of_row.reserve(label_of_row_.size());
  for (const std::size_t label : label_of_row_)
    result.class_of_row.push_back(class_of_label[label]);
  return result;
}

void TargetColumn::add_row(Index row) {
  const NumberReading number = reading_in(table_, column_);
  const CsvCell& cell = table_.row()[column_];
  const bool is_number = number.reading == Reading::number;
  if (!labels_meant_ && !is_number && table_.has_other_decimal(cell.text))
    table_.fail_in_column(cell.line, column_, table_.why_no_number(cell.text));
  if (log_ && !is_number)
    table_.fail_in_column(cell.line, column_, table_.why_no_number(cell.text));
  if (first_line_ == 0) {
    first_line_ = cell.line;
    first_text_ = cell.text;
    first_is_number_ = is_number;
  }
  if (!labels_wanted_ && is_number != first_is_number_) fail_as_mixed(cell);
  rows_.push_back(row);
  if (is_numeric())
    numbers_.push_back(log_ ? (*log_)(table_, number.value) : number.value);
  else
    labels_.add(cell);
}

Vector TargetColumn::numbers() const {
  if (log_) log_->require_no_zeros(table_);
  return Vector::Map(numbers_.data(), static_cast<Index>(numbers_.size()));
}

void TargetColumn::fail_as_mixed(const CsvCell& cell) const {
  const CsvCell first{first_text_, first_line_, false};
  const CsvCell& text = first_is_number_ ? cell : first;
  const CsvCell& number = first_is_number_ ? first : cell;
  table_.fail_in_column(text.line, column_,
                        in_quotes(text.text) + " is not a number, but " + in_quotes(number.text) +
                            " in line " + std::to_string(number.line) +
                            " is (--classes takes every cell for a label)" +
                            table_.missing_advice(text.text));
}

/// The classes that get a problem of their own.
std::vector<std::size_t> positive_classes(const CsvTable& table, std::size_t target,
                                          const Classes& classes, const DatasetOptions& options) {
  const std::size_t count = classes.labels.size();
  if (count == 1)
    table.fail_in_column(target, "every row has the label " + in_quotes(classes.labels.front()) +
                                     ", but at least two classes are needed");
  if (!options.positive.empty()) return {class_labelled(table, target, classes, options.positive)};
  if (count > most_classes)
    table.fail_in_column(target, "the number of different labels is " + std::to_string(count) +
                                     ", but at most " + std::to_string(most_classes) +
                                     " classes are accepted (" +
                                     (options.classes ? "a numeric target needs no --classes"
                                                      : "--target names another target column") +
                                     ", --positive picks one class)");
  if (!options.classes) require_likely_classes(table, target, classes);
  if (count == 2) return {1};
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

/// Desired outputs of the class against the rest.
Vector desired_outputs(const Classes& classes, std::size_t positive,
                       const DatasetOptions& options) {
  Vector y(static_cast<Index>(classes.class_of_row.size()));
  for (Index row = 0; row < y.size(); ++row)
    y(row) = classes.class_of_row[static_cast<std::size_t>(row)] == positive ? options.high
                                                                             : options.low;
  return y;
}

}  // namespace tautrack::detail
