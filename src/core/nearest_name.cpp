#include "tautrack/core/nearest_name.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace tautrack {
namespace {

/// Without the dashes of an option, in lower case, '_' as '-'.
std::string plain_name(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
  std::string plain(name);
  for (char& c : plain) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '_') c = '-';
  }
  return plain;
}

/// How many letters must be put in, left out, replaced or exchanged with their neighbours to make one
/// text of the other (optimal string alignment).
std::size_t spelling_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> last(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      next[j] =
          std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        next[j] = std::min(next[j], last[j - 2] + 1);
    }
    last.swap(row);
    row.swap(next);
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view word, const std::vector<std::string>& names) {
  constexpr std::size_t longest_word = 64;  // Whatever is longer is no misspelling.
  constexpr std::size_t shortest_beginning = 3;
  const std::string misspelt = plain_name(word);
  if (misspelt.empty() || misspelt.size() > longest_word) return {};
  std::string best;
  std::size_t least = 0;
  for (const std::string& name : names) {
    const std::string known = plain_name(name);
    const std::size_t allowed =
        std::max<std::size_t>(1, std::min(misspelt.size(), known.size()) / 3);
    std::size_t distance = spelling_distance(misspelt, known);
    const bool is_beginning = misspelt.size() >= shortest_beginning && known.starts_with(misspelt);
    if (is_beginning) distance = std::min<std::size_t>(distance, 1);
    // One letter alone is like any other.
    if (distance > allowed || distance >= known.size()) continue;
    if (best.empty() || distance < least) {
      best = name;
      least = distance;
    }
  }
  return best;
}

}  // namespace tautrack
