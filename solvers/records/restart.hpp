#pragma once

#include <string>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/data/output_range.hpp"

#include "io/json.hpp"

namespace tautrack::program {

/// A point of a path from which it can be taken up again.
struct RestartPoint {
  double tau = 0.0;
  Vector weights;
};

/// The last recorded point of a path, before its end, at which tau grows.
/// @param from DIR:LABEL, folder of a run and name of one of its tasks.
/// @param weights Their number, held ones included.
/// @param range Of the outputs; a task with another one is refused.
/// @param held The weights that are held, an object of columns and values; a task with others is refused.
/// @throws UsageError when there is no such run, task or point, or its weights are those of other
/// columns.
[[nodiscard]] RestartPoint restart_point(const std::string& from,
                                         const std::vector<std::string>& columns,
                                         const OutputRange& range, const Json& held);

/// All stationary points that a task has recorded: the end of its path, and of `solve` the others.
/// @throws UsageError as above.
[[nodiscard]] std::vector<Vector> restart_points(const std::string& from,
                                                 const std::vector<std::string>& columns,
                                                 const OutputRange& range, const Json& held);

}  // namespace tautrack::program
