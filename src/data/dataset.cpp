#include "tautrack/data/dataset.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "csv_table.hpp"
#include "tautrack_iris_csv.hpp"
#include "text_input.hpp"

namespace tautrack {
namespace {

using detail::bias_name;
using detail::CsvCell;
using detail::CsvTable;
using detail::in_quotes;
using detail::list_in_quotes;
using detail::NumberReading;
using detail::read_number;
using detail::Reading;
using detail::shortest_text;

/// More classes than this are taken for a mistake: each would become a problem with its own X.
constexpr std::size_t most_classes = 100;

/// What the cell says as a number; an empty one and one that no double can hold are refused.
NumberReading reading_of(const CsvTable& table, std::size_t column) {
  const CsvCell& cell = table.row()[column];
  if (cell.text.empty()) table.fail_in_column(cell.line, column, "the cell is empty");
  const NumberReading number = read_number(cell.text);
  if (number.reading == Reading::not_finite)
    table.fail_in_column(cell.line, column, in_quotes(cell.text) + " is not a finite number");
  if (number.reading == Reading::out_of_range)
    table.fail_in_column(cell.line, column,
                         in_quotes(cell.text) + " is outside the range of double precision");
  return number;
}

/// The number in the column of the current row.
double number_in(const CsvTable& table, std::size_t column) {
  const NumberReading number = reading_of(table, column);
  const CsvCell& cell = table.row()[column];
  if (number.reading != Reading::number)
    table.fail_in_column(cell.line, column, table.why_no_number(cell.text));
  return number.value;
}

/// The pattern weight in the column of the current row.
double pattern_weight_in(const CsvTable& table, std::size_t column) {
  const double weight = number_in(table, column);
  const CsvCell& cell = table.row()[column];
  if (!(weight > 0.0))
    table.fail_in_column(cell.line, column,
                         "the pattern weight " + in_quotes(cell.text) + " is not positive");
  return weight;
}

/// Refuses a first line of numbers only, which is a row whose header is missing.
void require_header_of_names(const CsvTable& table) {
  const auto is_number = [](const std::string& name) {
    return read_number(name).reading == Reading::number;
  };
  const std::vector<std::string>& names = table.columns();
  if (std::all_of(names.begin(), names.end(), is_number))
    table.fail(1, "every field is a number, but the first line must be a header of column names");
}

/// Which column serves as what; all others are features.
struct ColumnRoles {
  std::size_t target = 0;
  std::optional<std::size_t> pattern_weights;
};

/// The column of that name; `role` says in the message what it is for.
std::size_t column_named(const CsvTable& table, const std::string& name, const std::string& role) {
  const std::vector<std::string>& columns = table.columns();
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end())
    table.fail(1, "there is no column " + in_quotes(name) + " to be the " + role +
                      "; the columns are " + list_in_quotes(columns));
  return static_cast<std::size_t>(found - columns.begin());
}

/// Decides what each column serves as.
ColumnRoles roles_of(const CsvTable& table, const DatasetOptions& options) {
  const std::size_t count = table.columns().size();
  ColumnRoles roles;
  if (!options.pattern_weights.empty())
    roles.pattern_weights = column_named(table, options.pattern_weights, "pattern weights");

  if (!options.target.empty()) {
    roles.target = column_named(table, options.target, "target");
    if (roles.target == roles.pattern_weights)
      table.fail(1, "column " + in_quotes(options.target) +
                        " cannot be both the target and the pattern weights");
  } else {
    roles.target = count - 1;
    if (roles.target == roles.pattern_weights) {
      if (count == 1)
        table.fail(1, "the only column holds the pattern weights, so there is no target");
      --roles.target;
    }
  }

  const std::size_t features = count - 1 - (roles.pattern_weights ? 1 : 0);
  if (features == 0 && !options.bias)
    table.fail(1, "there is no column beside the target, and no bias, to compute it from");
  return roles;
}

/// Names of the columns of X: the features and, last, the bias.
std::vector<std::string> weight_names(const CsvTable& table, const ColumnRoles& roles, bool bias) {
  std::vector<std::string> names;
  for (std::size_t column = 0; column < table.columns().size(); ++column) {
    if (column == roles.target || column == roles.pattern_weights) continue;
    const std::string& name = table.columns()[column];
    if (bias && name == bias_name)
      table.fail_in_column(1, column, "this name is reserved for the bias column that is added");
    names.push_back(name);
  }
  if (bias) names.emplace_back(bias_name);
  return names;
}

/// What a label that is meant to be a number has in it that numbers have not.
enum class NumberFault { none, percent, currency, comma, separator, other };

/// Removes the prefix from the text. @return whether it was there.
bool remove_one_of(std::string_view& text, std::initializer_list<std::string_view> prefixes) {
  for (const std::string_view prefix : prefixes) {
    if (!text.starts_with(prefix)) continue;
    text.remove_prefix(prefix.size());
    return true;
  }
  return false;
}

/// What keeps a text from being a number or several numbers, when it looks like that: it has a
/// digit and, beside digits, points and exponents, only signs before a number, and percent signs,
/// signs of currencies, decimal commas and what separates thousands or columns.
/// @return none for other texts.
NumberFault number_fault_of(std::string_view text) {
  bool percent = false, currency = false, comma = false, separator = false;
  bool any_digit = false;
  char last = ' ';  // Digit, point, sign or exponent; blank for all others.
  while (!text.empty()) {
    const char first = text.front();
    const bool is_digit = first >= '0' && first <= '9';
    if (is_digit || first == '.') {
      any_digit = any_digit || is_digit;
      last = is_digit ? '0' : '.';
      text.remove_prefix(1);
    } else if (remove_one_of(text, {"+", "-", "\u2212"})) {
      if (last != ' ' && last != 'e') return NumberFault::none;  // A range, a date.
      last = '-';
    } else if (remove_one_of(text, {"e", "E", "d", "D"})) {
      const bool goes_on = !text.empty() && std::string_view("+-0123456789").find(text.front()) !=
                                                std::string_view::npos;
      if ((last != '0' && last != '.') || !any_digit || !goes_on) return NumberFault::none;
      last = 'e';
    } else {
      if (remove_one_of(text, {"%", "\u2030"}))
        percent = true;
      else if (remove_one_of(text, {"$", "\u20AC", "\u00A3", "\u00A5"}))
        currency = true;
      else if (remove_one_of(text, {","}))
        comma = true;
      else if (remove_one_of(text, {" ", "\t", ";", "|", "\u00A0", "\u2009", "\u202F"}))
        separator = true;
      else if (!remove_one_of(text, {"'", "\u2019", "_", "(", ")"}))
        return NumberFault::none;
      last = ' ';
    }
  }
  if (!any_digit) return NumberFault::none;
  if (percent) return NumberFault::percent;
  if (currency) return NumberFault::currency;
  if (separator) return NumberFault::separator;
  return comma ? NumberFault::comma : NumberFault::other;
}

/// What to do about the fault.
const char* remedy_for(NumberFault fault) {
  switch (fault) {
    case NumberFault::percent:
      return "write it without the percent sign";
    case NumberFault::currency:
      return "write it without the sign of the currency";
    case NumberFault::comma:
      return "write a point for a decimal comma, and nothing between thousands";
    case NumberFault::separator:
      return "separate columns by commas, or every line alike by semicolons, tabs or blanks, and "
             "write nothing between thousands";
    case NumberFault::none:
    case NumberFault::other:
      break;
  }
  return "write it with digits, a decimal point and an exponent alone";
}

/// Class labels in sorted order, the line where each is first, and the class of each row.
struct Classes {
  std::vector<std::string> labels;
  std::vector<Index> lines;
  std::vector<std::size_t> class_of_row;
};

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

/// Collects the target column row by row and finds out whether it holds numbers or labels.
class TargetColumn {
 public:
  TargetColumn(const CsvTable& table, std::size_t column, const DatasetOptions& options)
      : table_(table),
        column_(column),
        labels_wanted_(options.classes),
        labels_meant_(options.classes || !options.positive.empty()) {}

