#include "spvae/query/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "spvae/report/blocks.h"
#include "spvae/report/numbers.h"
#include "spvae/report/picture.h"
#include "spvae/report/sections.h"

namespace spvae {
namespace {

constexpr int kDraws = 3;

ImageSet without_lower_halves(ImageSet images, int count) {
  keep_first(images, count);
  const auto variables = static_cast<std::size_t>(images.variables());
  if (images.observed.empty()) images.observed.assign(images.values.size(), 1);
  for (std::size_t i = 0; i < images.observed.size(); ++i) {
    const std::size_t row =
        i % variables / static_cast<std::size_t>(images.width * images.channels);
    if (2 * row >= static_cast<std::size_t>(images.height)) images.observed[i] = 0;
  }
  return images;
}

}  // namespace

ReportSection completions_section(const ReportSource& source, const ReportOptions& options) {
  const int count = std::min(options.pictures, source.images.count());
  const ImageSet hidden = without_lower_halves(source.images, count);
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), 0U);
  Sampling sampling = options.sampling;
  sampling.samples = options.proposals;
  const auto filled = [&](Filling filling, int completions) {
    return complete(source.stored.model, hidden, rows, filling, completions, sampling.noise.seed,
                    sampling, source.engine, source.pool)
        .images;
  };
  const ImageSet means = filled(Filling::kMean, 1);
  const ImageSet draws = filled(Filling::kDrawn, kDraws);
  std::vector<GalleryPicture> pictures;
  for (int image = 0; image < count; ++image) {
    std::vector<Picture> strip = {picture_of(source.images, image), picture_of(hidden, image),
                                  picture_of(means, image)};
    for (int draw = 0; draw < kDraws; ++draw) {
      strip.push_back(picture_of(draws, image * kDraws + draw));
    }
    pictures.push_back(
        {.picture = sheet_of(strip, static_cast<int>(strip.size())),
         .alt = fmt::format("image {} of its file: whole, lower half hidden, and "
                            "filled in with its mean and with {} draws",
                            source.images.indices[static_cast<std::size_t>(image)], kDraws),
         .caption = {}});
  }
  return {.id = "completions",
          .title = "Completions of hidden lower halves",
          .content =
              paragraph(fmt::format(
                  "From left to right: the image; what the model saw of it; the posterior mean of "
                  "what was hidden; {} draws from p(missing | observed), of {} proposals each.",
                  kDraws, count_text(options.proposals))) +
              gallery(pictures, 56)};
}

}  // namespace spvae
