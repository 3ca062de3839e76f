#include "predictor/approximant.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Cholesky>

#include "core/decompositions.hpp"

namespace tautrack {

namespace {

/// Orders to which the denominator is fitted.
constexpr int kFitted = fitted_terms - denominator_degree;

/// Steps shorter than this have a smaller error: it tilts a short step as little as a long one.
constexpr double kShort = 0.05;

/// Part of the tangent in x below which x is no parameter.
constexpr double kNoParameter = 1e-6;

/// Factor by which longer and longer pieces of the curve are tried, and halvings of the last interval:
/// the trusted length is known to 2 percent.
constexpr double kStretch = 1.3;
constexpr int kStretchHalvings = 4;

/// a^(1/k) for a > 0.
double root(double a, int k) { return std::exp(std::log(a) / k); }

/// a^k for k >= 0.
double power(double a, int k) {
  double result = 1.0;
  for (; k > 0; k >>= 1, a *= a)
    if (k & 1) result *= a;
  return result;
}

std::size_t at_index(int k) { return static_cast<std::size_t>(k); }

double metric_square(const Eigen::Ref<const Vector>& z, const MetricScales& scales) {
  const Index n = z.size() - 1;
  const double tau = z(n) / scales.parameter;
  return z.head(n).squaredNorm() / (scales.unknown * scales.unknown) + tau * tau;
}

}  // namespace

double growth_of_terms(double first, double last_but_one, double last, int order) {
  return std::max(root(last / first, 2 * (order - 1)), root(last_but_one / first, 2 * (order - 2)));
}

Denominator fit_denominator(const TermProducts& products, double growth) {
  constexpr int m = denominator_degree;
  Denominator q{1.0};
  if (!(growth > 0.0) || !std::isfinite(growth)) return q;
  std::array<double, fitted_terms> weight{};  // of z_k, k = order - 2 - i
  weight[0] = 1.0;
  for (std::size_t i = 1; i < weight.size(); ++i) weight[i] = growth * weight[i - 1];
  const auto dot = [&](int i, int j) {
    return weight[at_index(i)] * weight[at_index(j)] * products[at_index(i)][at_index(j)];
  };
  Eigen::Matrix<double, m, m> normal = Eigen::Matrix<double, m, m>::Zero();
  Eigen::Matrix<double, m, 1> right = Eigen::Matrix<double, m, 1>::Zero();
  for (int row = 0; row < kFitted; ++row) {
    for (int i = 1; i <= m; ++i) {
      for (int j = 1; j <= m; ++j) normal(i - 1, j - 1) += dot(row + i, row + j);
      right(i - 1) -= dot(row + i, row);
    }
  }
  const double shift = denominator_regularisation * normal.trace();
  if (!(shift > 0.0)) return q;
  normal.diagonal().array() += shift;
  const Eigen::Matrix<double, m, 1> solution = normal.ldlt().solve(right);
  if (!solution.allFinite()) return q;
  for (int j = 1; j <= m; ++j) q[at_index(j)] = solution(j - 1) * weight[at_index(j)];
  return q;
}

Approximant::Approximant(Index n)
    : n_(n),
      terms_(Matrix::Zero(n + 1, max_series_order + 1)),
      numerator_(Matrix::Zero(n + 1, max_series_order + 1)) {}

void Approximant::fit(int order, const MetricScales& scales, double excess, double tolerance) {
  order_ = order;
  excess_ = excess;
  tolerance_ = tolerance;
  const double plain = std::min(plain_length(scales, order), plain_length(scales, order - 1));
  fit_denominator(scales);
  set_numerator();
  trusted_ = trusted_length(scales, plain);
  // Between the lengths that were looked at, too: a denominator fitted to rounding has zeros anywhere.
  Polynomial margin = denominator_;
  margin[0] -= smallest_denominator;
  if (const auto zero = margin.first_root(0.0, trusted_)) trusted_ = *zero;
  if (!(trusted_ > plain)) {
    denominator_ = Polynomial(0);
    denominator_[0] = 1.0;
    set_numerator();
    trusted_ = plain;
  }
  tau_numerator_ = Polynomial(order);
  for (int k = 1; k <= order; ++k) tau_numerator_[k] = numerator_(n_, k);
  tau_slope_ = Polynomial::quotient_derivative(tau_numerator_, denominator_);
}

bool Approximant::reparametrise(const Approximant& from, int order, const MetricScales& scales,
                                Parameter parameter) {
  // b = sum beta_k a^k, and its inverse a(b) = sum gamma_k b^k by comparison of coefficients.
  std::array<double, max_series_order + 1> beta{};
  std::array<double, max_series_order + 1> gamma{};
  if (parameter == Parameter::unknowns) {
    const auto first = from.terms_.col(1).head(n_);
    const double length = first.norm() / scales.unknown;
    const double factor = 1.0 / (length * scales.unknown * scales.unknown);
    for (int k = 1; k <= order; ++k)
      beta[at_index(k)] = factor * first.dot(from.terms_.col(k).head(n_));
  } else {
    const double factor = std::copysign(1.0 / scales.parameter, from.terms_(n_, 1));
    for (int k = 1; k <= order; ++k) beta[at_index(k)] = factor * from.terms_(n_, k);
  }
  if (!(beta[1] > kNoParameter)) return false;
  // powers[j][k]: coefficient of b^k in a(b)^j, k >= j.
  std::array<std::array<double, max_series_order + 1>, max_series_order + 1> powers;
  for (int k = 1; k <= order; ++k) {
    double sum = k == 1 ? 1.0 : 0.0;
    for (int j = 2; j <= k; ++j) {
      double product = 0.0;
      for (int i = 1; i <= k - j + 1; ++i)
        product += gamma[at_index(i)] * powers[at_index(j - 1)][at_index(k - i)];
      powers[at_index(j)][at_index(k)] = product;
      sum -= beta[at_index(j)] * product;
    }
    gamma[at_index(k)] = powers[1][at_index(k)] = sum / beta[1];
  }
  for (int k = 1; k <= order; ++k) {
    terms_.col(k) = gamma[at_index(k)] * from.terms_.col(1);
    for (int j = 2; j <= k; ++j)
      terms_.col(k) += powers[at_index(j)][at_index(k)] * from.terms_.col(j);
  }
  return terms_.leftCols(order + 1).allFinite();
}

double Approximant::allowed(double a) const { return tolerance_ * std::min(1.0, a / kShort); }

/// Length at which the term of order k reaches the allowed error.
double Approximant::plain_length(const MetricScales& scales, int k) const {
  const double size = std::max(excess_ * std::sqrt(metric_square(terms_.col(k), scales)),
                               std::numeric_limits<double>::min());
  const double length = root(tolerance_ / size, k);
  return length >= kShort ? length : root(tolerance_ / (kShort * size), k - 1);
}

void Approximant::fit_denominator(const MetricScales& scales) {
  const double first = metric_square(terms_.col(1), scales);
  const double growth = growth_of_terms(first, metric_square(terms_.col(order_ - 1), scales),
                                        metric_square(terms_.col(order_), scales), order_);
  TermProducts products{};
  const double by_unknown = 1.0 / (scales.unknown * scales.unknown);
  const double by_parameter = 1.0 / (scales.parameter * scales.parameter);
  for (int i = 0; i < fitted_terms && order_ - 2 - i >= 1; ++i) {
    const auto a = terms_.col(order_ - 2 - i);
    for (int j = 0; j <= i; ++j) {
      const auto b = terms_.col(order_ - 2 - j);
      products[at_index(i)][at_index(j)] = products[at_index(j)][at_index(i)] =
          a.head(n_).dot(b.head(n_)) * by_unknown + a(n_) * b(n_) * by_parameter;
    }
  }
  const Denominator q = tautrack::fit_denominator(products, growth);
  denominator_ = Polynomial(denominator_degree);
  for (int j = 0; j <= denominator_degree; ++j) denominator_[j] = q[at_index(j)];
}

void Approximant::set_numerator() {
  for (int k = 1; k <= order_; ++k) {
    numerator_.col(k) = terms_.col(k);
    for (int j = 1; j <= std::min(denominator_.degree(), k - 1); ++j)
      numerator_.col(k) += denominator_[j] * terms_.col(k - j);
  }
}

/// Longest a for which the last two terms of the numerator stay below the allowed error and the
/// denominator away from zero; zero when that is shorter than the plain series.
double Approximant::trusted_length(const MetricScales& scales, double plain) const {
  const double last = excess_ * std::sqrt(metric_square(numerator_.col(order_), scales));
  const double before = excess_ * std::sqrt(metric_square(numerator_.col(order_ - 1), scales));
  const auto is_trusted = [&](double a) {
    const double q = denominator_(a);
    return q >= smallest_denominator &&
           std::max(last * a, before) * power(a, order_ - 1) <= allowed(a) * q;
  };
  double low = 0.0;
  double high = plain;
  while (high < furthest * plain && is_trusted(high)) {
    low = high;
    high *= kStretch;
  }
  if (low == 0.0) return 0.0;
  for (int k = 0; k < kStretchHalvings; ++k) {
    const double middle = 0.5 * (low + high);
    (is_trusted(middle) ? low : high) = middle;
  }
  return low;
}

std::complex<double> Approximant::nearest_pole() const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (denominator_.degree() == 0) return {infinity, 0.0};
  // Zeros of q are reciprocals of the eigenvalues of the companion matrix of its reverse.
  Matrix companion = Matrix::Zero(denominator_degree, denominator_degree);
  for (int j = 0; j < denominator_degree; ++j) companion(0, j) = -denominator_[j + 1];
  companion(1, 0) = companion(2, 1) = 1.0;
  std::complex<double> largest = 0.0;
  for (const auto& value : general_eigenvalues(companion))
    if (std::abs(value) > std::abs(largest)) largest = value;
  return largest == 0.0 ? std::complex<double>(infinity, 0.0) : 1.0 / largest;
}

void Approximant::at(double a, const MetricScales& scales, Vector& offset,
                     Vector& direction) const {
  const double q = denominator_(a);
  double q_slope = 0.0;
  for (int j = denominator_.degree(); j >= 1; --j) q_slope = q_slope * a + j * denominator_[j];
  offset.setZero(n_ + 1);
  direction.setZero(n_ + 1);
  for (int k = order_; k >= 1; --k) {
    direction = direction * a + k * numerator_.col(k);
    offset = offset * a + numerator_.col(k);
  }
  offset *= a / q;
  direction -= offset * q_slope;  // times q, which is positive
  direction /= metric_norm(direction, scales);
}

double Approximant::distance(double a, const MetricScales& scales) const {
  double square = 0.0;
  for (Index i = 0; i <= n_; ++i) {
    double sum = 0.0;
    for (int k = order_; k >= 1; --k) sum = sum * a + numerator_(i, k);
    sum /= i < n_ ? scales.unknown : scales.parameter;
    square += sum * sum;
  }
  return a * std::sqrt(square) / denominator_(a);
}

}  // namespace tautrack
