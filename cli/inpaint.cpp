#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "commands.h"
#include "image_query.h"
#include "interruption.h"
#include "options.h"
#include "output.h"
#include "output_file.h"
#include "picture.h"
#include "progress.h"
#include "scoring_progress.h"
#include "spvae/core/error.h"
#include "spvae/core/median.h"
#include "spvae/core/random.h"
#include "spvae/io/npy.h"
#include "spvae/kernels/kernels.h"
#include "spvae/query/completion.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    "Pixels that are hidden are drawn from p(missing | observed): a tree of the posterior, and in "
    "each of\n"
    "its leaves a code by sampling-importance-resampling among --proposals. --fill mean is the "
    "posterior\n"
    "mean, --fill best the most probable tree. A .png has a column for each image: original, "
    "masked, then\n"
    "its completions; a .npy is float32 [images, completions, height, width].\n"
    "\n"
    "Examples:\n"
    "  spvae inpaint runs/mnist-spvae-gaussian --hide lower --limit 12 --out lower.png\n"
    "  spvae inpaint runs/mnist-spvae-gaussian --hide random --fill mean --out means.npy --json";

enum class Hidden { kLower = 0, kUpper = 1, kLeft = 2, kRight = 3, kRandom = 4 };

struct InpaintConfig {
  ImageQuery query{.limit = 12};
  Hidden hide = Hidden::kLower;
  double share = 0.25;
  Filling fill = Filling::kDrawn;
  int count = 4;
  int proposals = 1000;
  double prior_share = 0.2;
  Imputation impute = Imputation::kPatchMean;
  std::string out;
};

const FieldList<InpaintConfig>& inpaint_fields() {
  using Config = InpaintConfig;
  static const FieldList<Config> list = [] {
    FieldList<Config> fields = fields_of(&Config::query, image_query_fields());
    for (const Field<Config>& field : {
             choice_field("hide", &Config::hide,
                          "which pixels are missing: a half of each image, or --share of its "
                          "pixels at random",
                          {"lower", "upper", "left", "right", "random"}),
             number_field("share", &Config::share, "of the pixels that --hide random hides", 0, 1),
             choice_field("fill", &Config::fill,
                          "drawn: from the posterior; best: its most probable tree; mean: its mean",
                          {"drawn", "best", "mean"}),
             number_field("count", &Config::count, "completions of each image", 1, 1000),
             number_field("proposals", &Config::proposals, "codes of each leaf to resample from", 1,
                          1e5),
             number_field("prior-share", &Config::prior_share,
                          "share of the proposals that come from the prior, of leaves that are "
                          "partly observed; the others come from the encoder",
                          0, 1),
             choice_field("impute", &Config::impute, "what encoders see at missing pixels",
                          {"patch-mean", "zero"}),
             text_field("out", &Config::out, "FILE.png or FILE.npy (required)"),
         }) {
      fields.push_back(field);
    }
    return fields;
  }();
  return list;
}

std::string shown_default(const std::string& field) {
  const Json value = config_json(inpaint_fields(), InpaintConfig{}).at(field);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

InpaintConfig checked_config(const Json& given) {
  InpaintConfig config;
  apply_config(inpaint_fields(), given, config);
  if (config.query.run.empty()) {
    fail(ErrorKind::kUsage, "inpaint: no run given; say 'spvae inpaint RUN --out FILE.png'");
  }
  if (!has_ending(config.out, ".png") && !has_ending(config.out, ".npy")) {
    fail(ErrorKind::kUsage, "out: got '{}', expected a name that ends in .png or .npy", config.out);
  }
  if (given.contains("share") && config.hide != Hidden::kRandom) {
    fail(ErrorKind::kUsage, "share: has an effect with --hide random alone; leave it out");
  }
  check_can_create(config.out);
  // The same whatever the number.
  if (config.fill != Filling::kDrawn) config.count = 1;
  return config;
}

bool is_hidden(const InpaintConfig& config, const ImageSet& images, std::uint32_t image, int v) {
  const int row = v / images.width;
  const int column = v % images.width;
  switch (config.hide) {
    case Hidden::kLower:
      return 2 * row >= images.height;
    case Hidden::kUpper:
      return 2 * row < images.height;
    case Hidden::kLeft:
      return 2 * column < images.width;
    case Hidden::kRight:
      return 2 * column >= images.width;
    case Hidden::kRandom:
      break;
  }
  const RandomAddress address{
      .seed = config.query.seed, .purpose = Purpose::kSampling, .image = image};
  return random_uniform(address, static_cast<std::uint32_t>(v)) < config.share;
}

void hide_pixels(const InpaintConfig& config, ImageSet& images) {
  for (const std::uint32_t image : images.indices) {
    for (int v = 0; v < images.pixels(); ++v) {
      images.observed.push_back(is_hidden(config, images, image, v) ? 0 : 1);
    }
  }
}

template <class T>
void append(const std::vector<T>& part, std::vector<T>& all) {
  all.insert(all.end(), part.begin(), part.end());
}

/// Completions of all images, a tile after another.
Completions completions(const InpaintConfig& config, OpenQuery& open) {
  const ImageSet& images = open.images;
  const Sampling sampling{.samples = config.proposals,
                          .noise = {.seed = config.query.seed,
                                    .purpose = Purpose::kEvaluation,
                                    .prior_share = config.prior_share},
                          .imputation = config.impute};
  Completions all{
      .images = {.height = images.height, .width = images.width, .values = {}, .indices = {}},
      .effective_samples = {}};
  ProgressDisplay display;
  const EvaluationObserver progress = scoring_progress(display, "inpaint");
  std::vector<std::uint32_t> rows;
  for (int done = 0; done < images.count(); done += static_cast<int>(rows.size())) {
    if (!progress(done, images.count())) {
      fail(ErrorKind::kInterrupted, "stopped after {} of {} images; nothing is written", done,
           images.count());
    }
    rows.resize(static_cast<std::size_t>(std::min(kernels::kTile, images.count() - done)));
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(done));
    const Completions part = complete(open.stored.model, images, rows, config.fill, config.count,
                                      config.query.seed, sampling, *open.engine, open.pool);
    append(part.images.values, all.images.values);
    append(part.images.indices, all.images.indices);
    append(part.effective_samples, all.effective_samples);
  }
  return all;
}

