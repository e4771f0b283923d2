// A skip list that one thread fills while any number of threads walk it, without locks. Nothing is ever removed.
#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

#include "memtable/memtable_memory.h"
#include "memtable/memtable_record.h"

namespace shale {

// An Item has `const char* record() const`, a record that never changes and gives the item its place.
template <class Item>
class OrderedList {
 public:
  class Node {
   public:
    template <class... Arguments>
    explicit Node(int height, Arguments&&... arguments) : item(std::forward<Arguments>(arguments)...) {
      std::atomic<Node*>* links = links_;
      for (int level = 1; level < height; level++) new (links + level) std::atomic<Node*>(nullptr);
    }
    // Acquire and release: who sees the node sees its item, whole.
    Node* next(int level) const { return links_[level].load(std::memory_order_acquire); }
    void link(int level, Node* node) { links_[level].store(node, std::memory_order_release); }

    Item item;

   private:
    // As many as the node is high; the memory behind the node holds the others.
    std::atomic<Node*> links_[1] = {};
    friend class OrderedList;
  };

  explicit OrderedList(MemtableMemory& memory) : memory_(memory) {}
  OrderedList(const OrderedList&) = delete;
  OrderedList& operator=(const OrderedList&) = delete;

  // The one writer only. The item's record must not be in the list yet.
  template <class... Arguments>
  Node* insert(const char* record, Arguments&&... arguments) {
    const rocksdb::Slice key = internalKeyOf(record);
    const bool ascends = latest_ != nullptr && compare(latest_, key) < 0;
    findBefore(key, ascends);
    const int height = randomHeight();
    void* memory = memory_.allocate(sizeof(Node) + (height - 1) * sizeof(std::atomic<Node*>));
    Node* node = new (memory) Node(height, std::forward<Arguments>(arguments)...);
    // Bottom up: a reader that meets the node on a level finds it on all levels below.
    for (int level = 0; level < height; level++) {
      node->link(level, before_[level][level].load(std::memory_order_relaxed));
      before_[level][level].store(node, std::memory_order_release);
      before_[level] = node->links_;
    }
    latest_ = node;
    if (height > height_.load(std::memory_order_relaxed)) height_.store(height, std::memory_order_relaxed);
    count_.store(count() + 1, std::memory_order_relaxed);
    return node;
  }

  size_t count() const { return count_.load(std::memory_order_relaxed); }
  Node* first() const { return head_[0].load(std::memory_order_acquire); }

  Node* last() const {
    return descend([](const Node*) { return true; });
  }
  // The last node below the key.
  Node* lastBelow(const rocksdb::Slice& key) const {
    return descend([&](const Node* node) { return compare(node, key) < 0; });
  }
  // The last node that is not above the key.
  Node* lastUpTo(const rocksdb::Slice& key) const {
    return descend([&](const Node* node) { return compare(node, key) <= 0; });
  }
  // The first node that is not below the key.
  Node* firstFrom(const rocksdb::Slice& key) const {
    Node* node = lastBelow(key);
    node = node == nullptr ? first() : node->next(0);
    // What was inserted meanwhile, next to the place that was found, may be below the key.
    while (node != nullptr && compare(node, key) < 0) node = node->next(0);
    return node;
  }

 private:
  using Links = std::atomic<Node*>;
  static constexpr int kMaxHeight = 12;

  static int compare(const Node* node, const rocksdb::Slice& key) {
    return compareInternalKeys(internalKeyOf(node->item.record()), key);
  }

  // The last node for which goOn holds, which must hold up to some node and for none behind it; null if for none.
  template <class GoOn>
  Node* descend(GoOn&& goOn) const {
    Node* at = nullptr;
    for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; level--) {
      const Links* links = at == nullptr ? head_ : at->links_;
      for (Node* next = links[level].load(std::memory_order_acquire); next != nullptr && goOn(next);
           next = at->next(level)) {
        at = next;
      }
    }
    return at;
  }

  // Sets before_ to what the key comes behind on each level. A key that ascends is behind all that is there already, so
  // keys in order are found at once; else it begins at the head.
  void findBefore(const rocksdb::Slice& key, bool ascends) {
    Links* moved = ascends ? nullptr : head_;
    for (int level = kMaxHeight - 1; level >= 0; level--) {
      Links* links = moved == nullptr ? before_[level] : moved;
      for (Node* next = links[level].load(std::memory_order_relaxed); next != nullptr && compare(next, key) < 0;
           next = links[level].load(std::memory_order_relaxed)) {
        links = moved = next->links_;
      }
      before_[level] = links;
    }
  }

  int randomHeight() {
    // xorshift64; each level has a quarter of the nodes of the one below.
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    int height = 1;
    for (uint64_t bits = random_ >> 8; height < kMaxHeight && (bits & 3) == 0; bits >>= 2) height++;
    return height;
  }

  MemtableMemory& memory_;
  Links head_[kMaxHeight] = {};
  std::atomic<int> height_{1};
  std::atomic<size_t> count_{0};
  uint64_t random_ = 0x9e3779b97f4a7c15;
  // The writer's: the node inserted last, and on each level the links that it is behind or its own.
  Node* latest_ = nullptr;
  Links* before_[kMaxHeight] = {};
};

}  // namespace shale
