/* SPDX-License-Identifier: MIT */
/** @file device_impl.h What the files of the devices share. */
#ifndef FMI_DEVICE_IMPL_H
#define FMI_DEVICE_IMPL_H

#include "device.h"

/* Fills caps; list[0..count) are the devices before it. The first failing query's code. */
cl_int fmi_device_caps(cl_device_id id, const char *platform, const fmi_device *list, size_t count,
                       fm_caps *caps);

/* text without blanks at both ends and with control characters escaped; text is changed. */
void fmi_copy_trimmed(char *out, size_t out_bytes, char *text);

#endif
