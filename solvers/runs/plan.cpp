#include "runs/plan.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "commands/units.hpp"
#include "io/command_line.hpp"
#include "io/digest.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

namespace filesystem = std::filesystem;

constexpr const char* unreadable = "unreadable";  ///< Stands for the digest of such a file.

/// Options that decide which problems a data file has, or that its columns decide about.
bool shapes_data(const std::string& option) {
  constexpr std::array<std::string_view, 16> all{
      "format",    "target",  "target-columns", "classes", "positive", "pattern-weights",
      "separator", "decimal", "columns",        "ignore",  "missing",  "one-hot",
      "log",       "fix",     "matrix-free",    "outputs"};
  return std::find(all.begin(), all.end(), option) != all.end();
}

/// Options of `track` on which the end of a path does not depend.
bool is_about_steps(const std::string& argument) {
  for (const char* option :
       {"--predictor", "--tolerance", "--max-steps", "--seed", "--audit", "--tau", "--certify"})
    if (argument.starts_with(std::string(option) + '=')) return true;
  return false;
}

/// Refuses keys of an entry that are no options of its subcommand. @throws DataError
void check_keys(const TaskGroup& group) {
  TrackRequest track;
  SolveRequest solve;
  const Command command = group.command == "solve" ? solve_command(solve) : track_command(track);
  std::vector<std::string> known = TaskGroup::members();
  for (const Option& option : command.options())
    if (option.name.starts_with("--") && is_manifest_option(option.name.substr(2)))
      known.push_back(manifest_key(option.name.substr(2)));
  for (const auto& [key, values] : group.options)
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw DataError(fmt::format("{}: there is no option '{}' of {}{}", group.place,
                                  cut(key, quote_width), group.command, suggestion(key, known)));
}

/// Has the command line of the subcommand read this call, as if the user had typed it.
void parse(const TaskGroup& group, const Call& call, const std::string& data_path,
           Context& context) {
  std::vector<std::string> arguments = call.arguments;
  if (!data_path.empty()) {
    arguments.push_back("--");  // The name of a file may begin with a dash.
    arguments.push_back(data_path);
  }
  context.is_solve = group.command == "solve";
  Command command = context.is_solve ? solve_command(context.solve) : track_command(context.track);
  try {
    read_arguments(command, std::move(arguments));
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", group.place, error.what()));
  }
  try {
    if (context.is_solve)
      refuse_options_of_known_ranges(context.solve);
    else
      refuse_options_of_known_ranges(context.track);
    refuse_options_of_free_weights(context.track);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", group.place, error.what()));
  }
  if (!context.is_solve && context.track.network.hidden.is_there())
    throw UsageError(fmt::format(
        "{}: branches of a hidden layer are for tautrack track alone, not for runs", group.place));
  // Outputs that share a hidden layer are read like targets.
  if (const std::vector<std::string>& outputs = context.network_request().hidden.outputs;
      !outputs.empty())
    context.solve.network.dataset.targets = outputs;
  (context.is_solve ? context.solve.outputs : context.track.outputs).quiet = true;
  const DatasetOptions& dataset = context.network_request().dataset;
  if (!group.targets.empty() && (dataset.all_targets || !dataset.targets.empty()))
    throw UsageError(
        fmt::format("{}: several target columns do not go with a file of targets", group.place));
  const bool is_fitted = !target_range(context.network_request()).is_known();
  if (is_fitted && !group.targets.empty())
    throw UsageError(
        fmt::format("{}: a range with a free end does not go with a file of targets", group.place));
  if (!context.track.audit && !is_fitted) context.track.audit = AuditLevel::suspects;
}

}  // namespace

std::string Plan::path_of(const std::string& file) const {
  if (file.empty()) return {};
  const filesystem::path path(file);
  return path.is_absolute() ? path.string() : (folder_ / path).string();
}

/// Each value of each option once, beside the first ones of the others; of very long lists some.
void Plan::check_options(std::size_t group_number) const {
  constexpr std::uint64_t most_checked = 256;
  const TaskGroup& group = manifest_.groups[group_number];
  check_keys(group);
  const auto check = [&](std::uint64_t number) {
    Context context;
    parse(group, call_of(group, number), path_of(group.data.front()), context);
  };
  check(0);
  std::uint64_t place_value = 1;
  for (std::size_t i = group.options.size(); i-- > 0;) {
    const std::uint64_t radix = group.options[i].second.size();
    const std::uint64_t checked = std::min(radix, most_checked);
    for (std::uint64_t k = 1; k < checked; ++k)
      check(k * (radix - 1) / (checked - 1) * place_value);
    place_value *= radix;
  }
}

std::shared_ptr<const TargetsFile> Plan::targets_of(const std::string& file, Index patterns) const {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<const TargetsFile>& known = targets_[{file, patterns}];
  std::shared_ptr<const TargetsFile> targets = known.lock();
  if (!targets) known = targets = std::make_shared<TargetsFile>(path_of(file), patterns);
  return targets;
}

std::unique_ptr<Context> Plan::prepare(std::size_t group_number, std::uint64_t number) const {
  const TaskGroup& group = manifest_.groups[group_number];
  const Call call = call_of(group, number);
  auto context = std::make_unique<Context>();
  parse(group, call, path_of(call.data), *context);
  context->track.keeps_points = keeps_points();
  context->label =
      (group.name.empty() ? "" : group.name + " ") + (call.data.empty() ? "iris" : call.data);
  if (!group.targets.empty()) context->label += " " + group.targets;
  std::string arguments = group.command;
  for (const std::string& argument : call.arguments)
    if (context->is_solve || !is_about_steps(argument)) arguments += ' ' + argument;
  const auto input = inputs_.find(call.data);
  context->digest = checksum(arguments + (input == inputs_.end() ? "" : input->second));
  context->label += call.varying;
  return context;
}

