#pragma once

#include <vector>

#include "tautrack/network/perceptron.hpp"
#include "tautrack/path/natural_path.hpp"
#include "tautrack/tracker/options.hpp"

#include "kernels/kernels.hpp"
#include "kernels/numbers.hpp"

namespace tautrack {

/// A path to follow: of a network, or of the same network with other targets.
struct LaneTask {
  const Perceptron* network = nullptr;
  const double* targets = nullptr;  ///< L; null: those of the network.
};

/// A path that lanes have followed, as numbers: these, the eigenvalues, and for each point tau, arclength, energy and weights.
enum class LaneRecord : std::size_t {
  weights,      ///< How many there are.
  eigenvalues,  ///< How many there are.
  steps,
  rejected,
  evaluations,
  passes,
  seconds,
  gradient_norm,
  gradient_scale,
  last_newton_step,
  size
};

/// The last point of a record.
struct LaneEnd {
  double energy;
  Eigen::Map<const Vector> weights;  ///< In the record.
};
[[nodiscard]] LaneEnd lane_end(const double* record);

/// Fills in what a record says.
/// @param path As it is constructed.
void read_record(const double* record, NaturalPath& path);

/// Natural paths of small networks of one shape as functions of tau, each in another lane of the processor's vectors. They
/// meet the conditions of track_monotone_path(), with series of one order and in single precision, and more and shorter steps;
/// a path that does not is refused. What becomes of one does not depend on the others, to the last bit.
class LanePaths {
 public:
  // What lanes take: networks of up to 8 unknowns and 128 patterns, none of them on other ranks, with options that are valid
  // and ask for the whole path to tau = 1, by Taylor series of at least the order that lanes use, and for no point on the way.
  [[nodiscard]] static bool take(const Perceptron& network);
  [[nodiscard]] static bool take(const TrackOptions& options);

  /// @param shape A network that lanes take: those that are put in have its activation and as many patterns and unknowns,
  /// and all of them a ridge, or none.
  LanePaths(const Perceptron& shape, const TrackOptions& options);

  [[nodiscard]] bool fits(const Perceptron& network) const;

  [[nodiscard]] int lanes() const noexcept { return static_cast<int>(lanes_); }

  /// Has the processor fetch what put() reads of networks that lie about in memory: of `next`, which comes before long, the
  /// beginning of its data, of `soon`, which comes after that, where they are.
  static void fetch(const Perceptron& soon, const Perceptron& next);

  /// Puts a path into an idle lane. The network and the targets, which must be finite, must outlive it there.
  void put(int lane, const LaneTask& task);

  enum class Outcome { idle, going, arrived, refused };

  /// One step of each path. Those that have arrived or were refused leave their lanes idle.
  void step();

  /// What the last step made of a lane.
  [[nodiscard]] Outcome outcome(int lane) const { return paths_[at(lane)].outcome; }

  /// The record of a path that has arrived, which is of so many numbers.
  [[nodiscard]] std::size_t record_size(int lane) const;
  void write_record(int lane, double* record) const;

 private:
  struct Path {
    LaneTask task;
    Outcome outcome = Outcome::idle;
    int steps = 0;  ///< Accepted.
    int tries = 0;  ///< Accepted and refused.
    long evaluations = 0, passes = 0;
    double seconds = 0.0;
    const double* panels = nullptr;  ///< Whose copy is in the lane.
  };

  [[nodiscard]] static std::size_t at(int lane) { return static_cast<std::size_t>(lane); }
  [[nodiscard]] double& number(kernels::LaneArray which, int lane) {
    return block_.numbers[which * lanes_ + lane];
  }
  [[nodiscard]] double number(kernels::LaneArray which, int lane) const {
    return block_.numbers[which * lanes_ + lane];
  }
  /// Where point i of a lane's path is kept: a LaneNode, with v behind it.
  [[nodiscard]] double* node(int lane, int i);
  [[nodiscard]] const double* node(int lane, int i) const;
  void keep(int lane, int i, const double* from);
  void judge(int lane, bool was_fresh);

  const kernels::Kernels& kernels_;
  kernels::Count lanes_, patterns_, unknowns_;
  Activation activation_;
  bool has_ridge_;
  int most_tries_;
  kernels::LaneBlock block_{};
  kernels::Numbers memory_;
  kernels::SingleNumbers single_memory_;
  double* panels_;
  double* pattern_data_;
  double* ridge_;
  double* nodes_;
  float* single_panels_;
  float* single_weights_;
  std::vector<Path> paths_;
};

}  // namespace tautrack
