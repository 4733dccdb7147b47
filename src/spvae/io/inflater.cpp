#include "spvae/io/inflater.h"

#include <algorithm>
#include <new>

namespace spvae::detail {
namespace {

constexpr int kLargestWindow = 15;
constexpr int kGzipOnly = 16;
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;  // zlib counts in 32 bits

}  // namespace

Inflater::Inflater(Format format) {
  const int bits = format == Format::kGzip ? kLargestWindow + kGzipOnly : kLargestWindow;
  if (inflateInit2(&stream_, bits) != Z_OK) throw std::bad_alloc();
}

Inflater::Status Inflater::unpack(std::span<const std::uint8_t>& in, std::span<std::uint8_t>& out) {
  while (!in.empty() && !out.empty()) {
    const auto given = static_cast<unsigned>(std::min(in.size(), kMostAtOnce));
    const auto room = static_cast<unsigned>(std::min(out.size(), kMostAtOnce));
    stream_.next_in = const_cast<std::uint8_t*>(in.data());  // zlib does not write there
    stream_.avail_in = given;
    stream_.next_out = out.data();
    stream_.avail_out = room;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    in = in.subspan(given - stream_.avail_in);
    out = out.subspan(room - stream_.avail_out);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status == Z_STREAM_END) return Status::kEnded;
    if (status != Z_OK) return Status::kDamaged;
  }
  return Status::kGoesOn;
}

}  // namespace spvae::detail
