#include "records/manifest.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "tautrack/core/nearest_name.hpp"
#include "tautrack/data/dataset.hpp"

#include "io/standard_input.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

/// Options that do not say what is computed, and so stand in no manifest.
constexpr std::array<std::string_view, 12> outer_options{
    "help",  "version", "json",    "csv", "plot", "points",
    "quiet", "verbose", "threads", "run", "from", "split-rows"};

/// The option --targets, which is no file there.
constexpr std::string_view targets_option = "targets", target_columns = "target-columns";

bool is_outer(std::string_view option) {
  return std::find(outer_options.begin(), outer_options.end(), option) != outer_options.end();
}

/// The key without the dashes that it may have as an option of the command line.
std::string_view without_dashes(std::string_view key) {
  key.remove_prefix(std::min(key.find_first_not_of('-'), key.size()));
  return key;
}

/// Longest range of whole numbers.
constexpr std::int64_t longest_range = 10'000'000;

class Reader {
 public:
  explicit Reader(const std::string& source) : source_(source) {}

  [[noreturn]] void fail(const std::string& place, const std::string& rule) const {
    throw DataError(
        fmt::format("{}: {}{}{}", source_, printable(place), place.empty() ? "" : ": ", rule));
  }

  std::string text(const Json& json, const std::string& place) const {
    if (!json.is_string()) fail(place, "a text is needed");
    if (json.get<std::string>().empty()) fail(place, "the text is empty");
    return json.get<std::string>();
  }

  /// What an option may be given as: a text, a number, true or false.
  std::string value(const Json& json, const std::string& place) const {
    if (json.is_string()) return json.get<std::string>();
    if (json.is_number() || json.is_boolean()) return json.dump();
    fail(place, "a text, a number, true or false is needed");
  }

  /// One value, a list of them, or a range of whole numbers.
  std::vector<std::string> values(const Json& json, const std::string& place) const {
    if (json.is_object()) return range(json, place);
    if (!json.is_array()) return {value(json, place)};
    if (json.empty()) fail(place, "the list is empty");
    std::vector<std::string> list;
    for (const Json& one : json)
      list.push_back(value(one, fmt::format("{}[{}]", place, list.size())));
    std::set<std::string> distinct(list.begin(), list.end());
    if (distinct.size() != list.size()) fail(place, "the list names a value twice");
    return list;
  }

  std::vector<std::string> range(const Json& json, const std::string& place) const {
    for (const auto& [key, end] : json.items())
      if (key != "from" && key != "to")
        fail(place, fmt::format("there is no member '{}': a range has 'from' and 'to'",
                                cut(key, quote_width)));
    const auto whole = [&](const char* key) -> std::int64_t {
      if (!json.contains(key) || !json[key].is_number_integer() ||
          (json[key].is_number_unsigned() &&
           json[key].get<std::uint64_t>() >
               static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())))
        fail(place, fmt::format("the range needs a whole number '{}'", key));
      return json[key].get<std::int64_t>();
    };
    const std::int64_t from = whole("from");
    const std::int64_t to = whole("to");
    if (to < from) fail(place, fmt::format("the range from {} to {} is empty", from, to));
    if (static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from) >=
        static_cast<std::uint64_t>(longest_range))
      fail(place, fmt::format("a range has at most {} numbers", longest_range));
    std::vector<std::string> list;
    for (std::int64_t i = from;; ++i) {
      list.push_back(std::to_string(i));
      if (i == to) return list;
    }
  }

  TaskGroup group(const Json& json, const std::string& place) const {
    if (!json.is_object()) fail(place, "an object is needed");
    TaskGroup group;
    group.data = {""};
    for (const auto& [key, member] : json.items()) {
      const std::string at = place + "." + key;
      if (key == "command") {
        group.command = text(member, at);
        if (group.command != "track" && group.command != "solve")
          fail(at, fmt::format("'{}' is neither track nor solve", group.command));
      } else if (key == "name") {
        group.name = text(member, at);
      } else if (key == "targets") {
        group.targets = text(member, at);
      } else if (key == "data") {
        group.data =
            member.is_array() ? values(member, at) : std::vector<std::string>{text(member, at)};
        for (const std::string& file : group.data) {
          if (file.empty()) fail(at, "the name of a file is empty");
          if (is_standard_input(file))
            fail(at, "standard input cannot be read again, as a run must: name a file");
        }
      } else if (is_outer(without_dashes(key))) {
        fail(at, fmt::format("--{} belongs to the command line, not to a manifest",
                             without_dashes(key)));
      } else {
        group.options.emplace_back(key, values(member, at));
      }
    }
    group.place = fmt::format("{}: {} ({})", source_, place, cut(group.label(), quote_width));
    if (group.command.empty()) {
      std::vector<std::string> keys;
      for (const auto& [option, list] : group.options) keys.push_back(option);
      const std::string misspelt = nearest_name("command", keys);
      fail(place, "a member 'command' is needed: track or solve" +
                      (misspelt.empty()
                           ? ""
                           : fmt::format("; is it called '{}'?", cut(misspelt, quote_width))));
    }
    std::uint64_t count = group.data.size();
    for (const auto& [option, list] : group.options)
      if ((count *= list.size()) > static_cast<std::uint64_t>(longest_range))
        fail(place, fmt::format("more than {} combinations of its values", longest_range));
    return group;
  }

 private:
  const std::string& source_;
};

}  // namespace

