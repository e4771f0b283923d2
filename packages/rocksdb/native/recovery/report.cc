#include "recovery/report.h"

#include "core/format.h"
#include "core/json.h"

namespace shale {

namespace {

constexpr size_t kMostTables = 1000;

uint8_t namespaceOf(const std::string& prefix) { return static_cast<uint8_t>(prefix[0]); }

}  // namespace

std::string reportOf(const Findings& found, const Measures& taken) {
  Json json;
  const char* watermark = found.fresh                                   ? "new"
                          : found.watermark == WatermarkFound::kValid   ? "valid"
                          : found.watermark == WatermarkFound::kDamaged ? "damaged"
                          : found.watermark == WatermarkFound::kOther   ? "foreign"
                                                                        : "missing";
  uint64_t bytes = 0;
  uint64_t records = 0;
  uint64_t entries = 0;
  for (const LogFile& file : found.scan.files) {
    bytes += file.bytes;
    records += file.records;
    entries += file.entries;
  }
  json.open('{').key("watermark").string(watermark);
  json.key("promised").wide(found.promised());
  json.key("reached");
  found.reached ? json.wide(*found.reached) : json.null();
  json.key("missing").boolean(found.missing);
  // Why so, where it is not damage in a log: what only this look at the files can tell.
  const bool manifestLostRecords = found.isOfWatermark() && !found.known;
  const bool mayBeRenumbered = !found.scan.stopped() && found.writer() == LogWriter::kOther;
  json.key("lostIn");
  manifestLostRecords ? json.string(manifestName(found.manifest.number)) : json.null();
  json.key("mayBeRenumbered").boolean(mayBeRenumbered);
  json.key("salvaged").boolean(taken.salvage && found.missing);
  json.key("keptIn");
  taken.keptIn.empty() ? json.null() : json.string(taken.keptIn);
  json.key("elapsedMicros").number(taken.elapsedMicros);
  json.key("replayed").open('{').key("files").number(found.scan.files.size()).key("records").number(records);
  json.key("entries").number(entries).key("bytes").number(bytes).close('}');
  json.key("beyond").open('{').key("records").number(found.scan.beyondRecords());
  json.key("entries").number(found.scan.beyondEntries()).close('}');
  json.key("damages").open('[');
  for (const LogDamage& damage : found.scan.damages) {
    json.open('{').key("file").string(damage.file).key("offset").number(damage.offset);
    json.key("bytes").number(damage.bytes).key("kind").string(nameOf(damage.kind));
    json.key("expected").wide(damage.expected).key("found").wide(damage.found);
    json.key("harmless").boolean(damage.harmless).close('}');
  }
  json.close(']').key("moreDamages").number(found.scan.damageCount - found.scan.damages.size());
  json.key("unexamined").open('[');
  if (!found.fresh && !found.manifest.understood) {
    json.open('{').key("file").string(manifestName(found.manifest.number)).key("reason").string("manifest").close('}');
  }
  for (const UnexaminedLog& log : found.scan.unexamined) {
    json.open('{').key("file").string(log.file).key("reason").string(nameOf(log.reason)).close('}');
  }
  json.close(']');
  json.key("tables").open('[');
  uint64_t tables = 0;
  if (found.seen) {
    const auto seenEntries = [&](const char* name, const SeenEntries& seen) {
      json.key(name);
      if (seen.entries == 0) {
        json.null();
        return;
      }
      json.open('{').key("first").wide(seen.first).key("last").wide(seen.last);
      json.key("entries").number(seen.entries).close('}');
    };
    for (const auto& [prefix, table] : found.seen->tables) {
      if (table.beyond.entries == 0 || ++tables > kMostTables) continue;
      json.open('{').key("instance").number((namespaceOf(prefix) - 1u) / 2u);
      json.key("region").wide(loadU64BE(prefix.data() + 1)).key("table").wide(loadU64BE(prefix.data() + 9));
      seenEntries("readable", table.kept);
      seenEntries("beyond", table.beyond);
      json.close('}');
    }
  }
  json.close(']').key("moreTables").number(tables > kMostTables ? tables - kMostTables : 0).close('}');
  return json.text();
}

}  // namespace shale
