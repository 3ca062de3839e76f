#include "tautrack/exhaustive/energy_bound.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/checked.hpp"
#include "core/digest.hpp"
#include "core/number_row.hpp"
#include "core/numbers.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "exhaustive/bound_node.hpp"
#include "exhaustive/safe_bound.hpp"
#include "exhaustive/vertex_walk.hpp"

namespace tautrack {
namespace {

using exhaustive::BoundNode;
using exhaustive::BoundProblem;
using exhaustive::EnergyTerm;
using exhaustive::Envelope;
using exhaustive::Inputs;
using exhaustive::RelaxedSolution;
using exhaustive::SafeBound;
using exhaustive::Side;
using exhaustive::Split;
using exhaustive::SplitGains;
using exhaustive::WorstFirst;
using proof::Interval;

using Clock = std::chrono::steady_clock;

/// Nodes that are looked at together, whatever the number of threads is.
constexpr std::size_t kTogether = 16;
/// Numbers that waiting nodes may hold.
constexpr double kMostNumbers = 5e7;
/// A node is solved again after its intervals were tightened, so often and while the bound gains this part of what is
/// missing.
constexpr int kSolvedAgain = 4;
constexpr double kWorthSolving = 0.1;
/// Patterns with a smaller gap than this part of the mean are not worth a linear programme.
constexpr double kWorthCutting = 0.1;
/// Nor is to cut off less than this part of an interval.
constexpr double kLeastCut = 0.1;
/// Solutions farther out than this many times the best weights are not where the next one begins, and pulls above this are
/// those of empty nodes.
constexpr double kFarStart = 1e3, kHardPull = 1e4;
/// A bound that lacks less than this part of the best energy, with a solution whose inputs are those of the known minimum to
/// this part of one or their size, is that of a node at this minimum.
constexpr double kClustered = 1e-3, kNear = 0.1;
/// A split leaves at least this part of a finite interval on each side.
constexpr double kLeastShare = 0.1;
/// A bound this near to the best, relative to it, is as good as reached.
constexpr double kReached = 1e-6;

/// A tree that does not grow into the gap is given up: after so many nodes, whenever their number has doubled, the bound must
/// have gained this part of what was missing.
constexpr long kPatience = 2048;
constexpr double kLeastGain = 0.01;

constexpr long kLowHalf = 0xffffffffL;  ///< Of the bits of a digest.

/// What looking at a node came to.
struct Looked {
  bool is_done = false;  ///< Nothing in it is lower than what is known.
  Split split;
  double at = 0.0;   ///< Where to split the inputs of that pattern.
  Vector candidate;  ///< v of low energy.
  double energy = kInfinity;
};

/// A known minimum.
struct Known {
  Inputs inputs;        ///< Enclosures of its inputs.
  double energy = 0.0;  ///< A lower bound of its energy.

  [[nodiscard]] double input(std::size_t i) const { return 0.5 * (inputs.low[i] + inputs.high[i]); }
};

/// What changes while the tree grows.
struct Growth {
  explicit Growth(std::size_t patterns) : gains_(patterns) {}

  void write(NumberWriter& writer) const;
  /// @param weights Independent ones.
  void read(NumberReader& reader, std::size_t patterns, Index weights);

