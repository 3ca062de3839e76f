#include "commands/hidden_network.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tautrack/data/zero_doses.hpp"

#include "io/csv_field.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

double ridge_on_hidden(const NetworkRequest& request) {
  return request.hidden.ridge_hidden.value_or(request.perceptron.ridge);
}
double ridge_on_output(const NetworkRequest& request) {
  return request.hidden.ridge_output.value_or(request.perceptron.ridge);
}

HiddenLayer make_network(const NetworkRequest& request, const ComputedProblem& computed,
                         const Matrix& targets) {
  HiddenLayerOptions options;
  options.units = request.hidden.units;
  options.activation = request.perceptron.activation;
  options.output = request.hidden.output;
  options.ridge_hidden = computed.scale.ridge(ridge_on_hidden(request));
  options.ridge_output = options.ridge_bias = computed.scale.ridge(ridge_on_output(request));
  options.rank_tolerance = request.perceptron.rank_tolerance;
  return HiddenLayer(*computed.problem, targets, options);
}

Json sample_report(const BranchSample& sample) {
  return {{"tau", sample.tau},
          {"energy", sample.energy},
          {"morse_index", value_or_null(sample.morse_index)}};
}

}  // namespace

HiddenProblem hidden_problem(const NetworkRequest& request,
                             const std::vector<const Problem*>& problems) {
  for (const Problem* problem : problems)
    if (has_zero_doses(problem->X)) throw UsageError("--hidden: not with doses of zero (--log)");
  ComputedProblem computed = computed_problem(request, *problems.front());
  Matrix targets(computed.problem->y.size(), static_cast<Index>(problems.size()));
  targets.col(0) = computed.problem->y;
  for (std::size_t k = 1; k < problems.size(); ++k) {
    const ComputedProblem other = computed_problem(request, *problems[k]);
    if (other.problem->y.size() != targets.rows())
      throw DataError(
          "outputs that share a hidden layer need the same rows: some have missing targets");
    targets.col(static_cast<Index>(k)) = other.problem->y;
    computed.merged.energy += other.merged.energy;
  }
  HiddenLayer network = make_network(request, computed, targets);
  return {std::move(computed), std::move(network)};
}

std::string hidden_network_text(const NetworkRequest& request, const ProblemView& problem,
                                Index outputs) {
  const double hidden = ridge_on_hidden(request), output = ridge_on_output(request);
  return fmt::format(
      "{} x {} (patterns x inputs), {} {}, {}{}, ridge {}", problem.patterns(), problem.weights(),
      counted(request.hidden.units, "hidden unit"), to_string(request.perceptron.activation),
      counted(outputs, fmt::format("{} output", to_string(request.hidden.output))),
      request.range ? fmt::format(" from {} to {}", *request.range->low, *request.range->high) : "",
      hidden == output ? fmt::format("{:g}", hidden)
                       : fmt::format("{:g} on hidden, {:g} on output weights", hidden, output));
}

Json hidden_network_report(const NetworkRequest& request, const std::vector<std::string>& outputs) {
  return {{"units", request.hidden.units},
          {"output", to_string(request.hidden.output)},
          {"outputs", outputs},
          {"ridge_hidden", ridge_on_hidden(request)},
          {"ridge_output", ridge_on_output(request)}};
}

std::string hidden_columns(const ProblemView& problem, Index units, Index outputs) {
  std::string out;
  const auto add = [&out](const std::string& name) { out += ',' + csv_field(name); };
  for (Index j = 1; j <= units; ++j)
    for (Index a = 0; a < problem.weights(); ++a)
      add(fmt::format("unit{}:{}", j, problem.column(a)));
  for (Index k = 1; k <= outputs; ++k)
    for (Index j = 1; j <= units; ++j) add(fmt::format("unit{}:output{}", j, k));
  for (Index k = 1; k <= outputs; ++k) add(fmt::format("bias{}", k));
  return out + '\n';
}

void restore(const ComputedProblem& computed, BranchTree& tree) {
  const auto restore_sample = [&](BranchSample& sample) {
    sample.energy = users_energy(computed, sample.energy);
  };
  for (Branch& branch : tree.branches) {
    for (BranchSample& point : branch.points) restore_sample(point);
    for (BranchSample& fold : branch.folds) restore_sample(fold);
    if (branch.end) restore_sample(*branch.end);
  }
  for (Pitchfork& fork : tree.pitchforks) restore_sample(fork.at);
}

Json tree_report(const BranchTree& tree, const std::vector<int>* reached_by) {
  Json branches = Json::array();
  for (std::size_t b = 0; b < tree.branches.size(); ++b) {
    const Branch& branch = tree.branches[b];
    Json points = Json::array(), folds = Json::array();
    for (const BranchSample& point : branch.points) points.push_back(sample_report(point));
    for (const BranchSample& fold : branch.folds) folds.push_back(sample_report(fold));
    Json report{{"equal", branch.equal},
                {"from", branch.from >= 0 ? Json(branch.from) : Json()},
                {"status", to_string(branch.status)},
                {"message", branch.message},
                {"points", points},
                {"folds", folds},
                {"end_weights", branch.end ? numbers(branch.end->weights) : Json()}};
    if (reached_by != nullptr) {
      const auto at = std::find(reached_by->begin(), reached_by->end(), static_cast<int>(b));
      report["stationary_point"] =
          at != reached_by->end() ? Json(at - reached_by->begin()) : Json();
    }
    branches.push_back(std::move(report));
  }
  Json pitchforks = Json::array();
  for (const Pitchfork& fork : tree.pitchforks)
    pitchforks.push_back({{"tau", fork.at.tau},
                          {"tau_error", fork.tau_error},
                          {"energy", fork.at.energy},
                          {"weights", numbers(fork.at.weights)},
                          {"on", fork.on},
                          {"wakes", fork.wakes},
                          {"units", fork.units}});
  return {{"branches", branches},
          {"pitchforks", pitchforks},
          {"finished", tree.finished},
          {"message", tree.message}};
}

}  // namespace tautrack::program
