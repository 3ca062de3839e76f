#include "records/run_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "tautrack/data/dataset.hpp"
#include "tautrack/version.hpp"

#include "io/usage_error.hpp"
#include "io/write_all.hpp"
#include "records/record.hpp"

namespace tautrack::program {
namespace {

namespace filesystem = std::filesystem;

constexpr const char* description_name = "run.json";
constexpr const char* lock_name = "lock";
constexpr const char* records_name = "records-";
constexpr std::string_view curves_name = "curves-";
constexpr auto time_to_disk = std::chrono::seconds(1);

/// Of run.json and of records. Another number: other members, or another meaning.
constexpr int format = 1;

std::string reason_text(int reason) { return std::generic_category().message(reason); }

[[noreturn]] void refuse(const filesystem::path& folder, const std::string& why) {
  throw UsageError(fmt::format("'{}': {}", folder.string(), why));
}

/// A new file with this text that is there whole or not at all, whatever happens.
void write_at_once(const filesystem::path& file, const std::string& text) {
  const filesystem::path staged = file.string() + fmt::format(".{}.tmp", ::getpid());
  const int descriptor = ::open(staged.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  int reason = descriptor < 0 ? errno : write_all(descriptor, text);
  if (reason == 0 && ::fsync(descriptor) != 0) reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (reason == 0 && ::rename(staged.c_str(), file.c_str()) != 0) reason = errno;
  if (reason != 0) {
    ::unlink(staged.c_str());
    throw UsageError(fmt::format("cannot write '{}': {}", file.string(), reason_text(reason)));
  }
  // The name of the file is on the disk when the folder is.
  const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
}

/// run.json, or nothing when there is none.
std::optional<Json> read_description(const filesystem::path& folder) {
  const filesystem::path file = folder / description_name;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    if (!filesystem::exists(file)) return std::nullopt;
    throw UsageError(fmt::format("cannot read '{}': {}", file.string(), reason_text(errno)));
  }
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  Json json = Json::parse(text, nullptr, false);
  const auto is_number = [&](const char* member) {
    return json.contains(member) && json[member].is_number_unsigned();
  };
  const auto is_text = [&](const char* member) {
    return json.contains(member) && json[member].is_string();
  };
  if (!json.is_object() || !is_number("format") || !is_text("tautrack"))
    refuse(folder, fmt::format("its {} is no description of a run", description_name));
  if (json["tautrack"] != version || json["format"] != format)
    refuse(folder,
           fmt::format("this run was made by tautrack {}, and tautrack {} may come to other "
                       "results: finish it with the version that began it",
                       json["tautrack"].get<std::string>(), version));
  if (!is_number("tasks") || !is_text("name") || !is_text("folder") || !json.contains("manifest") ||
      !json.contains("inputs") || !json["inputs"].is_object())
    refuse(folder, fmt::format("its {} is damaged", description_name));
  return json;
}

/// Why a folder that holds a run is not the one that is wanted.
std::string difference(const Json& there, const Json& wanted) {
  for (const auto& [file, digest] : wanted["inputs"].items())
    if (there["inputs"].contains(file) && there["inputs"][file] != digest)
      return fmt::format("it holds a run whose input '{}' had other contents", file);
  if (there["manifest"] != wanted["manifest"])
    return "it holds another run: its data or options are not those asked for now";
  return "it holds another run";
}

}  // namespace

// ----------------------------------------------------------------------------------- RecordIndex

void RecordIndex::add_file(const filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw DataError(fmt::format("cannot read '{}'", file.string()));
  if (files_.size() >> static_cast<unsigned>(file_bits) != 0)
    throw DataError(fmt::format("'{}': too many files of records", file.string()));
  const std::uint64_t number = files_.size() << (64U - file_bits);
  files_.push_back(file);
  std::string line;
  std::uint64_t offset = 0;
  while (std::getline(stream, line)) {
    const bool has_end = !stream.eof();
    const std::optional<std::uint64_t> task = has_end ? task_of_line(line) : std::nullopt;
    if (!task || *task >= tasks()) {
      ++damaged_;
    } else if (!is_done(*task)) {
      places_[*task] = number | offset;
      ++done_;
    }
    offset += line.size() + (has_end ? 1 : 0);
  }
  bytes_ += offset;
}

void RecordIndex::for_each(const std::function<void(std::uint64_t, std::string_view)>& see) const {
  std::vector<std::ifstream> streams;
  for (const filesystem::path& file : files_) {
    streams.emplace_back(file, std::ios::binary);
    if (!streams.back()) throw DataError(fmt::format("cannot read '{}'", file.string()));
  }
  constexpr std::uint64_t offset_mask = none >> static_cast<unsigned>(file_bits);
  std::vector<std::uint64_t> positions(files_.size(), 0);
  std::string line;
  for (std::uint64_t task = 0; task < tasks(); ++task) {
    if (!is_done(task)) continue;
    const std::size_t file = places_[task] >> (64U - file_bits);
    const std::uint64_t offset = places_[task] & offset_mask;
    // Records are nearly in order: most often the next one is where the stream stands already.
    if (positions[file] != offset) streams[file].seekg(static_cast<std::streamoff>(offset));
    if (!std::getline(streams[file], line))
      throw DataError(fmt::format("cannot read '{}' any more", files_[file].string()));
    positions[file] = offset + line.size() + 1;
    see(task, line);
  }
}

// ---------------------------------------------------------------------------------- RecordWriter

RecordWriter::RecordWriter(filesystem::path file) : file_(std::move(file)) {
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(errno);
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) {
    const int reason = errno;
    ::close(descriptor_);
    fail(reason);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

RecordWriter::~RecordWriter() { ::close(descriptor_); }

void RecordWriter::fail(int reason) const {
  throw RecordError(fmt::format("cannot write '{}': {}", file_.string(), reason_text(reason)));
}

void RecordWriter::append(std::string_view lines) {
  bool is_due = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_broken_) fail(EIO);
    if (const int reason = write_all(descriptor_, lines); reason != 0) {
      is_broken_ = ::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0;
      fail(reason);
    }
    size_ += lines.size();
    const Clock::time_point now = Clock::now();
    is_due = now - synchronised_ >= time_to_disk;
    if (is_due) synchronised_ = now;
  }
  if (is_due) synchronise();
}

