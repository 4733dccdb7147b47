#include "spvae/report/html.h"

#include "spvae/plot/plain_text.h"

namespace spvae {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : plot::plain_text(text)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string start_tag(std::string_view name, const HtmlAttributes& attributes) {
  std::string tag = "<" + std::string(name);
  for (const auto& [key, value] : attributes) {
    tag.append(" ").append(key).append("=\"").append(escaped(value)).append("\"");
  }
  return tag + ">";
}

}  // namespace

Html Html::trusted(std::string markup) {
  Html html;
  html.markup_ = std::move(markup);
  return html;
}

Html& Html::operator+=(const Html& more) {
  markup_ += more.markup_;
  return *this;
}

Html html_text(std::string_view text) { return Html::trusted(escaped(text)); }

Html html_element(std::string_view name, const HtmlAttributes& attributes, const Html& content) {
  std::string markup = start_tag(name, attributes);
  markup.append(content.markup()).append("</").append(name).append(">");
  return Html::trusted(std::move(markup));
}

Html html_element(std::string_view name, const Html& content) {
  return html_element(name, HtmlAttributes{}, content);
}

Html html_element(std::string_view name, std::string_view text) {
  return html_element(name, html_text(text));
}

Html html_void_element(std::string_view name, const HtmlAttributes& attributes) {
  return Html::trusted(start_tag(name, attributes));
}

}  // namespace spvae
