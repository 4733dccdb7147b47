#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "spvae/io/colour_planes.h"

namespace spvae {

/// Reads a file of CIFAR-10's "binary version": `records` records of one label byte (0 to 9) and an
/// image's planes, plain, gzip or xz (see ByteReader), and hands the images to `take`. Memory does
/// not depend on the file.
/// Throws as ByteReader, and Error(kData) for another label, and for fewer or more bytes.
void read_cifar(const std::filesystem::path& path, std::uint32_t records, const TakePlanes& take);

/// The labels of the records alone. Throws as read_cifar.
std::vector<std::uint8_t> read_cifar_labels(const std::filesystem::path& path,
                                            std::uint32_t records);

/// What labels 0 to 9 stand for, as the file batches.meta.txt beside the others has it.
inline constexpr std::array kCifarClasses = {"airplane", "automobile", "bird",  "cat",  "deer",
                                             "dog",      "frog",       "horse", "ship", "truck"};

}  // namespace spvae
