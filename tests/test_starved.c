/* SPDX-License-Identifier: MIT */
/* Without memory at any one place of ours: the ops of the case table and their peers. */
#include "starve.h"

#include "case.h"
#include "frames.h"
#include "peer.h"

TestSuite(starved, .timeout = 240);

/* ---- ops ---- */

typedef struct job {
    const fmi_case *op;
    const fmi_peer *peer;
    fmi_case_params params;
    bool heads; /* fresh ones in each run: what an input keeps is allocated, too */
} job;

static fm_status once(void *state, const job *j, fm_error *err) {
    const fmi_check_params thorough = {.random_frames = 1, .hash_others = true, .seed = 1};
    fmi_check check = {0};
    fmi_case_facts facts = {0};
    fm_status status = j->op->check(state, &thorough, &check, err);
    if (status != FM_OK)
        return status;
    cr_assert(check.passed, "%s: %s", j->op->name, check.reason);
    status = j->op->run(state, err);
    if (status == FM_OK)
        status = j->op->recheck(state, &check, err);
    j->op->facts(state, &facts);
    return status;
}

static fm_status run_op(void *user, fm_error *err) {
    job *j = user;
    const fmi_sample_params small = {.vertices = 500, .texture = 64};
    void *state = NULL;
    fmi_input *heads = NULL;
    fm_status status = j->heads ? fmi_input_sample_blank(&heads, &small, err) : FM_OK;
    j->params.input = heads;
    if (status == FM_OK)
        status = j->op->create(&state, &j->params, err);
    if (status == FM_OK)
        status = once(state, j, err);
    else
        cr_assert_null(state, "%s: half a state", j->op->name);
    j->op->destroy(&state);
    fmi_input_destroy(&heads);
    return status;
}

/* All in one process, so that what ops share fails once. */
static void starve_ops(starve_kind kind, uint32_t least) {
    static const struct {
        const char *name;
        fmi_case_params params;
    } ops[] = {
        {"morph", {.batch = 3}},
        {"raster", {.batch = 2, .width = 24, .height = 16}},
        {"raster",
         {.batch = 2,
          .width = 24,
          .height = 16,
          .samples = 4,
          .filter = FMI_FILTER_TRILINEAR,
          .precision = FMI_FP16}},
        {"pipeline", {.batch = 2, .width = 24, .height = 16, .threads = 2}},
        {"encode", {.batch = 2, .width = 24, .height = 16, .threads = 2}},
        {"heatmap", {.batch = 1, .width = 24, .height = 16}},
        {"keypoints", {.batch = 3}},
        {"solve", {.batch = 16, .n = 3, .pinv_share = 0.2}},
        {"blend", {.batch = 2, .targets = 3}},
        {"textures", {.batch = 2}},
        {"textures-f32", {.batch = 2}},
    };
    uint32_t all = 0;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        job j = {.op = fmi_case_find(ops[i].name), .params = ops[i].params};
        cr_assert_not_null(j.op, "%s", ops[i].name);
        j.params.no_trials = true;
        j.heads = j.op->uses & (FMI_USES_MESH | FMI_USES_POINTS);
        const uint32_t places = starve_of(kind, run_op, &j);
        cr_log_info("%s: %u places", ops[i].name, places);
        all += places;
    }
    cr_assert_geq(all, least, "only %u places", all);
}

Test(starved, ops_without_memory) {
    starve_ops(STARVE_MEMORY, 80);
}

Test(starved, ops_without_files) {
    starve_ops(STARVE_SYSTEM, 5);
}

Test(starved, ops_on_a_device_that_refuses) {
    starve_ops(STARVE_OPENCL, 12);
}

/* ---- peers ---- */

static fm_status run_peer(void *user, fm_error *err) {
    job *j = user;
    void *state = NULL;
    fmi_check check = {0};
    fmi_case_facts facts = {0};
    fm_status status = j->peer->create(&state, &j->params, err);
    if (status == FM_OK)
        status = j->peer->check(state, &check, err);
    if (status == FM_OK)
        status = j->peer->run(state, err);
    if (status == FM_OK && j->peer->facts)
        j->peer->facts(state, &facts);
    j->peer->destroy(&state);
    return status;
}

Test(starved, peers) {
    const fmi_sample_params small = {.vertices = 500, .texture = 64};
    fmi_input *heads = NULL;
    fm_error err;
    uint32_t places = 0;
    fm_assert_ok(fmi_input_sample(&heads, &small, &err), err);
    for (size_t i = 0; fmi_peers[i]; i++) {
        const fmi_case *op = fmi_case_find(fmi_peers[i]->op);
        job j = {.peer = fmi_peers[i],
                 .params = {.batch = 2, .width = 24, .height = 16, .input = heads}};
        j.params.n = op->uses & FMI_USES_MATRICES ? 3 : 0;
        if (!fmi_peers[i]->unavailable(&j.params))
            places += starve(run_peer, &j);
    }
    cr_assert_geq(places, 15U, "only %u places", places);
    fmi_input_destroy(&heads);
}
