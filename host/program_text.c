/* SPDX-License-Identifier: MIT */
/* The text of a program: kernel files with their includes resolved. */
#include "program.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILES 64
#define MAX_NAME 64
#define MAX_FILE_BYTES (4U << 20)

/* The text as it grows. */
typedef struct source {
    const char *kernel_dir;
    char *text;
    size_t bytes, room;
    uint32_t file_count;
    uint32_t replaced; /* files that came from kernel_dir */
    char names[MAX_FILES][MAX_NAME];
} source;

static bool append(source *s, const char *text, size_t bytes) {
    if (s->bytes + bytes + 1 > s->room) {
        size_t room = 2 * (s->bytes + bytes) + 4096;
        char *grown = realloc(s->text, room);
        if (!grown) {
            return false;
        }
        s->text = grown;
        s->room = room;
    }
    memcpy(s->text + s->bytes, text, bytes);
    s->bytes += bytes;
    s->text[s->bytes] = '\0';
    return true;
}

static bool append_line_mark(source *s, uint32_t line, const char *name) {
    char mark[MAX_NAME + 32];
    int n = snprintf(mark, sizeof mark, "#line %u \"%s\"\n", line, name);
    return append(s, mark, (size_t)n);
}

static fm_status no_memory(fm_error *err) {
    return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the text of a kernel");
}

/* Opens a regular file; a pipe must not stop the program. NULL with errno set. */
static FILE *open_regular(const char *path) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return NULL;
    }
    FILE *file = NULL;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        file = fdopen(fd, "rb");
    } else {
        errno = EINVAL;
    }
    if (!file) {
        (void)close(fd);
    }
    return file;
}

/* Takes all of a file that is text; NULL when it is too long, binary or unreadable. */
static char *read_all(FILE *file) {
    char *text = malloc(MAX_FILE_BYTES + 1);
    size_t bytes = text ? fread(text, 1, MAX_FILE_BYTES + 1, file) : 0;
    if (!text || ferror(file) || bytes > MAX_FILE_BYTES || memchr(text, '\0', bytes)) {
        free(text);
        return NULL;
    }
    text[bytes] = '\0';
    return text;
}

/* Reads a file of kernel_dir. *text is NULL when there is no such file. */
static fm_status read_override(const char *dir, const char *name, char **text, fm_error *err) {
    *text = NULL;
    if (!dir || !*dir) {
        return FM_OK;
    }
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", dir, name);
    errno = ENAMETOOLONG;
    FILE *file = n > 0 && (size_t)n < sizeof path ? open_regular(path) : NULL;
    if (!file) {
        return errno == ENOENT ? FM_OK
                               : fmi_fail(err, FM_ERROR_BUILD,
                                          "%s: %s; make the kernel file readable or remove it",
                                          path, strerror(errno));
    }
    *text = read_all(file);
    (void)fclose(file);
    return *text ? FM_OK
                 : fmi_fail(err, FM_ERROR_BUILD,
                            "%s: not a text file of at most %u bytes; mend or remove it", path,
                            MAX_FILE_BYTES);
}

static const fmi_kernel_file *find_embedded(const char *name) {
    for (size_t i = 0; i < fmi_kernel_file_count; i++) {
        if (strcmp(fmi_kernel_files[i].name, name) == 0) {
            return &fmi_kernel_files[i];
        }
    }
    return NULL;
}

/* Text of a file by name: kernel_dir first, then the embedded table. Free *text. */
static fm_status fetch(source *s, const char *name, const char *from, uint32_t line, char **text,
                       fm_error *err) {
    fm_status status = read_override(s->kernel_dir, name, text, err);
    if (status != FM_OK) {
        return status;
    }
    if (*text) {
        s->replaced++;
        return FM_OK;
    }
    const fmi_kernel_file *file = find_embedded(name);
    if (!file) {
        return fmi_fail(err, FM_ERROR_BUILD,
                        "%s:%u: kernel file \"%s\" is neither in %s nor embedded; check its name",
                        from, line, name, s->kernel_dir ? s->kernel_dir : "a kernel folder");
    }
    *text = malloc(file->bytes + 1);
    if (!*text) {
        return no_memory(err);
    }
    memcpy(*text, file->text, file->bytes);
    (*text)[file->bytes] = '\0';
    return FM_OK;
}

