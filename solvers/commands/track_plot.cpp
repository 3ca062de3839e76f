#include "commands/track_plot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "commands/fit_plot.hpp"
#include "commands/track_report.hpp"
#include "commands/units.hpp"
#include "io/standardised_weights.hpp"
#include "io/text.hpp"
#include "pictures/format.hpp"
#include "pictures/picture.hpp"

namespace tautrack::program {
namespace track_plot {

// Lengths are in pixels of the PNG picture.
constexpr int row_height = 330;
constexpr int header_height = 70;
constexpr int left_margin = 95;
constexpr int legend_width = 250;
constexpr int panel_gap = 100;    ///< Between two panels: room for the numbers of the right one.
constexpr int panel_top = 40;     ///< From the top of a row to its panels: room for its title.
constexpr int panel_bottom = 60;  ///< From its panels to the bottom of a row.
constexpr std::size_t most_rows = 12;

constexpr std::size_t most_named =
    std::size(colours);  ///< Weights in the legend, the largest first.
constexpr std::string_view other_colour = "#BBBBBB";
constexpr std::string_view energy_colour = "#000000";

/// A point of a path, ready to be drawn.
struct DrawnPoint {
  double tau = 0.0;
  double energy = 0.0;
  Vector weights;    ///< s, standardised.
  double way = 0.0;  ///< Of the weights, from the start: length of the drawn curve.
};

/// One path, ready to be drawn.
struct Drawing {
  std::string title;
  const Problem* problem = nullptr;
  const NaturalPath* path = nullptr;
  std::vector<DrawnPoint> curve;  ///< Finite throughout.
  std::vector<DrawnPoint> folds;
  Vector largest;     ///< s, largest magnitude of each standardised weight.
  double unit = 1.0;  ///< Energies of outputs of size one are of this size.
};

PathView view_of(const Drawing& drawing) {
  PathView view;
  double way = 0.0;
  for (std::size_t i = 0; i < drawing.curve.size(); ++i) {
    const DrawnPoint& point = drawing.curve[i];
    if (i > 0) way += (point.weights - drawing.curve[i - 1].weights).lpNorm<1>();
    view.points.push_back({point.tau, way, point.energy});
  }
  for (const DrawnPoint& fold : drawing.folds) view.folds.push_back(fold.tau);
  view.ends = drawing.path->ok();
  return view;
}

/// What the row of a problem says above its panels.
std::string row_title(const Problem& problem, const NaturalPath& path) {
  std::string text = cut(problem.name, 60) + ":  ";
  const std::string folds =
      path.folds.empty() ? "no folds" : counted(static_cast<long long>(path.folds.size()), "fold");
  if (path.end)
    return text + fmt::format("{}, ends at a {} of E = {:.8g}", folds, kind_of_point(*path.end),
                              path.end->energy);
  if (path.infinity) {
    const double limit = path.infinity->energy;
    const double along = path.infinity->approach ? path.infinity->approach->energy : limit;
    text += fmt::format("{}, the weights become infinite, E -> {:.8g}", folds, along);
    // Where outputs leave the range, they come back in the limit.
    const bool is_other = std::abs(along - limit) > 1e-6 * std::abs(limit);
    return is_other ? text + fmt::format(", and {:.8g} at tau = 1", limit) : text;
  }
  return text + fmt::format("{}, not resolved ({})", folds, to_string(path.status));
}

/// Where a fold lies on the drawn curve, which has it as one of its points.
double way_at(const std::vector<DrawnPoint>& curve, const DrawnPoint& fold) {
  const auto distance = [&](const DrawnPoint& point) {
    return (point.weights - fold.weights).norm() + std::abs(point.tau - fold.tau);
  };
  const auto nearest = std::min_element(
      curve.begin(), curve.end(),
      [&](const DrawnPoint& a, const DrawnPoint& b) { return distance(a) < distance(b); });
  return nearest != curve.end() ? nearest->way : 0.0;
}

Drawing make_drawing(const Problem& problem, const TrackedProblem& tracked, double unit) {
  const StandardisedWeights standardised(problem.X);
  Drawing drawing;
  drawing.title = row_title(problem, tracked.path);
  drawing.problem = &problem;
  drawing.unit = unit;
  drawing.path = &tracked.path;
  drawing.largest = Vector::Zero(problem.X.cols());
  for (const CurvePoint& point : tracked.curve) {
    DrawnPoint drawn{point.tau, point.energy, standardised(point.weights)};
    if (!std::isfinite(drawn.energy) || !drawn.weights.allFinite()) continue;
    drawing.largest = drawing.largest.cwiseMax(drawn.weights.cwiseAbs());
    if (!drawing.curve.empty()) {
      const DrawnPoint& before = drawing.curve.back();
      drawn.way = before.way + (drawn.weights - before.weights).norm();
    }
    drawing.curve.push_back(std::move(drawn));
  }
  for (const NaturalFold& fold : tracked.path.folds) {
    const NaturalPoint& point = fold.point;
    DrawnPoint drawn{point.tau, point.energy, standardised(point.weights)};
    drawn.way = way_at(drawing.curve, drawn);
    drawing.folds.push_back(std::move(drawn));
  }
  return drawing;
}

/// The outputs at the start and at the end of a path, over one input.
std::vector<FittedCurve> fitted_curves(const NaturalPath& path) {
  std::vector<FittedCurve> curves;
  if (path.end)
    curves.push_back({fmt::format("outputs at tau = {:.6g}", path.end->tau),
                      line_style(2.2, colours[0]), path.end->weights, path.end->tau, nullptr,
                      path.end->range});
  if (path.infinity)
    curves.push_back(
        {"limit at infinite weights", line_style(2.2, colours[3]), {}, 1.0, &*path.infinity, {}});
  if (!path.points.empty())
    curves.push_back({fmt::format("at tau = {:.6g}", path.points.front().tau),
                      line_style(1.4, other_colour, "(8,5)"), path.points.front().weights,
                      path.points.front().tau, nullptr, path.points.front().range});
  return curves;
}

/// Where the folds are: their range of tau and of the way, with some margin.
struct FoldWindow {
  double tau_low = 1.0;
  double tau_high = 0.0;
  double way_low = std::numeric_limits<double>::infinity();
  double way_high = 0.0;

