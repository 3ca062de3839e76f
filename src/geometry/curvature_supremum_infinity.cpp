#include "geometry/curvature_supremum_infinity.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <vector>

#include <Eigen/LU>
#include <boost/math/tools/minima.hpp>

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "network/traits.hpp"

namespace tautrack::supremum {

namespace {

/// Random directions that are tried where not all can be, and the same number of constructed ones.
constexpr int kDirections = 1000;

/// Directions of growth from which the best one is taken.
constexpr int kEnough = 30;

/// How far constructed directions are moved off the hyperplanes that they are constructed from.
constexpr double kPerturbation = 1e-3;

/// Rows up to which all sectors of a plane are tested: there are about two for each pair.
constexpr Index kMostRows = 200;

/// Sectors of a plane narrower than this are taken for rounding; where a sector is looked at.
constexpr double kNarrow = 1e-10;
constexpr double kParts[] = {0.5, 0.05, 0.95};

/// The rows of the ridge term and of the patterns, as a graph over those that are slowest along
/// one direction.
struct Graph {
  std::vector<Index> basis;  ///< n rows.
  std::vector<Index> others;
  Matrix coefficients;  ///< others x n
};

class Directions {
 public:
  explicit Directions(const Rows& rows) : tails_(traits(rows.activation).tails) {
    ridge_ = rows.ridge.rows();
    all_.resize(ridge_ + rows.count(), rows.dimension());
    all_ << rows.ridge, rows.A;
    norms_ = all_.rowwise().norm();
  }

  [[nodiscard]] Graph graph(const Vector& v) const {
    const Vector rates = signed_rates(v).cwiseAbs();
    std::vector<Index> order(static_cast<std::size_t>(all_.rows()));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin() + ridge_, order.end(),
                     [&](Index i, Index j) { return rates(i) < rates(j); });
    Graph graph;
    Matrix span(all_.cols(), 0);
    for (const Index i : order) {
      Vector rest = all_.row(i).transpose() / norms_(i);
      for (int twice = 0; twice < 2; ++twice) rest -= span * (span.transpose() * rest);
      if (span.cols() < all_.cols() && rest.norm() > kEqual) {
        span.conservativeResize(Eigen::NoChange, span.cols() + 1);
        span.rightCols(1) = rest.normalized();
        graph.basis.push_back(i);
      } else {
        graph.others.push_back(i);
      }
    }
    const Matrix B = all_(graph.basis, Eigen::all), rest = all_(graph.others, Eigen::all);
    graph.coefficients = solve_square(Matrix(B.transpose()), Matrix(rest.transpose())).transpose();
    return graph;
  }

  /// Largest of the exponents that count at `at`, with the basis and the signs of `inside`, relative
  /// to that of the largest rate.
  [[nodiscard]] double excess(const Graph& graph, const Vector& inside, const Vector& at) const {
    const Vector u = signed_rates(inside);
    Vector rates = signed_rates(at).cwiseAbs();
    rates /= rates.maxCoeff();
    if (tails_ == Tails::gaussian) rates = rates.cwiseAbs2();
    double most = -1.0;
    const Index n = all_.cols();
    for (std::size_t row = 0; row < graph.others.size(); ++row) {
      const Index i = graph.others[row];
      const auto coefficient = [&](Index j) {
        const double a = graph.coefficients(static_cast<Index>(row), j);
        const double size = std::abs(a) * norms_(graph.basis[static_cast<std::size_t>(j)]);
        return size <= kEqual * norms_(i) ? 0.0 : a;
      };
      for (Index j = 0; j < n; ++j) {
        const double a = coefficient(j);
        if (a == 0.0) continue;
        const Index of_j = graph.basis[static_cast<std::size_t>(j)];
        if (of_j < ridge_) continue;
        if (tails_ != Tails::algebraic && !cancels(a, u(i), u(of_j)))
          most = std::max(most, 2.0 * rates(of_j) - rates(i));
        for (Index k = 0; k < j; ++k) {
          const Index of_k = graph.basis[static_cast<std::size_t>(k)];
          if (coefficient(k) == 0.0) continue;
          if (tails_ != Tails::algebraic)
            most = std::max(most, rates(of_j) + rates(of_k) - rates(i));
          else if (of_k >= ridge_)
            most = std::max(most, std::min(rates(of_j), rates(of_k)));
        }
      }
    }
    return most;
  }

