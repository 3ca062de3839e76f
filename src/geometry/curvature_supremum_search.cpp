#include "geometry/curvature_supremum_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tautrack/core/line_search.hpp"

#include "core/decompositions.hpp"
#include "core/numbers.hpp"

namespace tautrack::supremum {

namespace {

/// Iterations of the first short ascents, from all points at finite weights and on a limit stratum
/// from so many for each one that is polished, and of the ascents that polish.
constexpr std::size_t kRoughForEach = 2;
constexpr int kRoughIterations = 12, kFineIterations = 300;

/// Steps of the ascent that finds a direction for a point that is looked at.
constexpr int kDirectionSteps = 3;

/// Logarithms of values that are nearer than this belong to one peak.
constexpr double kSamePeak = 1e-9;

constexpr double kGradient = 1e-13;  ///< Of log k; zero to rounding.

/// Of each row the first one of its group: `same` holds in a group, and keys agree to 2 kEqual.
template <class Same>
std::vector<Index> group(const Vector& keys, const Same& same) {
  std::vector<Index> order(static_cast<std::size_t>(keys.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) { return keys(i) < keys(j); });
  std::vector<Index> first(order.size(), -1);
  constexpr double gap = 2.0 * kEqual;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const Index i = order[k];
    Index least = i;
    for (std::size_t back = k; back-- > 0 && keys(i) - keys(order[back]) <= gap;)
      if (same(i, order[back])) least = first[static_cast<std::size_t>(order[back])];
    first[static_cast<std::size_t>(i)] = least;
  }
  return first;
}

/// Whether a b = c d, their doubles taken exactly; false, too, where products come near underflow.
bool are_equal_products(double a, double b, double c, double d) {
  constexpr double least = 1e-290;
  const double ab = a * b, cd = c * d;
  if (ab != cd) return false;
  if (ab == 0.0) return (a == 0.0 || b == 0.0) && (c == 0.0 || d == 0.0);
  return std::abs(ab) > least && std::fma(a, b, -ab) == std::fma(c, d, -cd);
}

/// Whether two rows that are not zero are parallel, their doubles taken exactly.
template <class Row>
bool are_parallel(const Row& x, const Row& y) {
  Index largest = 0;
  x.cwiseAbs().maxCoeff(&largest);
  for (Index j = 0; j < x.size(); ++j)
    if (!are_equal_products(x(largest), y(j), x(j), y(largest))) return false;
  return true;
}

/// The members of groups as consecutive numbers in the order in which they appear; the result holds
/// one member of each.
std::vector<Index> enumerate(std::vector<Index>& group_of) {
  std::vector<Index> number(group_of.size(), -1), members;
  for (std::size_t i = 0; i < group_of.size(); ++i) {
    Index& of_first = number[static_cast<std::size_t>(group_of[i])];
    if (of_first < 0) {
      of_first = static_cast<Index>(members.size());
      members.push_back(static_cast<Index>(i));
    }
    group_of[i] = of_first;
  }
  return members;
}

/// log k(v, a), k = |P_N (f'' (A a)^2)| / |J a|^2, on a stratum, with its gradient.
///
/// With r = P_N q, q = f'' b^2, b = A a, p = J a and beta = J^+ q,
///     d |r|^2 = 2 r.dq - 2 r.(dJ beta),
/// as P_N dJ J^+ is all of dP_N that counts. All rows that do not curve are folded into one triangle.
class Bend {
 public:
  Bend(const Rows& rows, const Flat& flat, double tau)
      : activation_(rows.activation), tau_(tau), span_(flat.span) {
    const Index n = rows.dimension();
    const Index f = static_cast<Index>(flat.free.size());
    if (tau == 1.0 && rows.ridge.rows() < n) farthest_ = largest_input(activation_, tau);
    free_.resize(f, n);
    roots_.resize(f);
    Matrix straight(rows.count() - f + rows.ridge.rows(), n);
    Index to_free = 0, to_straight = 0;
    for (Index i = 0; i < rows.count(); ++i) {
      if (to_free < f && flat.free[static_cast<std::size_t>(to_free)] == i) {
        free_.row(to_free) = rows.A.row(i);
        roots_(to_free++) = rows.roots(i);
      } else {
        straight.row(to_straight++) = rows.roots(i) * (1.0 - tau) * rows.A.row(i);
      }
    }
    straight.bottomRows(rows.ridge.rows()) = rows.ridge;
    if (straight.rows() > n) {
      const Qr qr = householder_qr(straight);
      straight = qr.matrixQR().topRows(n).triangularView<Eigen::Upper>();
    }
    straight_ = straight;
  }

