#include "tautrack/exhaustive/search.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "certify/prover.hpp"
#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/text.hpp"
#include "exhaustive/branching.hpp"
#include "exhaustive/cell.hpp"
#include "exhaustive/region.hpp"
#include "exhaustive/rows.hpp"
#include "network/traits.hpp"
#include "proof/exact_rank.hpp"

namespace tautrack {

namespace {

using exhaustive::Bases;
using exhaustive::Cell;
using exhaustive::Examiner;
using exhaustive::Found;
using exhaustive::Point;
using exhaustive::Region;
using exhaustive::Rows;
using exhaustive::SignTest;
using proof::Interval;

/// Corners of a box that are as large as the data may be: see Rows::refusal().
constexpr double kLargestCorner = 1e30;

/// Points are compared with those before them whose first weight ends at most this far before theirs, relative
/// to one or its size.
constexpr double kNeighbour = 1e-6;

/// What the map from independent columns to weights of least norm may be off by, relative to the weights.
constexpr double kProjection = 1e-12;

/// Whether both are proven to be the same point, or different ones; nothing when neither is.
std::optional<bool> are_same(const Rows& rows, const Found& a, const Found& b) {
  const auto n = static_cast<std::size_t>(rows.weights());
  for (std::size_t j = 0; j < n; ++j)
    if (!overlap(a.weights[j], b.weights[j])) return false;
  // a in the coordinates of b: is it where b is, and in the box in which b is alone?
  bool is_alone_with_b = true;
  for (std::size_t j = 0; j < n; ++j) {
    const Interval q = exhaustive::input(*a.basis, b.basis->rows[j], rows.weights(), a.solution);
    if (!overlap(q, b.solution[j])) return false;
    is_alone_with_b = is_alone_with_b && subset(q, b.unique_in[j]);
  }
  if (is_alone_with_b) return true;
  return std::nullopt;
}

double total_width(const Found& found, int n) {
  double sum = 0.0;
  for (std::size_t j = 0; j < static_cast<std::size_t>(n); ++j)
    sum += proof::width_of(found.weights[j]);
  return sum;
}

/// One of each point, in an order that depends on nothing but the points; those of which it is not
/// proven whether they are the same are taken for one, and counted.
std::vector<Found> distinct(const Rows& rows, std::vector<Found> found, long& doubtful) {
  const int n = rows.weights();
  std::sort(found.begin(), found.end(), [&](const Found& a, const Found& b) {
    for (std::size_t j = 0; j < static_cast<std::size_t>(n); ++j) {
      if (a.weights[j].lower() != b.weights[j].lower())
        return a.weights[j].lower() < b.weights[j].lower();
      if (a.weights[j].upper() != b.weights[j].upper())
        return a.weights[j].upper() < b.weights[j].upper();
    }
    return a.basis->rows < b.basis->rows;
  });
  std::vector<Found> kept;
  for (Found& next : found) {
    bool is_new = true;
    for (std::size_t k = kept.size(); k-- > 0;) {
      // Enclosures are tiny: only neighbours in the order can meet.
      if (next.weights[0].lower() >
          kept[k].weights[0].upper() + kNeighbour * (1.0 + std::abs(next.weights[0].lower())))
        break;
      auto same = are_same(rows, next, kept[k]);
      if (!same) same = are_same(rows, kept[k], next);
      if (same && !*same) continue;
      if (!same) ++doubtful;
      if (total_width(next, n) < total_width(kept[k], n)) kept[k] = next;
      is_new = false;
      break;
    }
    if (is_new) kept.push_back(std::move(next));
  }
  return kept;
}

/// Searches in the independent columns of X.
class Search {
 public:
  Search(const Perceptron& network, const SearchOptions& options)
      : options_(options), network_(network), watch_(options), s_(network.columns()) {
    std::vector<bool> depends(static_cast<std::size_t>(s_), false);
    for (const ColumnDependency& dependency : network_.space().dependencies())
      depends[static_cast<std::size_t>(dependency.column)] = true;
    for (Index j = 0; j < s_; ++j)
      if (!depends[static_cast<std::size_t>(j)]) columns_.push_back(j);
    X_ = network_.inputs()(Eigen::all, columns_);
    scale_ = network_.options().ridge_standardised
                 ? exhaustive::standard_deviations(network_.inputs(), network_.pattern_weights())
                 : Vector::Ones(s_);
  }

