#include "spvae/io/csv.h"

#include <gtest/gtest.h>

namespace spvae {
namespace {

TEST(Csv, QuotesAFieldWhereItMust) {
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("a b'c"), "a b'c");
  EXPECT_EQ(csv_field("2,3"), "\"2,3\"");
  EXPECT_EQ(csv_field("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(csv_field("a\nb"), "\"a\nb\"");
  EXPECT_EQ(csv_field("a\rb"), "\"a\rb\"");
}

}  // namespace
}  // namespace spvae
