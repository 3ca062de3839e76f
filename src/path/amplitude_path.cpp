#include "tautrack/path/amplitude_path.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tautrack/core/data_error.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "homotopy/natural.hpp"
#include "path/end_eigenvalues.hpp"
#include "path/monotone_amplitude.hpp"

namespace tautrack {

namespace {

/// Growth per unit of log 1/(1 - tau) is looked at only where 1 - tau is below this. The ridge then is so small
/// that it holds nobody but plateaus more than a thousand times as far away as the data are wide.
constexpr double kGrowthDelta = 1e-11;

/// From this 1 - tau on, a path that takes more points than that, or cannot go on, is asked at once.
constexpr double kNearDelta = 1e-6;
constexpr int kNearPoints = 60;

/// A growth above this is one. Those of limits are 1/6 and more, that of a finite fit is 1 - tau times its
/// condition.
constexpr double kGrowth = 0.05;

/// Where a plateau is on its way out, so far in half widths of the data, below this 1 - tau and with this growth,
/// outputs are counted from the other plateau: c and b f, of opposite signs, would grow with it, and digits be lost.
constexpr double kLeavingDelta = 1e-2;
constexpr double kLeavingGrowth = 0.1;
constexpr double kLeavingAmplitude = 4.0;

/// The part of the fastest growth of node inputs below which one does not take part in it.
constexpr double kFreeGrowth = 0.1;

/// |u| of all patterns above which a sigmoid whose plateau moves away is an exponential.
constexpr double kExponentialInput = 1.0;

/// Of |X'C y| relative to |X| |C y|: below, it is rounding.
constexpr double kNoSignal = 1e-12;

/// Plateaus farther away than this, in half widths of the data, are not believed where the Hessian has an
/// eigenvalue without a sign: there double precision cannot tell a fit from its limit.
constexpr double kFarPlateau = 1e3;

/// Of a known part of the node inputs relative to its length: what other columns leave of it below that is rounding.
constexpr double kDependentPart = 1e-11;

/// A linear network that fits best, in scaled units: outputs base + height (X w + o - origin).
struct LinearFit {
  Vector weights;
  double height, base;
};

/// A problem with inputs and outputs in [-1, 1], and the way back.
class ScaledProblem {
 public:
  ScaledProblem(const Problem& given, bool moves_outputs) : given_(&given), scaled_(given) {
    check(given);
    scale_inputs();
    Vector& y = scaled_.y;
    const double low = y.minCoeff(), high = y.maxCoeff();
    half_ = low < high ? 0.5 * high - 0.5 * low : 1.0;
    if (moves_outputs) middle_ = 0.5 * high + 0.5 * low;
    y = (y.array() - middle_) / half_;
  }

  [[nodiscard]] const Problem& given() const { return *given_; }
  [[nodiscard]] const Problem& problem() const { return scaled_; }
  [[nodiscard]] double half() const { return half_; }
  [[nodiscard]] double output(double z) const { return middle_ + half_ * z; }
  [[nodiscard]] double scaled_output(double z) const { return (z - middle_) / half_; }

  /// From weights of the scaled inputs, or a direction of them.
  [[nodiscard]] Vector weights(const Vector& scaled) const {
    Vector w = scaled.cwiseQuotient(half_widths_);
    if (constant_ >= 0) {
      for (Index j = 0; j < w.size(); ++j)
        if (middles_(j) != 0.0) w(constant_) -= w(j) * middles_(j) / half_widths_(constant_);
    }
    return w;
  }

  /// A column that is the same number, not zero, for all patterns, and that number; or -1.
  [[nodiscard]] Index constant_column() const { return constant_; }
  [[nodiscard]] double constant() const { return half_widths_(constant_); }

  /// Beside a known part o of the node inputs the linear network that fits best, if it rises with them. Where o is a sum of
  /// the other columns each height has one as good: that with node inputs about zero is taken, and, where there is
  /// none, that with |height| = |w|.
  /// @param base Nothing: it is fitted.
  [[nodiscard]] std::optional<LinearFit> rising_fit(const std::optional<double>& base,
                                                    double origin) const {
    const Problem& problem = scaled_;
    const Index L = problem.X.rows(), s = problem.X.cols();
    const Vector omega = weights_of_patterns();
    const Vector root = omega.cwiseSqrt();
    const bool is_free = !base;
    // Columns of X and, if it is fitted, the base: the last coefficient is what is left of it.
    Matrix columns(L, s + (is_free ? 1 : 0));
    columns.leftCols(s) = problem.X;
    if (is_free) columns.col(s).setOnes();
    const Vector known = problem.offset.array() - origin;
    const Vector wanted = problem.y.array() - base.value_or(0.0);
    const Matrix scaled_columns = root.asDiagonal() * columns;
    const Vector beta = least_squares(scaled_columns, root.cwiseProduct(known));
    const Vector fit = least_squares(scaled_columns, root.cwiseProduct(wanted));
    const Vector rest = root.cwiseProduct(known - columns * beta);
    const bool is_sum = rest.norm() <= kDependentPart * root.cwiseProduct(known).norm();
    double height = rest.dot(root.cwiseProduct(wanted - columns * fit)) / rest.squaredNorm();
    const Vector v = is_sum ? Vector(fit.head(s)) : Vector((fit - height * beta).head(s));
    if (is_sum) {
      // u = X v / height + (origin and what the base takes up).
      const double about = origin + (is_free ? beta(s) : 0.0);
      height = -omega.dot(problem.X * v) / (omega.sum() * about);
      if (!(height > 0.0) || !std::isfinite(height)) height = std::sqrt(v.norm());
    }
    if (!(height > 0.0) || !std::isfinite(height)) return std::nullopt;
    LinearFit start;
    start.height = height;
    start.weights = v / height;
    if (is_sum) start.weights -= beta.head(s);
    const Vector outputs = height * (problem.X * start.weights + known);
    start.base = base.value_or(omega.dot(problem.y - outputs) / omega.sum());
    if (!start.weights.allFinite() || !std::isfinite(start.base)) return std::nullopt;
    return start;
  }

