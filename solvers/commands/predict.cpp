#include "commands/predict.hpp"

#include <cmath>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tautrack/data/model_inputs.hpp"
#include "tautrack/data/scaled_problem.hpp"
#include "tautrack/inference/prediction.hpp"
#include "tautrack/inference/profile.hpp"
#include "tautrack/network/activation.hpp"
#include "tautrack/network/hidden_layer.hpp"

#include "commands/fit_report.hpp"
#include "commands/page.hpp"
#include "io/csv_field.hpp"
#include "io/json.hpp"
#include "io/json_file.hpp"
#include "io/options.hpp"
#include "io/progress.hpp"
#include "io/standard_input.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

constexpr const char* about_predict =
    R"(Outputs of a fit for new rows, inputs for responses

Takes the best fit of each problem of a report that `tautrack solve --json` has
written, and a table with the same input columns: the output for each row, with
the interval of the curve there and that of a new measurement. With --response
the table has a column of responses instead, and what is wanted is the input
that has each (one input column): calibration, inverse prediction.
)";

constexpr const char* more_about_predict =
    R"(Columns are found by their names, in any order; what is not needed is not used.
For an input log10(dose) of the fit the table may have that column or dose, for
one named COLUMN=VALUE the column itself. Intervals are those of the linearised
model, of the level that is asked for; a network with a hidden layer has none.

Examples:
  tautrack solve plate.csv --range free,free --log dose --json fit.json
  tautrack predict fit.json new.csv
  tautrack predict fit.json unknowns.csv --response density --measurements 2

Exit status:
  0  every row has its prediction
  1  some have not: a problem without a finite best fit, or a response that no
     output has; the output says which
  2  a file, an option or an output is unusable: one sentence on standard error
     says why, nothing is written)";

/// A field that must be there.
const Json& field(const Json& object, const char* name, const std::string& where) {
  if (!object.is_object() || !object.contains(name))
    throw UsageError(fmt::format(
        "{}: the field {} is missing; a report of tautrack solve --json is wanted", where, name));
  return object.at(name);
}

double number_of(const Json& value, const std::string& where) {
  if (!value.is_number())
    throw UsageError(fmt::format("{}: {} is not a number", where, cut(value.dump(), quote_width)));
  return value.get<double>();
}

std::optional<double> end_of(const Json& range, std::size_t end, const std::string& where) {
  if (!range.is_array() || range.size() != 2)
    throw UsageError(fmt::format("{}: two ends of a range are wanted", where));
  if (range[end].is_null()) return std::nullopt;
  return number_of(range[end], where);
}

/// Rows and columns of zeros for weights that are held.
Matrix with_held(const Matrix& covariance, const std::vector<bool>& is_held) {
  std::vector<Index> place;
  const auto s = static_cast<Index>(is_held.size());
  for (Index j = 0; j < s; ++j)
    if (!is_held[static_cast<std::size_t>(j)]) place.push_back(j);
  const Index more = covariance.rows() - static_cast<Index>(place.size());
  for (Index j = 0; j < more; ++j) place.push_back(s + j);
  Matrix all = Matrix::Zero(s + more, s + more);
  for (std::size_t i = 0; i < place.size(); ++i)
    for (std::size_t j = 0; j < place.size(); ++j)
      all(place[i], place[j]) = covariance(static_cast<Index>(i), static_cast<Index>(j));
  return all;
}

}  // namespace

