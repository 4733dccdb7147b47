

#include "options.h"
#include "output.h"
#include "progress.h"
#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/data/data_set.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(Without a name, all sets that are known by one: where their files are, or what is missing.
Every file is read through for its SHA-256, which takes seconds where files are packed.
--out draws images as models see them, without noise, 8 bits a pixel, and writes FILE.png.json
beside them.

Examples:
  spvae data
  spvae data cifar10 --data-dir ~/data --split validation --count 100 --out cifar10.png)";

struct ShowConfig {
  std::string data;  // empty: all named sets
  std::string data_dir;
  Split split = Split::kTrain;
  int count = 64;
  ColourMode colour = ColourMode::kGray;
  bool vectors = false;
  std::string out;
  std::uint32_t data_seed = 0;
  int threads = 0;
};

FieldList<ShowConfig> fields() {
  using Config = ShowConfig;
  return {
      text_field("data", &Config::data,
                 "data set: mnist, cifar10, svhn, or the path of a folder or file of "
                 "images, or of a .csv or .npy file of vectors"),
      text_field("data-dir", &Config::data_dir, "folder to look for data sets in first"),
      choice_field("split", &Config::split, "which images to draw",
                   {"train", "validation", "test"}),
      number_field("count", &Config::count, "draw no more than the first N images", 1, 1e5),
      choice_field("colour", &Config::colour, "of the images that are drawn", {"gray", "rgb"}),
      boolean_field("vectors", &Config::vectors, "the rows of a .npy file of two axes are vectors"),
      output_field("out", &Config::out, "FILE.png to draw images into", {".png"}),
      number_field("data-seed", &Config::data_seed, "seed of the split", 0, 4294967295.0),
      number_field("threads", &Config::threads, "threads; 0 is one for each processor", 0, 1024),
  };
}

void check_asked(const ShowConfig& config, const Json& flags) {
  if (!config.out.empty() && config.data.empty()) {
    fail(ErrorKind::kUsage, "data: got --out, but no data set; say 'spvae data NAME --out {}'",
         config.out);
  }
  for (const char* of_picture : {"split", "count", "colour"}) {
    if (!config.out.empty() || !flags.contains(of_picture)) continue;
    fail(ErrorKind::kUsage, "data: got --{} without a picture to draw; say --out FILE.png too",
         of_picture);
  }
}

/// Opens a set, and warns if its files are not the published ones.
DataSet open(const ShowConfig& config, const std::string& name, ThreadPool& pool) {
  DataSet data({.data = name,
                .data_seed = config.data_seed,
                .data_dir = config.data_dir,
                .colour = config.colour,
                .dequantize = Dequantize::kOff,
                .missing = Missing::kNan,
                .vectors = config.vectors},
               &pool);
  if (!data.warning().empty()) warn_user(data.warning());
  return data;
}

Json description(const DataSet& data) {
  Json result = {{"data", data.name()},
                 {"height", data.height()},
                 {"width", data.width()},
                 {"in_colour", data.has_colours()},
                 {"train", data.count(Split::kTrain)},
                 {"validation", data.count(Split::kValidation)},
                 {"test", data.count(Split::kTest)},
                 {"data_digest", data.digest()}};
  if (!data.columns().empty()) {
    for (const char* of_images : {"height", "width", "in_colour"}) result.erase(of_images);
    result["columns"] = data.columns();
  }
  Json files = Json::array();
  for (const DataFile& file : data.files()) {
    Json entry = {{"name", file.name}, {"path", file.path.string()}, {"sha256", file.sha256}};
    if (!file.published_sha256.empty()) entry["published"] = file.is_published();
    files.push_back(std::move(entry));
  }
  result["files"] = std::move(files);
  if (!data.warning().empty()) result["data_warning"] = data.warning();
  return result;
}

/// A named set, or what keeps one from opening it.
Json description_or_problem(const ShowConfig& config, const std::string& name, ThreadPool& pool) {
  try {
    return description(open(config, name, pool));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNoInput && error.kind() != ErrorKind::kData) throw;
    return {{"data", name}, {"problem", error.what()}};
  }
}

std::string readable(const Json& set) {
  const auto text = [](const Json& value) { return value.get<std::string>(); };
  const auto number = [&set](const char* key) { return count_text(set.at(key).get<long long>()); };
  if (set.contains("problem")) {
    return fmt::format("{}\n  {}\n", text(set.at("data")), one_line(text(set.at("problem"))));
  }
  const bool of_images = !set.contains("columns");
  std::string lines = fmt::format(
      "{}\n  {}; {} training, {} validation and {} test {}\n", text(set.at("data")),
      of_images ? fmt::format("{}×{} pixels in {}", number("height"), number("width"),
                              set.at("in_colour") == false ? "gray" : "colour")
                : counted(std::ssize(set.at("columns")), "column"),
      number("train"), number("validation"), number("test"), of_images ? "images" : "vectors");
  constexpr std::size_t kShown = 12;  // more are those of a folder of pictures
  const Json& files = set.at("files");
  if (files.size() > kShown) {
    return lines + fmt::format("  {} files\n", count_text(files.size()));
  }
  for (const Json& file : files) {
    const bool is_known = file.contains("published");
    lines += fmt::format("  {}  {}{}\n", text(file.at("sha256")), text(file.at("path")),
                         !is_known                          ? ""
                         : file.at("published").get<bool>() ? ", as published"
                                                            : ", not the published file");
  }
  return lines;
}

/// Error(kData) for floating-point pixels out of range, which only reading them shows. Few of them
/// are prepared, but all that the file holds are looked at.
void check_pixels(const DataSet& data, ThreadPool& pool) {
  if (data.is_float()) data.load(Split::kTrain, pool, {.most = 1});
}

/// Draws the first images of a split; what is to be known of the picture.
Json draw(const ShowConfig& config, const DataSet& data, ThreadPool& pool) {
  ImageSet images = data.load(config.split, pool);
  keep_first(images, config.count);
  write_png(config.out, contact_sheet(images));
  const Json settings = config_json(fields(), config);
  const Json result = {{"out", config.out},
                       {"count", images.count()},
                       {"split", settings.at("split")},
                       {"colour", settings.at("colour")},
                       {"data_seed", config.data_seed}};
  Json beside = description(data);
  beside.update(result);
  write_description(config.out, std::move(beside));
  return result;
}

void run_data(const ShowConfig& config, const Options& options) {
  check_asked(config, options.flags());
  ThreadPool pool(config.threads);
  Json result = Json::object();
  std::string text;
  if (config.data.empty()) {
    Json sets = Json::array();
    for (const std::string& name : data_set_names()) {
      sets.push_back(description_or_problem(config, name, pool));
      text += readable(sets.back());
    }
    result["data_sets"] = std::move(sets);
  } else {
    const DataSet data = open(config, config.data, pool);
    if (!config.out.empty() && !data.columns().empty()) {
      fail(ErrorKind::kUsage,
           "out: got '{}', but {} are vectors, which are no pictures; leave it out", config.out,
           data.name());
    }
    check_pixels(data, pool);
    result = description(data);
    text = readable(result);
    if (!config.out.empty()) {
      result.update(draw(config, data, pool));
      text += fmt::format("{}: {}\n", config.out, counted(result.at("count").get<int>(), "image"));
    }
  }
  result["version"] = version();
  options.print_result(result, text);
}

}  // namespace

Run add_data(CLI::App& app) { return add_command(app, kExample, fields(), run_data, {"data"}); }

}  // namespace spvae::cli
