#pragma once

#include "commands/geometry.hpp"
#include "commands/layers.hpp"
#include "commands/solve.hpp"
#include "commands/track.hpp"
#include "python/arguments.hpp"

/// Subcommands of the program in the module, a file each: what they can be asked, and what they add to the module.
namespace tautrack::python {

[[nodiscard]] Requests<program::TrackRequest>& track_requests();
[[nodiscard]] Requests<program::SolveRequest>& solve_requests();
[[nodiscard]] Requests<program::GeometryRequest>& geometry_requests();
[[nodiscard]] Requests<program::LayersRequest>& layers_requests();

void add_track(py::module_& module);
void add_solve(py::module_& module);
void add_geometry(py::module_& module);
void add_layers(py::module_& module);
/// Tracks many targets over the same inputs.
void add_batch(py::module_& module);
/// Tracks homotopies of the user.
void add_tracker(py::module_& module);

}  // namespace tautrack::python