std::optional<SavedFit> saved_fit(const Json& problem, const std::string& where) {
  SavedFit saved;
  saved.name = field(problem, "name", where).get<std::string>();
  const Json& data = field(problem, "data", where);
  const Json& report = field(problem, "fit", where);
  if (report.is_null()) return std::nullopt;
  for (const Json& column : field(data, "columns", where))
    saved.columns.push_back(column.get<std::string>());
  const auto activation = activation_from_name(field(data, "activation", where).get<std::string>());
  if (!activation) throw UsageError(where + ": its activation is not known");
  saved.activation = *activation;
  const Json& ends = field(data, "range", where);
  saved.range = {end_of(ends, 0, where), end_of(ends, 1, where)};
  const Json& points = field(problem, "stationary_points", where);
  const auto point = static_cast<std::size_t>(number_of(field(report, "point", where), where));
  if (!points.is_array() || point >= points.size())
    throw UsageError(where + ": its fit is none of its points");
  saved.fit.weights = numbers_of(field(points[point], "weights", where), where + ": weights");
  const Json& range = field(report, "range", where);
  saved.fit.range = {number_of(range.at(0), where), number_of(range.at(1), where)};
  const auto s = static_cast<Index>(saved.columns.size());
  if (saved.fit.weights.size() != s || !(saved.fit.range.low < saved.fit.range.high))
    throw UsageError(where + ": its weights or plateaus are unusable");
  saved.problem = std::make_unique<Problem>();
  saved.problem->columns = saved.columns;
  const Json& covariance = field(report, "covariance", where);
  if (covariance.empty()) return saved;
  std::vector<bool> is_held(saved.columns.size());
  if (data.contains("held"))
    for (const auto& [name, value] : data.at("held").items())
      for (std::size_t j = 0; j < saved.columns.size(); ++j)
        if (saved.columns[j] == name) is_held[j] = true;
  saved.covariance = with_held(rows_of(covariance, where + ": covariance"), is_held);
  const Index p = s + (saved.range.low ? 0 : 1) + (saved.range.high ? 0 : 1);
  saved.degrees_of_freedom =
      static_cast<Index>(number_of(field(report, "degrees_of_freedom", where), where));
  saved.error = number_of(field(report, "residual_standard_error", where), where);
  if (saved.covariance.rows() != p || saved.degrees_of_freedom <= 0)
    throw UsageError(where + ": its covariance does not go with its columns");
  return saved;
}

PredictedOutputs predict_outputs(const SavedFit& saved, double level, const Matrix& X) {
  PredictedOutputs predicted;
  predicted.value = sigmoid_outputs(saved.fit, saved.activation, X);
  if (saved.covariance.size() == 0) return predicted;
  FitStatistics statistics;
  statistics.covariance = saved.covariance;
  const double factor = t_factor(level, saved.degrees_of_freedom);
  const Vector error = output_errors(saved.model(), saved.fit, statistics, X);
  const Vector reach = factor * error;
  const Vector new_reach =
      factor * (error.array().square() + saved.error * saved.error).sqrt().matrix();
  predicted.low = predicted.value - reach;
  predicted.high = predicted.value + reach;
  predicted.new_low = predicted.value - new_reach;
  predicted.new_high = predicted.value + new_reach;
  return predicted;
}

namespace {

/// Predictions for the rows of the table: outputs, or inputs for responses in their place. Inputs that are none are NaN,
/// infinite ends are unbounded.
struct Predicted : PredictedOutputs {
  SavedFit fit;
  Vector response;     ///< What inputs were asked for; empty for outputs.
  std::string reason;  ///< Why there are no intervals, where none are known; else empty.
  std::vector<std::string> unresolved;
};

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// The columns of a fit of one input.
SingleInput input_of(const SavedFit& saved, const std::string& where) {
  if (saved.columns.size() == 2)
    for (Index bias = 0; bias < 2; ++bias)
      if (saved.columns[static_cast<std::size_t>(bias)] == "(bias)") return {1 - bias, bias, 1.0};
  throw UsageError(where + ": --response needs a fit of one input column and a bias");
}

void predict_inputs(const PredictRequest& request, const SingleInput& columns,
                    Predicted& predicted) {
  const SavedFit& saved = predicted.fit;
  const Index rows = predicted.response.size();
  const bool has_errors = saved.covariance.size() > 0;
  const double factor = has_errors ? t_factor(request.level, saved.degrees_of_freedom) : 0.0;
  const double variance =
      request.measurements > 0 ? saved.error * saved.error / request.measurements : 0.0;
  const Index p = 2 + (saved.range.low ? 0 : 1) + (saved.range.high ? 0 : 1);
  const Matrix covariance = has_errors ? saved.covariance : Matrix(Matrix::Zero(p, p));
  predicted.value = Vector::Constant(rows, kNone);
  if (has_errors) predicted.low = predicted.high = predicted.value;
  Index without = 0;
  for (Index i = 0; i < rows; ++i) {
    const InversePrediction found = inverse_prediction(
        saved.model(), saved.fit, covariance, columns, factor, predicted.response(i), variance);
    if (found.estimate)
      predicted.value(i) = *found.estimate;
    else
      ++without;
    if (!has_errors || found.is_empty) continue;
    predicted.low(i) = found.low.value_or(-std::numeric_limits<double>::infinity());
    predicted.high(i) = found.high.value_or(std::numeric_limits<double>::infinity());
  }
  if (without > 0)
    predicted.unresolved.push_back(
        fmt::format("{} outside the plateaus {:.6g} and {:.6g}, so that no input has {}",
                    counted(static_cast<long long>(without), "response lies", "responses lie"),
                    saved.fit.range.low, saved.fit.range.high, without == 1 ? "it" : "them"));
}

/// The name of the input that is wanted, in the units of the table where it was a logarithm.
struct InputUnits {
  std::string name;
  bool is_logarithm = false;

