#include "format.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tautrack::peers {

std::string number(const char* format, double value) {
  std::array<char, 128> buffer;
  std::snprintf(buffer.data(), buffer.size(), format, value);
  return buffer.data();
}

std::string duration(double seconds) {
  const bool is_micro = seconds < 1e-3;
  const bool is_milli = !is_micro && seconds < 1.0;
  const double value = seconds * (is_micro ? 1e6 : is_milli ? 1e3 : 1.0);
  return number(value < 10.0    ? "%.2f"
                : value < 100.0 ? "%.1f"
                                : "%.0f",
                value) +
         (is_micro   ? " us"
          : is_milli ? " ms"
                     : " s");
}

void print_table(const std::vector<Row>& rows, bool markdown) {
  std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size(), 0);
  for (const Row& cells : rows)
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  const char* separator = markdown ? " | " : "  ";
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line = markdown ? "| " : "";
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string& cell = rows[r][i];
      const std::string fill(widths[i] - cell.size(), ' ');
      line += (i > 0 ? separator : "") + (i > 0 ? fill + cell : cell + fill);
    }
    std::puts((line + (markdown ? " |" : "")).c_str());
    if (r == 0 && markdown) {
      std::string rule = "|";
      for (std::size_t i = 0; i < widths.size(); ++i)
        rule += std::string(widths[i] + 1, '-') + (i > 0 ? ":|" : "-|");
      std::puts(rule.c_str());
    }
  }
}

}  // namespace tautrack::peers
