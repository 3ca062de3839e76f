#include "events/branch_point.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "core/decompositions.hpp"

namespace tautrack {

namespace {

/// Halving takes 27 steps to kNarrow; a few may have to go beside the middle.
constexpr int kBisections = 30;

/// Where a bracket is divided: beside the middle if the corrector fails there.
constexpr double kFractions[] = {0.5, 0.3, 0.7};

/// Width relative to the segment below which the sign of the determinant is rounding.
constexpr double kNarrow = 1e-8;

/// Width relative to the segment at which the bracket alone says where the point is.
constexpr double kPinchHandOver = 1e-5;

/// Step of central differences of first derivatives, in the metric.
const double kDifference = std::cbrt(std::numeric_limits<double>::epsilon());

/// Newton steps: from a bracket as wide as kPinchHandOver a few suffice; twelve by experience.
constexpr int kBranchNewtonBudget = 12;

/// A step this short leads to rounding, convergence being quadratic: then one that is no shorter than
/// kBranchStalled of it, or not longer than kBranchExhausted, is rounding.
constexpr double kBranchConverged = 1e-7, kBranchStalled = 0.5, kBranchExhausted = 1e-15;

/// Steps that may be longer than the ones before: the first ones have to find psi and mu.
constexpr int kBranchSettling = 2;

/// |mu| below this multiple of the size of H is rounding.
constexpr double kUnperturbed = 1e3 * std::numeric_limits<double>::epsilon();

/// Gap between the ends of the bracket that noise in badly conditioned points explains. With a
/// polished branch point within it the curve is connected there.
constexpr double kNoise = 1e-5;

/// The same without a polished branch point: the bracket alone has to speak, by experience.
constexpr double kPinchNoise = 1e-2 * kNoise;

/// Two tangents whose cosine is nearer to one than this, an angle of 1e-3, do not cross.
constexpr double kSameTangent = 1e-6;

/// Second derivatives below this multiple of the size of the Jacobian are rounding of its central
/// differences, of the size of kDifference^2.
constexpr double kFlat = 1e-9;

/// The Jacobian [H_x H_tau] in scaled unknowns, and derivatives of it.
class Jacobian {
 public:
  Jacobian(Corrector& corrector, const MetricScales& scales)
      : corrector_(corrector), scales_(scales), n_(corrector.H().size()), x_(n_) {}

  /// n x (n + 1) at (x, tau) + distance * direction, direction in scaled unknowns.
  bool at(const Vector& x, double tau, double distance, const Vector& direction, Matrix& J) {
    x_ = x + distance * scales_.unknown * direction.head(n_);
    if (!corrector_.evaluate(x_, tau + distance * scales_.parameter * direction(n_))) return false;
    J.leftCols(n_) = corrector_.H_x() * scales_.unknown;
    J.col(n_) = corrector_.H_tau() * scales_.parameter;
    return true;
  }

  /// (dJ/d direction)' psi by central differences; n + 1.
  bool derivative(const Vector& x, double tau, const Vector& direction, const Vector& psi,
                  Vector& out) {
    above_.resize(n_, n_ + 1);
    below_.resize(n_, n_ + 1);
    if (!at(x, tau, kDifference, direction, above_) || !at(x, tau, -kDifference, direction, below_))
      return false;
    out = (above_ - below_).transpose() * psi / (2.0 * kDifference);
    return true;
  }

  [[nodiscard]] const Vector& H() const { return corrector_.H(); }
  [[nodiscard]] double residual_scale() const { return corrector_.residual_scale(); }