  double seconds_ = 0.0;  ///< That it took.
  long nodes_ = 0;        ///< Looked at.
  long made_ = 0;
  long looked_at_ = kPatience;  ///< Nodes when it was asked last whether it is stuck, ...
  double bound_then_ = 0.0;     ///< ... and the bound.
  double done_ = kInfinity;     ///< The least bound of what is done.
  double best_ = kInfinity;
  Vector best_weights_;
  SplitGains gains_;
  std::vector<BoundNode> waiting_;  ///< A heap.
};

void Growth::write(NumberWriter& writer) const {
  writer.add(seconds_);
  writer.add_whole(nodes_);
  writer.add_whole(made_);
  writer.add_whole(looked_at_);
  writer.add(bound_then_);
  writer.add(done_);
  writer.add(best_);
  writer.add(best_weights_);
  gains_.write(writer);
  writer.add_whole(static_cast<long>(waiting_.size()));
  for (const BoundNode& node : waiting_) exhaustive::write(node, writer);
}

void Growth::read(NumberReader& reader, std::size_t patterns, Index weights) {
  seconds_ = reader.number();
  nodes_ = reader.count();
  made_ = reader.count();
  looked_at_ = reader.count();
  bound_then_ = reader.number();
  done_ = reader.number();
  best_ = reader.number();
  best_weights_ = reader.vector(weights);
  gains_.read(reader);
  waiting_.clear();
  for (long left = reader.count(); left > 0 && reader.is_sound(); --left)
    waiting_.push_back(exhaustive::read_node(reader, patterns, weights));
}

class Tree : private Growth {
 public:
  /// @param start, known In all columns, s.
  Tree(const BoundProblem& problem, const EnergyBoundOptions& options, const Vector& start,
       const std::vector<KnownMinimum>& known)
      : Growth(problem.patterns()), problem_(problem), options_(options) {
    const std::size_t L = problem.patterns();
    BoundNode root;
    root.inputs.low.assign(L, -kInfinity);
    root.inputs.high.assign(L, kInfinity);
    root.v = problem.Q.transpose() * Vector(problem.X_all * start);
    start_size_ = root.v.norm();
    best_weights_ = problem.inverse_R * root.v;
    best_ = exhaustive::energy_at(problem, best_weights_).upper();
    if (options.infimum) best_ = std::min(best_, *options.infimum);
    for (const KnownMinimum& minimum : known) know(minimum);
    push(std::move(root));
    digest_ = digest_of(start, known);
    go_on_from(options.resume);
  }

  EnergyBound run() {
    const auto start = Clock::now();
    const double before = seconds_;
    const auto tell_time = [&] {
      seconds_ = before + std::chrono::duration<double>(Clock::now() - start).count();
    };
    stop_ = options_.stop.within(options_.seconds - before);
    double recorded = before;
    const Team team(options_.threads);
    while (!waiting_.empty()) {
      if (stop_.is_met() || nodes_ >= options_.max_nodes || is_full()) break;
      if (is_reached()) break;
      if (nodes_ >= 2 * looked_at_ && is_stuck(nodes_)) {
        gave_up_ = true;
        break;
      }
      std::vector<BoundNode> nodes;
      while (!waiting_.empty() && nodes.size() < kTogether) nodes.push_back(pop());
      std::vector<Looked> looked(nodes.size());
      std::atomic<std::size_t> next = 0;
      team.for_each(options_.threads, [&](int) {
        for (std::size_t k = next++; k < nodes.size(); k = next++) looked[k] = look(nodes[k]);
      });
      nodes_ += static_cast<long>(nodes.size());
      for (std::size_t k = 0; k < nodes.size(); ++k) take(nodes[k], looked[k]);
      tell_time();
      if (options_.progress)
        options_.progress(bound(), best_, nodes_, static_cast<long>(waiting_.size()));
      if (options_.checkpoint && seconds_ - recorded >= options_.checkpoint_seconds) {
        options_.checkpoint(written());
        recorded = seconds_;
      }
    }
    tell_time();
    if (options_.checkpoint && stop_.is_requested()) options_.checkpoint(written());
    EnergyBound result;
    // What is cut off and what is empty is above the best, and no more is known of it.
    result.bound = std::max(0.0, std::min(bound(), best_));
    result.best = best_;
    result.nodes = nodes_;
    result.left = static_cast<long>(waiting_.size());
    result.is_global = waiting_.empty() && !is_beaten();
    result.best_weights = best_weights_;
    result.seconds = seconds_;
    const std::string nodes = std::to_string(nodes_) + (nodes_ == 1 ? " node" : " nodes");
    if (result.is_global)
      result.message = "no weights have less energy: proven in " + nodes;
    else if (is_reached())
      result.message = "it is reached to " + number(kReached) + " of it, in " + nodes;
    else if (gave_up_)
      result.message = "given up, for it gained too little in the last half of " + nodes;
    else
      result.message = std::string("left unfinished, as ") +
                       (stop_.is_met() ? stop_.reason() : "there were too many nodes") +
                       ", after " + nodes;
    return result;
  }

 private:
  void push(BoundNode node) {
    waiting_.push_back(std::move(node));
    std::push_heap(waiting_.begin(), waiting_.end(), WorstFirst());
  }

  [[nodiscard]] BoundNode pop() {
    std::pop_heap(waiting_.begin(), waiting_.end(), WorstFirst());
    BoundNode node = std::move(waiting_.back());
    waiting_.pop_back();
    return node;
  }

