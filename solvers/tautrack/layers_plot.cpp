#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <Eigen/SVD>
#include <fmt/format.h>

#include "commands/layers_report.hpp"
#include "io/text.hpp"
#include "pictures/gnuplot.hpp"
#include "pictures/picture.hpp"

namespace tautrack::program {
namespace {

// Lengths are in pixels of the PNG picture.
constexpr double header_height = 100, gap = 84, left_margin = 76, largest_side = 440;
constexpr double title_height = 44, below_panel = 78, bars_height = 250, below_bars = 62;
constexpr std::size_t panels_in_row = 4;
constexpr std::size_t most_stages = 24;

constexpr Index most_points = 5000;    ///< Drawn in a panel.
constexpr std::size_t most_bars = 14;  ///< Drawn of each dimension, the longest.

/// Of components, loops and voids: they differ in lightness, too.
constexpr std::array<std::string_view, max_homology_dimension + 1> bar_colours = {
    "#000000", "#0072B2", "#E69F00"};
constexpr std::array<std::string_view, max_homology_dimension + 1> bar_names = {"components",
                                                                                "loops", "voids"};

/// gnuplot's point types that differ in shape, for labels in turn.
constexpr std::array<int, 6> shapes = {7, 9, 5, 11, 13, 6};

/// The points as they are drawn: in the plane, with a name of each axis.
struct PlaneView {
  Matrix points;  ///< 2 x N
  std::string x, y;
};

PlaneView view_of(const Stage& stage, const LabelledPoints& data) {
  const Matrix& points = stage.points;
  if (points.rows() == 2) return {points, "h1", "h2"};
  if (points.rows() == 1) {
    PlaneView view{Matrix(2, points.cols()), "h1", data.labels.empty() ? "" : "label"};
    view.points.row(0) = points.row(0);
    for (Index j = 0; j < points.cols(); ++j)
      view.points(1, j) = data.labels.empty()
                              ? 0.0
                              : static_cast<double>(data.label_of_row[static_cast<std::size_t>(j)]);
    return view;
  }
  // The plane in which most is to be seen.
  const Matrix centred = points.colwise() - points.rowwise().mean();
  const Eigen::BDCSVD<Matrix> svd(centred * centred.transpose(), Eigen::ComputeFullU);
  Matrix axes = svd.matrixU().leftCols<2>();
  for (Index j = 0; j < 2; ++j) {
    Index largest = 0;
    axes.col(j).cwiseAbs().maxCoeff(&largest);
    if (axes(largest, j) < 0.0) axes.col(j) *= -1.0;
  }
  const double all = svd.singularValues().sum();
  const auto name = [&](Index j) {
    return fmt::format("principal axis {} ({:.0f} % of variance)", j + 1,
                       all > 0.0 ? 100.0 * svd.singularValues()(j) / all : 0.0);
  };
  return {axes.transpose() * centred, name(0), name(1)};
}

/// Where a panel stands, from the upper left corner.
struct Place {
  double left, top, width, height;
};

class LayersScript {
 public:
  LayersScript(const LayersRequest& request, const CarriedData& carried)
      : request_(request),
        carried_(carried),
        stages_(std::min(carried.stages.size(), most_stages)),
        columns_(std::min(stages_, panels_in_row)),
        rows_((stages_ + panels_in_row - 1) / panels_in_row) {
    const auto columns = static_cast<double>(columns_);
    side_ = std::min(largest_side, (picture_width - left_margin) / columns - gap);
    left_ =
        left_margin + 0.5 * (picture_width - left_margin - columns * side_ - (columns - 1.0) * gap);
    for (const Stage& stage : carried.stages)
      if (!stage.sets.empty() && stage.sets.front().betti) has_bars_ = true;
  }

  [[nodiscard]] int height() const {
    return static_cast<int>(header_height + static_cast<double>(rows_) * row_height());
  }

