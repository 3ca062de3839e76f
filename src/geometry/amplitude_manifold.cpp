#include "tautrack/geometry/amplitude_manifold.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "geometry/manifold_state.hpp"

namespace tautrack {

namespace {

/// Distance of a spanning function to the span of the others, relative to its norm, below which nothing is said:
/// curvatures lose the square of it.
constexpr double kDependent = 1e-5;

/// Sizes |A c - 1| of a best c below this are rounding: the columns of X hold the constant.
constexpr double kConstant = 1e-10;

/// Differences of node inputs up to here are looked at in the frame of the straight line.
constexpr double kNearLine = 1.0;

/// Of the targets' part that plateaus can fit: a height below that is rounding.
constexpr double kNoHeight = 1e-14;

/// A sigmoid scaled to (0, 1) at one node input, with what is left of it to its high end.
struct Sigmoid {
  double s, rest;  ///< s + rest = 1, each accurate relative to itself.
  double first, second;
};

Sigmoid sigmoid_at(Activation activation, double u) {
  const Range own = range(activation);
  const double width = own.high - own.low;
  const ActivationValues at = evaluate(activation, u);
  const double tail = at.tail / width, other = 1.0 - tail;
  return {u < 0.0 ? tail : other, u < 0.0 ? other : tail, at.first / width, at.second / width};
}

/// x - sinh x, relative accuracy.
double minus_sinh(double x) {
  if (std::abs(x) > 1.0) return x - std::sinh(x);
  double term = x * x * x / 6.0, sum = term;
  for (int k = 5; std::abs(term) > kEpsilon * std::abs(sum); k += 2) {
    term *= x * x / (k * (k - 1));
    sum += term;
  }
  return -sum;
}

/// x - sinh x + (2 sinh(x/2))^3 / 6 by its series, |x| <= kNearLine: (2 sinh(x/2))^3 = 2 sinh(3x/2) - 6 sinh(x/2).
double cubed_rest(double x) {
  double sum = 0.0, power = x * x * x / 6.0, three = 27.0 / 8.0, one = 1.0 / 8.0;
  for (int k = 5; k < 40; k += 2) {
    power *= x * x / (k * (k - 1));
    three *= 9.0 / 4.0;
    one /= 4.0;
    const double term = power * ((2.0 * three - 6.0 * one) / 6.0 - 1.0);
    sum += term;
    if (std::abs(term) <= kEpsilon * std::abs(sum)) break;
  }
  return sum;
}

/// Second derivatives of outputs along moves: with a velocity xi_i = W_i alpha of each pattern and numbers g = G alpha
/// that all patterns share, a quadratic form in (xi_i, g) for each pattern.
struct SecondDerivatives {
  Matrix W;                               ///< L x n
  Matrix G;                               ///< k x n
  Vector by_xi;                           ///< L, of xi xi
  Matrix by_mixed;                        ///< L x k, of xi g_k, each way
  std::vector<std::vector<Vector>> by_g;  ///< k x k, symmetric, L each; empty: zero.

  [[nodiscard]] Vector along(const Vector& alpha, const Vector& beta) const {
    const Vector xi = W * alpha, chi = W * beta, g = G * alpha, h = G * beta;
    Vector result = by_xi.cwiseProduct(xi).cwiseProduct(chi);
    for (Index k = 0; k < G.rows(); ++k) {
      result += by_mixed.col(k).cwiseProduct(h(k) * xi + g(k) * chi);
      for (Index l = 0; l < G.rows(); ++l)
        if (of_g(k, l).size() > 0) result += (g(k) * h(l)) * of_g(k, l);
    }
    return result;
  }

  [[nodiscard]] Matrix along_normal(const Vector& nu) const {
    Matrix result = W.transpose() * (nu.cwiseProduct(by_xi)).asDiagonal() * W;
    const Matrix mixed = G.transpose() * (by_mixed.transpose() * nu.asDiagonal() * W);
    result += mixed + mixed.transpose();
    Matrix shared = Matrix::Zero(G.rows(), G.rows());
    for (Index k = 0; k < G.rows(); ++k)
      for (Index l = 0; l < G.rows(); ++l)
        if (of_g(k, l).size() > 0) shared(k, l) = nu.dot(of_g(k, l));
    result += G.transpose() * shared * G;
    return 0.5 * (result + result.transpose());
  }

