#pragma once

#include <string>
#include <string_view>

#include "tautrack/core/types.hpp"

#include "figure.hpp"

namespace tautrack::program {

/// A panel of a figure, in pixels from its upper left corner.
struct Panel {
  double left = 0.0, top = 0.0, width = 0.0, height = 0.0;
};

/// A gnuplot text in single quotes.
[[nodiscard]] std::string quoted(std::string_view text);

/// What every script starts with: tables separated by commas, no key, several plots on one page.
[[nodiscard]] std::string script_head(const Figure& figure);

/// gnuplot's margins of a panel.
[[nodiscard]] std::string panel_margins(const Figure& figure, const Panel& panel);

/// A text at a place in pixels, until the next `unset label`. @param style gnuplot's, may be empty.
[[nodiscard]] std::string text_at(const Figure& figure, double x, double y, std::string_view text,
                                  std::string_view style = "");

/// 'NAME-TABLE.csv' skip 1
[[nodiscard]] std::string table_source(const Figure& figure, std::string_view table);

/// A square window of the plane.
struct Window {
  double x = 0.0, y = 0.0;  ///< Its middle.
  double half = 1.0;        ///< Half its side, > 0.
};

/// The smallest square window around points, which are columns, and a margin.
[[nodiscard]] Window window_around(const Matrix& points, double margin);

/// gnuplot's ranges of a window.
[[nodiscard]] std::string window_ranges(const Window& window);

}  // namespace tautrack::program
