#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "tautrack/topology/principal_axes.hpp"

#include "commands/layers_report.hpp"
#include "io/text.hpp"
#include "pictures/format.hpp"
#include "pictures/picture.hpp"

namespace tautrack::program {
namespace layers_plot {

// Lengths are in pixels of the PNG picture.
constexpr double header_height = 100, gap = 84, left_margin = 76, largest_side = 440;
constexpr double title_height = 44, below_panel = 78, bars_height = 250, below_bars = 62;
constexpr std::size_t panels_in_row = 4;
constexpr std::size_t most_stages = 24;

constexpr Index most_points = 5000;    ///< Drawn in a panel.
constexpr std::size_t most_bars = 14;  ///< Drawn of each dimension, the longest.

/// Of labels, in turn.
constexpr std::array shapes = {Shape::disc,        Shape::triangle, Shape::square,
                               Shape::upside_down, Shape::diamond,  Shape::circle};

std::string style_of(std::size_t label, double size) {
  return point_style(shapes[label % shapes.size()], size, colours[label % std::size(colours)]);
}

/// The points as they are drawn: in the plane, with a name of each axis.
struct PlaneView {
  Matrix points;  ///< 2 x N
  std::string x, y;
  std::vector<Ticks> y_ticks{};  ///< Names instead of numbers.
};

PlaneView view_of(const Stage& stage, const LabelledPoints& data, bool is_data) {
  const Matrix& points = stage.points;
  const auto unit = [&](Index j) {
    return is_data ? data.columns[static_cast<std::size_t>(j)] : fmt::format("unit {}", j + 1);
  };
  if (points.rows() == 2) return {points, unit(0), unit(1)};
  if (points.rows() == 1) {
    PlaneView view{Matrix(2, points.cols()), unit(0), "", {Ticks()}};
    for (std::size_t i = 0; i < data.labels.size(); ++i)
      view.y_ticks.front().add(cut(data.labels[i], 12), static_cast<double>(i));
    view.points.row(0) = points.row(0);
    for (Index j = 0; j < points.cols(); ++j)
      view.points(1, j) = data.labels.empty()
                              ? 0.0
                              : static_cast<double>(data.label_of_row[static_cast<std::size_t>(j)]);
    return view;
  }
  // The plane in which most is to be seen.
  const Matrix centred = points.colwise() - points.rowwise().mean();
  const PrincipalAxes principal = principal_axes(points);
  const double all = principal.variances.sum();
  const auto name = [&](Index j) {
    return fmt::format("principal axis {} ({:.0f} % of variance)", j + 1,
                       all > 0.0 ? 100.0 * std::abs(principal.variances(j)) / all : 0.0);
  };
  return {principal.axes.leftCols(2).transpose() * centred, name(0), name(1)};
}

/// Draws the stages of the points: as points, and the bars of their homology below.
class LayersPicture {
 public:
  LayersPicture(const LayersRequest& request, const CarriedData& carried)
      : request_(request),
        carried_(carried),
        stages_(std::min(carried.stages.size(), most_stages)),
        columns_(std::min(stages_, panels_in_row)),
        has_bars_(std::any_of(
            carried.stages.begin(), carried.stages.end(),
            [](const Stage& stage) { return !stage.sets.empty() && stage.sets.front().betti; })),
        side_(std::min(largest_side,
                       (picture_width - left_margin) / static_cast<double>(columns_) - gap)),
        left_(left_margin + 0.5 * (picture_width - left_margin -
                                   static_cast<double>(columns_) * (side_ + gap) + gap)),
        picture_(picture_width, height()) {}

  [[nodiscard]] int height() const {
    const std::size_t rows = (stages_ + panels_in_row - 1) / panels_in_row;
    return static_cast<int>(header_height + static_cast<double>(rows) * row_height());
  }

  [[nodiscard]] std::string title() const {
    return fmt::format("{} carried through {}, tau = {:.6g}", source_text(carried_.data.source),
                       counted(static_cast<long long>(carried_.layers.size()), "layer"),
                       request_.tau) +
           (stages_ < carried_.stages.size() ? fmt::format(" (the first {})", stages_ - 1) : "");
  }

  [[nodiscard]] std::string script() && {
    picture_.closed_frame();
    picture_.text(0.5 * picture_width, 26, title(), "center font ',13'");
    add_legend();
    for (std::size_t k = 0; k < stages_; ++k) {
      add_points(k);
      if (has_bars_) add_bars(k);
    }
    return std::move(picture_).script();
  }

 private:
  [[nodiscard]] double row_height() const {
    return title_height + side_ + below_panel + (has_bars_ ? bars_height + below_bars : 0.0);
  }

  [[nodiscard]] Place panel(std::size_t k) const {
    return {left_ + static_cast<double>(k % panels_in_row) * (side_ + gap),
            header_height + static_cast<double>(k / panels_in_row) * row_height() + title_height,
            side_, side_};
  }

  /// Whether bars of this dimension are drawn.
  [[nodiscard]] bool has_bars_of(int dimension) const {
    return std::any_of(carried_.stages.begin(), carried_.stages.end(), [&](const Stage& stage) {
      if (stage.sets.empty() || !stage.sets.front().betti) return false;
      constexpr double visible = 0.004;  // of the scale
      const auto& bars = stage.sets.front().homology.intervals;
      const double most = stage.sets.front().homology.scale, shortest = visible * most;
      return std::any_of(bars.begin(), bars.end(), [&](const HomologyInterval& bar) {
        return bar.dimension == dimension && std::min(bar.death, most) - bar.birth > shortest;
      });
    });
  }