  [[nodiscard]] Vector along_normal(const Vector& nu, const Vector& beta) const {
    const Vector chi = W * beta, h = G * beta;
    Vector by_pattern = by_xi.cwiseProduct(chi);
    Vector shared = by_mixed.transpose() * nu.cwiseProduct(chi);
    for (Index k = 0; k < G.rows(); ++k) {
      by_pattern += h(k) * by_mixed.col(k);
      for (Index l = 0; l < G.rows(); ++l)
        if (of_g(k, l).size() > 0) shared(k) += h(l) * nu.dot(of_g(k, l));
    }
    return W.transpose() * nu.cwiseProduct(by_pattern) + G.transpose() * shared;
  }

  /// L: at least the largest |along(alpha, alpha)_i| of unit vectors.
  [[nodiscard]] Vector sizes() const {
    const Vector w = W.rowwise().norm(), g = G.rowwise().norm();
    Vector result = by_xi.cwiseAbs().cwiseProduct(w.cwiseAbs2());
    for (Index k = 0; k < G.rows(); ++k) {
      result += 2.0 * g(k) * by_mixed.col(k).cwiseAbs().cwiseProduct(w);
      for (Index l = 0; l < G.rows(); ++l)
        if (of_g(k, l).size() > 0) result += g(k) * g(l) * of_g(k, l).cwiseAbs();
    }
    return result;
  }

  void scale(const Vector& by) {
    by_xi = by_xi.cwiseProduct(by);
    by_mixed = by.asDiagonal() * by_mixed;
    for (auto& row : by_g)
      for (Vector& entry : row)
        if (entry.size() > 0) entry = entry.cwiseProduct(by);
  }

  /// Room for k shared numbers.
  void share(Index k, Index L, Index n) {
    G.setZero(k, n);
    by_mixed.setZero(L, k);
    by_g.assign(static_cast<std::size_t>(k), std::vector<Vector>(static_cast<std::size_t>(k)));
  }
  [[nodiscard]] const Vector& of_g(Index k, Index l) const {
    return by_g[static_cast<std::size_t>(k)][static_cast<std::size_t>(l)];
  }
  [[nodiscard]] Vector& of_g(Index k, Index l) {
    return by_g[static_cast<std::size_t>(k)][static_cast<std::size_t>(l)];
  }
};

/// A point of the data manifold of an amplitude model.
struct AmplitudePoint final : ManifoldPoint::State {
  [[nodiscard]] Matrix basis() const override { return Q; }
  [[nodiscard]] Vector tangent(const Vector& alpha) const override { return Q * alpha; }
  [[nodiscard]] Vector coefficients(const Vector& x) const override { return Q.transpose() * x; }
  [[nodiscard]] Vector acceleration(const Vector& alpha, const Vector& beta) const override {
    return accelerations.along(alpha, beta);
  }
  [[nodiscard]] Vector bend(const Vector& alpha, const Vector& beta) const override {
    return bending.along(alpha, beta);
  }
  [[nodiscard]] Matrix shape_operator(const Vector& nu) const override {
    return bending.along_normal(nu);
  }
  [[nodiscard]] Vector shape_product(const Vector& nu, const Vector& beta) const override {
    return bending.along_normal(nu, beta);
  }
  [[nodiscard]] Matrix acceleration_operator(const Vector& nu) const override {
    return accelerations.along_normal(nu);
  }
  [[nodiscard]] Vector acceleration_product(const Vector& nu, const Vector& beta) const override {
    return accelerations.along_normal(nu, beta);
  }
  [[nodiscard]] double pattern_bound() const noexcept override { return bound; }
  [[nodiscard]] const char* pattern_bound_name() const noexcept override {
    return "what each pattern bends by itself";
  }

  Matrix Q;                         ///< m x n
  SecondDerivatives bending;        ///< Modulo the tangent space.
  SecondDerivatives accelerations;  ///< In the parameters v.
  double bound = 0.0;
};

/// Functions that span the tangent space, the moves that they stand for, and their second derivatives modulo the tangent
/// space; patterns without their weights. Node inputs are turned over, sign * u, where the high plateau is known.
struct AmplitudeFrame {
  AmplitudeFrame(Index L, Index n) : columns(L, n), moves(Matrix::Zero(n, n)) {
    bending.W.setZero(L, n);
  }