 private:
  Corrector& corrector_;
  MetricScales scales_;
  Index n_;
  Vector x_;
  Matrix above_, below_;
};

/// Newton's method on the extended system of a simple branch point,
///
///     H(z) + mu psi = 0,   J(z)' psi = 0,   psi' psi = 1,   J = [H_x H_tau],
///
/// in the unknowns z, mu and psi (regular there: Moore 1980; Allgower & Georg 2003, section 8.2).
/// Moves (x, tau) onto it. @return length of the last Newton step; nothing without convergence, and
/// nothing when mu is more than rounding: then only a perturbed problem has a branch point there,
/// and the curve at hand turns away sharply instead.
std::optional<double> solve_extended_system(Jacobian& jacobian, const MetricScales& scales,
                                            double magnitude, Vector& x, double& tau) {
  const Index n = x.size();
  const Index size = 2 * n + 2;
  Matrix J(n, n + 1);
  if (!jacobian.at(x, tau, 0.0, Vector::Zero(n + 1), J)) return std::nullopt;
  Vector psi = full_svd(J).U.col(n - 1);
  double mu = 0.0;
  double previous = std::numeric_limits<double>::infinity();
  Matrix system(size, size);
  Vector right(size), column(n + 1);
  for (int k = 0; k < kBranchNewtonBudget; ++k) {
    if (!jacobian.at(x, tau, 0.0, Vector::Zero(n + 1), J)) return std::nullopt;
    right << jacobian.H() / magnitude + mu * psi, J.transpose() * psi / magnitude,
        0.5 * (psi.squaredNorm() - 1.0);
    system.setZero();
    system.topLeftCorner(n, n + 1) = J / magnitude;
    system.block(0, n + 1, n, 1) = psi;
    system.topRightCorner(n, n).diagonal().setConstant(mu);
    system.block(n, n + 2, n + 1, n) = J.transpose() / magnitude;
    system.bottomRightCorner(1, n) = psi.transpose();
    for (Index j = 0; j <= n; ++j) {
      if (!jacobian.derivative(x, tau, Vector::Unit(n + 1, j), psi, column)) return std::nullopt;
      system.block(n, j, n + 1, 1) = column / magnitude;
    }
    const Vector step = solve_square(system, right);
    if (!step.allFinite()) return std::nullopt;
    const double length = step.head(n + 1).norm();
    const double noise = kUnperturbed * (1.0 + jacobian.residual_scale() / magnitude);
    if (previous <= kBranchConverged &&
        (length >= kBranchStalled * previous || length <= kBranchExhausted))
      return std::abs(mu) <= noise ? std::optional<double>(length) : std::nullopt;
    if (k > kBranchSettling && length >= previous) return std::nullopt;
    x -= scales.unknown * step.head(n);
    tau -= scales.parameter * step(n);
    mu -= step(n + 1);
    psi -= step.tail(n);
    previous = length;
  }
  return std::nullopt;
}

/// Both tangents at a simple branch point: point.tangent, on entry an estimate, is improved, and
/// the tangent of the crossing branch, unit in the metric, is returned. Empty, and point.tangent
/// left alone, when the two do not cross transversally.
Vector branch_tangents(Jacobian& jacobian, double magnitude, PathPoint& point,
                       const MetricScales& scales) {
  const Index n = point.x.size();
  Matrix J(n, n + 1);
  if (!jacobian.at(point.x, point.tau, 0.0, Vector::Zero(n + 1), J)) return {};
  const Svd svd = full_svd(J);
  const Vector psi = svd.U.col(n - 1);
  Vector estimate = point.tangent;
  estimate.head(n) /= scales.unknown;
  estimate(n) /= scales.parameter;
  // The null space is spanned by the last two right singular vectors: e1 next to the estimate, e2
  // across it.
  const Matrix null_space = svd.V.rightCols(2);
  const Eigen::Vector2d along = (null_space.transpose() * estimate).normalized();
  const Vector e1 = null_space * along;
  const Vector e2 = null_space * Eigen::Vector2d(-along(1), along(0));
  Vector by_e1(n + 1), by_e2(n + 1);
  if (!jacobian.derivative(point.x, point.tau, e1, psi, by_e1) ||
      !jacobian.derivative(point.x, point.tau, e2, psi, by_e2))
    return {};
  // a11 alpha^2 + 2 a12 alpha beta + a22 beta^2 = 0 for the tangents alpha e1 + beta e2
  const double a11 = by_e1.dot(e1);
  const double a12 = by_e1.dot(e2);
  const double a22 = by_e2.dot(e2);
  const double discriminant = a12 * a12 - a11 * a22;
  if (!(discriminant > 0.0)) return {};
  const double q = a12 + std::copysign(std::sqrt(discriminant), a12);
  Vector followed = (q * e1 - a11 * e2).normalized();
  Vector other = (q * e2 - a22 * e1).normalized();
  if (std::abs(followed.dot(other)) > 1.0 - kSameTangent || std::abs(q) <= kFlat * magnitude)
    return {};
  if (followed.dot(estimate) < 0.0) followed *= -1.0;
  const auto unscale = [&](Vector& z) {
    z.head(n) *= scales.unknown;
    z(n) *= scales.parameter;
  };
  unscale(followed);
  unscale(other);
  point.tangent = followed;
  return other;
}

/// Points of the curve on both sides of a change of sign of the determinant: places in the segment,
/// and where the curve is there.
struct SignChange {
  double low, high;
  Vector low_x, high_x;
  double low_tau, high_tau;
};

SignChange bisect_determinant(const Segment& segment, Corrector& corrector) {
  const PathPoint& first = segment.first();
  const PathPoint& second = segment.second();
  const Index n = first.x.size();
  SignChange change{0.0, 1.0, first.x, second.x, first.tau, second.tau};
  Vector x(n), normal(n + 1);
  double tau = 0.0;
  for (int k = 0; k < kBisections && change.high - change.low > kNarrow; ++k) {
    // Next to the point itself the bordered matrix is singular and the corrector may fail: look
    // beside it.
    double middle = 0.0;
    bool corrected = false;
    for (const double fraction : kFractions) {
      middle = change.low + fraction * (change.high - change.low);
      segment.at(middle, x, tau, normal);
      const Correction correction =
          corrector.correct(x, tau, Constraint::hyperplane, normal, segment.scales());
      corrected =
          correction.converged && corrector.settle(x, tau, normal, segment.scales(), correction);
      if (corrected) break;
    }
    if (!corrected) break;
    const bool is_before = corrector.determinant_sign() == first.orientation;
    (is_before ? change.low : change.high) = middle;
    (is_before ? change.low_x : change.high_x) = x;
    (is_before ? change.low_tau : change.high_tau) = tau;
  }
  return change;
}

/// Gauss-Newton's method on the system of a branch point at which m eigenvalues vanish; see the header.
class MultipleSystem {
 public:
  MultipleSystem(Corrector& corrector, const MetricScales& scales, Index m)
      : corrector_(corrector),
        scales_(scales),
        n_(corrector.H().size()),
        m_(m),
        by_x_(n_),
        system_(n_ + m * (m + 1) / 2 + m, n_ + 1 + m),
        right_(system_.rows()),
        mu_(Vector::Zero(m)) {}

