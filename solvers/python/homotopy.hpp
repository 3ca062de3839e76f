#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "tautrack/tracker/tracker.hpp"

#include "python/convert.hpp"

namespace tautrack::python {

/// H(x, tau) = 0 by Python functions of an array of n numbers and a number: a homotopy as homotopy/homotopy.hpp asks for.
class PythonHomotopy {
 public:
  /// @param H n @param H_x n x n @param H_tau n
  PythonHomotopy(Index n, py::object H, py::object H_x, py::object H_tau, bool symmetric)
      : n_(n),
        H_(std::move(H)),
        H_x_(std::move(H_x)),
        H_tau_(std::move(H_tau)),
        symmetric_(symmetric) {}

  [[nodiscard]] Index size() const { return n_; }
  [[nodiscard]] bool symmetric() const { return symmetric_; }

  void residual(const Vector& x, double tau, Vector& H) { take(H_, "H", to_numpy(x), tau, H); }

  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    const py::array_t<double> at = to_numpy(x);
    take(H_, "H", at, tau, H);
    take(H_tau_, "H_tau", at, tau, H_tau);
    const Array matrix = call(H_x_, at, tau);
    if (matrix.ndim() != 2 || matrix.shape(0) != n_ || matrix.shape(1) != n_)
      refuse("H_x", matrix, fmt::format("({}, {})", n_, n_));
    H_x = rows_of(matrix);
  }

 private:
  static Array call(const py::object& function, const py::array_t<double>& x, double tau) {
    return Array(function(x, tau));
  }

  void take(const py::object& function, const char* name, const py::array_t<double>& x, double tau,
            Vector& values) const {
    const Array array = call(function, x, tau);
    if (array.ndim() != 1 || array.shape(0) != n_) refuse(name, array, fmt::format("({},)", n_));
    values = to_vector(array);
  }

  [[noreturn]] static void refuse(const char* name, const Array& array, const std::string& wanted) {
    throw std::invalid_argument(fmt::format("{} returned an array of shape {}, but {} is needed",
                                            name, py::str(array.attr("shape")).cast<std::string>(),
                                            wanted));
  }

  Index n_;
  py::object H_, H_x_, H_tau_;
  bool symmetric_;
};

/// A tracker with the homotopy that it follows.
class PythonTracker {
 public:
  PythonTracker(const Array& x0, py::object H, py::object H_x, py::object H_tau, bool symmetric,
                const TrackOptions& options)
      : homotopy_(std::make_unique<PythonHomotopy>(x0.size(), std::move(H), std::move(H_x),
                                                   std::move(H_tau), symmetric)),
        tracker_(*homotopy_, to_vector(x0), options) {}

  /// The next point: first the start, nothing after the last one.
  [[nodiscard]] std::optional<PathPoint> next() {
    if (is_at_start_) {
      is_at_start_ = false;
      if (result().status == TrackStatus::invalid_start) return std::nullopt;
      return tracker_.point();
    }
    try {
      if (!tracker_.advance()) return std::nullopt;
    } catch (...) {
      tracker_.stop(TrackStatus::stopped_by_observer,
                    "a function of the homotopy raised an exception");
      throw;
    }
    return tracker_.point();
  }

  void stop() {
    tracker_.stop(TrackStatus::stopped_by_observer, "the caller ended it");
    is_at_start_ = false;
  }

  [[nodiscard]] const PathResult& result() const { return tracker_.result(); }

 private:
  std::unique_ptr<PythonHomotopy> homotopy_;  // Where the tracker refers to it.
  Tracker tracker_;
  bool is_at_start_ = true;
};

}  // namespace tautrack::python
