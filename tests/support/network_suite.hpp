#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "tautrack/network/network.hpp"

#include "support/derivative_check.hpp"
#include "support/random_problem.hpp"

/// What every network has to pass, whatever it is made of: the promises of network/network.hpp, each
/// against differences of what is one derivative lower, or against another evaluation.
namespace tautrack::support {

template <EnergyNetwork Network>
class NetworkSuite {
 public:
  /// @param x n, where to look: node inputs of the order of one.
  NetworkSuite(const Network& network, const Vector& x, double tau, std::uint64_t seed = 1)
      : network_(network),
        work_(network, 1),
        n_(network.unknowns()),
        x_(x),
        tau_(tau),
        random_(seed) {
    linearise();
  }

  void check() {
    check_coordinates();
    check_linear_solution();
    check_gradient();
    check_hessian();
    check_displacement();
    check_series();
    if constexpr (DenseNetwork<Network>) check_dense();
  }

 private:
  static constexpr double kStep = 4e-3;       // of differences of order six
  static constexpr double kAgreement = 1e-9;  // of these

  void check_coordinates() {
    const Vector w = network_.weights(x_);
    CHECK((network_.coordinates(w) - x_).norm() <= 1e-12 * x_.norm());
    CHECK((network_.weights(network_.coordinates(w)) - w).norm() <= 1e-12 * w.norm());
  }

  void check_linear_solution() {
    const Vector start = network_.linear_solution();
    Vector H(n_);
    const double scale = network_.gradient(start, 0.0, work_, H);
    CHECK(H.norm() <= 1e-13 * scale);
  }

  void check_gradient() {
    Vector H(n_);
    const double scale = network_.gradient(x_, tau_, work_, H);
    CHECK(H == H_);
    CHECK(scale == scale_);
    CHECK(H.norm() <= scale);
    const Vector p = direction(1.0);
    const auto energy = [&](double t) -> Matrix {
      return Matrix::Constant(1, 1, network_.energy(x_ + t * p, tau_, work_));
    };
    CHECK(std::abs(sixth_order_difference(energy, kStep)(0, 0) - H.dot(p)) <=
          kAgreement * (scale * p.norm() + energy(0.0)(0, 0)));
  }

  void check_hessian() {
    const Vector p = direction(1.0), q = direction(1.0);
    const Vector image = hessian_times(p);
    CHECK(std::abs(q.dot(image) - p.dot(hessian_times(q))) <= 1e-13 * image.norm() * q.norm());
    CHECK(error(image, gradient_difference(p, 0.0), scale_) <= kAgreement);
    CHECK(error(H_tau_, gradient_difference(Vector::Zero(n_), 1.0), scale_) <= kAgreement);
    if constexpr (MatrixFreeNetwork<Network>) {
      linearise();
      Vector d(n_);
      network_.positive_diagonal(work_, d);
      CHECK(d.minCoeff() > 0.0);
      for (Index j = 0; j < n_; ++j)
        CHECK(d(j) >= hessian_times(Vector::Unit(n_, j))(j) * (1.0 - 1e-12));
    }
  }

  void check_displacement() {
    typename Network::Workspace work(network_, 1);
    const double infinity = std::numeric_limits<double>::infinity();
    const Vector p = direction(0.7);
    Vector H(n_);
    CHECK(work.last_displacement() == infinity);
    network_.gradient(x_, tau_, work, H);
    CHECK(work.last_displacement() == infinity);
    network_.gradient(x_ + p, tau_, work, H);
    CHECK(work.last_displacement() == doctest::Approx(0.7).epsilon(1e-9));
    CHECK(network_.relative_displacement(x_, 2.0 * p, work) == doctest::Approx(1.4).epsilon(1e-12));
    network_.gradient(infinity * (x_ + p), tau_, work, H);
    CHECK_FALSE(H.allFinite());
  }

