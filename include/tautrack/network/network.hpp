#pragma once

#include <concepts>

#include "tautrack/core/types.hpp"
#include "tautrack/network/activation.hpp"
#include "tautrack/network/tau.hpp"

namespace tautrack {

/// What the rooms above ask of a network: a sum of squares E(x, tau) over L patterns whose node functions
///
///     f(u, tau) = (1 - tau) u + tau sigma(u)
///
/// slide from linear ones at tau = 0 to sigmoids at tau = 1. Its unknowns x (n) are coordinates in which
/// lengths mean something (for one layer orthonormal ones of the columns of X); the user's weights w (s)
/// are what they stand for. A network does not change after it is made and may be shared between threads;
/// each thread brings its own Workspace, which also knows the point that was evaluated last.
///
///     unknowns()                    n
///     patterns()                    L, those of all ranks
///     total_pattern_weight()        sum of the weights of the patterns: |dx|^2 is measured against this
///                                   and |x|^2, the size of the node inputs
///     weights(x), coordinates(w)    to the user's units (s) and back (n); for a w that is not of the form
///                                   weights(x), the x with the same outputs
///     node_inputs(x)                u, one number for each pattern and node
///     linear_solution()             n, a solution at tau = 0: where the natural path starts
///     energy(x, tau, work)          E
///     gradient(x, tau, work, H)     H (n), the gradient of E in x; returns the size of what it is summed
///                                   from, so that |H| below a few epsilon times it is rounding
///     append_series(k, x_k, tau_k, work, rest)
///                                   Taylor coefficients of H along a curve that starts at the point that
///                                   was evaluated last, see Homotopy; returns the size of x_k as
///                                   relative_displacement() measures it. k <= max_series_order
///     relative_displacement(x, dx, work), work.last_displacement()
///                                   largest change of a node input, relative to one unit or to its size,
///                                   of the move dx, and between the last two points evaluated
template <class T>
concept EnergyNetwork = requires(const T& network, typename T::Workspace& work, const Vector& x,
                                 Tau tau, Vector& out) {
  typename T::Workspace;
  requires std::constructible_from<typename T::Workspace, const T&, int>;  // the second: threads
  { network.unknowns() } -> std::same_as<Index>;
  { network.patterns() } -> std::same_as<Index>;
  { network.total_pattern_weight() } -> std::same_as<double>;
  { network.weights(x) } -> std::same_as<Vector>;
  { network.coordinates(x) } -> std::same_as<Vector>;
  { network.node_inputs(x) } -> std::convertible_to<Matrix>;
  { network.linear_solution() } -> std::same_as<Vector>;
  { network.energy(x, tau, work) } -> std::same_as<double>;
  { network.gradient(x, tau, work, out) } -> std::same_as<double>;
  { network.append_series(1, x, 1.0, work, out) } -> std::same_as<double>;
  { network.relative_displacement(x, x, work) } -> std::same_as<double>;
  { work.last_displacement() } -> std::same_as<double>;
};

/// A network whose Hessian can be formed:
///
///     derivatives(x, tau, work, H, H_x, H_tau)
///                                   H (n), its derivatives by x (n x n, symmetric, both triangles) and by
///                                   tau (n); returns what gradient() returns
///     hessian_form_gradient(x, tau, psi, phi, by_x, by_tau)
///                                   gradient of psi' H_x phi by x (n) and by tau, for locating folds
template <class T>
concept DenseNetwork = EnergyNetwork<T> &&
    requires(const T& network, typename T::Workspace& work, const Vector& x, double tau,
             Vector& out, Matrix& H_x, double& by_tau) {
  { network.derivatives(x, tau, work, out, H_x, out) } -> std::same_as<double>;
  network.hessian_form_gradient(x, tau, x, x, out, by_tau);
};

/// A network for so many unknowns that no n x n matrix is formed. At the point of the last gradient():
///
///     parameter_derivative(work, H_tau)     n
///     hessian_product(work, p, out)         out = H_x p, both n
///     positive_diagonal(work, d)            n, positive, of the size of the diagonal of H_x
template <class T>
concept MatrixFreeNetwork = EnergyNetwork<T> &&
    requires(const T& network, typename T::Workspace& work, const Vector& x, Vector& out) {
  network.parameter_derivative(work, out);
  network.hessian_product(work, x, out);
  network.positive_diagonal(work, out);
};

/// A network that can be explored: stationary points at tau = 1 are found along curves, among them those of
/// targets that move. The gradient is linear in the targets. (Where to look for first points, src/explore/landscape.hpp
/// asks of each kind of network.)
///
///     targets()                     desired outputs, one for each pattern and output node
///     with_targets(y)               the same network for others, sharing what does not depend on them
///     node_outputs(x, tau)          what the targets are compared with, in the same order
template <class T>
concept TargetNetwork = DenseNetwork<T> && requires(const T& network, const Vector& x, Tau tau) {
  { network.targets() } -> std::same_as<const Vector&>;
  { network.with_targets(network.targets()) } -> std::same_as<T>;
  { network.node_outputs(x, tau) } -> std::convertible_to<Matrix>;
};

/// A network about which something can be proven. Proofs are about the numbers as they were given, every
/// double taken exactly; they evaluate the equations by their own formulas on intervals or balls, with the one
/// enclosure of each activation that there is (src/proof), and call no function above but to find out where to look.
///
///     inputs(), targets(), pattern_weights()    X (L x s), those above, omega (L)
///     options()                                 activation, penalties and what else defines the energy: all numbers
///                                               in the units of the data
template <class T>
concept ExactNetwork = TargetNetwork<T> && requires(const T& network) {
  { network.inputs() } -> std::same_as<const Matrix&>;
  { network.pattern_weights() } -> std::same_as<const Vector&>;
  { network.options().activation } -> std::convertible_to<Activation>;
};

}  // namespace tautrack
