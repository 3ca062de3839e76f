#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tautrack::program {

/// Everything one run writes: files named by options, and standard output. All of it appears or
/// nothing does: each file is written to a temporary name in its own directory, and only when every
/// file and standard output have taken their text are the files renamed to their names. Devices and
/// pipes cannot be renamed over; they are written directly. "-", /dev/stdout and their like mean
/// standard output.
///
/// Every member function throws UsageError with the name of the file and the system's reason.
class OutputFiles {
 public:
  /// Takes the next piece of a text.
  using Sink = std::function<void(std::string_view)>;
  /// Makes a text, piece by piece.
  using Writer = std::function<void(const Sink&)>;

  OutputFiles() = default;
  OutputFiles(const OutputFiles&) = delete;
  OutputFiles& operator=(const OutputFiles&) = delete;
  ~OutputFiles();  ///< Removes the temporary files that were not renamed.

  /// Takes note of the file behind the option (such as "--json") and checks that it can be written
  /// and is none of those already named. Returns its number.
  std::size_t add(const std::string& option, const std::string& path);

  /// Refuses outputs that are this input file.
  void protect_input(const std::string& path) const;

  /// Whether a file that was added is standard output, which then carries nothing else.
  [[nodiscard]] bool takes_standard_output() const;

  /// Sets what goes into the file with this number.
  void set_text(std::size_t number, std::string text);

  /// The same for a text that is too long to be kept: `write` is called by publish().
  void set_writer(std::size_t number, Writer write);

  /// Writes everything: the files, and `report` to standard output unless that is one of the files.
  void publish(std::string_view report);

 private:
  enum class Kind { renamed, direct, standard_output };

  struct Output {
    std::string option;
    std::string path;  ///< As the user wrote it.
    Kind kind = Kind::renamed;
    std::filesystem::path target;  ///< Symbolic links followed, for Kind::renamed.
    std::string text;
    Writer write;                  ///< Makes the text, if it is there.
    std::filesystem::path staged;  ///< Temporary file; empty if there is none.
  };

  static void stage(Output& output);
  static int write_text(int descriptor, const Output& output);

  std::vector<Output> outputs_;
};

/// Writes to standard output. @throws UsageError with the system's reason.
void write_standard_output(std::string_view text);

/// Makes sure that the descriptors 0, 1 and 2 are taken, so that no file is ever opened under the
/// number of a standard stream that the caller closed; writing to such a stream then fails as it
/// should.
void occupy_standard_descriptors();

}  // namespace tautrack::program
