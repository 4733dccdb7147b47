#include "spvae/io/json_text.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spvae/io/json_testing.h"

namespace spvae {
namespace {

using testing::deep_json;
using ::testing::HasSubstr;
using testing::kDeepFault;

/// The fault as a reader sees it; "" for none.
std::string fault_of(std::string_view text) {
  const ParsedJson parsed = parse_json(text);
  return parsed.fault ? fault_text(*parsed.fault, text) : "";
}

TEST(JsonText, HasNoFaultWhereItIsJson) {
  for (const char* text :
       {"{}", "[]", "null", R"({"a":{"b":1},"c":{"b":[{"b":2},{"b":3}]}})", "[1e308,-1e-400]"}) {
    EXPECT_EQ(fault_of(text), "") << text;
  }
}

TEST(JsonText, KeepsItsKeysInTheirOrder) {
  EXPECT_EQ(parse_json(R"( {"z":{"k":1},"a":[{"l":2.5}],"b":""} )").value.dump(),
            R"({"z":{"k":1},"a":[{"l":2.5}],"b":""})");
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
  EXPECT_EQ(fault_of(R"({"\u001b\n":1,"\u001b\n":1})"), R"('\u001b\n' is given twice)");
}

TEST(JsonText, IsRefusedWithANumberBeyondADouble) {
  EXPECT_EQ(fault_of(R"({"rate":1e400})"), "the number 1e400 is beyond the range of a double");
  EXPECT_EQ(fault_of("-1e999"), "the number -1e999 is beyond the range of a double");
  EXPECT_THAT(fault_of(std::string(500, '7')), HasSubstr("777… is beyond"));
}

TEST(JsonText, IsRefusedWhereItIsTooDeep) {
  EXPECT_EQ(fault_of(deep_json(64)), "");
  EXPECT_EQ(fault_of(deep_json(65)), kDeepFault);
  EXPECT_EQ(fault_of(deep_json()), kDeepFault);
  EXPECT_EQ(fault_of(std::string(100000, '[')), kDeepFault);
  std::string objects;
  for (int i = 0; i < 32; ++i) objects += R"([{"a":)";
  EXPECT_THAT(fault_of(objects + "1"), HasSubstr("not valid JSON"));
  EXPECT_EQ(fault_of(objects + "[]"), kDeepFault);
  EXPECT_TRUE(parse_json(deep_json()).value.is_null());
  // Many beside each other are not deep.
  std::string beside = "[[]";
  for (int i = 0; i < 1000; ++i) beside += ",[{}]";
  EXPECT_EQ(fault_of(beside + "]"), "");
}

TEST(JsonText, IsRefusedWhereAnObjectHasTooManyKeys) {
  std::string text = "{\"0\":0";
  for (int i = 1; i < 10000; ++i) text += fmt::format(",\"{}\":0", i);
  EXPECT_EQ(fault_of(text + "}"), "");
  EXPECT_EQ(fault_of(text + ",\"x\":0}"), "an object has more than 10000 keys");
}

TEST(JsonText, IsShownPlainAndShort) {
  EXPECT_EQ(shown_json(Json::parse(R"({"ä":[1,"b"]})")), R"({"ä":[1,"b"]})");
  EXPECT_EQ(shown_json("\x1b[31m\x7f\xc2\x9b\xff"), "\"\\u001b[31m   \xef\xbf\xbd\"");
  EXPECT_EQ(shown_json(std::string(100, 'x')), "\"" + std::string(59, 'x') + "…");
  EXPECT_EQ(shown_text("line\nä"), "line\\nä");
  EXPECT_EQ(shown_text(std::string(60, 'x')), std::string(60, 'x'));
  EXPECT_EQ(shown_text(std::string(59, 'x') + "ä"), std::string(59, 'x') + "…");
  EXPECT_EQ(shown_text(""), "");
}

}  // namespace
}  // namespace spvae
