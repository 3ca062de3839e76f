#include "predictor/davidenko.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/generation.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>

namespace tautrack {

namespace {

namespace odeint = boost::numeric::odeint;

/// z = (x / scales.unknown, tau / scales.parameter): Euclidean length is length in the metric.
using State = std::vector<double>;
using Stepper = odeint::controlled_runge_kutta<odeint::runge_kutta_dopri5<State>>;

/// A step over a singular point is made this much shorter: nothing tells how near that is.
constexpr double kSingularShrink = 0.25;

/// A refused step becomes at most this long, so that each try is another one.
constexpr double kRefusedShrink = 0.9;

class DavidenkoPredictor final : public Predictor {
 public:
  DavidenkoPredictor(const PredictorOptions& options, Corrector& corrector)
      : options_(options),
        corrector_(corrector),
        x_(corrector.homotopy().size()),
        t_(corrector.homotopy().size() + 1),
        start_(static_cast<std::size_t>(corrector.homotopy().size() + 1)),
        end_(start_.size()),
        slope_in_(start_.size()),
        slope_out_(start_.size()),
        stepper_(
            odeint::make_controlled(options.tolerance, 0.0, odeint::runge_kutta_dopri5<State>())) {}

  [[nodiscard]] bool predict(const PathPoint& from, double step, Prediction& out) override {
    const Index n = x_.size();
    from_ = &from;
    for (Index j = 0; j < n; ++j) {
      start_[static_cast<std::size_t>(j)] = from.x(j) / from.scales.unknown;
      slope_in_[static_cast<std::size_t>(j)] = from.tangent(j) / from.scales.unknown;
    }
    // tau is integrated as its distance from the start, so that 1 - tau keeps its digits.
    start_.back() = 0.0;
    slope_in_.back() = from.tangent(n) / from.scales.parameter;
    double trial = step;
    for (int k = 0; k < options_.max_tries; ++k) {
      singular_ = false;
      turns_ = false;
      double arclength = 0.0;
      double suggested = trial;
      const auto field = [this](const State& z, State& slope, double) { tangent(z, slope); };
      const auto outcome =
          stepper_.try_step(field, start_, slope_in_, arclength, end_, slope_out_, suggested);
      // A tangent field that turns not-a-number is accepted by the stepper, so look first.
      if (singular_) {
        trial *= kSingularShrink;
      } else if (outcome == odeint::success) {
        out.x.resize(n);
        out.direction.resize(n + 1);
        for (Index j = 0; j < n; ++j) {
          out.x(j) = end_[static_cast<std::size_t>(j)] * from.scales.unknown;
          out.direction(j) = slope_out_[static_cast<std::size_t>(j)] * from.scales.unknown;
        }
        out.tau = from.tau + end_.back() * from.scales.parameter;
        out.direction(n) = slope_out_.back() * from.scales.parameter;
        out.step = trial;
        out.next_step = suggested;
        out.turns = turns_;
        out.agreement = out.agreement_angle = std::numeric_limits<double>::infinity();
        return true;
      } else {
        trial = std::min(suggested, kRefusedShrink * trial);
      }
    }
    return false;
  }

 private:
  /// The unit tangent at z, oriented like the one at the start.
  void tangent(const State& z, State& slope) {
    const Index n = x_.size();
    const MetricScales& scales = from_->scales;
    for (Index j = 0; j < n; ++j) x_(j) = z[static_cast<std::size_t>(j)] * scales.unknown;
    const double tau = from_->tau + z.back() * scales.parameter;
    if (singular_ || !corrector_.linearise(x_, tau, from_->tangent, scales)) {
      singular_ = true;
    } else {
      corrector_.tangent(t_);
      singular_ = !t_.allFinite();
    }
    if (singular_) {
      std::fill(slope.begin(), slope.end(), 0.0);
      return;
    }
    for (Index j = 0; j < n; ++j) slope[static_cast<std::size_t>(j)] = t_(j) / scales.unknown;
    slope.back() = t_(n) / scales.parameter;
    if (t_(n) * from_->tau_direction < 0.0) turns_ = true;
  }

  PredictorOptions options_;
  Corrector& corrector_;
  Vector x_, t_;
  State start_, end_, slope_in_, slope_out_;
  Stepper stepper_;
  const PathPoint* from_ = nullptr;
  bool singular_ = false;
  bool turns_ = false;
};

}  // namespace

std::unique_ptr<Predictor> make_davidenko_predictor(const PredictorOptions& options,
                                                    Corrector& corrector) {
  return std::make_unique<DavidenkoPredictor>(options, corrector);
}

}  // namespace tautrack
