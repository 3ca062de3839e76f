#include <iterator>

#include <fmt/format.h>

#include "commands/solve_hidden.hpp"
#include "commands/solve_report.hpp"
#include "io/csv_field.hpp"

namespace tautrack::program {

std::string csv_report(const Data& data, const std::vector<SolvedProblem>& solved) {
  if (!solved.empty() && solved.front().hidden) return hidden_csv(data, solved);
  std::string out = "problem,row,target,fitted,low,high,residual" + csv_columns(data);
  for (std::size_t i = 0; i < solved.size(); ++i) {
    if (!solved[i].fit) continue;
    const Problem& problem = data.dense.problems[i];
    const std::string name = csv_field(problem.name);
    const FitReport& report = *solved[i].fit;
    const std::optional<Vector> reach = reach_of_outputs(report);
    for (Index row = 0; row < problem.y.size(); ++row) {
      const double fitted = report.statistics.fitted(row);
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{}", name, row + 1,
                     csv_field(problem.y(row)), csv_field(fitted),
                     reach ? csv_field(fitted - (*reach)(row)) : "",
                     reach ? csv_field(fitted + (*reach)(row)) : "",
                     csv_field(report.statistics.residuals(row)));
      out += csv_tail(problem.X.row(row));
    }
  }
  return out;
}

std::string points_report(const Data& data, const std::vector<SolvedProblem>& solved) {
  if (!solved.empty() && solved.front().hidden) return hidden_points_csv(data, solved);
  std::string out =
      "problem,number,energy,kind,morse_index,status,radius,found_by" + csv_columns(data);
  for (std::size_t i = 0; i < solved.size(); ++i) {
    const std::string name = csv_field(data.problem(i).name());
    std::size_t number = 0;
    for (const StationaryPoint& point : solved[i].fits.points) {
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{}", name, ++number,
                     csv_field(point.energy), to_string(point.kind),
                     point.morse_index ? std::to_string(*point.morse_index) : "",
                     to_string(point.status),
                     point.status == PointStatus::certified ? csv_field(point.radius) : "",
                     csv_field(point.found_by));
      out += csv_tail(point.weights);
    }
  }
  return out;
}

}  // namespace tautrack::program
