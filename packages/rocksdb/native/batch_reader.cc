#include "batch_reader.h"

#include "encoded_fields.h"

namespace shale {

bool readBatch(const std::string& batch, const std::function<void(const BatchRecord&)>& visit) {
  if (batch.size() < kBatchHeader) return false;
  EncodedFields fields(batch, kBatchHeader);
  while (fields.more()) {
    BatchRecord record{BatchRecord::Kind::kOther, {}, {}};
    const uint8_t tag = fields.byte();
    switch (tag) {
      case 0x05:  // put into a column family
        if (fields.number() != 0) {
          fields.slice();
          fields.slice();
          continue;
        }
        [[fallthrough]];
      case 0x01:  // put
        record.kind = BatchRecord::Kind::kPut;
        record.key = fields.slice();
        record.value = fields.slice();
        break;
      case 0x04:  // deletions
      case 0x08: fields.number(); [[fallthrough]];
      case 0x00:
      case 0x07: record.key = fields.slice(); break;
      case 0x06:  // merges, range deletions
      case 0x0e: fields.number(); [[fallthrough]];
      case 0x02:
      case 0x0f:
        if (tag >= 0x0e) record.kind = BatchRecord::Kind::kRangeDeletion;
        record.key = fields.slice();
        record.value = fields.slice();
        break;
      case 0x03: fields.slice(); continue;  // a note
      case 0x0d: continue;                  // nothing
      default: return false;
    }
    if (fields.failed()) return false;
    visit(record);
  }
  return !fields.failed();
}

}  // namespace shale
