#include <iterator>

#include <fmt/format.h>

#include "commands/geometry_report.hpp"
#include "io/csv_field.hpp"

namespace tautrack::program {

std::string csv_report(const Data& data, const std::vector<ExaminedProblem>& examined) {
  const bool is_fitted = !examined.front().supremum;
  std::string out = "problem,index,kappa,focal_distance,rho_kappa";
  if (is_fitted) out += ",low,high";
  out += csv_columns(data);
  for (std::size_t i = 0; i < examined.size(); ++i) {
    if (!examined[i].point) continue;
    const std::string name = csv_field(data.problem(i).name());
    const ExaminedPoint& point = *examined[i].point;
    for (Index j = 0; j < point.curvatures.size(); ++j) {
      const double kappa = point.curvatures(j);
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{}", name, j + 1, csv_field(kappa),
                     csv_field(1.0 / kappa), csv_field(point.normal_distance * kappa));
      if (is_fitted)
        fmt::format_to(std::back_inserter(out), ",{},{}", csv_field(point.range_directions(0, j)),
                       csv_field(point.range_directions(1, j)));
      out += csv_tail(point.directions.col(j));
    }
  }
  return out;
}

}  // namespace tautrack::program
