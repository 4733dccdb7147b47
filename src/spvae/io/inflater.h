#pragma once

#include <zlib.h>

#include <cstdint>
#include <span>

namespace spvae::detail {

/// One stream of DEFLATE data, taken and given piece by piece. Memory does not depend on the data.
class Inflater {
 public:
  enum class Format { kZlib, kGzip };
  enum class Status { kGoesOn, kEnded, kDamaged };

  explicit Inflater(Format format);
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Unpacks from `in` into `out` and cuts off from both what was used, until one of them is empty
  /// or the stream ends. kEnded once its end mark and check sum were read.
  Status unpack(std::span<const std::uint8_t>& in, std::span<std::uint8_t>& out);
  /// What is wrong with damaged data.
  const char* fault() const { return stream_.msg != nullptr ? stream_.msg : "no end of a block"; }
  /// Begins another stream of the same format.
  void restart() { inflateReset(&stream_); }

 private:
  z_stream stream_{};
};

}  // namespace spvae::detail