 private:
  [[nodiscard]] Vector signed_rates(const Vector& v) const {
    Vector rates = all_ * v;
    rates.head(ridge_).setZero();
    return rates;
  }

  /// Whether a f''_i / f'_i - f''_j / f'_j tends to zero: to a sgn_i - sgn_j of exponential tails,
  /// to a u_i - u_j of Gaussian ones.
  [[nodiscard]] bool cancels(double a, double u_i, double u_j) const {
    if (tails_ == Tails::gaussian)
      return std::abs(a * u_i - u_j) <= kEqual * (std::abs(a * u_i) + std::abs(u_j));
    return std::abs(a - (u_i * u_j < 0.0 ? -1.0 : 1.0)) <= kEqual;
  }

  Tails tails_;
  Index ridge_ = 0;
  Matrix all_;
  Vector norms_;
};

/// The best direction out so far: by the growth of the exponent for each unit of the user's weights.
class Best {
 public:
  explicit Best(const Perceptron& network) : network_(network) {}
  void offer(const Vector& v, double excess, double largest_rate) {
    if (!(excess > kEqual)) return;
    const double growth = excess * largest_rate / network_.weights(v).norm();
    if (!(growth > growth_)) return;
    growth_ = growth;
    v_ = v;
  }
  [[nodiscard]] const std::optional<Vector>& v() const { return v_; }