  [[nodiscard]] double operator()(double x) const { return is_logarithm ? std::pow(10.0, x) : x; }
};
InputUnits input_units(const SavedFit& saved) {
  const std::string& name = saved.columns[saved.columns[0] == "(bias)" ? 1 : 0];
  if (const auto linear = column_of_logarithm(name)) return {*linear, true};
  return {name, false};
}

Json ends_report(const Vector& low, const Vector& high, Index i) {
  if (low.size() == 0 || std::isnan(low(i))) return {};
  const auto end = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
  return {end(low(i)), end(high(i))};
}

Json json_of(const PredictRequest& request, const std::vector<Predicted>& all) {
  Json problems = Json::array();
  for (const Predicted& predicted : all) {
    Json rows = Json::array();
    for (Index i = 0; i < predicted.value.size(); ++i) {
      Json row = {{predicted.response.size() > 0 ? "input" : "output",
                   std::isnan(predicted.value(i)) ? Json() : Json(predicted.value(i))},
                  {"interval", ends_report(predicted.low, predicted.high, i)}};
      if (predicted.response.size() > 0)
        row["response"] = predicted.response(i);
      else
        row["measurement_interval"] = ends_report(predicted.new_low, predicted.new_high, i);
      rows.push_back(row);
    }
    problems.push_back(
        {{"name", predicted.fit.name},
         {"input", predicted.response.size() > 0 ? Json(input_units(predicted.fit).name) : Json()},
         {"rows", rows},
         {"reason", predicted.reason.empty() ? Json() : Json(predicted.reason)},
         {"unresolved", predicted.unresolved}});
  }
  return {{"level", request.level},
          {"fit", shown_name(request.fit_file)},
          {"measurements", request.response.empty() ? Json() : Json(request.measurements)},
          {"problems", problems}};
}

std::string csv_of(const PredictRequest& request, const std::vector<Predicted>& all) {
  const bool is_inverse = !request.response.empty();
  std::string out = is_inverse ? "problem,row,response,input,low,high\n"
                               : "problem,row,output,low,high,measurement_low,measurement_high\n";
  for (const Predicted& predicted : all)
    for (Index i = 0; i < predicted.value.size(); ++i) {
      const auto cell = [i](const Vector& numbers) {
        return numbers.size() > 0 ? csv_field(numbers(i)) : std::string();
      };
      out += fmt::format("{},{},", csv_field(predicted.fit.name), i + 1);
      if (is_inverse)
        out += fmt::format("{},{},{},{}\n", cell(predicted.response), cell(predicted.value),
                           cell(predicted.low), cell(predicted.high));
      else
        out += fmt::format("{},{},{},{},{}\n", cell(predicted.value), cell(predicted.low),
                           cell(predicted.high), cell(predicted.new_low), cell(predicted.new_high));
    }
  return out;
}

std::string text_of(const PredictRequest& request, const std::vector<Predicted>& all) {
  constexpr Index most_rows = 40;
  const bool is_inverse = !request.response.empty();
  Page page;
  page.plain(fmt::format("tautrack {} predict: {} by {}", version,
                         printable(shown_name(request.file)),
                         printable(shown_name(request.fit_file))));
  const auto interval = [](const Vector& low, const Vector& high, Index i) {
    if (low.size() == 0 || std::isnan(low(i))) return std::string();
    const auto end = [](double value) {
      return std::isfinite(value) ? fmt::format("{:.6g}", value) : std::string("unbounded");
    };
    return fmt::format("{} to {}", end(low(i)), end(high(i)));
  };
  for (const Predicted& predicted : all) {
    page.plain("");
    page.plain(cut(predicted.fit.name, page_width));
    const std::string percent =
        predicted.low.size() > 0 ? fmt::format("{:g} %", 100.0 * request.level) : "";
    page.plain(is_inverse ? fmt::format("{:>6}{:>14}{:>14}  {}", "row", cut(request.response, 13),
                                        cut(input_units(predicted.fit).name, 13), percent)
                          : fmt::format("{:>6}{:>14}  {:<26}{}", "row", "output", percent,
                                        percent.empty() ? "" : percent + " of a measurement"));
    for (Index i = 0; i < std::min(predicted.value.size(), most_rows); ++i) {
      const std::string value =
          std::isnan(predicted.value(i)) ? "none" : fmt::format("{:.7g}", predicted.value(i));
      page.plain(is_inverse ? fmt::format("{:>6}{:>14}{:>14}  {}", i + 1,
                                          fmt::format("{:.7g}", predicted.response(i)), value,
                                          interval(predicted.low, predicted.high, i))
                            : fmt::format("{:>6}{:>14}  {:<26}{}", i + 1, value,
                                          interval(predicted.low, predicted.high, i),
                                          interval(predicted.new_low, predicted.new_high, i)));
    }
    if (predicted.value.size() > most_rows)
      page.plain(fmt::format("      and {} more (all: --csv, --json)",
                             predicted.value.size() - most_rows));
    if (!predicted.reason.empty()) page.line("intervals", predicted.reason);
    page.lines("unresolved", predicted.unresolved);
  }
  return page.text();
}

/// Outputs of a network with a hidden layer for the rows of the table, one entry for each.
/// @param problem Of a report, whose data have `hidden`.
std::vector<Predicted> predict_hidden(const PredictRequest& request, const Json& problem,
                                      const std::string& text, const std::string& where) {
  if (!request.response.empty())
    throw UsageError(where +
                     ": --response: a response of a network with a hidden layer may have "
                     "many inputs, or a whole curve of them");
  const Json& data = field(problem, "data", where);
  const Json& hidden = field(data, "hidden", where);
  std::vector<Predicted> all;
  for (const Json& name : field(hidden, "outputs", where))
    all.emplace_back().fit.name = name.get<std::string>();
  const Json& best = field(problem, "global_minimum", where);
  if (best.is_null()) {
    for (Predicted& predicted : all)
      predicted.unresolved.emplace_back("the problem has no best fit");
    return all;
  }
  const Json& points = field(problem, "stationary_points", where);
  const auto number = static_cast<std::size_t>(number_of(best, where));
  if (!points.is_array() || number >= points.size())
    throw UsageError(where + ": its fit is none of its points");
  const Json& point = points[number];
  std::vector<std::string> columns;
  for (const Json& column : field(data, "columns", where))
    columns.push_back(column.get<std::string>());
  const auto activation = activation_from_name(field(data, "activation", where).get<std::string>());
  if (!activation) throw UsageError(where + ": its activation is not known");
  const Matrix W = rows_of(field(point, "hidden_weights", where), where + ": hidden_weights");
  const Matrix B = rows_of(field(point, "output_weights", where), where + ": output_weights");
  const Vector c = numbers_of(field(point, "output_bias", where), where + ": output_bias");
  const auto K = static_cast<Index>(all.size());
  if (W.cols() != static_cast<Index>(columns.size()) || B.rows() != W.rows() || B.cols() != K ||
      c.size() != K)
    throw UsageError(where + ": its weights do not go with its columns and outputs");
  const std::string output = field(hidden, "output", where).get<std::string>();
  if (output != to_string(OutputNode::linear) && output != to_string(OutputNode::sigmoid))
    throw UsageError(where + ": its output is neither linear nor sigmoid");
  OutputScale scale;
  const bool is_sigmoid = output == to_string(OutputNode::sigmoid);
  if (is_sigmoid) {
    const Range own = range(*activation);
    const Json& ends = field(data, "range", where);
    const OutputRange wanted{end_of(ends, 0, where), end_of(ends, 1, where)};
    if (!wanted.is_known() || !(*wanted.low < *wanted.high))
      throw UsageError(where + ": its range has no two ends");
    scale = OutputScale(OutputRange{own.low, own.high}, wanted);
  }
  const Matrix X = parse_model_inputs(text, shown_name(request.file), columns, request.table).X;
  const auto at = [&](double u) { return evaluate(*activation, u).value; };
  const Matrix P = ((X * W.transpose()).unaryExpr(at) * B).rowwise() + c.transpose();
  for (Index k = 0; k < K; ++k) {
    Predicted& predicted = all[static_cast<std::size_t>(k)];
    predicted.value = P.col(k);
    if (is_sigmoid)
      for (double& value : predicted.value) value = scale.output(at(value));
    predicted.reason =
        "none: standard errors are not known of a network with a hidden layer, whose ridge "
        "pulls on all weights";
  }
  return all;
}

/// What the table says of one fit.
Predicted predict(const PredictRequest& request, SavedFit saved, const std::string& text) {
  const std::string source = shown_name(request.file);
  Predicted predicted;
  predicted.fit = std::move(saved);
  if (request.response.empty()) {
    static_cast<PredictedOutputs&>(predicted) =
        predict_outputs(predicted.fit, request.level,
                        parse_model_inputs(text, source, predicted.fit.columns, request.table).X);
    return predicted;
  }
  const SingleInput columns = input_of(predicted.fit, shown_name(request.fit_file));
  predicted.response = parse_model_inputs(text, source, {request.response}, request.table).X.col(0);
  predict_inputs(request, columns, predicted);
  const InputUnits units = input_units(predicted.fit);
  for (Vector* const numbers : {&predicted.value, &predicted.low, &predicted.high})
    for (double& number : *numbers) number = units(number);
  return predicted;
}

}  // namespace