  /// Factorises the columns times the roots; returns their independence.
  double factor(const Vector& root) {
    const Index m = columns.rows(), n = columns.cols();
    const Matrix weighted = root.asDiagonal() * columns;
    lengths = weighted.colwise().stableNorm().transpose();
    if (!(lengths.minCoeff() > 0.0) || !lengths.allFinite()) return 0.0;
    const Matrix scaled = weighted * lengths.cwiseInverse().asDiagonal();
    const Vector sizes = scaled.rowwise().lpNorm<Eigen::Infinity>();
    std::vector<Index> order(static_cast<std::size_t>(m));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](Index i, Index j) { return sizes(i) > sizes(j); });
    const PivotedQr qr = pivoted_qr(Matrix(scaled(order, Eigen::all)));
    const Matrix R = qr.matrixQR().topRows(n).triangularView<Eigen::Upper>();
    const double independence = R.diagonal().cwiseAbs().minCoeff();
    if (!(independence > kDependent)) return independence;
    const Matrix sorted = orthogonal_times(qr, Matrix::Identity(m, n));
    Q.resize(m, n);
    for (Index k = 0; k < m; ++k) Q.row(order[static_cast<std::size_t>(k)]) = sorted.row(k);
    // Columns of the frame from coefficients of the basis.
    to_columns = R.triangularView<Eigen::Upper>().solve(Matrix::Identity(n, n));
    to_columns = lengths.cwiseInverse().asDiagonal() * Matrix(qr.colsPermutation() * to_columns);
    return independence;
  }

  Matrix columns;  ///< L x n
  Matrix moves;    ///< n x n: of the parameters v.
  SecondDerivatives bending;
  Vector lengths;
  Matrix Q, to_columns;
};

/// A sigmoid with the constant among the columns of X, tanh or logistic, seen from the pattern with the largest slope.
struct LogisticView {
  double s0 = 0.0, rest0 = 0.0;  ///< There; s0 + rest0 = 1.
  double scale = 1.0;            ///< Logistic node inputs are this times u.
  Vector d;                      ///< L, logistic node inputs from there.
  Vector e;                      ///< e^d / (1 + s0 (e^d - 1))
  Vector psi;                    ///< (e^d - 1) / (1 + s0 (e^d - 1))
  Vector kappa;                  ///< e^d / (1 + s0 (e^d - 1))^2: the slope relative to that there.
  Vector root_kappa_less_one;    ///< sqrt(kappa) - 1
  Vector turn;                   ///< 1 - 2 s

  LogisticView(const Vector& inputs, double at, double sign_and_scale) : scale(sign_and_scale) {
    const double u = scale * at;
    const double tail = 1.0 / (1.0 + std::exp(std::abs(u)));
    s0 = u < 0.0 ? tail : 1.0 - tail;
    rest0 = u < 0.0 ? 1.0 - tail : tail;
    d = scale * inputs;
    const Index L = d.size();
    for (Vector* of : {&e, &psi, &kappa, &root_kappa_less_one, &turn}) of->resize(L);
    for (Index i = 0; i < L; ++i) {
      const double x = d(i);
      double r = 0.0;  // 1 / (1 + s0 (e^d - 1))
      if (x < 0.0) {
        r = 1.0 / (rest0 + s0 * std::exp(x));
        e(i) = std::exp(x) * r;
        psi(i) = std::expm1(x) * r;
      } else {
        e(i) = 1.0 / (rest0 * std::exp(-x) + s0);
        r = std::exp(-x) * e(i);
        psi(i) = -std::expm1(-x) * e(i);
      }
      kappa(i) = e(i) * r;
      turn(i) = rest0 * r - s0 * e(i);
      const double half = std::sinh(0.5 * x), quarter = std::sinh(0.25 * x);
      const double more = 2.0 * quarter * quarter - (rest0 - s0) * half;
      root_kappa_less_one(i) =
          std::abs(x) > kNearLine ? std::sqrt(kappa(i)) - 1.0 : -more / (1.0 + more);
    }
  }
};

/// Directions of the weights, each of which leaves alone the patterns that those before it move most.
struct GradedDirections {
  Matrix directions;  ///< r x r
  Matrix velocities;  ///< L x r, A directions, with zeros that are exact.

