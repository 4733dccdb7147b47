#include "picture.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "spvae/report/picture.h"

namespace spvae::cli {

Picture contact_sheet(const ImageSet& images, int columns) {
  const int count = images.count();
  const double ratio = static_cast<double>(images.height) / images.width;
  if (columns == 0) {
    columns = std::clamp(static_cast<int>(std::ceil(std::sqrt(count * ratio))), 1, count);
  }
  std::vector<Picture> pictures;
  pictures.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) pictures.push_back(picture_of(images, i));
  return sheet_of(pictures, columns);
}

}  // namespace spvae::cli
