#include "io/layers_weights.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "io/json.hpp"
#include "io/json_file.hpp"
#include "io/standard_input.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

Activation activation_of(const Json& layer, const std::string& where) {
  if (!layer.contains("activation")) return Activation::tanh;
  const Json& name = layer["activation"];
  const std::optional<Activation> known =
      name.is_string() ? activation_from_name(name.get_ref<const std::string&>()) : std::nullopt;
  if (known) return *known;
  std::string list;
  for (const std::string_view one : activation_names()) (list += list.empty() ? "" : ", ") += one;
  fail_in_json(where + ": activation",
               fmt::format("{} is none of {}", cut(name.dump(), quote_width), list));
}

Layer layer_of(const Json& layer, const std::string& where) {
  if (!layer.is_object()) fail_in_json(where, "an object with W and b is wanted");
  for (const auto& [field, value] : layer.items())
    if (field != "W" && field != "b" && field != "activation")
      fail_in_json(where,
                   fmt::format("there is a field '{}', but only W, b and activation are known",
                               cut(field, quote_width)));
  for (const char* field : {"W", "b"})
    if (!layer.contains(field)) fail_in_json(where, fmt::format("the field {} is missing", field));
  Matrix W = rows_of(layer["W"], where + ": W");
  Vector b = numbers_of(layer["b"], where + ": b");
  if (b.size() != W.rows())
    fail_in_json(where + ": b",
                 fmt::format("it has {}, but W has {}",
                             counted(static_cast<long long>(b.size()), "number", "numbers"),
                             counted(static_cast<long long>(W.rows()), "row")));
  return {std::move(W), std::move(b), activation_of(layer, where)};
}

std::vector<Layer> layers_of(const Json& json, const std::string& source) {
  if (json.is_object() && !json.contains("layers"))
    fail_in_json(source, "the field layers is missing");
  const Json& list = json.is_object() ? json["layers"] : json;
  if (!list.is_array() || list.empty())
    fail_in_json(source, "a list of layers is wanted, and at least one");
  std::vector<Layer> layers;
  for (std::size_t k = 0; k < list.size(); ++k) {
    const std::string where = fmt::format("{}: layer {}", source, k + 1);
    layers.push_back(layer_of(list[k], where));
    if (k > 0 && layers[k].inputs() != layers[k - 1].outputs())
      fail_in_json(where + ": W",
                   fmt::format("its rows have {}, but layer {} has {}",
                               counted(static_cast<long long>(layers[k].inputs()), "number"), k,
                               counted(static_cast<long long>(layers[k - 1].outputs()), "unit")));
  }
  return layers;
}

}  // namespace

std::vector<Layer> read_layers(const std::string& path) {
  return layers_of(read_json(path), shown_name(path));
}

std::vector<Layer> parse_layers(std::string_view text, const std::string& source) {
  return layers_of(parse_json(text, source), source);
}

namespace {

const Json& field(const Json& object, const char* name, const std::string& where) {
  if (!object.is_object() || !object.contains(name))
    fail_in_json(
        where,
        fmt::format("the field {} is missing: it is no report of tautrack solve --hidden", name));
  return object[name];
}

/// The one problem of a report, or that of this name.
const Json& problem_in(const Json& report, const std::string& name, const std::string& source) {
  const Json& problems = field(report, "problems", source);
  std::string names;
  for (const Json& problem : problems) {
    const std::string own = field(problem, "name", source).get<std::string>();
    if (own == name || (name.empty() && problems.size() == 1)) return problem;
    names += (names.empty() ? "" : ", ") + own;
  }
  fail_in_json(
      source,
      name.empty()
          ? fmt::format("it has several problems, and --problem picks one: {}", names)
          : fmt::format("there is no problem '{}' in it: {}", cut(name, quote_width), names));
}

}  // namespace

std::vector<Layer> read_fitted_layers(const std::string& path, const std::string& problem) {
  const std::string source = shown_name(path);
  const Json report = read_json(path);
  return fitted_layers(problem_in(report, problem, source), source);
}

std::vector<Layer> fitted_layers(const Json& solved, const std::string& source) {
  const Json& data = field(solved, "data", source);
  const Json& hidden = field(data, "hidden", source);
  const Json& best = field(solved, "global_minimum", source);
  if (hidden.is_null() || best.is_null())
    fail_in_json(source, "it has no best fit of a hidden layer");
  const Json& points = field(solved, "stationary_points", source);
  if (!best.is_number_unsigned() || best.get<std::size_t>() >= points.size())
    fail_in_json(source + ": global_minimum", "it is none of the points");
  const Json& point = points[best.get<std::size_t>()];
  const Activation activation = activation_of(data, source);
  const Matrix W = rows_of(field(point, "hidden_weights", source), source + ": hidden_weights");
  const Json& columns = field(data, "columns", source);
  const bool has_bias = columns.is_array() && !columns.empty() && columns.back() == "(bias)";
  if (has_bias && W.cols() < 2) fail_in_json(source, "its layer has no input");
  std::vector<Layer> layers;
  layers.push_back({Matrix(W.leftCols(W.cols() - (has_bias ? 1 : 0))),
                    has_bias ? Vector(W.rightCols(1)) : Vector(Vector::Zero(W.rows())),
                    activation});
  if (field(hidden, "output", source) == "linear") return layers;
  const Matrix B = rows_of(field(point, "output_weights", source), source + ": output_weights");
  layers.push_back({Matrix(B.transpose()),
                    numbers_of(field(point, "output_bias", source), source + ": output_bias"),
                    activation});
  return layers;
}

}  // namespace tautrack::program
