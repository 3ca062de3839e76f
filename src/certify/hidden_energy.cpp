#include "certify/hidden_energy.hpp"

#include <cstddef>
#include <utility>
#include <vector>

#include "core/numbers.hpp"
#include "network/traits.hpp"
#include "proof/sigmoid.hpp"

namespace tautrack {

namespace {

using proof::Interval;
using proof::scaled;
using proof::square;

template <class S>
S exactly(double number) {
  return proof::around<S>(number, 0.0);
}

bool is_negative(double x) { return x < 0.0; }
bool is_negative(const Interval& x) { return proof::middle(x) < 0.0; }
#ifdef TAUTRACK_WITH_FLINT
bool is_negative(const proof::Real& x) { return arf_sgn(arb_midref(x.get())) < 0; }
#endif

/// sigma and its derivatives: the distance to the end of the range on one side, sigma' and sigma''.
template <class S>
struct Node {
  bool from_low = false;  ///< Which end.
  S distance, first, second;
};

template <class S>
Node<S> node_at(const proof::Sigmoid& sigmoid, bool from_low, const S& u) {
  proof::Tail<S> tail = proof::end_tail(sigmoid, from_low, u);
  const S height = exactly<S>(sigmoid.height);
  const S centred = from_low ? tail.distance - height : height - tail.distance;
  S second = tail.slope * bend(sigmoid, u, centred, [&] { return u * tail.slope; });
  return {from_low, std::move(tail.distance), std::move(tail.slope), std::move(second)};
}

/// sigma - origin, without cancellation where both are near one end.
template <class S>
S above(const proof::Sigmoid& sigmoid, const Node<S>& node, double origin) {
  const double end = sigmoid.end(node.from_low);
  // The ends of the ranges are small whole numbers: their differences are exact.
  const S offset = exactly<S>(end - origin);
  return node.from_low ? offset + node.distance : offset - node.distance;
}

/// Energy and derivatives by the coordinates z (n) of a frame w + V z, in one arithmetic. With T_k the derivative of the
/// weighted sum P_k that an output node takes, G its slope, e = omega G R and e_2 = omega (G^2 + R g''), a pattern
/// adds
///
///     e T to the gradient,     e_2 T T' + sum over j of ( q_j sigma''_j a_j a_j' + sigma'_j (a_j b_j' + b_j a_j') )
///
/// to the Hessian, a_j (n) the derivative of the unit's node input, q_j = sum_k e_k B_jk and b_j = sum_k e_k times
/// the derivative of B_jk.
template <class S>
class Evaluator {
 public:
  Evaluator(const HiddenEnergy& of, const Vector& w, const Matrix& V, const std::vector<S>& z)
      : energy_(of),
        network_(of.network()),
        w_(w),
        V_(V),
        z_(z),
        n_(z.size()),
        units_(at(network_.units())),
        gradient(n_, exactly<S>(0.0)),
        hessian(n_ * n_, exactly<S>(0.0)) {
    for (Index i = of.output(0, 0); i < w.size(); ++i) outputs_.push_back(weight(i));
  }

  /// False once it is time to stop: nothing of it is to be used.
  bool run() {
    for (Index i = 0; i < network_.patterns(); ++i) {
      if (energy_.stop().is_met()) return false;
      add_pattern(i);
    }
    const HiddenLayerOptions& options = network_.options();
    const auto penalty = [](double ridge, const Vector& factors, Index j) {
      return factors.size() > 0 ? exactly<S>(ridge) * exactly<S>(factors(j)) : exactly<S>(ridge);
    };
    for (Index j = 0; j < network_.units(); ++j) {
      const S hidden = penalty(options.ridge_hidden, options.hidden_factors, j);
      const S output = penalty(options.ridge_output, options.output_factors, j);
      if (options.ridge_hidden > 0.0)
        for (Index a = 0; a < network_.columns(); ++a) add_penalty(hidden, energy_.hidden(j) + a);
      if (options.ridge_output > 0.0)
        for (Index k = 0; k < network_.outputs(); ++k) add_penalty(output, energy_.output(j, k));
    }
    if (options.ridge_bias > 0.0)
      for (Index i = energy_.bias(0); i < w_.size(); ++i)
        add_penalty(exactly<S>(options.ridge_bias), i);
    for (std::size_t j = 0; j < n_; ++j)
      for (std::size_t k = 0; k < j; ++k) hessian[j * n_ + k] = hessian[k * n_ + j];
    return true;
  }

