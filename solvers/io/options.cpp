#include "io/options.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "io/command.hpp"
#include "io/standard_input.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {

std::string_view to_string(Format format) noexcept {
  return format == Format::csv ? "csv" : format == Format::svmlight ? "svmlight" : "by name";
}

namespace {

constexpr std::string_view free_end = "free";

/// Takes the text of --range.
std::optional<std::string> take_range(const std::string& text, std::optional<OutputRange>& range) {
  constexpr const char* rule = "two ends LOW,HIGH are needed, each a number or the word free";
  const std::vector<std::string> ends = split(text, ',');
  if (ends.size() != 2) return fmt::format("'{}': {}", cut(text, quote_width), rule);
  OutputRange read;
  for (std::optional<double>* const end : {&read.low, &read.high}) {
    const std::string& word = ends[end == &read.low ? 0 : 1];
    if (word == free_end) continue;
    *end = read_number(word);
    if (!*end)
      return fmt::format("'{}' is no end of a range{}: {}", cut(word, quote_width),
                         suggestion(word, {std::string(free_end)}), rule);
  }
  if (std::optional<std::string> reason = read.invalid_reason()) return reason;
  range = read;
  return std::nullopt;
}

/// Takes the text of --fix: COLUMN=VALUE, or several with semicolons between them. A name may hold both signs.
std::optional<std::string> take_fixed(const std::string& text, std::vector<FixedWeight>& fix) {
  std::string part;
  for (const std::string& piece : split(text, ';')) {
    part += (part.empty() ? "" : ";") + piece;
    const std::size_t sign = part.rfind('=');
    const std::optional<double> value =
        sign == std::string::npos ? std::nullopt : read_number(part.substr(sign + 1));
    if (!value) continue;
    fix.push_back({part.substr(0, sign), *value});
    part.clear();
  }
  if (part.empty() && !text.empty()) return std::nullopt;
  return fmt::format(
      "'{}' is not COLUMN=VALUE, the name of a column and the number that its weight is held at",
      cut(part, quote_width));
}

/// Takes names of columns with commas between them; those with commas stand in quotes, as in CSV.
std::optional<std::string> take_names(const std::string& text, std::vector<std::string>& names) {
  constexpr const char* rule = "names of columns are needed, with commas between them";
  std::vector<std::string> read;
  for (std::size_t i = 0;; ++i) {
    std::string& name = read.emplace_back();
    if (i < text.size() && text[i] == '"') {
      for (++i;; ++i) {
        if (i == text.size())
          return fmt::format("'{}': a quote is not closed", cut(text, quote_width));
        if (text[i] != '"')
          name += text[i];
        else if (i + 1 < text.size() && text[i + 1] == '"')
          name += text[i++];
        else
          break;
      }
      ++i;
      if (i < text.size() && text[i] != ',')
        return fmt::format("'{}': a comma may follow a closing quote, and nothing else",
                           cut(text, quote_width));
    } else {
      while (i < text.size() && text[i] != ',') name += text[i++];
    }
    if (name.empty())
      return fmt::format("'{}' has an empty name: {}", cut(text, quote_width), rule);
    if (i >= text.size()) break;
  }
  names = std::move(read);
  return std::nullopt;
}

/// Adds an option whose value are names of columns.
void add_names(Command& command, const std::string& name, const std::string& help,
               std::vector<std::string>& names) {
  command.add_value(name, "COLUMN,...", help,
                    [&names](const std::string& text) { return take_names(text, names); });
}

}  // namespace

void add_reading_options(Command& command, TableOptions& options) {
  command.group("Table");
  // Not found from the file when it is given.
  command.add_value(
      "--separator", "NAME",
      "Between columns: comma, semicolon, tab, blanks\n(default: found from the file)",
      [&options](const std::string& text) -> std::optional<std::string> {
        options.separator = separator_from_name(text);
        if (options.separator) return std::nullopt;
        return fmt::format("'{}' is none of comma, semicolon, tab, blanks", text);
      });
  command.add_value("--decimal", "NAME",
                    "Sign before decimals: point, comma (default: found\nfrom the file)",
                    [&options](const std::string& text) -> std::optional<std::string> {
                      options.decimal = decimal_sign_from_name(text);
                      if (options.decimal) return std::nullopt;
                      return fmt::format("'{}' is none of point, comma", text);
                    });
}

