#include <fmt/format.h>

#include <algorithm>

#include "spvae/query/embedding.h"
#include "spvae/report/blocks.h"
#include "spvae/report/evidence_of.h"
#include "spvae/report/picture.h"
#include "spvae/report/sections.h"

namespace spvae {

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
                            source.images.indices[static_cast<std::size_t>(image)]),
         .caption = {}});
  }
  return {
      .id = "reconstructions",
      .title = "Reconstructions",
      .content = paragraph("Left the image, right its reconstruction: its most probable tree, "
                           "the posterior means of its leaves' codes, the means of the pixels.") +
                 gallery(pictures)};
}

}  // namespace spvae
