#include "tautrack/infinity/strata.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/products.hpp"
#include "core/text.hpp"
#include "infinity/arrangement.hpp"
#include "infinity/criterion.hpp"
#include "infinity/falling_direction.hpp"
#include "infinity/free_minima.hpp"
#include "infinity/patterns.hpp"
#include "infinity/stratum.hpp"

namespace tautrack {

namespace {

using infinity::Arrangement;
using infinity::Cone;
using infinity::Face;
using infinity::Patterns;
using infinity::Verdict;

/// Strata are enumerated up to this rank of X; the number of faces is of order L^(rank - 1).
constexpr Index kMostRank = 3;

constexpr const char* kFoundBy = "enumeration of strata";

/// Enumeration of the faces of the arrangement of one problem.
class Enumeration {
 public:
  Enumeration(const Perceptron& network, const Patterns& patterns, long max_strata,
              const StopCondition& stop)
      : network_(network),
        patterns_(patterns),
        max_strata_(max_strata),
        stop_(stop),
        arrangement_(infinity::arrangement_of(patterns.rows)),
        minima_of_plane_(static_cast<std::size_t>(arrangement_.planes())) {}

  void run(StrataResult& result) {
    const char* interrupted = nullptr;
    result.complete = infinity::for_each_face(arrangement_, [&](const Face& face) {
      if (result.strata >= max_strata_) interrupted = "max_strata was reached";
      if (stop_.is_met()) interrupted = stop_.reason();
      if (interrupted != nullptr) return false;
      ++result.strata;
      look_at(face, result);
      return true;
    });
    std::stable_sort(
        result.infima.begin(), result.infima.end(),
        [](const InfinitePoint& a, const InfinitePoint& b) { return a.energy < b.energy; });
    // What the last one looked at came to may be less than there is.
    if (result.complete && stop_.is_met()) {
      result.complete = false;
      interrupted = stop_.reason();
    }
    if (result.complete && is_doubtful_) {
      result.complete = false;
      interrupted = "rows of X are too near to depending on each other";
    }
    result.message = result.complete
                         ? "all strata at infinity were looked at"
                         : std::string("not all strata at infinity were looked at: ") + interrupted;
    if (result.searched > 0)
      result.message +=
          "; problems of free patterns that have two weights were searched for minima from many "
          "starts, "
          "which may miss some";
  }

 private:
  void look_at(const Face& face, StrataResult& result) {
    std::vector<int> signs(static_cast<std::size_t>(patterns_.count()));
    for (std::size_t g = 0; g < signs.size(); ++g) {
      const int sign = face.signs[static_cast<std::size_t>(arrangement_.plane[g])];
      signs[g] = arrangement_.coefficient(static_cast<Index>(g)) > 0.0 ? sign : -sign;
    }
    Cone cone = infinity::cone_of(patterns_, signs, face.kernel);
    cone.inside = transposed_times(face.kernel, face.inside);
    if (cone.excess.size() == 0 ||
        (!face.free.empty() && face.kernel.cols() == network_.unknowns())) {
      // Rows are so near to dependent ones that none moves, or that some move and do not.
      is_doubtful_ = true;
      return;
    }
    if (!result.no_finite_point && cone.excess.minCoeff() >= 0.0)
      result.no_finite_point =
          infinity::falls_everywhere(network_, patterns_, signs, network_.weights(face.inside));
    const Verdict verdict = infinity::judge(cone, network_.options().activation, stop_);
    if (verdict.local_infimum == false) return;
    for (const Vector& v : free_minima(face, result)) {
      InfinitePoint point;
      point.direction = network_.weights(face.inside).normalized();
      point.signs = infinity::pattern_signs(patterns_, signs);
      const Vector moving = moving_inputs(v);
      point.weights = least_norm_weights(face, moving);
      point.energy = infinity::limit_energy(network_, point.signs,
                                            moving + infinity::inputs_without_weights(network_));
      point.local_infimum = verdict.local_infimum;
      point.reason = verdict.reason;
      point.found_by = kFoundBy;
      result.infima.push_back(std::move(point));
    }
  }

