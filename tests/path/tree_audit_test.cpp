#include "tautrack/path/tree_audit.hpp"

#include <stdexcept>
#include <utility>

#include <doctest/doctest.h>

#include "support/hidden_networks.hpp"

namespace tree_audit_test {

using namespace tautrack;

namespace {

/// Seven points, scaled, and two units: five pitchforks.
HiddenLayer seven_points(double scale) {
  Matrix X(7, 2);
  Vector y(7);
  for (Index i = 0; i < 7; ++i) X.row(i) << scale * static_cast<double>(i - 3), 1.0;
  y << -1.2, -0.8, -1.0, 0.1, 0.4, 1.3, 0.9;
  HiddenLayerOptions options;
  options.units = 2;
  options.ridge_hidden = options.ridge_output = 0.02;
  return HiddenLayer(make_problem(X, y), options);
}

}  // namespace

TEST_CASE("trees that are followed again with tighter steps are the same") {
  const BranchTreeOptions options;
  for (const double scale : {1.0, 1.1, 0.8}) {
    CAPTURE(scale);
    const HiddenLayer network = seven_points(scale);
    BranchTree tree = track_branches(network, options);
    REQUIRE(tree.finished);
    const PathAudit audit = audit_tree(network, options, AuditLevel::all, tree);
    CAPTURE(audit.message);
    CHECK(audit.verdict == AuditVerdict::confirmed);
    CHECK(audit.more_steps > static_cast<long>(tree.branches.front().points.size()));
  }
}

TEST_CASE("what tells two trees apart is said, copies do not") {
  const BranchTreeOptions options;
  const HiddenLayer network = seven_points(1.0);
  const BranchTree tree = track_branches(network, options);
  REQUIRE(tree.branches.size() >= 3);
  REQUIRE_FALSE(tree.pitchforks.empty());
  CHECK(tree_difference(network, tree, tree).empty());
  BranchTree other = tree;
  other.branches.pop_back();
  CHECK(tree_difference(network, tree, other).find("the other") != std::string::npos);
  other = tree;
  other.pitchforks.front().at.tau += 1e-3;
  CHECK(tree_difference(network, tree, other).find("pitchfork 1 is at tau") == 0);
  other = tree;
  other.branches[1].status = TrackStatus::step_too_small;  // no opinion
  CHECK(tree_difference(network, tree, other).empty());
  other.branches[1].status = TrackStatus::returned_to_start;
  CHECK(tree_difference(network, tree, other).find("branch 2: one ends with") == 0);
  for (std::size_t b = 1; b < tree.branches.size(); ++b) {
    if (!tree.branches[b].end) continue;
    other = tree;
    Vector& w = other.branches[b].end->weights;  // 2 x 2, 2, 1
    w.head(4) *= -1.0;
    w.segment(4, 2) *= -1.0;
    std::swap(w(4), w(5));
    w.head(2).swap(w.segment(2, 2));
    CHECK(tree_difference(network, tree, other).empty());
    w(0) += 0.01;
    CHECK(tree_difference(network, tree, other).find("they arrive at other points") !=
          std::string::npos);
  }
}

TEST_CASE("a tree is followed again if it is asked for and if there is a reason") {
  const BranchTreeOptions options;
  const HiddenLayer plain = support::exclusive_or(0.1);  // the constant alone
  BranchTree tree = track_branches(plain, options);
  CHECK(audit_tree(plain, options, AuditLevel::suspects, tree).verdict ==
        AuditVerdict::unsuspicious);
  CHECK(audit_tree(plain, options, AuditLevel::all, tree).verdict == AuditVerdict::confirmed);
  const HiddenLayer network = seven_points(1.0);
  tree = track_branches(network, options);
  CHECK(audit_tree(network, options, AuditLevel::none, tree).more_steps == 0);
  CHECK(audit_tree(network, options, AuditLevel::suspects, tree).verdict ==
        AuditVerdict::confirmed);
  tree.finished = false;
  CHECK(audit_tree(network, options, AuditLevel::all, tree).more_steps == 0);
  // One that lacks a branch.
  tree = track_branches(network, options);
  tree.branches.pop_back();
  const PathAudit audit = audit_tree(network, options, AuditLevel::all, tree);
  CHECK(audit.verdict == AuditVerdict::suspect);
  CHECK(audit.message.find("7 branches and 5 pitchforks, the other 8 branches") !=
        std::string::npos);
}

}  // namespace tree_audit_test
