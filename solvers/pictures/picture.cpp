#include "pictures/picture.hpp"

#include <fmt/ranges.h>

#include "io/text.hpp"
#include "pictures/gnuplot.hpp"

namespace tautrack::program {
namespace {

// Of legends, in pixels.
constexpr double line_length = 32.0;
constexpr double point_at = 20.0;      ///< From the left end of an entry.
constexpr double sample_width = 42.0;  ///< With the gap behind it.
constexpr double entry_gap = 34.0;

std::string colour_text(std::string_view colour) {
  return colour == "palette" ? std::string(colour) : fmt::format("rgb '{}'", colour);
}

std::string pen_text(double width, std::string_view colour, std::string_view dash) {
  return fmt::format(" lw {:g}{}{} lc {}", width, dash.empty() ? "" : " dt ", dash,
                     colour_text(colour));
}

}  // namespace

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
  double width = entry.style.empty() ? 0.0 : sample_width;
  for (const char c : entry.name) {
    const bool is_seen =
        c != '_' && c != '{' && c != '}';              // Enhanced texts have them for subscripts.
    const bool continues_letter = (c & 0xC0) == 0x80;  // In UTF-8.
    if (is_seen && !continues_letter) width += letter_;
  }
  return width;
}

double Picture::entry(double x, double y, const LegendEntry& entry, std::string_view text_style) {
  const std::string_view style = entry.style, line = "lines", point = "points";
  if (style.starts_with(line))
    add("set arrow from {} to {} nohead{}\n", at(x, y), at(x + line_length, y),
        style.substr(line.size()));
  else if (style.starts_with(point))
    text(x + point_at, y, "", fmt::format("point{}", style.substr(point.size())));
  text(x + (style.empty() ? 0.0 : sample_width), y, entry.name, text_style);
  return x + width_of(entry) + entry_gap;
}

double Picture::legend(double x, double y, const std::vector<LegendEntry>& entries) {
  for (const LegendEntry& one : entries) x = entry(x, y, one);
  return x;
}

void Picture::centred_legend(double y, const std::vector<LegendEntry>& entries) {
  double width = -entry_gap;
  for (const LegendEntry& one : entries) width += width_of(one) + entry_gap;
  legend(0.5 * (width_ - width), y, entries);
}

Picture& Picture::panel(const Place& place) {
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

std::string Picture::contours(std::string_view grid, std::string_view levels) {
  const std::string name = fmt::format("$data{}", ++blocks_);
  add("set contour base\nunset surface\nset cntrparam levels {}\nset table {}\n"
      "splot {} using 1:2:3 with lines\nunset table\nunset contour\nset surface\n",
      levels, name, grid);
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
