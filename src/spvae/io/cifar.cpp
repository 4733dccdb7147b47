#include "spvae/io/cifar.h"

#include <functional>

#include "spvae/core/error.h"
#include "spvae/io/byte_reader.h"

namespace spvae {
namespace {

constexpr std::size_t kRecordSize = 1 + kPlanesSize;
constexpr std::size_t kMaxLabel = kCifarClasses.size() - 1;

using Record = std::array<std::uint8_t, kRecordSize>;

void read_records(const std::filesystem::path& path, std::uint32_t records,
                  const std::function<void(const Record&)>& take) {
  ByteReader reader(path, "a file of CIFAR-10's binary version");
  const std::uint64_t expected = std::uint64_t{records} * kRecordSize;
  Record record{};
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
    take(record);
  }
  reader.expect_end(fmt::format("{} {} of its {} records", expected, reader.unit(), records));
}

}  // namespace

void read_cifar(const std::filesystem::path& path, std::uint32_t records, const TakePlanes& take) {
  read_records(path, records,
               [&take](const Record& record) { take(std::span(record).last<kPlanesSize>()); });
}

std::vector<std::uint8_t> read_cifar_labels(const std::filesystem::path& path,
                                            std::uint32_t records) {
  std::vector<std::uint8_t> labels;
  read_records(path, records, [&labels](const Record& record) { labels.push_back(record[0]); });
  return labels;
}

}  // namespace spvae
