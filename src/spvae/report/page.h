#pragma once

#include <string>
#include <vector>

#include "spvae/report/html.h"

namespace spvae {

/// A part of a page below its own heading.
struct ReportSection {
  std::string id;  ///< a word of letters and "-", each section its own
  std::string title;
  Html content;
};

/// A whole HTML document that needs no other file: title, lead, table of contents, sections. It
/// fits narrow screens and follows the reader's choice of light or dark.
std::string report_page(const std::string& title, const Html& lead,
                        const std::vector<ReportSection>& sections);

}  // namespace spvae
