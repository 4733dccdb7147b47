#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "spvae/report/blocks.h"
#include "spvae/report/numbers.h"
#include "spvae/report/picture.h"
#include "spvae/report/sections.h"

namespace spvae {

ReportSection extremes_section(const ReportSource& source, const ReportOptions& options,
                               std::span<const ImageScore> scores) {
  std::vector<int> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  const auto score = [&](int image) {
    return scores[static_cast<std::size_t>(image)].log_likelihood;
  };
  std::ranges::stable_sort(order, {}, score);
  const auto shown = static_cast<std::size_t>(
      std::min(options.pictures, std::max(1, static_cast<int>(scores.size()) / 2)));
  const auto pictures = [&](std::span<const int> images) {
    std::vector<GalleryPicture> gallery_pictures;
    for (const int image : images) {
      const std::uint32_t index = source.images.indices[static_cast<std::size_t>(image)];
      gallery_pictures.push_back(
          {.picture = picture_of(source.images, image),
           .alt = fmt::format("image {} of its file", index),
           .caption = fmt::format("{} nats, no. {}", decimal_text(score(image), 1), index)});
    }
    return gallery(gallery_pictures);
  };
  const std::span<const int> least = std::span(order).first(shown);
  Html content = paragraph("Numbers are those of the images in their file.");
  content += html_element("h3", "Least likely, the least likely first") + pictures(least);
  std::ranges::reverse(order);
  content += html_element("h3", "Most likely, the most likely first") +
             pictures(std::span(order).first(std::min(shown, order.size())));
  return {.id = "extremes", .title = "Least and most likely images", .content = content};
}

}  // namespace spvae
