# SPDX-License-Identifier: BSL-1.0
# Copyright the devlock authors
#
# The model checker in place of the backends; a sanitizer does not follow its stacks.

set(needed devlock::check CLI11::CLI11 fmt::fmt)
set(sanitizers devlock_no_sanitizers)
