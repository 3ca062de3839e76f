#pragma once

#include <algorithm>
#include <concepts>
#include <vector>

#include <doctest/doctest.h>

namespace tautrack::support {

/// Builds for sanitizers and coverage, which are about ten times slower than those for users: there every kind of
/// check is made, on fewer problems.
#ifdef NDEBUG
inline constexpr bool kSlowBuild = false;
#else
inline constexpr bool kSlowBuild = true;
#endif

/// So many random problems, trials or seeds; in slow builds a tenth of them, at least one.
template <std::integral Number>
constexpr Number sampled(Number count) {
  constexpr Number share = 10;
  return kSlowBuild ? std::max(static_cast<Number>(count / share), Number{1}) : count;
}

/// A list of cases; in slow builds every fourth of them.
template <class Case>
std::vector<Case> sampled(std::vector<Case> cases) {
  constexpr std::size_t share = 4;
  if (!kSlowBuild) return cases;
  std::vector<Case> some;
  for (std::size_t i = 0; i < cases.size(); i += share) some.push_back(std::move(cases[i]));
  return some;
}

/// For a test that runs the program once more, or has a comparison that takes a minute there, over code that other tests
/// have reached: not in slow builds.
inline doctest::skip not_in_slow_builds() { return doctest::skip(kSlowBuild); }

}  // namespace tautrack::support
