// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
#include "model/catalogue/entry.hpp"

namespace catalogue {

std::vector<Entry> all() {
  std::vector<Entry> entries;
  for (const auto system : {&pci_entries, &iommu_entries, &mdev_entries, &kvm_vfio_entries, &ap_entries}) {
    for (Entry& entry : system()) {
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace catalogue
