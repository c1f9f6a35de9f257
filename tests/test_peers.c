/* SPDX-License-Identifier: MIT */
/* The peers of fmbench: each does the work of its op, and timing in turn pairs the samples. */
#include "cell.h"
#include "evict.h"
#include "fm_test.h"
#include "peer.h"

#include <time.h>

TestSuite(peers, .timeout = 120);

static fmi_input *heads(void) {
    fmi_input *input = NULL;
    fm_error err;
    const fmi_sample_params small = {.vertices = 601, .texture = 64};
    fm_assert_ok(fmi_input_sample(&input, &small, &err), err);
    return input;
}

static void expect_right(const fmi_peer *peer, const fmi_case_params *params) {
    void *state = NULL;
    fmi_check check = {0};
    fmi_case_facts facts = {0};
    fm_error err = {0};
    fm_assert_ok(peer->create(&state, params, &err), err);
    fm_assert_ok(peer->check(state, &check, &err), err);
    cr_assert(check.passed, "%s batch %u: %s", peer->name, params->batch, check.reason);
    cr_assert(check.compared >= 1);
    fm_assert_ok(peer->run(state, &err), err);
    if (peer->facts)
        peer->facts(state, &facts);
    if (peer->facts)
        cr_assert_eq(facts.frames, params->batch);
    peer->destroy(&state);
    cr_assert_null(state);
}

/* Of the peers that draw or move points. */
Test(peers, every_peer_does_the_work_of_its_op) {
    static const uint32_t batches[] = {1, 3, 8};
    fmi_input *input = heads();
    uint32_t seen = 0;
    for (size_t i = 0; fmi_peers[i]; ++i) {
        const fmi_peer *peer = fmi_peers[i];
        const fmi_case *op = fmi_case_find(peer->op);
        cr_assert_not_null(op, "%s competes with %s", peer->name, peer->op);
        for (size_t b = 0; b < 3 && op->uses & (FMI_USES_MESH | FMI_USES_POINTS); ++b) {
            const fmi_case_params params = {
                .input = input, .batch = batches[b], .width = 96, .height = 64};
            const char *reason = peer->unavailable(&params);
            if (reason)
                cr_log_info("%s: %s", peer->name, reason);
            else
                expect_right(peer, &params);
            seen += reason ? 0 : 1;
        }
    }
    cr_assert(seen >= 9, "%u checks", seen); /* the C loop and libpng are always there */
    fmi_input_destroy(&input);
}

/* Of those that solve or normalise keypoints. */
Test(peers, every_peer_of_numbers_does_the_work_of_its_op) {
    static const uint32_t batches[] = {1, 9, 300}, edges[] = {2, 5, 16};
    uint32_t seen = 0;
    for (size_t i = 0; fmi_peers[i]; ++i) {
        const fmi_peer *peer = fmi_peers[i];
        const fmi_case *op = fmi_case_find(peer->op);
        const bool numbers = strcmp(peer->op, "solve") == 0 || strcmp(peer->op, "keypoints") == 0;
        for (size_t b = 0; numbers && b < 3; ++b) {
            const fmi_case_params params = {.batch = batches[b],
                                            .n = op->uses & FMI_USES_MATRICES ? edges[b] : 0};
            const char *reason = peer->unavailable(&params);
            if (reason)
                cr_log_info("%s: %s", peer->name, reason);
            else
                expect_right(peer, &params);
            seen += reason ? 0 : 1;
        }
    }
    cr_assert(seen >= 6, "%u checks", seen); /* LAPACK may be absent */
}

Test(peers, lapack_is_no_peer_of_what_it_refuses) {
    for (size_t i = 0; fmi_peers[i]; ++i) {
        const fmi_case_params singular = {.n = 4, .batch = 8, .pinv_share = 0.5};
        const fmi_case_params woven = {.n = 4, .batch = 8, .layout = FMI_LAYOUT_INTERLEAVED};
        if (strcmp(fmi_peers[i]->op, "solve") == 0) {
            cr_assert_not_null(fmi_peers[i]->unavailable(&singular));
            cr_assert_not_null(fmi_peers[i]->unavailable(&woven));
        }
    }
}

Test(peers, llvmpipe_draws_every_kind_of_picture) {
    const fmi_peer *peer = fmi_peers[0];
    fmi_input *input = heads();
    fmi_case_params params = {.input = input, .batch = 2, .width = 128, .height = 128};
    cr_assert_str_eq(peer->name, "llvmpipe");
    if (peer->unavailable(&params))
        cr_skip("skipped: %s", peer->unavailable(&params));
    params.samples = 4;
    expect_right(peer, &params);
    params.filter = FMI_FILTER_TRILINEAR;
    expect_right(peer, &params);
    params.samples = 1;
    params.untextured = true;
    expect_right(peer, &params);
    fmi_input_destroy(&input);
}

