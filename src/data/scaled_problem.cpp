#include "tautrack/data/scaled_problem.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/text.hpp"

namespace tautrack {

namespace {

constexpr double kNarrowest = 1e-150, kWidest = 1e150;  ///< Their squares are normal numbers.

/// Targets in other units, which must be numbers there.
Vector usable_targets(const Vector& y, const OutputScale& scale) {
  Vector scaled = scale.targets(y);
  for (Index i = 0; i < y.size(); ++i)
    if (!std::isfinite(scaled(i)))
      throw DataError("the target " + number(y(i)) + " of row " + std::to_string(i + 1) +
                      " is no finite number in units of the range " + number(scale.low()) +
                      " ... " + number(scale.high()));
  return scaled;
}

/// The width of a range that is fit to be scaled.
double usable_width(const OutputRange& range) {
  if (const auto reason = range.invalid_reason()) throw std::invalid_argument(*reason);
  if (!range.is_known())
    throw std::invalid_argument("targets are scaled to a range of which both ends are numbers");
  const double width = *range.high - *range.low;
  if (!(width >= kNarrowest && width <= kWidest))
    throw std::invalid_argument("the range is " + number(width) +
                                " wide, which is not between 1e-150 and 1e150");
  return width;
}

}  // namespace

OutputScale::OutputScale(const OutputRange& own, const OutputRange& range) {
  const double own_width = usable_width(own), width = usable_width(range);
  is_identity_ = own.low == range.low && own.high == range.high;
  own_low_ = *own.low;
  own_high_ = *own.high;
  low_ = *range.low;
  high_ = *range.high;
  if (is_identity_) return;
  unit_ = width / own_width;
  square_ = unit_ * unit_;
  if (!std::isnormal(square_))
    throw std::invalid_argument("the range is " + number(unit_) +
                                " times as wide as that of the activation, whose square is no "
                                "number of full precision");
}

double OutputScale::target(double y) const noexcept {
  if (is_identity_ || !std::isfinite(y)) return y;
  // From the nearer end, so that the distances to it keep their digits where they can.
  const double width = high_ - low_, own_width = own_high_ - own_low_;
  const bool is_low = y - low_ <= high_ - y;
  const double own = is_low ? own_low_ + own_width * ((y - low_) / width)
                            : own_high_ - own_width * ((high_ - y) / width);
  // Rounding may have moved it to an end, or across one.
  const double end = is_low ? own_low_ : own_high_;
  const double users_end = is_low ? low_ : high_;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (y > users_end) return std::max(own, std::nextafter(end, infinity));
  if (y < users_end) return std::min(own, std::nextafter(end, -infinity));
  return end;
}

Vector OutputScale::targets(const Vector& y) const {
  return y.unaryExpr([this](double one) { return target(one); });
}

double OutputScale::output(double own) const noexcept {
  if (is_identity_) return own;
  return own - own_low_ <= own_high_ - own ? low_ + unit_ * (own - own_low_)
                                           : high_ - unit_ * (own_high_ - own);
}

double OutputScale::ridge(double users) const {
  if (is_identity_ || users == 0.0) return users;
  const double own = users / square_;
  if (!std::isnormal(own))
    throw std::invalid_argument("the ridge " + number(users) + " is out of proportion to a range " +
                                number(high_ - low_) + " wide");
  return own;
}

std::shared_ptr<const Problem> scale_targets(std::shared_ptr<const Problem> given,
                                             const OutputScale& scale) {
  if (scale.is_identity()) return given;
  Problem scaled = *given;
  scaled.y = usable_targets(given->y, scale);
  return std::make_shared<const Problem>(std::move(scaled));
}

SparseProblem scale_targets(const SparseProblem& given, const OutputScale& scale) {
  SparseProblem scaled = given;
  if (scale.is_identity()) return scaled;
  scaled.y = usable_targets(given.y, scale);
  return scaled;
}

std::optional<UnreachableTargets> unreachable_targets(const Vector& y, const OutputRange& range,
                                                      std::size_t most_rows) {
  UnreachableTargets found;
  for (Index i = 0; i < y.size(); ++i) {
    const bool is_below = range.low && y(i) < *range.low;
    const bool is_above = range.high && y(i) > *range.high;
    if (!is_below && !is_above) continue;
    ++found.count;
    found.below = found.below || is_below;
    found.above = found.above || is_above;
    if (found.rows.size() < most_rows) found.rows.push_back(i);
  }
  if (found.count == 0) return std::nullopt;
  found.of = y.size();
  found.lowest = y.minCoeff();
  found.highest = y.maxCoeff();
  return found;
}

}  // namespace tautrack
