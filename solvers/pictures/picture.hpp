#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tautrack/core/types.hpp"

#include "pictures/axis.hpp"
#include "pictures/box.hpp"
#include "pictures/format.hpp"

/// Pictures as scripts of gnuplot: everything that draws says what in these words.
namespace tautrack::program {

/// Colours that people with any colour vision tell apart (Okabe & Ito 2008), without its yellow,
/// which is faint on white.
constexpr std::string_view colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                        "#E69F00", "#56B4E9", "#000000"};

/// Colours and names of components, loops and voids: others than those of `colours`, which labels have, and of
/// different lightness.
constexpr std::string_view homology_colours[] = {"#222222", "#7B3294", "#B08D57"};
constexpr std::string_view homology_names[] = {"components", "loops", "voids"};

/// gnuplot's types of points.
enum class Shape {
  cross = 2,
  star = 3,
  open_square = 4,
  square = 5,
  circle = 6,
  disc = 7,
  open_triangle = 8,
  triangle = 9,
  upside_down = 11,
  diamond = 13
};

/// The style of a line: "lines lw 2 dt (6,4) lc rgb '#000000'". `dash` as gnuplot has it; empty: solid.
[[nodiscard]] std::string line_style(double width, std::string_view colour,
                                     std::string_view dash = "");

/// The style of lines from points along vectors: "vectors nohead lw 2 lc rgb '#000000'".
[[nodiscard]] std::string vector_style(double width, std::string_view colour,
                                       std::string_view dash = "");

/// The style of points: "points pt 6 ps 1.2 lw 2 lc rgb '#000000'". `width` that of their lines, for
/// open ones.
[[nodiscard]] std::string point_style(Shape shape, double size, std::string_view colour,
                                      double width = 1.0);

/// Rows of numbers to be drawn, each of so many; gaps separate pieces of curves.
class Rows {
 public:
  /// One row: numbers, and vectors of them.
  template <class... Parts>
  Rows& add(const Parts&... parts) {
    (append(parts), ...);
    text_.back() = '\n';
    is_empty_ = false;
    return *this;
  }

  Rows& gap() {
    text_ += '\n';
    return *this;
  }

  [[nodiscard]] bool empty() const { return is_empty_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void append(double number) { fmt::format_to(std::back_inserter(text_), "{} ", number); }
  void append(const Vector& numbers) {
    for (const double number : numbers) append(number);
  }

  std::string text_;
  bool is_empty_ = true;
};

/// What one plot draws, from back to front.
class Plot {
 public:
  /// @param source Of numbers: a name of a block or a file; empty: nothing is drawn.
  /// @param columns As gnuplot has it: "1:2", "($1==0?$2:NaN):3".
  /// @param style "lines ...", "points ...", or another one of gnuplot.
  /// @param title In the key; empty: none.
  Plot& add(std::string_view source, std::string_view columns, std::string_view style,
            std::string_view title = "");

  /// Takes the others on top.
  Plot& add(const Plot& others);

  /// One point.
  Plot& mark(double x, double y, std::string_view style, std::string_view title = "");

  /// A sample in the key, of nothing that is drawn.
  Plot& key_entry(std::string_view style, std::string_view title);

  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> parts_;
};

/// Where a panel stands, in pixels from the upper left corner of its picture.
struct Place {
  double left = 0.0, top = 0.0, width = 0.0, height = 0.0;

  [[nodiscard]] double right() const { return left + width; }
  [[nodiscard]] double bottom() const { return top + height; }
  [[nodiscard]] double middle() const { return left + 0.5 * width; }
};

/// A sample with its name.
struct LegendEntry {
  std::string style;  ///< "lines ..." or "points ..."; empty: no sample.
  std::string name;
};

/// A picture of several panels. Texts, samples and arrows appear with the next plot, and only there.
class Picture {
 public:
  Picture(double width, double height, Writing writing = Writing::plain);

  [[nodiscard]] double width() const { return width_; }
  [[nodiscard]] double height() const { return height_; }

  /// Other commands of gnuplot.
  template <class... Arguments>
  Picture& add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(script_), format, std::forward<Arguments>(arguments)...);
    return *this;
  }

  /// A text at a place in pixels from the upper left corner. @param style "center font ',11'"
  Picture& text(double x, double y, std::string_view text, std::string_view style = "left");

  /// A text at a place on the axes, of two or three of them.
  Picture& label(std::initializer_list<double> at, std::string_view text, std::string_view style);

  /// A sample and its name behind it. Returns where the next one may stand.
  double entry(double x, double y, const LegendEntry& entry, std::string_view text_style = "left");

  /// Entries side by side, in as many rows as they need; the lowest row at y.
  /// @param width Of a row, at most.
  void legend(double x, double y, double width, const std::vector<LegendEntry>& entries);

  /// The same in the middle of the picture.
  void centred_legend(double y, const std::vector<LegendEntry>& entries);

  /// Where the next plot is drawn.
  Picture& panel(const Place& place);

  /// Where the next plots have their key: its upper left corner.
  Picture& key(double left, double top);

  /// The axes of the next plots.
  Picture& axes(const Axis& x, const Axis& y);

  /// The axes of the next plot, whose numbers neither meet each other nor the labels. @pre It has a panel.
  Picture& axes(const NumberAxis& x, const NumberAxis& y);

  /// What the next plots show of the plane, filling their panels.
  Picture& ranges(const Box& box);

  /// The same with equal units on both axes.
  Picture& equal_ranges(const Box& box);

  /// What stands at the axes of the next plots, and above them.
  Picture& names(std::string_view x, std::string_view y, std::string_view title = "");

  /// A frame that is open above and on the right, with a grid; or closed, without one.
  Picture& open_frame();
  Picture& closed_frame();

  /// Draws the texts so far by themselves.
  Picture& draw_texts();

  /// Puts numbers into the script. Returns their name; empty if there are none.
  [[nodiscard]] std::string block(const Rows& rows);

  /// Where the colours of a palette are explained.
  Picture& colour_box(const Place& place, std::string_view range, const Ticks& ticks);

  /// Draws in the plane or in space.
  Picture& plot(const Plot& parts) { return draw("plot", parts); }
  Picture& splot(const Plot& parts) { return draw("splot", parts); }

  /// The script, but for the terminal.
  [[nodiscard]] std::string script() && { return std::move(add("unset multiplot\n").script_); }

 private:
  [[nodiscard]] std::string at(double x, double y) const;
  [[nodiscard]] double width_of(const LegendEntry& entry) const;
  /// The entries of each row, as many as have room.
  [[nodiscard]] std::vector<std::vector<LegendEntry>> rows_of(
      double width, const std::vector<LegendEntry>& entries) const;
  [[nodiscard]] double width_of(const std::vector<LegendEntry>& row) const;
  Picture& draw(std::string_view command, const Plot& parts);

  double width_, height_;
  Writing writing_;
  double letter_;  ///< Size of letters, in pixels.
  Place panel_;
  int blocks_ = 0;
  std::string script_;
};

/// A name of the user's in an enhanced text, in which nothing is special.
[[nodiscard]] std::string as_is(std::string_view name);

/// What a title calls the data: the name of their file, without its folders.
[[nodiscard]] std::string source_text(std::string_view source);

/// What a title says of a picture of so many problems; nothing where these are all.
inline std::string part_note(std::size_t drawn, std::size_t all) {
  return drawn < all ? fmt::format(" (the first {} of {} problems)", drawn, all) : "";
}

}  // namespace tautrack::program
