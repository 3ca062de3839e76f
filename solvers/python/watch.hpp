#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <pybind11/pybind11.h>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "python/convert.hpp"

namespace tautrack::python {

/// Does work without the GIL, and meanwhile sees to it that Python's signals are heard and progress is told, both in the
/// calling thread. What Python raises then asks the work to stop; the work keeps what it has, and
/// rethrow() hands it over.
class Watch {
 public:
  /// @param progress None, or called with a text and the seconds since the beginning.
  explicit Watch(py::object progress) : progress_(std::move(progress)) {}

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

  /// Takes note of how far the work is. From any thread.
  void note(std::string_view text) {
    const std::lock_guard lock(mutex_);
    text_ = text;
    is_new_ = true;
  }

  /// @param is_short Takes milliseconds: then it is done in the calling thread, unless progress is wanted.
  void run(bool is_short, const std::function<void()>& work) {
    if (is_short && progress_.is_none()) {
      const py::gil_scoped_release release;
      work();
      return;
    }
    look();
    bool is_done = false;
    std::exception_ptr failure;
    std::condition_variable done;
    std::thread worker([&] {
      try {
        work();
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      is_done = true;
      done.notify_one();
    });
    for (;;) {
      {
        const py::gil_scoped_release release;
        std::unique_lock lock(mutex_);
        if (done.wait_for(lock, between_looks, [&] { return is_done; })) break;
      }
      look();
    }
    {
      const py::gil_scoped_release release;
      worker.join();
    }
    if (failure && !raised_) std::rethrow_exception(failure);
  }

  /// Throws what Python raised meanwhile, if anything, with the result as its attribute.
  void rethrow(const py::object& result) {
    if (!raised_) return;
    py::setattr(raised_->value(), "result", result);
    throw *raised_;
  }

 private:
  static constexpr std::chrono::milliseconds between_looks{50};

  /// With the GIL.
  void look() {
    if (raised_) return;
    try {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      if (progress_.is_none()) return;
      std::string text;
      {
        const std::lock_guard lock(mutex_);
        if (!is_new_) return;
        text = text_;
        is_new_ = false;
      }
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
      progress_(to_str(text), seconds.count());
    } catch (py::error_already_set& error) {
      // Normal: its value is an object that can be given the result.
      raised_ = error;
      stop_.request_stop();
    }
  }

  py::object progress_;
  std::stop_source stop_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::string text_ = "begins";
  bool is_new_ = true;
  std::optional<py::error_already_set> raised_;
};

}  // namespace tautrack::python
