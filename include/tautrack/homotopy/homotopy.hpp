#pragma once

#include <cmath>
#include <concepts>
#include <memory>
#include <string>
#include <type_traits>

#include "tautrack/core/metric.hpp"
#include "tautrack/core/types.hpp"

namespace tautrack {

/// What every tracker asks of a problem H(x, tau) = 0 with n unknowns x: size(), and one of two forms.
/// Arguments to be written arrive with the right sizes and are to be overwritten. A point where H is
/// not defined is answered with entries that are not finite. A homotopy that has both forms is dense.
///
/// Dense, for any H_x:
///
///     void derivatives(x, tau, H, H_x, H_tau)
///         H (n), H_x (n x n) and H_tau (n) at a point.
///
/// Matrix-free, for symmetric H_x and n too large for an n x n matrix; no such matrix is ever formed:
///
///     void residual(x, tau, H)
///         H (n) at a point, which the other three then refer to.
///     void parameter_derivative(H_tau)
///         H_tau (n) there.
///     void hessian_product(p, out)
///         out = H_x p there; p and out are different vectors (n).
///     void preconditioner(d)
///         a positive diagonal (n) of the size of the diagonal of H_x there: the nearer the matrix
///         diag(d)^-1 H_x is to a few clusters of eigenvalues, the fewer products a solution costs.
///
/// Without H_x there are no determinants and eigenvalues: the tracker knows no orientation (0), no
/// condition (1), no Morse index and no branch points, and its checks are fewer by those. Folds are
/// located by bracketing on the corrected curve.
///
/// Optional members, used when they are there:
///
///     MetricScales scales(x, tau)
///         natural sizes of x and tau; default 1 and 1: Euclidean lengths.
///     double residual_scale(x, tau)
///         size of what H is summed from: |H| is zero up to rounding below a few epsilon times it;
///         default |H_x| |x| + |H_tau|, matrix-free with the preconditioner in place of H_x.
///     double displacement(x, dx)
///         size of the move dx from x in the problem's own terms, for problems whose unknowns hide
///         several scales; default 0.
///     bool symmetric()
///         H_x is symmetric, so that a Morse index exists; default false. Not asked of a
///         matrix-free homotopy. Without it an even number of eigenvalues that vanish together, as
///         symmetries make them, is passed in silence: the determinant keeps its sign.
///     void hessian_form_gradient(x, tau, psi, phi, by_x, by_tau)
///         gradient of psi' H_x phi with respect to x and tau; default central differences of H_x
///         (2 n + 2 evaluations).
///     void residual(x, tau, H)
///         H alone, where that is much cheaper than derivatives(). Newton's method then goes on with
///         the factorisation that it has; residual_scale() is asked after it, too.
///     double last_displacement()
///         displacement() between the last two points at which H was evaluated.
///     double append_series(k, x_k, tau_k, rest)
///         Taylor coefficients of H along a curve x(a) = sum x_k a^k, tau(a) = sum tau_k a^k that
///         starts (k = 0) at the last point at which H was evaluated. Called with k = 1, 2, ... in
///         order: takes note of x_k and tau_k and writes the coefficient of order k + 1 of
///         H(x(a), tau(a)) for x_{k+1} = 0, tau_{k+1} = 0 into rest (n). Returns the size of x_k as
///         displacement() measures it. k = 1 starts anew. With it the Taylor predictor can be used.
///     std::string where(tau)
///         what a value of the parameter is called in messages; default "tau = 0.5".
///     double linearisation_cost()
///         cost of derivatives() and a factorisation in units of one append_series(); default 5.
template <class T>
concept DenseHomotopy = requires(T& h, const Vector& x, double tau, Vector& H, Matrix& H_x,
                                 Vector& H_tau) {
  { h.size() } -> std::convertible_to<Index>;
  h.derivatives(x, tau, H, H_x, H_tau);
};

template <class T>
concept MatrixFreeHomotopy = requires(T& h, const Vector& x, double tau, Vector& out) {
  { h.size() } -> std::convertible_to<Index>;
  h.residual(x, tau, out);
  h.parameter_derivative(out);
  h.hessian_product(x, out);
  h.preconditioner(out);
};

template <class T>
concept Homotopy = DenseHomotopy<T> || MatrixFreeHomotopy<T>;

/// A reference to any Homotopy: what the compiled tracker sees. Copies refer to the same object,
/// which must outlive them; one thread at a time.
class HomotopyRef {
 public:
  /// Implicit, like the constructor of std::span.
  template <Homotopy T>
  requires(!std::is_const_v<T> && !std::same_as<T, HomotopyRef>) HomotopyRef(T& homotopy)
      : object_(std::addressof(homotopy)), table_(&kTable<T>) {}

