#include "tautrack/path/branch_tree.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <stdexcept>
#include <utility>

#include "tautrack/core/data_error.hpp"
#include "tautrack/events/segment.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "core/bracketed_zero.hpp"
#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/products.hpp"
#include "core/text.hpp"
#include "corrector/newton.hpp"
#include "homotopy/natural.hpp"
#include "path/symmetric_layer.hpp"
#include "path/tree_growth.hpp"

namespace tautrack {

namespace {

/// How far from a pitchfork a branch is taken up, in the metric of the homotopy: its tau then differs by the square of
/// that.
constexpr double kBesidePitchfork = 1e-3;

/// Pieces of tau in which the branch of dead units is looked at.
constexpr int kTrunkPieces = 256;

/// Steps of Newton's method for the bias.
constexpr int kMostBiasSteps = 100;

/// The cosine below which a difference of units has turned over between two points: it went through zero.
constexpr double kTurned = -0.5;

/// At tau = 0 itself the sphere of solutions makes the parts across singular; that is no pitchfork, and lies below this tau.
constexpr double kLeastTau = 1e-8;

/// Behind tau = 0 the parts across are looked at first at this part of the way to the next point.
constexpr double kFirstPart = 1e-8;

/// Eigenvalues below this part of the largest one have no sure sign.
constexpr double kSureSize = 1e-12;

/// Differences of units below this part of x are none: the point has more symmetry, and its pitchforks are those of the branch
/// that is met there.
constexpr double kNoDifference = 1e-5;

/// Pieces of a step at whose ends the parts across are looked at.
constexpr int kLooks = 8;

/// A piece of a branch between whose ends a pitchfork is not found is followed again in so many steps or more, up to so many,
/// and each of these in turn.
constexpr double kShorterSteps = 8.0;
constexpr int kMostPieces = 64;
constexpr int kMostDepth = 3;

/// Where the tracker is stuck and a difference has come to this part of its largest, that branch is met.
constexpr double kMeets = 1e-2;

using HiddenHomotopy = BasicNaturalHomotopy<HiddenLayer>;

/// Eigenvalues of the parts across, ascending, for each of breakable().
struct Across {
  std::vector<Vector> values;
  std::vector<int> negative;
  bool is_sure = true;  ///< No eigenvalue is zero to rounding, as some are at tau = 0.
};

Across across_at(const SymmetricLayer& layer, const Vector& x, double tau) {
  Across out;
  for (const std::size_t c : layer.breakable()) {
    out.values.push_back(symmetric_eigenvalues(layer.across(x, tau, c)).eigenvalues());
    out.negative.push_back(static_cast<int>((out.values.back().array() < 0.0).count()));
    const auto sizes = out.values.back().cwiseAbs();
    out.is_sure = out.is_sure && sizes.minCoeff() > kSureSize * sizes.maxCoeff();
  }
  return out;
}

class TreeGrower {
 public:
  TreeGrower(const HiddenLayer& whole, const BranchTreeOptions& options, const TrackOptions& steps)
      : whole_(whole),
        options_(options),
        steps_(steps),
        stop_(options.stop.within(options.seconds)) {}

  BranchTree run() {
    grow_trunk();
    start_from_linear_network();
    while (!waiting_.empty() && !stop_.is_met() &&
           static_cast<int>(tree_.branches.size()) < options_.max_branches) {
      const Start start = std::move(waiting_.front());
      waiting_.pop_front();
      grow(start);
    }
    const bool is_over = waiting_.empty() && !stop_.is_met();
    tree_.finished = is_over && unlocated_ == 0;
    const auto ends = std::count_if(tree_.branches.begin(), tree_.branches.end(),
                                    [](const Branch& branch) { return branch.end.has_value(); });
    tree_.message = std::to_string(tree_.branches.size()) +
                    (tree_.branches.size() == 1 ? " branch" : " branches") + ", " +
                    std::to_string(ends) + " to tau = 1, and " +
                    counted(static_cast<long long>(tree_.pitchforks.size()), "pitchfork");
    if (!linear_.empty())
      tree_.message += "; from the linear network the constant alone: " + linear_;
    if (unlocated_ > 0)
      tree_.message += "; " + std::to_string(unlocated_) + " more could not be located";
    if (!is_over)
      tree_.message += std::string("; ended early, ") +
                       (stop_.is_met() ? stop_.reason() : "as there were as many as allowed");
    return std::move(tree_);
  }

 private:
  /// A branch to be followed.
  struct Start {
    std::vector<Index> equal;
    Vector x;
    double tau = 0.0;
    Vector direction;  ///< n, or empty: from tau = 0 upwards.
    int from = -1;
  };

