#include "spvae/structure/graph_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <tuple>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/core/error_testing.h"
#include "spvae/io/idx_testing.h"
#include "spvae/structure/quad.h"

namespace spvae {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

/// {0 1 2 3} = {0 1} + {2 3}, {0 1} = {0} + {1}.
const char* const kGraph = R"({"regions": {"0": {"scope": [0]}, "1": {"scope": [1]},
  "2": {"scope": [2, 3]}, "3": {"scope": [0, 1]}, "4": {"scope": [0, 1, 2, 3]}},
  "roots": ["4"],
  "graph": [{"output": 3, "inputs": [0, 1]}, {"output": 4, "inputs": [3, 2]}]})";

RegionGraph read(const std::string& text, int variables = 4, int channels = 1) {
  return region_graph_of(parse_json(text).value, variables, channels);
}

std::vector<std::vector<int>> scopes(const RegionGraph& graph) {
  std::vector<std::vector<int>> scopes;
  for (const Region& region : graph.regions()) scopes.push_back(region.scope);
  return scopes;
}

std::vector<std::tuple<int, int, int>> partitions(const RegionGraph& graph) {
  std::vector<std::tuple<int, int, int>> partitions;
  for (const Partition& p : graph.partitions()) partitions.emplace_back(p.region, p.left, p.right);
  return partitions;
}

TEST(GraphFile, IsReadInTheOrderOfItsKeys) {
  const RegionGraph graph = read(kGraph);
  EXPECT_THAT(scopes(graph), ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2, 3),
                                         ElementsAre(0, 1), ElementsAre(0, 1, 2, 3)));
  EXPECT_THAT(partitions(graph), ElementsAre(std::tuple(3, 0, 1), std::tuple(4, 3, 2)));
}

TEST(GraphFile, MayHaveAnyKeysAndAnyOrder) {
  const RegionGraph graph = read(R"({"roots": ["7"],
    "graph": [{"inputs": [30, 9], "output": 7}, {"output": 30, "inputs": [500, 20]}],
    "regions": {"500": {"scope": [0]}, "7": {"scope": [3, 1, 0, 2]}, "30": {"scope": [1, 0]},
    "9": {"scope": [2, 3]}, "20": {"scope": [1]}}})");
  EXPECT_THAT(scopes(graph), ElementsAre(ElementsAre(2, 3), ElementsAre(1), ElementsAre(0),
                                         ElementsAre(0, 1), ElementsAre(0, 1, 2, 3)));
  EXPECT_THAT(partitions(graph), ElementsAre(std::tuple(3, 2, 1), std::tuple(4, 3, 0)));
}

TEST(GraphFile, HalvesPartitionsOfMoreThanTwoInputs) {
  const auto flat = [](int inputs) {
    Json json = {{"regions", Json::object()}, {"roots", {"0"}}, {"graph", Json::array()}};
    std::vector<int> all;
    std::vector<int> keys;
    for (int i = 0; i < inputs; ++i) {
      json["regions"][std::to_string(i + 1)] = {{"scope", {i}}};
      all.push_back(i);
      keys.push_back(i + 1);
    }
    json["regions"]["0"] = {{"scope", all}};
    json["graph"].push_back({{"output", 0}, {"inputs", keys}});
    return region_graph_of(json, inputs, 1);
  };
  for (const int inputs : {2, 3, 4, 5, 17}) {
    const RegionGraph graph = flat(inputs);
    EXPECT_EQ(graph.leaf_regions(), inputs);
    EXPECT_EQ(graph.partitions().size(), static_cast<std::size_t>(inputs - 1));
  }
  // {0 1 2} and {3 4}; {0 1 2} of {0 1} and {2}.
  EXPECT_THAT(partitions(flat(5)), ElementsAre(std::tuple(5, 0, 1), std::tuple(6, 5, 2),
                                               std::tuple(7, 3, 4), std::tuple(8, 6, 7)));
}

TEST(GraphFile, NumbersVariablesChannelByChannel) {
  // Two pixels of three channels; the first channel of both, the others pixel by pixel.
  const std::string text = R"({"regions": {"0": {"scope": [0, 1]}, "1": {"scope": [2, 4]},
    "2": {"scope": [3, 5]}, "3": {"scope": [2, 3, 4, 5]}, "4": {"scope": [0, 1, 2, 3, 4, 5]}},
    "roots": ["4"], "graph": [{"output": 3, "inputs": [1, 2]}, {"output": 4, "inputs": [0, 3]}]})";
  const RegionGraph graph = read(text, 6, 3);
  EXPECT_THAT(graph.regions()[0].scope, ElementsAre(0, 3));
  EXPECT_THAT(graph.regions()[1].scope, ElementsAre(1, 2));
  EXPECT_THAT(graph.regions()[2].scope, ElementsAre(4, 5));
  EXPECT_EQ(region_graph_json(graph, 3), parse_json(text).value);
}

TEST(GraphFile, MayBeOneRegion) {
  EXPECT_EQ(read(R"({"regions": {"0": {"scope": [1, 0]}}, "roots": ["0"], "graph": []})", 2)
                .regions()
                .size(),
            1U);
}