 private:
  const Perceptron& network_;
  double growth_ = 0.0;
  std::optional<Vector> v_;
};

double largest_rate(const Rows& rows, const Vector& v) {
  return (rows.A * v).cwiseAbs().maxCoeff();
}

Vector on_circle(double angle) { return Eigen::Vector2d(std::cos(angle), std::sin(angle)); }

/// Angles in [0, pi) at which a rate vanishes or two of them are equal, ascending.
std::vector<double> critical_angles(const Rows& rows) {
  std::vector<double> angles;
  const auto add = [&](const Eigen::RowVectorXd& normal, double size) {
    if (!(normal.norm() > kEqual * size)) return;
    const double angle = std::atan2(-normal(0), normal(1));
    angles.push_back(angle < 0.0 ? angle + std::numbers::pi : angle);
  };
  for (Index i = 0; i < rows.count(); ++i) {
    add(rows.A.row(i), rows.A.row(i).norm());
    for (Index j = 0; j < i; ++j)
      for (const double side : {1.0, -1.0})
        add(rows.A.row(i) - side * rows.A.row(j), rows.A.row(i).norm() + rows.A.row(j).norm());
  }
  std::sort(angles.begin(), angles.end());
  return angles;
}

/// All directions of a plane: on each sector the exponents are linear, so that their signs at both
/// rays are all that counts. Empty when the time was not enough.
std::optional<bool> test_plane(const Rows& rows, const Directions& directions, Best& best,
                               Budget& budget) {
  std::vector<double> angles = critical_angles(rows);
  angles.push_back(angles.front() + std::numbers::pi);
  double most = -1.0;
  for (std::size_t k = 0; k + 1 < angles.size(); ++k) {
    if (budget.is_spent()) return best.v() ? std::optional<bool>(false) : std::nullopt;
    const double width = angles[k + 1] - angles[k];
    if (width <= kNarrow) continue;
    const Vector middle = on_circle(angles[k] + 0.5 * width);
    const Graph graph = directions.graph(middle);
    for (const double end : {angles[k], angles[k + 1]})
      most = std::max(most, directions.excess(graph, middle, on_circle(end)));
    for (const double part : kParts) {
      const Vector v = on_circle(angles[k] + part * width);
      best.offer(v, directions.excess(graph, middle, v), largest_rate(rows, v));
    }
  }
  if (best.v()) return false;
  if (most <= kEqual) return true;
  return std::nullopt;
}

/// A direction near the intersection of n - 1 hyperplanes drawn at random, on each of which two rates
/// agree or one vanishes.
std::optional<Vector> constructed_direction(const Rows& rows, Random& random) {
  const Index n = rows.dimension();
  Matrix normals(n - 1, n);
  for (Index k = 0; k + 1 < n; ++k) {
    const Index i = random.below(rows.count()), j = random.below(rows.count());
    normals.row(k) = rows.A.row(i);
    if (i != j && k % 2 == 0)
      normals.row(k) -= (random.symmetric() < 0.0 ? -1.0 : 1.0) * rows.A.row(j);
  }
  const Eigen::FullPivLU<Matrix> lu(normals);
  const Vector v = lu.kernel().col(0);
  if (!(v.norm() > 0.0)) return std::nullopt;
  return v.normalized() + kPerturbation * random.direction(n);
}

void test_directions(const Rows& rows, const Directions& directions, std::uint64_t seed, Best& best,
                     Budget& budget) {
  Random random(seed);
  int found = 0;
  for (int k = 0; k < 2 * kDirections && found < kEnough && !budget.is_spent(); ++k) {
    std::optional<Vector> v =
        k < kDirections ? random.direction(rows.dimension()) : constructed_direction(rows, random);
    if (!v) continue;
    const double excess = directions.excess(directions.graph(*v), *v, *v);
    best.offer(*v, excess, largest_rate(rows, *v));
    if (excess > kEqual) ++found;
  }
}

/// Rows with a dimension for each line: a product of curves.
std::optional<bool> test_lines(const Rows& rows, const Directions& directions, Best& best) {
  const Index n = rows.dimension();
  double most = -1.0;
  for (Index line = 0; line < rows.lines; ++line) {
    // The direction along which only the rows of this line move.
    Matrix others(rows.lines - 1, n);
    Index to = 0;
    Vector own;
    std::vector<bool> seen(static_cast<std::size_t>(rows.lines), false);
    for (Index i = 0; i < rows.count(); ++i) {
      const Index of_row = rows.line_of[static_cast<std::size_t>(i)];
      if (seen[static_cast<std::size_t>(of_row)]) continue;
      seen[static_cast<std::size_t>(of_row)] = true;
      if (of_row == line)
        own = rows.A.row(i).transpose().normalized();
      else
        others.row(to++) = rows.A.row(i).normalized();
    }
    Vector v = own;
    if (n > 1) v = Eigen::FullPivLU<Matrix>(others).kernel().col(0).normalized();
    const double excess = directions.excess(directions.graph(v), v, v);
    best.offer(v, excess, largest_rate(rows, v));
    most = std::max(most, excess);
  }
  if (best.v()) return false;
  // Twice the smaller rate equal to the larger one: bounded for exponential tails, where the
  // exponent is zero, and not for Gaussian ones, whose brackets grow in proportion to the rate.
  if (traits(rows.activation).tails == Tails::gaussian && most >= -kEqual) return std::nullopt;
  return true;
}

}  // namespace

