#include "spvae/core/error.h"

#include <gtest/gtest.h>

#include <string>

namespace spvae {
namespace {

TEST(Error, FailThrowsTheKindAndTheFormattedMessage) {
  try {
    fail(ErrorKind::kData, "{}: got {}, expected {}", "file", 3, 4.5);
    FAIL() << "fail returned";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_STREQ(error.what(), "file: got 3, expected 4.5");
  }
}

TEST(Error, KeepsBracesThatComeFromTheUser) {
  try {
    fail(ErrorKind::kNoInput, "{} is missing", std::string("a{}b{0}"));
    FAIL() << "fail returned";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "a{}b{0} is missing");
  }
}

}  // namespace
}  // namespace spvae
