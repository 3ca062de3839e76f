#include <algorithm>

#include "commands/layers_report.hpp"
#include "io/csv_field.hpp"

namespace tautrack::program {

std::string csv_report(const CarriedData& carried) {
  Index width = 0;
  for (const Stage& stage : carried.stages) width = std::max(width, stage.points.rows());
  std::string out = "layer,row,label";
  for (Index i = 1; i <= width; ++i) out += ",h" + std::to_string(i);
  out += '\n';
  const LabelledPoints& data = carried.data;
  for (std::size_t k = 0; k < carried.stages.size(); ++k) {
    const Matrix& points = carried.stages[k].points;
    for (Index j = 0; j < points.cols(); ++j) {
      out += std::to_string(k) + ',' + std::to_string(j + 1) + ',';
      if (!data.labels.empty())
        out += csv_field(data.labels[data.label_of_row[static_cast<std::size_t>(j)]]);
      for (Index i = 0; i < width; ++i)
        out += i < points.rows() ? ',' + csv_field(points(i, j)) : ",";
      out += '\n';
    }
  }
  return out;
}

}  // namespace tautrack::program
