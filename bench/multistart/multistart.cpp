#include "multistart.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

namespace tautrack::multistart {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

constexpr double kDecades = 3.0;  ///< Of log-uniform starts, either way.

/// Starts that come from one seeding of the generator, which costs as much as a quick fit.
constexpr int kBlock = 64;

constexpr double kTrialSeconds = 0.2;

/// The starts of one block.
class StartSource {
 public:
  StartSource(const Problem& problem, Starts starts, std::uint64_t seed)
      : s_(problem.X.cols()),
        scale_(std::sqrt(static_cast<double>(problem.X.rows())) / problem.X.norm()),
        starts_(starts),
        seed_(seed) {}

  void begin_block(long number) {
    constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15U;  // spreads neighbours
    engine_.seed(kGolden * (kGolden * (seed_ + 1) + static_cast<std::uint64_t>(number) + 1));
    normal_.reset();
  }

  Vector next() {
    Vector w(s_);
    for (double& entry : w) entry = normal_(engine_);
    switch (starts_) {
      case Starts::normal:
        break;
      case Starts::scaled:
        w *= scale_;
        break;
      case Starts::log_uniform:
        w *= scale_ * std::sqrt(static_cast<double>(s_)) * std::pow(10.0, decades_(engine_)) /
             w.norm();
        break;
    }
    return w;
  }

 private:
  Index s_;
  double scale_;
  Starts starts_;
  std::uint64_t seed_;
  std::mt19937_64 engine_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> decades_{-kDecades, kDecades};
};

/// One run: threads share the table of minima.
class Runner {
 public:
  Runner(const Problem& problem, const MultistartOptions& options)
      : problem_(problem), options_(options) {}

  MultistartRun run() {
    std::vector<std::jthread> others;
    for (int i = 1; i < options_.threads; ++i) others.emplace_back([this] { work(); });
    work();
    others.clear();
    out_.seconds = is_complete_ ? out_.found_at.back() : seconds_since(began_);
    return std::move(out_);
  }

 private:
  void work() {
    const std::unique_ptr<LocalFitter> fitter = make_fitter(problem_, options_.method);
    StartSource source(problem_, options_.starts, options_.seed);
    MultistartRun own;  // the counts of this thread
    while (!is_over()) {
      source.begin_block(next_block_++);
      for (int i = 0; i < kBlock && !is_over(); ++i) {
        const LocalFit fit = fitter->fit(source.next());
        ++own.fits;
        switch (fit.end) {
          case FitEnd::minimum:
            take(fit);
            break;
          case FitEnd::saddle:
            ++own.saddles;
            break;
          case FitEnd::false_end:
            ++own.false_ends;
            break;
          case FitEnd::unfinished:
            ++own.unfinished;
            break;
        }
      }
    }
    const std::scoped_lock lock(mutex_);
    out_.fits += own.fits;
    out_.saddles += own.saddles;
    out_.false_ends += own.false_ends;
    out_.unfinished += own.unfinished;
  }

  void take(const LocalFit& fit) {
    const std::scoped_lock lock(mutex_);
    if (is_complete_ || out_.minima.find(fit.node_inputs, fit.energy)) return;
    if (options_.expected != nullptr && !options_.expected->find(fit.node_inputs, fit.energy)) {
      ++out_.unexpected;
      return;
    }
    out_.minima.add(fit.node_inputs, fit.energy);
    out_.found_at.push_back(seconds_since(began_));
    out_.best_energy = std::min(out_.best_energy, fit.energy);
    is_complete_ = options_.expected != nullptr && out_.minima.size() == options_.expected->size();
  }

  [[nodiscard]] bool is_over() const {
    return is_complete_ || seconds_since(began_) >= options_.seconds;
  }

  const Problem& problem_;
  const MultistartOptions& options_;
  const Clock::time_point began_ = Clock::now();
  std::atomic<long> next_block_ = 0;
  std::atomic<bool> is_complete_ = false;
  std::mutex mutex_;
  MultistartRun out_;
};

}  // namespace

std::string_view to_string(Starts starts) noexcept {
  switch (starts) {
    case Starts::normal:
      return "N(0, 1)";
    case Starts::scaled:
      return "scaled N(0, 1)";
    case Starts::log_uniform:
      break;
  }
  return "log-uniform";
}

long MultistartRun::found_within(double seconds_from_start) const {
  return std::upper_bound(found_at.begin(), found_at.end(), seconds_from_start) - found_at.begin();
}

MultistartRun multistart(const Problem& problem, const MultistartOptions& options) {
  return Runner(problem, options).run();
}

Trial try_methods(const Problem& problem, std::uint64_t seed) {
  Trial trial;
  double most_minima = -1.0;  // a second
  for (const FitMethod method : {FitMethod::tiny, FitMethod::full}) {
    const std::unique_ptr<LocalFitter> fitter = make_fitter(problem, method);
    StartSource source(problem, Starts::scaled, seed);
    source.begin_block(0);
    const Clock::time_point began = Clock::now();
    long fits = 0;
    long minima = 0;
    double seconds = 0.0;
    while (seconds < kTrialSeconds) {
      if (fitter->fit(source.next()).end == FitEnd::minimum) ++minima;
      ++fits;
      seconds = seconds_since(began);
    }
    (method == FitMethod::tiny ? trial.tiny_fit : trial.full_fit) =
        seconds / static_cast<double>(fits);
    const double rate = static_cast<double>(minima) / seconds;
    if (rate > most_minima) {
      most_minima = rate;
      trial.method = method;
    }
  }
  return trial;
}

}  // namespace tautrack::multistart
