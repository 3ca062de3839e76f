#include "records/record.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "io/digest.hpp"

namespace tautrack::program {
namespace {

// A line is
//   {"task":17,...,"result":{...},"seconds":0.25,"checksum":"0123456789abcdef"}
// or, of a search along curves,
//   {"item":17,"round":2,"input":"0123...","seconds":0.25,"text":"","numbers":"0123...","checksum":"..."}
// Quotes inside strings are escaped in JSON, so that none of these marks can stand inside a string.
constexpr std::string_view opening = "{\"task\":";
constexpr std::string_view item_opening = "{\"item\":";
constexpr std::string_view result_mark = ",\"result\":";
constexpr std::string_view seconds_mark = ",\"seconds\":";
constexpr std::string_view checksum_mark = ",\"checksum\":\"";
constexpr std::string_view closing = "\"}";
constexpr std::size_t checksum_digits = 16;

/// The part before the checksum of a line that begins like this, if that is right.
std::optional<std::string_view> sound_part(std::string_view line, std::string_view beginning) {
  const std::size_t tail = checksum_mark.size() + checksum_digits + closing.size();
  if (line.size() < beginning.size() + tail || !line.starts_with(beginning)) return std::nullopt;
  const std::string_view body = line.substr(0, line.size() - tail);
  std::string_view rest = line.substr(body.size());
  if (!rest.starts_with(checksum_mark) || !rest.ends_with(closing)) return std::nullopt;
  rest.remove_prefix(checksum_mark.size());
  return rest.starts_with(checksum(body)) ? std::optional(body) : std::nullopt;
}

/// The line with its checksum and its end.
std::string sealed(std::string line) {
  line += fmt::format("{}{}{}\n", checksum_mark, checksum(line), closing);
  return line;
}

/// Takes a mark and the number behind it from the front of the text. Returns whether they are there.
template <class Number>
bool take(std::string_view& text, std::string_view mark, Number& number, int base = 10) {
  if (!text.starts_with(mark)) return false;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + mark.size(), end, number, base);
  if (error != std::errc() || stop == end) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return true;
}

constexpr std::size_t number_digits = 16;
constexpr int hexadecimal = 16;

/// The numbers of a text of their bits; nothing when it is none.
std::optional<std::vector<double>> numbers_of(std::string_view text) {
  if (text.size() % number_digits != 0) return std::nullopt;
  std::vector<double> numbers;
  numbers.reserve(text.size() / number_digits);
  for (const char* at = text.data(); at != text.data() + text.size(); at += number_digits) {
    std::uint64_t bits = 0;
    if (std::from_chars(at, at + number_digits, bits, hexadecimal).ptr != at + number_digits)
      return std::nullopt;
    numbers.push_back(std::bit_cast<double>(bits));
  }
  return numbers;
}

std::string dumped(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The text in quotes.
std::string dumped(const std::string& text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
  return is_plain ? '"' + text + '"' : dumped(Json(text));
}

/// Takes a mark and the text behind it, up to its quote, from the front. False, too, where that has escapes.
bool take_text(std::string_view& text, std::string_view mark, std::string& value) {
  if (!text.starts_with(mark)) return false;
  const std::size_t begin = mark.size(), end = text.find('"', begin);
  if (end == std::string_view::npos) return false;
  value = text.substr(begin, end - begin);
  text.remove_prefix(end + 1);
  return value.find('\\') == std::string::npos;
}

/// Takes a mark and all that stands before the next one, or without one to the end, as JSON.
bool take_json(std::string_view& text, std::string_view mark, std::string_view next, Json& value) {
  if (!text.starts_with(mark)) return false;
  const std::size_t begin = mark.size();
  const std::size_t end = next.empty() ? text.size() : text.find(next, begin);
  if (end == std::string_view::npos) return false;
  value = Json::parse(text.substr(begin, end - begin), nullptr, false);
  text.remove_prefix(end);
  return !value.is_discarded();
}

/// The head of a record as to_line() writes it when its texts need no escapes: a summary of a million records reads
/// nothing else. Nothing for others.
std::optional<Record> plain_head(std::string_view head) {
  Record record;
  if (!take(head, opening, record.task) || !take_text(head, R"(,"label":")", record.label))
    return std::nullopt;
  record.solved = head.starts_with(R"(,"solved":true)");
  const std::string_view solved = record.solved ? R"(,"solved":true)" : R"(,"solved":false)";
  if (!head.starts_with(solved)) return std::nullopt;
  head.remove_prefix(solved.size());
  const bool is_plain = take_text(head, R"(,"status":")", record.status) &&
                        take_text(head, R"(,"reason":")", record.reason) &&
                        take_text(head, R"(,"problem":")", record.problem) &&
                        take_text(head, R"(,"audit":")", record.audit) &&
                        take_json(head, R"(,"end":)", R"(,"kind":")", record.end) &&
                        take_text(head, R"(,"kind":")", record.kind) &&
                        take_json(head, R"(,"work":)", "", record.work);
  return is_plain ? std::optional(std::move(record)) : std::nullopt;
}

}  // namespace

std::string to_line(const Record& record) {
  const double seconds = std::isfinite(record.seconds) ? record.seconds : 0.0;
  std::string line = fmt::format(
      R"({}{},"label":{},"solved":{},"status":{},"reason":{},"problem":{},"audit":{},"end":{},"kind":{},"work":{}{}{}{}{:.6f})",
      opening, record.task, dumped(record.label), record.solved, dumped(record.status),
      dumped(record.reason), dumped(record.problem), dumped(record.audit), dumped(record.end),
      dumped(record.kind), dumped(record.work), result_mark, dumped(record.result), seconds_mark,
      seconds);
  return sealed(std::move(line));
}

std::optional<Record> from_line(std::string_view line, RecordPart part) {
  std::optional<std::string_view> body = sound_part(line, opening);
  if (!body) return std::nullopt;
  if (part == RecordPart::head) {
    body = body->substr(0, body->find(result_mark));
    if (std::optional<Record> plain = plain_head(*body)) return plain;
  }
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
    record.kind = json.value("kind", "");  // Records of before have none.
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
  if (!sound_part(line, opening)) return std::nullopt;
  std::uint64_t task = 0;
  if (!take(line, opening, task) || line.front() != ',') return std::nullopt;
  return task;
}

std::string_view lasting_part(std::string_view line) {
  return line.substr(0, line.rfind(seconds_mark));
}

std::string to_line(const WorkItem& item, const WorkOutcome& outcome) {
  std::string line = fmt::format(
      R"({}{},"round":{},"input":"{:016x}"{}{:.6f},"text":{},"numbers":")", item_opening,
      item.number, item.round, item.input, seconds_mark, outcome.seconds, dumped(outcome.text));
  for (const double number : outcome.numbers)
    fmt::format_to(std::back_inserter(line), "{:016x}", std::bit_cast<std::uint64_t>(number));
  line += '"';
  return sealed(std::move(line));
}

std::optional<WorkItem> item_of_line(std::string_view line) {
  if (!sound_part(line, item_opening)) return std::nullopt;
  WorkItem item;
  if (!take(line, item_opening, item.number) || !take(line, ",\"round\":", item.round) ||
      !take(line, ",\"input\":\"", item.input, hexadecimal) || line.front() != '"' ||
      item.number < 0)
    return std::nullopt;
  return item;
}

std::optional<WorkOutcome> outcome_of_line(std::string_view line) {
  const std::optional<std::string_view> body = sound_part(line, item_opening);
  if (!body) return std::nullopt;
  const Json json = Json::parse(std::string(*body) + '}', nullptr, false);
  try {
    WorkOutcome outcome;
    outcome.seconds = json.at("seconds").get<double>();
    outcome.text = json.at("text").get<std::string>();
    std::optional<std::vector<double>> numbers =
        numbers_of(json.at("numbers").get_ref<const std::string&>());
    if (!numbers) return std::nullopt;
    outcome.numbers = std::move(*numbers);
    return outcome;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace tautrack::program
