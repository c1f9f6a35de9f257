/* SPDX-License-Identifier: MIT */
/** @file page_files.h The style sheet and the script of a report, embedded at build time. */
#ifndef FMI_PAGE_FILES_H
#define FMI_PAGE_FILES_H

#include <stddef.h>

extern const unsigned char fmi_page_css[], fmi_page_js[];
extern const size_t fmi_page_css_bytes, fmi_page_js_bytes;

#endif
