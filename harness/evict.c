/* SPDX-License-Identifier: MIT */
#include "evict.h"

#include "engine_impl.h"
#include "error.h"
#include "io/cores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_BYTES (UINT64_C(64) << 20)
#define MOST_BYTES (UINT64_C(2) << 30)
#define LANES 4 /* floats of the kernel's vectors */
#define VECTOR_BYTES (4 * LANES)
#define LINE_BYTES 64

struct fmi_evict {
    fm_engine *engine;
    cl_program program;
    cl_kernel kernel;
    fmi_buffer bytes, sums;
    cl_uint vectors;
    size_t items, group;
    unsigned char *host; /* where the device has a memory of its own */
    uint64_t host_bytes;
    unsigned char sum; /* so that the host's loop is not left out */
};

uint64_t fmi_evict_bytes(uint64_t cache_bytes, uint64_t max_alloc_bytes) {
    uint64_t bytes = 2 * cache_bytes;
    bytes = bytes < LEAST_BYTES ? LEAST_BYTES : bytes > MOST_BYTES ? MOST_BYTES : bytes;
    return max_alloc_bytes && bytes > max_alloc_bytes ? max_alloc_bytes : bytes;
}

static uint64_t device_cache(const fm_engine *engine) {
    cl_ulong bytes = 0;
    const cl_int code =
        clGetDeviceInfo(fmi_queue_device(engine->queue)->id, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE,
                        sizeof bytes, &bytes, NULL);
    return code == CL_SUCCESS ? bytes : 0;
}

/* All of it written once: pages that nobody wrote are one and the same. */
static fm_status fill(fmi_buffer *buffer, fm_error *err) {
    void *mapped = NULL;
    fm_status status =
        fmi_buffer_map(buffer, CL_MAP_WRITE_INVALIDATE_REGION, 0, buffer->bytes, &mapped, err);
    if (status != FM_OK)
        return status;
    memset(mapped, 0x3F, buffer->bytes); /* floats near 0.75 */
    status = fmi_buffer_unmap(buffer, &mapped, err);
    return status == FM_OK ? fmi_queue_finish(buffer->queue, err) : status;
}

static fm_status make_device(fmi_evict *e, fm_error *err) {
    const fm_caps *caps = fm_engine_caps(e->engine);
    const bool cpu = e->engine->specialisation == FM_SPECIALISATION_CPU;
    char options[80];
    uint64_t cache = device_cache(e->engine);
    const uint64_t host = caps->type == FM_DEVICE_CPU ? fmi_topology_cache_bytes() : 0;
    cache = cache > host ? cache : host;
    e->group = cpu ? 1 : caps->max_group_size < 64 ? 1 : 64;
    e->items = (cpu ? 8 : 32) * e->group * (caps->compute_units ? caps->compute_units : 1);
    uint64_t bytes = fmi_evict_bytes(cache, caps->max_alloc_bytes);
    bytes -= bytes % (e->items * 4 * VECTOR_BYTES);
    e->vectors = (cl_uint)(bytes / VECTOR_BYTES);
    (void)snprintf(options, sizeof options, "-DFMK_SCALAR=float -DFMK_REAL=float%d%s", LANES,
                   cpu ? " -DFMK_CHUNKED" : "");
    fm_status status = fmi_engine_program(e->engine, "roof.cl", options, &e->program, err);
    if (status == FM_OK)
        status = fmi_kernel_create(&e->kernel, e->program, "fm_roof_read", err);
    if (status == FM_OK)
        status = fmi_buffer_create(&e->bytes, e->engine->queue, CL_MEM_READ_WRITE, bytes,
                                   "bytes for the caches", err);
    if (status == FM_OK)
        status = fmi_buffer_create(&e->sums, e->engine->queue, CL_MEM_READ_WRITE,
                                   e->items * VECTOR_BYTES, "sums", err);
    return status == FM_OK ? fill(&e->bytes, err) : status;
}

/* Ops whose work begins or ends on the host find its caches cold as well. */
static fm_status make_host(fmi_evict *e, fm_error *err) {
    if (fm_engine_caps(e->engine)->type == FM_DEVICE_CPU)
        return FM_OK;
    e->host_bytes = fmi_evict_bytes(fmi_topology_cache_bytes(), 0);
    e->host = malloc(e->host_bytes);
    if (!e->host)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %llu bytes for the host's caches",
                        (unsigned long long)e->host_bytes);
    memset(e->host, 1, e->host_bytes);
    return FM_OK;
}

fm_status fmi_evict_create(fmi_evict **evict, const fmi_case_params *params, fm_error *err) {
    const fmi_case_params own = {
        .device = params->device, .log = params->log, .cancel = params->cancel};
    *evict = NULL;
    fmi_evict *e = calloc(1, sizeof *e);
    if (!e)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to empty caches");
    fm_status status = fmi_case_engine(&e->engine, &own, err);
    if (status == FM_OK && e->engine->reference)
        status = fmi_fail(err, FM_ERROR_UNSUPPORTED, "the reference device has no caches to empty");
    if (status == FM_OK)
        status = make_device(e, err);
    if (status == FM_OK)
        status = make_host(e, err);
    if (status == FM_OK)
        *evict = e;
    else
        fmi_evict_destroy(&e);
    return fmi_while(err, status, "while preparing cold caches");
}

fm_status fmi_evict_run(void *state, fm_error *err) {
    fmi_evict *e = state;
    const cl_uint once = 1;
    const fmi_arg args[] = {FMI_ARG(e->bytes.mem), FMI_ARG(e->sums.mem), FMI_ARG(e->vectors),
                            FMI_ARG(once)};
    const fmi_launch launch = {.kernel = e->kernel,
                               .name = "fm_roof_read",
                               .args = args,
                               .arg_count = 4,
                               .dims = 1,
                               .global = {e->items},
                               .local = {e->group}};
    for (uint64_t i = 0; i < e->host_bytes; i += LINE_BYTES)
        e->sum ^= *(volatile unsigned char *)(e->host + i);
    const fm_status status = fmi_queue_launch(e->engine->queue, &launch, err);
    return status == FM_OK ? fmi_queue_finish(e->engine->queue, err) : status;
}

fm_status fmi_evict_arrange(fmi_evict **evict, const fmi_case_params *params,
                            fmi_bench_params *bench, fm_error *err) {
    *evict = NULL;
    if (params->caches != FMI_CACHES_COLD)
        return FM_OK;
    bench->before = fmi_evict_run;
    bench->most_launches = FMI_EVICT_LAUNCHES;
    const fm_status status = fmi_evict_create(evict, params, err);
    bench->before_state = *evict;
    return status;
}

void fmi_evict_destroy(fmi_evict **evict) {
    fmi_evict *e = *evict;
    if (!e)
        return;
    if (e->kernel)
        (void)clReleaseKernel(e->kernel);
    if (e->program)
        (void)clReleaseProgram(e->program);
    fmi_buffer_destroy(&e->bytes);
    fmi_buffer_destroy(&e->sums);
    fm_engine_destroy(&e->engine);
    free(e->host);
    free(e);
    *evict = NULL;
}
