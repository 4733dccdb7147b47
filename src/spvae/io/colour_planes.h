#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace spvae {

/// Colour images as the files of CIFAR-10 and SVHN hold them: three planes (red, green, blue) of
/// kPlaneSide × kPlaneSide bytes, which here are always row-major.
inline constexpr int kPlaneSide = 32;
inline constexpr std::size_t kPlaneSize = std::size_t{kPlaneSide} * kPlaneSide;
inline constexpr std::size_t kPlanesSize = 3 * kPlaneSize;

/// Takes the images of a file one after the other, in order; each is [3, kPlaneSide, kPlaneSide]
/// and stands only during the call.
using TakePlanes = std::function<void(std::span<const std::uint8_t> planes)>;

}  // namespace spvae
