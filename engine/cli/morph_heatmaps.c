/* SPDX-License-Identifier: MIT */
/* The two figures of the heatmaps, drawn at the same time when the last frame is done. */
#include "run_heatmap.h"
#include "step.h"

#include "io/figure.h"

#include <string.h>

#define SHAPE_FILE "shape_displacement_components.png"
#define TEXTURE_FILE "texture_difference_components.png"

static const char *const titles[2] = {"Shape Displacement Components",
                                      "Texture Difference Components"};
static const char *const panel_titles[FM_FIELDS] = {"Normal",    "Tangential",  "Total",
                                                    "Luminance", "Chrominance", "\u0394E (Total)"};
static const char *const labels[FM_FIELDS] = {
    "Displacement (signed) [mesh units]", "Magnitude [mesh units]", "Magnitude [mesh units]",
    "Difference (signed) [L*]",           "Magnitude [a*, b*]",     "Magnitude [CIEDE2000]"};

static bool wanted(const fmi_morph_options *options) {
    return options->heatmaps;
}

static fm_status list(fmi_run *run, fm_error *err) {
    fm_status status = fmi_run_output(run, SHAPE_FILE, err);
    return status == FM_OK && run->info.textured ? fmi_run_output(run, TEXTURE_FILE, err) : status;
}

/* What the frames' camera sees, in the size of a panel. */
static fm_view panel_view(const fmi_run *run) {
    fm_view view = run->options->view;
    view.width = view.height = FMI_FIGURE_PANEL;
    view.transparent = false;
    return view;
}

static fm_status describe_panel(fmi_run *run, fm_field field, fmi_figure_panel *out,
                                fm_error *err) {
    *out = (fmi_figure_panel){.title = panel_titles[field],
                              .label = labels[field],
                              .map = fm_field_signed(field) ? FM_COLORMAP_COOLWARM
                                                            : FM_COLORMAP_VIRIDIS};
    return fm_heatmap_panel(run->heatmap, field, &out->panel, err);
}

/* On a thread of the figure. */
static void say_written(void *user, const char *path) {
    fmi_run *run = user;
    const char *slash = strrchr(path, '/');
    fmi_console_log(run->console, FM_LOG_INFO, "heatmap %s is done",
                    slash != NULL ? slash + 1 : path);
}

static fm_status describe_job(fmi_run *run, uint32_t which, fmi_figure_job *job, fm_error *err) {
    fm_status status = FM_OK;
    *job = (fmi_figure_job){.figure = {.title = titles[which]}, .done = say_written, .user = run};
    fmi_run_path(run, which == 0 ? SHAPE_FILE : TEXTURE_FILE, job->path);
    for (uint32_t i = 0; i < FMI_FIGURE_PANELS && status == FM_OK; i++)
        status = describe_panel(run, (fm_field)(FMI_FIGURE_PANELS * which + i),
                                &job->figure.panel[i], err);
    return status;
}

/* The figures' threads draw and encode; statistics are made meanwhile. */
static fm_status make_figures(fmi_run *run, uint32_t count, fm_error *err) {
    fmi_figure_job jobs[2];
    fmi_figures *figures = NULL;
    fm_status status = FM_OK;
    for (uint32_t i = 0; i < count && status == FM_OK; i++)
        status = describe_job(run, i, &jobs[i], err);
    if (status == FM_OK)
        status = fmi_figures_start(&figures, jobs, count, err);
    if (status == FM_OK)
        status = fmi_run_statistics(run, err);
    fm_status waited = fmi_figures_wait(&figures, status == FM_OK ? err : NULL);
    return status == FM_OK ? waited : status;
}

/* The side that has a texture only knows that the other one has none. */
static const char *why_untextured(const fmi_run *run) {
    for (uint32_t i = 0; i < 2; i++)
        if (run->input[i].reason[0] != '\0' && strncmp(run->input[i].reason, "the other", 9) != 0)
            return run->input[i].reason;
    return "the pair is untextured";
}

static fm_status finish(fmi_run *run, void *state, fm_error *err) {
    (void)state;
    fm_view view = panel_view(run);
    uint32_t count = run->info.textured ? 2 : 1;
    fmi_console_log(run->console, FM_LOG_INFO, "drawing %u heatmap%s", count, count > 1 ? "s" : "");
    if (count == 1)
        fmi_console_log(run->console, FM_LOG_INFO, "no texture heatmap: %s", why_untextured(run));
    fm_status status = fmi_run_heatmap(run, err);
    if (status == FM_OK)
        status = fmi_run_panels(run, &view, err);
    return status == FM_OK ? make_figures(run, count, err) : status;
}

const fmi_step fmi_step_heatmaps = {
    .name = "heatmaps",
    .stage = FMI_STAGE_HEATMAPS,
    .wanted = wanted,
    .list = list,
    .finish = finish,
};
