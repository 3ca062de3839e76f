#include "commands/replicates.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace tautrack::program {
namespace {

template <class T>
void spread(const MergedProblem& merged, std::vector<T>& of_patterns) {
  if (of_patterns.size() != merged.replicates.first.size()) return;  // nothing is known
  std::vector<T> of_rows;
  of_rows.reserve(merged.replicates.pattern_of.size());
  for (const Index pattern : merged.replicates.pattern_of)
    of_rows.push_back(of_patterns[static_cast<std::size_t>(pattern)]);
  of_patterns = std::move(of_rows);
}

void restore_limit(const MergedProblem& merged, InfinitePoint& limit) {
  limit.energy += merged.energy;
  spread(merged, limit.signs);
  if (!limit.approach) return;
  limit.approach->energy += merged.energy;
  spread(merged, limit.approach->growth);
}

}  // namespace

MergedProblem patterns_of(const NetworkRequest& request, const Problem& problem) {
  // Shared, not copied: the data stay where they are.
  std::shared_ptr<const Problem> given(std::shared_ptr<void>(), &problem);
  if (!request.keep_replicates) return merge_replicates(std::move(given));
  MergedProblem as_given;
  as_given.problem = std::move(given);
  return as_given;
}

void add_replicates(const MergedProblem& merged, DataFacts& facts) {
  if (!merged.replicates.first.empty()) facts.replicates = merged.replicates;
  facts.energy_of_replicates = merged.energy;
}

void restore(const MergedProblem& merged, NaturalPath& path) {
  if (!merged.replicates.any()) return;
  for (NaturalPoint& point : path.points) point.energy += merged.energy;
  for (NaturalFold& fold : path.folds) fold.point.energy += merged.energy;
  for (NaturalBranchPoint& branch : path.branch_points) branch.point.energy += merged.energy;
  if (path.end) path.end->energy += merged.energy;
  if (path.infinity) restore_limit(merged, *path.infinity);
}

void restore(const MergedProblem& merged, StrataResult& strata) {
  if (!merged.replicates.any()) return;
  for (InfinitePoint& limit : strata.infima) restore_limit(merged, limit);
}

void restore(const MergedProblem& merged, AllFits& fits) {
  if (!merged.replicates.any()) return;
  for (StationaryPoint& point : fits.points) point.energy += merged.energy;
  for (InfinitePoint& limit : fits.at_infinity) restore_limit(merged, limit);
  for (Escape& escape : fits.exploration.escapes) restore_limit(merged, escape.limit);
  restore(merged, fits.exploration.path);
}

}  // namespace tautrack::program