  [[nodiscard]] Index size() const { return table_->size(object_); }

  /// Whether H_x is known by its products alone.
  [[nodiscard]] bool is_matrix_free() const { return table_->derivatives == nullptr; }

  /// @pre !is_matrix_free().
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) const {
    table_->derivatives(object_, x, tau, H, H_x, H_tau);
  }

  /// H_tau at the last point at which residual() was evaluated. @pre is_matrix_free().
  void parameter_derivative(Vector& H_tau) const { table_->parameter_derivative(object_, H_tau); }

  /// out = H_x p there. @pre is_matrix_free().
  void hessian_product(const Vector& p, Vector& out) const {
    table_->hessian_product(object_, p, out);
  }

  /// A positive diagonal of the size of that of H_x there. @pre is_matrix_free().
  void preconditioner(Vector& d) const { table_->preconditioner(object_, d); }

  [[nodiscard]] MetricScales scales(const Vector& x, double tau) const {
    return table_->scales ? table_->scales(object_, x, tau) : MetricScales{};
  }

  /// Size of what H was summed from, given H_x and H_tau at the same point.
  [[nodiscard]] double residual_scale(const Vector& x, double tau, const Matrix& H_x,
                                      const Vector& H_tau) const {
    return table_->residual_scale ? table_->residual_scale(object_, x, tau)
                                  : H_x.norm() * x.norm() + H_tau.norm();
  }

  /// The same where only the size of H_x is known.
  [[nodiscard]] double residual_scale(const Vector& x, double tau, double size_of_H_x,
                                      const Vector& H_tau) const {
    return table_->residual_scale ? table_->residual_scale(object_, x, tau)
                                  : size_of_H_x * x.norm() + H_tau.norm();
  }

  /// Size of the move dx from x, 0 when the homotopy has no opinion.
  [[nodiscard]] double displacement(const Vector& x, const Vector& dx) const {
    return table_->displacement ? table_->displacement(object_, x, dx) : 0.0;
  }

  /// Whether H_x is there and symmetric, so that a Morse index can be computed.
  [[nodiscard]] bool symmetric() const {
    return !is_matrix_free() && table_->symmetric && table_->symmetric(object_);
  }

  [[nodiscard]] bool has_residual() const { return table_->residual != nullptr; }

  /// H alone. @pre has_residual().
  void residual(const Vector& x, double tau, Vector& H) const {
    table_->residual(object_, x, tau, H);
  }

  /// Displacement between the last two evaluated points, if the homotopy keeps it.
  [[nodiscard]] bool has_last_displacement() const { return table_->last_displacement != nullptr; }
  [[nodiscard]] double last_displacement() const { return table_->last_displacement(object_); }

  [[nodiscard]] bool has_series() const { return table_->append_series != nullptr; }

  /// @pre has_series().
  [[nodiscard]] double append_series(int k, const Vector& x_k, double tau_k, Vector& rest) const {
    return table_->append_series(object_, k, x_k, tau_k, rest);
  }

  [[nodiscard]] double linearisation_cost() const {
    return table_->linearisation_cost ? table_->linearisation_cost(object_) : 5.0;
  }

  /// What this value of the parameter is called in messages.
  [[nodiscard]] std::string where(double tau) const;

  /// Gradient of psi' H_x phi; by_x is n. @pre !is_matrix_free().
  void hessian_form_gradient(const Vector& x, double tau, const Vector& psi, const Vector& phi,
                             Vector& by_x, double& by_tau) const;

 private:
  struct Table {
    Index (*size)(void*);
    void (*derivatives)(void*, const Vector&, double, Vector&, Matrix&, Vector&);
    MetricScales (*scales)(void*, const Vector&, double);
    double (*residual_scale)(void*, const Vector&, double);
    double (*displacement)(void*, const Vector&, const Vector&);
    bool (*symmetric)(void*);
    void (*hessian_form_gradient)(void*, const Vector&, double, const Vector&, const Vector&,
                                  Vector&, double&);
    void (*residual)(void*, const Vector&, double, Vector&);
    double (*last_displacement)(void*);
    double (*append_series)(void*, int, const Vector&, double, Vector&);
    double (*linearisation_cost)(void*);
    std::string (*where)(void*, double);
    void (*parameter_derivative)(void*, Vector&);
    void (*hessian_product)(void*, const Vector&, Vector&);
    void (*preconditioner)(void*, Vector&);
  };

