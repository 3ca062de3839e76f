#pragma once

namespace tautrack::proof {

/// Odd sigmoids S(x) with range (-1, 1) and S'(0) = 1. S' is even and falls with |x|.
enum class Shape {
  tanh,    ///< tanh(x)
  arctan,  ///< (2/pi) atan(pi x / 2)
  erf      ///< erf(sqrt(pi) x / 2)
};

/// sigma(u) = middle + height S(input u). Input and height are powers of two, so that nothing is lost.
struct Sigmoid {
  Shape shape = Shape::tanh;
  double input = 1.0, height = 1.0, middle = 0.0;

  /// The end of the range on the side of positive or of negative inputs.
  [[nodiscard]] constexpr double end(bool negative) const {
    return negative ? middle - height : middle + height;
  }
};

}  // namespace tautrack::proof
