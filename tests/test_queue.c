/* SPDX-License-Identifier: MIT */
/* Buffers, transfers, launches and the event clock of a queue, and the arena. */
#include "host_unit.h"

#include "arena.h"
#include "clock.h"
#include "guard.h"
#include "timing.h"

#include <unistd.h>

TestSuite(queue, .timeout = 60);

Test(queue, every_transfer_is_counted_exactly) {
    fm_error err;
    fmi_queue *queue = open_queue(&(fmi_queue_params){0});
    fmi_buffer buffer;
    unsigned char data[1000];
    unsigned char back[1000] = {0};
    void *map = NULL;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(7 * i);
    fm_assert_ok(fmi_buffer_create(&buffer, queue, CL_MEM_READ_WRITE, 1000, "data", &err), err);
    fm_assert_ok(fmi_buffer_write(&buffer, 0, 1000, data, &err), err);
    fmi_queue_set_in_loop(queue, true);
    fm_assert_ok(fmi_buffer_write(&buffer, 990, 10, data, &err), err);
    fmi_queue_set_in_loop(queue, false);
    fm_assert_ok(fmi_buffer_write(&buffer, 5, 0, data, &err), err);
    fm_assert_ok(fmi_buffer_read(&buffer, 0, 990, back, &err), err);
    cr_assert_eq(memcmp(data, back, 990), 0);
    fm_assert_ok(fmi_buffer_map(&buffer, CL_MAP_READ, 990, 10, &map, &err), err);
    cr_assert_eq(memcmp(map, data, 10), 0);
    fm_assert_ok(fmi_buffer_unmap(&buffer, &map, &err), err);
    cr_assert_null(map);
    fm_assert_ok(fmi_buffer_map(&buffer, CL_MAP_WRITE_INVALIDATE_REGION, 0, 100, &map, &err), err);
    memset(map, 1, 100);
    fm_assert_ok(fmi_buffer_unmap(&buffer, &map, &err), err);
    fm_assert_ok(fmi_buffer_unmap(&buffer, &map, &err), err);
    fm_assert_ok(fmi_buffer_read(&buffer, 99, 1, back, &err), err);
    cr_assert_eq(back[0], 1);
    const fm_stats *stats = fmi_queue_stats(queue);
    cr_assert_eq(stats->to_device_count, 3);
    cr_assert_eq(stats->to_device_bytes, 1000 + 10 + 100);
    cr_assert_eq(stats->loop_to_device_bytes, 10);
    cr_assert_eq(stats->from_device_count, 3);
    cr_assert_eq(stats->from_device_bytes, 990 + 10 + 1);
    cr_assert_eq(stats->launches, 0);
    fmi_buffer_destroy(&buffer);
    fmi_queue_destroy(&queue);
    cr_assert_null(queue);
}

/* VmFlags of the mapping that an address lies in; "" = not found. */
static void flags_of(const void *address, char out[256]) {
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[512];
    bool inside = false;
    out[0] = '\0';
    while (file && fgets(line, sizeof line, file)) {
        unsigned long from = 0, to = 0;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = (unsigned long)address >= from && (unsigned long)address < to;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            (void)snprintf(out, 256, "%.200s", line);
    }
    if (file)
        (void)fclose(file);
}

Test(queue, large_buffers_in_host_memory_ask_for_large_pages) {
    enum { LARGE = 16 << 20 };
    fm_error err;
    fmi_queue *queue = open_queue(&(fmi_queue_params){0});
    fmi_buffer buffer, small;
    char flags[256] = "";
    void *map = NULL;
    const bool host = fmi_quirks_host_pages(&fmi_queue_device(queue)->caps);
    fm_assert_ok(fmi_buffer_create(&small, queue, CL_MEM_READ_WRITE, 4000, "small", &err), err);
    cr_assert_eq(fmi_queue_stats(queue)->from_device_count, 0U);
    fm_assert_ok(fmi_buffer_create(&buffer, queue, CL_MEM_READ_WRITE, LARGE, "large", &err), err);
    cr_assert_eq(fmi_queue_stats(queue)->from_device_count, host ? 1U : 0U);
    cr_assert_eq(fmi_queue_stats(queue)->from_device_bytes, host ? 1U : 0U);
    fm_assert_ok(fmi_buffer_map(&buffer, CL_MAP_READ, 0, LARGE, &map, &err), err);
    flags_of((char *)map + LARGE / 2, flags);
    fm_assert_ok(fmi_buffer_unmap(&buffer, &map, &err), err);
    fmi_buffer_destroy(&buffer);
    fmi_buffer_destroy(&small);
    fmi_queue_destroy(&queue);
    if (!host || access("/sys/kernel/mm/transparent_hugepage/enabled", F_OK) != 0 ||
        flags[0] == '\0')
        cr_skip("skipped: no large pages for the asking here");
    cr_assert_not_null(strstr(flags, " hg"), "%s", flags);
}

