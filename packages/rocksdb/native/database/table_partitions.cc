#include "database/table_partitions.h"

#include <cstring>

#include "core/format.h"

namespace shale {

namespace {

// A file with less than this share of its size takes the next table, too: many small files cost descriptors and memory.
constexpr uint64_t kLeastShare = 4;

bool sameTable(const rocksdb::Slice& a, const rocksdb::Slice& b) {
  return a.size() >= kLogKeyPrefixLength && b.size() >= kLogKeyPrefixLength &&
         std::memcmp(a.data(), b.data(), kLogKeyPrefixLength) == 0;
}

class TablePartitioner : public rocksdb::SstPartitioner {
 public:
  explicit TablePartitioner(uint64_t least) : least_(least) {}
  const char* Name() const override { return "shale.tables"; }
  rocksdb::PartitionerResult ShouldPartition(const rocksdb::PartitionerRequest& request) override {
    if (request.current_output_file_size < least_) return rocksdb::kNotRequired;
    return sameTable(*request.prev_user_key, *request.current_user_key) ? rocksdb::kNotRequired : rocksdb::kRequired;
  }
  bool CanDoTrivialMove(const rocksdb::Slice&, const rocksdb::Slice&) override { return true; }

 private:
  const uint64_t least_;
};

class TablePartitions : public rocksdb::SstPartitionerFactory {
 public:
  explicit TablePartitions(uint64_t fileSize) : least_(fileSize / kLeastShare) {}
  const char* Name() const override { return "shale.tables"; }
  std::unique_ptr<rocksdb::SstPartitioner> CreatePartitioner(const rocksdb::SstPartitioner::Context&) const override {
    return std::make_unique<TablePartitioner>(least_);
  }

 private:
  const uint64_t least_;
};

}  // namespace

std::shared_ptr<rocksdb::SstPartitionerFactory> makeTablePartitions(uint64_t fileSize) {
  return std::make_shared<TablePartitions>(fileSize);
}

}  // namespace shale
