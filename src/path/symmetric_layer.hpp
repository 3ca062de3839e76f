#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/network/hidden_layer.hpp"

namespace tautrack {

/// A hidden layer among weights of one symmetry: units in classes of equal ones, all others dead. It is a hidden layer of
/// one unit for each class, whose output weights are those of all of them together. Stationary points of the one are
/// stationary points of the other (docs/theory.md, section 12).
class SymmetricLayer {
 public:
  /// @param equal The sizes of the classes; without any, one unit whose weights are to be zero stands for the dead ones.
  /// @pre Penalties are the same for all units; dead ones only where f(0) is the origin.
  SymmetricLayer(const HiddenLayer& whole, std::vector<Index> equal);

  [[nodiscard]] const HiddenLayer& network() const { return network_; }
  [[nodiscard]] const std::vector<Index>& equal() const { return equal_; }
  [[nodiscard]] Index dead() const { return dead_; }
  [[nodiscard]] std::size_t classes() const { return equal_.size(); }
  [[nodiscard]] Index rank() const { return network_.space().rank(); }

  /// Weights of the whole network at x.
  [[nodiscard]] Vector weights(const Vector& x) const;

  // Of one output:

  /// Where in x the output weight of a class is.
  [[nodiscard]] Index output(std::size_t c) const {
    return rank() * network_.units() + static_cast<Index>(c);
  }

  /// The part of the Hessian of the whole network across the symmetry: by a change (dv, db) of the weights of one unit of a
  /// class that others of it take back, or, for c = classes(), of a dead one; db in output units. What the outputs change by
  /// adds up to nothing, and only curvature is left:
  ///
  ///     ( A' diag(e b f'') A + rho_W N    A' (e f') )
  ///     (          .                      rho_B     )
  [[nodiscard]] Matrix across(const Vector& x, double tau, std::size_t c) const;

  /// The classes whose symmetry may break, classes() for the dead units.
  [[nodiscard]] std::vector<std::size_t> breakable() const;
  [[nodiscard]] Index units_of(std::size_t c) const { return c == classes() ? dead_ : equal_[c]; }

  /// Negative eigenvalues of the Hessian of the whole network that are across, counted in `negative` for each of breakable().
  [[nodiscard]] int index_across(const std::vector<int>& negative) const;

  /// Weights that vanish where the symmetry is larger: of a class, and the differences and sums of two.
  [[nodiscard]] std::vector<Vector> asymmetries(const Vector& x) const;

  /// x with one class, or the dead units, divided: `parts` of them move by phi (rank + 1), and the others, unless they are
  /// dead, so that their sum stays.
  struct Divided {
    std::vector<Index> equal;
    Vector x, direction;
  };
  [[nodiscard]] Divided divided(const Vector& x, std::size_t c, Index parts,
                                const Vector& phi) const;

 private:
  /// Hidden weights and output weight of one unit of a class.
  [[nodiscard]] Vector unit(const Vector& x, std::size_t c) const;
  /// e = omega g' r, the derivative of the energy by the weighted sums P.
  [[nodiscard]] Vector forces(const Vector& x, double tau) const;

  const HiddenLayer& whole_;
  std::vector<Index> equal_;
  HiddenLayer network_;
  Index dead_ = 0;
};

}  // namespace tautrack