Test(queue, transfers_outside_a_buffer_are_refused) {
    fm_error err;
    fmi_queue *queue = open_queue(&(fmi_queue_params){0});
    fmi_buffer buffer;
    fmi_buffer none = {0};
    char byte = 0;
    void *map = &byte;
    fm_assert_ok(fmi_buffer_create(&buffer, queue, CL_MEM_READ_WRITE, 10, "b", &err), err);
    fm_assert_fails(fmi_buffer_write(&buffer, 10, 1, &byte, &err), FM_ERROR_INTERNAL, err, "10");
    fm_assert_fails(fmi_buffer_read(&buffer, UINT64_MAX, 2, &byte, &err), FM_ERROR_INTERNAL, err,
                    "passes the end");
    fm_assert_fails(fmi_buffer_map(&buffer, CL_MAP_READ, 0, 11, &map, &err), FM_ERROR_INTERNAL, err,
                    "11 bytes");
    cr_assert_null(map);
    fm_assert_fails(fmi_buffer_read(&none, 0, 1, &byte, &err), FM_ERROR_INTERNAL, err, "not made");
    cr_assert_eq(fmi_queue_stats(queue)->to_device_count, 0);
    fmi_buffer_destroy(&buffer);
    fmi_queue_destroy(&queue);
}

Test(queue, the_ledger_counts_buffers_and_refuses_too_large_ones) {
    fm_error err;
    fmi_queue *queue = open_queue(&(fmi_queue_params){0});
    const fm_stats *stats = fmi_queue_stats(queue);
    uint64_t limit = fmi_queue_device(queue)->caps.max_alloc_bytes;
    fmi_buffer a;
    fmi_buffer b;
    fm_assert_fails(fmi_buffer_create(&a, queue, CL_MEM_READ_WRITE, 0, "a", &err), FM_ERROR_LIMIT,
                    err, "a: ");
    fm_assert_fails(fmi_buffer_create(&a, queue, CL_MEM_READ_WRITE, limit + 1, "a", &err),
                    FM_ERROR_LIMIT, err, "largest buffer");
    cr_assert_null(a.mem);
    fm_assert_ok(fmi_buffer_create(&a, queue, CL_MEM_READ_WRITE, 300, "a", &err), err);
    fm_assert_ok(fmi_buffer_create(&b, queue, CL_MEM_READ_ONLY, 200, "b", &err), err);
    fmi_buffer_destroy(&a);
    fmi_buffer_destroy(&a);
    cr_assert_eq(stats->live_bytes, 200);
    cr_assert_eq(stats->peak_bytes, 500);
    fmi_buffer_destroy(&b);
    fmi_buffer_destroy(NULL);
    cr_assert_eq(stats->live_bytes, 0);
    cr_assert_eq(stats->peak_bytes, 500);
    fmi_queue_destroy(&queue);
    fmi_queue_destroy(&queue);
    fmi_queue_destroy(NULL);
}

Test(queue, a_queue_that_closes_over_live_buffers_says_so) {
    fm_error err;
    lines got = {0};
    fmi_queue *queue = open_queue(&(fmi_queue_params){.log = {take_line, &got, FM_LOG_WARNING}});
    fmi_buffer buffer;
    fm_assert_ok(fmi_buffer_create(&buffer, queue, CL_MEM_READ_WRITE, 123, "left", &err), err);
    cl_mem mem = buffer.mem;
    fmi_queue_destroy(&queue);
    clReleaseMemObject(mem);
    cr_assert_eq(got.count, 1);
    cr_assert_not_null(strstr(got.last, "123 bytes"), "%s", got.last);
}