  /// Of all that the tree depends on.
  [[nodiscard]] std::uint64_t digest_of(const Vector& start,
                                        const std::vector<KnownMinimum>& known) const {
    Digest digest;
    const auto add = [&](const Interval& interval) {
      digest.add(interval.lower()).add(interval.upper());
    };
    digest.add(static_cast<std::uint64_t>(problem_.sigmoid.shape())).add(problem_.X_all);
    for (const EnergyTerm& term : problem_.terms) {
      add(term.target());
      digest.add(term.factor());
    }
    for (const Interval& offset : problem_.offset) add(offset);
    for (const Interval& penalty : problem_.penalty) add(penalty);
    digest.add(problem_.constant).add(start).add(options_.infimum.value_or(kInfinity));
    for (const KnownMinimum& minimum : known) digest.add(minimum.weights).add(minimum.radius);
    return digest.value();
  }

  [[nodiscard]] std::vector<double> written() const {
    NumberWriter writer;
    writer.add_whole(static_cast<long>(digest_ >> 32U));
    writer.add_whole(static_cast<long>(digest_ & kLowHalf));
    write(writer);
    return writer.take();
  }

  /// Unless that was written by a tree of the same problem, nothing changes.
  void go_on_from(const std::vector<double>& numbers) {
    NumberReader reader(numbers);
    const auto high = static_cast<std::uint64_t>(reader.whole(0, kLowHalf));
    const auto low = static_cast<std::uint64_t>(reader.whole(0, kLowHalf));
    if (!reader.is_sound() || (high << 32U | low) != digest_) return;
    Growth growth(problem_.patterns());
    growth.read(reader, problem_.patterns(), problem_.weights());
    if (reader.is_done()) static_cast<Growth&>(*this) = std::move(growth);
  }

  /// Encloses the inputs of the known minimum, and its energy.
  void know(const KnownMinimum& known) {
    Inputs inputs;
    const Interval off(-known.radius, known.radius);
    Interval sum = problem_.constant;
    for (std::size_t i = 0; i < problem_.patterns(); ++i) {
      Interval x = problem_.offset.empty() ? Interval(0.0) : problem_.offset[i];
      for (Index j = 0; j < problem_.X_all.cols(); ++j)
        x += Interval(problem_.X_all(static_cast<Index>(i), j)) * (known.weights(j) + off);
      inputs.low.push_back(x.lower());
      inputs.high.push_back(x.upper());
      sum += problem_.terms[i].proven_value(x);
    }
    // With a ridge all columns are independent.
    for (Index j = 0; j < problem_.weights(); ++j) {
      const Index column = problem_.columns[static_cast<std::size_t>(j)];
      sum += 0.5 * (problem_.penalty[static_cast<std::size_t>(j)] *
                    proof::square(known.weights(column) + off));
    }
    known_.push_back({std::move(inputs), sum.lower()});
  }

  [[nodiscard]] bool is_full() const {
    return static_cast<double>(waiting_.size()) * 2.0 * static_cast<double>(problem_.patterns()) >
           kMostNumbers;
  }

  /// Whether nothing is gained by going on. A known minimum is proven to be the lowest only when all is done.
  [[nodiscard]] bool is_reached() const {
    return waiting_.empty() ||
           (is_beaten() && std::max(0.0, waiting_.front().bound) >= best_ * (1.0 - kReached));
  }

  /// Whether no known minimum can be the lowest.
  [[nodiscard]] bool is_beaten() const {
    return std::all_of(known_.begin(), known_.end(),
                       [&](const Known& known) { return known.energy > best_; });
  }

  /// Whether the bound has gained too little since half as many nodes had been looked at.
  [[nodiscard]] bool is_stuck(long nodes) {
    const double now = std::max(0.0, bound());
    const bool is_stuck = now - bound_then_ < kLeastGain * (best_ - bound_then_);
    looked_at_ = nodes;
    bound_then_ = now;
    return is_stuck;
  }

  /// Of all that is not done, and of what is.
  [[nodiscard]] double bound() const {
    const double open = waiting_.empty() ? kInfinity : waiting_.front().bound;
    return std::min(open, done_);
  }

