#include "layers_panels.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tautrack::program {

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("''") : std::string(1, c);
  return result + "'";
}

std::string script_head(const Figure& figure) {
  return fmt::format(
             "set encoding utf8\nset datafile separator ','\nunset key\nset clip two\nset border "
             "lw 0.8 lc rgb "
             "'#606060'\nset tics textcolor rgb '#404040' font ',10'\nset multiplot\n") +
         text_at(figure, 0.5 * figure.width, 28, figure.title, "center font ',13'");
}

std::string panel_margins(const Figure& figure, const Panel& panel) {
  const double width = figure.width, height = figure.height;
  return fmt::format(
      "set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\nset tmargin at screen {:.6f}\n"
      "set bmargin at screen {:.6f}\n",
      panel.left / width, (panel.left + panel.width) / width, 1.0 - panel.top / height,
      1.0 - (panel.top + panel.height) / height);
}

std::string text_at(const Figure& figure, double x, double y, std::string_view text,
                    std::string_view style) {
  return fmt::format("set label {} at screen {:.6f},{:.6f} {}\n", quoted(text), x / figure.width,
                     1.0 - y / figure.height, style);
}

std::string table_source(const Figure& figure, std::string_view table) {
  return fmt::format("'{}-{}.csv' skip 1", figure.name, table);
}

Window window_around(const Matrix& points, double margin) {
  const Vector low = points.rowwise().minCoeff(), high = points.rowwise().maxCoeff();
  const double half = 0.5 * (high - low).maxCoeff() * (1.0 + margin);
  return {0.5 * (low(0) + high(0)), 0.5 * (low(1) + high(1)), half > 0.0 ? half : 1.0};
}

std::string window_ranges(const Window& window) {
  return fmt::format("set xrange [{:.9g}:{:.9g}]\nset yrange [{:.9g}:{:.9g}]\n",
                     window.x - window.half, window.x + window.half, window.y - window.half,
                     window.y + window.half);
}

}  // namespace tautrack::program
