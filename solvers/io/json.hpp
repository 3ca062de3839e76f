#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tautrack/core/types.hpp"

#include "io/json_fwd.hpp"

namespace tautrack::program {

/// An array of numbers.
[[nodiscard]] Json numbers(const Vector& vector);

/// The value, or null without one.
template <class T>
[[nodiscard]] Json value_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

/// Makes an object field by field. For what is made once a task of a long batch: a list in braces makes an array of each
/// pair first, which takes four times as long.
class Fields {
 public:
  /// @param count How many there will be.
  explicit Fields(std::size_t count) { fields_.reserve(count); }

  template <class Value>
  Fields& add(const char* name, Value&& value) {
    fields_.emplace_back(name, Json(std::forward<Value>(value)));
    return *this;
  }

  /// The object, with what was added until now; none of it is left here.
  [[nodiscard]] Json json() { return Json(std::move(fields_)); }

 private:
  Json::object_t fields_;
};

/// The report of a subcommand on all problems of its data, as text.
[[nodiscard]] std::string report_text(const char* command, const std::string& source,
                                      const Json& options, const Json& problems);

/// The value as indented text with a line end. Bytes that are not UTF-8 become U+FFFD, numbers that
/// are not finite null.
[[nodiscard]] std::string json_text(const Json& value);

}  // namespace tautrack::program
