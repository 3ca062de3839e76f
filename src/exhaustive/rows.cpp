#include "exhaustive/rows.hpp"

#include <cassert>
#include <cmath>
#include <utility>

#include <Eigen/LU>
#include <boost/multiprecision/cpp_int.hpp>

#include "core/text.hpp"

namespace tautrack::exhaustive {

namespace {

using Rational = boost::multiprecision::cpp_rational;
using RationalMatrix = std::vector<std::vector<Rational>>;

/// Bounds of the data: with them no product that a search forms comes near overflow.
constexpr double kSmallest = 1e-30, kLargest = 1e30;

/// Encloses a rational number: its conversion is to the nearest double.
Interval enclose(const Rational& x) {
  const auto nearest = x.convert_to<double>();
  return {below(nearest), above(nearest)};
}

/// Turns [M | I] into [I | M^-1]; false when M is singular. The sign of det M in `sign`.
bool invert(RationalMatrix& M, int& sign) {
  const std::size_t n = M.size();
  sign = 1;
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    while (pivot < n && M[pivot][k].is_zero()) ++pivot;
    if (pivot == n) {
      sign = 0;
      return false;
    }
    if (pivot != k) {
      std::swap(M[pivot], M[k]);
      sign = -sign;
    }
    if (M[k][k] < 0) sign = -sign;
    const Rational by = M[k][k];
    for (Rational& entry : M[k]) entry /= by;
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k || M[i][k].is_zero()) continue;
      const Rational factor = M[i][k];
      for (std::size_t j = k; j < M[i].size(); ++j) M[i][j] -= factor * M[k][j];
    }
  }
  return true;
}

/// Sign of det for n <= 3 where intervals tell it, else exactly.
int determinant_sign(const std::vector<const double*>& v, int n) {
  const auto at = [&](std::size_t i, std::size_t j) { return Interval(v[i][j]); };
  Interval determinant(-1.0, 1.0);
  if (n == 1) {
    determinant = at(0, 0);
  } else if (n == 2) {
    determinant = at(0, 0) * at(1, 1) - at(0, 1) * at(1, 0);
  } else if (n == 3) {
    determinant = at(0, 0) * (at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)) -
                  at(0, 1) * (at(1, 0) * at(2, 2) - at(1, 2) * at(2, 0)) +
                  at(0, 2) * (at(1, 0) * at(2, 1) - at(1, 1) * at(2, 0));
  }
  const int sign = sign_of(determinant);
  return sign != 0 ? sign : exact_determinant_sign(v, n);
}

}  // namespace

std::optional<std::string> Rows::refusal(const Matrix& X, const Vector& y, const Vector& omega,
                                         double ridge) {
  if (X.cols() > kMaxWeights)
    return "an exhaustive search is for at most " + std::to_string(kMaxWeights) +
           " independent weights, these are " + std::to_string(X.cols());
  const auto usable = [](double x) {
    return x == 0.0 || (std::abs(x) >= kSmallest && std::abs(x) <= kLargest);
  };
  const auto all_usable = [&](const auto& entries) {
    for (Index j = 0; j < entries.cols(); ++j)
      for (Index i = 0; i < entries.rows(); ++i)
        if (!usable(entries(i, j))) return false;
    return true;
  };
  if (!all_usable(X) || !all_usable(y) || !all_usable(omega) || !usable(ridge))
    return "an exhaustive search needs data of sizes between " + number(kSmallest) + " and " +
           number(kLargest);
  return std::nullopt;
}

Rows::Rows(const Matrix& X, const Vector& y, const Vector& omega,
           const std::vector<Interval>& ridge, Activation activation)
    : n_(static_cast<int>(X.cols())), sigmoid_(activation) {
  for (Index j = 0; j < X.cols(); ++j)
    scales_.push_back(std::exp2(-std::round(std::log2(X.col(j).cwiseAbs().maxCoeff()))));
  for (Index i = 0; i < X.rows(); ++i) {
    if (X.row(i).isZero(0.0)) continue;  // its output does not depend on the weights
    ++patterns_;
    for (int j = 0; j < n_; ++j) x_.push_back(X(i, j) * scale(j) * sigmoid_.input());
    factors_.push_back(omega(i) * sigmoid_.square());
    targets_.push_back(sigmoid_.target(y(i)));
    roots_.push_back(sigmoid_.inverse(targets_.back()));
  }
  for (int j = 0; j < n_; ++j) {
    for (int k = 0; k < n_; ++k) x_.push_back(j == k ? 1.0 : 0.0);
    const Interval& factor = ridge[static_cast<std::size_t>(j)];
    linear_.push_back(factor * (scale(j) * scale(j)));
    const bool is_free = factor.upper() == 0.0;
    if (is_free) linear_.back() = 0.0;
    has_ridge_ = has_ridge_ || !is_free;
    roots_.emplace_back(is_free ? std::nullopt : std::optional<Interval>(0.0));
  }
}

