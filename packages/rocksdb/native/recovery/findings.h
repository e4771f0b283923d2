// What an opening finds in a directory before RocksDB changes anything.
#pragma once

#include <cstdint>
#include <optional>

#include "recovery/log_scan.h"
#include "recovery/manifest.h"
#include "recovery/watermark.h"

namespace shale {

struct Findings {
  // There is no database yet, and one is to be created.
  bool fresh = false;
  WatermarkFound watermark = WatermarkFound::kMissing;
  WatermarkState mark;
  Manifest manifest;
  // The manifest is the watermark's, and has not lost what the opening that began it wrote.
  bool known = false;
  LogScan scan;
  // The sequence up to which everything is there; nothing when only RocksDB can tell.
  std::optional<uint64_t> reached;
  // The check cannot read the logs: RocksDB replays them whole, or not at all.
  bool wholeLogs = false;
  // The verdict: something that was acknowledged is not there.
  bool missing = false;
  std::optional<SeenTables> seen;

  // The sequence that must be there; 0 when the watermark does not say.
  uint64_t promised() const { return watermark == WatermarkFound::kValid ? mark.promised() : 0; }

  // The manifest was begun by the opening that the watermark knows.
  bool isOfWatermark() const { return watermark == WatermarkFound::kValid && mark.manifest == manifest.number; }

  // Who wrote last. Every opening for writing begins a manifest; an old watermark may not say which.
  LogWriter writer() const {
    if (watermark != WatermarkFound::kValid) return LogWriter::kUnknown;
    const uint64_t ofShale = mark.manifest != 0 ? mark.manifest : mark.writer;
    return ofShale == 0 || ofShale == manifest.number ? LogWriter::kShale : LogWriter::kOther;
  }
};

}  // namespace shale