  [[nodiscard]] Vector weights_of_patterns() const {
    return scaled_.pattern_weights.size() > 0 ? scaled_.pattern_weights
                                              : Vector::Ones(scaled_.y.size());
  }

  /// |X'C y| and its rounding, of the scaled problem. Beside a known part o of the node inputs at least |o'C y| / max |o|.
  [[nodiscard]] double signal(double& rounding) const {
    const Vector omega = weights_of_patterns();
    const double mean = scaled_.y.dot(omega) / omega.sum();
    const Vector centred = omega.cwiseProduct(Vector(scaled_.y.array() - mean));
    rounding = kNoSignal * scaled_.X.norm() * centred.norm();
    const double signal = (scaled_.X.transpose() * centred).norm();
    const Vector& known = scaled_.offset;
    if (known.size() == 0) return signal;
    return std::max(signal, std::abs(known.dot(centred)) / known.cwiseAbs().maxCoeff());
  }

 private:
  void scale_inputs() {
    Matrix& X = scaled_.X;
    middles_.setZero(X.cols());
    half_widths_.setOnes(X.cols());
    for (Index j = X.cols() - 1; j >= 0; --j)
      if (X(0, j) != 0.0 && X.col(j).minCoeff() == X.col(j).maxCoeff()) constant_ = j;
    for (Index j = 0; j < X.cols(); ++j) {
      const double low = X.col(j).minCoeff(), high = X.col(j).maxCoeff();
      if (low == high) {
        if (low != 0.0) half_widths_(j) = low;
      } else if (constant_ >= 0) {
        middles_(j) = 0.5 * high + 0.5 * low;
        half_widths_(j) = 0.5 * high - 0.5 * low;
      } else {
        half_widths_(j) = std::max(std::abs(low), std::abs(high));
      }
      X.col(j) = (X.col(j).array() - middles_(j)) / half_widths_(j);
    }
  }

  const Problem* given_;
  Problem scaled_;
  Vector middles_, half_widths_;
  Index constant_ = -1;
  double half_ = 1.0, middle_ = 0.0;
};

/// The network of a path, in scaled units, and what its points are in the user's.
class AmplitudeNetwork {
 public:
  AmplitudeNetwork(const Problem& problem, const AmplitudePathOptions& model)
      : known_(model.range),
        scaled_(problem, !model.range.low && !model.range.high),
        network_(scaled_.problem(), options_of(model)) {}

  /// The same model with a unit whose output is counted from another origin; coordinates_from() has its
  /// coordinates.
  AmplitudeNetwork(const AmplitudeNetwork& other, UnitOrigin origin)
      : known_(other.known_),
        scaled_(other.scaled_),
        network_(scaled_.problem(), with_origin(other, origin)) {}

  /// Of a point or a direction of the other one. @pre both biases are fitted.
  [[nodiscard]] Vector coordinates_from(const AmplitudeNetwork& other, Vector x) const {
    const Index b = network_.space().rank();
    x(b + 1) += x(b) * (network_.origin() - other.network_.origin());
    return x;
  }

  [[nodiscard]] const HiddenLayer& network() const { return network_; }
  [[nodiscard]] const ScaledProblem& scaled() const { return scaled_; }
  [[nodiscard]] const OutputRange& known() const { return known_; }
  [[nodiscard]] bool has_signal() const { return has_signal_; }

  /// A solution at tau = 0; nothing where none is known. @pre has_signal()
  [[nodiscard]] std::optional<Vector> start() const {
    const Vector& centre = network_.options().start_centre;
    if (centre.size() > 0) return network_.coordinates(centre);
    if (!network_.has_offset()) return network_.linear_solution();
    try {
      return network_.linear_solution();
    } catch (const DataError&) {
      return std::nullopt;
    }
  }

