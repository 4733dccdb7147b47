#include "spvae/query/sample.h"

#include <fmt/format.h>

#include "spvae/report/blocks.h"
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
    pictures.push_back(
        {.picture = picture_of(samples, i), .alt = fmt::format("sample {}", i + 1), .caption = {}});
  }
  return gallery(pictures);
}

}  // namespace

ReportSection samples_section(const ReportSource& source, const ReportOptions& options) {
  Html content = paragraph(
      "Drawn from the model: an induced tree, a code for each of its leaves, then pixels.");
  content += html_element("h3", "Means of the pixels, given tree and codes") +
             samples_of(source, options, SampledPixels::kMean);
  content += html_element("h3", "The same trees and codes, pixels drawn too") +
             samples_of(source, options, SampledPixels::kDrawn);
  return {.id = "samples", .title = "Samples", .content = content};
}

}  // namespace spvae
