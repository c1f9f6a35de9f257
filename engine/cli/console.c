/* SPDX-License-Identifier: MIT */
#include "console.h"

#include "values.h"

#include "error.h"
#include "io/output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE 1024

static const char *const level_words[] = {"error", "warning", "info", "debug"};

void fmi_console_open(fmi_console *console, bool keep_session) {
    memset(console, 0, sizeof *console);
    pthread_mutex_init(&console->lock, NULL);
    const char *no_color = getenv("NO_COLOR");
    console->level = FM_LOG_INFO;
    console->terminal = isatty(STDERR_FILENO) == 1;
    console->color = console->terminal && (no_color == NULL || no_color[0] == '\0');
    if (keep_session)
        console->session = open_memstream(&console->early, &console->early_bytes);
}

fm_status fmi_console_configure(fmi_console *console, const fmi_args *args, fm_error *err) {
    if (args->value[FMI_ARG_VERBOSE] != NULL)
        console->level = FM_LOG_DEBUG;
    if (args->value[FMI_ARG_QUIET] != NULL)
        console->level = FM_LOG_ERROR;
    if (args->value[FMI_ARG_NO_COLOR] != NULL)
        console->color = false;
    if (args->value[FMI_ARG_LOG_LEVEL] == NULL)
        return FM_OK;
    char label[48];
    size_t index = 0;
    fm_status status =
        fmi_value_choice(fmi_args_label(args, FMI_ARG_LOG_LEVEL, label),
                         args->value[FMI_ARG_LOG_LEVEL], level_words, 4, &index, err);
    if (status == FM_OK)
        console->level = (fm_log_level)index;
    return status;
}

void fmi_console_close(fmi_console *console) {
    fmi_console_bar(console, "");
    if (console->session != NULL)
        fclose(console->session);
    free(console->early);
    pthread_mutex_destroy(&console->lock);
    memset(console, 0, sizeof *console);
}

static void write_session(FILE *file, fm_log_level level, const char *line) {
    static const char *const names[] = {"ERROR", "WARNING", "INFO", "DEBUG"};
    char stamp[32] = "";
    struct tm parts;
    time_t now = time(NULL);
    if (localtime_r(&now, &parts) != NULL)
        strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &parts);
    fprintf(file, "%s - fmorph - %s - %s\n", stamp, names[level], line);
}

static void write_terminal(fmi_console *console, fm_log_level level, const char *line) {
    static const char *const paint[] = {"\033[31m", "\033[33m", "", ""};
    const char *on = console->color ? paint[level] : "";
    const char *off = on[0] != '\0' ? "\033[0m" : "";
    if (console->bar)
        fputs("\r\033[K", stderr);
    console->bar = false;
    fprintf(stderr, "%sfmorph: %s%s%s\n", on, level == FM_LOG_WARNING ? "warning: " : "", line,
            off);
}

static void take_line(void *user, fm_log_level level, const char *line) {
    fmi_console *console = user;
    char text[LINE];
    fmi_escape(text, sizeof text, line);
    pthread_mutex_lock(&console->lock);
    if (console->session != NULL)
        write_session(console->session, level, text);
    if (level <= console->level)
        write_terminal(console, level, text);
    pthread_mutex_unlock(&console->lock);
}

void fmi_console_log(fmi_console *console, fm_log_level level, const char *format, ...) {
    char line[LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    take_line(console, level, line);
}

fm_log fmi_console_sink(fmi_console *console) {
    return (fm_log){.write = take_line, .user = console, .level = FM_LOG_DEBUG};
}

/* Whether the cause lies outside of what was asked for: driver, device, machine. */
static bool is_of_the_device(fm_status status) {
    return status == FM_ERROR_NO_DEVICE || status == FM_ERROR_BUILD ||
           status == FM_ERROR_DEVICE_LOST;
}

int fmi_console_fail(fmi_console *console, const fm_error *err) {
    char line[LINE];
    snprintf(line, sizeof line, "%s%s", err->message,
             is_of_the_device(err->status) ? "; fmbench doctor looks for the cause" : "");
    take_line(console, FM_LOG_ERROR, line);
    for (uint32_t i = 0; i < err->frame_count && i < FM_ERROR_FRAMES; i++)
        take_line(console, FM_LOG_DEBUG, err->frames[i]);
    console->device_lost = console->device_lost || err->status == FM_ERROR_DEVICE_LOST;
    return fmi_exit_code(err->status);
}

void fmi_console_session_begin(fmi_console *console) {
    pthread_mutex_lock(&console->lock);
    if (console->session != NULL)
        fclose(console->session);
    free(console->early);
    console->early = NULL;
    console->early_bytes = 0;
    console->session = open_memstream(&console->early, &console->early_bytes);
    pthread_mutex_unlock(&console->lock);
}

fm_status fmi_console_session_save(fmi_console *console, const char *path, fm_error *err) {
    if (console->session == NULL)
        return FM_OK;
    pthread_mutex_lock(&console->lock);
    bool whole = fflush(console->session) == 0 && ferror(console->session) == 0;
    fm_status status =
        whole ? fmi_output_write_part(path, console->early, console->early_bytes, err)
              : fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for its lines", path);
    pthread_mutex_unlock(&console->lock);
    return status;
}

void fmi_console_repeat(fmi_console *console, fm_log_level level, const char *line) {
    char text[LINE];
    fmi_escape(text, sizeof text, line);
    pthread_mutex_lock(&console->lock);
    if (console->session != NULL)
        write_session(console->session, level, text);
    if (console->level >= FM_LOG_DEBUG)
        write_terminal(console, level, text);
    pthread_mutex_unlock(&console->lock);
}

void fmi_console_note(fmi_console *console, const char *format, ...) {
    char line[LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fmi_console_repeat(console, FM_LOG_INFO, line);
}

void fmi_console_bar(fmi_console *console, const char *text) {
    if (!console->terminal || console->level < FM_LOG_INFO)
        return;
    pthread_mutex_lock(&console->lock);
    if (text[0] != '\0' || console->bar) {
        fprintf(stderr, "\r\033[K%s", text);
        fflush(stderr);
    }
    console->bar = text[0] != '\0';
    pthread_mutex_unlock(&console->lock);
}
