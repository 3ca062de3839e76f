#include "amplitude/eigenvalues.hpp"

#include <cmath>

#include "core/decompositions.hpp"
#include "core/products.hpp"

namespace tautrack::amplitude {

Vector relative_eigenvalues(Matrix tangents, Matrix bends) {
  const Index n = tangents.cols();
  bends = Matrix(bends.selfadjointView<Eigen::Upper>());
  // Columns of length one first: their sizes say nothing.
  for (Index k = 0; k < n; ++k) {
    const double size = tangents.col(k).norm();
    if (!(size > 0.0)) return {};
    tangents.col(k) /= size;
    bends.row(k) /= size;
    bends.col(k) /= size;
  }
  const Qr factors = householder_qr(tangents);
  const Matrix R = factors.matrixQR().topRows(n).triangularView<Eigen::Upper>();
  const Matrix left = solve_square(Matrix(R.transpose()), bends);
  const Matrix both = solve_square(Matrix(R.transpose()), Matrix(left.transpose()));
  return symmetric_eigenvalues(0.5 * (both + both.transpose()) + Matrix::Identity(n, n))
      .eigenvalues();
}

Vector relative_eigenvalues(const Model& model, const Vector& x) {
  const Index n = model.unknowns(), first = model.first_weight(), L = model.X.rows();
  if (L < n) return {};
  const double end = model.end(x), height = model.height(x);
  const Vector u = model.inputs(model.weights(x));
  Matrix tangents(L, n), bends = Matrix::Zero(n, n);
  for (Index i = 0; i < L; ++i) {
    const detail::Shares<double> phi = detail::shares(model, u(i));
    const double root = std::sqrt(model.omega(i));
    const double force = model.omega(i) * (end + height * phi.value - model.y(i));
    if (!model.known_end) tangents(i, 0) = root;
    tangents(i, first - 1) = root * phi.value;
    tangents.row(i).tail(n - first) = root * height * phi.first * model.X.row(i);
    for (Index j = first; j < n; ++j) {
      const double x_j = model.X(i, j - first);
      bends(first - 1, j) += force * phi.first * x_j;
      for (Index k = j; k < n; ++k)
        bends(j, k) += force * height * phi.second * x_j * model.X(i, k - first);
    }
  }
  return relative_eigenvalues(std::move(tangents), std::move(bends));
}

}  // namespace tautrack::amplitude
