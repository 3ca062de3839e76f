#include "commands/layers.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "commands/layers_report.hpp"
#include "commands/table_report.hpp"
#include "io/interruption.hpp"
#include "io/layers_weights.hpp"
#include "io/options.hpp"
#include "io/progress.hpp"
#include "io/standard_input.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"
#include "pictures/format.hpp"

namespace tautrack::program {
namespace {

constexpr const char* about_layers =
    R"(What layers do to the shape of data

Carries the points of a data file through layers x -> f(W x + b, tau) of the
natural homotopy, f(u, tau) = (1 - tau) u + tau sigma(u), and reports for each

  homeomorphism  whether it is one of all of R^n, with a proof or a reason: such
                 a layer bends data and never tears or glues them
  condition      of W, and how much the inverse magnifies errors on the data
  range          of the data after it
  Betti numbers  with --homology, of the data before and after: (components,
                 loops, voids), from bars of the Vietoris-Rips barcode that are
                 clearly longer than all others, for all data and each label

Where the Betti numbers change, the layer is no homeomorphism on these data.
They are a statement on a sample: what is not clear is called ambiguous.
)";

constexpr const char* more_about_layers =
    R"(Data file: a header line, then a column of numbers for each input of the first
layer; one further column holds labels. What separates columns and decimals is
found from the file; --columns x,y names the inputs.

Weights: JSON, one object a layer, W by rows:

  [{"W": [[1.2, 0.5], [-0.4, 1]], "b": [0.1, -0.2]},
   {"W": [[1, 0]], "b": [0], "activation": "logistic"}]

Examples:
  tautrack layers ring.csv --weights net.json
  tautrack layers ring.csv --weights net.json --homology --plot ring.svg
  tautrack layers ring.csv --weights net.json --tau 0.5 --csv carried.csv
  tautrack layers ring.csv --fit fits.json        a layer that solve has fitted

Exit status:
  0  everything that was asked for is known
  1  something is undecided: a layer that may be singular, Betti numbers that
     are ambiguous, too expensive or cut short by Ctrl-C; the output says what,
     under "unresolved"
  2  the data, the weights, an option or an output is unusable: one sentence on
     standard error says why, nothing is written)";

/// Refuses outputs that are the file of weights; Outputs does the same for the data.
void protect_weights(const LayersRequest& request) {
  const OutputRequest& outputs = request.outputs;
  const std::pair<const char*, const std::string*> files[] = {
      {"--json", &outputs.json_file}, {"--csv", &outputs.csv_file}, {"--plot", &outputs.plot_file}};
  for (const auto& [option, file] : files) {
    std::error_code ignored;
    if (!file->empty() && std::filesystem::equivalent(*file, request.weights_file, ignored))
      throw UsageError(
          fmt::format("{}: '{}' is the file of weights, which is not overwritten", option, *file));
  }
}

/// Carries the data through the layers. @throws UsageError where numbers overflow.
void carry(const LayersRequest& request, CarriedData& carried) {
  Matrix points = carried.data.points.transpose();
  for (std::size_t k = 0; k <= carried.layers.size(); ++k) {
    if (k > 0) {
      const Layer& layer = carried.layers[k - 1];
      LayerFacts facts;
      facts.verdict = layer.homeomorphism();
      facts.condition = layer.condition();
      try {
        if (layer.inputs() == layer.outputs())
          facts.inverse_slope = layer.largest_inverse_slope(points, request.tau);
        points = layer.apply(points, request.tau);
      } catch (const std::invalid_argument& error) {
        throw UsageError(
            fmt::format("{}: layer {}: {} on these data", request.weights_file, k, error.what()));
      }
      carried.facts.push_back(std::move(facts));
    }
    Stage stage;
    stage.low = points.rowwise().minCoeff();
    stage.high = points.rowwise().maxCoeff();
    stage.points = points;
    carried.stages.push_back(std::move(stage));
  }
  carried.verdict = LayerStack(carried.layers).homeomorphism();
}

/// The points of a set after some layer, one a row.
Matrix points_of(const CarriedData& carried, std::size_t stage, std::size_t set) {
  if (set == 0) return carried.stages[stage].points.transpose();
  LabelledPoints part;
  part.points = carried.stages[stage].points.transpose();
  part.label_of_row = carried.data.label_of_row;
  return part.with_label(set - 1);
}

SetHomology homology_of(const LayersRequest& request, const CarriedData& carried, std::size_t stage,
                        std::size_t set) {
  const Matrix points = points_of(carried, stage, set);
  SetHomology result;
  if (set > 0) result.name = carried.data.labels[set - 1];
  result.points = points.rows();
  HomologyOptions options = request.barcode;
  // A part of R^d has no homology from dimension d on.
  options.dimension =
      std::min(options.dimension, static_cast<int>(std::min<Index>(points.cols() - 1, 2)));
  result.homology = persistent_homology(points, options);
  if (result.homology.ok()) result.betti = decide_betti(result.homology, request.gap);
  return result;
}