  [[nodiscard]] double amplitude(const Vector& x) const {
    return network_.output_unit() * x(network_.space().rank());
  }

  /// Whether x is of the model: beside a known part of the node inputs a sigmoid that runs the other way is not.
  [[nodiscard]] bool is_of_model(const Vector& x) const {
    return !network_.has_offset() || amplitude(x) > 0.0;
  }

  /// +1, or -1 where the point is one of negative amplitude, and is told with the other sign.
  [[nodiscard]] double sign(const Vector& x) const { return amplitude(x) < 0.0 ? -1.0 : 1.0; }

  /// Of x, or of a direction, times a sign.
  [[nodiscard]] Vector weights(const Vector& x, double sign) const {
    return sign * scaled_.weights(network_.space().weights(x.head(network_.space().rank())));
  }

  [[nodiscard]] Range range(const Vector& x) const {
    const Range ends = network_.plateaus(x);
    return {scaled_.output(ends.low), scaled_.output(ends.high)};
  }

  /// Whether a plateau is too far away to be believed.
  [[nodiscard]] bool is_far(const Range& ends) const {
    return std::max(std::abs(ends.low), std::abs(ends.high)) >
           kFarPlateau * (scaled_.half() + scaled_.given().y.cwiseAbs().maxCoeff());
  }

  [[nodiscard]] double energy(double scaled_energy) const {
    return scaled_energy * scaled_.half() * scaled_.half();
  }

 private:
  [[nodiscard]] HiddenLayerOptions options_of(const AmplitudePathOptions& model) {
    HiddenLayerOptions options = amplitude_model(model.activation, model.range);
    if (options.held_output_bias)
      options.held_output_bias = scaled_.scaled_output(*options.held_output_bias);
    double rounding = 0.0;
    const double signal = scaled_.signal(rounding);
    has_signal_ = signal > rounding;
    options.start_ridge = model.start_ridge * signal;
    if (scaled_.problem().offset.size() > 0) set_centre(options);
    options.rank_tolerance = model.rank_tolerance;
    return options;
  }

  /// Beside a known part of the node inputs the ridge is about the start: about zero it would hold the node inputs where
  /// they are without weights, however far that is from the data.
  void set_centre(HiddenLayerOptions& options) {
    const Range ends = tautrack::range(options.activation);
    const double origin = options.origin == UnitOrigin::low    ? ends.low
                          : options.origin == UnitOrigin::high ? ends.high
                                                               : 0.0;
    const std::optional<LinearFit> fit = scaled_.rising_fit(options.held_output_bias, origin);
    if (!fit) return;
    const Index s = fit->weights.size();
    Vector& centre = options.start_centre;
    centre.resize(s + (options.held_output_bias ? 1 : 2));
    centre.head(s) = fit->weights;
    centre(s) = fit->height;
    if (!options.held_output_bias) centre(s + 1) = fit->base;
  }

  [[nodiscard]] static HiddenLayerOptions with_origin(const AmplitudeNetwork& other,
                                                      UnitOrigin origin) {
    HiddenLayerOptions options = other.network_.options();
    options.origin = origin;
    return options;
  }

  bool has_signal_ = false;
  OutputRange known_;
  ScaledProblem scaled_;
  HiddenLayer network_;
};

/// What grows without bound as tau -> 1, per unit of log 1/(1 - tau).
struct Growths {
  double amplitude = 0.0;  ///< Of log |b|.
  Vector inputs;           ///< L, of u.
  double largest = 0.0;    ///< |u|

  [[nodiscard]] bool plateau_moves() const { return amplitude > kGrowth; }
  [[nodiscard]] bool any() const { return plateau_moves() || largest > kGrowth; }
};

Growths growths_at(const AmplitudeNetwork& amplitude, const PathPoint& point, double delta) {
  const Index n = amplitude.network().unknowns();
  const double by_tau = delta / point.tangent(n);
  const Vector direction = point.tangent.head(n) * by_tau;
  Growths out;
  out.amplitude = amplitude.amplitude(direction) / amplitude.amplitude(point.x);
  out.inputs = amplitude.network().node_input_changes(direction).col(0);
  out.largest = out.inputs.cwiseAbs().maxCoeff();
  return out;
}

/// The limit that a path goes to which does not arrive, and the sentence for it.
class AmplitudeLimit {
 public:
  AmplitudeLimit(const AmplitudeNetwork& amplitude, Activation activation, const PathPoint& point,
                 double delta, const Growths& growths)
      : amplitude_(amplitude),
        activation_(activation),
        point_(point),
        growths_(growths),
        u_(amplitude.network().node_inputs(point.x).col(0)) {
    if (growths.plateau_moves())
      moving_plateau();
    else
      step(delta);
  }

