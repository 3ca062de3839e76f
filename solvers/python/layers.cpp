#include "commands/layers.hpp"

#include <pybind11/stl.h>
#include <string>
#include <utility>
#include <vector>

#include "commands/layers_report.hpp"
#include "io/json_file.hpp"
#include "io/layers_weights.hpp"
#include "python/answer.hpp"
#include "python/subcommands.hpp"

namespace tautrack::python {

using namespace program;

Requests<LayersRequest>& layers_requests() {
  static Requests<LayersRequest> requests(layers_command);
  return requests;
}

namespace {

/// What layers did to points.
struct Carried {
  using Request = LayersRequest;

  Request request;
  std::vector<CarriedData> results;  ///< One.

  [[nodiscard]] py::object to_dict() const {
    return to_python(report_of(request, results.front()));
  }
  [[nodiscard]] py::str text() const { return to_str(text_report(request, results.front())); }
  [[nodiscard]] bool is_solved() const { return results.front().unresolved.empty(); }
  /// The points after layer k, one a row.
  [[nodiscard]] py::array_t<double> points(std::size_t k) const {
    return to_numpy(Matrix(results.front().stages.at(k).points.transpose()));
  }
};

/// @param layers As JSON: a list of layers, or the report of a problem that was solved.
py::object layers(const LabelledPoints& points, const std::string& layers, bool is_fit,
                  const Given& given, const py::object& progress, const py::object& wrap) {
  Call<Carried> call(layers_requests().read(given), progress, wrap);
  LayersRequest& request = call.request();
  request.weights_file = "layers";
  check_request(request);
  CarriedData data;
  data.layers = is_fit ? fitted_layers(parse_json(layers, "layers"), "layers")
                       : parse_layers(layers, "layers");
  data.data = points;
  return call.run(false, {&request.barcode.stop}, [&] {
    carry_through(request, data);
    call.native().results.push_back(std::move(data));
  });
}

LabelledPoints labelled_points(const Array& X, const std::vector<std::string>& columns,
                               const std::vector<std::string>& labels,
                               const std::vector<std::size_t>& label_of_row) {
  LabelledPoints points;
  points.source = "arrays";
  points.points = rows_of(X);
  if (points.points.rows() < 1 || !points.points.allFinite())
    throw UsageError("X: finite numbers are needed, and at least one row");
  points.columns = columns;
  points.label_column = labels.empty() ? "" : "labels";
  points.labels = labels;
  points.label_of_row = label_of_row;
  return points;
}

}  // namespace

void add_layers(py::module_& module) {
  py::class_<LabelledPoints>(module, "LabelledPoints").def(py::init(&labelled_points));
  add_answer<Carried>(module, "Carried")
      .def("points", &Carried::points)
      .def("label_of_row", [](const Carried& c) { return c.results.front().data.label_of_row; });
  module.def("layers", &layers);
}

}  // namespace tautrack::python
