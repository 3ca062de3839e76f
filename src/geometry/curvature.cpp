#include "tautrack/geometry/curvature.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <queue>
#include <random>
#include <stdexcept>
#include <vector>

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/names.hpp"
#include "core/quantiles.hpp"
#include "core/text.hpp"

namespace tautrack {

namespace {

constexpr NameTable<CurvatureMethod, 6> kMethodNames{{
    {CurvatureMethod::flat, "flat"},
    {CurvatureMethod::curve, "curve"},
    {CurvatureMethod::hypersurface, "hypersurface"},
    {CurvatureMethod::ellipse, "ellipse"},
    {CurvatureMethod::pencil, "pencil"},
    {CurvatureMethod::ascent, "ascent"},
}};

/// Tangent dimension up to which an ascent takes all eigenvectors of a shape operator.
constexpr Index kSmallNetwork = 64;

/// Steps of the Krylov space that takes their place above.
constexpr Index kKrylov = 4;

/// Operations that the ascents at one point may take together.
constexpr double kMostOperations = 1e10;

/// Size of the matrix of the spectral bound: pairs of tangent directions, and numbers in it.
constexpr Index kMostPairs = 300, kMostNumbers = 1000000;

/// Shape operators that are looked at on the sphere of normals, and the gap that is left there.
constexpr int kMostNormals = 2000;
constexpr double kGap = 1e-12;

/// Eigenvalue of largest magnitude.
struct Dominant {
  double value = 0.0;
  Vector vector;
};

Dominant dominant(const Matrix& symmetric) {
  const SymmetricEigen eigen = symmetric_eigen(symmetric);
  const Vector& values = eigen.eigenvalues();
  const Index last = values.size() - 1;
  const Index i = std::abs(values(0)) > std::abs(values(last)) ? 0 : last;
  return {values(i), eigen.eigenvectors().col(i)};
}

double spectral_norm(const Matrix& symmetric) {
  return symmetric_eigenvalues(symmetric).eigenvalues().cwiseAbs().maxCoeff();
}

/// Which part of the acceleration is looked at.
enum class Part { normal, tangential };

Vector part_of(const ManifoldPoint& point, Part part, const Vector& alpha) {
  return part == Part::normal ? point.second_fundamental_form(alpha, alpha)
                              : point.tangent(point.coefficients(point.acceleration(alpha, alpha)));
}

/// A unit vector of coefficients for which nu.part of acceleration(alpha, alpha) is large in magnitude, and not
/// smaller than for the one given.
Vector improved(const ManifoldPoint& point, Part part, const Vector& nu, const Vector& alpha) {
  const Index n = point.dimension();
  const bool is_normal = part == Part::normal;
  if (n <= kSmallNetwork)
    return dominant(is_normal ? point.shape_operator(nu) : point.acceleration_operator(nu)).vector;
  Matrix space(n, kKrylov);
  Matrix images(n, kKrylov);
  space.col(0) = alpha;
  Index size = 0;
  constexpr double none = 1e-12;  // what is left is rounding: the space is invariant
  while (size < kKrylov) {
    images.col(size) = is_normal ? point.shape_product(nu, space.col(size))
                                 : point.acceleration_product(nu, space.col(size));
    ++size;
    if (size == kKrylov) break;
    Vector next = images.col(size - 1);
    for (int twice = 0; twice < 2; ++twice)
      next -= space.leftCols(size) * (space.leftCols(size).transpose() * next);
    if (!(next.norm() > none * images.col(size - 1).norm())) break;
    space.col(size) = next.normalized();
  }
  const Matrix small = space.leftCols(size).transpose() * images.leftCols(size);
  return (space.leftCols(size) * dominant(0.5 * (small + small.transpose())).vector).normalized();
}

/// A stationary value of |part of acceleration| over unit tangents, by alternating maximisation.
struct Ascent {
  double value = 0.0;
  Vector alpha;
};

/// @param left Iterations that all ascents together may still take.
Ascent ascend(const ManifoldPoint& point, Part part, Vector alpha, const CurvatureOptions& options,
              long& left) {
  Ascent best{0.0, alpha};
  for (int iteration = 0; iteration < options.iterations && left > 0; ++iteration, --left) {
    const Vector second = part_of(point, part, alpha);
    const double value = second.stableNorm();
    if (!(value > best.value * (1.0 + options.tolerance))) {
      if (value > best.value) best = {value, alpha};
      break;
    }
    best = {value, alpha};
    alpha = improved(point, part, second / value, alpha);
  }
  return best;
}

/// Iterations that fit into the operations allowed to one search; no result depends on the machine.
long iterations_within(const ManifoldPoint& point) {
  const Index n = point.dimension();
  const Index passes = n <= kSmallNetwork ? n + 8 : 2 * kKrylov + 6;
  const double each = 2.0 * static_cast<double>(point.ambient()) * static_cast<double>(n * passes);
  return std::max(8L, static_cast<long>(kMostOperations / each));
}

/// Starts of ascents: patterns that bend most, then random directions.
Ascent ascend_from_many(const ManifoldPoint& point, Part part, const CurvatureOptions& options) {
  long left = iterations_within(point);
  const Vector& bends = point.largest_bends();
  std::vector<Index> order(static_cast<std::size_t>(bends.size()));
  std::iota(order.begin(), order.end(), Index{0});
  const std::size_t patterns =
      std::min(order.size(), static_cast<std::size_t>((options.starts + 1) / 2));
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(patterns), order.end(),
      [&](Index i, Index j) { return bends(i) != bends(j) ? bends(i) > bends(j) : i < j; });
  std::mt19937_64 engine(options.seed);
  Ascent best{0.0, Vector::Unit(point.dimension(), 0)};
  for (int start = 0; start < options.starts && left > 0; ++start) {
    Vector alpha(point.dimension());
    if (static_cast<std::size_t>(start) < patterns) {
      alpha =
          point.coefficients(Vector::Unit(point.ambient(), order[static_cast<std::size_t>(start)]));
    } else {
      for (double& entry : alpha) entry = static_cast<double>(engine() >> 11U) * 0x1p-52 - 1.0;
    }
    const double norm = alpha.stableNorm();
    if (!(norm > 0.0)) continue;
    const Ascent found = ascend(point, part, alpha / norm, options, left);
    if (found.value > best.value) best = found;
  }
  return best;
}

/// The coefficients of the unit tangent whose II is farthest from the origin, n = 2: the curvature
/// ellipse is m0 + m1 cos phi + m2 sin phi for the tangent at angle phi / 2.
Vector farthest_on_ellipse(const ManifoldPoint& point) {
  Vector e1 = Vector::Unit(2, 0);
  const Vector e2 = Vector::Unit(2, 1);
  const Vector h11 = point.second_fundamental_form(e1, e1);
  const Vector h22 = point.second_fundamental_form(e2, e2);
  const Vector m2 = point.second_fundamental_form(e1, e2);
  const Vector m0 = 0.5 * (h11 + h22), m1 = 0.5 * (h11 - h22);
  const double size = std::max({m0.norm(), m1.norm(), m2.norm()});
  if (!(size > 0.0)) return e1;
  const auto dot = [size](const Vector& a, const Vector& b) { return (a / size).dot(b / size); };
  const double A = dot(m0, m1), B = dot(m0, m2), F = dot(m1, m2);
  const double C = 0.5 * (dot(m2, m2) - dot(m1, m1));
  // Half the derivative of the squared norm by phi, and its derivative.
  const auto slope = [&](double phi) {
    return -A * std::sin(phi) + B * std::cos(phi) + C * std::sin(2.0 * phi) +
           F * std::cos(2.0 * phi);
  };
  const auto bend = [&](double phi) {
    return -A * std::cos(phi) - B * std::sin(phi) + 2.0 * C * std::cos(2.0 * phi) -
           2.0 * F * std::sin(2.0 * phi);
  };
  // In t = tan(phi/2); from the side whose leading coefficient is larger.
  std::array<double, 5> c{F + B, 4.0 * C - 2.0 * A, -6.0 * F, -(2.0 * A + 4.0 * C), F - B};
  const bool is_reversed = std::abs(c[4]) < std::abs(c[0]);
  if (is_reversed) std::reverse(c.begin(), c.end());
  std::vector<double> angles{0.0, std::numbers::pi};
  if (c[4] != 0.0) {
    Matrix companion = Matrix::Zero(4, 4);
    companion.bottomLeftCorner(3, 3).setIdentity();
    for (Index k = 0; k < 4; ++k) companion(k, 3) = -c[static_cast<std::size_t>(k)] / c[4];
    for (const auto& root : general_eigenvalues(companion))
      angles.push_back(2.0 * (is_reversed ? std::atan2(1.0, root.real()) : std::atan(root.real())));
  } else {
    // F = B = 0: sin phi (2 C cos phi - A) = 0.
    if (std::abs(A) < std::abs(2.0 * C)) angles.push_back(std::acos(A / (2.0 * C)));
  }
  double best = -1.0, best_phi = 0.0;
  constexpr double polish = 1e-2;  // in radians; a longer Newton step is about another root
  for (double phi : angles) {
    for (int step = 0; step < 3; ++step) {
      const double by = slope(phi) / bend(phi);
      if (std::isfinite(by) && std::abs(by) < polish) phi -= by;
    }
    const double norm = (m0 + m1 * std::cos(phi) + m2 * std::sin(phi)).norm();
    if (norm > best) {
      best = norm;
      best_phi = phi;
    }
  }
  Vector alpha(2);
  alpha << std::cos(0.5 * best_phi), std::sin(0.5 * best_phi);
  return alpha;
}

/// A cone of normals spanned by k <= 3 of them, and a bound of |S_nu| over its unit vectors.
struct Cone {
  std::array<Vector, 3> rays;  ///< k, unit, in coordinates of the normal space.
  std::array<double, 3> values{};
  double bound = 0.0;
  bool operator<(const Cone& other) const { return bound < other.bound; }
};

/// The seminorm nu -> |S_nu| is at most the linear form that agrees with it on the rays.
double bound_of(const Cone& cone, const std::vector<int>& members) {
  const auto k = static_cast<Index>(members.size());
  if (k == 1) return cone.values[static_cast<std::size_t>(members[0])];
  Matrix rays(cone.rays[0].size(), k);
  Vector values(k);
  for (Index i = 0; i < k; ++i) {
    const auto member = static_cast<std::size_t>(members[static_cast<std::size_t>(i)]);
    rays.col(i) = cone.rays[member];
    values(i) = cone.values[member];
  }
  // The gradient of the form within the span of the rays; its own direction is where it is largest.
  const Vector weights = solve_square(rays.transpose() * rays, values);
  if ((weights.array() >= 0.0).all()) return (rays * weights).norm();
  double bound = 0.0;
  for (std::size_t out = 0; out < members.size(); ++out) {
    std::vector<int> face = members;
    face.erase(face.begin() + static_cast<std::ptrdiff_t>(out));
    bound = std::max(bound, bound_of(cone, face));
  }
  return bound;
}

/// Largest |S_nu| over all unit normals, m - n = 2 or 3, by halving cones of normals.
struct NormalSearch {
  double value = 0.0;
  double upper = 0.0;
  Vector alpha;  ///< Of the eigenvector at the best normal.
};

NormalSearch search_normals(const ManifoldPoint& point, double known) {
  const Matrix normals = point.normal_basis();
  const Index k = normals.cols();
  std::vector<Matrix> operators;
  for (Index j = 0; j < k; ++j) operators.push_back(point.shape_operator(normals.col(j)));
  NormalSearch result;
  const auto combined = [&](const Vector& ray) {
    Matrix S = ray(0) * operators[0];
    for (Index j = 1; j < k; ++j) S += ray(j) * operators[static_cast<std::size_t>(j)];
    return S;
  };
  Vector best_ray = Vector::Unit(k, 0);
  int looked_at = 0;
  const auto value_of = [&](const Vector& ray) {
    ++looked_at;
    const double value = spectral_norm(combined(ray));
    if (value > result.value) {
      result.value = value;
      best_ray = ray;
    }
    return value;
  };
  std::vector<int> all(static_cast<std::size_t>(k));
  std::iota(all.begin(), all.end(), 0);
  std::priority_queue<Cone> cones;
  for (int signs = 0; signs < (1 << (k - 1)); ++signs) {
    Cone cone;
    for (Index j = 0; j < k; ++j) {
      const double sign = j > 0 && ((signs >> (j - 1)) & 1) != 0 ? -1.0 : 1.0;
      cone.rays[static_cast<std::size_t>(j)] = sign * Vector::Unit(k, j);
      cone.values[static_cast<std::size_t>(j)] = value_of(cone.rays[static_cast<std::size_t>(j)]);
    }
    cone.bound = bound_of(cone, all);
    cones.push(std::move(cone));
  }
  while (cones.top().bound > std::max(result.value, known) * (1.0 + kGap) &&
         looked_at < kMostNormals) {
    const Cone cone = cones.top();
    cones.pop();
    // Halve the widest side.
    std::size_t a = 0, b = 1;
    for (std::size_t i = 0; i < all.size(); ++i)
      for (std::size_t j = i + 1; j < all.size(); ++j)
        if (cone.rays[i].dot(cone.rays[j]) < cone.rays[a].dot(cone.rays[b])) {
          a = i;
          b = j;
        }
    const Vector middle = (cone.rays[a] + cone.rays[b]).normalized();
    const double value = value_of(middle);
    for (const std::size_t replaced : {a, b}) {
      Cone half = cone;
      half.rays[replaced] = middle;
      half.values[replaced] = value;
      half.bound = std::min(cone.bound, bound_of(half, all));
      cones.push(std::move(half));
    }
  }
  result.upper = std::max(cones.top().bound, result.value);
  result.alpha = dominant(combined(best_ray)).vector;
  return result;
}

/// Largest singular value of alpha alpha' -> II(alpha, alpha) over all symmetric matrices; infinity
/// where that is too large to compute.
double spectral_bound(const ManifoldPoint& point) {
  const Index n = point.dimension(), m = point.ambient();
  const Index pairs = n * (n + 1) / 2;
  if (pairs > kMostPairs || pairs * m > kMostNumbers)
    return std::numeric_limits<double>::infinity();
  Matrix columns(m, pairs);
  Index column = 0;
  for (Index a = 0; a < n; ++a)
    for (Index b = a; b < n; ++b)
      columns.col(column++) = (a == b ? 1.0 : std::numbers::sqrt2) *
                              point.second_fundamental_form(Vector::Unit(n, a), Vector::Unit(n, b));
  const double size = columns.cwiseAbs().maxCoeff();
  if (!(size > 0.0)) return 0.0;
  columns /= size;
  return size * std::sqrt(spectral_norm(columns.transpose() * columns));
}

}  // namespace