  /// Gaussian elimination with complete pivoting of diag(slopes) A: rows that are small keep their relative accuracy.
  GradedDirections(const Matrix& A, const Vector& slopes)
      : directions(Matrix::Identity(A.cols(), A.cols())), velocities(A) {
    const Index r = A.cols();
    std::vector<bool> is_used(static_cast<std::size_t>(A.rows()), false);
    for (Index k = 0; k < r; ++k) {
      Index row = -1, column = k;
      double largest = 0.0;
      for (Index j = k; j < r; ++j)
        for (Index i = 0; i < A.rows(); ++i) {
          const double size = slopes(i) * std::abs(velocities(i, j));
          if (is_used[static_cast<std::size_t>(i)] || !(size > largest)) continue;
          largest = size;
          row = i;
          column = j;
        }
      if (row < 0) return;
      is_used[static_cast<std::size_t>(row)] = true;
      velocities.col(k).swap(velocities.col(column));
      directions.col(k).swap(directions.col(column));
      for (Index j = k + 1; j < r; ++j) {
        const double factor = velocities(row, j) / velocities(row, k);
        velocities.col(j) -= factor * velocities.col(k);
        directions.col(j) -= factor * directions.col(k);
        velocities(row, j) = 0.0;
      }
    }
  }
};

/// Which plateau is not fitted.
enum class KnownEnd { none, low, high };

/// What frames are made of: a curve and where its parameters stand in v.
struct AmplitudeSetting {
  const Matrix& basis;     ///< L x rank
  const Vector& constant;  ///< rank: basis constant = 1
  const Vector& root;      ///< L
  Vector v, u, first;      ///< rank; L; L, slopes of sigma01.
  KnownEnd known = KnownEnd::none;
  Range range{0.0, 1.0};

  [[nodiscard]] Index rank() const { return basis.cols(); }
  [[nodiscard]] Index size() const { return rank() + (known == KnownEnd::none ? 2 : 1); }
  [[nodiscard]] Index low_place() const { return known == KnownEnd::low ? -1 : rank(); }
  [[nodiscard]] Index high_place() const { return known == KnownEnd::high ? -1 : size() - 1; }
  [[nodiscard]] double height() const { return range.high - range.low; }
};

/// Outputs base + factor g, with a frame for their tangent space.
struct AmplitudeSpan {
  std::optional<AmplitudeFrame>
      frame;  ///< Nothing: none whose columns are independent to precision.
  Vector g;
  double base = 0.0, factor = 0.0;
};

/// Columns (1), g, sigma' x.
AmplitudeSpan plain_span(const AmplitudeSetting& setting, const std::vector<Sigmoid>& sigmoids) {
  const Index L = setting.u.size(), rank = setting.rank(), n = setting.size();
  const bool is_free = setting.known == KnownEnd::none;
  const bool from_high =
      setting.known == KnownEnd::high || (is_free && setting.root.cwiseAbs2().dot(setting.u) > 0.0);
  AmplitudeSpan span;
  span.g.resize(L);
  AmplitudeFrame frame(L, n);
  frame.bending.by_xi.resize(L);
  frame.bending.share(0, L, n);
  for (Index i = 0; i < L; ++i) {
    const Sigmoid& at = sigmoids[static_cast<std::size_t>(i)];
    span.g(i) = from_high ? -at.rest : at.s;
    frame.bending.by_xi(i) = at.second;
  }
  span.base = from_high ? setting.range.high : setting.range.low;
  span.factor = setting.height();
  Index place = 0;
  if (is_free) {
    frame.columns.col(place).setOnes();
    frame.moves(setting.low_place(), place) = frame.moves(setting.high_place(), place) = 1.0;
    ++place;
  }
  frame.columns.col(place) = span.g;
  if (from_high)
    frame.moves(setting.low_place(), place) = -1.0;
  else
    frame.moves(setting.high_place(), place) = 1.0;
  ++place;
  const GradedDirections graded(setting.basis, setting.first);
  frame.bending.W.rightCols(rank) = graded.velocities;
  frame.columns.rightCols(rank) = setting.first.asDiagonal() * graded.velocities;
  frame.moves.topRightCorner(rank, rank) = graded.directions / span.factor;
  if (frame.factor(setting.root) > kDependent) span.frame = std::move(frame);
  return span;
}

