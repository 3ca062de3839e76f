#pragma once

#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/inference/fit_statistics.hpp"

#include "inference/limit_values.hpp"
#include "inference/seen_values.hpp"

namespace tautrack::inference {

/// All curves of one weight w beside a known part o of the node inputs, u = x w + o, with at least one fitted plateau: two
/// or three numbers, of which the plateaus are linear. With the best plateaus the energy is a function of w alone, which is
/// looked at from end to end; what it comes to at the ends is a linear problem, too.
class OneWeight {
 public:
  /// @param model Of one column, with a free end. Keeps what it needs of it, and a reference to `stop`.
  OneWeight(const SigmoidModel& model, double threshold, const StopCondition& stop);

  /// Those of w -> +-infinity and of the straight line. What has no infimum there counts, too.
  [[nodiscard]] std::vector<LimitValues> limits(ParameterKind kind) const;

  /// What was not looked at, in words; empty: nothing. Else no end is known to be one.
  [[nodiscard]] const std::string& missed() const { return missed_; }

  /// The curves below the threshold, and as far from the best ones as it allows, with the smallest and the largest value.
  /// `slope` is the weight.
  [[nodiscard]] const SeenRange& seen(ParameterKind kind) const;

  /// The lowest of the curves that were looked at, with a plateau at this value.
  [[nodiscard]] SeenCurve lowest_curve(ParameterKind kind, double value) const;

 private:
  /// Outputs base + height part, of height >= 0: counted from the low plateau, or from the high one, where parts are
  /// negative.
  struct Shares {
    Vector part;  ///< L, in [0, 1] or [-1, 0]
    bool from_high = false;
  };
  struct Best {
    double base = 0.0, height = 0.0, energy = 0.0;
    double of_base = 0.0, of_other = 0.0;  ///< Curvature of the energy by a plateau; 0: known.
    double height_per_base = 0.0, base_per_other = 0.0;  ///< What moves with it.
    bool is_curve = false;                               ///< There is one, of positive height.
  };

  void set_grid();
  void look();
  [[nodiscard]] Shares shares_at(double w) const;
  [[nodiscard]] static double part_of(double done, double left, bool from_high) {
    return from_high ? -left : done;
  }
  [[nodiscard]] Best best_of(const Shares& shares, const OutputRange& range) const;
  [[nodiscard]] static Range plateaus_of(const Shares& shares, const Best& best);
  [[nodiscard]] double energy_of_constant(double value) const;

  void add(double energy, const std::string& words, const ProfilePiece& weight,
           const ProfilePiece& low, const ProfilePiece& high);
  void add_line();
  /// From zero on, as far as curves are nearly straight and below the threshold: nobody can follow them there.
  [[nodiscard]] double nearly_straight(double side) const;
  void add_end(double side);
  void add_two_sided_end(double side);

  Vector x_, o_, y_, omega_;
  double total_ = 0.0, mean_ = 0.0;
  Activation activation_;
  OutputRange range_;
  double threshold_;
  const StopCondition& stop_;
  std::vector<double> grid_;
  SeenRange weight_, low_, high_;
  std::vector<LimitValues> of_weight_, of_low_, of_high_;
  std::string missed_;
};

}  // namespace tautrack::inference
