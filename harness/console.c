/* SPDX-License-Identifier: MIT */
#include "console.h"

#include "driver_cache.h"
#include "error.h"
#include "flag.h"
#include "kernel_cache.h"

#include <fm/engine.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- messages ------------------------------------------------------------------------------- */

/* Signal handlers have no other way to speak. */
static volatile sig_atomic_t stop_flag, cancel_flag, at_once, which_signal;

int fmi_console_error(const fm_error *err) {
    (void)fprintf(stderr, "fmbench: %s\n", err->message);
    const int of_signal = err->status == FM_ERROR_CANCELLED ? fmi_signals_exit_code() : 0;
    return of_signal ? of_signal : fmi_exit_code(err->status);
}

void fmi_console_say(const char *format, ...) {
    char line[2400], text[4800];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    (void)fprintf(stderr, "%s\n", fmi_escape(text, sizeof text, line));
}

fm_status fmi_console_json(fmi_json *json, FILE *out, fm_error *err) {
    const char *text = fmi_json_text(json);
    if (text)
        (void)fputs(text, out);
    fmi_json_free(json);
    return text ? FM_OK : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for what --json prints");
}

static void print_line(void *user, fm_log_level level, const char *line) {
    static const char *const words[] = {"error: ", "warning: ", "", ""};
    char text[1200];
    (void)user;
    (void)fprintf(stderr, "fmbench: %s%s\n", words[level], fmi_escape(text, sizeof text, line));
}

fm_log fmi_console_logger(fm_log_level level) {
    return (fm_log){.write = print_line, .level = level};
}

/* --- signals -------------------------------------------------------------------------------- */

static void on_signal(int number) {
    if (fmi_flag_get(&cancel_flag)) {
        (void)signal(number, SIG_DFL);
        (void)raise(number);
        return;
    }
    if (fmi_flag_get(&stop_flag) || fmi_flag_get(&at_once) || number != SIGINT)
        fmi_flag_raise(&cancel_flag, 1);
    fmi_flag_raise(&stop_flag, 1);
    fmi_flag_raise(&which_signal, number);
}

void fmi_signals_install(void) {
    struct sigaction before;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* nohup */
        (void)sigaction(SIGHUP, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe becomes a write error */
}

void fmi_signals_at_once(void) {
    fmi_flag_raise(&at_once, 1);
}

bool fmi_signals_stop(void) {
    return fmi_flag_get(&stop_flag) != 0;
}

const volatile sig_atomic_t *fmi_signals_cancel(void) {
    return &cancel_flag;
}

int fmi_signals_exit_code(void) {
    const int number = fmi_flag_get(&which_signal);
    return number ? 128 + number : 0;
}

/* --- the drivers' environment ----------------------------------------------------------------- */

/* The folder of a worker was looked at by the process that started it. */
static void give_pocl_a_cache(void) {
    char cache[1024];
    fmi_cache_default_dir(cache, sizeof cache);
    if (getenv("POCL_CACHE_DIR"))
        return;
    const unsigned damaged = fmi_driver_cache_use(cache);
    if (damaged > 0)
        fmi_console_say(
            "fmbench: %s: %u damaged files in the driver's kernel cache; their programs "
            "are built again",
            cache, damaged);
    if (fmi_driver_cache_note())
        fmi_console_say("fmbench: %s", fmi_driver_cache_note());
}

void fmi_runtime_settings(uint32_t threads) {
    give_pocl_a_cache();
    if (threads > 0) {
        char count[16];
        (void)snprintf(count, sizeof count, "%u", threads);
        (void)setenv("POCL_MAX_PTHREAD_COUNT", count, 0);
    }
}
