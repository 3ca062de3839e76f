#include "tautrack/geometry/uniqueness.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <Eigen/Cholesky>

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/names.hpp"
#include "core/text.hpp"
#include "geometry/convexity.hpp"

namespace tautrack {

namespace {

constexpr NameTable<UniquenessProof, 4> kProofNames{{
    {UniquenessProof::none, "none"},
    {UniquenessProof::zero_residual, "zero residual"},
    {UniquenessProof::tube, "tube"},
    {UniquenessProof::convexity, "convexity"},
}};

/// How far below one the product of distance and curvature must be, and how far from the ends of the range
/// (relative to it) the targets, for rounding.
constexpr double kUniquenessRoom = 1e-9;

/// Residuals of this size, in units of the outputs, are rounding.
constexpr double kEnergyRounding = 64.0 * std::numeric_limits<double>::epsilon();

/// Steps in tau of the statement along the path: the first, the smallest, and how many there may be.
constexpr double kFirstStep = 0.25, kLeastStep = 1e-9, kShrink = 0.5, kGrow = 1.5;
constexpr int kMostSteps = 10000;

/// Newton steps at each tau.
constexpr int kNewtonSteps = 4;

/// Whether finite weights attain the lowest energy whatever the targets are.
bool is_attained(const Perceptron& network, double tau) {
  if (tau < 1.0) return true;
  const Range ends = range(network.options().activation);
  if ((network.targets().array() > ends.low).all() && (network.targets().array() < ends.high).all())
    return true;
  if (network.penalty().size() == 0) return false;
  const Eigen::LDLT<Matrix> factor(network.penalty());
  constexpr double surely_positive = 1e-13;  // far above rounding
  return factor.isPositive() &&
         factor.vectorD().minCoeff() > surely_positive * factor.vectorD().maxCoeff();
}

/// |y - z|, rounded up by far more than the rounding of the energy.
double distance_at(const Perceptron& network, const Vector& v, double tau,
                   Perceptron::Workspace& work) {
  constexpr double up = 1.0 + 1e-12;
  return std::sqrt(2.0 * network.energy(v, tau, work)) * up;
}

/// Size of the outputs, to which rounding is relative.
double output_size(const Perceptron& network) {
  return std::sqrt(
      network.pattern_weights().dot((network.targets().cwiseAbs2().array() + 1.0).matrix()));
}

bool are_well_inside(const Perceptron& network) {
  const Range ends = range(network.options().activation);
  const double margin = kUniquenessRoom * (ends.high - ends.low);
  return (network.targets().array() > ends.low + margin).all() &&
         (network.targets().array() < ends.high - margin).all();
}

/// Proof by convexity, of uniqueness and of the lowest energy.
void try_convexity(const Perceptron& network, double energy, const StopCondition& stop,
                   UniquenessCertificate& certificate) {
  if (!ConvexityTest::is_affordable(network)) {
    certificate.global_message = "not certified: too large for the test of convexity";
    return;
  }
  const auto is_cut = [&] {
    certificate.is_cut = certificate.is_cut || stop.is_met();
    return certificate.is_cut;
  };
  if (is_cut()) {
    certificate.message += std::string("; convexity was not looked at, as ") + stop.reason();
    certificate.global_message = std::string("not certified: ") + stop.reason();
    return;
  }
  const ConvexityTest test(network, certificate.tau, stop);
  certificate.global_product = test.convexity_product(energy);
  std::string why_not = "the energy is not convex on all weights that may be stationary";
  if (!certificate.unique && is_attained(network, certificate.tau)) {
    std::optional<InputBox> box = test.box_of_all(why_not);
    if (box) test.contract(*box);
    if (is_cut()) {
      why_not = std::string("the test of convexity was left unfinished, as ") + stop.reason();
    } else if (box && test.is_convex(*box)) {
      certificate.unique = certificate.global = true;
      certificate.proof = UniquenessProof::convexity;
      certificate.message =
          "all stationary points lie where the energy is strictly convex: exactly one exists";
      certificate.global_message = "it is the only stationary point";
      return;
    }
  }
  if (!certificate.unique) certificate.message += "; " + why_not;
  certificate.global = certificate.global_product < 1.0 - kUniquenessRoom;
  if (!certificate.global && is_cut()) {
    certificate.global_message = std::string("not certified: ") + stop.reason();
    return;
  }
  certificate.global = certificate.global || test.is_convex(test.box_below(energy));
  certificate.global_message =
      certificate.global
          ? "the energy is strictly convex between all weights that fit no worse: no other fit is "
            "as good"
          : "not certified: the energy need not be convex between weights that fit no worse";
}

/// Newton's method at fixed tau, as long as the energy falls.
void improve(const Perceptron& network, double tau, Perceptron::Workspace& work, Vector& v) {
  const Index n = network.unknowns();
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  double energy = network.energy(v, tau, work);
  for (int step = 0; step < kNewtonSteps; ++step) {
    network.derivatives(v, tau, work, H, H_v, H_tau);
    const Cholesky factors = cholesky(H_v);
    if (factors.info() != Eigen::Success) return;
    const Vector next = v - solve(factors, H);
    if (!next.allFinite()) return;
    const double fallen = network.energy(next, tau, work);
    if (!(fallen < energy)) return;
    v = next;
    energy = fallen;
  }
}

}  // namespace

std::string_view to_string(UniquenessProof proof) noexcept { return name_of(kProofNames, proof); }

UniquenessCertificate certify_unique(const Perceptron& network, const Vector& v, double tau,
                                     const CurvatureBound& known, const StopCondition& stop) {
  network.need_all_patterns("geometry");
  network.need_no_offset("geometry");
  require_tau(tau);
  UniquenessCertificate certificate;
  certificate.tau = tau;
  Perceptron::Workspace work(network);
  certificate.distance = distance_at(network, v, tau, work);
  const CurvatureBound general = CurvatureBounds(network).at(tau);
  const CurvatureBound& bound = known.value < general.value ? known : general;
  certificate.curvature_bound = bound.value;
  certificate.curvature_bound_from = bound.from;
  certificate.product = certificate.distance == 0.0 ? 0.0 : certificate.distance * bound.value;
  if (certificate.product < 1.0 - kUniquenessRoom && is_attained(network, tau)) {
    certificate.unique = certificate.global = true;
    certificate.proof = UniquenessProof::tube;
    certificate.message =
        "the residual times the largest curvature of the data manifold is at most " +
        number(certificate.product) + " < 1: no other stationary point exists";
    certificate.global_message = "it is the only stationary point";
    return certificate;
  }
  certificate.message =
      std::isinf(bound.value)
          ? "not certified: no bound of the curvature over all weights is known at tau = " +
                number(tau)
          : "not certified: the residual times the bound of the curvature is " +
                number(certificate.product) + ", not below 1";
  try_convexity(network, 0.5 * certificate.distance * certificate.distance, stop, certificate);
  if (!certificate.unique && certificate.distance <= kEnergyRounding * output_size(network) &&
      (tau < 1.0 || are_well_inside(network))) {
    certificate.unique = certificate.global = true;
    certificate.proof = UniquenessProof::zero_residual;
    certificate.message =
        "the residual is zero to rounding, and targets on the data manifold have no other "
        "stationary point: proven for targets that differ from these by the residual";
    certificate.global_message = "no energy is lower than zero";
  }
  return certificate;
}

PathUniqueness certify_unique_path(const Perceptron& network) {
  const CurvatureBounds bounds(network);
  Perceptron::Workspace work(network);
  PathUniqueness result;
  result.v = network.linear_solution();
  result.distance = distance_at(network, result.v, 0.0, work);
  double step = kFirstStep;
  for (int k = 0; k < kMostSteps && result.until < 1.0 && step >= kLeastStep; ++k) {
    const double next = std::min(result.until + step, 1.0);
    const CurvatureBound bound = bounds.at(next);
    // With v fixed the residual is linear in tau, so that its length is largest at an end; and any v
    // inside the tube proves that a stationary point is there and no other.
    const double largest = std::max(result.distance, distance_at(network, result.v, next, work));
    const bool is_inside =
        largest == 0.0 ? std::isfinite(bound.value) : largest * bound.value < 1.0 - kUniquenessRoom;
    if (!is_inside || !is_attained(network, next)) {
      step *= kShrink;
      continue;
    }
    result.until = next;
    result.curvature_bound = bound.value;
    improve(network, next, work, result.v);
    result.distance = distance_at(network, result.v, next, work);
    step *= kGrow;
  }
  result.whole = result.until == 1.0;
  result.message = result.whole ? "for every tau in [0, 1] there is exactly one stationary point: "
                                  "the path has no fold and "
                                  "no other branch exists"
                                : "for every tau in [0, " + number(result.until) +
                                      "] there is exactly one stationary point, without fold or "
                                      "other branch; beyond, the "
                                      "residual times the bound of the curvature reaches 1";
  return result;
}

}  // namespace tautrack
