#include "network/layer_symmetry.hpp"

#include <algorithm>
#include <cmath>

#include "tautrack/network/activation.hpp"

#include "core/numbers.hpp"

namespace tautrack {

Vector LayerSymmetry::Places::unit(const Vector& all, Index j) const {
  Vector out(s + K);
  out.head(s) = all.segment(j * s, s);
  for (Index k = 0; k < K; ++k) out(s + k) = all(output(j, k));
  return out;
}

void LayerSymmetry::Places::set_unit(Vector& all, Index j, const Vector& unit) const {
  all.segment(j * s, s) = unit.head(s);
  for (Index k = 0; k < K; ++k) all(output(j, k)) = unit(s + k);
}

LayerSymmetry::LayerSymmetry(const HiddenLayer& network)
    : network_(network),
      of_data_(data_symmetries(network)),
      coordinates_{network.space().rank(), network.units(), network.outputs()},
      weights_{network.columns(), network.units(), network.outputs()},
      may_turn_(network.has_sign_symmetry()),
      may_move_(network.has_unit_symmetry()) {
  const Range ends = range(network.options().activation);
  shift_ = ends.low + ends.high - 2.0 * network.origin();
}

void LayerSymmetry::turn(Vector& x, const Places& places, Index j) const {
  for (Index k = 0; network_.has_free_bias() && k < places.K; ++k)
    x(x.size() - places.K + k) += shift_ * x(places.output(j, k));
  places.set_unit(x, j, -places.unit(x, j));
}

Vector LayerSymmetry::matched(const Vector& x, const Vector& at) const {
  if (!may_turn_ && !may_move_) return x;
  const Places& places = coordinates_;
  Vector image = x;
  for (Index j = 0; j < places.h; ++j) {
    const Vector wanted = places.unit(at, j);
    Index nearest = j;
    bool is_turned = false;
    double distance = kInfinity;
    for (Index l = j; l < (may_move_ ? places.h : j + 1); ++l) {
      const Vector own = places.unit(image, l);
      for (const bool turned : {false, true}) {
        if (turned && !may_turn_) continue;
        const double here = turned ? (own + wanted).norm() : (own - wanted).norm();
        if (!(here < distance)) continue;
        distance = here;
        nearest = l;
        is_turned = turned;
      }
    }
    if (is_turned) turn(image, places, nearest);
    const Vector unit = places.unit(image, nearest);
    places.set_unit(image, nearest, places.unit(image, j));
    places.set_unit(image, j, unit);
  }
  return image;
}

Vector LayerSymmetry::image(const Vector& weights, const DataSymmetry& of) const {
  const Places& places = weights_;
  Vector out = weights;
  for (Index j = 0; j < places.h; ++j) {
    for (Index a = 0; a < places.s; ++a)
      out(j * places.s + a) = of.sign(a) * weights(j * places.s + of.column[tautrack::at(a)]);
    for (Index k = 0; k < places.K; ++k) out(places.output(j, k)) *= of.output_sign(k);
  }
  for (Index k = 0; network_.has_free_bias() && k < places.K; ++k)
    out(out.size() - places.K + k) *= of.output_sign(k);
  return out;
}

bool LayerSymmetry::any_image(const Vector& x, const Vector& at,
                              const std::function<bool(const Vector&)>& is_it) const {
  if (is_it(matched(x, at))) return true;
  if (of_data_.size() == 1) return false;
  const Vector weights = network_.weights(x);
  return std::any_of(of_data_.begin() + 1, of_data_.end(), [&](const DataSymmetry& symmetry) {
    return is_it(matched(network_.coordinates(image(weights, symmetry)), at));
  });
}

bool LayerSymmetry::are_copies(const Vector& x, const Vector& y, double tolerance) const {
  const double margin = tolerance * std::max(1.0, y.norm());
  return any_image(x, y, [&](const Vector& image) { return (image - y).norm() <= margin; });
}

double LayerSymmetry::orbit_size(const Vector& x, double tolerance) const {
  const double margin = tolerance * std::max(1.0, x.norm());
  // Symmetries of the data that, with some of the units, leave x where it is.
  double stay = 0.0;
  (void)any_image(x, x, [&](const Vector& image) {
    if ((image - x).norm() <= margin) ++stay;
    return false;
  });
  return std::round(static_cast<double>(of_data_.size()) / stay) *
         network_.orbit_size(x, tolerance);
}

double LayerSymmetry::canonical_radius(const Vector& weights, double radius) const {
  if (shift_ == 0.0 || !may_turn_) return radius;
  // A turn adds shift times an output weight b to a bias: a shear, and its rounding, that of the shift included.
  const Places& places = weights_;
  const auto h = static_cast<double>(places.h);
  const double sizes =
      weights.tail(places.K).lpNorm<1>() +
      std::abs(shift_) * weights.segment(places.output(0, 0), places.h * places.K).lpNorm<1>();
  return (1.0 + std::abs(shift_) * std::sqrt(h)) * radius * (1.0 + 4.0 * kEpsilon) +
         2.0 * h * kEpsilon * sizes;
}

Vector LayerSymmetry::canonical(const Vector& weights) const {
  const Places& places = weights_;
  Vector out = weights;
  for (Index j = 0; may_turn_ && j < places.h; ++j) {
    const Vector own = places.unit(out, j);
    const auto first =
        std::find_if(own.begin() + places.s, own.end(), [](double b) { return b != 0.0; });
    if (first != own.end() && *first < 0.0) turn(out, places, j);
  }
  if (!may_move_) return out;
  std::vector<Vector> units;
  for (Index j = 0; j < places.h; ++j) units.push_back(places.unit(out, j));
  const auto is_before = [&](const Vector& a, const Vector& b) {
    for (Index k = places.s; k < places.s + places.K; ++k)
      if (a(k) != b(k)) return a(k) > b(k);
    return std::lexicographical_compare(b.begin(), b.begin() + places.s, a.begin(),
                                        a.begin() + places.s);
  };
  std::stable_sort(units.begin(), units.end(), is_before);
  for (Index j = 0; j < places.h; ++j) places.set_unit(out, j, units[at(j)]);
  return out;
}

}  // namespace tautrack
