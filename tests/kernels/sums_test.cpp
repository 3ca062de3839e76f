#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/panels.hpp"

namespace sums_test {

using tautrack::Index;
using tautrack::Matrix;
using tautrack::Vector;
using tautrack::test::for_each_instruction_set;
using tautrack::test::random_matrix;

namespace kernels = tautrack::kernels;

TEST_CASE("sums of a few arrays agree with those entry by entry") {
  for_each_instruction_set([](const kernels::Kernels& kernel) {
    CAPTURE(std::string(kernel.name));
    for (const Index size : {16, 32, 48, 80, 512}) {
      for (const int count : {0, 1, 2, 7, 40}) {
        const Matrix first = random_matrix(size, count, 1), second = random_matrix(size, count, 2);
        const Vector factor = random_matrix(count, 1, 3);
        std::vector<kernels::Numbers> memory;
        std::vector<kernels::Term> terms;
        const auto aligned = [&memory, size](const Matrix& of, Index j) {
          memory.push_back(kernels::numbers(size));
          Vector::Map(memory.back().get(), size) = of.col(j);
          return memory.back().get();
        };
        for (int j = 0; j < count; ++j)
          terms.push_back({aligned(first, j), aligned(second, j), factor(j)});
        const kernels::Numbers out = kernels::numbers(size);
        const Eigen::Map<const Vector> sum(out.get(), size);
        const Matrix products = first.cwiseProduct(second);
        kernel.sum_products(terms.data(), count, size, out.get());
        CHECK((sum - products * factor).norm() <= 1e-13 * (1.0 + products.norm()));
        kernel.sum_multiples(terms.data(), count, size, out.get());
        CHECK((sum - first * factor).norm() <= 1e-13 * (1.0 + first.norm()));
        const double inner = kernel.inner_product(terms.data(), count, size);
        CHECK(std::abs(inner - (products * factor).sum()) <= 1e-12 * (1.0 + products.norm()));
      }
    }
  });
}

}  // namespace sums_test
