#include "runs/report.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tautrack/version.hpp"

#include "commands/page.hpp"
#include "io/csv_field.hpp"
#include "io/output_files.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"
#include "records/record.hpp"
#include "records/run_directory.hpp"

namespace tautrack::program {
namespace {

constexpr std::size_t most_rows = 10;  ///< Of each list in the text.
constexpr std::size_t most_reasons =
    20;  ///< That are told apart; numbers in them count as the same.
constexpr std::size_t label_columns = 40;
constexpr double same_energy = 1e-8;  ///< Relative difference of energies that are taken for one.
/// Below that, in units of the activation, an energy is compared as if it were as large.
constexpr double small_energy = 1e-3;

/// Reasons that differ in numbers only are one.
std::string kind_of_reason(const std::string& reason) {
  std::string kind;
  for (const char c : reason) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit)
      kind += c;
    else if (kind.empty() || kind.back() != '#')
      kind += '#';
  }
  return kind;
}

/// Amount of work, comparable within a run: times differ from run to run.
std::int64_t work_of(const Record& record) {
  if (!record.work.is_object() || record.work.empty()) return 0;
  const Json& first = record.work.begin().value();
  return first.is_number_integer() ? first.get<std::int64_t>() : 0;
}

struct Reason {
  std::string example;  ///< The first one.
  std::uint64_t count = 0;
};

struct Entry {
  std::string label;
  std::string status;
  std::string reason;
  std::int64_t work = 0;
};

/// The end of a path, to be compared with those of other tasks that ask for the same path.
struct KnownEnd {
  std::uint64_t problem = 0;  ///< Digest.
  std::uint64_t task = 0;
  double energy = 0.0;
  std::int32_t morse_index = -1;
  std::int32_t folds = 0;
  double unit = 1.0;  ///< Of energies.

  [[nodiscard]] bool agrees_with(const KnownEnd& other) const {
    return morse_index == other.morse_index && folds == other.folds &&
           std::abs(energy - other.energy) <=
               same_energy * (std::abs(energy) + small_energy * unit);
  }
};

std::optional<KnownEnd> end_of(const Record& record) {
  const Json& end = record.end;
  constexpr std::size_t of_path = 3;  // The unit of energies may follow.
  if (!end.is_array() || end.size() < of_path || !end[0].is_number() || !end[2].is_number_integer())
    return std::nullopt;
  KnownEnd known{
      0,
      record.task,
      end[0].get<double>(),
      end[1].is_number_integer() ? end[1].get<std::int32_t>() : -1,
      end[2].get<std::int32_t>(),
      end.size() > of_path && end[of_path].is_number() ? end[of_path].get<double>() : 1.0};
  const char* const last = record.problem.data() + record.problem.size();
  if (std::from_chars(record.problem.data(), last, known.problem, 16).ptr != last)
    return std::nullopt;
  return known;
}

/// Tasks that ask for the path of another one and come to another end. Sorts the ends.
std::set<std::uint64_t> crossed_tasks(std::vector<KnownEnd>& ends) {
  std::sort(ends.begin(), ends.end(), [](const KnownEnd& a, const KnownEnd& b) {
    return std::pair(a.problem, a.task) < std::pair(b.problem, b.task);
  });
  std::set<std::uint64_t> tasks;
  for (std::size_t first = 0, last = 0; first < ends.size(); first = last) {
    bool agree = true;
    for (last = first; last < ends.size() && ends[last].problem == ends[first].problem; ++last)
      agree = agree && ends[last].agrees_with(ends[first]);
    for (std::size_t i = first; i < last && !agree; ++i) tasks.insert(ends[i].task);
  }
  return tasks;
}

