/* SPDX-License-Identifier: MIT */
/**
 * @file note.h
 * Small files of the cache folder that are there whole or not at all: what was learned of a device.
 * The files of people are written by io/output.h, which libfm does not have. Any thread, any number
 * of processes.
 */
#ifndef FMI_NOTE_H
#define FMI_NOTE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Writes text to path by way of path + ".tmp", which is locked meanwhile, and waits until it is on
 * the disk: a process that is killed leaves no more than that name, and the next one takes it over.
 * Waits up to a second for another process that writes the same one. False, and nothing changed,
 * when it cannot be written.
 */
bool fmi_note_write(const char *path, const char *text, size_t bytes);

#endif
