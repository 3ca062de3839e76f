#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/data/held_weights.hpp"
#include "tautrack/data/replicates.hpp"
#include "tautrack/data/scaled_problem.hpp"
#include "tautrack/fits/all_fits.hpp"
#include "tautrack/geometry/curvature.hpp"
#include "tautrack/geometry/curvature_supremum.hpp"
#include "tautrack/geometry/uniqueness.hpp"
#include "tautrack/path/natural_path.hpp"

#include "io/data.hpp"
#include "io/options.hpp"
#include "pictures/curve.hpp"

/// The one place where a problem of the user becomes the problem that is computed with, and results about it
/// become results about the user's.
namespace tautrack::program {

/// What is computed with instead of a problem of the user: the weights that are fitted, every pattern once, and
/// targets in the range of the activation.
struct ComputedProblem {
  std::shared_ptr<const Problem> problem;
  HeldWeights held;
  PerceptronOptions perceptron;  ///< With the ridge in the units of these targets.
  OutputScale scale;
  MergedProblem merged;  ///< In the user's units.
};

/// The identity where an end of the range is fitted: then targets stay as they are.
/// @throws UsageError when the range is no range that problems can be scaled to.
[[nodiscard]] OutputScale output_scale(const NetworkRequest& request);

/// The problem to be computed with: every pattern once, unless the user wants all rows. It refers to
/// `problem` where nothing changes.
[[nodiscard]] ComputedProblem computed_problem(const NetworkRequest& request,
                                               const Problem& problem);

/// The same with all rows as they are.
[[nodiscard]] ComputedProblem computed_rows(const NetworkRequest& request, const Problem& problem);

/// The problem for a network that fits an end of its range: without the weights that are held, every pattern once, unless
/// the user wants all rows, and targets as they are.
[[nodiscard]] ComputedProblem merged_problem(const NetworkRequest& request, const Problem& problem);

/// What there is without a problem: the units.
[[nodiscard]] ComputedProblem computed_units(const NetworkRequest& request);

/// What reports say about the rows and these targets of theirs.
void add_rows(const NetworkRequest& request, const ComputedProblem& computed, const Vector& targets,
              DataFacts& facts);

/// Makes results about what was computed with results about the data as given: energies and what scales
/// with them, distances and curvatures in the user's units, what is known of each pattern, and all weights,
/// those that are held in their places.
[[nodiscard]] double users_energy(const ComputedProblem& computed, double energy);
void restore(const ComputedProblem& computed, NaturalPath& path);
void restore(const ComputedProblem& computed, StrataResult& strata);
void restore(const ComputedProblem& computed, AllFits& fits);
/// Columns are those of the user, and the held weights are told.
void restore(const ComputedProblem& computed, DataFacts& facts);
/// The same where energies are those of the rows already, as with an end of the range that is fitted. @param problem The
/// user's.
void restore_rows(const ComputedProblem& computed, const Problem& problem, AllFits& fits);
void restore_rows(const ComputedProblem& computed, const Problem& problem, NaturalPath& path);
void restore(const ComputedProblem& computed, UniquenessCertificate& certificate);
void restore(const ComputedProblem& computed, PathUniqueness& uniqueness);
void restore(const ComputedProblem& computed, CurvatureSupremum& supremum);
void restore(const ComputedProblem& computed, LargestCurvature& largest);
void restore(const ComputedProblem& computed, BatesWatts& curvature);
void restore(const ComputedProblem& computed, std::vector<CurvePoint>& curve);

/// The targets beyond the ends of the range, if there are any.
[[nodiscard]] std::optional<UnreachableTargets> unreachable_targets(const NetworkRequest& request,
                                                                    const Vector& targets);

/// How many targets no output reaches, which, and what to type instead, in a sentence.
[[nodiscard]] std::string unreachable_text(const NetworkRequest& request,
                                           const UnreachableTargets& found);

/// Says so on standard error for each problem of the data, unless the request is quiet.
void tell_unreachable(const NetworkRequest& request, const Data& data, bool quiet);

}  // namespace tautrack::program
