#include "commands/hidden_plot.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "io/text.hpp"
#include "pictures/format.hpp"
#include "pictures/picture.hpp"

namespace tautrack::program {
namespace hidden_plots {

// Lengths are in pixels of the PNG picture.
constexpr int header_height = 92, row_height = 540;
constexpr int left_margin = 105, right_margin = 30, panel_gap = 110, panel_top = 48,
              panel_bottom = 78;
constexpr std::size_t most_rows = 6;

/// From this width of the list, relative to the lowest energy, families that are nearly as high as each other lie side by side.
constexpr double side_step = 0.16;
constexpr double nearly_as_high = 0.03;  ///< Of the height of the panel.

/// Live units of a branch have one colour each; what none is left for has the last one.
std::string_view colour_of_units(std::size_t live) {
  return colours[std::min(live, std::size(colours) - 1)];
}

Shape shape_of_index(std::optional<int> index) {
  constexpr Shape shapes[] = {Shape::disc, Shape::square, Shape::triangle, Shape::diamond};
  return index ? shapes[std::min<std::size_t>(static_cast<std::size_t>(*index),
                                              std::size(shapes) - 1)]
               : Shape::cross;
}

class HiddenPicture {
 public:
  explicit HiddenPicture(const std::vector<HiddenDrawing>& drawings)
      : drawings_(drawings), picture_(picture_width, height(drawings.size())) {}

  [[nodiscard]] static int height(std::size_t rows) {
    return header_height + row_height * static_cast<int>(rows);
  }

  [[nodiscard]] std::string script(const std::string& title) && {
    picture_.text(20, 22, title, "left font ',13'");
    picture_.text(20, 46,
                  "Dots, squares, triangles, diamonds: minima, Morse index 1, 2, 3 or more; "
                  "numbers: copies.   "
                  "Curves in tau: solid minima, dashed others; circles folds, squares pitchforks.",
                  "left textcolor rgb '#444444'");
    picture_.legend(20, 74, picture_width - 40, live_units());
    for (std::size_t row = 0; row < drawings_.size(); ++row)
      picture_.text(left_margin, top(row) + 22, drawings_[row].name, "left font ',11'");
    picture_.draw_texts().open_frame();
    for (std::size_t row = 0; row < drawings_.size(); ++row) add_row(row);
    return std::move(picture_).script();
  }

 private:
  [[nodiscard]] static double top(std::size_t row) {
    return header_height + row_height * static_cast<double>(row);
  }

  [[nodiscard]] static std::size_t live_in(const Branch& branch) {
    std::size_t live = 0;
    for (const Index equal : branch.equal) live += static_cast<std::size_t>(equal);
    return live;
  }

  /// The colours of branches.
  [[nodiscard]] std::vector<LegendEntry> live_units() const {
    std::set<std::size_t> numbers;
    for (const HiddenDrawing& drawing : drawings_)
      if (drawing.tree != nullptr)
        for (const Branch& branch : drawing.tree->branches) numbers.insert(live_in(branch));
    std::vector<LegendEntry> entries;
    for (const std::size_t live : numbers)
      entries.push_back(
          {line_style(1.8, colour_of_units(live)),
           live == 0 ? "no live unit" : counted(static_cast<long long>(live), "live unit")});
    return entries;
  }

  void add_row(std::size_t row) {
    const HiddenDrawing& drawing = drawings_[row];
    const bool has_both = drawing.fits != nullptr && drawing.tree != nullptr;
    const double whole = picture_width - left_margin - right_margin;
    const double width = has_both ? 0.5 * (whole - panel_gap) : whole;
    Place place{left_margin, top(row) + panel_top, width, row_height - panel_top - panel_bottom};
    if (drawing.fits != nullptr) {
      picture_.panel(place);
      add_families(*drawing.fits);
      place.left += width + panel_gap;
    }
    if (drawing.tree != nullptr) {
      picture_.panel(place);
      add_branches(*drawing.tree);
    }
  }

