#include "spvae/io/cifar.h"

#include <array>

#include "spvae/core/error.h"
#include "spvae/io/byte_reader.h"

namespace spvae {
namespace {

constexpr std::size_t kRecordSize = 1 + kPlanesSize;
constexpr int kMaxLabel = 9;

}  // namespace

void read_cifar(const std::filesystem::path& path, std::uint32_t records, const TakePlanes& take) {
  ByteReader reader(path, "a file of CIFAR-10's binary version");
  const std::uint64_t expected = std::uint64_t{records} * kRecordSize;
  std::array<std::uint8_t, kRecordSize> record{};
  for (std::uint32_t i = 0; i < records; ++i) {
    const std::size_t got = reader.read(record);
    if (got > 0 && record[0] > kMaxLabel) {
      fail(
          ErrorKind::kData,
          "{}: not a file of CIFAR-10's binary version: got {} as the label of record {}, expected "
          "0 to {}; give one, or fetch it again",
          reader.name(), record[0], i, kMaxLabel);
    }
    if (got < kRecordSize) {
      fail(ErrorKind::kData,
           "{}: truncated: got {} {}, expected {} ({} records of {}); fetch it again",
           reader.name(), std::uint64_t{i} * kRecordSize + got, reader.unit(), expected, records,
           kRecordSize);
    }
    take(std::span<const std::uint8_t>(record).last<kPlanesSize>());
  }
  reader.expect_end(fmt::format("{} {} of its {} records", expected, reader.unit(), records));
}

}  // namespace spvae
