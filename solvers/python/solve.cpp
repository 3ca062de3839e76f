#include "commands/solve.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <pybind11/stl.h>
#include <utility>
#include <vector>

#include "commands/hidden_network.hpp"
#include "commands/predict.hpp"
#include "commands/solve_hidden.hpp"
#include "commands/solve_report.hpp"
#include "commands/units.hpp"
#include "commands/verdict.hpp"
#include "python/answer.hpp"
#include "python/subcommands.hpp"

namespace tautrack::python {

using namespace program;

Requests<SolveRequest>& solve_requests() {
  static Requests<SolveRequest> requests(solve_command);
  return requests;
}

namespace {

struct Solved : Answer<SolveRequest, SolvedProblem> {
  std::vector<Problem> outputs;  ///< Where several share a hidden layer, the problem of each.

  /// What was solved together: the outputs, or the only problem.
  [[nodiscard]] std::vector<const Problem*> problems() const {
    std::vector<const Problem*> list;
    for (const Problem& problem : outputs) list.push_back(&problem);
    if (list.empty()) list.push_back(&data.dense.problems.front());
    return list;
  }
};

py::object solve(const Inputs& inputs, const Given& given, const py::object& progress,
                 const py::object& wrap) {
  Call<Solved> call(solve_requests().read(given), progress, wrap);
  Solved& native = call.native();
  SolveRequest& request = native.request;
  if (request.network.hidden.is_there() && inputs.names.size() > 1)
    request.network.hidden.outputs = inputs.names;
  refuse_options_of_known_ranges(request);
  native.data = dense_data(inputs, request.network, "solve");
  check_weights(request.network, native.data);
  if (!request.network.hidden.outputs.empty()) native.outputs = share_layer(native.data);
  return call.run(false, {&request.fits.explore.stop},
                  [&] { native.results.push_back(solve_problems(request, native.problems())); });
}

/// Inputs without bias, and targets, one a column.
py::tuple data_of(const Solved& solved) {
  const Problem& problem = solved.data.dense.problems.front();
  const Index more = solved.request.network.dataset.bias ? 1 : 0;
  Matrix Y(problem.y.size(), static_cast<Index>(std::max<std::size_t>(1, solved.outputs.size())));
  Y.col(0) = problem.y;
  for (std::size_t k = 0; k < solved.outputs.size(); ++k)
    Y.col(static_cast<Index>(k)) = solved.outputs[k].y;
  return py::make_tuple(to_numpy(Matrix(problem.X.leftCols(problem.X.cols() - more))), to_numpy(Y));
}

/// Outputs of the best fit for other rows, and how far their intervals reach.
py::dict predict(const Solved& solved, const Array& X, double level) {
  const bool has_bias = solved.request.network.dataset.bias;
  const Index columns = solved.data.problem(0).weights() - (has_bias ? 1 : 0);
  if (X.ndim() != 2 || X.shape(1) != columns)
    throw UsageError(fmt::format("X: {} columns are needed, those that were fitted", columns));
  const Matrix rows = with_bias(X, has_bias);
  const bool may_be_zero_doses = columns == 1 && has_bias && !solved.result().hidden;
  for (const double input : rows.reshaped())
    if (!std::isfinite(input) && !(may_be_zero_doses && input < 0.0))
      throw UsageError("X: an input is not finite");
  py::dict found;
  if (solved.result().hidden) {
    const StationaryPoint* best = best_minimum(solved.result().fits.points);
    if (best == nullptr) throw UsageError("there is no best fit with finite weights");
    found["output"] =
        to_numpy(hidden_outputs(solved.request.network, solved.problems(), best->weights, rows));
    return found;
  }
  const std::optional<SavedFit> fit = saved_fit(
      problem_report(solved.request, solved.data.problem(0), solved.result()), "the result");
  if (!fit) throw UsageError("there is no best fit with finite weights");
  const PredictedOutputs outputs = predict_outputs(*fit, level, rows);
  found["output"] = to_numpy(outputs.value);
  found["low"] = to_numpy(outputs.low);
  found["high"] = to_numpy(outputs.high);
  found["measurement_low"] = to_numpy(outputs.new_low);
  found["measurement_high"] = to_numpy(outputs.new_high);
  return found;
}

/// The field `fit` of a problem with profile intervals of this level.
py::object intervals(const Solved& solved, double level, double seconds,
                     const py::object& progress) {
  if (solved.result().hidden)
    throw UsageError("intervals are not known of networks with a hidden layer");
  Watch watch(progress);
  ProfileOptions options;
  options.level = level;
  if (const auto reason = options.invalid_reason()) throw UsageError(*reason);
  options.seconds = seconds;
  options.threads = solved.request.fits.explore.threads;
  options.stop = watch.token();
  std::optional<FitReport> report;
  watch.run(false, [&] {
    report = fit_report(solved.request.network, solved.data.dense.problems.front(),
                        solved.result().fits, {level, true}, options);
  });
  py::object found = to_python(json_of(report));
  watch.rethrow(found);
  return found;
}

/// Outputs of a sigmoid for other rows.
py::array_t<double> outputs(const Array& X, const Array& coefficients, double intercept, double low,
                            double high, const std::string& activation) {
  const auto kind = activation_from_name(activation);
  if (!kind) throw UsageError(fmt::format("activation: '{}' is not known", activation));
  const auto rows = rows_of(X);
  if (!rows.allFinite()) throw UsageError("X: an input is not finite");
  Vector weights(coefficients.size() + 1);
  weights << to_vector(coefficients), intercept;
  return to_numpy(sigmoid_outputs({weights, {low, high}}, *kind, with_bias(X, true)));
}

}  // namespace

void add_solve(py::module_& module) {
  add_answer<Solved>(module, "Solved")
      .def("predict", &predict)
      .def("intervals", &intervals)
      .def("data", &data_of);
  module.def("solve", &solve);
  module.def("outputs", &outputs);
}

}  // namespace tautrack::python
