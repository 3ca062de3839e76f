#include "pictures/axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pictures/gnuplot.hpp"

namespace tautrack::program {
namespace {

constexpr double between_names = 0.8;  ///< Sizes of letters, at least.
constexpr double line_height = 1.9;    ///< Of names above each other.
constexpr double very_different = 30.0;

/// Widths of the printable characters of ASCII in DejaVu Sans, in thousandths of the size.
constexpr std::array<int, 95> widths = {
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 999, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838};

/// Decimals that tell multiples of the step apart.
int decimals(double step) {
  return std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
}

/// A number with so many decimals at most.
std::string decimal_text(double value, int digits) {
  std::string text = fmt::format("{:.{}f}", value, digits);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

/// A multiple of the step on an axis on which the largest magnitude is this.
std::string multiple_text(double value, double step, double largest) {
  constexpr double long_numbers = 1e6, short_numbers = 1e-3;
  if (largest < long_numbers && largest >= short_numbers)
    return decimal_text(value, decimals(step));
  if (std::abs(value) < 0.5 * step) return "0";
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9));
  const double unit = std::pow(10.0, exponent);
  return fmt::format("{}e{}", decimal_text(value / unit, decimals(step / unit)), exponent);
}

/// Multiples of the step between two numbers.
template <class Add>
void for_multiples(double low, double high, double step, const Add& add) {
  constexpr double rounding = 1e-9, most = 1000.0;
  const double first = std::ceil(low / step - rounding), last = std::floor(high / step + rounding);
  for (double k = first; k <= std::min(last, first + most); ++k) add(k * step);
}

Ticks linear_ticks(const NumberAxis& axis, double step) {
  Ticks ticks;
  const double largest = std::max(std::abs(axis.low), std::abs(axis.high));
  for_multiples(axis.low, axis.high, step,
                [&](double value) { ticks.add(multiple_text(value, step, largest), value); });
  return ticks;
}

/// Multiples of 1, 2 or 5 times a power of ten, the closest that have room.
/// @param room Whether the ticks do not meet.
template <class Room>
Ticks round_ticks(const NumberAxis& axis, const Room& room) {
  constexpr std::size_t most = 9;
  const double span = axis.high - axis.low;
  Ticks ticks;
  for (int decade = static_cast<int>(std::floor(std::log10(span))) - 1;
       std::pow(10.0, decade) <= span; ++decade)
    for (const double factor : {1.0, 2.0, 5.0}) {
      Ticks closer = linear_ticks(axis, factor * std::pow(10.0, decade));
      if (closer.size() <= most && room(closer)) return closer;
      if (closer.size() > 0) ticks = std::move(closer);
    }
  return ticks;
}

/// Of a logarithmic axis of several decades: powers of ten; of fewer also twice and five times as much.
Ticks decade_ticks(const NumberAxis& axis) {
  constexpr int many = 3, most_with_minor = 8;
  const int first = static_cast<int>(std::floor(std::log10(axis.low)));
  const int last = static_cast<int>(std::floor(std::log10(axis.high)));
  Ticks ticks;
  const auto add = [&](double factor, bool is_named) {
    for (int decade = first; decade <= last; ++decade) {
      const double value = factor * std::pow(10.0, decade);
      if (value < axis.low || value > axis.high) continue;
      if (is_named)
        ticks.add(tick_text(value), value);
      else
        ticks.add_minor(value);
    }
  };
  add(1.0, true);
  for (int factor = 2; factor <= 9 && last - first < most_with_minor; ++factor)
    add(factor, last - first < many && (factor == 2 || factor == 5));
  return ticks;
}

}  // namespace

std::string range_text(double low, double high) {
  return fmt::format("[{:.17g}:{:.17g}]", low, high);
}

double text_width(std::string_view text) {
  constexpr int other = 600;
  int width = 0;
  for (const char c : text) {
    const bool is_ascii = c >= ' ' && c <= '~';
    const bool continues_letter = (c & 0xC0) == 0x80;  // In UTF-8.
    if (!continues_letter) width += is_ascii ? widths[static_cast<std::size_t>(c - ' ')] : other;
  }
  return width / 1000.0;
}

Ticks& Ticks::add(std::string_view name, double position) {
  named_.push_back({std::string(name), position});
  return *this;
}

Ticks& Ticks::add_minor(double position) {
  minor_.push_back(position);
  return *this;
}