  [[nodiscard]] Index dimension() const { return free_.cols(); }
  [[nodiscard]] const Matrix& free() const { return free_; }
  [[nodiscard]] const Matrix& span() const { return span_; }

  /// Derivatives of the outputs and the tangent space at v. False where it degenerates, and where
  /// slopes without a lower bound are too small for an accurate curvature.
  bool move_to(const Vector& v) {
    const Index f = free_.rows(), n = dimension();
    const Vector u = free_ * v;
    if (!(u.cwiseAbs().maxCoeff() <= farthest_)) return false;
    first_.resize(f);
    second_.resize(f);
    third_.resize(f);
    for (Index i = 0; i < f; ++i) {
      const ActivationValues s = evaluate(activation_, u(i));
      first_(i) = roots_(i) * ((1.0 - tau_) + tau_ * s.first);
      second_(i) = roots_(i) * tau_ * s.second;
      third_(i) = roots_(i) * tau_ * s.third;
    }
    J_.resize(f + straight_.rows(), n);
    J_.topRows(f) = first_.asDiagonal() * free_;
    J_.bottomRows(straight_.rows()) = straight_;
    const Qr qr = householder_qr(J_);
    Q_ = orthogonal_times(qr, Matrix::Identity(J_.rows(), n));
    R_ = qr.matrixQR().topRows(n);
    return v.allFinite() && R_.diagonal().cwiseAbs().minCoeff() >
                                std::numeric_limits<double>::min() * static_cast<double>(n);
  }

  /// v-direction of Q alpha.
  [[nodiscard]] Vector from_frame(const Vector& alpha) const {
    return R_.triangularView<Eigen::Upper>().solve(alpha);
  }

  [[nodiscard]] Matrix frame() const {
    Matrix inverse = Matrix::Identity(dimension(), dimension());
    R_.triangularView<Eigen::Upper>().solveInPlace(inverse);
    return inverse;
  }

  struct Value {
    double log_k = -kInfinity;
    Vector by_v, by_a;
  };

  /// At the point of the last move_to().
  [[nodiscard]] Value evaluate_direction(const Vector& a) const {
    Value value;
    const Index f = free_.rows();
    const Vector b = free_ * a;
    const Vector p = J_ * a;
    Vector q = Vector::Zero(J_.rows());
    q.head(f) = second_.array() * b.array().square();
    const Vector along = Q_.transpose() * q;
    Vector r = q - Q_ * along;
    r -= Q_ * (Q_.transpose() * r);
    const double rr = r.squaredNorm(), pp = p.squaredNorm();
    const double log_k = 0.5 * std::log(rr) - std::log(pp);
    if (!std::isfinite(log_k)) return value;
    const Vector c = free_ * from_frame(along);
    const auto normal = r.head(f).array() / rr;
    const auto tangent = p.head(f).array() / pp;
    const Vector by_u =
        normal * (third_.array() * b.array().square() - second_.array() * c.array()) -
        2.0 * tangent * second_.array() * b.array();
    const Vector by_b = 2.0 * normal * second_.array() * b.array() - 2.0 * tangent * first_.array();
    value.by_v = free_.transpose() * by_u;
    value.by_a = free_.transpose() * by_b;
    value.by_a -= 2.0 / pp * (straight_.transpose() * p.tail(straight_.rows()));
    if (value.by_v.allFinite() && value.by_a.allFinite()) value.log_k = log_k;
    return value;
  }

