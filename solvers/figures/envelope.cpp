#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/exhaustive/energy_bound.hpp"

#include "drawing.hpp"
#include "drivers.hpp"

namespace tautrack::program {
namespace {

constexpr double target = 0.5;  ///< Of the pattern on the left.
constexpr double left = -4.0, right = 5.0;

/// Intervals whose envelopes are drawn; the last one goes on to infinity.
struct Interval {
  double low, high;
  std::string_view colour, dash, name;
};
constexpr std::array<Interval, 3> intervals = {
    Interval{-3.0, 3.0, "#0072B2", "", "on [-3, 3]"},
    Interval{-3.0, -0.5, "#E07B00", "(8,4)", "on [-3, -0.5]"},
    Interval{0.0, std::numeric_limits<double>::infinity(), "#8E2A8B", "(3,4)", "on [0, ∞)"}};

double phi(double u) {
  const double r = std::tanh(u) - target;
  return 0.5 * r * r;
}

/// Lower convex hull of many points of phi on an interval (Andrew's monotone chain).
std::vector<std::vector<double>> envelope(double low, double high) {
  std::vector<std::vector<double>> hull;
  constexpr int count = 3000;
  for (int k = 0; k <= count; ++k) {
    const double u = low + (high - low) * k / count;
    const std::vector<double> point{u, phi(u)};
    while (hull.size() >= 2) {
      const std::vector<double>& a = hull[hull.size() - 2];
      const std::vector<double>& b = hull.back();
      if ((b[0] - a[0]) * (point[1] - a[1]) > (b[1] - a[1]) * (point[0] - a[0])) break;
      hull.pop_back();
    }
    hull.push_back(point);
  }
  return hull;
}

/// Towards an infinite end the envelope is constant from the zero of phi on.
std::vector<std::vector<double>> drawn_envelope(const Interval& interval) {
  if (std::isfinite(interval.high)) return envelope(interval.low, interval.high);
  std::vector<std::vector<double>> rows = envelope(interval.low, std::atanh(target));
  rows.push_back({right, 0.0});
  return rows;
}

/// The problem of the right panel: *virginica* against the rest. One plant is there twice.
Problem virginica() {
  DatasetOptions options;
  options.positive = "virginica";
  return iris(options).problems.front();
}

}  // namespace

Figure make_envelope(const FigureRequest&) {
  Figure figure;
  figure.name = "envelope";
  figure.width = 1600;
  figure.height = 820;
  figure.title = "A lower bound of the energy, and the proof that a fit is the best";
  figure.caption =
      "Left: what one pattern with target 0.5 adds to the energy, and its largest convex lower "
      "bound on three "
      "intervals of its input; towards an infinite end that is constant, so that far out nothing "
      "is known until "
      "the interval is cut. Right: iris virginica against the rest, 150 patterns and 5 weights, "
      "for which the search "
      "along curves finds hundreds of minima. The lower bound over all weights grows as intervals "
      "are split, and meets "
      "the energy of the best fit: no weights, finite or infinite, have less.";
  FigureTable curve{"phi", {"u", "phi"}, {}};
  for (int k = 0; k <= 900; ++k) {
    const double u = left + (right - left) * k / 900;
    curve.rows.push_back({u, phi(u)});
  }
  figure.tables.push_back(curve);
  for (std::size_t i = 0; i < intervals.size(); ++i)
    figure.tables.push_back(
        {fmt::format("envelope{}", i + 1), {"u", "envelope"}, drawn_envelope(intervals[i])});
  // Inflections of phi: 1 - 3 t^2 + 2 t y = 0, t = tanh u. There the hull leaves the curve at the latest.
  for (const double side : {-1.0, 1.0}) {
    const double t = (target + side * std::sqrt(target * target + 3.0)) / 3.0;
    check(figure,
          fmt::format("1 - 3 t^2 + 2 t y at the {} inflection", side < 0 ? "lower" : "upper"),
          1.0 - 3.0 * t * t + 2.0 * t * target, 0.0, 1e-14);
  }
  // On [-3, -0.5] the lower inflection is where tanh u = -0.434: a line from the low end, then phi.
  const auto hull = envelope(-3.0, -0.5);
  check(figure, "envelope at the low end less phi", hull.front()[1] - phi(-3.0), 0.0, 1e-15);
  check(figure, "envelope at the high end less phi", hull.back()[1] - phi(-0.5), 0.0, 1e-15);

  const Perceptron network(virginica());
  EnergyBoundOptions options;
  options.seconds = 120.0;
  options.threads = 1;
  options.max_nodes = 4000;
  const EnergyBound first = bound_energy(network, Vector::Zero(network.columns()), {}, options);
  const Certificate certificate = Certifier(network).certify(first.best_weights);
  FigureTable bounds{"bound", {"nodes", "bound", "best"}, {}};
  options.progress = [&](double bound, double best, long nodes, long) {
    bounds.rows.push_back({static_cast<double>(nodes), std::max(0.0, bound), best});
  };
  std::vector<KnownMinimum> known;
  if (certificate.certified) known.push_back({certificate.weights, certificate.radius});
  const EnergyBound proof = bound_energy(network, first.best_weights, known, options);
  figure.tables.push_back(bounds);
  // The energy of the best of the 494 minima that an exploration lists.
  check(figure, "E of the best fit", proof.best, 2.522698783909217, 1e-12);
  check(figure, "lower bound", proof.bound, 2.522698783909217, 1e-6);
  if (Certifier::available())
    check(figure, "the best fit is proven to be the best (1: yes)", proof.is_global ? 1.0 : 0.0,
          1.0, 0.0);

  const std::string curve_style = line_style(3.0, "#000000");
  const std::string bound_style = line_style(3.0, a_colour),
                    best_style = line_style(2.0, target_colour, "(8,4)");
  std::vector<LegendEntry> legend = {{curve_style, "φ(u)"}};
  Plot functions;
  functions.add(file_of(figure, "phi"), "1:2", curve_style);
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const std::string style = line_style(3.0, intervals[i].colour, intervals[i].dash);
    functions.add(file_of(figure, fmt::format("envelope{}", i + 1)), "1:2", style);
    legend.push_back({style, std::string("envelope ") + std::string(intervals[i].name)});
  }
  Picture picture = picture_of(figure);
  picture.legend(110, 795, 880, legend);
  picture.legend(1000, 795, 560, {{bound_style, "lower bound"}, {best_style, "best fit"}});
  picture.panel({110, 70, 700, 590})
      .axes(NumberAxis{"node input u", left, right}, NumberAxis{"energy of one pattern", 0.0, 1.2})
      .plot(functions);
  const double most = bounds.rows.empty() ? 1.0 : bounds.rows.back()[0];
  picture.panel({1000, 70, 560, 590})
      .axes(NumberAxis{"nodes", 0.0, most}, NumberAxis{"energy E", 0.0, 1.1 * proof.best})
      .plot(Plot()
                .add(file_of(figure, "bound"), "1:2", bound_style)
                .add(file_of(figure, "bound"), "1:3", best_style));
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
