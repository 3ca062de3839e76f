#include "exhaustive/pull_test.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace tautrack::exhaustive {

namespace {

/// w' is looked for among places whose coordinates are at most this, relative to the largest inputs of the cell.
constexpr double kFarthestPlace = 1e6;

/// Room to the sides of the programme, relative to the inputs.
constexpr double kPlaceRoom = 1e-9;

}  // namespace

PullTest::PullTest(const Rows& rows, Bases& bases)
    : rows_(rows), bases_(bases), n_(static_cast<std::size_t>(rows.weights())) {
  for (int i = 0; i < rows.size(); ++i)
    if (rows.is_active(i)) order_.push_back(i);
  // Any order will do; in one of chance Seidel's algorithm is fast.
  std::mt19937 engine(1);
  for (std::size_t k = order_.size(); k > 1; --k) std::swap(order_[k - 1], order_[engine() % k]);
}

bool PullTest::excludes(const BasisPointer& basis, const std::vector<Interval>& inputs,
                        const std::vector<int>& signs) {
  // Rows whose sign is not sure must be in the basis.
  std::array<int, kMaxWeights> members = basis->rows;
  std::size_t open = 0;
  for (const int i : order_) {
    if (signs[static_cast<std::size_t>(i)] != 0) continue;
    if (++open > n_ || !rows_.root(i)) return false;
  }
  BasisPointer used = basis;
  const auto is_open = [&](int i) {
    return rows_.is_active(i) && signs[static_cast<std::size_t>(i)] == 0;
  };
  for (const int i : order_) {
    if (!is_open(i)) continue;
    const auto end = used->rows.begin() + static_cast<std::ptrdiff_t>(n_);
    if (std::find(used->rows.begin(), end, i) != end) continue;
    std::size_t place = n_;
    double most = 1e-9;
    for (std::size_t j = 0; j < n_; ++j) {
      const double size = used->sizes[static_cast<std::size_t>(i) * n_ + j];
      if (!is_open(used->rows[j]) && size > most) {
        most = size;
        place = j;
      }
    }
    if (place == n_) return false;
    members = used->rows;
    members[place] = i;
    std::sort(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(n_));
    used = bases_.find(members);
    if (used == nullptr) return false;
  }
  Point at;
  std::array<std::size_t, kMaxWeights> loose{};
  std::size_t free = 0;
  double largest = 1.0;
  for (std::size_t j = 0; j < n_; ++j) {
    const int i = used->rows[j];
    if (is_open(i))
      at[j] = *rows_.root(i);
    else
      loose[free++] = j;
    largest = std::max(largest, magnitude(inputs[static_cast<std::size_t>(i)]));
  }
  if (free == 0) return proves(*used, at, inputs, signs);
  const int variables = static_cast<int>(free) + 1;
  programme_.begin(variables);
  for (const int i : order_) {
    const auto k = static_cast<std::size_t>(i);
    if (signs[k] == 0) continue;
    // sign x_i.w' <= sign end, of the loose coordinates and a room that is as large as can be.
    const double sign = signs[k], end = sign > 0.0 ? inputs[k].lower() : -inputs[k].upper();
    double* const row = programme_.add();
    double side = end, size = 0.0, terms = std::abs(end);
    const double* const c = &used->middles[k * n_];
    for (std::size_t j = 0; j < n_; ++j)
      if (is_open(used->rows[j])) {
        side -= sign * c[j] * proof::middle(at[j]);
        terms += std::abs(c[j] * proof::middle(at[j]));
      }
    for (std::size_t f = 0; f < free; ++f) {
      row[f] = sign * c[loose[f]];
      size += std::abs(row[f]);
    }
    row[free] = size;
    row[free + 1] = side - kPlaceRoom * terms;
  }
  double* const room = programme_.add();
  for (std::size_t f = 0; f < free; ++f) room[f] = 0.0;
  room[free] = 1.0;
  room[free + 1] = largest;
  std::array<double, kMaxWeights + 1> x{};
  std::array<double, kMaxWeights + 1> gain{};
  gain[free] = 1.0;
  if (!programme_.solve(gain.data(), kFarthestPlace * largest, x.data()) || !(x[free] >= 0.0))
    return false;
  for (std::size_t f = 0; f < free; ++f) at[loose[f]] = x[f];
  return proves(*used, at, inputs, signs);
}

bool PullTest::proves(const Basis& basis, const Point& place, const std::vector<Interval>& inputs,
                      const std::vector<int>& signs) const {
  bool is_strict = false;
  for (const int i : order_) {
    const auto k = static_cast<std::size_t>(i);
    if (signs[k] == 0) continue;  // its x_i.w' is the root
    const Interval t = input(basis, i, static_cast<int>(n_), place);
    if (signs[k] > 0 ? !(t.upper() <= inputs[k].lower()) : !(t.lower() >= inputs[k].upper()))
      return false;
    is_strict =
        is_strict || (signs[k] > 0 ? t.upper() < inputs[k].lower() : t.lower() > inputs[k].upper());
  }
  return is_strict;
}

}  // namespace tautrack::exhaustive