  [[nodiscard]] std::string text() && {
    const LabelledPoints& data = carried_.data;
    add("set encoding utf8\nunset key\nset multiplot\nset border 15 lw 0.8 lc rgb '#555555'\n"
        "set tics nomirror scale 0.5 textcolor rgb '#222222'\n");
    label(0.5 * picture_width, 26,
          fmt::format("{} carried through {}, tau = {:.6g}", cut(data.source, 50),
                      counted(static_cast<long long>(carried_.layers.size()), "layer"),
                      request_.tau) +
              (stages_ < carried_.stages.size() ? fmt::format(" (the first {})", stages_ - 1) : ""),
          "center font ',13'");
    add_legend();
    for (std::size_t k = 0; k < stages_; ++k) {
      add_points(k);
      if (has_bars_) add_bars(k);
    }
    add("unset multiplot\n");
    return std::move(text_);
  }

 private:
  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
  }

  [[nodiscard]] double row_height() const {
    return title_height + side_ + below_panel + (has_bars_ ? bars_height + below_bars : 0.0);
  }

  [[nodiscard]] Place panel(std::size_t k) const {
    return {left_ + static_cast<double>(k % panels_in_row) * (side_ + gap),
            header_height + static_cast<double>(k / panels_in_row) * row_height() + title_height,
            side_, side_};
  }

  void place(const Place& at) {
    add("set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\nset tmargin at screen {:.6f}\n"
        "set bmargin at screen {:.6f}\n",
        at.left / picture_width, (at.left + at.width) / picture_width, 1.0 - at.top / height(),
        1.0 - (at.top + at.height) / height());
  }

  /// A text, in pixels, until the next `unset label`.
  void label(double x, double y, const std::string& text, const std::string& style) {
    add("set label {} at screen {:.6f},{:.6f} {}\n", gnuplot_string(text), x / picture_width,
        1.0 - y / height(), style);
  }

  [[nodiscard]] std::string style_of(std::size_t label, double size) const {
    return fmt::format("pt {} ps {:g} lc rgb '{}'", shapes[label % shapes.size()], size,
                       colours[label % std::size(colours)]);
  }

  /// Samples below the title: labels, and colours of bars.
  void add_legend() {
    constexpr double letter = 8.0, sample = 26.0, space = 30.0;
    double x = left_;
    const double y = 62;
    const auto entry = [&](const std::string& name, const std::string& style) {
      const double width = sample + letter * static_cast<double>(name.size());
      if (x + width > picture_width) return;
      label(x + 8, y, "", "point " + style);
      label(x + sample, y, name, "left");
      x += width + space;
    };
    const std::vector<std::string>& labels = carried_.data.labels;
    for (std::size_t i = 0; i < labels.size() && x < 0.6 * picture_width; ++i)
      entry(cut(labels[i], 20), style_of(i, 1.2));
    for (std::size_t i = 0; i < bar_names.size() && has_bars_; ++i)
      entry(std::string(bar_names[i]), fmt::format("pt 5 ps 1.4 lc rgb '{}'", bar_colours[i]));
    if (has_bars_) label(x, y, "thick: counted", "left");
  }

