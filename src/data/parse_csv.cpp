#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tautrack/data/dataset.hpp"

#include "table_cells.hpp"
#include "target_column.hpp"
#include "text_input.hpp"

namespace tautrack {
namespace {

using detail::as_option;
using detail::bias_name;
using detail::Classes;
using detail::ColumnRoles;
using detail::CsvCell;
using detail::CsvTable;
using detail::IdentifierWatch;
using detail::in_quotes;
using detail::LabelColumn;
using detail::Logarithm;
using detail::shortest_text;
using detail::TargetColumn;

constexpr const char* input_role = "an input";
constexpr const char* target_role = "the target";
constexpr const char* weights_role = "the pattern weights";
constexpr const char* ignored_role = "ignored";

/// More values than this of a column of --one-hot are taken for a mistake.
constexpr std::size_t most_values = 50;

/// More bytes than this are not used for the inputs of several targets, each of which has its own.
constexpr double most_bytes = 2e9;

/// Which column serves as what.
struct TableRoles {
  std::vector<std::size_t> inputs;   ///< In the order of their weights.
  std::vector<std::size_t> targets;  ///< In the order of their problems.
  std::optional<std::size_t> pattern_weights;
  std::vector<std::size_t> one_hot, logs;  ///< Among the others.
  std::vector<std::string> unused;         ///< Names.

  [[nodiscard]] bool is_one_hot(std::size_t column) const { return is_in(one_hot, column); }
  [[nodiscard]] bool takes_log(std::size_t column) const { return is_in(logs, column); }

  static bool is_in(const std::vector<std::size_t>& columns, std::size_t column) {
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  }
};

/// The columns of the problems, from those that are left when others have their role.
std::vector<std::size_t> find_targets(const CsvTable& table, const DatasetOptions& options,
                                      ColumnRoles& roles) {
  if (!options.target.empty()) return {roles.assign(options.target, target_role)};
  std::vector<std::size_t> targets;
  for (const std::string& name : options.targets)
    targets.push_back(roles.assign(name, target_role));
  if (!targets.empty()) return targets;
  targets = roles.others();
  if (targets.empty() && table.columns().size() == 1 && !options.pattern_weights.empty())
    table.fail_in_header("the only column holds the pattern weights, so there is no target");
  if (targets.empty())
    table.fail_in_header("every column is used for something else, so there is no target");
  if (!options.all_targets) targets.erase(targets.begin(), targets.end() - 1);
  for (const std::size_t column : targets) roles.assign(column, target_role);
  return targets;
}

/// Decides what each column serves as.
TableRoles roles_of(const CsvTable& table, const DatasetOptions& options) {
  const std::vector<std::string>& names = table.columns();
  if ((options.target.empty() ? 0 : 1) + (options.targets.empty() ? 0 : 1) +
          (options.all_targets ? 1 : 0) >
      1)
    table.fail_in_header("the target is named in two ways: give one of --target and --targets");
  if (options.all_targets && options.columns.empty() && options.one_hot.empty())
    table.fail_in_header(
        "--targets all leaves no column to be an input: --columns names the inputs");
  ColumnRoles roles(table);
  TableRoles result;
  if (!options.pattern_weights.empty())
    result.pattern_weights = roles.assign(options.pattern_weights, weights_role);
  for (const std::string& name : options.ignore) roles.assign(name, ignored_role);
  for (const std::string& name : options.columns)
    result.inputs.push_back(roles.assign(name, input_role));
  for (const std::string& name : options.one_hot) {
    const std::size_t column = detail::column_named(table, name, "an input of --one-hot");
    if (result.is_one_hot(column))
      table.fail_in_header("column " + in_quotes(name) + " is named twice by --one-hot");
    if (options.columns.empty()) roles.assign(name, input_role);
    if (roles.role(column) != input_role)
      table.fail_in_header("column " + in_quotes(name) + " of --one-hot is no input");
    result.one_hot.push_back(column);
  }
  result.targets = find_targets(table, options, roles);
  if (options.columns.empty()) {
    for (const std::size_t column : roles.others()) roles.assign(column, input_role);
    for (std::size_t column = 0; column < names.size(); ++column)
      if (roles.role(column) == input_role) result.inputs.push_back(column);
  }
  for (std::size_t column = 0; column < names.size(); ++column)
    if (!roles.has_role(column) || roles.role(column) == ignored_role)
      result.unused.push_back(names[column]);
  for (const std::string& name : options.log) {
    const std::size_t column = detail::column_named(table, name, "taken the logarithm of");
    if (result.takes_log(column))
      table.fail_in_header("column " + in_quotes(name) + " is named twice by --log");
    const std::string& role = roles.role(column);
    if (result.is_one_hot(column) || (role != input_role && role != target_role))
      table.fail_in_header("column " + in_quotes(name) +
                           " of --log is neither an input of numbers nor a target");
    if (role == target_role && options.classes)
      table.fail_in_header("column " + in_quotes(name) + " of --log holds labels");
    result.logs.push_back(column);
  }
  if (result.inputs.empty() && !options.bias)
    table.fail_in_header("there is no column beside the target, and no bias, to compute it from");
  for (const std::size_t column : result.inputs)
    if (options.bias && names[column] == bias_name)
      table.fail_in_column(table.header_line(), column,
                           "this name is reserved for the bias column that is added");
  return result;
}

/// A column of --one-hot.
struct OneHot {
  std::size_t column;
  LabelColumn labels = {};
};

/// Reads the rows of a table whose columns have their roles.
class ProblemReader {
 public:
  ProblemReader(CsvTable& table, const DatasetOptions& options)
      : table_(table), options_(options), roles_(roles_of(table, options)) {}

