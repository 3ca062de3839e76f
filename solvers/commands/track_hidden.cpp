#include "commands/track_hidden.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "commands/hidden_network.hpp"
#include "commands/hidden_plot.hpp"
#include "commands/json_parts.hpp"
#include "commands/page.hpp"
#include "commands/table_report.hpp"
#include "io/csv_field.hpp"
#include "io/interruption.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

std::string symmetry_text(const Branch& branch, Index units) {
  std::string text;
  Index live = 0;
  for (const Index equal : branch.equal) {
    text += fmt::format("{}{}", text.empty() ? "" : " + ", equal);
    live += equal;
  }
  if (branch.equal.empty()) return "all dead";
  return live < units ? fmt::format("{}, {} dead", text, units - live) : text;
}

void add_problem(Page& page, const TrackRequest& request, const ProblemView& problem,
                 const TrackedBranches& tracked) {
  const BranchTree& tree = tracked.tree;
  const Branch* best = nullptr;
  for (const Branch& branch : tree.branches)
    if (branch.end && (best == nullptr || branch.end->energy < best->end->energy)) best = &branch;
  const bool is_doubtful = tracked.audit && tracked.audit->verdict == AuditVerdict::suspect;
  page.line("answer",
            is_doubtful ? std::string("doubtful: tighter steps lead elsewhere, see audit")
            : best == nullptr
                ? std::string("no branch arrives at tau = 1")
                : fmt::format("the lowest of the branches ends at E = {:.12g}, Morse index {}",
                              best->end->energy, index_text(best->end->morse_index)));
  page.line("branches", printable(tree.message));
  const auto row = [](std::string_view number, std::string_view from, std::string_view units,
                      std::string_view folds, std::string_view end, std::string_view morse) {
    return fmt::format("{:>3} {:<9}{:<15}{:>5}  {:<19}{:>5}", number, from, units, folds, end,
                       morse);
  };
  page.row(row("", "from", "equal units", "folds", "E at tau = 1", "Morse"), "");
  for (std::size_t b = 0; b < tree.branches.size(); ++b) {
    const Branch& branch = tree.branches[b];
    page.row(row(
        std::to_string(b + 1),
        branch.from >= 0 ? fmt::format("fork {}", branch.from + 1) : "tau = 0",
        symmetry_text(branch, request.network.hidden.units), std::to_string(branch.folds.size()),
        branch.end                                   ? fmt::format("{:.12g}", branch.end->energy)
        : branch.status == TrackStatus::closed_curve ? "meets more symmetry"
        : branch.status == TrackStatus::returned_to_start ? "returns to tau = 0"
                                                          : std::string(to_string(branch.status)),
        branch.end ? index_text(branch.end->morse_index) : ""));
  }
  if (!tree.pitchforks.empty()) {
    page.row("    tau                   on branch  what", "pitchforks");
    for (std::size_t f = 0; f < tree.pitchforks.size(); ++f) {
      const Pitchfork& fork = tree.pitchforks[f];
      page.row(fmt::format("{:>3} {:<22.15g}{:>9}  {}", f + 1, fork.at.tau, fork.on + 1,
                           fork.wakes ? fmt::format("{} may wake", counted(fork.units, "dead unit"))
                                      : fmt::format("{} part", counted(fork.units, "equal unit"))));
    }
  }
  if (tracked.audit)
    page.line("audit", fmt::format("{}: {}", to_string(tracked.audit->verdict),
                                   printable(tracked.audit->message)));
  page.line("network", hidden_network_text(request.network, problem, 1));
  add_replicates(page, tracked.facts);
  add_dependencies(page, problem, tracked.facts);
}

void add_overview(Page& page, const Data& data, const std::vector<TrackedBranches>& tracked) {
  page.plain(fmt::format("{:<20}{:>9}{:>12}", "problem", "branches", "pitchforks"));
  for (std::size_t i = 0; i < tracked.size(); ++i)
    page.plain(fmt::format("{:<20}{:>9}{:>12}", cut(data.problem(i).name(), short_name_width),
                           tracked[i].tree.branches.size(), tracked[i].tree.pitchforks.size()));
}

std::string json_text_of(const TrackRequest& request, const Data& data,
                         const std::vector<TrackedBranches>& tracked) {
  Json problems = Json::array();
  for (std::size_t i = 0; i < tracked.size(); ++i)
    problems.push_back(problem_report(request, data.problem(i), tracked[i]));
  return report_text(
      "track", data.source(),
      {{"range", request.network.range ? range_report(*request.network.range) : Json()},
       {"level", request.network.level},
       {"hidden", request.network.hidden.units},
       {"max_steps", request.track.max_steps}},
      problems);
}

