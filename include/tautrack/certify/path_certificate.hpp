#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"
#include "tautrack/path/natural_path.hpp"

namespace tautrack {

/// How hard certify_path() tries. Counts, not seconds: the result is the same on every run.
struct PathCertifyOptions {
  int max_tubes = 20000;     ///< > 0. Tubes that are proven at most.
  int max_trials = 60000;    ///< > 0. Tubes that are tried at most.
  int max_precision = 1024;  ///< Bits, >= 53. Below 128 nothing but double intervals is used.
  StopCondition stop;        ///< Looked at before each tube; what is proven until then stays so.

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// A stretch of the curve over which it is proven to be one.
struct ProvenPiece {
  double tau_from = 0.0;  ///< Where the curve enters, and
  double tau_to = 0.0;    ///< where it leaves the stretch; rounded.
  int direction = 0;      ///< Proven sign of dtau/da within it; 0 where there is a fold or none is
                          ///< proven.
};

/// What could be proven about a recorded path.
struct PathCertificate {
  /// The solution at tau = 0 and the end of the record are joined by one regular curve of solutions,
  /// and the recorded points lie along it in their order.
  bool certified = false;
  std::string reason;                  ///< One sentence why not; empty when certified.
  std::vector<ProvenPiece> pieces;     ///< In order from tau = 0, also when not certified.
  double proven_until = 0.0;           ///< tau at the end of the last piece.
  double largest_tau = 0.0;            ///< No proven point has a larger tau than this.
  std::optional<double> stopped_from;  ///< tau of the two points of the record between which the
  std::optional<double> stopped_to;    ///< proof ended, when not certified and known.
  std::size_t points_passed = 0;       ///< Recorded points that lie along the proven curve.
  /// Folds between tau = 0 and the end of the last piece: exactly so many. Nothing when that is not
  /// proven.
  std::optional<int> folds;
  std::string folds_reason;     ///< Why their number is not proven; empty when it is.
  double end_radius = 0.0;      ///< The curve meets tau_target within this distance (Euclidean,
                                ///< user's units) of the end of the record, when certified.
  int tubes = 0;                ///< Tubes that prove the curve.
  int trials = 0;               ///< Tubes that were tried.
  long evaluations = 0;         ///< Passes over the data, in double, interval or ball arithmetic.
  double narrowest_tube = 0.0;  ///< Smallest half width of a tube, relative to the size of the node
                                ///< inputs (and to 1 - tau).
  int precision = 53;           ///< Bits that it took; 53: double intervals alone.
};

/// Proves, of the problem with its doubles taken exactly, that the point at which a recorded path ends
/// lies on the curve through the one solution at tau = 0.
///
/// The curve is followed anew by tubes. A tube is a polynomial c(a), an orthonormal frame with columns t
/// (the direction) and N, and a box B: for each a in an interval the simplified Newton map
/// b -> b - C(a) H(c(a) + N b) takes B into its interior and contracts it (Krawczyk 1969; Rump, Acta
/// Numerica 2010, section 13), so that there is exactly one solution c(a) + N b with b in B, and these
/// form a smooth curve. Consecutive tubes share a point. Unlike certificates for polynomial systems
/// (van der Hoeven 2011; Guillemot & Lairez 2024) this one follows folds. Section "Certified paths" of
/// docs/theory.md has the theorem and its proof.
///
/// At tau = 1 the end is that of a Certifier: the curve meets tau = 1 for the first time within
/// Certificate::unique_within. For an earlier target the end must lie within 1e-6 of the curve.
///
/// A record is refused that leaves the curve by more than a tube and 1e-6 (relative to the node inputs
/// and to 1 - tau), or that has another number of folds than is proven. One whose weights grow without
/// bound is not certified for want of an end; what is proven of it is in `pieces`.
///
/// @param path Of track_natural() for the same network.
/// @throws std::invalid_argument when an option breaks its rule, or patterns are split among ranks.
[[nodiscard]] PathCertificate certify_path(const Perceptron& network, const NaturalPath& path,
                                           const PathCertifyOptions& options = {});

}  // namespace tautrack