  /// Of the known minima the one with inputs nearest to these.
  [[nodiscard]] const Known& nearest_known(const Vector& inputs) const {
    const Known* nearest = nullptr;
    double least = kInfinity;
    for (const Known& known : known_) {
      double distance = 0.0;
      for (std::size_t i = 0; i < problem_.patterns(); ++i)
        distance = std::max(distance, off(known, inputs, i));
      if (nearest != nullptr && distance >= least) continue;
      nearest = &known;
      least = distance;
    }
    return *nearest;
  }

  /// How far an input is from that of a known minimum, relative to one or its size.
  [[nodiscard]] static double off(const Known& known, const Vector& inputs, std::size_t i) {
    const double there = known.input(i);
    return std::abs(inputs(static_cast<Index>(i)) - there) / (1.0 + std::abs(there));
  }

  /// Whether the energy is convex on the hull of a node and a known minimum.
  [[nodiscard]] bool is_convex_with(const Known& known, const Inputs& inputs) const {
    Inputs hull = inputs;
    for (std::size_t i = 0; i < hull.low.size(); ++i) {
      hull.low[i] = std::min(hull.low[i], known.inputs.low[i]);
      hull.high[i] = std::max(hull.high[i], known.inputs.high[i]);
    }
    return exhaustive::is_convex(problem_, hull);
  }

  [[nodiscard]] Looked look(BoundNode& node) const {
    Looked looked;
    const std::size_t L = problem_.patterns();
    RelaxedSolution solution;
    std::vector<Envelope> envelopes(L);
    for (int again = 0; again <= kSolvedAgain; ++again) {
      for (std::size_t i = 0; i < L; ++i)
        envelopes[i] = Envelope(problem_.terms[i], node.inputs.low[i], node.inputs.high[i]);
      solution = exhaustive::relax(problem_, node.inputs, envelopes, node.v, node.pulls, best_);
      const SafeBound safe(problem_, node.inputs, solution.multipliers, solution.inputs);
      const double before = node.bound;
      node.bound = std::max(node.bound, safe.value());
      begin_from(solution, node);
      if (node.bound > best_) {
        looked.is_done = true;
        return looked;
      }
      safe.tighten(node.inputs, best_);
      const double missing = best_ - before;
      const bool is_cut = cut_inputs(node.inputs, envelopes, solution, false);
      if (is_empty(node.inputs)) {
        node.bound = kInfinity;
        looked.is_done = true;
        return looked;
      }
      if (!(node.bound - before > kWorthSolving * missing) && !is_cut) break;
    }
    const Known* const known = known_.empty() ? nullptr : &nearest_known(solution.inputs);
    const bool is_clustered = known != nullptr && best_ - node.bound <= kClustered * best_ &&
                              is_near(*known, solution.inputs);
    // There all intervals matter, not only those with gaps.
    if (is_clustered) (void)cut_inputs(node.inputs, envelopes, solution, true);
    if (is_empty(node.inputs)) node.bound = kInfinity;
    if (is_empty(node.inputs) || (known != nullptr && is_convex_with(*known, node.inputs))) {
      // It is the lowest there.
      node.bound = std::max(node.bound, known->energy);
      looked.is_done = true;
      return looked;
    }
    looked.energy = exhaustive::rounded_energy(problem_, solution.v);
    looked.candidate = solution.v;
    if (!is_clustered || !choose_for_convexity(*known, node, looked))
      choose_split(node, envelopes, solution.inputs, looked);
    return looked;
  }

  /// Ends are proven, so that nothing is where they cross.
  [[nodiscard]] static bool is_empty(const Inputs& inputs) {
    for (std::size_t i = 0; i < inputs.low.size(); ++i)
      if (inputs.low[i] > inputs.high[i]) return true;
    return false;
  }

  /// Where the next solution of this node or its children begins.
  void begin_from(const RelaxedSolution& solution, BoundNode& node) const {
    const double farthest = kFarStart * (1.0 + start_size_), size = solution.v.norm();
    node.v = size <= farthest ? solution.v : Vector(farthest / size * solution.v);
    node.pulls.clear();
    for (const auto& pull : solution.pulls)
      if (std::abs(pull.second) < kHardPull) node.pulls.push_back(pull);
  }

