#include "explore/asymptote.hpp"

#include <algorithm>
#include <cmath>

#include "core/decompositions.hpp"
#include "network/log_slope.hpp"
#include "network/residual.hpp"

namespace tautrack {

namespace {

/// How far the rate of a tail may be from its limit, relative; and in units of 1 / rate how far the patterns F may be from
/// their stationary point.
constexpr double kShapeError = 0.05;

/// What N may contribute to gradient and Hessian, relative.
constexpr double kShare = 0.01;

/// How much the Hessian of F may change, relative, within twice the Newton step from there: one half is enough for its
/// stationary point to be unique in there (Kantorovich 1948).
constexpr double kChange = 0.25;

double tail_rate(const Perceptron& network) {
  if (network.options().ridge > 0.0) return 0.0;
  switch (network.options().activation) {
    case Activation::tanh:
      return 2.0;
    case Activation::logistic:
      return 1.0;
    case Activation::arctan:
    case Activation::erf:
      break;
  }
  return 0.0;
}

/// What a pattern is on the last piece: of F, of B, of N.
enum class Kind { free, basis, other };

/// Whether the rows that are wanted clearly span all; the first ones that do suffice.
template <class IsWanted>
bool spans_all(const Matrix& rows, const IsWanted& is_wanted) {
  const Index n = rows.cols();
  Matrix unit(n, n);  // orthonormal
  Vector rest(n);
  Index rank = 0;
  for (Index i = 0; i < rows.rows() && rank < n; ++i) {
    if (!is_wanted(i)) continue;
    rest = rows.row(i).transpose();
    const double length = rest.norm();
    for (int pass = 0; pass < 2; ++pass)
      rest -= unit.leftCols(rank) * (unit.leftCols(rank).transpose() * rest);
    const double part = rest.norm();
    if (part > infinity::kClearlyIndependent * length) unit.col(rank++) = rest / part;
  }
  return rank == n;
}

/// Rows chosen one after the other: those of the largest part, times a weight, that is independent of the rows before.
class RowBasis {
 public:
  explicit RowBasis(const Matrix& rows)
      : rest_(rows), length_(rows.rowwise().norm()), along_(rows.rows()) {}

  [[nodiscard]] Index size() const { return static_cast<Index>(chosen_.size()); }
  [[nodiscard]] const std::vector<Index>& chosen() const { return chosen_; }
  [[nodiscard]] bool is_independent(Index i) const {
    return rest_.row(i).norm() > infinity::kInSpan * length_(i);
  }

  /// Chooses among the rows with a positive weight until those left depend on the ones chosen, or `most` are.
  template <class Weight>
  void choose(Index most, const Weight& weight) {
    while (size() < most) {
      Index best = -1;
      double largest = 0.0;
      for (Index i = 0; i < rest_.rows(); ++i) {
        const double part = weight(i) * rest_.row(i).norm();
        if (!(part > largest) || !is_independent(i)) continue;
        largest = part;
        best = i;
      }
      if (best < 0) return;
      chosen_.push_back(best);
      const Vector unit = rest_.row(best).normalized();
      along_.noalias() = rest_ * unit;
      rest_.noalias() -= along_ * unit.transpose();
      rest_.row(best).setZero();
    }
  }

