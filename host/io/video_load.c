/* SPDX-License-Identifier: MIT */
#include "video_load.h"

#include "error.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const fmi_video_module *loaded; /* under lock */

/* Never the search path of the environment: a library found there could be anybody's. */
static bool find_module(char path[PATH_MAX]) {
    static const char *const places[] = {"", "../bin/", "../lib/facemorph/"};
    char folder[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (length <= 0)
        return false;
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int n = snprintf(path, PATH_MAX, "%s/%sfm_video.so", folder, places[i]);
        if (n > 0 && n < PATH_MAX && access(path, R_OK) == 0)
            return true;
    }
    return false;
}

bool fmi_video_available(void) {
    char path[PATH_MAX];
    return find_module(path);
}

static fm_status open_module(fm_error *err) {
    char path[PATH_MAX];
    if (!find_module(path))
        return fmi_fail(err, FM_ERROR_IO,
                        "fm_video.so: not beside the program; build it with the FFmpeg libraries");
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return fmi_fail(err, FM_ERROR_IO, "the video module cannot be opened: %s", dlerror());
    const fmi_video_module *module = dlsym(handle, FMI_VIDEO_MODULE_SYMBOL);
    if (module == NULL || module->version != FMI_VIDEO_MODULE_VERSION) {
        dlclose(handle);
        return fmi_fail(err, FM_ERROR_IO, "%s: is of another version; install both anew", path);
    }
    loaded = module; /* stays open: FFmpeg's libraries do not like to be unloaded */
    return FM_OK;
}

fm_status fmi_video_load(const fmi_video_module **module, fm_error *err) {
    pthread_mutex_lock(&lock);
    fm_status status = loaded != NULL ? FM_OK : open_module(err);
    *module = loaded;
    pthread_mutex_unlock(&lock);
    return status;
}

const char *fmi_video_licence(void) {
    const fmi_video_module *module = NULL;
    return fmi_video_load(&module, NULL) == FM_OK ? module->licence() : NULL;
}
