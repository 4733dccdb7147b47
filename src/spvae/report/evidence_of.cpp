#include "spvae/report/evidence_of.h"

#include <numeric>
#include <vector>

namespace spvae {

Evidence evidence_of_first(const ReportSource& source, int count, const ReportOptions& options) {
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), 0U);
  Evidence evidence;
  gather_evidence(source.stored.model, source.images, rows, options.sampling, source.engine,
                  source.pool, {}, evidence);
  return evidence;
}

}  // namespace spvae
