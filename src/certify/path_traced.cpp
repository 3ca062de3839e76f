#include "certify/path_traced.hpp"

#include <cmath>

#include "certify/path_tube.hpp"

namespace tautrack {

#ifdef TAUTRACK_WITH_FLINT

TracedTube trace_tube(const Perceptron& network, const Vector& weights, double tau, int precision) {
  TracedTube traced;
  const tube::ExactProblem exact(network);
  const Index n = exact.unknowns();
  Vector x(n + 1);
  x << exact.coordinates(weights), 1.0 - tau;
  Vector scale = Vector::Ones(n + 1);
  scale(n) = std::exp2(std::round(std::log2(x(n))));
  Vector forward = Vector::Zero(n + 1);
  forward(n) = -1.0;
  tube::Tube tube(exact);
  if (!tube.place(x, scale, forward, tau == 0.0, 0.1)) return traced;
  tube.enclose(precision);
  constexpr double shortest = 1e-9;
  double length = 1.0;
  while (length > shortest && tube.prove(length, Vector::Zero(n)) != tube::Failure::none)
    length *= 0.5;
  if (!(length > shortest)) return traced;
  traced.proven = true;
  traced.length = length;
  traced.F = tube.frame().F.leftCols(n);
  traced.normal = tube.frame().Q.col(n).cwiseQuotient(scale);
  const proof::Interval rate = tube.delta_rate(-length, length);
  traced.rate_low = rate.lower();
  traced.rate_high = rate.upper();
  traced.curvature_sign = tube.delta_curvature_sign();
  for (const double part : {-1.0, -0.7, -0.2, 0.0, 0.4, 0.8, 1.0}) {
    const double a = part * length;
    const proof::Interval delta = tube.delta(a, a);
    traced.samples.push_back(
        {a, centre(tube.frame(), a), tube.spread(std::abs(a)), delta.lower(), delta.upper()});
  }
  return traced;
}

#else

TracedTube trace_tube(const Perceptron&, const Vector&, double, int) { return {}; }

#endif

}  // namespace tautrack
