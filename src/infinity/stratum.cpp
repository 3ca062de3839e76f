#include "infinity/stratum.hpp"

#include <cassert>
#include <cmath>
#include <utility>

#include "core/decompositions.hpp"
#include "core/products.hpp"
#include "infinity/criterion.hpp"
#include "infinity/linear_programme.hpp"
#include "infinity/patterns.hpp"

namespace tautrack {

namespace {

using infinity::Cone;
using infinity::Patterns;
using infinity::Verdict;

/// Node inputs along a direction below this part of the largest one are zero: curves are left while
/// they still bend a little.
constexpr double kFree = 1e-6;

/// Pivots of rows of the orthonormal coordinates below this part of the largest are rounding.
constexpr double kDependent = 1e-10;

constexpr const char* kRidge = "the ridge penalty grows without bound in this direction";
constexpr const char* kNoDirection =
    "no direction of the weights saturates the patterns with these signs";
constexpr const char* kNoSolver =
    "whether the signs are those of a direction takes a linear programme, and the library was "
    "built without Clp";

/// v in the unit box with B v >= t, t as large as possible, rows of B scaled to length one; nothing
/// if not all rates are above kOpen.
std::optional<Vector> deepest_direction(const Matrix& B, const StopCondition& stop) {
  const Index d = B.cols();
  const Matrix rows = unit_rows(B);
  Matrix A(B.rows(), d + 1);
  A << rows, Vector::Constant(B.rows(), -1.0);
  infinity::LinearProgramme programme(A, Vector::Zero(B.rows()), 1.0);
  const infinity::LinearSolution solution = programme.minimise(-Vector::Unit(d + 1, d), stop);
  if (!solution.optimal) return std::nullopt;
  Vector v = solution.x.head(d);
  if (!(times(rows, v).minCoeff() > infinity::kOpen)) return std::nullopt;
  return v;
}

/// One test. The signs are those of groups of patterns.
class StratumTest {
 public:
  StratumTest(const Perceptron& network, const Patterns& patterns, const std::vector<int>& signs,
              const StopCondition& stop)
      : network_(network), patterns_(patterns), signs_(signs), stop_(stop) {
    test_.reason = kNoDirection;
  }

  /// @param known A direction that realises the signs, or null.
  InfimumTest run(const Vector* known) {
    if (!find_span()) return std::move(test_);
    if (network_.options().ridge > 0.0 && look_along_unpenalised()) return std::move(test_);
    cone_ = infinity::cone_of(patterns_, signs_, kernel_);
    if (!find_inside(known)) return std::move(test_);
    test_.is_stratum = true;
    test_.direction = in_user_units(cone_.inside);
    Verdict verdict{false, kRidge, cone_.inside};
    if (!(network_.options().ridge > 0.0))
      verdict = infinity::judge(cone_, network_.options().activation, stop_);
    take(std::move(verdict));
    return std::move(test_);
  }

 private:
  /// The span of the directions that leave the free patterns alone, if it moves all others.
  bool find_span() {
    std::vector<Index> free, saturated;
    for (std::size_t g = 0; g < signs_.size(); ++g)
      (signs_[g] == 0 ? free : saturated).push_back(static_cast<Index>(g));
    if (saturated.empty()) return false;
    kernel_ = infinity::null_space(rows_of(patterns_.rows, free));
    if (kernel_.cols() == 0) return false;
    for (const Index g : saturated) {
      const Vector row = patterns_.rows.row(g);
      if (!(transposed_times(kernel_, row).norm() > infinity::kInSpan * row.norm())) return false;
    }
    is_vertex_ = free.empty();
    return true;
  }

  /// Whether all patterns are on one side of a constant column without a penalty: then its
  /// direction realises the signs, and is judged.
  bool look_along_unpenalised() {
    const std::optional<Index> column = infinity::unpenalised_column(network_);
    if (!column || !is_vertex_) return false;
    Vector w = Vector::Unit(network_.columns(), *column);
    const Cone along = infinity::cone_of(patterns_, signs_, network_.coordinates(w));
    if (along.rates.maxCoeff() < 0.0)
      w = -w;
    else if (!(along.rates.minCoeff() > 0.0))
      return false;
    Verdict verdict = infinity::judge_with_ridge(along, network_.has_offset());
    test_.is_stratum = true;
    test_.direction = w;
    test_.local_infimum = verdict.local_infimum;
    test_.reason = std::move(verdict.reason);
    if (test_.local_infimum == false) test_.way_in = w;
    return true;
  }

