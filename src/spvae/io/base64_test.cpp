#include "spvae/io/digest.h"

#include <gtest/gtest.h>

namespace spvae {
namespace {

// The vectors of RFC 4648, Section 10, and bytes that need all of the alphabet.
TEST(Base64, IsThatOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string("\xff\xef\xbe\x00", 4)), "/+++AA==");
}

}  // namespace
}  // namespace spvae