/// The homology of all sets after all layers.
void add_homology(const LayersRequest& request, CarriedData& carried) {
  const std::size_t sets = 1 + (carried.data.labels.size() > 1 ? carried.data.labels.size() : 0);
  const std::size_t count = sets * carried.stages.size();
  for (Stage& stage : carried.stages) stage.sets.resize(sets);
  Heartbeat progress(carried.data.source, request.outputs.quiet, request.outputs.listener);
  const auto tell = [&](std::size_t ready) {
    progress.note(
        fmt::format("{} of {}", ready, counted(static_cast<long long>(count), "barcode")));
  };
  tell(0);
  std::mutex mutex;
  std::exception_ptr failure;
  std::atomic<std::size_t> next{0}, done{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < count;) {
      SetHomology& set = carried.stages[i / sets].sets[i % sets];
      try {
        set = homology_of(request, carried, i / sets, i % sets);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
      }
      tell(++done);
    }
  };
  {
    std::vector<std::jthread> helpers;
    try {
      while (helpers.size() + 1 < std::min(count, static_cast<std::size_t>(request.threads)))
        helpers.emplace_back(work);
    } catch (const std::system_error&) {
      // The system gives no more threads: those that run do all the work.
    }
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

/// "1 component, 2 loops".
std::string shape_text(const std::array<int, max_homology_dimension + 1>& numbers) {
  std::string text = counted(numbers[0], "component");
  if (numbers[1] > 0) text += ", " + counted(numbers[1], "loop");
  if (numbers[2] > 0) text += ", " + counted(numbers[2], "void");
  return text;
}

/// What a layer does to a set, or all layers together do: layer 0.
Conclusion conclude(const CarriedData& carried, std::size_t layer, std::size_t set) {
  const bool is_whole = layer == 0;
  const SetHomology& before = carried.stages[is_whole ? 0 : layer - 1].sets[set];
  const SetHomology& after =
      is_whole ? carried.stages.back().sets[set] : carried.stages[layer].sets[set];
  const Homeomorphism answer =
      is_whole ? carried.verdict.answer : carried.facts[layer - 1].verdict.answer;
  Conclusion conclusion{layer, before.name, ShapeChange::undecided, ""};
  const std::string who = set_text(before.name);
  const std::string subject = is_whole ? "all layers together" : fmt::format("layer {}", layer);
  if (!before.betti || !after.betti || !before.betti->clear || !after.betti->clear) {
    const bool is_before = !before.betti || !before.betti->clear;
    conclusion.sentence = fmt::format("{}: undecided for {}, whose Betti numbers {} are not clear",
                                      subject, who, is_before ? "before" : "after");
    return conclusion;
  }
  const auto &from = before.betti->numbers, &to = after.betti->numbers;
  if (from == to) {
    conclusion.change = ShapeChange::preserved;
    conclusion.sentence = fmt::format(
        "{} preserved {}{}: {} before and after{}", subject,
        from[1] + from[2] == 0   ? "the shape of "
        : from[1] + from[2] == 1 ? "the hole of "
                                 : "the holes of ",
        who, shape_text(from), answer == Homeomorphism::yes ? ", as a homeomorphism must" : "");
  } else if (answer == Homeomorphism::yes) {
    conclusion.change = ShapeChange::contradictory;
    conclusion.sentence = fmt::format(
        "{}: {} before and {} after show for {}, but a homeomorphism keeps the shape: the sample "
        "is too coarse to tell it on one side",
        subject, shape_text(from), shape_text(to), who);
  } else {
    conclusion.change = ShapeChange::changed;
    conclusion.sentence = fmt::format("{} cannot be a homeomorphism on {}: {} before, {} after",
                                      subject, who, shape_text(from), shape_text(to));
  }
  return conclusion;
}

void add_conclusions(const LayersRequest& request, CarriedData& carried) {
  std::vector<std::string>& unresolved = carried.unresolved;
  for (std::size_t k = 1; k <= carried.layers.size(); ++k)
    if (carried.facts[k - 1].verdict.answer == Homeomorphism::undecided)
      unresolved.push_back(fmt::format("layer {}: {}", k, carried.facts[k - 1].verdict.reason));
  if (!request.homology) return;
  if (!has_persistent_homology()) {
    unresolved.push_back(carried.stages.front().sets.front().homology.message);
    return;
  }
  for (std::size_t k = 0; k < carried.stages.size(); ++k)
    for (const SetHomology& set : carried.stages[k].sets) {
      std::string reason = set.homology.message;
      if (set.betti && !set.betti->clear) reason = set.betti->doubt()->reason;
      if (reason.empty()) continue;
      unresolved.push_back(fmt::format("Betti numbers of {} {}: {}", set_text(set.name),
                                       k == 0 ? "as given" : fmt::format("after layer {}", k),
                                       reason));
    }
  for (std::size_t k = 1; k <= carried.layers.size(); ++k)
    for (std::size_t set = 0; set < carried.stages[k].sets.size(); ++set) {
      carried.conclusions.push_back(conclude(carried, k, set));
      const Conclusion& last = carried.conclusions.back();
      if (last.change == ShapeChange::contradictory) unresolved.push_back(last.sentence);
    }
  if (carried.layers.size() > 1) carried.conclusions.push_back(conclude(carried, 0, 0));
}

}  // namespace