  explicit FoldWindow(const std::vector<DrawnPoint>& folds) {
    for (const DrawnPoint& fold : folds) {
      tau_low = std::min(tau_low, fold.tau);
      tau_high = std::max(tau_high, fold.tau);
      way_low = std::min(way_low, fold.way);
      way_high = std::max(way_high, fold.way);
    }
    const double tau_margin = std::max({0.3 * (tau_high - tau_low), 0.05 * (1.0 - tau_low), 1e-12});
    tau_low = std::max(tau_low - tau_margin, 0.0);
    tau_high = std::min(tau_high + tau_margin, 1.0);
    const double way_margin = std::max(0.3 * (way_high - way_low), 0.02 * way_high);
    way_low -= way_margin;
    way_high += way_margin;
  }
};

/// The range of numbers, with a margin on both sides.
class Extent {
 public:
  void see(double number) {
    low_ = std::min(low_, number);
    high_ = std::max(high_, number);
  }

  [[nodiscard]] NumberAxis axis(std::string label, std::vector<Ticks> ticks = {}) const {
    const double margin =
        high_ > low_ ? 0.05 * (high_ - low_) : std::max(0.1 * std::abs(high_), 1e-6);
    return {std::move(label), low_ - margin, high_ + margin, false, std::move(ticks)};
  }

 private:
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

/// Draws the paths, each in a row.
class PathsPicture {
 public:
  /// @param network Null: no curves are drawn over the data.
  PathsPicture(const std::vector<std::string>& columns, const std::vector<Drawing>& drawings,
               const NetworkRequest* network)
      : columns_(columns),
        drawings_(drawings),
        network_(network),
        picture_(picture_width, picture_height(drawings.size(), network != nullptr)),
        ranking_(columns.size()) {
    Vector largest = Vector::Zero(static_cast<Index>(columns.size()));
    for (const Drawing& drawing : drawings) largest = largest.cwiseMax(drawing.largest);
    std::iota(ranking_.begin(), ranking_.end(), Index{0});
    std::stable_sort(ranking_.begin(), ranking_.end(),
                     [&](Index a, Index b) { return largest(a) > largest(b); });
  }

  [[nodiscard]] static int picture_height(std::size_t rows, bool has_fits) {
    return header_height + (has_fits ? 2 : 1) * row_height * static_cast<int>(rows);
  }

  /// The script, but for the terminal.
  [[nodiscard]] std::string script(const std::string& title) && {
    add_header(title);
    for (std::size_t row = 0; row < drawings_.size(); ++row)
      picture_.text(left_margin, row_top(row) + 22, drawings_[row].title, "left font ',11'");
    picture_.draw_texts().open_frame();
    for (std::size_t row = 0; row < drawings_.size(); ++row) {
      add_row(row);
      if (network_ != nullptr) add_fits(row);
    }
    return std::move(picture_).script();
  }

 private:
  /// The data of a row. Columns: 1 position of tau, 2 tau, 3 way, 4 E, then the positions of the
  /// weights, then the weights less those at the first fold (or zero, without folds).
  struct Blocks {
    std::string path, folds, end;
  };
  static constexpr std::size_t first_weight = 5;