/// What is refused once one text of kGraph is replaced by another.
void refuses(const std::string& from, const std::string& to, const std::string& says) {
  std::string text = kGraph;
  ASSERT_NE(text.find(from), std::string::npos) << from;
  text.replace(text.find(from), from.size(), to);
  testing::expect_error(ErrorKind::kData, says, [&] { read(text); });
}

TEST(GraphFile, IsRefusedWhereItIsNoneInThatFormat) {
  for (const char* text : {"[]", "3", "null", "\"regions\""}) {
    testing::expect_error(ErrorKind::kData, "region graph: got ", [&] { read(text); });
  }
  refuses("\"roots\"", "\"root\"", "region graph: unknown key 'root'");
  refuses("\"roots\": [\"4\"],", "", "region graph: 'roots' is missing");
  refuses("[\"4\"]", "[]", "roots: got [], expected an array of one region's key");
  refuses("[\"4\"]", "[\"4\", \"3\"]", "expected an array of one region's key");
  refuses("[\"4\"]", "[4]", "expected an array of one region's key");
  refuses("[\"4\"]", "[\"5\"]", "roots: got '5', which is not among the regions");
  refuses("\"0\": {", "\"00\": {", "regions: got the key '00'");
  refuses("\"0\": {", "\"-1\": {", "regions: got the key '-1'");
  refuses("\"0\": {", "\"99999999999\": {", "regions: got the key '99999999999'");
  refuses("{\"scope\": [0]}", "{\"scope\": [0], \"x\": 1}", "region 0: unknown key 'x'");
  refuses("{\"scope\": [0]}", "{}", "region 0: 'scope' is missing");
  refuses("{\"scope\": [0]}", "[0]", "region 0: got [0], expected an object");
  refuses("[0]", "[]", "region 0: scope: got [], expected an array of at least 1");
  refuses("[0]", "[0.0]", "region 0: got the variable 0.0, expected whole numbers from 0 to 3");
  refuses("[0]", "[-1]", "region 0: got the variable -1");
  refuses("[0]", "[4]", "region 0: got the variable 4");
  refuses("[0]", "[18446744073709551615]", "region 0: got the variable 18446744073709551615");
  refuses("[0]", "[0, 0]", "region 0: its scope names a variable twice");
  refuses("\"output\": 3", "\"output\": \"3\"", "graph: output: got the region \"3\"");
  refuses("\"output\": 3", "\"output\": 5", "graph: output: got the region 5");
  refuses("[0, 1]}, {", "[0, 9]}, {", "region 3: inputs: got the region 9");
  refuses("[0, 1]}, {", "[0, -1]}, {", "region 3: inputs: got the region -1");
  refuses("[0, 1]}, {", "[0]}, {", "region 3: inputs: got [0], expected an array of at least 2");
  refuses("\"inputs\": [0", "\"input\": [0", "graph: unknown key 'input'");
}

TEST(GraphFile, IsRefusedWhereItIsNoRegionGraph) {
  refuses("[0, 1]}, {", "[0, 0]}, {", "region 3: two of its inputs share a variable");
  refuses("[0, 1]}, {", "[0, 2]}, {", "region 3: its inputs together have another scope");
  refuses("[3, 2]}", "[3, 4]}", "region 4: two of its inputs share a variable");  // a cycle
  refuses("[\"4\"]", "[\"3\"]", "region 3: the root has 2 variables, expected the 4 of the images");
  refuses("{\"output\": 3, \"inputs\": [0, 1]}, ", "", "region 0: it cannot be reached");
  testing::expect_error(ErrorKind::kData, "the root has 4 variables, expected the 5 of the images",
                        [] { read(kGraph, 5); });
}

TEST(GraphFile, IsRefusedBeyondWhatCanBeStored) {
  // 4,999 leaves below the root, and again: the halves of both are too many.
  Json json = {{"regions", Json::object()}, {"roots", {"0"}}, {"graph", Json::array()}};
  std::vector<int> all;
  std::vector<int> keys;
  for (int i = 0; i < 4999; ++i) {
    json["regions"][std::to_string(i + 1)] = {{"scope", {i}}};
    all.push_back(i);
    keys.push_back(i + 1);
  }
  json["regions"]["0"] = {{"scope", all}};
  for (int copy = 0; copy < 2; ++copy) {
    json["graph"].push_back({{"output", 0}, {"inputs", keys}});
  }
  testing::expect_error(ErrorKind::kData, "more than 10000 regions",
                        [&] { region_graph_of(json, 4999, 1); });
}

TEST(GraphFile, SaysWhichFileIsAtFault) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "graph.json").string();
  const auto expect = [&](const std::string& content, const std::string& says) {
    std::ofstream(path) << content;
    testing::expect_error(ErrorKind::kData, path + ": " + says,
                          [&] { read_region_graph(path, 4, 1); });
  };
  expect("{\"regions\": ", "not valid JSON at line 1");
  expect("{}", "region graph: 'regions' is missing");
  std::ofstream(path) << region_graph_json(quad_graph(2, 2, 1), 1);
  EXPECT_THAT(scopes(read_region_graph(path, 4, 1)), ElementsAreArray(scopes(quad_graph(2, 2, 1))));
  testing::expect_error(ErrorKind::kNoInput, "none.json",
                        [&] { read_region_graph("none.json", 4, 1); });
}

}  // namespace
}  // namespace spvae
