#include "tautrack/infinity/recognition.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/decompositions.hpp"
#include "core/names.hpp"
#include "core/products.hpp"
#include "corrector/newton.hpp"
#include "homotopy/natural.hpp"
#include "infinity/stratum.hpp"
#include "infinity/tails.hpp"

namespace tautrack {

namespace {

using Indices = std::vector<Index>;

constexpr NameTable<Growth, 3> kGrowthNames{{
    {Growth::free, "free"},
    {Growth::slow, "slow"},
    {Growth::linear, "linear"},
}};

/// A pattern that grows slowly saturates: sigma' has fallen to this where it is recognised.
constexpr double kSaturatedSlope = 1e-2;

/// Part of the smallest rate of a growing pattern that its rate along the direction must have: the
/// direction is the velocity without what moves free patterns, whose rates are much smaller.
constexpr double kSameRate = 0.5;

/// Newton's method on the problem of the free patterns must not change a node input by more: they
/// have all but converged along the path.
constexpr double kStays = 0.1;

/// Slow patterns whose rates are within this factor of the smallest one are the slowest; rates
/// still converge like 1/log(1/delta).
constexpr double kSlowest = 1.2;

/// The recognition of one limit from one point of the path. The steps refer to those before.
class Recognition {
 public:
  Recognition(const Perceptron& network, const PathPoint& point, double delta,
              const RecognitionOptions& options)
      : network_(network),
        options_(options),
        tau_direction_(point.tangent(network.unknowns())),
        delta_(delta),
        v_(point.x),
        velocity_(point.tangent.head(network.unknowns()) * (delta_ / tau_direction_)) {}

  std::optional<InfinitePoint> run(std::string& why_not) {
    using Check = std::string (Recognition::*)();
    for (const Check check :
         {&Recognition::refuse_point, &Recognition::classify, &Recognition::find_direction,
          &Recognition::solve_wing, &Recognition::solve_free_patterns,
          &Recognition::compare_outputs, &Recognition::find_pull, &Recognition::check_balance}) {
      std::string reason = (this->*check)();
      if (reason.empty()) continue;
      why_not = std::move(reason);
      return std::nullopt;
    }
    return limit();
  }

 private:
  /// Whether there is anything to recognise at this point. Like all checks below it returns why
  /// not, or nothing when it is passed.
  std::string refuse_point() {
    if (network_.ranks() != nullptr)
      return "infinite weights are not recognised when the patterns are split among ranks";
    if (!(delta_ > 0.0 && delta_ <= options_.largest_delta)) return "1 - tau is not small yet";
    if (!(tau_direction_ > 0.0)) return "tau does not grow";
    if (network_.options().ridge > 0.0) return "with a ridge term all weights stay bounded";
    return {};
  }

  /// The class and the sign of each pattern, from the growth of its node input.
  std::string classify() {
    const Activation activation = network_.options().activation;
    const Range ends = range(activation);
    const Index L = network_.patterns();
    A_ = network_.space().basis();
    u_ = times(A_, v_) + infinity::inputs_without_weights(network_);
    rate_ = times(A_, velocity_);
    signs_.assign(static_cast<std::size_t>(L), 0);
    growth_.assign(static_cast<std::size_t>(L), Growth::free);
    ends_.resize(L);
    for (Index i = 0; i < L; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double growth = u_(i) < 0.0 ? -rate_(i) : rate_(i);
      const double exponent = growth / std::abs(u_(i));
      ends_(i) = ends.high;
      if (std::abs(growth) <= options_.free_rate) {
        free_.push_back(i);
        continue;
      }
      if (growth >= options_.slow_rate && exponent >= options_.linear_exponent) {
        linear_.push_back(i);
        growth_[k] = Growth::linear;
      } else if (growth >= options_.slow_rate && exponent <= options_.slow_exponent &&
                 evaluate(activation, u_(i)).first <= kSaturatedSlope) {
        slow_.push_back(i);
        growth_[k] = Growth::slow;
      } else {
        return "pattern " + std::to_string(i + 1) + " is neither free nor clearly growing";
      }
      signs_[k] = u_(i) < 0.0 ? -1 : 1;
      if (signs_[k] < 0) ends_(i) = ends.low;
    }
    if (slow_.empty() && linear_.empty()) return "no node input grows";
    if (!slow_.empty() && delta_ > options_.slow_delta)
      return "1 - tau is not small enough yet for patterns that grow slowly";
    return {};
  }

  /// 1. A direction that leaves the free patterns alone and has the signs of all others.
  std::string find_direction() {
    const Matrix stay = infinity::directions_leaving(A_, free_);
    direction_ = times(stay, transposed_times(stay, velocity_));
    const Vector along = times(A_, direction_);
    for (const Indices* rows : {&slow_, &linear_})
      for (const Index i : *rows)
        if (!(sign(i) * along(i) > kSameRate * options_.slow_rate))
          return "the signs of the growing patterns are not realised by any direction found";
    return {};
  }

  /// 2. W = lim delta v: of all directions that move only patterns of linear growth, the one that
  /// brings them nearest to their targets.
  std::string solve_wing() {
    wing_ = Vector::Zero(network_.unknowns());
    if (linear_.empty()) return {};
    Indices others = free_;
    others.insert(others.end(), slow_.begin(), slow_.end());
    const Matrix span = infinity::directions_leaving(A_, others);
    if (span.cols() > 0) {
      const Vector root = entries_of(network_.pattern_weights(), linear_).cwiseSqrt();
      const Vector missing = entries_of(network_.targets() - ends_, linear_);
      wing_ = times(span, least_squares(root.asDiagonal() * product(rows_of(A_, linear_), span),
                                        root.cwiseProduct(missing)));
    }
    const Vector inputs = times(A_, wing_);
    double largest = 0.0;
    double worst = 0.0;
    for (const Index i : linear_) {
      largest = std::max(largest, std::abs(inputs(i)));
      worst = std::max(worst, std::abs(inputs(i) - delta_ * u_(i)));
      if (!(inputs(i) * sign(i) > 0.0))
        return "the least-squares problem of the linear patterns has another sign pattern";
    }
    if (!(worst <= options_.agreement * largest))
      return "the linear growth does not agree with its least-squares problem yet";
    return {};
  }