std::string_view to_string(ShapeChange change) noexcept {
  switch (change) {
    case ShapeChange::preserved:
      return "preserved";
    case ShapeChange::changed:
      return "changed";
    case ShapeChange::contradictory:
      return "contradictory";
    case ShapeChange::undecided:
      break;
  }
  return "undecided";
}

std::string set_text(const std::string& name) {
  return name.empty() ? "all data" : fmt::format("the data labelled '{}'", cut(name, quote_width));
}

Command layers_command(LayersRequest& request) {
  Command command("layers", about_layers, more_about_layers);
  command.add_text("DATA.csv", "", "Data file, - is standard input", request.file);
  command.group("Data");
  command.add_text("--weights", "FILE", "The layers, as JSON (see below)", request.weights_file);
  command.add_value(
      "--fit", "FILE",
      "In place of it the JSON of tautrack solve --hidden:\nthe layers of its best fit",
      [&request](const std::string& text) -> std::optional<std::string> {
        if (text.empty()) return "the name is empty";
        if (!request.weights_file.empty()) return "--weights is there, too";
        request.weights_file = text;
        request.is_fit = true;
        return std::nullopt;
      });
  command.add_text("--problem", "NAME", "Of several in that file", request.problem);
  command.add_text("--label", "COLUMN",
                   "Column of labels (default: the last one, if there is\none more than inputs)",
                   request.label);
  command.add_number("--tau", "T", "Layers: 0 linear, 1 sigmoid", request.tau, tau_reason);
  add_table_options(command, request.table);
  command.group("Homology");
  command.add_flag("--homology", "Betti numbers before and after each layer", request.homology);
  command.add_whole_number("--points", "N",
                           "Larger sets are thinned to so many points that are\nspread evenly",
                           request.barcode.points, 1);
  command.add_whole_number("--simplices", "N", "Largest complex", request.barcode.simplices, 1);
  command.add_number("--gap", "G",
                     "Bars count that are so many times as long as all\nthat do not; > 1",
                     request.gap, above(1.0));
  command.add_whole_number("--threads", "N",
                           "Barcodes made at the same time; no result depends\non it",
                           request.threads, 1);
  add_output_options(command, request.outputs,
                     "The points after each layer, one row each; '-' as\nabove",
                     "Picture of the data after each layer, with barcodes\nif there is --homology: "
                     ".svg, .png or .pdf");
  command.set_essentials({"DATA.csv", "--weights", "--fit", "--label", "--homology", "--threads",
                          "--json", "--csv", "--plot"});
  return command;
}

void check_request(const LayersRequest& request) {
  if (const auto reason = request.barcode.invalid_reason())
    throw UsageError(fmt::format("--points, --simplices: {}", *reason));
}

void carry_through(const LayersRequest& request, CarriedData& carried) {
  carry(request, carried);
  if (request.homology) add_homology(request, carried);
  add_conclusions(request, carried);
}

int run_layers(LayersRequest request) {
  if (request.file.empty())
    throw UsageError("layers needs a data file (see tautrack layers --help)");
  if (request.weights_file.empty())
    throw UsageError("layers needs --weights FILE or --fit FILE (see tautrack layers --help)");
  if (!request.problem.empty() && !request.is_fit)
    throw UsageError("--problem: picks a problem of --fit FILE");
  if (is_standard_input(request.file) && is_standard_input(request.weights_file))
    throw UsageError(
        "--weights, --fit: standard input is the data file, and can be read only once");
  Outputs outputs(request.outputs, request.file);
  protect_weights(request);
  check_request(request);
  CarriedData carried;
  carried.layers = request.is_fit ? read_fitted_layers(request.weights_file, request.problem)
                                  : read_layers(request.weights_file);
  const Index inputs = carried.layers.front().inputs();
  carried.data = is_standard_input(request.file)
                     ? parse_points(read_standard_input(), shown_name(request.file), inputs,
                                    request.label, request.table)
                     : read_points(request.file, inputs, request.label, request.table);
  tell_notes(carried.data.table, request.outputs.quiet);
  {
    const Interruption interruption;
    request.barcode.stop = interruption.token();
    carry_through(request, carried);
  }
  outputs.publish(
      [&] { return text_report(request, carried); }, [&] { return json_report(request, carried); },
      [&] { return csv_report(carried); }, [&] { return plot_report(request, carried); });
  return carried.unresolved.empty() ? exit_solved : exit_unresolved;
}

}  // namespace tautrack::program
