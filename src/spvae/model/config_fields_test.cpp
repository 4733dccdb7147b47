#include "spvae/model/config_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "spvae/core/error.h"
#include "spvae/model/model_fields.h"

namespace spvae {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

enum class Colour { kRed = 0, kBlue = 1 };

struct Inner {
  double rate = 0.5;
};

struct Sample {
  int count = 3;
  std::uint32_t seed = 0;
  std::string path = "here";
  Colour colour = Colour::kRed;
  bool loud = false;
  Inner inner;
};

const FieldList<Sample>& sample_fields() {
  static const FieldList<Sample> list = [] {
    const FieldList<Inner> inner = {number_field("rate", &Inner::rate, "rate, per step", 0, 1)};
    FieldList<Sample> fields = {
        number_field("the-count", &Sample::count, "count", 1, 10),
        number_field("seed", &Sample::seed, "seed", 0, 4294967295.0),
        text_field("path", &Sample::path, "path"),
        choice_field("colour", &Sample::colour, "colour", {"red", "blue"}),
        boolean_field("loud", &Sample::loud, "loud"),
    };
    for (auto& field : fields_of(&Sample::inner, inner)) fields.push_back(field);
    return fields;
  }();
  return list;
}

/// The message of the Error(kUsage) that applying `given` throws; "" if it throws none.
std::string refusal(const Json& given) {
  Sample sample;
  try {
    apply_config(sample_fields(), given, sample);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST(ConfigFields, WriteAndReadBackEveryKindOfField) {
  Sample sample{7, 4294967295u, "there", Colour::kBlue, true, {0.1}};
  const Json written = config_json(sample_fields(), sample);
  EXPECT_EQ(written.dump(),
            R"({"the-count":7,"seed":4294967295,"path":"there","colour":"blue","loud":true,)"
            R"("rate":0.1})");
  Sample read;
  apply_config(sample_fields(), Json::parse(written.dump()), read);
  EXPECT_EQ(config_json(sample_fields(), read), written);
  EXPECT_EQ(read.inner.rate, 0.1);
}

TEST(ConfigFields, KeepTheValuesThatAreNotGiven) {
  Sample sample;
  apply_config(sample_fields(), {{"the-count", 4}}, sample);
  EXPECT_EQ(sample.count, 4);
  EXPECT_EQ(sample.path, "here");
}

TEST(ConfigFields, TakeAnUnderscoreForAHyphen) {
  Sample sample;
  apply_config(sample_fields(), {{"the_count", 4}}, sample);
  EXPECT_EQ(sample.count, 4);
  EXPECT_THAT(refusal({{"the_count", 4}, {"the-count", 5}}), HasSubstr("given twice"));
}

TEST(ConfigFields, NameAnUnknownKeyAndTheNearestKnownOne) {
  EXPECT_THAT(refusal({{"colur", "red"}}), AllOf(HasSubstr("'colur'"), HasSubstr("'colour'")));
  EXPECT_THAT(refusal({{"zebra", 1}}),
              AllOf(HasSubstr("'zebra'"), HasSubstr("the-count, seed, path, colour, loud, rate")));
}

TEST(ConfigFields, RefuseWrongTypesAndSayWhatWasExpected) {
  EXPECT_THAT(refusal({{"the-count", 2.5}}), AllOf(HasSubstr("2.5"), HasSubstr("whole number")));
  EXPECT_THAT(refusal({{"the-count", "2"}}), HasSubstr("whole number"));
  EXPECT_THAT(refusal({{"rate", "fast"}}), HasSubstr("expected a number"));
  EXPECT_THAT(refusal({{"path", 1}}), HasSubstr("expected a text"));
  EXPECT_THAT(refusal({{"path", ""}}), HasSubstr("expected a text"));
  EXPECT_THAT(refusal({{"colour", "green"}}),
              AllOf(HasSubstr("green"), HasSubstr("one of: red, blue")));
  EXPECT_THAT(refusal({{"colour", 1}}), HasSubstr("one of: red, blue"));
  EXPECT_THAT(refusal({{"loud", 1}}), HasSubstr("true or false"));
  EXPECT_THAT(refusal(Json::array({1})), HasSubstr("JSON object"));
}

TEST(ConfigFields, RefuseNumbersOutOfBounds) {
  EXPECT_THAT(refusal({{"the-count", 0}}), AllOf(HasSubstr("got 0"), HasSubstr("1 to 10")));
  EXPECT_THAT(refusal({{"the-count", 11}}), HasSubstr("1 to 10"));
  EXPECT_THAT(refusal({{"seed", 4294967296}}), HasSubstr("0 to 4294967295"));
  EXPECT_THAT(refusal({{"seed", 18446744073709551615u}}), HasSubstr("0 to 4294967295"));
  EXPECT_THAT(refusal({{"rate", std::numeric_limits<double>::quiet_NaN()}}), HasSubstr("0 to 1"));
  EXPECT_EQ(refusal({{"rate", 1}}), "");
}

TEST(ConfigFields, ParseTheTextOfAFlagByItsType) {
  const auto infos = field_infos(sample_fields());
  EXPECT_EQ(parse_field(infos[0], "8"), Json(8));
  EXPECT_EQ(parse_field(infos[2], "8"), Json("8"));
  EXPECT_EQ(parse_field(infos[3], "blue"), Json("blue"));
  EXPECT_EQ(parse_field(infos[4], "true"), Json(true));
  EXPECT_EQ(parse_field(infos[5], "1e-1"), Json(0.1));
  for (const char* text : {"", "8x", "0x8", "1e1", "nan", "-1", "99999999999999999999"}) {
    EXPECT_THROW(parse_field(infos[0], text), Error) << text;
  }
  for (const char* text : {"nan", "inf", "-inf"}) {
    try {
      parse_field(infos[5], text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), fmt::format("rate: got '{}', expected 0 to 1", text));
    }
  }
  EXPECT_THROW(parse_field(infos[4], "yes"), Error);
}

TEST(ConfigFields, SayWhichFileCouldNotBeRead) {
  const auto infos = field_infos(sample_fields());
  const std::string path = testing::TempDir() + "config_fields_test.json";
  try {
    read_config_file(path + ".missing", infos);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNoInput);
    EXPECT_THAT(error.what(), HasSubstr(path));
  }
  for (const char* content : {"{\"the-count\": ", "[1]", "{\"zebra\": 1}", ""}) {
    std::ofstream(path) << content;
    try {
      read_config_file(path, infos);
      FAIL() << content;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_THAT(error.what(), HasSubstr(path));
    }
  }
  for (const auto& [content, message] :
       {std::pair{"{", ": not valid JSON at line 1, column 2"},
        {R"({"rate": 1e400})", ": the number 1e400 is beyond the range of a double"},
        {R"({"the-count": 2, "the-count": 3})", ": 'the-count' is given twice"},
        {R"({"the-count": 2, "the_count": 3})", ": option 'the-count' is given twice"}}) {
    std::ofstream(path) << content;
    try {
      read_config_file(path, infos);
      FAIL() << content;
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), path + message);
    }
  }
  std::ofstream(path) << "{\"the_count\": 4}";
  EXPECT_EQ(read_config_file(path, infos), (Json{{"the-count", 4}}));
}

TEST(ModelFields, NameEveryValueOfALeafAndOfAModel) {
  const Json written = config_json(model_fields(), default_model_config(Structure::kSingleRegion));
  EXPECT_EQ(written.dump(),
            R"({"model":"vae","delta":7,"k-sum":2,"k-leaf":2,"hidden":300,"hidden-layers":2,)"
            R"("latent":200,"likelihood":"gaussian","mean-link":"sigmoid","height":28,)"
            R"("width":28})");
}

}  // namespace
}  // namespace spvae
