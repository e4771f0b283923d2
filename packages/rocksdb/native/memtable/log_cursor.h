// Places in a log memtable that move forwards and backwards: one among the runs, one in the list of other records.
#pragma once

#include "memtable/log_run.h"
#include "memtable/memtable_record.h"
#include "memtable/ordered_list.h"

namespace shale {

// The runs, ordered by the first record of each. No two have keys in between each other's.
using RunDirectory = OrderedList<LogRun>;

// Everything that found no place in a run.
class OtherRecord {
 public:
  explicit OtherRecord(const char* record) : record_(record) {}
  const char* record() const { return record_; }

 private:
  const char* const record_;
};
using OtherRecords = OrderedList<OtherRecord>;

class RunCursor {
 public:
  explicit RunCursor(const RunDirectory& directory) : directory_(directory) {}

  // Null when the cursor is nowhere.
  const char* record() const { return record_; }
  // How many records the run has before this one.
  uint64_t position() const { return chunk_->base() + position_; }
  const RunDirectory::Node* node() const { return node_; }

  // Called for every record that is read: within a chunk it is an addition and a load. size_ is what the chunk's size
  // was when it was last needed.
  void next() {
    if (++position_ < size_) {
      record_ = chunk_->at(position_);
    } else {
      nextChunk();
    }
  }
  void previous() {
    if (position_ > 0) {
      record_ = chunk_->at(--position_);
    } else if (chunk_->previous() != nullptr) {
      enter(chunk_->previous(), chunk_->previous()->capacity() - 1);
    } else {
      enterLast(directory_.lastBelow(internalKeyOf(node_->item.record())));
    }
  }
  void toFirst() { enterFirst(directory_.first()); }
  void toLast() { enterLast(directory_.last()); }

  // To the first record that is not below the key.
  void toFirstFrom(const rocksdb::Slice& key) {
    const RunDirectory::Node* node = directory_.lastUpTo(key);
    if (node == nullptr) {
      enterFirst(directory_.firstFrom(key));
      return;
    }
    enterLastUpTo(node, key);
    // More than one step only if the writer has just added records at this very place.
    while (record_ != nullptr && compareInternalKeys(internalKeyOf(record_), key) < 0) next();
  }
  // To the last record that is not above the key.
  void toLastUpTo(const rocksdb::Slice& key) {
    const RunDirectory::Node* node = directory_.lastUpTo(key);
    if (node == nullptr) {
      record_ = nullptr;
    } else {
      enterLastUpTo(node, key);
    }
  }

 private:
  void enter(const RunChunk* chunk, uint32_t position) {
    chunk_ = chunk;
    size_ = chunk->size();
    position_ = position;
    record_ = chunk->at(position);
  }
  void enterFirst(const RunDirectory::Node* node) {
    node_ = node;
    if (node == nullptr) {
      record_ = nullptr;
    } else {
      enter(node->item.first(), 0);
    }
  }
  void enterLast(const RunDirectory::Node* node) {
    node_ = node;
    if (node == nullptr) {
      record_ = nullptr;
    } else {
      const RunChunk* chunk = node->item.last();
      enter(chunk, chunk->size() - 1);
    }
  }
  // The run's first record must not be above the key.
  void enterLastUpTo(const RunDirectory::Node* node, const rocksdb::Slice& key) {
    node_ = node;
    const auto above = [&](const RunChunk* chunk, uint32_t position) {
      return compareInternalKeys(internalKeyOf(chunk->at(position)), key) > 0;
    };
    const RunChunk* chunk = node->item.last();
    while (above(chunk, 0)) chunk = chunk->previous();
    uint32_t low = 0;
    uint32_t high = chunk->size();
    while (high - low > 1) {
      const uint32_t middle = low + (high - low) / 2;
      (above(chunk, middle) ? high : low) = middle;
    }
    enter(chunk, low);
  }
  void nextChunk() {
    size_ = chunk_->size();
    if (position_ < size_) {
      record_ = chunk_->at(position_);
      return;
    }
    // There is a next chunk only behind a full one: a reader that saw this one half full has seen the end of the run.
    const RunChunk* next = size_ == chunk_->capacity() ? chunk_->next() : nullptr;
    if (next != nullptr) {
      enter(next, 0);
    } else {
      enterFirst(node_->next(0));
    }
  }

  const RunDirectory& directory_;
  const char* record_ = nullptr;
  const RunChunk* chunk_ = nullptr;
  uint32_t position_ = 0;
  uint32_t size_ = 0;
  const RunDirectory::Node* node_ = nullptr;
};

class OtherCursor {
 public:
  explicit OtherCursor(const OtherRecords& list) : list_(list) {}

  const char* record() const { return record_; }
  void next() { enter(node_->next(0)); }
  void previous() { enter(list_.lastBelow(internalKeyOf(record_))); }
  void toFirst() { enter(list_.first()); }
  void toLast() { enter(list_.last()); }
  void toFirstFrom(const rocksdb::Slice& key) { enter(list_.firstFrom(key)); }
  void toLastUpTo(const rocksdb::Slice& key) { enter(list_.lastUpTo(key)); }

 private:
  void enter(const OtherRecords::Node* node) {
    node_ = node;
    record_ = node == nullptr ? nullptr : node->item.record();
  }

  const OtherRecords& list_;
  const char* record_ = nullptr;
  const OtherRecords::Node* node_ = nullptr;
};

}  // namespace shale
