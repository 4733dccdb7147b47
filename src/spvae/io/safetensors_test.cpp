#include "spvae/io/safetensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "spvae/core/error_testing.h"
#include "spvae/io/file.h"
#include "spvae/io/file_size_limit_testing.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/json_testing.h"

namespace spvae {
namespace {

using namespace std::string_literals;
using testing::expect_error;
using Shape = std::vector<std::size_t>;

TensorFile example() {
  TensorFile file;
  file.metadata = {{"key", "välue"}};
  file.add<std::int64_t>("n", {1}, std::vector<std::int64_t>{-5});
  file.add<double>("m", {}, std::vector<double>{0.5});
  file.add<float>("w", {1, 3}, std::vector<float>{1.5f, -2.0f, 0.25f});
  file.add<std::uint32_t>("u", {2}, std::vector<std::uint32_t>{7, 4294967295u});
  file.add<std::uint8_t>("c", {3}, std::vector<std::uint8_t>{1, 2, 255});
  return file;
}

// A file of any header and data.
std::string raw_file(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

void expect_refused(const std::string& part, const std::string& bytes) {
  expect_error(ErrorKind::kData, part, [&] { decode_safetensors(bytes, "some/file"); });
}

void expect_tensors_refused(const std::string& part, const std::string& tensors) {
  SCOPED_TRACE(tensors);
  expect_refused(part, raw_file("{" + tensors + "}", "12345678"));
}

TEST(Safetensors, IsByteForByteWhatTheFormatsOwnLibraryWrites) {
  // safetensors 0.8.0, safetensors.numpy.save
  const std::string expected =
      "8\x01\0\0\0\0\0\0"s
      R"({"__metadata__":{"key":"välue"},"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},)"
      R"("m":{"dtype":"F64","shape":[],"data_offsets":[8,16]},)"
      R"("w":{"dtype":"F32","shape":[1,3],"data_offsets":[16,28]},)"
      R"("u":{"dtype":"U32","shape":[2],"data_offsets":[28,36]},)"
      R"("c":{"dtype":"U8","shape":[3],"data_offsets":[36,39]}}       )"
      "\xfb\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\xe0?\x00\x00\xc0?\x00\x00\x00\xc0"
      "\x00\x00\x80>\x07\x00\x00\x00\xff\xff\xff\xff\x01\x02\xff"s;
  EXPECT_EQ(encode_safetensors(example()), expected);
}

TEST(Safetensors, GivesBackWhatWasWritten) {
  const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "model.safetensors";
  write_safetensors(path, example());
  const TensorFile file = read_safetensors(path);
  EXPECT_EQ(file.source, path.string());
  EXPECT_EQ(file.metadata, example().metadata);
  EXPECT_EQ(file.tensors, example().tensors);
  EXPECT_EQ(file.values<float>("w", Shape{1, 3}), (std::vector<float>{1.5f, -2.0f, 0.25f}));
  EXPECT_EQ(file.values<double>("m", {}), std::vector<double>{0.5});
  EXPECT_EQ(file.values<std::int64_t>("n", Shape{1}), std::vector<std::int64_t>{-5});
  EXPECT_EQ(file.values<std::uint32_t>("u", Shape{2}), (std::vector<std::uint32_t>{7, 4294967295}));
  EXPECT_EQ(file.values<std::uint8_t>("c", Shape{3}), (std::vector<std::uint8_t>{1, 2, 255}));
  EXPECT_EQ(file.metadata_value("key"), "välue");
}

TEST(Safetensors, KeepsTensorsWithoutValuesInTheirOrder) {
  TensorFile file;
  file.add<float>("z", {0, 3}, std::vector<float>{});
  file.add<float>("y", {2}, std::vector<float>{1.0f, 2.0f});
  file.add<float>("x", {0}, std::vector<float>{});
  file.add<double>("a", {4, 0}, std::vector<double>{});
  EXPECT_EQ(decode_safetensors(encode_safetensors(file), "").tensors, file.tensors);
  EXPECT_TRUE(decode_safetensors(encode_safetensors({}), "").tensors.empty());
}

TEST(Safetensors, AlignsItsDataWhateverTheLengthOfTheHeader) {
  for (std::size_t length = 0; length < 20; ++length) {
    TensorFile file;
    file.metadata["key"] = std::string(length, 'x');
    file.add<std::uint8_t>("t", {1}, std::vector<std::uint8_t>{1});
    const std::string bytes = encode_safetensors(file);
    EXPECT_EQ((bytes.size() - 1) % 8, 0u);
    EXPECT_EQ(decode_safetensors(bytes, "").metadata, file.metadata);
  }
}

TEST(Safetensors, KeepsStrangeTextAndReplacesWhatIsNotUtf8) {
  TensorFile file;
  file.metadata = {{"", "\"\\\n\t\0\x7f"s}, {"{\"a\":[", "𝔁"}};
  EXPECT_EQ(decode_safetensors(encode_safetensors(file), "").metadata, file.metadata);
  file.metadata = {{"path", "a\xff"}};
  EXPECT_EQ(decode_safetensors(encode_safetensors(file), "").metadata_value("path"),
            "a\xef\xbf\xbd");
}

TEST(Safetensors, NamesTheTensorThatIsMissingOrAnother) {
  TensorFile file = example();
  file.source = "some/file";
  const auto expect = [](const std::string& part, const std::function<void()>& function) {
    expect_error(ErrorKind::kData, "some/file: " + part, function);
  };
  expect("the tensor 'x' is missing", [&] { file.values<float>("x", Shape{1}); });
  expect("tensor 'w': got F32 [1, 3], expected F32 [3, 1]",
         [&] { file.values<float>("w", Shape{3, 1}); });
  expect("tensor 'w': got F32 [1, 3], expected U32 [1, 3]",
         [&] { file.values<std::uint32_t>("w", Shape{1, 3}); });
  expect("the metadata key 'format' is missing", [&] { file.metadata_value("format"); });
}

TEST(Safetensors, IsRefusedAtEveryTruncation) {
  const std::string bytes = encode_safetensors(example());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    expect_refused("some/file: not a valid safetensors file", bytes.substr(0, length));
  }
  expect_refused("got 40 bytes of data, expected 39", bytes + "x");
}