std::string TaskGroup::label() const {
  std::string label = name.empty() ? "" : name + " ";
  label += data.front().empty() ? "iris" : data.front();
  return data.size() > 1 ? label + ", ..." : label;
}

std::vector<std::string> TaskGroup::members() { return {"command", "data", "targets", "name"}; }

std::uint64_t TaskGroup::combinations() const {
  std::uint64_t count = data.size();
  for (const auto& [option, list] : options) count *= list.size();
  return count;
}

Manifest Manifest::parse(const Json& json, const std::string& source) {
  const Reader reader(source);
  if (!json.is_object()) reader.fail("", "a manifest is an object with a member 'tasks'");
  Manifest manifest;
  for (const auto& [key, member] : json.items()) {
    if (key == "points") {
      if (!member.is_boolean()) reader.fail(key, "true or false is needed");
      manifest.keeps_points = member.get<bool>();
    } else if (key == "tasks") {
      if (!member.is_array() || member.empty()) reader.fail(key, "a list of tasks is needed");
      for (const Json& one : member)
        manifest.groups.push_back(
            reader.group(one, fmt::format("tasks[{}]", manifest.groups.size())));
    } else {
      reader.fail(key, "there is no such member: a manifest has 'tasks' and 'points'");
    }
  }
  if (manifest.groups.empty()) reader.fail("", "a member 'tasks' is needed");
  return manifest;
}

Call call_of(const TaskGroup& group, std::uint64_t number) {
  // Mixed radix, the last option being the lowest digit.
  std::vector<std::size_t> digits(group.options.size());
  for (std::size_t i = group.options.size(); i-- > 0;) {
    const std::size_t radix = group.options[i].second.size();
    digits[i] = number % radix;
    number /= radix;
  }
  Call call;
  call.data = group.data[number];
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto& [option, list] = group.options[i];
    const std::string& value = list[digits[i]];
    if (list.size() > 1) call.varying += fmt::format(" {}={}", option, value);
    if (value == "false") continue;
    const std::string_view name = option == target_columns ? targets_option : option;
    call.arguments.push_back(value == "true" ? fmt::format("--{}", name)
                                             : fmt::format("--{}={}", name, value));
  }
  return call;
}

std::string manifest_key(const std::string& option) {
  return option == targets_option ? std::string(target_columns) : option;
}

bool is_manifest_option(std::string_view option) { return !is_outer(option); }

Json manifest_of(const Command& command) {
  Json task{{"command", command.name()}};
  for (const Option& option : command.options()) {
    if (option.given.empty()) continue;
    if (!option.name.starts_with("--")) {
      if (is_standard_input(option.given.back()))
        throw UsageError("--run: standard input cannot be read again by resume: name a data file");
      task["data"] = option.given.back();
      continue;
    }
    const std::string name = option.name.substr(2);
    if (is_outer(name)) continue;
    std::string value;
    for (const std::string& one : option.given) value += (value.empty() ? "" : ";") + one;
    if (option.kind != Option::Kind::flag && !option.repeated) value = option.given.back();
    if (option.kind != Option::Kind::flag && (value == "true" || value == "false"))
      throw UsageError(fmt::format(
          "{} {}: not with --run, whose manifest has this word for options without value",
          option.name, value));
    task[manifest_key(name)] = option.kind == Option::Kind::flag ? Json(true) : Json(value);
  }
  return {{"points", true}, {"tasks", Json::array({task})}};
}

}  // namespace tautrack::program
