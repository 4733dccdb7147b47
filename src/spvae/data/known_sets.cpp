#include "spvae/data/known_sets.h"

namespace spvae {
namespace {

constexpr std::string_view kMnistFolders[] = {"mnist"};
constexpr KnownFile kMnistTraining[] = {
    {"train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
};
constexpr KnownFile kMnistTest[] = {
    {"t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
};
constexpr KnownSource kMnist[] = {{ImageFormat::kIdx, kMnistTraining},
                                  {ImageFormat::kIdx, kMnistTest}};

constexpr std::string_view kCifarFolders[] = {"cifar10", "cifar-10-batches-bin"};
constexpr KnownFile kCifarTraining[] = {
    {"data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
    {"data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
    {"data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
    {"data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
    {"data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
};
constexpr KnownFile kCifarTest[] = {
    {"test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"},
};
constexpr KnownSource kCifar[] = {{ImageFormat::kCifar, kCifarTraining, 10000},
                                  {ImageFormat::kCifar, kCifarTest, 10000}};

constexpr std::string_view kSvhnFolders[] = {"svhn", "svhn_like"};
// Digests as TensorFlow Datasets lists them (url_checksums/svhn_cropped.txt).
constexpr KnownFile kSvhnTraining[] = {
    {"train_32x32.mat", "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"},
};
constexpr KnownFile kSvhnExtra[] = {
    {"extra_32x32.mat", "a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3"},
};
constexpr KnownFile kSvhnTest[] = {
    {"test_32x32.mat", "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"},
};
constexpr KnownSource kSvhn[] = {{ImageFormat::kMat, kSvhnTraining},
                                 {ImageFormat::kMat, kSvhnExtra},
                                 {ImageFormat::kMat, kSvhnTest}};

// Every data set that is known by name.
constexpr KnownSet kKnownSets[] = {
    {.name = "mnist",
     .folders = kMnistFolders,
     .published = "https://yann.lecun.com/exdb/mnist/",
     .sources = kMnist,
     .division = {.validation_part = 6}},
    {.name = "cifar10",
     .folders = kCifarFolders,
     .published = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
     .sources = kCifar,
     .division = {.validation_part = 5}},
    {.name = "svhn",
     .folders = kSvhnFolders,
     .published = "http://ufldl.stanford.edu/housenumbers/{train,extra,test}_32x32.mat",
     .sources = kSvhn,
     .division = {.most_validation = 26032}},
};

}  // namespace

std::span<const KnownSet> known_sets() { return kKnownSets; }

}  // namespace spvae
