#include "tautrack/network/sparse_perceptron.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <string>

#include "tautrack/network/network.hpp"

#include "core/checked.hpp"
#include "network/residual.hpp"

namespace tautrack {

static_assert(MatrixFreeNetwork<SparsePerceptron> && !DenseNetwork<SparsePerceptron>);

namespace {

/// Patterns per block of a series: the rows of a block, read for u_k, are still at hand for the sums.
constexpr Index kBlock = 512;

/// Conjugate gradients for the linear solution: relative residual, iterations, and how often they are
/// started anew from the residual as it is.
constexpr double kLinearTolerance = 1e-14;
constexpr int kLinearBudget = 10000;
constexpr int kLinearStarts = 3;

const SparseProblem& checked(const SparseProblem& problem) {
  check(problem);
  return problem;
}

std::shared_ptr<const SparseMatrix> compressed(const std::shared_ptr<const SparseMatrix>& X) {
  if (X->isCompressed()) return X;
  const auto copy = std::make_shared<SparseMatrix>(*X);
  copy->makeCompressed();
  return copy;
}

/// Variances of the columns, a pattern of weight two counted twice.
Vector variances(const SparseMatrix& X, const Vector& omega) {
  const double total = omega.sum();
  Vector mean = Vector::Zero(X.cols());
  Vector variance = Vector::Zero(X.cols());
  Vector stored = Vector::Zero(X.cols());
  const auto for_each = [&](const auto& take) {
    for (Index i = 0; i < X.rows(); ++i)
      for (SparseMatrix::InnerIterator entry(X, i); entry; ++entry)
        take(entry.col(), entry.value(), omega(i));
  };
  for_each([&](Index column, double value, double weight) {
    mean(column) += weight * value;
    stored(column) += weight;
  });
  mean /= total;
  for_each([&](Index column, double value, double weight) {
    const double difference = value - mean(column);
    variance(column) += weight * difference * difference;
  });
  for (Index j = 0; j < X.cols(); ++j)
    variance(j) += std::max(0.0, total - stored(j)) * mean(j) * mean(j);
  return variance / total;
}

/// Whether the recurrences of sigma' go by way of an inner function, kappa u^2.
bool has_inner_function(Activation activation) {
  return activation == Activation::arctan || activation == Activation::erf;
}

/// kappa
double inner_factor(Activation activation) {
  constexpr double quarter = 0.25 * std::numbers::pi;
  return activation == Activation::arctan ? quarter * std::numbers::pi : -quarter;
}

}  // namespace

SparsePerceptron::SparsePerceptron(const SparseProblem& problem, const PerceptronOptions& options)
    : options_(checked(options)),
      X_(compressed(checked(problem).X)),
      y_(problem.y),
      omega_(problem.pattern_weights.size() > 0 ? problem.pattern_weights
                                                : Vector::Ones(problem.y.size())),
      omega_sum_(omega_.sum()) {
  // Norms of the columns without overflow: relative to the largest entry.
  const Index s = X_->cols();
  Vector largest = Vector::Zero(s);
  for (Index i = 0; i < patterns(); ++i)
    for (SparseMatrix::InnerIterator entry(*X_, i); entry; ++entry)
      largest(entry.col()) = std::max(largest(entry.col()), std::abs(entry.value()));
  Vector squares = Vector::Zero(s);
  for (Index i = 0; i < patterns(); ++i) {
    for (SparseMatrix::InnerIterator entry(*X_, i); entry; ++entry) {
      if (!(largest(entry.col()) > 0.0)) continue;
      const double part = entry.value() / largest(entry.col());
      squares(entry.col()) += omega_(i) * part * part;
    }
  }
  for (Index j = 0; j < s; ++j)
    if (largest(j) > 0.0) column_.push_back(j);
  if (column_.empty())
    throw DataError("problem '" + problem.name +
                    "': every column of X is zero, so no weight changes the output");
  norms_.resize(static_cast<Index>(column_.size()));
  for (Index j = 0; j < unknowns(); ++j) {
    const Index column = column_[static_cast<std::size_t>(j)];
    norms_(j) = largest(column) * std::sqrt(squares(column));
    if (!std::isfinite(norms_(j)) || !std::isfinite(1.0 / norms_(j)))
      throw DataError("problem '" + problem.name + "': column '" + column_name(problem, column) +
                      "' has entries so large or small that its norm is not a number");
  }
  Vector inverse = Vector::Zero(s);
  for (Index j = 0; j < unknowns(); ++j)
    inverse(column_[static_cast<std::size_t>(j)]) = 1.0 / norms_(j);
  row_norms_.setZero(patterns());
  for (Index i = 0; i < patterns(); ++i) {
    double sum = 0.0;
    for (SparseMatrix::InnerIterator entry(*X_, i); entry; ++entry) {
      const double part = entry.value() * inverse(entry.col());
      sum += part * part;
    }
    row_norms_(i) = std::sqrt(sum);
  }
  if (options_.ridge > 0.0) {
    ridge_ = options_.ridge * norms_.array().square().inverse();
    if (options_.ridge_standardised) {
      const Vector variance = variances(*X_, omega_);
      for (Index j = 0; j < unknowns(); ++j)
        ridge_(j) *= variance(column_[static_cast<std::size_t>(j)]);
    }
  }
}

SparsePerceptron::Workspace::Workspace(const SparsePerceptron& network, int)
    : w_(Vector::Zero(network.columns())),
      sum_(network.columns()),
      u_(Vector::Zero(network.patterns())),
      hessian_(Vector::Zero(network.patterns())),
      mixed_(Vector::Zero(network.patterns())),
      last_displacement_(std::numeric_limits<double>::infinity()),
      block_(std::min(kBlock, network.patterns())) {}

// ------------------------------------------------------------------------------- rows and columns

double SparsePerceptron::row_product(Index row, const double* w) const {
  const auto* const starts = X_->outerIndexPtr();
  const auto* const columns = X_->innerIndexPtr();
  const double* const values = X_->valuePtr();
  double sum = 0.0;
  for (auto k = starts[row]; k < starts[row + 1]; ++k) sum += values[k] * w[columns[k]];
  return sum;
}

void SparsePerceptron::add_row(Index row, double factor, double* sum) const {
  const auto* const starts = X_->outerIndexPtr();
  const auto* const columns = X_->innerIndexPtr();
  const double* const values = X_->valuePtr();
  for (auto k = starts[row]; k < starts[row + 1]; ++k) sum[columns[k]] += factor * values[k];
}

/// Weights (s) of v (n); those of zero columns stay what they are.
void SparsePerceptron::expand(const Vector& v, Vector& w) const {
  for (Index j = 0; j < unknowns(); ++j) w(column_[static_cast<std::size_t>(j)]) = v(j) / norms_(j);
}

/// A' g (n) from X' g (s).
void SparsePerceptron::gather(const Vector& sum, Vector& out) const {
  for (Index j = 0; j < unknowns(); ++j)
    out(j) = sum(column_[static_cast<std::size_t>(j)]) / norms_(j);
}

Vector SparsePerceptron::weights(const Vector& v) const {
  assert(v.size() == unknowns());
  Vector w = Vector::Zero(columns());
  expand(v, w);
  return w;
}

Vector SparsePerceptron::coordinates(const Vector& w) const {
  assert(w.size() == columns());
  Vector v(unknowns());
  for (Index j = 0; j < unknowns(); ++j) v(j) = w(column_[static_cast<std::size_t>(j)]) * norms_(j);
  return v;
}

Vector SparsePerceptron::node_inputs(const Vector& v) const { return *X_ * weights(v); }

Vector SparsePerceptron::linear_solution() const {
  Workspace work(*this);
  work.hessian_ = omega_;
  const Index n = unknowns();
  Vector right(n), product(n), residual(n), direction(n);
  work.sum_.setZero();
  for (Index i = 0; i < patterns(); ++i) add_row(i, omega_(i) * y_(i), work.sum_.data());
  gather(work.sum_, right);
  Vector v = Vector::Zero(n);
  // The diagonal of the matrix: one, and the penalty.
  const Vector inverse =
      ridge_.size() > 0 ? Vector((1.0 + ridge_.array()).inverse()) : Vector(Vector::Ones(n));
  const double wanted = kLinearTolerance * std::sqrt(right.cwiseAbs2().dot(inverse));
  double last_start = std::numeric_limits<double>::infinity();
  int iterations = 0;
  for (int start = 0; start < kLinearStarts; ++start) {
    hessian_product(work, v, product);
    residual = right - product;
    direction = residual.cwiseProduct(inverse);
    double square = residual.dot(direction);
    if (!(std::sqrt(square) > wanted) || !(std::sqrt(square) < 0.5 * last_start)) break;
    last_start = std::sqrt(square);
    while (std::sqrt(square) > wanted && iterations++ < kLinearBudget) {
      hessian_product(work, direction, product);
      const double curvature = direction.dot(product);
      if (!(curvature > 0.0)) break;
      const double step = square / curvature;
      v += step * direction;
      residual -= step * product;
      const double next = residual.cwiseAbs2().dot(inverse);
      direction = residual.cwiseProduct(inverse) + (next / square) * direction;
      square = next;
    }
  }
  return v;
}

// ------------------------------------------------------------------------------------- evaluation

double SparsePerceptron::energy(const Vector& v, Tau tau, Workspace& work) const {
  assert(v.size() == unknowns());
  const Range ends = range(options_.activation);
  expand(v, work.w_);
  double sum = 0.0;
  for (Index i = 0; i < patterns(); ++i) {
    const double u = row_product(i, work.w_.data());
    const double r = residual(evaluate(options_.activation, u), ends, u, tau, y_(i));
    sum += omega_(i) * r * r;
  }
  if (ridge_.size() > 0) sum += ridge_.dot(v.cwiseAbs2());
  return 0.5 * sum;
}

double SparsePerceptron::gradient(const Vector& v, Tau tau, Workspace& work, Vector& H) const {
  assert(v.size() == unknowns() && H.size() == unknowns());
  const Range ends = range(options_.activation);
  const double length = v.norm();
  expand(v, work.w_);
  work.sum_.setZero();
  double scale = 0.0;
  double displacement = 0.0;
  for (Index i = 0; i < patterns(); ++i) {
    const double u = row_product(i, work.w_.data());
    const ActivationValues sigma = evaluate(options_.activation, u);
    const auto [r, size] = residual_and_size(sigma, ends, u, tau, y_(i));
    const double omega = omega_(i);
    const double slope = tau.rest() + tau.value() * sigma.first;
    const double weighted = omega * slope;
    const double hessian = omega * (slope * slope + tau.value() * sigma.second * r);
    add_row(i, weighted * r, work.sum_.data());
    scale += row_norms_(i) * (weighted * size + std::abs(hessian) * row_norms_(i) * length);
    displacement = std::max(displacement, std::abs(u - work.u_(i)) / (1.0 + std::abs(work.u_(i))));
    work.u_(i) = u;
    work.hessian_(i) = hessian;
    work.mixed_(i) = omega * ((sigma.first - 1.0) * r + slope * (sigma.value - u));
  }
  gather(work.sum_, H);
  if (ridge_.size() > 0) {
    H += ridge_.cwiseProduct(v);
    scale += ridge_.norm() * length;
  }
  work.tau_ = tau;
  if (work.has_point_) work.last_displacement_ = displacement;
  work.has_point_ = true;
  return scale;
}

void SparsePerceptron::parameter_derivative(Workspace& work, Vector& H_tau) const {
  work.sum_.setZero();
  for (Index i = 0; i < patterns(); ++i) add_row(i, work.mixed_(i), work.sum_.data());
  gather(work.sum_, H_tau);
}

void SparsePerceptron::hessian_product(Workspace& work, const Vector& p, Vector& out) const {
  assert(p.size() == unknowns() && out.size() == unknowns());
  expand(p, work.w_);
  work.sum_.setZero();
  for (Index i = 0; i < patterns(); ++i)
    add_row(i, work.hessian_(i) * row_product(i, work.w_.data()), work.sum_.data());
  gather(work.sum_, out);
  if (ridge_.size() > 0) out += ridge_.cwiseProduct(p);
}

void SparsePerceptron::positive_diagonal(Workspace& work, Vector& d) const {
  const auto* const starts = X_->outerIndexPtr();
  const auto* const columns = X_->innerIndexPtr();
  const double* const values = X_->valuePtr();
  work.sum_.setZero();
  for (Index i = 0; i < patterns(); ++i) {
    const double slope =
        work.tau_.rest() + work.tau_.value() * evaluate(options_.activation, work.u_(i)).first;
    const double factor = std::max(omega_(i) * slope * slope, work.hessian_(i));
    for (auto k = starts[i]; k < starts[i + 1]; ++k)
      work.sum_(columns[k]) += factor * values[k] * values[k];
  }
  gather(work.sum_, d);
  d = d.cwiseQuotient(norms_);
  if (ridge_.size() > 0) d += ridge_;
  // Columns all of whose patterns are saturated beyond the range of double.
  const double smallest = std::max(1e-100 * d.maxCoeff(), std::numeric_limits<double>::min());
  d = d.cwiseMax(smallest);
}

double SparsePerceptron::relative_displacement(const Vector& v, const Vector& dv,
                                               Workspace& work) const {
  expand(v, work.w_);
  work.sum_.setZero();
  expand(dv, work.sum_);
  double largest = 0.0;
  for (Index i = 0; i < patterns(); ++i)
    largest = std::max(largest, std::abs(row_product(i, work.sum_.data())) /
                                    (1.0 + std::abs(row_product(i, work.w_.data()))));
  return largest;
}

// ----------------------------------------------------------------------------------------- series

void SparsePerceptron::start_series(Workspace& work) const {
  const Index L = patterns();
  const bool has_inner = has_inner_function(options_.activation);
  const auto reserve = [L](std::vector<Vector>& coefficients) {
    while (coefficients.size() < 2) coefficients.emplace_back(L);
    coefficients[1].setZero();
  };
  for (auto* coefficients :
       {&work.input_, &work.value_, &work.slope_, &work.residual_, &work.factor_})
    reserve(*coefficients);
  if (has_inner) reserve(work.inner_);
  work.second_.resize(L);
  work.taus_.assign(1, work.tau_.value());
  const Range ends = range(options_.activation);
  const double factor = inner_factor(options_.activation);
  for (Index i = 0; i < L; ++i) {
    const double u = work.u_(i);
    const ActivationValues sigma = evaluate(options_.activation, u);
    work.input_[0](i) = u;
    work.value_[0](i) = sigma.value;
    work.slope_[0](i) = sigma.first;
    work.second_(i) = sigma.second;
    work.residual_[0](i) = residual(sigma, ends, u, work.tau_, y_(i));
    work.factor_[0](i) = work.tau_.rest() + work.tau_.value() * sigma.first;
    if (has_inner) work.inner_[0](i) = factor * u * u;
  }
}

/// The coefficients of one block of patterns. With u = sum u_k a^k and so on, s for sigma and d for
/// sigma' (Griewank & Walther 2008, section 13.2; ActivationSeries has the equations of d):
///
///     k s_k = sum_j j u_j d_{k-j}
///     tanh, logistic:  d_k = (sigma''/sigma')_0 s_k - sum_{0<j<k} s_j s_{k-j}
///     arctan:          d_k = -d_0 sum_{j>0} q_j d_{k-j},       q = (pi u / 2)^2
///     erf:             k d_k = sum_j j q_j d_{k-j},            q = -pi u^2 / 4
///     r_k = u_k + sum_j tau_j (s - u)_{k-j},   (f_u)_k = sum_j tau_j (d - 1)_{k-j}
///     H_k = A' omega sum_j (f_u)_j r_{k-j}
///
/// u_k enters order k linearly: with its coefficients for u_k = 0 in store, k costs no sum.
struct SparsePerceptron::SeriesBlock {
  Workspace& work;
  Activation activation;
  Index first, rows;

