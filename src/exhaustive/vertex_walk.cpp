#include "exhaustive/vertex_walk.hpp"

#include <algorithm>
#include <cmath>

#include "core/decompositions.hpp"
#include "core/numbers.hpp"

namespace tautrack::exhaustive {
namespace {

/// Steps for one row; after the first half the first coefficient that may be improved is taken, not the largest (Bland's
/// rule, which does not cycle).
constexpr int kMostPivots = 200;
constexpr double kNegative = -1e-10;  ///< Coefficients above this are not negative.
constexpr double kParallel =
    1e-11;                    ///< Rows are unchanged along a direction that does this to them.
constexpr int kUpdates = 30;  ///< Of the inverse, between factorisations.

}  // namespace

VertexWalk::VertexWalk(const BoundProblem& problem, const Inputs& inputs, const Vector& v)
    : problem_(problem), inputs_(inputs), v_(v), u_(problem.Q * v + problem.shift) {}

std::optional<VertexWalk::Active> VertexWalk::ratio_test(const Vector& d, double& length) {
  along_.noalias() = problem_.Q * d;
  // The end that is met first is the one with the least room / speed; of several at once the one that is crossed fastest.
  // Without divisions; no room that is infinite is less than another.
  const double least = kParallel * d.norm();
  double first_room = kInfinity, first_speed = 0.0;
  Index first = -1;
  for (Index i = 0; i < u_.size(); ++i) {
    const double rate = along_(i), speed = std::abs(rate);
    if (speed <= least) continue;
    const auto k = static_cast<std::size_t>(i);
    const double room =
        std::max(0.0, rate > 0.0 ? inputs_.high[k] - u_(i) : u_(i) - inputs_.low[k]);
    const double own = room * first_speed, other = first_room * speed;
    if (own < other || (own == other && speed > first_speed && room < kInfinity)) {
      first_room = room;
      first_speed = speed;
      first = i;
    }
  }
  if (first < 0) return std::nullopt;
  length = first_room / first_speed;
  return Active{static_cast<std::size_t>(first), along_(first) > 0.0 ? 1 : -1};
}

void VertexWalk::move(const Vector& d, double length) {
  v_ += length * d;
  u_ += length * along_;
}

bool VertexWalk::factor() {
  const Index n = v_.size();
  Matrix B(n, n);
  for (Index k = 0; k < n; ++k)
    B.row(k) = problem_.Q.row(static_cast<Index>(active_[static_cast<std::size_t>(k)].row));
  inverse_ = inverse_of(B);
  updates_ = 0;
  return inverse_.allFinite();
}

bool VertexWalk::find_vertex(const Vector& objective) {
  // Along what is left of the objective in the directions that no active row holds; then along any of these.
  const Index n = v_.size();
  Matrix held(n, 0);
  const auto rest_of = [&](Vector d) {
    for (int twice = 0; twice < 2; ++twice) d -= held * (held.transpose() * d);
    return d;
  };
  active_.clear();
  while (held.cols() < n) {
    Vector d = rest_of(objective);
    const bool is_free = d.norm() <= 1e-9 * objective.norm();
    for (Index j = 0; is_free && j < n; ++j) {
      const Vector other = rest_of(Vector::Unit(n, j));
      if (j == 0 || other.norm() > d.norm()) d = other;
    }
    double length = 0.0;
    auto blocking = ratio_test(d, length);
    if (!blocking && is_free) {
      d = -d;
      blocking = ratio_test(d, length);
    }
    if (!blocking) return false;
    move(d, length);
    const Vector normal = rest_of(problem_.Q.row(static_cast<Index>(blocking->row)).transpose());
    if (!(normal.norm() > 0.0)) return false;
    held.conservativeResize(Eigen::NoChange, held.cols() + 1);
    held.rightCols(1) = normal.normalized();
    active_.push_back(*blocking);
  }
  return factor();
}

std::optional<std::vector<VertexWalk::Active>> VertexWalk::extreme(std::size_t row, int sign) {
  const Index n = v_.size();
  const Vector objective = sign * problem_.Q.row(static_cast<Index>(row)).transpose();
  if (active_.empty() && !find_vertex(objective)) {
    active_.clear();
    return std::nullopt;
  }
  Vector pull(n), d(n);
  for (int pivot = 0; pivot < kMostPivots; ++pivot) {
    pull.noalias() = inverse_.transpose() * objective;
    Index leaves = -1;
    double worst = kNegative * objective.norm();
    for (Index k = 0; k < n; ++k) {
      const double outwards = pull(k) * active_[static_cast<std::size_t>(k)].side;
      if (!(outwards < worst)) continue;
      leaves = k;
      if (pivot >= kMostPivots / 2) break;
      worst = outwards;
    }
    if (leaves < 0) return active_;
    const auto place = static_cast<std::size_t>(leaves);
    d = -active_[place].side * inverse_.col(leaves);
    double length = 0.0;
    const auto blocking = ratio_test(d, length);
    if (!blocking) return std::nullopt;
    move(d, length);
    active_[place] = *blocking;
    if (++updates_ >= kUpdates) {
      if (!factor()) break;
      continue;
    }
    // Row `leaves` of B becomes q: Sherman & Morrison.
    const Vector q = problem_.Q.row(static_cast<Index>(blocking->row)).transpose();
    Eigen::RowVectorXd change = q.transpose() * inverse_;
    const double pivot_size = change(leaves);
    change(leaves) -= 1.0;
    const Vector column = inverse_.col(leaves) / pivot_size;
    inverse_.noalias() -= column * change;
    if (!inverse_.allFinite()) break;
  }
  active_.clear();
  return std::nullopt;
}

}  // namespace tautrack::exhaustive
