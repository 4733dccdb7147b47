#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spvae/core/error.h"

namespace spvae::testing {

/// For tests: `function` throws an Error of this kind whose message holds `part`.
template <class Function>
void expect_error(ErrorKind kind, const std::string& part, const Function& function) {
  try {
    function();
    ADD_FAILURE() << "no error; expected one with \"" << part << '"';
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_THAT(error.what(), ::testing::HasSubstr(part));
  }
}

}  // namespace spvae::testing