  [[nodiscard]] TrackStatus status() const { return status_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  [[nodiscard]] std::optional<InfinitePoint> take_infinity() { return std::move(infinity_); }

 private:
  void moving_plateau() {
    const bool is_high = u_.maxCoeff() < 0.0;  // sigma far below its high end
    const bool is_one_sided = is_high || u_.minCoeff() > 0.0;
    if (!is_one_sided || u_.cwiseAbs().minCoeff() < kExponentialInput) {
      status_ = TrackStatus::unresolved_end;
      message_ =
          u_.cwiseAbs().maxCoeff() < kExponentialInput
              ? "the plateaus move away, and the sigmoid comes to a straight line as far as double "
                "precision goes: data that are symmetric about a point, or nearly straight, leave "
                "open "
                "which limit there is"
              : "a plateau is on its way out where double precision ends, and the sigmoid has no "
                "limit "
                "yet: it is not decided whether there is a finite fit, far out, or which limit "
                "there is";
      return;
    }
    message_ = "no finite fit: as tau -> 1 the ";
    message_ += is_high != (amplitude_.sign(point_.x) < 0.0) ? "high" : "low";
    message_ += " plateau moves away, and what is left is ";
    if (activation_ == Activation::arctan)
      message_ += "a hyperbola";
    else
      exponential_limit(is_high);
  }

  void exponential_limit(bool is_high) {
    std::vector<int> signs = signs_of_plateau();
    const bool is_on_face =
        std::any_of(signs.begin(), signs.end(), [](int sign) { return sign != 0; });
    if (is_on_face && face_is_point(signs)) {
      // One level of inputs has left the plateau of all the others, and any value is right for it.
      InfinitePoint& limit = start_of_limit();
      for (Index i = 0; i < u_.size(); ++i)
        limit.signs[at(i)] = signs[at(i)] != 0 ? signs[at(i)] : -sign_of(i);
      settle_step(limit);
      message_ +=
          "a step before the last level of the inputs, where the outputs are what they like";
      return;
    }
    message_ += "an exponential";
    if (is_on_face) {
      message_ += " on a face of the inputs, the others being on the plateau that stays";
      return;
    }
    ExponentialCurve curve = exponential(is_high);
    if (!std::isfinite(curve.factor) || curve.factor == 0.0) {
      message_ += " whose factor is beyond the range of numbers where all inputs are zero";
      return;
    }
    InfinitePoint& limit = start_of_limit();
    limit.exponential = std::move(curve);
  }

  /// Signs of the patterns whose distances from the plateau fall faster than the largest ones: they stay on it.
  [[nodiscard]] std::vector<int> signs_of_plateau() const {
    Vector decay(u_.size());
    double slowest = kInfinity, fastest = 0.0;
    for (Index i = 0; i < u_.size(); ++i) {
      const ActivationValues sigma = evaluate(activation_, u_(i));
      decay(i) =
          sigma.first > 0.0 ? std::abs(growths_.inputs(i)) * (sigma.first / sigma.tail) : kInfinity;
      slowest = std::min(slowest, decay(i));
      if (std::isfinite(decay(i))) fastest = std::max(fastest, decay(i));
    }
    std::vector<int> signs(at(u_.size()), 0);
    for (Index i = 0; i < u_.size(); ++i)
      if (decay(i) - slowest > kFreeGrowth * fastest) signs[at(i)] = sign_of(i);
    return signs;
  }

  /// The sign of all patterns that have one; 0 where both occur, or none.
  [[nodiscard]] static int side_of(const std::vector<int>& signs) {
    const auto [low, high] = std::minmax_element(signs.begin(), signs.end());
    return *low + *high;
  }

  /// Whether all patterns but those of one level are saturated on one side, and the plateau of the other side is
  /// fitted.
  [[nodiscard]] bool is_last_level(const std::vector<int>& signs) const {
    const int side = side_of(signs);
    const std::optional<double>& other =
        side < 0 ? amplitude_.known().high : amplitude_.known().low;
    return side != 0 && !other && face_is_point(signs);
  }

  /// Whether all patterns with sign zero have the same inputs.
  [[nodiscard]] bool face_is_point(const std::vector<int>& signs) const {
    const Matrix& X = amplitude_.scaled().problem().X;
    const Vector& offset = amplitude_.scaled().problem().offset;
    std::optional<Index> first;
    for (Index i = 0; i < X.rows(); ++i) {
      if (signs[at(i)] != 0) continue;
      if (!first) first = i;
      if (X.row(i) != X.row(*first)) return false;
      if (offset.size() > 0 && offset(i) != offset(*first)) return false;
    }
    return true;
  }

  /// The tail of the sigmoid about the pattern that is nearest to its middle, sigma = end -+ tail(u_0) e^(rate (u -
  /// u_0)), in the user's units.
  [[nodiscard]] ExponentialCurve exponential(bool is_high) const {
    const HiddenLayer& network = amplitude_.network();
    Index nearest = 0;
    u_.cwiseAbs().minCoeff(&nearest);
    const double u = u_(nearest);
    const ActivationValues sigma = evaluate(activation_, u);
    const double rate = (is_high ? 1.0 : -1.0) * sigma.first / sigma.tail;
    const double b = amplitude_.amplitude(point_.x);
    const Range ends = network.plateaus(point_.x);
    const ScaledProblem& scaled = amplitude_.scaled();
    ExponentialCurve curve;
    curve.offset = scaled.output((b > 0.0) == is_high ? ends.low : ends.high);
    const Vector w = amplitude_.weights(point_.x, 1.0);
    double at_zero = -u;
    curve.rate = rate * w;
    if (const Index constant = scaled.constant_column(); constant >= 0) {
      at_zero += w(constant) * scaled.constant();
      curve.rate(constant) = 0.0;
    }
    curve.factor = (is_high ? b : -b) * scaled.half() * sigma.tail * std::exp(rate * at_zero);
    return curve;
  }

  void step(double delta) {
    InfinitePoint& limit = start_of_limit();
    Index free = 0;
    for (Index i = 0; i < u_.size(); ++i) {
      const bool is_free = std::abs(growths_.inputs(i)) <= kFreeGrowth * growths_.largest;
      limit.signs[at(i)] = is_free ? 0 : sign_of(i);
      free += is_free ? 1 : 0;
    }
    if (free > 0 && is_last_level(limit.signs)) {
      // One plateau and one level off it: any value is right for the level, as for a plateau of its own.
      const int side = side_of(limit.signs);
      std::replace(limit.signs.begin(), limit.signs.end(), 0, -side);
      free = 0;
    }
    if (free > 0) {
      stay_on_free_patterns(limit);
      limit.range = amplitude_.range(point_.x);
      HiddenLayer::Workspace work(amplitude_.network());
      limit.energy = amplitude_.energy(
          amplitude_.network().data_energy(point_.x, Tau::before_one(delta), work));
    } else {
      settle_step(limit);
    }
    message_ = "no finite slope: as tau -> 1 the outputs become a step";
    if (free > 0) message_ += " with " + counted(free, "pattern") + " on it";
  }

  /// Plateaus and energy of a pure step: the means of its two sides, or the number that is known.
  void settle_step(InfinitePoint& limit) const {
    const Problem& given = amplitude_.scaled().given();
    const Vector& weights = amplitude_.network().pattern_weights();
    const auto plateau = [&](int side, const std::optional<double>& known) {
      double sum = 0.0, total = 0.0;
      for (Index i = 0; i < u_.size(); ++i) {
        if (limit.signs[at(i)] != side) continue;
        sum += weights(i) * given.y(i);
        total += weights(i);
      }
      return known ? *known : total > 0.0 ? sum / total : 0.0;
    };
    limit.range = Range{plateau(-1, amplitude_.known().low), plateau(1, amplitude_.known().high)};
    limit.energy = 0.0;
    for (Index i = 0; i < u_.size(); ++i) {
      const double r = (limit.signs[at(i)] > 0 ? limit.range->high : limit.range->low) - given.y(i);
      limit.energy += 0.5 * weights(i) * r * r;
    }
  }

  InfinitePoint& start_of_limit() {
    InfinitePoint& limit = infinity_.emplace();
    const Index n = amplitude_.network().unknowns();
    const double sign = amplitude_.sign(point_.x);
    limit.weights = amplitude_.weights(point_.x, sign);
    limit.direction = amplitude_.weights(point_.tangent.head(n), sign);
    if (point_.tangent(n) < 0.0) limit.direction *= -1.0;
    limit.direction.normalize();
    limit.signs.assign(at(u_.size()), 0);
    limit.found_by = "natural path";
    limit.reason = "a natural path goes there; whether it is an infimum was not asked";
    return limit;
  }

  /// Takes from the direction what moves the patterns that stay free.
  void stay_on_free_patterns(InfinitePoint& limit) const {
    const Matrix& X = amplitude_.scaled().given().X;
    std::vector<Index> rows;
    for (Index i = 0; i < u_.size(); ++i)
      if (limit.signs[at(i)] == 0) rows.push_back(i);
    const Matrix X_free = X(rows, Eigen::all);
    limit.direction -= least_squares(X_free, X_free * limit.direction);
    limit.direction.normalize();
  }

  [[nodiscard]] int sign_of(Index i) const {
    const bool is_high = (u_(i) > 0.0) == (amplitude_.sign(point_.x) > 0.0);
    return is_high ? 1 : -1;
  }

  const AmplitudeNetwork& amplitude_;
  Activation activation_;
  const PathPoint& point_;
  const Growths& growths_;
  Vector u_;
  TrackStatus status_ = TrackStatus::infinite_weights;
  std::string message_;
  std::optional<InfinitePoint> infinity_;
};

using AmplitudeHomotopy = BasicNaturalHomotopy<HiddenLayer>;

/// What the tracker found, in the user's units.
class AmplitudeReport {
 public:
  AmplitudeReport(const AmplitudeNetwork& amplitude, AmplitudeHomotopy& homotopy)
      : amplitude_(amplitude), homotopy_(homotopy), work_(amplitude.network()) {}