Ticks Ticks::fitting(double pixels_per_unit, double letter, bool is_upright) const {
  Ticks kept;
  kept.minor_ = minor_;
  for (const Tick& tick : named_) {
    kept.named_.push_back(tick);
    if (kept.is_crowded(pixels_per_unit, letter, is_upright)) kept.named_.pop_back();
  }
  return kept;
}

double Ticks::widest() const {
  double widest = 0.0;
  for (const Tick& tick : named_) widest = std::max(widest, text_width(tick.name));
  return widest;
}

bool Ticks::is_crowded(double pixels_per_unit, double letter, bool is_upright) const {
  std::vector<Tick> sorted = named_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Tick& a, const Tick& b) { return a.position < b.position; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const double apart = (sorted[i].position - sorted[i - 1].position) * pixels_per_unit / letter;
    const double width = 0.5 * (text_width(sorted[i].name) + text_width(sorted[i - 1].name));
    if (apart < (is_upright ? line_height : width + between_names)) return true;
  }
  return false;
}

std::string Ticks::text() const {
  std::vector<std::string> list;
  for (const Tick& tick : named_)
    list.push_back(fmt::format("{} {:.17g}", gnuplot_string(tick.name), tick.position));
  for (const double position : minor_) list.push_back(fmt::format("'' {:.17g} 1", position));
  return fmt::format("({})", fmt::join(list, ", "));
}

std::string tick_text(double value) {
  if (value == 0.0) return "0";  // and not "-0"
  std::string text =
      std::abs(value) >= 99999.5 ? fmt::format("{:.5e}", value) : fmt::format("{:.8g}", value);
  // Zeros in front of the exponent of a long number say nothing.
  if (const std::size_t e = text.find('e'); std::abs(value) >= 99999.5) {
    std::size_t digits = text.find_last_not_of('0', e - 1) + 1;
    if (text[digits - 1] == '.') --digits;
    text.erase(digits, e - digits);
  }
  for (const std::string_view filler : {"e+0", "e+"})
    if (const std::size_t at = text.find(filler); at != std::string::npos)
      return text.replace(at, filler.size(), "e");
  if (const std::size_t at = text.find("e-0"); at != std::string::npos) text.replace(at, 3, "e-");
  return text;
}

double roundest(double low, double high) {
  const double largest = std::max(std::abs(low), std::abs(high));
  if (!(low < high) || !(largest > 0.0)) return low;
  if (low <= 0.0 && high >= 0.0) return 0.0;
  for (double unit = std::pow(10.0, std::ceil(std::log10(largest)));; unit /= 10.0)
    for (const double factor : {5.0, 2.0, 1.0}) {
      const double multiple = std::ceil(low / (factor * unit) - 1e-9) * factor * unit;
      if (multiple <= high) return multiple;
      if (unit < 1e-15 * largest) return low;
    }
}

Ticks NumberAxis::fitting_ticks(double pixels, double letter, bool is_upright) const {
  for (const Ticks& some : ticks)
    if (!some.is_crowded(pixels / (high - low), letter, is_upright)) return some;
  if (!ticks.empty()) return ticks.back().fitting(pixels / (high - low), letter, is_upright);
  if (!is_logarithmic)
    return round_ticks(*this, [&](const Ticks& some) {
      return !some.is_crowded(pixels / (high - low), letter, is_upright);
    });
  // On a logarithmic axis distances are those of logarithms.
  Ticks some = decade_ticks(*this);
  if (some.size() < 2) some = round_ticks(*this, [](const Ticks& any) { return any.size() <= 6; });
  Ticks logarithms;
  for (Ticks::Tick& tick : some.named_) logarithms.add(tick.name, std::log10(tick.position));
  logarithms = logarithms.fitting(pixels / std::log10(high / low), letter, is_upright);
  for (Ticks::Tick& tick : logarithms.named_) tick.position = std::pow(10.0, tick.position);
  logarithms.minor_ = some.minor_;
  return logarithms;
}

double WeightAxis::position(double value) const {
  return is_logarithmic() ? std::asinh(value / unit_) : value;
}

double WeightAxis::value(double position) const {
  return is_logarithmic() ? unit_ * std::sinh(position) : position;
}

