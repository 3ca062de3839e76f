#pragma once

#include <charconv>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

namespace tautrack::program {

/// Takes the text of an option. Returns nothing when it is usable, else the reason why not.
using TextTaker = std::function<std::optional<std::string>(const std::string&)>;

/// Nothing when the number is usable, else the reason why not.
using NumberRule = std::function<std::optional<std::string>(double)>;

/// Adds an option with one value. `what` stands for the value in the help. While the command line
/// is parsed, an unusable value throws UsageError.
CLI::Option* add_value(CLI::App& command, const std::string& name, const std::string& what,
                       const std::string& help, const TextTaker& take);

/// The same for a text that must not be empty.
CLI::Option* add_text(CLI::App& command, const std::string& name, const std::string& what,
                      const std::string& help, std::string& value);

/// The same for a number that obeys the rule; `value` holds the default.
CLI::Option* add_number(CLI::App& command, const std::string& name, const std::string& what,
                        const std::string& help, double& value, const NumberRule& rule);

/// The same for a whole number from `least` to the largest T; `value` holds the default.
template <class T>
CLI::Option* add_whole_number(CLI::App& command, const std::string& name, const std::string& what,
                              const std::string& help, T& value, T least) {
  const auto take = [&value, least](const std::string& text) -> std::optional<std::string> {
    constexpr T most = std::numeric_limits<T>::max();
    T number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < least)
      return "'" + text + "' is not a whole number from " + std::to_string(least) + " to " +
             std::to_string(most);
    value = number;
    return std::nullopt;
  };
  return add_value(command, name, what, help, take)->default_str(std::to_string(value));
}

/// The same for one of the names that `from_name` knows; `value` holds the default.
template <class T>
CLI::Option* add_choice(CLI::App& command, const std::string& name, const std::string& help,
                        T& value, const std::vector<std::string_view>& names,
                        std::optional<T> (*from_name)(std::string_view)) {
  std::string list;
  for (const std::string_view known : names) (list += list.empty() ? "" : ", ") += known;
  const auto take = [&value, from_name,
                     list](const std::string& text) -> std::optional<std::string> {
    const std::optional<T> known = from_name(text);
    if (!known) return "'" + text + "' is none of " + list;
    value = *known;
    return std::nullopt;
  };
  return add_value(command, name, "NAME", help + ": " + list, take)
      ->default_str(std::string(to_string(value)));
}

}  // namespace tautrack::program