  /// A direction in the open cone, if there is one.
  bool find_inside(const Vector* known) {
    if (kernel_.cols() == 1) {
      if (cone_.rates.maxCoeff() < 0.0) {
        kernel_ = -kernel_;
        cone_.rates = -cone_.rates;
      }
      cone_.inside = Vector::Ones(1);
      return cone_.rates.minCoeff() > 0.0;
    }
    if (known != nullptr) {
      cone_.inside = transposed_times(kernel_, *known);
      return times(cone_.rates, cone_.inside).minCoeff() > 0.0;
    }
    if (!can_solve_linear_programmes()) {
      test_.reason = kNoSolver;
      return false;
    }
    const std::optional<Vector> inside = deepest_direction(cone_.rates, stop_);
    if (inside) cone_.inside = *inside;
    return inside.has_value();
  }

  void take(Verdict verdict) {
    test_.local_infimum = verdict.local_infimum;
    test_.reason = std::move(verdict.reason);
    if (test_.local_infimum == false) test_.way_in = in_user_units(verdict.way_in);
  }

  [[nodiscard]] Vector in_user_units(const Vector& v) const {
    return network_.weights(times(kernel_, v)).normalized();
  }

  const Perceptron& network_;
  const Patterns& patterns_;
  const std::vector<int>& signs_;
  const StopCondition& stop_;
  bool is_vertex_ = false;  ///< No pattern is free.
  Matrix kernel_;           ///< n x d
  Cone cone_;
  InfimumTest test_;
};

/// @param known A direction (n) that realises the signs, or null.
InfimumTest test_signs(const Perceptron& network, const Patterns& patterns,
                       const std::vector<int>& signs, const Vector* known,
                       const StopCondition& stop) {
  assert(static_cast<Index>(signs.size()) == network.patterns());
  const std::optional<std::vector<int>> of_groups = infinity::group_signs(patterns, signs);
  if (of_groups) return StratumTest(network, patterns, *of_groups, stop).run(known);
  InfimumTest test;
  test.reason = kNoDirection;
  return test;
}

}  // namespace

bool can_solve_linear_programmes() noexcept { return infinity::have_linear_programmes(); }

InfimumTest test_infimum(const Perceptron& network, const std::vector<int>& signs) {
  return test_signs(network, infinity::patterns_of(network), signs, nullptr, {});
}

namespace infinity {

Matrix directions_leaving(const Matrix& A, const std::vector<Index>& patterns) {
  return patterns.empty() ? Matrix(Matrix::Identity(A.cols(), A.cols()))
                          : kernel_of(rows_of(A, patterns), kDependent);
}

InfimumTest test_infimum_along(const Perceptron& network, const std::vector<int>& signs,
                               const Vector& direction) {
  return test_signs(network, patterns_of(network), signs, &direction, {});
}

std::vector<int> signs_at(const Perceptron& network, const Vector& weights,
                          const Vector& direction) {
  std::vector<int> signs = signs_along(network, direction);
  const Vector inputs = times(network.inputs(), weights);
  for (std::size_t i = 0; i < signs.size(); ++i) {
    const auto row = static_cast<Index>(i);
    if (signs[i] != 0) signs[i] = inputs(row) + network.offset(row) > 0.0 ? 1 : -1;
  }
  return signs;
}

std::vector<int> signs_along(const Perceptron& network, const Vector& direction) {
  const Vector along = times(network.inputs(), direction);
  const double largest = along.cwiseAbs().maxCoeff();
  std::vector<int> signs(static_cast<std::size_t>(along.size()), 0);
  for (Index i = 0; i < along.size(); ++i)
    if (std::abs(along(i)) > kFree * largest)
      signs[static_cast<std::size_t>(i)] = along(i) > 0.0 ? 1 : -1;
  return signs;
}

Vector inputs_without_weights(const Perceptron& network) {
  return network.has_offset() ? network.offsets() : Vector::Zero(network.patterns());
}

double energy_of(const Perceptron& network, Index i, double output) {
  const double r = output - network.targets()(i);
  return 0.5 * network.pattern_weights()(i) * r * r;
}

double limit_energy(const Perceptron& network, const std::vector<int>& signs,
                    const Vector& inputs) {
  const Activation activation = network.options().activation;
  const Range ends = range(activation);
  double energy = 0.0;
  for (Index i = 0; i < network.patterns(); ++i) {
    const int sign = signs[static_cast<std::size_t>(i)];
    energy += energy_of(network, i,
                        sign == 0  ? evaluate(activation, inputs(i)).value
                        : sign > 0 ? ends.high
                                   : ends.low);
  }
  return energy;
}

std::optional<Problem> free_problem(const Perceptron& network, const std::vector<int>& signs,
                                    const Matrix& X) {
  std::vector<Index> free;
  for (std::size_t i = 0; i < signs.size(); ++i)
    if (signs[i] == 0) free.push_back(static_cast<Index>(i));
  Matrix rows = rows_of(X, free);
  if (rows.isZero(0.0)) return std::nullopt;
  Problem problem = make_problem(std::move(rows), entries_of(network.targets(), free),
                                 network.name(), {}, entries_of(network.pattern_weights(), free));
  if (network.has_offset()) problem.offset = entries_of(network.offsets(), free);
  return problem;
}

std::optional<Index> unpenalised_column(const Perceptron& network) {
  if (!network.options().ridge_standardised) return std::nullopt;
  const Matrix& X = network.inputs();
  for (Index j = 0; j < X.cols(); ++j)
    if ((X.col(j).array() == X(0, j)).all() && X(0, j) != 0.0) return j;
  return std::nullopt;
}

InfimumTest test_infimum(const Perceptron& network, const Patterns& patterns,
                         const std::vector<int>& signs, const StopCondition& stop) {
  return test_signs(network, patterns, signs, nullptr, stop);
}

bool attracts(const Perceptron& network, const Patterns& patterns, const std::vector<int>& signs,
              const Vector& weights) {
  const std::optional<std::vector<int>> of_groups = group_signs(patterns, signs);
  if (!of_groups) return false;
  // Of this one direction: as if the node inputs went on as they stand to each other.
  Cone ray = cone_of(patterns, *of_groups, network.coordinates(weights));
  ray.inside = Vector::Ones(1);
  return ray.rates.size() > 0 && ray.rates.minCoeff() > 0.0 &&
         judge(ray, network.options().activation, {}).local_infimum == true;
}

std::vector<InfinitePoint> limits_on_stratum(const Perceptron& network,
                                             const std::vector<int>& signs, const InfimumTest& test,
                                             const MinimaOf& minima_of) {
  InfinitePoint limit;
  limit.direction = test.direction;
  limit.signs = signs;
  limit.local_infimum = test.local_infimum;
  limit.reason = test.reason;
  std::optional<Problem> rest = free_problem(network, signs, network.inputs());
  if (!rest) {
    limit.weights = Vector::Zero(network.columns());
    limit.energy = limit_energy(network, signs, inputs_without_weights(network));
    return {limit};
  }
  PerceptronOptions options = network.options();
  options.ridge = 0.0;
  const Range ends = range(options.activation);
  double saturated = 0.0;
  for (Index i = 0; i < network.patterns(); ++i)
    if (const int sign = signs[static_cast<std::size_t>(i)]; sign != 0)
      saturated += energy_of(network, i, sign > 0 ? ends.high : ends.low);
  std::vector<InfinitePoint> limits;
  for (const StationaryPoint& minimum : minima_of(Perceptron(*std::move(rest), options))) {
    limit.weights = minimum.weights;
    limit.energy = minimum.energy + saturated;
    limits.push_back(limit);
  }
  return limits;
}

}  // namespace infinity

}  // namespace tautrack
