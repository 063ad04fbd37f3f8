// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Known bad: a backend header that needs the system's headers.
#pragma once

#include <sys/ioctl.h>
