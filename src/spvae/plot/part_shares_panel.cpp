#include "spvae/plot/panels.h"

#include <algorithm>
#include <array>

#include "spvae/plot/text.h"

namespace spvae::plot {
namespace {

constexpr double kMargin = 1.0;
constexpr double kInset = 3.0;  // between a part's outline and what it holds
constexpr double kTallestRow = 18.0;
constexpr double kBarShare = 0.6;  // of a row's height
constexpr double kTextGap = 3.0;
constexpr double kShortestBar = 12.0;  // of a share of 1
constexpr double kTextHeight = 11.0;   // what a row with text takes
constexpr Colour kBarGray = {0.72, 0.72, 0.72};

double share_of(const PartShares::Part& part, std::size_t i) {
  return has_place(part.shares[i], false) ? std::clamp(part.shares[i], 0.0, 1.0) : 0.0;
}

std::string percent(double share) { return number_text(100 * share, 0) + "%"; }

// What stands beside the bars; 0 where there is no room for it.
struct TextRoom {
  double names = 0.0;
  double shares = 0.0;
};

TextRoom text_room(const Canvas& canvas, const PartShares::Part& part, double width, double row) {
  if (row < kTextHeight) return {};
  double names = 0.0;
  for (const std::string& name : part.names) {
    names = std::max(names, canvas.text_width(name, kTickText) + kTextGap);
  }
  const double shares = canvas.text_width(percent(1), kTickText) + kTextGap;
  if (names + kShortestBar + shares <= width) return {names, shares};
  if (names + kShortestBar <= width) return {names, 0.0};
  return {};
}

void draw_part(Canvas& canvas, const PartShares::Part& part, const Rectangle& outline) {
  canvas.outline(outline, {.colour = kFrameGray, .width = 0.8});
  const double inset = std::min({kInset, outline.width / 8, outline.height / 8});
  const Rectangle inside = {outline.x + inset, outline.y + inset, outline.width - 2 * inset,
                            outline.height - 2 * inset};
  if (part.shares.empty()) return;
  const auto count = static_cast<double>(part.shares.size());
  const double row = std::min(kTallestRow, inside.height / count);
  const TextRoom room = text_room(canvas, part, inside.width, row);
  const double longest = inside.width - room.names - room.shares;
  const double bar = row * kBarShare;
  double middle = inside.centre().y - row * (count - 1) / 2;
  for (std::size_t i = 0; i < part.shares.size(); ++i, middle += row) {
    const bool is_marked = static_cast<int>(i) == part.marked;
    const double left = inside.x + room.names;
    const double share = share_of(part, i);
    canvas.fill({left, middle - bar / 2, longest * share, bar}, is_marked ? kBlack : kBarGray);
    canvas.line(std::array{Point{left, middle - bar / 2}, Point{left, middle + bar / 2}},
                {.colour = kBlack, .width = 0.6});
    if (room.names > 0.0) {
      canvas.text(part.names[i], {left - kTextGap, middle},
                  {.size = kTickText, .align = Align::kRight});
    }
    if (room.shares > 0.0) {
      canvas.text(percent(share), {inside.right(), middle},
                  {.size = kTickText, .align = Align::kRight});
    }
  }
}

}  // namespace

PartSharesPanel::PartSharesPanel(const PartShares& map)
    : map_(&map),
      pixel_size_(pixel_size(std::max(map.height, map.width), kLargePicture, kLargestPicture)) {
  const double width = map.width * pixel_size_;
  const double height = map.height * pixel_size_;
  box_ = {.size = {width + 2 * kMargin, height + 2 * kMargin},
          .frame = {kMargin, kMargin, width, height}};
}

void PartSharesPanel::draw(Canvas& canvas, Point origin) const {
  const Point frame = {origin.x + box_.frame.x, origin.y + box_.frame.y};
  for (const PartShares::Part& part : map_->parts) {
    const PixelRectangle& r = part.rectangle;
    const double size = pixel_size_;
    draw_part(canvas, part,
              {frame.x + r.left * size, frame.y + r.top * size, r.width * size, r.height * size});
  }
}

}  // namespace spvae::plot
