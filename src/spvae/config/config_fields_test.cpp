#include "spvae/config/config_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/core/error_testing.h"
#include "spvae/io/json_testing.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/model/model_fields.h"
#include "spvae/model/model_kinds.h"

namespace spvae {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

enum class Colour { kRed = 0, kBlue = 1 };

struct Pair {
  int first = 1;
  int second = 2;
};

struct Inner {
  double rate = 0.5;
  Pair pair;
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
    const FieldList<Inner> inner = {
        number_field("rate", &Inner::rate, "rate, per step", 0, 1),
        only_for<Inner>(
            "the fast", [](const Inner& config) { return config.rate > 0.5; },
            pair_field("pair", &Inner::pair, "two counts", 1, 9))};
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
  Sample sample{7, 4294967295u, "there", Colour::kBlue, true, {0.1, {3, 4}}};
  const Json written = config_json(sample_fields(), sample);
  EXPECT_EQ(written.dump(),
            R"({"the-count":7,"seed":4294967295,"path":"there","colour":"blue","loud":true,)"
            R"("rate":0.1,"pair":[3,4]})");
  Sample read;
  apply_config(sample_fields(), Json::parse(written.dump()), read);
  EXPECT_EQ(config_json(sample_fields(), read), written);
  EXPECT_EQ(read.inner.rate, 0.1);
  EXPECT_EQ(read.inner.pair.second, 4);
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
  EXPECT_THAT(
      refusal({{"zebra", 1}}),
      AllOf(HasSubstr("'zebra'"), HasSubstr("the-count, seed, path, colour, loud, rate, pair")));
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
  for (const Json& pair : {Json(4), Json("4,8"), Json::array({4}), Json::array({4, 5, 6}),
                           Json::array({4, 5.5}), Json::array({4, "5"})}) {
    EXPECT_THAT(refusal({{"pair", pair}}),
                HasSubstr("pair: got " + pair.dump() + ", expected two whole numbers"));
  }
  EXPECT_THAT(refusal(Json::array({1})), HasSubstr("JSON object"));
}

TEST(ConfigFields, RefuseNumbersOutOfBounds) {
  EXPECT_THAT(refusal({{"the-count", 0}}), AllOf(HasSubstr("got 0"), HasSubstr("1 to 10")));
  EXPECT_THAT(refusal({{"the-count", 11}}), HasSubstr("1 to 10"));
  EXPECT_THAT(refusal({{"seed", 4294967296}}), HasSubstr("0 to 4294967295"));
  EXPECT_THAT(refusal({{"seed", 18446744073709551615u}}), HasSubstr("0 to 4294967295"));
  EXPECT_THAT(refusal({{"rate", std::numeric_limits<double>::quiet_NaN()}}), HasSubstr("0 to 1"));
  EXPECT_EQ(refusal({{"rate", 1}}), "");
  EXPECT_THAT(refusal({{"pair", {1, 10}}}), HasSubstr("pair: got [1,10], expected 1 to 9"));
  EXPECT_THAT(refusal({{"pair", {0, 9}}}), HasSubstr("1 to 9"));
}

TEST(ConfigFields, ParseTheTextOfAFlagByItsType) {
  const auto infos = field_infos(sample_fields());
  EXPECT_EQ(parse_field(infos[0], "8"), Json(8));
  EXPECT_EQ(parse_field(infos[2], "8"), Json("8"));
  EXPECT_EQ(parse_field(infos[3], "blue"), Json("blue"));
  EXPECT_EQ(parse_field(infos[4], "true"), Json(true));
  EXPECT_EQ(parse_field(infos[5], "1e-1"), Json(0.1));
  EXPECT_EQ(parse_field(infos[6], "3,4"), Json({3, 4}));
  for (const char* text : {"", "3", "3,", ",4", "3,4,5", "3, 4", "[3,4]", "3,x", "3,10", "0,4"}) {
    EXPECT_THROW(parse_field(infos[6], text), Error) << text;
  }
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

TEST(ConfigFields, AreShownAsTheirFlagsTakeThem) {
  const auto infos = field_infos(sample_fields());
  const Json written = config_json(sample_fields(), Sample{});
  for (const FieldInfo& info : infos) {
    const Json& value = written.at(info.name);
    EXPECT_EQ(parse_field(info, flag_text(value)), value) << info.name;
  }
  EXPECT_EQ(flag_text(written.at("pair")), "1,2");
  EXPECT_EQ(flag_text(written.at("path")), "here");
}

TEST(ConfigFields, RefuseWhatAConfigMakesNoUseOf) {
  const auto refusal = [](const Sample& sample, const Json& given) -> std::string {
    try {
      check_used(sample_fields(), sample, given);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      return error.what();
    }
    return "";
  };
  Sample slow;
  Sample fast;
  fast.inner.rate = 1;
  // A value that is the default is no better: it has no effect.
  EXPECT_THAT(refusal(slow, {{"pair", {1, 2}}}),
              HasSubstr("pair: got 1,2, but it is for the fast alone"));
  EXPECT_EQ(refusal(fast, {{"pair", {1, 2}}}), "");
  EXPECT_EQ(refusal(slow, {{"rate", 0.5}, {"unknown", 1}}), "");
  EXPECT_EQ(field_infos(sample_fields()).back().help, "two counts (the fast)");
}

TEST(ConfigFields, SayTheDefaultsOfAConfigUnlessAFieldHasWordsForItsOwn) {
  const FieldList<Sample> list = with_fields<Sample>(
      {shown_as("all", number_field("the-count", &Sample::count, "count", 1, 10))},
      {required(output_field("path", &Sample::path, "path", {".png"})),
       boolean_field("loud", &Sample::loud, "loud")});
  const std::vector<FieldInfo> infos = field_infos(list, Sample{});
  EXPECT_EQ(infos[0].shown_default, "all");
  EXPECT_EQ(infos[1].shown_default, "here");
  EXPECT_EQ(infos[1].endings, std::vector<std::string>{".png"});
  EXPECT_TRUE(infos[1].is_required);
  EXPECT_EQ(infos[2].shown_default, "");
}

TEST(ConfigFields, SayWhichFileCouldNotBeRead) {
  const auto infos = field_infos(sample_fields());
  const std::string path = ::testing::TempDir() + "config_fields_test.json";
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
  std::ofstream(path) << "{\"the-count\": " << testing::deep_json() << "}";
  testing::expect_error(ErrorKind::kUsage, path + ": " + testing::kDeepFault,
                        [&] { read_config_file(path, infos); });
  std::ofstream(path) << "{\"the_count\": 4}";
  EXPECT_EQ(read_config_file(path, infos), (Json{{"the-count", 4}}));
}

TEST(ConfigFields, QuoteAFileInPlainTextAndBriefly) {
  const auto infos = field_infos(sample_fields());
  testing::expect_error(ErrorKind::kUsage, R"(unknown option '\u001b[2Jzebra'; known)",
                        [&] { canonical_keys({{"\x1b[2Jzebra", 1}}, infos); });
  const Json many(std::vector<int>(1000, 7));
  testing::expect_error(ErrorKind::kUsage, "…, expected a whole number",
                        [&] { integer_of(infos.front(), many); });
}

TEST(ModelFields, NameEveryValueOfALeafAndOfAModel) {
  const Json written = config_json(model_fields(), default_model_config(model_kinds()[3]));
  EXPECT_EQ(
      written.dump(),
      R"({"model":"conv-vae","delta":7,"k-sum":2,"k-leaf":2,"product":"cross","sum-scale":1.0,"hidden":300,)"
      R"("hidden-layers":2,"filters":[32,64],"stride":2,"dense":64,"latent":200,)"
      R"("likelihood":"gaussian","mean-link":"sigmoid","max-precision":0.0,"height":28,"width":28,)"
      R"("channels":1})");
}

TEST(ModelFields, NameEveryStructureWithEveryNetwork) {
  std::vector<std::string> names;
  for (const StructureInfo& info : structures()) {
    const Structure structure = info.structure;
    for (const Network network :
         {Network::kMlp, Network::kConv, Network::kJointMlp, Network::kSharedMlp}) {
      ModelConfig config;
      config.structure = structure;
      config.leaf.network = network;
      const Json written = config_json(model_fields(), config);
      names.push_back(written.at("model"));
      if (names_structure(config)) names.back() += " of " + std::string(info.name);
      EXPECT_EQ(written.contains("structure"), names_structure(config));
      if (names_network(config)) names.back() += " by " + written.at("network").get<std::string>();
      EXPECT_EQ(written.contains("network"), names_network(config));
      ModelConfig read;
      apply_config(model_fields(), written, read);
      EXPECT_EQ(read.structure, structure);
      EXPECT_EQ(read.leaf.network, network);
    }
  }
  EXPECT_THAT(
      std::span(names).first(12),
      ::testing::ElementsAre("spvae", "conv-spvae", "spvae by joint-mlp", "spvae by shared-mlp",
                             "vae", "conv-vae", "spvae of single-region by joint-mlp",
                             "spvae of single-region by shared-mlp", "spvae of quad-tree",
                             "conv-spvae of quad-tree", "spvae of quad-tree by joint-mlp",
                             "spvae of quad-tree by shared-mlp"));
  EXPECT_EQ(kinds_of(true), "conv-spvae, conv-vae");
}

TEST(ModelFields, SayWhichModelsMakeUseOfThem) {
  const auto unused = [](std::size_t kind) {
    const ModelConfig config = default_model_config(model_kinds()[kind]);
    const auto of_likelihoods = field_infos(likelihood_fields());
    std::vector<std::string> names;
    for (const auto& field : model_fields()) {
      const auto& name = field.info.name;
      if (is_used(field, config) ||
          std::ranges::find(of_likelihoods, name, &FieldInfo::name) != of_likelihoods.end())
        continue;
      names.push_back(name);
    }
    return names;
  };
  const std::string random[] = {"leaf-variables", "repetitions", "structure-seed"};
  const auto with_random = [&random](std::vector<std::string> names, std::ptrdiff_t at) {
    names.insert(names.begin() + at, std::begin(random), std::end(random));
    return names;
  };
  EXPECT_EQ(unused(0), with_random({"filters", "stride", "dense", "prior-scale"}, 0));
  EXPECT_EQ(unused(1), with_random({"delta", "k-sum", "k-leaf", "product", "sum-scale", "filters",
                                    "stride", "dense", "prior-scale"},
                                   1));
  EXPECT_EQ(unused(2), with_random({"hidden", "hidden-layers", "prior-scale"}, 0));
  EXPECT_EQ(unused(3), with_random({"delta", "k-sum", "k-leaf", "product", "sum-scale", "hidden",
                                    "hidden-layers", "prior-scale"},
                                   1));
}

}  // namespace
}  // namespace spvae
