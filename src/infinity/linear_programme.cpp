#include "infinity/linear_programme.hpp"

#ifdef TAUTRACK_WITH_CLP

#include <cmath>
#include <coin/ClpEventHandler.hpp>
#include <coin/ClpSimplex.hpp>
#include <coin/CoinPackedMatrix.hpp>
#include <vector>

namespace tautrack::infinity {

namespace {

/// Ends the solver when a condition is met.
class StopHandler final : public ClpEventHandler {
 public:
  explicit StopHandler(const StopCondition& stop) : stop_(stop) {}
  int event(Event) override {
    constexpr int go_on = -1, end = 1;
    return stop_.is_met() ? end : go_on;
  }
  [[nodiscard]] ClpEventHandler* clone() const override { return new StopHandler(*this); }

 private:
  StopCondition stop_;
};

}  // namespace

struct LinearProgramme::Model {
  ClpSimplex simplex;
};

bool have_linear_programmes() noexcept { return true; }

LinearProgramme::LinearProgramme(const Matrix& A, const Vector& lower, double bound)
    : model_(std::make_unique<Model>()) {
  const int m = static_cast<int>(A.rows());
  const int n = static_cast<int>(A.cols());
  std::vector<int> index(static_cast<std::size_t>(A.size()));
  for (std::size_t k = 0; k < index.size(); ++k)
    index[k] = static_cast<int>(k % static_cast<std::size_t>(m));
  std::vector<CoinBigIndex> start(static_cast<std::size_t>(n) + 1);
  for (std::size_t j = 0; j < start.size(); ++j)
    start[j] = static_cast<CoinBigIndex>(j) * static_cast<CoinBigIndex>(m);
  const CoinPackedMatrix matrix(true, m, n, static_cast<CoinBigIndex>(A.size()), A.data(),
                                index.data(), start.data(), nullptr);
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

LinearSolution LinearProgramme::minimise(const Vector& c, const StopCondition& stop) {
  if (stop.is_met()) return {};
  ClpSimplex& simplex = model_->simplex;
  for (Index j = 0; j < c.size(); ++j) simplex.setObjectiveCoefficient(static_cast<int>(j), c(j));
  const StopHandler handler(stop);
  simplex.passInEventHandler(&handler);  // which copies it
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

LinearSolution LinearProgramme::minimise(const Vector&, const StopCondition&) { return {}; }

}  // namespace tautrack::infinity

#endif
