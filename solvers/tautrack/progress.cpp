#include "progress.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "text.hpp"

namespace tautrack::program {

Progress::Progress(const std::string& problem) : problem_(cut(problem, 40)) {}

void Progress::see(const PathPoint& point) {
  ++points_;
  if (point.kind == PointKind::fold) ++folds_;
  const Clock::time_point now = Clock::now();
  if (now - last_said_ < std::chrono::seconds(1)) return;
  last_said_ = now;
  const std::chrono::duration<double> elapsed = now - start_;
  const std::string text =
      fmt::format("tautrack: {}: tau = {:.12g}, {}, {}, {:.0f} s\n", problem_, point.tau,
                  counted(points_, "point"), counted(folds_, "fold"), elapsed.count());
  std::fwrite(text.data(), 1, text.size(),
              stderr);  // One call: lines of several threads do not mix.
}

}  // namespace tautrack::program
