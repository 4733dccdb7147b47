#include "spvae/report/html.h"

#include "spvae/plot/text.h"

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

// Charts and pictures lie on white in the dark too: their colours are made for it.
constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c1c1c; --soft: #595959;
  --line: #d9d9d9; --card: #f5f5f3; --link: #0b57a4; --alert: #8a3b00; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #17191c; --ink: #e8e6e2; --soft: #aaa7a1; --line: #3c4046; --card: #22262b;
    --link: #8fbcf2; --alert: #ffb27a; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.5rem 0 0.75rem; padding-top: 0.75rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 0.5rem; }
p, dl, ul { margin: 0.75rem 0; max-width: 46rem; }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; padding: 0;
  max-width: none; }
nav a { display: inline-block; padding: 0.25rem 0; }
dl div { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: 0.2rem 0;
  border-bottom: 1px solid var(--line); }
dt { flex: 0 0 12rem; color: var(--soft); }
dd { flex: 1 1 16rem; margin: 0; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 0.4rem;
  padding: 0.75rem; white-space: pre-wrap; font-size: 0.9rem; }
figure { margin: 0; }
figcaption, caption { color: var(--soft); font-size: 0.9rem; text-align: left; }
figure.plot { margin: 1rem 0; }
figure.plot svg { display: block; max-width: 100%; height: auto; background: #ffffff;
  border: 1px solid var(--line); border-radius: 0.4rem; }
img { display: block; max-width: 100%; height: auto; image-rendering: pixelated;
  outline: 1px solid var(--line); }
.gallery { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1rem 0; }
.gallery figure { max-width: 100%; }
.gallery figure.plot { margin: 0; }
.gallery figcaption { font-size: 0.8rem; line-height: 1.35; padding-top: 0.2rem; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
caption { padding-bottom: 0.4rem; }
th, td { padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); overflow-wrap: normal; }
th { color: var(--soft); font-weight: 600; }
.warning { border-left: 0.25rem solid var(--alert); padding-left: 0.75rem; }
.warning strong { color: var(--alert); }
@media (max-width: 40rem) {
  dt { flex-basis: 8rem; font-size: 0.9rem; }
  dd { flex-basis: 10rem; }
  .gallery { gap: 0.4rem; }
  th, td { padding-right: 0.5rem; font-size: 0.85rem; } }
@media print { h2 { break-after: avoid; } figure { break-inside: avoid; } }
)";

Html head(const std::string& title) {
  return html_element(
      "head", html_void_element("meta", {{"charset", "utf-8"}}) +
                  html_void_element("meta", {{"name", "viewport"},
                                             {"content", "width=device-width, initial-scale=1"}}) +
                  // Without it, a browser would ask for an icon.
                  html_void_element("link", {{"rel", "icon"}, {"href", "data:,"}}) +
                  html_element("title", title) + html_element("style", Html::trusted(kStyle)));
}

Html contents(const std::vector<ReportSection>& sections) {
  Html list;
  for (const ReportSection& section : sections) {
    list += html_element("li",
                         html_element("a", {{"href", "#" + section.id}}, html_text(section.title)));
  }
  return html_element("nav", {{"aria-label", "Contents"}}, html_element("ul", list));
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

std::string report_page(const std::string& title, const Html& lead,
                        const std::vector<ReportSection>& sections) {
  Html main;
  for (const ReportSection& section : sections) {
    main +=
        html_element("section", {{"id", section.id}, {"aria-labelledby", section.id + "-title"}},
                     html_element("h2", {{"id", section.id + "-title"}}, html_text(section.title)) +
                         section.content) +
        Html::trusted("\n");
  }
  const Html body = html_element("header", html_element("h1", title) + lead) + contents(sections) +
                    html_element("main", main);
  return "<!DOCTYPE html>\n" +
         html_element("html", {{"lang", "en"}}, head(title) + html_element("body", body)).markup() +
         "\n";
}

}  // namespace spvae
