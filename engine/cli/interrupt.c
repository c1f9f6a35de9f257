/* SPDX-License-Identifier: MIT */
#include "interrupt.h"

#include "error.h"
#include "flag.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t caught; /* the signal's number; a handler can reach nothing else */

static void on_signal(int number) {
    if (fmi_flag_get(&caught))
        _exit(128 + number);
    fmi_flag_raise(&caught, number);
}

void fmi_interrupt_install(void) {
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* nohup */
        sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

const volatile sig_atomic_t *fmi_interrupt_flag(void) {
    return &caught;
}

fm_status fmi_interrupt_check(fm_error *err) {
    if (!fmi_flag_get(&caught))
        return FM_OK;
    return fmi_fail(err, FM_ERROR_CANCELLED, "interrupted; what this run made is removed");
}

int fmi_interrupt_exit_code(void) {
    const int number = fmi_flag_get(&caught);
    return number ? 128 + number : 0;
}