void add_table_options(Command& command, TableOptions& options) {
  add_reading_options(command, options);
  add_names(command, "--columns",
            "The inputs, in this order (default: all that are\nnothing else); names with commas in "
            "quotes:\n'\"a,b\",c'",
            options.columns);
  add_names(command, "--ignore", "Columns that are not used", options.ignore);
  command.add_choice("--missing", "Rows that lack a cell (under drop also NA, NaN, nan,\n. and -)",
                     options.missing, {"refuse", "drop"}, missing_cells_from_name);
}

void add_file_options(Command& command, NetworkRequest& request) {
  command.add_text("DATA.csv", "",
                   "Data file, - is standard input; without it, the\nbundled iris data",
                   request.file);
  command.group("Data");
  command.add_choice("--format", "Data file, by default by its name", request.format,
                     {"csv", "svmlight"}, [](std::string_view name) -> std::optional<Format> {
                       if (name == "csv") return Format::csv;
                       if (name == "svmlight") return Format::svmlight;
                       return std::nullopt;
                     });
}

void add_network_options(Command& command, NetworkRequest& request, bool with_range) {
  DatasetOptions& dataset = request.dataset;
  PerceptronOptions& perceptron = request.perceptron;

  add_table_options(command, dataset);
  add_names(
      command, "--one-hot",
      "Inputs of texts: a column of zeros and ones for each\nvalue, but the first if there is a "
      "bias",
      dataset.one_hot);
  add_names(command, "--log",
            "Take log10 of these columns; of one input solve\ntakes zeros, too: doses of zero",
            dataset.log);
  command.group("Data");
  command.add_text("--target", "COLUMN", "Target column (default: the last)", dataset.target);
  command.add_value(
      "--targets", "COLUMN,...",
      "The problems of each of these columns, which are no\ninputs; all: of each column "
      "that is not named",
      [&dataset](const std::string& text) -> std::optional<std::string> {
        if (!dataset.target.empty()) return "--target is there, too";
        dataset.all_targets = text == "all";
        return dataset.all_targets ? std::nullopt : take_names(text, dataset.targets);
      });
  command.add_flag("--classes", "Take every cell of the target for a class label", dataset.classes);
  command.add_text("--positive", "LABEL",
                   "One problem only: this class against the rest\n"
                   "(default with two classes: the last in sorted order)",
                   dataset.positive);
  command.add_number("--level", "L",
                     "Class targets: middle of the range of the outputs\n"
                     "plus or minus L times half its width; 0 < L <= 1",
                     request.level, [](double level) -> std::optional<std::string> {
                       if (level > 0.0 && level <= 1.0) return std::nullopt;
                       return fmt::format("{} is not in (0, 1]", level);
                     });
  command.add_text("--pattern-weights", "COLUMN",
                   "Column of positive weights of the squared residuals", dataset.pattern_weights);
  command.add_flag("--no-bias", "Do not append a column of ones", dataset.bias, false);
  command.add_flag("--keep-replicates",
                   fmt::format("Rows that are equal, or equal up to rounding (to\n"
                               "{:g}), stay separate patterns (default: each\n"
                               "pattern once, with the mean of its targets)",
                               kSameRow),
                   request.keep_replicates);

  command.group("Network");
  command.add_choice("--activation", "Sigmoid", perceptron.activation, activation_names(),
                     [](std::string_view name) { return activation_from_name(name); });
  if (with_range)
    command.add_value(
        "--range", "LOW,HIGH",
        "The plateaus of the outputs: each a number, or free\n"
        "where it is fitted as well\n"
        "(default: those of the activation)",
        [&request](const std::string& text) { return take_range(text, request.range); });
  if (with_range)
    command
        .add_value("--fix", "COLUMN=VALUE",
                   "Hold the weight of this column, (bias) for the bias,\n"
                   "and fit the others; repeated for several, or\n"
                   "A=1;B=2",
                   [&request](const std::string& text) { return take_fixed(text, request.fix); })
        .repeated = true;
  // Options take effect in the order in which they stand here.
  command.add_number(
      "--ridge", "R", "Adds R/2 |w|^2 to the energy; R >= 0", perceptron.ridge,
      [&request](double ridge) -> std::optional<std::string> {
        if (ridge > 0.0 && request.range && !request.range->is_known())
          return "a ridge would pull on the weights, and an end of the range that is free would "
                 "move away to make up for it: give --range two numbers, or no --ridge";
        PerceptronOptions options;
        options.ridge = ridge;
        return options.invalid_reason();
      });
  command.add_flag("--ridge-standardised",
                   "Penalise w_j times the standard deviation of column\n"
                   "j, not the weights in the units of the data",
                   perceptron.ridge_standardised);
  command.add_flag("--double-precision",
                   "Keep no copy of large data in single precision, from\n"
                   "which the way along a path is found (all that is\n"
                   "reported is computed in double precision anyway)",
                   perceptron.mixed_precision, false);
}

