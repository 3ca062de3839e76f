#include "pictures/landscape.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>

namespace tautrack::program {
namespace {

constexpr int coarse = 40;  ///< Cells along a side of the first grid.
constexpr int finest = 64;  ///< Parts of their sides in the finest cells.
constexpr int side = coarse * finest;

using Eigen::Matrix2d;
using Eigen::Vector2d;

/// Without points that are closer to the one before than a picture shows.
Polyline thinned(const Polyline& curve, const PlaneView& view) {
  constexpr double close = 1.2;  // pixels
  Polyline thin{{}, curve.energy};
  for (std::size_t k = 0; k < curve.points.size(); ++k) {
    const auto& point = curve.points[k];
    if (!thin.points.empty() && k + 1 < curve.points.size()) {
      const double x = (point[0] - thin.points.back()[0]) / view.box.width() * view.width;
      const double y = (point[1] - thin.points.back()[1]) / view.box.height() * view.height;
      if (x * x + y * y < close * close) continue;
    }
    thin.points.push_back(point);
  }
  return thin;
}

/// Joins segments between points, which are named by pairs of nodes, to curves.
class Joiner {
 public:
  using Name = std::pair<int, int>;

  void add(const Name& from, const Name& to) {
    const int a = id(from), b = id(to);
    if (a == b) return;
    neighbours_[static_cast<std::size_t>(a)].push_back(b);
    neighbours_[static_cast<std::size_t>(b)].push_back(a);
  }

  /// The curves as lists of names: open ones from end to end, closed ones with their first point at the end, too.
  [[nodiscard]] std::vector<std::vector<Name>> curves() {
    std::vector<std::vector<Name>> all;
    for (const bool only_ends : {true, false})
      for (std::size_t k = 0; k < names_.size(); ++k)
        while (!neighbours_[k].empty() && (!only_ends || neighbours_[k].size() == 1)) {
          std::vector<Name> curve{names_[k]};
          for (int at = static_cast<int>(k), next = take(at); next >= 0; next = take(at)) {
            curve.push_back(names_[static_cast<std::size_t>(next)]);
            at = next;
          }
          all.push_back(std::move(curve));
        }
    return all;
  }

 private:
  int id(const Name& name) {
    const auto [entry, is_new] = ids_.try_emplace(name, static_cast<int>(names_.size()));
    if (is_new) {
      names_.push_back(name);
      neighbours_.emplace_back();
    }
    return entry->second;
  }

  /// Removes a segment and returns its other end; -1: there is none.
  int take(int from) {
    std::vector<int>& own = neighbours_[static_cast<std::size_t>(from)];
    if (own.empty()) return -1;
    const int to = own.back();
    own.pop_back();
    std::vector<int>& others = neighbours_[static_cast<std::size_t>(to)];
    others.erase(std::find(others.begin(), others.end(), from));
    return to;
  }

  std::map<Name, int> ids_;
  std::vector<Name> names_;
  std::vector<std::vector<int>> neighbours_;
};

/// The energy and its derivatives in pixels of the panel, by differences.
class Slope {
 public:
  Slope(const PlaneEnergy& energy, const PlaneView& view) : energy_(energy), view_(view) {}

  [[nodiscard]] double operator()(const Vector2d& p) {
    ++samples_;
    const Box& box = view_.box;
    return energy_(box.left + p(0) / view_.width * box.width(),
                   box.bottom + p(1) / view_.height * box.height());
  }

  [[nodiscard]] Vector2d gradient(const Vector2d& p) {
    const Vector2d x(h, 0.0), y(0.0, h);
    return Vector2d((*this)(p + x) - (*this)(p - x), (*this)(p + y) - (*this)(p - y)) / (2.0 * h);
  }

  /// Both, from nine samples.
  void derivatives(const Vector2d& p, Vector2d& gradient, Matrix2d& hessian) {
    const Vector2d x(h, 0.0), y(0.0, h);
    const double at = (*this)(p), left = (*this)(p - x), right = (*this)(p + x);
    const double below = (*this)(p - y), above = (*this)(p + y);
    const double mixed =
        (*this)(p + x + y) - (*this)(p + x - y) - (*this)(p - x + y) + (*this)(p - x - y);
    gradient = Vector2d(right - left, above - below) / (2.0 * h);
    hessian << (right - 2.0 * at + left), 0.25 * mixed, 0.25 * mixed, (above - 2.0 * at + below);
    hessian /= h * h;
  }