std::string_view to_string(CurvatureMethod method) noexcept {
  return name_of(kMethodNames, method);
}

std::optional<std::string> CurvatureOptions::invalid_reason() const {
  if (starts <= 0) return "starts must be > 0, got " + std::to_string(starts);
  if (iterations <= 0) return "iterations must be > 0, got " + std::to_string(iterations);
  if (!(tolerance > 0.0)) return "tolerance must be > 0, got " + number(tolerance);
  return std::nullopt;
}

PrincipalCurvatures principal_curvatures(const ManifoldPoint& point, const Vector& normal) {
  const double length = normal.stableNorm();
  const Index n = point.dimension();
  if (!(length > 0.0)) {
    Matrix directions(n, n);
    for (Index j = 0; j < n; ++j) directions.col(j) = point.move(Vector::Unit(n, j));
    return {Vector::Zero(n), directions};
  }
  const SymmetricEigen eigen = symmetric_eigen(point.shape_operator(normal / length));
  PrincipalCurvatures result{eigen.eigenvalues(), Matrix(n, n)};
  for (Index j = 0; j < n; ++j) result.directions.col(j) = point.move(eigen.eigenvectors().col(j));
  return result;
}

LargestCurvature largest_curvature(const ManifoldPoint& point, const CurvatureOptions& options) {
  checked(options);
  LargestCurvature result;
  const Index n = point.dimension(), codimension = point.codimension();
  const double of_patterns = point.pattern_bound();
  result.upper_from = "no second derivative";
  if (codimension == 0 || !(of_patterns > 0.0)) return result;
  Vector alpha;
  result.upper = std::numeric_limits<double>::infinity();
  bool is_exact = true;
  if (n == 1) {
    result.method = CurvatureMethod::curve;
    alpha = Vector::Ones(1);
  } else if (codimension == 1) {
    result.method = CurvatureMethod::hypersurface;
    alpha = dominant(point.shape_operator(point.normal_basis().col(0))).vector;
  } else if (n == 2) {
    result.method = CurvatureMethod::ellipse;
    alpha = farthest_on_ellipse(point);
  } else {
    const Ascent ascent = ascend_from_many(point, Part::normal, options);
    result.method = CurvatureMethod::ascent;
    alpha = ascent.alpha;
    is_exact = false;
    if (codimension <= 3 && n <= kSmallNetwork) {
      const NormalSearch search = search_normals(point, ascent.value);
      result.upper = search.upper;
      result.upper_from = "bounds on cones of normals";
      // Where the search has found more than the ascent, its direction is improved once more.
      long left = options.iterations;
      const Ascent other = ascend(point, Part::normal, search.alpha, options, left);
      if (other.value > ascent.value) alpha = other.alpha;
      is_exact = codimension == 2;
      if (is_exact) result.method = CurvatureMethod::pencil;
    }
  }
  const Vector second = point.second_fundamental_form(alpha, alpha);
  result.value = second.stableNorm();
  result.direction = point.move(alpha);
  if (result.value > 0.0) result.normal = second / result.value;
  if (is_exact) {
    result.upper_from = "the maximum itself";
    // The bounds on cones end with a gap that matters where the maximum is flat.
    result.upper = result.method == CurvatureMethod::pencil ? std::max(result.upper, result.value)
                                                            : result.value;
    return result;
  }
  if (of_patterns < result.upper) {
    result.upper = of_patterns;
    result.upper_from = point.pattern_bound_name();
  }
  const double spectral = spectral_bound(point);
  if (spectral < result.upper) {
    result.upper = spectral;
    result.upper_from = "largest singular value of the second fundamental form";
  }
  result.upper = std::max(result.upper, result.value);
  return result;
}

BatesWatts bates_watts(const ManifoldPoint& point, const LargestCurvature& largest,
                       const CurvatureOptions& options) {
  BatesWatts result;
  result.intrinsic = largest.value;
  result.parameter_effects = ascend_from_many(point, Part::tangential, options).value;
  const double n = static_cast<double>(point.dimension());
  const double freedom = static_cast<double>(point.codimension());
  if (freedom > 0.0) {
    result.rho = point.distance() * std::sqrt(n / freedom);
    result.threshold = 0.5 / std::sqrt(fisher_f_quantile(n, freedom, 0.95));
  }
  return result;
}

}  // namespace tautrack
