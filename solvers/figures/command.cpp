#include "figures/command.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <functional>
#include <iterator>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "tautrack/topology/persistent_homology.hpp"
#include "tautrack/version.hpp"

#include "figures/figure.hpp"
#include "io/command.hpp"
#include "io/csv_field.hpp"
#include "io/json.hpp"
#include "io/output_files.hpp"
#include "io/process.hpp"
#include "io/standard_input.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"
#include "pictures/gnuplot.hpp"

namespace tautrack::program {
namespace {

constexpr const char* about_figures =
    R"(figures of the geometry, and the data behind them

Each figure shows one fact about the fits of a single-layer perceptron: exact
data, drawn from numbers that the program computes and checks against known
ones. Into a folder go, for each figure NAME,

  NAME.svg        the picture (or .png, .pdf, .html, see --format)
  NAME.gp         the gnuplot script that draws it: gnuplot NAME.gp
  NAME-TABLE.csv  the tables that it draws
  NAME.json       title, caption, and the checks of its numbers
)";

std::string more_about_figures() {
  std::string text = "Figures:\n";
  for (const FigureDriver& driver : figure_drivers())
    text += fmt::format("  {:<20}{}\n", driver.name, driver.about);
  return text +
         R"(
With --data figures show your data where they can: curves in the plane have two
patterns and one weight, surfaces three patterns and two weights; a bias counts
(see --no-bias).

Exit status: 0 all checks hold; 1 one does not, or gnuplot is missing; 2 the
request is unusable.)";
}

/// gnuplot's terminal for a figure.
std::string terminal_of(const Figure& figure, PictureFormat format) {
  return terminal(format, figure.width, figure.height, Writing::enhanced, figure.name);
}

/// The script as a file that can be run by hand beside the tables.
std::string script_file(const Figure& figure) {
  std::string text = fmt::format(
      "# {}\n"
      "#\n"
      "#   gnuplot {}.gp                      draws {}.svg from the tables beside this file\n"
      "#   gnuplot -e \"format='pdf'\" {}.gp    draws {}.pdf; png works, too\n"
      "if (!exists('format')) format = 'svg'\n",
      printable(figure.title), figure.name, figure.name, figure.name, figure.name);
  for (const PictureFormat format : {PictureFormat::svg, PictureFormat::png, PictureFormat::pdf})
    text += fmt::format("if (format eq '{}') {}", to_string(format), terminal_of(figure, format));
  return text + fmt::format("set output '{}.'.format\n", figure.name) + figure.script +
         "unset output\n";
}

std::string table_file(const FigureTable& table) {
  std::string text;
  for (const std::string& column : table.columns)
    text += (text.empty() ? "" : ",") + csv_field(column);
  text += '\n';
  for (const std::vector<double>& row : table.rows) {
    const char* separator = "";
    for (const double number : row) {
      fmt::format_to(std::back_inserter(text), "{}{:.12g}", separator, number);
      separator = ",";
    }
    text += '\n';
  }
  return text;
}

std::string json_file(const Figure& figure, PictureFormat format) {
  Json checks = Json::array(), tables = Json::array();
  for (const FigureCheck& check : figure.checks)
    checks.push_back({{"what", check.what},
                      {"value", check.value},
                      {"reference", check.reference},
                      {"tolerance", check.tolerance},
                      {"holds", check.holds()}});
  for (const FigureTable& table : figure.tables)
    tables.push_back(fmt::format("{}-{}.csv", figure.name, table.name));
  return json_text({{"tautrack", version},
                    {"command", "figures"},
                    {"name", figure.name},
                    {"title", figure.title},
                    {"caption", figure.caption},
                    {"picture", fmt::format("{}.{}", figure.name, to_string(format))},
                    {"script", figure.name + ".gp"},
                    {"tables", std::move(tables)},
                    {"checks", std::move(checks)}});
}

