#include "commands/fit_report.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include "io/text.hpp"

namespace tautrack::program {
namespace {

/// The same list of the problem without its held weights.
AllFits without_held(const HeldWeights& held, const AllFits& fits) {
  AllFits result;
  result.global_minimum = fits.global_minimum;
  result.points = fits.points;
  result.at_infinity = fits.at_infinity;
  if (!held.any()) return result;
  for (StationaryPoint& point : result.points) point.weights = held.fitted(point.weights);
  for (InfinitePoint& limit : result.at_infinity) {
    limit.weights = held.fitted(limit.weights);
    limit.direction = held.fitted(limit.direction);
  }
  return result;
}

/// Counts of classes; nothing where targets are not the two that classes have.
std::optional<ClassCounts> class_counts(const NetworkRequest& request, const Range& range,
                                        const Problem& problem, const Vector& fitted) {
  const double middle = 0.5 * (range.low + range.high);
  const double half = 0.5 * request.level * (range.high - range.low);
  const auto is_class = [&](double y, double sign) {
    return std::abs(y - (middle + sign * half)) <= 1e-12 * (std::abs(middle) + half);
  };
  ClassCounts counts;
  for (Index i = 0; i < problem.y.size(); ++i) {
    const bool is_high = is_class(problem.y(i), 1.0);
    if (!is_high && !is_class(problem.y(i), -1.0)) return std::nullopt;
    const bool is_right = (fitted(i) > middle) == is_high;
    ++(is_high ? (is_right ? counts.true_high : counts.false_low)
               : (is_right ? counts.true_low : counts.false_high));
  }
  if (counts.true_high + counts.false_low == 0 || counts.true_low + counts.false_high == 0)
    return std::nullopt;
  return counts;
}

/// The interval of parameter k: by its profile where that is known to both ends.
struct Ends {
  std::optional<double> low, high;
  const char* method = nullptr;  ///< Null: none.
  const ProfileInterval* profile = nullptr;
};

Ends ends_of(const FitReport& report, std::size_t k) {
  const FitParameter& parameter = report.statistics.parameters[k];
  Ends ends;
  if (report.intervals && k < report.intervals->parameters.size()) {
    ends.profile = &report.intervals->parameters[k];
    ends.low = ends.profile->low;
    ends.high = ends.profile->high;
    ends.method = "profile";
    return ends;
  }
  if (!parameter.standard_error) return ends;
  const double reach =
      t_factor(report.level, report.statistics.degrees_of_freedom) * *parameter.standard_error;
  ends.low = parameter.estimate - reach;
  ends.high = parameter.estimate + reach;
  ends.method = "linearised";
  return ends;
}

/// The half point in the units of the column of which the input is the logarithm. Standard errors by the
/// derivative of the power (delta method); its interval is the one of the logarithm, which is the better one.
struct UsersHalfPoint {
  std::string column;
  double estimate = 0.0;
  std::optional<double> standard_error, hessian_standard_error;
  Ends ends;
};
std::optional<UsersHalfPoint> users_half_point(const FitReport& report, std::size_t k) {
  const std::vector<FitParameter>& parameters = report.statistics.parameters;
  if (parameters[k].kind != ParameterKind::half_point) return std::nullopt;
  for (const FitParameter& weight : parameters) {
    if (weight.kind != ParameterKind::weight) continue;
    const std::optional<std::string> column = column_of_logarithm(weight.name);
    if (!column) continue;
    const auto power = [](const std::optional<double>& end) {
      return end ? std::optional(std::pow(10.0, *end)) : std::nullopt;
    };
    const double estimate = std::pow(10.0, parameters[k].estimate);
    const auto error = [&](const std::optional<double>& of_logarithm) {
      return of_logarithm ? std::optional(std::numbers::ln10 * estimate * *of_logarithm)
                          : std::nullopt;
    };
    UsersHalfPoint half{*column, estimate, error(parameters[k].standard_error),
                        error(parameters[k].hessian_standard_error), ends_of(report, k)};
    half.ends.low = power(half.ends.low);
    half.ends.high = power(half.ends.high);
    return half;
  }
  return std::nullopt;
}

Json piece_report(const ProfilePiece& piece) {
  const auto end = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
  return {{"interval", {end(piece.low), end(piece.high)}},
          {"ends", {to_string(piece.low_end), to_string(piece.high_end)}}};
}

}  // namespace

std::optional<std::string> column_of_logarithm(const std::string& column) {
  constexpr std::string_view log = "log10(";
  if (!column.starts_with(log) || column.back() != ')') return std::nullopt;
  return column.substr(log.size(), column.size() - log.size() - 1);
}

std::optional<FitReport> fit_report(const NetworkRequest& request, const Problem& problem,
                                    const AllFits& fits, const IntervalRequest& intervals,
                                    const ProfileOptions& options) {
  if (!fits.global_minimum || fits.infimum_at_infinity) return std::nullopt;
  const HeldWeights held = held_weights(request, problem.columns);
  // Refers to the problem, which outlives this, where nothing is held.
  const std::shared_ptr<const Problem> fitted =
      hold_weights(std::shared_ptr<const Problem>(std::shared_ptr<void>(), &problem), held);
  const OutputRange range = target_range(request);
  const SigmoidModel model{*fitted, request.perceptron.activation, range};
  FitReport report;
  report.point = *fits.global_minimum;
  report.level = intervals.level;
  const StationaryPoint& best = fits.points[static_cast<std::size_t>(report.point)];
  report.fit = {held.fitted(best.weights),
                best.range ? *best.range : Range{*range.low, *range.high}};
  report.statistics = fit_statistics(model, report.fit, request.perceptron.ridge);
  if (report.statistics.reason.empty())
    report.output_errors =
        output_errors(model, report.fit, report.statistics, fitted->X, fitted->offset);
  if (range.is_known())
    report.classes = class_counts(request, report.fit.range, problem, report.statistics.fitted);
  if (intervals.profile && report.statistics.reason.empty()) {
    ProfileOptions wanted = options;
    wanted.level = intervals.level;
    report.intervals = profile_intervals(model, without_held(held, fits), wanted);
  }
  return report;
}

std::optional<Vector> reach_of_outputs(const FitReport& report) {
  if (report.output_errors.size() == 0) return std::nullopt;
  return t_factor(report.level, report.statistics.degrees_of_freedom) * report.output_errors;
}

Json json_of(const std::optional<FitReport>& report) {
  if (!report) return {};
  const FitStatistics& statistics = report->statistics;
  Json parameters = Json::array();
  for (std::size_t k = 0; k < statistics.parameters.size(); ++k) {
    const FitParameter& parameter = statistics.parameters[k];
    const Ends ends = ends_of(*report, k);
    Json entry = {{"name", parameter.name},
                  {"estimate", parameter.estimate},
                  {"standard_error", value_or_null(parameter.standard_error)},
                  {"hessian_standard_error", value_or_null(parameter.hessian_standard_error)},
                  {"interval",
                   ends.method ? Json{value_or_null(ends.low), value_or_null(ends.high)} : Json()},
                  {"interval_method", ends.method ? Json(ends.method) : Json()}};
    if (ends.profile) {
      Json pieces = Json::array();
      for (const ProfilePiece& piece : ends.profile->pieces) pieces.push_back(piece_report(piece));
      entry["pieces"] = pieces;
      entry["resolved"] = ends.profile->is_resolved;
      entry["remarks"] = ends.profile->remarks;
      entry["linearised"] = {value_or_null(ends.profile->linear_low),
                             value_or_null(ends.profile->linear_high)};
    }
    parameters.push_back(entry);
    if (const auto half = users_half_point(*report, k))
      parameters.push_back(
          {{"name", "half point, " + half->column},
           {"estimate", half->estimate},
           {"standard_error", value_or_null(half->standard_error)},
           {"hessian_standard_error", value_or_null(half->hessian_standard_error)},
           {"interval", half->ends.method
                            ? Json{value_or_null(half->ends.low), value_or_null(half->ends.high)}
                            : Json()},
           {"interval_method", half->ends.method ? Json(half->ends.method) : Json()}});
  }
  Json covariance = Json::array();
  for (Index i = 0; i < statistics.covariance.rows(); ++i)
    covariance.push_back(numbers(statistics.covariance.row(i).transpose()));
  Json result = {{"point", report->point},
                 {"parameters", parameters},
                 {"level", report->level},
                 {"rmse", statistics.rmse},
                 {"r_squared", value_or_null(statistics.r_squared)},
                 {"sum_of_squares", statistics.sum_of_squares},
                 {"residual_standard_error", value_or_null(statistics.standard_error)},
                 {"degrees_of_freedom", statistics.degrees_of_freedom},
                 {"reason", statistics.reason},
                 {"intervals_reason", report->intervals ? report->intervals->reason : ""},
                 {"range", {report->fit.range.low, report->fit.range.high}},
                 {"covariance", covariance},
                 {"fitted", numbers(statistics.fitted)},
                 {"residuals", numbers(statistics.residuals)}};
  if (statistics.linearisation)
    result["linearisation"] = {{"parameter_effects", statistics.linearisation->parameter_effects},
                               {"threshold", statistics.linearisation->threshold},
                               {"usable", statistics.linearisation->is_usable()}};
  if (report->classes)
    result["classes"] = {{"accuracy", report->classes->accuracy()},
                         {"confusion",
                          {{report->classes->true_low, report->classes->false_high},
                           {report->classes->false_low, report->classes->true_high}}}};
  return result;
}

namespace {

// Of a table as wide as the page.
constexpr std::size_t kParameterWidth = 26, kEstimateWidth = 13, kErrorWidth = 11;

/// With the digits that its error lets it have, and two more.
std::string estimate_text(const FitParameter& parameter) {
  return fmt::format("{:.7g}", parameter.estimate);
}

std::string error_text(const std::optional<double>& error) {
  return error ? fmt::format("{:.4g}", *error) : "";
}

std::string interval_text(const Ends& ends) {
  if (ends.method == nullptr) return "";
  const bool is_lost = ends.profile != nullptr && !ends.profile->is_resolved;
  const auto end = [&](const std::optional<double>& value, const char* beyond) {
    return value ? fmt::format("{:.6g}", *value) : std::string(is_lost ? "?" : beyond);
  };
  return fmt::format("{} to {}", end(ends.low, "-inf"), end(ends.high, "inf"));
}

}  // namespace

void add_fit(Page& page, const ProblemView& problem, const HeldWeights& held,
             const FitReport& report) {
  const FitStatistics& statistics = report.statistics;
  const bool is_profile = report.intervals.has_value() && report.intervals->reason.empty();
  const bool has_errors = statistics.reason.empty();
  const auto row = [](std::string_view name, std::string_view estimate, std::string_view error,
                      std::string_view interval) {
    std::string text = fmt::format("    {:<{}}{:>{}}{:>{}}  {}", name, kParameterWidth, estimate,
                                   kEstimateWidth, error, kErrorWidth, interval);
    return text.substr(0, text.find_last_not_of(' ') + 1);
  };
  std::string quality = fmt::format("sum of squares {:.7g}", statistics.sum_of_squares);
  if (statistics.standard_error)
    quality +=
        fmt::format(", residual standard error {:.5g} on {} of freedom", *statistics.standard_error,
                    counted(statistics.degrees_of_freedom, "degree"));
  if (statistics.r_squared) quality += fmt::format(", R^2 {:.5g}", *statistics.r_squared);
  page.line("fit", quality);
  if (report.classes)
    page.line(
        "", fmt::format(
                "{} of {} rows on the right side of the middle: {} of {} low, {} of {} high",
                report.classes->true_low + report.classes->true_high, statistics.fitted.size(),
                report.classes->true_low, report.classes->true_low + report.classes->false_high,
                report.classes->true_high, report.classes->true_high + report.classes->false_low));
  if (!has_errors) page.line("", "no standard errors: " + statistics.reason);
  page.plain(row("parameter", "estimate", has_errors ? "std. error" : "",
                 has_errors ? fmt::format("{:g} % {}", 100.0 * report.level,
                                          is_profile ? "(profile)" : "(linearised)")
                            : ""));
  // Weights of which there are many: those that matter most, as in other tables.
  const std::vector<Index> shown = shown_columns(problem, held.weights(report.fit.weights));
  std::vector<std::string> remarks;
  for (std::size_t k = 0; k < statistics.parameters.size(); ++k) {
    const FitParameter& parameter = statistics.parameters[k];
    if (parameter.kind == ParameterKind::weight &&
        std::find(shown.begin(), shown.end(), held.column(parameter.column)) == shown.end())
      continue;
    const Ends ends = ends_of(report, k);
    page.plain(row(cut(parameter.name, kParameterWidth - 1), estimate_text(parameter),
                   error_text(parameter.standard_error), interval_text(ends)));
    if (const auto half = users_half_point(report, k))
      page.plain(row("  " + cut(half->column, kParameterWidth - 3),
                     fmt::format("{:.7g}", half->estimate), error_text(half->standard_error),
                     interval_text(half->ends)));
    if (ends.profile)
      for (const std::string& remark : ends.profile->remarks)
        remarks.push_back(parameter.name + ": " + remark);
  }
  for (const HeldWeight& weight : held.list())
    page.plain(row(cut(problem.column(weight.column), 12) + " (held)",
                   fmt::format("{:.7g}", weight.value), "", ""));
  const auto hidden = problem.weights() - static_cast<Index>(shown.size());
  if (hidden > 0)
    page.row(
        fmt::format("and {} less (all: --json)", counted(hidden, "that matters", "that matter")));
  if (statistics.linearisation && (is_profile || !statistics.linearisation->is_usable()))
    page.line("linearised",
              fmt::format(
                  "intervals of standard errors {}: relative curvature of parameter effects "
                  "{:.3g}, small below {:.3g} (Bates & Watts){}",
                  statistics.linearisation->is_usable() ? "can be trusted" : "mislead",
                  statistics.linearisation->parameter_effects, statistics.linearisation->threshold,
                  is_profile ? "" : "; --intervals LEVEL has better ones"));
  if (report.intervals && !is_profile)
    remarks.push_back("none by profiles: " + report.intervals->reason);
  page.lines("intervals", remarks, 12);
}

}  // namespace tautrack::program