  [[nodiscard]] NaturalPoint point(const PathPoint& from) {
    const Tau tau = homotopy_.tau(from.tau);
    NaturalPoint out;
    out.kind = from.kind;
    out.tau = tau.value();
    out.one_minus_tau = tau.rest() == 0.0 ? 0.0 : tau.rest();  // and not -0
    out.arclength = from.arclength;
    out.weights = amplitude_.weights(from.x, amplitude_.sign(from.x));
    out.energy = energy(from);
    out.morse_index = from.morse_index;
    out.range = amplitude_.range(from.x);
    return out;
  }

  [[nodiscard]] NaturalFold fold(const Fold& from) {
    NaturalFold out;
    out.point = point(from.point);
    out.tau_error = from.tau_error;
    out.bracket_low = from.bracket_low;
    out.bracket_high = from.bracket_high;
    out.tangent = amplitude_.weights(from.null_vector, amplitude_.sign(from.point.x)).normalized();
    out.index_before = from.index_before;
    out.index_after = from.index_after;
    out.curvature_sign = from.second_derivative < 0.0 ? -1 : 1;
    return out;
  }

  [[nodiscard]] NaturalBranchPoint branch_point(const BranchPoint& from) {
    NaturalBranchPoint out;
    out.point = point(from.point);
    out.bracket_low = from.bracket_low;
    out.bracket_high = from.bracket_high;
    out.tau_error =
        std::max(from.precision * from.point.scales.parameter, kEpsilon * std::abs(out.point.tau));
    out.multiplicity = from.multiplicity;
    const double sign = amplitude_.sign(from.point.x);
    out.tangent = tangent(from.point.tangent, sign);
    if (from.other_tangent.size() > 0) out.other_tangent = tangent(from.other_tangent, sign);
    out.index_before = from.index_before;
    out.index_after = from.index_after;
    out.followed = from.followed;
    return out;
  }

