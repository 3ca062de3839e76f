#pragma once

#include <Eigen/Core>

/// The loops of Eigen's products of matrices and vectors of double: compiled in decompositions.cpp and
/// declared here, so that no other file compiles them again. Each of them takes a compiler as long as a
/// small file. Without this header everything is as right, and takes longer to compile. The names are
/// those of Eigen 3.4; other versions go without.
#if EIGEN_WORLD_VERSION == 3 && EIGEN_MAJOR_VERSION == 4
#define TAUTRACK_EIGEN_KERNELS(TEMPLATE)                                                         \
  namespace Eigen::internal {                                                                    \
  TEMPLATE struct gebp_kernel<double, double, Index, blas_data_mapper<double, Index, ColMajor>,  \
                              gebp_traits<double, double>::mr, gebp_traits<double, double>::nr>; \
  TEMPLATE struct gemm_pack_lhs<double, Index, const_blas_data_mapper<double, Index, ColMajor>,  \
                                gebp_traits<double, double>::mr,                                 \
                                gebp_traits<double, double>::LhsProgress,                        \
                                gebp_traits<double, double>::LhsPacket4Packing, ColMajor>;       \
  TEMPLATE struct gemm_pack_lhs<double, Index, const_blas_data_mapper<double, Index, RowMajor>,  \
                                gebp_traits<double, double>::mr,                                 \
                                gebp_traits<double, double>::LhsProgress,                        \
                                gebp_traits<double, double>::LhsPacket4Packing, RowMajor>;       \
  TEMPLATE struct gemm_pack_rhs<double, Index, const_blas_data_mapper<double, Index, ColMajor>,  \
                                gebp_traits<double, double>::nr, ColMajor>;                      \
  TEMPLATE struct gemm_pack_rhs<double, Index, const_blas_data_mapper<double, Index, RowMajor>,  \
                                gebp_traits<double, double>::nr, RowMajor>;                      \
  TEMPLATE struct general_matrix_vector_product<                                                 \
      Index, double, const_blas_data_mapper<double, Index, ColMajor>, ColMajor, false, double,   \
      const_blas_data_mapper<double, Index, RowMajor>, false, 0>;                                \
  TEMPLATE struct general_matrix_vector_product<                                                 \
      Index, double, const_blas_data_mapper<double, Index, RowMajor>, RowMajor, false, double,   \
      const_blas_data_mapper<double, Index, ColMajor>, false, 0>;                                \
  }
TAUTRACK_EIGEN_KERNELS(extern template)
#else
#define TAUTRACK_EIGEN_KERNELS(TEMPLATE)
#endif