  [[nodiscard]] auto part(std::vector<Vector>& coefficients, std::size_t j) const {
    return coefficients[j].segment(first, rows).array();
  }
  [[nodiscard]] auto u(std::size_t j) const { return part(work.input_, j); }
  [[nodiscard]] auto s(std::size_t j) const { return part(work.value_, j); }
  [[nodiscard]] auto d(std::size_t j) const { return part(work.slope_, j); }
  [[nodiscard]] auto r(std::size_t j) const { return part(work.residual_, j); }
  [[nodiscard]] auto f(std::size_t j) const { return part(work.factor_, j); }
  [[nodiscard]] auto q(std::size_t j) const { return part(work.inner_, j); }

  /// What u_k and tau_k add to order k.
  void complete(std::size_t k) const {
    const double tau_k = work.taus_[k];
    const auto second = work.second_.segment(first, rows).array();
    s(k) += u(k) * d(0);
    d(k) += u(k) * second;
    if (has_inner_function(activation)) q(k) += (2.0 * inner_factor(activation)) * u(0) * u(k);
    r(k) += u(k) * f(0) + tau_k * (s(0) - u(0));
    f(k) += work.taus_[0] * u(k) * second + tau_k * (d(0) - 1.0);
  }

  /// Order k for u_k = 0, tau_k = 0.
  void prepare(std::size_t k) const {
    const double inverse = 1.0 / static_cast<double>(k);
    u(k).setZero();
    s(k).setZero();
    for (std::size_t j = 1; j < k; ++j)
      s(k) += (static_cast<double>(j) * inverse) * u(j) * d(k - j);
    prepare_slope(k, inverse);
    const auto& tau = work.taus_;
    r(k) = tau[0] * s(k);
    f(k) = tau[0] * d(k);
    for (std::size_t j = 1; j < k; ++j) {
      r(k) += tau[j] * (s(k - j) - u(k - j));
      f(k) += tau[j] * d(k - j);
    }
  }

