#include "tautrack/infinity/strata.hpp"
namespace tautrack {
bool can_solve_linear_programmes() noexcept { return false; }
InfimumTest test_infimum(const Problem&, const PerceptronOptions&, const std::vector<int>&) {
  return {};
}
StrataResult enumerate_strata(const Problem&, const PerceptronOptions&, const StrataOptions&) {
  return {};
}
}  // namespace tautrack