Growth growth_at_one(const Rows& rows, const Perceptron& network, const SupremumOptions& options,
                     Budget& budget) {
  if (rows.is_flat()) return {true, {}, "nothing curves"};
  const Directions directions(rows);
  Best best(network);
  Growth growth;
  const Tails tails = traits(rows.activation).tails;
  const bool is_product = rows.ridge.rows() == 0 && rows.lines == rows.dimension();
  if (is_product) {
    growth.bounded = test_lines(rows, directions, best);
  } else if (rows.dimension() == 2 && tails == Tails::exponential && rows.count() <= kMostRows) {
    growth.bounded = test_plane(rows, directions, best, budget);
  } else {
    test_directions(rows, directions, options.seed, best, budget);
    if (best.v()) growth.bounded = false;
  }
  if (best.v()) growth.v = *best.v();
  if (!growth.bounded) {
    growth.reason = budget.was_spent() ? "the time did not suffice to test all directions"
                                       : "no direction of growth was found, and none is excluded";
  } else if (*growth.bounded) {
    growth.reason = tails == Tails::algebraic
                        ? "the manifold is a product of curves that straighten out at their ends"
                    : is_product ? "in each direction the other patterns saturate fast enough"
                                 : "no exponent is positive in any sector of directions";
  } else {
    growth.reason = tails == Tails::algebraic
                        ? "it grows in proportion to the weights in a direction"
                        : "it grows exponentially in a direction in which a pattern saturates too "
                          "slowly beside the slowest ones";
  }
  return growth;
}

namespace {

/// The curve z_i = root_i f(length_i w) as a graph over the slowest of its coordinates, at w > 0.
class Curve {
 public:
  Curve(Activation activation, const Vector& lengths, const Vector& roots)
      : activation_(activation), lengths_(lengths), roots_(roots) {
    lengths_.minCoeff(&slow_);
  }

  /// First and second derivatives by the slowest coordinate; zero for itself. Slopes of low and
  /// second derivatives of high where w differs for the parts that grow and that fall: see box().
  struct Derivatives {
    Vector first, second;
  };

  /// |P_N h| / (1 + |rho|^2) of the vectors (1, rho) and (0, h).
  [[nodiscard]] double curvature(double w) const {
    const Derivatives d = between(w, w, w, w);
    const double square = d.first.squaredNorm();
    const double along = d.first.dot(d.second) / (1.0 + square);
    const double normal = std::hypot((d.second - along * d.first).norm(), along);
    return normal / (1.0 + square);
  }

  /// Not less than the curvature anywhere in [low, high], for exponential tails with rates that are
  /// not between one and two times the slowest: rho and f'_i / f'_1^2 fall there, f'' / f' grows in
  /// size, and all h have one sign.
  [[nodiscard]] double box(double low, double high) const {
    const Derivatives most = between(low, low, high, low), least = between(high, high, low, high);
    const double overlap = least.first.dot(least.second.cwiseMax(0.0));
    const double normal =
        most.second.squaredNorm() - overlap * overlap / (1.0 + most.first.squaredNorm());
    return std::sqrt(std::max(0.0, normal)) / (1.0 + least.first.squaredNorm());
  }

 private:
  /// |f''| / f', and its limit where f' underflows (of others the quotient of slopes is zero there).
  [[nodiscard]] double relative_second(const ActivationValues& s) const {
    if (s.first > 0.0) return std::abs(s.second) / s.first;
    return 2.0 * traits(activation_).form.input;
  }

  /// rho at w_first; h from the quotient of slopes at w_quotient and |f''| / f' of the others and of
  /// the slowest at w_fast and w_slow.
  [[nodiscard]] Derivatives between(double w_first, double w_quotient, double w_fast,
                                    double w_slow) const {
    const Index count = lengths_.size();
    Derivatives d{Vector::Zero(count), Vector::Zero(count)};
    const auto at = [&](Index i, double w) { return evaluate(activation_, lengths_(i) * w); };
    const ActivationValues slow_first = at(slow_, w_first), slow_quotient = at(slow_, w_quotient);
    const double slow_second = relative_second(at(slow_, w_slow));
    for (Index i = 0; i < count; ++i) {
      if (i == slow_) continue;
      const double a = lengths_(i) / lengths_(slow_), root = roots_(i) / roots_(slow_);
      const auto over = [](double numerator, double denominator) {
        return numerator > 0.0 ? numerator / denominator : 0.0;
      };
      d.first(i) = root * a * over(at(i, w_first).first, slow_first.first);
      const double quotient =
          over(over(at(i, w_quotient).first, slow_quotient.first), slow_quotient.first);
      const double bracket = a * relative_second(at(i, w_fast)) - slow_second;
      d.second(i) = root / roots_(slow_) * a * quotient * bracket;
    }
    return d;
  }

