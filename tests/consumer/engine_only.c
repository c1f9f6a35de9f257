/* SPDX-License-Identifier: MIT */
/* Prints the version of the installed engine, which must not bring file libraries along. */
#include <stdio.h>

#include <fm/fm.h>

int main(void) {
    printf("%s\n", fm_version());
    return 0;
}