int exact_determinant_sign(const std::vector<const double*>& vectors, int n) {
  RationalMatrix M(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < M.size(); ++i)
    for (int j = 0; j < n; ++j) M[i].emplace_back(vectors[i][j]);
  int sign = 0;
  invert(M, sign);
  return sign;
}

namespace {

/// [I | M^-1] for the matrix M of these rows; empty when it is singular.
RationalMatrix rational_inverse(const Rows& rows, const int* members) {
  const auto n = static_cast<std::size_t>(rows.weights());
  RationalMatrix M(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) M[i].emplace_back(rows.row(members[i])[j]);
    for (std::size_t j = 0; j < n; ++j) M[i].emplace_back(i == j ? 1 : 0);
  }
  int sign = 0;
  if (!invert(M, sign)) M.clear();
  return M;
}

}  // namespace

std::optional<std::vector<Interval>> exact_inverse(const Rows& rows, const int* members) {
  const auto n = static_cast<std::size_t>(rows.weights());
  const RationalMatrix M = rational_inverse(rows, members);
  if (M.empty()) return std::nullopt;
  std::vector<Interval> inverse;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) inverse.push_back(enclose(M[i][n + j]));
  return inverse;
}

std::optional<std::vector<Interval>> enclose_inverse(const Rows& rows, const int* members) {
  // Y near M^-1, E = I - Y M, e = |E|_inf < 1: M^-1 - Y = E (I - E)^-1 Y is at most e / (1 - e)
  // times the largest entry of the column of Y.
  using Small = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor, kMaxWeights,
                              kMaxWeights>;
  const int n = rows.weights();
  Small M(n, n);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) M(i, j) = rows.row(members[i])[j];
  // Rows of norm one (to rounding, by powers of two) for the approximate inverse alone.
  Eigen::Array<double, Eigen::Dynamic, 1, 0, kMaxWeights, 1> norms(n);
  for (int i = 0; i < n; ++i) norms(i) = std::exp2(-std::round(std::log2(M.row(i).norm())));
  const Small scaled = norms.matrix().asDiagonal() * M;
  const Eigen::PartialPivLU<Small> lu(scaled);
  const Small Y = lu.inverse() * norms.matrix().asDiagonal();
  if (!Y.allFinite()) return std::nullopt;
  double norm = 0.0;
  for (int i = 0; i < n; ++i) {
    double sum = 0.0;
    for (int j = 0; j < n; ++j) {
      Interval entry(i == j ? 1.0 : 0.0);
      for (int k = 0; k < n; ++k) entry -= Interval(Y(i, k)) * M(k, j);
      sum = above(sum + magnitude(entry));
    }
    norm = std::max(norm, sum);
  }
  if (!(norm < 1e-8)) return std::nullopt;
  std::vector<Interval> inverse;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      inverse.push_back(widened(Y(i, j), 2.0 * norm * Y.col(j).cwiseAbs().maxCoeff()));
  return inverse;
}

const Basis* Bases::find(const std::array<int, kMaxWeights>& members) {
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = known_.try_emplace(members);
  if (is_new) place->second = make(members);
  return place->second.get();
}

