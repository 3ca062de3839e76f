#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <pybind11/stl.h>
#include <string>
#include <utility>
#include <vector>

#include "tautrack/parts.hpp"
#include "tautrack/path/batch.hpp"
#include "tautrack/version.hpp"

#include "commands/geometry.hpp"
#include "commands/geometry_report.hpp"
#include "commands/hidden_network.hpp"
#include "commands/layers.hpp"
#include "commands/layers_report.hpp"
#include "commands/predict.hpp"
#include "commands/solve.hpp"
#include "commands/solve_hidden.hpp"
#include "commands/solve_report.hpp"
#include "commands/track.hpp"
#include "commands/track_hidden.hpp"
#include "commands/track_report.hpp"
#include "commands/units.hpp"
#include "commands/verdict.hpp"
#include "io/json_file.hpp"
#include "io/layers_weights.hpp"
#include "python/arguments.hpp"
#include "python/convert.hpp"
#include "python/homotopy.hpp"
#include "python/watch.hpp"

/// The module tautrack._tautrack: subcommands of the program on arrays. What users see is made of it in tautrack/*.py.
namespace tautrack::python {
namespace {

using namespace program;

/// What a subcommand came to on one problem, with what it was asked and what reports need.
template <class Request, class Result>
struct Answer {
  Request request;
  Data data;
  std::vector<Result> results;  ///< One.