void Plan::load_data(Context& context, const TaskGroup& group) const {
  const NetworkRequest& request = context.network_request();
  try {
    context.data = load(request);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", group.place, error.what()));
  }
  if (context.data.is_matrix_free() && (context.is_solve || !group.targets.empty()))
    throw UsageError(fmt::format(
        "{}: '{}' has more than 1000 weights or 1 GB of matrices, which {} "
        "cannot use",
        group.place, context.data.source(), context.is_solve ? "solve" : "a file of targets"));
  if (!request.hidden.outputs.empty()) context.outputs = share_layer(context.data);
  if (group.targets.empty()) return;
  const Problem& first = context.data.dense.problems.front();
  context.targets = targets_of(group.targets, first.X.rows());
  if (context.is_solve) return;
  const ComputedProblem computed = computed_rows(request, first);
  context.network.emplace(*computed.problem, computed.perceptron);
  context.held = computed.held;
}

std::unique_ptr<Context> Plan::make(std::size_t group, std::uint64_t number) const {
  std::unique_ptr<Context> context = prepare(group, number);
  load_data(*context, manifest_.groups[group]);
  return context;
}

void Plan::add_input(const std::string& file, UnusableData unusable) {
  if (file.empty() || inputs_.contains(file)) return;
  try {
    inputs_[file] = digest_of_file(path_of(file));
  } catch (const DataError&) {
    if (unusable == UnusableData::refused) throw;
    inputs_[file] = unreadable;
  }
}

Plan::Plan(const Manifest& manifest, filesystem::path folder, UnusableData unusable)
    : manifest_(manifest), folder_(std::move(folder)) {
  std::exception_ptr first_failure;
  std::vector<std::size_t>
      labels;  // Hashes; only tasks of different groups can have the same name.
  for (std::size_t g = 0; g < manifest_.groups.size(); ++g) {
    const TaskGroup& group = manifest_.groups[g];
    check_options(g);
    for (const std::string& file : group.data) add_input(file, unusable);
    add_input(group.targets, unusable);
    // What the data hold depends on few of the options: most often on none that varies.
    bool shape_varies = false;
    for (const auto& [option, values] : group.options)
      shape_varies = shape_varies || (values.size() > 1 && shapes_data(option));
    const std::uint64_t combinations = group.combinations();
    const std::uint64_t of_one_file = combinations / group.data.size();
    std::uint64_t count = 0;
    std::uint32_t reason = 0;
    const auto look = [&](std::uint64_t number) {
      const std::unique_ptr<Context> context = make(g, number);
      count = context->targets ? context->targets->rows() : context->data.size();
      reason = 0;
    };
    const auto note = [&](const std::exception& error) {
      if (unusable == UnusableData::refused) throw;
      if (!first_failure) first_failure = std::current_exception();
      if (reasons_.empty() || reasons_.back() != error.what()) reasons_.emplace_back(error.what());
      reason = static_cast<std::uint32_t>(reasons_.size());
      count = 1;
    };
    for (std::uint64_t number = 0; number < combinations; ++number) {
      if (shape_varies || number % of_one_file == 0) {
        try {
          look(number);
        } catch (const DataError& error) {
          note(error);
        } catch (const UsageError& error) {
          note(error);
        }
      }
      if (reason != 0) ++unusable_;
      if (manifest_.groups.size() > 1) {
        const Call call = call_of(group, number);
        labels.push_back(std::hash<std::string>{}(group.name + '\n' + call.data + '\n' +
                                                  group.targets + '\n' + call.varying));
      }
      combinations_.push_back({tasks_, number, static_cast<std::uint32_t>(g), reason});
      tasks_ += count;
    }
    std::vector<std::size_t> sorted = labels;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
      throw DataError(
          fmt::format("{}: some of its tasks have the names of tasks before it: give it a 'name'",
                      group.place));
  }
  if (unusable_ == tasks_) std::rethrow_exception(first_failure);
}

Plan::Place Plan::place(std::uint64_t task) const {
  const auto behind = std::upper_bound(
      combinations_.begin(), combinations_.end(), task,
      [](std::uint64_t number, const Combination& one) { return number < one.first; });
  const auto combination = static_cast<std::size_t>(behind - combinations_.begin()) - 1;
  return {combination, task - combinations_[combination].first};
}

bool Plan::is_solve(std::size_t combination) const {
  return manifest_.groups[combinations_[combination].group].command == "solve";
}

std::string Plan::label(const Context& context, std::uint64_t item) {
  if (!context.unusable.empty()) return context.label;
  if (context.targets) return fmt::format("{}:{}", context.label, item + 1);
  return fmt::format("{}/{}", context.label, context.data.problem(item).name());
}

std::shared_ptr<const Context> Plan::context(std::size_t combination) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = contexts_.find(combination); known != contexts_.end())
      if (std::shared_ptr<const Context> context = known->second.lock()) return context;
  }
  const Combination& one = combinations_[combination];
  std::shared_ptr<const Context> context;
  if (one.reason == 0) {
    context = make(one.group, one.number);
  } else {
    std::unique_ptr<Context> without_data = prepare(one.group, one.number);
    without_data->unusable = reasons_[one.reason - 1];
    context = std::move(without_data);
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(contexts_, [](const auto& entry) { return entry.second.expired(); });
  contexts_[combination] = context;
  return context;
}

}  // namespace tautrack::program
