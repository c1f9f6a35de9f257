/* SPDX-License-Identifier: MIT */
/* The environment of a stored run and its history. */
#include "error.h"
#include "saved.h"
#include "store_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static void text_of(const json_t *object, const char *key, char *out, size_t out_bytes) {
    const char *text = json_string_value(json_object_get(object, key));
    (void)snprintf(out, out_bytes, "%s", text ? text : "");
}

static uint64_t count_of(const json_t *object, const char *key) {
    const json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

/* An object as words: "name=value name=value", the sign left out where there is no value. */
static void words_of(const json_t *object, const char *key, char sign, char *out,
                     size_t out_bytes) {
    const char *name = NULL;
    json_t *value = NULL;
    size_t used = 0;
    out[0] = '\0';
    json_object_foreach(json_object_get(object, key), name, value) {
        const char *text = json_string_value(value);
        const char middle[2] = {text ? sign : '\0', '\0'};
        if (used < out_bytes)
            used += (size_t)snprintf(out + used, out_bytes - used, "%s%s%s%s", used ? " " : "",
                                     name, middle, text ? text : "");
    }
}

static void read_device(fm_caps *caps, const json_t *d) {
    static const char *const types[] = {"other", "cpu", "gpu", "accelerator"};
    char type[16];
    text_of(d, "id", caps->id, sizeof caps->id);
    text_of(d, "pci", caps->pci, sizeof caps->pci);
    text_of(d, "name", caps->name, sizeof caps->name);
    text_of(d, "vendor", caps->vendor, sizeof caps->vendor);
    text_of(d, "platform", caps->platform, sizeof caps->platform);
    text_of(d, "driver", caps->driver, sizeof caps->driver);
    text_of(d, "version", caps->version, sizeof caps->version);
    text_of(d, "type", type, sizeof type);
    for (int i = 0; i < 4; ++i)
        if (strcmp(type, types[i]) == 0)
            caps->type = (fm_device_type)i;
    caps->compute_units = (uint32_t)count_of(d, "compute_units");
    caps->clock_mhz = (uint32_t)count_of(d, "clock_mhz");
    caps->global_bytes = count_of(d, "global_bytes");
    caps->max_alloc_bytes = count_of(d, "max_alloc_bytes");
    caps->local_bytes = count_of(d, "local_bytes");
    caps->unified_memory = json_is_true(json_object_get(d, "unified_memory"));
    caps->timer_resolution_ns = (uint32_t)count_of(d, "timer_resolution_ns");
}

static void read_host(fmi_environment *e, const json_t *h) {
    text_of(h, "cpu", e->cpu, sizeof e->cpu);
    text_of(h, "system", e->system, sizeof e->system);
    text_of(h, "topology", e->topology, sizeof e->topology);
    fmi_host_facts *f = &e->machine_facts;
    text_of(h, "governor", f->governor, sizeof f->governor);
    text_of(h, "turbo", f->turbo, sizeof f->turbo);
    text_of(h, "smt", f->smt, sizeof f->smt);
    text_of(h, "clock_source", f->clock_source, sizeof f->clock_source);
    text_of(h, "container", f->container, sizeof f->container);
    f->cpu_quota = json_number_value(json_object_get(h, "cpu_quota"));
    f->memory_limit = count_of(h, "memory_limit");
    e->cores = (uint32_t)count_of(h, "cores");
    const json_t *load = json_object_get(h, "load");
    e->load = json_is_number(load) ? json_number_value(load) : (double)NAN;
    e->memory_total = count_of(h, "memory_total");
    e->memory_available = count_of(h, "memory_available");
    e->clock_step_ns = count_of(h, "clock_step_ns");
}

void fmi_environment_parse(fmi_environment *e, const char *text) {
    memset(e, 0, sizeof *e);
    json_t *root = json_loads(text, 0, NULL);
    text_of(root, "fingerprint", e->fingerprint, sizeof e->fingerprint);
    text_of(root, "version", e->version, sizeof e->version);
    text_of(root, "revision", e->revision, sizeof e->revision);
    text_of(root, "compiler", e->compiler, sizeof e->compiler);
    text_of(root, "build", e->build, sizeof e->build);
    text_of(root, "kernels", e->kernel_hash, sizeof e->kernel_hash);
    text_of(root, "event_clock", e->event_clock, sizeof e->event_clock);
    words_of(root, "kernel_files", '=', e->kernel_files, sizeof e->kernel_files);
    words_of(root, "extensions", '@', e->extensions, sizeof e->extensions);
    text_of(root, "loader", e->loader, sizeof e->loader);
    text_of(root, "memory", e->memory, sizeof e->memory);
    text_of(root, "memory_source", e->memory_source, sizeof e->memory_source);
    read_device(&e->caps, json_object_get(root, "device"));
    read_host(e, json_object_get(root, "host"));
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(json_object_get(root, "variables"), name, value) {
        if (e->variable_count < FMI_ENVIRONMENT_VARIABLES)
            (void)snprintf(e->variable[e->variable_count++], sizeof e->variable[0], "%s=%s", name,
                           json_string_value(value) ? json_string_value(value) : "");
    }
    text_of(root, "machine", e->machine, sizeof e->machine);
    if (!e->machine[0]) /* a store of before it was written down */
        fmi_environment_machine(e);
    json_decref(root);
}

static fm_status add_point(fmi_saved_point **points, uint32_t *count, sqlite3_stmt *row,
                           fm_error *err) {
    fmi_saved_point *grown = realloc(*points, sizeof *grown * (*count + 1));
    if (!grown)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a history");
    *points = grown;
    fmi_saved_point *point = &grown[(*count)++];
    (void)snprintf(point->run, sizeof point->run, "%s", (const char *)sqlite3_column_text(row, 0));
    (void)snprintf(point->started, sizeof point->started, "%s",
                   (const char *)sqlite3_column_text(row, 1));
    (void)snprintf(point->revision, sizeof point->revision, "%s",
                   (const char *)sqlite3_column_text(row, 2));
    point->rate = sqlite3_column_double(row, 3);
    point->lo = sqlite3_column_double(row, 4);
    point->hi = sqlite3_column_double(row, 5);
    return FM_OK;
}

fm_status fmi_saved_history(fmi_store *store, const char *key, const char *device_id,
                            fmi_saved_point **points, uint32_t *count, fm_error *err) {
    static const char sql[] =
        "SELECT r.name,r.started,coalesce(e.revision,''),c.rate,coalesce(c.rate_lo,c.rate),"
        "coalesce(c.rate_hi,c.rate) FROM cells c JOIN runs r ON r.id=c.run JOIN environments e ON "
        "e.id=r.environment WHERE c.key=?1 AND e.device_id IS ?2 AND c.rate IS NOT NULL "
        "ORDER BY r.started,r.id";
    sqlite3_stmt *row = NULL;
    *points = NULL;
    *count = 0;
    if (sqlite3_prepare_v2(store->db, sql, -1, &row, NULL) != SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_text(row, 1, key, -1, SQLITE_STATIC);
    if (device_id[0])
        (void)sqlite3_bind_text(row, 2, device_id, -1, SQLITE_STATIC);
    fm_status status = FM_OK;
    while (status == FM_OK && sqlite3_step(row) == SQLITE_ROW)
        status = add_point(points, count, row, err);
    (void)sqlite3_finalize(row);
    return status;
}