  Dataset read(const std::string& source);

 private:
  enum class Use { none, number, one_hot, target, pattern_weights };
  /// What the cells of a column are for, and the place of what is made of them.
  struct ColumnUse {
    Use use = Use::none;
    std::size_t place = 0;
  };

  /// Decides the use of each column.
  void assign_uses();
  [[nodiscard]] std::vector<std::size_t> columns_of_numbers() const;
  void read_rows();
  void read_row();
  /// Whether the current row is left out for all targets.
  [[nodiscard]] bool lacks_cell() const;
  void read_number(std::size_t column, std::size_t place);
  [[nodiscard]] double pattern_weight_in(std::size_t column) const;
  [[nodiscard]] std::string advice(std::size_t column) const;
  /// The name of the column as a weight or a problem.
  [[nodiscard]] std::string name_of(std::size_t column) const;
  /// Names of the columns of X, and X of all rows.
  void make_inputs();
  void add_one_hot(const OneHot& one_hot, std::vector<Vector>& columns);
  void add_problems(TargetColumn& target, bool is_last, Dataset& dataset);
  [[nodiscard]] TableFacts facts() const;

  CsvTable& table_;
  const DatasetOptions& options_;
  TableRoles roles_;
  std::vector<ColumnUse> uses_;
  std::vector<std::size_t> number_columns_;  ///< Inputs in the order of the table.
  Matrix numbers_;  ///< Rows x inputs that are numbers, and the bias when these are all inputs.
  std::vector<std::optional<Logarithm>> logs_;  ///< Of each of them, as of those below.
  std::vector<std::optional<IdentifierWatch>> watches_;
  std::vector<OneHot> one_hots_;
  std::vector<TargetColumn> targets_;
  Vector pattern_weights_;
  Index rows_ = 0;      ///< That are kept for some target.
  Index all_rows_ = 0;  ///< Of the table.
  std::vector<std::string> names_;
  Matrix X_;
  std::vector<std::pair<std::string, std::string>> baselines_;
};

void ProblemReader::assign_uses() {
  uses_.resize(table_.columns().size());
  for (const std::size_t column : roles_.targets) {
    uses_[column] = {Use::target, targets_.size()};
    targets_.emplace_back(table_, column, options_, roles_.takes_log(column));
  }
  if (roles_.pattern_weights) uses_[*roles_.pattern_weights].use = Use::pattern_weights;
  for (const std::size_t column : roles_.inputs) {
    if (roles_.is_one_hot(column)) {
      uses_[column] = {Use::one_hot, one_hots_.size()};
      one_hots_.push_back({column});
      continue;
    }
    uses_[column] = {Use::number, number_columns_.size()};
    number_columns_.push_back(column);
    logs_.emplace_back();
    watches_.emplace_back();
    if (roles_.takes_log(column))
      logs_.back().emplace(column);
    else
      watches_.back().emplace(table_.columns()[column]);
  }
}

std::vector<std::size_t> ProblemReader::columns_of_numbers() const {
  const bool labels_are_meant = options_.classes || !options_.positive.empty();
  std::vector<std::size_t> columns;
  for (std::size_t column = 0; column < uses_.size(); ++column) {
    const Use use = uses_[column].use;
    if (use == Use::number || use == Use::pattern_weights ||
        (use == Use::target && !labels_are_meant))
      columns.push_back(column);
  }
  return columns;
}

bool ProblemReader::lacks_cell() const {
  const std::vector<CsvCell>& row = table_.row();
  bool has_target = false;
  for (std::size_t column = 0; column < uses_.size(); ++column) {
    if (uses_[column].use == Use::none) continue;
    const bool is_missing = table_.is_missing(row[column].text);
    if (uses_[column].use == Use::target)
      has_target = has_target || !is_missing;
    else if (is_missing)
      return true;
  }
  return !has_target;
}

double ProblemReader::pattern_weight_in(std::size_t column) const {
  const double weight = detail::number_in(table_, column);
  const CsvCell& cell = table_.row()[column];
  if (!(weight > 0.0))
    table_.fail_in_column(cell.line, column,
                          "the pattern weight " + in_quotes(cell.text) + " is not positive");
  return weight;
}

std::string ProblemReader::advice(std::size_t column) const {
  const std::string name = as_option(table_.columns()[column]);
  return " (--ignore " + name + " leaves the column out, --one-hot " + name +
         " makes columns of zeros and ones of its values)";
}

void ProblemReader::read_number(std::size_t column, std::size_t place) {
  // A text below numbers is a mistake rather than a column of texts.
  const double number = rows_ == 0 ? detail::number_in(table_, column, advice(column))
                                   : detail::number_in(table_, column);
  numbers_(rows_, static_cast<Index>(place)) =
      logs_[place] ? (*logs_[place])(table_, number) : number;
}

void ProblemReader::read_row() {
  for (std::size_t column = 0; column < uses_.size(); ++column) {
    const auto [use, place] = uses_[column];
    switch (use) {
      case Use::none:
        break;
      case Use::number:
        read_number(column, place);
        break;
      case Use::one_hot:
        (void)detail::reading_in(table_, column);  // It must say something.
        one_hots_[place].labels.add(table_.row()[column]);
        break;
      case Use::target:
        if (table_.is_missing(table_.row()[column].text))
          targets_[place].drop();
        else
          targets_[place].add_row(rows_);
        break;
      case Use::pattern_weights:
        pattern_weights_(rows_) = pattern_weight_in(column);
        break;
    }
  }
  for (std::size_t place = 0; place < watches_.size(); ++place)
    if (watches_[place])
      watches_[place]->see(all_rows_, numbers_(rows_, static_cast<Index>(place)));
}

void ProblemReader::read_rows() {
  const Index rows_at_most = table_.rows_at_most();
  const bool is_whole = options_.bias && one_hots_.empty();
  numbers_.resize(rows_at_most, static_cast<Index>(number_columns_.size() + (is_whole ? 1 : 0)));
  pattern_weights_.resize(roles_.pattern_weights ? rows_at_most : 0);
  for (; table_.next_row(); ++all_rows_) {
    if (options_.missing == MissingCells::drop && lacks_cell()) {
      for (TargetColumn& target : targets_) target.drop();
      continue;
    }
    read_row();
    ++rows_;
  }
  if (all_rows_ == 0) table_.fail("there is a header, but no row follows it");
  for (const TargetColumn& target : targets_)
    if (target.rows().empty())
      table_.fail_in_column(target.column(),
                            "every row lacks a cell that is used, so none is left for this target");
  numbers_.conservativeResize(rows_, Eigen::NoChange);
  if (roles_.pattern_weights) pattern_weights_.conservativeResize(rows_);
  const bool is_dose = roles_.inputs.size() == 1 && options_.bias;
  for (const std::optional<Logarithm>& log : logs_)
    if (log && !(is_dose && options_.zero_doses)) log->require_no_zeros(table_, is_dose);
}

std::string ProblemReader::name_of(std::size_t column) const {
  const std::string& name = table_.columns()[column];
  return roles_.takes_log(column) ? "log10(" + name + ")" : name;
}

void ProblemReader::add_one_hot(const OneHot& one_hot, std::vector<Vector>& columns) {
  const Classes classes = one_hot.labels.classes(table_);
  const std::string& name = table_.columns()[one_hot.column];
  if (classes.labels.size() > most_values)
    table_.fail_in_column(one_hot.column, "the number of different values is " +
                                              std::to_string(classes.labels.size()) +
                                              ", but --one-hot takes at most " +
                                              std::to_string(most_values));
  if (options_.bias) baselines_.emplace_back(name, classes.labels.front());
  for (std::size_t label = options_.bias ? 1 : 0; label < classes.labels.size(); ++label) {
    names_.push_back(name + "=" + classes.labels[label]);
    Vector& indicator = columns.emplace_back(Vector::Zero(rows_));
    for (Index row = 0; row < rows_; ++row)
      if (classes.class_of_row[static_cast<std::size_t>(row)] == label) indicator(row) = 1.0;
  }
}

void ProblemReader::make_inputs() {
  std::vector<Vector> indicators;
  std::vector<std::pair<bool, std::size_t>> sources;  // Of columns: an indicator or a number.
  for (const std::size_t column : roles_.inputs) {
    const auto [use, place] = uses_[column];
    if (use == Use::number) {
      names_.push_back(name_of(column));
      sources.emplace_back(false, place);
      continue;
    }
    const std::size_t first = indicators.size();
    add_one_hot(one_hots_[place], indicators);
    for (std::size_t i = first; i < indicators.size(); ++i) sources.emplace_back(true, i);
  }
  if (options_.bias) names_.emplace_back(bias_name);
  std::unordered_set<std::string> distinct;
  for (const std::string& name : names_)
    if (!distinct.insert(name).second)
      table_.fail_in_header("two inputs are named " + in_quotes(name) +
                            ": give a column another name in the header");

  if (one_hots_.empty()) {
    X_ = std::move(numbers_);
    if (options_.bias) X_.rightCols<1>().setOnes();
    return;
  }
  X_.resize(rows_, static_cast<Index>(names_.size()));
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto [is_indicator, place] = sources[i];
    auto column = X_.col(static_cast<Index>(i));
    if (is_indicator)
      column = indicators[place];
    else
      column = numbers_.col(static_cast<Index>(place));
  }
  numbers_.resize(0, 0);
  if (options_.bias) X_.rightCols<1>().setOnes();
}

void ProblemReader::add_problems(TargetColumn& target, bool is_last, Dataset& dataset) {
  const std::string name = name_of(target.column());
  const bool is_whole = static_cast<Index>(target.rows().size()) == rows_;
  const bool has_weights = roles_.pattern_weights.has_value();
  Matrix X = !is_whole ? Matrix(X_(target.rows(), Eigen::all)) : is_last ? std::move(X_) : X_;
  Vector omega =
      has_weights && !is_whole ? Vector(pattern_weights_(target.rows())) : pattern_weights_;
  std::vector<TargetFacts>& facts = dataset.table->targets;
  const TargetFacts fact{table_.columns()[target.column()], target.dropped()};
  if (target.is_numeric()) {
    if (!options_.positive.empty())
      table_.fail_in_column(target.column(),
                            "the target is numeric, so there is no positive class " +
                                in_quotes(options_.positive) +
                                " (--classes takes every cell for a label)");
    dataset.problems.push_back({name, names_, std::move(X), target.numbers(), std::move(omega)});
    facts.push_back(fact);
    return;
  }
  const Classes classes = target.classes();
  for (const std::size_t positive :
       detail::positive_classes(table_, target.column(), classes, options_)) {
    const std::string& label = classes.labels[positive];
    std::string title = label;
    if (targets_.size() > 1) title.insert(0, name).insert(name.size(), 1, '=');
    dataset.problems.push_back(
        {std::move(title), names_, X, detail::desired_outputs(classes, positive, options_), omega});
    facts.push_back(fact);
  }
}

TableFacts ProblemReader::facts() const {
  TableFacts facts;
  facts.separator = table_.separator();
  facts.decimal = table_.decimal();
  facts.unused = roles_.unused;
  if (roles_.pattern_weights) facts.pattern_weights = table_.columns()[*roles_.pattern_weights];
  facts.baselines = baselines_;
  if (!table_.decimal_note().empty()) facts.notes.push_back(table_.decimal_note());
  for (const std::optional<IdentifierWatch>& watch : watches_)
    if (std::optional<std::string> note = watch ? watch->note(watches_.size() == 1) : std::nullopt)
      facts.notes.push_back(std::move(*note));
  return facts;
}

Dataset ProblemReader::read(const std::string& source) {
  assign_uses();
  table_.choose_decimal(columns_of_numbers());
  read_rows();
  make_inputs();
  const double bytes = static_cast<double>(targets_.size()) * static_cast<double>(X_.rows()) *
                       static_cast<double>(X_.cols()) * static_cast<double>(sizeof(double));
  if (targets_.size() > 1 && bytes > most_bytes)
    table_.fail("the inputs of " + std::to_string(targets_.size()) +
                " targets take more than 2 GB: --targets names fewer at a time");
  Dataset dataset{source, {}, facts()};
  for (TargetColumn& target : targets_) add_problems(target, &target == &targets_.back(), dataset);
  return dataset;
}

/// Refuses desired outputs of classes that are not in order.
void require_levels_in_order(const DatasetOptions& options, const std::string& source) {
  if (!(options.low < options.high) || !std::isfinite(options.low) || !std::isfinite(options.high))
    throw DataError(
        source + ": the desired outputs of a class must be finite with low < high, but " +
        "low = " + shortest_text(options.low) + " and high = " + shortest_text(options.high));
}

}  // namespace

Dataset read_csv(const std::string& path, const DatasetOptions& options) {
  return parse_csv(detail::read_file(path), path, options);
}

Dataset parse_csv(std::string_view text, const std::string& source, const DatasetOptions& options) {
  require_levels_in_order(options, source);
  CsvTable table(text, source, options);
  detail::require_header_of_names(table);
  return ProblemReader(table, options).read(source);
}

}  // namespace tautrack