 private:
  Matrix rest_;  ///< The rows without their parts along those chosen.
  Vector length_, along_;
  std::vector<Index> chosen_;
};

}  // namespace

NewtonAsymptotes::NewtonAsymptotes(const Perceptron& network)
    : activation_(network.options().activation), rate_(tail_rate(network)) {
  if (rate_ > 0.0) patterns_ = infinity::patterns_of(network);
}

NewtonAsymptotes::Slope NewtonAsymptotes::slope(Index i, double u) const {
  const ActivationValues sigma = evaluate(activation_, u);
  const double r = residual(sigma, range(activation_), u, 1.0, patterns_.targets(i));
  const double omega = patterns_.weights(i);
  Slope out;
  out.psi = omega * sigma.first * r;
  out.curvature = omega * (sigma.first * sigma.first + sigma.second * r);
  // |sigma''| <= rate sigma', |sigma'''| <= rate^2 sigma'
  out.bend = omega * sigma.first * rate_ * (3.0 * sigma.first + rate_ * std::abs(r));
  // psi'/psi = sigma'/r + sigma''/sigma', in units of the rate, outwards
  const double of_residual = std::copysign(1.0, u) * sigma.first / (r * rate_);
  const double of_slope = std::copysign(1.0, u) * log_slope(activation_, u).bend / rate_;
  const bool is_in_tail = of_slope <= kShapeError - 1.0;
  out.is_saturated = is_in_tail && of_residual <= kShapeError;
  out.has_rate = is_in_tail && std::abs(of_residual) <= kShapeError;
  return out;
}

std::optional<Vector> NewtonAsymptotes::direction(const Vector& v, double lambda,
                                                  const Vector& a) const {
  if (!(rate_ > 0.0)) return std::nullopt;
  const Index n = v.size();
  const Matrix& rows = patterns_.rows;
  const Index count = rows.rows();
  Vector u = rows * v;
  if (patterns_.offsets.size() > 0) u += patterns_.offsets;
  std::vector<Slope> slopes;
  slopes.reserve(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) slopes.push_back(slope(i, u(i)));
  const auto of = [&](Index i) -> const Slope& { return slopes[static_cast<std::size_t>(i)]; };

  if (spans_all(rows, [&](Index i) { return !of(i).is_saturated; })) return std::nullopt;
  RowBasis basis(rows);
  basis.choose(n, [&](Index i) { return of(i).is_saturated ? 0.0 : 1.0 / rows.row(i).norm(); });
  const Index m = basis.size();
  if (m == n) return std::nullopt;
  std::vector<Kind> kind(slopes.size(), Kind::other);
  for (Index i = 0; i < count; ++i)
    if (!basis.is_independent(i)) kind[static_cast<std::size_t>(i)] = Kind::free;
  basis.choose(n, [&](Index i) { return of(i).is_saturated ? std::abs(of(i).psi) : 0.0; });
  if (basis.size() < n) return std::nullopt;
  Matrix chosen(n, n);
  Vector signs = Vector::Zero(n);  // s
  for (Index k = 0; k < n; ++k) {
    const Index i = basis.chosen()[static_cast<std::size_t>(k)];
    chosen.row(k) = rows.row(i);
    if (k < m) continue;
    if (!of(i).has_rate) return std::nullopt;
    kind[static_cast<std::size_t>(i)] = Kind::basis;
    signs(k) = std::copysign(1.0, u(i));
  }
  const Matrix inverse = inverse_of(chosen);
  const Matrix M = rows * inverse;
  const Vector c = inverse.transpose() * a;

  Vector gradient = Vector::Zero(m);    // of F alone, in its m coordinates
  Matrix hessian = Matrix::Zero(m, m);  // likewise
  Vector share = Vector::Zero(n);       // of N, in gradient or Hessian
  for (Index i = 0; i < count; ++i) {
    if (kind[static_cast<std::size_t>(i)] == Kind::free) {
      const auto row = M.row(i).head(m);
      gradient += of(i).psi * row.transpose();
      hessian += of(i).curvature * row.transpose() * row;
    } else if (kind[static_cast<std::size_t>(i)] == Kind::other) {
      const double size = M.row(i).lpNorm<1>();
      const double speed = std::copysign(1.0, u(i)) * M.row(i).dot(signs);
      if (!(speed - (kShapeError + kShare) * size > 1.0)) return std::nullopt;
      share += std::abs(of(i).psi) * std::max(1.0, rate_ * size) * M.row(i).cwiseAbs().transpose();
    }
  }
  for (Index k = m; k < n; ++k)
    if (!(share(k) <= kShare * std::abs(lambda * c(k)))) return std::nullopt;
  if (m > 0) {
    const Matrix scale = inverse_of(hessian);
    const Vector step = scale * gradient;
    if (!(rate_ * step.lpNorm<Eigen::Infinity>() <= kShapeError)) return std::nullopt;
    Matrix change = Matrix::Zero(m, m);
    for (Index i = 0; i < count; ++i) {
      if (kind[static_cast<std::size_t>(i)] != Kind::free) continue;
      const Vector row = M.row(i).head(m).cwiseAbs();
      const double move = 2.0 * row.dot(step.cwiseAbs());
      if (!(rate_ * move <= 2.0 * kShapeError)) return std::nullopt;
      change += of(i).bend * std::exp(2.0 * rate_ * move) * move * row * row.transpose();
    }
    const Vector relative = (scale.cwiseAbs() * change).rowwise().sum();
    const Vector of_others = scale.cwiseAbs() * share.head(m);
    if (!(relative.maxCoeff() <= kChange) || !(of_others.maxCoeff() <= kShare)) return std::nullopt;
  }
  const Vector d = inverse * signs;
  const double length = d.norm();
  if (!(length > 0.0) || !std::isfinite(length)) return std::nullopt;
  return d / length;
}

}  // namespace tautrack
