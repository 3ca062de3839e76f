#include "commands/table_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "io/process.hpp"
#include "io/text.hpp"

namespace tautrack::program {
namespace {

constexpr std::size_t most_names = 12;
constexpr std::size_t most_targets_told = 6;
constexpr std::size_t paragraph_indent = 2;

/// The first few of the names, those with commas in quotes.
std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), most_names); ++i) {
    const std::string name = cut(names[i], name_width);
    const char* const quote = name.find_first_of(",;") == std::string::npos ? "" : "\"";
    list += fmt::format("{}{}{}{}", i == 0 ? "" : ", ", quote, name, quote);
  }
  if (names.size() > most_names) list += fmt::format(" and {} more", names.size() - most_names);
  return list;
}

/// A sentence with lines of its own.
void add_paragraph(Page& page, const std::string& text) {
  page.plain(wrap(text, page_width - paragraph_indent, paragraph_indent));
}

/// Each target column once, in order: the classes of one stand together.
std::vector<TargetFacts> distinct_targets(const TableFacts& table) {
  std::vector<TargetFacts> targets;
  for (const TargetFacts& target : table.targets)
    if (targets.empty() || targets.back().column != target.column) targets.push_back(target);
  return targets;
}

std::string rows_text(const DroppedRows& dropped) {
  std::string lines;
  for (const Index line : dropped.lines)
    lines += fmt::format("{}{}", lines.empty() ? "" : ", ", line);
  if (dropped.count > static_cast<Index>(dropped.lines.size())) lines += ", ...";
  return fmt::format("{} ({} {})", counted(dropped.count, "row"),
                     dropped.count == 1 ? "line" : "lines", lines);
}

/// Which rows were left out; empty: none.
std::string dropped_text(const std::vector<TargetFacts>& targets) {
  const auto is_like_first = [&](const TargetFacts& target) {
    return target.dropped.count == targets.front().dropped.count &&
           target.dropped.lines == targets.front().dropped.lines;
  };
  if (std::all_of(targets.begin(), targets.end(), is_like_first))
    return targets.empty() || targets.front().dropped.count == 0
               ? ""
               : rows_text(targets.front().dropped);
  std::string text;
  std::size_t told = 0, others = 0;
  for (const TargetFacts& target : targets) {
    if (target.dropped.count == 0) continue;
    if (told++ < most_targets_told)
      text += fmt::format("{}{} of {}", text.empty() ? "" : "; ", rows_text(target.dropped),
                          cut(target.column, name_width));
    else
      ++others;
  }
  if (others > 0)
    text += fmt::format("; of {} (--json)", counted(static_cast<long long>(others), "more target"));
  return text;
}

std::string separator_text(const TableFacts& table) {
  const std::string separator(to_string(table.separator));
  return fmt::format("columns separated by {}, decimal {}s",
                     table.separator == Separator::blanks ? separator : separator + "s",
                     to_string(table.decimal));
}

}  // namespace

void add_table(Page& page, const TableFacts& table, const std::vector<std::string>& inputs,
               std::string_view target) {
  const std::vector<TargetFacts> targets = distinct_targets(table);
  std::vector<std::string> names;
  for (const TargetFacts& one : targets)
    if (!one.column.empty()) names.push_back(one.column);
  std::string roles = "inputs: " + list_of(inputs);
  if (!names.empty())
    roles += fmt::format("; {}{}: {}", target, names.size() > 1 ? "s" : "", list_of(names));
  if (!table.pattern_weights.empty())
    roles += "; pattern weights: " + cut(table.pattern_weights, name_width);
  if (!table.unused.empty()) roles += "; not used: " + list_of(table.unused);
  add_paragraph(page, separator_text(table));
  add_paragraph(page, roles);
  for (const auto& [column, value] : table.baselines)
    add_paragraph(page, fmt::format("{}={} has no column: where it is, the others of {} are 0",
                                    cut(column, name_width), cut(value, name_width),
                                    cut(column, name_width)));
  if (const std::string dropped = dropped_text(targets); !dropped.empty())
    add_paragraph(page, "left out, a cell is missing: " + dropped);
  for (const std::string& note : table.notes) add_paragraph(page, "note: " + printable(note));
}

void tell_notes(const std::optional<TableFacts>& table, bool quiet) {
  if (!table || quiet) return;
  for (const std::string& note : table->notes) say(printable(note));
}

Json table_report(const TableFacts* table, const TargetFacts* target) {
  if (table == nullptr)
    return {{"separator", Json()}, {"decimal", Json()}, {"target", Json()},      {"unused", Json()},
            {"baselines", Json()}, {"dropped", Json()}, {"notes", Json::array()}};
  Json baselines = Json::object();
  for (const auto& [column, value] : table->baselines) baselines[column] = value;
  return {{"separator", to_string(table->separator)},
          {"decimal", to_string(table->decimal)},
          {"target", target->column.empty() ? Json() : Json(target->column)},
          {"unused", table->unused},
          {"baselines", baselines},
          {"dropped", {{"rows", target->dropped.count}, {"lines", target->dropped.lines}}},
          {"notes", table->notes}};
}

}  // namespace tautrack::program
