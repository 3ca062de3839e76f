#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/command.hpp"
#include "io/data.hpp"
#include "io/output_files.hpp"
#include "io/progress.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {

/// Where a subcommand writes its results, and whether it says how far it has come.
struct OutputRequest {
  std::string json_file;    ///< Empty: none.
  std::string csv_file;     ///< Empty: none.
  std::string plot_file;    ///< Empty: none.
  std::string points_file;  ///< Of subcommands that have such a table; empty: none.
  bool quiet = false;       ///< No progress and no notes on standard error.
  Listener listener;        ///< Who is told the progress, quiet or not; null: nobody.

  [[nodiscard]] bool tells_progress() const { return !quiet || listener; }
};

/// Adds the options that fill the request. The helps say what the CSV and the picture are; without one there is no picture.
void add_output_options(Command& command, OutputRequest& request, const std::string& csv_help,
                        const std::string& plot_help);

/// Adds the option --run, which fills `folder`.
void add_run_option(Command& command, std::string& folder);

/// Adds the option --from, which fills `from`.
void add_from_option(Command& command, const std::string& help, std::string& from);

/// The outputs of one run, from the check of their names to their text.
class Outputs {
 public:
  using Report = std::function<std::string()>;

  /// Checks that all that is asked for can be written.
  /// @param input Data file, which no output may overwrite; empty: none.
  /// @throws UsageError
  Outputs(const OutputRequest& request, const std::string& input);

  [[nodiscard]] bool has_plot() const { return plot_.has_value(); }

  /// Makes the reports that are asked for and writes them, all or none. @throws UsageError
  void publish(const Report& text, const Report& json, const Report& csv, const Report& plot,
               const Report& points = {});

 private:
  OutputFiles files_;
  std::optional<std::size_t> json_, csv_, plot_, points_;  ///< Numbers in files_.
};

/// Publishes the reports of a subcommand on all problems of its data.
template <class Request, class Result>
void publish_reports(Outputs& outputs, const Request& request, const Data& data,
                     const std::vector<Result>& results) {
  outputs.publish([&] { return text_report(request, data, results); },
                  [&] { return json_report(request, data, results); },
                  [&] { return csv_report(data, results); },
                  [&] { return plot_report(request, data.dense, results); },
                  [&] {
                    if constexpr (requires { points_report(data, results); })
                      return points_report(data, results);
                    else
                      return std::string();
                  });
}

/// The exit status of a subcommand whose problems came to these results.
template <class Result>
int exit_status(const std::vector<Result>& results) {
  const bool are_solved = std::all_of(results.begin(), results.end(),
                                      [](const Result& one) { return one.is_solved(); });
  return are_solved ? exit_solved : exit_unresolved;
}

}  // namespace tautrack::program
