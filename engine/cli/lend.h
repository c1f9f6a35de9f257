/* SPDX-License-Identifier: MIT */
/** @file lend.h The command's threads, lent to the engine for one call. */
#ifndef FMI_CLI_LEND_H
#define FMI_CLI_LEND_H

#include "workers.h"

/** threads: of --threads; 0 = the cores this process may use. They are started by each call. */
fmi_workers fmi_lend(uint32_t threads);

#endif
