#include "infinity/linear_programme.hpp"

#ifdef TAUTRACK_WITH_CLP

#include <cmath>
#include <coin/ClpSimplex.hpp>
#include <coin/CoinPackedMatrix.hpp>
#include <vector>

namespace tautrack::infinity {

struct LinearProgramme::Model {
  ClpSimplex simplex;
};

bool have_linear_programmes() noexcept { return true; }

LinearProgramme::LinearProgramme(const Matrix& A, const Vector& lower, double bound)
    : model_(std::make_unique<Model>()) {
  const int m = static_cast<int>(A.rows());
  const int n = static_cast<int>(A.cols());
  CoinPackedMatrix matrix(true, 0, 0);
  matrix.setDimensions(m, 0);
  std::vector<int> index(static_cast<std::size_t>(m));
  for (int i = 0; i < m; ++i) index[static_cast<std::size_t>(i)] = i;
  for (int j = 0; j < n; ++j) matrix.appendCol(m, index.data(), A.data() + A.rows() * j);
  const double most = std::isfinite(bound) ? bound : COIN_DBL_MAX;
  const Vector least_x = Vector::Constant(n, -most);
  const Vector most_x = Vector::Constant(n, most);
  const Vector objective = Vector::Zero(n);
  const Vector upper = Vector::Constant(m, COIN_DBL_MAX);
  ClpSimplex& simplex = model_->simplex;
  simplex.setLogLevel(0);
  simplex.loadProblem(matrix, least_x.data(), most_x.data(), objective.data(), lower.data(),
                      upper.data());
  simplex.setPrimalTolerance(1e-10);
  simplex.setDualTolerance(1e-10);
}

LinearProgramme::~LinearProgramme() = default;

LinearSolution LinearProgramme::minimise(const Vector& c) {
  ClpSimplex& simplex = model_->simplex;
  for (Index j = 0; j < c.size(); ++j) simplex.setObjectiveCoefficient(static_cast<int>(j), c(j));
  simplex.primal();
  LinearSolution solution;
  if (!simplex.isProvenOptimal()) return solution;
  solution.x = Eigen::Map<const Vector>(simplex.primalColumnSolution(), c.size());
  solution.value = c.dot(solution.x);
  solution.optimal = solution.x.allFinite();
  return solution;
}

}  // namespace tautrack::infinity

#else

namespace tautrack::infinity {

struct LinearProgramme::Model {};

bool have_linear_programmes() noexcept { return false; }

LinearProgramme::LinearProgramme(const Matrix&, const Vector&, double) {}

LinearProgramme::~LinearProgramme() = default;

LinearSolution LinearProgramme::minimise(const Vector&) { return {}; }

}  // namespace tautrack::infinity

#endif
