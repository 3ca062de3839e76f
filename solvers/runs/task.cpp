#include "runs/task.hpp"

#include <chrono>
#include <exception>
#include <new>
#include <string_view>

#include <fmt/format.h>

#include "commands/json_parts.hpp"
#include "commands/solve_report.hpp"
#include "commands/track_report.hpp"
#include "commands/units.hpp"
#include "io/digest.hpp"
#include "io/process.hpp"
#include "io/text.hpp"
#include "records/curve_record.hpp"

namespace tautrack::program {
namespace {

constexpr const char* unusable_status = "unusable";

/// Takes what differs from run to run out of a report.
void drop_times(Json& json) {
  if (json.is_object()) json.erase("seconds");
  if (json.is_structured())
    for (Json& part : json) drop_times(part);
}

/// Leaves of the points of a path the last one, and of a path with an end, from which nothing can be taken
/// up, none. Returns how many are gone.
std::size_t drop_points(NaturalPath& path) {
  const std::size_t count = path.points.size();
  if (path.end)
    path.points.clear();
  else if (count > 1)
    path.points.erase(path.points.begin(), path.points.end() - 1);
  return count - path.points.size();
}

/// Says what of a record of curves was of no use.
void tell_unusable(const CurveRecord& curves, const std::string& label) {
  if (curves.unusable() == 0) return;
  say(fmt::format("{}: {} damaged or of other inputs, and done again", label,
                  counted(static_cast<long long>(curves.unusable()), "recorded curve was",
                          "recorded curves were")));
}

std::string_view bytes_of(const Vector& vector) {
  return {reinterpret_cast<const char*>(vector.data()),
          static_cast<std::size_t>(vector.size()) * sizeof(double)};
}

}  // namespace

const Vector& TaskRunner::target(const Context& context, std::uint64_t item) {
  if (targets_ != context.targets) {
    reader_.emplace(*context.targets);
    targets_ = context.targets;
  }
  target_ = reader_->read(item);
  return target_;
}

void TaskRunner::track(const Context& context, std::uint64_t item, int threads, Record& record) {
  TrackedProblem tracked;
  const std::size_t problem = context.targets ? 0 : item;
  if (context.targets) {
    const Vector& y = target(context, item);
    record.problem = checksum(fmt::format("{}{}", context.digest, checksum(bytes_of(y))));
    tracked = track_targets(context.track, *context.network, context.held, y, threads);
  } else {
    record.problem =
        checksum(fmt::format("{}{}", context.digest, context.data.problem(item).name()));
    tracked = track_problem(context.track, context.data, item, threads);
  }
  NaturalPath& path = tracked.path;
  record.solved = tracked.is_solved();
  if (path.end)
    record.end = {path.end->energy, path.end->morse_index ? Json(*path.end->morse_index) : Json(),
                  path.folds.size()};
  if (const OutputScale scale = output_scale(context.track.network);
      path.end && !scale.is_identity())
    record.end.push_back(scale.energy(1.0));
  if (path.end) record.kind = kind_of_point(*path.end);
  if (tracked.audit) record.audit = to_string(tracked.audit->verdict);
  record.status = record.solved || !path.ok() ? std::string(to_string(path.status))
                  : path.end                  ? path.end->status
                                              : "no_end";
  if (!record.solved)
    record.reason = path.ok() ? "the end of the path is a degenerate point" : path.message;
  if (path.ok() && tracked.certificate && !tracked.certificate->certified) {
    record.status = "not_certified";
    record.reason = tracked.certificate->reason;
  }
  if (tracked.audit && tracked.audit->verdict == AuditVerdict::suspect) {
    record.status = record.audit;
    record.reason = tracked.audit->message;
  }
  record.work = Fields(5)
                    .add("steps", path.work.steps + (tracked.audit ? tracked.audit->more_steps : 0))
                    .add("rejected", path.work.rejected)
                    .add("factorisations", path.work.factorisations)
                    .add("evaluations", path.work.evaluations)
                    .add("passes_over_data", path.work.passes_over_data)
                    .json();
  const ProblemView view = context.data.problem(problem);
  if (keeps_points_) {
    record.result = problem_report(context.track, view, tracked);
    return;
  }
  const std::size_t left_out = drop_points(path);
  // The others are those of the plan; these are what --from compares.
  record.result = problem_record(record_data(context.track.network, view), std::string(view.name()),
                                 tracked, left_out);
}

bool TaskRunner::solve(const Context& context, std::uint64_t item, int threads, Communicator* ranks,
                       Record& record) {
  CurveRecord curves(run_, record.task, rank_, end_);
  SolveRequest request = context.solve;
  request.outputs.quiet = !tells_;
  request.fits.explore.threads = threads;
  request.fits.explore.stop = end_.get_token();
  request.fits.explore.memo = &curves;
  request.fits.explore.ranks = ranks;
  Problem with_target;
  const Problem* problem = &context.data.dense.problems[context.targets ? 0 : item];
  if (context.targets) {
    with_target = *problem;
    with_target.y = target(context, item);
    problem = &with_target;
  }
  std::vector<const Problem*> together;
  for (const Problem& output : context.outputs) together.push_back(&output);
  if (together.empty()) together.push_back(problem);
  std::string inputs = context.digest + problem->name;
  for (const Problem* output : together) inputs += checksum(bytes_of(output->y));
  record.problem = checksum(inputs);
  if (ranks != nullptr && ranks->rank() != 0) {
    help_to_solve(request, *problem);
    curves.check();
    return false;
  }
  SolvedProblem solved = solve_problems(request, together);
  tell_unusable(curves, record.label);
  curves.check();
  if (end_.stop_requested() || solved.fits.exploration.end == ExploreEnd::cancelled) return false;
  record.solved = solved.is_solved();
  record.status = record.solved ? "solved" : "unresolved";
  for (const std::string& matter : solved.unresolved)
    record.reason += (record.reason.empty() ? "" : "; ") + matter;
  const Exploration& exploration = solved.fits.exploration;
  record.work = {{"steps", exploration.steps},
                 {"curves", exploration.curves},
                 {"descents", exploration.descents},
                 {"rounds", exploration.rounds}};
  const std::size_t left_out = keeps_points_ ? 0 : drop_points(solved.fits.exploration.path);
  ProblemView view(*problem);
  if (context.data.table) view.set_table(*context.data.table, context.targets ? 0 : item);
  record.result = problem_report(request, view, solved);
  if (!keeps_points_) record.result["path"]["points_left_out"] = left_out;
  return true;
}

std::optional<Record> TaskRunner::run(const Context& context, std::uint64_t task,
                                      std::uint64_t item, int threads, Communicator* ranks) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  Record record;
  record.task = task;
  record.label = Plan::label(context, item);
  try {
    if (!context.unusable.empty()) {
      record.status = unusable_status;
      record.reason = context.unusable;
    } else if (context.is_solve) {
      if (!solve(context, item, threads, ranks, record)) return std::nullopt;
    } else {
      track(context, item, threads, record);
    }
  } catch (const RecordError&) {
    throw;
  } catch (const CommunicationError&) {
    throw;
  } catch (const std::bad_alloc&) {
    if (ranks != nullptr) throw;  // The others wait.
    record.status = "out_of_memory";
    record.reason = "there is not enough memory";
  } catch (const std::exception& error) {
    record.status = unusable_status;
    record.reason = error.what();
  }
  if (ranks != nullptr && ranks->rank() != 0) return std::nullopt;
  if (record.work.is_null()) record.work = {{"steps", 0}};
  drop_times(record.result);
  record.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return record;
}

}  // namespace tautrack::program
