#pragma once

#include "tautrack/network/activation.hpp"

#include "kernels/kernels.hpp"
#include "proof/shape.hpp"

namespace tautrack {

/// How sigma approaches the ends of its range.
enum class Tails {
  exponential,  ///< exp(-k |u|)
  gaussian,     ///< exp(-k u^2)
  algebraic     ///< 1 / |u|
};

/// What is known of an activation beside its values. To add one: a line in Activation, one in the table of
/// activation.cpp, and a case where formulas differ by shape: evaluate(), inverse_sigmoid(), slope_ratios(),
/// largest_ratio_beyond() and largest_bend() for points, proof/sigmoid.* for enclosures,
/// kernels/series.hpp and SparsePerceptron::append_series() for Taylor series.
struct Traits {
  proof::Sigmoid form;      ///< What it is made of.
  kernels::Sigmoid kernel;  ///< What the kernels call it.
  Tails tails;
  double
      saturated_input;    ///< |u| at which sigma' is about 1e-280, or sigma within 1e-9 of its end.
  double last_input;      ///< |u| beyond which the tails are pure to rounding.
  double bend_peak;       ///< u > 0 at which |sigma''| is largest.
  double largest_moment;  ///< max u sigma'(u)
};
[[nodiscard]] const Traits& traits(Activation activation) noexcept;

/// sigma''/sigma' and sigma'''/sigma' at one u, also where sigma' underflows.
struct SlopeRatios {
  double second, third;
};
/// @param s evaluate(activation, u)
[[nodiscard]] SlopeRatios slope_ratios(Activation activation, double u, const ActivationValues& s);

/// sup |sigma''| / sigma' over |u| >= a; infinity for erf.
[[nodiscard]] double largest_ratio_beyond(Activation activation, double a);

}  // namespace tautrack
