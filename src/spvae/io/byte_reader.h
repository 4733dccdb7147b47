#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace spvae {

/// Error(kNoInput) for a folder, a pipe and a device, which cannot be read twice; `wanted` says for
/// messages what the file should be: "an IDX file". What is missing passes.
void refuse_irregular_file(const std::filesystem::path& path, std::string_view wanted);

/// A file's bytes in order, unpacked when they are gzip (one member or several) or xz (one stream
/// or several, any filters). Which of them, its first bytes tell, whatever its name. Memory is
/// bounded: below 100 KB, for xz below 160 MB.
class ByteReader {
 public:
  /// Errors as refuse_irregular_file; Error(kNoInput) for what cannot be opened, Error(kIo) if
  /// reading fails.
  ByteReader(const std::filesystem::path& path, std::string_view wanted);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  /// Fills `out` and returns how many bytes it could: fewer only at the end. Throws Error(kData)
  /// for damaged data and for xz data that need more memory, Error(kIo) if reading fails.
  std::size_t read(std::span<std::uint8_t> out);

  /// To be called when all that was expected has been read. Error(kData) if other bytes follow, or
  /// if the packed data do not reach their end mark. `content` says for messages what was read.
  void expect_end(const std::string& content);

  /// The file's name, for messages.
  std::string name() const { return path_.string(); }
  /// For messages: what kind of bytes read() counts, "bytes" or "unpacked bytes".
  const char* unit() const;

  /// Where the bytes come from.
  class Source;

 private:
  std::filesystem::path path_;
  std::unique_ptr<Source> source_;
};

}  // namespace spvae
