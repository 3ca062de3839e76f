#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "readers.hpp"

using namespace tautrack::fuzz;

TEST_CASE("readers keep their promises for all that fuzzing has found interesting") {
  namespace filesystem = std::filesystem;
  const filesystem::path corpus =
      filesystem::path(TAUTRACK_TEST_DATA).parent_path() / "fuzz/corpus";
  using Reader = void (*)(std::string_view);
  for (const auto& [name, read] : {std::pair<const char*, Reader>{"csv", csv},
                                   {"svmlight", svmlight},
                                   {"manifest", manifest},
                                   {"record", record},
                                   {"targets", targets}}) {
    int files = 0;
    for (const auto& entry : filesystem::directory_iterator(corpus / name)) {
      CAPTURE(entry.path().string());
      std::ifstream stream(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(stream), {}};
      CHECK_NOTHROW(read(text));
      ++files;
    }
    CHECK(files > 0);
  }
}