Test(queue, arena_sizes_add_up_and_saturate) {
    uint64_t total = 0;
    fmi_arena_add(&total, 128, 1);
    cr_assert_eq(total, 128);
    fmi_arena_add(&total, 128, 128);
    cr_assert_eq(total, 256);
    fmi_arena_add(&total, 128, 0);
    cr_assert_eq(total, 256);
    fmi_arena_add(&total, 1, 3);
    fmi_arena_add(&total, 0, 3);
    cr_assert_eq(total, 262);
    fmi_arena_add(&total, 128, UINT64_MAX - 5);
    cr_assert_eq(total, UINT64_MAX);
    fmi_arena_add(&total, 128, 1);
    cr_assert_eq(total, UINT64_MAX);
    total = 0;
    fmi_arena_add(&total, 4096, UINT64_MAX - 4096);
    cr_assert_eq(total, UINT64_MAX - 4095, "the last aligned size still fits");
}

Test(queue, arena_parts_are_apart_aligned_and_counted_once) {
    fm_error err;
    fmi_queue *queue = open_queue(&(fmi_queue_params){0});
    uint64_t align = fmi_queue_device(queue)->caps.base_align_bytes;
    const uint64_t sizes[] = {1, align, align + 1, 7};
    uint64_t bytes = 0;
    fmi_arena arena;
    fmi_buffer *parts[4];
    fmi_buffer *more = (fmi_buffer *)&arena;
    for (size_t i = 0; i < 4; i++)
        fmi_arena_add(&bytes, align, sizes[i]);
    cr_assert_eq(bytes, 5 * align);
    fm_assert_ok(fmi_arena_create(&arena, queue, bytes, CL_MEM_READ_WRITE, false, "parts", &err),
                 err);
    for (size_t i = 0; i < 4; i++) {
        fm_assert_ok(fmi_arena_take(&arena, sizes[i], &parts[i], &err), err);
        cr_assert_eq(parts[i]->bytes, sizes[i]);
    }
    fm_assert_fails(fmi_arena_take(&arena, 1, &more, &err), FM_ERROR_INTERNAL, err, "arena");
    cr_assert_null(more);
    for (size_t i = 0; i < 4; i++) {
        unsigned char *fill = malloc(sizes[i]);
        memset(fill, (int)i + 1, sizes[i]);
        fm_assert_ok(fmi_buffer_write(parts[i], 0, sizes[i], fill, &err), err);
        free(fill);
    }
    for (size_t i = 0; i < 4; i++) {
        unsigned char last = 0;
        fm_assert_ok(fmi_buffer_read(parts[i], sizes[i] - 1, 1, &last, &err), err);
        cr_assert_eq(last, i + 1, "part %zu was overwritten", i);
    }
    cr_assert_eq(fmi_queue_stats(queue)->live_bytes, bytes);
    fmi_arena_destroy(&arena);
    fmi_arena_destroy(&arena);
    fmi_arena_destroy(NULL);
    cr_assert_eq(fmi_queue_stats(queue)->live_bytes, 0);
    cr_assert_eq(fmi_queue_stats(queue)->peak_bytes, bytes);
    fmi_queue_destroy(&queue);
}

/* What is written into the whole, at an offset of it, must be told, once. */
static void expect_broken(fmi_queue *queue, cl_mem whole, size_t offset, const char *says) {
    fm_error err;
    char broken[FMI_GUARD_TEXT];
    fm_assert_ok(fmi_guards_look(queue, broken, &err), err);
    cr_assert_str_empty(broken);
    cr_assert_eq(
        clEnqueueWriteBuffer(fmi_queue_cl(queue), whole, CL_TRUE, offset, 1, "!", 0, NULL, NULL),
        CL_SUCCESS);
    fm_assert_ok(fmi_guards_look(queue, broken, &err), err);
    cr_assert_not_null(strstr(broken, says), "%zu: %s", offset, broken);
    fm_assert_ok(fmi_guards_look(queue, broken, &err), err);
    cr_assert_str_empty(broken);
}

