#pragma once

#include <functional>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/network/data_symmetry.hpp"
#include "tautrack/network/hidden_layer.hpp"

namespace tautrack {

/// The symmetries of a network with a hidden layer at tau = 1: its units exchanged and turned over, as far as that changes no
/// output and no penalty, and those of its data. Points are in the coordinates of the network.
class LayerSymmetry {
 public:
  explicit LayerSymmetry(const HiddenLayer& network);

  /// Whether `is_it` holds for an image of x. Of all images each of those under the symmetries of the data is tried once: with
  /// units exchanged and turned so that they are near those of `at`. Where an image of x is at `at`, up to roundings, it is
  /// tried.
  [[nodiscard]] bool any_image(const Vector& x, const Vector& at,
                               const std::function<bool(const Vector&)>& is_it) const;

  /// Whether x and y are images of each other: coordinates agree to `tolerance`, relative to one or to |x|.
  [[nodiscard]] bool are_copies(const Vector& x, const Vector& y, double tolerance = 1e-8) const;

  /// Points in the orbit of x: the order of the group over the number of symmetries that leave x where it is, to `tolerance` as
  /// above. Inexact beyond 2^53.
  [[nodiscard]] double orbit_size(const Vector& x, double tolerance = 1e-8) const;

  /// Weights, as HiddenLayer::weights(), of the image in which the first output weight of each unit that is not zero is
  /// positive, and units come in falling order of their output weights, then of their hidden ones. What turning units adds
  /// to an output bias is rounded.
  [[nodiscard]] Vector canonical(const Vector& weights) const;
  /// Of a ball of weights that has so large a radius: that of one about canonical() of its centre, in which the image of
  /// each of its points is.
  [[nodiscard]] double canonical_radius(const Vector& weights, double radius) const;

  /// Whether there is no image but the point itself.
  [[nodiscard]] bool is_trivial() const {
    return of_data_.size() == 1 && !may_turn_ && !(may_move_ && coordinates_.h > 1);
  }

 private:
  /// Where the units are in a vector of coordinates or weights.
  struct Places {
    [[nodiscard]] Vector unit(const Vector& all, Index j) const;
    void set_unit(Vector& all, Index j, const Vector& unit) const;
    [[nodiscard]] Index output(Index j, Index k) const { return s * h + k * h + j; }
    Index s, h, K;  ///< Numbers of a unit, units, outputs.
  };
  /// Turns unit j over, in coordinates or weights.
  void turn(Vector& x, const Places& places, Index j) const;
  /// The image of x under units' symmetries whose units are near those of `at`, one after the other.
  [[nodiscard]] Vector matched(const Vector& x, const Vector& at) const;
  [[nodiscard]] Vector image(const Vector& weights, const DataSymmetry& of) const;

  HiddenLayer network_;
  std::vector<DataSymmetry> of_data_;
  Places coordinates_, weights_;
  double shift_ = 0.0;  ///< f(-u) - origin = shift - (f(u) - origin).
  bool may_turn_ = false, may_move_ = false;
};

}  // namespace tautrack
