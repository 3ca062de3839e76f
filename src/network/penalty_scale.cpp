#include "network/penalty_scale.hpp"

#include <limits>

#include "tautrack/core/communicator.hpp"

namespace tautrack {

Vector penalty_scale(const Matrix& X, const Vector& omega, Communicator* ranks) {
  const Index s = X.cols();
  const auto add_up = [ranks](Vector& sums) {
    if (ranks != nullptr) ranks->sum({sums.data(), static_cast<std::size_t>(sums.size())});
  };
  Vector sums(s + 1);
  sums << X.transpose() * omega, omega.sum();
  add_up(sums);
  const double total = sums(s);
  const Matrix centred = X.rowwise() - (sums.head(s) / total).transpose();
  Vector scale = centred.cwiseAbs2().transpose() * omega / total;
  add_up(scale);
  scale = scale.cwiseSqrt();
  // The largest entries, and the smallest with the other sign.
  Vector ends = Vector::Constant(2 * s, -std::numeric_limits<double>::infinity());
  if (X.rows() > 0) ends << X.colwise().maxCoeff().transpose(), -X.colwise().minCoeff().transpose();
  if (ranks != nullptr) ranks->maximum({ends.data(), static_cast<std::size_t>(ends.size())});
  for (Index j = 0; j < s; ++j)
    if (ends(j) == -ends(s + j)) scale(j) = 0.0;
  return scale;
}

Matrix penalty_of(const Problem& problem, const Vector& omega, const ColumnSpace& space,
                  const PerceptronOptions& options, Communicator* ranks) {
  if (space.rank() == 0)
    throw DataError("problem '" + problem.name +
                    "': every column of X is zero, so no weight changes the output");
  if (options.ridge == 0.0) return {};
  if (!options.ridge_standardised) return options.ridge * space.norm_matrix(Vector());
  if (!space.dependencies().empty())
    throw DataError(
        "problem '" + problem.name +
        "': columns depend on each other, and the weights of least norm are least in the "
        "units of the data, not in standardised ones: leave out a column or penalise the "
        "weights in the units of the data");
  return options.ridge * space.norm_matrix(penalty_scale(problem.X, omega, ranks));
}

}  // namespace tautrack
