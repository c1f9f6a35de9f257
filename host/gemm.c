/* SPDX-License-Identifier: MIT */
#include "gemm.h"

#include "log.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static bool tried;
static const fmi_gemm *found;

static const fmi_gemm *open_file(const char *path, const fm_log *log) {
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        fmi_log(log, FM_LOG_DEBUG, "matrix module: %s", dlerror());
        return NULL;
    }
    const fmi_gemm *gemm = dlsym(module, FMI_GEMM_SYMBOL);
    if (!gemm || gemm->abi != FMI_GEMM_ABI) {
        fmi_log(log, FM_LOG_WARNING, "matrix module: %s is of another version; install it again",
                path);
        (void)dlclose(module);
        return NULL;
    }
    fmi_log(log, FM_LOG_DEBUG, "matrix module: CLBlast %s from %s", gemm->version, path);
    return gemm;
}

static const fmi_gemm *open_in(const char *folder, size_t bytes, const char *below,
                               const fm_log *log) {
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%.*s%s/%s", (int)bytes, folder, below, FMI_GEMM_MODULE);
    return n > 0 && (size_t)n < sizeof path ? open_file(path, log) : NULL;
}

/* Bytes of the folder in the path of the file that holds this code; 0 = not known. For a program
 * the loader knows only what it was called by, which need not be a path. */
static size_t own_folder(char path[PATH_MAX]) {
    Dl_info info;
    bool known = dladdr((const void *)&tried, &info) && info.dli_fname;
    const char *name = known && info.dli_fname[0] == '/' ? info.dli_fname : "/proc/self/exe";
    const char *slash = realpath(name, path) ? strrchr(path, '/') : NULL;
    return slash ? (size_t)(slash - path) : 0;
}

static const fmi_gemm *search(const fm_log *log) {
    const char *own = getenv("FM_MODULE_DIR");
    if (own)
        return *own ? open_in(own, strlen(own), "", log) : NULL;
    char self[PATH_MAX];
    size_t bytes = own_folder(self);
    const fmi_gemm *gemm = NULL;
    if (bytes != 0) {
        gemm = open_in(self, bytes, "/../lib/facemorph", log);
        if (!gemm)
            gemm = open_in(self, bytes, "/facemorph", log);
    }
    return gemm ? gemm : open_in(FM_MODULE_INSTALLED, strlen(FM_MODULE_INSTALLED), "", log);
}

const fmi_gemm *fmi_gemm_open(const fm_log *log) {
    (void)pthread_mutex_lock(&mutex);
    if (!tried) {
        found = search(log);
        tried = true;
    }
    const fmi_gemm *gemm = found;
    (void)pthread_mutex_unlock(&mutex);
    return gemm;
}
