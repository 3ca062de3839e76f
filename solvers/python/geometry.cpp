#include "commands/geometry.hpp"

#include <pybind11/stl.h>

#include "commands/geometry_report.hpp"
#include "python/answer.hpp"
#include "python/subcommands.hpp"

namespace tautrack::python {

using namespace program;

Requests<GeometryRequest>& geometry_requests() {
  static Requests<GeometryRequest> requests(geometry_command);
  return requests;
}

namespace {

using Examined = Answer<GeometryRequest, ExaminedProblem>;

py::object geometry(const Inputs& inputs, const Given& given, const py::object& progress,
                    const py::object& wrap) {
  Call<Examined> call(geometry_requests().read(given), progress, wrap);
  Examined& native = call.native();
  GeometryRequest& request = native.request;
  check_request(request);
  native.data = dense_data(inputs, request.network, "geometry");
  check_data(request, native.data);
  return call.run(false, {&request.supremum.stop, &request.strata.stop},
                  [&] { native.results = examine_all(request, native.data); });
}

}  // namespace

void add_geometry(py::module_& module) {
  add_answer<Examined>(module, "Examined");
  module.def("geometry", &geometry);
}

}  // namespace tautrack::python