  [[nodiscard]] BranchSample sample(const SymmetricLayer& layer, HiddenLayer::Workspace& work,
                                    const Vector& x, double tau, std::optional<int> index) const {
    return {tau, layer.network().energy(x, tau, work), index, layer.weights(x)};
  }

  void add_pitchfork(const SymmetricLayer& layer, HiddenLayer::Workspace& work, const Vector& x,
                     double tau, double tau_error, std::size_t c) {
    const Matrix T = layer.across(x, tau, c);
    const SymmetricEigen eigen = symmetric_eigen(T);
    Index nearest = 0;
    eigen.eigenvalues().cwiseAbs().minCoeff(&nearest);
    Pitchfork fork;
    fork.on = static_cast<int>(tree_.branches.size()) - 1;
    fork.wakes = c == layer.classes();
    fork.units = layer.units_of(c);
    fork.tau_error = tau_error;
    fork.at = sample(layer, work, x, tau, std::nullopt);
    tree_.pitchforks.push_back(std::move(fork));
    const int number = static_cast<int>(tree_.pitchforks.size()) - 1;
    const Index units = layer.units_of(c);
    const bool is_dead = c == layer.classes();
    for (Index parts = 1; parts <= (is_dead ? units : units / 2); ++parts)
      // Where the parts are not alike turning phi over is another branch.
      for (const double side : {1.0, -1.0}) {
        if (side < 0.0 && (is_dead || 2 * parts == units)) continue;
        SymmetricLayer::Divided divided =
            layer.divided(x, c, parts, side * eigen.eigenvectors().col(nearest));
        waiting_.push_back({std::move(divided.equal), std::move(divided.x), tau,
                            std::move(divided.direction), number});
      }
  }

  /// All units dead: what is left is the bias.
  void grow_trunk() {
    const SymmetricLayer layer(whole_, {});
    const HiddenLayer& network = layer.network();
    HiddenLayer::Workspace work(network);
    const Index n = network.unknowns(), bias = n - 1;
    Vector x = Vector::Zero(n), H(n), H_tau(n);
    Matrix H_x(n, n);
    int bias_index = 0;
    const auto settle = [&](double tau) {
      if (!whole_.has_free_bias()) return;
      for (int step = 0; step < kMostBiasSteps; ++step) {
        network.derivatives(x, tau, work, H, H_x, H_tau);
        bias_index = H_x(bias, bias) < 0.0 ? 1 : 0;
        const double move = H(bias) / H_x(bias, bias);
        if (!std::isfinite(move)) return;
        x(bias) -= move;
        if (std::abs(move) <= kEpsilon * (1.0 + std::abs(x(bias)))) return;
      }
    };
    Branch& trunk = tree_.branches.emplace_back();
    trunk.status = TrackStatus::reached_target;
    trunk.message = "the constant, on which all units are dead";
    Across last;
    std::vector<std::pair<double, double>> forks;  // tau and its error
    for (int k = 0; k <= kTrunkPieces && !stop_.is_met(); ++k) {
      const double tau = static_cast<double>(k) / kTrunkPieces;
      settle(tau);
      Across now = across_at(layer, x, tau);
      trunk.points.push_back(
          sample(layer, work, x, tau, layer.index_across(now.negative) + bias_index));
      if (k > 0 && now.negative[0] != last.negative[0]) {
        const auto place = static_cast<Index>(std::min(now.negative[0], last.negative[0]));
        const double from = tau - 1.0 / kTrunkPieces;
        const Bracket fork = narrowed(
            [&](double between) {
              settle(between);
              return across_at(layer, x, between).values[0](place);
            },
            {from, tau}, last.values[0](place), now.values[0](place));
        forks.emplace_back(fork.middle(), fork.width());
        settle(tau);
      }
      last = std::move(now);
    }
    if (static_cast<int>(trunk.points.size()) == kTrunkPieces + 1) trunk.end = trunk.points.back();
    for (const auto& [tau, error] : forks) {
      settle(tau);
      add_pitchfork(layer, work, x, tau, error, layer.classes());
    }
  }

  /// m equal units in the direction of the data, from the closed form.
  void start_from_linear_network() {
    for (Index m = 1; m <= whole_.units(); ++m) {
      const SymmetricLayer layer(whole_, {m});
      try {
        waiting_.push_back({{m}, layer.network().linear_solution(), 0.0, Vector(), -1});
      } catch (const DataError& error) {
        linear_ = error.what();
        // Without the name of the problem.
        if (const auto colon = linear_.find("': "); colon != std::string::npos)
          linear_.erase(0, colon + 3);
        return;
      }
    }
  }

