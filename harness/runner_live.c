/* SPDX-License-Identifier: MIT */
/* Comparisons in a worker. */
#include "console.h"
#include "error.h"
#include "recipe_wire.h"
#include "runner_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both recipes as the worker expects them: length and block of each; length 0 = the present build.
 */
static unsigned char *pack_both(const fmi_recipe *const recipe[2], size_t *bytes) {
    unsigned char *block[2] = {NULL, NULL};
    size_t length[2] = {0, 0};
    bool good = true;
    for (int i = 0; i < 2; ++i)
        if (recipe[i]) {
            block[i] = fmi_recipe_pack(recipe[i], &length[i]);
            good = good && block[i];
        }
    *bytes = 2 * sizeof(uint64_t) + length[0] + length[1];
    unsigned char *all = good ? malloc(*bytes) : NULL;
    unsigned char *at = all;
    for (int i = 0; i < 2; ++i) {
        const uint64_t head = length[i];
        if (all) {
            memcpy(at, &head, sizeof head);
            if (length[i])
                memcpy(at + sizeof head, block[i], length[i]);
            at += sizeof head + length[i];
        }
        free(block[i]);
    }
    return all;
}

static fm_status ask_live(fmi_runner *r, fmi_live *live, const fmi_request *request,
                          const fmi_recipe *const recipe[2], double limit_s, double most_s,
                          fm_error *err) {
    size_t bytes = 0;
    unsigned char *more = pack_both(recipe, &bytes);
    if (!more)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the kernels of a comparison");
    fm_status status =
        fmi_runner_ask(r, request, more, bytes, live, sizeof *live, limit_s, most_s, err);
    free(more);
    for (int i = 0; i < 2; ++i) {
        live->check[i].unit = NULL; /* the worker's */
        if (status == FM_OK)
            status = fmi_runner_samples(r, &live->side[i], limit_s, err);
        else
            live->side[i] = (fmi_bench){0};
    }
    return status;
}

fm_status fmi_runner_live(fmi_runner *runner, fmi_live *live, const fmi_case *op,
                          const fmi_case_params *params, const fmi_recipe *a, const fmi_recipe *b,
                          const fmi_live_how *how, bool fresh, double limit_s, double most_s,
                          fm_error *err) {
    const fmi_recipe *const recipe[2] = {a, b};
    fm_error local = {0};
    *live = (fmi_live){.verdict = FMI_UNRESOLVED, .p = 1.0};
    if (!fmi_runner_isolated(runner))
        return fmi_live_run(live, op, params, a, b, how, err);
    fmi_runner_references(op, params);
    if (fresh)
        fmi_child_end(&runner->child, FMI_RUNNER_GRACE_S);
    fmi_request request = {.ask = FMI_ASK_LIVE, .params = *params, .live = *how};
    request.op = fmi_runner_index_of_op(op);
    request.input = fmi_runner_index_of_input(runner, params->input);
    fmi_runner_name_device(&request, params->device);
    const fm_status status = ask_live(runner, live, &request, recipe, limit_s, most_s, &local);
    if (status == FM_OK)
        return FM_OK;
    fmi_live_free(live);
    *live = (fmi_live){.status = FMI_CELL_CRASHED, .verdict = FMI_UNRESOLVED, .p = 1.0};
    if (status == FM_ERROR_CANCELLED) {
        fmi_child_end(&runner->child, 0.0);
        return fmi_fail(err, FM_ERROR_CANCELLED, "stopped");
    }
    if (runner->child.pid > 0)
        fmi_runner_bury(runner, status, live->reason, sizeof live->reason, limit_s);
    else
        (void)snprintf(live->reason, sizeof live->reason, "%.240s", local.message);
    if (status == FM_ERROR_LIMIT)
        live->status = FMI_CELL_TIMEOUT;
    return FM_OK;
}
