/* SPDX-License-Identifier: MIT */
/**
 * @file cold_folder.h
 * The empty cache folder of a cold start. It is locked while it is used, so that one left behind by
 * a killed run is known by its missing lock and removed by the next run.
 */
#ifndef FMI_COLD_FOLDER_H
#define FMI_COLD_FOLDER_H

#include <stdbool.h>

/** A folder of ours; path "" = none. */
typedef struct fmi_cold_folder {
    char path[32];
    int lock; /**< descriptor of the folder, locked */
} fmi_cold_folder;

/** Removes what killed runs of this user left, then makes a new folder; false = cannot. */
bool fmi_cold_folder_make(fmi_cold_folder *folder);
/** Removes the folder and what is in it. Accepts one that was not made. */
void fmi_cold_folder_remove(fmi_cold_folder *folder);

#endif
