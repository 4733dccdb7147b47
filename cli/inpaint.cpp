
#include <algorithm>

#include "image_query.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "spvae/core/error.h"
#include "spvae/core/median.h"
#include "spvae/query/completion.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(Pixels that are hidden are drawn from p(missing | observed): a tree of the posterior, and in each
of its leaves a code by sampling-importance-resampling among --proposals. --fill mean is the
posterior mean, --fill best the most probable tree, both over at most 64 proposals of a leaf
(256 codes of its prior where nothing of it is observed).
A .png has a column for each image: original, masked, then its completions; a .npy is float32
[images, completions, height, width], and [..., 3] of colours. --mask and --missing nan say
which pixels are missing; --hide then hides further ones. Of vectors, a .npy is [vectors,
completions, columns], and a .csv has a line for each completion. Errors are of hidden pixels whose
true values the data hold.

Examples:
  spvae inpaint runs/mnist-spvae-gaussian --hide lower --limit 12 --out lower.png
  spvae inpaint runs/mnist-spvae-gaussian --hide random --fill mean --out means.npy --json
  spvae inpaint runs/mnist-spvae-gaussian --mask mask.png --out filled.png)";

struct InpaintConfig {
  ImageQuery query{.pictures = 12};
  Hidden hide = Hidden::kAuto;
  double share = 0.25;
  Filling fill = Filling::kDrawn;
  int count = 4;
  int proposals = 1000;
  std::string out;
};

FieldList<InpaintConfig> fields() {
  using Config = InpaintConfig;
  return query_fields<Config>({
      choice_field(
          "hide", &Config::hide,
          "which pixels to hide, beside those that are missing: a half of each image, or "
          "--share of its pixels at random; auto: none if some are missing, else lower, or "
          "random of vectors",
          {"auto", "none", "lower", "upper", "left", "right", "random"}),
      only_for<Config>(
          "--hide random",
          [](const Config& config) {
            return config.hide == Hidden::kRandom || config.hide == Hidden::kAuto;
          },
          number_field("share", &Config::share, "of the pixels to hide", 0, 1)),
      choice_field("fill", &Config::fill,
                   "drawn: from the posterior; best: its most probable tree; mean: its mean",
                   {"drawn", "best", "mean"}),
      number_field("count", &Config::count, "completions of each image", 1, 1000),
      number_field("proposals", &Config::proposals, "codes of each leaf to resample from", 1, 1e5),
      required(output_field("out", &Config::out, "FILE.png, .npy or, of vectors, .csv",
                            {".png", ".npy", ".csv"})),
  });
}

/// All ways of filling in but by draws give one completion.
int completions_of_each(const InpaintConfig& config, const Json& given) {
  if (config.fill == Filling::kDrawn) return config.count;
  if (given.contains("count") && config.count != 1) {
    fail(ErrorKind::kUsage,
         "count: got {}, but --fill {} gives one completion of an image; leave it out, or choose "
         "--fill drawn",
         config.count, given.at("fill").get<std::string>());
  }
  return 1;
}

/// Which pixels' values the data hold, whatever a mask hides [N, V]; empty: all.
std::vector<std::uint8_t> known_pixels(const InpaintConfig& config, OpenQuery& open) {
  if (config.query.mask.empty()) return open.images.observed;
  ImageQuery without_mask = config.query;
  without_mask.mask.clear();
  return load_query_images(without_mask, open.data, open.stored.model, open.pool).observed;
}

/// Completions of all images.
Completions completions(const InpaintConfig& config, OpenQuery& open) {
  const Sampling sampling = sampling_of(config.query, config.proposals);
  ProgressDisplay display;
  return complete(open.stored.model, open.images, config.fill, config.count, config.query.seed,
                  sampling, *open.engine, open.pool, scoring_progress(display, "inpaint"));
}

/// Which pixels are hidden though their values are known, [N, V].
std::vector<std::uint8_t> tested_pixels(const ImageSet& images,
                                        std::span<const std::uint8_t> known) {
  std::vector<std::uint8_t> tested(images.observed.size());
  for (std::size_t i = 0; i < tested.size(); ++i) {
    tested[i] = images.observed[i] == 0 && (known.empty() || known[i] == 1) ? 1 : 0;
  }
  return tested;
}

