/* SPDX-License-Identifier: MIT */
#include "engine_impl.h"

#include "error.h"
#include "fm_shared.h"

#include <stddef.h>

#define PROBE_VALUES 14

/* One number the device must agree with, in the order of fm_probe_layout. */
typedef struct layout_value {
    const char *name;
    size_t value;
} layout_value;

static const layout_value host_layout[PROBE_VALUES] = {
    {"sizeof(fm_mip)", sizeof(fm_mip)},
    {"fm_mip.pitch", offsetof(fm_mip, pitch)},
    {"fm_mip.offset", offsetof(fm_mip, offset)},
    {"sizeof(fm_scene)", sizeof(fm_scene)},
    {"fm_scene.focal_px", offsetof(fm_scene, focal_px)},
    {"fm_scene.near_w", offsetof(fm_scene, near_w)},
    {"fm_scene.width", offsetof(fm_scene, width)},
    {"fm_scene.vertices", offsetof(fm_scene, vertices)},
    {"fm_scene.background", offsetof(fm_scene, background)},
    {"fm_scene.mips", offsetof(fm_scene, mips)},
    {"fm_scene.mip", offsetof(fm_scene, mip)},
    {"sizeof(fm_frame_counts)", sizeof(fm_frame_counts)},
    {"fm_frame_counts.rejected", offsetof(fm_frame_counts, rejected)},
    {"fm_frame_counts.list_needed", offsetof(fm_frame_counts, list_needed)},
};

static fm_status compare(const uint32_t *device_layout, const char *device, fm_error *err) {
    for (uint32_t i = 0; i < PROBE_VALUES; ++i)
        if (device_layout[i] != host_layout[i].value)
            return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                            "%s: %s is %u on the device and %zu on the host; its compiler lays "
                            "out structs differently, please report this driver",
                            device, host_layout[i].name, device_layout[i], host_layout[i].value);
    return FM_OK;
}

static fm_status ask_device(fm_engine *engine, cl_kernel kernel, fmi_buffer *out, fm_error *err) {
    uint32_t device_layout[PROBE_VALUES] = {0};
    fm_status status = fmi_buffer_create(out, engine->queue, CL_MEM_WRITE_ONLY,
                                         sizeof device_layout, "layout probe", err);
    if (status != FM_OK)
        return status;
    fmi_arg args[] = {FMI_ARG(out->mem)};
    fmi_launch launch = {.kernel = kernel,
                         .name = "fm_probe_layout",
                         .args = args,
                         .arg_count = 1,
                         .dims = 1,
                         .global = {1, 1, 1},
                         .local = {1, 1, 1},
                         .timer = FMI_TIMERS - 1};
    status = fmi_queue_launch(engine->queue, &launch, err);
    if (status == FM_OK)
        status = fmi_buffer_read(out, 0, sizeof device_layout, device_layout, err);
    return status == FM_OK ? compare(device_layout, engine->caps.name, err) : status;
}

static fm_status probe(fm_engine *engine, cl_program program, fm_error *err) {
    fmi_buffer out = {0};
    cl_kernel kernel = NULL;
    fm_status status = fmi_kernel_create(&kernel, program, "fm_probe_layout", err);
    if (status == FM_OK)
        status = ask_device(engine, kernel, &out, err);
    engine->probed = status == FM_OK;
    fmi_buffer_destroy(&out);
    if (kernel)
        clReleaseKernel(kernel);
    return status;
}

fm_status fmi_probe_layout(fm_engine *engine, cl_program program, fm_error *err) {
    cl_program own = NULL;
    if (engine->probed || (!program && !fmi_engine_has_program(engine, "probe.cl", "")))
        return FM_OK;
    fm_status status = program ? FM_OK : fmi_engine_program(engine, "probe.cl", "", &own, err);
    if (status == FM_OK)
        status = probe(engine, program ? program : own, err);
    if (own)
        clReleaseProgram(own);
    return status;
}

void fmi_probe_store(fm_engine *engine) {
    cl_program own = NULL;
    if (!engine->cache_dir[0] || fmi_quirks_no_binaries(&engine->caps) ||
        fmi_engine_has_program(engine, "probe.cl", ""))
        return;
    if (fmi_engine_program(engine, "probe.cl", "", &own, NULL) == FM_OK)
        clReleaseProgram(own);
}