  /// Takes the target cell of the current row.
  void add_row() {
    const NumberReading number = reading_of(table_, column_);
    const CsvCell& cell = table_.row()[column_];
    const bool is_number = number.reading == Reading::number;
    if (!labels_meant_ && table_.has_decimal_comma(cell.text))
      table_.fail_in_column(cell.line, column_, table_.why_no_number(cell.text));
    if (first_line_ == 0) {
      first_line_ = cell.line;
      first_text_ = cell.text;
      first_is_number_ = is_number;
    }
    if (!labels_wanted_ && is_number != first_is_number_) fail_as_mixed(cell);
    if (is_numeric())
      numbers_.push_back(number.value);
    else
      add_label(cell);
  }

  /// Whether the target is a number, and not a label, in every row so far.
  [[nodiscard]] bool is_numeric() const noexcept { return first_is_number_ && !labels_wanted_; }

  /// The numbers of a numeric target.
  [[nodiscard]] Vector numbers() const {
    return Vector::Map(numbers_.data(), static_cast<Index>(numbers_.size()));
  }

  /// The classes of a target of labels. Labels sort as numbers when all are numbers, and then equal
  /// numbers ("1" and "1.0") are one class, named as it is written first; else they sort by bytes.
  [[nodiscard]] Classes classes() const {
    std::vector<double> values;
    for (const std::string& label : labels_) {
      const NumberReading number = read_number(label);
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
        result.lines.push_back(label_lines_[order[i]]);
      }
      class_of_label[order[i]] = result.labels.size() - 1;
    }
    result.class_of_row.reserve(label_of_row_.size());
    for (const std::size_t label : label_of_row_)
      result.class_of_row.push_back(class_of_label[label]);
    return result;
  }