/* A peer that shows something else is not compared by its time. */
Test(peers, another_picture_is_no_peer) {
    const fmi_peer *peer = fmi_peers[0];
    fmi_input *input = heads();
    fm_error err = {0};
    const fmi_case_params params = {.input = input, .batch = 2, .width = 128, .height = 128};
    if (peer->unavailable(&params))
        cr_skip("skipped: %s", peer->unavailable(&params));
    void *state = NULL;
    fmi_check check = {0};
    fm_assert_ok(peer->create(&state, &params, &err), err);
    for (size_t i = 0; i < input->joined.position_count; ++i) {
        input->joined.positions_a[3 * i] *=
            0.6F; /* the reference's heads, behind the peer's back: */
        input->joined.positions_b[3 * i] *= 0.6F; /* narrower, which no framing makes up for */
    }
    fm_assert_ok(peer->check(state, &check, &err), err);
    cr_assert_not(check.passed);
    peer->destroy(&state);
    fmi_input_destroy(&input);
}

/* --- timing in turn ------------------------------------------------------------------------- */

typedef struct sleeper {
    long ns;
    uint32_t runs;
} sleeper;

static fm_status nap(void *state, fm_error *err) {
    (void)err;
    sleeper *s = state;
    s->runs++;
    const struct timespec pause = {.tv_nsec = s->ns};
    (void)nanosleep(&pause, NULL);
    return FM_OK;
}

/* A launch of a slow peer has fewer frames than ours; its rate and the ratio are per frame. */
Test(peers, fewer_frames_make_no_faster_peer) {
    fmi_input *input = heads();
    fmi_cell cell = {.op = &fmi_case_encode,
                     .params = {.input = input, .batch = 64, .width = 64, .height = 48}};
    fmi_cell_how how = fmi_cell_how_make(true, 30, NULL);
    fm_error err;
    how.peers = true;
    fm_assert_ok(fmi_cell_run(&cell, &how, &err), err);
    cr_assert_geq(cell.peer_count, 2U, "%s", cell.reason);
    for (uint32_t i = 0; i < cell.peer_count; ++i) {
        const fmi_peer_result *p = &cell.peer[i];
        cr_assert_eq(p->status, FMI_CELL_OK, "%s: %s", p->peer->name, p->reason);
        cr_assert_eq(p->facts.frames, p->peer->frames(&cell.params));
        cr_assert(p->facts.frames < 64 && p->facts.frames >= 4, "%s: %llu", p->peer->name,
                  (unsigned long long)p->facts.frames);
        const double rates = cell.rate / p->rate; /* of the same samples, unpaired */
        cr_assert(p->ratio.effect < 3 * rates && rates < 3 * p->ratio.effect, "%s: %g and %g",
                  p->peer->name, p->ratio.effect, rates);
    }
    fmi_cell_free(&cell);
    fmi_input_destroy(&input);
}

Test(peers, a_cold_cell_plans_and_takes_what_a_hot_one_does) {
    fmi_input *input = heads();
    const fmi_cell_how how = fmi_cell_how_make(true, 30, NULL);
    uint64_t peak[2] = {0, 0};
    fm_error err;
    cr_assert_eq(fmi_evict_bytes(0, 0), UINT64_C(64) << 20);
    cr_assert_eq(fmi_evict_bytes(UINT64_C(96) << 20, 0), UINT64_C(192) << 20);
    cr_assert_eq(fmi_evict_bytes(UINT64_C(96) << 20, UINT64_C(1) << 20), UINT64_C(1) << 20);
    for (int i = 0; i < 2; ++i) {
        fmi_cell cell = {.op = &fmi_case_morph, .params = {.input = input, .batch = 3}};
        cell.params.caches = i ? FMI_CACHES_COLD : FMI_CACHES_HOT;
        fm_assert_ok(fmi_cell_run(&cell, &how, &err), err);
        cr_assert(cell.timed, "%s", cell.reason);
        cr_assert_eq(cell.facts.planned_bytes, cell.facts.peak_bytes);
        cr_assert(i == 0 || cell.bench.launches <= FMI_EVICT_LAUNCHES);
        peak[i] = cell.facts.peak_bytes;
        fmi_cell_free(&cell);
    }
    cr_assert_eq(peak[0], peak[1]);
    fmi_input_destroy(&input);
}

Test(peers, sides_have_as_many_samples_and_their_ratio_is_right) {
    sleeper own = {.ns = 4000000}, other = {.ns = 12000000};
    fmi_side sides[2] = {{.run = nap, .state = &own}, {.run = nap, .state = &other}};
    const fmi_bench_params how = {
        .samples = 11, .clock_step_ns = 30, .warm_s = 0.01, .warm_cap_s = 0.1};
    fm_error err;
    fm_assert_ok(fmi_bench_sides(sides, 2, &how, 7, &err), err);
    double a[11], b[11];
    for (size_t i = 0; i < 11; ++i) {
        a[i] = sides[1].bench.samples[sides[1].bench.warm_ups + i].seconds;
        b[i] = sides[0].bench.samples[sides[0].bench.warm_ups + i].seconds;
    }
    cr_assert_eq(sides[0].bench.count - sides[0].bench.warm_ups, 11U);
    cr_assert_eq(sides[1].bench.wall.n, 11U);
    fmi_ratio ratio;
    fm_assert_ok(fmi_ratio_paired(a, b, 11, 0.05, &ratio, &err), err);
    cr_assert(ratio.effect > 2.2 && ratio.effect < 3.2, "%g", ratio.effect);
    cr_assert(ratio.lo <= ratio.effect && ratio.effect <= ratio.hi);
    fmi_bench_free(&sides[0].bench);
    fmi_bench_free(&sides[1].bench);
}