  /// Takes from the intervals what no weights lead to, for patterns that add most to what the bound lacks, or for all of them.
  /// Whether that was much.
  [[nodiscard]] bool cut_inputs(Inputs& inputs, const std::vector<Envelope>& envelopes,
                                const RelaxedSolution& solution, bool all) const {
    std::vector<std::pair<double, std::size_t>> gaps;
    double sum = 0.0;
    for (std::size_t i = 0; i < problem_.patterns(); ++i) {
      const double u =
          std::clamp(solution.inputs(static_cast<Index>(i)), inputs.low[i], inputs.high[i]);
      const double gap =
          problem_.terms[i].at(u).value - envelopes[i].at(problem_.terms[i], u).value;
      if (!(gap > 0.0) && !all) continue;
      sum += gap;
      gaps.emplace_back(gap, i);
    }
    exhaustive::VertexWalk walk(problem_, inputs, solution.v);
    // Inputs that were met are not cut off.
    Vector lowest = solution.inputs, highest = solution.inputs;
    double gained = 0.0;
    for (const int sign : {1, -1})
      for (const auto& [gap, i] : gaps) {
        if (!all && gap < kWorthCutting * sum / static_cast<double>(gaps.size())) continue;
        const auto k = static_cast<Index>(i);
        const double end = sign > 0 ? inputs.high[i] : -inputs.low[i];
        // Nearer to the end than this is not worth the effort.
        const double width = inputs.high[i] - inputs.low[i];
        const double worth = std::isfinite(width) ? kLeastCut * width : kInfinity;
        const auto is_met = [&] {
          const double met = sign > 0 ? highest(k) : -lowest(k);
          return std::isfinite(end) &&
                 (worth == kInfinity ? met > end - kLeastCut * (1.0 + std::abs(end))
                                     : met > end - worth);
        };
        if (is_met()) continue;
        const auto members = walk.extreme(i, sign);
        lowest = lowest.cwiseMin(walk.inputs());
        highest = highest.cwiseMax(walk.inputs());
        if (!members || is_met()) continue;
        std::vector<std::size_t> rows;
        for (const auto& member : *members) rows.push_back(member.row);
        const double largest = exhaustive::largest_input(problem_, inputs, i, sign, rows);
        if (!(largest < end)) continue;
        (sign > 0 ? inputs.high[i] : inputs.low[i]) = sign * largest;
        gained += gap;
      }
    return gained > kWorthSolving * sum;
  }

  [[nodiscard]] bool is_near(const Known& known, const Vector& inputs) const {
    for (std::size_t i = 0; i < problem_.patterns(); ++i)
      if (off(known, inputs, i) > kNear) return false;
    return true;
  }

  /// Where envelopes have nothing more to give, at the known minimum, what keeps the energy from being convex on the hull is
  /// split: the pattern, on the side of the minimum, whose least bend gains most; or, if one cut gains nothing, whose bend
  /// is worst.
  [[nodiscard]] bool choose_for_convexity(const Known& known, const BoundNode& node,
                                          Looked& looked) const {
    double largest = 0.0, worst = 0.0;
    Looked of_worst;
    for (std::size_t i = 0; i < problem_.patterns(); ++i) {
      const double low = node.inputs.low[i], high = node.inputs.high[i];
      if (!(low < high)) continue;
      const double there = known.input(i), near = std::clamp(there, low, high);
      const EnergyTerm& term = problem_.terms[i];
      const auto least = [&](double from, double to) {
        return term.least_bend(std::min(from, there), std::max(to, there));
      };
      const double weight = problem_.Q.row(static_cast<Index>(i)).squaredNorm();
      const double now = least(low, high), bad = -now * weight;
      const bool is_worst = bad > worst;
      double furthest = 0.0;
      for (const bool is_up : {false, true}) {
        const double end = is_up ? high : low;
        const double at = std::isfinite(end) ? 0.5 * (near + end)
                                             : near + (is_up ? 1.0 : -1.0) * (1.0 + std::abs(near));
        if (!(low < at && at < high)) continue;
        // What the part on the side of the minimum gains.
        const double counts = ((is_up ? least(low, at) : least(at, high)) - now) * weight;
        if (counts > largest) {
          largest = counts;
          looked.split.pattern = i;
          looked.at = at;
        }
        if (!is_worst || !(std::abs(at - near) > furthest)) continue;
        furthest = std::abs(at - near);
        worst = bad;
        of_worst.split.pattern = i;
        of_worst.at = at;
      }
    }
    if (largest > 0.0) return true;
    if (!(worst > 0.0)) return false;
    looked.split = of_worst.split;
    looked.at = of_worst.at;
    return true;
  }

