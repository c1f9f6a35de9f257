/* SPDX-License-Identifier: MIT */
#include "load.h"

#include "load_texture.h"

#include "error.h"

#include <stdio.h>
#include <stdlib.h>

static fm_status load_given_texture(fmi_side *side, const char *texture_path, fm_error *err) {
    fm_status status = fmi_image_load(&side->texture, texture_path, err);
    if (status == FM_OK)
        snprintf(side->texture_path, sizeof side->texture_path, "%s", texture_path);
    return status;
}

fm_status fmi_side_load(fmi_side *side, const char *path, const char *texture_path,
                        const fm_log *log, fm_error *err) {
    *side = (fmi_side){0};
    fm_status status = fmi_import(&side->blob, path, log, err);
    if (status == FM_OK)
        status = fmi_blob_view(side->blob, path, &side->mesh, &side->runs, err);
    if (status != FM_OK)
        goto fail;
    if (texture_path == NULL)
        status = fmi_load_own_texture(side, path, log, err);
    else
        status = load_given_texture(side, texture_path, err);
    if (status == FM_OK)
        return FM_OK;
fail:
    fmi_side_free(side);
    return status;
}

void fmi_side_free(fmi_side *side) {
    free(side->blob);
    free(side->runs);
    fmi_image_free(&side->texture);
    *side = (fmi_side){0};
}
