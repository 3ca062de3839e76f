#include <cmath>
#include <limits>

#include <Eigen/Cholesky>
#include <doctest/doctest.h>

#include "kernels/panels.hpp"

namespace product_test {

namespace {

using tautrack::Index;
using tautrack::Matrix;
using tautrack::Vector;
using tautrack::test::for_each_instruction_set;
using tautrack::test::from_panels;
using tautrack::test::in_panels;
using tautrack::test::random_matrix;
using tautrack::test::RandomNetwork;

namespace kernels = tautrack::kernels;

using LongMatrix = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr Index all_rows[] = {1, 7, 8, 9, 15, 16, 17, 33, 250, 1000};
constexpr Index all_columns[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 20, 23, 100};

/// Largest difference in units of epsilon times `size`, entry by entry.
double error(const Matrix& value, const LongMatrix& expected, const LongMatrix& size) {
  const Matrix difference = (value.cast<long double>() - expected).cast<double>();
  return (difference.array().abs() /
          (size.cast<double>().array() + std::numeric_limits<double>::min()))
             .maxCoeff() /
         epsilon;
}

/// The lower triangle alone.
Matrix lower(const Matrix& G) { return G.triangularView<Eigen::Lower>(); }
LongMatrix lower(const LongMatrix& G) { return G.triangularView<Eigen::Lower>(); }

}  // namespace

TEST_CASE("the portable loops are always there, and the best ones are the last of the list") {
  REQUIRE(kernels::available()[0] == kernels::baseline_kernels());
  int count = 0;
  while (kernels::available()[count] != nullptr) ++count;
  CHECK(&kernels::active() == kernels::available()[count - 1]);
  kernels::force(kernels::baseline_kernels());
  CHECK(&kernels::active() == kernels::baseline_kernels());
  kernels::force(nullptr);
  CHECK(&kernels::active() == kernels::available()[count - 1]);
}

TEST_CASE("A'diag(c)A, A v, A'g and the packing agree with long double products") {
  for (const Index L : all_rows) {
    for (const Index n : all_columns) {
      const Matrix A = random_matrix(L, n, static_cast<std::uint64_t>(L + n));
      const Vector c = random_matrix(L, 1, 1), v = random_matrix(n, 1, 2);
      const LongMatrix A_long = A.cast<long double>(), size = A_long.cwiseAbs();
      const LongMatrix c_long = c.cast<long double>();
      const LongMatrix scaled = c_long.col(0).asDiagonal() * A_long;
      const LongMatrix product = A_long.transpose() * scaled;
      const LongMatrix product_size = size.transpose() * scaled.cwiseAbs();
      const kernels::Numbers panels = in_panels(A), factors = in_panels(c);
      const kernels::PanelRange all{0, kernels::panels_of(L)};
      const Index padded = all.last * kernels::panel_rows;
      for_each_instruction_set([&](const kernels::Kernels& loops) {
        CAPTURE(loops.name);
        CAPTURE(L);
        CAPTURE(n);
        const kernels::Numbers scratch =
            kernels::numbers(loops.scratch_size(n) + loops.packing_size(n));
        Matrix G(n, n);
        G.setConstant(7.0);  // must be overwritten
        loops.symmetric_product(panels.get(), all, n, factors.get(), scratch.get(), G.data());
        CHECK(error(lower(G), lower(product), product_size) <= 50.0);

        // Without factors, and from X with rows scaled while they are packed.
        const kernels::Numbers packed = kernels::numbers(padded * n);
        loops.pack_and_multiply(A.data(), L, n, nullptr, packed.get(), scratch.get(), G.data());
        const LongMatrix gram = A_long.transpose() * A_long;
        CHECK(error(lower(G), lower(gram), size.transpose() * size) <= 50.0);
        CHECK(from_panels(packed.get(), padded, n) == from_panels(panels.get(), padded, n));
        Matrix again(n, n);
        loops.symmetric_product(packed.get(), all, n, nullptr, scratch.get(), again.data());
        CHECK(lower(again) == lower(G));
        loops.pack_and_multiply(A.data(), L, n, c.data(), packed.get(), scratch.get(), G.data());
        CHECK(from_panels(packed.get(), L, n) == Matrix(c.asDiagonal() * A));
        // The same products without keeping the panels, and the panels without products.
        Matrix unkept(n, n);
        loops.pack_and_multiply(A.data(), L, n, c.data(), nullptr, scratch.get(), unkept.data());
        CHECK(lower(unkept) == lower(G));
        const kernels::Numbers alone = kernels::numbers(padded * n);
        loops.pack(A.data(), L, n, c.data(), alone.get());
        CHECK(from_panels(alone.get(), padded, n) == from_panels(packed.get(), padded, n));

        // By panels, and by columns.
        kernels::Network view =
            tautrack::network_view(tautrack::Activation::tanh, panels.get(), nullptr, L, n);
        for (int form = 0; form < 2; ++form) {
          CAPTURE(form);
          const kernels::Numbers u = kernels::numbers(padded);
          loops.multiply(view, v.data(), scratch.get(), u.get());
          CHECK(error(Vector::Map(u.get(), L), A_long * v.cast<long double>(),
                      size * v.cwiseAbs().cast<long double>()) <= 50.0);
          CHECK(Vector::Map(u.get() + L, padded - L).isZero(0.0));
          Vector by_v(n);
          loops.multiply_transposed(view, factors.get(), scratch.get(), by_v.data());
          CHECK(error(by_v, A_long.transpose() * c_long, size.transpose() * c_long.cwiseAbs()) <=
                50.0);
          view.panels = nullptr;
          view.inputs = A.data();
        }
      });
    }
  }
}

TEST_CASE("A times the inverse of a triangle in place, with its rows scaled and their norms") {
  for (const Index L : {1, 16, 17, 250}) {
    for (const Index n : all_columns) {
      const Matrix X = random_matrix(L, n, 3);
      const Vector factor = random_matrix(L, 1, 4);
      // What is above the diagonal must not matter.
      Matrix T = random_matrix(n, n, 5) / std::sqrt(static_cast<double>(n));
      T.diagonal().array() = 1.0 + T.diagonal().array().abs();
      const LongMatrix T_long = lower(T).cast<long double>();
      const kernels::Numbers factors = in_panels(factor);
      const kernels::PanelRange all{0, kernels::panels_of(L)};
      for_each_instruction_set([&](const kernels::Kernels& loops) {
        CAPTURE(loops.name);
        CAPTURE(L);
        CAPTURE(n);
        const kernels::Numbers panels = in_panels(X);
        const kernels::Numbers scratch = kernels::numbers(loops.scratch_size(n));
        const kernels::Numbers norms = kernels::numbers(all.last * kernels::panel_rows);
        loops.solve_triangular(panels.get(), all, n, T.data(), nullptr, norms.get(), scratch.get());
        const Matrix A = from_panels(panels.get(), L, n);
        const LongMatrix A_long = A.cast<long double>();
        CHECK(error(X, A_long * T_long.transpose(),
                    A_long.cwiseAbs() * T_long.cwiseAbs().transpose()) <= 50.0);
        CHECK(error(Vector::Map(norms.get(), L), A_long.rowwise().norm(),
                    A_long.rowwise().norm()) <= 50.0);
        const kernels::Numbers scaled = in_panels(X);
        loops.solve_triangular(scaled.get(), all, n, T.data(), factors.get(), norms.get(),
                               scratch.get());
        CHECK(from_panels(scaled.get(), L, n) == Matrix(factor.asDiagonal() * A));
        CHECK((Vector::Map(norms.get(), L) - (factor.asDiagonal() * A).rowwise().norm())
                  .cwiseAbs()
                  .maxCoeff() <= 1e-14 * A.norm() * factor.cwiseAbs().maxCoeff());
      });
    }
  }
}

TEST_CASE("Cholesky factor and inverse of a triangle") {
  for (const Index n : all_columns) {
    const Matrix X = random_matrix(2 * n, n, 6);
    const Matrix G = X.transpose() * X;
    const Matrix expected = Eigen::LLT<Matrix>(G).matrixL();
    for_each_instruction_set([&](const kernels::Kernels& loops) {
      CAPTURE(loops.name);
      CAPTURE(n);
      Matrix L = G;
      L.triangularView<Eigen::StrictlyUpper>().setConstant(
          std::numeric_limits<double>::quiet_NaN());
      const double smallest = loops.cholesky(L.data(), n);
      CHECK((lower(L) - expected).norm() <= 1e-12 * expected.norm());
      CHECK(smallest == L.diagonal().minCoeff());
      Matrix inverse(n, n);
      loops.invert_lower(L.data(), n, inverse.data());
      CHECK((lower(inverse) * lower(L) - Matrix::Identity(n, n)).norm() <= 1e-11);
      Matrix indefinite = G;
      indefinite(n - 1, n - 1) = -1.0;
      CHECK(loops.cholesky(indefinite.data(), n) == 0.0);
    });
  }
}

TEST_CASE("the displacement of node inputs is the largest one, relative to one or the input") {
  for (const Index L : all_rows) {
    for (const Index n : {1, 8, 9, 23}) {
      const RandomNetwork network(tautrack::Activation::tanh, L, n);
      const Vector v = random_matrix(n, 1, 7), dv = random_matrix(n, 1, 8);
      const Vector u = network.A * v, du = network.A * dv;
      const double expected = (du.array().abs() / (1.0 + u.array().abs())).maxCoeff();
      for_each_instruction_set([&](const kernels::Kernels& loops) {
        CAPTURE(loops.name);
        const kernels::Numbers scratch = kernels::numbers(loops.scratch_size(n));
        for (const kernels::Network& view : {network.view, network.by_columns()})
          CHECK(loops.displacement(view, v.data(), dv.data(), scratch.get()) ==
                doctest::Approx(expected).epsilon(1e-13).scale(0.0));
      });
    }
  }
}

TEST_CASE("columns in single precision, scaled, with the norms of the rows") {
  for (const Index L : all_rows) {
    for (const Index n : {9, 23}) {
      Matrix X = random_matrix(L, n, 9);
      Vector factor = random_matrix(n, 1, 10).cwiseAbs();
      factor(0) = 1e-30;
      X(L - 1, 0) = 1e-20;  // no float holds the product
      const Matrix scaled = X * factor.asDiagonal();
      const Index padded = kernels::panels_of(L) * kernels::panel_rows;
      for_each_instruction_set([&](const kernels::Kernels& loops) {
        CAPTURE(loops.name);
        const kernels::SingleNumbers panels = kernels::single_numbers(padded * n);
        const kernels::Numbers norms = kernels::numbers(padded);
        loops.narrow_columns(X.data(), L, n, factor.data(), panels.get(), norms.get());
        for (Index i = 0; i < padded; ++i)
          for (Index j = 0; j < n; ++j) {
            const double expected = i < L ? scaled(i, j) : 0.0;
            CHECK(panels[static_cast<std::size_t>((i / 16 * n + j) * 16 + i % 16)] ==
                  (std::abs(expected) < 1e-38 ? 0.0F : static_cast<float>(expected)));
          }
        CHECK((Vector::Map(norms.get(), L) - scaled.rowwise().norm()).cwiseAbs().maxCoeff() <=
              1e-14 * scaled.norm());
        CHECK(Vector::Map(norms.get() + L, padded - L).isZero(0.0));
      });
    }
  }
}

}  // namespace product_test
