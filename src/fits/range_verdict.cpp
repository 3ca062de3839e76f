#include "fits/range_verdict.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "core/text.hpp"

namespace tautrack::fits {
namespace {

/// Energies nearer than this, relative, are not told apart.
constexpr double kTiedEnergy = 1e-10;

/// What runs off is below what is known when it is so by this, relative: on its way it may not have come to its limit.
constexpr double kBelow = 1e-6;

/// A minimum or a limit, for comparing them.
struct Infimum {
  double energy = 0.0;
  std::optional<std::size_t> point;  ///< Into the list; nothing for a limit.
  const std::string* words = nullptr;
};

}  // namespace

std::string counted(std::size_t number, const char* one, const char* many) {
  return std::to_string(number) + ' ' + (number == 1 ? one : many);
}

void judge_fitted_range(AllFits& fits, std::vector<NamedLimit> limits, bool complete,
                        double lowest_off) {
  std::stable_sort(limits.begin(), limits.end(), [](const NamedLimit& a, const NamedLimit& b) {
    return a.point.energy < b.point.energy;
  });
  std::vector<Infimum> infima;
  std::size_t minima = 0, undecided = 0;
  for (std::size_t i = 0; i < fits.points.size(); ++i) {
    if (fits.points[i].kind != StationaryKind::minimum) continue;
    ++minima;
    infima.push_back({fits.points[i].energy, i, nullptr});
  }
  for (NamedLimit& limit : limits) {
    if (!limit.point.local_infimum) ++undecided;
    infima.push_back({limit.point.energy, {}, &limit.words});
    fits.at_infinity.push_back(std::move(limit.point));
  }
  std::stable_sort(infima.begin(), infima.end(),
                   [](const Infimum& a, const Infimum& b) { return a.energy < b.energy; });
  const std::size_t proper = limits.size() - undecided + fits.unlisted_limits;
  if (infima.empty()) {
    fits.global_reason = "no minimum and no limit is known";
    fits.unique_reason = fits.global_reason;
    return;
  }
  const Infimum& best = infima.front();
  const bool tied = infima.size() > 1 && infima[1].energy - best.energy <=
                                             kTiedEnergy * std::max(best.energy, kTiedEnergy);
  fits.global_is_proven = complete && undecided == 0 && !tied;
  const char* but = fits.global_is_proven ? "" : ", of what is known";
  if (best.point) {
    fits.global_minimum = static_cast<int>(*best.point);
    fits.global_reason = std::string("a finite fit is the best") + but;
  } else {
    fits.infimum_at_infinity = true;
    fits.global_reason = "no finite fit is the best" + std::string(but) + ": " + *best.words +
                         ", E = " + number(best.energy);
  }
  if (tied) fits.global_reason += "; another has the same energy to rounding";
  const std::string found =
      minima + proper == 1 && proper == 1
          ? "one infimum, which is not attained: " + *best.words
          : counted(minima, "minimum", "minima") + " with finite weights" +
                (proper > 0 ? " and " + counted(proper, "limit that is an infimum",
                                                "limits that are infima")
                            : "");
  if (minima + proper >= 2) {
    fits.unique = Answer::no;
    fits.unique_reason = found;
  } else if (complete && undecided == 0) {
    fits.unique = Answer::yes;
    fits.unique_reason = "the list is complete: " + found;
  } else {
    fits.unique = Answer::unknown;
    fits.unique_reason = found + ", and no proof that there is no other";
  }
  if (lowest_off < best.energy - kBelow * best.energy) {
    fits.global_minimum.reset();
    fits.infimum_at_infinity = false;  // of a limit in the list
    fits.global_reason = "descents ran off to E = " + number(lowest_off) +
                         ", below all that is known, and their limit is not decided";
  }
}

}  // namespace tautrack::fits
