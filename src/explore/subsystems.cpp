#include "explore/subsystems.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include <boost/math/tools/minima.hpp>

#include "core/bracketed_zero.hpp"
#include "core/decompositions.hpp"
#include "explore/landscape.hpp"
#include "network/residual.hpp"

namespace tautrack {

namespace {

/// Newton's method: the most by which its first step may change a node input, absolute below one and relative above; how much
/// shorter each step is than the one before; and the last step.
constexpr double kLargestShift = 0.5;
constexpr double kContraction = 0.5;
constexpr double kSettled = 1e-10;
constexpr int kMostIterations = 12;

/// Terms of g below this part of the largest, as a logarithm, are left out: all of them together are below its rounding.
constexpr double kNegligible = -40.0;

/// Around each t at which a pattern is half saturated, in units of its node input. Pairs of zeros lie close together there.
constexpr std::array<double, 8> kAround{-6.0, -4.0, -2.0, -1.0, 1.0, 2.0, 4.0, 6.0};
/// Between two of these, as parts of the distance; and beyond the last ones, in distances between the first and the last.
constexpr std::array<double, 3> kBetween{0.25, 0.5, 0.75};
constexpr std::array<double, 4> kBeyond{0.1, 0.5, 2.0, 8.0};

/// Where less than this part of the terms of g is left a pair of zeros may be near: the part is minimised to so many bits by so many
/// evaluations.
constexpr double kCancelled = 0.7;
constexpr int kDipBits = 12;
constexpr std::uintmax_t kDipEvaluations = 20;

/// Choices of k things among m, or one more than `most` where there are more.
std::uint64_t choices(std::uint64_t m, std::uint64_t k, std::uint64_t most) {
  if (k > m) return 0;
  std::uint64_t count = 1;
  for (std::uint64_t i = 1; i <= std::min(k, m - k); ++i) {
    count = count * (m - i + 1) / i;
    if (count > most) return most + 1;
  }
  return count;
}

/// The choice of k among m with this number, in lexicographic order.
std::vector<Index> choice(std::uint64_t number, Index m, Index k) {
  std::vector<Index> chosen;
  Index next = 0;
  while (static_cast<Index>(chosen.size()) < k) {
    const auto rest = static_cast<std::uint64_t>(k) - chosen.size() - 1;
    const std::uint64_t with_next =
        choices(static_cast<std::uint64_t>(m - next - 1), rest, Subsystems::kMost);
    if (number < with_next)
      chosen.push_back(next);
    else
      number -= with_next;
    ++next;
  }
  return chosen;
}

/// Beyond this |u| terms are negligible where another pattern has the node input `least`, the smallest.
double reach(Activation activation, double least) {
  switch (activation) {
    case Activation::tanh:
      return least - 0.5 * kNegligible + 1.0;
    case Activation::logistic:
      return least - kNegligible + 2.0;
    case Activation::erf:
      return std::sqrt(least * least - kNegligible / 0.7);
    case Activation::arctan:
      break;
  }
  return std::numeric_limits<double>::infinity();
}

/// g, and the part of it that is left of the sizes of its terms: between -1 and 1, near these where one term outweighs all
/// others.
struct Balance {
  double value = 0.0, size = 0.0;
  [[nodiscard]] double part() const { return size > 0.0 ? value / size : 0.0; }
};

/// The energy's derivative along a line.
class SlopeOnLine {
 public:
  /// @param start, speed The node inputs at t = 0 and their growth with t; patterns that stand still are left out.
  SlopeOnLine(const infinity::Patterns& patterns, Activation activation, const Vector& start,
              const Vector& speed)
      : patterns_(patterns),
        activation_(activation),
        ends_(range(activation)),
        start_(start),
        speed_(speed),
        u_(start.size()) {
    for (Index i = 0; i < start.size(); ++i)
      if (speed(i) != 0.0) moving_.push_back(i);
  }

  [[nodiscard]] const std::vector<Index>& moving() const { return moving_; }

  [[nodiscard]] double operator()(double t) { return at(t).value; }

  [[nodiscard]] Balance at(double t) {
    double least = std::numeric_limits<double>::infinity();
    for (const Index i : moving_) {
      u_(i) = start_(i) + t * speed_(i);
      least = std::min(least, std::abs(u_(i)));
    }
    const double largest_input = reach(activation_, least);
    Balance sum;
    for (const Index i : moving_) {
      const double u = u_(i);
      if (std::abs(u) > largest_input) continue;
      const ActivationValues sigma = evaluate(activation_, u);
      const double term = patterns_.weights(i) * sigma.first *
                          residual(sigma, ends_, u, 1.0, patterns_.targets(i)) * speed_(i);
      sum.value += term;
      sum.size += std::abs(term);
    }
    return sum;
  }

