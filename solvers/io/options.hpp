#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/data/dataset.hpp"
#include "tautrack/data/held_weights.hpp"
#include "tautrack/data/output_range.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/network/perceptron.hpp"

#include "io/command.hpp"
#include "io/data.hpp"

namespace tautrack::program {

/// How a data file is written.
enum class Format { by_name, csv, svmlight };
[[nodiscard]] std::string_view to_string(Format format) noexcept;

/// A weight that the user holds.
struct FixedWeight {
  std::string column;
  double value = 0.0;
};

/// What the user asks of a hidden layer.
struct HiddenRequest {
  Index units = 0;  ///< 0: there is none.
  OutputNode output = OutputNode::linear;
  std::vector<std::string>
      outputs;  ///< Target columns that share the layer; empty: each target has its own.
  std::optional<double> ridge_hidden, ridge_output;  ///< Nothing: the ridge of all weights.

  [[nodiscard]] bool is_there() const { return units > 0; }
};

/// "linear", "sigmoid".
[[nodiscard]] std::string_view to_string(OutputNode output) noexcept;

/// What every subcommand asks about its data and its network.
struct NetworkRequest {
  std::string file;  ///< Data file; empty: the bundled iris data; "-": standard input.
  Format format = Format::by_name;
  bool matrix_free = false;  ///< Sparse whatever the size. Not every subcommand offers that.
  /// The plateaus of the outputs; nothing: those of the activation.
  std::optional<OutputRange> range;
  /// Class targets are the middle of the range of the outputs plus or minus this fraction of
  /// half its width. In (0, 1]. The range of the default activation is (-1, 1).
  double level = DatasetOptions{}.high;
  bool keep_replicates = false;  ///< Rows that are the same stay separate patterns.
  std::vector<FixedWeight> fix;  ///< Weights that are not fitted.
  HiddenRequest hidden;          ///< Not every subcommand offers that.
  DatasetOptions dataset;        ///< Without low and high, which load() sets from `level`.
  PerceptronOptions perceptron;
};

/// Adds the options that say how a table is written.
void add_reading_options(Command& command, TableOptions& options);

/// Adds the options that say how a table is read.
void add_table_options(Command& command, TableOptions& options);

/// Adds the options that say which file has the data, and how it is written.
void add_file_options(Command& command, NetworkRequest& request);

/// Adds all others that fill the request, which say what the data mean and what the network is.
/// @param with_range Whether the subcommand knows other outputs than those of the activation, and held weights.
void add_network_options(Command& command, NetworkRequest& request, bool with_range = true);

/// Adds the options of a hidden layer.
void add_hidden_options(Command& command, NetworkRequest& request);

/// Refuses options that do not go with a hidden layer, or that need one.
/// @throws UsageError
void check_hidden_options(const NetworkRequest& request);

/// The range that the outputs are to have; a free end has no number.
[[nodiscard]] OutputRange target_range(const NetworkRequest& request);

/// The weights that are held, among those of these columns.
/// @throws UsageError for a column that is not there or is held twice, and when none is left to be fitted.
[[nodiscard]] HeldWeights held_weights(const NetworkRequest& request,
                                       const std::vector<std::string>& columns);

/// Refuses held weights, for a subcommand of this name that does not know them.
/// @throws UsageError
void need_no_held_weights(const NetworkRequest& request, const char* command);

/// Whether the data are or are taken to be sparse text.
[[nodiscard]] bool is_svmlight(const NetworkRequest& request);

/// Reads the data; sparse ones that are small become dense ones.
/// @throws DataError, and UsageError for options that do not fit the format.
[[nodiscard]] Data load(const NetworkRequest& request);

/// Refuses held weights that the data do not have. @throws UsageError
void check_weights(const NetworkRequest& request, const Data& data);

/// Refuses data that are tracked matrix-free, for a subcommand of this name that has no use for them. @throws UsageError
void need_dense(const Data& data, const char* command);

/// The same for a subcommand of this name that has no use for sparse data: they are refused.
[[nodiscard]] Data load_dense(const NetworkRequest& request, const char* command);

}  // namespace tautrack::program
