#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/exhaustive/search.hpp"

#include "certify/hidden_energy.hpp"
#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/products.hpp"
#include "exhaustive/branching.hpp"
#include "proof/interval.hpp"
#include "proof/sigmoid.hpp"

namespace tautrack {

namespace {

using exhaustive::Verdict;
using proof::Interval;

/// A box of the weights that are cut: where outputs are linear the hidden ones, which tell the others, else all.
struct HiddenCell {
  std::vector<Interval> sides;
  double share = 1.0;
};

/// The one stationary point of a box.
struct HiddenFound {
  Vector near;                      ///< n
  std::vector<Interval> unique_in;  ///< The sides of a cell with no other.
};

/// Sides are not halved below this, relative to one or to the weight.
constexpr double kLeastSide = 1e-13;

/// The operator is applied to a box again while it takes this part of a side away ...
constexpr double kShrunk = 0.3;
/// ... and to boxes this much larger where it contracts, so that points on a side are found.
constexpr double kInflation = 0.1;

/// So many times what the operator makes of output weights they may reach, to be taken into that.
constexpr double kRoom = 2.0;

/// How often the equations of the output weights are applied to what encloses these.
constexpr int kOutputSteps = 4;

Interval symmetric(double radius) { return {-radius, radius}; }

/// Looks at boxes with Krawczyk's operator (1969; Neumaier, Interval Methods for Systems of Equations, 1990, chapter 5).
///
/// Where outputs are linear the output weights o of given hidden ones are one point, the solution of linear equations. They
/// are enclosed anew for each box, as o = o(middle) + V z with V such that the Hessian by z is about one: the functions
/// that the outputs are summed from, nearly equal ones too, are orthonormal there. Sides are cut where the Hessian varies
/// most with them.
class HiddenExaminer {
 public:
  /// @param region Of all weights.
  HiddenExaminer(const HiddenEnergy& energy, const std::vector<Interval>& region)
      : energy_(energy),
        region_(region),
        n_(region.size()),
        first_output_(at(energy.output(0, 0))),
        is_linear_(energy.network().options().output == OutputNode::linear),
        cut_(is_linear_ ? first_output_ : n_),
        frame_(Matrix::Identity(energy.weights(), energy.weights())),
        centre_(energy.weights()),
        reach_(energy.weights()) {}

  [[nodiscard]] static HiddenCell cell_of(const HiddenEnergy& energy,
                                          const std::vector<Interval>& region) {
    HiddenCell cell{region};
    if (energy.network().options().output == OutputNode::linear)
      cell.sides.resize(at(energy.output(0, 0)));
    return cell;
  }

  [[nodiscard]] Verdict examine(HiddenCell& cell) {
    std::vector<Interval>& sides = cell.sides;
    std::vector<Interval> box;
    for (bool again = true; again;) {
      box = sides;
      const Effect effect = contract(box, sides);
      if (effect == Effect::empties) return Verdict::excluded;
      if (effect == Effect::proves) return found(box);
      // Where it contracts a box would shrink to nothing about a point that is on its side.
      again = effect == Effect::shrinks && !(contraction_ < 1.0);
    }
    if (contraction_ < 1.0) {
      for (Interval& side : box)
        side = proof::widened(
            side, kInflation * proof::width_of(side) + kLeastSide * (1.0 + proof::magnitude(side)));
      std::vector<Interval> left = box;
      const Effect effect = contract(box, left);
      if (effect == Effect::empties) return Verdict::excluded;
      if (effect == Effect::proves) {
        // The one point of the larger box is this box's only where it may lie in it.
        for (std::size_t j = 0; j < sides.size(); ++j)
          if (!overlap(left[j], sides[j])) return Verdict::excluded;
        return found(box);
      }
    }
    return split(cell);
  }

  [[nodiscard]] const HiddenFound& found() const { return found_; }
  [[nodiscard]] HiddenCell& second_half() { return second_half_; }

 private:
  enum class Effect { nothing, shrinks, empties, proves };

