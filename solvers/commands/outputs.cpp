#include "commands/outputs.hpp"

#include <fmt/format.h>

#include "io/command.hpp"
#include "pictures/format.hpp"

namespace tautrack::program {

void add_output_options(Command& command, OutputRequest& request, const std::string& csv_help,
                        const std::string& plot_help) {
  command.group("Output");
  command.add_text("--json", "FILE",
                   "Everything as JSON; '-' is standard output, which\n"
                   "then has no text",
                   request.json_file);
  command.add_text("--csv", "FILE", csv_help, request.csv_file);
  if (!plot_help.empty()) command.add_text("--plot", "FILE", plot_help, request.plot_file);
  command.add_flag("--quiet", "No progress on standard error", request.quiet);
}

void add_run_option(Command& command, std::string& folder) {
  command.group("Output");
  command.add_text("--run", "DIR",
                   "Keep the result of each problem in this folder as\n"
                   "soon as it is there; a run that was interrupted goes\n"
                   "on (see tautrack batch)",
                   folder);
}

void add_from_option(Command& command, const std::string& help, std::string& from) {
  command
      .add_value("--from", "DIR:LABEL", help,
                 [&from](const std::string& text) -> std::optional<std::string> {
                   const std::size_t colon = text.find(':');
                   if (colon == std::string::npos || colon == 0 || colon + 1 == text.size())
                     return fmt::format("'{}' is not DIR:LABEL", text);
                   from = text;
                   return std::nullopt;
                 })
      .group.clear();
}

Outputs::Outputs(const OutputRequest& request, const std::string& input) {
  if (!request.plot_file.empty()) require_plot(request.plot_file);
  if (!request.json_file.empty()) json_ = files_.add("--json", request.json_file);
  if (!request.csv_file.empty()) csv_ = files_.add("--csv", request.csv_file);
  if (!request.plot_file.empty()) plot_ = files_.add("--plot", request.plot_file);
  if (!request.points_file.empty()) points_ = files_.add("--points", request.points_file);
  if (!input.empty()) files_.protect_input(input);
}

void Outputs::publish(const Report& text, const Report& json, const Report& csv, const Report& plot,
                      const Report& points) {
  if (json_) files_.set_text(*json_, json());
  if (csv_) files_.set_text(*csv_, csv());
  if (plot_) files_.set_text(*plot_, plot());
  if (points_) files_.set_text(*points_, points());
  files_.publish(files_.takes_standard_output() ? "" : text());
}

}  // namespace tautrack::program