  /// Beside a pitchfork, on the branch. @return Whether there is a point.
  static bool set_out(HiddenHomotopy& homotopy, Start& start, Heading& heading) {
    const Index n = homotopy.size();
    HomotopyRef ref(homotopy);
    Corrector corrector(ref, {});
    const MetricScales scales = homotopy.scales(start.x, start.tau);
    Vector way(n + 1);
    way << start.direction, 0.0;
    way /= metric_norm(way, scales);
    start.x += kBesidePitchfork * way.head(n);
    if (!corrector.correct(start.x, start.tau, Constraint::hyperplane, way, scales, true)
             .converged ||
        !corrector.linearise(start.x, start.tau, way, scales))
      return false;
    heading.tangent.resize(n + 1);
    corrector.tangent(heading.tangent);
    if (!heading.tangent.allFinite() || !(start.tau > 0.0 && start.tau < 1.0)) return false;
    heading.tau_direction = heading.tangent(n) < 0.0 ? -1 : 1;
    return true;
  }

  void grow(Start start) {
    const SymmetricLayer layer(whole_, start.equal);
    HiddenHomotopy homotopy(layer.network());
    HiddenLayer::Workspace work(layer.network());
    TrackOptions options = steps_;
    options.stop = stop_;
    options.max_steps = options_.max_steps;
    options.tau_back = 0.0;
    Branch branch;
    branch.equal = start.equal;
    branch.from = start.from;
    if (start.from >= 0) {
      Heading heading;
      if (!set_out(homotopy, start, heading)) {
        branch.status = TrackStatus::invalid_start;
        branch.message = "the pitchfork has no branch of this kind to first order";
        tree_.branches.push_back(std::move(branch));
        return;
      }
      options.heading = std::move(heading);
    }
    options.tau_start = start.tau;
    tree_.branches.push_back(std::move(branch));
    const std::size_t number = tree_.branches.size() - 1;

    Tracker tracker(homotopy, start.x, options);
    std::optional<PathPoint> last;
    Across before;
    std::vector<Vector> apart;
    std::vector<double> farthest;  // of each of them
    bool is_met = false;
    for (const PathPoint& point : tracker) {
      Across now = across_at(layer, point.x, point.tau);
      std::optional<int> index;
      if (point.morse_index && now.is_sure)
        index = *point.morse_index + layer.index_across(now.negative);
      const BranchSample seen = sample(layer, work, point.x, point.tau, index);
      std::vector<Vector> own = layer.asymmetries(point.x);
      if (last && turns_over(apart, own)) {
        is_met = true;
        tracker.stop(TrackStatus::closed_curve, kMet);
        continue;
      }
      if (last) locate_between(layer, homotopy, work, *last, point, before, now);
      Branch& grown = tree_.branches[number];
      grown.points.push_back(seen);
      if (point.kind == PointKind::fold) grown.folds.push_back(seen);
      last = point;
      before = std::move(now);
      apart = std::move(own);
      farthest.resize(apart.size(), 0.0);
      for (std::size_t k = 0; k < apart.size(); ++k)
        farthest[k] = std::max(farthest[k], apart[k].norm());
    }
    const PathResult& result = tracker.result();
    Branch& grown = tree_.branches[number];
    grown.status = result.status;
    grown.message = result.message;
    if (result.status == TrackStatus::reached_target && !grown.points.empty())
      grown.end = grown.points.back();
    const bool is_stuck = result.status == TrackStatus::step_too_small ||
                          result.status == TrackStatus::singular_jacobian;
    for (std::size_t k = 0; is_stuck && k < apart.size(); ++k)
      is_met = is_met || apart[k].norm() <= kMeets * farthest[k];
    if (!is_met) return;
    grown.status = TrackStatus::closed_curve;
    grown.message = kMet;
    // There tau has an extremum that is no fold.
    if (last && last->kind == PointKind::fold) grown.folds.pop_back();
  }

  [[nodiscard]] static bool turns_over(const std::vector<Vector>& before,
                                       const std::vector<Vector>& now) {
    for (std::size_t k = 0; k < now.size(); ++k)
      if (before[k].dot(now[k]) < kTurned * before[k].norm() * now[k].norm()) return true;
    return false;
  }

