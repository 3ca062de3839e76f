#include "certify/path_tube.hpp"

#ifdef TAUTRACK_WITH_FLINT

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "proof/rounding.hpp"

namespace tautrack::tube {

using proof::kRounding;
using proof::magnitude;
using proof::to_interval;

namespace {

constexpr int kOrders = kDegree + 2;  ///< Orders of the residual, one beyond the centre curve.
constexpr int kSlopes = 3;            ///< Orders of the Jacobian that are known at the midpoint.
constexpr int kNewtonSteps = 6;

/// Newton's method has converged when its last step is at most this, has done all it can at the second, and
/// goes on as long as steps shrink by the third. Only the length of tubes depends on it.
constexpr double kConverged = 1e-7, kExhausted = 1e-12, kHalves = 0.5;

/// Boxes that are tried for one length, and their largest half width relative to the node inputs.
constexpr int kAttempts = 3;
/// The box is this many times the guess of the residual, and of what it has to hold; the next one that many
/// times what the last one asked for, unless M r exceeds r by too much.
constexpr double kOfGuess = 2.0, kOfLeast = 1.25, kOfAsked = 1.5, kTooMuch = 8.0;
/// Remainders are taken for so many next coefficients at first, and never for more than the second.
constexpr double kFirstExcess = 4.0, kMostExcess = 1e3;
/// If radii of the Jacobian use up this part of the box, precision is what is missing.
constexpr double kNoisy = 0.02;
constexpr double kLargestBox = 1e2;

/// Numbers up to these sizes never leave the range of double in the products below, so that no interval
/// is lost in one that is not a number. The first are of the frame, the others of what follows from it.
constexpr double kLargestOfFrame = 1e30, kLargestInput = 1e20, kLargestRow = 1e40,
                 kLargestInTube = 1e25;

/// What is_sharp() asks for.
constexpr double kBurden = 0.1, kSharp = 0.02, kStraight = 0.2;

/// The smallest box, and what is more than all that underflows and little beside it.
constexpr double kSmallestBox = 1e-200, kUnderflow = 1e-250;

/// Improvements of a bound (1 - M)^-1 b, and pieces in which a polynomial is enclosed over an interval.
constexpr int kImprovements = 6, kPieces = 8;

/// |Q Q' - 1| <= d makes |Q^-1 - Q'| <= 2 d |Q'| for d up to this (and beyond).
constexpr double kNearlyOrthogonal = 0.01;

double binomial(int n, int k) {
  double result = 1.0;
  for (int j = 1; j <= k; ++j) result = result * (n - k + j) / j;
  return result;
}

/// The coefficients of a polynomial at all midpoints in a.
template <class Coefficients>
void expand(const Coefficients& c, const Interval& a, Series<Interval>& out) {
  for (int k = 0; k <= kDegree; ++k) {
    Interval sum = c(kDegree) * binomial(kDegree, k);
    for (int j = kDegree - 1; j >= k; --j) sum = sum * a + c(j) * binomial(j, k);
    out[at(k)] = sum;
  }
  out[at(kDegree + 1)] = Interval(0.0);
}

/// Whether all entries are numbers of at most this size.
bool fits(const Matrix& x, double largest) {
  return x.allFinite() && (x.array().abs() <= largest).all();
}
template <class Intervals>
bool fit(const Intervals& x, double largest) {
  return std::all_of(x.begin(), x.end(), [&](const Interval& entry) {
    return entry.lower() >= -largest && entry.upper() <= largest;
  });
}

Interval symmetric(double radius) { return {-radius, radius}; }

}  // namespace

Tube::Tube(const ExactProblem& problem)
    : problem_(problem),
      L_(problem.patterns()),
      n_(problem.unknowns()),
      up_(proof::slack(L_ + 64 * (n_ + 1))) {}

void Tube::evaluate(const Vector& x, Vector& H, Matrix& J) {
  ++evaluations_;
  const Matrix& A = problem_.midpoint();
  const Vector u = A * x.head(n_);
  Vector g(L_), g_u(L_), g_delta(L_);
  PatternSeries<double> series;
  Series<double> u_series{}, delta_series{};
  delta_series[0] = x(n_);
  for (Index i = 0; i < L_; ++i) {
    u_series[0] = u(i) + problem_.offset(i);
    series.evaluate(problem_.pattern(i), u_series, delta_series, 0, 0);
    g(i) = series.force[0];
    g_u(i) = series.stiffness[0];
    g_delta(i) = series.by_delta[0];
  }
  H = A.transpose() * g;
  J.leftCols(n_) = A.transpose() * g_u.asDiagonal() * A;
  J.col(n_) = A.transpose() * g_delta;
  if (problem_.penalty().size() > 0) {
    H += problem_.penalty() * x.head(n_);
    J.leftCols(n_) += problem_.penalty();
  }
}

bool Tube::place(const Vector& x, const Vector& scale, const Vector& forward, bool fixed_delta,
                 double most) {
  frame_.x = x;
  frame_.scale = scale;
  const Vector direction = forward.cwiseQuotient(scale).normalized();
  Vector H(n_);
  Matrix J(n_, n_ + 1);
  Matrix bordered(n_ + 1, n_ + 1);
  double moved = 0.0;
  double last = std::numeric_limits<double>::infinity();
  for (int k = 0;; ++k) {
    evaluate(frame_.x, H, J);
    if (!H.allFinite() || !J.allFinite()) return false;
    bordered.topRows(n_) = J * scale.asDiagonal();
    if (k == kNewtonSteps || last <= kExhausted) break;
    bordered.row(n_) = fixed_delta ? Vector(Vector::Unit(n_ + 1, n_)) : direction;
    // Rows of order one.
    Vector right = Vector::Zero(n_ + 1);
    right.head(n_) = -H;
    for (Index j = 0; j <= n_; ++j) {
      const double size = bordered.row(j).cwiseAbs().maxCoeff();
      if (!(size > 0.0)) return false;
      bordered.row(j) /= size;
      right(j) /= size;
    }
    Vector step = solve_square(bordered, right);
    if (fixed_delta) step(n_) = 0.0;
    const double size = step.norm();
    if (!(size <= most)) return false;
    if (k > 0 && size > kHalves * last) {
      if (last > kConverged) return false;
      break;
    }
    moved += size;
    if (!(moved <= most)) return false;
    frame_.x += scale.cwiseProduct(step);
    last = size;
  }
  if (!(last <= kConverged)) return false;

  const Svd svd = full_svd(J * scale.asDiagonal());
  const Vector& values = svd.values;
  if (!(values(n_ - 1) > 0.0)) return false;
  frame_.Q = svd.V;
  if (frame_.Q.col(n_).dot(direction) < 0.0) frame_.Q.col(n_) *= -1.0;
  frame_.F = scale.asDiagonal() * frame_.Q;
  frame_.C = values.cwiseInverse().asDiagonal() * svd.U.transpose();
  set_curve();
  return fits(frame_.x, kLargestOfFrame) && fits(frame_.F, kLargestOfFrame) &&
         fits(frame_.C, kLargestOfFrame) && fits(frame_.curve, kLargestOfFrame);
}

void Tube::set_curve() {
  const Matrix& A = problem_.midpoint();
  const Matrix W = A * frame_.F.topRows(n_);
  const Matrix Y = A * frame_.C.transpose();
  frame_.curve = Matrix::Zero(n_, kDegree + 1);
  Matrix u = Matrix::Zero(L_, kDegree + 1);
  u.col(0) = A * frame_.x.head(n_);
  for (Index i = 0; i < L_; ++i) u(i, 0) += problem_.offset(i);
  u.col(1) = W.col(n_);
  Series<double> u_series{}, delta_series{};
  delta_series[0] = frame_.x(n_);
  delta_series[1] = frame_.F(n_, n_);
  PatternSeries<double> series;
  Vector g(L_);
  for (int k = 2; k <= kDegree; ++k) {
    for (Index i = 0; i < L_; ++i) {
      for (int j = 0; j <= kDegree; ++j) u_series[at(j)] = u(i, j);
      series.evaluate(problem_.pattern(i), u_series, delta_series, k, -1);
      g(i) = series.force[at(k)];
    }
    frame_.curve.col(k) = -(Y.transpose() * g);
    u.col(k) = W.leftCols(n_) * frame_.curve.col(k);
    delta_series[at(k)] = frame_.F.row(n_).head(n_).dot(frame_.curve.col(k));
  }
  evaluations_ += kDegree - 1;
}

void Tube::enclose(slong precision) {
  if (precision <= 53) {
    enclose(problem_.intervals());
  } else {
    if (precision != precision_) balls_ = problem_.balls(precision);
    enclose(balls_);
    // The midpoint once more: Newton's method in double may be far from the curve.
    Vector step(n_);
    for (Index j = 0; j < n_; ++j) step(j) = -proof::middle(q_[at(j * kOrders)]);
    if (step.allFinite()) {
      frame_.x += frame_.F.leftCols(n_) * step;
      enclose(balls_);
    }
  }
  precision_ = precision;
  set_preconditioner();
  usable_ = fits(frame_.x, kLargestOfFrame) && fit(u_, kLargestInput) &&
            fit(delta_, kLargestInput) && fits(W_above_, kLargestInput) &&
            fits(Y_above_, kLargestRow);
}

/// What enclose() sums up over the patterns: coefficients of C H on the centre curve and of C dH/db.
template <class S>
struct Tube::Sums {
  explicit Sums(Index n) : q(at(n * kOrders), S(0.0)) {
    for (auto& matrix : K) matrix.assign(at(n * n), S(0.0));
  }
  std::vector<S> q;           ///< n x kOrders
  std::vector<S> K[kSlopes];  ///< n x n
};

template <class S>
void Tube::enclose(const Data<S>& data) {
  ++evaluations_;
  Sums<S> sums(n_);
  enclose_patterns(data, enclose_delta<S>(), sums);
  if (!data.K.empty()) add_penalty(data, sums);
  q_.resize(at(n_ * kOrders));
  q_above_.resize(n_, kOrders);
  for (Index j = 0; j < n_; ++j) {
    for (int k = 0; k < kOrders; ++k) {
      q_[at(j * kOrders + k)] = to_interval(sums.q[at(j * kOrders + k)]);
      q_above_(j, k) = magnitude(q_[at(j * kOrders + k)]);
    }
  }
  for (int k = 0; k < kSlopes; ++k) {
    K_[k].resize(n_, n_);
    K_radius_[k].resize(n_, n_);
    for (Index j = 0; j < n_; ++j) {
      for (Index m = 0; m < n_; ++m) {
        const Interval entry = to_interval(sums.K[k][at(j * n_ + m)]);
        const double middle = proof::middle(entry);
        K_[k](j, m) = middle;
        K_radius_[k](j, m) = magnitude(entry - middle);
      }
    }
  }
}

template <class S>
Series<S> Tube::enclose_delta() {
  const Matrix& F = frame_.F;
  Series<S> delta;
  for (auto& coefficient : delta) coefficient = S(0.0);
  delta[0] = S(frame_.x(n_));
  delta[1] = S(F(n_, n_));
  for (int k = 2; k <= kDegree; ++k)
    for (Index j = 0; j < n_; ++j) delta[at(k)] += S(F(n_, j)) * frame_.curve(j, k);
  delta_.clear();
  for (int k = 0; k <= kDegree; ++k) delta_.push_back(to_interval(delta[at(k)]));
  delta_above_ = F.row(n_).head(n_).cwiseAbs();
  return delta;
}

template <class S>
void Tube::enclose_patterns(const Data<S>& data, const Series<S>& delta, Sums<S>& sums) {
  const Matrix& F = frame_.F;
  Y_.resize(at(L_ * n_));
  u_.resize(at(L_ * (kDegree + 1)));
  Y_above_.resize(L_, n_);
  W_above_.resize(L_, n_);
  const auto size = at(n_);
  std::vector<S> W(size), Y(size), slope(size);
  Series<S> u;
  PatternSeries<S> series;
  for (Index i = 0; i < L_; ++i) {
    const S* a = &data.A[at(i * n_)];
    for (auto& coefficient : u) coefficient = S(0.0);
    u[0] = S(problem_.offset(i));
    for (Index k = 0; k < n_; ++k) {
      u[0] += a[k] * frame_.x(k);
      u[1] += a[k] * F(k, n_);
    }
    for (Index j = 0; j < n_; ++j) {
      W[at(j)] = S(0.0);
      Y[at(j)] = S(0.0);
      for (Index k = 0; k < n_; ++k) {
        W[at(j)] += a[k] * F(k, j);
        Y[at(j)] += a[k] * frame_.C(j, k);
      }
      for (int k = 2; k <= kDegree; ++k) u[at(k)] += W[at(j)] * frame_.curve(j, k);
      Y_[at(i * n_ + j)] = to_interval(Y[at(j)]);
      Y_above_(i, j) = magnitude(Y_[at(i * n_ + j)]);
      W_above_(i, j) = magnitude(to_interval(W[at(j)]));
    }
    for (int k = 0; k <= kDegree; ++k) u_[at(i * (kDegree + 1) + k)] = to_interval(u[at(k)]);
    series.evaluate(problem_.pattern(i), u, delta, kDegree + 1, kSlopes - 1);
    for (Index j = 0; j < n_; ++j)
      for (int k = 0; k < kOrders; ++k)
        sums.q[at(j * kOrders + k)] += Y[at(j)] * series.force[at(k)];
    for (int k = 0; k < kSlopes; ++k) {
      for (Index j = 0; j < n_; ++j)
        slope[at(j)] = series.stiffness[at(k)] * W[at(j)] + series.by_delta[at(k)] * F(n_, j);
      for (Index j = 0; j < n_; ++j)
        for (Index m = 0; m < n_; ++m) sums.K[k][at(j * n_ + m)] += Y[at(j)] * slope[at(m)];
    }
  }
}

template <class S>
void Tube::add_penalty(const Data<S>& data, Sums<S>& sums) const {
  const Matrix& F = frame_.F;
  for (Index j = 0; j < n_; ++j) {
    for (Index m = 0; m < n_; ++m) {
      S p(0.0);  // C K
      for (Index l = 0; l < n_; ++l) p += data.K[at(l * n_ + m)] * frame_.C(j, l);
      sums.q[at(j * kOrders)] += p * frame_.x(m);
      sums.q[at(j * kOrders + 1)] += p * F(m, n_);
      for (Index l = 0; l < n_; ++l) {
        const S term = p * F(m, l);
        sums.K[0][at(j * n_ + l)] += term;
        for (int k = 2; k <= kDegree; ++k) sums.q[at(j * kOrders + k)] += term * frame_.curve(l, k);
      }
    }
  }
}

void Tube::set_preconditioner() {
  frame_.P1 = -K_[1];
  frame_.P2 = K_[1] * K_[1] - K_[2];
  if (!frame_.P1.allFinite() || !frame_.P2.allFinite())
    frame_.P1 = frame_.P2 = Matrix::Zero(n_, n_);
  // The frame is orthogonal up to rounding.
  const Matrix gram = frame_.Q * frame_.Q.transpose() - Matrix::Identity(n_ + 1, n_ + 1);
  defect_ = up_ * (gram.norm() + static_cast<double>((n_ + 1) * (n_ + 4)) * kRounding *
                                     (1.0 + frame_.Q.squaredNorm()));
}

bool Tube::widen(double length) {
  ++evaluations_;
  const Interval a = symmetric(length);
  Series<Interval> u, delta;
  expand([&](int k) { return delta_[at(k)]; }, a, delta);
  const double delta_room = up_ * delta_above_.dot(box_);
  delta[0] = proof::widened(delta[0], delta_room);
  if (!fit(delta, kLargestInTube)) return false;
  remainder_ = Matrix::Zero(n_, n_);
  variation_ = Matrix::Zero(n_, n_);
  top_ = Vector::Zero(n_);
  rate_variation_ = Vector::Zero(n_);
  by_uu_.resize(at(L_));
  by_ud_.resize(at(L_));
  by_dd_.resize(at(L_));
  speed_.resize(at(L_));
  const Vector room = up_ * (W_above_ * box_);
  PatternSeries<Interval> series;
  Matrix slopes(L_, n_), changes(L_, n_);
  Vector tops(L_), rates(L_);
  for (Index i = 0; i < L_; ++i) {
    expand([&](int k) { return u_[at(i * (kDegree + 1) + k)]; }, a, u);
    u[0] = proof::widened(u[0], room(i));
    if (!fit(u, kLargestInTube)) return false;
    const Pattern& pattern = problem_.pattern(i);
    series.evaluate(pattern, u, delta, kDegree + 1, kSlopes);
    series.differentiate(pattern, u[0], delta[0]);
    tops(i) = magnitude(series.force[at(kDegree + 1)]);
    const double by_u = magnitude(series.stiffness[kSlopes]);
    const double by_delta = magnitude(series.by_delta[kSlopes]);
    const double uu = magnitude(series.by_uu);
    const double ud = magnitude(series.by_ud);
    const double dd = magnitude(series.by_dd);
    const double change_u = uu * room(i) + ud * delta_room;
    const double change_delta = ud * room(i) + dd * delta_room;
    slopes.row(i) = by_u * W_above_.row(i) + by_delta * delta_above_.transpose();
    changes.row(i) = change_u * W_above_.row(i) + change_delta * delta_above_.transpose();
    rates(i) = change_u * magnitude(u[1]) + change_delta * magnitude(delta[1]);
    by_uu_[at(i)] = series.by_uu;
    by_ud_[at(i)] = series.by_ud;
    by_dd_[at(i)] = series.by_dd;
    speed_[at(i)] = u[1];
  }
  remainder_ = up_ * (Y_above_.transpose() * slopes);
  variation_ = up_ * (Y_above_.transpose() * changes);
  top_ = up_ * (Y_above_.transpose() * tops);
  rate_variation_ = up_ * (Y_above_.transpose() * rates);
  return true;
}

Vector Tube::preconditioned(double size, const Vector& v) const {
  const Vector first = frame_.P1.cwiseAbs() * v;
  const Vector second = frame_.P2.cwiseAbs() * v;
  return up_ * (v + size * first + size * size * second);
}

Vector Tube::residual(double size) const {
  Vector sum = top_;
  for (int k = kDegree; k >= 0; --k) sum = q_above_.col(k) + size * sum;
  return preconditioned(size, up_ * sum);
}

void Tube::set_contraction(double h) {
  const Matrix& P1 = frame_.P1;
  const Matrix& P2 = frame_.P2;
  const Matrix A1 = P1.cwiseAbs(), A2 = P2.cwiseAbs();
  const Matrix one = Matrix::Identity(n_, n_);
  // Coefficients of C(a) dH/db - 1, and what rounding and the radii add: gamma times all sizes.
  const Matrix k0 = K_[0].cwiseAbs(), k1 = K_[1].cwiseAbs(), k2 = K_[2].cwiseAbs();
  const double gamma = static_cast<double>(n_ + 6) * 2.0 * kRounding;
  const Matrix c0 = (K_[0] - one).cwiseAbs() + K_radius_[0] + gamma * k0;
  const Matrix c1 =
      (P1 * K_[0] + K_[1]).cwiseAbs() + A1 * K_radius_[0] + K_radius_[1] + gamma * (A1 * k0 + k1);
  const Matrix c2 = (P2 * K_[0] + P1 * K_[1] + K_[2]).cwiseAbs() + A2 * K_radius_[0] +
                    A1 * K_radius_[1] + K_radius_[2] + gamma * (A2 * k0 + A1 * k1 + k2);
  const Matrix c3 = (P1 * K_[2] + P2 * K_[1]).cwiseAbs() + A1 * K_radius_[2] + A2 * K_radius_[1] +
                    gamma * (A1 * k2 + A2 * k1) + remainder_;
  const Matrix c4 =
      (P2 * K_[2]).cwiseAbs() + A2 * K_radius_[2] + gamma * (A2 * k2) + A1 * remainder_;
  const Matrix c5 = A2 * remainder_;
  M_ = c4 + h * c5;
  M_ = c3 + h * M_;
  M_ = c2 + h * M_;
  M_ = c1 + h * M_;
  M_ = c0 + h * M_;
  M_ += variation_ + h * (A1 * variation_) + (h * h) * (A2 * variation_);
  M_ = (up_ * M_).array() + kUnderflow;
}

Failure Tube::prove(double length, const Vector& least) {
  length_ = length;
  if (!usable_ || !(length <= kLargestBox)) return Failure::too_long;
  // The box is twice the residual, whose remainder is guessed from the next coefficient and from how
  // much more it was in the last tube.
  if (excess_.size() == 0) excess_ = Vector::Constant(n_, kFirstExcess);
  Vector guess = q_above_.col(kDegree + 1).cwiseProduct(excess_);
  for (int k = kDegree; k >= 0; --k) guess = q_above_.col(k) + length * guess;
  guess = preconditioned(length, guess);
  if (!guess.allFinite()) return Failure::imprecise;
  box_ = (kOfGuess * guess).cwiseMax(kOfLeast * least).array() + kSmallestBox;
  if (!(box_.maxCoeff() < kLargestBox)) return Failure::too_long;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (!widen(length)) return Failure::too_long;
    set_contraction(length);
    const Vector sum = (up_ * (residual(length) + M_ * box_)).array() + kUnderflow;
    if (!sum.allFinite()) break;
    if ((sum.array() < box_.array()).all()) {
      rate_ = rate(length);
      for (Index j = 0; j < n_; ++j)
        excess_(j) = std::clamp(top_(j) / (q_above_(j, kDegree + 1) + 1e-300), 1.0, kMostExcess);
      return Failure::none;
    }
    // Once more with the box that this one asks for, unless that will not do either.
    if (!((M_ * box_).cwiseQuotient(box_).maxCoeff() < kTooMuch)) break;
    box_ = (kOfAsked * sum).cwiseMax(box_);
    if (!(box_.maxCoeff() < kLargestBox)) break;
  }
  const Vector noise = K_radius_[0] * box_;
  return (noise.array() > kNoisy * box_.array()).any() ? Failure::imprecise : Failure::too_long;
}

