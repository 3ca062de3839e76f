#include "io/json.hpp"

#include <algorithm>

#include "tautrack/version.hpp"

namespace tautrack::program {
namespace {

/// Whether the value has no parts that have parts again, but for arrays of scalars: then it stands
/// on one line.
bool fits_one_line(const Json& value) {
  const auto is_scalar = [](const Json& part) { return !part.is_structured() || part.empty(); };
  const auto is_flat = [&](const Json& part) {
    return is_scalar(part) || (part.is_array() && std::all_of(part.begin(), part.end(), is_scalar));
  };
  return is_flat(value) || (value.is_object() && std::all_of(value.begin(), value.end(), is_flat));
}

/// Appends the value, indented, to the text. Bytes that are not UTF-8 become U+FFFD.
void append(const Json& value, std::size_t indent, std::string& out) {
  const auto dump = [](const Json& part) {
    return part.dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  if (fits_one_line(value)) {
    out += dump(value);
    return;
  }
  const std::string blanks(indent + 1, ' ');
  out += value.is_object() ? '{' : '[';
  const char* separator = "\n";
  for (auto part = value.begin(); part != value.end(); ++part) {
    out += separator + blanks;
    separator = ",\n";
    if (value.is_object()) out += dump(part.key()) + ": ";
    append(*part, indent + 1, out);
  }
  out += '\n' + std::string(indent, ' ') + (value.is_object() ? '}' : ']');
}

}  // namespace

Json numbers(const Vector& vector) { return std::vector<double>(vector.begin(), vector.end()); }

std::string json_text(const Json& value) {
  std::string out;
  append(value, 0, out);
  return out + '\n';
}

std::string report_text(const char* command, const std::string& source, const Json& options,
                        const Json& problems) {
  return json_text({{"tautrack", version},
                    {"command", command},
                    {"source", source},
                    {"options", options},
                    {"problems", problems}});
}

}  // namespace tautrack::program
