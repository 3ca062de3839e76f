#include <cstdio>
#include <tautrack/path/natural_path.hpp>

int main() {
  for (const tautrack::Problem& problem : tautrack::iris().problems) {
    const tautrack::Perceptron network(problem);
    const tautrack::NaturalPath path = tautrack::track_natural(network);
    std::printf("%s: %s\n", problem.name.c_str(), path.message.c_str());
    if (!path.ok()) return 1;
    std::printf("  E = %.12g, Morse index %d\n", path.end->energy, path.end->morse_index.value());
  }
}
