#include "spvae/plot/panels.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "spvae/plot/text_lines.h"

namespace spvae::plot {
namespace {

constexpr int kPictureLength = 56;  // pictures are enlarged to at most this, unless they are larger
constexpr int kLongestTile = 512;   // larger ones are shrunk to this
constexpr double kPictureGap = 2.0;  // within a tile
constexpr double kTileGap = 12.0;
constexpr double kCaptionGap = 3.0;
constexpr double kNarrowestCaption = 44.0;
constexpr int kCaptionLines = 2;

// One for all pictures, so that they can be compared.
double pixel_size_of(const ImageGrid& grid) {
  int longest = 1;
  for (const ImageTile& tile : grid.tiles) {
    for (const Picture& image : tile.pictures) {
      longest = std::max({longest, image.height, image.width});
    }
  }
  return pixel_size(longest, kPictureLength, kLongestTile);
}

Size pictures_size(const ImageTile& tile, double pixel_size) {
  Size size;
  for (const Picture& image : tile.pictures) {
    if (size.width > 0.0) size.width += kPictureGap;
    size.width += image.width * pixel_size;
    size.height = std::max(size.height, image.height * pixel_size);
  }
  return size;
}

}  // namespace

ImageGridPanel::ImageGridPanel(const Canvas& canvas, const ImageGrid& grid)
    : grid_(&grid), pixel_size_(pixel_size_of(grid)) {
  assert(grid.columns >= 1);
  for (const ImageTile& tile : grid.tiles) {
    const Size size = pictures_size(tile, pixel_size_);
    pictures_ = {std::max(pictures_.width, size.width), std::max(pictures_.height, size.height)};
  }
  tile_.width = pictures_.width;
  double caption_height = 0.0;
  for (const ImageTile& tile : grid.tiles) {
    captions_.push_back(wrapped(canvas, tile.caption, kTickText,
                                std::max(pictures_.width, kNarrowestCaption), kCaptionLines));
    tile_.width = std::max(tile_.width, widest(canvas, captions_.back(), kTickText));
    caption_height = std::max(caption_height, block_height(captions_.back(), kTickText));
  }
  tile_.height = pictures_.height + (caption_height > 0.0 ? kCaptionGap + caption_height : 0.0);

  const auto tiles = static_cast<int>(grid.tiles.size());
  const int columns = std::min(grid.columns, tiles);
  const int rows = (tiles + grid.columns - 1) / grid.columns;
  const auto length = [](int count, double one) {
    return count == 0 ? 0.0 : count * (one + kTileGap) - kTileGap;
  };
  // A point of room for the outlines.
  const Size inside = {length(columns, tile_.width), length(rows, tile_.height)};
  box_ = {.size = {inside.width + 2.0, inside.height + 2.0},
          .frame = {1.0, 1.0, inside.width, inside.height}};
}

void ImageGridPanel::draw(Canvas& canvas, Point origin) const {
  for (std::size_t i = 0; i < grid_->tiles.size(); ++i) {
    const ImageTile& tile = grid_->tiles[i];
    const int row = static_cast<int>(i) / grid_->columns;
    const int column = static_cast<int>(i) % grid_->columns;
    const Point corner = {origin.x + box_.frame.x + column * (tile_.width + kTileGap),
                          origin.y + box_.frame.y + row * (tile_.height + kTileGap)};
    // On whole points, where the pixels of a PNG are.
    Point place = {
        std::round(corner.x + (tile_.width - pictures_size(tile, pixel_size_).width) / 2),
        std::round(corner.y)};
    for (const Picture& image : tile.pictures) {
      canvas.picture(image, place, pixel_size_);
      const Size size = {image.width * pixel_size_, image.height * pixel_size_};
      // Just outside, so that no pixel is hidden.
      canvas.outline({place.x - 0.25, place.y - 0.25, size.width + 0.5, size.height + 0.5},
                     {.colour = kFrameGray, .width = 0.5});
      place.x += size.width + kPictureGap;
    }
    draw_block(canvas, captions_[i],
               {corner.x + tile_.width / 2, corner.y + pictures_.height + kCaptionGap},
               {.size = kTickText});
  }
}

}  // namespace spvae::plot
