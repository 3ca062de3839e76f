#include "core/quantiles.hpp"

#include <boost/math/distributions/fisher_f.hpp>

namespace tautrack {

double fisher_f_quantile(double n, double m, double p) {
  return boost::math::quantile(boost::math::fisher_f_distribution<double>(n, m), p);
}

}  // namespace tautrack
