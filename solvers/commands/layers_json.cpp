#include "tautrack/version.hpp"

#include "commands/layers_report.hpp"
#include "commands/table_report.hpp"
#include "io/json.hpp"
#include "io/standard_input.hpp"

namespace tautrack::program {
namespace {

Json verdict_report(const HomeomorphismVerdict& verdict) {
  return {{"answer", to_string(verdict.answer)},
          {"smallest_singular_value", verdict.smallest_singular_value},
          {"reason", verdict.reason}};
}

Json betti_report(const BettiDecision& betti) {
  Json evidence = Json::array();
  for (const BettiEvidence& one : betti.evidence)
    evidence.push_back({{"dimension", one.dimension},
                        {"count", one.count},
                        {"clear", one.clear},
                        {"shortest_counted", one.shortest_counted},
                        {"longest_rest", one.longest_rest},
                        {"floor", one.floor},
                        {"ratio", one.ratio},
                        {"reason", one.reason}});
  return {{"numbers", betti.numbers},
          {"clear", betti.clear},
          {"resolution", betti.resolution},
          {"evidence", evidence}};
}

Json homology_report(const SetHomology& set) {
  const PersistentHomology& homology = set.homology;
  Json intervals = Json::array();
  for (const HomologyInterval& interval : homology.intervals)
    intervals.push_back(Json::array({interval.dimension, interval.birth, interval.death}));
  return {{"label", set.name.empty() ? Json() : Json(set.name)},
          {"points", set.points},
          {"status", to_string(homology.status)},
          {"message", homology.message},
          {"sample", homology.sample.size()},
          {"covering_radius", homology.covering_radius},
          {"scale", homology.scale},
          {"whole", homology.is_whole},
          {"dimension", homology.dimension},
          {"simplices", homology.simplices},
          {"betti", set.betti ? betti_report(*set.betti) : Json()},
          {"intervals", intervals}};
}

Json stage_report(const LayersRequest& request, const CarriedData& carried, std::size_t k) {
  const Stage& stage = carried.stages[k];
  Json layer;
  if (k > 0) {
    const Layer& of = carried.layers[k - 1];
    const LayerFacts& facts = carried.facts[k - 1];
    layer = {{"inputs", of.inputs()},
             {"outputs", of.outputs()},
             {"activation", to_string(of.activation())},
             {"homeomorphism", verdict_report(facts.verdict)},
             {"condition", facts.condition},
             {"inverse_slope", value_or_null(facts.inverse_slope)}};
  }
  Json sets;
  if (request.homology) {
    sets = Json::array();
    for (const SetHomology& set : stage.sets) sets.push_back(homology_report(set));
  }
  return {{"after_layer", k},          {"dimension", stage.points.rows()}, {"layer", layer},
          {"low", numbers(stage.low)}, {"high", numbers(stage.high)},      {"homology", sets}};
}

}  // namespace

Json report_of(const LayersRequest& request, const CarriedData& carried) {
  const LabelledPoints& data = carried.data;
  Json stages = Json::array(), conclusions = Json::array();
  for (std::size_t k = 0; k < carried.stages.size(); ++k)
    stages.push_back(stage_report(request, carried, k));
  for (const Conclusion& one : carried.conclusions)
    conclusions.push_back({{"layer", one.layer > 0 ? Json(one.layer) : Json()},
                           {"label", one.set.empty() ? Json() : Json(one.set)},
                           {"shape", to_string(one.change)},
                           {"sentence", one.sentence}});
  Json data_part{{"points", data.points.rows()},
                 {"columns", data.columns},
                 {"label_column", data.label_column.empty() ? Json() : Json(data.label_column)},
                 {"labels", data.labels}};
  const bool is_table = !data.table.targets.empty();  // Else from memory.
  data_part.update(is_table ? table_report(&data.table, &data.table.targets.front())
                            : table_report(nullptr, nullptr));
  data_part.erase("target");  // The label.
  return Json({{"tautrack", version},
               {"command", "layers"},
               {"source", data.source},
               {"weights", shown_name(request.weights_file)},
               {"options",
                {{"tau", request.tau},
                 {"homology", request.homology},
                 {"points", request.barcode.points},
                 {"simplices", request.barcode.simplices},
                 {"gap", request.gap}}},
               {"data", data_part},
               {"homeomorphism", verdict_report(carried.verdict)},
               {"stages", stages},
               {"conclusions", conclusions},
               {"unresolved", carried.unresolved}});
}

std::string json_report(const LayersRequest& request, const CarriedData& carried) {
  return json_text(report_of(request, carried));
}

}  // namespace tautrack::program
