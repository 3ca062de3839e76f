#include "runs/run.hpp"

#include <array>
#include <csignal>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "commands/solve_report.hpp"
#include "commands/track_report.hpp"
#include "io/interruption.hpp"
#include "io/json_file.hpp"
#include "io/process.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"
#include "runs/execution.hpp"
#include "runs/plan.hpp"

namespace tautrack::program {
namespace {

constexpr const char* about_batch =
    R"(Many tasks in one run that survives a crash

`batch` does every task of a manifest and keeps what each came to in a folder,
one line a task, from the moment it is done. A run that is killed, or whose
machine goes down, loses the tasks that were being done and no other:
`tautrack resume` goes on, and what it comes to is what an undisturbed run comes
to, whatever the number of threads. `tautrack report` sums a run up, also while
it is working.
)";

constexpr const char* more_about_batch =
    R"(A manifest is a JSON file:

  { "tasks": [
      { "command": "track", "data": ["a.csv", "b.csv"],
        "activation": ["tanh", "logistic"], "ridge": [0, 0.01] },
      { "command": "solve", "data": "c.csv", "no-bias": true,
        "seed": {"from": 1, "to": 100}, "name": "hundred seeds" },
      { "command": "track", "data": "inputs.csv", "targets": "targets.csv" } ] }

Each member of "tasks" is a subcommand, track or solve, and its options without
the dashes. A list of values, or a range of whole numbers, multiplies the tasks:
the first has 2 x 2 x 2 of them, more if the data have several problems.
"targets" names a CSV file with a header and one target a row, as many numbers
as there are patterns: a task a row. Names of files are relative to the folder
of the manifest. "points": true beside "tasks" keeps all points of the paths.

A data file that cannot be used is a task that fails, for each combination of
options with it; the others are done. With --strict, or when none can be used,
the whole manifest is refused before anything is done.

The folder has run.json, which says what is to be done with which inputs, and
records-K.jsonl, one of each process. Each record is one JSON object with a
checksum; a torn or damaged one is noticed and its task done again. A folder
made from other inputs or by another version is refused. While a solve is at
work, curves-T-K.jsonl has the curves of its task T that are done: resume does
not trace them again, and the time they took counts for --seconds.

Started by mpirun, batch and resume share the tasks among all processes, on one
or many machines that see the same folder; where few solves are left, they share
the curves of each. Results do not depend on how many processes there are.

Examples:
  tautrack batch night.json --run night --threads 8
  mpirun -n 4 tautrack batch night.json --run night --quiet
  tautrack report night                     how far is it?
  tautrack resume night --threads 8         after a crash
  tautrack report night --csv night.csv     everything, one row a task

Exit status:
  0       all tasks are done and solved; of track: every path has its end, and
          the report counts minima, saddles and maxima
  1       something is unresolved or infinite, a task has unusable data, or a
          record could not be written
  2       the manifest, an option or an output is unusable; with --strict, data
  128 + N signal N (SIGINT: 130, SIGTERM: 143) ended it early; the record is
          sound, and resume goes on)";

constexpr const char* about_resume =
    R"(Go on with a run that was interrupted

Does the tasks of `tautrack batch` (or of `track --run`, `solve --run`) that the
folder has no sound record of; of a solve that was cut off, the curves that it
has none of. Finished work is never repeated.
)";

constexpr const char* about_report =
    R"(What a run has come to so far

Counts tasks by status and reason, and the minima, saddles and maxima that paths
end at, lists the tasks that are unresolved and those that took most work, and
writes all results in the order of the manifest: the same bytes for any number
of threads and interruptions.
)";

constexpr const char* more_about_report = R"(Exit status: 0 all tasks are done and solved, 1 not so,
2 the folder holds no run or an output is unusable.)";

void add_folder(Command& command, RunRequest& request) {
  command.add_text("DIR", "", "Folder of the run", request.folder).required = true;
}

void add_work_options(Command& command, RunRequest& request) {
  command.add_whole_number("--threads", "N",
                           "Tasks that are done at the same time; no result\ndepends on it",
                           request.threads, 1);
  command.add_flag("--quiet", "No progress on standard error", request.quiet);
}

/// The work of all ranks on a run whose plan is made. Returns 0, or the exit status when it ended early,
/// which was said.
int work_off(const RunDirectory& run, const Plan& plan, const RunRequest& request,
             Communicator& ranks) {
  const bool tells = ranks.rank() == 0;
  ranks.together([&] {
    if (!tells) return;
    run.lock();
    run.mend();
  });
  if (plan.unusable() > 0 && !request.quiet && tells)
    say(fmt::format(
        "the data of {} of {} cannot be used: recorded as failed (batch --strict refuses them)",
        plan.unusable(), counted(static_cast<long long>(plan.tasks()), "task")));
  std::optional<RecordIndex> finished;
  ranks.together([&] {
    finished.emplace(run.records());
    if (tells) run.remove_curves(*finished);
  });
  ranks.barrier();  // Nobody records anything before everybody knows what is left.
  const Interruption interruption;
  double done = 0.0;
  double failed = 0.0;
  try {
    RecordWriter writer(run.record_file(ranks.rank()));
    ExecutionOptions options;
    options.threads = request.threads;
    options.quiet = request.quiet;
    options.stop = interruption.token();
    done = static_cast<double>(execute(plan, run, *finished, writer, options, ranks).done);
  } catch (const RecordError& error) {
    say(fmt::format("{}; what was recorded before is sound: tautrack resume {}", error.what(),
                    run.folder().string()));
    failed = 1.0;
  }
  std::array<double, 2> all{done, failed};
  ranks.sum(all);
  std::array<double, 1> signal{static_cast<double>(interruption.signal())};
  ranks.maximum(signal);
  if (all[1] > 0.0) return exit_unresolved;
  const std::uint64_t total = finished->done() + static_cast<std::uint64_t>(all[0]);
  if (total == plan.tasks() || signal[0] == 0.0) return 0;
  if (tells)
    say(fmt::format("{}: {} of {} done; go on: tautrack resume {}",
                    signal[0] == SIGTERM ? "terminated" : "interrupted", total,
                    counted(static_cast<long long>(plan.tasks()), "task"), run.folder().string()));
  return 128 + static_cast<int>(signal[0]);
}

