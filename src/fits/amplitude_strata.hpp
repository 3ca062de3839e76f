#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/data/output_range.hpp"
#include "tautrack/network/activation.hpp"
#include "tautrack/network/perceptron.hpp"

#include "amplitude/descents.hpp"
#include "amplitude/exponentials.hpp"
#include "amplitude/model.hpp"
#include "core/numbers.hpp"
#include "fits/amplitude_limits.hpp"
#include "infinity/arrangement.hpp"
#include "infinity/criterion.hpp"
#include "infinity/patterns.hpp"
#include "network/traits.hpp"

namespace tautrack::fits {

/// Looks for the limits of one amplitude model: see limits_of_amplitude(). Steps, and what they are worth, are in
/// amplitude_limits.cpp; limits at which a plateau or both move away, or meet, in departing_plateaus.cpp.
class AmplitudeStrata {
 public:
  AmplitudeStrata(const Problem& problem, Activation activation, const OutputRange& range,
                  double lowest, unsigned long seed, const StopCondition& stop);
  AmplitudeLimits run(const std::vector<amplitude::Descent>& ran_off);

 private:
  using Cone = infinity::Cone;
  using Face = infinity::Face;
  using Patterns = infinity::Patterns;
  using Verdict = infinity::Verdict;

  /// Strata are enumerated up to this rank of X, and at most so many.
  static constexpr Index kMostRank = 3;
  static constexpr long kMostStrata = 200000;
  /// Starts of descents for the free patterns of a stratum and for exponentials on a face.
  static constexpr int kFreeStarts = 40;
  /// Sums of residuals below this times what they are summed from are rounding.
  static constexpr double kRoundedSum = 16.0 * kEpsilon;
  /// Sums of tails, or of what bends a line, that cancel to this part are zero.
  static constexpr double kCancelledTails = 1e-9;
  /// The constant is in the column space of X when this is left of it, at most.
  static constexpr double kIsConstant = 1e-10;
  static constexpr const char* kEnumerated = "enumeration of strata";
  static constexpr const char* kFollows = "every plateau follows its one group of patterns";
  static constexpr const char* kTie =
      "data tie: what the energy does nearby is not decided at first order";

  /// One side of a stratum.
  struct Plateau {
    double weight = 0.0, mean = 0.0;
  };

  /// Fitted plateaus of a stratum and its free patterns.
  struct StratumFit {
    Range plateaus{0.0, 0.0};
    Vector v;  ///< n, coordinates that give the free patterns their node inputs; 0 without any.
  };

  /// What a stratum's tails do, with the signs of the pulls that rounding leaves open set one way.
  struct Variant {
    Vector excess;            ///< Of all groups.
    std::vector<bool> inert;  ///< Groups that count nothing.
  };

  static PerceptronOptions options_of(Activation activation);
  /// The problem with targets that no network minds: only its rows are asked for.
  static Problem centred(const Problem& problem, Activation activation);
  /// Whether what is left of a sigmoid when a plateau moves away is an exponential. Beside a known part of the node inputs
  /// that of erf, in the exponent, would grow without bound.
  [[nodiscard]] bool has_exponentials() const;
  [[nodiscard]] bool is_algebraic() const { return traits(activation_).tails == Tails::algebraic; }
  [[nodiscard]] double omega(Index i) const { return model_.omega(i); }
  [[nodiscard]] double target(Index i) const { return problem_.y(i); }

  // --- Steps ---------------------------------------------------------------------------------------------
  [[nodiscard]] static std::vector<int> signs_of(const infinity::Arrangement& arrangement,
                                                 const Face& face);
  void enumerate();
  void look_where_descents_went(const std::vector<amplitude::Descent>& ran_off);
  /// @param inside A direction (n) in the stratum's cone, or null: one is looked for.
  void look_at(const std::vector<int>& signs, const Matrix& kernel, const Vector* inside,
               const char* found_by);
  /// Values of the plateaus, where both are known or have patterns; nothing unless low < high.
  [[nodiscard]] std::optional<Range> plateaus_of(const Plateau& low, const Plateau& high) const;
  /// The part of the way from the low plateau to the high one at this node input.
  [[nodiscard]] double share_at(double u) const;
  /// The same where some patterns have outputs that no weight moves, between the plateaus: least squares.
  [[nodiscard]] std::optional<Range> plateaus_beside_still_rows(const Plateau& low,
                                                                const Plateau& high) const;
  [[nodiscard]] std::optional<StratumFit> step_of(const Plateau& low, const Plateau& high) const;
  /// Minima of the problem in which some patterns are free and the others tell the plateaus.
  std::vector<StratumFit> fits_with_free(const std::vector<int>& signs, const Matrix& kernel,
                                         const Plateau& low, const Plateau& high);
  [[nodiscard]] double offset_of_group(Index g) const;
  [[nodiscard]] std::vector<Index> free_groups(const std::vector<int>& signs) const;
  /// Of the outputs that its members want, as the group is turned.
  [[nodiscard]] double mean_of(Index g, const Range& plateaus) const;
  [[nodiscard]] amplitude::Model free_model(const std::vector<Index>& free, const Matrix& basis,
                                            const Plateau& low, const Plateau& high) const;
  /// Energy of all patterns at the limit.
  [[nodiscard]] double energy_at(const std::vector<int>& of_pattern, const StratumFit& fit) const;

