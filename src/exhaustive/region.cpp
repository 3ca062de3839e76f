#include "exhaustive/region.hpp"

#include <numeric>

#include "core/text.hpp"
#include "proof/determinant.hpp"
#include "proof/sigmoid.hpp"

namespace tautrack::exhaustive {

namespace {

/// Subsystems that are looked at for the hull of their solutions.
constexpr double kMostSubsystems = 3e6;

/// Node inputs that the box reaches where nothing bounds the stationary points.
constexpr double kInputs = 50.0;

/// A row joins the independent ones if more than this part of it is orthogonal to them.
constexpr double kIndependent = 1e-3;

/// Room on the sides of a box relative to its width, to its size, and at least.
constexpr double kOfWidth = 1e-3, kOfSize = 1e-6, kLeastRoomOfBox = 1e-9;

/// Subsets of size n among m.
double binomial(int m, int n) {
  double count = 1.0;
  for (int k = 0; k < n; ++k) count = count * (m - k) / (k + 1);
  return count;
}

/// The hull of the solutions of all n x n subsystems x_i.w = theta_i; nothing, too, when the time is up.
std::optional<Point> hull_of_vertices(const Rows& rows, const std::vector<int>& members,
                                      const StopCondition& stop) {
  const int n = rows.weights();
  if (binomial(static_cast<int>(members.size()), n) > kMostSubsystems) return std::nullopt;
  Point box;
  bool is_first = true;
  std::vector<std::size_t> chosen(static_cast<std::size_t>(n));
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  std::array<int, kMaxWeights> basis{};
  for (bool more = true; more;) {
    if (stop.is_met()) return std::nullopt;
    for (std::size_t k = 0; k < chosen.size(); ++k) basis[k] = members[chosen[k]];
    if (const auto inverse = proof::enclose_inverse(rows.pointers(basis))) {
      for (int j = 0; j < n; ++j) {
        Interval w(0.0);
        for (int k = 0; k < n; ++k)
          w += (*inverse)[static_cast<std::size_t>(j * n + k)] *
               *rows.root(basis[static_cast<std::size_t>(k)]);
        Interval& side = box[static_cast<std::size_t>(j)];
        if (!is_finite(w)) return std::nullopt;
        side = is_first ? w : hull(side, w);
      }
      is_first = false;
    }
    more = false;
    for (std::size_t k = chosen.size(); k-- > 0;) {
      if (chosen[k] + (chosen.size() - k) < members.size()) {
        ++chosen[k];
        for (std::size_t l = k + 1; l < chosen.size(); ++l) chosen[l] = chosen[l - 1] + 1;
        more = true;
        break;
      }
    }
  }
  if (is_first) return std::nullopt;
  return box;
}

/// 3 of find_region().
std::optional<Point> ridge_box(const Rows& rows) {
  Interval work(0.0);
  const double moment = proof::largest_moment(rows.sigmoid().shape());
  // S' <= 1, so that |x_i.w| S'(u) <= m + |offset|.
  for (int i = 0; i < rows.patterns(); ++i)
    work += rows.factor(i) * ((moment + abs(rows.offset(i))) * (1.0 + abs(rows.target(i).value)));
  Point box;
  for (int j = 0; j < rows.weights(); ++j) {
    if (!(rows.linear(j).lower() > 0.0)) return std::nullopt;
    const double radius = sqrt(work / rows.linear(j)).upper();
    box[static_cast<std::size_t>(j)] = {-radius, radius};
  }
  return box;
}

/// { |u_b| <= 50 }, offsets included, for the independent rows of smallest norm.
Point default_box(const Rows& rows) {
  const int n = rows.weights();
  std::vector<int> order(static_cast<std::size_t>(rows.patterns()));
  std::iota(order.begin(), order.end(), 0);
  const auto norm = [&](int i) {
    return Eigen::Map<const Vector>(rows.row(i), rows.weights()).norm();
  };
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    const double norm_a = norm(a), norm_b = norm(b);
    return norm_a != norm_b ? norm_a < norm_b : a < b;
  });
  // Greedy Gram-Schmidt; rows nearly in the span of shorter ones are passed over.
  Matrix directions(n, 0);
  std::array<int, kMaxWeights> members{};
  for (const int i : order) {
    const Eigen::Map<const Vector> x(rows.row(i), n);
    Vector rest = x - directions * (directions.transpose() * x);
    rest -= directions * (directions.transpose() * rest);
    if (!(rest.norm() > kIndependent * x.norm())) continue;
    members[static_cast<std::size_t>(directions.cols())] = i;
    directions.conservativeResize(Eigen::NoChange, directions.cols() + 1);
    directions.rightCols(1) = rest.normalized();
    if (directions.cols() == n) break;
  }
  Point box;
  box.fill(Interval(-kInputs, kInputs));
  if (directions.cols() < n) return box;
  if (const auto inverse = proof::enclose_inverse(rows.pointers(members))) {
    for (int j = 0; j < n; ++j) {
      Interval w(0.0);
      for (int k = 0; k < n; ++k)
        w += (*inverse)[static_cast<std::size_t>(j * n + k)] *
             (Interval(-kInputs, kInputs) - rows.offset(members[static_cast<std::size_t>(k)]));
      box[static_cast<std::size_t>(j)] = w;
    }
  }
  return box;
}