  void prepare_slope(std::size_t k, double inverse) const {
    if (has_inner_function(activation)) {
      const double factor = inner_factor(activation);
      q(k).setZero();
      for (std::size_t j = 1; j < k; ++j) q(k) += factor * u(j) * u(k - j);
      d(k).setZero();
      if (activation == Activation::arctan) {
        for (std::size_t j = 1; j <= k; ++j) d(k) -= q(j) * d(k - j);
        d(k) *= d(0);
      } else {
        for (std::size_t j = 1; j <= k; ++j)
          d(k) += (static_cast<double>(j) * inverse) * q(j) * d(k - j);
      }
      return;
    }
    // sigma'' / sigma' is -2 sigma, or 1 - 2 sigma; sigma' may have underflowed.
    if (activation == Activation::tanh)
      d(k) = -2.0 * s(0) * s(k);
    else
      d(k) = -(0.5 * u(0)).tanh() * s(k);
    for (std::size_t j = 1; j < k; ++j) d(k) -= s(j) * s(k - j);
  }
};

double SparsePerceptron::append_series(int k, const Vector& v_k, double tau_k, Workspace& work,
                                       Vector& rest) const {
  assert(work.has_point_ && k >= 1 && v_k.size() == unknowns() && rest.size() == unknowns());
  if (k == 1) start_series(work);
  assert(static_cast<int>(work.taus_.size()) == k);
  work.taus_.push_back(tau_k);
  work.taus_.push_back(0.0);
  const auto order = static_cast<std::size_t>(k);
  const std::size_t next = order + 1;
  const auto reserve = [&](std::vector<Vector>& coefficients) {
    while (coefficients.size() <= next) coefficients.emplace_back(patterns());
  };
  for (auto* coefficients :
       {&work.input_, &work.value_, &work.slope_, &work.residual_, &work.factor_})
    reserve(*coefficients);
  if (has_inner_function(options_.activation)) reserve(work.inner_);

  expand(v_k, work.w_);
  work.sum_.setZero();
  double displacement = 0.0;
  for (Index first = 0; first < patterns(); first += kBlock) {
    const Index rows = std::min(kBlock, patterns() - first);
    const SeriesBlock block{work, options_.activation, first, rows};
    double* const u_k = work.input_[order].data() + first;
    for (Index i = 0; i < rows; ++i) u_k[i] = row_product(first + i, work.w_.data());
    displacement =
        std::max(displacement, (block.u(order).abs() / (1.0 + block.u(0).abs())).maxCoeff());
    block.complete(order);
    block.prepare(next);
    auto g = work.block_.head(rows).array();
    g = block.f(0) * block.r(next) + block.f(next) * block.r(0);
    for (std::size_t j = 1; j <= order; ++j) g += block.f(j) * block.r(next - j);
    g *= omega_.segment(first, rows).array();
    for (Index i = 0; i < rows; ++i) add_row(first + i, g(i), work.sum_.data());
  }
  work.taus_.pop_back();
  gather(work.sum_, rest);
  return displacement;
}

}  // namespace tautrack