Vector Tube::solve(const Vector& b) const {
  const Vector room = (1.0 - 8.0 * kRounding) * (box_ - up_ * (M_ * box_));
  double factor = 0.0;
  for (Index j = 0; j < n_; ++j) {
    if (!(room(j) > 0.0)) return Vector::Constant(n_, std::numeric_limits<double>::infinity());
    factor = std::max(factor, b(j) / room(j));
  }
  Vector x = (up_ * factor) * box_;
  for (int k = 0; k < kImprovements; ++k) x = x.cwiseMin(up_ * (b + M_ * x));
  return x;
}

double Tube::contraction() const { return (M_ * box_).cwiseQuotient(box_).maxCoeff(); }

Vector Tube::rate(double size) const {
  // C(a) dH/da on the centre curve, and its change over the box.
  Vector sum = static_cast<double>(kDegree + 1) * top_;
  for (int k = kDegree; k >= 1; --k) sum = static_cast<double>(k) * q_above_.col(k) + size * sum;
  return solve(preconditioned(size, up_ * (sum + rate_variation_)));
}

bool Tube::is_sharp(double a) const {
  // A box around the spread takes this much of the contraction of the next tube.
  const Vector room = spread(std::abs(a));
  const double part = room.cwiseQuotient(box_).maxCoeff();
  return part * (variation_ * box_).cwiseQuotient(box_).maxCoeff() <= kBurden &&
         room.maxCoeff() <= kSharp * length_ && rate(std::abs(a)).maxCoeff() <= kStraight;
}