  /// A direction at the point of the last move_to() that bends much: from the pattern that bends
  /// most on its own, by alternating maximisation over normals and tangents.
  [[nodiscard]] Vector bent_direction() const {
    const Matrix W = free_ * frame();
    const Vector bends = (second_.array() * W.rowwise().squaredNorm().array()).abs();
    Index most = 0;
    bends.maxCoeff(&most);
    Vector alpha = W.row(most).transpose();
    if (!(alpha.norm() > 0.0)) alpha = Vector::Unit(dimension(), 0);
    alpha.normalize();
    if (dimension() == 1) return from_frame(alpha);
    for (int step = 0; step < kDirectionSteps; ++step) {
      Vector q = Vector::Zero(J_.rows());
      q.head(free_.rows()) = second_.array() * (W * alpha).array().square();
      const Vector r = q - Q_ * (Q_.transpose() * q);
      const double length = r.norm();
      if (!(length > 0.0) || !std::isfinite(length)) break;
      const Vector weights = second_.array() * r.head(free_.rows()).array() / length;
      const Matrix shape = W.transpose() * weights.asDiagonal() * W;
      if (!shape.allFinite()) break;
      const SymmetricEigen eigen = symmetric_eigen(shape);
      const Vector& values = eigen.eigenvalues();
      const Index last = dimension() - 1;
      alpha = eigen.eigenvectors().col(std::abs(values(0)) > std::abs(values(last)) ? 0 : last);
    }
    return from_frame(alpha);
  }

 private:
  Activation activation_;
  double tau_;
  double farthest_ = std::numeric_limits<double>::max();  ///< Node input.
  Matrix span_, free_, straight_;
  Vector roots_;
  Vector first_, second_, third_;  ///< Derivatives of the free outputs.
  Matrix J_, Q_, R_;
};

/// A point and a direction.
struct Place {
  double log_k = -kInfinity;
  Vector v, a;
};

/// The function of both in variables that are about equally steep: v = unit * span * x(0, ..., r - 1),
/// a = frame * x(r, ...).
class Hill {
 public:
  Hill(Bend& bend, const Place& start) : bend_(bend) {
    bend_.move_to(start.v);
    frame_ = bend_.frame();
    unit_ = 1.0 / bend_.free().rowwise().norm().maxCoeff();
  }
  [[nodiscard]] Vector at(const Place& place) const {
    Vector x(bend_.span().cols() + frame_.cols());
    x << bend_.span().transpose() * place.v / unit_,
        frame_.triangularView<Eigen::Upper>().solve(place.a);
    return x;
  }
  [[nodiscard]] Place place(const Vector& x, double log_k) const {
    return {log_k, unit_ * (bend_.span() * x.head(bend_.span().cols())),
            frame_ * x.tail(frame_.cols())};
  }
  [[nodiscard]] double evaluate(const Vector& x, Vector& gradient) {
    const Place here = place(x, 0.0);
    if (!here.v.allFinite() || !here.a.allFinite() || !bend_.move_to(here.v)) return -kInfinity;
    const Bend::Value value = bend_.evaluate_direction(here.a);
    if (!(value.log_k > -kInfinity)) return -kInfinity;
    gradient.resize(x.size());
    gradient << unit_ * (bend_.span().transpose() * value.by_v), frame_.transpose() * value.by_a;
    return value.log_k;
  }