  [[nodiscard]] double row_top(std::size_t row) const {
    return header_height + (network_ != nullptr ? 2 : 1) * row_height * static_cast<double>(row);
  }
  [[nodiscard]] std::size_t named() const { return std::min(columns_.size(), most_named); }

  /// Title and legend.
  void add_header(const std::string& title) {
    picture_.text(20, 22, title, "left font ',13'");
    const auto any = [this](const auto& is_so) {
      return std::any_of(drawings_.begin(), drawings_.end(), is_so);
    };
    std::string about = "Weights are those of standardised columns (mean 0, standard deviation 1).";
    if (any([](const Drawing& drawing) { return !drawing.folds.empty(); }))
      about += "   Circles: folds.";
    if (any([](const Drawing& drawing) { return drawing.path->ok(); }))
      about += "   Dots: the fit at tau = 1.";
    if (any([](const Drawing& drawing) { return drawing.path->infinity.has_value(); }))
      about += "   Diamonds: the limit at tau = 1.";
    picture_.text(20, 46, about, "left textcolor rgb '#444444'");
    double top = header_height + panel_top + 6;
    const auto add_entry = [&](const std::string& text, std::string_view colour) {
      picture_.entry(picture_width - legend_width + 25, top, {line_style(2.0, colour), text});
      top += 22;
    };
    for (std::size_t i = 0; i < named(); ++i)
      add_entry(cut(columns_[static_cast<std::size_t>(ranking_[i])], 25), colours[i]);
    if (columns_.size() > named())
      add_entry(counted(static_cast<long long>(columns_.size() - named()), "smaller one"),
                other_colour);
  }

  /// One problem.
  void add_row(std::size_t row) {
    const Drawing& drawing = drawings_[row];
    if (drawing.curve.empty()) return;
    const TauAxis tau_axis(view_of(drawing));
    const WeightAxis weight_axis = WeightAxis::of_path(
        drawing.curve.front().weights.cwiseAbs().maxCoeff(), drawing.largest.maxCoeff());
    const Blocks blocks = add_data(drawing, tau_axis, weight_axis);
    const std::vector<bool> hides = hiding(drawing, weight_axis);
    const int width = drawing.folds.empty() ? 2 : 1;
    const NumberAxis tau = tau_axis.axis("tau");
    Extent weights;
    EnergyAxis energies(drawing.unit);
    for (const DrawnPoint& point : drawing.curve) {
      for (const double weight : point.weights) weights.see(weight_axis.position(weight));
      energies.see(point.energy);
    }
    panel(row, 0, width)
        .axes(tau, weights.axis(weight_axis.is_logarithmic() ? "weights (logarithmic)" : "weights",
                                weight_axis.ticks()))
        .plot(weight_lines(blocks, 1, first_weight, hides));
    Plot energy = line(blocks, 1, 4, energy_colour);
    if (const auto& limit = drawing.path->infinity) {
      energies.see(limit->energy);
      energy.mark(tau_axis.position(1.0), limit->energy,
                  point_style(Shape::diamond, 1.2, energy_colour));
    }
    panel(row, width, width).axes(tau, energies.axis()).plot(energy);
    if (drawing.folds.empty()) return;

    const FoldWindow window(drawing.folds);
    Extent changes;
    const Vector& origin = drawing.folds.front().weights;
    for (const DrawnPoint& point : drawing.curve)
      if (point.tau >= window.tau_low && point.tau <= window.tau_high)
        for (const double change : Vector(point.weights - origin)) changes.see(change);
    const NumberAxis near_folds{"tau, at the folds", window.tau_low, window.tau_high};
    panel(row, 2, 1)
        .axes(near_folds, changes.axis("change from the first fold"))
        .plot(weight_lines(blocks, 2, first_weight + columns_.size(), hides));
    panel(row, 3, 1)
        .axes({"way of the weights", window.way_low, window.way_high},
              {"tau", window.tau_low, window.tau_high})
        .plot(line(blocks, 3, 2, energy_colour));
  }

  /// Which named columns lie on a smaller one all the way, by their ranks: dashes let that one be seen.
  [[nodiscard]] std::vector<bool> hiding(const Drawing& drawing, const WeightAxis& axis) const {
    constexpr double close = 0.004;  // of the range
    const auto position = [&](const DrawnPoint& point, std::size_t rank) {
      return axis.position(point.weights(ranking_[rank]));
    };
    double low = 0.0, high = 0.0;
    for (const DrawnPoint& point : drawing.curve)
      for (std::size_t rank = 0; rank < named(); ++rank) {
        low = std::min(low, position(point, rank));
        high = std::max(high, position(point, rank));
      }
    std::vector<bool> hides(named(), false);
    for (std::size_t upper = 0; upper < named(); ++upper)
      for (std::size_t lower = upper + 1; lower < named(); ++lower)
        hides[upper] =
            hides[upper] ||
            std::all_of(drawing.curve.begin(), drawing.curve.end(), [&](const DrawnPoint& point) {
              return std::abs(position(point, upper) - position(point, lower)) <=
                     close * (high - low);
            });
    return hides;
  }

