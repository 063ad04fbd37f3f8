// SPDX-License-Identifier: GPL-2.0
// Copyright the devlock authors
//
// A module for tests: holds a lock of the kernel for as long as a file descriptor wants it, so that contention does not depend on
// luck. This file alone is under the GPL, because it uses symbols that the kernel exports to such modules only.
//
//   write(fd, "D 0000:06:00.0")  takes device_lock of that function      any function
//   write(fd, "C 0000:06:00.0")  blocks user config accesses to it       any function, pci_cfg_access_lock
//   write(fd, "M 0000:06:00.0")  takes its memory_lock, exclusively      bound to vfio-pci
//   write(fd, "S 0000:06:00.0")  takes the lock of its dev_set           bound to vfio-pci
//   write(fd, "R")               takes pci_rescan_remove_lock            none
//   close(fd)                    gives it back
//
// A lock that is taken is waited for; a signal that kills ends that, except for C and R, which the kernel offers no such wait for. M
// and S wait for device_lock first, to see the driver. ENODEV: there is no such function. ENXIO: it is not bound to vfio-pci. EBUSY:
// this descriptor holds one already. EINVAL: it is none of the above.
//
// A kernel thread of its own holds the lock, so its owner lives as long as it is held, whoever closes the descriptor, and lockdep sees
// no lock that is held in user space.
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

/* What one descriptor holds. */
struct hold {
  struct mutex asking; /* one request at a time */
  char lock;
  struct pci_dev* function;          /* none for R */
  struct vfio_pci_core_device* vfio; /* for M and S: kept alive, and its module too */
  struct module* vfio_module;
  struct task_struct* holder;
  struct completion progress; /* once when the holder runs, once when it has an answer */
  int answer;
};

static void forget_vfio(struct hold* hold) {
  if (hold->vfio) {
    put_device(&hold->vfio->vdev.device);
    module_put(hold->vfio_module);
    hold->vfio = NULL;
  }
}

/* device_lock keeps the driver, and with it what it left in the device, from going meanwhile. */
static int find_vfio(struct hold* hold) {
  struct device* device = &hold->function->dev;
  int error = mutex_lock_killable(&device->mutex);

  if (error)
    return error;
  if (!device->driver || strcmp(device->driver->name, "vfio-pci") || !try_module_get(device->driver->owner)) {
    error = -ENXIO;
  } else {
    hold->vfio_module = device->driver->owner;
    hold->vfio = dev_get_drvdata(device);
    get_device(&hold->vfio->vdev.device);
  }
  mutex_unlock(&device->mutex);
  return error;
}

static int take(struct hold* hold) {
  int error = hold->lock == 'M' || hold->lock == 'S' ? find_vfio(hold) : 0;

  if (error)
    return error;
  switch (hold->lock) {
    case 'D':
      return mutex_lock_killable(&hold->function->dev.mutex);
    case 'C':
      pci_cfg_access_lock(hold->function);
      return 0;
    case 'M':
      error = down_write_killable(&hold->vfio->memory_lock);
      break;
    case 'S':
      error = mutex_lock_killable(&hold->vfio->vdev.dev_set->lock);
      break;
    case 'R':
      pci_lock_rescan_remove();
      return 0;
    default:
      return -EINVAL;
  }
  if (error)
    forget_vfio(hold);
  return error;
}

static void give_back(struct hold* hold) {
  switch (hold->lock) {
    case 'D':
      mutex_unlock(&hold->function->dev.mutex);
      break;
    case 'C':
      pci_cfg_access_unlock(hold->function);
      break;
    case 'M':
      up_write(&hold->vfio->memory_lock);
      break;
    case 'S':
      mutex_unlock(&hold->vfio->vdev.dev_set->lock);
      break;
    case 'R':
      pci_unlock_rescan_remove();
      break;
  }
  forget_vfio(hold);
}

static int hold_until_stopped(void* argument) {
  struct hold* hold = argument;

  allow_kernel_signal(SIGKILL);
  complete(&hold->progress);
  hold->answer = take(hold);
  complete(&hold->progress);
  for (;;) {
    set_current_state(TASK_IDLE);
    if (kthread_should_stop())
      break;
    schedule();
  }
  __set_current_state(TASK_RUNNING);
  if (!hold->answer)
    give_back(hold);
  return 0;
}

/* Ends the holder, which gives back what it has; one that still waits stops waiting. */
static void stop(struct hold* hold) {
  if (!hold->holder)
    return;
  send_sig(SIGKILL, hold->holder, 1);
  kthread_stop(hold->holder);
  hold->holder = NULL;
  pci_dev_put(hold->function);
  hold->function = NULL;
}

static int start(struct hold* hold) {
  int error;

  init_completion(&hold->progress);
  hold->answer = -EINTR;
  hold->holder = kthread_run(hold_until_stopped, hold, "devlock_hold/%c", hold->lock);
  if (IS_ERR(hold->holder)) {
    error = PTR_ERR(hold->holder);
    hold->holder = NULL;
    pci_dev_put(hold->function);
    hold->function = NULL;
    return error;
  }
  /* From then on it can be killed. */
  wait_for_completion(&hold->progress);
  error = wait_for_completion_killable(&hold->progress);
  if (!error)
    error = hold->answer;
  if (error)
    stop(hold);
  return error;
}

static int parse(struct hold* hold, char* text) {
  unsigned int domain, bus, device, function;
  char end;

  text = strim(text);
  hold->lock = text[0];
  if (!strcmp(text, "R"))
    return 0;
  if (!hold->lock || !strchr("DCMS", hold->lock) || text[1] != ' ' ||
      sscanf(text + 2, "%x:%x:%x.%x%c", &domain, &bus, &device, &function, &end) != 4 || bus > 0xff || device > 0x1f ||
      function > 7)
    return -EINVAL;
  hold->function = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(device, function));
  return hold->function ? 0 : -ENODEV;
}

static ssize_t hold_write(struct file* file, const char __user* from, size_t size, loff_t* offset) {
  struct hold* hold = file->private_data;
  char text[32] = {};
  int error;

  if (size >= sizeof(text))
    return -EINVAL;
  if (copy_from_user(text, from, size))
    return -EFAULT;
  error = mutex_lock_killable(&hold->asking);
  if (error)
    return error;
  if (hold->holder) {
    error = -EBUSY;
  } else {
    error = parse(hold, text);
    if (!error)
      error = start(hold);
  }
  mutex_unlock(&hold->asking);
  return error ? error : size;
}

static int hold_open(struct inode* inode, struct file* file) {
  struct hold* hold = kzalloc(sizeof(*hold), GFP_KERNEL);

  if (!hold)
    return -ENOMEM;
  mutex_init(&hold->asking);
  file->private_data = hold;
  return 0;
}

static int hold_release(struct inode* inode, struct file* file) {
  struct hold* hold = file->private_data;

  stop(hold);
  kfree(hold);
  return 0;
}

static const struct file_operations hold_operations = {
    .owner = THIS_MODULE,
    .open = hold_open,
    .release = hold_release,
    .write = hold_write,
};

static struct miscdevice hold_device = {
    .minor = MISC_DYNAMIC_MINOR,
    .name = "devlock_hold",
    .fops = &hold_operations,
    .mode = 0600,
};
module_misc_device(hold_device);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Holds locks of PCI devices for tests");