  void add_points(std::size_t k) {
    const Stage& stage = carried_.stages[k];
    const LabelledPoints& data = carried_.data;
    const PlaneView view = view_of(stage, data);
    const Place at = panel(k);
    place(at);
    std::string title =
        k == 0 ? "data as given" : fmt::format("after layer {}: {} units", k, stage.points.rows());
    label(at.left, at.top - 18, title, "left font ',11'");
    const Vector low = view.points.rowwise().minCoeff(), high = view.points.rowwise().maxCoeff();
    double half = 0.55 * (high - low).maxCoeff();
    if (!(half > 0.0)) half = 1.0;
    const Vector middle = 0.5 * (low + high);
    add("set xrange {}\nset yrange {}\nset xtics autofreq\nset ytics autofreq\n",
        range_text(middle(0) - half, middle(0) + half),
        range_text(middle(1) - half, middle(1) + half));
    add("set xlabel {} offset 0,0.4\nset ylabel {} offset 0.6,0\n", gnuplot_string(view.x),
        gnuplot_string(view.y));
    const Index step = 1 + (view.points.cols() - 1) / most_points;
    const std::size_t sets = std::max<std::size_t>(1, data.labels.size());
    std::string parts;
    for (std::size_t set = 0; set < sets; ++set) {
      std::string rows;
      for (Index j = 0; j < view.points.cols(); j += step)
        if (data.labels.empty() || data.label_of_row[static_cast<std::size_t>(j)] == set)
          rows += fmt::format("{:.9g} {:.9g}\n", view.points(0, j), view.points(1, j));
      if (rows.empty()) continue;
      add("$points{}_{} << EOD\n{}EOD\n", k, set, rows);
      parts += fmt::format("{}$points{}_{} with points {}", parts.empty() ? "" : ", ", k, set,
                           style_of(set, 0.55));
    }
    add("plot {}\nunset label\nunset xlabel\nunset ylabel\n", parts);
  }

  void add_bars(std::size_t k) {
    const SetHomology& set = carried_.stages[k].sets.front();
    const Place above = panel(k);
    const Place at{above.left, above.top + side_ + below_panel, side_, bars_height};
    place(at);
    std::string title = "all: " + (set.betti ? betti_text(set.betti->numbers) +
                                                   (set.betti->clear ? "" : ", ambiguous")
                                             : std::string(to_string(set.homology.status)));
    label(at.left, at.top - 14, title, "left font ',10'");
    std::string parts, blocks;
    std::vector<bool> counted_bars;
    if (set.betti) counted_bars = set.betti->counted(set.homology);
    double y = 0.0;
    for (int dimension = 0; dimension <= max_homology_dimension && set.betti; ++dimension) {
      const auto index = static_cast<std::size_t>(dimension);
      std::string thick, thin;
      std::size_t drawn = 0;
      for (std::size_t i = 0; i < set.homology.intervals.size(); ++i) {
        const HomologyInterval& bar = set.homology.intervals[i];
        const bool is_drawn = drawn < most_bars || counted_bars[i];
        if (bar.dimension != dimension || !is_drawn) continue;
        ++drawn;
        y -= 1.0;
        const std::string row = fmt::format("{:.9g} {:g}\n{:.9g} {:g}\n\n", bar.birth, y,
                                            std::min(bar.death, set.homology.scale), y);
        (counted_bars[i] ? thick : thin) += row;
      }
      if (drawn > 0) y -= 1.0;
      for (const bool is_thick : {true, false}) {
        const std::string& rows = is_thick ? thick : thin;
        if (rows.empty()) continue;
        const std::string name = fmt::format("$bars{}_{}_{}", k, dimension, is_thick ? 1 : 0);
        blocks += fmt::format("{} << EOD\n{}EOD\n", name, rows);
        parts += fmt::format("{}{} with lines lw {} lc rgb '{}'", parts.empty() ? "" : ", ", name,
                             is_thick ? 5 : 1.6, bar_colours[index]);
      }
    }
    const double scale = set.homology.scale > 0.0 ? set.homology.scale : 1.0;
    add("{}set xrange [0:{:.9g}]\nset yrange [{:g}:0]\nset xtics autofreq\nunset ytics\n"
        "set xlabel 'scale' offset 0,0.4\nplot {}\nunset label\nunset xlabel\n",
        blocks, 1.02 * scale, std::min(y, -2.0), parts.empty() ? "NaN" : parts);
  }

  const LayersRequest& request_;
  const CarriedData& carried_;
  std::size_t stages_, columns_, rows_;
  double side_ = 0.0, left_ = 0.0;
  bool has_bars_ = false;
  std::string text_;
};

}  // namespace

std::string plot_report(const LayersRequest& request, const CarriedData& carried) {
  LayersScript script(request, carried);
  const int height = script.height();
  return draw_picture(request.outputs.plot_file, height, std::move(script).text());
}

}  // namespace tautrack::program
