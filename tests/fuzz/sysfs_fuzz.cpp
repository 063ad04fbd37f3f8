// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// A sysfs that lies: listings, links, attributes and refusals from the input, under everything that reads or writes it.
#include <algorithm>

#include "devlock/vfio/binding.hpp"
#include "fuzz/support/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  Feed feed(data, size);
  HostileKernel kernel(feed);
  {
    Host host(paths(), HostileSys(kernel));
    const devlock::vfio::ThreadContext context;
    context.assume();
    std::vector<devlock::pci::Address> known{{0, 1, 0, 0}, {0xffffffffU, 0xff, 31, 7}};
    const auto all = host.devices();
    if (whole(all)) {
      for (const auto& info : *all) {
        sane(info);
        known.push_back(info.address);
      }
    }
    for (int operations = 0; operations != 12 && !feed.empty(); ++operations) {
      const devlock::pci::Address address = known[feed.below(known.size())];
      const unsigned operation = feed.byte() % 19U;
      const std::string driver = feed.byte() < 128 ? "vfio-pci" : feed.text(300);
      switch (operation) {
        case 0:
          if (const auto info = host.device(address); whole(info)) {
            sane(*info);
          }
          break;
        case 1:
          if (const auto members = host.group_members(static_cast<int>(feed.word())); whole(members)) {
            std::for_each(members->begin(), members->end(), sane);
          }
          break;
        case 2:
          whole(host.driver_override(context, address));
          break;
        case 3:
          whole(host.set_driver_override(context, address, driver));
          break;
        case 4:
          whole(host.bind(context, address, driver));
          break;
        case 5:
          whole(host.unbind(context, address));
          break;
        case 6:
          if (const auto bound = host.probe(context, address); whole(bound)) {
            require(bound->empty() || devlock::linux_host::valid_driver_name(*bound), "a driver that is none");
          }
          break;
        case 7:
          whole(host.reset_function(context, address));
          break;
        case 8:
          whole(host.try_reset_bus(address));
          break;
        case 9:
          whole(host.remove(context, address));
          whole(host.rescan(context));
          break;
        case 10:
          if (const auto slots = host.slots(); whole(slots)) {
            for (const auto& slot : *slots) {
              require(devlock::linux_host::valid_driver_name(slot.name), "a slot whose name is none");
            }
          }
          break;
        case 11:
          if (const auto methods = host.reset_methods().read(address); whole(methods)) {
            require(methods->size() <= 7, "more reset methods than there are");
            whole(host.reset_methods().write(address, *methods));
          }
          break;
        case 12:
          whole(host.virtual_functions().list(address));
          whole(host.virtual_functions().physical_of(address));
          break;
        case 13:
          whole(host.virtual_functions().enabled(context, address));
          whole(host.virtual_functions().enable(context, address, static_cast<int>(feed.word())));
          break;
        case 15: {
          const auto uuid = devlock::vfio::Uuid::parse("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001").value();
          const auto parents = host.mdevs().parents();
          whole(parents);
          const std::string parent = parents && !parents->empty() ? parents->front() : driver;
          if (const auto types = host.mdevs().types(parent); whole(types)) {
            for (const auto& type : *types) {
              whole(host.mdevs().create(context, parent, type.id, uuid));
            }
          }
          whole(host.mdevs().create(context, driver, parent, uuid));
          whole(host.mdevs().remove(context, uuid));
          if (const auto group = host.mdevs().group_of(uuid); whole(group)) {
            require(*group >= -1, "a group below zero");
          }
          break;
        }
        case 16:
          whole(host.mdevs().devices());
          break;
        case 17: {
          using devlock::vfio::ap::Dimension;
          const auto uuid = devlock::vfio::Uuid::parse("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001").value();
          whole(host.ap().masks(context));
          whole(host.ap().store(context, Dimension::adapter, driver));
          whole(host.ap().assign(context, uuid, Dimension::domain, feed.word()));
          whole(host.ap().unassign(context, uuid, Dimension::control_domain, feed.word()));
          whole(host.ap().matrix(context, uuid));
          break;
        }
        case 14: {
          const auto cdev = host.open_cdev(context, address);
          whole(cdev);
          break;
        }
        default: {
          auto taken = devlock::vfio::DriverBinding<Host>::take(context, host, address, driver);
          if (whole(taken)) {
            whole(taken->restore(context));
          }
          break;
        }
      }
    }
  }
  kernel.check_closed();
  return 0;
}
