#include "tautrack/path/batch.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <pybind11/stl.h>

#include "commands/track.hpp"
#include "commands/units.hpp"
#include "python/answer.hpp"
#include "python/subcommands.hpp"

namespace tautrack::python {

using namespace program;

namespace {

/// Targets that are followed together: so many that threads do not wait for each other, so few that a stop is
/// heard soon.
Index batch_piece(Index patterns, Index weights) {
  constexpr Index most = 1 << 14, least = 1 << 8, numbers = 1 << 20;
  return std::clamp(numbers / (patterns * weights), least, most);
}

py::object batch(const Inputs& inputs, const Given& given, const py::object& progress,
                 const py::object& wrap) {
  const TrackRequest request = track_requests().read(given);
  refuse_options_of_known_ranges(request);
  if (!target_range(request.network).is_known())
    throw UsageError("--range: both ends must be numbers for a batch; solve fits them");
  const auto Y = rows_of(inputs.Y);
  if (Y.rows() != inputs.X.shape(0))
    throw UsageError(fmt::format("Y: it has {} rows, but X has {}", Y.rows(), inputs.X.shape(0)));
  if (!Y.allFinite()) throw UsageError("Y: a target is not finite");
  Inputs first = inputs;
  first.Y = Array({Y.rows(), Index{1}});
  std::fill_n(first.Y.mutable_data(), Y.rows(), 0.0);
  first.names = {"Y"};
  const Data data = make_data(first, request.network);
  const ComputedProblem computed = computed_rows(request.network, data.dense.problems.front());
  const Perceptron network(computed.problem, computed.perceptron);
  const Index count = Y.cols(), s = data.dense.problems.front().X.cols();
  py::array_t<double> weights({count, s}), energy(count);
  py::array_t<std::int32_t> folds(count);
  py::array_t<std::uint8_t> status(count);
  double* const to_weights = weights.mutable_data();
  double* const to_energy = energy.mutable_data();
  std::int32_t* const to_folds = folds.mutable_data();
  std::uint8_t* const to_status = status.mutable_data();
  Watch watch(progress);
  TrackOptions options = request.track;
  options.stop = watch.token();
  Index done = 0;
  watch.run(count * Y.rows() * s <= short_work, [&] {
    const Index most = batch_piece(Y.rows(), s);
    Matrix targets(Y.rows(), std::min(count, most));
    for (; done < count && !options.stop.is_met();) {
      const Index piece = std::min(count - done, most);
      targets.resize(Y.rows(), piece);
      targets = Y.middleCols(done, piece);
      if (!computed.scale.is_identity())
        for (double& target : targets.reshaped()) target = computed.scale.target(target);
      const BatchPaths paths = track_natural_compact(network, targets, options, request.threads);
      for (Index j = 0; j < piece; ++j) {
        const auto at = static_cast<std::size_t>(j);
        const Index to = done + j;
        to_status[to] = static_cast<std::uint8_t>(paths.status(at));
        to_folds[to] = static_cast<std::int32_t>(paths.folds(at));
        Eigen::Map<Vector> row(to_weights + to * s, s);
        if (paths.ok(at) && computed.held.any())
          row = computed.held.weights(paths.weights(at));
        else if (paths.ok(at))
          row = paths.weights(at);
        else
          row.setConstant(std::numeric_limits<double>::quiet_NaN());
        to_energy[to] = paths.ok(at) ? users_energy(computed, paths.energy(at))
                                     : std::numeric_limits<double>::quiet_NaN();
      }
      done += piece;
      watch.note(fmt::format("{} of {} targets", done, count));
    }
    // What a stop has left out.
    std::fill(to_weights + done * s, to_weights + count * s,
              std::numeric_limits<double>::quiet_NaN());
    std::fill(to_energy + done, to_energy + count, std::numeric_limits<double>::quiet_NaN());
    std::fill(to_folds + done, to_folds + count, 0);
    std::fill(to_status + done, to_status + count,
              static_cast<std::uint8_t>(TrackStatus::stopped_by_observer));
  });
  py::dict found;
  found["weights"] = weights;
  found["energy"] = energy;
  found["status"] = status;
  found["folds"] = folds;
  found["columns"] = data.dense.problems.front().columns;
  py::object result = wrap(found);
  watch.rethrow(result);
  return result;
}

/// Names of statuses by their numbers.
py::list status_names() {
  py::list names;
  for (int i = 0; i <= static_cast<int>(TrackStatus::stopped_by_observer); ++i)
    names.append(to_str(to_string(static_cast<TrackStatus>(i))));
  return names;
}

}  // namespace

void add_batch(py::module_& module) {
  module.def("batch", &batch);
  module.def("status_names", &status_names);
}

}  // namespace tautrack::python
