/* SPDX-License-Identifier: MIT */
/*
 * Not a test: how near the planner's batch is to the best one (results/batch-choice.md). All
 * batches of an op are prepared first, in an order that is another one in each process; then, round
 * by round in a new order, each is timed once, so that the machine's fast and slow phases meet all
 * of them alike. Run it several times: memory lies elsewhere in each process.
 *
 *     batch_choice OP ROUNDS BATCH,BATCH,... [A B | -] [N]
 *     batch_choice job ROUNDS BATCH,BATCH,... A B FRAMES
 *
 * job: a whole render of so many frames of the uploaded pair, as fmorph morph does it. "first": in
 * buffers that are made for it, so that their memory is used for the first time; "again": in the
 * same ones once more, as the next pair of a batch.
 */
#include "case.h"
#include "clock.h"
#include "pcg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 24
#define LEAST_NS UINT64_C(4000000) /* of a sample */

typedef struct entry {
    fmi_case_params params;
    void *state;
    uint32_t runs; /* of a sample */
    double *rate;  /* one a round */
} entry;

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, uint32_t n) {
    double *copy = malloc(sizeof *copy * n);
    memcpy(copy, values, sizeof *copy * n);
    qsort(copy, n, sizeof *copy, by_value);
    const double middle = n % 2 ? copy[n / 2] : 0.5 * (copy[n / 2 - 1] + copy[n / 2]);
    free(copy);
    return middle;
}

static double sample(const fmi_case *op, entry *e) {
    fm_error err;
    const uint64_t start = fmi_clock_ns();
    for (uint32_t i = 0; i < e->runs; i++)
        if (op->run(e->state, &err) != FM_OK) {
            fprintf(stderr, "batch %u: %s\n", e->params.batch, err.message);
            exit(1);
        }
    return (double)e->runs * e->params.batch / (1e-9 * (double)(fmi_clock_ns() - start));
}

static void prepare(const fmi_case *op, entry *e, uint32_t rounds) {
    fm_error err; /* that the results are right is what the suite cases is for */
    if (op->create(&e->state, &e->params, &err) != FM_OK) {
        fprintf(stderr, "batch %u: %s\n", e->params.batch, err.message);
        exit(1);
    }
    e->rate = calloc(rounds, sizeof *e->rate);
    for (e->runs = 1;; e->runs *= 2) {
        const uint64_t start = fmi_clock_ns();
        sample(op, e);
        if (fmi_clock_ns() - start >= LEAST_NS)
            break;
    }
}

static void shuffle(uint32_t *order, uint32_t n, fmi_pcg *pcg) {
    for (uint32_t i = n; i > 1; i--) {
        const uint32_t k = fmi_pcg_below(pcg, i), kept = order[k];
        order[k] = order[i - 1];
        order[i - 1] = kept;
    }
}

/* Rates as parts of the round's own middle: a round is short, so its entries met the same phase. */
static void print(const entry *list, uint32_t n, uint32_t rounds) {
    double relative[MOST], best = 0.0;
    double *one = malloc(sizeof *one * rounds);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t r = 0; r < rounds; r++) {
            double all[MOST];
            for (uint32_t k = 0; k < n; k++)
                all[k] = list[k].rate[r];
            one[r] = list[i].rate[r] / median(all, n);
        }
        relative[i] = median(one, rounds);
        best = relative[i] > best ? relative[i] : best;
    }
    for (uint32_t i = 0; i < n; i++)
        printf("| %u | %.4g | %.1f %% |\n", list[i].params.batch, median(list[i].rate, rounds),
               100.0 * relative[i] / best);
    free(one);
}

/* ---- jobs ---- */

static fm_status look(void *user, const fm_frame *frame, fm_error *err) {
    (void)err;
    *(uint64_t *)user += frame->covered_pixels;
    return FM_OK;
}

static double time_job(fm_pair *pair, const float *t, uint32_t frames, uint32_t batch) {
    const fm_view view = {.struct_size = sizeof view, .width = 512, .height = 512, .batch = batch};
    uint64_t covered = 0;
    fm_error err;
    const uint64_t start = fmi_clock_ns();
    if (fm_render(pair, t, frames, &view, look, &covered, NULL, &err) != FM_OK) {
        fprintf(stderr, "batch %u: %s\n", batch, err.message);
        exit(1);
    }
    return (double)frames / (1e-9 * (double)(fmi_clock_ns() - start));
}