  [[nodiscard]] Vector2d pixels(double x, double y) const {
    return {(x - view_.box.left) / view_.box.width() * view_.width,
            (y - view_.box.bottom) / view_.box.height() * view_.height};
  }
  [[nodiscard]] std::array<double, 2> place(const Vector2d& p) const {
    return {view_.box.left + p(0) / view_.width * view_.box.width(),
            view_.box.bottom + p(1) / view_.height * view_.box.height()};
  }
  [[nodiscard]] bool sees(const Vector2d& p) const {
    return p(0) >= 0.0 && p(0) <= view_.width && p(1) >= 0.0 && p(1) <= view_.height;
  }
  [[nodiscard]] int samples() const { return samples_; }

 private:
  static constexpr double h = 0.1;  ///< Pixels.
  const PlaneEnergy& energy_;
  PlaneView view_;
  int samples_ = 0;
};

/// Follows the flow of `sign` times the gradient from a place, with steps that a picture cannot tell from short ones.
std::vector<Vector2d> follow(Slope& slope, Vector2d p, double sign,
                             const std::vector<Vector2d>& ends) {
  constexpr double gamma = 0.2928932188134524;  // 1 - 1/sqrt(2): L-stable
  constexpr double precision = 0.1, longest = 8.0, arrived = 3.0, still = 1e-4;  // pixels
  constexpr int most_steps = 1500, most_still = 60;
  std::vector<Vector2d> curve{p};
  double h = 0.0;
  int still_steps = 0;
  for (int step = 0; step < most_steps && slope.sees(p); ++step) {
    for (const Vector2d& end : ends)
      if ((p - end).norm() < arrived) {
        curve.push_back(end);
        return curve;
      }
    Vector2d gradient;
    Matrix2d hessian;
    slope.derivatives(p, gradient, hessian);
    if (!gradient.allFinite() || !hessian.allFinite() || !(gradient.norm() > 0.0)) return curve;
    if (h == 0.0) h = 0.3 / gradient.norm();
    for (int attempt = 0;; ++attempt) {
      constexpr int most_attempts = 60;
      if (attempt == most_attempts) return curve;
      const Matrix2d A = Matrix2d::Identity() - gamma * h * sign * hessian;
      if (A.determinant() < 0.1 || A.trace() < 0.0) {
        h *= 0.5;
        continue;
      }
      const Matrix2d inverse = A.inverse();
      const Vector2d first = inverse * (sign * gradient);
      const Vector2d second = inverse * (sign * slope.gradient(p + h * first) - 2.0 * first);
      const Vector2d way = 1.5 * h * first + 0.5 * h * second;
      const double error = 0.5 * h * (first + second).norm(), length = way.norm();
      if (!std::isfinite(error) || error > precision || length > longest) {
        h *= std::isfinite(error) ? std::clamp(0.8 * std::sqrt(precision / error), 0.2, 0.7) : 0.2;
        continue;
      }
      p += way;
      h *= std::clamp(0.8 * std::sqrt(precision / std::max(error, 1e-9)), 0.5, 4.0);
      still_steps = length < still ? still_steps + 1 : 0;
      break;
    }
    if (still_steps == most_still) return curve;
    if (still_steps == 0) curve.push_back(p);
  }
  return curve;
}

}  // namespace

Landscape::Landscape(PlaneEnergy energy, const PlaneView& view, const std::vector<double>& seen,
                     bool is_dense, int most)
    : energy_(std::move(energy)), view_(view) {
  for (int i = 0; i <= coarse; ++i)
    for (int j = 0; j <= coarse; ++j) static_cast<void>(node(i * finest, j * finest));
  double high = -std::numeric_limits<double>::infinity();
  low_ = std::numeric_limits<double>::infinity();
  const auto see = [&](double value) {
    if (!std::isfinite(value)) return;
    low_ = std::min(low_, value);
    high = std::max(high, value);
  };
  for (const double value : energies_) see(value);
  for (const double value : seen) see(value);
  if (!(low_ <= high)) low_ = high = 0.0;
  span_ = std::max(high - low_, std::numeric_limits<double>::min());
  for (const double value : energies_) levels_.push_back(level(value));
  choose_contours(seen, is_dense);
  refine(most);
  for (const Cell& cell : leaves_) add_triangles(cell);
}

double Landscape::level(double energy) const {
  if (!std::isfinite(energy)) return 0.0;
  return std::log10(std::pow(10.0, -depth) + std::max(0.0, energy - low_) / span_);
}

double Landscape::energy_at(double level) const {
  return low_ + span_ * (std::pow(10.0, level) - std::pow(10.0, -depth));
}

int Landscape::node(int i, int j) {
  const std::uint64_t key =
      static_cast<std::uint64_t>(i) * (side + 1) + static_cast<std::uint64_t>(j);
  const auto [entry, is_new] = ids_.try_emplace(key, static_cast<int>(nodes_.size()));
  if (!is_new) return entry->second;
  nodes_.push_back({i, j});
  const std::array<double, 2> at = place(entry->second);
  energies_.push_back(energy_(at[0], at[1]));
  if (!levels_.empty()) levels_.push_back(level(energies_.back()));
  return entry->second;
}

std::array<double, 2> Landscape::place(int node) const {
  const auto& [i, j] = nodes_[static_cast<std::size_t>(node)];
  return {view_.box.left + view_.box.width() * i / side,
          view_.box.bottom + view_.box.height() * j / side};
}

void Landscape::choose_contours(const std::vector<double>& seen, bool is_dense) {
  constexpr int parts = 14;  // of the plane
  constexpr double closest = 0.2 / levels_in_decade;
  for (int k = 1; k < static_cast<int>(depth) * levels_in_decade; ++k)
    contours_.push_back(-depth + static_cast<double>(k) / levels_in_decade);
  std::vector<double> sorted = levels_;
  std::sort(sorted.begin(), sorted.end());
  for (int k = 1; k < parts && is_dense; ++k) {
    const double between = sorted[sorted.size() * static_cast<std::size_t>(k) / parts];
    const bool is_apart = std::all_of(contours_.begin(), contours_.end(), [&](double other) {
      return std::abs(other - between) > closest;
    });
    if (is_apart) contours_.push_back(between);
  }
  smooth_ = contours_;
  for (const double energy : seen) smooth_.push_back(level(energy));
  std::sort(smooth_.begin(), smooth_.end());
}

bool Landscape::is_rough(const Cell& cell) {
  constexpr double rough = 0.2 / levels_in_decade;
  const int half = cell.size / 2;
  const auto at = [&](int i, int j) {
    return levels_[static_cast<std::size_t>(node(cell.i + i * half, cell.j + j * half))];
  };
  const double a = at(0, 0), b = at(2, 0), c = at(0, 2), d = at(2, 2);
  const double error =
      std::max({std::abs(at(1, 1) - 0.25 * (a + b + c + d)), std::abs(at(1, 0) - 0.5 * (a + b)),
                std::abs(at(0, 1) - 0.5 * (a + c)), std::abs(at(2, 1) - 0.5 * (b + d)),
                std::abs(at(1, 2) - 0.5 * (c + d))});
  if (error > rough) return true;
  // On a plateau the smallest bend moves a contour far.
  constexpr double bent = 0.1;  // of what the cell has between its lowest and its highest
  double low = a, high = a;
  for (const int i : {0, 1, 2})
    for (const int j : {0, 1, 2}) {
      low = std::min(low, at(i, j));
      high = std::max(high, at(i, j));
    }
  const auto crossed = std::lower_bound(smooth_.begin(), smooth_.end(), low);
  return crossed != smooth_.end() && *crossed <= high && error > bent * (high - low) &&
         high - low > 1e-9;
}

std::vector<bool> Landscape::rough_ones(const std::vector<Cell>& cells) {
  std::map<std::array<int, 2>, std::size_t> places;
  for (std::size_t k = 0; k < cells.size(); ++k) places[{cells[k].i, cells[k].j}] = k;
  std::vector<bool> chosen(cells.size(), false);
  for (const Cell& cell : cells) {
    if (!is_rough(cell)) continue;
    for (const int i : {-1, 0, 1})
      for (const int j : {-1, 0, 1})
        if (const auto at = places.find({cell.i + i * cell.size, cell.j + j * cell.size});
            at != places.end())
          chosen[at->second] = true;
  }
  return chosen;
}

void Landscape::refine(int most) {
  std::vector<Cell> cells;
  for (int i = 0; i < coarse; ++i)
    for (int j = 0; j < coarse; ++j) cells.push_back({i * finest, j * finest, finest});
  // To look for rough cells takes about three samples of each.
  if (static_cast<int>(nodes_.size() + 3 * cells.size()) > most) leaves_.swap(cells);
  while (!cells.empty()) {
    const std::vector<bool> is_refined = rough_ones(cells);
    const int half = cells.front().size / 2;
    std::vector<Cell> finer;
    for (std::size_t k = 0; k < cells.size(); ++k) {
      const Cell& cell = cells[k];
      // Each of the finer ones takes about three samples more.
      const bool has_room = static_cast<int>(nodes_.size() + 3 * finer.size()) < most;
      if (half == 1 || !is_refined[k] || !has_room) {
        leaves_.push_back(cell);
        continue;
      }
      for (const int i : {0, half})
        for (const int j : {0, half}) finer.push_back({cell.i + i, cell.j + j, half});
    }
    cells = std::move(finer);
  }
}

void Landscape::collect(int from_i, int from_j, int to_i, int to_j, std::vector<int>& ring) const {
  const auto find = [this](int i, int j) {
    const auto at =
        ids_.find(static_cast<std::uint64_t>(i) * (side + 1) + static_cast<std::uint64_t>(j));
    return at == ids_.end() ? -1 : at->second;
  };
  const int i = (from_i + to_i) / 2, j = (from_j + to_j) / 2;
  const bool is_shortest = std::abs(to_i - from_i) + std::abs(to_j - from_j) < 2;
  if (is_shortest || find(i, j) < 0) {
    ring.push_back(find(from_i, from_j));
    return;
  }
  collect(from_i, from_j, i, j, ring);
  collect(i, j, to_i, to_j, ring);
}

void Landscape::add_triangles(const Cell& cell) {
  const int i = cell.i, j = cell.j, n = cell.size;
  std::vector<int> ring;
  collect(i, j, i + n, j, ring);
  collect(i + n, j, i + n, j + n, ring);
  collect(i + n, j + n, i, j + n, ring);
  collect(i, j + n, i, j, ring);
  const int centre = node(i + n / 2, j + n / 2);
  for (std::size_t k = 0; k < ring.size(); ++k)
    triangles_.push_back({centre, ring[k], ring[(k + 1) % ring.size()]});
}

std::vector<Polyline> Landscape::contours_at(double level) const {
  Joiner joiner;
  const auto value = [this](int node) { return levels_[static_cast<std::size_t>(node)]; };
  for (const std::array<int, 3>& triangle : triangles_) {
    std::array<Joiner::Name, 2> ends;
    std::size_t count = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const int a = triangle[k], b = triangle[(k + 1) % 3];
      if ((value(a) >= level) != (value(b) >= level)) ends[count++] = std::minmax(a, b);
    }
    if (count == 2) joiner.add(ends[0], ends[1]);
  }
  std::vector<Polyline> curves;
  for (const std::vector<Joiner::Name>& names : joiner.curves()) {
    Polyline curve{{}, energy_at(level)};
    for (const auto& [a, b] : names) {
      const double part = (level - value(a)) / (value(b) - value(a));
      const std::array<double, 2> from = place(a), to = place(b);
      curve.points.push_back(
          {from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1])});
    }
    curves.push_back(thinned(curve, view_));
  }
  return curves;
}