/// Every image is the mean of the training images' observed pixels, which knows nothing of what is
/// observed of it.
ImageSet mean_images(const ImageSet& images, const ImageSet& training) {
  const auto variables = static_cast<std::size_t>(images.variables());
  std::vector<double> sum(variables);
  std::vector<int> count(variables);
  for (std::size_t i = 0; i < training.values.size(); ++i) {
    if (!training.observed.empty() && training.observed[i] == 0) continue;
    sum[i % variables] += static_cast<double>(training.values[i]);
    ++count[i % variables];
  }
  ImageSet mean = images;
  for (std::size_t i = 0; i < mean.values.size(); ++i) {
    const std::size_t v = i % variables;
    mean.values[i] = count[v] == 0 ? 0.0f : static_cast<float>(sum[v] / count[v]);
  }
  return mean;
}

/// A column for each image: original, masked, completions.
ImageSet picture_rows(const ImageSet& images, std::vector<std::uint8_t> known,
                      const ImageSet& filled, int count) {
  ImageSet rows = images;
  rows.observed = std::move(known);
  append_images(images, rows);
  const auto completions = static_cast<std::size_t>(count);
  for (std::size_t number = 0; number < completions; ++number) {
    std::vector<std::size_t> places;
    for (std::size_t at = number; at < filled.indices.size(); at += completions) {
      places.push_back(at);
    }
    append_images(images_of_rows(filled, places), rows);
  }
  return rows;
}

void write_completions(const InpaintConfig& config, const ImageSet& images,
                       const std::vector<std::uint8_t>& known, const ImageSet& filled) {
  if (has_ending(config.out, ".png")) {
    return write_png(config.out, contact_sheet(picture_rows(images, known, filled, config.count),
                                               images.count()));
  }
  write_values(config.out, filled,
               {static_cast<std::size_t>(images.count()), static_cast<std::size_t>(config.count)});
}

void run_inpaint(const InpaintConfig& asked, const Options& options) {
  InpaintConfig config = asked;
  config.count = completions_of_each(config, options.given());
  OpenQuery open(config.query);
  const ImageSet& images = open.images;
  const bool has_plane = images.columns.are_none();
  check_form(images.columns, "out", config.out, has_plane ? ".png or .npy" : ".npy or .csv");
  config.hide = resolved(config.hide, images);
  if (options.given().contains("share") && config.hide != Hidden::kRandom) {
    fail(ErrorKind::kUsage, "share: got {}, but it is for --hide random alone; leave it out",
         config.share);
  }
  const std::vector<std::uint8_t> known = known_pixels(config, open);
  hide_pixels(config.hide, config.share, config.query.seed, open.images);
  address_by_content(open.images);
  const Completions all = completions(config, open);
  const ImageSet& filled = all.images;
  write_completions(config, images, known, filled);

  Json result = open.result();
  const Json settings = config_json(fields(), config);
  for (const char* key : {"out", "hide", "fill", "proposals"}) result[key] = settings.at(key);
  if (config.hide == Hidden::kRandom) result["share"] = config.share;
  const double effective = median(all.effective_samples);
  const std::vector<std::uint8_t> tested = tested_pixels(images, known);
  const std::optional<double> error = mean_squared_error(images, filled, tested);
  std::optional<double> error_of_mean;
  if (error) {
    const ImageSet mean = mean_images(images, open.data.load(Split::kTrain, open.pool));
    error_of_mean = mean_squared_error(images, mean, tested);
  }
  result.update({{"completions", config.count},
                 {"effective_samples", effective},
                 {"squared_error", error ? Json(*error) : Json()},
                 {"squared_error_of_mean_image", error_of_mean ? Json(*error_of_mean) : Json()}});
  open.describe(config.out, result);
  options.print_result(
      result,
      fmt::format("{}: {}, {} each; {}; median effective sample size {:.1f} of {} proposals\n",
                  config.out, counted(images.count(), images.columns.thing()),
                  counted(config.count, "completion"),
                  error ? fmt::format("mean squared error of hidden {}s {:.4f}, of the "
                                      "mean {} {:.4f}",
                                      images.columns.variable(), *error, images.columns.thing(),
                                      *error_of_mean)
                  : std::ranges::count(images.observed, 0) == 0
                      ? "nothing is missing"
                      : "no true value of what is hidden is known",
                  effective, config.proposals));
}

}  // namespace

Run add_inpaint(CLI::App& app) { return add_command(app, kExample, fields(), run_inpaint); }

}  // namespace spvae::cli
