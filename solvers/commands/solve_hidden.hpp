#pragma once

#include <vector>

#include "commands/page.hpp"
#include "commands/solve.hpp"
#include "io/json.hpp"

/// `tautrack solve --hidden`: networks with a hidden layer.
namespace tautrack::program {

/// Refuses options of solve that do not go with a hidden layer.
/// @throws UsageError
void refuse_options_of_one_layer(const SolveRequest& request);

/// The problems of one network, in the order of its outputs, as one: targets are told apart by SolvedHidden::outputs.
/// @pre problems share their inputs.
[[nodiscard]] SolvedProblem solve_hidden(const SolveRequest& request,
                                         const std::vector<const Problem*>& problems,
                                         const FitOptions& options);

/// Outputs of the network for these rows, in the user's units: L x K.
/// @param problems One for each output, those that it was fitted to. @param weights HiddenLayer::weights()
[[nodiscard]] Matrix hidden_outputs(const NetworkRequest& request,
                                    const std::vector<const Problem*>& problems,
                                    const Vector& weights, const Matrix& X);

/// What text and JSON say of a solved hidden layer beside what they say of every list of fits.
void add_hidden(Page& page, const SolveRequest& request, const ProblemView& problem,
                const SolvedProblem& solved);
[[nodiscard]] Json hidden_report(const SolveRequest& request, const SolvedProblem& solved);
/// Of point i: its weights layer by layer, and its symmetries.
[[nodiscard]] Json hidden_point_report(const SolvedProblem& solved, std::size_t i);

/// Rows with the best fit's outputs, a line for each output; the points with their weights.
[[nodiscard]] std::string hidden_csv(const Data& data, const std::vector<SolvedProblem>& solved);
[[nodiscard]] std::string hidden_points_csv(const Data& data,
                                            const std::vector<SolvedProblem>& solved);

}  // namespace tautrack::program
