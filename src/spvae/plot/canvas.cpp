#include "spvae/plot/canvas.h"

#include <cairo-svg.h>
#include <cairo.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <new>
#include <numbers>

#include "spvae/core/error.h"
#include "spvae/plot/shrunk_picture.h"
#include "spvae/plot/text.h"

namespace spvae::plot {
namespace {

constexpr int kPngScale = 2;  // pixels a point
constexpr int kSvgPixel = 8;  // at least as large is a picture's pixel in an SVG's own pictures
constexpr int kLongestSvgPicture = 8192;  // unless it has more pixels; cairo's own limit is 32767
constexpr double kCapitalHeight = 0.729;
constexpr double kMarkerRadius = 2.9;

struct DestroySurface {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
struct DestroyContext {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
struct DestroyFontOptions {
  void operator()(cairo_font_options_t* options) const { cairo_font_options_destroy(options); }
};
using Surface = std::unique_ptr<cairo_surface_t, DestroySurface>;
using Context = std::unique_ptr<cairo_t, DestroyContext>;
using FontOptions = std::unique_ptr<cairo_font_options_t, DestroyFontOptions>;

// cairo calls it with a std::string; no exception may pass through C.
cairo_status_t append(void* string, const unsigned char* bytes, unsigned length) noexcept {
  try {
    static_cast<std::string*>(string)->append(reinterpret_cast<const char*>(bytes), length);
    return CAIRO_STATUS_SUCCESS;
  } catch (const std::bad_alloc&) {
    return CAIRO_STATUS_NO_MEMORY;
  }
}

Surface make_surface(PlotFormat format, Size size, std::string& file) {
  if (format == PlotFormat::kPng) {
    const auto pixels = [](double length) {
      return static_cast<int>(std::min(length * kPngScale, 1e6));  // cairo refuses far less
    };
    return Surface(
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels(size.width), pixels(size.height)));
  }
  Surface surface(cairo_svg_surface_create_for_stream(append, &file, size.width, size.height));
  cairo_svg_surface_restrict_to_version(surface.get(), CAIRO_SVG_VERSION_1_1);
  cairo_svg_surface_set_document_unit(surface.get(), CAIRO_SVG_UNIT_PT);
  return surface;
}

// Lengths that do not depend on the resolution, shades that do not depend on the screen.
void set_font(cairo_t* context) {
  const FontOptions options(cairo_font_options_create());
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(context, options.get());
  cairo_select_font_face(context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
}

// Viewers of SVG smooth what they enlarge, so a picture is enlarged before it is given to cairo.
Surface enlarged(const Picture& image, int times) {
  const int width = image.width * times;
  const int height = image.height * times;
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) return surface;
  unsigned char* bytes = cairo_image_surface_get_data(surface.get());
  const std::ptrdiff_t stride = cairo_image_surface_get_stride(surface.get());
  for (int row = 0; row < height; ++row) {
    // cairo's rows are aligned for their pixels.
    auto* pixels = static_cast<std::uint32_t*>(static_cast<void*>(bytes + row * stride));
    const std::ptrdiff_t first = std::ptrdiff_t{row / times} * image.width;
    for (int column = 0; column < width; ++column) {
      const auto at = static_cast<std::size_t>((first + column / times) * image.channels);
      const std::uint32_t red = image.pixels[at];
      const std::uint32_t green = image.channels == 3 ? image.pixels[at + 1] : red;
      const std::uint32_t blue = image.channels == 3 ? image.pixels[at + 2] : red;
      pixels[column] = red << 16 | green << 8 | blue;
    }
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

// Paths of markers about the centre; those that are filled with white hide the lines below them.
struct Shape {
  std::array<Point, 4> points{};
  std::size_t count = 0;  // 0: a circle
  enum class Ink { kFilled, kHollow, kStrokes } ink = Ink::kFilled;
};

Shape shape_of(Marker marker) {
  constexpr double kRadius = kMarkerRadius;
  switch (marker) {
    case Marker::kDisc:
      return {};
    case Marker::kRing:
      return {.ink = Shape::Ink::kHollow};
    case Marker::kSquare: {
      constexpr double kHalf = 0.9 * kRadius;
      return {{{{-kHalf, -kHalf}, {kHalf, -kHalf}, {kHalf, kHalf}, {-kHalf, kHalf}}},
              4,
              Shape::Ink::kHollow};
    }
    case Marker::kTriangle:
      return {{{{0.0, -1.25 * kRadius},
                {1.15 * kRadius, 0.8 * kRadius},
                {-1.15 * kRadius, 0.8 * kRadius}}},
              3,
              Shape::Ink::kFilled};
    case Marker::kDiamond: {
      constexpr double kHalf = 1.3 * kRadius;
      return {{{{0.0, -kHalf}, {kHalf, 0.0}, {0.0, kHalf}, {-kHalf, 0.0}}}, 4, Shape::Ink::kHollow};
    }
    case Marker::kPlus: {
      constexpr double kHalf = 1.2 * kRadius;
      return {
          {{{-kHalf, 0.0}, {kHalf, 0.0}, {0.0, -kHalf}, {0.0, kHalf}}}, 4, Shape::Ink::kStrokes};
    }
    case Marker::kCross:
      return {
          {{{-kRadius, -kRadius}, {kRadius, kRadius}, {-kRadius, kRadius}, {kRadius, -kRadius}}},
          4,
          Shape::Ink::kStrokes};
  }
  assert(false);
  return {};
}

}  // namespace

struct Canvas::State {
  State(PlotFormat plot_format, Size page)
      : format(plot_format),
        size(page),
        surface(make_surface(plot_format, page, file)),
        context(cairo_create(surface.get())) {
    if (format == PlotFormat::kPng) cairo_scale(context.get(), kPngScale, kPngScale);
  }

  void check(cairo_status_t status) const {
    if (status == CAIRO_STATUS_SUCCESS) return;
    fail(ErrorKind::kCannotCreate,
         "a plot of {}×{} points cannot be drawn as {} ({}); draw fewer panels or tiles",
         size.width, size.height, format == PlotFormat::kPng ? "PNG" : "SVG",
         cairo_status_to_string(status));
  }

  void colour(Colour c) { cairo_set_source_rgb(context.get(), c.red, c.green, c.blue); }

  void stroke(const Stroke& stroke) {
    colour(stroke.colour);
    cairo_set_line_width(context.get(), stroke.width);
    cairo_set_dash(context.get(), stroke.dashes.data(), static_cast<int>(stroke.dashes.size()),
                   0.0);
    cairo_stroke(context.get());
  }

  PlotFormat format;
  Size size;
  std::string file;
  Surface surface;
  Context context;
};

Canvas::Canvas(PlotFormat format, Size size) {
  const Size whole = {std::max(1.0, std::ceil(size.width)), std::max(1.0, std::ceil(size.height))};
  state_ = std::make_unique<State>(format, whole);
  state_->check(cairo_status(state_->context.get()));
  set_font(state_->context.get());
  cairo_set_line_join(state_->context.get(), CAIRO_LINE_JOIN_ROUND);
  fill({0.0, 0.0, whole.width, whole.height}, kWhite);
}

Canvas::~Canvas() = default;

double Canvas::text_width(std::string_view text, double size) const {
  cairo_text_extents_t extents{};
  cairo_set_font_size(state_->context.get(), size);
  cairo_text_extents(state_->context.get(), plain_text(text).c_str(), &extents);
  return extents.x_advance;
}

void Canvas::text(std::string_view text, Point anchor, const TextStyle& style) {
  cairo_t* context = state_->context.get();
  double start = 0.0;
  if (style.align == Align::kCentre) start = -text_width(text, style.size) / 2;
  if (style.align == Align::kRight) start = -text_width(text, style.size);
  cairo_save(context);
  cairo_translate(context, anchor.x, anchor.y);
  if (style.direction == Direction::kUpwards) cairo_rotate(context, -std::numbers::pi / 2);
  cairo_set_font_size(context, style.size);
  state_->colour(style.colour);
  cairo_move_to(context, start, kCapitalHeight * style.size / 2);
  cairo_show_text(context, plain_text(text).c_str());
  cairo_restore(context);
  cairo_new_path(context);
}

void Canvas::line(std::span<const Point> points, const Stroke& stroke) {
  for (const Point& point : points) cairo_line_to(state_->context.get(), point.x, point.y);
  state_->stroke(stroke);
}

void Canvas::segments(std::span<const Segment> segments, const Stroke& stroke) {
  for (const auto& [from, to] : segments) {
    cairo_move_to(state_->context.get(), from.x, from.y);
    cairo_line_to(state_->context.get(), to.x, to.y);
  }
  state_->stroke(stroke);
}

void Canvas::fill(const Rectangle& rectangle, Colour colour) {
  cairo_t* context = state_->context.get();
  cairo_rectangle(context, rectangle.x, rectangle.y, rectangle.width, rectangle.height);
  state_->colour(colour);
  cairo_fill(context);
}

void Canvas::outline(const Rectangle& rectangle, const Stroke& stroke) {
  cairo_rectangle(state_->context.get(), rectangle.x, rectangle.y, rectangle.width,
                  rectangle.height);
  state_->stroke(stroke);
}

void Canvas::marker(Marker marker, Point centre, Colour colour) {
  cairo_t* context = state_->context.get();
  const Shape shape = shape_of(marker);
  if (shape.count == 0) {
    cairo_new_sub_path(context);
    cairo_arc(context, centre.x, centre.y, kMarkerRadius, 0.0, 2 * std::numbers::pi);
  }
  for (std::size_t i = 0; i < shape.count; ++i) {
    const Point point = {centre.x + shape.points[i].x, centre.y + shape.points[i].y};
    const bool new_stroke = shape.ink == Shape::Ink::kStrokes && i % 2 == 0;
    (new_stroke ? cairo_move_to : cairo_line_to)(context, point.x, point.y);
  }
  if (shape.ink != Shape::Ink::kStrokes) {
    cairo_close_path(context);
    state_->colour(shape.ink == Shape::Ink::kFilled ? colour : kWhite);
    cairo_fill_preserve(context);
  }
  state_->stroke({.colour = colour, .width = shape.ink == Shape::Ink::kStrokes ? 1.6 : 1.1});
}

void Canvas::picture(const Picture& image, Point top_left, double pixel_size) {
  assert(pixel_size > 0.0 && (pixel_size < 1.0 || pixel_size == std::floor(pixel_size)));
  assert(image.pixels.size() == static_cast<std::size_t>(image.height) *
                                    static_cast<std::size_t>(image.width) *
                                    static_cast<std::size_t>(image.channels));
  cairo_t* context = state_->context.get();
  Surface surface;
  double scale = 1.0;  // points to a pixel of the surface
  if (pixel_size < 1.0) {
    // Still as fine as a PNG's own pixels.
    const int times = std::max(1, static_cast<int>(1.0 / (kPngScale * pixel_size)));
    surface = enlarged(shrunk(image, times), 1);
    scale = pixel_size * times;
  } else {
    const int size = static_cast<int>(pixel_size);
    const int longest = std::max(image.height, image.width) * size;
    const int finer = state_->format == PlotFormat::kSvg
                          ? std::clamp((kSvgPixel + size - 1) / size, 1,
                                       std::max(1, kLongestSvgPicture / longest))
                          : 1;
    surface = enlarged(image, size * finer);
    scale = 1.0 / finer;
  }
  cairo_save(context);
  cairo_translate(context, top_left.x, top_left.y);
  if (pixel_size < 1.0) {  // the last squares may be cut off
    cairo_rectangle(context, 0.0, 0.0, image.width * pixel_size, image.height * pixel_size);
    cairo_clip(context);
  }
  cairo_scale(context, scale, scale);
  cairo_set_source_surface(context, surface.get(), 0.0, 0.0);
  cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST);
  cairo_paint(context);
  cairo_restore(context);
}

double pixel_size(int longest, int length, int most) {
  if (longest > most) return static_cast<double>(most) / longest;
  return std::max(1, length / longest);
}

std::string Canvas::finish() {
  State& state = *state_;
  state.check(cairo_status(state.context.get()));
  if (state.format == PlotFormat::kPng) {
    state.check(cairo_surface_write_to_png_stream(state.surface.get(), append, &state.file));
    return std::move(state.file);
  }
  cairo_surface_finish(state.surface.get());
  state.check(cairo_surface_status(state.surface.get()));
  return with_stable_names(state.file);
}

}  // namespace spvae::plot
