#include <iterator>

#include <fmt/format.h>

#include "commands/track_report.hpp"
#include "io/csv_field.hpp"

namespace tautrack::program {

std::string csv_report(const Data& data, const std::vector<TrackedProblem>& tracked) {
  std::string out = "problem,kind,tau,folds_before,energy,morse_index" + csv_columns(data);
  for (std::size_t i = 0; i < tracked.size(); ++i) {
    const std::string name = csv_field(data.problem(i).name());
    for (const NaturalPoint& point : tracked[i].path.points) {
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},", name, to_string(point.kind),
                     csv_field(point.tau), tracked[i].path.folds_before(point),
                     csv_field(point.energy));
      if (point.morse_index) out += std::to_string(*point.morse_index);
      out += csv_tail(point.weights);
    }
  }
  return out;
}

}  // namespace tautrack::program