TEST(Safetensors, IsRefusedWithAHeaderLengthBeyondTheFile) {
  std::string bytes = encode_safetensors(example());
  bytes[3] = '\x01';
  expect_refused("truncated: got a header of", bytes);
  expect_refused("got 0 bytes, expected at least 8; copy the file again", "");
}

TEST(Safetensors, IsTakenForAnotherFileWhereNoHeaderCanBe) {
  const std::string text = R"({ "data": "mnist", "seed": 0 })";
  expect_refused(
      "some/file is not a model file (safetensors); give the run's folder or its model.safetensors",
      text);
  expect_refused("some/file is not a model file", std::string(8, '\xff') + "{}");
  expect_error(ErrorKind::kData,
               "a.safetensors: not a valid safetensors file: it does not begin with a header",
               [&] { decode_safetensors(text, "a.safetensors"); });
}

TEST(Safetensors, IsRefusedWithAHeaderThatIsNoObject) {
  for (const std::string header : {"", " ", "[]", "null", "{", "}", "{}{}", " {}", "{\"a\"",
                                   "{\"a\":}", "\xff\xfe", "{'a':1}"}) {
    SCOPED_TRACE(header);
    expect_refused("header", raw_file(header, ""));
  }
}

TEST(Safetensors, IsRefusedWithAHeaderThatIsTooDeepAnywhere) {
  using testing::deep_json;
  const std::string part = std::string("the header is damaged (") + testing::kDeepFault;
  expect_refused(part, raw_file(std::string(100000, '['), ""));
  expect_tensors_refused(part, "\"a\":" + deep_json());
  expect_tensors_refused(part, "\"__metadata__\":{\"k\":" + deep_json() + "}");
  for (const char* deep : {"dtype", "shape", "data_offsets"}) {
    std::string tensor;
    for (const auto& [key, value] :
         {std::pair{"dtype", "\"F64\""}, {"shape", "[1]"}, {"data_offsets", "[0,8]"}}) {
      tensor += fmt::format("{}\"{}\":{}", tensor.empty() ? "" : ",", key,
                            std::string(key) == deep ? deep_json() : value);
    }
    expect_tensors_refused(part, "\"a\":{" + tensor + "}");
  }
}