  /// Energies by Morse index, with the links between them.
  void add_families(const AllFits& fits) {
    EnergyAxis energies;
    int highest = 1;
    for (const StationaryPoint& point : fits.points) {
      energies.see(point.energy);
      highest = std::max(highest, point.morse_index.value_or(0));
    }
    const NumberAxis vertical = energies.axis();
    const std::vector<double> places = side_by_side(fits.points, vertical);
    Rows links;
    std::set<std::pair<int, int>> drawn;
    for (const Link& link : fits.exploration.links) {
      if (link.from < 0 || link.to < 0 || link.from == link.to) continue;
      if (!drawn.insert(std::minmax(link.from, link.to)).second) continue;
      for (const int end : {link.from, link.to})
        links.add(places[static_cast<std::size_t>(end)],
                  fits.points[static_cast<std::size_t>(end)].energy);
      links.gap();
    }
    Plot plot;
    plot.add(picture_.block(links), "1:2", line_style(0.8, "#B0BCC8"));
    for (std::size_t i = 0; i < fits.points.size(); ++i) {
      const StationaryPoint& point = fits.points[i];
      plot.mark(places[i], point.energy,
                point_style(shape_of_index(point.morse_index), 1.6,
                            colours[static_cast<std::size_t>(point.morse_index.value_or(6)) %
                                    std::size(colours)]));
      if (fits.points.size() <= most_numbered)
        picture_.label({places[i], point.energy}, fmt::format("{:.6g}", point.copies),
                       "left offset 1.1,0.1 font ',9'");
    }
    Ticks ticks;
    for (int index = 0; index <= highest; ++index) ticks.add(std::to_string(index), index);
    picture_.axes({"Morse index (0: minima)", -0.6, highest + 0.6, false, {ticks}}, vertical)
        .plot(plot);
  }

  /// Points of one index that would meet are moved apart.
  [[nodiscard]] static std::vector<double> side_by_side(const std::vector<StationaryPoint>& points,
                                                        const NumberAxis& axis) {
    const auto height = [&axis](double energy) {
      return axis.is_logarithmic ? std::log(energy / axis.low) / std::log(axis.high / axis.low)
                                 : (energy - axis.low) / (axis.high - axis.low);
    };
    std::vector<double> places(points.size());
    std::map<int, std::vector<std::size_t>> of_index;
    for (std::size_t i = 0; i < points.size(); ++i)
      of_index[points[i].morse_index.value_or(0)].push_back(i);
    for (const auto& [index, all] : of_index)
      for (std::size_t first = 0; first < all.size();) {
        std::size_t end = first + 1;
        while (end < all.size() &&
               height(points[all[end]].energy) - height(points[all[end - 1]].energy) <
                   nearly_as_high)
          ++end;
        const auto count = static_cast<double>(end - first);
        const double step = std::min(side_step, 0.9 / count);
        for (std::size_t k = first; k < end; ++k)
          places[all[k]] = index + step * (static_cast<double>(k - first) - 0.5 * (count - 1.0));
        first = end;
      }
    return places;
  }

  void add_branches(const BranchTree& tree) {
    EnergyAxis energies;
    Plot plot;
    Rows forks;
    for (const Branch& branch : tree.branches) {
      const std::string_view colour = colour_of_units(live_in(branch));
      // Pieces of one look; the next one begins where the last one ends.
      Rows minima, others;
      for (std::size_t i = 0; i < branch.points.size(); ++i) {
        const BranchSample& point = branch.points[i];
        energies.see(point.energy);
        const bool is_minimum = point.morse_index == 0;
        (is_minimum ? minima : others).add(point.tau, point.energy);
        if (i + 1 == branch.points.size()) break;
        const BranchSample& next = branch.points[i + 1];
        if ((next.morse_index == 0) == is_minimum) continue;
        (is_minimum ? minima : others).add(next.tau, next.energy).gap();
      }
      plot.add(picture_.block(minima), "1:2", line_style(1.8, colour));
      plot.add(picture_.block(others), "1:2", line_style(1.4, colour, "(7,5)"));
      Rows folds;
      for (const BranchSample& fold : branch.folds) folds.add(fold.tau, fold.energy);
      plot.add(picture_.block(folds), "1:2", point_style(Shape::circle, 0.9, colour, 1.2));
    }
    for (const Pitchfork& fork : tree.pitchforks) forks.add(fork.at.tau, fork.at.energy);
    plot.add(picture_.block(forks), "1:2", point_style(Shape::open_square, 1.0, "#000000", 1.2));
    picture_.axes({"tau", 0.0, 1.0}, energies.axis()).plot(plot);
  }

  static constexpr std::size_t most_numbered = 40;  ///< Families whose copies are written.

  const std::vector<HiddenDrawing>& drawings_;
  Picture picture_;
};

}  // namespace hidden_plots

std::string hidden_plot(const std::string& file, const NetworkRequest& request,
                        const std::string& source, const std::vector<HiddenDrawing>& drawings) {
  using namespace hidden_plots;
  const std::vector<HiddenDrawing> shown(
      drawings.begin(),
      drawings.begin() + static_cast<std::ptrdiff_t>(std::min(drawings.size(), most_rows)));
  const std::string title =
      fmt::format("Stationary points of {} and {} output: {}{}",
                  counted(request.hidden.units,
                          fmt::format("hidden {} unit", to_string(request.perceptron.activation))),
                  to_string(request.hidden.output), source_text(source),
                  part_note(shown.size(), drawings.size()));
  return draw_picture(file, HiddenPicture::height(shown.size()), title,
                      HiddenPicture(shown).script(title));
}

}  // namespace tautrack::program