  [[nodiscard]] PathEnd end(const PathPoint& from) {
    PathEnd out;
    out.tau = homotopy_.tau(from.tau).value();
    out.weights = amplitude_.weights(from.x, amplitude_.sign(from.x));
    out.range = amplitude_.range(from.x);
    out.energy = energy(from);
    set_eigenvalues(homotopy_, from, out);
    out.gradient_scale = homotopy_.residual_scale(from.x, from.tau);
    out.last_newton_step = from.newton_step;
    return out;
  }

 private:
  [[nodiscard]] double energy(const PathPoint& from) {
    return amplitude_.energy(
        amplitude_.network().data_energy(from.x, homotopy_.tau(from.tau), work_));
  }

  [[nodiscard]] Vector tangent(const Vector& from, double sign) const {
    const Index n = homotopy_.size();
    const Vector weights = amplitude_.weights(from.head(n), sign);
    Vector out(weights.size() + 1);
    out << weights, from(n);
    return out.normalized();
  }

  const AmplitudeNetwork& amplitude_;
  AmplitudeHomotopy& homotopy_;
  HiddenLayer::Workspace work_;
};

/// The tracker's parameter is tau - 1.
TrackOptions shifted_to_one(TrackOptions options) {
  if (options.tau_start != 0.0)
    throw std::invalid_argument("the natural path starts at tau = 0, got tau_start = " +
                                number(options.tau_start));
  if (!(options.tau_target > 0.0 && options.tau_target <= 1.0))
    throw std::invalid_argument("tau_target of the natural path must lie in (0, 1], got " +
                                number(options.tau_target));
  options.tau_start -= 1.0;
  options.tau_target -= 1.0;
  if (options.tau_back) *options.tau_back -= 1.0;
  for (double& landing : options.landings) landing -= 1.0;
  return options;
}

/// An arrival that is none: far out double precision cannot tell it from a limit.
bool is_beyond_telling(const AmplitudeNetwork& amplitude, const NaturalPath& path) {
  return path.end && !path.end->morse_index && amplitude.is_far(*path.end->range);
}

/// One piece of a path, all of it counted from one origin.
class AmplitudePiece {
 public:
  AmplitudePiece(const AmplitudeNetwork& amplitude, Activation activation)
      : amplitude_(amplitude),
        activation_(activation),
        homotopy_(amplitude.network(), 1, AmplitudeHomotopy::layer,
                  NaturalParameter::tau_minus_one) {}

