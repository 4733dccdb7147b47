#include "spvae/io/cifar.h"

#include <gtest/gtest.h>

#include "spvae/core/error_testing.h"
#include "spvae/io/packed_testing.h"

namespace spvae {
namespace {

using testing::Bytes;
using testing::expect_error;
using testing::gzip;
using testing::joined;
using testing::noise;
using testing::xz;

/// Records with these labels and noise for images.
Bytes cifar_file(const Bytes& labels) {
  Bytes file;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    file = joined({file, {labels[i]}, noise(kPlanesSize, static_cast<std::uint32_t>(i))});
  }
  return file;
}

std::vector<Bytes> images_of(const std::filesystem::path& path, std::uint32_t records) {
  std::vector<Bytes> images;
  read_cifar(path, records, [&](std::span<const std::uint8_t> planes) {
    images.emplace_back(planes.begin(), planes.end());
  });
  return images;
}

class Cifar : public ::testing::Test {
 protected:
  void expect_refusal(const Bytes& file, const std::string& part) const {
    expect_error(ErrorKind::kData, part, [&] { images_of(folder_.write("file", file), 3); });
  }

  testing::TemporaryFolder folder_;
  const Bytes file_ = cifar_file({3, 0, 9});
};

TEST_F(Cifar, GivesTheImagesInOrderFromPlainGzipAndXz) {
  for (const Bytes& file : {file_, gzip(file_), xz(file_)}) {
    const std::vector<Bytes> images = images_of(folder_.write("file", file), 3);
    ASSERT_EQ(images.size(), 3u);
    for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(images[i], noise(kPlanesSize, i));
  }
}

TEST_F(Cifar, GivesTheLabelsInOrder) {
  EXPECT_EQ(read_cifar_labels(folder_.write("file", xz(file_)), 3), (Bytes{3, 0, 9}));
  expect_error(ErrorKind::kData, "truncated",
               [&] { read_cifar_labels(folder_.write("file", file_), 4); });
}

TEST_F(Cifar, ReportsTruncation) {
  for (const std::size_t size : {0u, 1u, 3072u, 3073u, 9218u}) {
    const Bytes part(file_.begin(), file_.begin() + static_cast<std::ptrdiff_t>(size));
    const std::string message = "truncated: got " + std::to_string(size);
    expect_refusal(part, message + " bytes, expected 9219 (3 records of 3073)");
    expect_refusal(gzip(part), message + " unpacked bytes");
    expect_refusal(xz(part), message + " unpacked bytes");
  }
  Bytes packed = xz(file_);
  packed.pop_back();
  expect_refusal(packed, "not the end of the xz data");
}

TEST_F(Cifar, ReportsTrailingBytes) {
  expect_refusal(joined({file_, {1}}), "trailing bytes: got more than the 9219 bytes of its 3");
  expect_refusal(xz(cifar_file({1, 2, 3, 4})), "trailing bytes: got more than the 9219 unpacked");
}

TEST_F(Cifar, ReportsAnotherFormatByItsLabels) {
  expect_refusal(cifar_file({3, 10, 9}), "got 10 as the label of record 1, expected 0 to 9");
  expect_refusal(Bytes(20, 'M'), "not a file of CIFAR-10's binary version");
}

TEST_F(Cifar, NamesAMissingFile) {
  expect_error(ErrorKind::kNoInput, "absent", [&] { images_of(folder_.path() / "absent", 3); });
}

}  // namespace
}  // namespace spvae
