#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/network/perceptron.hpp"

#include "commands/solve.hpp"
#include "commands/track.hpp"
#include "records/manifest.hpp"
#include "records/targets.hpp"

namespace tautrack::program {

/// What the tasks of one combination have in common, ready to be worked on. Several threads may use
/// one.
struct Context {
  bool is_solve = false;
  TrackRequest track;  ///< When it is not.
  SolveRequest solve;  ///< When it is.
  Data data;
  std::vector<Problem> outputs;  ///< That share a hidden layer: its one problem is theirs.
  std::string label;             ///< Of the combination.
  std::shared_ptr<const TargetsFile> targets;  ///< Nothing: those of the data.
  /// The network of the first problem, when other targets than its own are fitted along natural
  /// paths: they share its column space.
  std::optional<Perceptron> network;
  HeldWeights held;    ///< The weights that it does not have.
  std::string digest;  ///< Of what is computed, but for the problem.
  /// Why its data, or its targets, cannot be used; empty: they can. If not, it is one task, and there
  /// is nothing above but a label.
  std::string unusable;

  [[nodiscard]] const NetworkRequest& network_request() const {
    return is_solve ? solve.network : track.network;
  }
};

/// What becomes of a manifest with data files that cannot be used.
enum class UnusableData {
  recorded,  ///< A task, which fails, for each combination of options with them.
  refused    ///< The whole manifest is unusable.
};

/// The tasks of a manifest, numbered from 0 and named: data file, problem (or file and row of
/// targets), and the options that vary. Takes a few bytes a combination of options and a bit a task.
class Plan {
 public:
  /// Where a task is.
  struct Place {
    std::size_t combination = 0;
    std::uint64_t item = 0;  ///< Problem of the data, or row of the targets.
  };

  /// Reads all data once and checks all options.
  /// @param folder Where relative names of files start from.
  /// @throws DataError, UsageError naming the place in the manifest; also when none of the data can be
  /// used.
  Plan(const Manifest& manifest, std::filesystem::path folder, UnusableData unusable);

  [[nodiscard]] std::uint64_t tasks() const { return tasks_; }
  /// Of them those whose data cannot be used.
  [[nodiscard]] std::uint64_t unusable() const { return unusable_; }
  [[nodiscard]] Place place(std::uint64_t task) const;
  [[nodiscard]] bool is_solve(std::size_t combination) const;
  [[nodiscard]] bool keeps_points() const { return manifest_.keeps_points; }

  /// Name of an item of a context.
  [[nodiscard]] static std::string label(const Context& context, std::uint64_t item);

  /// Makes the context, which is kept until nobody has it any more. Threads may call it.
  /// @throws DataError, UsageError when a file has changed.
  [[nodiscard]] std::shared_ptr<const Context> context(std::size_t combination) const;

  /// Digests of all files by the names they have in the manifest, "unreadable" of those that cannot be
  /// read; "" is the bundled data.
  [[nodiscard]] const std::map<std::string, std::string>& inputs() const { return inputs_; }

 private:
  struct Combination {
    std::uint64_t first = 0;  ///< Task.
    std::uint64_t number = 0;
    std::uint32_t group = 0;
    std::uint32_t reason =
        0;  ///< Number in reasons_ from 1 of why its data cannot be used; 0: they can.
  };

  [[nodiscard]] std::string path_of(const std::string& file) const;
  void add_input(const std::string& file, UnusableData unusable);
  /// The combination without its data.
  [[nodiscard]] std::unique_ptr<Context> prepare(std::size_t group, std::uint64_t number) const;
  /// Reads its data.
  void load_data(Context& context, const TaskGroup& group) const;
  [[nodiscard]] std::unique_ptr<Context> make(std::size_t group, std::uint64_t number) const;
  [[nodiscard]] std::shared_ptr<const TargetsFile> targets_of(const std::string& file,
                                                              Index patterns) const;
  void check_options(std::size_t group) const;

  Manifest manifest_;
  std::filesystem::path folder_;
  std::vector<Combination> combinations_;
  std::uint64_t tasks_ = 0;
  std::uint64_t unusable_ = 0;
  std::vector<std::string> reasons_;
  std::map<std::string, std::string> inputs_;
  mutable std::map<std::pair<std::string, Index>, std::weak_ptr<const TargetsFile>> targets_;
  mutable std::mutex mutex_;  ///< Of what follows and of targets_.
  mutable std::map<std::size_t, std::weak_ptr<const Context>> contexts_;
};

}  // namespace tautrack::program
