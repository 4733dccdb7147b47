#include "spvae/io/npy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "spvae/core/error_testing.h"
#include "spvae/io/file.h"
#include "spvae/io/idx_testing.h"

namespace spvae {
namespace {

using namespace std::string_literals;
using testing::expect_error;
using Shape = std::vector<std::size_t>;

class Npy : public ::testing::Test {
 protected:
  // The header as NumPy pads it: the values begin at byte 128.
  static std::string numpy_file(std::string header, const std::string& values) {
    header.resize(117, ' ');
    return "\x93NUMPY\x01\x00v\x00"s + header + "\n" + values;
  }

  template <class T>
  void expect_file(const NpyArray<T>& array, const std::string& bytes) {
    write_npy<T>(path_, array.shape, array.values);
    EXPECT_EQ(read_file(path_), bytes);
    EXPECT_EQ(read_npy<T>(path_), array);
  }

  template <class T>
  void expect_refused(const std::string& part, const std::string& bytes) {
    folder_.write("array.npy", {bytes.begin(), bytes.end()});
    expect_error(ErrorKind::kData, part, [&] { read_npy<T>(path_); });
  }

  testing::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "array.npy";
};

TEST_F(Npy, IsByteForByteWhatNumPyWrites) {
  expect_file<float>({{1, 3}, {1.5f, -2.0f, 0.25f}},
                     numpy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }",
                                "\x00\x00\xc0?\x00\x00\x00\xc0\x00\x00\x80>"s));
  expect_file<double>({{}, {3.0}},
                      numpy_file("{'descr': '<f8', 'fortran_order': False, 'shape': (), }",
                                 "\x00\x00\x00\x00\x00\x00\x08@"s));
  expect_file<std::uint8_t>(
      {{3}, {1, 2, 255}},
      numpy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", "\x01\x02\xff"s));
  expect_file<std::int64_t>({{1}, {-5}},
                            numpy_file("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }",
                                       "\xfb\xff\xff\xff\xff\xff\xff\xff"s));
  expect_file<float>({{0, 3}, {}},
                     numpy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", ""));
}

TEST_F(Npy, AlignsTheValuesWhateverTheLengthOfTheShape) {
  Shape shape;
  for (int rank = 0; rank < 60; ++rank) {
    write_npy<float>(path_, shape, std::vector<float>{1.0f});
    const std::string bytes = read_file(path_);
    EXPECT_EQ((bytes.size() - sizeof(float)) % 64, 0u) << "rank " << rank;
    EXPECT_EQ(read_npy<float>(path_).shape, shape);
    shape.push_back(1);
  }
}

TEST_F(Npy, KeepsStrangeNumbers) {
  const std::vector<double> values{-0.0, std::numeric_limits<double>::infinity(),
                                   std::numeric_limits<double>::denorm_min(),
                                   std::numeric_limits<double>::quiet_NaN()};
  write_npy<double>(path_, Shape{4}, values);
  const std::vector<double> read = read_npy<double>(path_).values;
  EXPECT_TRUE(std::signbit(read[0]));
  EXPECT_EQ(read[1], values[1]);
  EXPECT_EQ(read[2], values[2]);
  EXPECT_TRUE(std::isnan(read[3]));
}

TEST_F(Npy, TellsTypeShapeAndSizeByItsHeader) {
  write_npy<double>(path_, Shape{2, 3}, std::vector<double>(6));
  const NpyHeader header = read_npy_header(path_);
  EXPECT_EQ(header.type, NpyType::kDouble);
  EXPECT_EQ(header.type_name, "float64");
  EXPECT_EQ(header.shape, (Shape{2, 3}));
  EXPECT_EQ(header.size, std::filesystem::file_size(path_));
  const auto refused = [&](const std::string& part, const std::string& bytes) {
    folder_.write("array.npy", {bytes.begin(), bytes.end()});
    expect_error(ErrorKind::kData, part, [&] { read_npy_header(path_); });
  };
  refused("Fortran order",
          numpy_file("{'descr': '|u1', 'fortran_order': True, 'shape': (3,), }", "abc"));
  refused("truncated: got 12 bytes", read_file(path_).substr(0, 12));
  refused("expected a NumPy file", "abc");
}

TEST_F(Npy, OfAnotherTypeHasAHeaderThatNamesIt) {
  const std::pair<std::string, std::string> names[] = {
      {"'<f2'", "float16"},
      {"'>u2'", "uint16"},
      {"'|i1'", "int8"},
      {"'<U3'", "'<U3'"},
      {"'|O'", "'|O'"},
      {"'<c8'", "'<c8'"},
      {"'<f3'", "'<f3'"},
      {"''", "''"},
      {"[('r', '|u1'), ('g', '|u1')]", "a structured type"}};
  for (const auto& [description, name] : names) {
    const std::string bytes = numpy_file(
        "{'descr': " + description + ", 'fortran_order': False, 'shape': (3,), }", "abcdef");
    folder_.write("array.npy", {bytes.begin(), bytes.end()});
    EXPECT_EQ(read_npy_header(path_).type, NpyType::kOther);
    EXPECT_EQ(read_npy_header(path_).type_name, name);
    expect_refused<float>("got values of type " + name + ", expected float32;", bytes);
  }
}

TEST_F(Npy, GivesNumbersOfAnyTypeAsFloats) {
  const auto numbers = [&](const std::string& type, const std::string& values) {
    const std::string bytes =
        numpy_file("{'descr': '" + type + "', 'fortran_order': False, 'shape': (2,), }", values);
    folder_.write("array.npy", {bytes.begin(), bytes.end()});
    return read_npy_numbers(path_).values;
  };
  EXPECT_EQ(numbers("<i2", "\xfe\xff\x03\x01"), (std::vector<float>{-2, 259}));
  EXPECT_EQ(numbers(">u4", {"\0\0\x01\0\0\0\0\x07", 8}), (std::vector<float>{256, 7}));
  EXPECT_EQ(numbers("|b1", {"\x01\0", 2}), (std::vector<float>{1, 0}));
  write_npy<double>(path_, std::vector<std::size_t>{1}, std::vector<double>{-0.1});
  EXPECT_EQ(read_npy_numbers(path_).values, std::vector<float>{-0.1f});
  EXPECT_THROW(numbers("<f2", "abcd"), Error);
}

TEST_F(Npy, IsReadHoweverItsHeaderIsWritten) {
  for (const std::string header : {
           "{'shape': (3,), 'descr': '|u1', 'fortran_order': False}",
           "{ \"fortran_order\" : False , 'shape' : ( 3 , ) ,\n 'descr' : '<u1' , } ",
           "{'descr':'>u1','fortran_order':False,'shape':(3,)}",
           "{'descr': 'u1', 'fortran_order': False, 'shape': (3L,), }",
       }) {
    const std::string bytes = numpy_file(header, "abc");
    folder_.write("array.npy", {bytes.begin(), bytes.end()});
    EXPECT_EQ(read_npy<std::uint8_t>(path_).values, (testing::Bytes{'a', 'b', 'c'})) << header;
  }
}

TEST_F(Npy, MayBeOfVersions2And3) {
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n";
  for (const char version : {'\x02', '\x03'}) {
    const std::string bytes = "\x93NUMPY"s + version + '\0' + static_cast<char>(header.size()) +
                              "\0\0\0"s + header + "abc";
    folder_.write("array.npy", {bytes.begin(), bytes.end()});
    EXPECT_EQ(read_npy<std::uint8_t>(path_).values, (testing::Bytes{'a', 'b', 'c'}));
    EXPECT_EQ(read_npy_header(path_).size, bytes.size());
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      expect_refused<std::uint8_t>(path_.string(), bytes.substr(0, length));
    }
    std::string absurd = bytes;
    absurd[11] = '\x7f';  // a header of 2 GB
    expect_refused<std::uint8_t>("damaged header", absurd);
  }
}

TEST_F(Npy, MayBeBigEndian) {
  const auto write = [this](const std::string& type, const std::string& values) {
    const std::string bytes =
        numpy_file("{'descr': '" + type + "', 'fortran_order': False, 'shape': (1, 1), }", values);
    folder_.write("array.npy", {bytes.begin(), bytes.end()});
  };
  write(">f4", "?\xc0\0\0"s);
  EXPECT_EQ(read_npy<float>(path_), (NpyArray<float>{{1, 1}, {1.5f}}));
  write(">f8", "\x40\x08\0\0\0\0\0\0"s);
  EXPECT_EQ(read_npy<double>(path_).values, std::vector<double>{3.0});
  write(">i8", "\xff\xff\xff\xff\xff\xff\xff\xfb");
  EXPECT_EQ(read_npy<std::int64_t>(path_).values, std::vector<std::int64_t>{-5});
}

TEST_F(Npy, MayBePacked) {
  const std::string bytes =
      numpy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", "abc");
  folder_.write("array.npy", testing::gzip({bytes.begin(), bytes.end()}));
  EXPECT_EQ(read_npy<std::uint8_t>(path_).values, (testing::Bytes{'a', 'b', 'c'}));
  EXPECT_EQ(read_npy_header(path_).size, bytes.size());
}

TEST_F(Npy, OfWholeNumbersTellsTheirRange) {
  const auto range_of = [this](const std::string& type, const std::string& values) {
    const std::string bytes =
        numpy_file("{'descr': '" + type + "', 'fortran_order': False, 'shape': (2,), }", values);
    folder_.write("array.npy", {bytes.begin(), bytes.end()});
    return read_npy_range(path_);
  };
  const auto expect_range = [](const std::optional<NpyRange>& range, double least,
                               double greatest) {
    ASSERT_TRUE(range.has_value());
    EXPECT_EQ(range->least, least);
    EXPECT_EQ(range->greatest, greatest);
  };
  expect_range(range_of("<u2", "\x01\x02\xff\xff"), 0x201, 0xffff);
  expect_range(range_of(">u2", "\x01\x02\xff\xff"), 0x102, 0xffff);
  expect_range(range_of("|i1", "\x7f\x80"), -128, 127);
  expect_range(range_of("<i4", "\xfe\xff\xff\xff\x05\0\0\0"s), -2, 5);
  expect_range(range_of("<u8", "\0\0\0\0\0\0\0\x80\x05\0\0\0\0\0\0\0"s), 5, 0x1p63);
  EXPECT_FALSE(range_of("<f4", "abcdefgh").has_value());
  EXPECT_FALSE(range_of("|O", "abcdefgh").has_value());
}

TEST_F(Npy, OfBoolIsReadAsBytes) {
  const std::string bytes =
      numpy_file("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", "\x01\x00\x01"s);
  folder_.write("array.npy", {bytes.begin(), bytes.end()});
  EXPECT_EQ(read_npy<std::uint8_t>(path_).values, (testing::Bytes{1, 0, 1}));
  EXPECT_EQ(read_npy_header(path_).type, NpyType::kBool);
  expect_refused<float>("got values of type bool, expected float32;", bytes);
}

TEST_F(Npy, IsRefusedAtEveryTruncation) {
  const std::string bytes =
      numpy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", "abc");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    expect_refused<std::uint8_t>(path_.string(), bytes.substr(0, length));
  }
  expect_refused<std::uint8_t>("trailing bytes", bytes + "d");
}

