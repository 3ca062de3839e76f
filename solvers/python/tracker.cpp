#include <algorithm>
#include <memory>
#include <optional>
#include <pybind11/stl.h>
#include <string>
#include <vector>

#include "python/homotopy.hpp"
#include "python/subcommands.hpp"

namespace tautrack::python {

using namespace program;

namespace {

TrackOptions tracker_options(const py::kwargs& values) {
  TrackOptions options;
  const auto set = [&](const char* name, auto& value) {
    if (values.contains(name)) value = values[name].cast<std::decay_t<decltype(value)>>();
  };
  set("tau_start", options.tau_start);
  set("tau_target", options.tau_target);
  set("landings", options.landings);
  set("max_steps", options.max_steps);
  set("tolerance", options.corrector.tolerance);
  set("first_step", options.step.initial);
  set("longest_step", options.step.max);
  if (!values.contains("first_step"))
    options.step.initial = std::min(options.step.initial, options.step.max);
  if (values.contains("predictor")) {
    const auto name = values["predictor"].cast<std::string>();
    const auto kind = predictor_from_name(name);
    if (!kind) throw UsageError(fmt::format("predictor: '{}' is not known", name));
    options.predictor.kind = *kind;
  }
  return options;
}

py::object value_or_none(const std::optional<int>& value) {
  return value ? py::object(py::int_(*value)) : py::none();
}

py::dict dict_of(const PathPoint& point) {
  py::dict dict;
  dict["kind"] = to_str(to_string(point.kind));
  dict["x"] = to_numpy(point.x);
  dict["tau"] = point.tau;
  dict["arclength"] = point.arclength;
  dict["tangent"] = to_numpy(point.tangent);
  dict["tau_direction"] = point.tau_direction;
  dict["orientation"] = point.orientation;
  dict["residual"] = point.residual;
  dict["error"] = point.error;
  dict["reciprocal_condition"] = point.reciprocal_condition;
  dict["morse_index"] = value_or_none(point.morse_index);
  return dict;
}

template <class Event>
py::dict dict_of_event(const Event& event) {
  py::dict dict = dict_of(event.point);
  dict["index_before"] = value_or_none(event.index_before);
  dict["index_after"] = value_or_none(event.index_after);
  dict["bracket"] = py::make_tuple(event.bracket_low, event.bracket_high);
  dict["precision"] = event.precision;
  return dict;
}

py::dict dict_of(const Fold& fold) {
  py::dict dict = dict_of_event(fold);
  dict["tau_error"] = fold.tau_error;
  dict["null_vector"] = to_numpy(fold.null_vector);
  dict["second_derivative"] = fold.second_derivative;
  return dict;
}

py::dict dict_of(const BranchPoint& branch) {
  py::dict dict = dict_of_event(branch);
  dict["multiplicity"] = branch.multiplicity;
  dict["other_tangent"] =
      branch.other_tangent.size() > 0 ? py::object(to_numpy(branch.other_tangent)) : py::none();
  dict["followed"] = to_str(branch.followed);
  return dict;
}

template <class T>
py::list list_of(const std::vector<T>& values) {
  py::list list;
  for (const T& value : values) list.append(dict_of(value));
  return list;
}

py::dict dict_of(const Work& work) {
  py::dict dict;
  dict["steps"] = work.steps;
  dict["rejected"] = work.rejected;
  dict["factorisations"] = work.factorisations;
  dict["evaluations"] = work.evaluations;
  dict["seconds"] = work.seconds;
  return dict;
}

}  // namespace

void add_tracker(py::module_& module) {
  py::class_<PythonTracker>(module, "Tracker")
      .def(py::init([](const Array& x0, const py::object& H, const py::object& H_x,
                       const py::object& H_tau, bool symmetric, const py::kwargs& options) {
        return std::make_unique<PythonTracker>(x0, H, H_x, H_tau, symmetric,
                                               tracker_options(options));
      }))
      .def("next",
           [](PythonTracker& tracker) -> py::object {
             const auto point = tracker.next();
             return point ? py::object(dict_of(*point)) : py::none();
           })
      .def("stop", &PythonTracker::stop)
      .def_property_readonly(
          "status", [](const PythonTracker& t) { return to_str(to_string(t.result().status)); })
      .def_property_readonly("ok", [](const PythonTracker& t) { return t.result().ok(); })
      .def_property_readonly("message",
                             [](const PythonTracker& t) { return to_str(t.result().message); })
      .def_property_readonly("points",
                             [](const PythonTracker& t) { return list_of(t.result().points); })
      .def_property_readonly("folds",
                             [](const PythonTracker& t) { return list_of(t.result().folds); })
      .def_property_readonly(
          "branch_points", [](const PythonTracker& t) { return list_of(t.result().branch_points); })
      .def_property_readonly("work",
                             [](const PythonTracker& t) { return dict_of(t.result().work); });
}

}  // namespace tautrack::python