/// The frames of tanh and logistic with the constant among the columns of X.
class LogisticSpan {
 public:
  LogisticSpan(const AmplitudeSetting& setting, Activation activation)
      : setting_(setting),
        L_(setting.u.size()),
        n_(setting.size()),
        rank_(setting.rank()),
        is_free_(setting.known == KnownEnd::none),
        side_(setting.known == KnownEnd::high ? -1.0 : 1.0) {
    setting.first.maxCoeff(&pivot_);
    // Coordinates: the constant, the slopes that there are, and the others.
    Matrix directions(rank_, 2);
    directions << setting.constant, setting.v;
    directions_ = orthogonal_times(householder_qr(directions), Matrix::Identity(rank_, rank_))
                      .rightCols(rank_ - 1);
    D_ = setting.basis * directions_;
    const Vector at_pivot = D_.row(pivot_);
    D_.rowwise() -= at_pivot.transpose();
    directions_ -= setting.constant * at_pivot.transpose();
    slope_ = directions_.col(0).dot(setting.v) + at_pivot(0) * setting.constant.dot(setting.v);
    view_.emplace(slope_ * D_.col(0), setting.u(pivot_),
                  side_ * (activation == Activation::tanh ? 2.0 : 1.0));
    h_ = 0.5 * (view_->rest0 - view_->s0);
    p_ = view_->s0 * view_->rest0;
  }

  [[nodiscard]] AmplitudeSpan span() {
    AmplitudeSpan span;
    const double height = setting_.height();
    span.g = is_free_ ? view_->psi : view_->e;
    span.factor = height * (is_free_ ? p_ : side_ * view_->s0);
    span.base = setting_.known == KnownEnd::low    ? setting_.range.low
                : setting_.known == KnownEnd::high ? setting_.range.high
                : setting_.u(pivot_) < 0.0         ? setting_.range.low + height * view_->s0
                                                   : setting_.range.high - height * view_->rest0;
    if (!(p_ > 0.0) || !std::isfinite(1.0 / (p_ * span.factor))) return span;
    factor_ = span.factor;
    name_moves();
    std::vector<AmplitudeFrame> frames;
    frames.push_back(steep(span.g));
    frames.push_back(smooth(span.g));
    if (is_free_ && slope_ != 0.0 && view_->d.cwiseAbs().maxCoeff() <= kNearLine)
      frames.push_back(near_line(span.g));
    double best = kDependent;
    for (AmplitudeFrame& frame : frames) {
      const double independence = frame.factor(setting_.root);
      if (!(independence > best)) continue;
      best = independence;
      span.frame = std::move(frame);
    }
    return span;
  }

 private:
  /// The moves of the parameters that g, the slope and g^2 are.
  void name_moves() {
    as_one_.setZero(n_);
    as_value_.setZero(n_);
    if (is_free_) {
      as_one_(setting_.low_place()) = as_one_(setting_.high_place()) = 1.0;
      as_value_(setting_.low_place()) = -1.0 / view_->rest0;
      as_value_(setting_.high_place()) = 1.0 / view_->s0;
      kappa_ = view_->kappa;
    } else {
      as_value_(n_ - 1) = 1.0 / view_->s0;
      kappa_ = view_->rest0 * view_->kappa;
    }
    const Vector as_slope = velocity(setting_.constant);
    as_square_ = is_free_ ? Vector((as_one_ + 2.0 * h_ * as_value_ - as_slope) / p_)
                          : Vector((as_value_ - as_slope) / view_->s0);
  }

  /// The move for node velocities of basis direction / factor, in logistic units.
  [[nodiscard]] Vector velocity(const Vector& direction) const {
    Vector move = Vector::Zero(n_);
    move.head(rank_) = direction / (view_->scale * factor_);
    return move;
  }

  /// Columns (1) and g.
  [[nodiscard]] AmplitudeFrame begin(const Vector& g, Index shared) const {
    AmplitudeFrame frame(L_, n_);
    frame.bending.by_xi = kappa_.cwiseProduct(view_->turn);
    frame.bending.share(shared, L_, n_);
    if (is_free_) {
      frame.columns.col(0).setOnes();
      frame.moves.col(0) = as_one_;
    }
    frame.columns.col(value_place()) = g;
    frame.moves.col(value_place()) = as_value_;
    return frame;
  }

  /// Columns kappa times velocities of patterns, from `place` on.
  void add_slopes(AmplitudeFrame& frame, Index place, const Matrix& velocities,
                  const Matrix& directions) const {
    for (Index k = 0; k < velocities.cols(); ++k) {
      frame.columns.col(place + k) = kappa_.cwiseProduct(velocities.col(k));
      frame.bending.W.col(place + k) = velocities.col(k);
      frame.moves.col(place + k) = velocity(directions.col(k));
    }
  }

