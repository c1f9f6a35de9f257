/* SPDX-License-Identifier: MIT */
/** @file report.h The JSON report. */
#ifndef FMF_REPORT_H
#define FMF_REPORT_H

/** From now on there is a report at exit. */
void fmf_report_start(void);
/** Writes it now; "at" says when. */
void fmf_report_write(const char *at);

#endif