  Verdict found(const std::vector<Interval>& unique_in) {
    Vector z(static_cast<Index>(n_));
    for (std::size_t j = 0; j < n_; ++j) z(static_cast<Index>(j)) = proof::middle(image_[j]);
    found_ = {centre_ + times(frame_, z), unique_in};
    return Verdict::found;
  }

  /// The middle of a side, and how far it reaches from there.
  void set_side(std::size_t j, const Interval& side) {
    const double middle = proof::middle(side);
    centre_(static_cast<Index>(j)) = middle;
    reach_(static_cast<Index>(j)) = proof::magnitude(side - middle);
  }

  [[nodiscard]] proof::EnclosedEnergy::Enclosed over(const Vector& reach) const {
    return energy_.over(centre_, frame_, reach, proof::Arithmetic::intervals);
  }
  [[nodiscard]] Interval way(std::size_t k) const {
    return symmetric(reach_(static_cast<Index>(k)));
  }

  /// The middle of a block of a matrix.
  [[nodiscard]] Matrix middle_of(const std::vector<Interval>& H, std::size_t row, std::size_t rows,
                                 std::size_t column, std::size_t columns) const {
    return Matrix::NullaryExpr(
        static_cast<Index>(rows), static_cast<Index>(columns),
        [&](Index j, Index k) { return proof::middle(H[(row + at(j)) * n_ + column + at(k)]); });
  }

  /// Row j of factors times the rows of H from `first` on, column k; times entries of g.
  [[nodiscard]] Interval combined(const Matrix& factors, std::size_t j,
                                  const std::vector<Interval>& H, std::size_t first,
                                  std::size_t k) const {
    Interval sum(0.0);
    for (Index l = 0; l < factors.cols(); ++l)
      sum += Interval(factors(static_cast<Index>(j), l)) * H[(first + at(l)) * n_ + k];
    return sum;
  }
  [[nodiscard]] static Interval combined(const Matrix& factors, std::size_t j,
                                         const std::vector<Interval>& g, std::size_t first) {
    Interval sum(0.0);
    for (Index l = 0; l < factors.cols(); ++l)
      sum += Interval(factors(static_cast<Index>(j), l)) * g[first + at(l)];
    return sum;
  }

  /// Where the output weights may be, with the hidden ones anywhere in the box: in the region ...
  void take_outputs_of_region() {
    frame_.setIdentity();
    for (std::size_t j = first_output_; j < n_; ++j) set_side(j, region_[j]);
  }

  /// ... or where their equations leave them,
  ///
  ///     0 = g_O(W, c) + H_OO(W) z,   g_O(W, c) = g_O(c) + H_OW(W, c) d_W,
  ///
  /// c the middle and d the way from it. @return false where these say nothing.
  [[nodiscard]] bool enclose_outputs() {
    const auto p = static_cast<Index>(first_output_), m = static_cast<Index>(n_) - p;
    frame_.setIdentity();
    centre_.tail(m).setZero();
    const proof::EnclosedEnergy::Rounded about = energy_.at(centre_);
    const Matrix own = about.hessian.bottomRightCorner(m, m);
    if (!own.allFinite() || !(own.diagonal().minCoeff() > 0.0)) return false;
    const Cholesky factors = cholesky(own);
    const Matrix V = solve_lower(factors, Matrix::Identity(m, m)).transpose();
    if (!V.allFinite()) return false;
    frame_.bottomRightCorner(m, m) = V;
    centre_.tail(m) = -times(V, transposed_times(V, about.gradient.tail(m)));
    reach_.tail(m).setZero();
    over_hidden_ = over(reach_);
    here_ = over(Vector::Zero(reach_.size()));

    const std::size_t outputs = n_ - first_output_;
    std::vector<Interval> rest(outputs), errors(outputs * outputs), z(outputs);
    double largest = 0.0, contraction = 0.0;
    for (std::size_t j = 0; j < outputs; ++j) {
      const std::size_t row = (first_output_ + j) * n_;
      rest[j] = here_.gradient[first_output_ + j];
      for (std::size_t k = 0; k < first_output_; ++k)
        rest[j] += over_hidden_.hessian[row + k] * way(k);
      if (!meet(rest[j], over_hidden_.gradient[first_output_ + j])) return false;
      largest = std::max(largest, proof::magnitude(rest[j]));
      Interval sum(0.0);
      for (std::size_t k = 0; k < outputs; ++k) {
        errors[j * outputs + k] =
            Interval(j == k ? 1.0 : 0.0) - over_hidden_.hessian[row + first_output_ + k];
        sum += abs(errors[j * outputs + k]);
      }
      contraction = std::max(contraction, sum.upper());
    }
    if (!(contraction < 1.0) || !std::isfinite(largest)) return false;
    const Interval all = Interval(largest) / (Interval(1.0) - contraction);
    std::fill(z.begin(), z.end(), symmetric(all.upper()));
    for (int step = 0; step < kOutputSteps; ++step) {
      for (std::size_t j = 0; j < outputs; ++j) {
        Interval sum = -rest[j];
        for (std::size_t k = 0; k < outputs; ++k) sum += errors[j * outputs + k] * z[k];
        if (!meet(z[j], sum)) return false;
      }
    }
    for (std::size_t j = 0; j < outputs; ++j)
      reach_(p + static_cast<Index>(j)) = proof::magnitude(z[j]);
    return true;
  }