/// A page with the picture in it. `svg` as gnuplot writes it.
std::string html_page(const Figure& figure, std::string svg) {
  svg.erase(0, std::min(svg.find("<svg"), svg.size()));  // no XML declaration within HTML
  // Neither are name spaces needed there.
  for (std::size_t at = 0; (at = svg.find(" xmlns", at)) != std::string::npos;) {
    const std::size_t open = svg.find('"', at);
    const std::size_t close = open == std::string::npos ? open : svg.find('"', open + 1);
    if (close == std::string::npos) break;
    svg.erase(at, close + 1 - at);
  }
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{0}</title>\n"
      "<style>body {{ font-family: sans-serif; max-width: 1100px; margin: 1em auto; padding: 0 "
      "1em; "
      "line-height: 1.4; }}\n"
      "svg {{ width: 100%; height: auto; max-height: 85vh; }}</style>\n</head>\n<body>\n{1}\n"
      "<p>{2}</p>\n</body>\n</html>\n",
      markup_text(figure.title), svg, markup_text(figure.caption));
}

/// Draws a figure whose tables are in the folder. @throws UsageError when gnuplot fails.
std::string draw(const Figure& figure, PictureFormat format, const std::string& folder) {
  if (format == PictureFormat::html && !figure.html.empty()) return figure.html;
  std::string picture = run_gnuplot(fmt::format("cd {}\n{}{}", gnuplot_string(folder),
                                                terminal_of(figure, format), figure.script));
  if (format == PictureFormat::svg || format == PictureFormat::html)
    picture = with_title(std::move(picture), figure.title);
  return format == PictureFormat::html ? html_page(figure, std::move(picture)) : picture;
}

/// Files with their texts, which appear together or not at all.
using Files = std::vector<std::pair<std::string, std::string>>;

void write(const Files& files, const std::string& folder, const std::string& input) {
  OutputFiles output;
  for (const auto& [name, text] : files)
    output.set_text(output.add("--out", (std::filesystem::path(folder) / name).string()), text);
  if (!input.empty()) output.protect_input(input);
  output.publish("");
}

/// What one figure came to.
struct DrawnFigure {
  Figure figure;
  std::string picture;       ///< Its file, in its folder; empty: not drawn.
  std::string trouble;       ///< Why it is not drawn.
  std::exception_ptr error;  ///< Why it could not be made or written.
};

/// Calls work(i) for i < count, in several threads. It must not throw.
void in_threads(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto work_on = [&] {
    for (std::size_t i; (i = next++) < count;) work(i);
  };
  std::vector<std::jthread> helpers;
  for (std::size_t i = 1; i < std::min(count, static_cast<std::size_t>(threads)); ++i)
    helpers.emplace_back(work_on);
  work_on();
}

/// Leaves out figures that turned out unable to show the data, unless they were named.
/// @throws What making a figure threw.
void keep_made(std::vector<DrawnFigure>& drawn, const FiguresRequest& request) {
  std::erase_if(drawn, [&](const DrawnFigure& figure) {
    if (!figure.error) return false;
    if (!request.names.empty()) std::rethrow_exception(figure.error);
    try {
      std::rethrow_exception(figure.error);
    } catch (const DataError& error) {
      if (!request.quiet) say(error.what());
    }
    return true;
  });
  if (drawn.empty()) throw UsageError("no figure can show these data");
}

/// Makes all figures, in the order of the drivers.
std::vector<DrawnFigure> make_all(const std::vector<const FigureDriver*>& drivers,
                                  const FigureRequest& figure_request,
                                  const FiguresRequest& request) {
  std::vector<DrawnFigure> made(drivers.size());
  in_threads(made.size(), request.threads, [&](std::size_t i) {
    try {
      made[i].figure = drivers[i]->make(figure_request);
    } catch (...) {
      made[i].error = std::current_exception();
    }
  });
  keep_made(made, request);
  return made;
}

