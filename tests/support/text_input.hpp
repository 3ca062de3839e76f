#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/data/dataset.hpp"

/// What tests of the readers of data have in common.
namespace tautrack::support {

/// The sentence with which the action fails, or "accepted".
template <typename Action>
std::string complaint(const Action& action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

/// The entries of a vector, for comparisons.
inline std::vector<double> entries(const Vector& vector) { return {vector.begin(), vector.end()}; }

/// A file that exists as long as this object.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content) {
    std::random_device random;
    path_ = (std::filesystem::temp_directory_path() /
             ("tautrack_data_test_" + std::to_string(random()) + std::to_string(random())))
                .string();
    std::ofstream file(path_, std::ios::binary);
    file << content;
    file.close();
    REQUIRE(file.good());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// One of the texts with up to six random changes. @param below below(n) is a random number under n.
template <class Below>
std::string mutated(const std::vector<std::string>& seeds, const std::string& alphabet,
                    const Below& below) {
  std::string text = seeds[below(seeds.size())];
  const std::size_t mutations = 1 + below(6);
  for (std::size_t mutation = 0; mutation < mutations; ++mutation) {
    const std::size_t position = below(text.size() + 1);
    const std::size_t length = below(5);
    const std::string& other = seeds[below(seeds.size())];
    const std::size_t kind = below(6);
    if (kind == 0) text.insert(position, 1, alphabet[below(alphabet.size())]);
    if (kind == 1) text.insert(position, 1, static_cast<char>(below(256)));
    if (kind == 2) text.erase(position, length);
    if (kind == 3) text.insert(position, text.substr(position, length));
    if (kind == 4) text.insert(position, other.substr(below(other.size() + 1), 3 * length));
    if (kind == 5 && position < text.size()) text[position] = alphabet[below(alphabet.size())];
  }
  return text;
}

}  // namespace tautrack::support