 private:
  Bend& bend_;
  Matrix frame_;
  double unit_ = 1.0;
};

/// Ascent by BFGS (Nocedal & Wright, Numerical Optimization, 2006, section 6.1).
Place climb(Bend& bend, const Place& start, int iterations, Budget& budget) {
  Hill hill(bend, start);
  const auto height = [&hill](const Vector& x, Vector& gradient) {
    return hill.evaluate(x, gradient);
  };
  LinePoint here{hill.at(start), {}};
  here.value = hill.evaluate(here.x, here.gradient);
  if (!(here.value > -kInfinity)) return start;
  const Index size = here.x.size();
  Matrix H = Matrix::Identity(size, size);
  bool is_scaled = false;
  for (int k = 0; k < iterations && !budget.is_spent(); ++k) {
    if (!(here.gradient.norm() > kGradient)) break;
    LinePoint next;
    // The first step is at most one unit long.
    const Vector way = is_scaled ? Vector(H * here.gradient)
                                 : Vector(here.gradient / std::max(1.0, here.gradient.norm()));
    if (!search_line(height, here, way, 1.0, next)) {
      if (!is_scaled || H.isIdentity()) break;
      H.setIdentity();
      is_scaled = false;
      if (next.value > here.value) here = next;
      if (++k >= iterations) break;
      if (!search_line(height, here, here.gradient / std::max(1.0, here.gradient.norm()), 1.0,
                       next))
        break;
    }
    const Vector s = next.x - here.x, y = here.gradient - next.gradient;
    const double sy = s.dot(y);
    if (sy > 0.0 && std::isfinite(1.0 / sy)) {
      if (!is_scaled) H = Matrix::Identity(size, size) * (sy / y.squaredNorm());
      is_scaled = true;
      const Vector Hy = H * y;
      H += (1.0 + y.dot(Hy) / sy) / sy * s * s.transpose() -
           (Hy * s.transpose() + s * Hy.transpose()) / sy;
    }
    here = next;
  }
  return hill.place(here.x, here.value);
}

/// The node input at which a pattern bends most, |f''| / f'^2, if that lies within `largest`.
double most_bent_input(Activation activation, double tau, double largest) {
  constexpr int points = 400;
  constexpr double decades = 3.0;
  double best = 0.0, at = largest;
  for (int k = 0; k <= points; ++k) {
    const double u = largest * std::pow(10.0, -decades * k / points);
    const ActivationValues s = evaluate(activation, u);
    const double slope = (1.0 - tau) + tau * s.first;
    const double bend = tau * std::abs(s.second) / slope / slope;
    if (bend > best) {
      best = bend;
      at = u;
    }
  }
  return at;
}

/// Points to look at. Most of them: node inputs of r independent free rows, drawn at random about
/// those that bend most, near zero and far out; the others: random directions with a radius drawn on
/// a logarithmic scale. In one dimension a grid.
class Points {
 public:
  Points(const Bend& bend, double largest, double most_bent, std::uint64_t seed)
      : rows_(bend.free() * bend.span()), largest_(largest), most_bent_(most_bent), random_(seed) {
    const Vector norms = rows_.rowwise().norm();
    nearest_ = kNearest / norms.maxCoeff();
    farthest_ = largest / norms.minCoeff();
  }

  [[nodiscard]] Vector point(Index k, Index count) {
    const double part = (static_cast<double>(k) + 0.5) / static_cast<double>(count);
    if (rows_.cols() == 1) return Vector::Constant(1, radius(part));
    if (k % kByRadius != 0) {
      if (const std::optional<Vector> found = by_inputs()) return *found;
    }
    return radius(random_.unit()) * random_.direction(rows_.cols());
  }

 private:
  static constexpr double kNearest = 0.1;  ///< Node input at which little has curved yet.
  static constexpr int kTrials = 4;
  static constexpr Index kByRadius = 4;  ///< One point in so many is drawn by its radius.
  /// Shares of node inputs near the one that bends most and near zero, and what near means.
  static constexpr double kBent = 0.5, kStraight = 0.2, kNear = 0.5, kNearZero = 0.2;
  static constexpr double kBeyond = 10.0;  ///< Times the largest input, where all has saturated.

  [[nodiscard]] double radius(double part) const {
    return nearest_ * std::pow(farthest_ / nearest_, part);
  }

  [[nodiscard]] double input() {
    const double kind = random_.unit(), x = random_.symmetric();
    const double sign = random_.symmetric() < 0.0 ? -1.0 : 1.0;
    if (kind < kBent) return sign * most_bent_ * (1.0 + kNear * x);
    if (kind < kBent + kStraight) return kNearZero * most_bent_ * x;
    return sign * most_bent_ * std::pow(kBeyond * largest_ / most_bent_, std::abs(x));
  }

