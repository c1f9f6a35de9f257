/* SPDX-License-Identifier: MIT */
/**
 * @file device.h
 * Enumeration and choice of devices. Platforms without devices are normal.
 */
#ifndef FMI_DEVICE_H
#define FMI_DEVICE_H

#include "cl.h"

#include <fm/device.h>

/** One usable device with its facts. */
typedef struct fmi_device {
    cl_platform_id platform;
    cl_device_id id;
    fm_caps caps;
} fmi_device;

/** All usable devices in platform order. Free *list with free(). No platform: *count = 0, FM_OK. */
fm_status fmi_device_list(fmi_device **list, size_t *count, fm_error *err);

/**
 * Picks one: index, stable id, part of a name (case-insensitive), of a vendor or a platform in
 * this order, "cpu", "gpu", "accelerator" or "auto".
 * auto: GPU, then accelerator, then CPU; among equals compute units x clock; PoCL before llvmpipe.
 * NULL or "" = auto. Pure: works on recorded lists.
 * @retval FM_ERROR_NO_DEVICE the message lists what there is and what to install when empty
 */
fm_status fmi_device_select(const fmi_device *list, size_t count, const char *selector,
                            size_t *index, fm_error *err);

/** True when the environment says FM_NO_QUIRKS (not 0): drivers are then taken as they are. */
bool fmi_quirks_off(void);
/** The quirks of a driver as words with blanks between; "" = none. */
void fmi_quirks_words(const fm_caps *caps, char *out, size_t bytes);
/**
 * True when both are one piece of hardware under two drivers: the same UUID or PCI address, or both
 * the machine's processor.
 */
bool fmi_device_same(const fm_caps *a, const fm_caps *b);

/** Quirks as data (see quirks.c): adjusts caps for known drivers. */
void fmi_quirks_apply(fm_caps *caps);
/** Quirk: program binaries of this driver are not to be cached. */
bool fmi_quirks_no_binaries(const fm_caps *caps);
/** Quirk: this driver compiles all kernels of a program once more to give out its binary, and has a
 * disk cache of its own. */
bool fmi_quirks_slow_binaries(const fm_caps *caps);
/** Quirk: buffers are memory of this process that is fresh from the system, so that it can be asked
 * for large pages (pages.h). */
bool fmi_quirks_host_pages(const fm_caps *caps);

#endif