/// Works on the run of a manifest in a folder until its end or a signal, and reports. Returns the exit
/// status.
/// @param name Of the manifest, for reports and messages.
/// @param base Where relative names of files start from.
int work_on(const Json& manifest, const std::string& name, const std::filesystem::path& base,
            const RunRequest& request, Communicator& ranks) {
  std::optional<Plan> plan;
  std::optional<RunDirectory> run;
  ranks.together([&] {
    plan.emplace(Manifest::parse(manifest, name), base,
                 request.strict ? UnusableData::refused : UnusableData::recorded);
    if (ranks.rank() != 0) return;
    run.emplace(RunDirectory::make(request.folder, {{"name", name},
                                                    {"folder", base.string()},
                                                    {"tasks", plan->tasks()},
                                                    {"inputs", plan->inputs()},
                                                    {"manifest", manifest}}));
  });
  ranks.together([&] {
    if (!run) run.emplace(RunDirectory::open(request.folder));
  });
  if (const int status = work_off(*run, *plan, request, ranks); status != 0) return status;
  std::array<double, 1> status{0.0};
  ranks.together([&] {
    if (ranks.rank() == 0) status[0] = report_run(*run, request.report);
  });
  ranks.broadcast(status, 0);
  return static_cast<int>(status[0]);
}

/// A subcommand whose problems are the tasks of a run.
template <class Request>
int run_tasks(const Command& command, const Request& request, int threads, Communicator& ranks) {
  for (const auto& [option, file] : {std::pair("--csv", &request.outputs.csv_file),
                                     std::pair("--points", &request.outputs.points_file),
                                     std::pair("--plot", &request.outputs.plot_file)})
    if (!file->empty())
      throw UsageError(
          fmt::format("{}: not with --run; tautrack report {} --csv FILE has one row a "
                      "problem",
                      option, request.run_folder));
  if (!request.from.empty())
    throw UsageError("--from: not with --run, whose tasks start at tau = 0");
  RunRequest run;
  run.folder = request.run_folder;
  run.threads = threads;
  run.quiet = request.outputs.quiet;
  run.strict = true;
  const std::string name = "tautrack " + command.name();
  run.report.json_file = request.outputs.json_file;
  const std::string source = request.network.file.empty() ? iris().source : request.network.file;
  run.report.make_json = [&](const Json& problems) {
    return json_report(request, source, problems);
  };
  return work_on(manifest_of(command), name, std::filesystem::current_path(), run, ranks);
}

}  // namespace

int run_recorded(const Command& command, const TrackRequest& request, Communicator& ranks) {
  return run_tasks(command, request, request.threads, ranks);
}

int run_recorded(const Command& command, const SolveRequest& request, Communicator& ranks) {
  return run_tasks(command, request, request.fits.explore.threads, ranks);
}

Command batch_command(RunRequest& request) {
  Command command("batch", about_batch, more_about_batch);
  command.add_text("MANIFEST", "", "JSON file that says what is to be done", request.manifest)
      .required = true;
  command
      .add_text("--run", "DIR", "Folder of the run; one that has begun is resumed", request.folder)
      .required = true;
  add_work_options(command, request);
  command.add_flag(
      "--strict",
      "Refuse the whole manifest when a data file cannot be\nused, before any task is done",
      request.strict);
  add_run_report_options(command, request.report);
  command.set_essentials({"MANIFEST", "--run", "--threads", "--json", "--csv", "--records"});
  return command;
}

Command resume_command(RunRequest& request) {
  Command command("resume", about_resume, "Exit status: that of tautrack batch.");
  add_folder(command, request);
  add_work_options(command, request);
  add_run_report_options(command, request.report);
  return command;
}

Command report_command(RunRequest& request) {
  Command command("report", about_report, more_about_report);
  add_folder(command, request);
  add_run_report_options(command, request.report);
  return command;
}

int run_batch(const RunRequest& request, Communicator& ranks) {
  const std::filesystem::path file = std::filesystem::absolute(request.manifest);
  Json manifest;
  ranks.together([&] { manifest = read_json(request.manifest); });
  return work_on(manifest, file.filename().string(), file.parent_path(), request, ranks);
}

int run_resume(const RunRequest& request, Communicator& ranks) {
  Json description;
  ranks.together([&] { description = RunDirectory::open(request.folder).description(); });
  return work_on(description["manifest"], description["name"].get<std::string>(),
                 description["folder"].get<std::string>(), request, ranks);
}

int run_report(const RunRequest& request) {
  return report_run(RunDirectory::open(request.folder), request.report);
}

}  // namespace tautrack::program
