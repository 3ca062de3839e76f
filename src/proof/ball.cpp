#include "proof/ball.hpp"

#ifdef TAUTRACK_WITH_FLINT

#include <algorithm>

#include "proof/rounding.hpp"

namespace tautrack::proof {

namespace {

/// multiply(x), where x is made to fit into double by a power of two, that of its largest number.
template <class Multiply>
std::vector<Bound> in_double(const std::vector<Bound>& x, const Multiply& multiply) {
  const slong exponent = std::max_element(x.begin(), x.end())->exponent();
  Vector scaled(static_cast<Index>(x.size()));
  for (Index i = 0; i < scaled.size(); ++i)
    scaled(i) = x[static_cast<std::size_t>(i)].times_power_of_two(-exponent).above_as_double();
  const Vector product = multiply(scaled);
  std::vector<Bound> bounds;
  bounds.reserve(static_cast<std::size_t>(product.size()));
  for (const double sum : product)
    bounds.push_back(Bound(sum * slack(scaled.size()) + kUnderflow).times_power_of_two(exponent));
  return bounds;
}

}  // namespace

std::vector<Bound> product_above(const Eigen::Ref<const Matrix>& M, const std::vector<Bound>& x) {
  return in_double(x, [&](const Vector& v) -> Vector { return M * v; });
}

std::vector<Bound> transposed_product_above(const Eigen::Ref<const Matrix>& M,
                                            const std::vector<Bound>& x) {
  return in_double(x, [&](const Vector& v) -> Vector { return M.transpose() * v; });
}

}  // namespace tautrack::proof

#endif
