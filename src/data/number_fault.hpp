#pragma once

#include <string_view>

namespace tautrack::detail {

/// What a text that is meant to be a number has in it that numbers have not.
enum class NumberFault { none, percent, currency, comma, separator, minus, other };

/// What keeps a text from being a number or several numbers, when it looks like that: it has a
/// digit and, beside digits, points and exponents, only signs before a number, and percent signs,
/// signs of currencies, decimal commas and what separates thousands or columns.
/// @return none for other texts.
[[nodiscard]] NumberFault number_fault_of(std::string_view text);

/// What to do about the fault.
[[nodiscard]] const char* remedy_for(NumberFault fault);

}  // namespace tautrack::detail