std::string_view to_string(OutputNode output) noexcept {
  return output == OutputNode::linear ? "linear" : "sigmoid";
}

void add_hidden_options(Command& command, NetworkRequest& request) {
  HiddenRequest& hidden = request.hidden;
  const auto ridge = [&](const std::string& name, const std::string& help,
                         std::optional<double>& value) {
    command.add_value(name, "R", help,
                      [&value](const std::string& text) -> std::optional<std::string> {
                        value = read_number(text);
                        if (!value) return fmt::format("'{}' is not a number", text);
                        if (*value > 0.0) return std::nullopt;
                        return fmt::format("{} is not above 0", *value);
                      });
  };
  command.group("Hidden layer");
  command.add_value(
      "--hidden", "H", "A layer of so many units between inputs and outputs",
      [&hidden](const std::string& text) -> std::optional<std::string> {
        const std::optional<double> units = read_number(text);
        constexpr double most_units = 1000.0;
        if (!units || *units != std::floor(*units) || *units < 1.0 || *units > most_units)
          return fmt::format("'{}' is not a whole number from 1 to {}", text, most_units);
        hidden.units = static_cast<Index>(*units);
        return std::nullopt;
      });
  command.add_value("--output", "NAME",
                    "What the outputs make of its weighted sum: linear,\nsigmoid (default: linear)",
                    [&hidden](const std::string& text) -> std::optional<std::string> {
                      if (text != "linear" && text != "sigmoid")
                        return fmt::format("'{}' is none of linear, sigmoid", text);
                      hidden.output = text == "linear" ? OutputNode::linear : OutputNode::sigmoid;
                      return std::nullopt;
                    });
  add_names(command, "--outputs", "Targets that share the layer, in place of --target",
            hidden.outputs);
  ridge("--ridge-hidden", "--ridge on the weights of the units alone", hidden.ridge_hidden);
  ridge("--ridge-output", "--ridge on the output weights and their bias alone",
        hidden.ridge_output);
}

void check_hidden_options(const NetworkRequest& request) {
  const HiddenRequest& hidden = request.hidden;
  if (!hidden.is_there()) {
    const auto needs = [](const char* option) {
      throw UsageError(fmt::format("{}: is about a hidden layer, and needs --hidden H", option));
    };
    if (hidden.output != OutputNode::linear) needs("--output");
    if (!hidden.outputs.empty()) needs("--outputs");
    if (hidden.ridge_hidden) needs("--ridge-hidden");
    if (hidden.ridge_output) needs("--ridge-output");
    return;
  }
  const auto refuse = [](const char* option, const char* why) {
    throw UsageError(fmt::format("{}: {} where there is a hidden layer", option, why));
  };
  const double ridge = request.perceptron.ridge;
  if (!(hidden.ridge_hidden.value_or(ridge) > 0.0) || !(hidden.ridge_output.value_or(ridge) > 0.0))
    throw UsageError(
        "--hidden: without a ridge on hidden and on output weights fits are no points but "
        "continua: a unit "
        "without output weights may have any others, and equal units share theirs in any way; give "
        "--ridge 0.01, or "
        "both of --ridge-hidden and --ridge-output");
  if (hidden.output == OutputNode::linear && request.range)
    refuse("--range", "linear outputs have no range (--output sigmoid)");
  if (request.range && !request.range->is_known()) refuse("--range", "both ends must be numbers");
  if (!request.fix.empty()) refuse("--fix", "no weight is held");
  if (request.perceptron.ridge_standardised)
    refuse("--ridge-standardised", "penalties are in the units of the data");
}

OutputRange target_range(const NetworkRequest& request) {
  if (request.range) return *request.range;
  const Range own = range(request.perceptron.activation);
  return {own.low, own.high};
}

HeldWeights held_weights(const NetworkRequest& request, const std::vector<std::string>& columns) {
  std::vector<HeldWeight> held;
  for (const FixedWeight& fixed : request.fix) {
    const auto place = std::find(columns.begin(), columns.end(), fixed.column);
    const std::string in_brackets = "(" + fixed.column + ")";  // The bias.
    if (place == columns.end() &&
        std::find(columns.begin(), columns.end(), in_brackets) != columns.end())
      throw UsageError(fmt::format("--fix: there is no weight of a column '{}'; did you mean '{}'?",
                                   cut(fixed.column, quote_width), in_brackets));
    if (place == columns.end())
      throw UsageError(fmt::format("--fix: there is no weight of a column '{}'{}",
                                   cut(fixed.column, quote_width),
                                   suggestion(fixed.column, columns)));
    const Index column = place - columns.begin();
    if (std::any_of(held.begin(), held.end(),
                    [column](const HeldWeight& weight) { return weight.column == column; }))
      throw UsageError(
          fmt::format("--fix: the weight of '{}' is held twice", cut(fixed.column, quote_width)));
    held.push_back({column, fixed.value});
  }
  try {
    return {static_cast<Index>(columns.size()), std::move(held)};
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--fix: {}", error.what()));
  }
}

