#include "spvae/io/digest.h"

#include <gtest/gtest.h>

#include "spvae/core/error_testing.h"
#include "spvae/io/packed_testing.h"

namespace spvae {
namespace {

TEST(Digest, GivesTheExamplesOfTheStandard) {  // FIPS 180-2, appendix B
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, OfAFileIsThatOfItsContentPackedOrNot) {
  const testing::TemporaryFolder folder;
  const testing::Bytes abc = {'a', 'b', 'c'};
  for (const testing::Bytes& file : {abc, testing::gzip(abc), testing::xz(abc)}) {
    const ContentDigest digest = digest_of_content(folder.write("file", file));
    EXPECT_EQ(digest.sha256, sha256("abc"));
    EXPECT_EQ(digest.size, 3u);
  }
  const testing::Bytes large = testing::noise(200000);
  EXPECT_EQ(digest_of_content(folder.write("file", testing::gzip(large))).sha256,
            sha256({reinterpret_cast<const char*>(large.data()), large.size()}));
}

TEST(Digest, OfAMissingOrTruncatedFileIsAnError) {
  const testing::TemporaryFolder folder;
  testing::expect_error(ErrorKind::kNoInput, "missing",
                        [&] { digest_of_content(folder.path() / "missing"); });
  testing::Bytes packed = testing::gzip({1, 2, 3});
  packed.pop_back();
  testing::expect_error(ErrorKind::kData, "truncated: got 3 unpacked bytes, but not the end",
                        [&] { digest_of_content(folder.write("file", packed)); });
}

}  // namespace
}  // namespace spvae
