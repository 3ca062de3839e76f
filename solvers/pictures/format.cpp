#include "pictures/format.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "io/text.hpp"
#include "io/usage_error.hpp"
#include "pictures/gnuplot.hpp"

namespace tautrack::program {
namespace {

constexpr double pixels_per_inch = 96.0;

/// What the ending of a file name asks for, in any case; nothing for unknown ones.
std::optional<PictureFormat> format_of(const std::string& file) {
  std::string text = std::filesystem::path(file).extension().string();
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto format = text.empty() ? std::nullopt : picture_format_from_name(text.substr(1));
  return format == PictureFormat::html ? std::nullopt : format;
}

}  // namespace

std::string_view to_string(PictureFormat format) noexcept {
  constexpr std::string_view names[] = {"svg", "png", "pdf", "html"};
  return names[static_cast<std::size_t>(format)];
}

std::optional<PictureFormat> picture_format_from_name(std::string_view name) {
  for (const PictureFormat format :
       {PictureFormat::svg, PictureFormat::png, PictureFormat::pdf, PictureFormat::html})
    if (name == to_string(format)) return format;
  return std::nullopt;
}

std::string terminal(PictureFormat format, int width, int height, Writing writing,
                     std::string_view name) {
  const bool is_enhanced = writing == Writing::enhanced;
  const char* const text = is_enhanced ? "enhanced" : "noenhanced";
  const int font = is_enhanced ? 12 : 10;
  if (format == PictureFormat::png)
    return fmt::format(
        "set terminal pngcairo {} size {},{} font 'Sans,{}' background '#ffffff'{}\n", text, width,
        height, font, is_enhanced ? " pointscale 1.4 dashlength 1.8" : "");
  if (format == PictureFormat::pdf)
    return fmt::format(
        "set terminal pdfcairo {} size {:.2f}in,{:.2f}in font 'Sans,{}' fontscale 0.75 {}\n", text,
        width / pixels_per_inch, height / pixels_per_inch, font,
        is_enhanced ? "lw 1.3 pointscale 1.0 dashlength 1.4" : "lw 1.5");
  return fmt::format(
      "set terminal svg {} size {},{} font 'sans-serif,{}' fontscale 1.33 background '#ffffff'{}\n",
      text, width, height, font, name.empty() ? "" : fmt::format(" name '{}'", name));
}

std::string markup_text(std::string_view text) {
  std::string result;
  for (const char c : printable(text)) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else
      result += c;
  }
  return result;
}

std::string with_title(std::string svg, std::string_view title) {
  constexpr std::string_view open = "<title>", close = "</title>";
  const std::size_t begin = svg.find(open), end = svg.find(close);
  if (begin == std::string::npos || end == std::string::npos || end < begin) return svg;
  svg.replace(begin + open.size(), end - begin - open.size(), markup_text(title));
  std::string result;
  std::size_t done = svg.find(close) + close.size();
  result.append(svg, 0, done);
  for (std::size_t at = 0; (at = svg.find(open, done)) != std::string::npos;) {
    const std::size_t after = svg.find(close, at);
    if (after == std::string::npos) break;
    const bool is_number = svg.substr(at, after - at).find("_plot_") != std::string::npos;
    result.append(svg, done, (is_number ? at : after + close.size()) - done);
    done = after + close.size();
  }
  return result.append(svg, done);
}

void require_plot(const std::string& file) {
  constexpr int any_height = 400;
  const std::optional<PictureFormat> format = format_of(file);
  if (!format)
    throw UsageError(fmt::format("--plot: the name '{}' must end in .svg, .png or .pdf", file));
  static_cast<void>(run_gnuplot(terminal(*format, picture_width, any_height, Writing::plain)));
}

std::string draw_picture(const std::string& file, int height, std::string_view title,
                         const std::string& script) {
  const PictureFormat format = format_of(file).value_or(PictureFormat::svg);
  std::string picture =
      run_gnuplot(terminal(format, picture_width, height, Writing::plain) + script);
  return format == PictureFormat::svg ? with_title(std::move(picture), title) : picture;
}

}  // namespace tautrack::program
