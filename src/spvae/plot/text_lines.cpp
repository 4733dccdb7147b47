#include "spvae/plot/text_lines.h"

#include <algorithm>
#include <cassert>

#include "spvae/plot/text.h"

namespace spvae::plot {

std::string shortened(const Canvas& canvas, std::string_view text, double size, double width) {
  std::string whole = plain_text(text);
  if (canvas.text_width(whole, size) <= width) return whole;
  // The longest beginning that fits, by halving: widths grow with the number of characters.
  std::vector<std::size_t> ends = {0};
  while (ends.back() < whole.size()) {
    ends.push_back(ends.back() + character_bytes(std::string_view(whole).substr(ends.back())));
  }
  const auto too_wide = std::partition_point(ends.begin() + 1, ends.end(), [&](std::size_t end) {
    return canvas.text_width(whole.substr(0, end) + "…", size) <= width;
  });
  whole.resize(*(too_wide - 1));
  while (whole.ends_with(' ')) whole.pop_back();
  return whole + "…";
}

std::vector<std::string> wrapped(const Canvas& canvas, std::string_view text, double size,
                                 double width, int most) {
  assert(most >= 1);
  const std::string whole = plain_text(text);
  std::string_view rest = whole;
  std::vector<std::string> lines;
  while (!rest.empty() && lines.size() + 1 < static_cast<std::size_t>(most)) {
    // The line takes words as long as it fits, and at least one.
    std::size_t end = std::min(rest.find(' '), rest.size());
    while (end < rest.size()) {
      const std::size_t next = std::min(rest.find(' ', end + 1), rest.size());
      if (canvas.text_width(rest.substr(0, next), size) > width) break;
      end = next;
    }
    lines.push_back(shortened(canvas, rest.substr(0, end), size, width));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!rest.empty()) lines.push_back(shortened(canvas, rest, size, width));
  return lines;
}

double widest(const Canvas& canvas, const std::vector<std::string>& lines, double size) {
  double width = 0.0;
  for (const std::string& line : lines) width = std::max(width, canvas.text_width(line, size));
  return width;
}

double block_height(const std::vector<std::string>& lines, double size) {
  return static_cast<double>(lines.size()) * kLineSpacing * size;
}

void draw_block(Canvas& canvas, const std::vector<std::string>& lines, Point top, TextStyle style) {
  style.align = Align::kCentre;
  const double step = kLineSpacing * style.size;
  double& place = style.direction == Direction::kAcross ? top.y : top.x;
  place -= step / 2;
  for (const std::string& line : lines) {
    place += step;
    canvas.text(line, top, style);
  }
}

}  // namespace spvae::plot
