#pragma once

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "figures/figure.hpp"

/// What holds for every figure: its checks, and tables of finite numbers that its script reads.
inline void check_figure(const tautrack::program::Figure& figure) {
  CHECK_FALSE(figure.checks.empty());
  for (const auto& check : figure.checks) {
    const double scale = check.reference == 0.0 ? 1.0 : std::abs(check.reference);
    CHECK_MESSAGE(std::abs(check.value - check.reference) <= check.tolerance * scale, check.what);
  }
  CHECK_FALSE(figure.tables.empty());
  for (const auto& table : figure.tables) {
    bool is_whole = !table.rows.empty();
    for (const auto& row : table.rows) {
      is_whole = is_whole && (row.empty() || row.size() == table.columns.size());
      for (const double number : row) is_whole = is_whole && std::isfinite(number);
    }
    CHECK_MESSAGE(is_whole, table.name);
  }
  CHECK(figure.script.find("set terminal") == std::string::npos);
  CHECK(figure.script.find("set output") == std::string::npos);
  CHECK(figure.script.find("nan") == std::string::npos);
  CHECK(figure.script.find("inf") == std::string::npos);
}
