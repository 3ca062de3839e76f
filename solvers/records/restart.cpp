#include "records/restart.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "io/text.hpp"
#include "io/usage_error.hpp"
#include "records/record.hpp"
#include "records/run_directory.hpp"

namespace tautrack::program {
namespace {

[[noreturn]] void refuse(const std::string& from, const std::string& why) {
  throw UsageError(fmt::format("--from {}: {}", printable(from), why));
}

/// What the task has recorded.
Json result_of(const std::string& from) {
  const std::size_t colon = from.find(':');
  const std::string label = from.substr(colon + 1);
  const RunDirectory run = RunDirectory::open(from.substr(0, colon));
  Json result;
  run.records().for_each([&](std::uint64_t, std::string_view line) {
    if (!result.is_null()) return;
    const std::optional<Record> head = from_line(line, RecordPart::head);
    if (head && head->label == label) result = from_line(line)->result;
  });
  if (result.is_null()) refuse(from, "the run has no finished task of this name");
  return result;
}

/// The weights of a point in a report.
Vector weights_of(const std::string& from, const Json& point, Index count) {
  const auto weights = point.at("weights").get<std::vector<double>>();
  if (static_cast<Index>(weights.size()) != count)
    refuse(from, fmt::format("the task has {}, the data have {}",
                             counted(static_cast<long long>(weights.size()), "weight"), count));
  return Eigen::Map<const Vector>(weights.data(), count);
}

/// An end of a range in a report, or of a request.
std::string end_text(const Json& end) { return end.is_number() ? end.dump() : "free"; }

/// Refuses a task whose outputs have another range. Records of versions that knew no ranges say nothing.
void need_range(const std::string& from, const Json& result, const OutputRange& range) {
  const auto data = result.find("data");
  if (data == result.end() || !data->contains("range")) return;
  const Json recorded = data->at("range");
  const Json asked{value_or_null(range.low), value_or_null(range.high)};
  if (recorded == asked) return;
  if (!recorded.is_array() || recorded.size() != 2) refuse(from, "its record has no range");
  refuse(from, fmt::format("the task has the range {} ... {}, the outputs here {} ... {}",
                           end_text(recorded[0]), end_text(recorded[1]), end_text(asked[0]),
                           end_text(asked[1])));
}

/// Refuses a task that holds other weights. Records of versions that held none say nothing.
void need_held(const std::string& from, const Json& result, const Json& held) {
  Json recorded = Json::object();
  if (const auto data = result.find("data"); data != result.end() && data->contains("held"))
    recorded = data->at("held");
  // Whatever their order.
  if (nlohmann::json(recorded) == nlohmann::json(held)) return;
  refuse(from, fmt::format("the task holds the weights {}, those held here are {}",
                           printable(recorded.dump()), printable(held.dump())));
}

/// Refuses a task of other columns. Records of versions that did not name them say nothing.
void need_columns(const std::string& from, const Json& result,
                  const std::vector<std::string>& columns) {
  const auto data = result.find("data");
  if (data == result.end() || !data->contains("columns")) return;
  const Json& recorded = data->at("columns");
  if (!recorded.is_array() || recorded.size() != columns.size()) return;  // Told with the weights.
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (recorded[i] != columns[i])
      refuse(from, fmt::format("weight {} of the task is that of {}, here it is that of '{}'",
                               i + 1, printable(recorded[i].dump()), cut(columns[i], quote_width)));
}

}  // namespace

RestartPoint restart_point(const std::string& from, const std::vector<std::string>& columns,
                           const OutputRange& range, const Json& held) {
  const Json result = result_of(from);
  const auto weights = static_cast<Index>(columns.size());
  need_columns(from, result, columns);
  need_range(from, result, range);
  need_held(from, result, held);
  try {
    const Json& path = result.at("path");
    const Json& points = path.at("points");
    for (auto point = points.rbegin(); point != points.rend(); ++point) {
      const double tau = point->at("tau");
      // Each fold turns the direction of tau.
      if (point->at("folds_before").get<int>() % 2 == 0 && point->at("kind") != "fold" && tau < 1.0)
        return {tau, weights_of(from, *point, weights)};
    }
  } catch (const Json::exception&) {
    refuse(from, "the task has no path");
  }
  refuse(from,
         "the task has recorded no point before the end at which tau grows (a path that arrived is "
         "recorded with its points by \"points\": true in the manifest)");
}

std::vector<Vector> restart_points(const std::string& from, const std::vector<std::string>& columns,
                                   const OutputRange& range, const Json& held) {
  const Json result = result_of(from);
  const auto weights = static_cast<Index>(columns.size());
  need_columns(from, result, columns);
  need_range(from, result, range);
  need_held(from, result, held);
  std::vector<Vector> points;
  try {
    if (const auto end = result.find("end"); end != result.end() && end->is_object())
      points.push_back(weights_of(from, *end, weights));
    if (const auto list = result.find("stationary_points"); list != result.end())
      for (const Json& point : *list) points.push_back(weights_of(from, point, weights));
  } catch (const Json::exception&) {
    refuse(from, "the record of the task is none of track or solve");
  }
  if (points.empty()) refuse(from, "the task has recorded no stationary point");
  return points;
}

}  // namespace tautrack::program