  /// What is left of the gradient by the hidden weights when the output weights are eliminated, M = S_WO S_OO^-1:
  ///
  ///     0 = g_W - M g_O + (S_WW - M S_OW) d_W + (S_WO - M S_OO) d_O.
  [[nodiscard]] bool elimination_excludes(const std::vector<Interval>& g,
                                          const std::vector<Interval>& S) const {
    const std::size_t p = first_output_, m = n_ - p;
    const Matrix own = middle_of(S, p, m, p, m), mixed = middle_of(S, 0, p, p, m);
    if (!own.allFinite() || !mixed.allFinite()) return false;
    const Matrix M = product(mixed, inverse_of(own));
    if (!M.allFinite()) return false;
    for (std::size_t j = 0; j < p; ++j) {
      Interval sum = g[j] - combined(M, j, g, p);
      for (std::size_t k = 0; k < n_; ++k)
        sum += (S[j * n_ + k] - combined(M, j, S, p, k)) * way(k);
      if (proof::excludes_zero(sum)) return true;
    }
    return false;
  }

  /// Krawczyk's operator on the ways from the middle, image = - Y g + (1 - Y H) way.
  /// @return of the weights that are cut, the largest sum of a row of |1 - Y H| relative to the ways.
  double apply(const std::vector<Interval>& gradient, const std::vector<Interval>& H) {
    image_.assign(n_, Interval(-kInfinity, kInfinity));
    const Matrix middle = middle_of(H, 0, n_, 0, n_);
    if (!middle.allFinite()) return kInfinity;
    const Matrix Y = inverse_of(middle);
    if (!Y.allFinite()) return kInfinity;
    double contraction = 0.0;
    for (std::size_t j = 0; j < n_; ++j) {
      Interval sum = -combined(Y, j, gradient, 0);
      double spread = 0.0;
      for (std::size_t k = 0; k < n_; ++k) {
        const Interval entry = Interval(j == k ? 1.0 : 0.0) - combined(Y, j, H, 0, k);
        sum += entry * way(k);
        spread += proof::magnitude(entry) * reach_(static_cast<Index>(k));
      }
      image_[j] = sum;
      if (j < cut_) contraction = std::max(contraction, spread / reach_(static_cast<Index>(j)));
    }
    return contraction;
  }

