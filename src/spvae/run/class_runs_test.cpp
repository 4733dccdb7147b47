#include "spvae/run/class_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "spvae/core/error_testing.h"
#include "spvae/io/file.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/json_testing.h"

namespace spvae {
namespace {

using testing::Bytes;
using testing::expect_error;

ClassRuns two_classes() {
  ClassRuns runs{.data = "zoo", .data_digest = "12", .config = {{"seed", 3}}};
  for (const char* name : {"0", "wild cat"}) {
    runs.classes.push_back(
        {.name = name, .folder = class_folder(name), .training_images = 7, .validation_images = 2});
  }
  return runs;
}

TEST(ClassRuns, FoldersAreFitForFileNamesAndDifferent) {
  EXPECT_EQ(class_folder("7"), "class-7");
  EXPECT_EQ(class_folder("Cat_2.b-c"), "class-Cat_2.b-c");
  EXPECT_EQ(class_folder("../a b"), "class-..%2Fa%20b");
  EXPECT_EQ(class_folder("\xc3\xa9"), "class-%C3%A9");
  const std::string long_name(1000, 'x');
  const std::string names[] = {"a/b", "a%2Fb",   "a%2fb",         "a\\b",          "a\nb",
                               "a~b", long_name, long_name + "x", "." + long_name, ".."};
  std::set<std::string> folders;
  for (const std::string& name : names) {
    const std::string folder = class_folder(name);
    EXPECT_TRUE(folders.insert(folder).second) << folder;
    EXPECT_LE(folder.size(), 100u);
    EXPECT_TRUE(std::ranges::none_of(folder, [](char c) { return c == '/' || c <= ' '; }));
  }
}

TEST(ClassRuns, AreReadAsTheyWereWritten) {
  const testing::TemporaryFolder folder;
  EXPECT_FALSE(holds_class_runs(folder.path()));
  save_class_runs(folder.path(), two_classes());
  EXPECT_TRUE(holds_class_runs(folder.path()));
  const ClassRuns runs = load_class_runs(folder.path());
  EXPECT_EQ(runs.classes, two_classes().classes);
  EXPECT_EQ(runs.data, "zoo");
  EXPECT_EQ(runs.data_digest, "12");
  EXPECT_EQ(runs.config, two_classes().config);
}

TEST(ClassRuns, OfAMissingOrDamagedFileAreErrors) {
  const testing::TemporaryFolder folder;
  expect_error(ErrorKind::kNoInput, "spvae train --per-class",
               [&] { load_class_runs(folder.path()); });
  save_class_runs(folder.path(), two_classes());
  const Json good = Json::parse(read_file(folder.path() / kClassesFile));
  const auto refused = [&](const std::string& text, const std::string& part) {
    folder.write(kClassesFile, Bytes(text.begin(), text.end()));
    expect_error(ErrorKind::kData, part, [&] { load_class_runs(folder.path()); });
  };
  refused("{", "not valid JSON");
  refused(testing::deep_json(), testing::kDeepFault);
  refused("[]", "damaged");
  for (const auto& [key, value] : good.items()) {
    if (key == "version") continue;
    Json bad = good;
    bad.erase(key);
    refused(bad.dump(), "damaged");
  }
  Json bad = good;
  bad["classes"].erase(1);
  refused(bad.dump(), "two classes or more");
  bad = good;
  bad["classes"][0]["folder"] = "../class-0";
  refused(bad.dump(), "its folder");
  bad = good;
  bad["classes"][0]["training_images"] = "many";
  refused(bad.dump(), "damaged");
  bad["classes"][0]["training_images"] = 0;
  refused(bad.dump(), "training images");
}

}  // namespace
}  // namespace spvae