 private:
  [[nodiscard]] S derivative(Index i, std::size_t k) const {
    return exactly<S>(V_(i, static_cast<Index>(k)));
  }

  [[nodiscard]] S weight(Index i) const {
    S sum = exactly<S>(w_(i));
    for (std::size_t k = 0; k < n_; ++k) sum = std::move(sum) + derivative(i, k) * z_[k];
    return sum;
  }

  /// B or c, of those at z.
  [[nodiscard]] const S& output(Index i) const { return outputs_[at(i - energy_.output(0, 0))]; }

  void add_pattern(Index i) {
    const Index h = network_.units();
    const bool is_sigmoid = network_.options().output == OutputNode::sigmoid;
    const S omega = exactly<S>(network_.pattern_weights()(i));
    std::vector<S> x;
    for (Index a = 0; a < network_.columns(); ++a) x.push_back(exactly<S>(network_.inputs()(i, a)));
    rows_.clear();
    nodes_.clear();
    const double offset = network_.has_offset() ? network_.offsets()(i) : 0.0;
    for (Index j = 0; j < h; ++j) add_unit(x, offset, energy_.hidden(j));
    std::vector<S> push(units_, exactly<S>(0.0));       // q
    std::vector<S> lift(units_ * n_, exactly<S>(0.0));  // b
    std::vector<S> tangent;                             // T
    for (Index k = 0; k < network_.outputs(); ++k) {
      S p = network_.has_free_bias() ? output(energy_.bias(k))
                                     : exactly<S>(*network_.options().held_output_bias);
      for (Index j = 0; j < h; ++j) p = std::move(p) + output(energy_.output(j, k)) * value_[at(j)];
      set_tangent(k, tangent);
      const double y = network_.targets()(k * network_.patterns() + i);
      S r = p - exactly<S>(y), force = omega * r, second = omega;
      if (is_sigmoid) {
        const Node<S> node = node_at(energy_.sigmoid(), is_negative(p), p);
        const S end = exactly<S>(energy_.sigmoid().end(node.from_low)) - exactly<S>(y);
        r = node.from_low ? end + node.distance : end - node.distance;
        force = omega * r * node.first;
        second = omega * (square(node.first) + r * node.second);
      }
      energy = energy + scaled(omega * square(r), 0.5);
      for (std::size_t l = 0; l < n_; ++l) {
        gradient[l] = gradient[l] + force * tangent[l];
        const S moved = second * tangent[l];
        for (std::size_t m = l; m < n_; ++m)
          hessian[l * n_ + m] = hessian[l * n_ + m] + moved * tangent[m];
      }
      for (std::size_t j = 0; j < units_; ++j) {
        const Index weight = energy_.output(static_cast<Index>(j), k);
        push[j] = push[j] + force * output(weight);
        for (std::size_t l = 0; l < n_; ++l)
          lift[j * n_ + l] = lift[j * n_ + l] + force * derivative(weight, l);
      }
    }
    for (std::size_t j = 0; j < units_; ++j) {
      const S* const row = &rows_[j * n_];
      const S turn = push[j] * nodes_[j].second;
      for (std::size_t l = 0; l < n_; ++l) lift[j * n_ + l] = lift[j * n_ + l] * nodes_[j].first;
      for (std::size_t l = 0; l < n_; ++l) {
        const S turned = turn * row[l] + lift[j * n_ + l];
        for (std::size_t m = l; m < n_; ++m)
          hessian[l * n_ + m] = hessian[l * n_ + m] + (turned * row[m] + row[l] * lift[j * n_ + m]);
      }
    }
  }

  /// A hidden unit whose weights begin at `first`: its node, its value, and the derivative of its node input.
  void add_unit(const std::vector<S>& x, double offset, Index first) {
    S u = exactly<S>(offset);
    for (std::size_t a = 0; a < x.size(); ++a)
      u = std::move(u) + x[a] * exactly<S>(w_(first + static_cast<Index>(a)));
    for (std::size_t k = 0; k < n_; ++k) {
      S sum = exactly<S>(0.0);
      for (std::size_t a = 0; a < x.size(); ++a)
        sum = std::move(sum) + x[a] * derivative(first + static_cast<Index>(a), k);
      u = std::move(u) + sum * z_[k];
      rows_.push_back(std::move(sum));
    }
    const UnitOrigin origin = network_.options().origin;
    const bool from_low =
        origin == UnitOrigin::low || (origin == UnitOrigin::zero && is_negative(u));
    if (nodes_.empty()) value_.clear();
    nodes_.push_back(node_at(energy_.sigmoid(), from_low, u));
    value_.push_back(above(energy_.sigmoid(), nodes_.back(), network_.origin()));
  }