void need_no_held_weights(const NetworkRequest& request, const char* command) {
  if (request.fix.empty()) return;
  throw UsageError(fmt::format(
      "--fix: {} does not know held weights: what it proves is about outputs of weights that are "
      "all free",
      command));
}

bool is_svmlight(const NetworkRequest& request) {
  if (request.format != Format::by_name) return request.format == Format::svmlight;
  for (const char* ending : {".svm", ".svmlight", ".libsvm"})
    if (request.file.ends_with(ending)) return true;
  return false;
}

namespace {

/// The data as they are in the file.
Data read_data(const NetworkRequest& request) {
  DatasetOptions options = request.dataset;
  // Where an end is fitted, classes are targets of the activation as it is.
  const Range own = range(request.perceptron.activation);
  const OutputRange asked = target_range(request);
  const double low = asked.is_known() ? *asked.low : own.low;
  const double high = asked.is_known() ? *asked.high : own.high;
  const double middle = (low + high) / 2.0;
  const double half_width = (high - low) / 2.0;
  options.low = middle - request.level * half_width;
  options.high = middle + request.level * half_width;
  Data data;
  if (is_svmlight(request)) {
    const auto refuse = [&](const char* option) {
      throw UsageError(fmt::format(
          "{}: '{}' is sparse data, whose target is the number in front of each line and whose "
          "columns have no names",
          option, shown_name(request.file)));
    };
    if (request.file.empty()) throw UsageError("--format: there is no data file");
    if (!options.target.empty()) refuse("--target");
    if (!options.targets.empty() || options.all_targets) refuse("--targets");
    if (!options.pattern_weights.empty()) refuse("--pattern-weights");
    if (options.separator) refuse("--separator");
    if (options.decimal) refuse("--decimal");
    if (options.missing != MissingCells::refuse) refuse("--missing");
    for (const auto& [option, names] :
         {std::pair("--columns", &options.columns), std::pair("--ignore", &options.ignore),
          std::pair("--one-hot", &options.one_hot), std::pair("--log", &options.log)})
      if (!names->empty()) refuse(option);
    const SvmlightOptions sparse_options{options.bias, options.classes, options.positive,
                                         options.low, options.high};
    SparseDataset sparse =
        is_standard_input(request.file)
            ? parse_svmlight(read_standard_input(), shown_name(request.file), sparse_options)
            : read_svmlight(request.file, sparse_options);
    if (!request.matrix_free && is_small(sparse))
      data.dense = to_dense(sparse);
    else
      data.sparse = std::move(sparse);
    return data;
  }
  if (request.file.empty() && request.format != Format::by_name)
    throw UsageError("--format: there is no data file");
  data.dense = request.file.empty() ? iris(options)
               : is_standard_input(request.file)
                   ? parse_csv(read_standard_input(), shown_name(request.file), options)
                   : read_csv(request.file, options);
  data.table = std::move(data.dense.table);
  if (request.matrix_free) {
    data.sparse = to_sparse(data.dense);
    data.dense = {};
  }
  return data;
}

}  // namespace

void check_weights(const NetworkRequest& request, const Data& data) {
  if (data.is_matrix_free()) {
    if (!request.fix.empty())
      throw UsageError(
          "--fix: weights are not held in data that are tracked matrix-free (more than 1000 "
          "weights, "
          "or --matrix-free)");
    return;
  }
  (void)held_weights(request, data.dense.problems.front().columns);  // They must be there.
}

Data load(const NetworkRequest& request) {
  Data data = read_data(request);
  check_weights(request, data);
  return data;
}

void need_dense(const Data& data, const char* command) {
  if (data.is_matrix_free())
    throw UsageError(
        fmt::format("'{}' has more than 1000 weights or 1 GB of matrices, which {} cannot use; "
                    "tautrack track follows its natural path",
                    data.source(), command));
}

Data load_dense(const NetworkRequest& request, const char* command) {
  Data data = load(request);
  need_dense(data, command);
  return data;
}

}  // namespace tautrack::program
