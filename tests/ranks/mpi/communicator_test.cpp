// Run by mpirun on some ranks: what MpiCommunicator promises. Exit status 0 when all of it holds.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "tautrack/data/dataset.hpp"
#include "tautrack/ranks/mpi_communicator.hpp"

namespace {

using tautrack::Index;

bool all_hold = true;

void check(bool holds, const char* what, const tautrack::Communicator& ranks) {
  if (holds) return;
  all_hold = false;
  std::fprintf(stderr, "rank %d of %d: does not hold: %s\n", ranks.rank(), ranks.size(), what);
}

void check_arrays(tautrack::Communicator& ranks) {
  const int rank = ranks.rank();
  const int size = ranks.size();
  // Terms whose sum depends on their order: all ranks must still get the same bits.
  std::vector<double> sums;
  for (int i = 0; i < 5000; ++i) sums.push_back(0.1 * i + 1e-3 / (1.0 + rank * i));
  sums.push_back(rank);
  ranks.sum(sums);
  check(sums.back() == 0.5 * size * (size - 1), "sum", ranks);
  std::vector<double> of_first = sums;
  ranks.broadcast(of_first, 0);
  check(std::memcmp(of_first.data(), sums.data(), sums.size() * sizeof(double)) == 0,
        "every rank has the same bits", ranks);

  std::array<double, 2> ends{static_cast<double>(rank), -static_cast<double>(rank)};
  ranks.maximum(ends);
  check(ends[0] == size - 1 && ends[1] == 0.0, "maximum", ranks);

  std::array<double, 3> numbers{1.0 * rank, 2.0 * rank, 3.0 * rank};
  ranks.broadcast(numbers, size - 1);
  check(numbers[0] == size - 1 && numbers[2] == 3.0 * (size - 1), "broadcast", ranks);
}

void check_queue(tautrack::Communicator& ranks) {
  for (int round = 0; round < 2; ++round) {
    constexpr Index tasks = 100;
    std::vector<double> done(tasks, 0.0);
    for (Index first = ranks.take(3); first < tasks; first = ranks.take(3))
      for (Index i = first; i < std::min<Index>(first + 3, tasks); ++i)
        done[static_cast<std::size_t>(i)] += 1.0;
    ranks.sum(done);
    bool each_once = true;
    for (const double times : done) each_once = each_once && times == 1.0;
    check(each_once, "every task of the queue is done once", ranks);
    ranks.restart_queue();
  }
}

void check_failures(tautrack::Communicator& ranks) {
  const int last = ranks.size() - 1;
  std::string sentence;
  try {
    ranks.together([&] {
      if (ranks.rank() == last) throw tautrack::DataError("no such row");
    });
  } catch (const tautrack::DataError& error) {
    sentence = error.what();
  }
  const std::string wanted = ranks.rank() == last ? "no such row"
                                                  : "rank " + std::to_string(last) + " of " +
                                                        std::to_string(last + 1) + ": no such row";
  check(sentence == wanted, "a failure of one rank is one of all", ranks);
  ranks.together([] {});
}

}  // namespace

int main() {
  if (!tautrack::MpiCommunicator::launched() || !tautrack::MpiCommunicator::launched_rank()) {
    std::fprintf(stderr, "not started by mpirun\n");
    return 1;
  }
  try {
    tautrack::MpiCommunicator ranks;
    check(ranks.rank() == *tautrack::MpiCommunicator::launched_rank(), "launched_rank", ranks);
    ranks.barrier();
    check_arrays(ranks);
    check_queue(ranks);
    check_failures(ranks);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return all_hold ? 0 : 1;
}