  /// Follows it and adds it to the path. @return where it is taken up again with another origin.
  struct TakenUp {
    PathPoint point;
    UnitOrigin origin;
  };
  std::optional<TakenUp> follow(const Vector& start, const TrackOptions& options,
                                const Observer& observer, NaturalPath& path) {
    const double arclength = path.points.empty() ? 0.0 : path.points.back().arclength;
    const bool is_first = path.points.empty();
    std::optional<TakenUp> taken_up;
    Tracker tracker(homotopy_, start, options);
    for (const PathPoint& point : tracker) {
      const double delta = homotopy_.tau(point.tau).rest();
      const bool was_seen = point.kind == PointKind::start && !is_first;
      if (observer && !was_seen && !observer(as_seen(point, arclength))) {
        tracker.stop(TrackStatus::stopped_by_observer, "the observer stopped the run");
        continue;
      }
      if (!amplitude_.is_of_model(point.x)) {
        tracker.stop(
            TrackStatus::unresolved_end,
            "the plateaus have met: from here on the sigmoid runs the other way, which beside "
            "weights that are held is another model");
        continue;
      }
      if (delta <= 0.0 || delta > kLeavingDelta || point.tau_direction < 0 ||
          point.kind == PointKind::fold)
        continue;
      const Growths growths = growths_at(amplitude_, point, delta);
      if (delta <= kNearDelta) ++near_points_;
      if ((delta <= kGrowthDelta || near_points_ > kNearPoints) && growths.any()) {
        AmplitudeLimit limit(amplitude_, activation_, point, delta, growths);
        tracker.stop(limit.status(), limit.message());
        path.infinity = limit.take_infinity();
      } else if (const auto origin = better_origin(point, growths)) {
        taken_up = TakenUp{point, *origin};
        tracker.stop(TrackStatus::stopped_by_observer, "to be taken up");
      }
    }
    const TrackStatus status = tracker.result().status;
    std::optional<PathPoint> stuck;
    if (status == TrackStatus::step_too_small || status == TrackStatus::singular_jacobian)
      stuck = tracker.point();
    add(tracker.take_result(), arclength, path);
    if (stuck) conclude_stuck(*stuck, path);
    return taken_up;
  }

 private:
  /// A path that double precision does not let go on so close to tau = 1 has the limit that it is on its way to.
  void conclude_stuck(const PathPoint& point, NaturalPath& path) const {
    const double delta = homotopy_.tau(point.tau).rest();
    if (delta <= 0.0 || delta > kNearDelta || point.tau_direction < 0) return;
    const Growths growths = growths_at(amplitude_, point, delta);
    if (!growths.any()) return;
    AmplitudeLimit limit(amplitude_, activation_, point, delta, growths);
    path.status = limit.status();
    path.message = limit.message();
    path.infinity = limit.take_infinity();
  }

  [[nodiscard]] PathPoint as_seen(PathPoint point, double arclength) const {
    point.tau = homotopy_.tau(point.tau).value();
    point.arclength += arclength;
    return point;
  }

  /// The plateau that stays, where the other one is leaving.
  [[nodiscard]] std::optional<UnitOrigin> better_origin(const PathPoint& point,
                                                        const Growths& growths) const {
    const HiddenLayer& network = amplitude_.network();
    if (!network.has_free_bias() || network.options().origin != UnitOrigin::zero ||
        growths.amplitude < kLeavingGrowth ||
        std::abs(amplitude_.amplitude(point.x)) < kLeavingAmplitude)
      return std::nullopt;
    const Vector u = network.node_inputs(point.x).col(0);
    if (u.maxCoeff() < 0.0) return UnitOrigin::low;
    if (u.minCoeff() > 0.0) return UnitOrigin::high;
    return std::nullopt;
  }

  void add(PathResult&& result, double arclength, NaturalPath& path) {
    AmplitudeReport report(amplitude_, homotopy_);
    const auto joined = [arclength](auto event) {
      event.point.arclength += arclength;
      event.bracket_low += arclength;
      event.bracket_high += arclength;
      return event;
    };
    path.status = result.status;
    path.message = std::move(result.message);
    path.points.reserve(path.points.size() + result.points.size());
    const bool is_first = path.points.empty();
    for (const PathPoint& point : result.points) {
      if (point.kind == PointKind::start && !is_first) continue;
      if (!amplitude_.is_of_model(point.x)) continue;
      path.points.push_back(report.point(point));
      path.points.back().arclength += arclength;
    }
    for (const Fold& fold : result.folds) path.folds.push_back(joined(report.fold(fold)));
    for (const BranchPoint& branch : result.branch_points)
      path.branch_points.push_back(joined(report.branch_point(branch)));
    if (path.ok()) {
      path.end = report.end(result.points.back());
      path.message = "the path reached " + homotopy_.where(result.points.back().tau) + " after " +
                     counted(static_cast<long long>(path.folds.size()), "fold");
    }
    path.work.steps += result.work.steps;
    path.work.rejected += result.work.rejected;
    path.work.factorisations += result.work.factorisations;
    path.work.evaluations += result.work.evaluations;
    path.work.seconds += result.work.seconds;
    path.work.passes_over_data += homotopy_.passes_over_data();
  }

