#include "io/options.hpp"

#include <utility>

#include <fmt/format.h>

#include "io/command.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {

std::string_view to_string(Format format) noexcept {
  return format == Format::csv ? "csv" : format == Format::svmlight ? "svmlight" : "by name";
}

void add_file_options(Command& command, NetworkRequest& request) {
  command.add_text("DATA.csv", "", "Data file; without it, the bundled iris data", request.file);
  command.group("Data");
  command.add_choice("--format", "Data file, by default by its name", request.format,
                     {"csv", "svmlight"}, [](std::string_view name) -> std::optional<Format> {
                       if (name == "csv") return Format::csv;
                       if (name == "svmlight") return Format::svmlight;
                       return std::nullopt;
                     });
}

void add_network_options(Command& command, NetworkRequest& request) {
  DatasetOptions& dataset = request.dataset;
  PerceptronOptions& perceptron = request.perceptron;

  command.group("Data");
  command.add_text("--target", "COLUMN", "Target column (default: the last)", dataset.target);
  command.add_flag("--classes", "Take every cell of the target for a class label", dataset.classes);
  command.add_text("--positive", "LABEL",
                   "One problem only: this class against the rest\n"
                   "(default with two classes: the last in sorted order)",
                   dataset.positive);
  command.add_number("--level", "L",
                     "Class targets: middle of the activation's range\n"
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
  command.add_number("--ridge", "R", "Adds R/2 |w|^2 to the energy; R >= 0", perceptron.ridge,
                     [](double ridge) {
                       PerceptronOptions options;
                       options.ridge = ridge;
                       return options.invalid_reason();
                     });
  command.add_flag("--ridge-standardised",
                   "Penalise w_j times the standard deviation of column\n"
                   "j, not the weights in the units of the data",
                   perceptron.ridge_standardised);
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

Data load_dense(const NetworkRequest& request, const char* command) {
  Data data = load(request);
  if (data.is_matrix_free())
    throw UsageError(
        fmt::format("'{}' has more than 1000 weights or 1 GB of matrices, which {} cannot use; "
                    "tautrack track follows its natural path",
                    data.source(), command));
  return data;
}

}  // namespace tautrack::program
