#include "commands/track.hpp"

#include <pybind11/stl.h>
#include <utility>
#include <vector>

#include "commands/hidden_network.hpp"
#include "commands/track_hidden.hpp"
#include "commands/track_report.hpp"
#include "commands/units.hpp"
#include "python/answer.hpp"
#include "python/subcommands.hpp"

namespace tautrack::python {

using namespace program;

Requests<TrackRequest>& track_requests() {
  static Requests<TrackRequest> requests(track_command);
  return requests;
}

namespace {

using Tracked = Answer<TrackRequest, TrackedProblem>;
using TrackedHidden = Answer<TrackRequest, TrackedBranches>;

py::object track_hidden(const Inputs& inputs, TrackRequest request, const py::object& progress,
                        const py::object& wrap) {
  refuse_options_of_one_layer(request);
  Call<TrackedHidden> call(std::move(request), progress, wrap);
  TrackedHidden& native = call.native();
  native.data = dense_data(inputs, native.request.network, "track with a hidden layer");
  return call.run(false, {&native.request.track.stop}, [&] {
    native.results.push_back(program::track_hidden(native.request, native.data, 0));
  });
}

py::object track(const Inputs& inputs, const Given& given, bool keeps_points,
                 const py::object& progress, const py::object& wrap) {
  TrackRequest request = track_requests().read(given);
  request.keeps_points = keeps_points;
  if (request.network.hidden.is_there())
    return track_hidden(inputs, std::move(request), progress, wrap);
  check_hidden_options(request.network);
  refuse_options_of_known_ranges(request);
  refuse_options_of_free_weights(request);
  Call<Tracked> call(std::move(request), progress, wrap);
  Tracked& native = call.native();
  native.data = make_data(inputs, native.request.network);
  check_weights(native.request.network, native.data);
  refuse_options_of_dense_data(native.request, native.data);
  const ProblemView problem = native.data.problem(0);
  const bool is_short = !native.request.certify_path && !native.request.certify_unique &&
                        problem.patterns() * problem.weights() <= short_work;
  return call.run(is_short, {&native.request.track.stop}, [&] {
    native.results.push_back(track_problem(native.request, native.data, 0, native.request.threads));
  });
}

py::array_t<double> end_weights(const Tracked& tracked) {
  const auto& end = tracked.result().path.end;
  return to_numpy(end ? end->weights : Vector());
}

/// The path in points that lie close enough together to be drawn.
py::dict curve(const Tracked& tracked) {
  TrackRequest request = tracked.request;
  draw_finely(request);
  request.is_drawn = !tracked.data.is_matrix_free();
  request.certify_path = request.certify_unique = false;
  request.audit.reset();
  TrackedProblem drawn;
  {
    const py::gil_scoped_release release;
    drawn = track_problem(request, tracked.data, 0, request.threads);
  }
  std::vector<double> taus, energies;
  for (const CurvePoint& point : drawn.curve) {
    taus.push_back(point.tau);
    energies.push_back(point.energy);
  }
  if (drawn.curve.empty())
    for (const NaturalPoint& point : drawn.path.points) {
      taus.push_back(point.tau);
      energies.push_back(point.energy);
    }
  py::dict found;
  found["tau"] = py::array_t<double>(static_cast<py::ssize_t>(taus.size()), taus.data());
  found["energy"] = py::array_t<double>(static_cast<py::ssize_t>(energies.size()), energies.data());
  return found;
}

}  // namespace

void add_track(py::module_& module) {
  add_answer<Tracked>(module, "Tracked")
      .def_property_readonly("weights", &end_weights)
      .def("curve", &curve)
      .def_property_readonly(
          "status", [](const Tracked& t) { return to_str(to_string(t.result().path.status)); })
      .def_property_readonly("message",
                             [](const Tracked& t) { return to_str(t.result().path.message); })
      .def_property_readonly("energy", [](const Tracked& t) -> py::object {
        const auto& end = t.result().path.end;
        return end ? py::object(py::float_(end->energy)) : py::none();
      });
  add_answer<TrackedHidden>(module, "TrackedHidden");
  module.def("track", &track);
}

}  // namespace tautrack::python
