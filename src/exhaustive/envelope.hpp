#pragma once

#include <optional>

#include "exhaustive/energy_term.hpp"

namespace tautrack::exhaustive {

/// The largest convex function that is not above phi on an interval, rounded: a line from the low end to where it
/// touches phi, phi, and a line to the high end; or one line. Beyond the interval it goes on with the slopes at its
/// ends.
class Envelope {
 public:
  Envelope() = default;
  Envelope(const EnergyTerm& term, double low, double high);

  [[nodiscard]] EnergyTerm::At at(const EnergyTerm& term, double x) const;

 private:
  /// f(x) = value + slope (x - place) for x < left, and for x > right.
  struct Line {
    double place = 0.0, value = 0.0, slope = 0.0;
  };
  /// False: it is a line.
  bool be_curve(const EnergyTerm& term, double low, double high);
  void be_line(const EnergyTerm& term, double low, double high);

  double left_ = 0.0, right_ = 0.0;  ///< Between them phi; left > right: one line.
  Line low_, high_;
};

}  // namespace tautrack::exhaustive