/// A little more on every side, so that no stationary point lies on one.
void inflate(Point& box, int n) {
  for (int j = 0; j < n; ++j) {
    Interval& side = box[static_cast<std::size_t>(j)];
    side = widened(side, kOfWidth * width_of(side) + kOfSize * magnitude(side) + kLeastRoomOfBox);
  }
}

}  // namespace

Region find_region(const Rows& rows, const SignTest& signs, const StopCondition& stop) {
  Region region;
  std::vector<int> constant(static_cast<std::size_t>(rows.size()), 0);
  std::vector<int> members;
  int beyond = 0;
  for (int i = 0; i < rows.size(); ++i) {
    if (rows.root(i)) {
      members.push_back(i);
    } else if (i < rows.patterns()) {
      constant[static_cast<std::size_t>(i)] = rows.target(i).constant_sign;
      ++beyond;
    }
  }
  if (beyond > 0 && signs.excludes(constant)) {
    region.box = default_box(rows);
    region.holds_all = region.is_empty = true;
    region.reason =
        "the targets are beyond the range of the outputs, and in one direction every pattern "
        "pulls the same way: no weights are stationary";
    return region;
  }
  if (beyond == 0) {
    if (const auto box = hull_of_vertices(rows, members, stop)) {
      region.box = *box;
      inflate(region.box, rows.weights());
      region.holds_all = true;
      region.reason =
          "all targets are inside the range of the outputs, so that a stationary point is a "
          "least-squares solution with some positive weights and lies in the hull of the solutions "
          "of all square subsystems (Jacobi 1841)";
      return region;
    }
  }
  if (const auto box = ridge_box(rows)) {
    region.box = *box;
    inflate(region.box, rows.weights());
    region.holds_all = true;
    region.reason = "every weight is penalised, which bounds all stationary points";
    return region;
  }
  region.box = default_box(rows);
  if (beyond == 0 && stop.is_met()) {
    region.reason = std::string("the bound of the stationary points was left unfinished, as ") +
                    stop.reason() +
                    "; the region holds all weights with node inputs up to 50 for "
                    "independent patterns of small inputs";
    return region;
  }
  region.reason =
      beyond > 0 ? std::to_string(beyond) + (beyond == 1 ? " target is" : " targets are") +
                       " not inside the range of the outputs, so that stationary points may lie "
                       "anywhere; the region holds all weights with node inputs up to 50 for "
                       "independent patterns of small inputs"
                 : "there are too many square subsystems (" +
                       number(binomial(static_cast<int>(members.size()), rows.weights())) +
                       ") to bound the stationary points; the region holds all weights with node "
                       "inputs up to 50 for independent patterns of small inputs";
  return region;
}

}  // namespace tautrack::exhaustive