  [[nodiscard]] std::optional<Vector> by_inputs() {
    const Index r = rows_.cols();
    Matrix chosen(r, r);
    Vector inputs(r);
    for (int trial = 0; trial < kTrials; ++trial) {
      for (Index j = 0; j < r; ++j) {
        chosen.row(j) = rows_.row(random_.below(rows_.rows()));
        inputs(j) = input();
      }
      const PivotedQr qr = pivoted_qr(chosen);
      if (!qr.isInvertible()) continue;
      const Vector y = solve(qr, inputs);
      if (y.allFinite()) return y;
    }
    return std::nullopt;
  }

  Matrix rows_;
  double largest_, most_bent_, nearest_ = 0.0, farthest_ = 0.0;
  Random random_;
};

void sort_and_keep(std::vector<Place>& places, std::size_t most) {
  std::stable_sort(places.begin(), places.end(),
                   [](const Place& a, const Place& b) { return a.log_k > b.log_k; });
  if (places.size() > most) places.resize(most);
}

}  // namespace

Rows distinct_rows(const Perceptron& network) {
  Rows rows;
  rows.activation = network.options().activation;
  const Matrix A = network.space().basis();
  const Index n = A.cols();
  std::vector<Index> moving;
  for (Index i = 0; i < A.rows(); ++i)
    if (A.row(i).squaredNorm() > 0.0) moving.push_back(i);
  const Matrix all = A(moving, Eigen::all);
  const Vector norms = all.rowwise().norm();
  const Vector probe = Random(0).direction(n);

  // Relative to the norm of the row: through the logarithm of the norm.
  const Vector logs = norms.array().log() - std::log(norms.minCoeff());
  // What is equal up to rounding is a matter of the data: see merge_replicates().
  const Matrix& X = network.inputs();
  std::vector<Index> row_of = group(logs, [&](Index i, Index j) {
    const auto x = X.row(moving[static_cast<std::size_t>(i)]);
    const auto other = X.row(moving[static_cast<std::size_t>(j)]);
    return (x.array() == other.array()).all() || (x.array() == -other.array()).all();
  });
  const std::vector<Index> members = enumerate(row_of);
  rows.A = all(members, Eigen::all);
  Vector weights = Vector::Zero(rows.A.rows());
  rows.row_of.assign(static_cast<std::size_t>(A.rows()), -1);
  for (std::size_t k = 0; k < moving.size(); ++k) {
    weights(row_of[k]) += network.pattern_weights()(moving[k]);
    rows.row_of[static_cast<std::size_t>(moving[k])] = row_of[k];
  }
  rows.roots = weights.cwiseSqrt();

  const Matrix units = rows.A.rowwise().normalized();
  rows.line_of = group((units * probe).cwiseAbs(), [&](Index i, Index j) {
    const auto row = [&](Index k) {
      return X.row(moving[static_cast<std::size_t>(members[static_cast<std::size_t>(k)])]);
    };
    return are_parallel(row(i), row(j));
  });
  rows.lines = static_cast<Index>(enumerate(rows.line_of).size());

  rows.ridge.resize(0, n);
  if (network.penalty().size() > 0) {
    const SymmetricEigen eigen = symmetric_eigen(network.penalty());
    const Vector& values = eigen.eigenvalues();
    Index first = 0;
    while (first < n && values(first) <= kEqual * values(n - 1)) ++first;
    rows.ridge = values.tail(n - first).cwiseSqrt().asDiagonal() *
                 eigen.eigenvectors().rightCols(n - first).transpose();
  }
  return rows;
}

double largest_input(Activation activation, double tau) {
  constexpr double least = 0.1, step = 1.1;
  constexpr double few = 0.02;   // of what remains of the slope
  constexpr double none = 1e-6;  // of the slope at zero
  const double at_zero = evaluate(activation, 0.0).first;
  double u = least;
  while (evaluate(activation, u).first > std::max(few * (1.0 - tau), none * at_zero)) u *= step;
  return u;
}

Flat whole_space(const Rows& rows) {
  Flat flat;
  flat.free.resize(static_cast<std::size_t>(rows.count()));
  std::iota(flat.free.begin(), flat.free.end(), Index{0});
  flat.span = Matrix::Identity(rows.dimension(), rows.dimension());
  return flat;
}

