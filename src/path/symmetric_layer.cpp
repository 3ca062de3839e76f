#include "path/symmetric_layer.hpp"

#include <algorithm>

#include "core/numbers.hpp"
#include "core/products.hpp"

namespace tautrack {

namespace {

Index index_of(std::size_t c) { return static_cast<Index>(c); }

HiddenLayer with_classes(const HiddenLayer& whole, const std::vector<Index>& equal) {
  HiddenLayerOptions options = whole.options();
  options.units = std::max<Index>(1, index_of(equal.size()));
  options.hidden_factors = Vector::Ones(options.units);
  for (std::size_t c = 0; c < equal.size(); ++c)
    options.hidden_factors(index_of(c)) = static_cast<double>(equal[c]);
  options.output_factors = options.hidden_factors.cwiseInverse();
  const Matrix targets = whole.targets().reshaped(whole.patterns(), whole.outputs());
  return HiddenLayer(
      make_problem(whole.inputs(), targets.col(0), whole.name(), {}, whole.pattern_weights()),
      targets, options);
}

}  // namespace

SymmetricLayer::SymmetricLayer(const HiddenLayer& whole, std::vector<Index> equal)
    : whole_(whole), equal_(std::move(equal)), network_(with_classes(whole, equal_)) {
  dead_ = whole.units();
  for (const Index m : equal_) dead_ -= m;
}

Vector SymmetricLayer::weights(const Vector& x) const {
  const Matrix W = network_.hidden_weights(x), B = network_.output_weights(x);
  const Index s = whole_.columns(), h = whole_.units(), K = whole_.outputs();
  Vector w = Vector::Zero(s * h + h * K + (whole_.has_free_bias() ? K : 0));
  Index unit = 0;
  for (std::size_t c = 0; c < classes(); ++c)
    for (Index copy = 0; copy < equal_[c]; ++copy, ++unit) {
      w.segment(unit * s, s) = W.col(index_of(c));
      for (Index k = 0; k < K; ++k)
        w(s * h + k * h + unit) = B(index_of(c), k) / static_cast<double>(equal_[c]);
    }
  if (whole_.has_free_bias()) w.tail(K) = network_.output_bias(x);
  return w;
}

Vector SymmetricLayer::unit(const Vector& x, std::size_t c) const {
  Vector out(rank() + 1);
  out << x.segment(index_of(c) * rank(), rank()), x(output(c)) / static_cast<double>(equal_[c]);
  return out;
}

Vector SymmetricLayer::forces(const Vector& x, double tau) const {
  const Vector r = network_.node_outputs(x, tau).col(0) - network_.targets();
  Vector e = network_.pattern_weights().cwiseProduct(r);
  if (whole_.options().output == OutputNode::linear) return e;
  const Activation activation = whole_.options().activation;
  const Matrix U = network_.node_inputs(x), B = network_.output_weights(x);
  Vector P = Vector::Constant(e.size(), network_.output_bias(x)(0));
  for (Index j = 0; j < U.cols(); ++j)
    for (Index i = 0; i < U.rows(); ++i)
      P(i) += B(j, 0) * ((1.0 - tau) * U(i, j) + tau * evaluate(activation, U(i, j)).value);
  for (Index i = 0; i < e.size(); ++i) e(i) *= 1.0 - tau + tau * evaluate(activation, P(i)).first;
  return e;
}

Matrix SymmetricLayer::across(const Vector& x, double tau, std::size_t c) const {
  const Matrix A = network_.space().basis();
  const Index r = rank(), L = A.rows();
  const bool is_dead = c == classes();
  const Vector e = forces(x, tau);
  const Vector u =
      is_dead ? Vector(Vector::Zero(L)) : Vector(network_.node_inputs(x).col(index_of(c)));
  const double b =
      is_dead ? 0.0 : network_.output_weights(x)(index_of(c), 0) / static_cast<double>(equal_[c]);
  Vector bend(L), slope(L);
  for (Index i = 0; i < L; ++i) {
    const ActivationValues sigma = evaluate(whole_.options().activation, u(i));
    bend(i) = e(i) * b * tau * sigma.second;
    slope(i) = e(i) * (1.0 - tau + tau * sigma.first);
  }
  const double unit = whole_.output_unit();
  Matrix T(r + 1, r + 1);
  T.topLeftCorner(r, r) = product(Matrix(A.transpose()), Matrix(bend.asDiagonal() * A)) +
                          whole_.options().ridge_hidden * network_.space().norm_matrix(Vector());
  T.topRightCorner(r, 1) = unit * transposed_times(A, slope);
  T.bottomLeftCorner(1, r) = T.topRightCorner(r, 1).transpose();
  T(r, r) = unit * unit * whole_.options().ridge_output;
  return T;
}

std::vector<std::size_t> SymmetricLayer::breakable() const {
  std::vector<std::size_t> all;
  for (std::size_t c = 0; c < classes(); ++c)
    if (equal_[c] > 1) all.push_back(c);
  if (dead_ > 0) all.push_back(classes());
  return all;
}

int SymmetricLayer::index_across(const std::vector<int>& negative) const {
  const std::vector<std::size_t> all = breakable();
  int sum = 0;
  for (std::size_t k = 0; k < all.size(); ++k)
    sum += negative[k] * static_cast<int>(all[k] == classes() ? dead_ : equal_[all[k]] - 1);
  return sum;
}

std::vector<Vector> SymmetricLayer::asymmetries(const Vector& x) const {
  std::vector<Vector> units, all;
  for (std::size_t c = 0; c < classes(); ++c) units.push_back(unit(x, c));
  for (std::size_t c = 0; c < units.size(); ++c) {
    all.push_back(units[c]);
    for (std::size_t d = 0; d < c; ++d) {
      all.push_back(units[c] - units[d]);
      all.push_back(units[c] + units[d]);
    }
  }
  return all;
}

SymmetricLayer::Divided SymmetricLayer::divided(const Vector& x, std::size_t c, Index parts,
                                                const Vector& phi) const {
  struct Class {
    Index units;
    Vector unit, way;
  };
  const Vector still = Vector::Zero(rank() + 1);
  std::vector<Class> all;
  for (std::size_t d = 0; d < classes(); ++d) {
    if (d != c) {
      all.push_back({equal_[d], unit(x, d), still});
      continue;
    }
    const auto rest = static_cast<double>(equal_[d] - parts), moved = static_cast<double>(parts);
    all.push_back({parts, unit(x, d), rest * phi});
    all.push_back({equal_[d] - parts, unit(x, d), -moved * phi});
  }
  if (c == classes()) all.push_back({parts, still, phi});
  std::stable_sort(all.begin(), all.end(),
                   [](const Class& a, const Class& b) { return a.units > b.units; });
  Divided out;
  const Index k = index_of(all.size());
  const Index bias = whole_.has_free_bias() ? 1 : 0;
  out.x = Vector::Zero((rank() + 1) * k + bias);
  out.direction = out.x;
  for (Index d = 0; d < k; ++d) {
    const Class& of = all[at(d)];
    const auto units = static_cast<double>(of.units);
    out.equal.push_back(of.units);
    out.x.segment(d * rank(), rank()) = of.unit.head(rank());
    out.direction.segment(d * rank(), rank()) = of.way.head(rank());
    out.x(rank() * k + d) = units * of.unit(rank());
    out.direction(rank() * k + d) = units * of.way(rank());
  }
  if (bias > 0) out.x(out.x.size() - 1) = x(x.size() - 1);
  return out;
}

}  // namespace tautrack
