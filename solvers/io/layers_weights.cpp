#include "io/layers_weights.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "io/file.hpp"
#include "io/json.hpp"
#include "io/standard_input.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

[[noreturn]] void fail(const std::string& where, std::string_view rule) {
  throw UsageError(fmt::format("{}: {}", where, rule));
}

std::string read_all(const std::string& path) {
  const auto reason = [] { return std::generic_category().message(errno); };
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) fail(path, "the file cannot be opened: " + reason());
  std::string bytes;
  char chunk[65536];
  while (const std::size_t read = std::fread(chunk, 1, sizeof chunk, file.get()))
    bytes.append(chunk, read);
  if (std::ferror(file.get()) != 0) fail(path, "the file cannot be read: " + reason());
  return bytes;
}

/// The text as JSON.
Json parse(std::string_view text, const std::string& source) {
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    const std::string_view before = text.substr(0, error.byte == 0 ? 0 : error.byte - 1);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    std::string_view reason = error.what();  // "[...] parse error at line 1, column 2: REASON"
    if (const std::size_t at = reason.find("column"); at != std::string_view::npos)
      reason = reason.substr(std::min(reason.find(": ", at), reason.size() - 2) + 2);
    fail(fmt::format("{}:{}", source, line), fmt::format("this is not JSON: {}", reason));
  } catch (const Json::exception&) {
    fail(source, "a number is outside the range of double precision");
  }
}

/// The numbers of an array.
Vector numbers_of(const Json& array, const std::string& where) {
  if (!array.is_array() || array.empty())
    fail(where, "a list of numbers is wanted, and at least one");
  Vector numbers(static_cast<Index>(array.size()));
  for (std::size_t i = 0; i < array.size(); ++i) {
    const std::string entry = fmt::format("{}, entry {}", where, i + 1);
    if (!array[i].is_number())
      fail(entry, fmt::format("{} is not a number", cut(array[i].dump(), quote_width)));
    const auto number = array[i].get<double>();
    if (!std::isfinite(number)) fail(entry, "it is outside the range of double precision");
    numbers(static_cast<Index>(i)) = number;
  }
  return numbers;
}

Matrix rows_of(const Json& array, const std::string& where) {
  if (!array.is_array() || array.empty())
    fail(where, "a list of rows is wanted, one row a unit, and at least one");
  Matrix rows;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const Vector row = numbers_of(array[i], fmt::format("{}, row {}", where, i + 1));
    if (i == 0) rows.resize(static_cast<Index>(array.size()), row.size());
    if (row.size() != rows.cols())
      fail(fmt::format("{}, row {}", where, i + 1),
           fmt::format("it has {}, but row 1 has {}",
                       counted(static_cast<long long>(row.size()), "number"), rows.cols()));
    rows.row(static_cast<Index>(i)) = row.transpose();
  }
  return rows;
}

Activation activation_of(const Json& layer, const std::string& where) {
  if (!layer.contains("activation")) return Activation::tanh;
  const Json& name = layer["activation"];
  const std::optional<Activation> known =
      name.is_string() ? activation_from_name(name.get_ref<const std::string&>()) : std::nullopt;
  if (known) return *known;
  std::string list;
  for (const std::string_view one : activation_names()) (list += list.empty() ? "" : ", ") += one;
  fail(where + ": activation",
       fmt::format("{} is none of {}", cut(name.dump(), quote_width), list));
}

Layer layer_of(const Json& layer, const std::string& where) {
  if (!layer.is_object()) fail(where, "an object with W and b is wanted");
  for (const auto& [field, value] : layer.items())
    if (field != "W" && field != "b" && field != "activation")
      fail(where, fmt::format("there is a field '{}', but only W, b and activation are known",
                              cut(field, quote_width)));
  for (const char* field : {"W", "b"})
    if (!layer.contains(field)) fail(where, fmt::format("the field {} is missing", field));
  Matrix W = rows_of(layer["W"], where + ": W");
  Vector b = numbers_of(layer["b"], where + ": b");
  if (b.size() != W.rows())
    fail(where + ": b", fmt::format("it has {}, but W has {}",
                                    counted(static_cast<long long>(b.size()), "number", "numbers"),
                                    counted(static_cast<long long>(W.rows()), "row")));
  return {std::move(W), std::move(b), activation_of(layer, where)};
}

}  // namespace

std::vector<Layer> read_layers(const std::string& path) {
  return is_standard_input(path) ? parse_layers(read_standard_input(), shown_name(path))
                                 : parse_layers(read_all(path), path);
}

std::vector<Layer> parse_layers(std::string_view text, const std::string& source) {
  const Json json = parse(text, source);
  if (json.is_object() && !json.contains("layers")) fail(source, "the field layers is missing");
  const Json& list = json.is_object() ? json["layers"] : json;
  if (!list.is_array() || list.empty())
    fail(source, "a list of layers is wanted, and at least one");
  std::vector<Layer> layers;
  for (std::size_t k = 0; k < list.size(); ++k) {
    const std::string where = fmt::format("{}: layer {}", source, k + 1);
    layers.push_back(layer_of(list[k], where));
    if (k > 0 && layers[k].inputs() != layers[k - 1].outputs())
      fail(where + ": W",
           fmt::format("its rows have {}, but layer {} has {}",
                       counted(static_cast<long long>(layers[k].inputs()), "number"), k,
                       counted(static_cast<long long>(layers[k - 1].outputs()), "unit")));
  }
  return layers;
}

}  // namespace tautrack::program
