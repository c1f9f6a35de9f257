/* SPDX-License-Identifier: MIT */
/* Which batch follows a failure or a success. */
#include "fm_test.h"

#include "recovery.h"

TestSuite(recovery, .timeout = 20);

#define NO_MEMORY (-4)
#define NO_RESOURCES (-5)

static uint32_t log2_of(uint32_t value) {
    return value > 1 ? 1 + log2_of(value / 2) : 0;
}

Test(recovery, only_memory_is_recovered_from) {
    cr_assert(fmi_recovery_helps(FM_ERROR_DEVICE_MEMORY, NO_MEMORY));
    cr_assert(fmi_recovery_helps(FM_ERROR_DEVICE_MEMORY, NO_RESOURCES));
    cr_assert(fmi_recovery_helps(FM_ERROR_HOST_MEMORY, -6));
    cr_assert(!fmi_recovery_helps(FM_ERROR_HOST_MEMORY, 0), "malloc failed, not the driver");
    cr_assert(!fmi_recovery_helps(FM_ERROR_DEVICE_LOST, NO_RESOURCES));
    cr_assert(!fmi_recovery_helps(FM_ERROR_CANCELLED, 0));
}

Test(recovery, halves_down_to_one_frame) {
    fmi_recovery r;
    fmi_recovery_begin(&r, 16);
    for (uint32_t want = 8; want >= 1; want /= 2) {
        cr_assert(fmi_recovery_failed(&r, NO_MEMORY));
        cr_assert_eq(r.batch, want);
    }
    cr_assert(!fmi_recovery_failed(&r, NO_MEMORY), "one frame cannot be halved");
    fmi_recovery_begin(&r, 1);
    cr_assert(!fmi_recovery_failed(&r, NO_MEMORY));
}

Test(recovery, out_of_resources_is_checked_with_one_frame) {
    fmi_recovery r;
    fmi_recovery_begin(&r, 12);
    cr_assert(fmi_recovery_failed(&r, NO_RESOURCES));
    cr_assert_eq(r.batch, 1);
    cr_assert(fmi_recovery_worked(&r, 1), "it was memory");
    cr_assert_eq(r.batch, 6);
    fmi_recovery_begin(&r, 12);
    fmi_recovery_failed(&r, NO_RESOURCES);
    cr_assert(!fmi_recovery_failed(&r, NO_RESOURCES), "it was not memory");
}

Test(recovery, bisects_upward_and_stops) {
    fmi_recovery r;
    fmi_recovery_begin(&r, 64);
    cr_assert(!fmi_recovery_worked(&r, 64), "nothing failed, nothing changes");
    fmi_recovery_failed(&r, NO_MEMORY);
    cr_assert(!fmi_recovery_worked(&r, 7), "a short last batch proves nothing");
    cr_assert(fmi_recovery_worked(&r, 32));
    cr_assert_eq(r.batch, 48);
    cr_assert(fmi_recovery_worked(&r, 48));
    cr_assert_eq(r.batch, 56);
    cr_assert(fmi_recovery_failed(&r, NO_MEMORY));
    cr_assert_eq(r.batch, 28);
    cr_assert(!fmi_recovery_worked(&r, 28), "an enlargement failed: no more of them");
}

/* A device that holds at most `room` frames: every job ends, with few failures. */
Test(recovery, retries_stay_below_the_bound) {
    for (uint32_t planned = 1; planned <= 100; planned++)
        for (uint32_t room = 1; room <= planned; room++)
            for (int code = NO_RESOURCES; code <= NO_MEMORY; code++) {
                fmi_recovery r;
                uint32_t failures = 0, done = 0, launches = 0;
                fmi_recovery_begin(&r, planned);
                while (done < 500) {
                    cr_assert(r.batch >= 1 && r.batch <= planned);
                    if (r.batch > room) {
                        failures++;
                        cr_assert(fmi_recovery_failed(&r, code), "planned %u, room %u, code %d",
                                  planned, room, code);
                    } else {
                        done += r.batch;
                        fmi_recovery_worked(&r, r.batch);
                    }
                    cr_assert(++launches < 2000);
                }
                cr_assert_leq(failures, log2_of(planned) + 1, "planned %u, room %u, code %d: %u",
                              planned, room, code, failures);
            }
}

/* Below one frame: more and more strips of it, until a strip is one row of tiles. */
Test(recovery, one_frame_that_fails_is_cut_into_strips) {
    fmi_recovery r;
    fmi_recovery_begin(&r, 2);
    r.rows = 11;
    cr_assert(fmi_recovery_failed(&r, NO_MEMORY));
    cr_assert_eq(r.strips, 1);
    for (uint32_t want = 2; want < 11; want *= 2) {
        cr_assert(fmi_recovery_failed(&r, NO_MEMORY));
        cr_assert_eq(r.batch, 1);
        cr_assert_eq(r.strips, want);
    }
    cr_assert(fmi_recovery_failed(&r, NO_MEMORY));
    cr_assert_eq(r.strips, 11);
    cr_assert(!fmi_recovery_worked(&r, 1), "strips stay until the end");
    cr_assert(!fmi_recovery_failed(&r, NO_MEMORY), "a row of tiles cannot be cut");
    fmi_recovery_begin(&r, 1);
    r.rows = 11;
    cr_assert(!fmi_recovery_failed(&r, NO_RESOURCES), "it was not memory");
}