  /// What is across behind the beginning of a segment. At tau = 0 some of it is zero, up to a sign that is rounding: there it is
  /// looked at on the way to the next point, as soon as it is sure.
  struct Beginning {
    double theta;
    Across across;
  };
  static Beginning beginning_of(const SymmetricLayer& layer, HiddenHomotopy& homotopy,
                                const Segment& segment, const Across& before, Index n) {
    for (double theta = kFirstPart; !before.is_sure && theta < 1.0; theta *= 10.0) {
      Vector x(n), direction(n + 1);
      double tau = 0.0;
      if (!point_at(homotopy, segment, theta, x, tau, direction)) continue;
      Across across = across_at(layer, x, tau);
      if (across.is_sure) return {theta, std::move(across)};
    }
    return {0.0, before};
  }

  /// What is across at some points of a segment, behind its beginning and at its end: of two pitchforks within a long step the
  /// signs at its ends say nothing. Places where the interpolant leads to no point, or a sign is not sure, are left out.
  static std::vector<Beginning> looks_at(const SymmetricLayer& layer, HiddenHomotopy& homotopy,
                                         const Segment& segment, const Beginning& from,
                                         const Across& now, Index n) {
    std::vector<Beginning> looks{from};
    for (int j = 1; j < kLooks; ++j) {
      const double theta = static_cast<double>(j) / kLooks;
      Vector x(n), direction(n + 1);
      double tau = 0.0;
      if (theta <= from.theta || !point_at(homotopy, segment, theta, x, tau, direction)) continue;
      Across across = across_at(layer, x, tau);
      if (across.is_sure) looks.push_back({theta, std::move(across)});
    }
    looks.push_back({1.0, now});
    return looks;
  }

  /// A pitchfork between two points, before it is in the tree.
  struct Located {
    double theta;  ///< Where between the two points.
    Vector x;
    double tau, tau_error;
    std::size_t c;  ///< Class, or classes(): dead units.
  };

  /// Pitchforks between two points. @param depth How often the piece has been followed again in shorter steps.
  void locate_between(const SymmetricLayer& layer, HiddenHomotopy& homotopy,
                      HiddenLayer::Workspace& work, const PathPoint& first, const PathPoint& second,
                      const Across& before, const Across& now, int depth = 0) {
    const std::vector<std::size_t> breakable = layer.breakable();
    const Segment segment(first, second);
    const Index n = first.x.size();
    const Beginning from = beginning_of(layer, homotopy, segment, before, n);
    const std::vector<Beginning> looks = looks_at(layer, homotopy, segment, from, now, n);
    std::vector<Located> located;
    long long missing = 0;
    for (std::size_t j = 0; j + 1 < looks.size(); ++j) {
      const Beginning &here = looks[j], &next = looks[j + 1];
      for (std::size_t k = 0; k < breakable.size(); ++k) {
        const int low = std::min(here.across.negative[k], next.across.negative[k]);
        const int high = std::max(here.across.negative[k], next.across.negative[k]);
        for (int place = low; place < high; ++place) {
          Vector x(n), direction(n + 1);
          double tau = 0.0;
          const auto value = [&](double theta) {
            if (!point_at(homotopy, segment, theta, x, tau, direction)) return kNan;
            return symmetric_eigenvalues(layer.across(x, tau, breakable[k]))
                .eigenvalues()(static_cast<Index>(place));
          };
          const Bracket zero = narrowed(value, {here.theta, next.theta},
                                        here.across.values[k](place), next.across.values[k](place));
          if (!std::isfinite(value(zero.middle()))) {
            ++missing;
            continue;
          }
          // Not where this branch meets one with more symmetry.
          if (tau < kLeastTau || has_more_symmetry(layer, x, kNoDifference)) continue;
          const double tau_error =
              zero.width() * segment.length() * std::abs(direction(n)) + kEpsilon * std::abs(tau);
          located.push_back({zero.middle(), x, tau, tau_error, breakable[k]});
        }
      }
    }
    // The interpolant of a long step may lead to no point of the curve.
    if (missing > 0 && depth < kMostDepth) {
      locate_in_shorter_steps(layer, homotopy, work, segment, before, now, depth + 1);
      return;
    }
    std::stable_sort(located.begin(), located.end(),
                     [](const Located& a, const Located& b) { return a.theta < b.theta; });
    for (const Located& fork : located)
      add_pitchfork(layer, work, fork.x, fork.tau, fork.tau_error, fork.c);
    // Next to where this branch meets one with more symmetry it is a fold that Newton's method does not pass.
    if (!has_more_symmetry(layer, first.x, kMeets) && !has_more_symmetry(layer, second.x, kMeets))
      unlocated_ += missing;
  }

