#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/command.hpp"
#include "io/json.hpp"

namespace tautrack::program {

/// One entry of a manifest: a subcommand, data, and options with one or more values each. Every
/// combination of values is one call of the subcommand.
struct TaskGroup {
  std::string place;              ///< Where it stands in the manifest and its label, for messages.
  std::string command;            ///< "track" or "solve".
  std::string name;               ///< Put in front of its labels; empty: nothing is.
  std::vector<std::string> data;  ///< Files; one empty text: the bundled data.
  std::string targets;            ///< File with a target a row; empty: those of the data.
  /// Options without their dashes, and their values; "true" and "false" for what takes no value.
  std::vector<std::pair<std::string, std::vector<std::string>>> options;

  /// What messages call it: its name and its data.
  [[nodiscard]] std::string label() const;
  /// Names of what an entry has beside options.
  [[nodiscard]] static std::vector<std::string> members();
  /// Number of calls. Data files vary slowest, the last option quickest.
  [[nodiscard]] std::uint64_t combinations() const;
};

/// One call of a subcommand.
struct Call {
  std::string data;                    ///< Empty: the bundled data.
  std::string varying;                 ///< " NAME=VALUE" of each option that has several values.
  std::vector<std::string> arguments;  ///< Without the data file.
};

/// A manifest: what a batch is to do.
struct Manifest {
  std::vector<TaskGroup> groups;  ///< At least one.
  bool keeps_points = false;      ///< Records have all points of paths.

  /// @param source File name, for messages.
  /// @throws DataError naming file, place and rule.
  static Manifest parse(const Json& json, const std::string& source);
};

/// Combination `number` of the group. @pre number < group.combinations()
[[nodiscard]] Call call_of(const TaskGroup& group, std::uint64_t number);

/// Whether an option of a subcommand, without its dashes, may stand in a manifest: it says what is
/// computed.
[[nodiscard]] bool is_manifest_option(std::string_view option);

/// What a manifest calls an option of a subcommand, both without dashes: "targets" is a file there, and
/// the option "target-columns".
[[nodiscard]] std::string manifest_key(const std::string& option);

/// The manifest that does what the parsed command line of a subcommand asks for, outputs and threads
/// left out.
/// @throws UsageError for what cannot be done again from a manifest.
[[nodiscard]] Json manifest_of(const Command& command);

}  // namespace tautrack::program
