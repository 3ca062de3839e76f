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

#include "tautrack/data/dataset.hpp"
#include "tautrack/network/perceptron.hpp"

#include "data.hpp"

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

/// The text as a finite decimal number, or nothing. Independent of the locale.
[[nodiscard]] std::optional<double> read_number(const std::string& text);

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

/// How a data file is written.
enum class Format { by_name, csv, svmlight };
[[nodiscard]] std::string_view to_string(Format format) noexcept;

/// What every subcommand asks about its data and its network.
struct NetworkRequest {
  std::string file;  ///< Data file; empty: the bundled iris data.
  Format format = Format::by_name;
  bool matrix_free = false;  ///< Sparse whatever the size. Not every subcommand offers that.
  /// Class targets are the middle of the range of the activation plus or minus this fraction of
  /// half its width. In (0, 1]. The range of the default activation is (-1, 1).
  double level = DatasetOptions{}.high;
  DatasetOptions dataset;  ///< Without low and high, which load() sets from `level`.
  PerceptronOptions perceptron;
};

/// Adds the options that fill the request to a subcommand.
void add_network_options(CLI::App& command, NetworkRequest& request);

/// Whether the data are or are taken to be sparse text.
[[nodiscard]] bool is_svmlight(const NetworkRequest& request);

/// Reads the data; sparse ones that are small become dense ones.
/// @throws DataError, and UsageError for options that do not fit the format.
[[nodiscard]] Data load(const NetworkRequest& request);

}  // namespace tautrack::program
