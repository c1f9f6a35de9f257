/* SPDX-License-Identifier: MIT */
/* raster: vertex, bin, raster and shade of batch frames; pixels mapped and dropped. */
#include "cases/picture.h"

#include "error.h"
#include "half_size.h"

#include <stdlib.h>

static void destroy(void **handle) {
    if (!*handle)
        return;
    fmi_picture_destroy(*handle);
    free(*handle);
    *handle = NULL;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    fmi_picture *picture = calloc(1, sizeof *picture);
    if (!picture)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the raster case");
    const fm_status status = fmi_picture_create(picture, params, err);
    if (status != FM_OK) {
        free(picture);
        return status;
    }
    *handle = picture;
    return FM_OK;
}

static fm_status run(void *handle, fm_error *err) {
    return fmi_picture_render(handle, NULL, NULL, err);
}

static fm_status check_case(void *handle, const fmi_check_params *how, fmi_check *check,
                            fm_error *err) {
    fmi_picture *picture = handle;
    *check = (fmi_check){0};
    const fm_status status = fmi_frames_check(&picture->frames, how, check, err);
    const fmi_case_params *params = picture->params;
    const fmi_picture_kind kind = fmi_frames_kind(params);
    return status != FM_OK || !check->passed
               ? status
               : fmi_half_size_psnr(params->input, &kind, params->batch, &check->half_psnr, err);
}

static fm_status recheck(void *handle, fmi_check *check, fm_error *err) {
    fmi_picture *picture = handle;
    return fmi_frames_recheck(&picture->frames, check, err);
}

static void facts(const void *handle, fmi_case_facts *out) {
    fmi_picture_facts(handle, out);
}

const fmi_case fmi_case_raster = {.name = "raster",
                                  .unit = "frames/s",
                                  .description = "vertex, bin, raster and shade of every frame; "
                                                 "pixels readable by the host",
                                  .uses = FMI_USES_MESH | FMI_USES_SIZE | FMI_USES_SAMPLES |
                                          FMI_USES_PRECISION,
                                  .plan = fmi_picture_plan,
                                  .same_program = fmi_picture_same_program,
                                  .create = create,
                                  .run = run,
                                  .check = check_case,
                                  .recheck = recheck,
                                  .facts = facts,
                                  .destroy = destroy};
