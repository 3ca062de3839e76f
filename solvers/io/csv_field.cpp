#include "io/csv_field.hpp"

#include <cmath>

#include <fmt/format.h>

namespace tautrack::program {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + '"';
}

std::string csv_field(double number) {
  return std::isfinite(number) ? fmt::format("{}", number) : "";
}

std::string csv_tail(const Vector& numbers) {
  std::string tail;
  for (const double number : numbers) tail += ',' + csv_field(number);
  return tail + '\n';
}

}  // namespace tautrack::program