Vector Tube::spread(double size) const { return solve(residual(size)); }

Gate Tube::gate(double a) const { return {frame_, a, spread(std::abs(a)), rate(std::abs(a))}; }

Interval Tube::polynomial(const Interval& a, int derivative) const {
  Interval sum(0.0);
  for (int k = kDegree; k >= derivative; --k) {
    double factor = 1.0;
    for (int j = 0; j < derivative; ++j) factor *= k - j;
    sum = sum * a + delta_[at(k)] * factor;
  }
  return sum;
}

Interval Tube::polynomial_over(double low, double high, int derivative) const {
  Interval all = polynomial(low, derivative);
  if (low == high) return all;
  double from = low;
  for (int k = 1; k <= kPieces; ++k) {
    const double to = k == kPieces ? high : low + (high - low) * k / kPieces;
    all = hull(all, polynomial({from, std::max(from, to)}, derivative));
    from = to;
  }
  return all;
}

Interval Tube::delta(double low, double high) const {
  const double room = up_ * delta_above_.dot(spread(std::max(std::abs(low), std::abs(high))));
  return proof::widened(polynomial_over(low, high, 0), room);
}

Interval Tube::delta_rate(double low, double high) const {
  return proof::widened(polynomial_over(low, high, 1), up_ * delta_above_.dot(rate_));
}