Command predict_command(PredictRequest& request) {
  Command command("predict", about_predict, more_about_predict);
  command
      .add_text("FIT.json", "", "Report of tautrack solve --json, - is standard input",
                request.fit_file)
      .required = true;
  command.add_text("NEW.csv", "", "Table with the rows, - is standard input", request.file)
      .required = true;
  command.group("Prediction");
  command.add_text("--problem", "NAME", "The problem of the report that is meant (default: all)",
                   request.problem);
  command.add_text("--response", "COLUMN", "Responses of which the inputs are wanted",
                   request.response);
  command.add_whole_number("--measurements", "N",
                           "That each response is the mean of; 0: it is exact",
                           request.measurements, 0);
  command.add_number("--level", "P", "Of the intervals", request.level, [](double level) {
    ProfileOptions options;
    options.level = level;
    return options.invalid_reason();
  });
  add_reading_options(command, request.table);
  add_output_options(command, request.outputs, "The predictions, one row a row; '-' as above", "");
  command.set_essentials(
      {"FIT.json", "NEW.csv", "--response", "--measurements", "--level", "--json", "--csv"});
  return command;
}

namespace {

/// The predictions by each problem that is meant.
std::vector<Predicted> predict_all(const PredictRequest& request, const Json& report) {
  const std::string source = shown_name(request.fit_file);
  if (!report.is_object() || report.value("command", "") != "solve")
    throw UsageError(source + ": a report of tautrack solve --json is wanted");
  const std::string text = read_text(request.file);
  std::vector<Predicted> all;
  bool is_known = request.problem.empty();
  for (const Json& problem : field(report, "problems", source)) {
    const std::string name = field(problem, "name", source).get<std::string>();
    if (!request.problem.empty() && name != request.problem) continue;
    is_known = true;
    const std::string where = fmt::format("{}: {}", source, cut(name, quote_width));
    if (const Json& data = field(problem, "data", where);
        data.contains("hidden") && !data.at("hidden").is_null()) {
      for (Predicted& predicted : predict_hidden(request, problem, text, where))
        all.push_back(std::move(predicted));
      continue;
    }
    if (auto saved = saved_fit(problem, where)) {
      all.push_back(predict(request, std::move(*saved), text));
      continue;
    }
    Predicted none;
    none.fit.name = name;
    none.unresolved.emplace_back("the problem has no best fit with finite weights");
    all.push_back(std::move(none));
  }
  if (!is_known)
    throw UsageError(fmt::format("--problem: {} has no problem '{}'", source,
                                 cut(request.problem, quote_width)));
  return all;
}

}  // namespace

int run_predict(const PredictRequest& request) {
  Outputs outputs(request.outputs, request.file);
  const Json report = read_json(request.fit_file);
  std::vector<Predicted> all;
  try {
    all = predict_all(request, report);
  } catch (const Json::exception&) {
    throw UsageError(shown_name(request.fit_file) +
                     ": it is not as tautrack solve --json writes reports");
  }
  outputs.publish([&] { return text_of(request, all); },
                  [&] { return json_text(json_of(request, all)); },
                  [&] { return csv_of(request, all); }, [] { return std::string(); });
  for (const Predicted& predicted : all)
    if (!predicted.unresolved.empty()) return exit_unresolved;
  return exit_solved;
}

}  // namespace tautrack::program
