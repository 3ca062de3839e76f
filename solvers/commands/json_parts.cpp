#include "commands/json_parts.hpp"

#include "commands/table_report.hpp"

namespace tautrack::program {
namespace {

/// The part that every kind of point of a path has in common.
Json point_report(const NaturalPath& path, const NaturalPoint& point) {
  Json report = Fields(7)
                    .add("tau", point.tau)
                    .add("one_minus_tau", point.one_minus_tau)
                    .add("folds_before", path.folds_before(point))
                    .add("weights", numbers(point.weights))
                    .add("energy", point.energy)
                    .add("morse_index", value_or_null(point.morse_index))
                    .add("kind", to_string(point.kind))
                    .json();
  if (point.range) report["range"] = {point.range->low, point.range->high};
  return report;
}

Json fold_report(const NaturalPath& path, const NaturalFold& fold) {
  Json json = point_report(path, fold.point);
  json["index_before"] = value_or_null(fold.index_before);
  json["index_after"] = value_or_null(fold.index_after);
  json["tangent"] = numbers(fold.tangent);
  json["tau_error"] = fold.tau_error;
  json["curvature_sign"] = fold.curvature_sign;
  return json;
}

Json branch_point_report(const NaturalPath& path, const NaturalBranchPoint& branch) {
  Json json = point_report(path, branch.point);
  json["index_before"] = value_or_null(branch.index_before);
  json["index_after"] = value_or_null(branch.index_after);
  json["tau_error"] = branch.tau_error;
  json["multiplicity"] = branch.multiplicity;
  json["tangent"] = numbers(branch.tangent);
  json["other_tangent"] = branch.other_tangent ? numbers(*branch.other_tangent) : Json();
  json["followed"] = branch.followed;
  return json;
}

/// Names of all weights, or null.
Json columns_report(const ProblemView& problem) {
  if (!problem.lists_columns()) return {};
  Json columns = Json::array();
  for (Index column = 0; column < problem.weights(); ++column)
    columns.push_back(problem.column(column));
  return columns;
}

/// The problem and its network.
Json data_report(const NetworkRequest& request, const ProblemView& problem,
                 const DataFacts& facts) {
  const PerceptronOptions& perceptron = request.perceptron;
  Json dependent_columns = Json::array();
  for (const ColumnDependency& dependency : facts.dependencies) {
    Json on = Json::array();
    for (const auto& [column, coefficient] : dependency.on)
      on.push_back({{"column", problem.column(column)}, {"coefficient", coefficient}});
    dependent_columns.push_back({{"column", problem.column(dependency.column)}, {"on", on}});
  }
  const char* weights_are = !facts.rank                                    ? "not examined"
                            : *facts.rank < fitted_weights(problem, facts) ? "minimum norm"
                                                                           : "unique";
  Json distinct, rounded;
  if (facts.replicates) {
    distinct = facts.replicates->patterns();
    rounded = facts.replicates->rounded;
  }
  Json report{{"patterns", problem.patterns()},
              {"distinct_patterns", distinct},
              {"rows_equal_to_rounding", rounded},
              {"energy_of_replicates", facts.energy_of_replicates},
              {"weights", problem.weights()},
              {"columns", columns_report(problem)},
              {"held", held_report(request)},
              {"activation", to_string(perceptron.activation)},
              {"range", request.hidden.is_there() && request.hidden.output == OutputNode::linear
                            ? Json()
                            : range_report(target_range(request))},
              {"unreachable_targets", facts.unreachable ? facts.unreachable->count : Index{0}},
              {"ridge", perceptron.ridge},
              {"ridge_units", perceptron.ridge_standardised ? "standardised" : "user"},
              {"precision", perceptron.mixed_precision ? "mixed" : "double"},
              {"method", facts.rank ? "dense" : "matrix-free"},
              {"rank", value_or_null(facts.rank)},
              {"zero_columns", value_or_null(facts.zero_columns)},
              {"dependent_columns", dependent_columns},
              {"weights_are", weights_are}};
  report.update(table_report(problem.table(), problem.table() ? &problem.target() : nullptr));
  return report;
}

/// A natural path with its points and events, without its work.
Json events_report(const NaturalPath& path) {
  Json points = Json::array();
  for (const NaturalPoint& point : path.points) points.push_back(point_report(path, point));
  Json folds = Json::array();
  for (const NaturalFold& fold : path.folds) folds.push_back(fold_report(path, fold));
  Json branch_points = Json::array();
  for (const NaturalBranchPoint& branch : path.branch_points)
    branch_points.push_back(branch_point_report(path, branch));
  return Fields(5)
      .add("status", to_string(path.status))
      .add("message", path.message)
      .add("points", std::move(points))
      .add("folds", std::move(folds))
      .add("branch_points", std::move(branch_points))
      .json();
}

Json path_report(const NaturalPath& path) {
  Json report = events_report(path);
  report["work"] = {{"steps", path.work.steps},
                    {"rejected", path.work.rejected},
                    {"factorisations", path.work.factorisations},
                    {"evaluations", path.work.evaluations},
                    {"krylov_iterations", path.work.krylov_iterations},
                    {"passes_over_data", path.work.passes_over_data},
                    {"seconds", path.work.seconds}};
  return report;
}

/// Where a path arrived, or null if it did not.
Json end_report(const NaturalPath& path) {
  if (!path.end) return {};
  const PathEnd& end = *path.end;
  Json report = Fields(11)
                    .add("tau", end.tau)
                    .add("weights", numbers(end.weights))
                    .add("energy", end.energy)
                    .add("gradient_norm", end.gradient_norm)
                    .add("gradient_scale", end.gradient_scale)
                    .add("last_newton_step", end.last_newton_step)
                    .add("eigenvalues", numbers(end.eigenvalues))
                    .add("nearest_eigenvalue", value_or_null(end.nearest_eigenvalue))
                    .add("lowest_eigenvalue", end.lowest_eigenvalue)
                    .add("morse_index", value_or_null(end.morse_index))
                    .add("status", end.status)
                    .json();
  if (end.range) report["range"] = {end.range->low, end.range->high};
  return report;
}

/// The limit of a path whose weights grow without bound, or null for others.
Json infinity_report(const NaturalPath& path) {
  if (!path.infinity) return {};
  const InfinitePoint& infinity = *path.infinity;
  Json growth;
  const bool is_known = infinity.approach.has_value();  // Not of fitted plateaus.
  if (is_known) {
    growth = Json::array();
    for (const Growth of_pattern : infinity.approach->growth)
      growth.push_back(to_string(of_pattern));
  }
  Json report = limit_kind_report(infinity);
  report.update({{"direction", numbers(infinity.direction)},
                 {"signs", infinity.signs},
                 {"growth", growth},
                 {"energy", infinity.energy},
                 {"path_energy", is_known ? Json(infinity.approach->energy) : Json()},
                 {"linear_rate", is_known ? numbers(infinity.approach->linear_rate) : Json()},
                 {"delta", is_known ? Json(infinity.approach->delta) : Json()},
                 {"local_infimum", value_or_null(infinity.local_infimum)},
                 {"local_infimum_reason", infinity.reason}});
  return report;
}

Json limit_report(const InfinitePoint& limit) {
  Json report = limit_kind_report(limit);
  report.update({{"direction", numbers(limit.direction)},
                 {"signs", limit.signs},
                 {"energy", limit.energy},
                 {"local_infimum", value_or_null(limit.local_infimum)},
                 {"reason", limit.reason},
                 {"weights", numbers(limit.weights)},
                 {"found_by", limit.found_by}});
  return report;
}

}  // namespace

Json limit_kind_report(const InfinitePoint& limit) {
  Json exponential;
  if (const auto& curve = limit.exponential)
    exponential = {
        {"offset", curve->offset}, {"factor", curve->factor}, {"rate", numbers(curve->rate)}};
  Json line;
  if (const auto& curve = limit.line)
    line = {{"offset", curve->offset}, {"slope", numbers(curve->slope)}};
  return {{"kind", to_string(limit.kind())},
          {"range", limit.range ? Json{limit.range->low, limit.range->high} : Json()},
          {"exponential", exponential},
          {"line", line}};
}

Json report_start(const NetworkRequest& request, const ProblemView& problem, const DataFacts& facts,
                  const NaturalPath* path) {
  return {{"name", problem.name()},
          {"data", data_report(request, problem, facts)},
          {"path", path != nullptr ? path_report(*path) : Json()},
          {"end", path != nullptr ? end_report(*path) : Json()},
          {"infinity", path != nullptr ? infinity_report(*path) : Json()}};
}

Json record_start(const Json& data, const std::string& name, const NaturalPath& path,
                  std::size_t points_left_out) {
  Json report = Fields(5)
                    .add("name", name)
                    .add("data", data)
                    .add("path", events_report(path))
                    .add("end", end_report(path))
                    .add("infinity", infinity_report(path))
                    .json();
  report["path"]["points_left_out"] = points_left_out;
  return report;
}

Json record_data(const NetworkRequest& request, const ProblemView& problem) {
  return Fields(3)
      .add("columns", columns_report(problem))
      .add("range", range_report(target_range(request)))
      .add("held", held_report(request))
      .json();
}

Json held_report(const NetworkRequest& request) {
  Json held = Json::object();
  for (const FixedWeight& fixed : request.fix) held[fixed.column] = fixed.value;
  return held;
}

Json range_report(const OutputRange& range) {
  return {value_or_null(range.low), value_or_null(range.high)};
}

Json verdict_report(const AllFits& fits) {
  Json at_infinity = Json::array();
  for (const InfinitePoint& limit : fits.at_infinity) at_infinity.push_back(limit_report(limit));
  return {{"at_infinity", at_infinity},
          {"unlisted_limits", fits.unlisted_limits},
          {"completeness",
           {{"level", to_string(fits.level)},
            {"index_sum", fits.index_sum},
            {"expected_index_sum", value_or_null(fits.expected_index_sum)},
            {"message", fits.level_reason}}},
          {"global",
           {{"proven", fits.global_is_proven},
            {"at_infinity", fits.infimum_at_infinity},
            {"message", fits.global_reason}}},
          {"unique", {{"answer", to_string(fits.unique)}, {"why", fits.unique_reason}}}};
}

Json certificate_report(const std::optional<UniquenessCertificate>& certificate) {
  if (!certificate) return {};
  return {{"unique", certificate->unique},
          {"proof", to_string(certificate->proof)},
          {"distance", certificate->distance},
          {"curvature_bound", certificate->curvature_bound},
          {"curvature_bound_from", certificate->curvature_bound_from},
          {"product", certificate->product},
          {"message", certificate->message},
          {"global", certificate->global},
          {"global_product", certificate->global_product},
          {"global_message", certificate->global_message}};
}

Json audit_report(const PathAudit& audit) {
  return Fields(3)
      .add("verdict", to_string(audit.verdict))
      .add("message", audit.message)
      .add("more_steps", audit.more_steps)
      .json();
}

}  // namespace tautrack::program
