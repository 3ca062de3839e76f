#include "network/penalty_scale.hpp"

namespace tautrack {

Vector penalty_scale(const Matrix& X, const Vector& omega) {
  const Eigen::RowVectorXd mean = omega.transpose() * X / omega.sum();
  const Matrix centred = X.rowwise() - mean;
  Vector scale = (centred.cwiseAbs2().transpose() * omega / omega.sum()).cwiseSqrt();
  for (Index j = 0; j < X.cols(); ++j)
    if ((X.col(j).array() == X(0, j)).all()) scale(j) = 0.0;
  return scale;
}

}  // namespace tautrack
