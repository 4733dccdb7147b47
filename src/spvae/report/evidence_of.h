#pragma once

#include "spvae/query/evidence.h"
#include "spvae/report/report.h"

namespace spvae {

/// What the model makes of the first `count` images. Throws as gather_evidence.
Evidence evidence_of_first(const ReportSource& source, int count, const ReportOptions& options);

}  // namespace spvae
