#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tautrack/data/dataset.hpp"
#include "tautrack/data/svmlight.hpp"
#include "tautrack/data/zero_doses.hpp"

#include "io/command.hpp"
#include "io/data.hpp"
#include "io/options.hpp"
#include "io/usage_error.hpp"
#include "python/convert.hpp"

/// What Python hands over becomes the requests and data of the program.
namespace tautrack::python {

/// Names of options, with their dashes, and texts of their values, as on a command line.
using Given = std::vector<std::pair<std::string, std::string>>;

/// Requests of one subcommand. The command, whose options refer to a request, is made once.
template <class Request>
class Requests {
 public:
  explicit Requests(program::Command (*command)(Request&))
      : command_(command(request_)), initial_(request_) {}

  /// The request that a command line with these options makes. With the GIL.
  /// @throws UsageError in the words of the program.
  [[nodiscard]] Request read(const Given& given) {
    if (given.empty()) return initial_;
    request_ = initial_;
    for (const program::Option& option : command_.options())
      for (const auto& [name, text] : given) {
        if (name != option.name) continue;
        if (const std::optional<std::string> reason = option.take(text))
          throw program::UsageError(fmt::format("{}: {}", name, *reason));
      }
    return request_;
  }

  /// Names of all options that stand for themselves, and the defaults that the help of the program has.
  [[nodiscard]] py::dict defaults() const {
    py::dict dict;
    for (const program::Option& option : command_.options())
      dict[to_str(option.name)] = to_str(option.default_text);
    return dict;
  }

 private:
  Request request_;
  program::Command command_;
  Request initial_;  ///< A command may set what is not the default of its parts.
};

/// Inputs and targets from Python.
struct Inputs {
  Array X;             ///< L x s without bias; or the entries of `indices`, if that is there.
  py::object indices;  ///< None, or of a CSR matrix: (indices, indptr, columns).
  Array Y;             ///< L x K
  std::vector<std::string> names;    ///< K, of the targets.
  std::vector<std::string> columns;  ///< s, of the inputs; empty: x1, x2, ...
  Array pattern_weights;             ///< L, or empty.
  bool bias = true;                  ///< Append a column of ones.
};

namespace detail {

inline std::vector<std::string> all_columns(const Inputs& inputs, Index s) {
  std::vector<std::string> columns = inputs.columns;
  if (columns.empty())
    for (Index column = 1; column <= s; ++column) columns.push_back('x' + std::to_string(column));
  if (inputs.bias) columns.emplace_back("(bias)");
  return columns;
}

inline SparseMatrix sparse_matrix(const Inputs& inputs) {
  const auto parts = inputs.indices.cast<py::tuple>();
  const auto indices = parts[0].cast<py::array_t<int, py::array::c_style | py::array::forcecast>>();
  const auto indptr = parts[1].cast<py::array_t<int, py::array::c_style | py::array::forcecast>>();
  const auto s = parts[2].cast<int>();
  const auto rows = static_cast<int>(indptr.size()) - 1;
  const int more = inputs.bias ? 1 : 0;
  SparseMatrix X(rows, s + more);
  X.reserve(inputs.X.size() + (inputs.bias ? rows : 0));
  for (int row = 0; row < rows; ++row) {
    X.startVec(row);
    for (int k = indptr.at(row); k < indptr.at(row + 1); ++k)
      X.insertBack(row, indices.at(k)) = inputs.X.at(k);
    if (inputs.bias) X.insertBack(row, s) = 1.0;
  }
  X.finalize();
  return X;
}

}  // namespace detail

/// The inputs with their bias column.
[[nodiscard]] inline Matrix with_bias(const Array& X, bool bias) {
  Matrix all(X.shape(0), X.shape(1) + (bias ? 1 : 0));
  all.leftCols(X.shape(1)) = rows_of(X);
  if (bias) all.rightCols(1).setOnes();
  return all;
}

/// The problems of these inputs, one for each target. Sparse ones stay sparse under the conditions of the program.
/// @throws DataError
[[nodiscard]] inline program::Data make_data(const Inputs& inputs,
                                             const program::NetworkRequest& request) {
  program::Data data;
  const auto targets = rows_of(inputs.Y);
  const Vector weights = to_vector(inputs.pattern_weights);
  const auto count = static_cast<std::size_t>(targets.cols());
  constexpr const char* source = "arrays";
  if (!inputs.indices.is_none()) {
    const auto X = std::make_shared<const SparseMatrix>(detail::sparse_matrix(inputs));
    SparseDataset sparse{source, {}};
    for (std::size_t k = 0; k < count; ++k) {
      SparseProblem problem{inputs.names[k], {},         X, targets.col(static_cast<Index>(k)),
                            weights,         inputs.bias};
      if (!inputs.columns.empty())
        problem.columns = detail::all_columns(inputs, X->cols() - (inputs.bias ? 1 : 0));
      check(problem);
      sparse.problems.push_back(std::move(problem));
    }
    if (!request.matrix_free && program::is_small(sparse))
      data.dense = program::to_dense(sparse);
    else
      data.sparse = std::move(sparse);
    return data;
  }
  data.dense.source = source;
  const Matrix X = with_bias(inputs.X, inputs.bias);
  const std::vector<std::string> columns = detail::all_columns(inputs, inputs.X.shape(1));
  for (std::size_t k = 0; k < count; ++k) {
    Problem problem{inputs.names[k], columns, X, targets.col(static_cast<Index>(k)), weights};
    if (request.dataset.zero_doses)
      check_with_zero_doses(problem);
    else
      check(problem);
    data.dense.problems.push_back(std::move(problem));
  }
  if (request.matrix_free) {
    data.sparse = program::to_sparse(data.dense);
    data.dense = {};
  }
  return data;
}

/// A sentence of the program with options called as they are in Python: --max-steps is max_steps.
[[nodiscard]] inline std::string in_python(const std::string& sentence) {
  static const std::vector<std::pair<std::string, std::string>> others{
      {"no-bias", "bias=False"},
      {"no-certify", "certify=False"},
      {"no-exhaustive", "exhaustive=False"},
      {"outputs", "y of several columns"}};
  std::string text;
  for (std::size_t i = 0; i < sentence.size();) {
    const bool is_option = sentence.compare(i, 2, "--") == 0 && i + 2 < sentence.size() &&
                           std::islower(static_cast<unsigned char>(sentence[i + 2])) != 0;
    if (!is_option) {
      text += sentence[i++];
      continue;
    }
    std::size_t end = i += 2;
    while (end < sentence.size() &&
           (std::islower(static_cast<unsigned char>(sentence[end])) != 0 || sentence[end] == '-'))
      ++end;
    std::string name = sentence.substr(i, end - i);
    i = end;
    const auto other = std::find_if(others.begin(), others.end(),
                                    [&](const auto& pair) { return pair.first == name; });
    if (other != others.end())
      name = other->second;
    else
      std::replace(name.begin(), name.end(), '-', '_');
    text += name;
  }
  return text;
}

}  // namespace tautrack::python