  /// The rows of the planes as a network in the coordinates `basis' v`, n x k.
  [[nodiscard]] Perceptron free_network(const std::vector<Index>& planes,
                                        const Matrix& basis) const {
    std::vector<Index> groups;
    for (Index g = 0; g < patterns_.count(); ++g)
      if (std::binary_search(planes.begin(), planes.end(),
                             arrangement_.plane[static_cast<std::size_t>(g)]))
        groups.push_back(g);
    PerceptronOptions options = network_.options();
    options.ridge = 0.0;
    Problem problem = make_problem(product(rows_of(patterns_.rows, groups), basis),
                                   entries_of(patterns_.targets, groups), network_.name(), {},
                                   entries_of(patterns_.weights, groups));
    if (patterns_.offsets.size() > 0) problem.offset = entries_of(patterns_.offsets, groups);
    return Perceptron(std::move(problem), options);
  }

  /// n.v at the minima of the rows of one plane with normal n.
  const std::vector<double>& minima_of(Index plane) {
    std::optional<std::vector<double>>& known = minima_of_plane_[static_cast<std::size_t>(plane)];
    if (!known)
      known =
          infinity::minima_of_one_weight(free_network({plane}, arrangement_.normals.col(plane)));
    return *known;
  }

  /// v in the span of the free rows, at the local minima of their energy.
  std::vector<Vector> free_minima(const Face& face, StrataResult& result) {
    const Matrix& normals = arrangement_.normals;
    if (face.free.empty()) return {Vector::Zero(normals.rows())};
    std::vector<Vector> minima;
    if (face.free.size() == 1) {
      for (const double t : minima_of(face.free[0]))
        minima.emplace_back(t * normals.col(face.free[0]));
      return minima;
    }
    if (face.free.size() == 2) {  // the rows of one plane do not see the other
      const Matrix inverse = pseudo_inverse(normals(Eigen::all, face.free).transpose());
      for (const double a : minima_of(face.free[0]))
        for (const double b : minima_of(face.free[1]))
          minima.push_back(times(inverse, Eigen::Vector2d(a, b)));
      return minima;
    }
    const auto [known, is_new] = minima_of_planes_.try_emplace(face.free);
    if (is_new) {
      const Matrix basis = infinity::null_space(face.kernel.transpose());
      ++result.searched;
      for (const Vector& c : infinity::minima_of_two_weights(free_network(face.free, basis), stop_))
        known->second.push_back(times(basis, c));
    }
    return known->second;
  }

  /// L, X w for weights with coordinates v; 0 for zero rows.
  [[nodiscard]] Vector moving_inputs(const Vector& v) const {
    Vector inputs = Vector::Zero(network_.patterns());
    const Vector of_groups = times(patterns_.rows, v);
    for (Index i = 0; i < inputs.size(); ++i) {
      const auto k = static_cast<std::size_t>(i);
      if (patterns_.group[k] >= 0)
        inputs(i) = patterns_.orientation[k] * of_groups(patterns_.group[k]);
    }
    return inputs;
  }

  /// w of least norm with x_i w = inputs_i on the free patterns. Two of them give all, if they are
  /// as far from parallel as any.
  [[nodiscard]] Vector least_norm_weights(const Face& face, const Vector& inputs) const {
    std::vector<Index> rows;
    Index second = -1;
    double widest = 0.0;
    for (const Index plane : face.free) {
      const double sine = std::abs(1.0 - std::abs(arrangement_.normals.col(plane).dot(
                                             arrangement_.normals.col(face.free[0]))));
      if (sine > widest) {
        widest = sine;
        second = plane;
      }
    }
    for (const Index plane : {face.free.empty() ? Index{-1} : face.free[0], second}) {
      for (Index i = 0; plane >= 0 && i < inputs.size(); ++i) {
        const Index g = patterns_.group[static_cast<std::size_t>(i)];
        if (g >= 0 && arrangement_.plane[static_cast<std::size_t>(g)] == plane) {
          rows.push_back(i);
          break;
        }
      }
    }
    if (rows.empty()) return Vector::Zero(network_.columns());
    Matrix A = rows_of(network_.inputs(), rows);
    const Vector length = A.rowwise().stableNorm();
    A = length.cwiseInverse().asDiagonal() * A;
    return least_squares(A, entries_of(inputs, rows).cwiseQuotient(length));
  }

