#include "spvae/io/csv.h"

#include <gtest/gtest.h>

namespace spvae {
namespace {

TEST(Csv, QuotesAFieldWhereItMust) {
  EXPECT_EQ(csv_line({""}), "\n");
  EXPECT_EQ(csv_line({"", "", "2,3", "a"}), ",,\"2,3\",a\n");
  EXPECT_EQ(csv_line({"a b'c"}), "a b'c\n");
  EXPECT_EQ(csv_line({"2,3"}), "\"2,3\"\n");
  EXPECT_EQ(csv_line({"a\"b"}), "\"a\"\"b\"\n");
  EXPECT_EQ(csv_line({"a\nb"}), "\"a\nb\"\n");
  EXPECT_EQ(csv_line({"a\rb"}), "\"a\rb\"\n");
}

}  // namespace
}  // namespace spvae
