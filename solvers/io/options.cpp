#include "io/options.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "io/command_options.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {

std::string_view to_string(Format format) noexcept {
  return format == Format::csv ? "csv" : format == Format::svmlight ? "svmlight" : "by name";
}

CLI::Option* add_value(CLI::App& command, const std::string& name, const std::string& what,
                       const std::string& help, const TextTaker& take) {
  const auto take_or_throw = [name, take](const std::string& text) {
    if (const std::optional<std::string> reason = take(text))
      throw UsageError(fmt::format("{}: {}", name, *reason));
  };
  return command.add_option_function<std::string>(name, take_or_throw, help)->type_name(what);
}

CLI::Option* add_text(CLI::App& command, const std::string& name, const std::string& what,
                      const std::string& help, std::string& value) {
  const auto take = [&value](const std::string& text) -> std::optional<std::string> {
    if (text.empty()) return "the text is empty";
    value = text;
    return std::nullopt;
  };
  return add_value(command, name, what, help, take);
}

CLI::Option* add_number(CLI::App& command, const std::string& name, const std::string& what,
                        const std::string& help, double& value, const NumberRule& rule) {
  const auto take = [&value, rule](const std::string& text) -> std::optional<std::string> {
    const std::optional<double> number = read_number(text);
    if (!number) return fmt::format("'{}' is not a number", text);
    if (std::optional<std::string> reason = rule(*number)) return reason;
    value = *number;
    return std::nullopt;
  };
  return add_value(command, name, what, help, take)->default_str(fmt::format("{:g}", value));
}

std::optional<double> read_number(const std::string& text) {
  const char* const begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* const end = text.data() + text.size();
  double number = 0.0;
  const auto [stop, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

void add_network_options(CLI::App& command, NetworkRequest& request) {
  DatasetOptions& dataset = request.dataset;
  PerceptronOptions& perceptron = request.perceptron;

  add_text(command, "DATA.csv", "", "Data file; without it, the bundled iris data", request.file);
  const char* data = "Data";
  add_choice<Format>(command, "--format", "Data file, by default by its name", request.format,
                     {"csv", "svmlight"},
                     [](std::string_view name) -> std::optional<Format> {
                       if (name == "csv") return Format::csv;
                       if (name == "svmlight") return Format::svmlight;
                       return std::nullopt;
                     })
      ->group(data);
  add_text(command, "--target", "COLUMN", "Target column (default: the last)", dataset.target)
      ->group(data);
  command.add_flag("--classes", dataset.classes, "Take a target of numbers for class labels")
      ->group(data);
  add_text(command, "--positive", "LABEL",
           "One problem only: this class against the rest\n"
           "(default with two classes: the last in sorted order)",
           dataset.positive)
      ->group(data);
  add_number(command, "--level", "L",
             "Class targets: middle of the activation's range\n"
             "plus or minus L times half its width; 0 < L <= 1",
             request.level,
             [](double level) -> std::optional<std::string> {
               if (level > 0.0 && level <= 1.0) return std::nullopt;
               return fmt::format("{} is not in (0, 1]", level);
             })
      ->group(data);
  add_text(command, "--pattern-weights", "COLUMN",
           "Column of positive weights of the squared residuals", dataset.pattern_weights)
      ->group(data);
  command
      .add_flag_callback(
          "--no-bias", [&dataset] { dataset.bias = false; }, "Do not append a column of ones")
      ->group(data);

  const char* network = "Network";
  add_choice<Activation>(command, "--activation", "Sigmoid", perceptron.activation,
                         activation_names(),
                         [](std::string_view name) { return activation_from_name(name); })
      ->group(network);
  add_number(command, "--ridge", "R", "Adds R/2 |w|^2 to the energy; R >= 0", perceptron.ridge,
             [](double ridge) {
               PerceptronOptions options;
               options.ridge = ridge;
               return options.invalid_reason();
             })
      ->group(network);
  command
      .add_flag("--ridge-standardised", perceptron.ridge_standardised,
                "Penalise w_j times the standard deviation of column\n"
                "j, not the weights in the units of the data")
      ->group(network);
}

bool is_svmlight(const NetworkRequest& request) {
  if (request.format != Format::by_name) return request.format == Format::svmlight;
  for (const char* ending : {".svm", ".svmlight", ".libsvm"})
    if (request.file.ends_with(ending)) return true;
  return false;
}

Data load(const NetworkRequest& request) {
  DatasetOptions options = request.dataset;
  const Range limits = range(request.perceptron.activation);
  const double middle = (limits.low + limits.high) / 2.0;
  const double half_width = (limits.high - limits.low) / 2.0;
  options.low = middle - request.level * half_width;
  options.high = middle + request.level * half_width;
  Data data;
  if (is_svmlight(request)) {
    const auto refuse = [&](const char* option) {
      throw UsageError(fmt::format(
          "{}: '{}' is sparse data, whose target is the number in front of each line and whose "
          "columns have no names",
          option, request.file));
    };
    if (request.file.empty()) throw UsageError("--format: there is no data file");
    if (!options.target.empty()) refuse("--target");
    if (!options.pattern_weights.empty()) refuse("--pattern-weights");
    SparseDataset sparse = read_svmlight(
        request.file, {options.bias, options.classes, options.positive, options.low, options.high});
    if (!request.matrix_free && is_small(sparse))
      data.dense = to_dense(sparse);
    else
      data.sparse = std::move(sparse);
    return data;
  }
  if (request.file.empty() && request.format != Format::by_name)
    throw UsageError("--format: there is no data file");
  data.dense = request.file.empty() ? iris(options) : read_csv(request.file, options);
  if (request.matrix_free) {
    data.sparse = to_sparse(data.dense);
    data.dense = {};
  }
  return data;
}

}  // namespace tautrack::program
