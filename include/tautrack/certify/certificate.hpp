#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// How hard a Certifier tries.
struct CertifyOptions {
  int first_precision = 64;  ///< Bits of the first attempt. In [53, max_precision].
  int max_precision = 2048;  ///< Bits at which it gives up.

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// What could be proven about a stationary point near given weights.
struct Certificate {
  bool certified = false;
  bool refuted = false;  ///< Not certified because no stationary point is near.
  std::string reason;   ///< One sentence why not; empty when certified.
  Vector weights;       ///< s, the doubles nearest to the point; as given when not certified.
  double radius = 0.0;  ///< The point lies within this (Euclidean, user's units) of `weights`.
  /// >= radius. No second stationary point lies within this distance of `weights`.
  double unique_within = 0.0;
  std::optional<int> morse_index;  ///< Proven; nothing when some sign could not be.
  Vector
      eigenvalues;  ///< n, of the Hessian in the network's orthonormal coordinates, ascending, each
                    ///< with its right sign; empty when not certified.
  double energy = 0.0;         ///< E at the point ...
  double energy_radius = 0.0;  ///< ... to within this.
  int precision = 0;           ///< Bits that it took.
};

/// Proves in ball arithmetic (FLINT/Arb; Johansson 2017) that the equations X' D r + ridge M w = 0 of
/// the problem as given, every double of it taken exactly, have exactly one solution near given
/// weights.
class Certifier {
 public:
  /// Whether the library was built with FLINT: without it nothing is ever certified.
  [[nodiscard]] static bool available() noexcept;

  /// @throws DataError, std::invalid_argument as Perceptron does.
  Certifier(const Problem& problem, const PerceptronOptions& network,
            const CertifyOptions& options = {});
  ~Certifier();
  Certifier(Certifier&&) noexcept;
  Certifier& operator=(Certifier&&) noexcept;

  /// One thread at a time; make one Certifier a thread.
  /// @param weights s, user's units, a numerical solution.
  [[nodiscard]] Certificate certify(const Vector& weights);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tautrack
