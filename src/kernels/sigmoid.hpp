#pragma once

#include "kernels/simd.hpp"

/// Sigmoids of a vector of node inputs.
namespace tautrack::kernels::TAUTRACK_ISA {

struct Sigma {
  Real value;
  Real slope;
  Real bend;  ///< sigma''/sigma'
  Real tail;
};

/// exp(x) and expm1(x) for x <= 0, to one or two units in the last place of each. x below -800 is
/// taken for -800, where both have reached their limits; a NaN stays one.
TAUTRACK_INLINE void exponential(Real x, Real& e, Real& m) {
  constexpr double log2_e = 1.4426950408889634;
  constexpr double ln2_high = 0.6931467056274414;  // the last 32 bits are zero
  constexpr double ln2_low = 4.7493250390316726e-07;
  constexpr double shifter = 0x1.8p52;  // x + shifter - shifter rounds to an integer
  x = x < -800.0 ? fill(-800.0) : x;
  const Real shifted = x * log2_e + shifter;
  const Real k = shifted - shifter;
  const Real r = (x - k * ln2_high) - k * ln2_low;
  // expm1(r) = r + r^2 P(r), |r| <= ln(2)/2: Chebyshev's P of degree 10, relative error 8e-19.
  const Real r2 = r * r;
  const Real r4 = r2 * r2;
  const Real low =
      (0.5 + 0.1666666666666667 * r) + r2 * (0.04166666666666667 + 0.008333333333326084 * r);
  const Real middle = (0.0013888888888883711 + 0.0001984126987500228 * r) +
                      r2 * (2.480158732567746e-05 + 2.755725517000089e-06 * r);
  const Real high =
      (2.755727347871858e-07 + 2.5105312729622103e-08 * r) + r2 * 2.09147553258932e-09;
  const Real p = r + r2 * (low + r4 * (middle + r4 * high));
  // 2^k in two factors, because it may be below the smallest normal number.
  const Bits exponent = bits(shifted) - bits(fill(shifter));
  const Bits half = exponent >> 1;
  const Real first = real((half + 1023) << 52);
  const Real second = real((exponent - half + 1023) << 52);
  const Real power = first * second;
  e = (first + first * p) * second;
  m = power * p + (power - 1.0);
}

/// tanh and the logistic function share everything: with a = |u| (2 |u| for tanh), e = exp(-a) and
/// t = (1 - e) / (1 + e),
///
///     tanh      t,                4 e / (1 + e)^2,  -2 t,  2 e / (1 + e)
///     logistic  (1 or e)/(1 + e),   e / (1 + e)^2,   - t,    e / (1 + e)
TAUTRACK_INLINE Sigma exponential_sigmoid(bool is_tanh, Real u) {
  const double twice = is_tanh ? 2.0 : 1.0;
  Real e, m;
  exponential(absolute(u) * -twice, e, m);
  // 1 / (1 + e), with one step of Newton's method for the rounding of the sum and of the quotient.
  const Real c = 1.0 + e;
  const Real rest = e - (c - 1.0);
  Real q = 1.0 / c;
  q += q * ((1.0 - c * q) - rest * q);
  const Real eq = e * q;
  const Real t = real(bits(-m * q) | (bits(u) & sign_bit));
  Sigma sigma;
  sigma.tail = twice * eq;
  sigma.slope = (twice * twice) * (eq * q);
  sigma.bend = -twice * t;
  sigma.value = is_tanh ? t : (u < 0.0 ? eq : q);
  return sigma;
}

TAUTRACK_INLINE Sigma sigmoid_by_lanes(const Network& network, Real u) {
  alignas(64) double in[lanes];
  alignas(64) double out[sigmoid_arrays * lanes];
  store(in, u);
  network.lanes(network.sigmoid, in, lanes, out);
  return {load(out + sigmoid_value * lanes), load(out + sigmoid_slope * lanes),
          load(out + sigmoid_bend * lanes), load(out + sigmoid_tail * lanes)};
}

TAUTRACK_INLINE Sigma evaluate(const Network& network, Real u) {
  if (network.sigmoid == Sigmoid::tanh) return exponential_sigmoid(true, u);
  if (network.sigmoid == Sigmoid::logistic) return exponential_sigmoid(false, u);
  return sigmoid_by_lanes(network, u);
}

/// r = f(u, tau) - y and the size of what it is summed from: network/residual.hpp says how and why.
struct Residual {
  Real value;
  Real size;
};

/// @tparam At Point, or the like with one tau for each lane.
template <class At>
TAUTRACK_INLINE Residual residual(const Network& network, const Sigma& sigma, Real u,
                                  const At& point, Real y) {
  const Real sign = real((bits(u) & sign_bit) | bits(fill(1.0)));
  const Bits near = sigma.tail < near_end * (network.high - network.low);
  const Real end = near ? (u < 0.0 ? fill(network.low) : fill(network.high)) : Real{};
  const Real target = end - y;
  const Real sigmoid = point.tau * (near ? -sign * sigma.tail : sigma.value);
  const Real linear = point.rest * (u - end);
  return {target + sigmoid + linear, absolute(target) + absolute(sigmoid) + absolute(linear)};
}

}  // namespace tautrack::kernels::TAUTRACK_ISA
