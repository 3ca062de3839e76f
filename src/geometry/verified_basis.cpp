#include "geometry/verified_basis.hpp"

#include <algorithm>
#include <vector>

#include "core/numbers.hpp"
#include "core/products.hpp"
#include "proof/determinant.hpp"
#include "proof/exact_rank.hpp"
#include "proof/rounding.hpp"

namespace tautrack {

VerifiedBasis verify_basis(const Perceptron& network) {
  const Index n = network.unknowns(), s = network.columns();
  VerifiedBasis basis;
  basis.map.resize(s, n);
  for (Index j = 0; j < n; ++j) basis.map.col(j) = network.weights(Vector::Unit(n, j));
  const Matrix A = network.space().basis();
  const Matrix images = product(network.inputs(), basis.map);
  const Matrix sizes = product(network.inputs().cwiseAbs(), basis.map.cwiseAbs());
  // A product of s terms is off by gamma_s times the sum of their sizes (Higham 2002, section 3.1).
  const double gamma = 2.0 * static_cast<double>(s + 2) * proof::kRounding;
  for (Index i = 0; i < A.rows(); ++i) {
    const double norm = A.row(i).norm();
    const double off = (images.row(i) - A.row(i)).norm() + gamma * sizes.row(i).norm();
    if (norm > 0.0)
      basis.error = std::max(basis.error, off / norm);
    else if ((network.inputs().row(i).array() != 0.0).any())
      basis.error = kInfinity;
  }
  if (!(basis.error < 1.0)) basis.error = kInfinity;  // NaN, too
  return basis;
}

bool spans_all_inputs(const Perceptron& network) {
  if (network.unknowns() == network.columns()) return true;
#ifdef TAUTRACK_WITH_FLINT
  return proof::exact_rank(network.inputs()) == network.unknowns();
#else
  return false;
#endif
}

bool are_dependent(const Perceptron& network, const std::vector<Index>& rows) {
  const Index L = network.patterns(), s = network.columns();
  Matrix square(static_cast<Index>(rows.size()), s);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const auto to = static_cast<Index>(k);
    square.row(to) = rows[k] < L ? Vector(network.inputs().row(rows[k])).transpose()
                                 : Vector(Vector::Unit(s, rows[k] - L)).transpose();
  }
  if (square.rows() == s) {
    const Matrix by_rows = square.transpose();  // rows one after the other in memory
    proof::RowPointers pointers;
    for (Index k = 0; k < s; ++k) pointers.push_back(by_rows.col(k).data());
    return proof::determinant_sign(pointers) == 0;
  }
#ifdef TAUTRACK_WITH_FLINT
  return proof::exact_rank(square) < square.rows();
#else
  return false;
#endif
}

}  // namespace tautrack
