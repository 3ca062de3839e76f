#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tautrack/network/perceptron.hpp"

/// Independently computed answers (tests/data/reference), to 15 digits and more.
namespace tautrack::reference {

using Json = nlohmann::json;

/// Numbers are given as doubles or as decimal strings.
inline double number(const Json& json) {
  return json.is_string() ? std::strtod(json.get_ref<const std::string&>().c_str(), nullptr)
                          : json.get<double>();
}

inline Vector vector(const Json& json) {
  Vector v(static_cast<Index>(json.size()));
  for (std::size_t i = 0; i < json.size(); ++i) v(static_cast<Index>(i)) = number(json[i]);
  return v;
}

inline Json load(const std::string& name) {
  std::ifstream file(std::string(TAUTRACK_TEST_DATA) + "/reference/" + name + ".json");
  if (!file) throw std::runtime_error("no reference case " + name);
  return Json::parse(file);
}

/// Names of the cases with their own X and y.
inline std::vector<std::string> small_cases() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(TAUTRACK_TEST_DATA) + "/reference"))
    if (entry.path().filename().string().rfind("s", 0) == 0)
      names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());  // the order of a folder is anybody's
  return names;
}

inline Matrix matrix(const Json& rows) {
  Matrix X(static_cast<Index>(rows.size()), static_cast<Index>(rows[0].size()));
  for (std::size_t i = 0; i < rows.size(); ++i)
    X.row(static_cast<Index>(i)) = vector(rows[i]).transpose();
  return X;
}

inline Perceptron perceptron(const Json& json) {
  PerceptronOptions options;
  options.activation = *activation_from_name(json["activation"].get<std::string>());
  return Perceptron(make_problem(matrix(json["X"]), vector(json["y"])), options);
}

inline double relative_error(const Vector& value, const Vector& truth) {
  return (value - truth).norm() / truth.norm();
}

}  // namespace tautrack::reference
