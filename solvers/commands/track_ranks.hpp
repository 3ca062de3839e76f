#pragma once

#include <memory>

#include "tautrack/ranks/communicator.hpp"

#include "commands/track.hpp"

/// One problem on many processes, which may be on many machines.
namespace tautrack::program {

/// Whether the program was built with MPI.
[[nodiscard]] bool has_mpi() noexcept;

/// The processes that mpirun has started, if the command line asks for work that is shared among them
/// (a run, --split-rows); else this one alone, and MPI is not touched.
/// @throws CommunicationError
[[nodiscard]] std::unique_ptr<Communicator> ranks_of(int argc, char** argv);

/// Ends the processes of all ranks with this exit status, from one of them.
[[noreturn]] void end_all(Communicator& ranks, int status);

/// run_track() with the patterns of each problem split among ranks. Rank 0 writes.
int run_split_track(const TrackRequest& request, Communicator& ranks);

}  // namespace tautrack::program
