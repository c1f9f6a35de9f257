/* SPDX-License-Identifier: MIT */
#include "gate.h"

#include "clock.h"
#include "flag.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 500000L

static void name_of(char out[96], const fmi_gate *gate, uint32_t side, fmi_gate_step step) {
    (void)snprintf(out, 96, "%s/%s-%u", gate->folder, step == FMI_GATE_DONE ? "done" : "ready",
                   side);
}

void fmi_gate_sign(const fmi_gate *gate, uint32_t side, fmi_gate_step step) {
    char path[96];
    name_of(path, gate, side, step);
    const int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (file >= 0)
        (void)close(file);
}

bool fmi_gate_open(const fmi_gate *gate, fmi_gate_step step) {
    char path[96];
    for (uint32_t i = 0; i < gate->sides; ++i) {
        name_of(path, gate, i, step);
        if (access(path, F_OK) != 0)
            return false;
    }
    return true;
}

bool fmi_gate_wait(const fmi_gate *gate, fmi_gate_step step, double most_s,
                   const volatile sig_atomic_t *cancel) {
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    const uint64_t until = fmi_clock_ns() + (uint64_t)(1e9 * most_s);
    fmi_gate_sign(gate, gate->side, step);
    while (!fmi_gate_open(gate, step)) {
        if (fmi_clock_ns() >= until || fmi_flag_get(cancel))
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return true;
}
