#include "io/progress.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "io/text.hpp"

namespace tautrack::program {

Progress::Progress(const std::string& problem) : problem_(cut(problem, quote_width)) {}

bool Progress::is_due() const { return Clock::now() - last_said_ >= std::chrono::seconds(1); }

void Progress::say(std::string_view text) {
  last_said_ = Clock::now();
  const std::chrono::duration<double> elapsed = last_said_ - start_;
  const std::string line =
      fmt::format("tautrack: {}: {}, {:.0f} s\n", problem_, text, elapsed.count());
  std::fwrite(line.data(), 1, line.size(),
              stderr);  // One call: lines of several threads do not mix.
}

void PathProgress::see(const PathPoint& point) {
  ++points_;
  if (point.kind == PointKind::fold) ++folds_;
  if (progress_.is_due())
    progress_.say(fmt::format("tau = {:.12g}, {}, {}", point.tau, counted(points_, "point"),
                              counted(folds_, "fold")));
}

}  // namespace tautrack::program
