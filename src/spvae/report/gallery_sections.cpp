#include <fmt/format.h>

#include <algorithm>

#include "spvae/core/ascending_order.h"
#include "spvae/data/mask.h"
#include "spvae/query/completion.h"
#include "spvae/query/embedding.h"
#include "spvae/query/sample.h"
#include "spvae/report/blocks.h"
#include "spvae/report/numbers.h"
#include "spvae/report/picture.h"
#include "spvae/report/sections.h"

namespace spvae {
namespace {

Html samples_of(const ReportSource& source, const ReportOptions& options, SampledPixels pixels) {
  const ImageSet samples = sample(source.stored.model, options.pictures,
                                  options.sampling.noise.seed, pixels, source.engine, source.pool);
  std::vector<GalleryPicture> pictures;
  pictures.reserve(static_cast<std::size_t>(samples.count()));
  for (int i = 0; i < samples.count(); ++i) {
    pictures.push_back({.picture = picture_of(samples, i), .alt = fmt::format("sample {}", i + 1)});
  }
  return gallery(pictures);
}

constexpr int kDraws = 3;

}  // namespace

ReportSection extremes_section(const ReportSource& source, const ReportOptions& options,
                               std::span<const ImageScore> scores) {
  std::vector<double> log_likelihoods;
  for (const ImageScore& score : scores) log_likelihoods.push_back(score.log_likelihood);
  std::vector<std::size_t> order = ascending_order(log_likelihoods);
  const auto shown = static_cast<std::size_t>(
      std::min(options.pictures, std::max(1, static_cast<int>(scores.size()) / 2)));
  const auto pictures = [&](std::span<const std::size_t> images) {
    std::vector<GalleryPicture> gallery_pictures;
    for (const std::size_t image : images) {
      const std::uint32_t index = source.images.indices[image];
      gallery_pictures.push_back(
          {.picture = picture_of(source.images, static_cast<int>(image)),
           .alt = fmt::format("image {} of its file", index),
           .caption =
               fmt::format("{} nats, no. {}", decimal_text(log_likelihoods[image], 1), index)});
    }
    return gallery(gallery_pictures);
  };
  const std::span<const std::size_t> least = std::span(order).first(shown);
  Html content = paragraph("Numbers are those of the images in their file.");
  content += html_element("h3", "Least likely, the least likely first") + pictures(least);
  std::ranges::reverse(order);
  content += html_element("h3", "Most likely, the most likely first") +
             pictures(std::span(order).first(std::min(shown, order.size())));
  return {.id = "extremes", .title = "Least and most likely images", .content = content};
}

ReportSection reconstructions_section(const ReportSource& source, const ReportOptions& options) {
  const int count = std::min(options.pictures, source.images.count());
  const Evidence evidence = evidence_of_first(source, count, options);
  const ImageSet reconstructions =
      reconstruct(source.stored.model, evidence, source.engine, source.pool);
  std::vector<GalleryPicture> pictures;
  pictures.reserve(static_cast<std::size_t>(count));
  for (int image = 0; image < count; ++image) {
    pictures.push_back(
        {.picture =
             sheet_of({picture_of(source.images, image), picture_of(reconstructions, image)}, 2),
         .alt = fmt::format("image {} of its file and its reconstruction",
                            source.images.indices[static_cast<std::size_t>(image)])});
  }
  return {
      .id = "reconstructions",
      .title = "Reconstructions",
      .content = paragraph("Left the image, right its reconstruction: its most probable tree, "
                           "the posterior means of its leaves' codes, the means of the pixels.") +
                 gallery(pictures)};
}

ReportSection samples_section(const ReportSource& source, const ReportOptions& options) {
  Html content = paragraph(
      "Drawn from the model: an induced tree, a code for each of its leaves, then pixels.");
  content += html_element("h3", "Means of the pixels, given tree and codes") +
             samples_of(source, options, SampledPixels::kMean);
  content += html_element("h3", "The same trees and codes, pixels drawn too") +
             samples_of(source, options, SampledPixels::kDrawn);
  return {.id = "samples", .title = "Samples", .content = content};
}

ReportSection completions_section(const ReportSource& source, const ReportOptions& options) {
  const int count = std::min(options.pictures, source.images.count());
  ImageSet hidden = source.images;
  keep_first(hidden, count);
  hide_pixels(Hidden::kLower, 0, 0, hidden);
  Sampling sampling = options.sampling;
  sampling.samples = options.proposals;
  const auto filled = [&](Filling filling, int completions) {
    return complete(source.stored.model, hidden, filling, completions, sampling.noise.seed,
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
                            source.images.indices[static_cast<std::size_t>(image)], kDraws)});
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
