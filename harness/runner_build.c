/* SPDX-License-Identifier: MIT */
/* Building kernels in a worker while others do the same: its only gain is what lies in the caches.
 */
#include "clock.h"
#include "error.h"
#include "runner_impl.h"

#include <stdio.h>

fm_status fmi_runner_build(fmi_runner *runner, const fmi_case *op, const fmi_case_params *params,
                           fm_error *err) {
    fmi_request request = {.ask = FMI_ASK_BUILD, .params = *params};
    request.op = fmi_runner_index_of_op(op);
    request.input = fmi_runner_index_of_input(runner, params->input);
    fmi_runner_name_device(&request, params->device);
    return fmi_runner_send(runner, &request, NULL, 0, FMI_RUNNER_START_S, err);
}

fm_status fmi_runner_built(fmi_runner *runner, double limit_s, char *why, size_t why_bytes) {
    uint32_t answer = 0;
    fm_error err = {0};
    const fm_status status = fmi_runner_receive(runner, &answer, sizeof answer, limit_s, &err);
    if (status == FM_OK || status == FM_ERROR_CANCELLED)
        return status;
    if (status == FM_ERROR_IO || status == FM_ERROR_LIMIT)
        fmi_runner_bury(runner, status, why, why_bytes, limit_s);
    else
        (void)snprintf(why, why_bytes, "%.150s", err.message);
    return status;
}