std::vector<Polyline> Landscape::contours() const {
  std::vector<Polyline> all;
  for (const double at : contours_)
    for (Polyline& curve : contours_at(at)) all.push_back(std::move(curve));
  return all;
}

std::vector<Polyline> Landscape::contours(const std::vector<double>& energies) const {
  std::vector<Polyline> all;
  for (const double energy : energies)
    for (Polyline& curve : contours_at(level(energy))) all.push_back(std::move(curve));
  return all;
}

Ticks Landscape::ticks() const {
  constexpr int count = 6;
  constexpr std::size_t most_letters = 8;
  constexpr double reach = 0.3 * depth / count;  // Of a round number around its place.
  Ticks ticks;
  std::optional<double> last;
  for (int k = 0; k < count; ++k) {
    const double at = -depth + depth * (k + 0.5) / count;
    const double energy = roundest(energy_at(at - reach), energy_at(at + reach));
    const std::string name = tick_text(energy);
    if ((last && energy == *last) || name.size() > most_letters) continue;
    ticks.add(name, level(energy));
    last = energy;
  }
  return ticks;
}

std::vector<Polyline> steepest_curves(const PlaneEnergy& energy, const PlaneView& view,
                                      const std::vector<PlanePoint>& points, bool up,
                                      int most_samples) {
  constexpr double first_step = 0.5;  // pixels
  Slope slope(energy, view);
  std::vector<Vector2d> ends;
  for (const PlanePoint& point : points)
    if (point.index == (up ? 2 : 0)) ends.push_back(slope.pixels(point.x, point.y));
  std::vector<Polyline> curves;
  for (const PlanePoint& point : points) {
    const Vector2d saddle = slope.pixels(point.x, point.y);
    if (point.index != 1 || !slope.sees(saddle) || slope.samples() > most_samples) continue;
    Vector2d gradient;
    Matrix2d hessian;
    slope.derivatives(saddle, gradient, hessian);
    const Eigen::SelfAdjointEigenSolver<Matrix2d> eigen(hessian);
    // Where rounding hides the saddle there is nothing to follow.
    if (!hessian.allFinite() || eigen.eigenvalues()(0) >= 0.0 || eigen.eigenvalues()(1) <= 0.0)
      continue;
    for (const double side : {-1.0, 1.0}) {
      Polyline curve{{{point.x, point.y}}, 0.0};
      const Vector2d start = saddle + side * first_step * eigen.eigenvectors().col(up ? 1 : 0);
      for (const Vector2d& p : follow(slope, start, up ? 1.0 : -1.0, ends))
        curve.points.push_back(slope.place(p));
      curves.push_back(thinned(curve, view));
    }
  }
  return curves;
}

}  // namespace tautrack::program
