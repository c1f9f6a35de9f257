/* SPDX-License-Identifier: MIT */
#include "recovered.h"

#include "ahead.h"
#include "engine_impl.h"
#include "log.h"

static uint32_t units(const fmi_piecework *work, uint32_t batch) {
    uint64_t all = (uint64_t)work->each * batch;
    return all < UINT32_MAX ? (uint32_t)all : UINT32_MAX;
}

void fmi_recovered_note(fm_engine *engine, const char *stage, uint32_t from, uint32_t to,
                        int32_t code) {
    fmi_engine_counters(engine)->recoveries++;
    if (engine->recovered_count < FM_RECOVERIES)
        engine->recovered[engine->recovered_count++] =
            (fm_recovery){.stage = stage, .from = from, .to = to, .strips = 1, .cl_code = code};
}

bool fmi_recovered(fm_engine *engine, fmi_recovery *recovery, const fmi_piecework *work,
                   fm_status status, const fm_error *err) {
    uint32_t from = units(work, recovery->batch);
    int32_t code = err->cl_code;
    if (!fmi_recovery_helps(status, code))
        return false;
    (void)fmi_ahead_drop(engine); /* its memory is the first that can be spared */
    /* Later failures of a device that is gone say less than this one. */
    if (fmi_queue_finish(engine->queue, NULL) != FM_OK || !fmi_recovery_failed(recovery, code))
        return false;
    uint32_t to = units(work, recovery->batch);
    fmi_log(&engine->log, FM_LOG_WARNING,
            "%s: the device ran out of memory (%d) with %u %s at once; going on with %u",
            work->stage, code, from, work->unit, to);
    fmi_recovered_note(engine, work->stage, from, to, code);
    return true;
}

const fm_recovery *fmi_recovered_list(const fm_engine *engine, uint32_t *count) {
    *count = engine->recovered_count;
    return engine->recovered;
}

void fmi_recovered_forget(fm_engine *engine) {
    engine->recovered_count = 0;
}
