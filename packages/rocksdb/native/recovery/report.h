// What an opening has found, as JSON. @shale/codec says what is in it (RecoveryReport), and words it for people.
#pragma once

#include <cstdint>
#include <string>

#include "recovery/findings.h"

namespace shale {

// What the opening did about it.
struct Measures {
  // It goes on when something is missing.
  bool salvage = false;
  // The directory that damaged files were copied to; empty if none were.
  std::string keptIn;
  uint64_t elapsedMicros = 0;
};

std::string reportOf(const Findings& found, const Measures& taken);

}  // namespace shale