 private:
  const infinity::Patterns& patterns_;
  Activation activation_;
  Range ends_;
  const Vector& start_;
  const Vector& speed_;
  std::vector<Index> moving_;
  Vector u_;
};

/// Where to look at g, in order.
std::vector<double> places_to_look(const SlopeOnLine& slope, const Vector& start,
                                   const Vector& speed) {
  std::vector<double> zeros, all;
  for (const Index i : slope.moving()) {
    const double zero = -start(i) / speed(i);
    zeros.push_back(zero);
    for (const double side : kAround) all.push_back(zero + side / std::abs(speed(i)));
  }
  if (zeros.empty()) return {};
  std::sort(zeros.begin(), zeros.end());
  for (std::size_t k = 0; k + 1 < zeros.size(); ++k)
    for (const double part : kBetween) all.push_back(zeros[k] + part * (zeros[k + 1] - zeros[k]));
  const double span = zeros.back() - zeros.front();
  for (const double part : kBeyond) {
    all.push_back(zeros.front() - part * span);
    all.push_back(zeros.back() + part * span);
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// Pairs of numbers at which g has different signs. Where its terms cancel the most among three places without a change of sign, it
/// is looked for one between them.
std::vector<Bracket> sign_changes(SlopeOnLine& slope, const std::vector<double>& look) {
  std::vector<Bracket> changes;
  std::vector<double> parts;
  for (const double t : look) parts.push_back(slope.at(t).part());
  for (std::size_t k = 1; k < look.size(); ++k) {
    if (parts[k - 1] * parts[k] < 0.0) changes.push_back({look[k - 1], look[k]});
    if (k + 1 == look.size()) break;
    const double sign = parts[k] < 0.0 ? -1.0 : 1.0;
    const double left = sign * parts[k - 1], here = sign * parts[k], right = sign * parts[k + 1];
    if (!(here < kCancelled && here > 0.0 && here < left && here <= right)) continue;
    double beyond = look[k], least = here;  // where the part is the least, as far as was looked
    std::uintmax_t most = kDipEvaluations;
    (void)boost::math::tools::brent_find_minima(
        [&](double t) {
          const double part = sign * slope.at(t).part();
          if (part < least) {
            least = part;
            beyond = t;
          }
          return part;
        },
        look[k - 1], look[k + 1], kDipBits, most);
    if (!(least < 0.0)) continue;
    changes.push_back({look[k - 1], beyond});
    changes.push_back({beyond, look[k + 1]});
  }
  return changes;
}

}  // namespace

Subsystems::Subsystems(const Perceptron& network) : activation_(network.options().activation) {
  const Index n = network.unknowns();
  if (network.options().ridge > 0.0 || n < 2) return;
  patterns_ = infinity::patterns_of(network);
  wanted_ = Vector::Zero(patterns_.count());
  for (Index i = 0; i < patterns_.count(); ++i) {
    if (!patterns_.is_interior(i)) continue;
    interior_.push_back(i);
    wanted_(i) = input_for(activation_, patterns_.targets(i));
    if (patterns_.offsets.size() > 0) wanted_(i) -= patterns_.offsets(i);
  }
  const auto few = [&](Index of) {
    const std::uint64_t count = choices(interior_.size(), static_cast<std::uint64_t>(of), kMost);
    return count <= kMost ? static_cast<std::uint32_t>(count) : 0;
  };
  lines_ = few(n - 1);
  corners_ = few(n);
  if (lines_ == 0 && corners_ == 0) patterns_ = {};  // As large as the data.
}

std::vector<Index> Subsystems::patterns_in(std::uint32_t number, Index count) const {
  std::vector<Index> chosen = choice(number, static_cast<Index>(interior_.size()), count);
  for (Index& i : chosen) i = interior_[static_cast<std::size_t>(i)];
  return chosen;
}

std::optional<Vector> Subsystems::corner(std::uint32_t number) const {
  const Index n = patterns_.rows.cols();
  const std::vector<Index> chosen = patterns_in(number, n);
  Matrix columns(n, n);  // the rows, of length one
  Vector wanted(n);
  for (Index k = 0; k < n; ++k) {
    const auto row = patterns_.rows.row(chosen[static_cast<std::size_t>(k)]);
    columns.col(k) = row.normalized();
    wanted(k) = wanted_(chosen[static_cast<std::size_t>(k)]) / row.norm();
  }
  const Qr factors = householder_qr(columns);
  const auto R = factors.matrixQR().triangularView<Eigen::Upper>();
  if (!(factors.matrixQR().diagonal().cwiseAbs().minCoeff() > infinity::kClearlyIndependent))
    return std::nullopt;
  return Vector(factors.householderQ() * R.transpose().solve(wanted));
}

std::vector<Vector> Subsystems::on_line(std::uint32_t line) const {
  const Index n = patterns_.rows.cols();
  const std::vector<Index> F = patterns_in(line, n - 1);
  Matrix columns(n, n - 1);  // the rows of F
  Vector wanted(n - 1);
  for (Index k = 0; k < n - 1; ++k) {
    columns.col(k) = patterns_.rows.row(F[static_cast<std::size_t>(k)]).normalized();
    wanted(k) = wanted_(F[static_cast<std::size_t>(k)]) /
                patterns_.rows.row(F[static_cast<std::size_t>(k)]).norm();
  }
  // columns = Q [R; 0]: d is the last column of Q, and rows of F times Q' v are R' q.
  const Qr factors = householder_qr(columns);
  const Matrix R = factors.matrixQR().topRows(n - 1).triangularView<Eigen::Upper>();
  if (!(R.diagonal().cwiseAbs().minCoeff() > infinity::kClearlyIndependent)) return {};
  const Matrix Q = factors.householderQ() * Matrix::Identity(n, n);
  const auto inverse = R.transpose().triangularView<Eigen::Lower>();
  const Vector in_F = Q.leftCols(n - 1) * inverse.solve(wanted);
  const Vector d = Q.col(n - 1);

  Vector start = patterns_.rows * in_F, speed = patterns_.rows * d;
  if (patterns_.offsets.size() > 0) start += patterns_.offsets;
  for (Index i = 0; i < speed.size(); ++i)
    if (std::abs(speed(i)) <= infinity::kInSpan * patterns_.rows.row(i).norm()) speed(i) = 0.0;
  for (const Index i : F) speed(i) = 0.0;

  SlopeOnLine slope(patterns_, activation_, start, speed);
  const std::vector<double> look = places_to_look(slope, start, speed);
  if (look.empty()) return {};
  // In the basis of v that is dual to the rows of F, and d. There g and its derivatives are sums over N alone, and keep all
  // their digits however small they are beside what F contributes to the other entries.
  Matrix basis(n, n);
  basis.leftCols(n - 1) = Q.leftCols(n - 1) * inverse.solve(Matrix::Identity(n - 1, n - 1));
  basis.col(n - 1) = d;
  Matrix P = patterns_.rows * basis;
  P.col(n - 1) = speed;
  for (Index k = 0; k < n - 1; ++k) {
    const Index i = F[static_cast<std::size_t>(k)];
    P.row(i) = patterns_.rows.row(i).norm() * Vector::Unit(n, k).transpose();
  }
  Vector z(n);
  std::vector<Vector> places;
  for (const Bracket& bracket : sign_changes(slope, look)) {
    const Bracket zero = narrowed([&](double t) { return slope(t); }, bracket, slope(bracket.low),
                                  slope(bracket.high));
    z << wanted, zero.middle();
    if (settles(P, z)) places.emplace_back(basis * z);
  }
  return places;
}

bool Subsystems::settles(const Matrix& P, Vector& z) const {
  const Index n = z.size();
  const Range ends = range(activation_);
  Vector u(P.rows()), psi(P.rows()), curvature(P.rows()), size(n);
  Matrix J(n, n);
  double last = kLargestShift;
  for (int iteration = 0; iteration < kMostIterations; ++iteration) {
    u.noalias() = P * z;
    if (patterns_.offsets.size() > 0) u += patterns_.offsets;
    for (Index i = 0; i < u.size(); ++i) {
      const ActivationValues sigma = evaluate(activation_, u(i));
      const double r = residual(sigma, ends, u(i), 1.0, patterns_.targets(i));
      psi(i) = patterns_.weights(i) * sigma.first * r;
      curvature(i) = patterns_.weights(i) * (sigma.first * sigma.first + sigma.second * r);
    }
    J.noalias() = P.transpose() * curvature.asDiagonal() * P;
    size = J.diagonal().cwiseAbs().cwiseSqrt();
    if (!(size.minCoeff() > 0.0)) return false;
    const Vector scaled = size.cwiseInverse();
    const Vector step =
        -scaled.cwiseProduct(solve_square(Matrix(scaled.asDiagonal() * J * scaled.asDiagonal()),
                                          Vector(scaled.cwiseProduct(P.transpose() * psi))));
    const double length =
        (P * step).cwiseAbs().cwiseQuotient((u.cwiseAbs().array() + 1.0).matrix()).maxCoeff();
    if (!(length <= last)) return false;
    z += step;
    if (length <= kSettled) return true;
    last = std::max(kSettled, kContraction * length);
  }
  return false;
}

}  // namespace tautrack
