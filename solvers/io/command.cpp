#include "io/command.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace tautrack::program {

std::optional<double> read_number(const std::string& text) {
  const char* const begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* const end = text.data() + text.size();
  double number = 0.0;
  const auto [stop, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<std::string> tau_reason(double tau) {
  if (tau >= 0.0 && tau <= 1.0) return std::nullopt;
  return fmt::format("{} is not in [0, 1]", tau);
}

NumberRule above(double least) {
  return [least](double number) -> std::optional<std::string> {
    if (number > least) return std::nullopt;
    return fmt::format("{} is not > {:g}", number, least);
  };
}

Option& Command::add_value(const std::string& name, const std::string& what,
                           const std::string& help, TextTaker take) {
  return options_.emplace_back(
      Option{name, what, help, group_, Option::Kind::value, {}, false, false, std::move(take), {}});
}

Option& Command::add_text(const std::string& name, const std::string& what, const std::string& help,
                          std::string& value) {
  return add_value(name, what, help,
                   [&value](const std::string& text) -> std::optional<std::string> {
                     if (text.empty()) return "the text is empty";
                     value = text;
                     return std::nullopt;
                   });
}

Option& Command::add_number(const std::string& name, const std::string& what,
                            const std::string& help, double& value, const NumberRule& rule) {
  const auto take = [&value, rule](const std::string& text) -> std::optional<std::string> {
    const std::optional<double> number = read_number(text);
    if (!number) return fmt::format("'{}' is not a number", text);
    if (std::optional<std::string> reason = rule(*number)) return reason;
    value = *number;
    return std::nullopt;
  };
  Option& added = add_value(name, what, help, take);
  added.default_text = fmt::format("{:g}", value);
  return added;
}

Option& Command::add_flag(const std::string& name, const std::string& help,
                          const std::function<void()>& set) {
  Option& added = add_value(name, "", help, [set](const std::string&) {
    set();
    return std::optional<std::string>();
  });
  added.kind = Option::Kind::flag;
  return added;
}

Option& Command::add_flag(const std::string& name, const std::string& help, bool& value, bool to) {
  return add_flag(name, help, [&value, to] { value = to; });
}

Option& Command::add_list(const std::string& name, const std::string& help,
                          std::vector<std::string>& values) {
  Option& added = add_value(name, "", help, [&values](const std::string& text) {
    values.push_back(text);
    return std::optional<std::string>();
  });
  added.kind = Option::Kind::list;
  return added;
}

}  // namespace tautrack::program