  SearchResult run() {
    SearchResult result;
    result.region = {Vector::Zero(s_), Vector::Zero(s_)};
    const double ridge = network_.options().ridge;
    const bool is_full = static_cast<Index>(columns_.size()) == s_;
    std::optional<std::string> refusal = Rows::refusal(
        X_, network_.targets(), network_.pattern_weights(), network_.offsets(), ridge);
    if (!refusal && !is_full) refusal = rank_mismatch();
    if (!refusal && !is_full && ridge > 0.0)
      refusal = "an exhaustive search with a ridge term needs independent columns";
    if (!refusal && !is_full && options_.box)
      refusal = "an exhaustive search in a given box needs independent columns";
    if (!refusal && options_.box &&
        !(options_.box->low.cwiseAbs().maxCoeff() <= kLargestCorner &&
          options_.box->high.cwiseAbs().maxCoeff() <= kLargestCorner))
      refusal = "an exhaustive search needs a box within 1e30";
    if (refusal) return end(std::move(result), *refusal + ": nothing was searched");

    std::vector<Interval> penalty;
    for (Index j : columns_) penalty.push_back(ridge * square(Interval(scale_(j))));
    const Rows rows(X_, network_.targets(), network_.pattern_weights(), network_.offsets(), penalty,
                    traits(network_.options().activation).form);
    if (rows.patterns() == 0) return end(std::move(result), "every input is zero");
    const SignTest signs(rows, watch_.stop());
    const int n = rows.weights();
    Region region;
    if (options_.box) {
      for (int j = 0; j < n; ++j)
        region.box[static_cast<std::size_t>(j)] =
            Interval(options_.box->low(j), options_.box->high(j)) / rows.scale(j);
      region.reason = "the box was given";
    } else {
      region = find_region(rows, signs, watch_.stop());
      if (!is_full)
        region.reason +=
            "; the columns of X depend on each other, the region is that of the "
            "independent ones, and weights are those of least norm";
    }
    result.region_holds_all = region.holds_all;
    result.region_reason = region.reason;
    for (int j = 0; j < n; ++j) {
      const Interval side = region.box[static_cast<std::size_t>(j)] * rows.scale(j);
      const Index column = columns_[static_cast<std::size_t>(j)];
      result.region.low(column) = side.lower();
      result.region.high(column) = side.upper();
    }
    if (options_.box) result.region = *options_.box;

    Bases bases(rows);
    std::vector<exhaustive::Contribution> contributions;
    exhaustive::Harvest<Cell, Found> harvest;
    if (!region.is_empty) {
      contributions = exhaustive::contributions_of(rows);
      harvest = exhaustive::branch_and_bound<Found>(
          Examiner::cell_of(rows, bases, region.box),
          [&] { return Examiner(rows, signs, contributions, bases); }, options_, watch_);
    }
    long doubtful = 0;
    std::vector<Found> found = distinct(rows, std::move(harvest.found), doubtful);
    for (const Found& point : found)
      if (is_in(point, region.box, n)) result.points.push_back(report(rows, point));
    std::stable_sort(
        result.points.begin(), result.points.end(),
        [](const StationaryPoint& a, const StationaryPoint& b) { return a.energy < b.energy; });
    list_undecided(rows, harvest.undecided, result);
    result.undecided_count += doubtful;
    return end(std::move(result), "");
  }

 private:
  static bool is_in(const Found& point, const Point& box, int n) {
    for (std::size_t j = 0; j < static_cast<std::size_t>(n); ++j)
      if (!overlap(point.weights[j], box[j])) return false;
    return true;
  }

  /// Why the columns that are left do not stand for all: they depend on each other only up to rounding.
  [[nodiscard]] std::optional<std::string> rank_mismatch() const {
    const Index n = network_.unknowns();
    if (n == network_.patterns()) return std::nullopt;  // No rank is higher.
#ifdef TAUTRACK_WITH_FLINT
    const Index rank = proof::exact_rank(network_.inputs());
    if (rank == n) return std::nullopt;
    return "an exhaustive search takes the numbers of X exactly, so that its rank is " +
           std::to_string(rank) + ", but only " + std::to_string(n) +
           " columns are independent to rank_tolerance";
#else
    return "an exhaustive search of dependent columns needs the library FLINT";
#endif
  }

  /// The user's weights of the independent columns, zero for the others.
  Vector spread(const Vector& w) const {
    Vector all = Vector::Zero(s_);
    for (std::size_t j = 0; j < columns_.size(); ++j) all(columns_[j]) = w(static_cast<Index>(j));
    return all;
  }

  StationaryPoint report(const Rows& rows, const Found& found) {
    const int n = rows.weights();
    Vector w(n);
    Interval squares(0.0);
    for (int j = 0; j < n; ++j) {
      const Interval weight = found.weights[static_cast<std::size_t>(j)] * rows.scale(j);
      w(j) = proof::middle(weight);
      squares += square(Interval(std::max(proof::magnitude(weight - w(j)), 0.0)));
    }
    StationaryPoint point;
    point.radius = sqrt(squares).upper();
    point.weights = spread(w);
    const Vector v = network_.coordinates(point.weights);
    if (n < s_) {
      point.weights = network_.weights(v);
      // The map to the weights of least norm is a projection, computed with some rounding.
      point.radius += kProjection * point.weights.norm();
    }
    point.morse_index = found.morse_index;
    point.kind = kind_of(point.morse_index, n);
    set_values(rows, found, v, point);
    point.status = PointStatus::certified;
    point.found_by = "exhaustive search";
    return point;
  }

