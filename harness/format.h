/* SPDX-License-Identifier: MIT */
/**
 * @file format.h
 * The forms in which a command can print what it has.
 */
#ifndef FMI_FORMAT_H
#define FMI_FORMAT_H

/** What stdout gets. */
typedef enum fmi_format {
    FMI_FORMAT_TABLE = 0,
    FMI_FORMAT_JSON,
    FMI_FORMAT_CSV,
    FMI_FORMAT_MARKDOWN,
    FMI_FORMAT_JSONL, /**< this and those below: export only */
    FMI_FORMAT_TSV,
    FMI_FORMAT_SQL,
    FMI_FORMAT_JUNIT,
    FMI_FORMAT_PROMETHEUS
} fmi_format;

#endif
