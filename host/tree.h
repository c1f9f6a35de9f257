/* SPDX-License-Identifier: MIT */
/** @file tree.h Folders with all that is in them. */
#ifndef FMI_TREE_H
#define FMI_TREE_H

/** Removes a file or a folder with what is in it, up to the first that cannot be; links are not
 *  followed. Any thread. */
void fmi_tree_remove(const char *path);

#endif