  const Perceptron& network_;
  const Patterns& patterns_;
  long max_strata_;
  const StopCondition& stop_;
  Arrangement arrangement_;
  bool is_doubtful_ = false;
  std::vector<std::optional<std::vector<double>>> minima_of_plane_;
  std::map<std::vector<Index>, std::vector<Vector>> minima_of_planes_;
};

/// Both ends that the one direction without a ridge penalty leads to.
StrataResult ends_with_ridge(const Perceptron& network, Index column) {
  StrataResult result;
  result.complete = true;
  for (const int side : {1, -1}) {
    ++result.strata;
    const int sign = network.inputs()(0, column) > 0.0 ? side : -side;
    const std::vector<int> signs(static_cast<std::size_t>(network.patterns()), sign);
    const InfimumTest test = test_infimum(network, signs);
    if (!test.is_stratum || test.local_infimum == false) continue;
    for (InfinitePoint& limit : infinity::limits_on_stratum(network, signs, test, {})) {
      limit.found_by = kFoundBy;
      result.infima.push_back(std::move(limit));
    }
  }
  if (result.infima.size() == 2 && result.infima[1].energy < result.infima[0].energy)
    std::swap(result.infima[0], result.infima[1]);
  result.message = "the ridge penalty leaves one direction free: both of its ends were looked at";
  return result;
}

}  // namespace

std::optional<std::string> StrataOptions::invalid_reason() const {
  if (!(max_strata > 0)) return "max_strata must be > 0, got " + std::to_string(max_strata);
  if (!(seconds > 0.0)) return "seconds must be > 0, got " + number(seconds);
  return std::nullopt;
}

StrataResult enumerate_strata(const Perceptron& network, const StrataOptions& options) {
  checked(options);
  network.need_all_patterns("an enumeration of strata");
  const StopCondition stop = options.stop.within(options.seconds);
  StrataResult result;
  if (network.options().ridge > 0.0) {
    const std::optional<Index> column = infinity::unpenalised_column(network);
    if (column) return ends_with_ridge(network, *column);
    result.none_exists = true;
    result.complete = true;
    result.message = "with a ridge term no infimum is at infinite weights";
    return result;
  }
  const Range ends = range(network.options().activation);
  const Vector& y = network.targets();
  // The means of equal rows are then inside, too.
  bool all_interior = (y.array() > ends.low).all() && (y.array() < ends.high).all();
  Patterns patterns;
  if (!all_interior) {
    patterns = infinity::patterns_of(network);
    all_interior = true;
    for (Index g = 0; g < patterns.count(); ++g)
      all_interior = all_interior && patterns.is_interior(g);
  }
  if (all_interior) {
    result.none_exists = true;
    result.complete = true;
    result.message =
        "all targets are inside the range of the network: no infimum is at infinite weights";
    return result;
  }
  result.no_finite_point = infinity::has_no_finite_point(network, patterns, stop);
  if (network.unknowns() <= kMostRank) {
    Enumeration(network, patterns, options.max_strata, stop).run(result);
  } else {
    result.message = "the limits at infinity were not enumerated, which is done up to rank " +
                     std::to_string(kMostRank) + ", and the rank of X is " +
                     std::to_string(network.unknowns());
    if (!result.no_finite_point && stop.is_met())
      result.message +=
          std::string("; whether there is any finite point was not settled, as ") + stop.reason();
  }
  return result;
}

}  // namespace tautrack
