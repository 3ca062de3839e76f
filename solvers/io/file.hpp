#pragma once

#include <cstdio>
#include <memory>

namespace tautrack::program {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// A file of the C library, closed where it goes out of scope.
using File = std::unique_ptr<std::FILE, CloseFile>;

}  // namespace tautrack::program