  Activation activation_;
  Vector lengths_, roots_;
  Index slow_ = 0;
};

/// The limit of the curvature: rows with twice the smallest rate keep theirs, others straighten.
double limit_of_curve(Activation activation, const Vector& lengths, const Vector& roots) {
  if (traits(activation).tails != Tails::exponential) return 0.0;
  Index slow = 0;
  const double least = lengths.minCoeff(&slow);
  double squares = 0.0;
  for (Index i = 0; i < lengths.size(); ++i)
    if (std::abs(lengths(i) / least - 2.0) <= kEqual) squares += roots(i) * roots(i);
  // f'_i / f'_1^2 tends to 1/4 for tanh (f' ~ 4 exp(-2 u)) and 1 for logistic, and 2 (2 - 1) f'' / f'
  // to 4 and 2.
  const double factor = 1.0 / traits(activation).form.input;
  return factor * std::sqrt(squares) / (roots(slow) * roots(slow));
}

/// Upper bound by halving intervals of w until they come near the value that is known.
double upper_of_curve(const Curve& curve, double known, double end, Budget& budget) {
  constexpr double gap = 1e-4;
  constexpr int most_boxes = 200000;
  constexpr double rounding = 1e-12;
  const double enough = known * (1.0 + gap);
  double upper = std::max(known, curve.box(end, kInfinity));
  struct Box {
    double low, high;
  };
  std::vector<Box> boxes{{0.0, end}};
  int looked_at = 0;
  while (!boxes.empty()) {
    const Box box = boxes.back();
    boxes.pop_back();
    const double bound = curve.box(box.low, box.high);
    const double middle = 0.5 * (box.low + box.high);
    if (bound <= enough || ++looked_at > most_boxes || budget.is_spent()) {
      upper = std::max(upper, bound);
      continue;
    }
    boxes.push_back({middle, box.high});
    boxes.push_back({box.low, middle});
  }
  return upper * (1.0 + rounding);
}

}  // namespace

CurvePeak highest_of_curve(Activation activation, const Vector& lengths, const Vector& roots,
                           Budget& budget) {
  constexpr int points = 2000;
  constexpr double first = 0.01;  // input of the fastest pattern
  constexpr int digits = 52;
  const Curve curve(activation, lengths, roots);
  CurvePeak peak;
  if (lengths.size() == 1) return peak;
  const double end = traits(activation).last_input / lengths.minCoeff();
  const double unit = first / lengths.maxCoeff();
  const double span = std::asinh(end / unit);
  const auto at = [&](int k) { return unit * std::sinh(span * k / points); };
  std::vector<double> values;
  for (int k = 0; k <= points; ++k) values.push_back(curve.curvature(at(k)));
  for (int k = 1; k <= points; ++k) {
    const auto here = static_cast<std::size_t>(k);
    if (values[here] < values[here - 1] || (k < points && values[here] < values[here + 1]))
      continue;
    const auto [w, negative] =
        boost::math::tools::brent_find_minima([&](double x) { return -curve.curvature(x); },
                                              at(k - 1), at(std::min(k + 1, points)), digits);
    if (-negative > peak.value) {
      peak.value = -negative;
      peak.w = w;
    }
  }
  const double limit = limit_of_curve(activation, lengths, roots);
  if (limit > 0.0 && limit >= peak.value * (1.0 - kEqual * kEqual)) {
    peak.value = limit;
    peak.w = kInfinity;
  }
  peak.upper = traits(activation).tails == Tails::exponential
                   ? upper_of_curve(curve, peak.value, end, budget)
                   : kInfinity;
  return peak;
}

}  // namespace tautrack::supremum