std::string csv_of(const TrackRequest& request, const Data& data,
                   const std::vector<TrackedBranches>& tracked) {
  std::string out = "problem,branch,tau,energy,morse_index" +
                    hidden_columns(data.problem(0), request.network.hidden.units, 1);
  for (std::size_t i = 0; i < tracked.size(); ++i) {
    std::size_t number = 0;
    for (const Branch& branch : tracked[i].tree.branches) {
      ++number;
      for (const BranchSample& point : branch.points) {
        fmt::format_to(std::back_inserter(out), "{},{},{},{},{}", csv_field(data.problem(i).name()),
                       number, csv_field(point.tau), csv_field(point.energy),
                       point.morse_index ? std::to_string(*point.morse_index) : "");
        out += csv_tail(point.weights);
      }
    }
  }
  return out;
}

}  // namespace

void refuse_options_of_one_layer(const TrackRequest& request) {
  check_hidden_options(request.network);
  const auto refuse = [](const char* option) {
    throw UsageError(fmt::format("{}: not where there is a hidden layer", option));
  };
  if (!request.network.hidden.outputs.empty()) refuse("--outputs");
  if (request.certify_unique || request.certify_path) refuse("--certify");
  if (!request.from.empty()) refuse("--from");
  if (request.split_rows) refuse("--split-rows");
  if (request.network.matrix_free) refuse("--matrix-free");
  if (!request.track.landings.empty()) refuse("--tau");
  if (!request.run_folder.empty()) refuse("--run");
}

bool TrackedBranches::is_solved() const {
  return tree.finished && (!audit || audit->verdict != AuditVerdict::suspect) &&
         std::all_of(tree.branches.begin(), tree.branches.end(), [](const Branch& branch) {
           return branch.status == TrackStatus::reached_target ||
                  branch.status == TrackStatus::closed_curve ||
                  branch.status == TrackStatus::returned_to_start;
         });
}

TrackedBranches track_hidden(const TrackRequest& request, const Data& data, std::size_t i) {
  BranchTreeOptions options;
  options.max_steps = request.track.max_steps;
  options.stop = request.track.stop;
  const Problem& problem = data.dense.problems[i];
  const HiddenProblem hidden = hidden_problem(request.network, {&problem});
  if (const auto reason = why_no_branches(hidden.network))
    throw UsageError(fmt::format("--hidden: {}", *reason));
  TrackedBranches tracked;
  tracked.facts.rank = hidden.network.space().rank();
  tracked.facts.dependencies = hidden.network.space().dependencies();
  add_rows(request.network, hidden.computed, problem.y, tracked.facts);
  restore(hidden.computed, tracked.facts);
  tracked.tree = track_branches(hidden.network, options);
  if (const AuditLevel level = request.audit.value_or(AuditLevel::none); level != AuditLevel::none)
    tracked.audit = audit_tree(hidden.network, options, level, tracked.tree);
  restore(hidden.computed, tracked.tree);
  return tracked;
}

Json problem_report(const TrackRequest& request, const ProblemView& problem,
                    const TrackedBranches& tracked) {
  Json report = report_start(request.network, problem, tracked.facts, nullptr);
  report["data"]["hidden"] = hidden_network_report(request.network, {std::string(problem.name())});
  report["tree"] = tree_report(tracked.tree, nullptr);
  if (tracked.audit) report["audit"] = audit_report(*tracked.audit);
  return report;
}

std::string text_report(const TrackRequest& request, const Data& data,
                        const std::vector<TrackedBranches>& tracked) {
  return problems_text("track", request, data, tracked, add_problem, add_overview);
}

int run_track_hidden(TrackRequest request) {
  refuse_options_of_one_layer(request);
  Outputs outputs(request.outputs, request.network.file);
  const Data data = load_dense(request.network, "track --hidden");
  tell_notes(data.table, request.outputs.quiet);
  tell_unreachable(request.network, data, request.outputs.quiet);
  std::vector<TrackedBranches> tracked;
  {
    const Interruption interruption;
    request.track.stop = interruption.token();
    for (std::size_t i = 0; i < data.size(); ++i) {
      try {
        tracked.push_back(track_hidden(request, data, i));
      } catch (const DataError& error) {
        throw DataError(data.dense.source + ": " + error.what());
      }
    }
  }
  outputs.publish(
      [&] { return text_report(request, data, tracked); },
      [&] { return json_text_of(request, data, tracked); },
      [&] { return csv_of(request, data, tracked); },
      [&] {
        std::vector<HiddenDrawing> drawings;
        for (std::size_t i = 0; i < tracked.size(); ++i)
          drawings.push_back({std::string(data.problem(i).name()), nullptr, &tracked[i].tree});
        return hidden_plot(request.outputs.plot_file, request.network, data.source(), drawings);
      });
  return exit_status(tracked);
}

}  // namespace tautrack::program
