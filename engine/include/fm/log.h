/* SPDX-License-Identifier: MIT */
/**
 * @file log.h
 * The library never prints: it hands lines to a callback of the caller.
 */
#ifndef FM_LOG_H
#define FM_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

/** Severity, most severe first. A sink set to level L receives every line with level <= L. */
typedef enum fm_log_level {
    FM_LOG_ERROR = 0,
    FM_LOG_WARNING,
    FM_LOG_INFO,
    FM_LOG_DEBUG
} fm_log_level;

/** Receives one line without its line feed. Called on the thread that caused it. */
typedef void (*fm_log_fn)(void *user, fm_log_level level, const char *line);

/** Where log lines go. Zeroed = nowhere. Copied by whoever stores it; @c user is borrowed. */
typedef struct fm_log {
    fm_log_fn write;
    void *user;
    fm_log_level level; /**< lines above this level are not formatted at all */
} fm_log;

#ifdef __cplusplus
}
#endif
#endif
