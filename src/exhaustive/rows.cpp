#include "exhaustive/rows.hpp"

#include <cassert>
#include <cmath>
#include <utility>

#include "core/text.hpp"

namespace tautrack::exhaustive {

namespace {

/// Bounds of the data: with them no product that a search forms comes near overflow.
constexpr double kSmallest = 1e-30, kLargest = 1e30;

/// Coefficients wider than this, relative to themselves, are computed in rational numbers.
constexpr double kWide = 1e-10;

/// Bases that are remembered.
constexpr std::size_t kMostKnown = 4096;

}  // namespace

Vector standard_deviations(const Matrix& X, const Vector& omega) {
  const Eigen::RowVectorXd mean = omega.transpose() * X / omega.sum();
  const Matrix centred = X.rowwise() - mean;
  return (centred.cwiseAbs2().transpose() * omega / omega.sum()).cwiseSqrt();
}

std::optional<std::string> Rows::refusal(const Matrix& X, const Vector& y, const Vector& omega,
                                         const Vector& offset, double ridge) {
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
  if (!all_usable(X) || !all_usable(y) || !all_usable(omega) || !all_usable(offset) ||
      !usable(ridge))
    return "an exhaustive search needs data of sizes between " + number(kSmallest) + " and " +
           number(kLargest);
  return std::nullopt;
}

Rows::Rows(const Matrix& X, const Vector& y, const Vector& omega, const Vector& offset,
           const std::vector<Interval>& ridge, const proof::Sigmoid& sigmoid)
    : n_(static_cast<int>(X.cols())), sigmoid_(sigmoid), has_offset_(offset.size() > 0) {
  for (Index j = 0; j < X.cols(); ++j)
    scales_.push_back(std::exp2(-std::round(std::log2(X.col(j).cwiseAbs().maxCoeff()))));
  for (Index i = 0; i < X.rows(); ++i) {
    if (X.row(i).isZero(0.0)) continue;  // its output does not depend on the weights
    ++patterns_;
    for (int j = 0; j < n_; ++j) x_.push_back(X(i, j) * scale(j) * sigmoid_.input());
    factors_.push_back(omega(i) * sigmoid_.square());
    targets_.push_back(sigmoid_.target(y(i)));
    roots_.push_back(sigmoid_.inverse(targets_.back()));
    if (!has_offset_) continue;
    offsets_.push_back(Interval(offset(i)) * sigmoid_.input());
    if (roots_.back()) *roots_.back() -= offsets_.back();
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

proof::RowPointers Rows::pointers(const std::array<int, kMaxWeights>& members) const {
  proof::RowPointers result;
  for (std::size_t k = 0; k < static_cast<std::size_t>(n_); ++k) result.push_back(row(members[k]));
  return result;
}

BasisPointer Bases::find(const std::array<int, kMaxWeights>& members) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = known_.find(members); known != known_.end()) return known->second;
  }
  // Not in the lock: another thread may make the same one, and then the first is kept.
  BasisPointer basis = make(members);
  const std::lock_guard lock(mutex_);
  // All are forgotten when there are many, since others are asked for by then.
  if (known_.size() >= kMostKnown) known_.clear();
  return known_.try_emplace(members, std::move(basis)).first->second;
}

BasisPointer Bases::make(const std::array<int, kMaxWeights>& members) const {
  const int n = rows_.weights();
  const proof::RowPointers pointers = rows_.pointers(members);
  auto inverse = proof::enclose_inverse(pointers);
  if (!inverse) return nullptr;
  auto basis = std::make_shared<Basis>();
  basis->rows = members;
  basis->inverse = std::move(*inverse);
  std::optional<proof::ExactInverse> exact;  // made when it is needed
  for (int i = 0; i < rows_.size(); ++i) {
    const auto place = std::find(members.begin(), members.begin() + n, i) - members.begin();
    for (int j = 0; j < n; ++j) {
      Interval c(place == j ? 1.0 : 0.0);
      if (place == n) {
        for (int k = 0; k < n; ++k)
          c += Interval(rows_.row(i)[k]) * basis->inverse[static_cast<std::size_t>(k * n + j)];
        // Rows that are parallel, or so up to rounding, have coefficients that are zero or tiny,
        // and then everything depends on which.
        if (!(width_of(c) <= kWide * mignitude(c))) {
          if (!exact) exact.emplace(pointers);
          c = exact->product(rows_.row(i), j);
        }
      }
      basis->coefficients.push_back(c);
      basis->sizes.push_back(std::abs(middle(c)));
      basis->middles.push_back(middle(c));
      if (magnitude(c) > 0.0)
        basis->uncertainty =
            std::max(basis->uncertainty, above(magnitude(c - middle(c)) / mignitude(c)));
    }
  }
  return basis;
}

SignTest::SignTest(const Rows& rows, const StopCondition& stop) {
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
  for (bool more = chosen.empty() || active.size() >= chosen.size(); more && !stop.is_met();) {
    std::vector<std::uint64_t> positive(words_), negative(words_);
    bool any = false;
    proof::RowPointers vectors_of;
    for (const std::size_t c : chosen) vectors_of.push_back(rows.row(active[c]));
    vectors_of.push_back(nullptr);
    for (const int i : active) {
      if (std::any_of(chosen.begin(), chosen.end(), [&](std::size_t c) { return active[c] == i; }))
        continue;
      vectors_of.back() = rows.row(i);
      const int sign = proof::determinant_sign(vectors_of);
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
