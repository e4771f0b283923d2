#include "recovery/table_file_walk.h"

#include <cstddef>

#include "core/errors.h"

namespace shale {

namespace {

// Length of a log key. Keys are taken for numbers of as many bytes, so that one can step through them.
constexpr size_t kWidth = 26;
constexpr size_t kBits = kWidth * 8;
// The lowest byte of a key is its version: the sequence begins above it.
constexpr size_t kFirstBit = 8;

std::string widened(const std::string& key) {
  std::string wide = key.substr(0, kWidth);
  wide.resize(kWidth, '\0');
  return wide;
}

// key + 2^bit; false when that is beyond all keys.
bool plus(const std::string& key, size_t bit, std::string* sum) {
  *sum = key;
  unsigned carry = 1u << (bit % 8);
  for (size_t at = kWidth - bit / 8; at-- > 0 && carry > 0;) {
    const unsigned digit = static_cast<unsigned char>((*sum)[at]) + carry;
    (*sum)[at] = static_cast<char>(digit & 0xff);
    carry = digit >> 8;
  }
  return carry == 0;
}

// Between the two, rounded down; the same as `low` when there is nothing between.
std::string middle(const std::string& low, const std::string& high) {
  std::string sum(kWidth, '\0');
  unsigned carry = 0;
  for (size_t at = kWidth; at-- > 0;) {
    const unsigned digit = static_cast<unsigned char>(low[at]) + static_cast<unsigned char>(high[at]) + carry;
    sum[at] = static_cast<char>(digit & 0xff);
    carry = digit >> 8;
  }
  for (size_t at = 0; at < kWidth; at++) {
    const unsigned digit = static_cast<unsigned char>(sum[at]) | (carry << 8);
    sum[at] = static_cast<char>(digit >> 1);
    carry = digit & 1;
  }
  return sum;
}

}  // namespace

TableFileWalk::TableFileWalk(const rocksdb::Options& options, const std::string& path) : reader_(options) {
  throwIfFailed(reader_.Open(path), path);
}

bool TableFileWalk::next() {
  if (!started_) {
    started_ = true;
    iterator_.reset(reader_.NewIterator(rocksdb::ReadOptions()));
    iterator_->SeekToFirst();
  } else {
    last_ = iterator_->key().ToString();
    iterator_->Next();
  }
  if (iterator_->Valid()) return true;
  if (iterator_->status().ok()) return false;
  return stepOver();
}

bool TableFileWalk::isThere(const rocksdb::ReadOptions& options) const {
  const std::unique_ptr<rocksdb::Iterator> other(reader_.NewIterator(options));
  other->Seek(key());
  return other->Valid() && other->key() == key();
}

// True when what is at the key, or the end of the file, can be read.
bool TableFileWalk::seek(const std::string& key) {
  iterator_.reset(reader_.NewIterator(rocksdb::ReadOptions()));
  iterator_->Seek(key);
  return iterator_->status().ok();
}

// Looks for where reading works again: by steps that double, then by halving the last of them.
bool TableFileWalk::stepOver() {
  Gap gap;
  gap.after = last_;
  gap.message = iterator_->status().ToString();
  const std::string start = widened(last_.value_or(""));
  std::string bad = start;
  std::string good;
  bool found = false;
  for (size_t bit = kFirstBit; bit < kBits && !found; bit++) {
    if (!plus(start, bit, &good)) break;
    found = seek(good);
    if (!found) bad = good;
  }
  if (!found) {
    gaps_.push_back(gap);
    return false;
  }
  for (std::string at = middle(bad, good); at != bad; at = middle(bad, good)) {
    if (seek(at)) {
      good = at;
    } else {
      bad = at;
    }
  }
  seek(good);
  if (iterator_->Valid()) gap.before = iterator_->key().ToString();
  gaps_.push_back(gap);
  return gap.before.has_value();
}

}  // namespace shale
