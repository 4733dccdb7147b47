#include "spvae/plot/panels.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace spvae::plot {
namespace {

constexpr double kMargin = 4.0;  // half of the thickest line, which may lie on the border
constexpr double kThickest = 4.0;
constexpr double kThinner = 0.75;  // each level
constexpr double kThinnest = 1.0;
constexpr double kHalo = 1.2;      // on both sides of a line
constexpr double kTextRoom = 2.0;  // between a text and its box
constexpr double kTextHeight = 0.729 * kTickText;

double width_of(int level) {
  return std::max(kThinnest, kThickest - kThinner * static_cast<double>(level - 1));
}

// What of a picture matters to what is drawn over it.
Colour mean_gray(const Picture& picture) {
  const double sum = std::accumulate(picture.pixels.begin(), picture.pixels.end(), 0.0);
  const double gray = sum / (255.0 * static_cast<double>(picture.pixels.size()));
  return {gray, gray, gray};
}

// Black on white, so that it can be read on any picture.
void boxed_text(Canvas& canvas, const std::string& text, const Rectangle& box) {
  canvas.fill(box, kWhite);
  canvas.outline(box, {.colour = kBlack, .width = 0.6});
  canvas.text(text, box.centre(), {.size = kTickText, .align = Align::kCentre});
}

Size box_size(const Canvas& canvas, const std::string& text) {
  return {canvas.text_width(text, kTickText) + 2 * kTextRoom + 1.0, kTextHeight + 2 * kTextRoom};
}

}  // namespace

DividedPicturePanel::DividedPicturePanel(const DividedPicture& divided)
    : divided_(&divided),
      pixel_size_(plot::pixel_size(std::max(divided.picture.height, divided.picture.width),
                                   kLargePicture, kLargestPicture)) {
  const double width = divided.picture.width * pixel_size_;
  const double height = divided.picture.height * pixel_size_;
  box_ = {.size = {width + 2 * kMargin, height + 2 * kMargin},
          .frame = {kMargin, kMargin, width, height}};
}

Segment DividedPicturePanel::line_of(const DividedPicture::Cut& cut) const {
  const double size = pixel_size_;
  const PixelRectangle& part = cut.part;
  if (cut.is_horizontal) {
    return {{part.left * size, cut.before * size}, {part.right() * size, cut.before * size}};
  }
  return {{cut.before * size, part.top * size}, {cut.before * size, part.bottom() * size}};
}

void DividedPicturePanel::draw(Canvas& canvas, Point origin) const {
  const Point frame = {origin.x + box_.frame.x, origin.y + box_.frame.y};
  canvas.picture(divided_->picture, frame, pixel_size_);
  canvas.outline({frame.x, frame.y, box_.frame.width, box_.frame.height},
                 {.colour = kFrameGray, .width = 0.8});
  // The thickness of a line is seen where it contrasts with the picture.
  const Colour ink = text_colour(mean_gray(divided_->picture));
  const Colour halo = ink == kBlack ? kWhite : kBlack;
  std::vector<DividedPicture::Cut> cuts = divided_->cuts;
  std::ranges::stable_sort(cuts, std::ranges::greater{}, &DividedPicture::Cut::level);
  for (const DividedPicture::Cut& cut : cuts) {
    const Segment line = line_of(cut);
    const std::array points = {Point{frame.x + line.from.x, frame.y + line.from.y},
                               Point{frame.x + line.to.x, frame.y + line.to.y}};
    const double width = width_of(cut.level);
    canvas.line(points, {.colour = halo, .width = width + 2 * kHalo});
    canvas.line(points, {.colour = ink, .width = width});
  }
  for (const DividedPicture::Cut& cut : cuts) draw_level(canvas, frame, cut);
  for (const DividedPicture::Label& label : divided_->labels) draw_label(canvas, frame, label);
}

void DividedPicturePanel::draw_level(Canvas& canvas, Point frame,
                                     const DividedPicture::Cut& cut) const {
  // Not in the middle, where other lines end.
  constexpr double kShare = 3.0 / 8.0;
  const std::string text = std::to_string(cut.level);
  const Size size = box_size(canvas, text);
  const Segment line = line_of(cut);
  const double along = cut.is_horizontal ? line.to.x - line.from.x : line.to.y - line.from.y;
  if (along < 4 * (cut.is_horizontal ? size.width : size.height)) return;
  const Point centre = {frame.x + line.from.x + kShare * (line.to.x - line.from.x),
                        frame.y + line.from.y + kShare * (line.to.y - line.from.y)};
  boxed_text(canvas, text,
             {centre.x - size.width / 2, centre.y - size.height / 2, size.width, size.height});
}

void DividedPicturePanel::draw_label(Canvas& canvas, Point frame,
                                     const DividedPicture::Label& label) const {
  constexpr double kInset = 8.0;  // beyond what levels of cuts along the part take
  const Size size = box_size(canvas, label.text);
  const double room = kInset + kMargin;
  if (label.part.width * pixel_size_ < size.width + room ||
      label.part.height * pixel_size_ < size.height + room) {
    return;
  }
  const Point corner = {frame.x + label.part.left * pixel_size_ + kInset,
                        frame.y + label.part.top * pixel_size_ + kInset};
  canvas.fill({corner.x, corner.y, size.width, size.height}, kWhite);
  canvas.text(label.text, {corner.x + size.width / 2, corner.y + size.height / 2},
              {.size = kTickText, .align = Align::kCentre});
}

}  // namespace spvae::plot
