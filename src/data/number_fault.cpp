#include "number_fault.hpp"

#include <initializer_list>
#include <string_view>

namespace tautrack::detail {
namespace {

/// Removes the prefix from the text. @return whether it was there.
bool remove_one_of(std::string_view& text, std::initializer_list<std::string_view> prefixes) {
  for (const std::string_view prefix : prefixes) {
    if (!text.starts_with(prefix)) continue;
    text.remove_prefix(prefix.size());
    return true;
  }
  return false;
}

}  // namespace

NumberFault number_fault_of(std::string_view text) {
  bool percent = false, currency = false, comma = false, separator = false, minus = false;
  bool any_digit = false;
  char last = ' ';  // Digit, point, sign or exponent; blank for all others.
  while (!text.empty()) {
    const char first = text.front();
    const bool is_digit = first >= '0' && first <= '9';
    if (is_digit || first == '.') {
      any_digit = any_digit || is_digit;
      last = is_digit ? '0' : '.';
      text.remove_prefix(1);
    } else if (const bool is_minus = text.starts_with("\u2212");
               remove_one_of(text, {"+", "-", "\u2212"})) {
      minus = minus || is_minus;
      if (last != ' ' && last != 'e') return NumberFault::none;  // A range, a date.
      last = '-';
    } else if (remove_one_of(text, {"e", "E", "d", "D"})) {
      const bool goes_on = !text.empty() && std::string_view("+-0123456789").find(text.front()) !=
                                                std::string_view::npos;
      if ((last != '0' && last != '.') || !any_digit || !goes_on) return NumberFault::none;
      last = 'e';
    } else {
      if (remove_one_of(text, {"%", "\u2030"}))
        percent = true;
      else if (remove_one_of(text, {"$", "\u20AC", "\u00A3", "\u00A5"}))
        currency = true;
      else if (remove_one_of(text, {","}))
        comma = true;
      else if (remove_one_of(text, {" ", "\t", ";", "|", "\u00A0", "\u2009", "\u202F"}))
        separator = true;
      else if (!remove_one_of(text, {"'", "\u2019", "_", "(", ")"}))
        return NumberFault::none;
      last = ' ';
    }
  }
  if (!any_digit) return NumberFault::none;
  if (percent) return NumberFault::percent;
  if (currency) return NumberFault::currency;
  if (separator) return NumberFault::separator;
  if (comma) return NumberFault::comma;
  return minus ? NumberFault::minus : NumberFault::other;
}

const char* remedy_for(NumberFault fault) {
  switch (fault) {
    case NumberFault::percent:
      return "write it without the percent sign";
    case NumberFault::currency:
      return "write it without the sign of the currency";
    case NumberFault::comma:
      return "write a point for a decimal comma, or give --decimal comma, and write nothing "
             "between "
             "thousands";
    case NumberFault::separator:
      return "separate columns by commas, or every line alike by semicolons, tabs or blanks, and "
             "write nothing between thousands";
    case NumberFault::minus:
      return "write a hyphen for the minus sign";
    case NumberFault::none:
    case NumberFault::other:
      break;
  }
  return "write it with digits, a decimal point and an exponent alone";
}

}  // namespace tautrack::detail