  /// @param box What is looked at. @param sides Shrink to what is left of them.
  [[nodiscard]] Effect contract(const std::vector<Interval>& box, std::vector<Interval>& sides) {
    for (std::size_t j = 0; j < box.size(); ++j) set_side(j, box[j]);
    contraction_ = kInfinity;
    const bool is_enclosed = is_linear_ && enclose_outputs();
    if (is_linear_ && !is_enclosed) take_outputs_of_region();
    const proof::EnclosedEnergy::Enclosed all = over(reach_);
    curving_ = all.hessian;
    for (const Interval& entry : all.gradient)
      if (proof::excludes_zero(entry)) return Effect::empties;
    if (is_linear_ && !is_enclosed) return Effect::nothing;
    if (is_linear_) {
      // Slopes: first to other hidden weights, then to other output weights, of which the mixed derivatives are linear
      // functions, so that their mean over the way is that of its ends.
      std::vector<Interval> slopes = over_hidden_.hessian;
      for (std::size_t j = 0; j < first_output_; ++j)
        for (std::size_t k = first_output_; k < n_; ++k)
          slopes[j * n_ + k] = proof::scaled(slopes[j * n_ + k] + all.hessian[j * n_ + k], 0.5);
      if (elimination_excludes(here_.gradient, slopes)) return Effect::empties;
    } else {
      here_ = over(Vector::Zero(reach_.size()));
      if (elimination_excludes(here_.gradient, all.hessian)) return Effect::empties;
    }
    contraction_ = apply(here_.gradient, all.hessian);
    bool shrinks = false;
    for (std::size_t j = 0; j < cut_; ++j) {
      const double width = proof::width_of(sides[j]);
      if (!meet(sides[j], Interval(centre_(static_cast<Index>(j))) + image_[j]))
        return Effect::empties;
      shrinks = shrinks || proof::width_of(sides[j]) < (1.0 - kShrunk) * width;
    }
    if (proves()) return Effect::proves;
    return shrinks ? Effect::shrinks : Effect::nothing;
  }

  [[nodiscard]] bool is_inside(std::size_t first, std::size_t end) const {
    for (std::size_t j = first; j < end; ++j)
      if (!proof::is_inside(image_[j], way(j))) return false;
    return true;
  }

  /// Whether the operator takes the box into itself. Output weights that are told by the hidden ones are in any larger
  /// box as well.
  [[nodiscard]] bool proves() {
    if (!is_inside(0, cut_)) return false;
    if (is_inside(cut_, n_)) return true;
    for (std::size_t j = cut_; j < n_; ++j)
      reach_(static_cast<Index>(j)) =
          std::max(reach_(static_cast<Index>(j)), kRoom * proof::magnitude(image_[j]));
    if (!reach_.allFinite()) return false;
    apply(here_.gradient, over(reach_).hessian);
    return is_inside(0, n_);
  }

  /// Halves the side with which the second-order term of the energy varies most.
  [[nodiscard]] Verdict split(HiddenCell& cell) {
    const std::size_t none = cell.sides.size();
    std::size_t chosen = none;
    double most = -1.0;
    for (std::size_t j = 0; j < none; ++j) {
      const Interval& side = cell.sides[j];
      const double width = proof::width_of(side);
      if (!(width > kLeastSide * (1.0 + proof::magnitude(side)))) continue;
      double varies = 0.0;
      for (std::size_t k = 0; k < n_; ++k)
        varies += width * proof::width_of(curving_[j * n_ + k]) * reach_(static_cast<Index>(k));
      if (!std::isfinite(varies)) varies = std::numeric_limits<double>::max();
      // Where no number says anything the longest side is as good.
      if (varies > most || (varies == most && width > proof::width_of(cell.sides[chosen]))) {
        most = varies;
        chosen = j;
      }
    }
    if (chosen == none) return Verdict::undecided;
    cell.share *= 0.5;
    second_half_ = cell;
    const Interval whole = cell.sides[chosen];
    const double middle = proof::middle(whole);
    cell.sides[chosen] = {whole.lower(), middle};
    second_half_.sides[chosen] = {middle, whole.upper()};
    return Verdict::split;
  }