int Tube::delta_curvature_sign() const {
  // b'' = -(C(a) dH/db)^-1 C(a) D^2 H [x', x'], x' the derivative of the curve by a.
  const double h = length_;
  const Interval speed = delta_rate(-h, h);
  const Vector room = up_ * (W_above_ * rate_);
  std::vector<Interval> second(at(n_), Interval(0.0));
  for (Index i = 0; i < L_; ++i) {
    const Interval v = proof::widened(speed_[at(i)], room(i));
    const Interval term =
        by_uu_[at(i)] * square(v) + 2.0 * by_ud_[at(i)] * v * speed + by_dd_[at(i)] * square(speed);
    for (Index j = 0; j < n_; ++j) second[at(j)] += Y_[at(i * n_ + j)] * term;
  }
  Vector size(n_);
  for (Index j = 0; j < n_; ++j) size(j) = magnitude(second[at(j)]);
  if (!size.allFinite()) return 0;
  // What C(a) and the inverse differ from the identity by.
  const Vector whole = preconditioned(h, size);
  const Vector first =
      up_ * (h * (frame_.P1.cwiseAbs() * size) + (h * h) * (frame_.P2.cwiseAbs() * size));
  const Vector rest = up_ * (first + solve(up_ * (M_ * whole)));
  Interval sum(0.0);
  for (Index j = 0; j < n_; ++j) sum += -frame_.F(n_, j) * proof::widened(second[at(j)], rest(j));
  return proof::sign_of(sum);
}

