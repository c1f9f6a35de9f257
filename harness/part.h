/* SPDX-License-Identifier: MIT */
/** @file part.h Engines on a part of a device: how a device scales, and what two parts cost each
 * other. */
#ifndef FMI_PART_H
#define FMI_PART_H

#include <fm/engine.h>

/**
 * Opens an engine on one of the parts of a device that have so many compute units each.
 * @param how  as for fm_engine_create; its device is the whole
 * @param part from 0: the parts lie behind each other
 * @retval FM_ERROR_UNSUPPORTED the device cannot be divided so
 */
fm_status fmi_part_engine(fm_engine **engine, uint32_t units, uint32_t part,
                          const fm_engine_params *how, fm_error *err);

#endif