  const HiddenEnergy& energy_;
  const std::vector<Interval>& region_;
  std::size_t n_, first_output_;
  bool is_linear_;
  std::size_t cut_;  ///< Weights that are cut.
  Matrix frame_;
  Vector centre_, reach_;  ///< Of what is looked at, in the frame.
  proof::EnclosedEnergy::Enclosed over_hidden_, here_;
  std::vector<Interval> image_, curving_;
  double contraction_ = kInfinity;
  HiddenFound found_;
  HiddenCell second_half_;
};

/// A box that holds all stationary points of a network with a ridge on all its weights (docs/theory.md, section 12):
/// output weights from their own equations, hidden ones from w_j . dE/dw_j = 0.
class HiddenRegion {
 public:
  explicit HiddenRegion(const HiddenEnergy& energy)
      : energy_(energy), network_(energy.network()), options_(network_.options()) {}

  [[nodiscard]] static std::optional<std::string> refusal(const HiddenLayerOptions& options) {
    if (!(options.ridge_hidden > 0.0) || !(options.ridge_output > 0.0))
      return "without a box an exhaustive search of a hidden layer needs a ridge above zero on all "
             "hidden and "
             "output weights";
    if (options.output == OutputNode::sigmoid && !options.held_output_bias &&
        !(options.ridge_bias > 0.0))
      return "without a box an exhaustive search of a hidden layer with sigmoid outputs needs a "
             "ridge above "
             "zero on the output bias";
    return std::nullopt;
  }

  [[nodiscard]] std::vector<Interval> box() {
    const Index h = network_.units(), K = network_.outputs();
    std::vector<Interval> sides(at(energy_.weights()), Interval(0.0));
    Interval pull(0.0);  // on the weights of a unit: sum over patterns and outputs of |B| |e|
    for (Index k = 0; k < K; ++k) {
      const Output bound = output(k);
      for (Index j = 0; j < h; ++j) sides[at(energy_.output(j, k))] = symmetric(bound.weight);
      if (network_.has_free_bias()) sides[at(energy_.bias(k))] = symmetric(bound.bias);
      pull += Interval(bound.weight) * bound.errors;
    }
    // rho |w|^2 = - sum u sigma'(u) q, and |u sigma'(u)| is bounded; beside an offset by that and |o|, since sigma' is.
    const proof::Sigmoid& sigmoid = energy_.sigmoid();
    Interval moment = Interval(sigmoid.height) * proof::largest_moment(sigmoid.shape);
    if (network_.has_offset()) moment += largest_slope() * network_.offsets().cwiseAbs().maxCoeff();
    const Interval radius = sqrt(moment * pull / ridge_hidden());
    for (Index j = 0; j < energy_.output(0, 0); ++j) sides[at(j)] = symmetric(radius.upper());
    return sides;
  }

 private:
  /// Bounds of what belongs to one output.
  struct Output {
    double weight = 0.0, bias = 0.0;
    Interval errors = 0.0;  ///< Sum over patterns of |e|.
  };

  /// The least ones of all units.
  [[nodiscard]] Interval ridge_hidden() const {
    return least(options_.ridge_hidden, options_.hidden_factors);
  }
  [[nodiscard]] Interval ridge_output() const {
    return least(options_.ridge_output, options_.output_factors);
  }
  [[nodiscard]] static Interval least(double ridge, const Vector& factors) {
    return factors.size() > 0 ? Interval(ridge) * factors.minCoeff() : Interval(ridge);
  }

  [[nodiscard]] Interval largest_slope() const {
    return Interval(energy_.sigmoid().height) * energy_.sigmoid().input;
  }
  /// Of |sigma - origin|.
  [[nodiscard]] double largest_value() const {
    const Range ends = range(options_.activation);
    return std::max(std::abs(ends.low - network_.origin()),
                    std::abs(ends.high - network_.origin()));
  }

