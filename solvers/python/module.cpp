#include <pybind11/stl.h>
#include <string>
#include <utility>
#include <vector>

#include "tautrack/parts.hpp"
#include "tautrack/version.hpp"

#include "python/arguments.hpp"
#include "python/subcommands.hpp"

/// The module tautrack._tautrack: subcommands of the program on arrays. What users see is made of it in tautrack/*.py.
namespace tautrack::python {
namespace {

void translate(std::exception_ptr failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const program::UsageError& error) {
    PyErr_SetString(PyExc_ValueError, in_python(error.what()).c_str());
  } catch (const DataError& error) {
    PyErr_SetString(PyExc_ValueError, in_python(error.what()).c_str());
  } catch (const std::invalid_argument& error) {
    PyErr_SetString(PyExc_ValueError, in_python(error.what()).c_str());
  }
}

}  // namespace

PYBIND11_MODULE(_tautrack, module) {
  py::register_local_exception_translator(translate);
  module.attr("__version__") = to_str(version);
  module.def("parts", [] {
    py::dict dict;
    for (const Part& part : parts()) dict[to_str(part.name)] = part.built_in;
    return dict;
  });
  module.def("defaults", [] {
    py::dict dict;
    dict["track"] = track_requests().defaults();
    dict["solve"] = solve_requests().defaults();
    dict["geometry"] = geometry_requests().defaults();
    dict["layers"] = layers_requests().defaults();
    return dict;
  });
  py::class_<Inputs>(module, "Inputs")
      .def(py::init([](const Array& X, const py::object& indices, const Array& Y,
                       std::vector<std::string> names, std::vector<std::string> columns,
                       const Array& pattern_weights, bool bias) {
        return Inputs{X, indices, Y, std::move(names), std::move(columns), pattern_weights, bias};
      }));
  add_track(module);
  add_solve(module);
  add_geometry(module);
  add_layers(module);
  add_batch(module);
  add_tracker(module);
}

}  // namespace tautrack::python