void RecordWriter::synchronise() {
  // EINVAL: a kind of file that cannot be synchronised.
  if (::fdatasync(descriptor_) != 0 && errno != EINVAL) fail(errno);
}

// ---------------------------------------------------------------------------------- RunDirectory

RunDirectory RunDirectory::make(const filesystem::path& folder, const Json& description) {
  Json full{{"tautrack", version}, {"format", format}};
  full.update(description);
  if (const std::optional<Json> there = read_description(folder)) {
    if (*there != full) refuse(folder, difference(*there, full));
    return {folder, full};
  }
  std::error_code error;
  filesystem::create_directories(folder, error);
  if (error) refuse(folder, "cannot make the folder: " + error.message());
  bool is_empty = true;
  for (const auto& entry : filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    // What a process has left that was killed while it wrote the description.
    if (name.starts_with(description_name) && name.ends_with(".tmp"))
      filesystem::remove(entry.path(), error);
    else
      is_empty = false;
  }
  if (error || !is_empty)
    refuse(folder, "the folder of a run must be a new or an empty one, or hold the same run");
  write_at_once(folder / description_name, json_text(full));
  return {folder, full};
}

RunDirectory RunDirectory::open(const filesystem::path& folder) {
  std::optional<Json> description = read_description(folder);
  if (!description) refuse(folder, fmt::format("there is no run: no {}", description_name));
  return {folder, std::move(*description)};
}

void RunDirectory::lock() const {
  const filesystem::path file = folder_ / lock_name;
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0)
    throw UsageError(fmt::format("cannot write '{}': {}", file.string(), reason_text(errno)));
  // Kept until the process ends, however it ends.
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    ::close(descriptor);
    if (reason == EWOULDBLOCK) refuse(folder_, "another process is working on this run");
    refuse(folder_, "cannot lock the run: " + reason_text(reason));
  }
}

bool RunDirectory::is_locked() const {
  const int descriptor = ::open((folder_ / lock_name).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool is_free = ::flock(descriptor, LOCK_SH | LOCK_NB) == 0;
  const bool is_taken = !is_free && errno == EWOULDBLOCK;
  ::close(descriptor);
  return is_taken;
}

std::vector<filesystem::path> RunDirectory::files(const std::string& beginning) const {
  std::vector<filesystem::path> files;
  std::error_code error;
  for (const auto& entry : filesystem::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(beginning) && name.ends_with(".jsonl")) files.push_back(entry.path());
  }
  if (error)
    throw DataError(fmt::format("cannot read '{}': {}", folder_.string(), error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

void RunDirectory::mend() const {
  std::vector<filesystem::path> all = files(records_name);
  for (filesystem::path& file : files(std::string(curves_name))) all.push_back(std::move(file));
  for (const filesystem::path& file : all) {
    std::error_code error;
    const std::uintmax_t size = filesystem::file_size(file, error);
    std::ifstream stream(file, std::ios::binary);
    // The last line end, looked for from the end.
    std::uintmax_t whole = size;
    for (char last = 0; !error && whole > 0; --whole) {
      stream.seekg(static_cast<std::streamoff>(whole - 1));
      if (!stream.get(last) || last == '\n') break;
    }
    if (!error && stream && whole != size) filesystem::resize_file(file, whole, error);
    if (error || !stream)
      throw RecordError(fmt::format("cannot mend '{}': {}", file.string(),
                                    error ? error.message() : "it cannot be read"));
  }
}

RecordIndex RunDirectory::records() const {
  RecordIndex index(description_["tasks"].get<std::uint64_t>());
  for (const filesystem::path& file : files(records_name)) index.add_file(file);
  return index;
}

filesystem::path RunDirectory::record_file(int rank) const {
  return folder_ / fmt::format("{}{}.jsonl", records_name, rank);
}

std::vector<filesystem::path> RunDirectory::curve_files(std::uint64_t task) const {
  return files(fmt::format("{}{}-", curves_name, task));
}

filesystem::path RunDirectory::curve_file(std::uint64_t task, int rank) const {
  return folder_ / fmt::format("{}{}-{}.jsonl", curves_name, task, rank);
}

void RunDirectory::remove_curves(std::uint64_t task) const {
  std::error_code ignored;  // What stays is removed when the run is taken up again.
  for (const filesystem::path& file : curve_files(task)) filesystem::remove(file, ignored);
}

void RunDirectory::remove_curves(const RecordIndex& finished) const {
  for (const filesystem::path& file : files(std::string(curves_name))) {
    const std::string name = file.filename().string();
    std::uint64_t task = finished.tasks();
    std::from_chars(name.data() + curves_name.size(), name.data() + name.size(), task);
    std::error_code ignored;
    if (task < finished.tasks() && finished.is_done(task)) filesystem::remove(file, ignored);
  }
}

}  // namespace tautrack::program