  /// 3. The free patterns at their own solution at tau = 1, near the point.
  std::string solve_free_patterns() {
    free_weights_ = Vector::Zero(network_.columns());
    const std::optional<Problem> problem = infinity::free_problem(network_, signs_, A_);
    if (!problem) {
      for (const Index i : free_)
        free_energy_ += infinity::energy_of(
            network_, i, evaluate(network_.options().activation, network_.offset(i)).value);
      return {};
    }
    PerceptronOptions options = network_.options();
    options.ridge = 0.0;
    const Perceptron free(*problem, options);
    NaturalHomotopy homotopy(free);
    Corrector corrector(homotopy, {});
    Vector x = free.coordinates(v_);
    double tau = 1.0;
    if (!corrector.correct(x, tau, Constraint::fixed_tau, {}, homotopy.scales(x, 1.0), true)
             .converged ||
        (free.node_inputs(x) - entries_of(u_, free_)).cwiseAbs().maxCoeff() > kStays)
      return "Newton's method does not converge on the problem of the free patterns";
    free_energy_ = homotopy.energy(x, 1.0);
    free_weights_ = network_.weights(free.weights(x));
    return {};
  }

  /// 4. The outputs of the saturated patterns, at the ends of the range or on the wing.
  std::string compare_outputs() {
    const Activation activation = network_.options().activation;
    for (const Indices* rows : {&slow_, &linear_}) {
      for (const Index i : *rows) {
        const double output = delta_ * u_(i) + (1.0 - delta_) * evaluate(activation, u_(i)).value;
        const double wanted = ends_(i) + A_.row(i).dot(wing_);
        if (std::abs(output - wanted) > options_.agreement * std::max(1.0, std::abs(wanted)))
          return "the outputs of the saturated patterns have not settled yet";
        energy_ += infinity::energy_of(network_, i, ends_(i));
        path_energy_ += infinity::energy_of(network_, i, wanted);
      }
    }
    return {};
  }

  /// 5. A pattern that wants an output beyond the end of the range drives linear growth; one that
  /// wants the end itself can drive slow growth, if it is among the slowest.
  std::string find_pull() {
    const auto excess = [&](Index i) { return sign(i) * (network_.targets()(i) - ends_(i)); };
    double slowest = std::numeric_limits<double>::infinity();
    for (const Index i : slow_) slowest = std::min(slowest, std::abs(rate_(i)));
    const bool pulls =
        linear_.empty()
            ? std::any_of(slow_.begin(), slow_.end(),
                          [&](Index i) {
                            return std::abs(rate_(i)) <= kSlowest * slowest && excess(i) >= 0.0;
                          })
            : std::any_of(linear_.begin(), linear_.end(), [&](Index i) { return excess(i) > 0.0; });
    if (!pulls) return "no pattern wants an output at or beyond the end of the range";
    return {};
  }

  /// 6. What the slow patterns add up to along the direction, at tau = 1, must not change its sign further
  /// out: where it does there is a solution at finite weights, which the path is on its way to.
  std::string check_balance() {
    if (!linear_.empty()) return {};
    if (!infinity::tails_keep_their_sign(network_, slow_, u_, times(A_, direction_)))
      return "the slow patterns balance each other at finite weights further out";
    return {};
  }

  InfinitePoint limit() {
    InfimumTest test = infinity::test_infimum_along(network_, signs_, direction_);
    InfinitePoint point;
    point.direction = network_.weights(linear_.empty() ? direction_ : wing_).normalized();
    point.signs = std::move(signs_);
    point.weights = std::move(free_weights_);
    point.energy = free_energy_ + energy_;
    point.local_infimum = test.local_infimum;
    point.reason = std::move(test.reason);
    point.found_by = "natural path";
    point.approach = {std::move(growth_), delta_, free_energy_ + path_energy_,
                      network_.weights(wing_)};
    return point;
  }

  [[nodiscard]] int sign(Index i) const { return signs_[static_cast<std::size_t>(i)]; }

  const Perceptron& network_;
  const RecognitionOptions& options_;
  double tau_direction_;
  double delta_;
  Vector v_;
  Vector velocity_;  ///< n, dv / dlog(1/delta)
  Vector u_, rate_;  ///< L, node inputs, and by log(1/delta).
  Matrix A_;         ///< L x n
  std::vector<int> signs_;
  std::vector<Growth> growth_;
  Vector ends_;  ///< L, ends of the range that the patterns run to.
  Indices free_, slow_, linear_;
  Vector direction_;                                             ///< n
  Vector wing_;                                                  ///< n, W
  Vector free_weights_;                                          ///< s
  double free_energy_ = 0.0, energy_ = 0.0, path_energy_ = 0.0;  ///< Of free and growing patterns.
};

}  // namespace

std::string_view to_string(Growth growth) noexcept { return name_of(kGrowthNames, growth); }

std::optional<InfinitePoint> recognise_infinite_weights(const Perceptron& network,
                                                        const PathPoint& point, double delta,
                                                        const RecognitionOptions& options,
                                                        std::string& why_not) {
  return Recognition(network, point, delta, options).run(why_not);
}

}  // namespace tautrack
