#include "kernel_choice.h"

#include <atomic>

#include "../kernels/dispatch.h"
#include "../kernels/self_test.h"

namespace tracevar {

namespace {

std::atomic<const Kernel*> g_active{nullptr};
std::atomic<const Kernel*> g_signing{nullptr};
std::atomic<uint32_t> g_tested{0};  // bit i: kernel i of the list answered right

Status tested_kernel(const char* name, const Kernel** kernel) noexcept {
  *kernel = find_kernel(name[0] == '\0' ? nullptr : name);
  if (*kernel == nullptr) return Status::kNoKernel;
  const uint32_t bit = 1u << (*kernel - all_kernels().data());
  if ((g_tested.load(std::memory_order_acquire) & bit) != 0) return Status::kOk;
  if (!self_test(**kernel)) return Status::kSelfCheck;
  g_tested.fetch_or(bit, std::memory_order_release);
  return Status::kOk;
}

}  // namespace

const Kernel& active_kernel() noexcept {
  const Kernel* kernel = g_active.load(std::memory_order_acquire);
  if (kernel != nullptr) return *kernel;
  kernel = find_kernel(nullptr);
  g_active.store(kernel, std::memory_order_release);
  return *kernel;
}

const Kernel& signing_kernel() noexcept {
  const Kernel* kernel = g_signing.load(std::memory_order_acquire);
  return kernel != nullptr ? *kernel : active_kernel();
}

Status choose_kernel(const char* name) noexcept {
  const Kernel* kernel;
  const Status status = tested_kernel(name, &kernel);
  if (status == Status::kOk) g_active.store(kernel, std::memory_order_release);
  return status;
}

Status choose_signing_kernel(const char* name) noexcept {
  const Kernel* kernel = nullptr;
  const Status status = name[0] == '\0' ? Status::kOk : tested_kernel(name, &kernel);
  if (status == Status::kOk) g_signing.store(kernel, std::memory_order_release);
  return status;
}

}  // namespace tracevar