  void set_tangent(Index k, std::vector<S>& tangent) const {
    tangent.clear();
    for (std::size_t l = 0; l < n_; ++l) {
      S sum = network_.has_free_bias() ? derivative(energy_.bias(k), l) : exactly<S>(0.0);
      for (std::size_t j = 0; j < units_; ++j) {
        const Index weight = energy_.output(static_cast<Index>(j), k);
        sum = std::move(sum) + output(weight) * nodes_[j].first * rows_[j * n_ + l] +
              value_[j] * derivative(weight, l);
      }
      tangent.push_back(std::move(sum));
    }
  }

  /// Half of rho times the square of weight i.
  void add_penalty(const S& rho, Index i) {
    const S value = weight(i), force = rho * value;
    energy = energy + scaled(rho * square(value), 0.5);
    for (std::size_t l = 0; l < n_; ++l) {
      gradient[l] = gradient[l] + force * derivative(i, l);
      const S moved = rho * derivative(i, l);
      for (std::size_t m = l; m < n_; ++m)
        hessian[l * n_ + m] = hessian[l * n_ + m] + moved * derivative(i, m);
    }
  }

  const HiddenEnergy& energy_;
  const HiddenLayer& network_;
  const Vector& w_;
  const Matrix& V_;
  const std::vector<S>& z_;
  std::size_t n_, units_;
  std::vector<S> outputs_;      ///< B and c at z
  std::vector<Node<S>> nodes_;  ///< h, of the pattern
  std::vector<S> value_;        ///< h, their sigma - origin
  std::vector<S> rows_;         ///< h x n, derivatives of their node inputs

 public:
  S energy = exactly<S>(0.0);
  std::vector<S> gradient;  ///< n
  std::vector<S> hessian;   ///< n x n
};

template <class S>
proof::EnclosedEnergy::Enclosed enclosed(const HiddenEnergy& energy, const Vector& w,
                                         const Matrix& V, const Vector& reach) {
  using proof::to_interval;
  std::vector<S> z;
  for (const double r : reach) z.push_back(proof::around<S>(0.0, r));
  Evaluator<S> evaluator(energy, w, V, z);
  proof::EnclosedEnergy::Enclosed result;
  if (!evaluator.run()) {
    const Interval anything(-kInfinity, kInfinity);
    result.energy = anything;
    result.gradient.assign(z.size(), anything);
    result.hessian.assign(z.size() * z.size(), anything);
    return result;
  }
  result.energy = to_interval(evaluator.energy);
  for (const S& entry : evaluator.gradient) result.gradient.push_back(to_interval(entry));
  for (const S& entry : evaluator.hessian) result.hessian.push_back(to_interval(entry));
  return result;
}

}  // namespace

HiddenEnergy::HiddenEnergy(const HiddenLayer& network)
    : network_(network), sigmoid_(traits(network.options().activation).form) {}

proof::EnclosedEnergy::Rounded HiddenEnergy::at(const Vector& w) const {
  const Index n = w.size();
  const std::vector<double> z(tautrack::at(n), 0.0);
  const Matrix V = Matrix::Identity(n, n);
  Evaluator<double> evaluator(*this, w, V, z);
  if (!evaluator.run()) return {Vector::Zero(n), Matrix::Identity(n, n)};
  return {Vector::Map(evaluator.gradient.data(), n), Matrix::Map(evaluator.hessian.data(), n, n)};
}

proof::EnclosedEnergy::Enclosed HiddenEnergy::over(const Vector& w, const Matrix& V,
                                                   const Vector& reach,
                                                   proof::Arithmetic arithmetic) const {
#ifdef TAUTRACK_WITH_FLINT
  if (arithmetic == proof::Arithmetic::balls) return enclosed<proof::Real>(*this, w, V, reach);
#else
  (void)arithmetic;
#endif
  return enclosed<Interval>(*this, w, V, reach);
}

}  // namespace tautrack
