#include "spvae/data/image_set.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <numeric>

#include <fmt/format.h>
#include <zlib.h>

#include "spvae/core/error.h"

namespace spvae {

std::vector<std::size_t> array_shape(const ImageSet& images, std::vector<std::size_t> leading) {
  if (images.columns.are_none()) leading.push_back(static_cast<std::size_t>(images.height));
  leading.push_back(static_cast<std::size_t>(images.width));
  if (images.channels > 1) leading.push_back(static_cast<std::size_t>(images.channels));
  return leading;
}

void append_images(const ImageSet& more, ImageSet& images) {
  if (images.indices.empty()) {
    images = more;
    return;
  }
  assert(more.height == images.height && more.width == images.width &&
         more.channels == images.channels);
  if (!more.observed.empty() || !images.observed.empty()) {
    images.observed.resize(images.values.size(), 1);
    images.observed.insert(images.observed.end(), more.observed.begin(), more.observed.end());
    images.observed.resize(images.values.size() + more.values.size(), 1);
  }
  images.values.insert(images.values.end(), more.values.begin(), more.values.end());
  if (!more.addresses.empty() || !images.addresses.empty()) {
    const auto former = noise_addresses(images);
    images.addresses.assign(former.begin(), former.end());
    std::ranges::copy(noise_addresses(more), std::back_inserter(images.addresses));
  }
  images.indices.insert(images.indices.end(), more.indices.begin(), more.indices.end());
}

std::span<const std::uint32_t> noise_addresses(const ImageSet& images) {
  return images.addresses.empty() ? images.indices : images.addresses;
}

void address_by_content(ImageSet& images) {
  const auto variables = static_cast<std::size_t>(images.variables());
  images.addresses.clear();
  std::vector<float> row(variables);
  for (std::size_t first = 0; first < images.values.size(); first += variables) {
    // −0 is 0.
    std::ranges::transform(std::span(images.values).subspan(first, variables), row.begin(),
                           [](float value) { return value + 0.0f; });
    uLong address = crc32_z(0, nullptr, 0);
    const auto add = [&address](const void* bytes, std::size_t size) {
      address = crc32_z(address, static_cast<const Bytef*>(bytes), size);
    };
    if (!images.observed.empty()) {
      const std::span observed = std::span(images.observed).subspan(first, variables);
      for (std::size_t v = 0; v < variables; ++v) {
        if (observed[v] == 0) row[v] = 0;  // whatever is hidden
      }
      // Complete images are the same among partly observed ones.
      const bool is_complete = std::ranges::find(observed, 0) == observed.end();
      if (!is_complete) add(observed.data(), variables);
    }
    add(row.data(), variables * sizeof(float));
    images.addresses.push_back(static_cast<std::uint32_t>(address));
  }
}

ImageSet images_of_rows(const ImageSet& images, std::span<const std::size_t> rows) {
  ImageSet chosen{.height = images.height,
                  .width = images.width,
                  .channels = images.channels,
                  .values = {},
                  .indices = {},
                  .columns = images.columns};
  const auto variables = static_cast<std::size_t>(images.variables());
  const auto append = [&](const auto& from, auto& to, std::size_t row) {
    const auto first = from.begin() + static_cast<std::ptrdiff_t>(row * variables);
    to.insert(to.end(), first, first + static_cast<std::ptrdiff_t>(variables));
  };
  for (const std::size_t row : rows) {
    append(images.values, chosen.values, row);
    if (!images.observed.empty()) append(images.observed, chosen.observed, row);
    chosen.indices.push_back(images.indices[row]);
    if (!images.addresses.empty()) chosen.addresses.push_back(images.addresses[row]);
  }
  return chosen;
}

double mean_observed_variables(const ImageSet& images) {
  if (images.observed.empty()) return images.variables();
  const auto all = std::accumulate(images.observed.begin(), images.observed.end(), std::size_t{0});
  return static_cast<double>(all) / images.count();
}

std::vector<std::uint8_t> unseen_pixels(const ImageSet& images) {
  if (images.observed.empty()) return {};
  const auto variables = static_cast<std::size_t>(images.variables());
  const auto channels = static_cast<std::size_t>(images.channels);
  std::vector<std::uint8_t> unseen(variables / channels, 1);
  for (std::size_t first = 0; first < images.observed.size(); first += channels) {
    const auto pixel = std::span(images.observed).subspan(first, channels);
    if (std::ranges::find(pixel, 0) == pixel.end()) unseen[first % variables / channels] = 0;
  }
  if (std::ranges::find(unseen, 1) == unseen.end()) unseen.clear();
  return unseen;
}

int count_observed(std::span<const std::uint8_t> marked, const ImageSet& images) {
  if (images.observed.empty()) return static_cast<int>(std::ranges::count(marked, 1));
  const auto variables = static_cast<std::size_t>(images.variables());
  const auto channels = static_cast<std::size_t>(images.channels);
  assert(marked.empty() || marked.size() == variables / channels);
  int count = 0;
  for (std::size_t pixel = 0; pixel < marked.size(); ++pixel) {
    if (marked[pixel] == 0) continue;
    bool is_observed = false;
    for (std::size_t first = pixel * channels; first < images.observed.size(); first += variables) {
      const auto values = std::span(images.observed).subspan(first, channels);
      is_observed = is_observed || std::ranges::find(values, 1) != values.end();
    }
    count += is_observed ? 1 : 0;
  }
  return count;
}

Columns standardised_columns(const ImageSet& vectors) {
  Columns columns{.names = vectors.columns.names};
  const std::size_t count = columns.names.size();
  for (std::size_t column = 0; column < count; ++column) {
    std::vector<double> values;
    for (std::size_t i = column; i < vectors.values.size(); i += count) {
      const bool is_observed = vectors.observed.empty() || vectors.observed[i] != 0;
      if (is_observed) values.push_back(static_cast<double>(vectors.values[i]));
    }
    double mean = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    double variance = 0;
    for (const double value : values) {
      variance += (value - mean) * (value - mean) / static_cast<double>(values.size());
    }
    if (values.empty() || std::ranges::minmax(values).min == std::ranges::minmax(values).max) {
      fail(ErrorKind::kData,
           "standardise: column {} {} in the training rows, expected values that differ; {}leave "
           "the column out",
           columns.names[column], values.empty() ? "has no value" : "is the same, in float32,",
           values.empty() || values.front() == 0 ? "" : "take a large offset off, or ");
    }
    columns.mean.push_back(mean);
    columns.deviation.push_back(std::sqrt(variance));
  }
  return columns;
}

void keep_first(ImageSet& images, int count) {
  const auto kept = static_cast<std::size_t>(std::min(count, images.count()));
  images.indices.resize(kept);
  if (!images.addresses.empty()) images.addresses.resize(kept);
  const std::size_t values = kept * static_cast<std::size_t>(images.variables());
  images.values.resize(values);
  if (!images.observed.empty()) images.observed.resize(values);
}

void keep_evenly(ImageSet& images, int count) {
  const auto all = static_cast<std::size_t>(images.count());
  const auto kept = static_cast<std::size_t>(count);
  if (kept >= all) return;
  std::vector<std::size_t> rows(kept);
  for (std::size_t i = 0; i < kept; ++i) rows[i] = i * all / kept;
  images = images_of_rows(images, rows);
}

namespace {

void check_columns(const Columns& given, const Columns& expected) {
  const auto kind = [](const Columns& columns) {
    return columns.are_none() ? "images"
                              : fmt::format("vectors of {} columns", columns.names.size());
  };
  if (given.names.size() != expected.names.size()) {
    fail(ErrorKind::kData, "the data are {}, but the model is of {}; give such", kind(given),
         kind(expected));
  }
  if (given.names == expected.names || given.are_numbered) return;
  const auto [own, other] = std::ranges::mismatch(given.names, expected.names);
  fail(
      ErrorKind::kData,
      "column {} of the data is '{}', but of the model '{}'; give the columns in the model's order",
      own - given.names.begin() + 1, *own, *other);
}

}  // namespace

void check_images(const ImageSet& images, int height, int width, int channels,
                  const Columns& columns) {
  if (images.count() == 0) fail(ErrorKind::kData, "there are no images");
  const std::size_t size = images.indices.size() * static_cast<std::size_t>(images.variables());
  if (images.values.size() != size ||
      (!images.observed.empty() && images.observed.size() != size)) {
    fail(ErrorKind::kData, "got {} values of {} images, expected {}; give all values of each",
         images.values.size(), images.count(), size);
  }
  check_columns(images.columns, columns);
  if (images.height != height || images.width != width) {
    fail(ErrorKind::kData,
         "images are {}×{} pixels, but the model is of {}×{} (height × width); give images of "
         "that "
         "size",
         images.height, images.width, height, width);
  }
  if (images.channels != channels) {
    fail(ErrorKind::kData, "images have {} channels, but the model is of {}; load them {}",
         images.channels, channels, channels == 1 ? "in gray" : "in colour");
  }
  // A NaN fails this comparison too.
  const auto bad = std::find_if_not(
      images.values.begin(), images.values.end(), [is_free = !columns.are_none()](float value) {
        return is_free ? std::isfinite(value) : value >= 0.0f && value <= 1.0f;
      });
  if (bad == images.values.end()) return;
  const auto place = static_cast<std::size_t>(bad - images.values.begin());
  const auto variables = static_cast<std::size_t>(images.variables());
  if (!columns.are_none()) {
    fail(ErrorKind::kData, "row {}: column {} is {}, expected a finite number",
         images.indices[place / variables], columns.names[place % variables], *bad);
  }
  fail(ErrorKind::kData, "image {}: pixel {} is {}, expected a value in [0, 1]",
       images.indices[place / variables],
       place % variables / static_cast<std::size_t>(images.channels), *bad);
}

}  // namespace spvae
