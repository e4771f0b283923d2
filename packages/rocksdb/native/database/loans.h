// Lets one thread write tables that belong to other threads, exclusively, for one atomic write.
//
// The threads that own the tables lend them: from then on they leave them alone. One thread uses the loan: it writes
// all of them in one batch, and returns it. It is a fence and no more; what the threads know of the tables they tell
// each other. When a thread that has lent goes, the next owner of its tables recovers them from disk, so by then the
// write must be through, or never come:
//
//   open ──► used ──► (gone)      the write came, or failed
//     └──────────────► (gone)     ended before it was used: now it cannot be
//
// A loan that is gone cannot be lent to or used any more: its number is not given out again.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_set>

namespace shale {

class Lease;

class Loans {
 public:
  // A new loan. It ends with the lease that asked for it, unless it is being used.
  uint64_t open(const Lease* owner);
  // The lender's tables belong to the loan from now on. False if it is gone.
  bool lend(uint64_t loan, const Lease* lender);
  // Nothing can end the loan until it is returned by the same lease. False if it is gone, or used by another lease.
  bool use(uint64_t loan, const Lease* user);
  // Ends the loan that this lease uses; otherwise does nothing.
  void giveBack(uint64_t loan, const Lease* user);
  // Ends a loan: one that is being used is waited for. When it returns, nothing is written with it any more.
  void end(uint64_t loan, const Lease* caller);
  // The lease goes: what it was writing is through or never comes; what it has lent ends.
  void leave(const Lease* lease);

 private:
  struct Loan {
    const Lease* owner = nullptr;
    const Lease* user = nullptr;  // null while it is open
    std::unordered_set<const Lease*> lenders;
  };

  void wait(std::unique_lock<std::mutex>& lock, uint64_t loan);

  std::mutex mutex_;
  std::condition_variable ended_;
  std::map<uint64_t, Loan> loans_;
  uint64_t last_ = 0;
};

}  // namespace shale
