#include "pictures/axis.hpp"

#include <cmath>

#include <fmt/format.h>

#include "pictures/gnuplot.hpp"

namespace tautrack::program {

std::string range_text(double low, double high) {
  return fmt::format("[{:.17g}:{:.17g}]", low, high);
}

Ticks& Ticks::add(std::string_view name, double position) {
  list_ += fmt::format("{}{} {:.17g}", list_.empty() ? "" : ", ", gnuplot_string(name), position);
  return *this;
}

std::string tick_text(double value) {
  std::string text = fmt::format("{:g}", value);
  for (const std::string_view filler : {"e+0", "e+"})
    if (const std::size_t at = text.find(filler); at != std::string::npos)
      return text.replace(at, filler.size(), "e");
  if (const std::size_t at = text.find("e-0"); at != std::string::npos) text.replace(at, 3, "e-");
  return text;
}

double WeightAxis::position(double value) const {
  return is_logarithmic() ? std::asinh(value / unit_) : value;
}

double WeightAxis::value(double position) const {
  return is_logarithmic() ? unit_ * std::sinh(position) : position;
}

std::string WeightAxis::ticks() const {
  constexpr int most_decades = 4;  // Named on either side of zero.
  if (!is_logarithmic()) return "autofreq";
  const int first = static_cast<int>(std::ceil(std::log10(unit_)));
  const int last = static_cast<int>(std::floor(std::log10(largest_)));
  const int step = (last - first) / most_decades + 1;
  Ticks ticks;
  ticks.add("0", 0.0);
  for (int decade = first; decade <= last; decade += step)
    for (const double sign : {-1.0, 1.0}) {
      const double value = sign * std::pow(10.0, decade);
      ticks.add(tick_text(value), position(value));
    }
  return ticks.text();
}

}  // namespace tautrack::program
