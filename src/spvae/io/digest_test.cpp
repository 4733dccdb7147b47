#include "spvae/io/digest.h"

#include <gtest/gtest.h>

#include "spvae/core/error_testing.h"
#include "spvae/io/idx_testing.h"

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

TEST(Digest, OfAFileIsThatOfItsContent) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(sha256_of_file(folder.write("file", {'a', 'b', 'c'})), sha256("abc"));
  testing::expect_error(ErrorKind::kNoInput, "missing",
                        [&] { sha256_of_file(folder.path() / "missing"); });
}

}  // namespace
}  // namespace spvae