TEST(Safetensors, GivesTheJsonOfItsMetadata) {
  TensorFile file = example();
  file.source = "some/file";
  file.metadata = {{"config", R"({"a":[1]})"}, {"twice", R"({"a":1,"a":2})"}};
  file.metadata["deep"] = testing::deep_json();
  EXPECT_EQ(file.metadata_json("config"), (Json{{"a", {1}}}));
  for (const auto& [key, message] :
       {std::pair{"none", "the metadata key 'none' is missing"},
        {"twice", "the metadata's twice is not valid: 'a' is given twice"},
        {"deep", "the metadata's deep is not valid: arrays and objects lie more than 64 deep"}}) {
    expect_error(ErrorKind::kData, std::string("some/file: ") + message,
                 [&] { file.metadata_json(key); });
  }
}

TEST(Safetensors, TellsWhereItsHeaderIsDamagedWithoutQuotingIt) {
  expect_refused("the header is damaged (not valid JSON at byte 15); copy the file again",
                 raw_file("{\"a\":\"\xff\"}", ""));
  expect_refused("the header is damaged (the number 1e400 is beyond the range of a double)",
                 raw_file("{\"a\":1e400}", ""));
  expect_tensors_refused(R"(tensor '\u001b[2J': expected an object)", R"("\u001b[2J":1)");
  expect_tensors_refused(R"('\u001b': expected a string)", R"("__metadata__":{"\u001b":1})");
}

TEST(Safetensors, IsRefusedWithANameThatIsGivenTwice) {
  expect_tensors_refused("the header is damaged ('a' is given twice); copy the file again",
                         R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                         R"("a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]})");
  expect_tensors_refused("'shape' is given twice",
                         R"("a":{"dtype":"F64","shape":[2],"shape":[1],"data_offsets":[0,8]})");
  expect_tensors_refused("'k' is given twice", R"("__metadata__":{"k":"1","k":"2"})");
}

TEST(Safetensors, IsRefusedWithOtherMetadataThanText) {
  expect_tensors_refused("expected an object", R"("__metadata__":[])");
  expect_tensors_refused("'k': expected a string", R"("__metadata__":{"k":1})");
}

TEST(Safetensors, IsRefusedWithOtherFieldsThanTheFormats) {
  const std::string part = "tensor 'a': expected an object with dtype, shape and data_offsets";
  expect_tensors_refused(part, R"("a":1)");
  expect_tensors_refused(part, R"("a":{})");
  expect_tensors_refused(part, R"("a":{"dtype":"F64","shape":[1]})");
  expect_tensors_refused(part, R"("a":{"dtype":"F64","shape":[1],"offsets":[0,8]})");
  expect_tensors_refused(part, R"("a":{"dtype":"F64","shape":[1],"data_offsets":[0,8],"x":0})");
}

TEST(Safetensors, IsRefusedWithAnUnknownType) {
  for (const std::string dtype : {R"("F16")", R"("f64")", R"("")", "64", "null", "[]"}) {
    expect_tensors_refused("expected U8, U32, I64, F32 or F64",
                           R"("a":{"dtype":)" + dtype + R"(,"shape":[1],"data_offsets":[0,8]})");
  }
}

TEST(Safetensors, IsRefusedWithAShapeThatIsNoListOfSizes) {
  for (const std::string shape :
       {"1", "{}", "[-1]", "[1.0]", "[\"1\"]", "[[1]]", "[18446744073709551616]", "[null]"}) {
    expect_tensors_refused("expected sizes",
                           R"("a":{"dtype":"F64","shape":)" + shape + R"(,"data_offsets":[0,8]})");
  }
}

TEST(Safetensors, IsRefusedWhenShapeAndDataDisagree) {
  // 2305843009213693953 is 2^61 + 1: eight times it is 8 modulo 2^64.
  for (const std::string shape : {"[2]", "[0]", "[3,1]", "[1,2305843009213693953]",
                                  "[2305843009213693953]", "[4294967296,4294967296,1]"}) {
    expect_tensors_refused("got 8 bytes, expected those of F64 with shape",
                           R"("a":{"dtype":"F64","shape":)" + shape + R"(,"data_offsets":[0,8]})");
  }
}

