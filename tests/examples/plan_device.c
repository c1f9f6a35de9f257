/* SPDX-License-Identifier: MIT */
/*
 * Plans a job for a device that is not there: how many frames at a time would a card with 8 GiB
 * take, at each level? The planner makes no OpenCL call; the facts may come from anywhere.
 */
#include <stdio.h>
#include <string.h>

#include <fm/fm.h>

#define GIB ((uint64_t)1 << 30)

int main(void) {
    static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH,
                                      FM_LEVEL_EXTREME};
    fm_caps card = {.type = FM_DEVICE_GPU,
                    .preferred = FM_SPECIALISATION_GPU,
                    .compute_units = 36,
                    .global_bytes = 8 * GIB,
                    .max_alloc_bytes = 2 * GIB,
                    .local_bytes = 65536,
                    .max_group_size = 256};
    fm_problem job = {.frames = 10000,
                      .width = 512,
                      .height = 512,
                      .channels = 3,
                      .vertices = 18500,
                      .triangles = 36000,
                      .texture_width = 2048,
                      .texture_height = 2048};
    uint32_t last = 0;
    strcpy(card.name, "a card with 8 GiB");
    for (int i = 0; i < 4; i++) {
        fm_plan plan;
        fm_error err = {0};
        if (fm_plan_render(&card, levels[i], &job, &plan, &err) != FM_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        printf("%-8s %5u frames a launch, %6.1f MiB, limited by %s\n", fm_level_name(levels[i]),
               (unsigned)plan.batch,
               (double)(plan.bytes_fixed + plan.batch * plan.bytes_per_frame) / 1048576.0,
               fm_limit_name(plan.limited_by));
        if (plan.batch < last) /* more memory to use, never fewer frames */
            return 1;
        last = plan.batch;
    }
    return 0;
}
