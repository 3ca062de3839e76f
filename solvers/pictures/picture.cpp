#include "pictures/picture.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "io/usage_error.hpp"
#include "pictures/gnuplot.hpp"

namespace tautrack::program {
namespace {

/// The ending of a file name in lower case: ".svg".
std::string ending(const std::string& file) {
  std::string text = std::filesystem::path(file).extension().string();
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

/// The command that sets gnuplot's terminal for a picture of this height; empty for unknown
/// endings.
std::string terminal(const std::string& file_ending, int height) {
  if (file_ending == ".svg")
    return fmt::format(
        "set terminal svg noenhanced size {},{} font 'sans-serif,10' fontscale 1.33 background "
        "'#ffffff'\n",
        picture_width, height);
  if (file_ending == ".png")
    return fmt::format(
        "set terminal pngcairo noenhanced size {},{} font 'Sans,10' background '#ffffff'\n",
        picture_width, height);
  if (file_ending == ".pdf")
    return fmt::format(
        "set terminal pdfcairo noenhanced size {:.2f}in,{:.2f}in font 'Sans,10' fontscale 0.75 lw "
        "1.5\n",
        picture_width / 96.0, height / 96.0);
  return "";
}

}  // namespace

void require_plot(const std::string& file) {
  constexpr int any_height = 400;
  const std::string command = terminal(ending(file), any_height);
  if (command.empty())
    throw UsageError(fmt::format("--plot: the name '{}' must end in .svg, .png or .pdf", file));
  static_cast<void>(run_gnuplot(command));
}

std::string draw_picture(const std::string& file, int height, const std::string& script) {
  return run_gnuplot(terminal(ending(file), height) + script);
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
  if (!is_logarithmic()) return "autofreq";
  const int first = static_cast<int>(std::ceil(std::log10(unit_)));
  const int last = static_cast<int>(std::floor(std::log10(largest_)));
  const int step = (last - first) / 4 + 1;
  std::string list = "'0' 0";
  for (int decade = first; decade <= last; decade += step)
    for (const double sign : {-1.0, 1.0}) {
      const double value = sign * std::pow(10.0, decade);
      list += fmt::format(", '{}' {:.12g}", tick_text(value), position(value));
    }
  return "(" + list + ")";
}

std::string range_text(double low, double high) {
  return fmt::format("[{:.17g}:{:.17g}]", low, high);
}

}  // namespace tautrack::program