  void locate_in_shorter_steps(const SymmetricLayer& layer, HiddenHomotopy& homotopy,
                               HiddenLayer::Workspace& work, const Segment& segment,
                               const Across& before, const Across& now, int depth) {
    const PathPoint &first = segment.first(), &second = segment.second();
    const Index n = first.x.size();
    TrackOptions options = steps_;
    options.stop = stop_;
    options.max_steps = options_.max_steps;
    options.tau_start = first.tau;
    options.tau_back = 0.0;
    options.heading = Heading{first.tangent, first.tau_direction};
    options.predictor.kind = PredictorKind::tangent;  // A series may still go all the way at once.
    options.step.max = std::max(options.step.min, segment.length() / kShorterSteps);
    options.step.initial = std::min(options.step.initial, options.step.max);
    Tracker tracker(homotopy, first.x, options);
    std::optional<PathPoint> last;
    Across across = before;
    int pieces = 0;
    for (const PathPoint& point : tracker) {
      const double beyond = (point.x - second.x).dot(second.tangent.head(n)) +
                            (point.tau - second.tau) * second.tangent(n);
      const bool is_beyond = beyond >= 0.0 && point.arclength > 0.5 * segment.length();
      if (is_beyond || ++pieces > kMostPieces) break;
      if (last) {
        Across here = across_at(layer, point.x, point.tau);
        locate_between(layer, homotopy, work, *last, point, across, here, depth);
        across = std::move(here);
      }
      last = point;
    }
    if (last) locate_between(layer, homotopy, work, *last, second, across, now, depth);
  }

  /// @param part Of x, below which a difference of units is none.
  [[nodiscard]] static bool has_more_symmetry(const SymmetricLayer& layer, const Vector& x,
                                              double part) {
    const std::vector<Vector> apart = layer.asymmetries(x);
    return std::any_of(apart.begin(), apart.end(), [&](const Vector& difference) {
      return difference.norm() <= part * x.norm();
    });
  }

  static constexpr const char* kMet = "it meets a branch with more symmetry";
  static constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

  /// The point of the curve above that of the interpolant.
  static bool point_at(HiddenHomotopy& homotopy, const Segment& segment, double theta, Vector& x,
                       double& tau, Vector& direction) {
    segment.at(theta, x, tau, direction);
    HomotopyRef ref(homotopy);
    Corrector corrector(ref, {});
    return corrector.correct(x, tau, Constraint::hyperplane, direction, segment.scales(), true)
        .converged;
  }

  const HiddenLayer& whole_;
  const BranchTreeOptions& options_;
  const TrackOptions& steps_;
  StopCondition stop_;
  BranchTree tree_;
  std::deque<Start> waiting_;
  std::string linear_;
  long long unlocated_ = 0;  ///< Pitchforks that are there, but where is not known.
};

}  // namespace

std::optional<std::string> BranchTreeOptions::invalid_reason() const {
  if (!(max_branches > 0)) return "max_branches must be > 0, got " + std::to_string(max_branches);
  if (!(max_steps > 0)) return "max_steps must be > 0, got " + std::to_string(max_steps);
  if (!(seconds > 0.0)) return "seconds must be > 0, got " + number(seconds);
  return std::nullopt;
}

std::optional<std::string> why_no_branches(const HiddenLayer& network) {
  const HiddenLayerOptions& options = network.options();
  const Range ends = range(options.activation);
  if (network.outputs() != 1) return "a tree of branches needs one output";
  if (!(options.ridge_hidden > 0.0) || !(options.ridge_output > 0.0) || options.start_ridge > 0.0)
    return "a tree of branches needs a ridge on all hidden and output weights, and none that "
           "vanishes";
  if (options.output == OutputNode::sigmoid && network.has_free_bias() &&
      !(options.ridge_bias > 0.0))
    return "a tree of branches with a sigmoid output needs a ridge on the output bias";
  if (!network.has_unit_symmetry()) return "a tree of branches needs the same ridge for all units";
  if (ends.low + ends.high != 0.0 || network.origin() != 0.0)
    return "a tree of branches needs an odd activation, with which units without weights may stay "
           "dead";
  if (network.has_offset()) return "a tree of branches takes no held weights";
  return std::nullopt;
}

BranchTree track_branches(const HiddenLayer& network, const BranchTreeOptions& options) {
  return track_branches(network, options, TrackOptions{});
}

BranchTree track_branches(const HiddenLayer& network, const BranchTreeOptions& options,
                          const TrackOptions& steps) {
  checked(options);
  if (const auto reason = why_no_branches(network)) throw std::invalid_argument(*reason);
  return TreeGrower(network, options, steps).run();
}

}  // namespace tautrack
