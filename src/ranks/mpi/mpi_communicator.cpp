#include "tautrack/ranks/mpi_communicator.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <mpi.h>
#include <string>

namespace tautrack {

namespace {

/// Numbers in one message: MPI counts in int.
constexpr std::size_t kMostNumbers = std::size_t{1} << 28U;

void check(int code, const char* what) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  std::string reason = "error " + std::to_string(code);
  if (MPI_Error_string(code, text, &length) == MPI_SUCCESS)
    reason.assign(text, static_cast<std::size_t>(length));
  throw CommunicationError(std::string(what) + " failed: " + reason);
}

/// Calls work(first number, count) for parts of the numbers that fit a message.
template <class Work>
void in_messages(std::span<double> values, const Work& work) {
  for (std::size_t first = 0; first < values.size(); first += kMostNumbers)
    work(values.data() + first, static_cast<int>(std::min(kMostNumbers, values.size() - first)));
}

/// The first of these variables of the environment that is there.
const char* first_of(std::initializer_list<const char*> names) noexcept {
  for (const char* name : names)
    if (const char* value = std::getenv(name)) return value;
  return nullptr;
}

}  // namespace

struct MpiCommunicator::State {
  bool finalises = false;
  MPI_Comm world = MPI_COMM_NULL;
  int rank = 0;
  int size = 1;
  MPI_Win queue = MPI_WIN_NULL;
  std::int64_t* next = nullptr;  ///< Of the queue, on rank 0.

  State() {
    int is_initialised = 0;
    check(MPI_Initialized(&is_initialised), "MPI_Initialized");
    if (is_initialised == 0) {
      int provided = MPI_THREAD_SINGLE;
      // One thread at a time calls MPI; others may compute.
      check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "MPI_Init_thread");
      finalises = true;
      if (provided < MPI_THREAD_SERIALIZED)
        throw CommunicationError("this MPI does not allow a program to have threads");
    }
    check(MPI_Comm_dup(MPI_COMM_WORLD, &world), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(world, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check(MPI_Comm_rank(world, &rank), "MPI_Comm_rank");
    check(MPI_Comm_size(world, &size), "MPI_Comm_size");
    const MPI_Aint bytes = rank == 0 ? sizeof(std::int64_t) : 0;
    check(MPI_Win_allocate(bytes, sizeof(std::int64_t), MPI_INFO_NULL, world,
                           static_cast<void*>(&next), &queue),
          "MPI_Win_allocate");
    check(MPI_Win_set_errhandler(queue, MPI_ERRORS_RETURN), "MPI_Win_set_errhandler");
    check(MPI_Win_lock_all(MPI_MODE_NOCHECK, queue), "MPI_Win_lock_all");
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ~State() {
    if (queue != MPI_WIN_NULL) {
      MPI_Win_unlock_all(queue);
      MPI_Win_free(&queue);
    }
    if (world != MPI_COMM_NULL) MPI_Comm_free(&world);
    if (finalises) MPI_Finalize();
  }

  /// Sets the counter of the queue. On rank 0 alone.
  void set_next(std::int64_t value) {
    std::int64_t before = 0;
    check(MPI_Fetch_and_op(&value, &before, MPI_INT64_T, 0, 0, MPI_REPLACE, queue),
          "MPI_Fetch_and_op");
    check(MPI_Win_flush(0, queue), "MPI_Win_flush");
  }
};

MpiCommunicator::MpiCommunicator() : state_(std::make_unique<State>()) { restart_queue(); }

MpiCommunicator::~MpiCommunicator() = default;

bool MpiCommunicator::launched() noexcept {
  return first_of({"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"}) != nullptr;
}

std::optional<int> MpiCommunicator::launched_rank() noexcept {
  const char* const text = first_of({"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"});
  if (text == nullptr) return std::nullopt;
  return static_cast<int>(std::strtol(text, nullptr, 10));
}

int MpiCommunicator::rank() const noexcept { return state_->rank; }

int MpiCommunicator::size() const noexcept { return state_->size; }

void MpiCommunicator::sum(std::span<double> values) {
  // The standard asks for identical results on all ranks (MPI 3.1, section 5.9.6).
  in_messages(values, [&](double* first, int count) {
    check(MPI_Allreduce(MPI_IN_PLACE, first, count, MPI_DOUBLE, MPI_SUM, state_->world),
          "MPI_Allreduce");
  });
}

void MpiCommunicator::maximum(std::span<double> values) {
  in_messages(values, [&](double* first, int count) {
    check(MPI_Allreduce(MPI_IN_PLACE, first, count, MPI_DOUBLE, MPI_MAX, state_->world),
          "MPI_Allreduce");
  });
}

void MpiCommunicator::broadcast(std::span<double> values, int from) {
  in_messages(values, [&](double* first, int count) {
    check(MPI_Bcast(first, count, MPI_DOUBLE, from, state_->world), "MPI_Bcast");
  });
}

void MpiCommunicator::barrier() { check(MPI_Barrier(state_->world), "MPI_Barrier"); }

Index MpiCommunicator::take(Index count) {
  const auto added = static_cast<std::int64_t>(count);
  std::int64_t first = 0;
  check(MPI_Fetch_and_op(&added, &first, MPI_INT64_T, 0, 0, MPI_SUM, state_->queue),
        "MPI_Fetch_and_op");
  check(MPI_Win_flush(0, state_->queue), "MPI_Win_flush");
  return static_cast<Index>(first);
}

void MpiCommunicator::restart_queue() {
  barrier();
  if (rank() == 0) state_->set_next(0);
  barrier();
}

void MpiCommunicator::abort(int status) {
  MPI_Abort(state_->world, status);
  std::abort();
}

}  // namespace tautrack
