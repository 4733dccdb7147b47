#include "spvae/io/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spvae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The fault as a reader sees it; "" for none.
std::string fault_of(std::string_view text) {
  const JsonCheck check = check_json(text);
  return check.fault ? fault_text(*check.fault, text) : "";
}

TEST(JsonText, HasNoFaultWhereItIsJson) {
  for (const char* text :
       {"{}", "[]", "null", R"({"a":{"b":1},"c":{"b":[{"b":2},{"b":3}]}})", "[1e308,-1e-400]"}) {
    EXPECT_EQ(fault_of(text), "") << text;
  }
}

TEST(JsonText, NamesTheOutermostKeysInTheirOrder) {
  EXPECT_THAT(check_json(R"({"z":{"k":1},"a":[{"l":2}]})").keys, ElementsAre("z", "a"));
  EXPECT_THAT(check_json(R"([{"k":1}])").keys, ElementsAre());
}

TEST(JsonText, TellsWhereItIsNotJson) {
  EXPECT_EQ(fault_of("{"), "not valid JSON at line 1, column 2");
  EXPECT_EQ(fault_of(""), "not valid JSON at line 1, column 1");
  EXPECT_EQ(fault_of("{\n  \"a\": 1,\n}"), "not valid JSON at line 3, column 1");
  EXPECT_EQ(fault_of("{}\n\nx"), "not valid JSON at line 3, column 1");
  EXPECT_EQ(fault_of("\n\n"), "not valid JSON at line 3, column 1");
}

TEST(JsonText, QuotesNoStrangeByteOfItself) {
  for (const char* text : {"{\"a\": \"\xff\"}", "\x01\x02", "{\"a\x07\": 1}"}) {
    EXPECT_THAT(fault_of(text), ::testing::MatchesRegex("not valid JSON at line 1, column [0-9]+"));
  }
}

TEST(JsonText, IsRefusedWithAKeyThatStandsTwiceInOneObject) {
  EXPECT_EQ(fault_of(R"({"latent":2,"latent":3})"), "'latent' is given twice");
  EXPECT_EQ(fault_of(R"([{"a":{"b":1,"c":2,"b":1}}])"), "'b' is given twice");
}

TEST(JsonText, IsRefusedWithANumberBeyondADouble) {
  EXPECT_EQ(fault_of(R"({"rate":1e400})"), "the number 1e400 is beyond the range of a double");
  EXPECT_EQ(fault_of("-1e999"), "the number -1e999 is beyond the range of a double");
  EXPECT_THAT(fault_of(std::string(500, '7')), HasSubstr("777… is beyond"));
}

TEST(JsonText, IsCheckedHoweverDeepItGoes) {
  EXPECT_THAT(fault_of(std::string(100000, '[')), HasSubstr("not valid JSON"));
  EXPECT_THAT(fault_of(std::string(100000, '[') + std::string(100000, ']')), "");
}

}  // namespace
}  // namespace spvae
