#include "spvae/io/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "spvae/core/error.h"
#include "spvae/io/idx_testing.h"

namespace spvae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

class CsvFile : public ::testing::Test {
 protected:
  CsvTable read(const std::string& text) const {
    return read_csv(folder_.write("t.csv", {text.begin(), text.end()}));
  }
  std::string error_of(const std::string& text) const {
    try {
      read(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
};

TEST_F(CsvFile, HoldsNumbersBelowTheNamesOfTheirColumns) {
  const CsvTable table = read("\xEF\xBB\xBF a,\"b, \"\"c\"\"\" ,d\r\n1, -2.5e-3 ,+3\r\n4,5,6\n\n");
  EXPECT_THAT(table.columns, ElementsAre("a", "b, \"c\"", "d"));
  EXPECT_THAT(table.values, ElementsAre(1, -2.5e-3f, 3, 4, 5, 6));
  EXPECT_THAT(read("x\n7").values, ElementsAre(7));
}

TEST_F(CsvFile, LacksWhatAnEmptyCellOrNanStandsFor) {
  const CsvTable table = read("a,b,c\n,NaN,nan\n1,2,\n");
  ASSERT_EQ(table.values.size(), 6u);
  for (const std::size_t i : {0, 1, 2, 5}) EXPECT_TRUE(std::isnan(table.values[i]));
  EXPECT_EQ(table.values[4], 2);
}

TEST_F(CsvFile, MayBePacked) {
  const std::string text = "a,b\n1,2\n";
  const testing::Bytes bytes(text.begin(), text.end());
  EXPECT_THAT(read_csv(folder_.write("t.csv.gz", testing::gzip(bytes))).values, ElementsAre(1, 2));
}

TEST_F(CsvFile, IsRefusedWithTheLineAndTheColumn) {
  EXPECT_THAT(error_of("a,b\n1,x\n"), HasSubstr("t.csv: line 2, column b: got 'x', expected a "
                                                "finite number; give it as a number"));
  EXPECT_THAT(error_of("a,b\n1,2\ninf,4\n"), HasSubstr("line 3, column a: got 'inf'"));
  EXPECT_THAT(error_of("a\n1e39\n"), HasSubstr("got '1e39', expected a finite number; take"));
  EXPECT_THAT(error_of("a\n1e999\n"), HasSubstr("got '1e999', expected a finite number; take"));
  EXPECT_THAT(error_of("a,b\n\"1\",2\n"), HasSubstr("column a: got"));
  EXPECT_THAT(error_of("a,b\n1,2,3\n"), HasSubstr("line 2: got 3 cells, expected 2"));
  EXPECT_THAT(error_of("a,b\n1,2\n\n3,4\n"), HasSubstr("line 3: got 1 cells, expected 2"));
  EXPECT_THAT(error_of("1,2\n3,4\n"), HasSubstr("line 1: got numbers alone, expected the "
                                                "columns' names; put a line of names in front"));
  EXPECT_THAT(error_of("a,\n1,2\n"), HasSubstr("line 1: column 2 has no name"));
  EXPECT_THAT(error_of("a,\"a\"\n1,2\n"), HasSubstr("column 2 is called 'a' as column 1 is"));
  EXPECT_THAT(error_of("a,\"b\n1,2\n"), HasSubstr("line 1: got a quote that nothing closes"));
  EXPECT_THAT(error_of("\"a\" c,b\n1,2\n"), HasSubstr("text behind a quoted name"));
  EXPECT_THAT(error_of("a,b\n"), HasSubstr("got no row below the columns' names"));
  EXPECT_THAT(error_of(" \n\n"), HasSubstr("is empty, expected a line of the columns' names"));
  EXPECT_THAT(error_of(std::string("a\0b\n1", 5)), HasSubstr("no text in UTF-8"));
  EXPECT_THAT(error_of("a,Gr\xF6\xDF"
                       "e\n1,2\n"),
              HasSubstr("column 2 has a name that is no text in UTF-8"));
  EXPECT_THAT(error_of("a\n+-1\n"), HasSubstr("got '+-1'"));
  EXPECT_THAT(error_of("a;b\n1;2\n"), HasSubstr("separate cells by commas"));
}

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