  void choose_split(const BoundNode& node, const std::vector<Envelope>& envelopes,
                    const Vector& inputs, Looked& looked) const {
    double largest = -1.0;
    for (std::size_t i = 0; i < problem_.patterns(); ++i) {
      const double low = node.inputs.low[i], high = node.inputs.high[i];
      if (!(low < high)) continue;
      const double u = std::clamp(inputs(static_cast<Index>(i)), low, high);
      const double gap =
          problem_.terms[i].at(u).value - envelopes[i].at(problem_.terms[i], u).value;
      const double counts = gap > 0.0 ? gap * gap * gains_.rate(i, exhaustive::low_side) *
                                            gains_.rate(i, exhaustive::high_side)
                                      : 0.0;
      if (!(counts > largest)) continue;
      largest = counts;
      looked.split = {i, std::max(gap, 0.0), node.bound};
      // Not so far out that neither half says anything.
      const double room =
          std::isfinite(low) && std::isfinite(high) ? kLeastShare * (high - low) : 0.0;
      double from = low + room, to = high - room;
      const EnergyTerm& term = problem_.terms[i];
      if (term.nearly(false) > from) to = std::min(to, term.nearly(false));
      if (term.nearly(true) < to) from = std::max(from, term.nearly(true));
      looked.at = std::clamp(u, from, to);
    }
  }

  void take(const BoundNode& node, const Looked& looked) {
    gains_.learn(node.made_by, node.side, std::min(node.bound, best_));
    if (looked.energy < best_) improve(looked.candidate);
    if (looked.is_done) {
      done_ = std::min(done_, node.bound);
      return;
    }
    for (const Side side : {exhaustive::low_side, exhaustive::high_side}) {
      BoundNode child = node;
      (side == exhaustive::low_side ? child.inputs.high : child.inputs.low)[looked.split.pattern] =
          looked.at;
      child.made_by = looked.split;
      child.side = side;
      child.number = ++made_;
      push(std::move(child));
    }
  }

  void improve(const Vector& v) {
    const Vector weights = problem_.inverse_R * exhaustive::descend(problem_, v);
    if (!weights.allFinite()) return;
    const double energy = exhaustive::energy_at(problem_, weights).upper();
    if (!(energy < best_)) return;
    best_ = energy;
    best_weights_ = weights;
  }

  const BoundProblem& problem_;
  const EnergyBoundOptions& options_;
  StopCondition stop_;
  std::vector<Known> known_;
  double start_size_ = 0.0;  ///< |v| of the weights given.
  bool gave_up_ = false;
  std::uint64_t digest_ = 0;
};

}  // namespace

std::optional<std::string> EnergyBoundOptions::invalid_reason() const {
  if (!(seconds > 0.0)) return "seconds must be > 0, got " + number(seconds);
  if (infimum && !std::isfinite(*infimum)) return "infimum must be finite";
  if (max_nodes <= 0) return "max_nodes must be > 0, got " + std::to_string(max_nodes);
  if (!(checkpoint_seconds >= 0.0))
    return "checkpoint_seconds must be >= 0, got " + number(checkpoint_seconds);
  if (threads < 1) return "threads must be >= 1, got " + std::to_string(threads);
  return std::nullopt;
}

EnergyBound bound_energy(const Perceptron& network, const Vector& start,
                         const std::vector<KnownMinimum>& known,
                         const EnergyBoundOptions& options) {
  checked(options);
  network.need_all_patterns("a bound of the energy");
  if (start.size() != network.columns() ||
      std::any_of(known.begin(), known.end(), [&](const KnownMinimum& minimum) {
        return minimum.weights.size() != network.columns();
      }))
    throw std::invalid_argument("weights must be " + std::to_string(network.columns()));
  EnergyBound result;
  const auto problem = BoundProblem::make(network, result.message);
  if (!problem) {
    result.best = kInfinity;
    result.best_weights = start;
    return result;
  }
  result = Tree(*problem, options, start, known).run();
  Vector weights = Vector::Zero(network.columns());
  weights(problem->columns) = result.best_weights;
  result.best_weights = weights;
  return result;
}

}  // namespace tautrack
