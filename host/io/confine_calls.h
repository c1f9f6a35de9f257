/* SPDX-License-Identifier: MIT */
/** @file confine_calls.h The part of fmi_confine_self that is seccomp. */
#ifndef FMI_CONFINE_CALLS_H
#define FMI_CONFINE_CALLS_H

#include <stdbool.h>

/** Forbids every system call but those that reading files takes. may_write: and those that writing
 * new files takes. The process must have no threads and can start none. False: not in force. */
bool fmi_confine_calls(bool may_write);

#endif
