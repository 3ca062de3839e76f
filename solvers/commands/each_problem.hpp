#pragma once

#include <cstddef>
#include <functional>

#include "io/data.hpp"

namespace tautrack::program {

/// Calls work(i, within) for each problem i of the data, for several problems at the same time if
/// there are that many threads; `within` of them are for the problem itself. What a call throws is
/// thrown again when all are done, that of the first problem first; a DataError names the source.
void for_each_problem(const Data& data, int threads,
                      const std::function<void(std::size_t, int)>& work);

}  // namespace tautrack::program