  /// The column g^2, which is the first shared number.
  void add_square(AmplitudeFrame& frame, const Vector& g) const {
    const Index place = value_place() + 1;
    frame.columns.col(place) = g.cwiseAbs2();
    frame.moves.col(place) = as_square_;
    frame.bending.G(0, place) = 1.0;
    frame.bending.by_mixed.col(0) = 2.0 * g.cwiseProduct(kappa_);
    frame.bending.of_g(0, 0) = 2.0 * g.array().cube();
  }

  /// (1), g, kappa x: for steps.
  [[nodiscard]] AmplitudeFrame steep(const Vector& g) const {
    AmplitudeFrame frame = begin(g, 0);
    const GradedDirections graded(setting_.basis, kappa_);
    add_slopes(frame, value_place() + 1, graded.velocities, graded.directions);
    return frame;
  }

  /// (1), g, g^2, kappa (x - x_pivot): for exponentials.
  [[nodiscard]] AmplitudeFrame smooth(const Vector& g) const {
    AmplitudeFrame frame = begin(g, 1);
    add_square(frame, g);
    const GradedDirections graded(D_, kappa_);
    add_slopes(frame, value_place() + 2, graded.velocities, directions_ * graded.directions);
    return frame;
  }

  /// 1, psi, psi^2, t and kappa (x - x_pivot) across the slopes: for straight lines. Second derivatives are modulo psi^2
  /// and t.
  [[nodiscard]] AmplitudeFrame near_line(const Vector& g) const {
    AmplitudeFrame frame = begin(g, 2);
    add_square(frame, g);
    const Index place = value_place() + 2;
    frame.moves.col(place) =
        view_->scale * slope_ * velocity(directions_.col(0)) - as_value_ - h_ * as_square_;
    frame.bending.G(1, place) = 1.0;
    Vector t(L_), along(L_), across(L_);
    const double h = h_, p = p_;
    for (Index i = 0; i < L_; ++i) {
      const double d = view_->d(i), q = g(i), q2 = q * q, k = kappa_(i);
      const double zeta = 2.0 * std::sinh(0.5 * d);
      t(i) = k * minus_sinh(d);
      const double y = t(i) + q + h * q2;  // kappa d
      const double eta =
          (t(i) + (p + 2.0 * h * h) * q * q2 - h * p * q2 * q2) / k;  // d - psi + h psi^2
      // t + psi^3 / 6
      const double quartic =
          k * (cubed_rest(d) + zeta * zeta * zeta * view_->root_kappa_less_one(i) / 6.0);
      along(i) = -3.0 * quartic + 2.0 * p * q * (h * h * q2 * q2 - eta * (q + h * q2) - t(i) * d) +
                 2.0 * h * (-h * h * q2 * q2 - t(i) * (q + h * q2) + y * eta);
      across(i) = k * (2.0 * h * (eta - h * q2) - 2.0 * p * q * d);
    }
    frame.columns.col(place) = t;
    frame.bending.by_mixed.col(1) = across;
    frame.bending.of_g(1, 1) = along;
    frame.bending.of_g(0, 1) = frame.bending.of_g(1, 0) = 2.0 * g.cwiseProduct(t);
    add_slopes(frame, place + 1, D_.rightCols(rank_ - 2), directions_.rightCols(rank_ - 2));
    return frame;
  }

  [[nodiscard]] Index value_place() const { return is_free_ ? 1 : 0; }

  const AmplitudeSetting& setting_;
  Index L_, n_, rank_;
  bool is_free_;
  double side_;
  Index pivot_ = 0;
  Matrix
      directions_;  ///< rank x (rank - 1), of differences to the pivot; the first along the slopes.
  Matrix D_;        ///< L x (rank - 1), these differences.
  double slope_ = 0.0, h_ = 0.0, p_ = 0.0, factor_ = 0.0;
  std::optional<LogisticView> view_;
  Vector kappa_, as_one_, as_value_, as_square_;
};

}  // namespace