  /// Moves (x, tau) onto the point. @return length of the last step; nothing without convergence or
  /// where equations are left over.
  std::optional<double> solve(Vector& x, double& tau) {
    double previous = std::numeric_limits<double>::infinity();
    for (int k = 0; k < kBranchNewtonBudget; ++k) {
      if (!set_up(x, tau)) return std::nullopt;
      const Vector step = least_squares(system_, right_);
      if (!step.allFinite()) return std::nullopt;
      const double length = step.head(n_ + 1).norm();
      if (previous <= kBranchConverged &&
          (length >= kBranchStalled * previous || length <= kBranchExhausted))
        return right_.norm() <= kUnperturbed * (1.0 + corrector_.residual_scale() / magnitude_)
                   ? std::optional<double>(length)
                   : std::nullopt;
      if (k > kBranchSettling && length >= previous) return std::nullopt;
      x -= scales_.unknown * step.head(n_);
      tau -= scales_.parameter * step(n_);
      mu_ -= magnitude_ * step.tail(m_);
      previous = length;
    }
    return std::nullopt;
  }

 private:
  bool set_up(const Vector& x, double tau) {
    if (!corrector_.evaluate(x, tau)) return false;
    const Vector H = corrector_.H(), H_tau = corrector_.H_tau() * scales_.parameter;
    const Matrix H_x = corrector_.H_x() * scales_.unknown;
    const SymmetricEigen eigen = symmetric_eigen(H_x);
    if (eigen.info() != Eigen::Success) return false;
    std::vector<Index> order(static_cast<std::size_t>(n_));
    std::iota(order.begin(), order.end(), Index{0});
    std::sort(order.begin(), order.end(), [&](Index a, Index b) {
      return std::abs(eigen.eigenvalues()(a)) < std::abs(eigen.eigenvalues()(b));
    });
    Matrix W(n_, m_);
    for (Index j = 0; j < m_; ++j)
      W.col(j) = eigen.eigenvectors().col(order[static_cast<std::size_t>(j)]);

    system_.setZero();
    right_.head(n_) = H + W * mu_;
    system_.topLeftCorner(n_, n_) = H_x;
    system_.block(0, n_, n_, 1) = H_tau;
    Index row = n_;
    const HomotopyRef homotopy = corrector_.homotopy();
    for (Index i = 0; i < m_; ++i) {
      for (Index j = 0; j <= i; ++j, ++row) {
        double by_tau = 0.0;
        homotopy.hessian_form_gradient(x, tau, W.col(i), W.col(j), by_x_, by_tau);
        right_(row) = W.col(i).dot(H_x * W.col(j));
        system_.block(row, 0, 1, n_) = by_x_.transpose() * (scales_.unknown * scales_.unknown);
        system_(row, n_) = by_tau * scales_.unknown * scales_.parameter;
      }
    }
    if (!add_parameter_rows(x, tau, W, H_tau, row)) return false;
    // Of first and second derivatives: the first may all vanish.
    magnitude_ = system_.norm();
    if (!(magnitude_ > 0.0) || !std::isfinite(magnitude_)) return false;
    system_ /= magnitude_;
    right_ /= magnitude_;
    system_.topRightCorner(n_, m_) = W;
    return true;
  }

