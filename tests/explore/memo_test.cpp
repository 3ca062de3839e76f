#include "tautrack/explore/memo.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/explore/explore.hpp"

#include "ranks/thread_ranks.hpp"
#include "support/exponential_minima.hpp"
#include "support/hidden_networks.hpp"
#include "support/notebook.hpp"
#include "support/random_problem.hpp"

namespace memo_test {

using namespace tautrack;
using namespace tautrack::support;

namespace {

ExploreOptions patient() {
  ExploreOptions options;
  options.seconds = 600.0;
  options.seed = 5;
  return options;
}

bool have_same_bits(const Vector& a, const Vector& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  });
}

/// Checks that two explorations came to the same, to the bit, but for time.
void check_same(const Exploration& a, const Exploration& b) {
  REQUIRE(a.points.size() == b.points.size());
  for (std::size_t i = 0; i < a.points.size(); ++i) {
    const StationaryPoint& p = a.points[i];
    const StationaryPoint& q = b.points[i];
    CHECK(have_same_bits(p.weights, q.weights));
    CHECK(have_same_bits(p.eigenvalues, q.eigenvalues));
    CHECK(p.energy == q.energy);
    CHECK(p.radius == q.radius);
    CHECK(p.kind == q.kind);
    CHECK(p.morse_index == q.morse_index);
    CHECK(p.status == q.status);
    CHECK(p.reason == q.reason);
    CHECK(p.found_by == q.found_by);
    CHECK(p.copies == q.copies);
  }
  REQUIRE(a.links.size() == b.links.size());
  for (std::size_t i = 0; i < a.links.size(); ++i) {
    CHECK(a.links[i].kind == b.links[i].kind);
    CHECK(a.links[i].from == b.links[i].from);
    CHECK(a.links[i].to == b.links[i].to);
  }
  REQUIRE(a.escapes.size() == b.escapes.size());
  for (std::size_t i = 0; i < a.escapes.size(); ++i) {
    CHECK(a.escapes[i].from == b.escapes[i].from);
    CHECK(have_same_bits(a.escapes[i].limit.weights, b.escapes[i].limit.weights));
    CHECK(have_same_bits(a.escapes[i].limit.direction, b.escapes[i].limit.direction));
  }
  CHECK(a.end == b.end);
  CHECK(a.message == b.message);
  CHECK(a.rounds == b.rounds);
  CHECK(a.curves == b.curves);
  CHECK(a.failed_curves == b.failed_curves);
  CHECK(a.spurious == b.spurious);
  CHECK(a.steps == b.steps);
  CHECK(a.descents == b.descents);
}

/// Points of every index; and targets beyond the range, with curves that run away, and no proofs.
std::vector<std::pair<Problem, ExploreOptions>> cases() {
  std::vector<std::pair<Problem, ExploreOptions>> all;
  all.emplace_back(exponential_minima(2, 3, 7), patient());
  all.emplace_back(random_problem(3), patient());
  all.back().second.certify = false;
  return all;
}

}  // namespace

TEST_CASE("what a memo has is not done again, and all comes to the same to the bit") {
  std::size_t points = 0, escapes = 0;
  for (const auto& searched : cases()) {
    const Problem& problem = searched.first;
    ExploreOptions options = searched.second;
    CAPTURE(problem.name);
    const Exploration plain = explore(Perceptron(problem), options);
    points += plain.points.size();
    escapes += plain.escapes.size();
    Notebook first;
    options.memo = &first;
    check_same(explore(Perceptron(problem), options), plain);
    REQUIRE(first.noted() == first.notes().size());
    REQUIRE(first.noted() > 20);

    Notebook full(first.notes());
    options.memo = &full;
    check_same(explore(Perceptron(problem), options), plain);
    CHECK(full.noted() == 0);

    // Cut anywhere, or with holes.
    const auto last = static_cast<long>(first.noted());
    for (const long cut : {1L, last / 3, last - 1}) {
      Notes notes;
      for (const auto& [number, note] : first.notes())
        if (number < cut || (cut == last / 3 && number % 3 == 0)) notes[number] = note;
      Notebook part(notes);
      options.memo = &part;
      options.threads = 1 + static_cast<int>(cut % 2);
      check_same(explore(Perceptron(problem), options), plain);
      CHECK(part.noted() == first.noted() - notes.size());
      CHECK(part.notes().size() == first.noted());
    }
  }
  CHECK(points > 20);
  CHECK(escapes > 0);
}

TEST_CASE("an exploration whose points stand for their copies is taken up where it was cut") {
  const HiddenLayer network = exclusive_or(0.5);
  ExploreOptions options = patient();
  options.quiet_rounds = 1;
  const Exploration plain = explore(network, options);
  CHECK(plain.points.size() == 3);  // of 33
  Notebook first;
  options.memo = &first;
  check_same(explore(network, options), plain);
  Notes notes;
  for (const auto& [number, note] : first.notes())
    if (number < static_cast<long>(first.noted()) / 2) notes[number] = note;
  Notebook part(notes);
  options.memo = &part;
  options.threads = 2;
  check_same(explore(network, options), plain);
  CHECK(part.noted() == first.noted() - notes.size());
}