std::unique_ptr<Basis> Bases::make(const std::array<int, kMaxWeights>& members) const {
  const int n = rows_.weights();
  auto inverse = enclose_inverse(rows_, members.data());
  if (!inverse) inverse = exact_inverse(rows_, members.data());
  if (!inverse) return nullptr;
  auto basis = std::make_unique<Basis>();
  basis->rows = members;
  basis->inverse = std::move(*inverse);
  RationalMatrix exact;  // made when it is needed
  for (int i = 0; i < rows_.size(); ++i) {
    const auto place = std::find(members.begin(), members.begin() + n, i) - members.begin();
    for (int j = 0; j < n; ++j) {
      Interval c(place == j ? 1.0 : 0.0);
      if (place == n) {
        for (int k = 0; k < n; ++k)
          c += Interval(rows_.row(i)[k]) * basis->inverse[static_cast<std::size_t>(k * n + j)];
        // Rows that are parallel, or so up to rounding, have coefficients that are zero or tiny,
        // and then everything depends on which.
        if (!(width_of(c) <= 1e-10 * mignitude(c))) {
          if (exact.empty()) exact = rational_inverse(rows_, members.data());
          Rational sum = 0;
          for (int k = 0; k < n; ++k)
            sum += Rational(rows_.row(i)[k]) *
                   exact[static_cast<std::size_t>(k)][static_cast<std::size_t>(n + j)];
          c = sum.is_zero() ? Interval(0.0) : enclose(sum);
        }
      }
      basis->coefficients.push_back(c);
      basis->sizes.push_back(std::abs(middle(c)));
    }
  }
  return basis;
}

SignTest::SignTest(const Rows& rows) {
  constexpr double most_work = 4e6;
  constexpr std::size_t most_vectors = 5000;
  const int n = rows.weights();
  std::vector<int> active;
  for (int i = 0; i < rows.size(); ++i)
    if (rows.is_active(i)) active.push_back(i);
  double vectors = 1.0;
  for (int k = 1; k < n; ++k) vectors *= static_cast<double>(active.size() + 1) / k - 1.0;
  if (vectors > static_cast<double>(most_vectors) ||
      vectors * static_cast<double>(active.size()) > most_work)
    return;
  words_ = (static_cast<std::size_t>(rows.size()) + 63) / 64;
  // All n - 1 of the active rows.
  std::vector<std::size_t> chosen;
  for (int k = 0; k + 1 < n; ++k) chosen.push_back(static_cast<std::size_t>(k));
  for (bool more = chosen.empty() || active.size() >= chosen.size(); more;) {
    std::vector<std::uint64_t> positive(words_), negative(words_);
    bool any = false;
    std::vector<const double*> vectors_of;
    for (const std::size_t c : chosen) vectors_of.push_back(rows.row(active[c]));
    vectors_of.push_back(nullptr);
    for (const int i : active) {
      if (std::any_of(chosen.begin(), chosen.end(), [&](std::size_t c) { return active[c] == i; }))
        continue;
      vectors_of.back() = rows.row(i);
      const int sign = determinant_sign(vectors_of, n);
      const auto bit = static_cast<std::size_t>(i);
      if (sign > 0) positive[bit / 64] |= std::uint64_t{1} << (bit % 64);
      if (sign < 0) negative[bit / 64] |= std::uint64_t{1} << (bit % 64);
      any = any || sign != 0;
    }
    if (any) {
      vectors_.insert(vectors_.end(), positive.begin(), positive.end());
      vectors_.insert(vectors_.end(), negative.begin(), negative.end());
      ++count_;
    }
    // The next subset in lexicographic order.
    more = false;
    for (std::size_t k = chosen.size(); k-- > 0;) {
      if (chosen[k] + (chosen.size() - k) < active.size()) {
        ++chosen[k];
        for (std::size_t l = k + 1; l < chosen.size(); ++l) chosen[l] = chosen[l - 1] + 1;
        more = true;
        break;
      }
    }
  }
}

bool SignTest::excludes(const std::vector<int>& signs) const {
  if (count_ == 0) return false;
  constexpr std::size_t most_words = 16;
  if (words_ > most_words) return false;
  std::array<std::uint64_t, most_words> not_positive{}, not_negative{};
  for (std::size_t i = 0; i < signs.size(); ++i) {
    const std::uint64_t bit = std::uint64_t{1} << (i % 64);
    if (signs[i] <= 0) not_positive[i / 64] |= bit;
    if (signs[i] >= 0) not_negative[i / 64] |= bit;
  }
  const std::uint64_t* vector = vectors_.data();
  for (std::size_t k = 0; k < count_; ++k, vector += 2 * words_) {
    std::uint64_t same = 0, opposite = 0;
    for (std::size_t w = 0; w < words_; ++w) {
      const std::uint64_t positive = vector[w], negative = vector[words_ + w];
      same |= (positive & not_positive[w]) | (negative & not_negative[w]);
      opposite |= (positive & not_negative[w]) | (negative & not_positive[w]);
    }
    if (same == 0 || opposite == 0) return true;
  }
  return false;
}

}  // namespace tautrack::exhaustive
