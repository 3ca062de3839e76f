#pragma once

#include <string>
#include <vector>

namespace tautrack::peers {

/// One number by a printf format.
[[nodiscard]] std::string number(const char* format, double value);

/// Three digits and a unit.
[[nodiscard]] std::string duration(double seconds);

using Row = std::vector<std::string>;

/// Prints a table whose first row is its head.
void print_table(const std::vector<Row>& rows, bool markdown);

}  // namespace tautrack::peers
