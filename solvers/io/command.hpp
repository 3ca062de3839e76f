#pragma once

#include <charconv>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace tautrack::program {

/// Takes the text of an option. Returns nothing when it is usable, else the reason why not.
using TextTaker = std::function<std::optional<std::string>(const std::string&)>;

/// Nothing when the number is usable, else the reason why not.
using NumberRule = std::function<std::optional<std::string>(double)>;

/// The value of this name, or nothing.
template <class T>
using NameReader = std::type_identity_t<std::optional<T> (*)(std::string_view)>;

/// The text as a finite decimal number, or nothing. Independent of the locale.
[[nodiscard]] std::optional<double> read_number(const std::string& text);

/// The rule of a homotopy parameter: in [0, 1].
[[nodiscard]] std::optional<std::string> tau_reason(double tau);

/// The rule of numbers above this one.
[[nodiscard]] NumberRule above(double least);

/// One option of a subcommand.
struct Option {
  enum class Kind { value, flag, list };  ///< list: any number of values, by their place.

  std::string name;   ///< With its dashes; without them it is known by its place.
  std::string what;   ///< Stands for the value in the help.
  std::string help;   ///< Lines.
  std::string group;  ///< Headline in the help; empty: that of all others.
  Kind kind = Kind::value;
  std::string default_text;  ///< In the help; empty: none.
  bool required = false;
  bool repeated = false;  ///< A value that may be given several times, each of which is taken.
  TextTaker take;         ///< Takes each value; of a flag, that it is there.
  std::vector<std::string> given;  ///< Values on the command line, after it was read.
};

/// A subcommand: its help and its options, in the order in which the help has them and they take
/// effect. Options refer to the request that they fill, which must outlive the command.
class Command {
 public:
  /// @param about Above the options; its first line is what the list of subcommands says.
  /// @param more Below the options.
  Command(std::string name, std::string about, std::string more)
      : name_(std::move(name)), about_(std::move(about)), more_(std::move(more)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& about() const { return about_; }
  [[nodiscard]] const std::string& more() const { return more_; }
  [[nodiscard]] const std::vector<Option>& options() const { return options_; }
  [[nodiscard]] std::vector<Option>& options() { return options_; }

  /// What the short help names, in this order; empty: it is the whole help.
  [[nodiscard]] const std::vector<std::string>& essentials() const { return essentials_; }
  void set_essentials(std::vector<std::string> names) { essentials_ = std::move(names); }

  /// Headline of the options that are added from now on.
  void group(const std::string& headline) { group_ = headline; }

  /// Adds an option with one value. `what` stands for the value in the help. While the command line
  /// is read, an unusable value throws UsageError.
  Option& add_value(const std::string& name, const std::string& what, const std::string& help,
                    TextTaker take);

  /// The same for a text that must not be empty.
  Option& add_text(const std::string& name, const std::string& what, const std::string& help,
                   std::string& value);

  /// The same for a number that obeys the rule; `value` holds the default.
  Option& add_number(const std::string& name, const std::string& what, const std::string& help,
                     double& value, const NumberRule& rule);

  /// The same for a whole number from `least` to the largest T; `value` holds the default.
  template <class T>
  Option& add_whole_number(const std::string& name, const std::string& what,
                           const std::string& help, T& value, std::type_identity_t<T> least);

  /// The same for one of the names that `from_name` knows; `value` holds the default.
  template <class T>
  Option& add_choice(const std::string& name, const std::string& help, T& value,
                     const std::vector<std::string_view>& names, NameReader<T> from_name);

  /// Adds an option without value, which calls `set`.
  Option& add_flag(const std::string& name, const std::string& help,
                   const std::function<void()>& set);

  /// The same, and `value` becomes `to`.
  Option& add_flag(const std::string& name, const std::string& help, bool& value, bool to = true);

  /// Adds any number of texts by their place.
  Option& add_list(const std::string& name, const std::string& help,
                   std::vector<std::string>& values);

 private:
  std::string name_, about_, more_, group_;
  std::vector<std::string> essentials_;  ///< Names of options.
  std::vector<Option> options_;
};

template <class T>
Option& Command::add_whole_number(const std::string& name, const std::string& what,
                                  const std::string& help, T& value,
                                  std::type_identity_t<T> least) {
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
  Option& option = add_value(name, what, help, take);
  option.default_text = std::to_string(value);
  return option;
}

template <class T>
Option& Command::add_choice(const std::string& name, const std::string& help, T& value,
                            const std::vector<std::string_view>& names, NameReader<T> from_name) {
  std::string list;
  for (const std::string_view known : names) (list += list.empty() ? "" : ", ") += known;
  const auto take = [&value, from_name,
                     list](const std::string& text) -> std::optional<std::string> {
    const std::optional<T> known = from_name(text);
    if (!known) return "'" + text + "' is none of " + list;
    value = *known;
    return std::nullopt;
  };
  Option& option = add_value(name, "NAME", help + ": " + list, take);
  option.default_text = to_string(value);
  return option;
}

}  // namespace tautrack::program
