#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tautrack::program {

/// Width of every picture of --plot in pixels of its PNG form, which all lengths of pictures are in.
constexpr int picture_width = 1600;

/// How pictures are drawn. HTML is a page around an SVG picture.
enum class PictureFormat { svg, png, pdf, html };
[[nodiscard]] std::string_view to_string(PictureFormat format) noexcept;
[[nodiscard]] std::optional<PictureFormat> picture_format_from_name(std::string_view name);

/// How gnuplot takes texts of a picture, and how large they and its points are.
enum class Writing {
  plain,    ///< As they are; for pictures with names of the user's in them.
  enhanced  ///< With subscripts, y_1; larger. For figures.
};

/// gnuplot's command that sets the terminal for a picture of this size in pixels.
/// @param name Of letters, digits and _: the title of an SVG picture, in which gnuplot allows no others; empty: none.
[[nodiscard]] std::string terminal(PictureFormat format, int width, int height, Writing writing,
                                   std::string_view name = "");

/// Text as it stands in HTML and SVG.
[[nodiscard]] std::string markup_text(std::string_view text);

/// An SVG picture of gnuplot's with this title, and without those that gnuplot gives to its parts: numbers that would
/// show where the pointer is.
[[nodiscard]] std::string with_title(std::string svg, std::string_view title);

/// Checks that a picture can be made for a file of this name.
/// @throws UsageError: another ending than .svg, .png or .pdf, or gnuplot is missing.
void require_plot(const std::string& file);

/// The bytes of a picture of this height, drawn by a gnuplot script that sets no terminal, in the
/// format that the ending of the file's name asks for. @throws UsageError when gnuplot fails.
[[nodiscard]] std::string draw_picture(const std::string& file, int height, std::string_view title,
                                       const std::string& script);

}  // namespace tautrack::program