/// What a run has come to.
struct Summary {
  std::uint64_t tasks = 0;
  std::uint64_t done = 0;
  std::uint64_t damaged = 0;
  std::uint64_t solved = 0;
  std::map<std::string, std::uint64_t> statuses;
  std::map<std::pair<std::string, std::string>, Reason> reasons;  ///< By status and kind.
  std::vector<Entry> most_work;                                   ///< Largest first.
  std::vector<Entry> unresolved;                                  ///< The first ones.
  std::map<std::string, std::uint64_t> audits;                    ///< By verdict.
  std::int64_t work = 0;
  std::map<std::string, long long> kinds;  ///< Of the ends of paths.
  std::vector<KnownEnd> ends;              ///< Of paths.

  [[nodiscard]] long long of_kind(const std::string& kind) const {
    const auto found = kinds.find(kind);
    return found == kinds.end() ? 0 : found->second;
  }

  /// @param crossed Of crossed_tasks().
  void take(Record record, const std::set<std::uint64_t>& crossed);
};

void Summary::take(Record record, const std::set<std::uint64_t>& crossed) {
  if (const std::optional<KnownEnd> end = end_of(record)) ends.push_back(*end);
  if (crossed.contains(record.task)) {
    record.solved = false;
    record.status = "crossed";
    record.reason = "another task asks for the same path and comes to another end";
  }
  ++statuses[record.status];
  const std::int64_t amount = work_of(record);
  work += amount;
  if (!record.audit.empty()) ++audits[record.audit];
  if (!record.kind.empty()) ++kinds[record.kind];
  if (record.solved) {
    ++solved;
  } else {
    std::pair<std::string, std::string> key{record.status, kind_of_reason(record.reason)};
    if (reasons.size() >= most_reasons && !reasons.contains(key))
      key = {record.status, "other reasons"};
    Reason& reason = reasons[key];
    if (reason.count++ == 0)
      reason.example = key.second == "other reasons" ? key.second : record.reason;
    if (unresolved.size() < most_rows)
      unresolved.push_back({record.label, record.status, record.reason, amount});
  }
  const auto is_less = [](const Entry& a, const Entry& b) { return a.work > b.work; };
  if (most_work.size() < most_rows || amount > most_work.back().work) {
    Entry entry{record.label, record.status, record.reason, amount};
    most_work.insert(std::upper_bound(most_work.begin(), most_work.end(), entry, is_less),
                     std::move(entry));
    if (most_work.size() > most_rows) most_work.pop_back();
  }
}

std::string csv_optional(const Json& json) {
  if (json.is_number_float()) return csv_field(json.get<double>());
  return json.is_null() ? "" : csv_field(json.is_string() ? json.get<std::string>() : json.dump());
}

/// A member of a member, or null.
Json at_path(const Json& json, std::initializer_list<const char*> members) {
  const Json* here = &json;
  for (const char* member : members) {
    if (!here->is_object() || !here->contains(member)) return {};
    here = &(*here)[member];
  }
  return *here;
}

constexpr std::string_view csv_titles =
    "task,label,solved,status,energy,morse_index,folds,points,minima,unique,completeness,work,"
    "reason,kind,saddles,maxima\n";

std::string csv_row(const Record& record) {
  const Json& result = record.result;
  const Json points = at_path(result, {"stationary_points"});
  Json energy = at_path(result, {"end", "energy"});
  Json index = at_path(result, {"end", "morse_index"});
  std::string kind = record.kind;
  std::string minima, saddles, maxima;
  if (points.is_array()) {  // Of `solve`: the best fit, not the end of the path.
    const Json best = at_path(result, {"global_minimum"});
    const bool has_best = best.is_number_unsigned() && best.get<std::size_t>() < points.size();
    energy = has_best ? at_path(points[best.get<std::size_t>()], {"energy"}) : Json();
    index = has_best ? at_path(points[best.get<std::size_t>()], {"morse_index"}) : Json();
    kind = has_best ? "minimum" : "";
    const auto number_of = [&](const char* one) {
      return std::to_string(std::count_if(points.begin(), points.end(), [one](const Json& point) {
        return at_path(point, {"kind"}) == one;
      }));
    };
    minima = number_of("minimum");
    saddles = number_of("saddle");
    maxima = number_of("maximum");
  }
  const Json folds = at_path(result, {"path", "folds"});
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", record.task + 1,
                     csv_field(record.label), record.solved ? 1 : 0, csv_field(record.status),
                     csv_optional(energy), csv_optional(index),
                     folds.is_array() ? std::to_string(folds.size()) : "",
                     points.is_array() ? std::to_string(points.size()) : "", minima,
                     csv_optional(at_path(result, {"unique", "answer"})),
                     csv_optional(at_path(result, {"completeness", "level"})), work_of(record),
                     csv_field(record.reason), csv_field(kind), saddles, maxima);
}

