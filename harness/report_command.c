/* SPDX-License-Identifier: MIT */
/* fmbench report: a page of a stored run. */
#include "commands.h"
#include "console.h"
#include "error.h"
#include "page.h"

#include <stdio.h>
#include <string.h>

int fmi_command_report(const fmi_options *options) {
    fmi_store *store = NULL;
    fm_error err = {0};
    const char *run = options->word_count ? options->word[0] : "last";
    fm_status status = FM_OK;
    if (!options->output)
        status = fmi_fail(&err, FM_ERROR_INVALID_ARGUMENT, "report needs -o FILE.html");
    if (status == FM_OK)
        status = fmi_store_open_existing(&store, options->db, &err);
    if (status == FM_OK)
        status = fmi_page_write(store, run, options->against, options->output, &err);
    fmi_store_close(&store);
    if (status != FM_OK)
        return fmi_console_error(&err);
    fmi_console_say("report: %s", options->output);
    return 0;
}