  [[nodiscard]] Output output(Index k) const {
    const Vector& omega = network_.pattern_weights();
    const auto target = [&](Index i) { return network_.targets()(k * network_.patterns() + i); };
    const double held = options_.held_output_bias.value_or(0.0);
    Output bound;
    if (options_.output == OutputNode::sigmoid) {
      const Range ends = range(options_.activation);
      for (Index i = 0; i < network_.patterns(); ++i)
        bound.errors +=
            Interval(omega(i)) * largest_slope() *
            hull(abs(Interval(ends.low) - target(i)), abs(Interval(ends.high) - target(i)));
      bound.errors = bound.errors.upper();
      bound.weight = (bound.errors * largest_value() / ridge_output()).upper();
      if (network_.has_free_bias())
        bound.bias = (bound.errors / Interval(options_.ridge_bias)).upper();
      return bound;
    }
    // For given hidden weights B and c are where the energy is least: no higher than with B = 0 and c = 0.
    Interval twice(0.0), total(0.0);
    double largest_target = 0.0;
    for (Index i = 0; i < network_.patterns(); ++i) {
      twice += Interval(omega(i)) * square(Interval(target(i)) - held);
      total += omega(i);
      largest_target = std::max(largest_target, std::abs(target(i)));
    }
    bound.weight = sqrt(twice / ridge_output()).upper();
    bound.errors = sqrt(twice * total).upper();
    if (network_.has_free_bias())
      bound.bias = options_.ridge_bias > 0.0
                       ? sqrt(twice / Interval(options_.ridge_bias)).upper()
                       // c is the mean of y - F B.
                       : (Interval(largest_target) + Interval(bound.weight) * largest_value() *
                                                         static_cast<double>(network_.units()))
                             .upper();
    return bound;
  }

  const HiddenEnergy& energy_;
  const HiddenLayer& network_;
  const HiddenLayerOptions& options_;
};

/// More weights are not searched: boxes would not come to an end.
constexpr Index kMostHiddenWeights = 9;

class HiddenSearch {
 public:
  HiddenSearch(const HiddenLayer& network, const SearchOptions& options)
      : options_(options), network_(network), energy_(network), watch_(options_) {
    energy_.set_stop(watch_.stop());
  }

  SearchResult run() {
    SearchResult result;
    const Index n = energy_.weights();
    result.region = {Vector::Zero(n), Vector::Zero(n)};
    if (const auto refusal = refused()) {
      exhaustive::sum_up(watch_, *refusal + ": nothing was searched", result);
      return result;
    }
    std::vector<Interval> region;
    if (options_.box) {
      result.region = *options_.box;
      result.region_reason = "the box was given";
      for (Index j = 0; j < n; ++j)
        region.emplace_back(options_.box->low(j), options_.box->high(j));
    } else {
      region = HiddenRegion(energy_).box();
      result.region_holds_all = true;
      result.region_reason =
          "the ridge bounds all weights: output weights by the energy without them, or the slopes "
          "of their nodes, "
          "hidden ones by those";
      for (Index j = 0; j < n; ++j) {
        result.region.low(j) = region[at(j)].lower();
        result.region.high(j) = region[at(j)].upper();
      }
    }
    auto harvest = exhaustive::branch_and_bound<HiddenFound>(
        HiddenExaminer::cell_of(energy_, region), [&] { return HiddenExaminer(energy_, region); },
        options_, watch_);
    long doubtful = 0;
    result.points = certified(std::move(harvest.found), result.region, doubtful);
    std::vector<exhaustive::SizedBox> boxes;
    for (const HiddenCell& cell : harvest.undecided) boxes.push_back(sized(cell, region));
    exhaustive::list_undecided(std::move(boxes), options_.max_undecided, result);
    result.undecided_count += doubtful;
    exhaustive::sum_up(watch_, "", result);
    return result;
  }

 private:
  [[nodiscard]] std::optional<std::string> refused() const {
    if (energy_.weights() > kMostHiddenWeights)
      return "an exhaustive search takes at most " + std::to_string(kMostHiddenWeights) +
             " weights of a hidden layer, and there are " + std::to_string(energy_.weights());
    if (!options_.box) return HiddenRegion::refusal(network_.options());
    return std::nullopt;
  }