/// What paths end at, and what that is worth; empty without ends.
std::string ends_text(const Summary& summary) {
  EndKinds ends;
  ends.minima = summary.of_kind("minimum");
  ends.saddles = summary.of_kind("saddle");
  ends.maxima = summary.of_kind("maximum");
  ends.saddles_or_maxima = summary.of_kind("saddle or maximum");
  if (summary.kinds.empty()) return "";
  std::string text =
      fmt::format("{}, {}, {}", counted(ends.minima, "minimum", "minima"),
                  counted(ends.saddles, "saddle"), counted(ends.maxima, "maximum", "maxima"));
  for (const auto& [kind, count] : summary.kinds)
    if (kind != "minimum" && kind != "saddle" && kind != "maximum")
      text += ", " +
              counted(count, kind, kind == "saddle or maximum" ? "saddles or maxima" : kind + 's');
  const std::string worth = worth_text(ends);
  return worth.empty() ? text : fmt::format("{}; {}", text, worth);
}

std::string text_report(const RunDirectory& run, const Summary& summary) {
  Page page;
  page.plain(fmt::format("tautrack {} run: {}", version, run.folder().string()));
  page.plain("");
  const std::uint64_t left = summary.tasks - summary.done;
  page.line("from", run.description()["name"].get<std::string>());
  page.line("tasks", fmt::format("{}: {} done, {} left", summary.tasks, summary.done, left));
  if (left > 0)
    page.line("state", run.is_locked() ? "a process is working on it"
                                       : fmt::format("interrupted; go on: tautrack resume {}",
                                                     run.folder().string()));
  if (summary.damaged > 0)
    page.line("damaged",
              fmt::format("{} of the record cannot be read and are left out; what they held is "
                          "done again",
                          counted(static_cast<long long>(summary.damaged), "line")));
  page.line("solved", std::to_string(summary.solved));
  page.line("unresolved", std::to_string(summary.done - summary.solved));
  for (const auto& [key, reason] : summary.reasons)
    page.line("", fmt::format("{} {}: {}", reason.count, key.first, reason.example));
  if (const std::string ends = ends_text(summary); !ends.empty()) page.line("ends", ends);
  const auto list = [&](const char* title, const std::vector<Entry>& entries, auto text) {
    std::string_view label = title;
    for (const Entry& entry : entries) {
      page.row(
          fmt::format("{:<{}}  {}", cut(entry.label, label_columns), label_columns, text(entry)),
          label);
      label = "";
    }
  };
  list("first of these", summary.unresolved, [](const Entry& entry) { return entry.status; });
  // Fits of a range take descents and boxes, no steps.
  if (summary.work > 0) {
    list("most work", summary.most_work,
         [](const Entry& entry) { return counted(entry.work, "step"); });
    page.line("work", counted(summary.work, "step"));
  }
  std::string audits;
  for (const auto& [verdict, count] : summary.audits)
    audits += fmt::format("{}{} {}", audits.empty() ? "" : ", ", count, verdict);
  if (!audits.empty()) page.line("audit", audits);
  return page.text();
}

