#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spvae {

/// Well-formed HTML: it can be made of escaped texts and of elements alone, so that no text of a
/// user becomes markup.
class Html {
 public:
  Html() = default;

  /// Markup that is known to be well-formed, which is not escaped: a style sheet, a drawing.
  static Html trusted(std::string markup);

  const std::string& markup() const { return markup_; }
  Html& operator+=(const Html& more);
  friend Html operator+(Html first, const Html& second) { return first += second; }

 private:
  std::string markup_;
};

/// A text, escaped. Bytes that are not UTF-8 become "?", control characters spaces.
Html html_text(std::string_view text);

using HtmlAttributes = std::vector<std::pair<std::string_view, std::string>>;

/// <name attributes>content</name>; values of attributes are escaped as texts are.
Html html_element(std::string_view name, const HtmlAttributes& attributes, const Html& content);
Html html_element(std::string_view name, const Html& content);
Html html_element(std::string_view name, std::string_view text);

/// An element without content or end: meta, img.
Html html_void_element(std::string_view name, const HtmlAttributes& attributes);

/// A part of a page below its own heading.
struct ReportSection {
  std::string id;  ///< a word of letters and "-", each section its own
  std::string title;
  Html content = {};
};

/// A whole HTML document that needs no other file: title, lead, table of contents, sections. It
/// fits narrow screens and follows the reader's choice of light or dark.
std::string report_page(const std::string& title, const Html& lead,
                        const std::vector<ReportSection>& sections);

}  // namespace spvae