AmplitudeManifold::AmplitudeManifold(Problem problem, Activation activation,
                                     const OutputRange& range, double rank_tolerance)
    : problem_(std::move(problem)),
      activation_(activation),
      range_(checked(range)),
      space_((check(problem_), problem_.X), problem_.pattern_weights, rank_tolerance) {
  if (range_.is_known())
    throw std::invalid_argument(
        "both ends of the range are known: the data manifold is that of a perceptron");
  need_no_offset(problem_, "a data manifold with fitted plateaus");
  if (space_.rank() == 0)
    throw DataError("problem '" + problem_.name +
                    "': every column of X is zero, so no weight changes the output");
  const Index L = problem_.y.size();
  root_ = problem_.pattern_weights.size() > 0 ? Vector(problem_.pattern_weights.cwiseSqrt())
                                              : Vector::Ones(L);
  basis_ = space_.basis();
  const Vector constant = basis_.transpose() * root_.cwiseAbs2();
  if (((basis_ * constant).array() - 1.0).abs().maxCoeff() <= kConstant) constant_ = constant;
}

AmplitudeManifold::Known AmplitudeManifold::known_end(const Range& range) const {
  if (!range_.low && !range_.high) return Known::none;
  const double known = range_.low ? *range_.low : *range_.high;
  // Where both are (a height of zero), that of the request.
  const bool is_low = range.low == known && (range_.low || range.high != known);
  if (!is_low && range.high != known)
    throw std::invalid_argument("a plateau of the range is known, and the curve has another one");
  return is_low ? Known::low : Known::high;
}

std::optional<AmplitudeCurve> AmplitudeManifold::best_curve(const Vector& weights) const {
  const Index L = ambient();
  const Vector u = problem_.X * weights;
  const Vector omega = root_.cwiseAbs2();
  const bool is_free = !range_.low && !range_.high;
  // From the known end, or from the one that most node inputs are nearer to: nothing cancels there.
  const bool from_high = range_.high || (is_free && omega.dot(u) > 0.0);
  Vector g(L), y = problem_.y;
  for (Index i = 0; i < L; ++i) {
    const Sigmoid at = sigmoid_at(activation_, u(i));
    g(i) = from_high ? -at.rest : at.s;
  }
  double mean_g = 0.0, mean_y = range_.low ? *range_.low : range_.high ? *range_.high : 0.0;
  if (is_free) {
    // Relative to one of them, so that equal numbers have themselves for a mean.
    mean_g = g(0) + omega.dot(Vector(g.array() - g(0))) / omega.sum();
    mean_y = y(0) + omega.dot(Vector(y.array() - y(0))) / omega.sum();
  }
  const Vector centred = g.array() - mean_g;
  y.array() -= mean_y;
  const double size = omega.dot(centred.cwiseAbs2());
  const double product = omega.dot(centred.cwiseProduct(y));
  const double scale = std::sqrt(size * omega.dot(y.cwiseAbs2()));
  if (!(std::abs(product) > kNoHeight * scale) || !(scale > 0.0)) return std::nullopt;
  const double height = product / size;
  const double base = mean_y - height * mean_g;
  double low = from_high ? base - height : base, high = from_high ? base : base + height;
  // What is known stays as it is, to the last digit.
  if (range_.low) low = *range_.low;
  if (range_.high) high = *range_.high;
  if (!std::isfinite(low) || !std::isfinite(high) || low == high) return std::nullopt;
  if (low < high) return AmplitudeCurve{weights, {low, high}};
  return AmplitudeCurve{-weights, {high, low}};
}

std::optional<ManifoldPoint> AmplitudeManifold::at(const AmplitudeCurve& curve) const {
  return at(curve, false);
}

std::optional<ManifoldPoint> AmplitudeManifold::at_best(const AmplitudeCurve& curve) const {
  return at(curve, true);
}

