/* SPDX-License-Identifier: MIT */
#include "opencl_facts.h"

#include "device.h"
#include "environment.h"
#include "log.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CL_DEVICE_EXTENSIONS_WITH_VERSION of OpenCL 3.0; the headers of 1.2 lack it. */
#define EXTENSIONS_WITH_VERSION 0x1060
typedef struct name_version {
    cl_uint version;
    char name[64];
} name_version;

/* --- the loader ------------------------------------------------------------------------------- */

/* Both loaders have this function (cl_loader_info of Khronos, ocl_icd.h of ocl-icd), and hand it
 * out by the call of OpenCL 1.1, which later headers warn of. */
typedef void *(CL_API_CALL *address_fn)(const char *name);
typedef cl_int(CL_API_CALL *loader_fn)(cl_uint what, size_t room, void *value, size_t *needed);
enum { LOADER_VERSION = 2, LOADER_NAME = 3 };

static void read_loader(char *out, size_t bytes) {
    void *symbol = dlsym(RTLD_DEFAULT, "clGetExtensionFunctionAddress");
    address_fn find = NULL;
    loader_fn ask = NULL;
    char name[64] = "", version[48] = "";
    memcpy(&find, &symbol, sizeof find);
    symbol = find ? find("clGetICDLoaderInfoOCLICD") : NULL;
    memcpy(&ask, &symbol, sizeof ask);
    if (!ask || ask(LOADER_NAME, sizeof name - 1, name, NULL) != CL_SUCCESS)
        return;
    (void)ask(LOADER_VERSION, sizeof version - 1, version, NULL);
    (void)snprintf(out, bytes, "%s %s", name, version);
}

/* --- extensions ------------------------------------------------------------------------------- */

/* A malloc'd answer and its size; NULL when the device gives none. */
static void *ask_device(cl_device_id id, cl_device_info what, size_t *bytes) {
    *bytes = 0;
    if (clGetDeviceInfo(id, what, 0, NULL, bytes) != CL_SUCCESS || *bytes == 0)
        return NULL;
    void *answer = calloc(1, *bytes + 1);
    if (answer && clGetDeviceInfo(id, what, *bytes, answer, NULL) == CL_SUCCESS)
        return answer;
    free(answer);
    return NULL;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_word(char *out, size_t bytes, const char *word) {
    const size_t used = strlen(out);
    if (used + strlen(word) + 2 <= bytes)
        (void)snprintf(out + used, bytes - used, "%s%s", used ? " " : "", word);
}

/* OpenCL packs a version as 10, 10 and 12 bits. */
static void add_version(char *word, size_t bytes, const name_version *list, size_t count) {
    for (size_t i = 0; i < count; ++i)
        if (strncmp(list[i].name, word, sizeof list[i].name) == 0) {
            const cl_uint v = list[i].version;
            const size_t used = strlen(word);
            (void)snprintf(word + used, bytes - used, "@%u.%u.%u", v >> 22, v >> 12 & 1023U,
                           v & 4095U);
            return;
        }
}

static void read_extensions(char *out, size_t bytes, cl_device_id id) {
    size_t text_bytes = 0, list_bytes = 0;
    char *words[256] = {NULL};
    size_t count = 0;
    char *text = ask_device(id, CL_DEVICE_EXTENSIONS, &text_bytes), *rest = NULL;
    name_version *list = ask_device(id, EXTENSIONS_WITH_VERSION, &list_bytes);
    for (char *word = text ? strtok_r(text, " ", &rest) : NULL; word && count < 256;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    qsort(words, count, sizeof *words, by_text);
    for (size_t i = 0; i < count; ++i) {
        char word[100];
        (void)snprintf(word, sizeof word, "%.63s", words[i]);
        add_version(word, sizeof word, list, list ? list_bytes / sizeof *list : 0);
        add_word(out, bytes, word);
    }
    free(list);
    free(text);
}

void fmi_opencl_facts_read(fmi_opencl_facts *facts, const fm_caps *caps, bool judge_clock,
                           const fm_log *log) {
    fmi_device *list = NULL;
    size_t count = 0;
    fm_error err = {0};
    *facts = (fmi_opencl_facts){.clock = "not tested"};
    read_loader(facts->loader, sizeof facts->loader);
    if (fmi_device_list(&list, &count, &err) != FM_OK)
        fmi_log(log, FM_LOG_WARNING, "%s: its extensions are not recorded: %s", caps->name,
                err.message);
    else if (caps->index < count)
        read_extensions(facts->extensions, sizeof facts->extensions, list[caps->index].id);
    free(list);
    if (judge_clock)
        fmi_environment_clock(caps, facts->clock, sizeof facts->clock);
}