Json json_summary(const RunDirectory& run, const Summary& summary) {
  Json reasons = Json::array();
  for (const auto& [key, reason] : summary.reasons)
    reasons.push_back(
        {{"status", key.first}, {"count", reason.count}, {"example", reason.example}});
  const auto list = [](const std::vector<Entry>& entries) {
    Json json = Json::array();
    for (const Entry& entry : entries)
      json.push_back({{"label", entry.label},
                      {"status", entry.status},
                      {"reason", entry.reason},
                      {"work", entry.work}});
    return json;
  };
  long long others = 0;
  for (const auto& [kind, count] : summary.kinds)
    if (kind != "minimum" && kind != "saddle" && kind != "maximum") others += count;
  return {{"tautrack", version},
          {"command", "report"},
          {"name", run.description()["name"]},
          {"manifest", run.description()["manifest"]},
          {"inputs", run.description()["inputs"]},
          {"tasks", summary.tasks},
          {"done", summary.done},
          {"damaged", summary.damaged},
          {"solved", summary.solved},
          {"unresolved", summary.done - summary.solved},
          {"statuses", summary.statuses},
          {"reasons", reasons},
          {"first_unresolved", list(summary.unresolved)},
          {"most_work", list(summary.most_work)},
          {"work", summary.work},
          {"audits", summary.audits},
          {"ends",
           {{"minima", summary.of_kind("minimum")},
            {"saddles", summary.of_kind("saddle")},
            {"maxima", summary.of_kind("maximum")},
            {"others", others}}}};
}

}  // namespace

void add_run_report_options(Command& command, RunReportRequest& request) {
  command.group("Output");
  command.add_text("--json", "FILE", "Summary as JSON; '-' is standard output", request.json_file);
  command.add_text("--csv", "FILE", "One row a task", request.csv_file);
  command.add_text("--records", "FILE",
                   "The records of all finished tasks as JSON lines, in\n"
                   "the order of the plan and without times",
                   request.records_file);
}

int report_run(const RunDirectory& run, const RunReportRequest& request) {
  OutputFiles files;
  std::optional<std::size_t> json, csv, records;
  if (!request.json_file.empty()) json = files.add("--json", request.json_file);
  if (!request.csv_file.empty()) csv = files.add("--csv", request.csv_file);
  if (!request.records_file.empty()) records = files.add("--records", request.records_file);

  const RecordIndex index = run.records();
  const auto sum_up = [&](const std::set<std::uint64_t>& crossed) {
    Summary summary;
    summary.tasks = index.tasks();
    summary.done = index.done();
    summary.damaged = index.damaged();
    index.for_each([&](std::uint64_t, std::string_view line) {
      if (std::optional<Record> record = from_line(line, RecordPart::head))
        summary.take(std::move(*record), crossed);
    });
    return summary;
  };
  Summary summary = sum_up({});
  const std::set<std::uint64_t> crossed = crossed_tasks(summary.ends);
  if (!crossed.empty()) summary = sum_up(crossed);
  if (json && request.make_json) {
    Json results = Json::array();
    index.for_each([&](std::uint64_t, std::string_view line) {
      if (std::optional<Record> record = from_line(line))
        results.push_back(std::move(record->result));
    });
    files.set_text(*json, request.make_json(results));
  } else if (json) {
    files.set_text(*json, json_text(json_summary(run, summary)));
  }
  if (csv)
    files.set_writer(*csv, [&](const OutputFiles::Sink& write) {
      write(csv_titles);
      index.for_each([&](std::uint64_t, std::string_view line) {
        if (const std::optional<Record> record = from_line(line)) write(csv_row(*record));
      });
    });
  if (records)
    files.set_writer(*records, [&](const OutputFiles::Sink& write) {
      index.for_each([&](std::uint64_t, std::string_view line) {
        write(lasting_part(line));
        write("}\n");
      });
    });
  files.publish(files.takes_standard_output() ? "" : text_report(run, summary));
  return summary.solved == summary.tasks ? exit_solved : exit_unresolved;
}

}  // namespace tautrack::program
