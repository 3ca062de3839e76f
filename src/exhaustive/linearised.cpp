#include "exhaustive/linearised.hpp"

#include <algorithm>
#include <cmath>

#include "core/small_inverse.hpp"

namespace tautrack::exhaustive {

namespace {

/// Steps towards a separating vector.
constexpr int kSteps = 24;

/// Contributions that are this small beside the largest one are enclosed as they are, without lines.
constexpr double kNegligible = 1e-8;

}  // namespace

std::vector<Contribution> contributions_of(const Rows& rows) {
  std::vector<Contribution> contributions;
  if (rows.weights() == 1) return contributions;
  contributions.reserve(static_cast<std::size_t>(rows.patterns()));
  for (int i = 0; i < rows.patterns(); ++i)
    contributions.emplace_back(rows.sigmoid(), rows.target(i));
  return contributions;
}

Linearised::Linearised(const Rows& rows, const std::vector<Contribution>& contributions)
    : rows_(rows),
      contributions_(contributions),
      n_(static_cast<std::size_t>(rows.weights())),
      slope_(static_cast<std::size_t>(rows.size())),
      radius_(static_cast<std::size_t>(rows.size())) {
  for (int i = 0; i < rows.size(); ++i)
    if (rows.is_active(i)) active_.push_back(i);
  c_.resize(n_ * active_.size());
}

bool Linearised::set(const Basis& basis, const std::vector<Interval>& inputs,
                     const std::vector<PatternBounds>& bounds, const std::vector<double>& lift) {
  if (contributions_.empty()) return false;
  basis_ = &basis;
  const std::size_t L = active_.size();
  rounding_ = 4.0 * (basis.uncertainty + proof::kRounding * static_cast<double>(L + n_ + 16));
  if (!(rounding_ < 1e-6)) return false;
  for (std::size_t j = 0; j < n_; ++j) {
    const Interval& q = inputs[static_cast<std::size_t>(basis.rows[j])];
    q_[j] = proof::middle(q);
    reach_[j] = proof::magnitude(q - q_[j]);
    g_[j] = g_size_[j] = spread_[j] = 0.0;
  }
  std::fill(A_.begin(), A_.end(), 0.0);
  std::fill(A_size_.begin(), A_size_.end(), 0.0);
  double largest = 0.0;
  for (const int i : active_)
    if (lift[static_cast<std::size_t>(i)] == 0.0)
      largest = std::max(largest, magnitude(bounds[static_cast<std::size_t>(i)].phi));
  for (std::size_t k = 0; k < L; ++k) {
    const int i = active_[k];
    const double* const c = row(i);
    double slope = 0.0;
    Interval rest;
    const Interval& u = inputs[static_cast<std::size_t>(i)];
    const auto at_row = static_cast<std::size_t>(i);
    if (i < rows_.patterns() && lift[at_row] > 0.0) {
      rest = bounds[at_row].phi * exponential(Interval(-lift[at_row]));
    } else if (i < rows_.patterns() && magnitude(bounds[at_row].phi) < kNegligible * largest) {
      rest = bounds[at_row].phi;
    } else if (i < rows_.patterns()) {
      const Strip strip = contributions_[static_cast<std::size_t>(i)].strip(rows_.shifted(i, u));
      slope = rows_.factor(i) * strip.slope;
      // The product is rounded; whatever it is, the rest makes up for it.
      rest = strip.rest * rows_.factor(i) +
             (Interval(rows_.factor(i)) * strip.slope - slope) * rows_.shifted(i, u) +
             Interval(slope) * rows_.offset(i);
    } else {
      const Interval& factor = rows_.linear(i - rows_.patterns());
      slope = proof::middle(factor);
      rest = (factor - slope) * u;
    }
    const double centre = proof::middle(rest);
    const double radius = proof::magnitude(rest - centre);
    if (!std::isfinite(radius)) return false;
    slope_[k] = slope;
    radius_[k] = radius;
    double at = 0.0, at_size = 0.0;
    for (std::size_t j = 0; j < n_; ++j) {
      at += c[j] * q_[j];
      at_size += std::abs(c[j] * q_[j]);
    }
    const double value = slope * at + centre, size = std::abs(slope) * at_size + std::abs(centre);
    for (std::size_t j = 0; j < n_; ++j) {
      c_[j * L + k] = c[j];
      g_[j] += c[j] * value;
      g_size_[j] += std::abs(c[j]) * size;
      spread_[j] += std::abs(c[j]) * radius;
      for (std::size_t l = 0; l < n_; ++l) {
        const double product = slope * c[j] * c[l];
        A_[j * n_ + l] += product;
        A_size_[j * n_ + l] += std::abs(product);
      }
    }
  }
  return true;
}

/// @param without What is subtracted from A v, or nullptr.
Linearised::Form Linearised::form(const double* v, const double* without) const {
  const std::size_t L = active_.size();
  double centre = 0.0, radius = 0.0, error = 0.0;
  for (std::size_t j = 0; j < n_; ++j) {
    centre += v[j] * g_[j];
    double Av = without ? -without[j] : 0.0, Av_size = std::abs(Av);
    for (std::size_t l = 0; l < n_; ++l) {
      Av += A_[j * n_ + l] * v[l];
      Av_size += A_size_[j * n_ + l] * std::abs(v[l]);
    }
    radius += std::abs(Av) * reach_[j];
    error += std::abs(v[j]) * (g_size_[j] + spread_[j]) + Av_size * reach_[j];
  }
  for (std::size_t k = 0; k < L; ++k) {
    double vc = 0.0;
    for (std::size_t j = 0; j < n_; ++j) vc += v[j] * c_[j * L + k];
    radius += std::abs(vc) * radius_[k];
  }
  return {centre, radius * (1.0 + rounding_) + error * rounding_ + proof::kUnderflow};
}

bool Linearised::contract(std::vector<Interval>& inputs) {
  contraction_ = 1e300;
  auto M = A_;
  std::array<double, kMaxWeights> scale{};
  for (std::size_t j = 0; j < n_; ++j) {
    double size = 0.0;
    for (std::size_t l = 0; l < n_; ++l) size = std::max(size, std::abs(M[j * n_ + l]));
    if (!(size > 1e-290)) return true;
    scale[j] = 1.0 / std::sqrt(size);
  }
  for (std::size_t j = 0; j < n_; ++j)
    for (std::size_t l = 0; l < n_; ++l) M[j * n_ + l] *= scale[j] * scale[l];
  std::array<double, kMaxWeights * kMaxWeights> inverse{};
  if (small_inverse(static_cast<int>(n_)).invert(M.data(), inverse.data()) == 0) return true;
  for (std::size_t j = 0; j < n_; ++j)
    for (std::size_t l = 0; l < n_; ++l) {
      Y_[j * n_ + l] = inverse[l * n_ + j] * scale[j] * scale[l];
      if (!std::isfinite(Y_[j * n_ + l])) return true;
    }
  contraction_ = 0.0;
  for (const int i : active_) {
    const double* const c = row(i);
    double v[kMaxWeights] = {};
    for (std::size_t j = 0; j < n_; ++j)
      for (std::size_t l = 0; l < n_; ++l) v[l] += c[j] * Y_[j * n_ + l];
    const Form f = form(v, c);
    // c.p is in -centre + [-1, 1] radius, up to the rounding of c.
    double at = 0.0, size = 0.0;
    for (std::size_t j = 0; j < n_; ++j) {
      at += c[j] * q_[j];
      size += std::abs(c[j]) * (std::abs(q_[j]) + reach_[j]);
    }
    const double radius =
        above(above(f.radius + rounding_ * size) + rounding_ * std::abs(f.centre));
    Interval& u = inputs[static_cast<std::size_t>(i)];
    contraction_ = std::max(contraction_, 2.0 * radius / proof::width_of(u));
    if (!std::isfinite(radius)) continue;
    if (!meet(u, proof::widened(Interval(at - f.centre), radius))) return false;
  }
  return true;
}

/// Gilbert's algorithm (An iterative procedure for computing the minimum of a quadratic form on a convex set, SIAM J.
/// Control 4, 1966) for the point nearest to zero of all that the right-hand side allows.
bool Linearised::excludes() {
  const std::size_t L = active_.size();
  std::array<double, kMaxWeights> scale{}, x{}, v{}, vertex{};
  for (std::size_t j = 0; j < n_; ++j) {
    double size = spread_[j];
    for (std::size_t l = 0; l < n_; ++l) size += std::abs(A_[j * n_ + l]) * reach_[l];
    if (!(size > 0.0) || !std::isfinite(size)) return false;
    scale[j] = 1.0 / size;
    x[j] = g_[j] * scale[j];
  }
  for (int step = 0; step < kSteps; ++step) {
    double length = 0.0;
    for (std::size_t j = 0; j < n_; ++j) {
      v[j] = x[j] * scale[j];
      length += x[j] * x[j];
    }
    if (!(length > 1e-24)) return false;
    // The point farthest against v.
    for (std::size_t j = 0; j < n_; ++j) vertex[j] = g_[j];
    for (std::size_t l = 0; l < n_; ++l) {
      double Av = 0.0;
      for (std::size_t j = 0; j < n_; ++j) Av += A_[l * n_ + j] * v[j];
      const double reach = Av > 0.0 ? -reach_[l] : reach_[l];
      for (std::size_t j = 0; j < n_; ++j) vertex[j] += A_[l * n_ + j] * reach;
    }
    for (std::size_t k = 0; k < L; ++k) {
      double vc = 0.0;
      for (std::size_t j = 0; j < n_; ++j) vc += v[j] * c_[j * L + k];
      const double r = vc > 0.0 ? -radius_[k] : radius_[k];
      for (std::size_t j = 0; j < n_; ++j) vertex[j] += c_[j * L + k] * r;
    }
    double least = 0.0, product = 0.0, far = 0.0;
    for (std::size_t j = 0; j < n_; ++j) {
      vertex[j] *= scale[j];
      least += v[j] / scale[j] * vertex[j];
      const double way = vertex[j] - x[j];
      product -= way * x[j];
      far += way * way;
    }
    if (least > 0.0) {
      const Form f = form(v.data(), nullptr);
      return std::abs(f.centre) > f.radius;
    }
    if (!(far > 0.0)) return false;
    const double move = std::min(1.0, product / far);
    for (std::size_t j = 0; j < n_; ++j) x[j] += move * (vertex[j] - x[j]);
  }
  return false;
}

}  // namespace tautrack::exhaustive