/* Another batch than the last job's needs other buffers; when it is the same, a job of two frames
 * comes between. */
static int run_jobs(uint32_t rounds, entry *list, uint32_t n, const fmi_input *input,
                    uint32_t frames) {
    static entry again[MOST];
    uint32_t order[MOST];
    fm_engine *engine = NULL;
    fm_pair *pair = NULL;
    fm_error err;
    float *t = malloc(frames * sizeof *t);
    const fmi_case_params params = {.device = NULL};
    if (!t || fmi_case_engine(&engine, &params, &err) != FM_OK ||
        fmi_input_pair(input, engine, false, false, &pair, &err) != FM_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (uint32_t i = 0; i < frames; i++)
        t[i] = frames > 1 ? (float)i / (float)(frames - 1) : 0.0F;
    fmi_pcg pcg = fmi_pcg_seed((uint64_t)getpid());
    for (uint32_t i = 0; i < n; i++) {
        again[i].params = list[i].params;
        list[i].rate = calloc(rounds, sizeof *list[i].rate);
        again[i].rate = calloc(rounds, sizeof *again[i].rate);
        order[i] = i;
    }
    (void)time_job(pair, t, frames, list[0].params.batch);
    for (uint32_t r = 0; r < rounds; r++) {
        shuffle(order, n, &pcg);
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t k = order[i], batch = list[k].params.batch;
            (void)time_job(pair, t, 2, 1);
            list[k].rate[r] = time_job(pair, t, frames, batch);
            again[k].rate[r] = time_job(pair, t, frames, batch);
        }
    }
    printf("first\n");
    print(list, n, rounds);
    printf("again\n");
    print(again, n, rounds);
    for (uint32_t i = 0; i < n; i++) {
        free(list[i].rate);
        free(again[i].rate);
    }
    free(t);
    fm_pair_destroy(&pair);
    fm_engine_destroy(&engine);
    return 0;
}

int main(int argc, char **argv) {
    static entry list[MOST];
    uint32_t n = 0, order[MOST];
    fmi_input *input = NULL;
    fm_error err;
    const bool job = argc == 7 && strcmp(argv[1], "job") == 0;
    if (argc < 4 || (!job && !fmi_case_find(argv[1]))) {
        fprintf(stderr, "usage: batch_choice OP|job ROUNDS BATCH,BATCH,... [A B | -] [N]\n");
        return 2;
    }
    const fmi_case *op = fmi_case_find(job ? "raster" : argv[1]);
    const uint32_t rounds = (uint32_t)atoi(argv[2]);
    if (argc > 5 && strcmp(argv[4], "-") != 0 &&
        fmi_input_files(&input, argv[4], argv[5], NULL, NULL, &err) != FM_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 3;
    }
    const char *last = argv[argc - 1];
    for (char *word = strtok(argv[3], ","); word && n < MOST; word = strtok(NULL, ",")) {
        list[n].params = (fmi_case_params){.input = input, .batch = (uint32_t)atoi(word)};
        if (op->uses & FMI_USES_SIZE)
            list[n].params.width = list[n].params.height = 512;
        if (op->uses & FMI_USES_MATRICES)
            list[n].params.n = argc > 4 ? (uint32_t)atoi(last) : 4;
        order[n] = n;
        n++;
    }
    if (job) {
        const int code = run_jobs(rounds, list, n, input, (uint32_t)atoi(last));
        fmi_input_destroy(&input);
        return code;
    }
    fmi_pcg pcg = fmi_pcg_seed((uint64_t)getpid());
    shuffle(order, n, &pcg);
    for (uint32_t i = 0; i < n; i++)
        prepare(op, &list[order[i]], rounds);
    for (uint32_t r = 0; r < rounds; r++) {
        shuffle(order, n, &pcg);
        for (uint32_t i = 0; i < n; i++)
            list[order[i]].rate[r] = sample(op, &list[order[i]]);
    }
    print(list, n, rounds);
    for (uint32_t i = 0; i < n; i++) {
        op->destroy(&list[i].state);
        free(list[i].rate);
    }
    fmi_input_destroy(&input);
    return 0;
}