/// Writes what belongs to a figure, and draws it.
void write_and_draw(DrawnFigure& drawn, const FiguresRequest& request) {
  const Figure& figure = drawn.figure;
  Files files = {{figure.name + ".gp", script_file(figure)},
                 {figure.name + ".json", json_file(figure, request.format)}};
  for (const FigureTable& table : figure.tables)
    files.emplace_back(fmt::format("{}-{}.csv", figure.name, table.name), table_file(table));
  write(files, request.folder, request.network.file);
  std::string picture;
  try {
    picture = draw(figure, request.format, request.folder);
  } catch (const UsageError& error) {
    const std::string_view reason = error.what(), prefix = "--plot: ";
    drawn.trouble = reason.substr(reason.starts_with(prefix) ? prefix.size() : 0);
    return;
  }
  const std::string file = fmt::format("{}.{}", figure.name, to_string(request.format));
  write({{file, std::move(picture)}}, request.folder, request.network.file);
  drawn.picture = (std::filesystem::path(request.folder) / file).string();
}

/// Writes and draws all figures. @throws UsageError when a file cannot be written.
void draw_all(std::vector<DrawnFigure>& figures, const FiguresRequest& request) {
  in_threads(figures.size(), request.threads, [&](std::size_t i) {
    try {
      write_and_draw(figures[i], request);
    } catch (...) {
      figures[i].error = std::current_exception();
    }
  });
  for (const DrawnFigure& figure : figures)
    if (figure.error) std::rethrow_exception(figure.error);
}

/// The drivers with these names, each once; all without names.
std::vector<const FigureDriver*> named_drivers(const std::vector<std::string>& names) {
  std::vector<const FigureDriver*> chosen;
  std::string known;
  for (const FigureDriver& driver : figure_drivers()) {
    if (names.empty() || std::find(names.begin(), names.end(), driver.name) != names.end())
      chosen.push_back(&driver);
    known += (known.empty() ? "" : ", ") + std::string(driver.name);
  }
  for (const std::string& name : names)
    if (std::none_of(chosen.begin(), chosen.end(),
                     [&](const FigureDriver* driver) { return driver->name == name; }))
      throw UsageError(fmt::format("there is no figure '{}'; there are {}", name, known));
  return chosen;
}

/// The user's problem. @throws UsageError when it is not one.
Problem load_problem(const NetworkRequest& network) {
  Data data = load(network);
  if (data.is_matrix_free())
    throw UsageError(
        fmt::format("--data: '{}' is too large for figures", shown_name(network.file)));
  if (data.size() != 1)
    throw UsageError(
        fmt::format("--data: '{}' makes {} problems, one a class or target; choose one with "
                    "--positive or --target",
                    shown_name(network.file), data.size()));
  return std::move(data.dense.problems.front());
}

/// Leaves out the drivers that cannot show the problem. @throws UsageError when they were named.
void keep_able(std::vector<const FigureDriver*>& drivers, const Problem& problem,
               const FiguresRequest& request) {
  std::vector<const FigureDriver*> able;
  for (const FigureDriver* driver : drivers) {
    std::optional<std::string> reason;
    if (!driver->takes_data)
      reason = "it is about data of its own";
    else if (driver->refuses != nullptr)
      reason = driver->refuses(problem);
    if (!reason) {
      able.push_back(driver);
      continue;
    }
    const std::string sentence =
        fmt::format("the figure {} cannot show these data: {}", driver->name, *reason);
    if (!request.names.empty()) throw UsageError(sentence);
    if (!request.quiet) say(sentence);
  }
  if (able.empty()) throw UsageError("no figure can show these data");
  drivers = std::move(able);
}

/// One line about a figure.
std::string line_of(const DrawnFigure& figure) {
  const std::vector<FigureCheck>& checks = figure.figure.checks;
  const auto holding = std::count_if(checks.begin(), checks.end(),
                                     [](const FigureCheck& check) { return check.holds(); });
  return fmt::format("{:<20}{:>3} of {:>3} checks hold   {}\n", figure.figure.name, holding,
                     checks.size(),
                     figure.picture.empty() ? "not drawn" : printable(figure.picture));
}

