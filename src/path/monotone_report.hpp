#pragma once

#include <utility>

#include "tautrack/path/natural_path.hpp"

namespace tautrack::monotone {

/// Fills in, of a path that has arrived as a function of tau, all but the work beside its steps.
/// @param point Of i = 0 ... steps the NaturalPoint, its kind, 1 - tau and Morse index left open.
/// @param path As it is constructed.
/// @param end Its energy, residual, last Newton step and eigenvalues.
template <class PointOf>
void report(int steps, const PointOf& point, PathEnd&& end, NaturalPath& path) {
  path.status = TrackStatus::reached_target;
  path.message = "the path reached tau = 1 after 0 folds";
  path.points.reserve(static_cast<std::size_t>(steps) + 1);
  for (int i = 0; i <= steps; ++i) {
    NaturalPoint& next = path.points.emplace_back(point(i));
    next.kind = i == 0 ? PointKind::start : i == steps ? PointKind::landing : PointKind::regular;
    next.one_minus_tau = 1.0 - next.tau;
    next.morse_index = 0;
  }
  PathEnd& last = path.end.emplace(std::move(end));
  last.weights = path.points.back().weights;
  last.morse_index = 0;
  last.nearest_eigenvalue = last.lowest_eigenvalue = last.eigenvalues(0);
  last.status = "converged";
  path.work.steps = steps;
}

}  // namespace tautrack::monotone
