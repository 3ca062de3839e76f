#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/data/table.hpp"

#include "commands/page.hpp"
#include "io/json.hpp"

/// What reports say on how a table was read.
namespace tautrack::program {

/// Below the title of a text: what separates columns, what they became, which rows were left out and what is
/// questionable.
/// @param inputs Names of the columns of X.
/// @param target What the targets of the table are called.
void add_table(Page& page, const TableFacts& table, const std::vector<std::string>& inputs,
               std::string_view target = "target");

/// Says on standard error what is questionable, unless the request is quiet.
void tell_notes(const std::optional<TableFacts>& table, bool quiet);

/// Fields of the report on a problem; null: it is from no table.
[[nodiscard]] Json table_report(const TableFacts* table, const TargetFacts* target);

}  // namespace tautrack::program