  template <class T>
  static constexpr Table make_table() {
    Table table{};
    table.size = [](void* object) { return static_cast<Index>(static_cast<T*>(object)->size()); };
    if constexpr (DenseHomotopy<T>) {
      table.derivatives = [](void* object, const Vector& x, double tau, Vector& H, Matrix& H_x,
                             Vector& H_tau) {
        static_cast<T*>(object)->derivatives(x, tau, H, H_x, H_tau);
      };
    } else {
      table.parameter_derivative = [](void* object, Vector& H_tau) {
        static_cast<T*>(object)->parameter_derivative(H_tau);
      };
      table.hessian_product = [](void* object, const Vector& p, Vector& out) {
        static_cast<T*>(object)->hessian_product(p, out);
      };
      table.preconditioner = [](void* object, Vector& d) {
        static_cast<T*>(object)->preconditioner(d);
      };
    }
    if constexpr (requires(T & h, const Vector& x, double tau) {
                    { h.scales(x, tau) } -> std::convertible_to<MetricScales>;
                  })
      table.scales = [](void* object, const Vector& x, double tau) -> MetricScales {
        return static_cast<T*>(object)->scales(x, tau);
      };
    if constexpr (requires(T & h, const Vector& x, double tau) {
                    { h.residual_scale(x, tau) } -> std::convertible_to<double>;
                  })
      table.residual_scale = [](void* object, const Vector& x, double tau) -> double {
        return static_cast<T*>(object)->residual_scale(x, tau);
      };
    if constexpr (requires(T & h, const Vector& x) {
                    { h.displacement(x, x) } -> std::convertible_to<double>;
                  })
      table.displacement = [](void* object, const Vector& x, const Vector& dx) -> double {
        return static_cast<T*>(object)->displacement(x, dx);
      };
    if constexpr (requires(T & h) {
                    { h.symmetric() } -> std::convertible_to<bool>;
                  })
      table.symmetric = [](void* object) -> bool { return static_cast<T*>(object)->symmetric(); };
    if constexpr (requires(T & h, const Vector& x, double tau, Vector& by_x, double& by_tau) {
                    h.hessian_form_gradient(x, tau, x, x, by_x, by_tau);
                  })
      table.hessian_form_gradient = [](void* object, const Vector& x, double tau, const Vector& psi,
                                       const Vector& phi, Vector& by_x, double& by_tau) {
        static_cast<T*>(object)->hessian_form_gradient(x, tau, psi, phi, by_x, by_tau);
      };
    if constexpr (requires(T & h, const Vector& x, double tau, Vector& H) {
                    h.residual(x, tau, H);
                  })
      table.residual = [](void* object, const Vector& x, double tau, Vector& H) {
        static_cast<T*>(object)->residual(x, tau, H);
      };
    if constexpr (requires(T & h) {
                    { h.last_displacement() } -> std::convertible_to<double>;
                  })
      table.last_displacement = [](void* object) -> double {
        return static_cast<T*>(object)->last_displacement();
      };
    if constexpr (requires(T & h, const Vector& x, double tau, Vector& rest) {
                    { h.append_series(1, x, tau, rest) } -> std::convertible_to<double>;
                  })
      table.append_series = [](void* object, int k, const Vector& x_k, double tau_k,
                               Vector& rest) -> double {
        return static_cast<T*>(object)->append_series(k, x_k, tau_k, rest);
      };
    if constexpr (requires(T & h) {
                    { h.linearisation_cost() } -> std::convertible_to<double>;
                  })
      table.linearisation_cost = [](void* object) -> double {
        return static_cast<T*>(object)->linearisation_cost();
      };
    if constexpr (requires(T & h, double tau) {
                    { h.where(tau) } -> std::convertible_to<std::string>;
                  })
      table.where = [](void* object, double tau) -> std::string {
        return static_cast<T*>(object)->where(tau);
      };
    return table;
  }

  template <class T>
  static constexpr Table kTable = make_table<T>();

  void* object_;
  const Table* table_;
};

}  // namespace tautrack