TEST_CASE("outcomes that are none are done again, and so is what belongs to another problem") {
  auto [problem, options] = cases().front();
  const Exploration plain = explore(Perceptron(problem), options);
  Notebook first;
  options.memo = &first;
  (void)explore(Perceptron(problem), options);
  Notes broken = first.notes();
  std::size_t damaged = 0;
  for (auto& [number, note] : broken) {
    std::vector<double>& numbers = note.second.numbers;
    switch (number % 6) {
      case 0:
        numbers.clear();
        break;
      case 1:
        numbers.pop_back();
        break;
      case 2:
        numbers.push_back(1.0);
        break;
      case 3:
        numbers.front() = 1e300;
        break;
      case 4:
        numbers.front() = std::numeric_limits<double>::quiet_NaN();
        break;
      default:
        continue;
    }
    ++damaged;
  }
  Notebook memo(broken);
  options.memo = &memo;
  check_same(explore(Perceptron(problem), options), plain);
  CHECK(memo.noted() == damaged);

  Problem other = problem;
  other.y(0) = std::nextafter(other.y(0), 0.0);
  Notebook fresh;
  options.memo = &fresh;
  const Exploration of_other = explore(Perceptron(other), options);
  Notebook stale(first.notes());
  options.memo = &stale;
  check_same(explore(Perceptron(other), options), of_other);
  CHECK(stale.noted() == fresh.noted());
}

TEST_CASE("time that recalled work took counts, and a run that is cut off notes no curve it cut") {
  auto [problem, options] = cases().front();
  options.seconds = 2e6;  // the few that the test takes itself do not matter
  Notebook first;
  options.memo = &first;
  const Exploration plain = explore(Perceptron(problem), options);
  Notes late = first.notes();
  for (auto& [number, note] : late) note.second.seconds = 1e6;
  Notebook slow(late);
  options.memo = &slow;
  const Exploration recalled = explore(Perceptron(problem), options);
  check_same(recalled, plain);
  CHECK(recalled.seconds >= 1e6);  // once, not once a piece: then its time would be up
  for (auto& [number, note] : late) note.second.seconds = options.seconds;
  Notebook too_slow(late);
  options.memo = &too_slow;
  CHECK(explore(Perceptron(problem), options).end == ExploreEnd::budget);

  std::stop_source source;
  Notebook cut;
  options.memo = &cut;
  options.stop = source.get_token();
  options.progress = [&](long, long, int quiet) {
    if (quiet == 1) source.request_stop();
  };
  CHECK(explore(Perceptron(problem), options).end == ExploreEnd::cancelled);
  CHECK(cut.noted() > 0);
  CHECK(cut.noted() < first.noted());
  for (const auto& [number, note] : cut.notes())
    CHECK(note.first.input == first.notes().at(number).first.input);
  options.stop = {};
  options.progress = {};
  check_same(explore(Perceptron(problem), options), plain);
  CHECK(cut.noted() == first.noted());
}

TEST_CASE("ranks share the work, each piece once, and all come to what one comes to") {
  for (const auto& searched : cases()) {
    const Problem& problem = searched.first;
    ExploreOptions options = searched.second;
    CAPTURE(problem.name);
    Notebook alone;
    options.memo = &alone;
    const Exploration plain = explore(Perceptron(problem), options);
    for (const int size : {1, 2, 3}) {
      CAPTURE(size);
      // The first rank knows something already.
      Notes known;
      for (const auto& [number, note] : alone.notes())
        if (number % 4 == 1) known[number] = note;
      std::vector<Notebook> notebooks(static_cast<std::size_t>(size));
      Notebook with_known(known);
      std::vector<Exploration> results(static_cast<std::size_t>(size));
      on_ranks(size, [&](Communicator& ranks) {
        const auto rank = static_cast<std::size_t>(ranks.rank());
        ExploreOptions shared = options;
        shared.memo = rank == 0 ? &with_known : &notebooks[rank];
        shared.ranks = &ranks;
        shared.threads = size == 3 ? 2 : 1;
        results[rank] = explore(Perceptron(problem), shared);
      });
      std::size_t noted = with_known.noted();
      for (const Notebook& notebook : notebooks) noted += notebook.noted();
      CHECK(noted + known.size() == alone.noted());
      for (const Exploration& result : results) check_same(result, plain);
    }
  }
}

TEST_CASE("ranks that were asked for different things end, and where one is stopped all are") {
  const std::pair<Problem, ExploreOptions> searched = cases().front();
  const Problem& problem = searched.first;
  const ExploreOptions& options = searched.second;
  const std::vector<std::exception_ptr> failures = try_on_ranks(2, [&](Communicator& ranks) {
    ExploreOptions shared = options;
    shared.ranks = &ranks;
    shared.quiet_rounds += ranks.rank();
    (void)explore(Perceptron(problem), shared);
  });
  for (const std::exception_ptr& failure : failures) {
    REQUIRE(failure);
    CHECK_THROWS_WITH_AS(std::rethrow_exception(failure),
                         "the ranks of an exploration have different problems or options, or "
                         "processors whose results differ by rounding",
                         CommunicationError);
  }
  std::atomic<int> cancelled = 0;
  on_ranks(2, [&](Communicator& ranks) {
    std::stop_source source;
    ExploreOptions shared = options;
    shared.ranks = &ranks;
    shared.stop = source.get_token();
    shared.progress = [&](long, long, int) {
      if (ranks.rank() == 1) source.request_stop();
    };
    cancelled += explore(Perceptron(problem), shared).end == ExploreEnd::cancelled ? 1 : 0;
  });
  CHECK(cancelled == 2);
}

}  // namespace memo_test
