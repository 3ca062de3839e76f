#include "pictures/picture.hpp"

#include <algorithm>

#include <fmt/ranges.h>

#include "io/text.hpp"
#include "pictures/gnuplot.hpp"

namespace tautrack::program {
namespace {

// Of legends, in pixels.
constexpr double line_length = 32.0;
constexpr double point_at = 10.0;  ///< From the left end of an entry.
constexpr double entry_gap = 30.0;
constexpr double legend_line = 1.65;  ///< Of rows, in sizes of letters.

/// Where the name stands behind a sample.
double name_of_sample(std::string_view style) {
  return style.empty() ? 0.0 : style.starts_with("points") ? 24.0 : 42.0;
}

std::string colour_text(std::string_view colour) {
  return colour == "palette" ? std::string(colour) : fmt::format("rgb '{}'", colour);
}

std::string pen_text(double width, std::string_view colour, std::string_view dash) {
  return fmt::format(" lw {:g}{}{} lc {}", width, dash.empty() ? "" : " dt ", dash,
                     colour_text(colour));
}

}  // namespace

std::string as_is(std::string_view name) {
  constexpr std::string_view special = "_^{}@&~\\";
  std::string text;
  for (const char c : name) {
    if (special.find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

std::string source_text(std::string_view source) {
  constexpr std::size_t most = 60;
  const std::size_t slash = source.find_last_of('/');
  return cut(slash == std::string_view::npos ? source : source.substr(slash + 1), most);
}

std::string line_style(double width, std::string_view colour, std::string_view dash) {
  return "lines" + pen_text(width, colour, dash);
}

std::string vector_style(double width, std::string_view colour, std::string_view dash) {
  return "vectors nohead" + pen_text(width, colour, dash);
}

std::string point_style(Shape shape, double size, std::string_view colour, double width) {
  return fmt::format("points pt {} ps {:g} lw {:g} lc {}", static_cast<int>(shape), size, width,
                     colour_text(colour));
}

Plot& Plot::add(std::string_view source, std::string_view columns, std::string_view style,
                std::string_view title) {
  if (!source.empty())
    parts_.push_back(fmt::format("{} using {} with {} {}", source, columns, style,
                                 title.empty() ? "notitle" : "title " + gnuplot_string(title)));
  return *this;
}

Plot& Plot::add(const Plot& others) {
  parts_.insert(parts_.end(), others.parts_.begin(), others.parts_.end());
  return *this;
}

Plot& Plot::mark(double x, double y, std::string_view style, std::string_view title) {
  return add("'+'", fmt::format("({:.12g}):({:.12g}) every ::0::0", x, y), style, title);
}

Plot& Plot::key_entry(std::string_view style, std::string_view title) {
  parts_.push_back(fmt::format("NaN with {} title {}", style, gnuplot_string(title)));
  return *this;
}

std::string Plot::text() const {
  return parts_.empty() ? "NaN notitle" : fmt::format("{}", fmt::join(parts_, ", \\\n     "));
}

Picture::Picture(double width, double height, Writing writing)
    : width_(width),
      height_(height),
      writing_(writing),
      letter_((writing == Writing::plain ? 10.0 : 12.0) * 4.0 / 3.0) {
  // gnuplot's own format sets a blank before positive numbers, which moves them off their ticks.
  add("set encoding utf8\nset format '%h'\nunset key\nset multiplot\n");
}

std::string Picture::at(double x, double y) const {
  return fmt::format("screen {:.6f},{:.6f}", x / width_, 1.0 - y / height_);
}

Picture& Picture::text(double x, double y, std::string_view text, std::string_view style) {
  return add("set label {} at {} {}\n", gnuplot_string(text), at(x, y), style);
}

Picture& Picture::label(std::initializer_list<double> at, std::string_view text,
                        std::string_view style) {
  return add("set label {} at {:.9g} {}\n", gnuplot_string(text), fmt::join(at, ","), style);
}

double Picture::width_of(const LegendEntry& entry) const {
  std::string seen;
  for (const char c : entry.name)  // Enhanced texts have marks for subscripts.
    if (writing_ == Writing::plain || (c != '_' && c != '{' && c != '}')) seen += c;
  return name_of_sample(entry.style) + letter_ * text_width(seen);
}

double Picture::width_of(const std::vector<LegendEntry>& row) const {
  double width = -entry_gap;
  for (const LegendEntry& one : row) width += width_of(one) + entry_gap;
  return width;
}

double Picture::entry(double x, double y, const LegendEntry& entry, std::string_view text_style) {
  const std::string_view style = entry.style, line = "lines", point = "points";
  if (style.starts_with(line))
    add("set arrow from {} to {} nohead{}\n", at(x, y), at(x + line_length, y),
        style.substr(line.size()));
  else if (style.starts_with(point))
    text(x + point_at, y, "", fmt::format("point{}", style.substr(point.size())));
  text(x + name_of_sample(style), y, entry.name, text_style);
  return x + width_of(entry) + entry_gap;
}

std::vector<std::vector<LegendEntry>> Picture::rows_of(
    double width, const std::vector<LegendEntry>& entries) const {
  std::vector<std::vector<LegendEntry>> rows;
  for (const LegendEntry& one : entries) {
    const bool fits = !rows.empty() && width_of(rows.back()) + entry_gap + width_of(one) <= width;
    if (!fits) rows.emplace_back();
    rows.back().push_back(one);
  }
  return rows;
}

void Picture::legend(double x, double y, double width, const std::vector<LegendEntry>& entries) {
  const std::vector<std::vector<LegendEntry>> rows = rows_of(width, entries);
  y -= legend_line * letter_ * (static_cast<double>(rows.size()) - 1.0);
  for (const std::vector<LegendEntry>& row : rows) {
    double left = x;
    for (const LegendEntry& one : row) left = entry(left, y, one);
    y += legend_line * letter_;
  }
}

void Picture::centred_legend(double y, const std::vector<LegendEntry>& entries) {
  constexpr double margin = 20.0;
  const std::vector<std::vector<LegendEntry>> rows = rows_of(width_ - 2.0 * margin, entries);
  y -= legend_line * letter_ * (static_cast<double>(rows.size()) - 1.0);
  for (const std::vector<LegendEntry>& row : rows) {
    double left = 0.5 * (width_ - width_of(row));
    for (const LegendEntry& one : row) left = entry(left, y, one);
    y += legend_line * letter_;
  }
}

Picture& Picture::panel(const Place& place) {
  panel_ = place;
  return add(
      "set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\n"
      "set tmargin at screen {:.6f}\nset bmargin at screen {:.6f}\n",
      place.left / width_, place.right() / width_, 1.0 - place.top / height_,
      1.0 - place.bottom() / height_);
}

Picture& Picture::key(double left, double top) {
  return add("set key at {} left top Left reverse samplen 2.2 spacing 1.8 width -8 font ',11'\n",
             at(left, top));
}

Picture& Picture::axes(const Axis& x, const Axis& y) {
  const auto set = [this](char name, const Axis& axis, std::string_view offset) {
    add("set {0}range {1}\nset {0}label {2} offset {3}\n", name, axis.range,
        gnuplot_string(axis.label), offset);
    if (axis.ticks.empty())
      add("unset {}tics\n", name);
    else
      add("set {}tics {}\n", name, axis.ticks);
  };
  set('x', x, "0,0.4");
  set('y', y, "0.8,0");
  return *this;
}

Picture& Picture::axes(const NumberAxis& x, const NumberAxis& y) {
  // In sizes of letters: from an axis to its numbers, and to the middle of the label beyond them.
  constexpr double to_numbers = 0.7, to_label = 0.9, narrowest = 0.5;
  const auto set = [this](char name, const NumberAxis& axis, const Ticks& ticks) {
    add("{1} logscale {0}\nset {0}range {2}\nset {0}label ''\n", name,
        axis.is_logarithmic ? "set" : "unset", range_text(axis.low, axis.high));
    // An empty list would be gnuplot's own choice: no ticks are one out of sight.
    add("set {}tics {}\n", name,
        ticks.size() > 0 ? ticks.text() : Ticks().add("", axis.low - 1.0).text());
  };
  const Ticks upright = y.fitting_ticks(panel_.height, letter_, true);
  set('x', x, x.fitting_ticks(panel_.width, letter_, false));
  set('y', y, upright);
  const auto most = [&](double pixels) {
    return static_cast<std::size_t>(std::max(8.0, pixels / (narrowest * letter_)));
  };
  add("set xlabel {} offset 0,0.4\n", gnuplot_string(cut(x.label, most(panel_.width))));
  return text(panel_.left - letter_ * (to_numbers + upright.widest() + to_label),
              panel_.top + 0.5 * panel_.height, cut(y.label, most(panel_.height)),
              "center rotate by 90");
}

Picture& Picture::ranges(const Box& box) {
  return add("set xrange {}\nset yrange {}\nset size noratio\n", range_text(box.left, box.right),
             range_text(box.bottom, box.top));
}

Picture& Picture::equal_ranges(const Box& box) { return ranges(box).add("set size ratio -1\n"); }

Picture& Picture::names(std::string_view x, std::string_view y, std::string_view title) {
  return add("set xlabel {} offset 0,0.4\nset ylabel {} offset 1,0\nset title {} offset 0,-0.5\n",
             gnuplot_string(x), gnuplot_string(y), gnuplot_string(title));
}

Picture& Picture::open_frame() {
  return add(
      "set border 3 lc rgb '#444444'\nset xtics nomirror\nset ytics nomirror\n"
      "set tics scale 0.6 textcolor rgb '#222222'\n"
      "set grid lt 1 lw 0.6 lc rgb '#E4E4E4'\n");
}

Picture& Picture::closed_frame() {
  return add(
      "set border 15 lw 0.8 lc rgb '#555555'\nset xtics nomirror\nset ytics nomirror\n"
      "set tics scale 0.5 textcolor rgb '#222222'\n");
}

Picture& Picture::draw_texts() {
  return add("unset border\nunset tics\nplot [0:1] [0:1] 2 notitle\nunset label\nunset arrow\n");
}

std::string Picture::block(const Rows& rows) {
  if (rows.empty()) return "";
  const std::string name = fmt::format("$data{}", ++blocks_);
  add("{} << EndOfData\n{}EndOfData\n", name, rows.text());
  return name;
}

Picture& Picture::colour_box(const Place& place, std::string_view range, const Ticks& ticks) {
  return add(
      "set cbrange {}\nset cbtics {} scale 0.4\n"
      "set colorbox vertical user origin {} size screen {:.6f},{:.6f}\n",
      range, ticks.text(), at(place.left, place.bottom()), place.width / width_,
      place.height / height_);
}

Picture& Picture::draw(std::string_view command, const Plot& parts) {
  return add("{} {}\nunset label\nunset arrow\n", command, parts.text());
}

}  // namespace tautrack::program
