#include "tautrack/exhaustive/search.hpp"
namespace tautrack {
std::optional<std::string> SearchOptions::invalid_reason() const { return std::nullopt; }
SearchResult search_exhaustively(const Problem&, const PerceptronOptions&, const SearchOptions&) {
  return {};
}
}  // namespace tautrack