 private:
  /// Appends a row with this label.
  void add_label(const CsvCell& cell) {
    auto found = label_numbers_.find(cell.text);
    if (found == label_numbers_.end()) {
      found = label_numbers_.emplace(cell.text, labels_.size()).first;
      labels_.emplace_back(cell.text);
      label_lines_.push_back(cell.line);
    }
    label_of_row_.push_back(found->second);
  }

  /// Refuses a column in which the cell and the first one are a number and a text.
  [[noreturn]] void fail_as_mixed(const CsvCell& cell) const {
    const CsvCell first{first_text_, first_line_, false};
    const CsvCell& text = first_is_number_ ? cell : first;
    const CsvCell& number = first_is_number_ ? first : cell;
    table_.fail_in_column(text.line, column_,
                          in_quotes(text.text) + " is not a number, but " + in_quotes(number.text) +
                              " in line " + std::to_string(number.line) +
                              " is (--classes takes every cell for a label)");
  }

  const CsvTable& table_;
  std::size_t column_;
  bool labels_wanted_;
  bool labels_meant_;     ///< The options say that the cells are labels, whatever they look like.
  Index first_line_ = 0;  ///< 0 before the first row.
  std::string first_text_;
  bool first_is_number_ = false;
  std::vector<double> numbers_;
  std::vector<std::string> labels_;  ///< In the order of appearance.
  std::vector<Index> label_lines_;   ///< Where each appears first.
  std::map<std::string, std::size_t, std::less<>> label_numbers_;
  std::vector<std::size_t> label_of_row_;
};

/// The class with this label, written as in the file or, for numbers, in any other way.
std::size_t class_labelled(const CsvTable& table, std::size_t target, const Classes& classes,
                           const std::string& label) {
  const std::vector<std::string>& labels = classes.labels;
  auto found = std::find(labels.begin(), labels.end(), label);
  const NumberReading wanted = read_number(label);
  if (found == labels.end() && wanted.reading == Reading::number)
    found = std::find_if(labels.begin(), labels.end(), [&](const std::string& candidate) {
      const NumberReading number = read_number(candidate);
      return number.reading == Reading::number && number.value == wanted.value;
    });
  if (found == labels.end())
    table.fail_in_column(target, "there is no label " + in_quotes(label) + "; the labels are " +
                                     list_in_quotes(labels));
  return static_cast<std::size_t>(found - labels.begin());
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

/// Refuses desired outputs of classes that are not in order.
void require_levels_in_order(const DatasetOptions& options, const std::string& source) {
  if (!(options.low < options.high) || !std::isfinite(options.low) || !std::isfinite(options.high))
    throw DataError(
        source + ": the desired outputs of a class must be finite with low < high, but " +
        "low = " + shortest_text(options.low) + " and high = " + shortest_text(options.high));
}

/// All bytes of the file, which may also be a pipe.
std::string read_file(const std::string& path) {
  const detail::File file = detail::open_file(path);
  constexpr std::size_t chunk = std::size_t{1} << 20U;
  std::string bytes;
  std::size_t size = 0;
  std::size_t read = 0;
  do {
    bytes.resize(size + chunk);
    read = std::fread(bytes.data() + size, 1, chunk, file.get());
    size += read;
  } while (read == chunk);
  if (std::ferror(file.get()) != 0)
    throw DataError(path + ": the file cannot be read: " + detail::failure_reason());
  bytes.resize(size);
  return bytes;
}

/// "y has size 2, but the number of rows of X is 3".
std::string sizes_disagree(const std::string& what, Index size, const std::string& lines_of_X,
                           Index count) {
  return what + " has size " + std::to_string(size) + ", but the number of " + lines_of_X +
         " of X is " + std::to_string(count);
}

}  // namespace

Dataset read_csv(const std::string& path, const DatasetOptions& options) {
  return parse_csv(read_file(path), path, options);
}

