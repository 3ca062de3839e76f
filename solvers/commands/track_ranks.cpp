#include "commands/track_ranks.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "tautrack/network/perceptron.hpp"
#include "tautrack/ranks/rows.hpp"

#include "commands/table_report.hpp"
#include "commands/track_plot.hpp"
#include "commands/track_report.hpp"
#include "commands/units.hpp"
#include "io/progress.hpp"
#include "io/standard_input.hpp"
#include "io/usage_error.hpp"

#ifdef TAUTRACK_PROGRAM_MPI
#include "tautrack/ranks/mpi_communicator.hpp"
#endif

namespace tautrack::program {

bool has_mpi() noexcept {
#ifdef TAUTRACK_PROGRAM_MPI
  return true;
#else
  return false;
#endif
}

namespace {

/// Refuses what takes all patterns in one process.
void check_request(const TrackRequest& request) {
  if (!has_mpi()) throw UsageError("--split-rows: this tautrack was built without MPI");
  if (is_standard_input(request.network.file))
    throw UsageError(
        "--split-rows: every process reads the data, and standard input is one's alone");
  if (!request.outputs.plot_file.empty())
    throw UsageError("--plot: pictures are not made of data that are split with --split-rows");
  if (request.audit || !request.from.empty() || !request.run_folder.empty())
    throw UsageError("--split-rows: not with --audit, --from or --run");
  if (request.certify_unique || request.certify_path)
    throw UsageError("--certify: nothing is proven about data that are split with --split-rows");
}

/// This rank's rows of the data, and which targets of all rows of each problem no output reaches.
Data load_share(const TrackRequest& request, Communicator& ranks,
                std::vector<std::optional<UnreachableTargets>>& unreachable) {
  Data data = load(request.network);
  if (data.is_matrix_free())
    throw UsageError(
        "--split-rows: data that are tracked matrix-free (more than 1000 weights, or "
        "--matrix-free) are not split");
  for (const Problem& problem : data.dense.problems)
    unreachable.push_back(unreachable_targets(request.network, problem.y));
  tell_notes(data.table, request.outputs.quiet || ranks.rank() != 0);
  tell_unreachable(request.network, data, request.outputs.quiet || ranks.rank() != 0);
  keep_rows(data, ranks.rank(), ranks.size());
  return data;
}

TrackedProblem track_share(const TrackRequest& request, const Problem& share, Communicator& ranks) {
  const ComputedProblem computed = computed_rows(request.network, share);
  const Perceptron network(computed.problem, computed.perceptron, &ranks);
  const bool tells = ranks.rank() == 0 && !request.outputs.quiet;
  PathProgress progress(share.name);
  TrackedProblem tracked;
  tracked.facts.rank = network.unknowns();
  tracked.facts.dependencies = network.space().dependencies();
  tracked.path = track_natural(
      network, request.track,
      [&](const PathPoint& point) {
        if (tells) progress.see(point);
        return true;
      },
      request.threads);
  restore(computed, tracked.facts);
  restore(computed, tracked.path);
  return tracked;
}

}  // namespace

std::unique_ptr<Communicator> ranks_of([[maybe_unused]] int argc, [[maybe_unused]] char** argv) {
#ifdef TAUTRACK_PROGRAM_MPI
  const bool is_run = (argc > 1 && std::string_view(argv[1]) == "resume") ||
                      std::any_of(argv, argv + argc, [](std::string_view word) {
                        return word == "--run" || word.starts_with("--run=");
                      });
  const bool is_split =
      std::any_of(argv, argv + argc, [](std::string_view word) { return word == "--split-rows"; });
  if ((is_run || is_split) && MpiCommunicator::launched())
    return std::make_unique<MpiCommunicator>();
#endif
  return std::make_unique<OneRank>();
}

void end_all([[maybe_unused]] Communicator& ranks, int status) {
#ifdef TAUTRACK_PROGRAM_MPI
  if (auto* const processes = dynamic_cast<MpiCommunicator*>(&ranks)) processes->abort(status);
#endif
  std::exit(status);
}

int run_split_track(const TrackRequest& request, Communicator& ranks) {
  check_request(request);
  const bool writes = ranks.rank() == 0;
  std::optional<Outputs> outputs;
  Data data;
  std::vector<std::optional<UnreachableTargets>> unreachable;
  ranks.together([&] {
    if (writes) outputs.emplace(request.outputs, request.network.file);
    data = load_share(request, ranks, unreachable);
  });
  std::vector<TrackedProblem> tracked;
  try {
    for (const Problem& share : data.dense.problems) {
      const std::size_t i = tracked.size();
      tracked.push_back(track_share(request, share, ranks));
      tracked[i].facts.unreachable = unreachable[i];
    }
  } catch (const DataError& error) {
    throw DataError(data.source() + ": " + error.what());
  }
  ranks.together([&] {
    if (writes) publish_reports(*outputs, request, data, tracked);
  });
  return exit_status(tracked);
}

}  // namespace tautrack::program
