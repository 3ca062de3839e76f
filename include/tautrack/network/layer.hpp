#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/network/activation.hpp"

namespace tautrack {

/// Whether a map of R^n is a homeomorphism of R^n onto an open set of R^n.
enum class Homeomorphism {
  yes,       ///< Proven, rounding included.
  no,        ///< Proven, rounding included.
  undecided  ///< W is singular, or too close to a singular matrix to tell.
};
[[nodiscard]] std::string_view to_string(Homeomorphism answer) noexcept;

/// What is known about a layer or a stack of them, and why.
struct HomeomorphismVerdict {
  Homeomorphism answer = Homeomorphism::undecided;
  /// A lower bound of the smallest singular value of W; of a stack: of all its W, where those are
  /// square. 0 where none is known.
  double smallest_singular_value = 0.0;
  std::string reason = "nothing was looked at";  ///< One sentence.
};

/// Outcome of an inverse.
enum class InverseStatus {
  found,
  outside_range,  ///< No x has this image: only at tau = 1.
  singular        ///< W is not square, or singular to working precision.
};
[[nodiscard]] std::string_view to_string(InverseStatus status) noexcept;

/// The point that a layer or a stack maps to a given one.
struct Preimage {
  InverseStatus status = InverseStatus::singular;
  Vector x;             ///< n; empty unless found.
  std::string message;  ///< One sentence unless found.
  [[nodiscard]] bool ok() const noexcept { return status == InverseStatus::found; }
};

/// A layer of a network under the natural homotopy: x -> f(W x + b, tau) elementwise,
///
///     f(u, tau) = (1 - tau) u + tau sigma(u),
///
/// with n inputs and m outputs. f increases strictly for every tau in [0, 1], so that the layer is
/// as injective as x -> W x + b: a square layer is a homeomorphism onto an open set (for tau < 1:
/// onto R^n) if and only if W is not singular.
///
/// Points are columns of a matrix. All functions throw std::invalid_argument, with one sentence, on
/// sizes that do not agree, on numbers that are not finite and on a tau outside [0, 1].
class Layer {
 public:
  /// @param W m x n, neither 0.
  /// @param b m.
  Layer(Matrix W, Vector b, Activation activation = Activation::tanh);

  [[nodiscard]] Index inputs() const noexcept { return W_.cols(); }   ///< n
  [[nodiscard]] Index outputs() const noexcept { return W_.rows(); }  ///< m
  [[nodiscard]] const Matrix& weights() const noexcept { return W_; }
  [[nodiscard]] const Vector& bias() const noexcept { return b_; }
  [[nodiscard]] Activation activation() const noexcept { return activation_; }

  /// The largest singular value of W over the smallest; infinity where that is zero.
  [[nodiscard]] double condition() const;

  /// The images of points, which are columns: n x k to m x k.
  [[nodiscard]] Matrix apply(const Matrix& points, double tau = 1.0) const;

  /// diag(f'(W x + b)) W, m x n.
  [[nodiscard]] Matrix jacobian(const Vector& x, double tau = 1.0) const;

  /// The inverse of jacobian(), W^-1 diag(1 / f'): to relative precision also where f' is tiny. Not
  /// finite where f' underflows or W is singular. @pre The layer is square.
  [[nodiscard]] Matrix inverse_jacobian(const Vector& x, double tau = 1.0) const;

  /// The x with f(W x + b, tau) = y. Near the end of the range at tau = 1 it depends on y as
  /// largest_inverse_slope() says; a y that rounding puts onto the end is outside.
  [[nodiscard]] Preimage inverse(const Vector& y, double tau = 1.0) const;

  /// The determinant of W, by LU. @pre The layer is square.
  [[nodiscard]] double determinant() const;

  /// Whether the layer is a homeomorphism, at any tau. W is proven not to be singular when an
  /// approximate inverse R has |I - R W| < 1 with all rounding counted in (Rump, Verification
  /// methods, Acta Numerica 19, 2010, section 10; here in the Frobenius norm), where that fails by
  /// its rank in exact arithmetic in a library built with FLINT, for n <= 100.
  [[nodiscard]] HomeomorphismVerdict homeomorphism() const;

  /// max |J^-1| (spectral norm) over points, columns: how much the inverse magnifies errors of their
  /// images. Infinity where it overflows or W is singular. @pre The layer is square.
  [[nodiscard]] double largest_inverse_slope(const Matrix& points, double tau = 1.0) const;

  /// A bound of |J^-1| over the box low <= x <= high, up to rounding: each f' is taken where the box
  /// makes it smallest. @pre The layer is square.
  [[nodiscard]] double inverse_slope_bound(const Vector& low, const Vector& high,
                                           double tau = 1.0) const;

 private:
  Matrix W_;
  Vector b_;
  Activation activation_;
};

/// Layers one after another. The functions are those of Layer, for the composition.
class LayerStack {
 public:
  /// @param layers At least one; each takes as many inputs as the one before has outputs.
  explicit LayerStack(std::vector<Layer> layers);

  [[nodiscard]] const std::vector<Layer>& layers() const noexcept { return layers_; }
  [[nodiscard]] Index inputs() const noexcept { return layers_.front().inputs(); }
  [[nodiscard]] Index outputs() const noexcept { return layers_.back().outputs(); }

  /// The images under the whole stack.
  [[nodiscard]] Matrix apply(const Matrix& points, double tau = 1.0) const;

  /// The points and their images after each layer: one matrix more than there are layers.
  [[nodiscard]] std::vector<Matrix> stages(const Matrix& points, double tau = 1.0) const;

  [[nodiscard]] Matrix jacobian(const Vector& x, double tau = 1.0) const;

  /// Layer by layer from the last; the message names the layer that has no inverse there.
  [[nodiscard]] Preimage inverse(const Vector& y, double tau = 1.0) const;

  /// yes if every layer is one. A stack whose widths differ is none of R^n onto an open set of R^n,
  /// by invariance of domain (Brouwer 1912): through fewer units it cannot be injective, with more
  /// at its end its image is not open. One that widens and comes back to n is undecided.
  [[nodiscard]] HomeomorphismVerdict homeomorphism() const;

  /// max |J^-1| over points, columns. @pre All layers are square.
  [[nodiscard]] double largest_inverse_slope(const Matrix& points, double tau = 1.0) const;

 private:
  std::vector<Layer> layers_;
};

}  // namespace tautrack