/// Mean squared error of the hidden pixels, over all completions.
double squared_error(const ImageSet& images, const ImageSet& filled, int count) {
  const auto pixels = static_cast<std::size_t>(images.pixels());
  double sum = 0;
  std::size_t hidden = 0;
  for (std::size_t i = 0; i < filled.values.size(); ++i) {
    const std::size_t source = i / pixels / static_cast<std::size_t>(count) * pixels + i % pixels;
    if (images.observed[source] == 1) continue;
    const auto error = static_cast<double>(filled.values[i] - images.values[source]);
    sum += error * error;
    ++hidden;
  }
  return hidden == 0 ? 0 : sum / static_cast<double>(hidden);
}

/// The same of the training images' mean, which knows nothing of what is observed.
double squared_error_of_mean(const ImageSet& images, const ImageSet& training) {
  const auto pixels = static_cast<std::size_t>(images.pixels());
  std::vector<double> sum(pixels);
  for (std::size_t i = 0; i < training.values.size(); ++i) {
    sum[i % pixels] += static_cast<double>(training.values[i]);
  }
  ImageSet mean = images;
  for (std::size_t i = 0; i < mean.values.size(); ++i) {
    mean.values[i] = static_cast<float>(sum[i % pixels] / training.count());
  }
  return squared_error(images, mean, 1);
}

/// A column for each image: original, masked, completions.
ImageSet picture_rows(const ImageSet& images, const ImageSet& filled, int count) {
  constexpr float kHiddenGray = 0.5f;
  const auto pixels = static_cast<std::ptrdiff_t>(images.pixels());
  ImageSet rows = images;
  rows.observed.clear();
  for (std::size_t i = 0; i < images.values.size(); ++i) {
    rows.values.push_back(images.observed[i] == 1 ? images.values[i] : kHiddenGray);
  }
  for (int number = 0; number < count; ++number) {
    for (int image = 0; image < images.count(); ++image) {
      const auto first = filled.values.begin() + (std::ptrdiff_t{image} * count + number) * pixels;
      rows.values.insert(rows.values.end(), first, first + pixels);
    }
  }
  rows.indices.resize(static_cast<std::size_t>(images.count()) *
                      static_cast<std::size_t>(count + 2));
  return rows;
}

void write_completions(const InpaintConfig& config, const ImageSet& images,
                       const ImageSet& filled) {
  if (has_ending(config.out, ".png")) {
    return write_png(config.out,
                     contact_sheet(picture_rows(images, filled, config.count), images.count()));
  }
  const std::size_t shape[] = {
      static_cast<std::size_t>(images.count()), static_cast<std::size_t>(config.count),
      static_cast<std::size_t>(images.height), static_cast<std::size_t>(images.width)};
  write_npy<float>(config.out, shape, filled.values);
}

void run_inpaint(const Options& options) {
  stop_on_signals();
  const InpaintConfig config = checked_config(options.given());
  OpenQuery open("inpaint", config.query);
  const ImageSet& images = open.images;
  hide_pixels(config, open.images);
  const Completions all = completions(config, open);
  const ImageSet& filled = all.images;
  write_completions(config, images, filled);

  Json result = query_result(config.query, open);
  const Json settings = config_json(inpaint_fields(), config);
  for (const char* key : {"out", "hide", "share", "fill", "proposals", "prior-share", "impute"}) {
    result[key] = settings.at(key);
  }
  result["completions"] = config.count;
  result["effective_samples"] = median(all.effective_samples);
  result["squared_error"] = squared_error(images, filled, config.count);
  result["squared_error_of_mean_image"] =
      squared_error_of_mean(images, open.data.load(Split::kTrain, open.pool));
  write_description(config.out, config.query.run, open.stored.origin, result);
  if (options.json()) return print_json(result);
  print(
      fmt::format("{}: {}, {} each; mean squared error of hidden pixels {:.4f}, of the training "
                  "images' mean {:.4f}; median effective sample size {:.1f} of {} proposals\n",
                  config.out, counted(images.count(), "image"), counted(config.count, "completion"),
                  result.at("squared_error").get<double>(),
                  result.at("squared_error_of_mean_image").get<double>(),
                  result.at("effective_samples").get<double>(), config.proposals));
}

}  // namespace

Run add_inpaint(CLI::App& command) {
  command.footer(kExample);
  auto options = std::make_shared<Options>(command, field_infos(inpaint_fields()), shown_default,
                                           std::vector<std::string>{"run"});
  return [options] { run_inpaint(*options); };
}

}  // namespace spvae::cli