Test(queue, bytes_beside_a_buffer_are_watched) {
    fm_error err;
    char broken[FMI_GUARD_TEXT];
    fmi_queue *queue = open_queue(&(fmi_queue_params){0});
    fmi_buffer buffer, input;
    unsigned char data[333];
    memset(data, 7, sizeof data);
    fmi_queue_set_guarded(queue, true);
    fm_assert_ok(fmi_buffer_create(&buffer, queue, CL_MEM_READ_WRITE, 333, "out", &err), err);
    fm_assert_ok(fmi_buffer_create(&input, queue, CL_MEM_READ_ONLY, 333, "in", &err), err);
    cr_assert_eq(fmi_guards(queue), 2);
    cr_assert_null(input.whole);
    fm_assert_ok(fmi_buffer_write(&buffer, 0, 333, data, &err), err);
    const fm_stats *stats = fmi_queue_stats(queue);
    cr_assert_eq(stats->live_bytes, 666); /* canaries are in no ledger and no counter */
    cr_assert_eq(stats->peak_bytes, 666);
    cr_assert_eq(stats->to_device_count, 1);
    const size_t canary = (size_t)fmi_guard_bytes(queue);
    expect_broken(queue, buffer.whole, 0, "before out");
    expect_broken(queue, buffer.whole, canary - 1, "before out");
    expect_broken(queue, buffer.whole, canary + 333, "after out");
    expect_broken(queue, buffer.whole, 2 * canary + 332, "after out");
    cr_assert_eq(stats->from_device_count, 0);
    /* A buffer that goes is looked at then. */
    (void)clEnqueueWriteBuffer(fmi_queue_cl(queue), buffer.whole, CL_TRUE, canary + 333, 1, "!", 0,
                               NULL, NULL);
    fmi_buffer_destroy(&buffer);
    fmi_buffer_destroy(&input);
    cr_assert_eq(fmi_guards(queue), 0);
    fm_assert_ok(fmi_guards_look(queue, broken, &err), err);
    cr_assert_not_null(strstr(broken, "after out: 1 bytes"), "%s", broken);
    fmi_queue_set_guarded(queue, false);
    fm_assert_ok(fmi_buffer_create(&buffer, queue, CL_MEM_READ_WRITE, 333, "out", &err), err);
    cr_assert_eq(fmi_guards(queue), 0);
    fmi_buffer_destroy(&buffer);
    cr_assert_eq(stats->live_bytes, 0);
    fmi_queue_destroy(&queue);
}

Test(queue, bytes_beside_the_parts_of_an_arena_are_watched) {
    fm_error err;
    fmi_queue *queue = open_queue(&(fmi_queue_params){0});
    const uint64_t align = fmi_queue_device(queue)->caps.base_align_bytes;
    const uint64_t sizes[] = {align + 1, 2 * align, 7};
    uint64_t bytes = 0;
    fmi_arena arena;
    fmi_buffer *part[3];
    for (size_t i = 0; i < 3; i++)
        fmi_arena_add(&bytes, align, sizes[i]);
    fmi_queue_set_guarded(queue, true);
    fm_assert_ok(fmi_arena_create(&arena, queue, bytes, CL_MEM_READ_WRITE, false, "parts", &err),
                 err);
    for (size_t i = 0; i < 3; i++)
        fm_assert_ok(fmi_arena_take(&arena, sizes[i], &part[i], &err), err);
    cr_assert_eq(fmi_guards(queue), 4);
    const size_t canary = (size_t)arena.apart;
    expect_broken(queue, arena.whole.mem, canary - 1, "before part 0");
    expect_broken(queue, arena.whole.mem, canary + (size_t)align + 1, "after part 0");
    expect_broken(queue, arena.whole.mem, 2 * canary + 2 * (size_t)align - 1, "after part 0");
    expect_broken(queue, arena.whole.mem, 2 * canary + 4 * (size_t)align, "after part 1");
    expect_broken(queue, arena.whole.mem, 3 * canary + 4 * (size_t)align + 7, "after part 2");
    cr_assert_eq(fmi_queue_stats(queue)->live_bytes, bytes);
    fmi_arena_destroy(&arena);
    cr_assert_eq(fmi_guards(queue), 0);
    /* One that is also used as a whole: parts where the sizes say, canaries around all of it. */
    unsigned char last[2] = {9, 8};
    fm_assert_ok(fmi_arena_create(&arena, queue, bytes, CL_MEM_READ_WRITE, true, "parts", &err),
                 err);
    fm_assert_ok(fmi_arena_take(&arena, sizes[0], &part[0], &err), err);
    fm_assert_ok(fmi_arena_take(&arena, sizes[1], &part[1], &err), err);
    cr_assert_eq(fmi_guards(queue), 2);
    fm_assert_ok(fmi_buffer_write(part[1], 0, 1, last, &err), err);
    fm_assert_ok(fmi_buffer_read(&arena.whole, 2 * align, 1, last + 1, &err), err);
    cr_assert_eq(last[1], 9);
    expect_broken(queue, arena.whole.whole, canary + (size_t)bytes, "after parts");
    fmi_arena_destroy(&arena);
    fmi_queue_destroy(&queue);
}