static const char *skip_blanks(const char *s) {
    while (*s == ' ' || *s == '\t') {
        s++;
    }
    return s;
}

/* Length of the name in a line `#include "name"`, 0 for any other line. */
static size_t include_name(const char *line, const char **name) {
    const char *s = skip_blanks(line);
    if (*s != '#') {
        return 0;
    }
    s = skip_blanks(s + 1);
    if (strncmp(s, "include", 7) != 0) {
        return 0;
    }
    s = skip_blanks(s + 7);
    *name = s + 1;
    return *s == '"' ? strcspn(s + 1, "\"\r\n") : 0;
}

/* Notes a name; false when it was there already. */
static bool first_use(source *s, const char *name) {
    for (uint32_t i = 0; i < s->file_count; i++) {
        if (strcmp(s->names[i], name) == 0) {
            return false;
        }
    }
    (void)snprintf(s->names[s->file_count++], MAX_NAME, "%s", name);
    return true;
}

static fm_status add_file(source *s, const char *name, const char *from, uint32_t line,
                          fm_error *err);

/* Puts the included file where the include line was. */
static fm_status add_include(source *s, const char *name, size_t name_bytes, const char *from,
                             uint32_t line, fm_error *err) {
    char copy[MAX_NAME];
    if (name_bytes >= sizeof copy) {
        return fmi_fail(err, FM_ERROR_BUILD,
                        "%s:%u: the name of the include is longer than %d "
                        "bytes; shorten it",
                        from, line, MAX_NAME - 1);
    }
    memcpy(copy, name, name_bytes);
    copy[name_bytes] = '\0';
    fm_status status = add_file(s, copy, from, line, err);
    if (status != FM_OK) {
        return status;
    }
    return append_line_mark(s, line + 1, from) ? FM_OK : no_memory(err);
}

/* Copies text line by line, with its includes in place. */
static fm_status add_text(source *s, const char *text, const char *name, fm_error *err) {
    if (!append_line_mark(s, 1, name)) {
        return no_memory(err);
    }
    uint32_t line = 1;
    while (*text) {
        size_t bytes = strcspn(text, "\n");
        const char *included = NULL;
        size_t included_bytes = include_name(text, &included);
        if (included_bytes) {
            fm_status status = add_include(s, included, included_bytes, name, line, err);
            if (status != FM_OK) {
                return status;
            }
        } else if (!append(s, text, bytes) || !append(s, "\n", 1)) {
            return no_memory(err);
        }
        text += bytes + (text[bytes] == '\n');
        line++;
    }
    return FM_OK;
}

static fm_status add_file(source *s, const char *name, const char *from, uint32_t line,
                          fm_error *err) {
    if (strstr(name, "..") || name[0] == '/' || strlen(name) >= MAX_NAME) {
        return fmi_fail(err, FM_ERROR_BUILD,
                        "%s:%u: kernel file \"%s\" is outside the kernel folder; use a plain name",
                        from, line, name);
    }
    if (s->file_count == MAX_FILES) {
        return fmi_fail(err, FM_ERROR_BUILD, "%s:%u: more than %d kernel files; include fewer",
                        from, line, MAX_FILES);
    }
    if (!first_use(s, name)) {
        return FM_OK;
    }
    char *text = NULL;
    fm_status status = fetch(s, name, from, line, &text, err);
    if (status == FM_OK) {
        status = add_text(s, text, name, err);
    }
    free(text);
    return status;
}

fm_status fmi_program_text(const fmi_program_params *params, char **text, uint32_t *replaced,
                           fm_error *err) {
    *text = NULL;
    source *s = calloc(1, sizeof *s);
    if (!s) {
        return no_memory(err);
    }
    s->kernel_dir = params->kernel_dir;
    fm_status status = add_file(s, params->file, params->file, 0, err);
    if (status == FM_OK) {
        *text = s->text;
    } else {
        free(s->text);
    }
    if (replaced) {
        *replaced = s->replaced;
    }
    free(s);
    return status;
}
