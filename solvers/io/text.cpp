#include "io/text.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "tautrack/core/nearest_name.hpp"

namespace tautrack::program {
namespace {

/// Length in bytes of the well-formed UTF-8 character at the front (The Unicode Standard, table
/// 3-7); 0 when there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                             : lead >= 0xE0 && lead <= 0xEF ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  const unsigned char second_low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char second_high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < second_low || byte(1) > second_high) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  return length;
}

/// Whether the character is one of U+0000 to U+001F or U+007F to U+009F.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return character.size() == 2 && first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

/// The characters of printable(text).
std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    result.push_back(length == 0 ? "\xEF\xBF\xBD" : is_control(character) ? "?" : character);
    text.remove_prefix(character.size());
  }
  return result;
}

/// The first `count` of the characters in one string.
std::string joined(const std::vector<std::string_view>& characters, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += characters[i];
  return result;
}

/// Counts up to here are written in full.
constexpr double most_in_full = 1e9;

}  // namespace

std::string printable(std::string_view text) {
  const std::vector<std::string_view> all = characters(text);
  return joined(all, all.size());
}

std::string cut(std::string_view text, std::size_t width) {
  const std::vector<std::string_view> all = characters(text);
  if (all.size() <= width) return joined(all, all.size());
  return joined(all, width - 3) + "...";
}

std::string wrap(std::string_view text, std::size_t width, std::size_t indent) {
  std::string result;
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const std::size_t length = characters(word).size();
    if (used > 0 && used + 1 + length > width) {
      result += '\n' + std::string(indent, ' ');
      used = 0;
    } else if (used > 0) {
      result += ' ';
      ++used;
    }
    result += word;
    used += length;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string counted(long long count, std::string_view noun) {
  return counted(count, noun, std::string(noun) + 's');
}

std::string counted(long long count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string counted_roughly(double count, std::string_view one, std::string_view many) {
  if (count < most_in_full) return counted(std::llround(count), one, many);
  if (!std::isfinite(count)) return fmt::format("more than 1e308 {}", many);
  std::string digits = fmt::format("{:.1e}", count);  // 7.0e+75
  const std::size_t e = digits.find('e');
  digits = fmt::format("{}e{}", digits.substr(0, e), std::stoi(digits.substr(e + 1)));
  return fmt::format("about {} {}", digits, many);
}

std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
  const std::string name = nearest_name(word, names);
  return name.empty() ? "" : fmt::format("; did you mean '{}'?", name);
}

}  // namespace tautrack::program