std::vector<Ticks> WeightAxis::ticks() const {
  if (!is_logarithmic()) return {};
  const int first = static_cast<int>(std::ceil(std::log10(unit_)));
  const int last = static_cast<int>(std::floor(std::log10(largest_)));
  constexpr int most_skipped = 3;  // Those next to zero stand close.
  std::vector<Ticks> choices;
  for (int step = 1; step <= std::max(1, last - first); ++step)
    for (int skipped = 0; skipped <= most_skipped; ++skipped) {
      Ticks ticks;
      ticks.add("0", 0.0);
      for (int decade = last; decade >= first + skipped; decade -= step)
        for (const double sign : {-1.0, 1.0}) {
          const double value = sign * std::pow(10.0, decade);
          ticks.add(tick_text(value), position(value));
        }
      choices.push_back(std::move(ticks));
    }
  return choices;
}

void EnergyAxis::see(double energy) {
  if (!std::isfinite(energy)) return;
  low_ = std::min(low_, energy);
  high_ = std::max(high_, energy);
}

NumberAxis EnergyAxis::axis() const {
  constexpr double part = 0.08, rounding = 1e-12;
  double low = low_, high = high_;
  if (!(low <= high)) low = high = 0.0;
  // Below what rounding makes of energies, all are zero.
  if (low > rounding * std::max(high, unit_) && high > very_different * low) {
    const double factor = std::pow(high / low, part);
    return {"energy E (logarithmic)", low / factor, high * factor, true};
  }
  // Numbers on the axis that differ only behind the digits that it shows help nobody.
  const double margin =
      high <= rounding * unit_ ? 0.1 * unit_ : std::max(part * (high - low), 1e-3 * std::abs(high));
  return {"energy E", low - margin, high + margin};
}

TauAxis::TauAxis(const PathView& path) {
  constexpr double close = 0.05, nearest = 1e-12;
  double closest = 1.0;
  // 1 - tau where nine tenths of the way are done, if half of it is done closer to tau = 1; the same of the energy,
  // where it falls by orders of magnitude in ratios.
  const auto see = [&](const auto& position) {
    double late = 0.0, total = 0.0;
    std::vector<double> way;
    for (std::size_t i = 0; i < path.points.size(); ++i) {
      const double step =
          i == 0 ? 0.0 : std::abs(position(path.points[i]) - position(path.points[i - 1]));
      total += step;
      if (1.0 - path.points[i].tau < close) late += step;
      way.push_back(total);
    }
    if (!(late > 0.5 * total)) return;
    const auto at = std::lower_bound(way.begin(), way.end(), 0.9 * total);
    const double tau = path.points[static_cast<std::size_t>(at - way.begin())].tau;
    closest = std::min(closest, std::max(1.0 - tau, nearest));
  };
  double low = std::numeric_limits<double>::infinity(), high = 0.0;
  for (const PathView::Point& point : path.points) {
    low = std::min(low, point.energy);
    high = std::max(high, point.energy);
  }
  const bool has_ratios = low > 1e-12 * high && high > very_different * low;
  see([](const PathView::Point& point) { return point.way; });
  if (high - low > 1e-9 * high)
    see([&](const PathView::Point& point) {
      return has_ratios ? std::log(point.energy) : point.energy;
    });
  for (const double tau : path.folds) closest = std::min(closest, 1.0 - tau);
  if (!path.ends)
    for (const PathView::Point& point : path.points) closest = std::min(closest, 1.0 - point.tau);
  if (closest < close) offset_ = std::max(closest / 10.0, 1e-13);
}

double TauAxis::position(double tau) const {
  return is_logarithmic() ? -std::log10(std::max(1.0 - tau, 0.0) + offset_) : tau;
}

NumberAxis TauAxis::axis(const std::string& tau) const {
  constexpr int most_nines = 4;  // "0.9999"; beyond, "1-1e-5" is easier to read.
  if (!is_logarithmic()) return {tau, 0.0, 1.0};
  // Rounded numbers at the ends shall not be cut off.
  const double beside = 1e-6 * (position(1.0) - position(0.0));
  NumberAxis axis{fmt::format("{0} (logarithmic in 1 - {0})", tau), position(0.0) - beside,
                  position(1.0) + beside};
  const int decades = static_cast<int>(std::floor(-std::log10(offset_) - 0.5));
  for (int step = 1; step <= std::max(1, decades); ++step) {
    Ticks ticks;
    ticks.add("0", position(0.0)).add("1", position(1.0));
    for (int decade = step; decade <= decades; decade += step) {
      const double distance = std::pow(10.0, -decade);
      ticks.add(decade <= most_nines ? fmt::format("{:g}", 1.0 - distance)
                                     : fmt::format("1-1e-{}", decade),
                position(1.0 - distance));
    }
    axis.ticks.push_back(std::move(ticks));
  }
  return axis;
}

}  // namespace tautrack::program
