// SPDX-License-Identifier: BSL-1.0
// Copyright the devlock authors
//
// Without the validator; devlock::check sets its own.
#define DEVLOCK_VALIDATE 0
#include "devlock/sync/relacy.hpp"

devlock::RelacySync::mutex* mutex;