  const AmplitudeNetwork& amplitude_;
  Activation activation_;
  AmplitudeHomotopy homotopy_;
  int near_points_ = 0;
};

/// The path in a few steps as a function of tau, where it is as simple as that.
std::optional<NaturalPath> follow_monotone(const AmplitudeNetwork& amplitude,
                                           const TrackOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  std::optional<MonotoneAmplitudePath> found =
      track_monotone_amplitude(amplitude.network(), options);
  if (!found) return std::nullopt;
  const auto range = amplitude.range(found->nodes.back().x);
  // Such an end is for the tracker to judge.
  if (amplitude.is_far(range)) return std::nullopt;
  NaturalPath path;
  path.status = TrackStatus::reached_target;
  path.message = "the path reached tau = 1 after 0 folds";
  path.points.reserve(found->nodes.size());
  for (const MonotoneAmplitudePath::Node& from : found->nodes) {
    NaturalPoint& point = path.points.emplace_back();
    point.kind = PointKind::regular;
    point.tau = from.tau;
    point.one_minus_tau = 1.0 - from.tau;
    point.arclength = from.arclength;
    point.energy = amplitude.energy(from.energy);
    point.weights = amplitude.weights(from.x, amplitude.sign(from.x));
    point.range = amplitude.range(from.x);
    point.morse_index = 0;
  }
  path.points.front().kind = PointKind::start;
  path.points.back().kind = PointKind::landing;
  PathEnd& end = path.end.emplace();
  end.weights = path.points.back().weights;
  end.range = range;
  end.energy = path.points.back().energy;
  end.gradient_norm = found->gradient_norm;
  end.gradient_scale = found->gradient_scale;
  end.last_newton_step = found->last_newton_step;
  end.eigenvalues = std::move(found->eigenvalues);
  end.morse_index = 0;
  end.nearest_eigenvalue = end.lowest_eigenvalue = end.eigenvalues(0);
  end.status = "converged";
  path.work.steps = static_cast<int>(found->nodes.size()) - 1;
  path.work.evaluations = path.work.factorisations = found->evaluations;
  path.work.passes_over_data = found->passes;
  path.work.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return path;
}

NaturalPath follow(const AmplitudeNetwork& amplitude, const AmplitudePathOptions& model,
                   const TrackOptions& options, const Observer& observer) {
  if (!observer)
    if (auto path = follow_monotone(amplitude, options)) return std::move(*path);
  NaturalPath path;
  const std::optional<Vector> start = amplitude.start();
  if (!start) {
    path.status = TrackStatus::invalid_start;
    path.message =
        "no path sets out from tau = 0: no linear network that rises with the held part of the "
        "node inputs does better "
        "than a constant";
    return path;
  }
  TrackOptions piece = shifted_to_one(options);
  const auto taken_up =
      AmplitudePiece(amplitude, model.activation).follow(*start, piece, observer, path);
  if (taken_up) {
    const AmplitudeNetwork other(amplitude, taken_up->origin);
    const PathPoint& point = taken_up->point;
    piece.tau_back = piece.tau_back.value_or(piece.tau_start);
    piece.tau_start = point.tau;
    const Index n = point.x.size();
    Vector tangent(n + 1);
    tangent << other.coordinates_from(amplitude, point.tangent.head(n)), point.tangent(n);
    piece.heading = Heading{tangent, 1};
    AmplitudePiece(other, model.activation)
        .follow(other.coordinates_from(amplitude, point.x), piece, observer, path);
  }
  if (is_beyond_telling(amplitude, path)) {
    path.status = TrackStatus::unresolved_end;
    path.message =
        "a plateau lies so far away that double precision cannot tell whether there is a finite "
        "fit";
    path.end.reset();
  }
  return path;
}

}  // namespace

std::optional<std::string> AmplitudePathOptions::invalid_reason() const {
  if (auto reason = range.invalid_reason()) return reason;
  if (range.is_known())
    return "range must have a free end, got " + number(*range.low) + " and " + number(*range.high);
  if (!(start_ridge > 0.0 && start_ridge < 1.0))
    return "start_ridge must lie in (0, 1), got " + number(start_ridge);
  if (!(rank_tolerance > 0.0 && rank_tolerance < 1.0))
    return "rank_tolerance must lie in (0, 1), got " + number(rank_tolerance);
  return std::nullopt;
}

NaturalPath track_amplitude(const Problem& problem, const AmplitudePathOptions& model,
                            const TrackOptions& options, const Observer& observer) {
  checked(model);
  checked(options);
  const AmplitudeNetwork amplitude(problem, model);
  if (amplitude.has_signal()) return follow(amplitude, model, options, observer);
  NaturalPath path;
  path.status = TrackStatus::invalid_start;
  path.message = problem.y.minCoeff() == problem.y.maxCoeff()
                     ? "all targets are equal: every sigmoid is as good as its limit, the constant"
                     : "the data have no linear signal, so that no path sets out from tau = 0: the "
                       "best linear fit is a constant";
  return path;
}

}  // namespace tautrack
