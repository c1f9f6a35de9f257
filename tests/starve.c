/* SPDX-License-Identifier: MIT */
#include "starve.h"

#include <dlfcn.h>
#include <pthread.h>

#define PLACES 4096

static struct {
    pthread_mutex_t mutex;
    bool armed;
    const void *place[PLACES]; /* that failed already */
    uint32_t places;
    const void *now; /* that failed in this run */
} state = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Whether the caller is the first place of this run that has not failed before. */
static bool fails(const void *place) {
    pthread_mutex_lock(&state.mutex);
    bool first = state.armed && !state.now && state.places < PLACES;
    for (uint32_t i = 0; first && i < state.places; i++)
        first = state.place[i] != place;
    if (first)
        state.now = state.place[state.places++] = place;
    pthread_mutex_unlock(&state.mutex);
    if (first)
        errno = ENOMEM;
    return first;
}

#define HERE __builtin_return_address(0)
#define WRAP(type, name, params, args, failed)            \
    type __real_##name params;                            \
    type __wrap_##name params;                            \
    type __wrap_##name params {                           \
        return fails(HERE) ? failed : __real_##name args; \
    }

WRAP(void *, malloc, (size_t bytes), (bytes), NULL)
WRAP(void *, calloc, (size_t count, size_t bytes), (count, bytes), NULL)
WRAP(void *, realloc, (void *old, size_t bytes), (old, bytes), NULL)
WRAP(void *, aligned_alloc, (size_t alignment, size_t bytes), (alignment, bytes), NULL)
WRAP(char *, strdup, (const char *text), (text), NULL)
WRAP(char *, strndup, (const char *text, size_t bytes), (text, bytes), NULL)
WRAP(FILE *, open_memstream, (char **text, size_t *bytes), (text, bytes), NULL)

static void arm(bool armed) {
    pthread_mutex_lock(&state.mutex);
    state.armed = armed;
    if (armed)
        state.now = NULL;
    pthread_mutex_unlock(&state.mutex);
}

/* Of a place, for addr2line -e PROGRAM. */
static size_t offset_of(const void *place) {
    Dl_info info;
    return dladdr(place, &info) ? (size_t)((const char *)place - (const char *)info.dli_fbase) : 0;
}

uint32_t starve(starve_fn work, void *user) {
    for (uint32_t runs = 0;; runs++) {
        fm_error err = {0};
        arm(true);
        const fm_status status = work(user, &err);
        arm(false);
        if (!state.now) {
            fm_assert_ok(status, err);
            return runs;
        }
        const size_t at = offset_of(state.now);
        cr_assert(status == FM_OK || status == FM_ERROR_HOST_MEMORY, "place %#zx: %s: %s", at,
                  fm_status_name(status), err.message);
        cr_assert(status == FM_OK || err.message[0], "place %#zx: without a word", at);
        cr_assert_null(strchr(err.message, '\n'), "place %#zx: %s", at, err.message);
    }
}