std::vector<Interval> Tube::solutions(double low, double high) const {
  const Vector room = spread(std::max(std::abs(low), std::abs(high)));
  const Interval a(low, high);
  std::vector<Interval> b(at(n_));
  for (Index j = 0; j < n_; ++j) {
    Interval sum(0.0);
    for (int k = kDegree; k >= 0; --k) sum = sum * a + frame_.curve(j, k);
    b[at(j)] = proof::widened(sum, room(j));
  }
  std::vector<Interval> z(at(n_));
  for (Index k = 0; k < n_; ++k) {
    z[at(k)] = Interval(frame_.x(k)) + a * frame_.F(k, n_);
    for (Index j = 0; j < n_; ++j) z[at(k)] += b[at(j)] * frame_.F(k, j);
  }
  return z;
}

Tube::Entry Tube::entry(const Gate& gate) const {
  const Index N = n_ + 1;
  const Frame& other = gate.frame;
  // The point without its spread, relative to the midpoint here and in units of the scale: c = point +
  // B_N (+-spread), and the tangent B (curve' +- rate, 1), where B = F of the other in units of the scale.
  std::vector<Interval> b(at(n_)), slope(at(n_));
  const Interval a(gate.a);
  for (Index j = 0; j < n_; ++j) {
    Interval sum(0.0);
    Interval by_a(0.0);
    for (int k = kDegree; k >= 0; --k) sum = sum * a + other.curve(j, k);
    for (int k = kDegree; k >= 1; --k)
      by_a = by_a * a + Interval(other.curve(j, k)) * static_cast<double>(k);
    b[at(j)] = sum;
    slope[at(j)] = proof::widened(by_a, gate.rate(j));
  }
  std::vector<Interval> point(at(N)), tangent(at(N));
  Interval point_square(0.0), tangent_square(0.0), spread_square(0.0);
  Matrix B(N, N);  // exact: powers of two
  for (Index k = 0; k < N; ++k) {
    for (Index j = 0; j < N; ++j) B(k, j) = other.F(k, j) / frame_.scale(k);
    Interval offset = Interval(other.x(k)) - frame_.x(k);
    offset = offset * (1.0 / frame_.scale(k)) + a * B(k, n_);
    Interval direction(B(k, n_));
    Interval room(0.0);
    for (Index j = 0; j < n_; ++j) {
      offset += b[at(j)] * B(k, j);
      direction += slope[at(j)] * B(k, j);
      room += Interval(gate.spread(j)) * std::abs(B(k, j));
    }
    point[at(k)] = offset;
    tangent[at(k)] = direction;
    const Interval size = abs(offset) + room;
    point_square += square(size);
    tangent_square += square(direction);
  }
  // Q^-1 = Q' + what the defect allows: at most 2 defect, relative to the length, if the defect is small.
  Entry entry;
  const bool usable = defect_ < kNearlyOrthogonal;
  const double point_room = 2.0 * defect_ * sqrt(point_square).upper() * up_;
  const double tangent_room = 2.0 * defect_ * sqrt(tangent_square).upper() * up_;
  std::vector<Interval> coordinates(at(N));
  for (Index l = 0; l < N; ++l) {
    Interval sum(0.0);
    for (Index k = 0; k < N; ++k) sum += point[at(k)] * frame_.Q(k, l);
    Interval room(0.0);
    for (Index j = 0; j < n_; ++j) {
      Interval product(0.0);
      for (Index k = 0; k < N; ++k) product += Interval(frame_.Q(k, l)) * B(k, j);
      room += abs(product) * gate.spread(j);
    }
    coordinates[at(l)] = proof::widened(sum, up_ * (room.upper() + point_room));
  }
  Interval forward(0.0);
  for (Index k = 0; k < N; ++k) forward += tangent[at(k)] * frame_.Q(k, n_);
  forward = proof::widened(forward, tangent_room);
  entry.is_forward = usable && forward.lower() > 0.0;
  entry.a = coordinates[at(n_)];
  for (Index j = 0; j < n_; ++j) {
    Interval sum(0.0);
    for (int k = kDegree; k >= 0; --k) sum = sum * entry.a + frame_.curve(j, k);
    entry.b.push_back(coordinates[at(j)] - sum);
  }
  if (!usable) entry.a = symmetric(std::numeric_limits<double>::infinity());
  return entry;
}

Vector centre(const Frame& frame, double a) {
  const Index n = frame.curve.rows();
  Vector b(n + 1);
  Vector sum = Vector::Zero(n);
  for (int k = kDegree; k >= 0; --k) sum = frame.curve.col(k) + a * sum;
  b << sum, a;
  return frame.x + frame.F * b;
}

Tube::Place Tube::locate(const Vector& x) const {
  const Vector b = frame_.Q.transpose() * (x - frame_.x).cwiseQuotient(frame_.scale);
  Place place;
  place.a = b(n_);
  Vector sum = Vector::Zero(n_);
  for (int k = kDegree; k >= 0; --k) sum = frame_.curve.col(k) + place.a * sum;
  place.outside = ((b.head(n_) - sum).cwiseAbs() - box_).maxCoeff();
  return place;
}

}  // namespace tautrack::tube

#endif
