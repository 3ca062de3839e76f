#pragma once

#include <memory>
#include <optional>

#include "tautrack/core/communicator.hpp"

namespace tautrack {

/// The processes of an MPI program (library tautrack::mpi). The first object initialises MPI unless
/// the program has done so, and then also finalises it at its own end: MPI cannot be initialised
/// again after that. The end of an object waits for all ranks: one that fails alone calls abort().
class MpiCommunicator final : public Communicator {
 public:
  /// All processes of MPI_COMM_WORLD. Collective. @throws CommunicationError.
  MpiCommunicator();
  ~MpiCommunicator() override;

  /// Whether an MPI launcher (mpirun, srun) started this process: only then there are other ranks,
  /// and only then a program that may also run alone should initialise MPI.
  [[nodiscard]] static bool launched() noexcept;

  /// The rank that the launcher has given this process, before MPI is initialised; nothing without
  /// a launcher.
  [[nodiscard]] static std::optional<int> launched_rank() noexcept;

  [[nodiscard]] int rank() const noexcept override;
  [[nodiscard]] int size() const noexcept override;
  void sum(std::span<double> values) override;
  void maximum(std::span<double> values) override;
  void broadcast(std::span<double> values, int from) override;
  void barrier() override;
  [[nodiscard]] Index take(Index count) override;
  void restart_queue() override;

  /// Ends the processes of all ranks with this exit status, for a rank that cannot go on while the
  /// others wait for it. Does not return.
  [[noreturn]] void abort(int status);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tautrack