/// What the figure of persistent homology lacks in a program without GUDHI, or nothing.
std::string missing_bars(const std::vector<DrawnFigure>& figures) {
  for (const DrawnFigure& figure : figures)
    if (figure.figure.name == "homology" && !has_persistent_homology())
      return "homology shows points without barcodes: persistent homology needs GUDHI (Debian "
             "package libgudhi-dev) when tautrack is built\n";
  return "";
}

/// Says on standard error what is wrong with the figures. Returns whether anything is.
bool say_troubles(const std::vector<DrawnFigure>& figures) {
  bool is_any = false;
  std::vector<std::string> said;
  for (const DrawnFigure& figure : figures) {
    for (const FigureCheck& check : figure.figure.checks)
      if (!check.holds()) {
        is_any = true;
        say(fmt::format("figure {}: {}: {:.17g} is not {:.17g}", figure.figure.name, check.what,
                        check.value, check.reference));
      }
    if (figure.picture.empty()) is_any = true;
    const std::string& trouble = figure.trouble;
    if (trouble.empty() || std::find(said.begin(), said.end(), trouble) != said.end()) continue;
    said.push_back(trouble);
    if (trouble.starts_with("--plot needs gnuplot"))
      say("pictures are drawn by gnuplot (Debian package gnuplot-nox), which is missing; the "
          "tables, scripts and JSON are written, and gnuplot NAME.gp draws them later");
    else
      say(fmt::format("figure {}: {}", figure.figure.name, trouble));
  }
  return is_any;
}

/// The first option about data or network that was given; they make no sense without data. Empty: none.
std::string network_option(const Command& command) {
  for (const Option& option : command.options())
    if ((option.group == "Data" || option.group == "Table" || option.group == "Network") &&
        !option.given.empty())
      return option.name;
  return "";
}

}  // namespace

Command figures_command(FiguresRequest& request) {
  Command command("figures", about_figures, more_about_figures());
  command.group("Data");
  add_network_options(command, request.network, false);
  command.group("Data");
  command.add_text("--data", "FILE", "Your data instead of those of the thesis",
                   request.network.file);
  command.group("");
  command.add_list("NAME", "Figures; without a name, all", request.names);
  command.group("Output");
  command.add_text("--out", "DIR", "Folder for all files, made if it is not there", request.folder)
      .default_text = request.folder;
  command.add_choice("--format", "Pictures", request.format, {"svg", "png", "pdf", "html"},
                     picture_format_from_name);
  command.add_flag("--quiet", "No notes on standard error", request.quiet);
  command.group("");
  command.add_flag("--train",
                   "Train the network of the figure spirals anew\n(else the listed weights)",
                   request.train);
  command.add_whole_number("--threads", "N", "Figures made at the same time", request.threads, 1);
  command.add_whole_number("--seed", "N", "Of random searches", request.seed, 0);
  return command;
}

int run_figures(const Command& command, FiguresRequest request) {
  std::vector<const FigureDriver*> drivers = named_drivers(request.names);
  FigureRequest figure_request;
  figure_request.train = request.train;
  figure_request.seed = request.seed;
  figure_request.network = request.network.perceptron;
  if (!request.network.file.empty()) {
    figure_request.problem = load_problem(request.network);
    keep_able(drivers, *figure_request.problem, request);
  } else if (const std::string option = network_option(command); !option.empty()) {
    throw UsageError(fmt::format("{}: there is no data file (see --data)", option));
  }
  std::vector<DrawnFigure> figures = make_all(drivers, figure_request, request);
  std::error_code error;
  std::filesystem::create_directories(request.folder, error);
  if (error)
    throw UsageError(
        fmt::format("cannot make the folder '{}': {}", request.folder, error.message()));
  draw_all(figures, request);
  std::string report;
  for (const DrawnFigure& figure : figures) report += line_of(figure);
  report += missing_bars(figures);
  write_standard_output(report);
  return say_troubles(figures) ? exit_unresolved : exit_solved;
}

}  // namespace tautrack::program
