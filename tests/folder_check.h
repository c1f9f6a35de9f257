/* SPDX-License-Identifier: MIT */
/** @file folder_check.h What the tests of outputs put into folders and find there. */
#ifndef FOLDER_CHECK_H
#define FOLDER_CHECK_H

#include "fm_test.h"

/** Writes folder/name by the code under test. */
void folder_put(const char *folder, const char *name, const char *text);
/** folder/name holds that text, of less than 64 bytes. */
void folder_holds(const char *folder, const char *name, const char *want);
/** How many names a folder has, hidden ones too. */
int folder_entries(const char *folder);

#endif
