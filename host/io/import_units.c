/* SPDX-License-Identifier: MIT */
/* Units and axes. Assimp applies neither for FBX: it hands on what the file says as metadata. */
#include "import_scene.h"
#include "log.h"

#include <math.h>
#include <string.h>

double fmi_affine_determinant(const fmi_affine *a) {
    const double *m = a->m;
    return m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8]) +
           m[2] * (m[4] * m[9] - m[5] * m[8]);
}

/* A number of the scene's metadata, whatever its type; fallback when absent. */
static double metadata_number(const struct aiScene *scene, const char *key, double fallback) {
    const struct aiMetadata *meta = scene->mMetaData;
    for (unsigned i = 0; meta != NULL && i < meta->mNumProperties; i++) {
        const struct aiMetadataEntry *entry = &meta->mValues[i];
        if (strcmp(meta->mKeys[i].data, key) != 0 || entry->mData == NULL)
            continue;
        if (entry->mType == AI_FLOAT)
            return (double)*(const float *)entry->mData;
        if (entry->mType == AI_DOUBLE)
            return *(const double *)entry->mData;
        if (entry->mType == AI_INT32)
            return (double)*(const int32_t *)entry->mData;
    }
    return fallback;
}

bool fmi_scene_states_axes(const struct aiScene *scene) {
    return metadata_number(scene, "UpAxis", -1.0) >= 0.0;
}

/* One axis of the file: a signed unit vector as a row; false when the number is none of 0, 1, 2. */
static bool axis_row(double row[4], const struct aiScene *scene, const char *key,
                     const char *sign_key, int fallback) {
    double axis = metadata_number(scene, key, fallback);
    if (axis != 0.0 && axis != 1.0 && axis != 2.0)
        return false;
    memset(row, 0, 4 * sizeof *row);
    row[(int)axis] = metadata_number(scene, sign_key, 1.0) < 0.0 ? -1.0 : 1.0;
    return true;
}

/* Rows that turn the file's right, up and front into x, y and z. When the three do not make a
 * right-handed frame, as some writers have it, only the up axis is believed. */
static fmi_affine axes_to_y_up(const struct aiScene *scene) {
    fmi_affine r = {{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}};
    fmi_affine file = {{0}};
    bool up = axis_row(file.m + 4, scene, "UpAxis", "UpAxisSign", 1);
    bool all = up && axis_row(file.m, scene, "CoordAxis", "CoordAxisSign", 0) &&
               axis_row(file.m + 8, scene, "FrontAxis", "FrontAxisSign", 2);
    if (all && fmi_affine_determinant(&file) > 0.5)
        return file;
    if (!up)
        return r;
    const double *u = file.m + 4;
    double sign = u[0] + u[1] + u[2];
    if (u[0] != 0.0) /* X up: turn about Z */
        r = (fmi_affine){{0, -sign, 0, 0, sign, 0, 0, 0, 0, 0, 1, 0}};
    else if (u[2] != 0.0) /* Z up: turn about X */
        r = (fmi_affine){{1, 0, 0, 0, 0, 0, sign, 0, 0, -sign, 0, 0}};
    else if (sign < 0.0) /* upside down: half a turn about Z */
        r = (fmi_affine){{-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0}};
    return r;
}

/* Metres and Y up from what the metadata say; formats without any are taken as they are. */
fmi_affine fmi_file_to_world(const struct aiScene *scene, const char *label, const fm_log *log) {
    fmi_affine r = axes_to_y_up(scene);
    double centimetres = metadata_number(scene, "UnitScaleFactor", 100.0);
    if (!(centimetres > 0.0) || !isfinite(centimetres)) {
        fmi_log(log, FM_LOG_WARNING, "%s: unit factor %g makes no sense; taken as metres", label,
                centimetres);
        centimetres = 100.0;
    }
    if (r.m[5] != 1.0)
        fmi_log(log, FM_LOG_INFO, "%s: turned so that Y is up", label);
    if (centimetres != 100.0)
        fmi_log(log, FM_LOG_INFO, "%s: one unit is %g cm; scaled to metres", label, centimetres);
    for (int i = 0; i < 12; i++)
        r.m[i] *= centimetres * 0.01;
    return r;
}
