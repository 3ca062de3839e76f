#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "tautrack/core/stop_condition.hpp"

#include "python/arguments.hpp"
#include "python/watch.hpp"

/// What calls of subcommands have in common, and their results.
namespace tautrack::python {

/// What a subcommand came to on one problem, with what it was asked and what reports need. Who uses it includes
/// the reports of the subcommand.
template <class RequestOf, class Result>
struct Answer {
  using Request = RequestOf;

  Request request;
  program::Data data;
  std::vector<Result> results;  ///< One.

  [[nodiscard]] const Result& result() const { return results.front(); }
  [[nodiscard]] py::object to_dict() const {
    return to_python(problem_report(request, data.problem(0), result()));
  }
  [[nodiscard]] py::str text() const { return to_str(text_report(request, data, results)); }
  [[nodiscard]] bool is_solved() const { return result().is_solved(); }
};

template <class Native>
auto add_answer(py::module_& module, const char* name) {
  return py::class_<Native, std::shared_ptr<Native>>(module, name)
      .def("to_dict", &Native::to_dict)
      .def("text", &Native::text)
      .def_property_readonly("is_solved", &Native::is_solved);
}

/// Work of so many numbers takes milliseconds, whatever happens on the way.
inline constexpr Index short_work = 2000;

/// Dense problems.
/// @throws DataError, UsageError
[[nodiscard]] inline program::Data dense_data(const Inputs& inputs,
                                              const program::NetworkRequest& request,
                                              const char* subcommand) {
  program::Data data = make_data(inputs, request);
  need_dense(data, subcommand);
  return data;
}

/// A call of a subcommand. Its request is silent, but tells a watch what there is to tell.
/// @tparam Native What the class of the result in Python wraps: has a `request`, and `results` after the work.
template <class Native>
class Call {
 public:
  /// @param progress As of Watch. @param wrap The class of the result.
  Call(typename Native::Request request, const py::object& progress, py::object wrap)
      : watch_(progress), wrap_(std::move(wrap)) {
    native_->request = std::move(request);
    native_->request.outputs.quiet = true;
  }

  [[nodiscard]] Native& native() { return *native_; }
  [[nodiscard]] typename Native::Request& request() { return native_->request; }

  /// The result, unless Python was interrupted: then what was found is on the exception.
  /// @param is_short As of Watch::run(). @param stops Of the request. @param work Fills `results`.
  template <class Work>
  [[nodiscard]] py::object run(bool is_short, std::initializer_list<StopCondition*> stops,
                               Work work) {
    request().outputs.listener = [this](std::string_view text) { watch_.note(text); };
    for (StopCondition* const stop : stops) *stop = watch_.token();
    watch_.run(is_short, work);
    for (StopCondition* const stop : stops) *stop = {};
    request().outputs.listener = nullptr;
    if (native_->results.empty()) watch_.rethrow(py::none());
    py::object result = wrap_(native_);
    watch_.rethrow(result);
    return result;
  }

 private:
  Watch watch_;
  py::object wrap_;
  std::shared_ptr<Native> native_ = std::make_shared<Native>();
};

}  // namespace tautrack::python