  [[nodiscard]] static exhaustive::SizedBox sized(const HiddenCell& cell,
                                                  const std::vector<Interval>& region) {
    const auto n = static_cast<Index>(region.size());
    exhaustive::SizedBox out{0.0, {Vector(n), Vector(n)}};
    for (Index j = 0; j < n; ++j) {
      const Interval& side = at(j) < cell.sides.size() ? cell.sides[at(j)] : region[at(j)];
      if (at(j) < cell.sides.size()) out.first = std::max(out.first, proof::width_of(side));
      out.second.low(j) = side.lower();
      out.second.high(j) = side.upper();
    }
    return out;
  }

  /// Each point once, with its certificate. Those for which that fails are counted.
  [[nodiscard]] std::vector<StationaryPoint> certified(std::vector<HiddenFound> found,
                                                       const Box& region, long& doubtful) const {
    std::sort(found.begin(), found.end(), [](const HiddenFound& a, const HiddenFound& b) {
      return std::lexicographical_compare(a.near.begin(), a.near.end(), b.near.begin(),
                                          b.near.end());
    });
    Certifier certifier(network_);
    std::vector<Certificate> kept;
    std::vector<StationaryPoint> points;
    for (const HiddenFound& box : found) {
      const Certificate certificate = certifier.certify(box.near, watch_.stop());
      if (!certificate.certified || !lies_in(certificate, box.unique_in)) {
        ++doubtful;
        continue;
      }
      if (is_known(certificate, kept, doubtful)) continue;
      kept.push_back(certificate);
      if (is_outside(certificate, region)) continue;
      StationaryPoint& point = points.emplace_back();
      point.weights = certificate.weights;
      point.radius = certificate.radius;
      point.energy = certificate.energy;
      point.eigenvalues = certificate.eigenvalues;
      point.morse_index = certificate.morse_index;
      point.kind = kind_of(point.morse_index, static_cast<int>(network_.unknowns()));
      point.status = PointStatus::certified;
      point.found_by = "exhaustive search";
    }
    std::stable_sort(
        points.begin(), points.end(),
        [](const StationaryPoint& a, const StationaryPoint& b) { return a.energy < b.energy; });
    return points;
  }

  /// Then it is the one that the box holds: where only hidden weights are cut these tell the others.
  [[nodiscard]] static bool lies_in(const Certificate& point, const std::vector<Interval>& box) {
    for (std::size_t j = 0; j < box.size(); ++j)
      if (!subset(proof::widened(point.weights(static_cast<Index>(j)), point.radius), box[j]))
        return false;
    return true;
  }

  /// Points are farther apart than their radii, or the same because no second one is as near as that.
  [[nodiscard]] static bool is_known(const Certificate& point, const std::vector<Certificate>& kept,
                                     long& doubtful) {
    for (const Certificate& other : kept) {
      const double distance = (point.weights - other.weights).norm() * (1.0 + kRounding);
      const double least = (point.weights - other.weights).norm() * (1.0 - kRounding);
      if (least > (point.radius + other.radius) * (1.0 + kRounding)) continue;
      if (!(distance + point.radius < other.unique_within * (1.0 - kRounding))) ++doubtful;
      return true;
    }
    return false;
  }

  [[nodiscard]] static bool is_outside(const Certificate& point, const Box& region) {
    for (Index j = 0; j < point.weights.size(); ++j)
      if (!overlap(proof::widened(point.weights(j), point.radius),
                   Interval(region.low(j), region.high(j))))
        return true;
    return false;
  }

  /// Of a norm of so few numbers, generously.
  static constexpr double kRounding = 64.0 * kEpsilon;

  SearchOptions options_;
  const HiddenLayer& network_;
  HiddenEnergy energy_;
  exhaustive::Watch watch_;
};

}  // namespace

SearchResult search_exhaustively(const HiddenLayer& network, const SearchOptions& options) {
  checked(options);
  const Index expected = HiddenEnergy(network).weights();
  if (options.box && options.box->low.size() != expected)
    throw std::invalid_argument("box must have one side for each of the " +
                                std::to_string(expected) + " weights, got " +
                                std::to_string(options.box->low.size()));
  return HiddenSearch(network, options).run();
}

}  // namespace tautrack
