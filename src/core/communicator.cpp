#include "tautrack/core/communicator.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "tautrack/core/data_error.hpp"

namespace tautrack {

namespace {

/// What a rank that failed has to say.
struct Failure {
  std::string sentence;
  bool is_of_data = false;
};

/// The sentence of the rank `from`, on every rank.
std::string broadcast_text(Communicator& ranks, const std::string& text, int from) {
  std::array<double, 1> length{static_cast<double>(text.size())};
  ranks.broadcast(length, from);
  std::vector<double> letters(static_cast<std::size_t>(length[0]));
  if (ranks.rank() == from) std::copy(text.begin(), text.end(), letters.begin());
  ranks.broadcast(letters, from);
  std::string result;
  for (const double letter : letters) result += static_cast<char>(letter);
  return result;
}

}  // namespace

void Communicator::together(const std::function<void()>& work) {
  Failure failure;
  std::exception_ptr own;
  try {
    work();
  } catch (const DataError& error) {
    own = std::current_exception();
    failure = {error.what(), true};
  } catch (const std::bad_alloc&) {
    own = std::current_exception();
    failure = {"there is not enough memory", false};
  } catch (const std::exception& error) {
    own = std::current_exception();
    failure = {error.what(), false};
  } catch (...) {
    own = std::current_exception();
    failure = {"unknown exception", false};
  }
  // The first that failed, as a distance from the end.
  std::array<double, 1> distance{own ? static_cast<double>(size() - rank()) : 0.0};
  maximum(distance);
  if (distance[0] == 0.0) return;
  const int first = size() - static_cast<int>(distance[0]);
  std::array<double, 1> is_of_data{failure.is_of_data ? 1.0 : 0.0};
  broadcast(is_of_data, first);
  const std::string sentence = "rank " + std::to_string(first) + " of " + std::to_string(size()) +
                               ": " + broadcast_text(*this, failure.sentence, first);
  if (own) std::rethrow_exception(own);
  if (is_of_data[0] != 0.0) throw DataError(sentence);
  throw std::runtime_error(sentence);
}

}  // namespace tautrack