  /// The outputs over the data, below the path.
  void add_fits(std::size_t row) {
    const Place place{left_margin, row_top(row) + row_height + panel_top,
                      picture_width - left_margin - legend_width,
                      row_height - panel_top - panel_bottom};
    draw_fits(picture_, place, *network_, *drawings_[row].problem,
              fitted_curves(*drawings_[row].path));
  }

  [[nodiscard]] Blocks add_data(const Drawing& drawing, const TauAxis& tau_axis,
                                const WeightAxis& weight_axis) {
    const Vector origin = drawing.folds.empty() ? Vector::Zero(drawing.largest.size())
                                                : drawing.folds.front().weights;
    const auto block = [&](const std::vector<DrawnPoint>& points) {
      Rows rows;
      for (const DrawnPoint& point : points) {
        const Vector positions =
            point.weights.unaryExpr([&](double weight) { return weight_axis.position(weight); });
        rows.add(tau_axis.position(point.tau), point.tau, point.way, point.energy, positions,
                 Vector(point.weights - origin));
      }
      return picture_.block(rows);
    };
    Blocks blocks{block(drawing.curve), block(drawing.folds), ""};
    if (drawing.path->ok()) blocks.end = block({drawing.curve.back()});
    return blocks;
  }

  /// One line, its folds and its end.
  [[nodiscard]] static Plot line(const Blocks& blocks, int x_column, std::size_t y_column,
                                 std::string_view colour, std::string_view dash = "") {
    const std::string columns = fmt::format("{}:{}", x_column, y_column);
    return Plot()
        .add(blocks.path, columns, line_style(1.8, colour, dash))
        .add(blocks.folds, columns, point_style(Shape::circle, 0.8, colour, 1.2))
        .add(blocks.end, columns, point_style(Shape::disc, 0.5, colour));
  }

  /// All weights, which stand in the data from column `first` on; the largest on top.
  [[nodiscard]] Plot weight_lines(const Blocks& blocks, int x_column, std::size_t first,
                                  const std::vector<bool>& hides) const {
    Plot plot;
    for (std::size_t rank = columns_.size(); rank-- > 0;) {
      const std::size_t column = first + static_cast<std::size_t>(ranking_[rank]);
      if (rank >= most_named)
        plot.add(blocks.path, fmt::format("{}:{}", x_column, column),
                 line_style(1.0, other_colour));
      else
        plot.add(line(blocks, x_column, column, colours[rank], hides[rank] ? "(14,14)" : ""));
    }
    return plot;
  }

  /// A panel of a row: `width` columns of four from `column` on.
  [[nodiscard]] Picture& panel(std::size_t row, int column, int width) {
    const double available = picture_width - left_margin - legend_width + panel_gap;
    return picture_.panel({left_margin + available * column / 4.0, row_top(row) + panel_top,
                           available * width / 4.0 - panel_gap,
                           row_height - panel_top - panel_bottom});
  }

  const std::vector<std::string>& columns_;
  const std::vector<Drawing>& drawings_;
  const NetworkRequest* network_;
  Picture picture_;
  std::vector<Index> ranking_;  ///< Columns, the one with the largest weight on any path first.
};

}  // namespace track_plot

std::string plot_report(const TrackRequest& request, const Dataset& dataset,
                        const std::vector<TrackedProblem>& tracked) {
  using namespace track_plot;
  const std::size_t rows = std::min(tracked.size(), most_rows);
  std::vector<Drawing> drawings;
  for (std::size_t i = 0; i < rows; ++i)
    drawings.push_back(
        make_drawing(dataset.problems[i], tracked[i], output_scale(request.network).energy(1.0)));
  const std::string title = fmt::format(
      "Natural homotopy from the linear network (tau = 0) to the {} network (tau = 1): {}{}",
      to_string(request.network.perceptron.activation), source_text(dataset.source),
      part_note(rows, tracked.size()));
  const Problem& first = dataset.problems.front();
  const NetworkRequest* const network =
      has_one_input(request.network, first) ? &request.network : nullptr;
  return draw_picture(request.outputs.plot_file,
                      PathsPicture::picture_height(rows, network != nullptr), title,
                      PathsPicture(first.columns, drawings, network).script(title));
}

}  // namespace tautrack::program