  // --- What a step is worth ------------------------------------------------------------------------------
  /// What each group wants: positive, an output beyond its plateau. The plateaus are fitted, so that a sum which may
  /// be zero is: a plateau of which all groups have none follows them.
  [[nodiscard]] std::vector<Variant> variants(const std::vector<int>& signs,
                                              const std::vector<int>& of_pattern,
                                              const Range& plateaus) const;
  [[nodiscard]] Verdict judge_variant(const std::vector<int>& signs, const Matrix& kernel,
                                      const Vector* inside, const Variant& variant, const Vector& v,
                                      Vector& direction) const;
  /// Groups of one row and different offsets o go to their plateaus together, and are put together in the one that does so
  /// last. Their tails are multiples of each other, by exp(-k |o|) with the sign of the side for tanh and logistic, and
  /// equal for arctan; for erf the last one that wants anything decides. @param excess Of all groups.
  /// @return false where the sum is zero to rounding and its terms are not.
  bool join_equal_rows(const std::vector<int>& signs, Vector& excess,
                       std::vector<Index>& saturated) const;
  /// Along a ray the node inputs are known up to a common multiple, and equal rates are weighed against each
  /// other, the slowest first.
  void settle_on_ray(const std::vector<int>& signs, const std::vector<Index>& saturated,
                     const Cone& cone, const Vector& v, Verdict& verdict) const;
  /// What all of them say, or that they differ.
  [[nodiscard]] static Verdict verdict_of_variants(
      const std::vector<Variant>& variants, const std::function<Verdict(const Variant&)>& judge);
  void judge_step(const std::vector<int>& signs, const std::vector<int>& of_pattern,
                  const Matrix& kernel, const Vector* inside, const StratumFit& fit,
                  const char* found_by);
  [[nodiscard]] static std::string step_words(const std::vector<int>& of_pattern,
                                              const Range& plateaus);

  // --- Exponentials --------------------------------------------------------------------------------------
  void add_exponentials_on_all();
  /// Exponentials on the free patterns, all others at the plateau that stays.
  void add_exponentials_on_face(const std::vector<int>& signs, const std::vector<int>& of_pattern,
                                const Matrix& kernel, const Vector* inside, const Plateau& low,
                                const Plateau& high, const char* found_by);
  /// @param w s, exponents X w, the bias included.
  void add_exponential(const amplitude::ExponentialFit& fit, const Vector& w, const Vector& away,
                       std::vector<int> of_pattern, double energy, std::optional<bool> is_infimum,
                       const std::string& where, const char* found_by);
  [[nodiscard]] Index bias_column() const;
  /// What closes the exponent; " + 2 o)" for tanh.
  [[nodiscard]] std::string known_exponent_words(double height) const;
  [[nodiscard]] std::string exponent_words(const Vector& w, Index bias) const;

  // --- Without a bias ------------------------------------------------------------------------------------
  /// What networks tend to without a constant in the column space of X, as where the bias is held.
  void add_limits_without_bias();
  /// Weights delta beta / sigma01'(c) and a height 1/delta give
  ///
  ///     A + x.beta + delta sigma01''(c) / (2 sigma01'(c)^2) (x.beta)^2 + ...,
  ///
  /// c the known part of all node inputs: the first term that does not vanish decides, because the residual is orthogonal
  /// to the line's own parameters.
  void add_line();
  /// One weight, and node inputs that all grow with it to one side: the height grows, too, so that the group that saturates
  /// last keeps an output, its mean, while all others come to the plateau that stays. What they are away from it decays
  /// like exp(-k (|x| - |x_last|)), for erf with squares of the inputs.
  void add_last_group();
  /// @param signs Of the groups, 0 of the last one.
  void add_limit_of_last_group(Index last, const std::vector<int>& signs, bool from_low);
  /// What the groups do that saturate faster than the last one.
  [[nodiscard]] Verdict judge_beyond(Index last, const std::vector<int>& signs,
                                     const Variant& variant) const;

  // --- A height that vanishes ----------------------------------------------------------------------------
  /// Whether the sides of all thresholds of node inputs are those of the strata: with a constant, and nothing known of the
  /// node inputs.
  [[nodiscard]] bool steps_are_all_thresholds() const;
  /// Where the outputs of all patterns are when the height is zero; nothing where that is no limit, because heights of
  /// both signs are allowed.
  [[nodiscard]] std::optional<double> value_without_height() const;
  /// Every sigmoid is a mean of steps, so that none is better than a height of zero when no step is.
  void note_gain(const std::vector<int>& of_pattern);
  /// The greatest gain of any step over a threshold of node inputs X w + o. Nothing where these are not enumerated.
  std::optional<double> greatest_gain_of_thresholds();
  void add_vanishing();
  void say();
  const Problem& problem_;
  Activation activation_;
  OutputRange range_;
  unsigned long seed_;
  const StopCondition& stop_;
  Perceptron network_;  ///< For its coordinates.
  Patterns patterns_;
  amplitude::Model model_;
  std::vector<std::vector<Index>> members_;  ///< Of each group.
  std::vector<Index> still_;                 ///< Rows of zeros: no weight moves their node inputs.
  std::vector<Index>
      same_row_;  ///< Of each group, the first one with its row, or the opposite of that.
  bool has_opposites_ = false;
  bool has_constant_ = false, enumerated_ = false;
  Vector constant_;  ///< s, X constant = 1 nearly.
  double lowest_;    ///< The lowest energy of any curve that is known.
  double greatest_gain_ = 0.0;
  std::optional<double> greatest_gain_of_steps_;  ///< Where all steps were looked at.
  std::string interrupted_, missed_line_, missed_without_bias_;
  AmplitudeLimits result_;
};

}  // namespace tautrack::fits
