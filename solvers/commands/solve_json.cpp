#include <cmath>

#include "tautrack/certify/certificate.hpp"

#include "commands/hidden_network.hpp"
#include "commands/solve_hidden.hpp"
#include "commands/solve_report.hpp"

namespace tautrack::program {
namespace {

/// @param range Of the outputs, unless the point has one of its own.
Json point_report(const StationaryPoint& point, const OutputRange& range) {
  const bool is_certified = point.status == PointStatus::certified;
  return {{"weights", numbers(point.weights)},
          {"range", point.range ? Json{point.range->low, point.range->high} : range_report(range)},
          {"energy", point.energy},
          {"kind", to_string(point.kind)},
          {"morse_index", value_or_null(point.morse_index)},
          {"eigenvalues", numbers(point.eigenvalues)},
          {"status", to_string(point.status)},
          {"radius", is_certified ? Json(point.radius) : Json()},
          {"found_by", point.found_by},
          {"reason", point.reason},
          {"data_sensitivity", point.data_sensitivity},
          {"beyond_precision", point.is_beyond_precision()}};
}

Json box_report(const Box& box) { return {{"low", numbers(box.low)}, {"high", numbers(box.high)}}; }

std::string_view end_name(ExploreEnd end) {
  switch (end) {
    case ExploreEnd::quiet:
      return "quiet";
    case ExploreEnd::budget:
      return "budget";
    case ExploreEnd::cancelled:
      break;
  }
  return "cancelled";
}

Json exploration_report(const Exploration& exploration) {
  return {{"end", end_name(exploration.end)},
          {"message", exploration.message},
          {"rounds", exploration.rounds},
          {"curves", exploration.curves},
          {"failed_curves", exploration.failed_curves},
          {"spurious", exploration.spurious},
          {"steps", exploration.steps},
          {"descents", exploration.descents},
          {"links", exploration.links.size()},
          {"escapes", exploration.escapes.size()},
          {"seconds", exploration.seconds}};
}

Json search_report(const std::optional<SearchResult>& search) {
  if (!search) return {};
  Json undecided = Json::array();
  for (const Box& box : search->undecided) undecided.push_back(box_report(box));
  return {{"region", box_report(search->region)},
          {"finished", search->finished},
          {"region_holds_all", search->region_holds_all},
          {"region_reason", search->region_reason},
          {"boxes", search->boxes},
          {"undecided_count", search->undecided_count},
          {"undecided", undecided},
          {"message", search->message},
          {"seconds", search->seconds}};
}

Json bound_report(const std::optional<EnergyBound>& bound) {
  if (!bound) return {};
  return {{"energy", bound->bound},
          {"best_energy", std::isfinite(bound->best) ? Json(bound->best) : Json()},
          {"is_global", bound->is_global},
          {"nodes", bound->nodes},
          {"left", bound->left},
          {"message", bound->message}};
}

/// What no fit anywhere has less energy than.
Json global_bound(const AllFits& fits) {
  if (fits.global_is_proven && fits.infimum_at_infinity) return fits.at_infinity.front().energy;
  if (fits.global_is_proven && fits.global_minimum)
    return fits.points[static_cast<std::size_t>(*fits.global_minimum)].energy;
  return fits.bound ? Json(fits.bound->bound) : Json();
}

Json strata_report(const StrataResult& strata) {
  return {{"strata", strata.strata},
          {"complete", strata.complete},
          {"none_exists", strata.none_exists},
          {"no_finite_point", strata.no_finite_point},
          {"message", strata.message}};
}

/// Ends of links as indices of stationary points; null stands for what is none.
Json graph_report(const Exploration& exploration) {
  const auto index = [](int i) { return i < 0 ? Json() : Json(i); };
  Json links = Json::array();
  for (const Link& link : exploration.links)
    links.push_back(
        {{"kind", to_string(link.kind)}, {"from", index(link.from)}, {"to", index(link.to)}});
  Json escapes = Json::array();
  for (const Escape& escape : exploration.escapes)
    escapes.push_back({{"kind", to_string(escape.kind)},
                       {"from", index(escape.from)},
                       {"weights", numbers(escape.limit.weights)},
                       {"direction", numbers(escape.limit.direction)}});
  return {{"links", links}, {"escapes", escapes}};
}

/// Without the number of threads, on which nothing depends.
Json options_report(const SolveRequest& request) {
  const ExploreOptions& explore = request.fits.explore;
  return {
      {"range", request.network.range ? range_report(*request.network.range) : Json()},
      {"level", request.network.level},
      {"fix", held_report(request.network)},
      {"hidden", request.network.hidden.is_there() ? Json(request.network.hidden.units) : Json()},
      {"seed", explore.seed},
      {"seconds", request.fits.seconds},
      {"rounds", explore.quiet_rounds},
      {"descents", explore.descent_directions},
      {"max_curves", explore.max_curves},
      {"max_points", explore.max_points},
      {"max_steps", explore.max_steps},
      {"intervals", request.intervals.profile ? Json(request.intervals.level) : Json()},
      {"certify", explore.certify},
      {"can_certify", Certifier::available()},
      {"exhaustive", value_or_null(request.fits.exhaustive)},
      {"box", request.box ? Json(request.box->text) : Json()},
      {"search_seconds", request.fits.search.seconds},
      {"global_seconds", request.fits.bound.seconds},
      {"global_nodes", request.fits.bound.max_nodes},
      {"infinity_seconds", request.fits.strata.seconds}};
}

}  // namespace

Json problem_report(const SolveRequest& request, const ProblemView& problem,
                    const SolvedProblem& solved) {
  const AllFits& fits = solved.fits;
  Json points = Json::array();
  for (std::size_t i = 0; i < fits.points.size(); ++i) {
    points.push_back(point_report(fits.points[i], target_range(request.network)));
    if (solved.hidden) points.back().update(hidden_point_report(solved, i));
  }
  Json report = report_start(request.network, problem, solved.facts, &fits.exploration.path);
  report["stationary_points"] = points;
  report["fit"] = json_of(solved.fit);
  report.update(verdict_report(fits));
  report.update({{"global_minimum", value_or_null(fits.global_minimum)},
                 {"certificate", certificate_report(fits.certificate)},
                 {"unresolved", solved.unresolved},
                 {"exploration", exploration_report(fits.exploration)},
                 {"search", search_report(fits.search)},
                 {"global_bound", global_bound(fits)},
                 {"bound", bound_report(fits.bound)},
                 {"strata", strata_report(fits.strata)}});
  if (solved.hidden) {
    report["data"]["hidden"] = hidden_report(request, solved);
    report["tree"] = fits.tree ? tree_report(*fits.tree, &fits.reached_by) : Json();
  }
  if (request.graph) report["graph"] = graph_report(fits.exploration);
  return report;
}

std::string json_report(const SolveRequest& request, const std::string& source,
                        const Json& problems) {
  return report_text("solve", source, options_report(request), problems);
}

}  // namespace tautrack::program