std::optional<ManifoldPoint> AmplitudeManifold::at(const AmplitudeCurve& curve,
                                                   bool fits_plateaus) const {
  assert(curve.weights.size() == problem_.X.cols() && curve.weights.allFinite());
  if (!(curve.range.low < curve.range.high))
    throw std::invalid_argument("the plateaus of a curve must be low < high");
  const Index L = ambient(), n = dimension(), rank = space_.rank();
  const Known known = known_end(curve.range);
  if (n > L) return std::nullopt;
  AmplitudeSetting setting{basis_,
                           constant_,
                           root_,
                           space_.coordinates(curve.weights),
                           {},
                           {},
                           known == Known::none  ? KnownEnd::none
                           : known == Known::low ? KnownEnd::low
                                                 : KnownEnd::high,
                           curve.range};
  const Vector &v = setting.v, &u = setting.u, &first = setting.first;
  setting.u = basis_ * v;
  std::vector<Sigmoid> sigmoids;
  for (const double input : u) sigmoids.push_back(sigmoid_at(activation_, input));
  const auto number = [&](auto of) {
    Vector result(L);
    for (Index i = 0; i < L; ++i) result(i) = of(sigmoids[static_cast<std::size_t>(i)]);
    return result;
  };
  setting.first = number([](const Sigmoid& at) { return at.first; });
  const Index low_place = setting.low_place(), high_place = setting.high_place();
  const double height = setting.height();
  const bool is_logistic = activation_ == Activation::tanh || activation_ == Activation::logistic;
  AmplitudeSpan span = is_logistic && constant_.size() > 0 && rank > 1
                           ? LogisticSpan(setting, activation_).span()
                           : plain_span(setting, sigmoids);
  if (!span.frame) return std::nullopt;
  AmplitudeFrame* const frame = &*span.frame;
  const Vector& g = span.g;
  double base = span.base, factor = span.factor;

  if (fits_plateaus) {
    const Vector omega = root_.cwiseAbs2();
    Vector y = problem_.y;
    double mean_g = 0.0, mean_y = base;
    if (known == Known::none) {
      mean_g = omega.dot(g) / omega.sum();
      mean_y = y(0) + omega.dot(Vector(y.array() - y(0))) / omega.sum();
    }
    const Vector centred = g.array() - mean_g;
    y.array() -= mean_y;
    factor = omega.dot(centred.cwiseProduct(y)) / omega.dot(centred.cwiseAbs2());
    base = mean_y - factor * mean_g;
  }

  auto point = std::make_unique<AmplitudePoint>();
  point->n = n;
  point->v.resize(n);
  point->v.head(rank) = v;
  if (low_place >= 0) point->v(low_place) = curve.range.low;
  if (high_place >= 0) point->v(high_place) = curve.range.high;
  point->u = u;
  const Vector outputs = base + (factor * g).array();
  point->z = root_.cwiseProduct(outputs);
  point->residual =
      root_.cwiseProduct(Vector(((problem_.y.array() - base) - factor * g.array()).matrix()));
  point->distance = point->residual.stableNorm();
  point->gains = height * root_.cwiseProduct(first);
  point->Q = frame->Q;
  point->to_velocity = frame->moves * frame->to_columns;

  Matrix J(L, n);
  J.leftCols(rank) = point->gains.asDiagonal() * basis_;
  if (low_place >= 0)
    J.col(low_place) = root_.cwiseProduct(number([](const Sigmoid& at) { return at.rest; }));
  if (high_place >= 0)
    J.col(high_place) = root_.cwiseProduct(number([](const Sigmoid& at) { return at.s; }));
  point->to_frame = point->Q.transpose() * J;

  point->bending = std::move(frame->bending);
  point->bending.W *= frame->to_columns;
  point->bending.G *= frame->to_columns;
  point->bending.scale(root_ / factor);

  SecondDerivatives& own = point->accelerations;
  own.share(1, L, n);
  own.W = basis_ * point->to_velocity.topRows(rank);
  if (low_place >= 0) own.G.row(0) -= point->to_velocity.row(low_place);
  if (high_place >= 0) own.G.row(0) += point->to_velocity.row(high_place);
  own.by_xi = height * number([](const Sigmoid& at) { return at.second; });
  own.by_mixed.col(0) = first;
  own.scale(root_);

  point->leverages = point->Q.rowwise().squaredNorm();
  const Vector sizes = point->bending.sizes();
  point->bound = sizes.stableNorm();
  point->bends =
      (point->leverages.array() > 0.0).select(sizes.array() / point->leverages.array().sqrt(), 0.0);
  if (!point->to_velocity.allFinite() || !sizes.allFinite()) return std::nullopt;
  return ManifoldPoint(std::move(point));
}

AmplitudeCurve AmplitudeManifold::curve(const Vector& v, const AmplitudeCurve& near) const {
  assert(v.size() == dimension());
  const Index rank = space_.rank();
  const Known known = known_end(near.range);
  AmplitudeCurve result{space_.weights(v.head(rank)), {0.0, 0.0}};
  if (known != Known::low) result.range.low = v(rank);
  if (known != Known::high) result.range.high = v(dimension() - 1);
  return result;
}

}  // namespace tautrack
