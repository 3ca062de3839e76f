#pragma once

#include <cmath>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <string>
#include <vector>

#include "tautrack/core/types.hpp"

#include "io/json.hpp"

/// Numbers and reports between C++ and Python.
namespace tautrack::python {

namespace py = pybind11;
using program::Json;

/// Arrays of numbers of any type and order become such ones.
using Array = py::array_t<double, py::array::c_style | py::array::forcecast>;

/// @pre One dimension.
[[nodiscard]] inline Vector to_vector(const Array& array) {
  return Eigen::Map<const Vector>(array.data(), array.size());
}

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Looks at the numbers where they are. @pre Two dimensions.
[[nodiscard]] inline Eigen::Map<const RowMajor> rows_of(const Array& array) {
  return {array.data(), array.shape(0), array.shape(1)};
}

[[nodiscard]] inline py::array_t<double> to_numpy(const Vector& vector) {
  return py::array_t<double>(vector.size(), vector.data());
}

[[nodiscard]] inline py::array_t<double> to_numpy(const Matrix& matrix) {
  py::array_t<double> array({matrix.rows(), matrix.cols()});
  Eigen::Map<RowMajor>(array.mutable_data(), matrix.rows(), matrix.cols()) = matrix;
  return array;
}

[[nodiscard]] inline py::str to_str(std::string_view text) {
  // As in JSON texts: bytes that are not UTF-8 become U+FFFD.
  return py::reinterpret_steal<py::str>(
      PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "replace"));
}

/// What Python's module json would read from the text of the value: numbers that are not finite are None.
[[nodiscard]] inline py::object to_python(const Json& value) {
  switch (value.type()) {
    case Json::value_t::object: {
      py::dict dict;
      for (auto entry = value.begin(); entry != value.end(); ++entry)
        dict[to_str(entry.key())] = to_python(*entry);
      return dict;
    }
    case Json::value_t::array: {
      py::list list(value.size());
      for (std::size_t i = 0; i < value.size(); ++i) list[i] = to_python(value[i]);
      return list;
    }
    case Json::value_t::string:
      return to_str(value.get_ref<const std::string&>());
    case Json::value_t::boolean:
      return py::bool_(value.get<bool>());
    case Json::value_t::number_integer:
      return py::int_(value.get<std::int64_t>());
    case Json::value_t::number_unsigned:
      return py::int_(value.get<std::uint64_t>());
    case Json::value_t::number_float:
      if (std::isfinite(value.get<double>())) return py::float_(value.get<double>());
      return py::none();
    default:
      return py::none();
  }
}

}  // namespace tautrack::python
