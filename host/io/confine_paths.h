/* SPDX-License-Identifier: MIT */
/** @file confine_paths.h The part of fmi_confine_self that is Landlock. */
#ifndef FMI_CONFINE_PATHS_H
#define FMI_CONFINE_PATHS_H

#include "confine.h"

#include <stdbool.h>

/** Forbids every path but those of confine, and what else this kernel's Landlock knows: TCP (6.7),
 * ioctls of devices (6.10), signals to others and abstract sockets (6.12). False: not in force. */
bool fmi_confine_paths(const fmi_confine *confine);

#endif