Dataset parse_csv(std::string_view text, const std::string& source, const DatasetOptions& options) {
  require_levels_in_order(options, source);
  CsvTable table(text, source);
  require_header_of_names(table);
  const ColumnRoles roles = roles_of(table, options);
  const std::vector<std::string> names = weight_names(table, roles, options.bias);

  const Index rows_at_most = table.rows_at_most();
  Matrix X(rows_at_most, static_cast<Index>(names.size()));
  Vector pattern_weights(roles.pattern_weights ? rows_at_most : 0);
  TargetColumn target(table, roles.target, options);
  Index patterns = 0;
  for (; table.next_row(); ++patterns) {
    Index feature = 0;
    for (std::size_t column = 0; column < table.columns().size(); ++column) {
      if (column == roles.target)
        target.add_row();
      else if (column == roles.pattern_weights)
        pattern_weights(patterns) = pattern_weight_in(table, column);
      else
        X(patterns, feature++) = number_in(table, column);
    }
  }
  if (patterns == 0) table.fail("there is a header, but no row follows it");
  X.conservativeResize(patterns, Eigen::NoChange);
  if (roles.pattern_weights) pattern_weights.conservativeResize(patterns);
  if (options.bias) X.rightCols<1>().setOnes();

  const std::string& target_name = table.columns()[roles.target];
  Dataset dataset{source, {}};
  if (target.is_numeric()) {
    if (!options.positive.empty())
      table.fail_in_column(roles.target, "the target is numeric, so there is no positive class " +
                                             in_quotes(options.positive) +
                                             " (--classes takes every cell for a label)");
    dataset.problems.push_back(
        {target_name, names, std::move(X), target.numbers(), std::move(pattern_weights)});
    return dataset;
  }
  const Classes classes = target.classes();
  for (const std::size_t positive : positive_classes(table, roles.target, classes, options))
    dataset.problems.push_back({classes.labels[positive], names, X,
                                desired_outputs(classes, positive, options), pattern_weights});
  return dataset;
}

Dataset iris(const DatasetOptions& options) {
  return parse_csv(detail::iris_csv, "bundled iris data", options);
}

void check(const Problem& problem) {
  const Index patterns = problem.X.rows();
  const Index weights = problem.X.cols();
  const auto fail = [&problem](const std::string& rule) {
    throw DataError("problem " + in_quotes(problem.name) + ": " + rule);
  };
  const auto fail_in_row = [&fail](Index row, const std::string& rule) {
    fail("row " + std::to_string(row + 1) + " (counted from 1): " + rule);
  };
  const Vector& y = problem.y;
  const Vector& omega = problem.pattern_weights;
  if (patterns < 1 || weights < 1)
    fail("X is " + std::to_string(patterns) + " x " + std::to_string(weights) +
         ", but at least one row and one column are needed");
  if (y.size() != patterns) fail(sizes_disagree("y", y.size(), "rows", patterns));
  if (omega.size() != 0 && omega.size() != patterns)
    fail(sizes_disagree("pattern_weights", omega.size(), "rows", patterns));
  const Vector& offset = problem.offset;
  if (offset.size() != 0 && offset.size() != patterns)
    fail(sizes_disagree("offset", offset.size(), "rows", patterns));
  if (static_cast<Index>(problem.columns.size()) != weights)
    fail(sizes_disagree("columns", static_cast<Index>(problem.columns.size()), "columns", weights));

  for (Index column = 0; column < weights; ++column) {
    if (problem.X.col(column).allFinite()) continue;
    for (Index row = 0; row < patterns; ++row)
      if (!std::isfinite(problem.X(row, column)))
        fail_in_row(row, "column " + in_quotes(problem.columns[static_cast<std::size_t>(column)]) +
                             " is not finite");
  }
  for (Index row = 0; row < patterns; ++row) {
    if (!std::isfinite(y(row))) fail_in_row(row, "y is not finite");
    if (omega.size() != 0 && !(std::isfinite(omega(row)) && omega(row) > 0.0))
      fail_in_row(row, "the pattern weight is not positive and finite");
    if (offset.size() != 0 && !std::isfinite(offset(row)))
      fail_in_row(row, "the known part of the node input is not finite");
  }
}

void need_no_offset(const Problem& problem, std::string_view what) {
  if (problem.offset.size() > 0)
    throw std::invalid_argument(std::string(what) +
                                " takes node inputs that are free, but here a part of each is "
                                "known, as where weights are held");
}

Problem make_problem(Matrix X, Vector y, std::string name, std::vector<std::string> columns,
                     Vector pattern_weights) {
  if (columns.empty())
    for (Index column = 1; column <= X.cols(); ++column)
      columns.push_back('x' + std::to_string(column));
  Problem problem{std::move(name), std::move(columns), std::move(X), std::move(y),
                  std::move(pattern_weights)};
  check(problem);
  return problem;
}

}  // namespace tautrack