Test(queue, launches_run_in_order_and_a_long_run_keeps_few_events) {
    fm_error err;
    unit u = open_unit(&(fmi_queue_params){.profile = true});
    cl_uint out[64];
    uint64_t start = fmi_clock_ns();
    for (cl_uint i = 0; i < 3000; i++)
        fm_assert_ok(launch_unit(&u, i % 3, 2, &err), err);
    fm_assert_ok(fmi_queue_finish(u.queue, &err), err);
    double wall = (double)(fmi_clock_ns() - start) * 1e-9;
    fm_assert_ok(fmi_buffer_read(&u.out, 0, sizeof out, out, &err), err);
    for (size_t i = 0; i < 64; i++)
        cr_assert_eq(out[i], 3000, "item %zu is %u", i, out[i]);
    cr_assert_eq(fmi_queue_stats(u.queue)->launches, 3000);
    double device = fmi_queue_device_seconds(u.queue, 2);
    cr_assert(device > 0.0 && device <= wall, "device %g s, wall %g s", device, wall);
    cr_assert_eq(fmi_queue_device_seconds(u.queue, 1), 0.0);
    fmi_queue_reset_timers(u.queue);
    cr_assert_eq(fmi_queue_device_seconds(u.queue, 2), 0.0);
    fmi_queue_distrust_clock(u.queue);
    cr_assert_lt(fmi_queue_device_seconds(u.queue, 2), 0.0);
    close_unit(&u);
}

Test(queue, without_a_profiling_queue_device_times_are_unknown) {
    fm_error err;
    unit u = open_unit(&(fmi_queue_params){0});
    fm_assert_ok(launch_unit(&u, 1, 0, &err), err);
    fm_assert_ok(fmi_queue_finish(u.queue, &err), err);
    cr_assert_lt(fmi_queue_device_seconds(u.queue, 0), 0.0);
    cr_assert_not(fmi_queue_has_event_clock(u.queue));
    close_unit(&u);
}

Test(queue, the_cancel_flag_stops_before_the_next_launch) {
    fm_error err;
    volatile sig_atomic_t cancel = 0;
    unit u = open_unit(&(fmi_queue_params){.cancel = &cancel});
    cl_uint out = 0;
    fm_assert_ok(launch_unit(&u, 5, 0, &err), err);
    cancel = 1;
    fm_assert_fails(launch_unit(&u, 5, 0, &err), FM_ERROR_CANCELLED, err, "cancelled");
    fm_assert_fails(fmi_queue_check_cancel(u.queue, &err), FM_ERROR_CANCELLED, err, "cancelled");
    fm_assert_ok(fmi_queue_finish(u.queue, &err), err);
    fm_assert_ok(fmi_buffer_read(&u.out, 0, sizeof out, &out, &err), err);
    cr_assert_eq(out, 5);
    cr_assert_eq(fmi_queue_stats(u.queue)->launches, 1);
    close_unit(&u);
}

