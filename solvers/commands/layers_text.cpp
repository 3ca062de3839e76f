#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "tautrack/version.hpp"

#include "commands/layers_report.hpp"
#include "commands/page.hpp"
#include "commands/table_report.hpp"
#include "io/standard_input.hpp"
#include "io/text.hpp"

namespace tautrack::program {
namespace {

constexpr Index most_ranges = 6;
constexpr std::size_t label_text_width = 20;
constexpr std::size_t most_labels = 12;
constexpr std::size_t most_conclusions = 40;

std::string finite_number(double number) {
  return std::isfinite(number) ? fmt::format("{:.4g}", number) : "infinite";
}

std::string range_of(const Stage& stage) {
  std::string text;
  const Index count = std::min(stage.low.size(), most_ranges);
  for (Index i = 0; i < count; ++i)
    text += fmt::format("{}[{:.4g}, {:.4g}]", i > 0 ? " x " : "", stage.low(i), stage.high(i));
  if (count < stage.low.size())
    text += fmt::format(" x {} more (all: --json)", stage.low.size() - count);
  return text;
}

/// What is known of the homology of one set.
std::string betti_line(const SetHomology& set) {
  if (!set.betti) return set.homology.message;
  std::string text =
      betti_text(set.betti->numbers) + (set.betti->clear ? "" : ", not all of them clear");
  const Index sample = static_cast<Index>(set.homology.sample.size());
  if (sample < set.points)
    text += fmt::format("; {} of {}, the others within {:.3g} of them", sample,
                        counted(set.points, "point"), set.homology.covering_radius);
  if (!set.homology.is_whole)
    text +=
        fmt::format("; the budget ends at scale {:.3g} (more: --simplices)", set.homology.scale);
  return text;
}

void add_sets(Page& page, const Stage& stage) {
  for (std::size_t i = 0; i < stage.sets.size(); ++i) {
    const SetHomology& set = stage.sets[i];
    const std::string name = stage.sets.size() == 1 ? ""
                             : i == 0               ? "all: "
                                                    : cut(set.name, label_text_width) + ": ";
    if (i > most_labels) {
      page.line("",
                fmt::format("and {} (all: --json)",
                            counted(static_cast<long long>(stage.sets.size() - i), "more label")));
      return;
    }
    page.line(i == 0 ? "Betti numbers" : "", name + betti_line(set));
    if (!set.betti) continue;
    for (const BettiEvidence& one : set.betti->evidence)
      if (i == 0 || !one.clear) page.line("", "  " + one.reason);
  }
}

void add_stage(Page& page, const CarriedData& carried, std::size_t k) {
  const Stage& stage = carried.stages[k];
  page.plain("");
  if (k == 0) {
    page.plain("data as given");
  } else {
    const Layer& layer = carried.layers[k - 1];
    const LayerFacts& facts = carried.facts[k - 1];
    page.plain(fmt::format("layer {}: {} -> {}, {}", k, layer.inputs(), layer.outputs(),
                           to_string(layer.activation())));
    page.line("homeomorphism",
              fmt::format("{}: {}", to_string(facts.verdict.answer), facts.verdict.reason));
    std::string condition = finite_number(facts.condition) + " of W";
    if (facts.inverse_slope && std::isfinite(*facts.inverse_slope))
      condition += fmt::format("; the inverse magnifies errors on the data up to {} times",
                               finite_number(*facts.inverse_slope));
    page.line("condition", condition);
  }
  page.line("range", range_of(stage));
  add_sets(page, stage);
}

/// What is not among the unresolved matters anyway. Of single labels only what changed.
void add_conclusions(Page& page, const CarriedData& carried) {
  std::vector<std::string> sentences;
  for (const Conclusion& one : carried.conclusions) {
    const bool is_said = one.change == ShapeChange::changed ||
                         (one.change == ShapeChange::preserved && one.set.empty());
    if (is_said) sentences.push_back(one.sentence);
  }
  page.lines("conclusions", sentences, most_conclusions);
}

std::string labels_text(const LabelledPoints& data) {
  if (data.labels.empty()) return "no labels";
  std::string text = counted(static_cast<long long>(data.labels.size()), "label");
  for (std::size_t i = 0; i < std::min(data.labels.size(), most_labels); ++i)
    text += (i == 0 ? ": " : ", ") + cut(data.labels[i], label_text_width);
  return text + (data.labels.size() > most_labels ? ", ..." : "");
}

}  // namespace

std::string text_report(const LayersRequest& request, const CarriedData& carried) {
  const LabelledPoints& data = carried.data;
  Page page;
  page.plain(fmt::format("tautrack {} layers: {}, {} of {}, {}", version, printable(data.source),
                         counted(data.points.rows(), "point"),
                         counted(data.points.cols(), "coordinate"), labels_text(data)));
  page.plain(fmt::format("{} from {}, tau = {:.15g}",
                         counted(static_cast<long long>(carried.layers.size()), "layer"),
                         printable(shown_name(request.weights_file)), request.tau));
  if (!data.table.targets.empty()) add_table(page, data.table, data.columns, "label");
  for (std::size_t k = 0; k < carried.stages.size(); ++k) add_stage(page, carried, k);
  page.plain("");
  page.plain("all layers");
  page.line("homeomorphism",
            fmt::format("{}: {}", to_string(carried.verdict.answer), carried.verdict.reason));
  add_conclusions(page, carried);
  for (std::size_t i = 0; i < carried.unresolved.size(); ++i)
    page.line(i == 0 ? "unresolved" : "", printable(carried.unresolved[i]));
  return page.text();
}

}  // namespace tautrack::program
