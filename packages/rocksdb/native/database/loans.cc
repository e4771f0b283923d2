#include "database/loans.h"

#include <vector>

namespace shale {

uint64_t Loans::open(const Lease* owner) {
  std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t loan = last_ + 1;
  loans_[loan].owner = owner;
  last_ = loan;
  return loan;
}

bool Loans::lend(uint64_t loan, const Lease* lender) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = loans_.find(loan);
  if (found == loans_.end() || found->second.user != nullptr) return false;
  found->second.lenders.insert(lender);
  return true;
}

bool Loans::use(uint64_t loan, const Lease* user) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = loans_.find(loan);
  if (found == loans_.end() || found->second.user != nullptr) return false;
  found->second.user = user;
  return true;
}

void Loans::giveBack(uint64_t loan, const Lease* user) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = loans_.find(loan);
  if (found == loans_.end() || found->second.user != user) return;
  loans_.erase(found);
  ended_.notify_all();
}

void Loans::end(uint64_t loan, const Lease* caller) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto found = loans_.find(loan);
  if (found == loans_.end()) return;
  // Its own thread is here, and so not in a write.
  if (found->second.user == nullptr || found->second.user == caller) {
    loans_.erase(found);
    ended_.notify_all();
    return;
  }
  wait(lock, loan);
}

void Loans::leave(const Lease* lease) {
  std::unique_lock<std::mutex> lock(mutex_);
  std::vector<uint64_t> used;
  // First all that others may be waiting for, so that no two threads that end wait for each other.
  for (auto it = loans_.begin(); it != loans_.end();) {
    const Loan& loan = it->second;
    const bool lent = loan.lenders.count(lease) > 0;
    const bool ends = loan.user == lease || (loan.user == nullptr && (lent || loan.owner == lease));
    if (lent && !ends) used.push_back(it->first);
    it = ends ? loans_.erase(it) : std::next(it);
  }
  ended_.notify_all();
  for (const uint64_t loan : used) wait(lock, loan);
}

void Loans::wait(std::unique_lock<std::mutex>& lock, uint64_t loan) {
  ended_.wait(lock, [&] { return loans_.find(loan) == loans_.end(); });
}

}  // namespace shale