  [[nodiscard]] const Result& result() const { return results.front(); }
  [[nodiscard]] py::object to_dict() const {
    return to_python(problem_report(request, data.problem(0), result()));
  }
  [[nodiscard]] py::str text() const { return to_str(text_report(request, data, results)); }
  [[nodiscard]] bool is_solved() const { return result().is_solved(); }
};

using Tracked = Answer<TrackRequest, TrackedProblem>;
using TrackedHidden = Answer<TrackRequest, TrackedBranches>;
using Examined = Answer<GeometryRequest, ExaminedProblem>;

struct Solved : Answer<SolveRequest, SolvedProblem> {
  std::vector<Problem> outputs;  ///< Where several share a hidden layer, the problem of each.
};

/// Work of so many numbers takes milliseconds, whatever happens on the way.
constexpr Index short_work = 2000;

/// Requests are silent, but tell a watch what there is to tell.
void attend(OutputRequest& outputs, Watch& watch) {
  outputs.listener = [&watch](std::string_view text) { watch.note(text); };
}

/// The result of the class `wrap`, unless Python was interrupted.
template <class Native>
py::object hand_over(Watch& watch, const std::shared_ptr<Native>& native, const py::object& wrap) {
  native->request.outputs.listener = nullptr;
  if (native->results.empty()) watch.rethrow(py::none());
  py::object result = wrap(native);
  watch.rethrow(result);
  return result;
}

// ------------------------------------------------------------------------------------------ track

template <class Native, class Work>
py::object run_tracking(TrackRequest request, Data data, const py::object& progress,
                        const py::object& wrap, Work work) {
  Watch watch(progress);
  auto native = std::make_shared<Native>();
  native->request = std::move(request);
  native->data = std::move(data);
  attend(native->request.outputs, watch);
  native->request.track.stop = watch.token();
  const ProblemView problem = native->data.problem(0);
  const bool is_short = !native->request.network.hidden.is_there() &&
                        !native->request.certify_path && !native->request.certify_unique &&
                        problem.patterns() * problem.weights() <= short_work;
  watch.run(is_short, [&] { native->results.push_back(work(native->request, native->data)); });
  native->request.track.stop = {};
  return hand_over(watch, native, wrap);
}

Requests<TrackRequest>& track_requests() {
  static Requests<TrackRequest> requests(track_command);
  return requests;
}

py::object track(const Inputs& inputs, const Given& given, bool keeps_points,
                 const py::object& progress, const py::object& wrap) {
  TrackRequest request = track_requests().read(given);
  request.outputs.quiet = true;
  request.keeps_points = keeps_points;
  if (request.network.hidden.is_there()) {
    refuse_options_of_one_layer(request);
    Data data = make_data(inputs, request.network);
    need_dense(data, "track with a hidden layer");
    return run_tracking<TrackedHidden>(
        std::move(request), std::move(data), progress, wrap,
        [](const TrackRequest& asked, const Data& of) { return track_hidden(asked, of, 0); });
  }
  check_hidden_options(request.network);
  refuse_options_of_known_ranges(request);
  refuse_options_of_free_weights(request);
  Data data = make_data(inputs, request.network);
  check_weights(request.network, data);
  refuse_options_of_dense_data(request, data);
  return run_tracking<Tracked>(std::move(request), std::move(data), progress, wrap,
                               [](const TrackRequest& asked, const Data& of) {
                                 return track_problem(asked, of, 0, asked.threads);
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

// ------------------------------------------------------------------------------------------ solve

Requests<SolveRequest>& solve_requests() {
  static Requests<SolveRequest> requests(solve_command);
  return requests;
}

py::object solve(const Inputs& inputs, const Given& given, const py::object& progress,
                 const py::object& wrap) {
  Watch watch(progress);
  auto native = std::make_shared<Solved>();
  SolveRequest& request = native->request;
  request = solve_requests().read(given);
  request.outputs.quiet = true;
  if (request.network.hidden.is_there() && inputs.names.size() > 1)
    request.network.hidden.outputs = inputs.names;
  refuse_options_of_known_ranges(request);
  native->data = make_data(inputs, request.network);
  need_dense(native->data, "solve");
  check_weights(request.network, native->data);
  if (!request.network.hidden.outputs.empty()) native->outputs = share_layer(native->data);
  std::vector<const Problem*> problems;
  for (const Problem& problem : native->outputs) problems.push_back(&problem);
  if (problems.empty()) problems.push_back(&native->data.dense.problems.front());
  attend(request.outputs, watch);
  request.fits.explore.stop = watch.token();
  watch.run(false, [&] { native->results.push_back(solve_problems(request, problems)); });
  request.fits.explore.stop = {};
  return hand_over(watch, native, wrap);
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
    std::vector<const Problem*> problems;
    for (const Problem& problem : solved.outputs) problems.push_back(&problem);
    if (problems.empty()) problems.push_back(&solved.data.dense.problems.front());
    found["output"] =
        to_numpy(hidden_outputs(solved.request.network, problems, best->weights, rows));
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

// --------------------------------------------------------------------------------------- geometry

Requests<GeometryRequest>& geometry_requests() {
  static Requests<GeometryRequest> requests(geometry_command);
  return requests;
}

py::object geometry(const Inputs& inputs, const Given& given, const py::object& progress,
                    const py::object& wrap) {
  Watch watch(progress);
  auto native = std::make_shared<Examined>();
  GeometryRequest& request = native->request;
  request = geometry_requests().read(given);
  request.outputs.quiet = true;
  check_request(request);
  native->data = make_data(inputs, request.network);
  need_dense(native->data, "geometry");
  check_data(request, native->data);
  attend(request.outputs, watch);
  request.supremum.stop = request.strata.stop = watch.token();
  watch.run(false, [&] { native->results = examine_all(request, native->data); });
  request.supremum.stop = request.strata.stop = {};
  return hand_over(watch, native, wrap);
}

// ----------------------------------------------------------------------------------------- layers

/// What layers did to points.
struct Carried {
  LayersRequest request;
  CarriedData carried;
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

Requests<LayersRequest>& layers_requests() {
  static Requests<LayersRequest> requests(layers_command);
  return requests;
}

/// @param layers As JSON: a list of layers, or the report of a problem that was solved.
py::object layers(const LabelledPoints& points, const std::string& layers, bool is_fit,
                  const Given& given, const py::object& progress, const py::object& wrap) {
  Watch watch(progress);
  auto native = std::make_shared<Carried>();
  LayersRequest& request = native->request;
  request = layers_requests().read(given);
  request.outputs.quiet = true;
  request.weights_file = "layers";
  check_request(request);
  CarriedData data;
  data.layers = is_fit ? fitted_layers(parse_json(layers, "layers"), "layers")
                       : parse_layers(layers, "layers");
  data.data = points;
  attend(request.outputs, watch);
  request.barcode.stop = watch.token();
  watch.run(false, [&] {
    carry_through(request, data);
    native->results.push_back(std::move(data));
  });
  request.barcode.stop = {};
  return hand_over(watch, native, wrap);
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

// ------------------------------------------------------------------------------------------ batch

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

// ------------------------------------------------------------------------------- own homotopies

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

// ----------------------------------------------------------------------------------------- module

template <class Native>
auto add_answer(py::module_& module, const char* name) {
  return py::class_<Native, std::shared_ptr<Native>>(module, name)
      .def("to_dict", &Native::to_dict)
      .def("text", &Native::text)
      .def_property_readonly("is_solved", &Native::is_solved);
}

void translate(std::exception_ptr failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const UsageError& error) {
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
  module.def("status_names", status_names);

  py::class_<Inputs>(module, "Inputs")
      .def(py::init([](const Array& X, const py::object& indices, const Array& Y,
                       std::vector<std::string> names, std::vector<std::string> columns,
                       const Array& pattern_weights, bool bias) {
        return Inputs{X, indices, Y, std::move(names), std::move(columns), pattern_weights, bias};
      }));
  py::class_<LabelledPoints>(module, "LabelledPoints").def(py::init(&labelled_points));

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
  add_answer<Solved>(module, "Solved")
      .def("predict", &predict)
      .def("intervals", &intervals)
      .def("data", &data_of);
  add_answer<Examined>(module, "Examined");
  add_answer<Carried>(module, "Carried")
      .def("points", &Carried::points)
      .def("label_of_row", [](const Carried& c) { return c.results.front().data.label_of_row; });
  module.def("track", &track);
  module.def("solve", &solve);
  module.def("geometry", &geometry);
  module.def("layers", &layers);
  module.def("batch", &batch);
  module.def("outputs", &outputs);
  add_tracker(module);
}

}  // namespace tautrack::python
