#include "recovery/batch_reader.h"

#include "core/encoded_fields.h"
#include "core/format.h"

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

BatchShape shapeOf(const std::string& batch) {
  if (batch.size() < kBatchHeader) return BatchShape::kUnknown;
  BatchShape shape = BatchShape::kPlain;
  uint64_t count = 0;
  EncodedFields fields(batch, kBatchHeader);
  while (fields.more()) {
    bool ofDefaultFamily = true;
    count++;
    switch (const uint8_t kind = fields.byte()) {
      // In a column family: puts, deletions, merges, ranges, entities.
      case 0x05:
      case 0x06:
      case 0x0e:
      case 0x17:
        ofDefaultFamily = fields.number() == 0;
        [[fallthrough]];
      case 0x01:
      case 0x02:
      case 0x0f:
      case 0x16:
        fields.slice();
        fields.slice();
        if ((kind == 0x02 || kind == 0x06) && ofDefaultFamily) shape = BatchShape::kMerge;
        break;
      case 0x04:
      case 0x08: fields.number(); [[fallthrough]];
      case 0x00:
      case 0x07: fields.slice(); break;
      case 0x03:  // a note
        fields.slice();
        count--;
        break;
      case 0x0d: count--; break;  // nothing
      // The end of a transaction whose beginning, if it is not in a log either, is in table files, or nowhere.
      case 0x0b:
      case 0x0c:
        fields.slice();
        count--;
        break;
      case 0x09:
      case 0x0a:
      case 0x12:
      case 0x13:
      case 0x15: return BatchShape::kTransaction;
      case 0x10:
      case 0x11: return BatchShape::kBlob;
      default: return BatchShape::kUnknown;
    }
  }
  return fields.failed() || count != loadU32LE(batch.data() + 8) ? BatchShape::kUnknown : shape;
}

}  // namespace shale