  /// Samples below the title: labels, and colours of bars.
  void add_legend() {
    constexpr std::size_t most_labels = 12;
    std::vector<LegendEntry> entries;
    const std::vector<std::string>& labels = carried_.data.labels;
    for (std::size_t i = 0; i < std::min(labels.size(), most_labels); ++i)
      entries.push_back({style_of(i, 1.2), cut(labels[i], 20)});
    if (labels.size() > most_labels)
      entries.push_back({"", fmt::format("and {} more", labels.size() - most_labels)});
    for (int dimension = 0; has_bars_ && dimension <= max_homology_dimension; ++dimension)
      if (const auto k = static_cast<std::size_t>(dimension); has_bars_of(dimension))
        entries.push_back({line_style(4.0, homology_colours[k]), std::string(homology_names[k])});
    if (has_bars_) entries.push_back({"", "thick bars: counted"});
    if (!entries.empty()) picture_.legend(left_, 76.0, picture_width - left_ - 40.0, entries);
  }

  void add_points(std::size_t k) {
    const Stage& stage = carried_.stages[k];
    const LabelledPoints& data = carried_.data;
    const PlaneView view = view_of(stage, data, k == 0);
    const Place at = panel(k);
    picture_.text(at.left, at.top - 18,
                  k == 0
                      ? "data as given"
                      : fmt::format("after layer {}: {}", k, counted(stage.points.rows(), "unit")),
                  "left font ',11'");
    const Vector low = view.points.rowwise().minCoeff(), high = view.points.rowwise().maxCoeff();
    double half = 0.55 * (high - low).maxCoeff();  // With a margin of a tenth.
    if (!(half > 0.0)) half = 1.0;
    const Vector middle = 0.5 * (low + high);
    const Index step = 1 + (view.points.cols() - 1) / most_points;
    Plot plot;
    for (std::size_t set = 0; set < std::max<std::size_t>(1, data.labels.size()); ++set) {
      Rows rows;
      for (Index j = 0; j < view.points.cols(); j += step)
        if (data.labels.empty() || data.label_of_row[static_cast<std::size_t>(j)] == set)
          rows.add(Vector(view.points.col(j)));
      plot.add(picture_.block(rows), "1:2", style_of(set, 0.55));
    }
    picture_.panel(at)
        .axes(NumberAxis{view.x, middle(0) - half, middle(0) + half},
              NumberAxis{view.y, middle(1) - half, middle(1) + half, false, view.y_ticks})
        .plot(plot);
  }

  void add_bars(std::size_t k) {
    const SetHomology& set = carried_.stages[k].sets.front();
    const Place above = panel(k);
    const Place at{above.left, above.bottom() + below_panel, side_, bars_height};
    picture_.text(at.left, at.top - 14,
                  "all: " + (set.betti ? betti_text(set.betti->numbers) +
                                             (set.betti->clear ? "" : ", ambiguous")
                                       : std::string(to_string(set.homology.status))),
                  "left font ',10'");
    Plot plot;
    std::vector<bool> counted_bars;
    if (set.betti) counted_bars = set.betti->counted(set.homology);
    double y = 0.0;
    for (int dimension = 0; dimension <= max_homology_dimension && set.betti; ++dimension) {
      Rows thick, thin;
      std::size_t drawn = 0;
      for (std::size_t i = 0; i < set.homology.intervals.size(); ++i) {
        const HomologyInterval& bar = set.homology.intervals[i];
        const bool is_drawn = drawn < most_bars || counted_bars[i];
        if (bar.dimension != dimension || !is_drawn) continue;
        ++drawn;
        y -= 1.0;
        (counted_bars[i] ? thick : thin)
            .add(bar.birth, y, std::min(bar.death, set.homology.scale) - bar.birth, 0.0);
      }
      if (drawn > 0) y -= 1.0;
      const std::string_view colour = homology_colours[static_cast<std::size_t>(dimension)];
      plot.add(picture_.block(thick), "1:2:3:4", vector_style(5.0, colour))
          .add(picture_.block(thin), "1:2:3:4", vector_style(1.6, colour));
    }
    const double scale = set.homology.scale > 0.0 ? set.homology.scale : 1.0;
    picture_.panel(at)
        .axes(NumberAxis{"scale", 0.0, 1.02 * scale},
              NumberAxis{"", std::min(y, -2.0), 0.0, false, {Ticks()}})
        .plot(plot);
  }

  const LayersRequest& request_;
  const CarriedData& carried_;
  std::size_t stages_, columns_;
  bool has_bars_;
  double side_, left_;
  Picture picture_;
};

}  // namespace layers_plot

std::string plot_report(const LayersRequest& request, const CarriedData& carried) {
  using namespace layers_plot;
  LayersPicture picture(request, carried);
  const int height = picture.height();
  const std::string title = picture.title();
  return draw_picture(request.outputs.plot_file, height, title, std::move(picture).script());
}

}  // namespace tautrack::program
