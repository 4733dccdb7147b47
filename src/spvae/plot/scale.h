#pragma once

#include <span>
#include <vector>

namespace spvae::plot {

/// Whether a number has a place on an axis: within ±1e250; on a logarithmic axis in [1e-250,
/// 1e250].
bool has_place(double value, bool logarithmic);

/// The numbers from low to high; low < high.
struct Range {
  double low = 0.0;
  double high = 1.0;

  friend bool operator==(const Range&, const Range&) = default;
};

/// What an axis shows of these numbers: from the least to the greatest of those that have a place,
/// with 4 % of the distance (or of its logarithm) as room at either end. Numbers that are all but
/// equal: 10 % of their size (a factor of two) at either end, ±1 about zero. No numbers: 0 to 1
/// (1 to 10).
Range axis_range(std::span<const double> values, bool logarithmic);

/// Maps the numbers of a range to places: low to `from`, high to `to`.
class Scale {
 public:
  Scale(Range range, bool logarithmic, double from, double to);

  /// The value's place; it must have one.
  double place(double value) const;
  Range range() const { return range_; }
  bool logarithmic() const { return logarithmic_; }

 private:
  Range range_;
  bool logarithmic_;
  double from_;
  double to_;
};

/// The multiples of 1, 2 or 5 times a power of ten within the range: the closest that are at most
/// `most` ≥ 2 ticks. Each is the double nearest to its decimal number.
std::vector<double> linear_ticks(Range range, int most);

/// Ticks of a positive range for a logarithmic axis: 1, 2 and 5 times the powers of ten, or 1 and 3
/// times them, or the powers of ten, or every second one, …: the first that are at most `most` ≥ 2
/// ticks. A range that holds fewer than three of the first kind has linear_ticks.
std::vector<double> log_ticks(Range range, int most);

/// Where short ticks without text stand on a logarithmic axis: 1 to 9 times the powers of ten
/// within the range; none if it spans more than six decades.
std::vector<double> minor_log_ticks(Range range);

}  // namespace spvae::plot