  /// With x(a) and tau(a) the polynomials of the terms so far, H along them minus the coefficients up to
  /// order k + 1 is of order k + 2.
  void check_series() {
    constexpr int last = 5;
    Matrix terms(n_, last + 1), coefficients(n_, last + 2);
    Vector taus(last + 1), rest(n_);
    for (int round = 0; round < 2; ++round) {  // k = 1 starts anew
      linearise();
      coefficients.col(0) = H_;
      coefficients.col(1).setZero();
      for (int k = 1; k <= last; ++k) {
        const double size = 0.4 * std::pow(0.6, k);
        terms.col(k) = direction(size);
        taus(k) = 0.1 * random_.normal();
        CHECK(network_.append_series(k, terms.col(k), taus(k), work_, rest) ==
              doctest::Approx(size).epsilon(1e-9));
        coefficients.col(k + 1) = rest;
      }
      for (int k = 1; k <= last; ++k)
        coefficients.col(k) += hessian_times(terms.col(k)) + taus(k) * H_tau_;
      const auto remainder = [&](double a) {
        Vector at = x_, sum = coefficients.col(0), H(n_);
        double at_tau = tau_;
        for (int k = 1; k <= last; ++k) {
          at += std::pow(a, k) * terms.col(k);
          at_tau += std::pow(a, k) * taus(k);
        }
        for (int k = 1; k <= last + 1; ++k) sum += std::pow(a, k) * coefficients.col(k);
        network_.gradient(at, at_tau, work_, H);
        return (H - sum).norm();
      };
      const double order = std::log2(remainder(0.2) / remainder(0.1));
      CHECK(order >= last + 1.4);
      CHECK(order <= last + 3.5);
    }
  }

  void check_dense() {
    if constexpr (DenseNetwork<Network>) {
      Vector H(n_);
      const double scale = network_.derivatives(x_, tau_, work_, H, H_x_, H_tau_);
      CHECK((H - H_).norm() <= 1e-14 * scale);
      CHECK(scale == doctest::Approx(scale_).epsilon(1e-13).scale(0.0));
      CHECK(H_x_ == H_x_.transpose());  // to the last bit
      const Vector psi = direction(1.0), phi = direction(1.0), p = direction(1.0);
      const auto form = [&](double t, double s) -> Matrix {
        Vector gradient(n_), H_tau(n_);
        Matrix H_x(n_, n_);
        network_.derivatives(x_ + t * p, tau_ + s, work_, gradient, H_x, H_tau);
        return Matrix::Constant(1, 1, psi.dot(H_x * phi));
      };
      Vector by_x(n_);
      double by_tau = 0.0;
      network_.hessian_form_gradient(x_, tau_, psi, phi, by_x, by_tau);
      const double size = H_x_.norm() * psi.norm() * phi.norm();
      const auto along_x = [&](double t) { return form(t, 0.0); };
      const auto along_tau = [&](double s) { return form(0.0, s); };
      CHECK(std::abs(sixth_order_difference(along_x, kStep)(0, 0) - by_x.dot(p)) <=
            kAgreement * size);
      CHECK(std::abs(sixth_order_difference(along_tau, kStep)(0, 0) - by_tau) <= kAgreement * size);
    }
  }

  /// A move whose relative_displacement() from x is `size`.
  Vector direction(double size) {
    Vector p(n_);
    for (double& entry : p) entry = random_.normal();
    return p * (size / network_.relative_displacement(x_, p, work_));
  }

  /// Evaluates H and its derivatives at (x, tau).
  void linearise() {
    H_.resize(n_);
    H_tau_.resize(n_);
    if constexpr (DenseNetwork<Network>) {
      H_x_.resize(n_, n_);
      network_.derivatives(x_, tau_, work_, H_, H_x_, H_tau_);
    }
    scale_ = network_.gradient(x_, tau_, work_, H_);
    if constexpr (MatrixFreeNetwork<Network>) network_.parameter_derivative(work_, H_tau_);
  }

  Vector hessian_times(const Vector& p) {
    if constexpr (DenseNetwork<Network>) return H_x_ * p;
    Vector image(n_);
    if constexpr (MatrixFreeNetwork<Network>) {
      linearise();
      network_.hessian_product(work_, p, image);
    }
    return image;
  }

  /// d/dt of H at (x + t p, tau + t by_tau).
  Vector gradient_difference(const Vector& p, double by_tau) {
    const auto gradient = [&](double t) -> Matrix {
      Vector H(n_);
      network_.gradient(x_ + t * p, tau_ + t * by_tau, work_, H);
      return H;
    };
    return sixth_order_difference(gradient, kStep);
  }

  static double error(const Vector& value, const Vector& truth, double least) {
    return (value - truth).norm() / std::max(truth.norm(), least);
  }

  const Network& network_;
  typename Network::Workspace work_;
  Index n_;
  Vector x_;
  double tau_;
  Random random_;
  Vector H_, H_tau_;
  Matrix H_x_;
  double scale_ = 0.0;
};

}  // namespace tautrack::support
