#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/network/perceptron.hpp"
#include "tautrack/network/stationary_point.hpp"
#include "tautrack/path/natural_path.hpp"

#include "core/digest.hpp"
#include "network/any_network.hpp"

namespace tautrack {

/// What an exploration draws from.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : engine_(seed) {}
  [[nodiscard]] double normal() { return normal_(engine_); }
  [[nodiscard]] double uniform() { return uniform_(engine_); }  ///< In [0, 1).
  /// From low to high, uniform in its logarithm.
  [[nodiscard]] double decades(double low, double high);
  [[nodiscard]] Vector normal(Index size);
  [[nodiscard]] std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
};

/// The node input with this output, where the output is inside the range; else with one close to the
/// end.
[[nodiscard]] double input_for(Activation activation, double output);

/// What an exploration asks of one kind of networks beside what all of them say: where to look for stationary
/// points at tau = 1 that no curve has led to, and what else differs.
class Landscape {
 public:
  Landscape(const Landscape&) = delete;
  Landscape& operator=(const Landscape&) = delete;
  virtual ~Landscape() = default;

  [[nodiscard]] const AnyNetwork& network() const { return network_; }
  /// Numbers in weights().
  [[nodiscard]] virtual Index weights() const = 0;
  /// The digest with all that the energy at tau = 1 depends on.
  [[nodiscard]] virtual Digest digest() const = 0;
  /// Whether points can be proven, and what does so on one thread.
  [[nodiscard]] virtual bool has_proofs() const = 0;
  [[nodiscard]] virtual std::unique_ptr<Certifier> certifier() const = 0;
  [[nodiscard]] virtual NaturalPath natural_path(const TrackOptions& options,
                                                 int threads) const = 0;

  /// Curves are given up where |x| is this many times the size of node inputs at their start: none comes back
  /// from there.
  [[nodiscard]] virtual double far_away() const = 0;
  /// Where the Newton curve grad E = lambda a through x is known to go to infinity as |lambda| falls, without another
  /// stationary point: the direction, n, of length one.
  [[nodiscard]] virtual std::optional<Vector> newton_asymptote(const Vector& x, double lambda,
                                                               const Vector& a) const = 0;
  /// The sum of (-1)^index over all stationary points, where topology forces it and points may lie so far out that
  /// curves from the others do not lead there; else nothing.
  [[nodiscard]] virtual std::optional<int> index_sum() const = 0;
  /// Places like fitting_place() where all of them can be had; 0: there are too many.
  [[nodiscard]] virtual std::uint32_t fitting_places() const = 0;
  /// The one with this number, if there is one. May be called by several threads.
  [[nodiscard]] virtual std::optional<Vector> fitting_place(std::uint32_t number) const = 0;
  /// Lines to infinity on which stationary points may be found one by one; 0: none are known.
  [[nodiscard]] virtual std::uint32_t far_lines() const = 0;
  /// Places next to stationary points on the line with this number below far_lines(). May be called by several threads.
  [[nodiscard]] virtual std::vector<Vector> places_on(std::uint32_t line) const = 0;
  /// Whether `is_it` holds for an image of x under the symmetries of the network and its data, as far as they are known. Only images
  /// that are at `at`, up to roundings, have to be tried.
  [[nodiscard]] virtual bool any_image(const Vector& x, const Vector& at,
                                       const std::function<bool(const Vector&)>& is_it) const;
  /// Counts the copies of a point at x, and puts the one in its place by which all of them are told.
  virtual void choose_copy(StationaryPoint& point, Vector& x) const;
  /// Whether there are such symmetries, so that a curve through a point stands for no more than one of its copies.
  [[nodiscard]] virtual bool has_symmetries() const { return false; }

  /// A place in a random direction: node inputs have the root mean square `size`.
  [[nodiscard]] virtual Vector random_place(Draws& draws, double size) const = 0;
  /// A place that fits the targets, or some of them, as well as can be had without a descent; nothing where the
  /// draw comes to one that was had before.
  [[nodiscard]] virtual std::optional<Vector> fitting_place(Draws& draws) = 0;
  /// A direction for Newton curves in which patterns have weights over decades; of any length.
  [[nodiscard]] virtual Vector pattern_direction(Draws& draws) const = 0;
  /// What a change of a target is measured by.
  [[nodiscard]] virtual double output_size() const = 0;
  /// Where the curve of stationary points for targets that move begins when they are the outputs at v.
  /// @param moved The network with those targets. @return Nothing: none is found near v.
  [[nodiscard]] virtual std::optional<Vector> curve_start(const AnyNetwork& moved, const Vector& v,
                                                          const StopCondition& stop) const = 0;

 protected:
  explicit Landscape(AnyNetwork network) : network_(std::move(network)) {}

 private:
  AnyNetwork network_;
};

[[nodiscard]] std::unique_ptr<Landscape> landscape_of(const Perceptron& network);
[[nodiscard]] std::unique_ptr<Landscape> landscape_of(const HiddenLayer& network);

}  // namespace tautrack
