#include <chrono>
#include <vector>

#include <benchmark/benchmark.h>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/certify/path_certificate.hpp"

#include "problems.hpp"

namespace {

using namespace tautrack;

// Question: how many times longer than tracking it does it take to certify a path, over 20 seeds?
// (`ratio`: of all certificates to all paths, networks included in both.)
void certified_path(benchmark::State& state) {
  if (!Certifier::available()) {
    state.SkipWithError("built without FLINT");
    return;
  }
  std::vector<Problem> problems;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    problems.push_back(bench::regression_problem(state.range(0), state.range(1), seed));
  const auto now = [] { return std::chrono::steady_clock::now(); };
  std::chrono::duration<double> tracking{};
  std::chrono::duration<double> proving{};
  double tubes = 0.0;
  std::size_t next = 0;
  for (auto _ : state) {
    const Problem& problem = problems[next++ % problems.size()];
    const auto start = now();
    const NaturalPath path = track_natural(Perceptron(problem));
    const auto tracked = now();
    const PathCertificate certificate = certify_path(Perceptron(problem), path);
    proving += now() - tracked;
    tracking += tracked - start;
    tubes += certificate.tubes;
    if (path.ok() && !certificate.certified) {
      state.SkipWithError(certificate.reason.c_str());
      break;
    }
  }
  state.counters["ratio"] = proving.count() / tracking.count();
  state.counters["tubes"] = benchmark::Counter(tubes, benchmark::Counter::kAvgIterations);
}
BENCHMARK(certified_path)
    ->ArgNames({"L", "s"})
    ->Args({10, 3})
    ->Args({18, 6})
    ->Args({50, 6})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
