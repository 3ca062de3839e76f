#include "record.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "digest.hpp"

namespace tautrack::program {
namespace {

// A line is
//   {"task":17,...,"result":{...},"seconds":0.25,"checksum":"0123456789abcdef"}
// Quotes inside strings are escaped in JSON, so that none of these marks can stand inside a string.
constexpr std::string_view opening = "{\"task\":";
constexpr std::string_view result_mark = ",\"result\":";
constexpr std::string_view seconds_mark = ",\"seconds\":";
constexpr std::string_view checksum_mark = ",\"checksum\":\"";
constexpr std::string_view closing = "\"}";
constexpr std::size_t checksum_digits = 16;

/// The part before the checksum, if that is right.
std::optional<std::string_view> sound_part(std::string_view line) {
  const std::size_t tail = checksum_mark.size() + checksum_digits + closing.size();
  if (line.size() < opening.size() + tail || !line.starts_with(opening)) return std::nullopt;
  const std::string_view body = line.substr(0, line.size() - tail);
  if (line.substr(body.size()) != fmt::format("{}{}{}", checksum_mark, checksum(body), closing))
    return std::nullopt;
  return body;
}

std::string dumped(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_line(const Record& record) {
  const double seconds = std::isfinite(record.seconds) ? record.seconds : 0.0;
  std::string line = fmt::format(
      R"({}{},"label":{},"solved":{},"status":{},"reason":{},"problem":{},"audit":{},"end":{},"work":{}{}{}{}{:.6f})",
      opening, record.task, dumped(record.label), record.solved, dumped(record.status),
      dumped(record.reason), dumped(record.problem), dumped(record.audit), dumped(record.end),
      dumped(record.work), result_mark, dumped(record.result), seconds_mark, seconds);
  line += fmt::format("{}{}{}\n", checksum_mark, checksum(line), closing);
  return line;
}

std::optional<Record> from_line(std::string_view line, RecordPart part) {
  std::optional<std::string_view> body = sound_part(line);
  if (!body) return std::nullopt;
  if (part == RecordPart::head) body = body->substr(0, body->find(result_mark));
  const Json json = Json::parse(std::string(*body) + '}', nullptr, false);
  try {
    Record record;
    record.task = json.at("task").get<std::uint64_t>();
    record.label = json.at("label").get<std::string>();
    record.solved = json.at("solved").get<bool>();
    record.status = json.at("status").get<std::string>();
    record.reason = json.at("reason").get<std::string>();
    record.problem = json.at("problem").get<std::string>();
    record.audit = json.at("audit").get<std::string>();
    record.end = json.at("end");
    record.work = json.at("work");
    if (part == RecordPart::whole) {
      record.result = json.at("result");
      record.seconds = json.at("seconds").get<double>();
    }
    return record;
  } catch (const Json::exception&) {
    return std::nullopt;  // A sound checksum over what no version of ours writes.
  }
}

std::optional<std::uint64_t> task_of_line(std::string_view line) {
  if (!sound_part(line)) return std::nullopt;
  std::uint64_t task = 0;
  const char* const end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data() + opening.size(), end, task);
  if (error != std::errc() || stop == end || *stop != ',') return std::nullopt;
  return task;
}

std::string_view lasting_part(std::string_view line) {
  return line.substr(0, line.rfind(seconds_mark));
}

}  // namespace tautrack::program
