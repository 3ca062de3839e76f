#include "machine.hpp"

#include <algorithm>

#ifdef TAUTRACK_PEERS_OPENBLAS
#include <cblas.h>
#endif

namespace tautrack::peers {

namespace {

#ifdef TAUTRACK_PEERS_OPENBLAS

constexpr bool kHasOpenBlas = true;

void blas_symmetric_product(const Matrix& X, Matrix& gram) {
  const auto L = static_cast<blasint>(X.rows());
  const auto s = static_cast<blasint>(X.cols());
  cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, s, L, 1.0, X.data(), L, 0.0, gram.data(), s);
}

void blas_product(const Matrix& X, Index begin, Index rows, const Vector& w, Vector& u) {
  cblas_dgemv(CblasColMajor, CblasNoTrans, static_cast<blasint>(rows),
              static_cast<blasint>(X.cols()), 1.0, X.data() + begin, static_cast<blasint>(X.rows()),
              w.data(), 1, 0.0, u.data() + begin, 1);
}

#else

constexpr bool kHasOpenBlas = false;

void blas_symmetric_product(const Matrix&, Matrix&) {}
void blas_product(const Matrix&, Index, Index, const Vector&, Vector&) {}

#endif

}  // namespace

bool has_openblas() { return kHasOpenBlas; }

std::string openblas_processor() {
#ifdef TAUTRACK_PEERS_OPENBLAS
  return openblas_get_corename();
#else
  return {};
#endif
}

void use_one_thread() {
#ifdef TAUTRACK_PEERS_OPENBLAS
  openblas_set_num_threads(1);
#endif
}

void symmetric_product(Library library, const Matrix& X, Matrix& gram) {
  if (library == Library::openblas) return blas_symmetric_product(X, gram);
  gram.setZero();
  gram.selfadjointView<Eigen::Lower>().rankUpdate(X.transpose());
}

void pass(Library library, Index rows, const Matrix& X, const Vector& w, Vector& u) {
  for (Index begin = 0; begin < X.rows(); begin += rows) {
    const Index count = std::min(rows, X.rows() - begin);
    if (library == Library::openblas)
      blas_product(X, begin, count, w, u);
    else
      u.segment(begin, count).noalias() = X.middleRows(begin, count) * w;
  }
}

}  // namespace tautrack::peers
