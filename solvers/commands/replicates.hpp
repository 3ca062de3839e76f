#pragma once

#include "tautrack/data/replicates.hpp"
#include "tautrack/fits/all_fits.hpp"
#include "tautrack/path/natural_path.hpp"

#include "io/data.hpp"
#include "io/options.hpp"

namespace tautrack::program {

/// The problem to be computed with: every pattern once, unless the user wants all rows. It refers to
/// `problem` where no two rows are the same.
[[nodiscard]] MergedProblem patterns_of(const NetworkRequest& request, const Problem& problem);

/// What reports say about the rows.
void add_replicates(const MergedProblem& merged, DataFacts& facts);

/// Makes results about the patterns results about the rows of the data as given: energies, and what is known
/// of each pattern.
void restore(const MergedProblem& merged, NaturalPath& path);
void restore(const MergedProblem& merged, StrataResult& strata);
void restore(const MergedProblem& merged, AllFits& fits);

}  // namespace tautrack::program
