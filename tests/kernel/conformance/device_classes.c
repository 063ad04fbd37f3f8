// SPDX-License-Identifier: GPL-2.0
/*
 * Test only: gives the device_lock of every PCI function and every mdev a lock class, so that lockdep sees it; by default it
 * is exempt (device_initialize: lockdep_set_novalidate_class). Functions that come later are named by a notifier of their bus.
 *
 * One class cannot do: a bridge is locked before what is below it, a PF before its VFs, and siblings one after the other. So
 * there is one for each depth below the root bus, for PF or VF, and for each place of a bus with few devices:
 *
 *	device_lock/pci/1/pf/8		device_lock/mdev
 *
 * Not checked: that nobody holds the lock of a device whose class changes, in another task; load it while all is quiet.
 */
#include <linux/device.h>
#include <linux/lockdep.h>
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/pci.h>

#define DEPTHS 8
#define PLACES 32

static struct lock_class_key pci_keys[DEPTHS][2][PLACES];
static char pci_names[DEPTHS][2][PLACES][32];
static struct lock_class_key mdev_key;

static unsigned int depth_of(struct pci_dev *pdev)
{
	unsigned int depth = 0;

	while ((pdev = pci_upstream_bridge(pdev)))
		depth++;
	return min_t(unsigned int, depth, DEPTHS - 1);
}

static int name_pci(struct device *dev, void *unused)
{
	struct pci_dev *pdev = to_pci_dev(dev);
	unsigned int depth = depth_of(pdev), vf = pdev->is_virtfn, place = pdev->devfn % PLACES;

	device_lock(dev);
	__device_lock_set_class(dev, pci_names[depth][vf][place], &pci_keys[depth][vf][place]);
	device_unlock(dev);
	return 0;
}

static int name_mdev(struct device *dev, void *unused)
{
	device_lock(dev);
	__device_lock_set_class(dev, "device_lock/mdev", &mdev_key);
	device_unlock(dev);
	return 0;
}

/* A device is on its bus from before its first probe on. */
static int pci_event(struct notifier_block *nb, unsigned long event, void *dev)
{
	if (event == BUS_NOTIFY_ADD_DEVICE)
		name_pci(dev, NULL);
	return NOTIFY_DONE;
}

static int mdev_event(struct notifier_block *nb, unsigned long event, void *dev)
{
	if (event == BUS_NOTIFY_ADD_DEVICE)
		name_mdev(dev, NULL);
	return NOTIFY_DONE;
}

static struct notifier_block pci_block = { .notifier_call = pci_event };
static struct notifier_block mdev_block = { .notifier_call = mdev_event };

/* Not exported, but a driver that is registered knows its bus. This one matches no device: none has it as its parent's. */
static int no_probe(struct mdev_device *mdev)
{
	return -ENODEV;
}

static struct mdev_driver bus_finder = {
	.device_api = "none",
	.driver = { .name = "device_classes" },
	.probe = no_probe,
};

static int __init device_classes_init(void)
{
	unsigned int depth, vf, place;
	int err;

	for (depth = 0; depth < DEPTHS; depth++)
		for (vf = 0; vf < 2; vf++)
			for (place = 0; place < PLACES; place++)
				snprintf(pci_names[depth][vf][place], sizeof(pci_names[0][0][0]),
					 "device_lock/pci/%u/%s/%u", depth, vf ? "vf" : "pf", place);
	err = mdev_register_driver(&bus_finder);
	if (err)
		return err;
	err = bus_register_notifier(&pci_bus_type, &pci_block);
	if (!err)
		err = bus_register_notifier(bus_finder.driver.bus, &mdev_block);
	if (err) {
		mdev_unregister_driver(&bus_finder);
		return err;
	}
	bus_for_each_dev(&pci_bus_type, NULL, NULL, name_pci);
	pr_info("device_classes: device_lock of PCI functions and mdevs is known to lockdep\n");
	return 0;
}
module_init(device_classes_init);
/* It stays: the keys are in use as long as a device is. */

MODULE_DESCRIPTION("Lock classes for the device_lock of PCI functions and mdevs");
MODULE_LICENSE("GPL");