TEST_F(Npy, IsRefusedWithAnotherTypeOrderOrVersion) {
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }";
  expect_refused<float>("got values of type uint8, expected float32;", numpy_file(header, "abc"));
  expect_refused<std::uint8_t>(
      "got values of type int64, expected uint8 or bool;",
      numpy_file("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", "abcdefgh"));
  expect_refused<std::uint8_t>(
      "Fortran order",
      numpy_file("{'descr': '|u1', 'fortran_order': True, 'shape': (3,), }", "abc"));
  for (const auto& [place, value] : {std::pair{6, '\x04'}, {6, '\0'}, {7, '\x01'}}) {
    std::string other = numpy_file(header, "abc");
    other[static_cast<std::size_t>(place)] = value;
    expect_refused<std::uint8_t>("expected 1.0, 2.0 or 3.0", other);
  }
}

TEST_F(Npy, IsRefusedWithADamagedHeader) {
  for (const std::string header : {
           "",
           "{",
           "{}",
           "[]",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (3), }",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (-3,), }",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (3,4, }",
           "{'descr': '|u1', 'fortran_order': False, 'shape': 3, }",
           "{'descr': '|u1', 'fortran_order': 0, 'shape': (3,), }",
           "{'descr': '|u1, 'fortran_order': False, 'shape': (3,), }",
           "{'descr': '|u1', 'shape': (3,), }",
           "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (3,), }",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), 'more': 1, }",
           "{'descr': '|u1' 'fortran_order': False, 'shape': (3,), }",
           "{'descr': \"|u1', 'fortran_order': False, 'shape': (3,), }",
           "{'descr': [('a', '|u1', 'fortran_order': False, 'shape': (3,), }",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), } x",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,), }",
       }) {
    expect_refused<std::uint8_t>("damaged header", numpy_file(header, "abc"));
  }
}

TEST_F(Npy, IsRefusedWithAShapeBeyondAllMemory) {
  expect_refused<float>(
      "absurd shape",
      numpy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808, 2), }",
                 ""));
}

TEST_F(Npy, IsRefusedOrReadWhateverByteIsChanged) {
  const std::string bytes =
      numpy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", "abc");
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    for (const char value : {'\0', ' ', '0', '9', '\'', '(', ')', ',', '\n', '\xff'}) {
      std::string damaged = bytes;
      damaged[place] = value;
      folder_.write("array.npy", {damaged.begin(), damaged.end()});
      try {
        EXPECT_EQ(read_npy<std::uint8_t>(path_).values.size(), 3u);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kData);
      }
    }
  }
}

TEST_F(Npy, IsNoInputIfMissing) {
  expect_error(ErrorKind::kNoInput, "array.npy", [&] { read_npy<float>(path_); });
}

}  // namespace
}  // namespace spvae