TEST(Safetensors, IsRefusedWithOffsetsThatAreNoRange) {
  for (const std::string offsets : {"8", "[]", "[0]", "[0,8,8]", "[8,0]", "[-8,0]", "[0,8.0]",
                                    "[0,null]", "[0,18446744073709551616]"}) {
    expect_tensors_refused("expected a begin and an end",
                           R"("a":{"dtype":"F64","shape":[1],"data_offsets":)" + offsets + "}");
  }
}

TEST(Safetensors, IsRefusedUnlessTheDataAreCoveredOnce) {
  const auto tensor = [](const std::string& name, int begin, int end) {
    return fmt::format(R"("{}":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}})", name,
                       end - begin, begin, end);
  };
  expect_tensors_refused("its data end at byte 9, expected at most 8", tensor("a", 0, 9));
  expect_tensors_refused("begin at byte 1, expected 0", tensor("a", 1, 8));
  expect_tensors_refused("got 8 bytes of data, expected 7", tensor("a", 0, 7));
  expect_tensors_refused("got 8 bytes of data, expected 0", "");
  expect_tensors_refused("tensor 'b': its data begin at byte 5, expected 4",
                         tensor("a", 0, 4) + "," + tensor("b", 5, 8));
  expect_tensors_refused("tensor 'b': its data begin at byte 3, expected 4",
                         tensor("a", 0, 4) + "," + tensor("b", 3, 8));
  expect_tensors_refused("tensor 'b': its data begin at byte 0, expected 8",
                         tensor("a", 0, 8) + "," + tensor("b", 0, 8));
  expect_tensors_refused("tensor 'e': its data begin at byte 5",
                         tensor("a", 0, 8) + "," + tensor("e", 5, 5));
}

TEST(Safetensors, ReadsTensorsInTheOrderOfTheirData) {
  const TensorFile file =
      decode_safetensors(raw_file(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},)"
                                  R"("b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                                  "\x01\x02\x03"),
                         "");
  ASSERT_EQ(file.tensors.size(), 2u);
  EXPECT_EQ(file.tensors[0].name, "b");
  EXPECT_EQ(file.values<std::uint8_t>("b", Shape{1}), std::vector<std::uint8_t>{1});
  EXPECT_EQ(file.values<std::uint8_t>("a", Shape{2}), (std::vector<std::uint8_t>{2, 3}));
}

TEST(Safetensors, IsRefusedOrWhollyValidWhateverByteIsChanged) {
  const std::string bytes = encode_safetensors(example());
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    for (int value = 0; value < 256; value += 15) {
      std::string damaged = bytes;
      damaged[place] = static_cast<char>(value);
      try {
        const TensorFile file = decode_safetensors(damaged, "");
        const std::size_t size = std::accumulate(
            file.tensors.begin(), file.tensors.end(), std::size_t{0},
            [](std::size_t sum, const TensorRecord& t) { return sum + t.bytes.size(); });
        EXPECT_EQ(size, 39u);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kData);
      }
    }
  }
}

TEST(Safetensors, KeepsTheFormerModelWhenTheDiskIsFull) {
  const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "model.safetensors";
  write_safetensors(path, example());
  {
    const testing::FileSizeLimit limit(100);
    expect_error(ErrorKind::kIo, path.string(), [&] { write_safetensors(path, {example()}); });
  }
  EXPECT_EQ(read_safetensors(path).tensors, example().tensors);
}

TEST(Safetensors, IsNoInputIfMissing) {
  expect_error(ErrorKind::kNoInput, "missing", [] { read_safetensors("/missing/file"); });
}

#ifndef NDEBUG
TEST(SafetensorsDeathTest, TakesABadTensorForABug) {
  TensorFile file = example();
  const std::vector<float> values{1.0f};
  EXPECT_DEATH(file.add<float>("w", {1}, values), "tensor.name");
  EXPECT_DEATH(file.add<float>("x", {2}, values), "bytes");
  EXPECT_DEATH(file.add<float>("__metadata__", {1}, values), "kMetadata");
}
#endif

}  // namespace
}  // namespace spvae
