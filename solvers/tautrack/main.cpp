#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tautrack/core/communicator.hpp"
#include "tautrack/figures_program.hpp"
#include "tautrack/parts.hpp"
#include "tautrack/version.hpp"

#include "commands/geometry.hpp"
#include "commands/layers.hpp"
#include "commands/predict.hpp"
#include "commands/solve.hpp"
#include "commands/track.hpp"
#include "commands/track_ranks.hpp"
#include "io/command_line.hpp"
#include "io/process.hpp"
#include "io/usage_error.hpp"
#include "runs/run.hpp"

namespace tautrack::program {
namespace {

constexpr const char* about_program =
    R"(tautrack fits single-layer perceptrons y = sigma(x.w) by least squares and tells
what the fit is worth. It follows the solutions of the network equations
(gradient of the energy = 0) as curves in a parameter tau that bends the linear
network, tau = 0, into the sigmoid one, tau = 1. So it knows how a fit came out
of the linear one, where its path folded back, whether it is a minimum, a saddle
or a maximum, and whether its weights are infinite; from there it finds the
other fits, and from the curvature of the set of all outputs it may prove that
there are none.
)";

constexpr const char* more_about_program =
    R"(Examples:
  tautrack track           the path to a fit of the bundled iris data
  tautrack solve           all fits, best first, and what the best is worth
  tautrack geometry        curvature and reach: is the fit provably unique?
  tautrack layers ring.csv --weights net.json --homology
                           what layers do to the shape of data
  tautrack figures         pictures that explain it all, in the folder figures
  tautrack track --help    what it takes; --help-all: all options, data files
  tautrack solve cancer.csv --seconds 300 --plot fits.svg

Results go to standard output, messages and progress to standard error.

Exit status:
  0  solved; of track: every path has its end, which need not be the best fit or
     one at all
  1  something is unresolved or infinite; the output says what
  2  the data, an option or an output is unusable: one sentence on standard
     error says why, nothing is written)";

/// The version, and a line for each part that may be missing.
std::string version_text() {
  std::string text = fmt::format("tautrack {}", version);
  const auto add = [&](const Part& part) {
    text +=
        fmt::format("\n  {:<12}{}{}", part.name,
                    part.built_in ? "built in" : "missing: ", part.built_in ? "" : part.without);
  };
  for (const Part& part : parts()) add(part);
  add({"MPI", has_mpi(), "one process, on one machine"});
  return text;
}

/// Reads the command line and runs the subcommand.
int run(int argc, char** argv, Communicator& ranks) {
  TrackRequest track;
  SolveRequest solve;
  GeometryRequest geometry;
  LayersRequest layers;
  PredictRequest predict;
  RunRequest batch, resume, report;
  std::vector<Command> commands{
      track_command(track),   solve_command(solve),     geometry_command(geometry),
      layers_command(layers), predict_command(predict), figures_in_help(),
      batch_command(batch),   resume_command(resume),   report_command(report)};
  const Command* const command =
      read_command_line({about_program, more_about_program, version_text()}, commands, argc, argv);
  if (command == nullptr) return exit_solved;
  const std::string& name = command->name();
  if (name == "solve")
    return solve.run_folder.empty() ? run_solve(std::move(solve))
                                    : run_recorded(*command, solve, ranks);
  if (name == "geometry") return run_geometry(std::move(geometry));
  if (name == "layers") return run_layers(layers);
  if (name == "predict") return run_predict(predict);
  if (name == "batch") return run_batch(batch, ranks);
  if (name == "resume") return run_resume(resume, ranks);
  if (name == "report") return run_report(report);
  return track.run_folder.empty() ? run_track(std::move(track), ranks)
                                  : run_recorded(*command, track, ranks);
}

/// run(), with what it throws turned into a sentence and an exit status. What one rank throws all of
/// them throw, and the first one tells it, while the others still wait for it; but a rank without
/// memory or connection ends all of them.
int run_on(int argc, char** argv, Communicator& ranks) {
  try {
    return run(argc, argv, ranks);
  } catch (const CommunicationError& error) {
    end_all(ranks, fail(error.what()));
  } catch (const std::bad_alloc&) {
    end_all(ranks, fail("there is not enough memory"));
  } catch (const std::exception& error) {
    return ranks.rank() == 0 ? fail(error.what()) : exit_unusable;
  }
}

/// The program on this process, and on those that share its work.
int run_safely(int argc, char** argv) {
  try {
    become_figures_program(argc, argv);
    const std::unique_ptr<Communicator> ranks = ranks_of(argc, argv);
    return run_on(argc, argv, *ranks);
  } catch (const std::bad_alloc&) {
    return fail("there is not enough memory");
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

}  // namespace
}  // namespace tautrack::program

int main(int argc, char** argv) {
  tautrack::program::prepare_process();
  return tautrack::program::run_safely(argc, argv);
}
