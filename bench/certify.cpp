#include <vector>

#include <benchmark/benchmark.h>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/path/natural_path.hpp"

#include "problems.hpp"

namespace {

using namespace tautrack;

// Question: what does a certificate cost, at the ends of natural paths of 20 seeds? (Making the
// Certifier, once a problem, is not in it.)
void certify(benchmark::State& state) {
  if (!Certifier::available()) {
    state.SkipWithError("built without FLINT");
    return;
  }
  std::vector<Certifier> certifiers;
  std::vector<Vector> weights;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Problem problem = bench::regression_problem(state.range(0), state.range(1), seed);
    const NaturalPath path = track_natural(Perceptron(problem));
    if (!path.ok()) continue;
    certifiers.emplace_back(Perceptron(problem));
    weights.push_back(path.end->weights);
  }
  std::size_t next = 0;
  double bits = 0.0;
  for (auto _ : state) {
    const std::size_t i = next++ % certifiers.size();
    const Certificate certificate = certifiers[i].certify(weights[i]);
    if (!certificate.certified) {
      state.SkipWithError(certificate.reason.c_str());
      break;
    }
    bits += certificate.precision;
  }
  state.counters["bits"] = benchmark::Counter(bits, benchmark::Counter::kAvgIterations);
}
BENCHMARK(certify)
    ->ArgNames({"L", "s"})
    ->Args({10, 3})
    ->Args({18, 6})
    ->Args({569, 31})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
