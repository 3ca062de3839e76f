#include "tautrack/topology/principal_axes.hpp"

#include "core/decompositions.hpp"
#include "core/products.hpp"

namespace tautrack {

PrincipalAxes principal_axes(const Matrix& points) {
  const Matrix centred = points.colwise() - points.rowwise().mean();
  const SymmetricEigen variance = symmetric_eigen(product(centred, centred.transpose()));
  PrincipalAxes result{variance.eigenvectors().rowwise().reverse(),
                       variance.eigenvalues().reverse()};
  for (Index j = 0; j < result.axes.cols(); ++j) {
    Index largest = 0;
    result.axes.col(j).cwiseAbs().maxCoeff(&largest);
    if (result.axes(largest, j) < 0.0) result.axes.col(j) *= -1.0;
  }
  return result;
}

}  // namespace tautrack
