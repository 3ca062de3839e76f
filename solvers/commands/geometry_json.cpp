#include "commands/geometry_fitted_range.hpp"
#include "commands/geometry_report.hpp"

namespace tautrack::program {
namespace {

/// The moves of plateaus, [low, high] each.
Json range_moves(const Matrix& moves) {
  Json report = Json::array();
  for (Index j = 0; j < moves.cols(); ++j) report.push_back({moves(0, j), moves(1, j)});
  return report;
}

Json point_report(const ExaminedPoint& point) {
  Json report{{"from", to_string(point.source)},
              {"weights", numbers(point.weights)},
              {"moved", point.moved},
              {"stationary", point.is_stationary},
              {"energy", point.energy},
              {"gradient_norm", point.gradient_norm},
              {"gradient_scale", point.gradient_scale},
              {"distance", point.distance},
              {"normal_distance", point.normal_distance},
              {"morse_index", value_or_null(point.morse_index)}};
  if (point.range) report["range"] = {point.range->low, point.range->high};
  return report;
}

/// Principal curvatures towards y, the largest first.
Json towards_report(const ExaminedPoint& point) {
  Json focal_distances = Json::array(), products = Json::array(), directions = Json::array();
  for (Index j = 0; j < point.curvatures.size(); ++j) {
    focal_distances.push_back(1.0 / point.curvatures(j));
    products.push_back(point.normal_distance * point.curvatures(j));
    directions.push_back(numbers(point.directions.col(j)));
  }
  Json report{{"curvatures", numbers(point.curvatures)},
              {"focal_distances", focal_distances},
              {"products", products},
              {"directions", directions},
              {"morse_index", value_or_null(point.focal_index)}};
  if (point.range) report["range_directions"] = range_moves(point.range_directions);
  return report;
}

Json largest_report(const ExaminedPoint& point) {
  const LargestCurvature& largest = point.largest;
  Json report{{"value", largest.value},
              {"method", to_string(largest.method)},
              {"upper", largest.upper},
              {"upper_from", largest.upper_from},
              {"direction", numbers(point.largest_direction)}};
  if (point.range) report["range_direction"] = numbers(point.largest_range_direction);
  return report;
}

Json bates_watts_report(const ExaminedPoint& point) {
  const BatesWatts& curvature = point.bates_watts;
  const double intrinsic = curvature.intrinsic * curvature.rho;
  const double parameter_effects = curvature.parameter_effects * curvature.rho;
  Json report{{"parameters", point.range ? "weights and fitted plateaus" : "weights"},
              {"intrinsic", curvature.intrinsic},
              {"parameter_effects", curvature.parameter_effects},
              {"rho", curvature.rho},
              {"threshold", curvature.threshold},
              {"relative_intrinsic", intrinsic},
              {"relative_parameter_effects", parameter_effects},
              {"outputs_are_linear", Json()},
              {"weights_are_linear", Json()}};
  if (curvature.threshold > 0.0) {
    report["outputs_are_linear"] = intrinsic < curvature.threshold;
    report["weights_are_linear"] =
        intrinsic < curvature.threshold && parameter_effects < curvature.threshold;
  }
  return report;
}

Json supremum_report(const std::optional<CurvatureSupremum>& found) {
  if (!found) return {};
  const CurvatureSupremum& supremum = *found;
  return {{"bounded", value_or_null(supremum.bounded)},
          {"best", supremum.best},
          {"upper", supremum.upper},
          {"upper_from", supremum.upper_from},
          {"weights", numbers(supremum.weights)},
          {"signs", supremum.signs},
          {"way_out", numbers(supremum.way_out)},
          {"message", supremum.message}};
}

/// The reach is one over the supremum of the curvature.
Json reach_report(const std::optional<CurvatureSupremum>& found) {
  if (!found) return {};
  const CurvatureSupremum& supremum = *found;
  return {{"at_least", supremum.bounded == false ? 0.0 : 1.0 / supremum.upper},
          {"at_most", supremum.bounded == false ? 0.0 : 1.0 / supremum.best}};
}

Json strata_report(const ExaminedProblem& examined) {
  const StrataResult& strata = examined.strata;
  Json infima = Json::array();
  for (const InfinitePoint& limit : strata.infima)
    infima.push_back({{"direction", numbers(limit.direction)},
                      {"signs", limit.signs},
                      {"energy", limit.energy},
                      {"local_infimum", value_or_null(limit.local_infimum)},
                      {"reason", limit.reason}});
  return {{"strata", strata.strata},
          {"complete", strata.complete},
          {"none_exists", strata.none_exists},
          {"no_finite_point", strata.no_finite_point},
          {"in_general_position", examined.strata_in_general},
          {"infima", infima},
          {"message", strata.message}};
}

Json geometry_report(const GeometryRequest& request, const ExaminedProblem& examined) {
  const std::optional<ExaminedPoint>& point = examined.point;
  const bool is_fitted = !target_range(request.network).is_known();
  return {{"tau", request.tau},
          {"dimension", examined.dimension},
          {"ambient", examined.ambient},
          {"point", point ? point_report(*point) : Json()},
          {"towards_target", point ? towards_report(*point) : Json()},
          {"largest_curvature", point ? largest_report(*point) : Json()},
          {"bates_watts", point ? bates_watts_report(*point) : Json()},
          {"supremum", supremum_report(examined.supremum)},
          {"reach", reach_report(examined.supremum)},
          {"certificate", certificate_report(examined.certificate)},
          {"strata", is_fitted ? Json() : strata_report(examined)},
          {"not_claimed", is_fitted ? Json(not_claimed_of_fitted_range) : Json()}};
}

/// Without the number of threads, on which nothing depends.
Json options_report(const GeometryRequest& request) {
  return {{"range", request.network.range ? range_report(*request.network.range) : Json()},
          {"level", request.network.level},
          {"tau", request.tau},
          {"at", value_or_null(request.at)},
          {"seed", request.seed},
          {"seconds", request.supremum.seconds},
          {"infinity_seconds", request.strata.seconds}};
}

}  // namespace

Json problem_report(const GeometryRequest& request, const ProblemView& problem,
                    const ExaminedProblem& examined) {
  Json report = report_start(request.network, problem, examined.facts,
                             examined.path ? &*examined.path : nullptr);
  if (examined.fits) report.update(verdict_report(*examined.fits));
  report["geometry"] = geometry_report(request, examined);
  report["unresolved"] = examined.unresolved;
  return report;
}

std::string json_report(const GeometryRequest& request, const std::string& source,
                        const Json& problems) {
  return report_text("geometry", source, options_report(request), problems);
}

}  // namespace tautrack::program
