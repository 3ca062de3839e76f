#include "tautrack/data/table.hpp"

#include <array>

namespace tautrack {
namespace {

/// The one of these values that has this name.
template <class T, std::size_t n>
std::optional<T> value_named(const std::array<T, n>& values, std::string_view name) {
  for (const T value : values)
    if (to_string(value) == name) return value;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Separator separator) noexcept {
  switch (separator) {
    case Separator::comma:
      return "comma";
    case Separator::semicolon:
      return "semicolon";
    case Separator::tab:
      return "tab";
    case Separator::blanks:
      break;
  }
  return "blanks";
}

std::optional<Separator> separator_from_name(std::string_view name) noexcept {
  return value_named(
      std::array{Separator::comma, Separator::semicolon, Separator::tab, Separator::blanks}, name);
}

std::string_view to_string(DecimalSign sign) noexcept {
  return sign == DecimalSign::comma ? "comma" : "point";
}

std::optional<DecimalSign> decimal_sign_from_name(std::string_view name) noexcept {
  return value_named(std::array{DecimalSign::point, DecimalSign::comma}, name);
}

std::string_view to_string(MissingCells missing) noexcept {
  return missing == MissingCells::drop ? "drop" : "refuse";
}

std::optional<MissingCells> missing_cells_from_name(std::string_view name) noexcept {
  return value_named(std::array{MissingCells::refuse, MissingCells::drop}, name);
}

}  // namespace tautrack