  /// Energy and eigenvalues: in ball arithmetic at the point itself, which the rounded weights may be far from in
  /// node inputs; without it in double, and no eigenvalues where their signs are not those that are proven.
  void set_values(const Rows& rows, const Found& found, const Vector& v, StationaryPoint& point) {
    const int n = rows.weights();
    Matrix basis(n, n);
    Vector inputs(n);
    for (int i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      for (int j = 0; j < n; ++j) basis(i, j) = rows.row(found.basis->rows[k])[j] / rows.scale(j);
      inputs(i) = proof::middle(found.solution[k]);
    }
    if (!prover_) prover_.emplace(independent_network(), CertifyOptions{});
    if (std::optional<PointValues> values =
            prover_->values_where(basis, inputs, found.morse_index)) {
      point.eigenvalues = std::move(values->eigenvalues);
      point.energy = values->energy;
      return;
    }
    Perceptron::Workspace work(network_);
    Vector H(n), H_tau(n);
    Matrix H_v(n, n);
    network_.derivatives(v, 1.0, work, H, H_v, H_tau);
    point.energy = network_.energy(v, 1.0, work);
    point.eigenvalues = symmetric_eigenvalues(H_v).eigenvalues();
    if ((point.eigenvalues.array() < 0.0).count() != found.morse_index ||
        (point.eigenvalues.array() > 0.0).count() != n - found.morse_index)
      point.eigenvalues.resize(0);
  }

  /// The same network of the independent columns: coordinates of node inputs do not know the others.
  [[nodiscard]] Perceptron independent_network() const {
    if (static_cast<Index>(columns_.size()) == s_) return network_;
    Problem problem = make_problem(X_, network_.targets(), "y", {}, network_.pattern_weights());
    problem.offset = network_.offsets();
    return Perceptron(std::move(problem), network_.options());
  }

  void list_undecided(const Rows& rows, const std::vector<Cell>& cells,
                      SearchResult& result) const {
    std::vector<exhaustive::SizedBox> boxes;
    for (const Cell& cell : cells) {
      const Point box = Examiner::box_of(rows, cell);
      Vector low(rows.weights()), high(rows.weights());
      double size = 0.0;
      for (int j = 0; j < rows.weights(); ++j) {
        const Interval side = box[static_cast<std::size_t>(j)] * rows.scale(j);
        low(j) = side.lower();
        high(j) = side.upper();
        size = std::max(size, proof::width_of(box[static_cast<std::size_t>(j)]));
      }
      boxes.emplace_back(size, Box{spread(low), spread(high)});
    }
    exhaustive::list_undecided(std::move(boxes), options_.max_undecided, result);
  }

  /// @param refusal Why nothing was searched; empty when it was.
  SearchResult end(SearchResult result, const std::string& refusal) const {
    exhaustive::sum_up(watch_, refusal, result);
    return result;
  }

  SearchOptions options_;
  const Perceptron& network_;
  exhaustive::Watch watch_;
  Index s_;
  std::vector<Index> columns_;
  Matrix X_;
  Vector scale_;
  std::optional<Prover> prover_;  ///< Made for the first point.
};

}  // namespace

std::optional<std::string> SearchOptions::invalid_reason() const {
  if (!(seconds > 0.0)) return "seconds must be > 0, got " + number(seconds);
  if (!(max_boxes > 0)) return "max_boxes must be > 0, got " + std::to_string(max_boxes);
  if (!(threads >= 1)) return "threads must be >= 1, got " + std::to_string(threads);
  if (box) {
    if (box->low.size() != box->high.size())
      return "the two corners of box must have the same size, got " +
             std::to_string(box->low.size()) + " and " + std::to_string(box->high.size());
    for (Index j = 0; j < box->low.size(); ++j)
      if (!(box->low(j) <= box->high(j)) || !std::isfinite(box->low(j)) ||
          !std::isfinite(box->high(j)))
        return "box must have finite numbers low <= high, got " + number(box->low(j)) + " and " +
               number(box->high(j)) + " for weight " + std::to_string(j + 1);
  }
  return std::nullopt;
}

SearchResult search_exhaustively(const Perceptron& network, const SearchOptions& options) {
  checked(options);
  if (options.box && options.box->low.size() != network.columns())
    throw std::invalid_argument("box must have one side for each of the " +
                                std::to_string(network.columns()) + " weights, got " +
                                std::to_string(options.box->low.size()));
  network.need_all_patterns("an exhaustive search");
  return Search(network, options).run();
}

}  // namespace tautrack