std::vector<Flat> proper_flats(const Rows& rows, long most, bool& complete) {
  std::vector<Flat> flats;
  complete = true;
  const Index n = rows.dimension();
  if (n == 1) return flats;
  Matrix units(rows.lines, n);
  for (Index i = 0; i < rows.count(); ++i)
    units.row(rows.line_of[static_cast<std::size_t>(i)]) = rows.A.row(i).normalized();
  const auto add = [&](const std::vector<bool>& is_free, const Matrix& span) {
    if (static_cast<long>(flats.size()) >= most) {
      complete = false;
      return false;
    }
    Flat flat{{}, span};
    for (Index i = 0; i < rows.count(); ++i)
      if (is_free[static_cast<std::size_t>(rows.line_of[static_cast<std::size_t>(i)])])
        flat.free.push_back(i);
    flats.push_back(std::move(flat));
    return true;
  };
  std::vector<bool> is_free(static_cast<std::size_t>(rows.lines));
  for (Index c = 0; c < rows.lines; ++c) {
    is_free.assign(is_free.size(), false);
    is_free[static_cast<std::size_t>(c)] = true;
    if (!add(is_free, units.row(c).transpose())) return flats;
  }
  if (n == 2) return flats;
  for (Index c = 0; c < rows.lines; ++c)
    for (Index d = c + 1; d < rows.lines; ++d) {
      Matrix span(n, 2);
      span.col(0) = units.row(c).transpose();
      span.col(1) =
          (units.row(d) - units.row(d).dot(units.row(c)) * units.row(c)).transpose().normalized();
      is_free.assign(is_free.size(), false);
      bool is_first = true;
      for (Index e = 0; e < rows.lines; ++e) {
        const Vector rest = units.row(e).transpose() - span * (units.row(e) * span).transpose();
        const bool inside = e == c || e == d || rest.norm() <= kEqual;
        is_free[static_cast<std::size_t>(e)] = inside;
        if (inside && e < d && e != c) is_first = false;
      }
      if (is_first && !add(is_free, span)) return flats;
    }
  complete = n == 3;
  return flats;
}

Peak highest_peak(const Rows& rows, const Flat& flat, double tau, const SupremumOptions& options,
                  Budget& budget) {
  Bend bend(rows, flat, tau);
  Peak peak{0.0, Vector::Zero(rows.dimension())};
  const double largest = largest_input(rows.activation, tau);
  Points points(bend, largest, most_bent_input(rows.activation, tau, largest), options.seed);
  std::vector<Place> places;
  const Index count = options.starts * flat.span.cols();
  for (Index k = 0; k < count && !budget.is_spent(); ++k) {
    Place place;
    place.v = flat.span * points.point(k, count);
    if (!bend.move_to(place.v)) continue;
    place.a = bend.bent_direction();
    if (!place.a.allFinite()) continue;
    place.log_k = bend.evaluate_direction(place.a).log_k;
    if (place.log_k > -kInfinity) places.push_back(std::move(place));
  }
  const auto polished = static_cast<std::size_t>(options.polished * flat.span.cols());
  const bool is_stratum = flat.span.cols() < rows.dimension();
  sort_and_keep(places, is_stratum ? kRoughForEach * polished : places.size());
  for (Place& place : places) place = climb(bend, place, kRoughIterations, budget);
  sort_and_keep(places, places.size());
  places.erase(
      std::unique(places.begin(), places.end(),
                  [](const Place& a, const Place& b) { return a.log_k - b.log_k <= kSamePeak; }),
      places.end());
  sort_and_keep(places, polished);
  for (Place& place : places) {
    place = climb(bend, place, kFineIterations, budget);
    const double value = std::exp(place.log_k);
    if (value > peak.value && std::isfinite(value)) peak = {value, place.v};
  }
  return peak;
}

Peak peak_from(const Rows& rows, const Flat& flat, double tau, const Vector& v, const Vector& a,
               Budget& budget) {
  Bend bend(rows, flat, tau);
  const Place place = climb(bend, {-kInfinity, v, a}, kFineIterations, budget);
  return {std::exp(place.log_k), place.v};
}

}  // namespace tautrack::supremum