Test(queue, bad_launches_name_the_kernel) {
    fm_error err;
    unit u = open_unit(&(fmi_queue_params){0});
    fm_assert_fails(launch_unit(&u, 1, FMI_TIMERS, &err), FM_ERROR_INTERNAL, err, "add");
    fmi_launch launch = {.kernel = u.kernel, .name = "add", .dims = 1, .global = {64, 1, 1}};
    cl_uint k = 1;
    fmi_arg short_arg[] = {FMI_ARG(u.out.mem), {1, &k}};
    launch.args = short_arg;
    launch.arg_count = 2;
    fm_assert_fails(fmi_queue_launch(u.queue, &launch, &err), FM_ERROR_CL, err, "add: argument 1");
    cr_assert_eq(err.cl_code, CL_INVALID_ARG_SIZE);
    launch.arg_count = 0;
    launch.local[0] = 48; /* does not divide 64 */
    launch.local[1] = launch.local[2] = 1;
    cr_assert_neq(fmi_queue_launch(u.queue, &launch, &err), FM_OK);
    cr_assert_not_null(strstr(err.message, "add: "), "%s", err.message);
    cr_assert_eq(fmi_queue_stats(u.queue)->launches, 0);
    close_unit(&u);
}

Test(queue, a_lost_device_is_never_used_again) {
    fm_error err;
    unit u = open_unit(&(fmi_queue_params){0});
    cl_uint out = 0;
    cr_assert_eq(fmi_queue_fail(u.queue, &err, CL_INVALID_COMMAND_QUEUE, "clFinish", "stopped"),
                 FM_ERROR_DEVICE_LOST);
    fm_assert_fails(launch_unit(&u, 5, 0, &err), FM_ERROR_DEVICE_LOST, err, "new engine");
    fm_assert_fails(fmi_queue_finish(u.queue, &err), FM_ERROR_DEVICE_LOST, err, "new engine");
    fm_assert_fails(fmi_buffer_read(&u.out, 0, 4, &out, &err), FM_ERROR_DEVICE_LOST, err, "failed");
    close_unit(&u);
}

static bool judge(double event, double wall, double doubled) {
    fmi_event_clock clock = {.event_seconds = event, .wall_seconds = wall};
    fmi_event_clock_judge(&clock, doubled, 1e-7);
    cr_assert_eq(clock.trusted, clock.reason[0] == '\0');
    return clock.trusted;
}

Test(queue, the_event_clock_rule_catches_clocks_that_lie) {
    cr_assert(judge(6e-3, 6.1e-3, 12e-3));
    cr_assert(judge(6e-3, 11e-3, 13e-3));
    cr_assert_not(judge(0.0, 6e-3, 0.0), "zero clock");
    cr_assert_not(judge(-1.0, 6e-3, -1.0), "no clock");
    cr_assert_not(judge(6e-3, 5.8e-3, 12e-3), "longer than the wall time");
    cr_assert_not(judge(6e-6, 6e-3, 12e-6), "wrong unit, too small");
    cr_assert_not(judge(6.0, 6e-3, 12.0), "wrong unit, too large");
    cr_assert_not(judge(6e-3, 6.1e-3, 6e-3), "does not follow the work");
    cr_assert_not(judge(6e-3, 6.1e-3, 15e-3), "follows the work too much");
    cr_assert_not(judge(1e-3, 1.1e-3, 2e-3), "too short to tell");
    cr_assert_not(judge((double)NAN, 6e-3, 12e-3), "not a number");
}

Test(queue, the_event_clock_of_this_device_is_tested) {
    fm_error err;
    fmi_event_clock clock;
    fmi_queue *queue = open_queue(&(fmi_queue_params){.profile = true});
    fm_assert_ok(fmi_event_clock_test(queue, NULL, NULL, &clock, &err), err);
    cr_log_info("event %g s, wall %g s, doubling %g, %s", clock.event_seconds, clock.wall_seconds,
                clock.doubling, clock.trusted ? "trusted" : clock.reason);
    cr_assert_eq(clock.trusted, clock.reason[0] == '\0');
    cr_assert_eq(fmi_queue_has_event_clock(queue), clock.trusted);
    cr_assert_eq(fmi_queue_stats(queue)->live_bytes, 0);
    fmi_queue_destroy(&queue);
    queue = open_queue(&(fmi_queue_params){0});
    fm_assert_ok(fmi_event_clock_test(queue, NULL, NULL, &clock, &err), err);
    cr_assert_not(clock.trusted);
    cr_assert(fmi_queue_device_seconds(queue, 0) < 0.0);
    fmi_queue_destroy(&queue);
}