  /// W' H_tau = 0, its derivatives by central differences along each unknown.
  bool add_parameter_rows(const Vector& x, double tau, const Matrix& W, const Vector& H_tau,
                          Index row) {
    right_.tail(m_) = W.transpose() * H_tau;
    for (Index j = 0; j <= n_; ++j) {
      const auto at = [&](double distance) {
        Vector place = x;
        double parameter = tau;
        if (j < n_)
          place(j) += distance * scales_.unknown;
        else
          parameter += distance * scales_.parameter;
        const bool ok = corrector_.evaluate(place, parameter);
        return std::pair(ok, Vector(W.transpose() * corrector_.H_tau() * scales_.parameter));
      };
      const auto above = at(kDifference);
      const auto below = at(-kDifference);
      if (!above.first || !below.first) return false;
      system_.block(row, j, m_, 1) = (above.second - below.second) / (2.0 * kDifference);
    }
    return corrector_.evaluate(x, tau);
  }

  Corrector& corrector_;
  MetricScales scales_;
  Index n_, m_;
  Vector by_x_;
  Matrix system_;
  Vector right_, mu_;
  double magnitude_ = 1.0;  ///< Of the system; mu in its units is its last unknowns.
};

}  // namespace

BranchPoint locate_multiple_branch_point(const Segment& segment, int multiplicity,
                                         Corrector& corrector) {
  const PathPoint& first = segment.first();
  BranchPoint branch;
  branch.point = first;
  branch.bracket_low = first.arclength;
  branch.bracket_high = first.arclength + segment.length();
  branch.precision = segment.length();
  branch.multiplicity = multiplicity;
  branch.followed = "the branch that goes straight on";
  const Index n = first.x.size();
  Vector x(n), direction(n + 1);
  double tau = 0.0;
  segment.at(0.5, x, tau, direction);
  const Vector middle = x;
  const double middle_tau = tau;
  MultipleSystem system(corrector, segment.scales(), multiplicity);
  const auto precision = system.solve(x, tau);
  const double moved = std::hypot((x - middle).norm() / segment.scales().unknown,
                                  (tau - middle_tau) / segment.scales().parameter);
  if (!precision || moved > segment.length() + kNoise) return branch;
  branch.precision = *precision;
  branch.point.x = x;
  branch.point.tau = tau;
  branch.point.scales = corrector.homotopy().scales(x, tau);
  branch.point.tangent = direction / metric_norm(direction, branch.point.scales);
  branch.point.residual = corrector.H().norm();
  branch.point.residual_scale = corrector.residual_scale();
  branch.point.arclength += 0.5 * segment.length();
  branch.point.morse_index.reset();
  return branch;
}

std::optional<BranchPoint> locate_branch_point(const Segment& segment, Corrector& corrector) {
  const PathPoint& first = segment.first();
  assert(first.orientation * segment.second().orientation < 0);
  const Index n = first.x.size();
  const auto [low, high, low_x, high_x, low_tau, high_tau] = bisect_determinant(segment, corrector);
  Vector gap(n + 1);
  gap.head(n) = high_x - low_x;
  gap(n) = high_tau - low_tau;
  const double width = 2.0 * (high - low) * segment.length();
  const double opening = metric_norm(gap, segment.scales());
  if (opening > width + kNoise) return std::nullopt;

  BranchPoint branch;
  PathPoint& point = branch.point;
  point.x = 0.5 * (low_x + high_x);
  point.tau = 0.5 * (low_tau + high_tau);
  point.scales = corrector.homotopy().scales(point.x, point.tau);
  Vector unused_x(n), normal(n + 1);
  double unused = 0.0;
  segment.at(0.5 * (low + high), unused_x, unused, normal);
  point.tangent = normal;
  point.tau_direction = normal(n) < 0.0 ? -1 : 1;
  Jacobian jacobian(corrector, segment.scales());
  // Size of the Jacobian away from the branch point: with one unknown it vanishes there.
  Matrix J(n, n + 1);
  if (!jacobian.at(first.x, first.tau, 0.0, Vector::Zero(n + 1), J)) return std::nullopt;
  const double magnitude = J.norm();
  Vector polished_x = point.x;
  double polished_tau = point.tau;
  const auto precision =
      solve_extended_system(jacobian, segment.scales(), magnitude, polished_x, polished_tau);
  gap.head(n) = polished_x - point.x;
  gap(n) = polished_tau - point.tau;
  if (precision && metric_norm(gap, segment.scales()) <= width + kNoise) {
    point.x = polished_x;
    point.tau = polished_tau;
    branch.precision = *precision;
  } else if (high - low <= kPinchHandOver && opening <= width + kPinchNoise) {
    branch.precision = (high - low) * segment.length();
  } else {
    return std::nullopt;
  }
  branch.other_tangent = branch_tangents(jacobian, magnitude, point, segment.scales());
  point.residual = corrector.evaluate(point.x, point.tau) ? corrector.H().norm()
                                                          : std::numeric_limits<double>::infinity();
  point.residual_scale = corrector.residual_scale();
  point.tangent /= metric_norm(point.tangent, point.scales);
  point.arclength = first.arclength + 0.5 * (low + high) * segment.length();
  branch.bracket_low = first.arclength + low * segment.length();
  branch.bracket_high = first.arclength + high * segment.length();
  branch.followed = "the branch that goes straight on";
  return branch;
}

}  // namespace tautrack
